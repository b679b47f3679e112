//! Enforced contracts: the promised columns, and their types, against those of the query.

use std::sync::Arc;

use super::{Context, Finding, find};
use crate::adapter::ColumnInfo;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Column, Node, ResourceType};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let models = context.selected.iter().filter(|node| node.resource_type() == ResourceType::Model);
    let mut found = Vec::new();
    for node in models.filter(|node| node.config.contract_is_enforced()) {
        let Some(columns) = context.columns(&node.unique_id) else { continue };
        let breaches = breaches(context, node, &columns);
        found.extend(
            breaches.into_iter().map(|diagnostic| Finding { node: Some(Arc::clone(node)), diagnostic }),
        );
    }
    found
}

fn breaches(context: &Context<'_>, node: &Node, columns: &[ColumnInfo]) -> Vec<Diagnostic> {
    let name = &node.name;
    let breach = |column: Option<&Column>, message: String| {
        let place = column.and_then(|column| column.span).or(node.patch_span);
        Diagnostic::error(Code::SchemaMismatch, message).label_opt(place, "")
    };
    let mut found = Vec::new();
    for column in node.columns.values() {
        let Some(promised) = &column.data_type else {
            let message = format!("the contract of `{name}` does not say the type of `{}`", column.name);
            found.push(breach(Some(column), message).help("add its `data_type`"));
            continue;
        };
        let Some(actual) = find(columns, &column.name) else {
            let message = format!(
                "the contract of `{name}` promises `{}`, which its query does not return",
                column.name
            );
            let names = columns.iter().map(|column| column.name.as_str());
            found.push(breach(Some(column), message).suggest(&column.name, names));
            continue;
        };
        // The engine names the types on both sides, so that aliases of one compare equal.
        let nulls = format!("select cast(null as {promised}) as a, cast(null as {}) as b", actual.data_type);
        match context.schemas.probe(&nulls).as_deref() {
            Ok([a, b]) if a.data_type != b.data_type => {
                let message = format!(
                    "the contract of `{name}` promises `{}` as {promised}, and it is {}",
                    column.name, actual.data_type
                );
                found.push(breach(Some(column), message));
            }
            Err(Some(error)) if actual.data_type != "\"NULL\"" => {
                let message = format!("the contract of `{name}` promises `{}` as {promised}", column.name);
                let said = error.message.lines().next().unwrap_or_default().to_owned();
                found.push(breach(Some(column), message).help(said));
            }
            Ok(_) | Err(_) => {}
        }
    }
    for column in columns {
        if !node.columns.values().any(|known| known.name.eq_ignore_ascii_case(&column.name)) {
            let message = format!(
                "the query of `{name}` returns `{}` ({}), which its contract does not promise",
                column.name, column.data_type
            );
            found.push(breach(None, message));
        }
    }
    found
}
