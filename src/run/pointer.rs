//! `latest_version_pointer`: a view under a model's plain name that shows its latest version.

use std::sync::Arc;

use serde_json::json;

use super::work::Worker;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::jinja::{Phase, Scope, Value};
use crate::manifest::{Node, NodeKind, UniqueId};
use crate::relation::Relation;

/// Gives the pointer's name, which a project may decide.
const ALIAS: &str = "{{ generate_latest_version_pointer_alias(custom_alias_name, model) }}";

impl Worker<'_> {
    /// Makes the pointer of a model that was built, where it is the latest version and wants one.
    pub(super) fn point_to_latest(&self, node: &Arc<Node>) -> Result<()> {
        let Some(source) = node.relation.as_ref().filter(|_| self.wants_pointer(node)) else { return Ok(()) };
        let alias = self.pointer_alias(node)?;
        if source.identifier.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&alias)) {
            let message = format!(
                "cannot create the latest version pointer: the latest version of `{}` is called `{alias}` itself",
                node.name
            );
            let error = Diagnostic::error(Code::InvalidConfig, message).label_opt(node.patch_span, "");
            return Err(Box::new(
                error.help("set `latest_version_pointer: false`, or give it another `alias`"),
            ));
        }
        let sql = format!("select * from {}", source.name());
        let pointer = Arc::new(pointer(node, source, alias, &sql));
        let adapter = self.plan.jinja.globals().adapter.name();
        let registry = self.plan.jinja.registry();
        let Some(view) = registry.materialization("view", adapter, self.overrides()) else { return Ok(()) };
        let variables = ["sql", "compiled_code", "compiled_sql"];
        let variables = variables.map(|name| (name.to_owned(), Value::from(sql.as_str())));
        let scope = self.scope(&pointer, variables.into());
        let returned = self.plan.jinja.call(&view.unique_id, &[], &[], &scope)?;
        self.remember(&pointer, &returned)
    }

    fn wants_pointer(&self, node: &Node) -> bool {
        let NodeKind::Model { version: Some(_), latest_version: Some(latest), .. } = &node.kind else {
            return false;
        };
        let latest = latest.as_str().map_or_else(|| latest.to_string(), str::to_owned);
        let said = node.config.get("latest_version_pointer").and_then(|pointer| pointer.get("enabled"));
        let enabled = said.and_then(serde_json::Value::as_bool);
        node.version().as_ref() == Some(&latest)
            && enabled.unwrap_or_else(|| self.plan.flag("LATEST_VERSION_POINTER_ENABLED_BY_DEFAULT"))
    }

    fn pointer_alias(&self, node: &Arc<Node>) -> Result<String> {
        let said = node.config.get("latest_version_pointer").and_then(|pointer| pointer["alias"].as_str());
        let said = said.map_or(Value::from(()), |alias| Value::from(alias.trim()));
        let scope = self.scope(node, vec![("custom_alias_name".to_owned(), said)]);
        Ok(self.plan.jinja.render_text(ALIAS, node.patch_span, &scope)?.trim().to_owned())
    }

    fn scope(&self, node: &Arc<Node>, variables: Vec<(String, Value)>) -> Arc<Scope> {
        Arc::new(Scope {
            phase: Phase::Run,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(&self.plan.manifest)),
            session: Some(Arc::clone(&self.session)),
            variables,
            ..Scope::parse(node.package_name.clone())
        })
    }
}

/// The model as the view that points to it: its hooks and comments are its own.
fn pointer(node: &Node, source: &Relation, alias: String, sql: &str) -> Node {
    let mut pointer = Node {
        unique_id: UniqueId::from(format!("{}__latest_version_pointer", node.unique_id)),
        relation: Some(Relation { identifier: Some(Arc::from(alias.as_str())), ..source.clone() }),
        raw_code: Arc::from(sql),
        alias,
        ..node.clone()
    };
    for (key, none) in [("pre-hook", json!([])), ("post-hook", json!([])), ("persist_docs", json!({}))] {
        pointer.config.0.insert(key.to_owned(), none);
    }
    pointer
}
