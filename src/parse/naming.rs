//! The names and hashes that dbt gives to generic tests; they end up in file names, ids and tables.
//!
//! dbt derives them from Python's `str` and `repr` of the arguments, so both are spelt out here.

use std::fmt::Write as _;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use regex::Regex;

use crate::manifest::{Mapping, TestMetadata, Value};

/// A test's two names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TestName {
    /// At most 63 bytes: the compiled file and the table of stored failures.
    pub(super) short: String,
    /// The whole: id, fqn and node name.
    pub(super) full: String,
}

/// Length of a name that no longer fits an identifier.
const TOO_LONG: usize = 64;

/// Names a test by its type, what it is about and its arguments, sorted, `model` left out.
pub(super) fn test_name(test: &str, target: &str, arguments: &Mapping) -> TestName {
    static UNCLEAN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[^0-9a-zA-Z_]+").ok());
    let mut sorted: Vec<_> = arguments.iter().filter(|(name, _)| *name != "model").collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut parts = Vec::new();
    for (_, value) in sorted {
        match value {
            Value::Object(map) => parts.extend(map.values().map(python_str)),
            Value::Array(items) => parts.extend(items.iter().map(python_str)),
            single => parts.push(python_str(single)),
        }
    }
    for part in &mut parts {
        if let Some(unclean) = &*UNCLEAN {
            *part = unclean.replace_all(part, "_").into_owned();
        }
    }
    let identifier = format!("{test}_{target}");
    let full = format!("{identifier}_{}", parts.join("__"));
    let short = if full.chars().count() < TOO_LONG {
        full.clone()
    } else {
        let start: String = identifier.chars().take(30).collect();
        format!("{start}_{}", md5_hex(&full))
    };
    TestName { short, full }
}

/// The last part of a generic test's id: ten characters of a hash over its name and metadata.
pub(super) fn test_hash(name: &str, metadata: &TestMetadata) -> String {
    let mut text = name.to_owned();
    text.push_str("{'kwargs': ");
    hashable(&mut text, &Value::Object(metadata.kwargs.clone()));
    text.push_str(", 'name': ");
    repr_str(&mut text, &metadata.name);
    text.push_str(", 'namespace': ");
    repr_str(&mut text, metadata.namespace.as_deref().unwrap_or("None"));
    text.push('}');
    let hash = md5_hex(&text);
    hash[hash.len() - 10..].to_owned()
}

/// `repr` of a value whose mappings are sorted and whose leaves are texts.
fn hashable(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            let mut sorted: Vec<_> = map.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                repr_str(out, key);
                out.push_str(": ");
                hashable(out, item);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                hashable(out, item);
            }
            out.push(']');
        }
        leaf => repr_str(out, &python_str(leaf)),
    }
}

/// Python's `str` of a value that came from YAML.
pub(super) fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut text = String::new();
            python_repr(&mut text, other);
            text
        }
    }
}

/// Python's `repr` of a value that came from YAML.
fn python_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&repr_number(number)),
        Value::String(text) => repr_str(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                python_repr(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                repr_str(out, key);
                out.push_str(": ");
                python_repr(out, item);
            }
            out.push('}');
        }
    }
}

fn repr_number(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => number.to_string(),
        Some(float) if float == 0.0 => if float.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned(),
        Some(float) if (1e-4..1e16).contains(&float.abs()) => {
            let text = float.to_string();
            if text.contains('.') { text } else { format!("{text}.0") }
        }
        Some(float) => {
            let text = format!("{float:e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

fn repr_str(out: &mut String, text: &str) {
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
            c if c.is_control() || c == '\u{a0}' || c == '\u{ad}' => {
                // Writing to a string cannot fail.
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code => write!(out, "\\u{code:04x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// The MD5 of a text in hexadecimal digits.
pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
