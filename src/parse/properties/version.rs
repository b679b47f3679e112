//! The versions of a model, each of which is described as the model is, with what it says itself over it.

use super::node::{ColumnProperties, NodeProperties, column, constraints, date, tests};
use super::read::Reader;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

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

/// Spreads a model over its versions: each takes what the model says, and what it says itself wins.
pub(super) fn versioned<'y>(
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
