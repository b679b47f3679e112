//! How Python prints values.

use std::fmt::Write;

use minijinja::Value;
use minijinja::value::{ObjectRepr, ValueKind};

use super::{Decimal, pairs};

/// `str(value)`, which is what a template writes.
pub(in crate::jinja) fn print(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.as_str().unwrap_or_default().to_owned(),
        ValueKind::Number if !value.is_integer() => float(value),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable if is_plain(value) => repr(value),
        _ => value.to_string(),
    }
}

/// `repr(value)`, which is how containers show their items.
pub(in crate::jinja) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(value, &mut out, 0);
    out
}

/// Deeper than this a container that holds itself shows as dots.
const MAX_DEPTH: usize = 60;

fn write_repr(value: &Value, out: &mut String, depth: usize) {
    match value.kind() {
        ValueKind::String => quote(value.as_str().unwrap_or_default(), out),
        ValueKind::Number if !value.is_integer() => out.push_str(&float(value)),
        ValueKind::Undefined => out.push_str("Undefined"),
        ValueKind::Plain if Decimal::of(value).is_some() => {
            out.push_str(&format!("Decimal('{value}')"));
        }
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map if depth > MAX_DEPTH => out.push_str("..."),
        ValueKind::Seq | ValueKind::Iterable if is_plain(value) => {
            let (open, close) = if value.is_tuple() { ('(', ')') } else { ('[', ']') };
            out.push(open);
            let mut count = 0;
            for item in value.try_iter().into_iter().flatten() {
                if count > 0 {
                    out.push_str(", ");
                }
                write_repr(&item, out, depth + 1);
                count += 1;
            }
            if value.is_tuple() && count == 1 {
                out.push(',');
            }
            out.push(close);
        }
        ValueKind::Map if is_plain(value) => {
            out.push('{');
            for (at, (key, value)) in pairs(value).enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_repr(&key, out, depth + 1);
                out.push_str(": ");
                write_repr(&value, out, depth + 1);
            }
            out.push('}');
        }
        // Dates, relations and the like show in a container how they are made.
        _ => {
            let _ = match value.as_object().filter(|object| has_repr(object.type_name())) {
                Some(object) => write!(out, "{object:?}"),
                None => write!(out, "{value}"),
            };
        }
    }
}

fn has_repr(type_name: &str) -> bool {
    ["teal::jinja::modules::", "teal::jinja::bridge::"].iter().any(|path| type_name.starts_with(path))
}

/// Whether a container is a plain list, tuple or dict; other objects print themselves.
fn is_plain(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let name = object.type_name();
    let ours = name.ends_with("PyList") || name.ends_with("PyDict");
    let engine = ["minijinja::", "alloc::", "indexmap::"].iter().any(|path| name.starts_with(path));
    let known = matches!(object.repr(), ObjectRepr::Seq | ObjectRepr::Iterable | ObjectRepr::Map);
    (ours || engine) && known && !name.contains("namespace") && object.enumerator_len().is_some()
}

fn float(value: &Value) -> String {
    f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float_text)
}

/// Python's shortest text of a float: exponents from 1e16 on and below 1e-4.
pub(in crate::jinja) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..16).contains(&exponent) {
        let plain = number.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A text in quotes, as Python writes it: single quotes unless only those occur in it.
fn quote(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_control() || ('\u{80}'..'\u{a1}').contains(&c) || c == '\u{ad}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}
