//! Every resource the site shows, with those it belongs to.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::artifacts::Artifacts;
use super::column::{Column, Part};
use super::layout::Spot;

/// Sections of the manifest in the order in which resources are listed. Generic tests are listed after all others:
/// there are many, and most pages do not need them.
pub(super) const SECTIONS: &[&str] = &[
    "sources",
    "nodes",
    "functions",
    "semantic_models",
    "metrics",
    "saved_queries",
    "exposures",
    "groups",
    "macros",
    "unit_tests",
];
/// What stands in the graph.
const DRAWN: &[&str] = &[
    "source",
    "model",
    "seed",
    "snapshot",
    "function",
    "semantic_model",
    "metric",
    "saved_query",
    "exposure",
    "analysis",
];
/// How much of a description lists show, in characters.
const BRIEF: usize = 160;

/// A resource with those it belongs to, by their place in the list.
#[derive(Debug)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    /// dbt's word for its kind.
    pub(super) kind: &'a str,
    pub(super) value: &'a Value,
    /// What it reads.
    pub(super) parents: Vec<usize>,
    /// What reads it.
    pub(super) children: Vec<usize>,
    /// Tests about it.
    pub(super) tests: Vec<usize>,
    pub(super) columns: Vec<Column<'a>>,
    /// Columns that decide which rows it has.
    pub(super) influences: Vec<Part<'a>>,
}

/// Everything the site shows, generic tests at the end. dbt's own macros are left out.
pub(super) fn resources(artifacts: &Artifacts) -> Vec<Resource<'_>> {
    let listed =
        SECTIONS.iter().flat_map(|section| artifacts.section(section).map(move |one| (section, one)));
    let (tests, others): (Vec<_>, Vec<_>) = listed
        .filter(|(section, (_, value))| {
            let is_macro = **section == "macros";
            text(value, "resource_type") != "operation" && !(is_macro && is_internal(artifacts, value))
        })
        .map(|(_, one)| one)
        .partition(|(_, value)| !value["test_metadata"].is_null());
    let listed: Vec<(&String, &Value)> = others.into_iter().chain(tests).collect();
    let places: HashMap<&str, usize> =
        listed.iter().enumerate().map(|(at, (id, _))| (id.as_str(), at)).collect();
    let mut all: Vec<Resource<'_>> =
        listed.into_par_iter().map(|(id, value)| Resource::new(artifacts, id, value, &places)).collect();
    for at in 0..all.len() {
        let parents = all[at].parents.clone();
        if is_test(all[at].kind) {
            let attached = places.get(all[at].text("attached_node")).copied();
            if let Some(about) = attached.or_else(|| parents.first().copied()) {
                all[about].tests.push(at);
            }
        } else {
            for parent in parents {
                all[parent].children.push(at);
            }
            if all[at].kind != "macro" {
                for used in all[at].macros(&places) {
                    all[used].children.push(at);
                }
            }
        }
        for column in 0..all[at].columns.len() {
            let name = all[at].columns[column].name;
            for part in all[at].columns[column].from.clone() {
                if let Some(parent) = all[part.node].column_mut(part.column) {
                    parent.to.push(part.turned(at, name));
                }
            }
        }
    }
    all
}

/// Whether a kind is about other resources.
pub(super) fn is_test(kind: &str) -> bool {
    matches!(kind, "test" | "unit_test")
}

/// Whether a macro is of the library of the warehouse at hand.
fn is_internal(artifacts: &Artifacts, value: &Value) -> bool {
    let package = text(value, "package_name");
    let adapter = text(&artifacts.manifest.metadata, "adapter_type");
    package == "dbt" || package.strip_prefix("dbt_") == Some(adapter)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A text or a list of texts.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value says nothing.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_blank),
        _ => false,
    }
}

impl<'a> Resource<'a> {
    fn new(artifacts: &'a Artifacts, id: &'a str, value: &'a Value, places: &HashMap<&str, usize>) -> Self {
        let kind = text(value, "resource_type");
        // Most macros are used by other macros.
        let needed = if kind == "macro" { "macros" } else { "nodes" };
        let needed = value["depends_on"][needed].as_array().into_iter().flatten().filter_map(Value::as_str);
        let lineage = artifacts.lineage(id);
        let influences = lineage.into_iter().flat_map(|lineage| &lineage.influences);
        let columns =
            if is_test(kind) { Vec::new() } else { Column::all(value, artifacts.table(id), lineage, places) };
        Self {
            id,
            kind,
            value,
            parents: needed.filter_map(|id| places.get(id).copied()).collect(),
            children: Vec::new(),
            tests: Vec::new(),
            columns,
            influences: influences.filter_map(|edge| Part::read(edge, places)).collect(),
        }
    }

    /// The macros of the project and its packages that it calls.
    pub(super) fn macros(&self, places: &HashMap<&str, usize>) -> Vec<usize> {
        let called = self.value["depends_on"]["macros"].as_array().into_iter().flatten();
        called.filter_map(|id| places.get(id.as_str()?).copied()).collect()
    }

    /// A text of its entry in the manifest.
    pub(super) fn text(&self, key: &str) -> &'a str {
        text(self.value, key)
    }

    /// Its name; a source's table has its source before it.
    pub(super) fn name(&self) -> &'a str {
        self.text("name")
    }

    pub(super) fn package(&self) -> &'a str {
        self.text("package_name")
    }

    pub(super) fn is_drawn(&self) -> bool {
        DRAWN.contains(&self.kind)
    }

    /// The code as written.
    pub(super) fn code(&self) -> &'a str {
        let key = if self.kind == "macro" { "macro_sql" } else { "raw_code" };
        self.text(key)
    }

    /// The column with this name in any case.
    pub(super) fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    fn column_mut(&mut self, name: &str) -> Option<&mut Column<'a>> {
        self.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Tags, group, owner and the like, by which people look for things.
    pub(super) fn labels(&self) -> Vec<&'a str> {
        let owner = &self.value["owner"];
        let mut labels = texts(&self.value["tags"]);
        labels.extend([self.text("group"), self.text("label"), self.text("source_name")]);
        labels.extend(["name", "email"].into_iter().flat_map(|key| texts(&owner[key])));
        labels.retain(|label| !label.is_empty());
        labels
    }

    /// A test as it is listed with what it is about: its id, a short name, its column and its last status.
    pub(super) fn listed(&self, artifacts: &Artifacts) -> Value {
        let status = &artifacts.result(self.id)["status"];
        json!({"id": self.id, "n": self.label(), "c": self.text("column_name"), "st": status})
    }

    /// The generic test that it is, with what that was given; else its own name.
    fn label(&self) -> String {
        let metadata = &self.value["test_metadata"];
        let Some(name) = metadata["name"].as_str() else { return self.name().to_owned() };
        let namespace = metadata["namespace"].as_str().map(|space| format!("{space}.")).unwrap_or_default();
        let given = metadata["kwargs"].as_object().into_iter().flatten();
        let given: Vec<_> = given
            .filter(|(key, _)| !matches!(key.as_str(), "model" | "column_name"))
            .map(|(key, value)| {
                format!("{key}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        let given = if given.is_empty() { String::new() } else { format!(" ({})", given.join(", ")) };
        format!("{namespace}{name}{given}").chars().take(BRIEF).collect()
    }

    /// What lists and the graph need.
    pub(super) fn brief(&self, artifacts: &Artifacts, place: Option<Spot>) -> Value {
        let result = artifacts.result(self.id);
        let freshness = &artifacts.freshness(self.id)["status"];
        let description: String = self.text("description").chars().take(BRIEF).collect();
        let mut brief = json!({
            "id": self.id,
            "n": self.name(),
            "t": self.kind,
            "p": self.package(),
            "f": self.text("original_file_path"),
            "q": self.folders(),
            "db": self.text("database"),
            "s": self.text("schema"),
            "m": self.value["config"]["materialized"].as_str(),
            "tags": texts(&self.value["tags"]),
            "g": self.group(),
            "a": self.text("access"),
            "v": self.value["version"],
            "lv": self.value["latest_version"],
            "src": self.text("source_name"),
            "test": self.value["test_metadata"]["name"].as_str(),
            "d": description,
            "st": if result.is_null() { freshness } else { &result["status"] },
            "sec": result["seconds"],
            "rows": artifacts.size(self.id, "rows"),
            "bytes": artifacts.size(self.id, "bytes"),
            "xy": place.map(|(x, y)| [x, y]),
            "in": self.parents,
            "pii": self.columns.iter().any(|column| !column.classes.is_empty()),
        });
        // Most of these are empty most of the time.
        if let Value::Object(fields) = &mut brief {
            fields.retain(|_, value| !is_blank(value) && *value != Value::Bool(false));
        }
        brief
    }

    /// A configured group, else the one it is in.
    fn group(&self) -> &'a str {
        self.value["config"]["group"].as_str().unwrap_or_else(|| self.text("group"))
    }

    /// Its path of folders, where that does not follow from its package, its file and its name.
    fn folders(&self) -> Vec<&'a str> {
        let fqn = texts(&self.value["fqn"]);
        let file = self.text("original_file_path");
        let inner = file.split('/').skip(1);
        let folders = inner.clone().take(inner.count().saturating_sub(1));
        let usual = std::iter::once(self.package()).chain(folders).chain([self.name()]);
        if usual.eq(fqn.iter().copied()) { Vec::new() } else { fqn }
    }
}
