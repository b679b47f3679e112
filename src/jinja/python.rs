//! Python's values: mutable lists and dicts, and the way between templates and JSON.

use minijinja::Value;
use minijinja::value::ValueKind;

/// A JSON value as a template sees it.
pub fn from_json(value: &serde_json::Value) -> Value {
    Value::serialize(value)
}

/// A template's value as JSON; what JSON cannot say becomes text.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => serde_json::Value::Null,
        _ => serde_json::to_value(value).unwrap_or_else(|_| serde_json::Value::String(value.to_string())),
    }
}
