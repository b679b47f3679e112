//! The names and hashes that dbt gives to generic tests; they end up in file names, ids and tables.
//!
//! dbt derives them from Python's `str` and `repr` of the arguments.

use std::fmt::Write as _;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use regex::Regex;

use crate::jinja::{python_repr, python_str};
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
    let metadata = serde_json::json!({
        "kwargs": metadata.kwargs,
        "name": metadata.name,
        "namespace": metadata.namespace.as_deref().unwrap_or("None"),
    });
    let text = name.to_owned() + &python_repr(&hashable(&metadata));
    let hash = md5_hex(&text);
    hash[hash.len() - 10..].to_owned()
}

/// A value whose mappings are sorted and whose leaves are texts.
fn hashable(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut sorted: Vec<_> = map.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            sorted.into_iter().map(|(key, item)| (key.clone(), hashable(item))).collect()
        }
        Value::Array(items) => items.iter().map(hashable).collect(),
        leaf => Value::String(python_str(leaf)),
    }
}

/// The MD5 of a text in hexadecimal digits.
pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
