//! The arguments of a generic test: texts of a property file that may be templates.

use std::sync::Arc;

use super::python::{PyDict, PyList};
use super::{Jinja, Scope, Value, from_json};
use crate::diagnostic::{Result, Span};
use crate::manifest::Mapping;

/// Calls that dbt takes for a template although no braces are around them.
const CALLS: &[&str] = &["env_var", "ref", "var", "source", "doc"];

/// Renders a generic test's arguments; `column_name` stays as written, what is an expression keeps
/// its type, so that `model` is a relation.
///
/// # Errors
/// The first mistake of a template among them.
pub fn test_arguments(
    jinja: &Arc<Jinja>,
    arguments: &Mapping,
    at: Option<Span>,
    scope: &Arc<Scope>,
) -> Result<Value> {
    let rendered = arguments.iter().map(|(name, value)| {
        let value = if name == "column_name" { from_json(value) } else { render(jinja, value, at, scope)? };
        Ok((Value::from(name.as_str()), value))
    });
    Ok(PyDict::value(rendered.collect::<Result<Vec<_>>>()?))
}

fn render(
    jinja: &Arc<Jinja>,
    value: &serde_json::Value,
    at: Option<Span>,
    scope: &Arc<Scope>,
) -> Result<Value> {
    match value {
        serde_json::Value::String(text) if is_call(text) => {
            jinja.evaluate(&format!("{{{{ {text} }}}}"), at, scope)
        }
        serde_json::Value::String(text) if text.contains("{{") || text.contains("{%") => {
            jinja.evaluate(text, at, scope)
        }
        serde_json::Value::Array(items) => {
            let items = items.iter().map(|item| render(jinja, item, at, scope));
            Ok(PyList::value(items.collect::<Result<Vec<_>>>()?))
        }
        serde_json::Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, item)| Ok((Value::from(key.as_str()), render(jinja, item, at, scope)?)));
            Ok(PyDict::value(entries.collect::<Result<Vec<_>>>()?))
        }
        other => Ok(from_json(other)),
    }
}

/// Whether a text is a bare call such as `ref('orders')`.
fn is_call(text: &str) -> bool {
    let text = text.trim();
    let called =
        |name: &&str| text.strip_prefix(*name).is_some_and(|rest| rest.trim_start().starts_with('('));
    text.ends_with(')') && CALLS.iter().any(called)
}
