//! A query given on the command line, as a node of the manifest.

use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::load::Loaded;
use super::{Failure, Invocation};
use crate::diagnostic::Span;
use crate::jinja::Scope;
use crate::manifest::{
    Checksum, DependsOn, Language, Manifest, Mapping, Node, NodeConfig, NodeKind, UniqueId,
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
    let call = std::mem::take(&mut scope.capture.lock().unwrap_or_else(PoisonError::into_inner).config);
    let id = UniqueId::from(format!("sql_operation.{package}.{NAME}"));
    let node = node(loaded, &id, sql, at, call);
    let mut manifest = Manifest::clone(&loaded.manifest);
    manifest.nodes.insert(UniqueId::clone(&id), Arc::new(node));
    loaded.manifest = Arc::new(manifest);
    Ok(id)
}

fn node(loaded: &Loaded, id: &UniqueId, sql: &str, at: Span, call: Mapping) -> Node {
    let target = &loaded.jinja.globals().target;
    let text = |key: &str| target.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut config: Mapping =
        [("enabled".to_owned(), json!(true)), ("materialized".to_owned(), json!("view"))]
            .into_iter()
            .collect();
    config.extend(call.clone());
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
        config_call: call,
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: None,
        refs: Vec::new(),
        sources: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: 0.0,
    }
}
