//! Constraints and contracts on the wire, and the fingerprint of what a contract promises.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::node::hex;
use crate::manifest::{Column, Node, NodeKind, ResourceType, Value};

#[derive(Serialize)]
pub(super) struct ContractWire {
    enforced: bool,
    alias_types: bool,
    checksum: Option<String>,
}

/// A constraint with dbt's defaults filled in; `columns` is for those of a whole model.
#[derive(Serialize)]
pub(super) struct ConstraintWire<'a> {
    r#type: Option<&'a str>,
    name: Option<&'a str>,
    expression: Option<&'a str>,
    warn_unenforced: bool,
    warn_unsupported: bool,
    to: Option<&'a str>,
    to_columns: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<&'a str>>,
}

pub(super) fn constraint(written: &Value, of_model: bool) -> ConstraintWire<'_> {
    let text = |key: &str| written.get(key).and_then(Value::as_str);
    let flag = |key: &str| written.get(key).and_then(Value::as_bool).unwrap_or(true);
    let list = |key: &str| -> Vec<&str> {
        let items = written.get(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    };
    ConstraintWire {
        r#type: text("type"),
        name: text("name"),
        expression: text("expression"),
        warn_unenforced: flag("warn_unenforced"),
        warn_unsupported: flag("warn_unsupported"),
        to: text("to"),
        to_columns: list("to_columns"),
        columns: of_model.then(|| list("columns")),
    }
}

/// The contract, with a fingerprint of what it promises when it is enforced.
pub(super) fn contract(node: &Node) -> ContractWire {
    let written = node.config.get("contract");
    let flag = |key: &str| written.and_then(|c| c.get(key)).and_then(Value::as_bool);
    let enforced = flag("enforced").unwrap_or(false);
    ContractWire {
        enforced,
        alias_types: flag("alias_types").unwrap_or(true),
        checksum: (enforced && node.resource_type() == ResourceType::Model).then(|| promise(node)),
    }
}

/// The fingerprint of a contract: columns by name with their types and constraints, and for stored
/// tables the constraints of the model.
fn promise(node: &Node) -> String {
    let mut columns: Vec<&Column> = node.columns.values().collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let said = columns.into_iter().map(|column| {
        let data_type = column.data_type.as_deref().unwrap_or("None");
        format!("|{}{data_type}{}", column.name, listing(&column.constraints, "ColumnLevelConstraint"))
    });
    let mut state: String = said.collect();
    if let NodeKind::Model { constraints, .. } = &node.kind
        && matches!(node.config.materialized(), "table" | "incremental")
    {
        state += node.config.materialized();
        state += &listing(constraints, "ModelLevelConstraint");
    }
    hex(&Sha256::digest(state.as_bytes()))
}

/// The fingerprint of a model's contract, where it is enforced.
pub fn contract_digest(node: &Node) -> Option<String> {
    contract(node).checksum
}

/// Constraints as Python shows them, which is what dbt's fingerprint is taken of.
fn listing(constraints: &[Value], class: &str) -> String {
    let of_model = class == "ModelLevelConstraint";
    let optional = |text: Option<&str>| text.map_or("None".to_owned(), repr);
    let truth = |flag: bool| if flag { "True" } else { "False" };
    let names = |items: &[&str]| items.iter().map(|item| repr(item)).collect::<Vec<_>>().join(", ");
    let shown = constraints.iter().map(|written| {
        let wire = constraint(written, of_model);
        let kind = wire.r#type.unwrap_or_default();
        let columns = wire.columns.as_deref().map_or(String::new(), |c| format!(", columns=[{}]", names(c)));
        format!(
            "{class}(type=<ConstraintType.{kind}: '{kind}'>, name={}, expression={}, warn_unenforced={}, \
             warn_unsupported={}, to={}, to_columns=[{}]{columns})",
            optional(wire.name),
            optional(wire.expression),
            truth(wire.warn_unenforced),
            truth(wire.warn_unsupported),
            optional(wire.to),
            names(&wire.to_columns),
        )
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

/// A text as Python shows it.
fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            letter if letter == quote => shown.extend(['\\', letter]),
            letter => shown.push(letter),
        }
    }
    shown.push(quote);
    shown
}
