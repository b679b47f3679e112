//! Python's values: mutable lists and dicts, how they print, and the way between templates and JSON.
//!
//! `list` and `dict` are the containers, `text` the methods of texts, `arithmetic` the operators, `decimal` exact numbers,
//! `format` how values print, `json` a filter's JSON, `filter` the filters and tests that differ
//! from minijinja's, `function` what rewritten templates call.

mod arithmetic;
mod decimal;
mod dict;
mod filter;
mod format;
mod function;
mod json;
mod list;
mod text;

use indexmap::IndexMap;
use minijinja::value::{DynObject, Kwargs, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};

pub(crate) use decimal::Decimal;
pub(crate) use dict::PyDict;
pub(super) use filter::install as install_filters;
pub(super) use format::{float_text, print, repr};
pub(super) use function::install as install_functions;
pub(crate) use list::PyList;
pub(super) use text::method as text_method;

/// A JSON value as a template sees it: dicts and lists are mutable and shared.
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
        serde_json::Value::Array(items) => PyList::value(items.iter().map(from_json)),
        serde_json::Value::Object(map) => {
            PyDict::value(map.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))))
        }
    }
}

/// Python's `str` of a value that came from YAML.
pub(crate) fn python_str(value: &serde_json::Value) -> String {
    print(&from_json(value))
}

/// Python's `repr` of a value that came from YAML.
pub(crate) fn python_repr(value: &serde_json::Value) -> String {
    repr(&from_json(value))
}

/// A template's value as JSON; what JSON cannot say becomes text.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => serde_json::Value::Null,
        ValueKind::Bool => serde_json::Value::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::String => serde_json::Value::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().map_or(serde_json::Value::Null, |items| items.map(|v| to_json(&v)).collect())
        }
        ValueKind::Map => pairs(value).map(|(key, value)| (key_text(&key), to_json(&value))).collect(),
        _ => match Decimal::of(value) {
            Some(decimal) => number(&decimal.plain()),
            None => serde_json::Value::String(value.to_string()),
        },
    }
}

fn number(value: &Value) -> serde_json::Value {
    if value.is_integer() {
        if let Some(n) = value.as_i64() {
            return n.into();
        }
        if let Ok(n) = u64::try_from(value.clone()) {
            return n.into();
        }
    }
    f64::try_from(value.clone()).map_or(serde_json::Value::Null, serde_json::Value::from)
}

/// A dict's key as JSON writes it.
pub(super) fn key_text(key: &Value) -> String {
    match key.kind() {
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => key.is_true().to_string(),
        _ => print(key),
    }
}

/// Makes a value the template's own: containers that the engine built, which are immutable or
/// lazy, become mutable ones; values that are mutable or belong to the host stay what they are.
pub(super) fn own(value: Value) -> Value {
    let Some(object) = value.as_object() else { return value };
    if object.downcast_ref::<PyList>().is_some() || object.downcast_ref::<PyDict>().is_some() {
        return value;
    }
    if value.is_tuple() {
        return value;
    }
    if let Some(map) = object.downcast_ref::<IndexMap<Value, Value>>() {
        return PyDict::value(map.iter().map(|(k, v)| (k.clone(), own(v.clone()))));
    }
    if let Ok(kwargs) = Kwargs::try_from(value.clone()) {
        let args = kwargs.args();
        return PyDict::value(
            args.filter_map(|key| Some((Value::from(key), own(kwargs.peek::<Value>(key).ok()?)))),
        );
    }
    let engine = ["minijinja::", "alloc::"].iter().any(|path| object.type_name().starts_with(path));
    let sequence = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    match value.try_iter() {
        Ok(items) if engine && sequence => PyList::value(items.map(own)),
        _ => value,
    }
}

/// The pairs of a dict; none of anything else.
fn pairs(value: &Value) -> impl Iterator<Item = (Value, Value)> + use<> {
    let map = value.as_object().filter(|object| object.repr() == ObjectRepr::Map);
    map.and_then(DynObject::try_iter_pairs).into_iter().flatten()
}

/// Positional and keyword arguments of a call.
pub(super) fn split_kwargs(args: &[Value]) -> (&[Value], Option<Kwargs>) {
    match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => (rest, Kwargs::try_from(last.clone()).ok()),
        _ => (args, None),
    }
}

/// An argument by place or by name.
pub(super) fn argument(args: &[Value], at: usize, name: &str) -> Option<Value> {
    let (positional, kwargs) = split_kwargs(args);
    positional.get(at).cloned().or_else(|| kwargs?.peek::<Value>(name).ok())
}

/// The error of a call that Python would refuse.
fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// Characters that a text is padded to at most; Python would take all memory.
const WIDEST: usize = 1_000_000;

/// A width that a text can be padded to.
fn bounded(width: usize) -> Result<usize, Error> {
    if width <= WIDEST { Ok(width) } else { Err(refused(format!("a text of width {width} is too wide"))) }
}

/// Refuses a format such as `%9999999d` or `{:9999999}` that is too wide.
fn check_format(format: &str, open: char) -> Result<(), Error> {
    for field in format.split(open).skip(1) {
        let end = field.find(|c: char| c == '}' || (open == '%' && !"#- +.0123456789".contains(c)));
        let digits = field[..end.unwrap_or(field.len())].split(|c: char| !c.is_ascii_digit());
        for width in digits.filter(|digits| !digits.is_empty()) {
            bounded(width.parse().unwrap_or(usize::MAX))?;
        }
    }
    Ok(())
}
