//! Generic tests: what a property file asks for, as nodes.
//!
//! dbt's four own tests, and any test with plain arguments that is among them, need no rendering to
//! know what they read; others are rendered once like models.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use regex::Regex;

use super::config::{Kind, Levels};
use super::file::{Parsed, finish, fqn_prefix, invalid, rendering};
use super::naming::{python_str, test_hash, test_name};
use super::properties::{Place, Reader, Text, is_template, version_text};
use super::reference::{Reference, reference};
use super::{Parsing, docs};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::{Capture, test_arguments};
use crate::manifest::{
    Checksum, DependsOn, Language, Macro, Mapping, Node, NodeConfig, NodeKind, RefArgs, TestMetadata,
    UniqueId, Value,
};
use crate::project::yaml::{Kind as YamlKind, Mapping as YamlMapping, Yaml};

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

/// Keys of a test that configure it and are no arguments.
const CONFIG_KEYS: &[&str] = &[
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];
/// The package of dbt's own tests.
const DBT: &str = "dbt";
/// The name under which the template of a test finds its arguments.
const ARGUMENTS: &str = "_dbt_generic_test_kwargs";

/// A test as asked for.
#[derive(Debug)]
struct Request {
    name: String,
    namespace: Option<String>,
    span: Span,
    arguments: Mapping,
    config: Mapping,
    config_spans: IndexMap<String, Span>,
    description: String,
    custom_name: Option<String>,
}

/// Makes the node of one test; a test that cannot be read is reported and is no node.
pub(super) fn node(
    parsing: &Parsing,
    target: &Target,
    column: Option<&super::properties::ColumnProperties>,
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

type Read<T> = Result<T, Box<Diagnostic>>;

fn bad(message: impl Into<String>, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::TestInvalid, message).label(span, ""))
}

/// Takes apart the forms in which a test may be written.
fn request(reader: &mut Reader, target: &Target, column: Option<&str>, yaml: &Yaml) -> Read<Request> {
    let nothing = YamlMapping::default();
    let (name, span, said) = match &yaml.value {
        YamlKind::Text(name) => (name.clone(), yaml.span, &nothing),
        YamlKind::Mapping(map) => match map.get("test_name") {
            Some(name) => match name.as_str() {
                Some(text) => (text.to_owned(), name.span, map),
                None => return Err(bad(format!("test name must be a str, got {}", name.kind()), name.span)),
            },
            None => single(map, yaml)?,
        },
        _ => return Err(bad(format!("test must be dict or str, got {}", yaml.kind()), yaml.span)),
    };
    let (namespace, name) = split_name(&name)
        .ok_or_else(|| bad(format!("Test name string did not match expected pattern: {name}"), span))?;

    let mut arguments = Mapping::new();
    let mut given = Mapping::new();
    let mut spans = IndexMap::new();
    for entry in said.iter().filter(|entry| entry.key != "test_name") {
        match entry.key.as_str() {
            "arguments" => {}
            "config" => match &entry.value.value {
                YamlKind::Mapping(map) => {
                    given = map.to_json();
                    spans.extend(map.iter().map(|entry| (entry.key.clone(), entry.key_span)));
                }
                _ => {
                    return Err(bad(
                        format!("'config' must be a dict, got {}", entry.value.kind()),
                        entry.value.span,
                    ));
                }
            },
            key => {
                spans.entry(key.to_owned()).or_insert(entry.key_span);
                arguments.insert(key.to_owned(), entry.value.to_json());
            }
        }
    }
    if let Some(column) = column {
        arguments.insert("column_name".to_owned(), Value::String(column.to_owned()));
    }
    if let Some(map) = said.get("arguments").and_then(Yaml::as_mapping) {
        arguments.extend(map.to_json());
    }
    if arguments.contains_key("model") {
        let span = said.key_span("model").unwrap_or(span);
        return Err(bad("Test arguments include \"model\", which is a reserved argument", span));
    }
    arguments.insert("model".to_owned(), Value::String(model_argument(target)));

    let config = configuration(reader, &mut arguments, given, &spans, span)?;
    let mut take = |key: &str| arguments.shift_remove(key).map(|value| python_str(&value));
    Ok(Request {
        description: take("description").unwrap_or_default(),
        custom_name: take("name"),
        arguments,
        name,
        namespace,
        span,
        config,
        config_spans: spans,
    })
}

/// The form `- name: {…}`: one key, its value the rest.
fn single<'y>(map: &'y YamlMapping, yaml: &Yaml) -> Read<(String, Span, &'y YamlMapping)> {
    let mut entries = map.iter();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        let message = format!("test definition dictionary must have exactly one key, got {} keys", map.len());
        let error = Diagnostic::error(Code::TestInvalid, message).label(yaml.span, "");
        return Err(Box::new(match map.iter().nth(1) {
            Some(second) => error.help(format!(
                "indent `{}` further, so that it belongs to the test, or give the test its own `-`",
                second.key
            )),
            None => error,
        }));
    };
    match entry.value.as_mapping() {
        Some(said) => Ok((entry.key.clone(), entry.key_span, said)),
        None => {
            let error =
                bad(format!("test arguments must be a dict, got {}", entry.value.kind()), entry.key_span);
            Err(Box::new(error.help("remove the colon of a test that takes no arguments")))
        }
    }
}

/// Package and name of `package.name`.
fn split_name(text: &str) -> Option<(Option<String>, String)> {
    let word = |text: &str| {
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match text.split_once('.') {
        Some((package, name)) if word(package) && word(name) => {
            Some((Some(package.to_owned()), name.to_owned()))
        }
        None if word(text) => Some((None, text.to_owned())),
        _ => None,
    }
}

/// The `model` argument: the relation under the test's `where`.
fn model_argument(target: &Target) -> String {
    let name = target.name;
    let call = match (target.table, target.version) {
        (Some(table), _) => format!("source('{name}', '{table}')"),
        (None, Some(version)) => format!("ref('{name}', version='{}')", version_text(version)),
        (None, None) => format!("ref('{name}')"),
    };
    format!("{{{{ get_where_subquery({call}) }}}}")
}

/// Moves the keys that configure out of the arguments, and renders them.
fn configuration(
    reader: &mut Reader,
    arguments: &mut Mapping,
    mut given: Mapping,
    spans: &IndexMap<String, Span>,
    span: Span,
) -> Read<Mapping> {
    let mut config = Mapping::new();
    let mut set = |reader: &mut Reader, key: &str, value: Value| {
        let value = match &value {
            Value::String(text) => reader.rendered(text, spans.get(key).copied().unwrap_or(span)),
            _ => value,
        };
        if !value.is_null() {
            config.insert(key.to_owned(), value);
        }
    };
    for key in CONFIG_KEYS {
        let beside = arguments.shift_remove(*key).filter(|value| !value.is_null());
        match (beside, given.shift_remove(*key)) {
            (Some(_), Some(_)) => {
                let at = spans.get(*key).copied().unwrap_or(span);
                return Err(bad("Test cannot have the same key at the top-level and in config", at));
            }
            (Some(value), None) | (None, Some(value)) => set(reader, key, value),
            (None, None) => {}
        }
    }
    for (key, value) in given {
        set(reader, &key, value);
    }
    Ok(config)
}

/// The `config(...)` call that dbt writes behind a test's call.
fn config_call(config: &Mapping) -> String {
    let arguments: Vec<_> = config
        .iter()
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            other => format!("{key}={}", python_str(other)),
        })
        .collect();
    if arguments.is_empty() { String::new() } else { format!("{{{{ config({}) }}}}", arguments.join(",")) }
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
        depends_on: DependsOn { nodes: Vec::new(), macros: vec![Arc::clone(&test.unique_id)] },
        created_at: parsing.now,
    };
    configure(parsing, &mut node, &request, &request.config, found);
    let description = Text { text: std::mem::take(&mut node.description), span: Some(request.span) };
    (node.description, node.doc_blocks) =
        docs::render(&description, &place.package, parsing.jinja, &parsing.docs, found);
    let (node, mut capture) = match plain(parsing, target, test, &node, request.span) {
        Some(capture) => (node, capture),
        None => {
            let (mut node, capture) = render(parsing, node, request.span, found);
            if capture.config != request.config && !capture.config.is_empty() {
                configure(parsing, &mut node, &request, &capture.config, found);
            }
            (node, capture)
        }
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
    node.unrendered_config = unrendered;
}

fn synthetic(target: &Target, request: &Request, metadata: &TestMetadata) -> super::naming::TestName {
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
    Diagnostic::error(
        Code::MacroNotFound,
        format!(
            "'{within}test_{name}' is undefined. This can happen when calling a macro that does not exist. \
             Check for typos and/or install package dependencies with \"dbt deps\"."
        ),
    )
    .label(request.span, "no package defines this test")
    .suggest(name, known)
}

/// What a test of dbt's own reads, where its arguments are plain enough to say without rendering.
fn plain(parsing: &Parsing, target: &Target, test: &Macro, node: &Node, span: Span) -> Option<Capture> {
    static CALL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$").ok());
    const OWN: [&str; 4] = ["test_unique", "test_not_null", "test_accepted_values", "test_relationships"];
    let NodeKind::GenericTest { metadata, .. } = &node.kind else { return None };
    if test.package_name != DBT || !OWN.contains(&test.name.as_str()) {
        return None;
    }
    let mut capture = Capture::default();
    let simple = matches!(test.name.as_str(), "test_unique" | "test_not_null");
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
    first.macros.extend(second.macros);
    first.config = second.config;
    (node, first)
}
