//! Entries whose form is a table: which keys there are, what each must be, and what stands for it where
//! it is not said. What is read has the keys and the nulls of dbt's published schemas, in their order.

use indexmap::IndexMap;
use serde_json::json;

use super::read::Reader;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Kind, Mapping as YamlMapping, Yaml};

/// The units of time, the smallest first.
pub(in crate::parse) const GRANULARITIES: &[&str] = &[
    "nanosecond",
    "microsecond",
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
];

/// Where values stand, by their paths, such as `measures/0/agg`.
pub(in crate::parse) type Spans = IndexMap<String, Span>;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A text.
    Text,
    /// A text that stays a template.
    Later,
    /// SQL, which may look like a number or a truth value.
    Expression,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// One of some words, in any case.
    OneOf(&'static [&'static str]),
    /// A list of texts, or one text.
    Texts,
    /// Conditions whose templates stay: a text or a list of texts.
    Filter,
    /// A count and a unit of time: `7 days`.
    Window,
    /// Anything.
    Any,
    /// A `config` of which `meta` counts.
    Meta,
    /// A mapping.
    Map(&'static Shape),
    /// A list of mappings.
    List(&'static Shape),
    /// A mapping, or its name alone.
    Named(&'static Shape),
    /// A list of mappings or names.
    NamedList(&'static Shape),
    /// Nothing that is written: it is known later or never.
    Unread,
}

/// What stands for a value that is not said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unsaid {
    Required,
    Null,
    False,
    Empty,
    Word(&'static str),
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    key: &'static str,
    name: &'static str,
    form: Form,
    unsaid: Unsaid,
}

impl Field {
    /// A key that may be left out.
    pub(super) const fn new(key: &'static str, form: Form) -> Self {
        Self { key, name: key, form, unsaid: Unsaid::Null }
    }

    /// A key that must be there.
    pub(super) const fn required(key: &'static str, form: Form) -> Self {
        Self { unsaid: Unsaid::Required, ..Self::new(key, form) }
    }

    /// What stands for it where it is left out.
    pub(super) const fn or(self, unsaid: Unsaid) -> Self {
        Self { unsaid, ..self }
    }

    /// What it is called in dbt's schema.
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

/// The keys of a kind of entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// The kind, with its article.
    pub(super) what: &'static str,
    pub(super) fields: &'static [Field],
}

impl Shape {
    /// Every key that may be written.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.fields.iter().filter(|field| !matches!(field.form, Form::Unread)).map(|field| field.key)
    }
}

impl Reader<'_> {
    /// Reads a mapping, with a warning for each key that `shape` and `also` do not know. Nothing where a
    /// key is missing that must be there.
    pub(super) fn shaped(
        &mut self,
        map: &YamlMapping,
        at: Span,
        shape: &Shape,
        also: &[&str],
        path: &str,
        spans: &mut Spans,
    ) -> Option<Mapping> {
        let mut known: Vec<&str> = shape.keys().collect();
        known.extend(also);
        self.known(map, &known, shape.what);
        let mut whole = true;
        let mut read = Mapping::new();
        for field in shape.fields {
            let yaml = map.get(field.key).filter(|yaml| !yaml.is_null());
            let value = match (field.form, yaml) {
                (Form::Unread, _) | (_, None) => None,
                (form, Some(yaml)) => {
                    let path = format!("{path}{}", field.name);
                    spans.insert(path.clone(), yaml.span);
                    self.formed(yaml, field.key, form, &path, spans)
                }
            };
            if value.is_none() && matches!(field.unsaid, Unsaid::Required) {
                whole = false;
                if yaml.is_none() {
                    let span = map.iter().next().map_or(at, |entry| entry.key_span);
                    let message = format!("{} needs a `{}`", shape.what, field.key);
                    self.report(Diagnostic::error(Code::YamlMissingKey, message).label(span, ""));
                }
            }
            let value = value.unwrap_or_else(|| match field.unsaid {
                Unsaid::Required | Unsaid::Null => match field.form {
                    Form::Meta => json!({ "meta": {} }),
                    _ => Value::Null,
                },
                Unsaid::False => json!(false),
                Unsaid::Empty => json!([]),
                Unsaid::Word(word) => json!(word),
            });
            read.insert(field.name.to_owned(), value);
        }
        whole.then_some(read)
    }

    fn formed(&mut self, yaml: &Yaml, key: &str, form: Form, path: &str, spans: &mut Spans) -> Option<Value> {
        match form {
            Form::Unread => None,
            Form::Any => Some(self.value(yaml)),
            Form::Text => self.scalar(yaml, key, "text"),
            Form::Later => match yaml.scalar_text() {
                Some(text) => Some(Value::String(text)),
                None => self.wrong(yaml, key, "text"),
            },
            Form::Expression => match self.value(yaml) {
                Value::Bool(truth) => Some(json!(if truth { "True" } else { "False" })),
                _ => self.scalar(yaml, key, "SQL"),
            },
            Form::Flag => match self.value(yaml) {
                flag @ Value::Bool(_) => Some(flag),
                _ => self.wrong(yaml, key, "true or false"),
            },
            Form::Number => match self.value(yaml) {
                number @ Value::Number(_) => Some(number),
                _ => self.wrong(yaml, key, "a number"),
            },
            Form::OneOf(words) => self.word(yaml, key, words),
            Form::Texts => match self.value(yaml) {
                Value::Array(items) if items.iter().all(Value::is_string) => Some(Value::Array(items)),
                text @ Value::String(_) => Some(json!([text])),
                _ => self.wrong(yaml, key, "a list of texts"),
            },
            Form::Filter => self.filter(yaml, key),
            Form::Window => self.window(yaml, key),
            Form::Meta => {
                let config = yaml.as_mapping();
                if config.is_none() {
                    self.wrong::<()>(yaml, key, "a mapping");
                }
                let meta = config.map(|config| self.object(config, "meta")).unwrap_or_default();
                Some(json!({ "meta": meta }))
            }
            Form::Map(shape) => match yaml.as_mapping() {
                Some(map) => self.nested(map, yaml.span, shape, path, spans),
                None => self.wrong(yaml, key, "a mapping"),
            },
            Form::Named(shape) => self.one_named(yaml, key, shape, path, spans),
            Form::List(shape) => {
                let one =
                    |reader: &mut Self, yaml: &Yaml, path: &str, spans: &mut Spans| match yaml.as_mapping() {
                        Some(map) => reader.nested(map, yaml.span, shape, path, spans),
                        None => reader.wrong(yaml, key, "a list of mappings"),
                    };
                self.each(yaml, key, one, path, spans)
            }
            Form::NamedList(shape) => {
                let one = |reader: &mut Self, yaml: &Yaml, path: &str, spans: &mut Spans| {
                    reader.one_named(yaml, key, shape, path, spans)
                };
                self.each(yaml, key, one, path, spans)
            }
        }
    }

    fn nested(
        &mut self,
        map: &YamlMapping,
        at: Span,
        shape: &Shape,
        path: &str,
        spans: &mut Spans,
    ) -> Option<Value> {
        self.shaped(map, at, shape, &[], &format!("{path}/"), spans).map(Value::Object)
    }

    fn each(
        &mut self,
        yaml: &Yaml,
        key: &str,
        mut read: impl FnMut(&mut Self, &Yaml, &str, &mut Spans) -> Option<Value>,
        path: &str,
        spans: &mut Spans,
    ) -> Option<Value> {
        let Some(items) = yaml.as_list() else { return self.wrong(yaml, key, "a list") };
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            // What cannot be read leaves no gap in the numbers of those after it.
            let path = format!("{path}/{}", all.len());
            spans.insert(path.clone(), item.span);
            all.extend(read(self, item, &path, spans));
        }
        Some(Value::Array(all))
    }

    fn one_named(
        &mut self,
        yaml: &Yaml,
        key: &str,
        shape: &Shape,
        path: &str,
        spans: &mut Spans,
    ) -> Option<Value> {
        if let Some(map) = yaml.as_mapping() {
            return self.nested(map, yaml.span, shape, path, spans);
        }
        let name = self.scalar(yaml, key, "a name, or a mapping with a `name`")?;
        let named = Yaml::from((json!({ "name": name }), yaml.span));
        self.nested(named.as_mapping()?, yaml.span, shape, path, spans)
    }

    fn scalar(&mut self, yaml: &Yaml, key: &str, wanted: &str) -> Option<Value> {
        match self.value(yaml) {
            text @ Value::String(_) => Some(text),
            number @ Value::Number(_) => Some(json!(number.to_string())),
            Value::Bool(_) if matches!(yaml.value, Kind::Bool(_)) => yaml.scalar_text().map(Value::String),
            _ => self.wrong(yaml, key, wanted),
        }
    }

    /// A word of a list, in the case of the list.
    pub(super) fn word(&mut self, yaml: &Yaml, key: &str, words: &[&str]) -> Option<Value> {
        let written = self.scalar(yaml, key, "text")?;
        let written = written.as_str().unwrap_or_default();
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(written)) {
            return Some(json!(word));
        }
        let mut error =
            Diagnostic::error(Code::YamlInvalidValue, format!("`{written}` is not a valid `{key}`"))
                .label(yaml.span, format!("one of {}", words.join(", ")));
        error.help = nearest(written, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.report(error);
        None
    }

    fn filter(&mut self, yaml: &Yaml, key: &str) -> Option<Value> {
        let one = |yaml: &Yaml| yaml.as_str().map(|sql| json!({ "where_sql_template": sql }));
        let items = yaml.as_list().unwrap_or(std::slice::from_ref(yaml));
        match items.iter().map(one).collect::<Option<Vec<_>>>() {
            Some(filters) => Some(json!({ "where_filters": filters })),
            None => self.wrong(yaml, key, "a condition or a list of conditions"),
        }
    }

    fn window(&mut self, yaml: &Yaml, key: &str) -> Option<Value> {
        let text = self.scalar(yaml, key, "a count and a unit of time, such as `28 days`")?;
        let text = text.as_str().unwrap_or_default().to_lowercase();
        let parts: Vec<_> = text.split(' ').collect();
        if let [count, unit] = parts[..]
            && let Ok(count) = count.parse::<u64>()
            && !unit.is_empty()
        {
            let singular = unit.strip_suffix('s').filter(|unit| GRANULARITIES.contains(unit));
            return Some(json!({ "count": count, "granularity": singular.unwrap_or(unit) }));
        }
        let message = format!("Invalid window ({text}): it should be of the form `<count> <granularity>`");
        self.report(
            Diagnostic::error(Code::YamlInvalidValue, message).label(yaml.span, "").help("such as `28 days`"),
        );
        None
    }

    fn wrong<T>(&mut self, yaml: &Yaml, key: &str, wanted: &str) -> Option<T> {
        self.report(yaml.invalid(key, wanted));
        None
    }
}
