//! What a contract needs before it can be enforced, and constraints that cannot be.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Language, Node, NodeKind, Value};

/// What is wrong with a model's contract and constraints.
pub(super) fn judge(node: &Node) -> Vec<Diagnostic> {
    let NodeKind::Model { constraints, .. } = &node.kind else { return Vec::new() };
    let mut found = Vec::new();
    let place = node.patch_span.unwrap_or(Span::new(node.source, node.source_offset..node.source_offset));
    let mut refuse = |message: String, label: &str, help: &str| {
        let error = Diagnostic::error(Code::ContractInvalid, message).label(place, label);
        found.push(error.help(help));
    };
    let enforced = node.config.contract_is_enforced();
    let unenforceable = format!("the contract of `{}` cannot be enforced", node.name);
    if enforced && node.language != Language::Sql {
        refuse(
            unenforceable,
            &format!("Language Error: Expected 'sql' but found '{}'", node.language.as_str()),
            "dbt enforces contracts of SQL models; test the columns of this one instead",
        );
    } else if enforced && node.columns.is_empty() {
        refuse(
            unenforceable,
            "no property file describes its columns",
            "describe each column with its `name` and `data_type` in a property file",
        );
    }
    let is_key = |constraint: &Value| constraint["type"] == "primary_key";
    let keys: Vec<_> = node.columns.values().filter(|column| column.constraints.iter().any(is_key)).collect();
    if keys.len() > 1 {
        let names: Vec<_> = keys.iter().map(|column| format!("`{}`", column.name)).collect();
        let message = format!("`{}` has {} primary keys: {}", node.name, keys.len(), names.join(", "));
        refuse(message, "", "a key of several columns is a constraint of the model, with `columns`");
    }
    if !keys.is_empty() && constraints.iter().any(is_key) {
        let message = format!("the primary key of `{}` is said for the model and for a column", node.name);
        refuse(message, "", "keep one of the two");
    }
    let stored = matches!(node.config.materialized(), "table" | "incremental");
    let all = constraints.iter().chain(node.columns.values().flat_map(|column| &column.constraints));
    let wants_warning = |c: &Value| c.get("warn_unsupported").and_then(Value::as_bool) != Some(false);
    if enforced && !stored && all.into_iter().any(wants_warning) {
        let message = format!(
            "Constraint types are not supported for {} materializations and will be ignored.",
            node.config.materialized()
        );
        let warning = Diagnostic::warning(Code::ConstraintIgnored, message).label(place, "");
        found.push(warning.help("`warn_unsupported: false` on the constraint silences this"));
    }
    found
}
