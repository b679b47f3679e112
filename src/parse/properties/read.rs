//! Takes values out of a property file: renders their templates, and reports what has the wrong kind.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::{Jinja, Scope};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Kind, Mapping as YamlMapping, Yaml};

/// Where a property file stands.
#[derive(Debug)]
pub(in crate::parse) struct Place {
    /// The package it belongs to.
    pub(in crate::parse) package: String,
    /// Relative to its resource folder.
    pub(in crate::parse) path: String,
    /// Relative to the package folder.
    pub(in crate::parse) original_file_path: String,
}

impl Place {
    /// dbt's id of the file, as nodes name the file that describes them.
    pub(in crate::parse) fn file_id(&self) -> String {
        format!("{}://{}", self.package, self.original_file_path)
    }
}

/// A text whose template is rendered later, when all doc blocks are known.
#[derive(Debug, Clone, Default)]
pub(in crate::parse) struct Text {
    /// As written.
    pub(in crate::parse) text: String,
    /// Where.
    pub(in crate::parse) span: Option<Span>,
}

/// A `config` mapping.
#[derive(Debug, Clone, Default)]
pub(in crate::parse) struct Config {
    /// Its values, rendered.
    pub(in crate::parse) rendered: Mapping,
    /// Its values as written.
    pub(in crate::parse) written: Mapping,
    /// Where each key stands.
    pub(in crate::parse) spans: IndexMap<String, Span>,
}

/// Reads one property file.
#[derive(Debug)]
pub(in crate::parse) struct Reader<'a> {
    jinja: &'a Arc<Jinja>,
    scope: Arc<Scope>,
    /// Whether the file is the root project's: others are not the user's to mend.
    own: bool,
    /// What was wrong so far.
    pub(in crate::parse) found: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// A reader for files of a package.
    pub(in crate::parse) fn new(jinja: &'a Arc<Jinja>, package: &str) -> Self {
        let own = jinja.globals().project_name == package;
        Self { jinja, scope: Arc::new(Scope::parse(package)), own, found: Vec::new() }
    }

    /// Reports a mistake.
    pub(in crate::parse) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Reports something odd in a file that is the user's own.
    pub(in crate::parse) fn warn(&mut self, warning: Diagnostic) {
        if self.own {
            self.found.push(warning);
        }
    }

    /// Warns of keys that are not among `known`.
    pub(in crate::parse) fn known(&mut self, map: &YamlMapping, known: &[&str], what: &str) {
        if self.own {
            self.found.extend(map.unknown_keys(known, what));
        }
    }

    /// A string rendered natively, any other value as it is.
    pub(in crate::parse) fn value(&mut self, yaml: &Yaml) -> Value {
        match &yaml.value {
            Kind::Text(text) => self.rendered(text, yaml.span),
            Kind::List(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Kind::Mapping(map) => Value::Object(self.mapping(map)),
            _ => yaml.to_json(),
        }
    }

    /// A mapping with its strings rendered.
    pub(in crate::parse) fn mapping(&mut self, map: &YamlMapping) -> Mapping {
        map.iter().map(|entry| (entry.key.clone(), self.value(&entry.value))).collect()
    }

    /// A template of a property file, rendered natively.
    pub(in crate::parse) fn rendered(&mut self, text: &str, span: Span) -> Value {
        if !is_template(text) {
            return Value::String(text.strip_suffix('\n').unwrap_or(text).to_owned());
        }
        self.jinja.render_value(text, Some(span), &self.scope).unwrap_or_else(|diagnostic| {
            self.report(*diagnostic);
            Value::Null
        })
    }

    /// A text; numbers and truth values become one, nothing and null are nothing.
    pub(in crate::parse) fn text(&mut self, map: &YamlMapping, key: &str) -> Option<String> {
        let yaml = map.get(key)?;
        match self.value(yaml) {
            Value::Null => None,
            Value::String(text) => Some(text),
            Value::Array(_) | Value::Object(_) => self.invalid(yaml, key, "text"),
            scalar => Some(
                yaml.scalar_text().filter(|_| yaml.as_str().is_none()).unwrap_or_else(|| scalar.to_string()),
            ),
        }
    }

    /// A text that stays a template.
    pub(in crate::parse) fn later(&mut self, map: &YamlMapping, key: &str) -> Text {
        let Some(yaml) = map.get(key).filter(|yaml| !yaml.is_null()) else { return Text::default() };
        match yaml.scalar_text() {
            Some(text) => Text { text, span: Some(yaml.span) },
            None => self.invalid(yaml, key, "text").unwrap_or_default(),
        }
    }

    /// A truth value.
    pub(in crate::parse) fn flag(&mut self, map: &YamlMapping, key: &str) -> Option<bool> {
        let yaml = map.get(key)?;
        match self.value(yaml) {
            Value::Null => None,
            Value::Bool(flag) => Some(flag),
            _ => self.invalid(yaml, key, "true or false"),
        }
    }

    /// A list of texts; a single text is a list of one.
    pub(in crate::parse) fn texts(&mut self, map: &YamlMapping, key: &str) -> Vec<String> {
        let Some(yaml) = map.get(key) else { return Vec::new() };
        let items = match self.value(yaml) {
            Value::Null => return Vec::new(),
            Value::Array(items) => items,
            single => vec![single],
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text),
                _ => return self.invalid(yaml, key, "a list of texts").unwrap_or_default(),
            }
        }
        texts
    }

    /// A mapping under a key.
    pub(in crate::parse) fn object(&mut self, map: &YamlMapping, key: &str) -> Mapping {
        match self.map_at(map, key) {
            Some(inner) => self.mapping(inner),
            None => Mapping::new(),
        }
    }

    /// A mapping under a key, as written.
    pub(in crate::parse) fn map_at<'y>(
        &mut self,
        map: &'y YamlMapping,
        key: &str,
    ) -> Option<&'y YamlMapping> {
        let yaml = map.get(key).filter(|yaml| !yaml.is_null())?;
        let inner = yaml.as_mapping();
        if inner.is_none() {
            self.invalid::<()>(yaml, key, "a mapping");
        }
        inner
    }

    /// The items under a key that must be a list.
    pub(in crate::parse) fn list<'y>(&mut self, map: &'y YamlMapping, key: &str) -> &'y [Yaml] {
        let Some(yaml) = map.get(key).filter(|yaml| !yaml.is_null()) else { return &[] };
        yaml.as_list().unwrap_or_else(|| {
            self.invalid::<()>(yaml, key, "a list");
            &[]
        })
    }

    /// A `config` mapping; its hooks stay templates, which see the run.
    pub(in crate::parse) fn config(&mut self, map: &YamlMapping) -> Config {
        const LATER: [&str; 5] = ["pre_hook", "post_hook", "pre-hook", "post-hook", "loaded_at_query"];
        let Some(inner) = self.map_at(map, "config") else { return Config::default() };
        let mut config = Config { written: inner.to_json(), ..Config::default() };
        for entry in inner {
            let later = LATER.contains(&entry.key.as_str());
            let value = if later { entry.value.to_json() } else { self.value(&entry.value) };
            config.rendered.insert(entry.key.clone(), value);
            config.spans.insert(entry.key.clone(), entry.key_span);
        }
        config
    }

    fn invalid<T>(&mut self, yaml: &Yaml, key: &str, wanted: &str) -> Option<T> {
        let mut error = yaml.invalid(key, wanted);
        if yaml.as_str().is_some_and(is_template) {
            error.message = format!("`{key}` must be {wanted}, and this template gives something else");
        }
        self.report(error);
        None
    }

    /// The name of an entry.
    pub(in crate::parse) fn name(
        &mut self,
        map: &YamlMapping,
        section: &str,
        span: Span,
    ) -> Option<(String, Span)> {
        let name = self.text(map, "name").filter(|name| !name.is_empty());
        if name.is_none() {
            self.report(
                Diagnostic::error(Code::YamlMissingKey, "Entry did not contain a name")
                    .label(first_line(span, map), format!("this entry of `{section}` needs a `name`")),
            );
        }
        let at = map.get("name").map_or(span, |yaml| yaml.span);
        name.map(|name| (name, at))
    }
}

/// The first key of a mapping, which is a better place to point at than all of it.
fn first_line(span: Span, map: &YamlMapping) -> Span {
    map.iter().next().map_or(span, |entry| entry.key_span)
}

/// Whether a text has anything that a template engine would act on.
pub(in crate::parse) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}
