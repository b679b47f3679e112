//! `clone`: a node's relation made from that of the same node in the environment of the state folder.

use std::sync::Arc;

use super::fault;
use super::work::{Worker, answer};
use crate::diagnostic::Result;
use crate::jinja::{Phase, Scope, Value, relation_value};
use crate::manifest::{Node, NodeResult, Status};

impl Worker<'_> {
    /// Calls the `clone` materialization, which copies where the warehouse can and makes a view elsewhere.
    pub(super) fn clone_relation(&self, node: &Arc<Node>) -> Result<NodeResult> {
        let blank = fault::blank(node, self.thread, Status::Success);
        if node.is_ephemeral() {
            return Ok(blank);
        }
        let materialization = self.materialization(node, "clone")?;
        let there = self.plan.manifest.deferred.get(&node.unique_id);
        let sql =
            there.map_or(Value::from(()), |there| Value::from(format!("select * from {}", there.name())));
        let there = there.cloned().map_or(Value::from(()), relation_value);
        let variables = [
            ("defer_relation", there),
            ("sql", sql.clone()),
            ("compiled_code", sql.clone()),
            ("compiled_sql", sql),
        ];
        let scope = Arc::new(Scope {
            phase: Phase::Run,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(&self.plan.manifest)),
            session: Some(Arc::clone(&self.session)),
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..Scope::parse(node.package_name.clone())
        });
        let returned = self.plan.jinja.call(&materialization.unique_id, &[], &[], &scope);
        self.session.take_written();
        self.remember(node, &returned?)?;
        Ok(match self.session.response("main") {
            Some(response) => NodeResult {
                message: Some(response.message.clone()),
                adapter_response: answer(&response),
                ..blank
            },
            None => NodeResult { message: Some("No-op".to_owned()), ..blank },
        })
    }
}
