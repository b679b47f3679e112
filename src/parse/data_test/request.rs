//! The forms in which a property file may ask for a test, taken apart.

use indexmap::IndexMap;

use super::Target;
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::jinja::python_str;
use crate::manifest::{Mapping, Value};
use crate::parse::properties::{Reader, is_template, version_text};
use crate::project::yaml::{Kind as YamlKind, Mapping as YamlMapping, Yaml};

/// Keys of a test that configure it and are no arguments.
const CONFIG_KEYS: &[&str] = &[
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];
/// A test as asked for.
#[derive(Debug)]
pub(super) struct Request {
    /// The test.
    pub(super) name: String,
    /// The package it is asked for by name.
    pub(super) namespace: Option<String>,
    /// Where.
    pub(super) span: Span,
    /// What its macro is called with, as written; `column_name` and `model` included.
    pub(super) arguments: Mapping,
    /// Its configuration, rendered.
    pub(super) config: Mapping,
    /// Those of its keys that are templates, before rendering.
    pub(super) templates: Mapping,
    /// Where each key of it stands.
    pub(super) config_spans: IndexMap<String, Span>,
    /// Its description, still a template.
    pub(super) description: String,
    /// The name the author gave it.
    pub(super) custom_name: Option<String>,
}

fn bad(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(Code::TestInvalid, message).label(span, "")
}

/// Takes apart the forms in which a test may be written.
///
/// # Errors
/// It is none of them.
pub(super) fn request(
    reader: &mut Reader,
    target: &Target,
    column: Option<&str>,
    yaml: &Yaml,
) -> Result<Request> {
    let nothing = YamlMapping::default();
    let (name, span, said) = match &yaml.value {
        YamlKind::Text(name) => (name.clone(), yaml.span, &nothing),
        YamlKind::Mapping(map) => match map.get("test_name") {
            Some(name) => match name.as_str() {
                Some(text) => (text.to_owned(), name.span, map),
                None => {
                    return Err(
                        bad(format!("test name must be a str, got {}", name.kind()), name.span).into()
                    );
                }
            },
            None => single(map, yaml)?,
        },
        _ => return Err(bad(format!("test must be dict or str, got {}", yaml.kind()), yaml.span).into()),
    };
    let (namespace, name) = split_name(&name)
        .ok_or_else(|| bad(format!("Test name string did not match expected pattern: {name}"), span))?;

    let mut arguments = Mapping::new();
    let mut given = Mapping::new();
    let mut spans = IndexMap::new();
    for entry in said.iter().filter(|entry| entry.key != "test_name") {
        match entry.key.as_str() {
            "arguments" => {}
            "config" => match &entry.value.value {
                YamlKind::Mapping(map) => {
                    given = map.to_json();
                    spans.extend(map.iter().map(|entry| (entry.key.clone(), entry.key_span)));
                }
                _ => {
                    return Err(bad(
                        format!("'config' must be a dict, got {}", entry.value.kind()),
                        entry.value.span,
                    )
                    .into());
                }
            },
            key => {
                spans.entry(key.to_owned()).or_insert(entry.key_span);
                arguments.insert(key.to_owned(), entry.value.to_json());
            }
        }
    }
    if let Some(column) = column {
        arguments.insert("column_name".to_owned(), Value::String(column.to_owned()));
    }
    if let Some(map) = said.get("arguments").and_then(Yaml::as_mapping) {
        arguments.extend(map.to_json());
    }
    if arguments.contains_key("model") {
        let span = said.key_span("model").unwrap_or(span);
        return Err(bad("Test arguments include \"model\", which is a reserved argument", span).into());
    }
    arguments.insert("model".to_owned(), Value::String(model_argument(target)));

    let (config, templates) = configuration(reader, &mut arguments, given, &spans, span)?;
    let mut take = |key: &str| arguments.shift_remove(key).map(|value| python_str(&value));
    Ok(Request {
        description: take("description").unwrap_or_default(),
        custom_name: take("name"),
        arguments,
        name,
        namespace,
        span,
        config,
        templates,
        config_spans: spans,
    })
}

/// The form `- name: {…}`: one key, its value the rest.
fn single<'y>(map: &'y YamlMapping, yaml: &Yaml) -> Result<(String, Span, &'y YamlMapping)> {
    let mut entries = map.iter();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        let message = format!("test definition dictionary must have exactly one key, got {} keys", map.len());
        let error = Diagnostic::error(Code::TestInvalid, message).label(yaml.span, "");
        return Err(Box::new(match map.iter().nth(1) {
            Some(second) => error.help(format!(
                "indent `{}` further, so that it belongs to the test, or give the test its own `-`",
                second.key
            )),
            None => error,
        }));
    };
    if let Some(said) = entry.value.as_mapping() {
        return Ok((entry.key.clone(), entry.key_span, said));
    }
    let error = bad(format!("test arguments must be a dict, got {}", entry.value.kind()), entry.key_span);
    Err(error.help("remove the colon of a test that takes no arguments").into())
}

/// Package and name of `package.name`.
fn split_name(text: &str) -> Option<(Option<String>, String)> {
    let word = |text: &str| {
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match text.split_once('.') {
        Some((package, name)) if word(package) && word(name) => {
            Some((Some(package.to_owned()), name.to_owned()))
        }
        None if word(text) => Some((None, text.to_owned())),
        _ => None,
    }
}

/// The `model` argument: the relation under the test's `where`.
fn model_argument(target: &Target) -> String {
    let name = target.name;
    let call = match (target.table, target.version) {
        (Some(table), _) => format!("source('{name}', '{table}')"),
        (None, Some(version)) => format!("ref('{name}', version='{}')", version_text(version)),
        (None, None) => format!("ref('{name}')"),
    };
    format!("{{{{ get_where_subquery({call}) }}}}")
}

/// Moves the keys that configure out of the arguments, and renders them; returns also those that are templates.
fn configuration(
    reader: &mut Reader,
    arguments: &mut Mapping,
    mut given: Mapping,
    spans: &IndexMap<String, Span>,
    span: Span,
) -> Result<(Mapping, Mapping)> {
    let (mut config, mut templates) = (Mapping::new(), Mapping::new());
    let mut set = |reader: &mut Reader, key: &str, value: Value| {
        let value = match &value {
            Value::String(text) => {
                if is_template(text) {
                    templates.insert(key.to_owned(), value.clone());
                }
                reader.rendered(text, spans.get(key).copied().unwrap_or(span))
            }
            _ => value,
        };
        if !value.is_null() {
            config.insert(key.to_owned(), value);
        }
    };
    for key in CONFIG_KEYS {
        let beside = arguments.shift_remove(*key).filter(|value| !value.is_null());
        match (beside, given.shift_remove(*key)) {
            (Some(_), Some(_)) => {
                let at = spans.get(*key).copied().unwrap_or(span);
                return Err(bad("Test cannot have the same key at the top-level and in config", at).into());
            }
            (Some(value), None) | (None, Some(value)) => set(reader, key, value),
            (None, None) => {}
        }
    }
    for (key, value) in given {
        set(reader, &key, value);
    }
    Ok((config, templates))
}

/// The `config(...)` call that dbt writes behind a test's call.
pub(super) fn config_call(config: &Mapping) -> String {
    let arguments: Vec<_> = config
        .iter()
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            other => format!("{key}={}", python_str(other)),
        })
        .collect();
    if arguments.is_empty() { String::new() } else { format!("{{{{ config({}) }}}}", arguments.join(",")) }
}
