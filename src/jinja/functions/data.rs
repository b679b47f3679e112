//! Plain functions: JSON, YAML, sets, zips, hashes.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use minijinja::value::{Object, Tuple};
use minijinja::{Error, State, Value};

use super::argument::{bind, misuse, present, raise, split};
use super::{Context, Set, list};
use crate::diagnostic::Code;
use crate::jinja::error::Raised;
use crate::jinja::python::{from_json, to_json};

/// A JSON value as Python's `json.dumps` writes it: spaces after `,` and `:`, ASCII only.
pub(crate) fn dumps(value: &serde_json::Value, sort_keys: bool) -> String {
    let mut text = String::new();
    write_json(&mut text, value, sort_keys, None);
    text
}

/// As `json.dumps(…, sort_keys=True, indent=4)`.
pub(super) fn pretty(value: &serde_json::Value) -> String {
    let mut text = String::new();
    write_json(&mut text, value, true, Some(0));
    text
}

fn write_json(out: &mut String, value: &serde_json::Value, sort: bool, depth: Option<usize>) {
    let inner = depth.map(|depth| depth + 1);
    let line = |out: &mut String, depth: Option<usize>| {
        if let Some(depth) = depth {
            out.push('\n');
            out.push_str(&"    ".repeat(depth));
        }
    };
    let comma = if depth.is_some() { "," } else { ", " };
    match value {
        serde_json::Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { comma } else { "" });
                line(out, inner);
                write_json(out, item, sort, inner);
            }
            line(out, depth);
            out.push(']');
        }
        serde_json::Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            if sort {
                entries.sort_by_key(|(key, _)| *key);
            }
            out.push('{');
            for (at, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if at > 0 { comma } else { "" });
                line(out, inner);
                write_json_text(out, key);
                out.push_str(": ");
                write_json(out, item, sort, inner);
            }
            line(out, depth);
            out.push('}');
        }
        serde_json::Value::String(text) => write_json_text(out, text),
        other => out.push_str(&other.to_string()),
    }
}

fn write_json_text(out: &mut String, text: &str) {
    let quoted = serde_json::Value::from(text).to_string();
    for letter in quoted.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

/// `tojson(value, default=None, sort_keys=False)`.
pub(super) fn to_json_text(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, _, sort] = bind("tojson", args, ["value", "default", "sort_keys"], 1)?;
    Ok(Value::from(dumps(&to_json(&value), sort.is_true())))
}

/// `fromjson(string, default=None)`.
pub(super) fn from_json_text(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text, default] = bind("fromjson", args, ["string", "default"], 1)?;
    let parsed = text.as_str().and_then(|text| serde_json::from_str(text).ok());
    Ok(parsed.as_ref().map_or_else(|| or_none(&default), from_json))
}

/// `toyaml(value, default=None, sort_keys=False)`.
pub(super) fn to_yaml_text(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, default, sort] = bind("toyaml", args, ["value", "default", "sort_keys"], 1)?;
    let mut json = to_json(&value);
    if sort.is_true() {
        json.sort_all_objects();
    }
    Ok(serde_yaml::to_string(&json).map_or_else(|_| or_none(&default), Value::from))
}

/// `fromyaml(value, default=None)`.
pub(super) fn from_yaml_text(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text, default] = bind("fromyaml", args, ["value", "default"], 1)?;
    let parsed = text.as_str().and_then(|text| serde_yaml::from_str::<serde_json::Value>(text).ok());
    Ok(parsed.as_ref().map_or_else(|| or_none(&default), from_json))
}

fn or_none(default: &Value) -> Value {
    present(default).cloned().unwrap_or(Value::from(()))
}

fn iterated(value: &Value) -> Option<Vec<Value>> {
    present(value).filter(|value| !value.is_number())?.try_iter().ok().map(Iterator::collect)
}

/// `set(value, default=None)`.
pub(super) fn set(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value, default] = bind("set", args, ["value", "default"], 1)?;
    Ok(iterated(&value).map_or_else(|| or_none(&default), Set::value))
}

/// `set_strict(value)`.
pub(super) fn set_strict(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("set_strict", args, ["value"], 1)?;
    iterated(&value).map(Set::value).ok_or_else(|| not_iterable(&value))
}

fn not_iterable(value: &Value) -> Error {
    raise(Code::JinjaRender, format!("'{value}' object is not iterable"))
}

/// `zip(*args, default=None)`.
pub(super) fn zip(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, keywords) = split(args)?;
    let default = keywords.peek::<Value>("default").unwrap_or_default();
    Ok(zipped(positional).unwrap_or_else(|_| or_none(&default)))
}

/// `zip_strict(*args)`.
pub(super) fn zip_strict(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    zipped(split(args)?.0)
}

fn zipped(lists: &[Value]) -> Result<Value, Error> {
    let lists = lists
        .iter()
        .map(|value| iterated(value).ok_or_else(|| not_iterable(value)))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| tuple(lists.iter().map(|list| list[at].clone()).collect());
    Ok(list((0..rows).map(row).collect()))
}

/// A Python tuple.
pub(crate) fn tuple(values: Vec<Value>) -> Value {
    Value::from(Tuple::new(values))
}

/// `local_md5(value)`.
pub(super) fn local_md5(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("local_md5", args, ["value"], 1)?;
    let digest = Md5::digest(value.to_string().as_bytes());
    Ok(Value::from(digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })))
}

/// `diff_of_two_dicts(dict_a, dict_b)`: what of `a` is not in `b`, without regard to case.
pub(super) fn diff_of_two_dicts(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [one, two] = bind("diff_of_two_dicts", args, ["dict_a", "dict_b"], 2)?;
    let lists = |value: &Value| -> Vec<(String, Vec<String>)> {
        let serde_json::Value::Object(map) = to_json(value) else { return Vec::new() };
        let text = |item: serde_json::Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        let items = |value| match value {
            serde_json::Value::Array(items) => items.into_iter().map(text).collect(),
            other => vec![text(other)],
        };
        map.into_iter().map(|(key, value)| (key, items(value))).collect()
    };
    let two = lists(&two);
    let mut difference = serde_json::Map::new();
    for (key, mut values) in lists(&one) {
        if let Some((_, others)) = two.iter().find(|(other, _)| other.to_lowercase() == key.to_lowercase()) {
            values.retain(|v| others.iter().all(|other| other.to_lowercase() != v.to_lowercase()));
            if values.is_empty() {
                continue;
            }
        }
        difference.insert(key, values.into());
    }
    Ok(from_json(&difference.into()))
}

/// `render(string)`: a text as a template of its own.
pub(super) fn render(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [text] = bind("render", args, ["string"], 1)?;
    let rendered = cx.jinja.render_text(&text.to_string(), None, &cx.scope);
    rendered.map(Value::from).map_err(|diagnostic| Raised(diagnostic).into())
}

/// `try_or_compiler_error(message, function, …)`.
pub(super) fn try_or_compiler_error(
    _: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [message, function, rest @ ..] = args else {
        return Err(misuse("try_or_compiler_error() takes a message and a function"));
    };
    function.call(state, rest).map_err(|_| raise(Code::RaisedByTemplate, message.to_string()))
}

/// `otel_trace_id()`: zeros, as dbt gives where nothing is traced.
pub(super) fn otel_trace_id(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [] = bind("otel_trace_id", args, [], 0)?;
    Ok(Value::from("0".repeat(32)))
}

/// `otel_span_id()`: zeros, as dbt gives where nothing is traced.
pub(super) fn otel_span_id(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [] = bind("otel_span_id", args, [], 0)?;
    Ok(Value::from("0".repeat(16)))
}

/// `adapter_macro(name)`, which dbt took away.
pub(super) fn adapter_macro(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().cloned().unwrap_or_default();
    let message = format!(
        "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to \
         find a macro and call the result. adapter_macro was called for: {name}"
    );
    Err(raise(Code::RaisedByTemplate, message))
}

/// `validation`, whose `any` makes a check for `config.get` and `config.require`.
pub(super) fn validation() -> Value {
    Value::from_pairs([("any", Value::from_object(AnyOf))])
}

/// `validation.any`: called or subscripted with what is allowed.
#[derive(Debug)]
struct AnyOf;

impl Object for AnyOf {
    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        let allowed = if key.is_tuple() { key.try_iter().ok()?.collect() } else { vec![key.clone()] };
        Some(Value::from_object(Check(allowed)))
    }

    fn call(self: &std::sync::Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_object(Check(args.to_vec())))
    }
}

/// A check that a value is one of those listed. A type in the list, which has no value here,
/// allows everything.
#[derive(Debug)]
struct Check(Vec<Value>);

impl Object for Check {
    fn call(self: &std::sync::Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [value] = bind("validator", args, ["value"], 1)?;
        let constant = |allowed: &Value| !allowed.is_undefined() && allowed.as_object().is_none();
        if self.0.iter().any(|allowed| *allowed == value || !constant(allowed)) {
            return Ok(Value::from(()));
        }
        let allowed: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let message = format!("Expected value \"{value}\" to be one of {}", allowed.join(","));
        Err(raise(Code::InvalidConfig, message))
    }
}
