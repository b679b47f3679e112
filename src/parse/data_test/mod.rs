//! Generic tests: what a property file asks for, as nodes.
//!
//! dbt's four own tests, and any test with plain arguments that is among them, need no rendering to
//! know what they read; others are rendered once like models.

mod request;

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use regex::Regex;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::{Capture, test_arguments};
use crate::manifest::{
    Checksum, DependsOn, Language, Macro, Mapping, Node, NodeConfig, NodeKind, RefArgs, TestMetadata,
    UniqueId, Value,
};
use crate::parse::Parsing;
use crate::parse::config::{Kind, Levels, misspelt};
use crate::parse::draft::fqn_prefix;
use crate::parse::file::{Parsed, finish, invalid, rendering};
use crate::parse::naming::{TestName, test_hash, test_name};
use crate::parse::properties::{ColumnProperties, Place, Reader, Text, is_template, version_text};
use crate::parse::reference::{Reference, reference};
use crate::project::yaml::Yaml;
use request::{Request, config_call, request};

/// What a test is about.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// Where it is described.
    pub(super) place: &'a Arc<Place>,
    /// The section and name it is described under.
    pub(super) key: &'static str,
    /// The name of the node, or of the source.
    pub(super) name: &'a str,
    /// The table, where it is one of a source.
    pub(super) table: Option<&'a str>,
    /// The version, where it is one of a model.
    pub(super) version: Option<&'a Value>,
    /// The node, and its group, where it is there.
    pub(super) attached: Option<(UniqueId, Option<String>)>,
}

/// The package of dbt's own tests.
const DBT: &str = "dbt";
/// The name under which the template of a test finds its arguments.
const ARGUMENTS: &str = "_dbt_generic_test_kwargs";

/// Makes the node of one test; a test that cannot be read is reported and is no node.
pub(super) fn node(
    parsing: &Parsing,
    target: &Target,
    column: Option<&ColumnProperties>,
    quote: bool,
    tags: &[String],
    yaml: &Yaml,
    found: &mut Vec<Diagnostic>,
) -> Option<Parsed> {
    let column_name = column.map(|properties| {
        let column = &properties.column;
        if column.quote.unwrap_or(quote) { format!("\"{}\"", column.name) } else { column.name.clone() }
    });
    let mut reader = Reader::new(parsing.jinja, &target.place.package);
    let request = request(&mut reader, target, column_name.as_deref(), yaml);
    found.append(&mut reader.found);
    let request = match request {
        Ok(request) => request,
        Err(diagnostic) => {
            found.push(*diagnostic);
            return None;
        }
    };
    let mut tags = tags.to_vec();
    match request.config.get("tags") {
        Some(Value::String(tag)) => tags.push(tag.clone()),
        Some(Value::Array(items)) => tags.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {}
    }
    tags.sort_unstable();
    tags.dedup();
    build(parsing, target, column_name, tags, request, found)
}

fn build(
    parsing: &Parsing,
    target: &Target,
    column_name: Option<String>,
    tags: Vec<String>,
    mut request: Request,
    found: &mut Vec<Diagnostic>,
) -> Option<Parsed> {
    let place = target.place;
    let metadata = TestMetadata {
        name: request.name.clone(),
        namespace: request.namespace.clone(),
        kwargs: std::mem::take(&mut request.arguments),
    };
    let (short, full) = if let Some(name) = request.custom_name.take() {
        (name.clone(), name)
    } else {
        let names = synthetic(target, &request, &metadata);
        if names.short != names.full && !request.config.contains_key("alias") {
            request.config.insert("alias".to_owned(), Value::String(names.short.clone()));
        }
        (names.short, names.full)
    };
    let Some(test) = test_macro(parsing, &place.package, &request) else {
        found.push(unknown_test(parsing, &place.package, &request));
        return None;
    };
    let relative = place.original_file_path.split_once('/').map_or("", |(_, rest)| rest);
    let mut fqn = fqn_prefix(&place.package, relative);
    fqn.push(full.clone());
    let call = request.namespace.as_ref().map_or_else(String::new, |package| format!("{package}."));
    let raw_code =
        format!("{{{{ {call}test_{}(**{ARGUMENTS}) }}}}{}", request.name, config_call(&request.config));
    let hash = test_hash(&full, &metadata);
    let mut node = Node {
        unique_id: UniqueId::from(format!("test.{}.{full}.{hash}", place.package)),
        alias: full.clone(),
        name: full,
        package_name: place.package.clone(),
        kind: NodeKind::GenericTest {
            column_name,
            attached_node: target.attached.as_ref().map(|(id, _)| Arc::clone(id)),
            file_key_name: Some(format!("{}.{}", target.key, target.name)),
            metadata,
        },
        path: format!("{short}.sql"),
        original_file_path: place.original_file_path.clone(),
        source: request.span.source,
        source_offset: 0,
        fqn,
        language: Language::Sql,
        raw_code: Arc::from(raw_code),
        checksum: Checksum { name: "none", checksum: String::new() },
        relation: None,
        schema: parsing.placement.schema.clone(),
        database: parsing.placement.database.clone(),
        config: NodeConfig::default(),
        tags,
        group: None,
        unrendered_config: Mapping::new(),
        config_call: Mapping::new(),
        description: std::mem::take(&mut request.description),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: Some(request.span),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn { macros: vec![Arc::clone(&test.unique_id)], ..DependsOn::default() },
        created_at: parsing.now,
        batch: None,
    };
    configure(parsing, &mut node, &request, &request.config, found);
    if parsing.is_own(&place.package) {
        let keys = request.config.keys();
        let spanned = keys.map(|key| (key.as_str(), request.config_spans.get(key).copied()));
        found.extend(misspelt(Kind::Test, spanned));
    }
    let description = Text { text: std::mem::take(&mut node.description), span: Some(request.span) };
    (node.description, node.doc_blocks) =
        parsing.description(&description, &node.unique_id, &place.package, found);
    let read = plain(parsing, target, test, &node, request.span);
    let (node, mut capture) = if let Some(capture) = read {
        (node, capture)
    } else {
        let (mut node, capture) = render(parsing, node, request.span, found);
        if capture.config != request.config && !capture.config.is_empty() {
            configure(parsing, &mut node, &request, &capture.config, found);
        }
        (node, capture)
    };
    if capture.config.is_empty() {
        capture.config = request.config;
    }
    capture.macros.shift_remove(&test.unique_id);
    let mut parsed = finish(parsing, node, Some(request.span), capture, None, found);
    if parsed.node.group.is_none() {
        parsed.node.group = target.attached.as_ref().and_then(|(_, group)| group.clone());
    }
    Some(parsed)
}

/// Merges a test's configuration; `call` is what the property file says, and its macro before that.
fn configure(
    parsing: &Parsing,
    node: &mut Node,
    request: &Request,
    call: &Mapping,
    found: &mut Vec<Diagnostic>,
) {
    let levels = Levels {
        kind: Kind::Test,
        package: &node.package_name,
        fqn: &node.fqn,
        patch: None,
        patch_unrendered: None,
        call: Some(call),
        call_unrendered: None,
    };
    let merged = parsing.trees.merged(&levels);
    let unrendered = parsing.trees.unrendered(&levels);
    match merged {
        Ok(config) => node.config = NodeConfig(config),
        Err(problem) => {
            let span = request.config_spans.get(&problem.key).copied().unwrap_or(request.span);
            found.push(invalid(parsing, node, &problem, Some(span)));
        }
    }
    // A test's own templates stay as written, so that another target is no change of the test.
    let templates = request.templates.iter().filter(|(key, _)| unrendered.contains_key(*key));
    let templates: Mapping = templates.map(|(key, text)| (key.clone(), text.clone())).collect();
    node.unrendered_config = unrendered;
    node.unrendered_config.extend(templates);
}

fn synthetic(target: &Target, request: &Request, metadata: &TestMetadata) -> TestName {
    let name = match &request.namespace {
        Some(package) if target.table.is_some() => format!("{package}_source_{}", request.name),
        Some(package) => format!("{package}_{}", request.name),
        None if target.table.is_some() => format!("source_{}", request.name),
        None => request.name.clone(),
    };
    let about = match (target.table, target.version) {
        (Some(table), _) => format!("{}_{table}", target.name),
        (None, Some(version)) => format!("{}_v{}", target.name, version_text(version)),
        (None, None) => target.name.to_owned(),
    };
    test_name(&name, &about, &metadata.kwargs)
}

/// The macro that a test calls: of the package it names, or as any macro is found.
fn test_macro<'a>(parsing: &Parsing<'a>, package: &str, request: &Request) -> Option<&'a Arc<Macro>> {
    let registry = parsing.jinja.registry();
    match &request.namespace {
        Some(namespace) => registry.find_in(&format!("test_{}", request.name), namespace),
        None => registry.generic_test(&request.name, package),
    }
}

fn unknown_test(parsing: &Parsing, package: &str, request: &Request) -> Diagnostic {
    let registry = parsing.jinja.registry();
    let known: Vec<_> = match &request.namespace {
        Some(namespace) => {
            registry.names_in(namespace).filter_map(|name| name.strip_prefix("test_")).collect()
        }
        None => registry.names(package).filter_map(|name| name.strip_prefix("test_")).collect(),
    };
    let name = &request.name;
    let within = request.namespace.as_ref().map_or(String::new(), |package| format!("{package}."));
    Diagnostic::error(Code::MacroNotFound, format!("'{within}test_{name}' is undefined"))
        .label(request.span, "no package defines this test")
        .suggest(name, known)
}

/// What a test of dbt's own reads, where its arguments are plain enough to say without rendering.
fn plain(parsing: &Parsing, target: &Target, tester: &Macro, node: &Node, span: Span) -> Option<Capture> {
    static CALL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$").ok());
    const OWN: [&str; 4] = ["test_unique", "test_not_null", "test_accepted_values", "test_relationships"];
    let NodeKind::GenericTest { metadata, .. } = &node.kind else { return None };
    if tester.package_name != DBT || !OWN.contains(&tester.name.as_str()) {
        return None;
    }
    let mut capture = Capture::default();
    let simple = matches!(tester.name.as_str(), "test_unique" | "test_not_null");
    let own = metadata.kwargs.iter().filter(|(key, _)| !matches!(key.as_str(), "model" | "column_name"));
    for (_, value) in own {
        match value {
            Value::String(text) if CALL.as_ref().is_none_or(|call| call.is_match(text)) => {
                match reference(text, Some(span))? {
                    Reference::Ref(args) => capture.refs.push(args),
                    Reference::Source(source, table) => capture.sources.push((source, table, Some(span))),
                }
            }
            other if has_template(other) => return None,
            _ if simple => return None,
            _ => {}
        }
    }
    let version = target.version.map(version_text);
    match target.table {
        Some(table) => {
            capture.sources.push((target.name.to_owned(), table.to_owned(), Some(span)));
        }
        None => capture.refs.push(RefArgs {
            package: None,
            name: target.name.to_owned(),
            version,
            span: Some(span),
        }),
    }
    if !simple {
        let filter = parsing.jinja.registry().find("get_where_subquery", &node.package_name)?;
        capture.macros.insert(Arc::clone(&filter.unique_id));
    }
    Some(capture)
}

fn has_template(value: &Value) -> bool {
    match value {
        Value::String(text) => is_template(text),
        Value::Array(items) => items.iter().any(has_template),
        Value::Object(map) => map.values().any(has_template),
        _ => false,
    }
}

/// Renders a test as it will be compiled, to learn what it reads.
fn render(parsing: &Parsing, node: Node, span: Span, found: &mut Vec<Diagnostic>) -> (Node, Capture) {
    let NodeKind::GenericTest { metadata, .. } = &node.kind else { return (node, Capture::default()) };
    let arguments = metadata.kwargs.clone();
    let mut rendered = None;
    let (node, mut first) = rendering(node, Vec::new(), |scope| {
        match test_arguments(parsing.jinja, &arguments, Some(span), scope) {
            Ok(value) => rendered = Some(value),
            Err(diagnostic) => found.push(*diagnostic),
        }
    });
    let Some(rendered) = rendered else { return (node, first) };
    let code = Arc::clone(&node.raw_code);
    let (node, second) = rendering(node, vec![(ARGUMENTS.to_owned(), rendered)], |scope| {
        if let Err(diagnostic) = parsing.jinja.render_text(&code, Some(span), scope) {
            found.push(*diagnostic);
        }
    });
    first.refs.extend(second.refs);
    first.sources.extend(second.sources);
    first.metrics.extend(second.metrics);
    first.functions.extend(second.functions);
    first.macros.extend(second.macros);
    first.vars.extend(second.vars);
    first.config = second.config;
    (node, first)
}
