//! What property files say of models, seeds, snapshots, analyses and singular tests.

use std::sync::Arc;

use super::super::deprecation;
use super::read::{Config, Place, Reader, Text};
use super::version::{Version, text, versioned};
use super::{function, semantic, time_spine};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Column, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

/// The sections of a property file that describe nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::parse) enum Section {
    Models,
    Seeds,
    Snapshots,
    Analyses,
    DataTests,
    Functions,
}

impl Section {
    /// The key of the section.
    pub(in crate::parse) fn key(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Seeds => "seeds",
            Self::Snapshots => "snapshots",
            Self::Analyses => "analyses",
            Self::DataTests => "data_tests",
            Self::Functions => "functions",
        }
    }
}

/// A column as described.
#[derive(Debug, Clone)]
pub(in crate::parse) struct ColumnProperties<'y> {
    /// The column; its description is still a template.
    pub(in crate::parse) column: Column,
    /// Where the description stands.
    pub(in crate::parse) description: Option<Span>,
    /// The tests asked for.
    pub(in crate::parse) tests: Vec<&'y Yaml>,
}

/// What a property file says of one node, or of one version of a model.
#[derive(Debug, Clone)]
pub(in crate::parse) struct NodeProperties<'y> {
    pub(in crate::parse) section: Section,
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) description: Text,
    pub(in crate::parse) columns: Vec<ColumnProperties<'y>>,
    pub(in crate::parse) tests: Vec<&'y Yaml>,
    pub(in crate::parse) config: Config,
    pub(in crate::parse) constraints: Vec<Value>,
    pub(in crate::parse) quote_columns: bool,
    pub(in crate::parse) deprecation_date: Option<String>,
    pub(in crate::parse) time_spine: Option<Value>,
    pub(in crate::parse) version: Option<Version>,
    /// A snapshot that is no file: the `ref` or `source` it is of.
    pub(in crate::parse) relation: Option<Text>,
    /// What only a function has.
    pub(in crate::parse) function: Option<function::Signature>,
}

const KEYS: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "columns",
    "quote_columns",
    "access",
    "group",
    "contract",
];
const MODEL_KEYS: &[&str] = &[
    "latest_version",
    "versions",
    "deprecation_date",
    "time_spine",
    "semantic_model",
    "primary_entity",
    "agg_time_dimension",
    "metrics",
    "derived_semantics",
];
const COLUMN_KEYS: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "quote",
    "tags",
    "granularity",
    "dimension",
    "entity",
    "data_tests",
    "tests",
    "policy_tags",
    "column_mask",
    "encode",
    "classifiers",
];
/// Keys that dbt moved from an entry to its `config`.
const MOVED: &[&str] = &["meta", "docs", "group", "contract", "access"];

/// Reads one entry; a model with versions becomes one for each.
pub(super) fn entries<'y>(
    reader: &mut Reader,
    place: &Arc<Place>,
    section: Section,
    yaml: &'y Yaml,
) -> Vec<NodeProperties<'y>> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid(section.key(), "a list of mappings with a `name`"));
        return Vec::new();
    };
    let Some((name, span)) = reader.name(map, section.key(), yaml.span) else { return Vec::new() };
    check_keys(reader, section, map);
    let mut config = reader.config(map);
    move_into_config(reader, map, &mut config);
    let spine = time_spine::read(reader, map);
    let properties = NodeProperties {
        section,
        place: Arc::clone(place),
        span,
        description: reader.later(map, "description"),
        columns: columns(reader, map),
        tests: tests(reader, map),
        constraints: constraints(reader, map, &name),
        quote_columns: reader.flag(map, "quote_columns").unwrap_or(false),
        deprecation_date: date(reader, map),
        time_spine: spine.clone(),
        version: None,
        relation: relation(reader, section, map),
        function: (section == Section::Functions).then(|| function::signature(reader, map, span)),
        config,
        name,
    };
    let versions = reader.list(map, "versions");
    let read =
        if versions.is_empty() { vec![properties] } else { versioned(reader, map, versions, &properties) };
    // dbt looks at the columns of the latest version.
    let latest = |said: &&NodeProperties| said.version.as_ref().is_none_or(|v| text(&v.v) == text(&v.latest));
    if let (Some(spine), Some(said)) = (spine, read.iter().find(latest)) {
        time_spine::check(reader, map, &spine, said);
    }
    read
}

/// The `deprecation_date` of a model or a version.
pub(super) fn date(reader: &mut Reader, map: &YamlMapping) -> Option<String> {
    let text = reader.text(map, "deprecation_date")?;
    let date = deprecation::normalized(&text);
    if date.is_none() {
        let message = format!("`deprecation_date` must be a date, and `{text}` is none");
        let error = Diagnostic::error(Code::YamlInvalidValue, message);
        let span = map.get("deprecation_date").map(|yaml| yaml.span);
        reader.report(error.label_opt(span, "").help("such as `2026-12-31`"));
    }
    date
}

fn check_keys(reader: &mut Reader, section: Section, map: &YamlMapping) {
    let mut known = KEYS.to_vec();
    match section {
        Section::Models => known.extend(MODEL_KEYS),
        Section::Snapshots => known.push("relation"),
        Section::Functions => known.extend(function::KEYS),
        _ => {}
    }
    for entry in map {
        if known.contains(&entry.key.as_str()) {
            continue;
        }
        let mut warning = entry.unknown(&known, &format!("an entry of `{}`", section.key()));
        if super::super::config::Kind::Model.defaults().contains_key(&entry.key) {
            warning.help = Some(format!("`{}` has an effect under `config`", entry.key));
        }
        reader.warn(warning);
    }
}

/// Some keys may stand beside `config` and mean the same as in it.
fn move_into_config(reader: &mut Reader, map: &YamlMapping, config: &mut Config) {
    for entry in map.iter().filter(|entry| MOVED.contains(&entry.key.as_str())) {
        if let Some(second) = config.spans.get(&entry.key) {
            reader.report(
                Diagnostic::error(
                    Code::YamlInvalidValue,
                    format!("found `{0}` in `config` and as a top-level key", entry.key),
                )
                .label(entry.key_span, "here")
                .label(*second, "and here")
                .help("keep the one under `config`"),
            );
            continue;
        }
        let value = reader.value(&entry.value);
        config.written.insert(entry.key.clone(), entry.value.to_json());
        config.spans.insert(entry.key.clone(), entry.key_span);
        config.rendered.insert(entry.key.clone(), value);
    }
}

/// Reads the `columns` of an entry.
pub(super) fn columns<'y>(reader: &mut Reader, map: &'y YamlMapping) -> Vec<ColumnProperties<'y>> {
    reader.list(map, "columns").iter().filter_map(|yaml| column(reader, yaml)).collect()
}

pub(super) fn column<'y>(reader: &mut Reader, yaml: &'y Yaml) -> Option<ColumnProperties<'y>> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("columns", "a list of mappings with a `name`"));
        return None;
    };
    let (name, span) = reader.name(map, "columns", yaml.span)?;
    reader.known(map, COLUMN_KEYS, "a column");
    let config = reader.map_at(map, "config");
    let mut meta = reader.object(map, "meta");
    let mut tags = reader.texts(map, "tags");
    if let Some(config) = config {
        meta.extend(reader.object(config, "meta"));
        tags.extend(reader.texts(config, "tags"));
    }
    let mut seen = Vec::with_capacity(tags.len());
    for tag in tags {
        if !seen.contains(&tag) {
            seen.push(tag);
        }
    }
    let classifiers = classifiers(
        reader,
        [
            Some(map),
            config,
            map.get("meta").and_then(Yaml::as_mapping),
            config.and_then(|config| config.get("meta")).and_then(Yaml::as_mapping),
        ],
    );
    let description = reader.later(map, "description");
    let (dimension, entity) = semantic::of_column(reader, map, &name, &description.text);
    let column = Column {
        dimension,
        entity,
        description: description.text,
        data_type: reader.text(map, "data_type"),
        meta,
        tags: seen,
        classifiers,
        quote: reader.flag(map, "quote"),
        constraints: constraints(reader, map, &name),
        granularity: time_spine::granularity(reader, map),
        doc_blocks: Vec::new(),
        span: Some(span),
        name,
    };
    Some(ColumnProperties { column, description: description.span, tests: tests(reader, map) })
}

/// The `classifiers` of a column, said on it, in its `config`, or in the `meta` of either.
fn classifiers(reader: &mut Reader, holders: [Option<&YamlMapping>; 4]) -> Option<Vec<String>> {
    let mut all: Option<Vec<String>> = None;
    for holder in holders.into_iter().flatten().filter(|holder| holder.get("classifiers").is_some()) {
        all.get_or_insert_default().extend(reader.texts(holder, "classifiers"));
    }
    all
}

/// The tests of an entry or a column: `data_tests`, or `tests` as they were called before.
pub(super) fn tests<'y>(reader: &mut Reader, map: &'y YamlMapping) -> Vec<&'y Yaml> {
    let (new, old) = (map.entry("data_tests"), map.entry("tests"));
    if let (Some(new), Some(old)) = (new, old)
        && old.value.as_list().is_some_and(|items| !items.is_empty())
    {
        reader.report(
            Diagnostic::error(
                Code::TestInvalid,
                "Invalid test config: cannot have both 'tests' and 'data_tests' defined",
            )
            .label(old.key_span, "remove this key and move its tests")
            .label(new.key_span, "here"),
        );
    }
    let key = if new.is_some() { "data_tests" } else { "tests" };
    reader.list(map, key).iter().collect()
}

const CONSTRAINTS: &[&str] = &["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

pub(super) fn constraints(reader: &mut Reader, map: &YamlMapping, name: &str) -> Vec<Value> {
    let mut read = Vec::new();
    for yaml in reader.list(map, "constraints") {
        let value = reader.value(yaml);
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        if CONSTRAINTS.contains(&kind) {
            read.push(value);
        } else {
            reader.report(
                Diagnostic::error(Code::YamlInvalidValue, format!("Invalid constraint type on {name}"))
                    .label(yaml.span, "")
                    .help(format!("the type must be one of {}", CONSTRAINTS.join(", "))),
            );
        }
    }
    read
}

fn relation(reader: &mut Reader, section: Section, map: &YamlMapping) -> Option<Text> {
    if section != Section::Snapshots {
        return None;
    }
    let relation = reader.later(map, "relation");
    relation.span.is_some().then_some(relation)
}
