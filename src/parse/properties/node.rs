//! What property files say of models, seeds, snapshots, analyses and singular tests.

use std::sync::Arc;

use super::super::deprecation;
use super::read::{Config, Place, Reader, Text};
use super::{function, semantic, time_spine};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Column, Mapping, Value};
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

/// One version of a model.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Version {
    /// As written.
    pub(in crate::parse) v: Value,
    /// The latest of the model's versions.
    pub(in crate::parse) latest: Value,
    /// The names its file may have, the likelier first.
    pub(in crate::parse) files: Vec<String>,
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
const VERSION_KEYS: &[&str] = &[
    "v",
    "defined_in",
    "description",
    "access",
    "config",
    "constraints",
    "docs",
    "data_tests",
    "tests",
    "columns",
    "deprecation_date",
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
fn date(reader: &mut Reader, map: &YamlMapping) -> Option<String> {
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

fn column<'y>(reader: &mut Reader, yaml: &'y Yaml) -> Option<ColumnProperties<'y>> {
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

fn constraints(reader: &mut Reader, map: &YamlMapping, name: &str) -> Vec<Value> {
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

/// Spreads a model over its versions: each takes what the model says, and what it says itself wins.
fn versioned<'y>(
    reader: &mut Reader,
    map: &'y YamlMapping,
    versions: &'y [Yaml],
    model: &NodeProperties<'y>,
) -> Vec<NodeProperties<'y>> {
    let mut read = Vec::new();
    for yaml in versions {
        let Some(said) = yaml.as_mapping() else {
            reader.report(yaml.invalid("versions", "a list of mappings with a `v`"));
            continue;
        };
        reader.known(said, VERSION_KEYS, "a version");
        match said.get("v") {
            Some(v) if v.scalar_text().is_some() => read.push((reader.value(v), v.span, said)),
            _ => reader.report(
                Diagnostic::error(Code::YamlMissingKey, "a version needs a `v`").label(yaml.span, ""),
            ),
        }
    }
    let known: Vec<_> = read.iter().map(|(v, ..)| v.clone()).collect();
    for (at, (v, span, _)) in read.iter().enumerate() {
        if known[..at].iter().any(|earlier| text(earlier) == text(v)) {
            reader.report(
                Diagnostic::error(
                    Code::DuplicateProperties,
                    format!(
                        "Found duplicate version: '{}' in versions list of model '{}'",
                        text(v),
                        model.name
                    ),
                )
                .label(*span, ""),
            );
        }
    }
    let newest = known.iter().max_by(|a, b| newer(a, b)).cloned().unwrap_or_default();
    let latest = match map.get("latest_version").filter(|yaml| !yaml.is_null()) {
        None => newest,
        Some(yaml) => {
            let latest = reader.value(yaml);
            if !known.iter().any(|v| text(v) == text(&latest)) {
                let versions: Vec<_> = known.iter().map(text).collect();
                reader.report(
                    Diagnostic::error(
                        Code::YamlInvalidValue,
                        format!(
                            "latest_version: {} is not one of model '{}' versions: [{}] ",
                            text(&latest),
                            model.name,
                            versions.join(", ")
                        ),
                    )
                    .label(yaml.span, ""),
                );
            }
            latest
        }
    };
    let one = |reader: &mut Reader, (version, span, said): (Value, Span, &'y YamlMapping)| {
        let own = format!("{}_v{}", model.name, text(&version));
        let mut files = vec![reader.text(said, "defined_in").unwrap_or(own)];
        if text(&version) == text(&latest) {
            files.push(model.name.clone());
        }
        let mut properties = model.clone();
        properties.span = span;
        let description = reader.later(said, "description");
        if !description.text.is_empty() {
            properties.description = description;
        }
        let mut config = reader.config(said);
        if let Some(access) = said.entry("access") {
            config.rendered.insert("access".to_owned(), reader.value(&access.value));
            config.spans.insert("access".to_owned(), access.key_span);
        }
        properties.config.spans.extend(config.spans);
        deep_merge(&mut properties.config.rendered, config.rendered);
        deep_merge(&mut properties.config.written, config.written);
        if said.contains("constraints") {
            properties.constraints = constraints(reader, said, &model.name);
        }
        let own = tests(reader, said);
        if said.contains("data_tests") || !own.is_empty() {
            properties.tests = own;
        }
        if said.contains("columns") {
            properties.columns = version_columns(reader, said, &model.columns);
        }
        properties.deprecation_date = date(reader, said);
        // dbt gives a version none.
        properties.time_spine = None;
        properties.version = Some(Version { v: version, latest: latest.clone(), files });
        properties
    };
    read.into_iter().map(|version| one(reader, version)).collect()
}

/// The columns of a version: those of the model that it includes, then its own.
fn version_columns<'y>(
    reader: &mut Reader,
    said: &'y YamlMapping,
    base: &[ColumnProperties<'y>],
) -> Vec<ColumnProperties<'y>> {
    let mut included: Vec<ColumnProperties> = base.to_vec();
    let mut own = Vec::new();
    let mut has_chosen = false;
    for yaml in reader.list(said, "columns") {
        let chosen = yaml.as_mapping().filter(|map| map.contains("include") || map.contains("exclude"));
        let Some(map) = chosen else {
            own.extend(column(reader, yaml));
            continue;
        };
        reader.known(map, &["include", "exclude"], "a choice of columns");
        if std::mem::replace(&mut has_chosen, true) {
            let message = "version can have at most one include/exclude element";
            reader.report(Diagnostic::error(Code::YamlInvalidValue, message).label(yaml.span, ""));
            continue;
        }
        let include = reader.texts(map, "include");
        let exclude = reader.texts(map, "exclude");
        let all = include.iter().any(|name| name == "*" || name == "all");
        included.retain(|c| (all || include.contains(&c.column.name)) && !exclude.contains(&c.column.name));
    }
    included.extend(own);
    included
}

/// A version as text, however YAML typed it.
pub(in crate::parse) fn text(version: &Value) -> String {
    version.as_str().map_or_else(|| version.to_string(), str::to_owned)
}

/// dbt's order of versions: as numbers where both are, else as texts.
fn newer(a: &Value, b: &Value) -> std::cmp::Ordering {
    let (a, b) = (text(a), text(b));
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(&b),
    }
}

fn deep_merge(base: &mut Mapping, over: Mapping) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => deep_merge(below, above),
            (Some(Value::Array(below)), Value::Array(mut above)) => {
                above.append(below);
                *below = above;
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
