//! Macros: Teal's own library, which is embedded in the binary, and those of projects and packages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;

use super::docs;
use super::library::{self, DBT, internal_packages};
use super::properties::{MacroProperties, Text, is_template};
use crate::diagnostic::{Code, Diagnostic, Label, SourceId, Sources};
use crate::jinja::{Block, BlockKind, CallName, Jinja, blocks, macro_calls};
use crate::manifest::{Macro, Manifest, Mapping, UniqueId, Value};
use crate::project::{File, FileKind, Project};

/// A text that may define macros.
struct Definer {
    package: String,
    path: String,
    source: SourceId,
    library: bool,
}

/// Finds every macro, generic test and materialization of the library and of all packages.
pub fn macros(
    project: &Project,
    files: &[File],
    sources: &Sources,
    warehouse: &str,
) -> (Vec<Arc<Macro>>, Vec<Diagnostic>) {
    let built_in = library::files().into_iter().filter(|file| file.serves(warehouse));
    let mut texts: Vec<_> = built_in
        .map(|file| {
            let (package, path) = (file.package(), format!("macros/{}", file.path));
            let source = sources.add(format!("<{package}>/{path}"), file.text);
            Definer { package, path, source, library: true }
        })
        .collect();
    let kinds = [FileKind::Macro, FileKind::GenericTest];
    texts.extend(files.iter().filter(|file| kinds.contains(&file.kind)).filter_map(|file| {
        Some(Definer {
            package: file.package.clone(),
            path: file.original_file_path.clone(),
            source: file.source?,
            library: false,
        })
    }));
    let now = super::seconds_since_1970();
    let read: Vec<_> = texts.par_iter().map(|text| definitions(text, sources, now)).collect();
    let mut all = Vec::new();
    let mut found = Vec::new();
    for definitions in read {
        match definitions {
            Ok(macros) => all.extend(macros),
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    let resolver = Resolver::new(&all, project, warehouse);
    let depends: Vec<_> = all.par_iter().map(|mac| resolver.depends_on(mac)).collect();
    for (mac, depends_on) in all.iter_mut().zip(depends) {
        mac.depends_on = depends_on;
    }
    (all.into_iter().map(Arc::new).collect(), found)
}

fn definitions(text: &Definer, sources: &Sources, now: f64) -> Result<Vec<Macro>, Box<Diagnostic>> {
    let source = sources.get(text.source);
    let found = blocks(&source.text, text.source)?;
    let (mut end, whole) = (source.text.len() - source.text.trim_start().len(), source.text.trim_end());
    let mut all = Vec::with_capacity(found.len());
    for block in &found {
        let range = full_block(block, whole, end);
        end = range.end;
        all.extend(definition(text, block, &source.text[range], now));
    }
    Ok(all)
}

/// What dbt takes for the text of a block that follows byte `from`: tags that trim have the white space
/// they trim.
fn full_block(block: &Block, written: &str, from: usize) -> Range<usize> {
    let (start, end) = (block.span.start as usize, block.span.end as usize);
    let (before, rest) = (written[from..start].trim_end().len(), &written[end..]);
    let after = rest.len() - rest.trim_start().len();
    let start = if written[start..].starts_with("{%-") { from + before } else { start };
    start..if written[..end].ends_with("-%}") { end + after } else { end }
}

fn definition(text: &Definer, block: &Block, macro_sql: &str, now: f64) -> Option<Macro> {
    let mut supported_languages = None;
    let name = match &block.kind {
        BlockKind::Macro => block.name.clone(),
        BlockKind::Test => format!("test_{}", block.name),
        BlockKind::Materialization { adapter, languages, .. } => {
            supported_languages = Some(languages.clone());
            format!("materialization_{}_{}", block.name, adapter.as_deref().unwrap_or("default"))
        }
        BlockKind::Snapshot | BlockKind::Docs => return None,
    };
    // The library's own arguments are documented nowhere, so they need not be looked for.
    let takes_arguments = !text.library && matches!(block.kind, BlockKind::Macro | BlockKind::Test);
    let arguments = if takes_arguments { signature(macro_sql) } else { Vec::new() };
    let argument = |name: String| json!({ "name": name, "type": null, "description": "" });
    Some(Macro {
        unique_id: UniqueId::from(format!("macro.{}.{name}", text.package)),
        name,
        package_name: text.package.clone(),
        original_file_path: text.path.clone(),
        source: text.source,
        span: block.span,
        macro_sql: Arc::from(macro_sql),
        supported_languages,
        description: String::new(),
        meta: Mapping::new(),
        docs_show: true,
        arguments: arguments.into_iter().map(argument).collect(),
        patch_path: None,
        depends_on: Vec::new(),
        created_at: now,
    })
}

/// The names of the arguments in a macro's opening tag.
fn signature(macro_sql: &str) -> Vec<String> {
    let Some((_, rest)) = macro_sql.split_once('(') else { return Vec::new() };
    let (mut depth, mut quote, mut start) = (0_u32, None, 0);
    let mut parts = Vec::new();
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')') if depth == 0 => {
                parts.push(&rest[start..at]);
                break;
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&rest[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let names = parts.into_iter().filter_map(|part| part.split('=').next()).map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Finds the macro that a call means, without running anything.
struct Resolver<'a> {
    packages: HashMap<&'a str, HashMap<&'a str, &'a UniqueId>>,
    anywhere: HashMap<&'a str, &'a UniqueId>,
    project: &'a Project,
    internal: Vec<String>,
    prefixes: [&'a str; 2],
}

impl<'a> Resolver<'a> {
    fn new(macros: &'a [Macro], project: &'a Project, warehouse: &'a str) -> Self {
        let internal = internal_packages(warehouse);
        let mut packages: HashMap<&str, HashMap<&str, &UniqueId>> = HashMap::new();
        let mut anywhere: HashMap<&str, (usize, &UniqueId)> = HashMap::new();
        for mac in macros {
            packages.entry(&mac.package_name).or_default().entry(&mac.name).or_insert(&mac.unique_id);
            let rank = match internal.iter().position(|package| *package == mac.package_name) {
                _ if mac.package_name == project.root => 0,
                None => 1,
                Some(at) => 2 + at,
            };
            let known = anywhere.entry(&mac.name).or_insert((rank, &mac.unique_id));
            if rank < known.0 {
                *known = (rank, &mac.unique_id);
            }
        }
        let anywhere = anywhere.into_iter().map(|(name, (_, id))| (name, id)).collect();
        Self { packages, anywhere, project, internal, prefixes: [warehouse, "default"] }
    }

    fn depends_on(&self, mac: &Macro) -> Vec<UniqueId> {
        let mut depends: Vec<UniqueId> = Vec::new();
        for call in macro_calls(&mac.macro_sql) {
            if let Some(id) = self.meant(mac, &call)
                && *id != mac.unique_id
                && !depends.contains(id)
            {
                depends.push(Arc::clone(id));
            }
        }
        depends
    }

    fn meant(&self, mac: &Macro, call: &CallName) -> Option<&UniqueId> {
        if !call.dispatch {
            // A method of the adapter, whatever macro has its name.
            if call.namespace.as_deref() == Some("adapter") {
                return None;
            }
            let package = call.namespace.as_deref().unwrap_or(&mac.package_name);
            return self
                .within(package, &call.name)
                .or_else(|| self.anywhere.get(call.name.as_str()).copied());
        }
        let order: Vec<&str> = match call.namespace.as_deref() {
            Some(namespace) => match self.project.root().dispatch.get(namespace) {
                Some(order) => order.iter().map(String::as_str).collect(),
                None => vec![&self.project.root, namespace],
            },
            None => vec![&mac.package_name, &self.project.root, DBT],
        };
        let names = self.prefixes.map(|prefix| format!("{prefix}__{}", call.name));
        order.iter().find_map(|package| names.iter().find_map(|name| self.within(package, name)))
    }

    fn within(&self, package: &str, name: &str) -> Option<&UniqueId> {
        let one = |package: &str| self.packages.get(package).and_then(|macros| macros.get(name)).copied();
        if package == DBT { self.internal.iter().find_map(|package| one(package)) } else { one(package) }
    }
}

/// Puts on macros what property files say of them; returns every macro by its id.
pub(super) fn described(
    manifest: &mut Manifest,
    jinja: &Arc<Jinja>,
    properties: &[MacroProperties],
    docs: &Arc<Manifest>,
    found: &mut Vec<Diagnostic>,
) {
    for mac in jinja.registry().iter() {
        manifest.macros.insert(Arc::clone(&mac.unique_id), Arc::clone(mac));
    }
    let mut first: HashMap<String, &MacroProperties> = HashMap::new();
    for said in properties {
        let id = format!("macro.{}.{}", said.place.package, said.name);
        let Some(mac) = manifest.macros.get_mut(id.as_str()) else {
            found.push(
                Diagnostic::warning(
                    Code::PropertiesNotFound,
                    format!("Found patch for macro \"{}\" which was not found", said.name),
                )
                .label(said.span, "")
                .suggest(&said.name, jinja.registry().names_in(&said.place.package)),
            );
            continue;
        };
        let mut new = Macro::clone(mac);
        match first.entry(id) {
            Entry::Occupied(earlier) => {
                found.push(described_twice(said, earlier.get()));
                continue;
            }
            Entry::Vacant(free) => {
                free.insert(said);
            }
        }
        let render = |text: &Text, found: &mut Vec<Diagnostic>| {
            docs::render(text, &new.unique_id, &said.place.package, jinja, docs, found).0
        };
        new.patch_path = Some(said.place.file_id());
        new.description = render(&said.description, found);
        new.meta.clone_from(&said.meta);
        new.docs_show = said.docs_show;
        if !said.arguments.is_empty() {
            check_arguments(&new, said, found);
            new.arguments = arguments(said, &render, found);
        }
        *mac = Arc::new(new);
    }
}

fn arguments(
    said: &MacroProperties,
    render: &impl Fn(&Text, &mut Vec<Diagnostic>) -> String,
    found: &mut Vec<Diagnostic>,
) -> Vec<Value> {
    let rendered = said.arguments.iter().map(|(argument, span)| {
        let mut argument = argument.clone();
        let text = argument.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if is_template(&text) {
            let text = render(&Text { text, span: *span }, found);
            argument.insert("description".to_owned(), Value::String(text));
        }
        Value::Object(argument)
    });
    rendered.collect()
}

/// Warns where documented arguments are not those of the definition.
fn check_arguments(mac: &Macro, said: &MacroProperties, found: &mut Vec<Diagnostic>) {
    let mut warn = |message: String| {
        found.push(Diagnostic::warning(Code::MacroArguments, message).label(said.span, ""));
    };
    let named = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let defined = mac.arguments.iter().map(|argument| named(argument.get("name")));
    let documented = said.arguments.iter().map(|(argument, _)| named(argument.get("name")));
    for (defined, documented) in defined.zip(documented) {
        if defined != documented {
            warn(format!(
                "Argument {documented} in yaml for macro {} does not match the jinja definition.",
                mac.name
            ));
        }
    }
    if mac.arguments.len() != said.arguments.len() {
        warn(format!(
            "The number of arguments in the yaml for macro {} does not match the jinja definition.",
            mac.name
        ));
    }
}

fn described_twice(second: &MacroProperties, first: &MacroProperties) -> Diagnostic {
    let mut error = Diagnostic::error(
        Code::DuplicateProperties,
        format!(
            "dbt found two schema.yml entries for the same macro in package {} named {}. \
             Macros may only be described a single time.",
            second.place.package, second.name
        ),
    )
    .label(second.span, "described again here");
    error.labels.push(Label { span: first.span, text: "first described here".to_owned() });
    error.help("remove one of the two")
}
