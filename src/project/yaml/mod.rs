//! The one place that reads YAML: text to a tree in which every key and value knows where it stands; and that
//! adds to it, leaving the rest as it is (`edit.rs`).
//!
//! Plain scalars mean what they mean to dbt, which is YAML 1.1 as `PyYAML` reads it (`scalar.rs`):
//! `yes` is true, `0777` is octal, `1e3` is text. Dates stay text. A key given twice counts the last
//! time, with a warning. Anchors, aliases and merge keys (`<<`) are resolved.

mod edit;
mod read;
mod scalar;
mod syntax;

use serde_json::Value;

pub use edit::{Addition, Path, Step, add, paths_to, value_at};

use crate::diagnostic::{Code, Diagnostic, Result, SourceId, Span};

/// A YAML value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Yaml {
    /// What it is.
    pub value: Kind,
    /// Where it stands, without the space and comments around it.
    pub span: Span,
}

/// What a YAML value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A finite number.
    Number(serde_json::Number),
    /// Text; dates and the infinities as well.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping.
    Mapping(Mapping),
}

/// Keys and values in the order written; each key is there once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping(Vec<Entry>);

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text: `1` for a number, `true` for a truth value.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// What it says.
    pub value: Yaml,
}

impl Mapping {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    /// Where a key stands.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entry(key).map(|entry| entry.key_span)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Yaml> {
        self.0.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// Takes over the keys of another mapping, except some; its values win.
    pub fn overlay(&mut self, over: &Self, except: &[&str]) {
        for entry in over.iter().filter(|entry| !except.contains(&entry.key.as_str())) {
            match self.0.iter_mut().find(|own| own.key == entry.key) {
                Some(own) => *own = entry.clone(),
                None => self.0.push(entry.clone()),
            }
        }
    }

    /// Keys and values in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.iter()
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.key.as_str())
    }

    /// Whether a key is there.
    pub fn contains(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without places.
    pub fn to_json(&self) -> serde_json::Map<String, Value> {
        self.0.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
    }

    /// A warning for each key that is not one of `known`, with the nearest one that is.
    pub fn unknown_keys(&self, known: &[&str], what: &str) -> Vec<Diagnostic> {
        let unknown = self.0.iter().filter(|entry| !known.contains(&entry.key.as_str()));
        unknown.map(|entry| entry.unknown(known, what)).collect()
    }
}

impl Entry {
    /// The warning that this key is not one of `known` keys of `what`, with the nearest one that is.
    pub fn unknown(&self, known: &[&str], what: &str) -> Diagnostic {
        let message = format!("`{}` is not a key of {what}", self.key);
        Diagnostic::warning(Code::YamlUnknownKey, message)
            .label(self.key_span, "it has no effect")
            .suggest(&self.key, known.iter().copied())
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Yaml {
    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Kind::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The keys and values, if it is a mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        self.value == Kind::Null
    }

    /// A scalar as text, however it was typed; nothing for null, lists and mappings.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Text(text) => Some(text.clone()),
            Kind::Null | Kind::List(_) | Kind::Mapping(_) => None,
        }
    }

    /// What it is, in words: `a list`.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The same without places.
    pub fn to_json(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Mapping(mapping) => Value::Object(mapping.to_json()),
        }
    }

    /// The error that something else was wanted here: `key` needs `wanted`.
    pub fn invalid(&self, key: &str, wanted: &str) -> Diagnostic {
        Diagnostic::error(Code::YamlInvalidValue, format!("`{key}` must be {wanted}, not {}", self.kind()))
            .label(self.span, "")
    }
}

impl From<(Value, Span)> for Yaml {
    /// A value that a template gave; everything in it stands where the template stands.
    fn from((value, span): (Value, Span)) -> Self {
        let value = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(value),
            Value::Number(number) => Kind::Number(number),
            Value::String(text) => Kind::Text(text),
            Value::Array(items) => Kind::List(items.into_iter().map(|item| (item, span).into()).collect()),
            Value::Object(map) => {
                let entry = |(key, value)| Entry { key, key_span: span, value: Self::from((value, span)) };
                Kind::Mapping(Mapping(map.into_iter().map(entry).collect()))
            }
        };
        Self { value, span }
    }
}

impl FromIterator<Entry> for Mapping {
    /// The keys must differ.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Reads one document. The warnings are keys that were given twice. An empty text is nothing.
///
/// # Errors
/// The text is not YAML, or not the YAML that dbt accepts: several documents, unknown tags, a
/// mapping as a key. The diagnostic shows where and says what is usually meant.
pub fn parse(text: &str, source: SourceId) -> Result<(Yaml, Vec<Diagnostic>)> {
    read::read(text, source)
}
