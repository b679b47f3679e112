//! Whether something is the same as it was: texts, values as they are written, and the parts of nodes.

use serde_json::Value;

use crate::artifact::StateNode;
use crate::manifest::{Mapping, Node, NodeKind};

/// What counts of a source.
const OF_SOURCE: &[&str] = &[
    "fqn",
    "identifier",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "external",
    "unrendered_config",
];

/// What counts of a metric, a semantic model or a saved query; each has some of these.
const OF_SEMANTIC: &[&str] = &[
    "fqn",
    "description",
    "label",
    "unrendered_config",
    "group",
    "type",
    "type_params",
    "filter",
    "model",
    "defaults",
    "entities",
    "dimensions",
    "measures",
    "primary_entity",
    "query_params",
];

/// Whether two texts are the same but for the way lines end and the space around them.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    one.trim().lines().eq(other.trim().lines())
}

pub(super) fn same_body(node: &Node, before: &StateNode) -> bool {
    match node.kind {
        NodeKind::Seed { .. } => {
            node.checksum.name == before.checksum.name && node.checksum.checksum == before.checksum.checksum
        }
        _ => same_text(&node.raw_code, &before.raw_code),
    }
}

pub(super) fn same_descriptions(node: &Node, before: &StateNode) -> bool {
    let persists = |what: &str| {
        let docs = node.config.get("persist_docs").and_then(|docs| docs.get(what));
        docs.and_then(Value::as_bool).unwrap_or(false)
    };
    let relation = || same_text(&node.description, &before.description);
    let columns = || {
        node.columns.len() == before.columns.len()
            && node.columns.iter().all(|(name, column)| {
                before.columns.get(name).is_some_and(|then| same_text(&column.description, &then.description))
            })
    };
    (!persists("relation") || relation()) && (!persists("columns") || columns())
}

/// Whether those that refer to a model without a version, or from elsewhere, still mean and may read it.
pub(super) fn same_reference(node: &Node, before: &StateNode) -> bool {
    let NodeKind::Model { latest_version, access, deprecation_date, .. } = &node.kind else { return true };
    let version = |value: Option<&Value>| {
        value
            .filter(|value| !value.is_null())
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
    };
    // The day alone: one tool writes the hour and the zone, another does not.
    let day = |date: Option<&str>| date.map(|date| date.chars().take(10).collect::<String>());
    version(latest_version.as_ref()) == version(before.latest_version.as_ref())
        && access == before.access.as_deref().unwrap_or("protected")
        && day(deprecation_date.as_deref()) == day(before.deprecation_date.as_deref())
}

/// Whether a function is called as it was, and gives the same; what is said of it does not count.
pub(super) fn same_signature(node: &Node, before: &StateNode) -> bool {
    let NodeKind::Function { arguments, returns, overloads } = &node.kind else { return true };
    let list = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let each = |now: &[Value], then: &Option<Value>, keys: &[&str]| {
        let then = list(then);
        now.len() == then.len() && now.iter().zip(&then).all(|(now, then)| same_keys(now, then, keys))
    };
    each(arguments, &before.arguments, &["name", "data_type", "default_value"])
        && same_words(returns, before.returns.as_ref().unwrap_or(&Value::Null))
        && each(overloads, &before.overloads, &["defined_in", "arguments", "returns", "raw_body"])
}

/// Whether a member of the semantic layer means the same; where its model is built does not count.
pub(super) fn same_semantic(now: &Value, before: &Value) -> bool {
    let exports = |value: &Value| -> Vec<[Value; 2]> {
        let exports = value.get("exports").and_then(Value::as_array).into_iter().flatten();
        let part = |export: &Value, key: &str| export.get(key).cloned().unwrap_or_default();
        exports.map(|export| [part(export, "name"), part(export, "unrendered_config")]).collect()
    };
    same_keys(now, before, OF_SEMANTIC) && exports(now) == exports(before)
}

/// Whether a source is where it was, as written: of another target it is the same source. Before dbt 1.9 only
/// the rendered place was noted.
pub(super) fn same_source(now: &Value, before: &Value) -> bool {
    let is_noted = before.get("unrendered_schema").is_some();
    let place = if is_noted { ["unrendered_database", "unrendered_schema"] } else { ["database", "schema"] };
    same_keys(now, before, &place) && same_keys(now, before, OF_SOURCE)
}

pub(super) fn same_keys(now: &Value, before: &Value, keys: &[&str]) -> bool {
    let part = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
    keys.iter().all(|key| same_words(&part(now, key), &part(before, key)))
}

pub(super) fn keyed(config: &Mapping) -> impl Iterator<Item = (&str, &Value)> {
    config.iter().map(|(key, value)| (canonical(key), value))
}

/// dbt knows the hooks by two spellings.
pub(super) fn canonical(key: &str) -> &str {
    match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    }
}

pub(super) fn is_template(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{") || text.contains("{%"))
}

/// Whether two values say the same: keys in any order, null where a key is missing, and a value of a
/// `config()` call as itself or, as dbt keeps it, as Python writes it.
pub(super) fn same_words(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let within = |these: &Mapping, those: &Mapping| {
                these.iter().all(|(key, value)| match those.get(key) {
                    Some(there) => same_words(value, there),
                    None => value.is_null(),
                })
            };
            within(one, other) && within(other, one)
        }
        (Value::Array(one), Value::Array(other)) => {
            let all = |one: &[Value], other: &[Value]| {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_words(one, other))
            };
            // Python dbt keeps a list of a property file twice over: as rendered, and as written.
            let twice = |long: &[Value], short: &[Value]| {
                long.len() == 2 * short.len()
                    && all(&long[..short.len()], short)
                    && all(&long[short.len()..], short)
            };
            all(one, other) || twice(one, other) || twice(other, one)
        }
        (Value::String(one), Value::String(other)) => same_text(one, other),
        (Value::String(text), value) | (value, Value::String(text)) => *text == python(value),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// A value as Python writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", python(&key.as_str().into()), python(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}
