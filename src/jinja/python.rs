//! Python's values: mutable lists and dicts, and the way between templates and JSON.

use minijinja::Value;
use minijinja::value::ValueKind;

/// A JSON value as a template sees it.
pub fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(b) => Value::from(*b),
        serde_json::Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => Value::from(n),
            (_, Some(n)) => Value::from(n),
            _ => Value::from(n.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(from_json).collect(),
        serde_json::Value::Object(map) => map.iter().map(|(k, v)| (k.as_str(), from_json(v))).collect(),
    }
}

/// A template's value as JSON; what JSON cannot say becomes text.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => serde_json::Value::Null,
        _ => serde_json::to_value(value).unwrap_or_else(|_| serde_json::Value::String(value.to_string())),
    }
}
