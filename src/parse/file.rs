//! Files of code to nodes: each is rendered once to learn what it asks for and how it is configured.

use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;
use serde_json::json;

use super::Parsing;
use super::config::{self, Kind, Levels, Problem};
use super::draft::{Draft, fqn_prefix, stem};
use super::properties::{NodeProperties, version_text};
use super::reference::{Reference, reference};
use super::{checksum, python};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::{Capture, Scope, Value as JinjaValue};
use crate::manifest::{
    Checksum, Column, DependsOn, Language, Mapping, Node, NodeConfig, NodeKind, UniqueId, Value,
};
use crate::project::{File, FileKind};

/// A node, its references not yet resolved.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The node; `depends_on.nodes` is empty.
    pub(super) node: Node,
    /// Where each of `node.sources` was said.
    pub(super) source_spans: Vec<Option<Span>>,
    /// What a diagnostic about the node as a whole points at.
    pub(super) place: Option<Span>,
}

/// Parses one draft with what property files say of it.
pub(super) fn node(
    parsing: &Parsing,
    draft: &Draft,
    patch: Option<&NodeProperties>,
    found: &mut Vec<Diagnostic>,
) -> Parsed {
    let kind = config_kind(draft.file.kind);
    let mut node = blank(parsing, draft, patch);
    let mut levels_config = patch.map(|patch| patch.config.rendered.clone()).unwrap_or_default();
    let mut written = patch.map(|patch| patch.config.written.clone()).unwrap_or_default();
    if node.language == Language::Python && kind == Kind::Model && !levels_config.contains_key("materialized")
    {
        levels_config.insert("materialized".to_owned(), json!("table"));
        written.insert("materialized".to_owned(), json!("table"));
    }
    let configure =
        |node: &mut Node, call: &Mapping, found: &mut Vec<Diagnostic>, capture: Option<&Capture>| {
            let levels = Levels {
                kind,
                package: &node.package_name,
                fqn: &node.fqn,
                patch: Some(&levels_config),
                patch_unrendered: Some(&written),
                call: Some(call),
                call_unrendered: capture.map(|c| &c.config_written).filter(|written| !written.is_empty()),
            };
            match parsing.trees.merged(&levels) {
                Ok(merged) => node.config = NodeConfig(merged),
                Err(problem) => {
                    let spans = [capture.map(|c| &c.config_spans), patch.map(|p| &p.config.spans)];
                    let span = spans.into_iter().flatten().find_map(|spans| spans.get(&problem.key)).copied();
                    found.push(invalid(parsing, node, &problem, span.or(draft.place)));
                }
            }
            node.unrendered_config = parsing.trees.unrendered(&levels);
        };
    let unsaid = Mapping::new();
    configure(&mut node, &unsaid, &mut Vec::new(), None);
    let mut capture = Capture::default();
    match (&node.language, draft.file.kind, draft.file.source) {
        (Language::Csv, ..) => {}
        (Language::Python, FileKind::Model, source) => {
            let (captured, problems) = python::scan(&node.raw_code, source.map(|s| (s, node.source_offset)));
            capture = captured;
            found.extend(problems);
        }
        (_, FileKind::Properties, _) => {
            if let Some(relation) = patch.and_then(|patch| patch.relation.as_ref()) {
                relation_of(&mut capture, &relation.text, relation.span, &node, found);
            }
        }
        (_, _, Some(source)) => {
            (node, capture) = rendering(node, Vec::new(), |scope| {
                if let Err(diagnostic) = parsing.jinja.render(source, draft.range.clone(), scope) {
                    found.push(*diagnostic);
                }
            });
        }
        _ => {}
    }
    if !capture.config.is_empty() {
        configure(&mut node, &capture.config.clone(), found, Some(&capture));
    } else if !levels_config.is_empty() || !node.config.enabled() {
        configure(&mut node, &unsaid, found, None);
    }
    if parsing.is_own(&node.package_name) {
        let spans = |spans: &IndexMap<String, Span>| {
            spans.iter().map(|(key, span)| (key.clone(), Some(*span))).collect::<Vec<_>>()
        };
        let mut keys = patch.map(|patch| spans(&patch.config.spans)).unwrap_or_default();
        keys.extend(
            capture
                .config
                .keys()
                .map(|key| (key.clone(), capture.config_spans.get(key).copied().or(draft.place))),
        );
        found.extend(config::misspelt(kind, keys.iter().map(|(key, span)| (key.as_str(), *span))));
    }
    if patch.is_some_and(|patch| patch.config.rendered.contains_key("tags")) {
        // dbt knows the tags of the file before those of the property file.
        let levels = Levels {
            kind,
            package: &node.package_name,
            fqn: &node.fqn,
            patch: None,
            patch_unrendered: None,
            call: Some(&capture.config),
            call_unrendered: None,
        };
        let config = parsing.trees.merged(&levels).map(NodeConfig).unwrap_or_default();
        add_tags(&mut node.tags, &config);
    }
    let node = with_hooks(parsing, node, &mut capture, found);
    finish(parsing, node, draft.place, capture, patch, found)
}

fn config_kind(kind: FileKind) -> Kind {
    match kind {
        FileKind::Seed => Kind::Seed,
        FileKind::Snapshot | FileKind::Properties => Kind::Snapshot,
        FileKind::SingularTest => Kind::Test,
        FileKind::Model => Kind::Model,
        FileKind::Function => Kind::Function,
        _ => Kind::Node,
    }
}

/// The node as it is before its code was read.
fn blank(parsing: &Parsing, draft: &Draft, patch: Option<&NodeProperties>) -> Node {
    let File { kind, package, path, original_file_path, source, .. } = draft.file;
    let text = source.map(|source| Arc::clone(&parsing.sources.get(source).text));
    let code = text.as_deref().and_then(|text| text.get(draft.range.clone())).unwrap_or_default();
    let version = patch.and_then(|patch| patch.version.as_ref());
    let name = patch.filter(|_| version.is_some()).map_or(&draft.name, |patch| &patch.name).clone();
    let mut fqn = fqn_prefix(package, path);
    let mut raw_code: Arc<str> = Arc::from(code);
    let mut offset = draft.range.start;
    let (node_kind, node_path, id_kind) = match kind {
        FileKind::Seed => {
            let folder = parsing.project.packages.get(package).map(|package| package.folder.as_path());
            let root_path = folder.map(|folder| std::path::absolute(folder).unwrap_or(folder.to_owned()));
            let root_path = root_path.map(|folder| folder.display().to_string());
            (NodeKind::Seed { root_path: root_path.unwrap_or_default() }, path.clone(), "seed")
        }
        FileKind::Snapshot => {
            fqn.push(stem(path).to_owned());
            (NodeKind::Snapshot, path.clone(), "snapshot")
        }
        FileKind::Properties => {
            let relation = patch.and_then(|patch| patch.relation.as_ref());
            let relation = relation.map(|text| text.text.trim()).unwrap_or_default();
            raw_code = Arc::from(format!("select * from {{{{ {relation} }}}}"));
            offset = 0;
            (NodeKind::Snapshot, format!("{name}.sql"), "snapshot")
        }
        FileKind::SingularTest => {
            let folders = path.rsplit_once('/').map_or(String::new(), |(folders, _)| format!("{folders}/"));
            (NodeKind::SingularTest, format!("{folders}{name}.sql"), "test")
        }
        FileKind::Analysis => {
            fqn.insert(1, "analysis".to_owned());
            (NodeKind::Analysis, format!("analysis/{path}"), "analysis")
        }
        FileKind::Function => (function(patch), path.clone(), "function"),
        _ => (model(patch), path.clone(), "model"),
    };
    fqn.push(name.clone());
    let mut unique_id = format!("{id_kind}.{package}.{name}");
    if let Some(version) = version {
        let version = format!("v{}", version_text(&version.v));
        unique_id = format!("{unique_id}.{version}");
        fqn.push(version);
    }
    let ending = std::path::Path::new(path).extension().and_then(std::ffi::OsStr::to_str);
    let mut node = Node {
        unique_id: UniqueId::from(unique_id),
        alias: name.clone(),
        name,
        package_name: package.clone(),
        kind: node_kind,
        path: node_path,
        original_file_path: original_file_path.clone(),
        source: source.unwrap_or(parsing.project.root().source),
        source_offset: offset,
        fqn,
        language: match kind {
            FileKind::Seed => Language::Csv,
            _ if ending == Some("py") => Language::Python,
            _ if ending == Some("js") => Language::JavaScript,
            _ => Language::Sql,
        },
        raw_code,
        checksum: match (kind, text.as_deref()) {
            (FileKind::Seed, _) => checksum::of_seed(draft.file, parsing.options.largest_seed),
            (_, Some(text)) => checksum::of_code(text),
            _ => Checksum { name: "none", checksum: String::new() },
        },
        relation: None,
        schema: parsing.placement.schema.clone(),
        database: parsing.placement.database.clone(),
        config: NodeConfig::default(),
        tags: Vec::new(),
        group: None,
        unrendered_config: Mapping::new(),
        config_call: Mapping::new(),
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: None,
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: parsing.now,
        batch: None,
    };
    node.relation = Some(parsing.placement.relation(&node));
    node
}

fn model(patch: Option<&NodeProperties>) -> NodeKind {
    let version = patch.and_then(|patch| patch.version.as_ref());
    NodeKind::Model {
        version: version.map(|version| version.v.clone()),
        latest_version: version.map(|version| version.latest.clone()),
        access: "protected".to_owned(),
        constraints: patch.map(|patch| patch.constraints.clone()).unwrap_or_default(),
        deprecation_date: patch.and_then(|patch| patch.deprecation_date.clone()),
        primary_key: Vec::new(),
        time_spine: patch.and_then(|patch| patch.time_spine.clone()),
    }
}

fn function(patch: Option<&NodeProperties>) -> NodeKind {
    let signature = patch.and_then(|patch| patch.function.clone()).unwrap_or_default();
    NodeKind::Function {
        arguments: signature.arguments,
        // As dbt has it where nothing is said.
        returns: if signature.returns.is_null() {
            json!({ "data_type": "INVALID_TYPE", "description": null })
        } else {
            signature.returns
        },
        overloads: Vec::new(),
    }
}

/// Renders templates that see a node; returns the node and what they asked for.
pub(super) fn rendering(
    node: Node,
    variables: Vec<(String, JinjaValue)>,
    render: impl FnOnce(&Arc<Scope>),
) -> (Node, Capture) {
    let package = node.package_name.clone();
    let node = Arc::new(node);
    let scope = Arc::new(Scope { node: Some(Arc::clone(&node)), variables, ..Scope::parse(package) });
    render(&scope);
    let capture = taken(&scope);
    drop(scope);
    (Arc::unwrap_or_clone(node), capture)
}

/// What the renders in a scope asked for.
pub(super) fn taken(scope: &Scope) -> Capture {
    std::mem::take(&mut *scope.capture.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A configuration that cannot be used, as an error about the node.
pub(super) fn invalid(parsing: &Parsing, node: &Node, problem: &Problem, span: Option<Span>) -> Diagnostic {
    let Problem { key, message } = problem;
    let said = span.or_else(|| parsing.config_span(node, key));
    Diagnostic::error(
        Code::InvalidConfig,
        format!("invalid value for the configuration `{key}` of `{}`: {message}", node.name),
    )
    .label_opt(said, "")
}

/// Adds what a snapshot, a constraint or an exposure says it reads.
pub(super) fn relation_of(
    capture: &mut Capture,
    text: &str,
    span: Option<Span>,
    node: &Node,
    found: &mut Vec<Diagnostic>,
) {
    match reference(text, span) {
        Some(Reference::Ref(args)) => capture.refs.push(args),
        Some(Reference::Source(source, table)) => capture.sources.push((source, table, span)),
        None => found.push(
            Diagnostic::error(
                Code::YamlInvalidValue,
                format!("Invalid 'ref' or 'source' syntax of `{}`: {text}", node.name),
            )
            .label_opt(span, "")
            .help("write it as `ref('model')` or `source('source', 'table')`, without braces"),
        ),
    }
}

/// Renders the hooks of a node's configuration: they may refer to other nodes.
fn with_hooks(parsing: &Parsing, node: Node, capture: &mut Capture, found: &mut Vec<Diagnostic>) -> Node {
    let hooks: Vec<String> = ["pre-hook", "post-hook"]
        .iter()
        .filter_map(|key| node.config.get(key).and_then(Value::as_array))
        .flatten()
        .filter_map(|hook| hook.get("sql").and_then(Value::as_str))
        .filter(|sql| super::properties::is_template(sql))
        .map(str::to_owned)
        .collect();
    if hooks.is_empty() {
        return node;
    }
    let span = capture.config_spans.get("pre_hook").or(capture.config_spans.get("post_hook")).copied();
    let (node, said) = rendering(node, Vec::new(), |scope| {
        let failed = hooks.iter().filter_map(|sql| parsing.jinja.render_text(sql, span, scope).err());
        found.extend(failed.map(|diagnostic| *diagnostic));
    });
    capture.refs.extend(said.refs);
    capture.sources.extend(said.sources);
    capture.functions.extend(said.functions);
    capture.macros.extend(said.macros);
    capture.vars.extend(said.vars);
    node
}

/// Fills in what follows from configuration, properties and code.
pub(super) fn finish(
    parsing: &Parsing,
    mut node: Node,
    place: Option<Span>,
    mut capture: Capture,
    patch: Option<&NodeProperties>,
    found: &mut Vec<Diagnostic>,
) -> Parsed {
    add_tags(&mut node.tags, &node.config);
    node.group = node.config.group().map(str::to_owned);
    if let NodeKind::Model { access, .. } = &mut node.kind {
        match node.config.text("access") {
            Some(said @ ("private" | "protected" | "public")) => said.clone_into(access),
            other => found.push(
                Diagnostic::error(
                    Code::InvalidConfig,
                    format!(
                        "Node {} has an invalid value ({}) for the access field",
                        node.unique_id,
                        other.unwrap_or_default()
                    ),
                )
                .label_opt(patch.and_then(|p| p.config.spans.get("access")).copied().or(place), "")
                .help("access is `private`, `protected` or `public`"),
            ),
        }
    }
    if let Some(patch) = patch {
        describe(parsing, &mut node, patch, &mut capture, found);
    }
    if let Err(diagnostic) = parsing.placement.place(&mut node, parsing.jinja) {
        found.push(*diagnostic);
    }
    node.relation = is_relational(parsing, &node).then(|| parsing.placement.relation(&node));
    node.config_call = capture.config;
    node.depends_on.macros.extend(capture.macros);
    node.depends_on.vars.extend(capture.vars);
    let mut source_spans = Vec::new();
    node.refs.extend(capture.refs);
    node.metrics.extend(capture.metrics);
    node.functions.extend(capture.functions);
    for (source, table, span) in capture.sources {
        node.sources.push((source, table));
        source_spans.push(span);
    }
    if matches!(node.kind, NodeKind::Seed { .. }) && !(node.refs.is_empty() && node.sources.is_empty()) {
        let span = node.refs.first().and_then(|args| args.span).or(place);
        let message = format!("Seeds cannot depend on other nodes; a hook of `{}` reads one", node.name);
        let mistake = Diagnostic::error(Code::RefNotAllowed, message).label_opt(span, "");
        found.push(mistake.help("do this in a hook of a model that reads the seed"));
    }
    Parsed { node, source_spans, place }
}

fn add_tags(tags: &mut Vec<String>, config: &NodeConfig) {
    for tag in config.tags() {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
}

/// Whether a node stands in the warehouse.
pub(super) fn is_relational(parsing: &Parsing, node: &Node) -> bool {
    match node.kind {
        NodeKind::GenericTest { .. } | NodeKind::SingularTest => {
            node.config.flag("store_failures").unwrap_or(false) || parsing.options.store_failures
        }
        NodeKind::Function { .. } => true,
        _ => node.is_refable() && !node.is_ephemeral(),
    }
}

/// Puts description, columns and constraints of a property file on a node.
fn describe(
    parsing: &Parsing,
    node: &mut Node,
    patch: &NodeProperties,
    capture: &mut Capture,
    found: &mut Vec<Diagnostic>,
) {
    node.patch_path = Some(patch.place.file_id());
    node.patch_span = Some(patch.span);
    (node.description, node.doc_blocks) =
        parsing.description(&patch.description, &node.unique_id, &node.package_name, found);
    node.columns = columns(parsing, &node.unique_id, &node.package_name, &patch.columns, found);
    let model_level = match &node.kind {
        NodeKind::Model { constraints, .. } => constraints.as_slice(),
        _ => &[],
    };
    let column_level = node.columns.values().flat_map(|column| &column.constraints);
    let foreign: Vec<_> = model_level
        .iter()
        .chain(column_level)
        .filter(|constraint| constraint["type"] == "foreign_key")
        .filter_map(|constraint| constraint.get("to").and_then(Value::as_str).map(str::to_owned))
        .collect();
    for to in foreign {
        relation_of(capture, &to, Some(patch.span), node, found);
    }
}

/// Where a node's code refers to a version of a model.
pub(super) fn span_of_ref(node: &Node, name: &str, version: Option<String>) -> Option<Span> {
    let named = || node.refs.iter().filter(|args| args.name == name);
    let exact = named().find(|args| args.version.is_some() && args.version == version);
    exact.or_else(|| named().find(|args| args.version.is_none())).or_else(|| named().next())?.span
}

/// Columns by name, with their descriptions rendered.
pub(super) fn columns(
    parsing: &Parsing,
    resource: &str,
    package: &str,
    described: &[super::properties::ColumnProperties],
    found: &mut Vec<Diagnostic>,
) -> IndexMap<String, Column> {
    let read = described.iter().map(|properties| {
        let mut column = properties.column.clone();
        let text = super::properties::Text { text: column.description, span: properties.description };
        (column.description, column.doc_blocks) = parsing.description(&text, resource, package, found);
        (column.name.clone(), column)
    });
    read.collect()
}
