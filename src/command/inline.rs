//! A query given on the command line, as a node of the manifest.

use std::sync::{Arc, PoisonError};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};

use super::load::Loaded;
use super::{Failure, Invocation};
use crate::diagnostic::Span;
use crate::jinja::{Capture, Scope};
use crate::manifest::{
    Checksum, DependsOn, Language, Manifest, Mapping, Node, NodeConfig, NodeKind, RefArgs, UniqueId,
};

/// The name of a query that has none.
pub(super) const NAME: &str = "inline_query";

/// The project with one node more: the query. What it configures is known afterwards, what it refers
/// to is found when it is compiled.
///
/// # Errors
/// The query is no valid template.
pub(super) fn add(invocation: &Invocation, loaded: &mut Loaded, sql: &str) -> Result<UniqueId, Failure> {
    let source = invocation.sources.add("<--inline>", sql);
    let at = Span::new(source, 0..sql.len());
    let package = loaded.project.root.clone();
    let scope =
        Arc::new(Scope { manifest: Some(Arc::clone(&loaded.manifest)), ..Scope::parse(package.clone()) });
    loaded.jinja.render(source, 0..sql.len(), &scope).map_err(|mut error| {
        error.message = format!("Error parsing inline query: {}", error.message);
        vec![*error]
    })?;
    let capture = std::mem::take(&mut *scope.capture.lock().unwrap_or_else(PoisonError::into_inner));
    let id = UniqueId::from(format!("sql_operation.{package}.{NAME}"));
    let node = node(loaded, &id, sql, at, capture);
    let mut manifest = Manifest::clone(&loaded.manifest);
    manifest.nodes.insert(UniqueId::clone(&id), Arc::new(node));
    loaded.manifest = Arc::new(manifest);
    Ok(id)
}

fn node(loaded: &Loaded, id: &UniqueId, sql: &str, at: Span, capture: Capture) -> Node {
    let target = &loaded.jinja.globals().target;
    let text = |key: &str| target.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut config: Mapping =
        [("enabled".to_owned(), json!(true)), ("materialized".to_owned(), json!("view"))]
            .into_iter()
            .collect();
    config.extend(capture.config.clone());
    Node {
        unique_id: UniqueId::clone(id),
        name: NAME.to_owned(),
        package_name: loaded.project.root.clone(),
        kind: NodeKind::SqlOperation,
        path: format!("sql/{NAME}"),
        original_file_path: "<--inline>".to_owned(),
        source: at.source,
        source_offset: 0,
        fqn: vec![loaded.project.root.clone(), "sql".to_owned(), NAME.to_owned()],
        language: Language::Sql,
        raw_code: Arc::from(sql),
        checksum: Checksum { name: "none", checksum: String::new() },
        relation: None,
        alias: NAME.to_owned(),
        schema: text("schema").unwrap_or_default(),
        database: text("database"),
        config: NodeConfig(config),
        tags: Vec::new(),
        group: None,
        unrendered_config: Mapping::new(),
        config_call: capture.config,
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: None,
        depends_on: depends_on(loaded, &capture.refs, &capture.sources),
        refs: capture.refs,
        sources: capture.sources.into_iter().map(|(source, table, _)| (source, table)).collect(),
        metrics: capture.metrics,
        functions: capture.functions,
        created_at: 0.0,
        batch: None,
    }
}

/// What the query reads; what cannot be found is reported when the query is compiled.
fn depends_on(loaded: &Loaded, refs: &[RefArgs], sources: &[(String, String, Option<Span>)]) -> DependsOn {
    let root = &loaded.project.root;
    let manifest = &loaded.manifest;
    let nodes = refs
        .iter()
        .filter_map(|args| manifest.resolve_ref(args, root, root).ok())
        .map(|node| &node.unique_id);
    let tables = sources
        .iter()
        .filter_map(|(source, table, _)| manifest.resolve_source(source, table, root, root).ok())
        .map(|source| &source.unique_id);
    let read: IndexSet<UniqueId> = nodes.chain(tables).map(UniqueId::clone).collect();
    DependsOn { nodes: read.into_iter().collect(), ..DependsOn::default() }
}
