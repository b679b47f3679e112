//! `overrides` on a source: a project says otherwise what a package says of one of its sources.
//!
//! The trees of the property files are changed before anything reads them, so that a package's source
//! looks as if the package itself had described it so.

use super::properties::PropertyFile;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::yaml::{Kind, Mapping, Yaml};

/// Moves every entry with `overrides` onto the source it is about.
pub(super) fn apply(files: &mut [PropertyFile], found: &mut Vec<Diagnostic>) {
    let mut overriding = Vec::new();
    for file in files.iter_mut() {
        let Some(entries) = sources(&mut file.yaml) else { continue };
        let is_override = |yaml: &Yaml| yaml.as_mapping().is_some_and(|map| map.contains("overrides"));
        if entries.iter().any(is_override) {
            let path = file.place.original_file_path.clone();
            let (moved, kept) = std::mem::take(entries).into_iter().partition(is_override);
            *entries = kept;
            let moved: Vec<Yaml> = moved;
            overriding.extend(moved.into_iter().map(|yaml| (path.clone(), yaml)));
        }
    }
    let mut strays = Vec::new();
    for (path, yaml) in overriding {
        let Some(over) = yaml.as_mapping() else { continue };
        let text = |key: &str| over.get(key).and_then(Yaml::as_str).unwrap_or_default().to_owned();
        let (package, name) = (text("overrides"), text("name"));
        let mut applied = false;
        for file in files.iter_mut().filter(|file| file.place.package == package) {
            let entries = sources(&mut file.yaml).into_iter().flatten();
            for entry in entries.filter_map(as_mapping_mut).filter(|map| is_named(map, &name)) {
                overlay(entry, over);
                applied = true;
            }
        }
        if !applied {
            strays.push((format!("  - Source {package}.{name} (in {path})"), yaml.span));
        }
    }
    if let Some((_, span)) = strays.first() {
        let list: Vec<_> = strays.iter().map(|(line, _)| line.as_str()).collect();
        let message = format!(
            "During parsing, dbt encountered source overrides that had no target:\n{}",
            list.join("\n")
        );
        found.push(Diagnostic::warning(Code::PropertiesNotFound, message).label(*span, ""));
    }
}

fn sources(yaml: &mut Yaml) -> Option<&mut Vec<Yaml>> {
    match &mut as_mapping_mut(yaml)?.get_mut("sources")?.value {
        Kind::List(entries) => Some(entries),
        _ => None,
    }
}

fn as_mapping_mut(yaml: &mut Yaml) -> Option<&mut Mapping> {
    match &mut yaml.value {
        Kind::Mapping(map) => Some(map),
        _ => None,
    }
}

fn is_named(map: &Mapping, name: &str) -> bool {
    map.get("name").and_then(Yaml::as_str) == Some(name)
}

/// What is said wins key by key; tables are met by their names.
fn overlay(source: &mut Mapping, over: &Mapping) {
    source.overlay(over, &["name", "overrides", "tables"]);
    let said = over.get("tables").and_then(Yaml::as_list).unwrap_or_default();
    let Some(Kind::List(tables)) = source.get_mut("tables").map(|yaml| &mut yaml.value) else { return };
    for table in tables.iter_mut().filter_map(as_mapping_mut) {
        let Some(name) = table.get("name").and_then(Yaml::as_str).map(str::to_owned) else { continue };
        if let Some(over) = said.iter().filter_map(Yaml::as_mapping).find(|map| is_named(map, &name)) {
            table.overlay(over, &["name"]);
        }
    }
}
