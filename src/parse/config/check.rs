//! What is wrong with a configuration: values of the wrong kind, and keys that are misspelt.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::color::is_color;
use super::default::FURTHER_KEYS;
use super::{Kind, Problem, expected};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::Mapping;

/// Refuses values that nothing after parsing could act on.
pub(super) fn types(config: &Mapping) -> Result<(), Problem> {
    for (key, value) in config {
        let wanted = match key.as_str() {
            "enabled" if !value.is_boolean() => "true or false",
            "materialized" if !value.is_string() => "a text",
            "alias"
            | "schema"
            | "database"
            | "group"
            | "where"
            | "target_schema"
            | "target_database"
            | "incremental_strategy"
            | "on_schema_change"
                if !(value.is_string() || value.is_null()) =>
            {
                "a text"
            }
            "tags" if !texts(value) => "a text or a list of texts",
            "store_failures" | "full_refresh" | "quote_columns"
                if !(value.is_boolean() || value.is_null()) =>
            {
                "true or false"
            }
            "unique_key" if !(texts(value) || value.is_null()) => "a column or a list of columns",
            "persist_docs" if !(value.is_object() || value.is_null()) => {
                "a mapping with `relation` and `columns`"
            }
            "on_error"
                if !(value.is_null() || matches!(value.as_str(), Some("skip_children" | "continue"))) =>
            {
                "`skip_children` or `continue`"
            }
            "docs" if !colored(value) => "a colour under `node_color`, its name in CSS or as `#rrggbb`",
            "limit" if !(value.is_i64() || value.is_u64() || value.is_null()) => "a whole number",
            "severity" if !severity(value) => "`warn` or `error`",
            _ => continue,
        };
        return Err(Problem { key: key.clone(), message: expected(wanted, value) });
    }
    Ok(())
}

/// Refuses kinds of function that there are not.
pub(super) fn function(config: &Mapping) -> Result<(), Problem> {
    const VOLATILITIES: &[&str] = &["deterministic", "stable", "non-deterministic"];
    for (key, known) in [("type", &["scalar", "aggregate", "table"][..]), ("volatility", VOLATILITIES)] {
        let value = config.get(key).unwrap_or(&Value::Null);
        if !value.is_null() && !value.as_str().is_some_and(|text| known.contains(&text)) {
            let wanted = format!("one of {}", known.join(", "));
            return Err(Problem { key: key.to_owned(), message: expected(&wanted, value) });
        }
    }
    Ok(())
}

fn texts(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(Value::is_string),
        other => other.is_string(),
    }
}

/// Whether the colour of a node is one, where it has any.
fn colored(docs: &Value) -> bool {
    let color = docs.get("node_color").filter(|color| !color.is_null());
    color.is_none_or(|color| color.as_str().is_some_and(is_color))
}

fn severity(value: &Value) -> bool {
    value.as_str().is_some_and(|text| ["warn", "error"].contains(&text.to_ascii_lowercase().as_str()))
}

/// Warns of keys that no one knows and that are all but the name of a known one.
///
/// Keys of one's own are legal in a configuration, so only a near miss is worth a word.
pub(in crate::parse) fn misspelt<'a>(
    kind: Kind,
    keys: impl IntoIterator<Item = (&'a str, Option<Span>)>,
) -> Vec<Diagnostic> {
    static FURTHER: LazyLock<BTreeSet<&str>> = LazyLock::new(|| FURTHER_KEYS.iter().copied().collect());
    let known = kind.defaults();
    let unknown = keys.into_iter().filter(|(key, _)| {
        let key = super::canonical(key);
        !known.contains_key(key) && !FURTHER.contains(key)
    });
    let warnings = unknown.filter_map(|(key, span)| {
        let meant = near_miss(key, known.keys().map(String::as_str))
            .or_else(|| near_miss(key, FURTHER.iter().copied()))?;
        let warning = Diagnostic::warning(Code::UnknownConfig, format!("unknown configuration `{key}`"));
        Some(warning.label_opt(span, "no effect").help(format!("did you mean `{meant}`?")))
    });
    warnings.collect()
}

/// A known key that differs in one letter, or two where it is long.
fn near_miss<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = key.to_lowercase();
    let allowed = match lower.len() {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    known
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
