//! What property files say of exposures, groups and macros.

use std::sync::Arc;

use super::read::{Config, Place, Reader, Text};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

/// An exposure as described.
#[derive(Debug)]
pub(in crate::parse) struct ExposureProperties {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) exposure_type: String,
    pub(in crate::parse) owner: Mapping,
    pub(in crate::parse) description: Text,
    pub(in crate::parse) label: Option<String>,
    pub(in crate::parse) maturity: Option<String>,
    pub(in crate::parse) url: Option<String>,
    pub(in crate::parse) meta: Mapping,
    pub(in crate::parse) tags: Vec<String>,
    pub(in crate::parse) config: Config,
    /// `ref`, `source` and `metric` calls without braces.
    pub(in crate::parse) depends_on: Vec<(String, Span)>,
}

/// A group as described.
#[derive(Debug)]
pub(in crate::parse) struct GroupProperties {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) owner: Mapping,
    pub(in crate::parse) description: Option<String>,
    pub(in crate::parse) config: Mapping,
}

/// A macro as described.
#[derive(Debug)]
pub(in crate::parse) struct MacroProperties {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) description: Text,
    pub(in crate::parse) meta: Mapping,
    pub(in crate::parse) docs_show: bool,
    /// Name, type and description, and where each description stands.
    pub(in crate::parse) arguments: Vec<(Mapping, Option<Span>)>,
}

const EXPOSURE_KEYS: &[&str] = &[
    "name",
    "type",
    "owner",
    "description",
    "label",
    "maturity",
    "meta",
    "tags",
    "url",
    "depends_on",
    "config",
];
const EXPOSURE_TYPES: &[&str] = &["dashboard", "notebook", "analysis", "ml", "application"];
const MATURITIES: &[&str] = &["low", "medium", "high"];
const GROUP_KEYS: &[&str] = &["name", "owner", "description", "config"];
const MACRO_KEYS: &[&str] = &["name", "description", "meta", "docs", "config", "arguments"];
const ARGUMENT_KEYS: &[&str] = &["name", "type", "description"];

/// Reads one entry of `exposures`.
pub(super) fn exposure(reader: &mut Reader, place: &Arc<Place>, yaml: &Yaml) -> Option<ExposureProperties> {
    let (map, name, span) = entry(reader, "exposures", yaml)?;
    reader.known(map, EXPOSURE_KEYS, "an exposure");
    let exposure_type = one_of(reader, map, "type", EXPOSURE_TYPES);
    if !map.contains("type") {
        missing(reader, "an exposure", "type", span);
    }
    let depends_on = reader.list(map, "depends_on").iter().filter_map(|yaml| {
        let text = yaml.as_str().map(|text| (text.to_owned(), yaml.span));
        if text.is_none() {
            reader.report(yaml.invalid("depends_on", "a list of `ref` and `source` calls"));
        }
        text
    });
    let depends_on = depends_on.collect();
    Some(ExposureProperties {
        place: Arc::clone(place),
        exposure_type: exposure_type.unwrap_or_default(),
        owner: owner(reader, map, "Exposure", span),
        description: reader.later(map, "description"),
        label: reader.text(map, "label"),
        maturity: one_of(reader, map, "maturity", MATURITIES),
        url: reader.text(map, "url"),
        meta: reader.object(map, "meta"),
        tags: reader.texts(map, "tags"),
        config: reader.config(map),
        depends_on,
        name,
        span,
    })
}

/// Reads one entry of `groups`.
pub(super) fn group(reader: &mut Reader, place: &Arc<Place>, yaml: &Yaml) -> Option<GroupProperties> {
    let (map, name, span) = entry(reader, "groups", yaml)?;
    reader.known(map, GROUP_KEYS, "a group");
    Some(GroupProperties {
        place: Arc::clone(place),
        owner: owner(reader, map, "Group", span),
        description: reader.text(map, "description"),
        config: reader.config(map).rendered,
        name,
        span,
    })
}

/// Reads one entry of `macros`.
pub(super) fn macro_(reader: &mut Reader, place: &Arc<Place>, yaml: &Yaml) -> Option<MacroProperties> {
    let (map, name, span) = entry(reader, "macros", yaml)?;
    reader.known(map, MACRO_KEYS, "an entry of `macros`");
    let config = reader.config(map).rendered;
    let mut meta = reader.object(map, "meta");
    if let Some(Value::Object(more)) = config.get("meta") {
        meta.extend(more.clone());
    }
    let docs = config.get("docs").cloned().unwrap_or_else(|| Value::Object(reader.object(map, "docs")));
    let arguments = reader.list(map, "arguments").iter().filter_map(|yaml| argument(reader, yaml)).collect();
    Some(MacroProperties {
        place: Arc::clone(place),
        description: reader.later(map, "description"),
        meta,
        docs_show: docs.get("show").and_then(Value::as_bool).unwrap_or(true),
        arguments,
        name,
        span,
    })
}

fn argument(reader: &mut Reader, yaml: &Yaml) -> Option<(Mapping, Option<Span>)> {
    let (map, name, _) = entry(reader, "arguments", yaml)?;
    reader.known(map, ARGUMENT_KEYS, "an argument");
    let description = reader.later(map, "description");
    let mut argument = Mapping::new();
    argument.insert("name".to_owned(), Value::String(name));
    argument.insert("type".to_owned(), reader.text(map, "type").map_or(Value::Null, Value::String));
    argument.insert("description".to_owned(), Value::String(description.text));
    Some((argument, description.span))
}

pub(super) fn entry<'y>(
    reader: &mut Reader,
    section: &str,
    yaml: &'y Yaml,
) -> Option<(&'y YamlMapping, String, Span)> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid(section, "a list of mappings with a `name`"));
        return None;
    };
    let (name, span) = reader.name(map, section, yaml.span)?;
    Some((map, name, span))
}

fn owner(reader: &mut Reader, map: &YamlMapping, what: &str, span: Span) -> Mapping {
    let owner = reader.object(map, "owner");
    if owner.get("name").is_none_or(Value::is_null) && owner.get("email").is_none_or(Value::is_null) {
        reader.report(
            Diagnostic::error(
                Code::YamlMissingKey,
                format!("{what} owner must have at least one of 'name' or 'email'."),
            )
            .label(map.key_span("owner").unwrap_or(span), ""),
        );
    }
    owner
}

fn one_of(reader: &mut Reader, map: &YamlMapping, key: &str, allowed: &[&str]) -> Option<String> {
    let text = reader.text(map, key)?;
    if !allowed.contains(&text.as_str()) {
        let span = map.get(key).map(|yaml| yaml.span);
        let error = Diagnostic::error(Code::YamlInvalidValue, format!("`{text}` is not a valid `{key}`"))
            .label_opt(span, format!("one of {}", allowed.join(", ")))
            .suggest(&text, allowed.iter().copied());
        reader.report(error);
    }
    Some(text)
}

fn missing(reader: &mut Reader, what: &str, key: &str, span: Span) {
    let error = Diagnostic::error(Code::YamlMissingKey, format!("{what} needs a `{key}`")).label(span, "");
    reader.report(error);
}
