//! Columns that a property file describes and that the node does not have.

use std::sync::Arc;

use super::{Context, Finding, find};
use crate::diagnostic::{Code, Diagnostic};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // A contract is a promise about the same columns, and more severe.
    let nodes =
        context.selected.iter().filter(|node| node.is_refable() && !node.config.contract_is_enforced());
    for node in nodes.filter(|node| !node.columns.is_empty()) {
        let Some(columns) = context.columns(&node.unique_id) else { continue };
        let absent = node.columns.values().filter(|column| find(&columns, &column.name).is_none());
        found.extend(absent.map(|column| {
            let message = format!(
                "`{}` documents the column `{}`, which its {} does not produce",
                node.name,
                column.name,
                node.resource_type().as_str()
            );
            let diagnostic = Diagnostic::warning(Code::ColumnNotProduced, message)
                .label_opt(column.span.or(node.patch_span), "")
                .suggest(&column.name, columns.iter().map(|column| column.name.as_str()));
            Finding { node: Some(Arc::clone(node)), diagnostic }
        }));
    }
    found
}
