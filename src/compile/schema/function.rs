//! Functions that queries call, made in the empty database by the statements that make them in the real one.

use std::sync::Arc;

use super::{Binding, Schema, Schemas, State, Trust};
use crate::compile::Renderer;
use crate::diagnostic::Result;
use crate::jinja::{OVERLOADS, Phase, Scope, Value, relation_value};
use crate::manifest::{HookKind, Node, NodeKind};
use crate::sql;

/// What a hook may make that queries use.
const MADE: [&str; 4] = ["macro", "function", "type", "schema"];

impl Schemas {
    /// Makes a function of the project.
    pub(super) fn of_function(&self, state: &mut State, node: &Arc<Node>) -> Schema {
        let made = self.statement(node).map_err(|mistake| mistake.message.clone());
        self.warehouse.session().rollback();
        let made = made.and_then(|sql| match self.shadow(state) {
            Some(Ok(shadow)) => shadow.define(node.relation.as_ref(), &sql).map_err(|error| error.message),
            Some(Err(reason)) => Err(reason.clone()),
            None => Ok(()),
        });
        let binding = match made {
            Ok(()) => Binding::Bound(None),
            Err(reason) => Binding::Unknown(reason),
        };
        Schema::new(binding, Err("a function has no columns".to_owned()), Trust::Whole)
    }

    /// The statement that makes a function, from the macro of its kind and language.
    fn statement(&self, node: &Arc<Node>) -> Result<String> {
        let (jinja, manifest) = (&self.jinja, &self.manifest);
        let session = Some(self.warehouse.session());
        let compiled = Renderer { session, ..Renderer::new(jinja, manifest) }.node(node)?;
        let mut variables: Vec<(String, Value)> = ["sql", "compiled_code", "compiled_sql"]
            .map(|name| (name.to_owned(), Value::from(compiled.sql.as_str())))
            .to_vec();
        if !compiled.overloads.is_empty() {
            variables.push((OVERLOADS.to_owned(), compiled.overloads.clone().into()));
        }
        let scope = Arc::new(Scope {
            phase: Phase::Run,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(manifest)),
            session: session.map(Arc::clone),
            variables,
            ..Scope::parse(node.package_name.clone())
        });
        let kind = node.config.text("type").unwrap_or("scalar");
        let name = format!("{kind}_function_{}", node.language.as_str());
        let relation = node.relation.clone().map(relation_value).unwrap_or_default();
        let globals = jinja.globals();
        let prefixes = [globals.adapter.name(), "default"];
        let found = jinja.registry().dispatch(&name, Some("dbt"), &prefixes, &globals.project_name)?;
        Ok(jinja.call(&found.unique_id, &[relation], &[], &scope)?.to_string())
    }

    /// What the project's hooks make before anything else: statements that create functions and types, and no others.
    pub(super) fn made_by_hooks(&self) -> Vec<String> {
        let session = self.warehouse.session();
        let is_first = |node: &&Arc<Node>| matches!(&node.kind, NodeKind::Operation { hook, .. } if *hook == HookKind::Start);
        let mut made = Vec::new();
        for node in self.manifest.nodes.values().filter(is_first) {
            let renderer = Renderer { session: Some(session), ..Renderer::new(&self.jinja, &self.manifest) };
            let compiled = renderer.node(node);
            session.take_error();
            let Ok(compiled) = compiled else { continue };
            let statements = sql::statements(&compiled.sql).into_iter().filter(|one| creates(one));
            made.extend(statements.map(str::to_owned));
        }
        made
    }
}

/// Whether a statement makes a function, a type or a place for one.
fn creates(statement: &str) -> bool {
    let start = &statement[sql::skip_blank(statement, 0)..];
    let mut words = start.split_whitespace().map(str::to_lowercase);
    let is_creation = words.next().is_some_and(|word| word == "create");
    is_creation && words.take(3).any(|word| MADE.contains(&word.as_str()))
}
