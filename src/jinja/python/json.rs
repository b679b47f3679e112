//! The `tojson` filter: JSON with Python's spelling.

use std::fmt::Write;

use minijinja::Error;
use minijinja::value::{Kwargs, Value, ValueKind};

use super::filter::is_undefined;
use super::format::float_text;
use super::{Decimal, bounded, key_text, pairs, print, refused};

/// JSON as Jinja writes it: keys sorted, characters of HTML escaped.
pub(super) fn tojson(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let indent = indent.or(kwargs.get::<Option<usize>>("indent")?).map(bounded).transpose()?;
    if is_undefined(value) {
        return Err(refused("Object of type Undefined is not JSON serializable"));
    }
    let mut json = String::new();
    write_json(value, indent, 0, &mut json);
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\'' => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    Ok(escaped)
}

fn write_json(value: &Value, indent: Option<usize>, level: usize, out: &mut String) {
    let pad = |level: usize, out: &mut String| {
        if let Some(width) = indent {
            out.push('\n');
            out.push_str(&" ".repeat(width * level));
        }
    };
    if let Some(number) = Decimal::of(value) {
        return write_json(&number.plain(), indent, level, out);
    }
    let comma = if indent.is_some() { "," } else { ", " };
    match value.kind() {
        ValueKind::Map => {
            let mut pairs: Vec<(String, Value)> = pairs(value).map(|(k, v)| (key_text(&k), v)).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push_str(comma);
                }
                pad(level + 1, out);
                write_text(key, out);
                out.push_str(": ");
                write_json(value, indent, level + 1, out);
            }
            if !pairs.is_empty() {
                pad(level, out);
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            let mut any = false;
            for item in value.try_iter().into_iter().flatten() {
                if any {
                    out.push_str(comma);
                }
                any = true;
                pad(level + 1, out);
                write_json(&item, indent, level + 1, out);
            }
            if any {
                pad(level, out);
            }
            out.push(']');
        }
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) if number.is_nan() => out.push_str("NaN"),
            Ok(number) if number.is_infinite() => {
                out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
            }
            Ok(number) => out.push_str(&float_text(number)),
            Err(_) => out.push_str(&value.to_string()),
        },
        ValueKind::Number => out.push_str(&value.to_string()),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::None | ValueKind::Undefined => out.push_str("null"),
        _ => write_text(&print(value), out),
    }
}

/// A text of JSON with everything outside of ASCII escaped, as Python's `json` does.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
