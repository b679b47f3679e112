//! Whether a model keeps the contract that an earlier manifest says it promised.

use serde_json::Value;

use crate::artifact::{StateColumn, StateNode, contract_digest};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Column, Node, NodeKind};

/// What became of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Promise {
    /// It is the same, or there is none.
    Kept,
    /// It changed, and whoever relied on it still can.
    Changed,
    /// It changed so that others may break; how, one text a kind of change.
    Broken(Vec<String>),
}

impl Promise {
    pub(super) fn is_kept(&self) -> bool {
        *self == Self::Kept
    }
}

/// Compares a model's contract with the one it had.
pub(super) fn compare(node: &Node, before: &StateNode, enforced: &[&str]) -> Promise {
    let now = contract_digest(node);
    match (&now, before.contract.enforced) {
        (None, false) => return Promise::Kept,
        (Some(_), false) => return Promise::Changed,
        (Some(_), true) if now == before.contract.checksum => return Promise::Kept,
        _ => {}
    }
    let mut how = Vec::new();
    if now.is_none() {
        how.push(
            "Contract enforcement was removed: Previously, this model had an enforced contract. \
             It is no longer configured to enforce its contract, and this is a breaking change."
                .to_owned(),
        );
    }
    let mut tell = |what: &str, items: Vec<String>| {
        if !items.is_empty() {
            how.push(format!("{what}: \n    - {}", items.join("\n    - ")));
        }
    };
    let (mut removed, mut retyped, mut loosened) = (Vec::new(), Vec::new(), Vec::new());
    let held = holds_constraints(before.config.get("materialized").and_then(Value::as_str));
    let mut columns: Vec<&StateColumn> = before.columns.values().collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    for then in columns {
        let Some(now) = node.columns.get(&then.name) else {
            removed.push(then.name.clone());
            continue;
        };
        retyped.extend(retype(now, then));
        if held {
            let lost = lost(&then.constraints, &now.constraints, enforced);
            loosened.extend(lost.map(|name| format!("'{name}' constraint on column {}", then.name)));
        }
    }
    tell("Columns were removed", removed);
    tell("Columns with data_type changes", retyped);
    tell("Enforced column level constraints were removed", loosened);
    let NodeKind::Model { constraints, .. } = &node.kind else { return Promise::Changed };
    if held {
        let lost = lost(&before.constraints, constraints, enforced);
        tell(
            "Enforced model level constraints were removed",
            lost.map(|name| format!("'{name}' constraint")).collect(),
        );
    }
    let has_any =
        !before.constraints.is_empty() || before.columns.values().any(|c| !c.constraints.is_empty());
    let now = node.config.materialized();
    if held && !holds_constraints(Some(now)) && has_any {
        let then = before.config.get("materialized").and_then(Value::as_str).unwrap_or_default();
        tell("Materialization changed with enforced constraints", vec![format!("{then} -> {now}")]);
    }
    if how.is_empty() { Promise::Changed } else { Promise::Broken(how) }
}

/// Whether a warehouse can hold constraints on what is built so.
fn holds_constraints(materialized: Option<&str>) -> bool {
    matches!(materialized, Some("table" | "incremental"))
}

/// A changed type, unless only its size, precision or scale did.
fn retype(now: &Column, then: &StateColumn) -> Option<String> {
    let base = |name: Option<&str>| {
        name.map(|name| name.split('(').next().unwrap_or_default().trim().to_lowercase())
    };
    let (now, before) = (now.data_type.as_deref(), then.data_type.as_deref());
    let word = |name: Option<&str>| name.unwrap_or("None").to_owned();
    (base(now) != base(before)).then(|| format!("{} ({} -> {})", then.name, word(before), word(now)))
}

/// The constraints of a list that another lacks, of those that the warehouse enforces: by name or type.
fn lost<'a>(before: &'a [Value], now: &'a [Value], enforced: &'a [&str]) -> impl Iterator<Item = &'a str> {
    fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
        value.get(key).and_then(Value::as_str)
    }
    let same = move |one: &Value, other: &Value| {
        let keys = ["type", "name", "expression", "to", "to_columns", "columns"];
        // Empty and missing are the same; what else a file says of a constraint is no promise.
        let part = |value: &Value, key: &str| {
            value
                .get(key)
                .filter(|v| !v.is_null() && v.as_array().is_none_or(|list| !list.is_empty()))
                .cloned()
        };
        keys.iter().all(|key| part(one, key) == part(other, key))
    };
    let is_lost = move |then: &&Value| {
        text(then, "type").is_some_and(|kind| enforced.contains(&kind))
            && !now.iter().any(|other| same(then, other))
    };
    before.iter().filter(is_lost).filter_map(move |then| text(then, "name").or_else(|| text(then, "type")))
}

/// What is said of a broken contract: with versions there is a way to break it, a new one.
pub(super) fn broken(node: &Node, how: &[String]) -> Diagnostic {
    let reasons = how.join("\n  - ");
    if node.version().is_some() {
        let message = format!(
            "While comparing to previous project state, dbt detected a breaking change to an enforced contract \
             of `{}`.\n  - {reasons}",
            node.unique_id
        );
        return Diagnostic::error(Code::ContractBroken, message)
            .label_opt(node.patch_span, "")
            .help("add to the contract without taking from it, or make a new version of the model");
    }
    let message = format!(
        "Breaking change to contracted, unversioned model {} ({})\n  - {reasons}",
        node.name, node.original_file_path
    );
    Diagnostic::warning(Code::ContractBroken, message).label_opt(node.patch_span, "")
}

/// What is said of a model with a contract that is gone, unless its time was over.
pub(super) fn removed(id: &str, before: &StateNode, is_disabled: bool) -> Option<Diagnostic> {
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let is_over =
        before.deprecation_date.as_ref().is_some_and(|date| date.chars().take(10).lt(today.chars()));
    if !before.contract.enforced || before.resource_type != "model" || is_over {
        return None;
    }
    let what = if is_disabled { "disabled" } else { "deleted or renamed" };
    let reason = format!("Contracted model '{id}' was {what}.");
    let is_versioned = before.version.as_ref().is_some_and(|version| !version.is_null());
    Some(if is_versioned {
        let message = format!(
            "While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - \
             {reason}"
        );
        let help = "keep the model until its `deprecation_date` is over";
        Diagnostic::error(Code::ContractBroken, message).help(help)
    } else {
        let message = format!(
            "Breaking change to contracted, unversioned model {} ({})\n  - {reason}",
            before.name, before.original_file_path
        );
        Diagnostic::warning(Code::ContractBroken, message)
    })
}
