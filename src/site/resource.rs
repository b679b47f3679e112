//! What the site shows of a resource: a few words for lists and the graph, everything for its page.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::artifacts::Artifacts;
use super::layout::Spot;
use super::markdown;

/// Sections of the manifest in the order in which resources are listed.
const SECTIONS: &[&str] = &[
    "sources",
    "nodes",
    "functions",
    "semantic_models",
    "metrics",
    "saved_queries",
    "exposures",
    "unit_tests",
    "groups",
    "macros",
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
/// How far a description is looked for along copies of a column.
const FAR: usize = 20;

/// A resource with those it belongs to, by their place in the list.
#[derive(Debug)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    /// dbt's word for its kind.
    pub(super) kind: &'a str,
    value: &'a Value,
    /// What it reads.
    pub(super) parents: Vec<usize>,
    /// What reads it.
    children: Vec<usize>,
    /// Tests about it.
    pub(super) tests: Vec<usize>,
    /// What each of its columns is made of: resource, column and kind of each part.
    lineage: Vec<(String, Vec<Part>)>,
}

/// What a column is made of: a resource by its place, its column, and how it got from there.
type Part = (usize, String, String);

/// A column as the warehouse has it and as it is documented.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    data_type: Option<&'a str>,
    pub(super) description: &'a str,
    /// Classifiers, such as `pii`.
    pub(super) classes: Vec<&'a str>,
    documented: &'a Value,
}

/// Everything the site shows. dbt's own macros are left out.
pub(super) fn resources(artifacts: &Artifacts) -> Vec<Resource<'_>> {
    let mut all: Vec<Resource<'_>> = Vec::new();
    for section in SECTIONS {
        for (id, value) in artifacts.section(section) {
            let kind = value["resource_type"].as_str().unwrap_or_default();
            let package = value["package_name"].as_str().unwrap_or_default();
            let internal = package == "dbt" || package.starts_with("dbt_") && is_internal(artifacts, package);
            if kind == "operation" || (*section == "macros" && internal) {
                continue;
            }
            all.push(Resource {
                id,
                kind,
                value,
                parents: Vec::new(),
                children: Vec::new(),
                tests: Vec::new(),
                lineage: Vec::new(),
            });
        }
    }
    let places: HashMap<&str, usize> =
        all.iter().enumerate().map(|(at, resource)| (resource.id, at)).collect();
    for at in 0..all.len() {
        let value = all[at].value;
        let needed = value["depends_on"]["nodes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let parents: Vec<usize> = needed.filter_map(|id| places.get(id).copied()).collect();
        let is_test = matches!(all[at].kind, "test" | "unit_test");
        if is_test {
            let attached = value["attached_node"].as_str().and_then(|id| places.get(id).copied());
            if let Some(about) = attached.or_else(|| parents.first().copied()) {
                all[about].tests.push(at);
            }
        } else {
            for parent in &parents {
                all[*parent].children.push(at);
            }
        }
        all[at].parents = parents;
        all[at].lineage = lineage(&artifacts.lineage["nodes"][all[at].id], &places);
    }
    all
}

/// Whether a package is the library of the warehouse at hand.
fn is_internal(artifacts: &Artifacts, package: &str) -> bool {
    let adapter = artifacts.manifest["metadata"]["adapter_type"].as_str().unwrap_or_default();
    package.strip_prefix("dbt_") == Some(adapter)
}

/// What each column is made of: resource, column and kind of each part.
fn lineage(node: &Value, places: &HashMap<&str, usize>) -> Vec<(String, Vec<Part>)> {
    let part = |edge: &Value| {
        let text = |key: &str| edge[key].as_str().unwrap_or_default().to_owned();
        Some((*places.get(edge["node"].as_str()?)?, text("column"), text("kind")))
    };
    let columns = node["columns"].as_object().into_iter().flatten();
    columns
        .map(|(name, column)| {
            let from = column["from"].as_array().into_iter().flatten().filter_map(part).collect();
            (name.clone(), from)
        })
        .collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The classifiers of a column, given as such, as tags or in its `meta`.
fn classes(column: &Value) -> Vec<&str> {
    let mut classes = Vec::new();
    for holder in [column, &column["config"], &column["meta"], &column["config"]["meta"]] {
        classes.extend(texts(&holder["classifiers"]));
        for key in ["pii", "classification"] {
            match &holder[key] {
                Value::Bool(true) => classes.push(key),
                value => classes.extend(texts(value)),
            }
        }
        classes
            .extend(texts(&holder["tags"]).into_iter().filter(|tag| tag.to_lowercase().starts_with("pii")));
    }
    classes.sort_unstable();
    classes.dedup();
    classes
}

impl<'a> Resource<'a> {
    /// A text of its entry in the manifest.
    pub(super) fn text(&self, key: &str) -> &'a str {
        self.value[key].as_str().unwrap_or_default()
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

    /// Tags, group, owner and the like, by which people look for things.
    pub(super) fn labels(&self) -> Vec<&'a str> {
        let owner = &self.value["owner"];
        let mut labels = texts(&self.value["tags"]);
        labels.extend([self.text("group"), self.text("label"), self.text("source_name")]);
        labels.extend(["name", "email"].into_iter().filter_map(|key| owner[key].as_str()));
        labels.retain(|label| !label.is_empty());
        labels
    }

    /// What the last run said of it.
    pub(super) fn result<'b>(&self, artifacts: &'b Artifacts) -> &'b Value {
        artifacts.results.get(self.id).unwrap_or(&Value::Null)
    }

    /// Columns in the warehouse's order, then those that are only documented.
    pub(super) fn columns(&self, artifacts: &'a Artifacts) -> Vec<Column<'a>> {
        let mut columns: IndexMap<String, Column<'a>> = IndexMap::new();
        let table = artifacts.table(self.id)["columns"].as_object().into_iter().flatten();
        let documented = self.value["columns"].as_object().into_iter().flatten();
        let mut known: Vec<(&'a String, Option<&'a str>)> =
            table.map(|(name, column)| (name, column["type"].as_str())).collect();
        known.extend(documented.clone().map(|(name, column)| (name, column["data_type"].as_str())));
        known.extend(self.lineage_names(artifacts).map(|name| (name, None)));
        let written: HashMap<String, &'a Value> =
            documented.map(|(name, column)| (name.to_lowercase(), column)).collect();
        for (name, data_type) in known {
            let key = name.to_lowercase();
            let documented = written.get(&key).copied().unwrap_or(&Value::Null);
            columns.entry(key).or_insert_with(|| Column {
                name,
                data_type,
                description: documented["description"].as_str().unwrap_or_default(),
                classes: classes(documented),
                documented,
            });
        }
        columns.into_values().collect()
    }

    fn lineage_names<'b>(&self, artifacts: &'b Artifacts) -> impl Iterator<Item = &'b String> + use<'b> {
        artifacts.lineage["nodes"][self.id]["columns"].as_object().into_iter().flatten().map(|(name, _)| name)
    }

    fn config(&self, key: &str) -> &'a str {
        self.value["config"][key].as_str().unwrap_or_default()
    }

    /// Rows in the warehouse, where it counts them.
    fn rows(&self, artifacts: &Artifacts) -> Value {
        artifacts.table(self.id)["stats"]["row_count"]["value"].clone()
    }

    /// What lists and the graph need.
    pub(super) fn brief(&self, artifacts: &Artifacts, place: Option<Spot>) -> Value {
        let result = self.result(artifacts);
        let fqn: Vec<&str> = texts(&self.value["fqn"]);
        let description: String = self.text("description").chars().take(BRIEF).collect();
        let mut brief = json!({
            "id": self.id,
            "n": self.name(),
            "t": self.kind,
            "p": self.package(),
            "f": self.text("original_file_path"),
            "q": fqn,
            "db": self.text("database"),
            "s": self.text("schema"),
            "m": self.config("materialized"),
            "tags": texts(&self.value["tags"]),
            "g": self.text("group"),
            "a": self.text("access"),
            "src": self.text("source_name"),
            "d": description,
            "st": result["status"],
            "sec": result["seconds"],
            "rows": self.rows(artifacts),
            "xy": place.map(|(x, y)| [x, y]),
            "in": self.parents,
            "pii": self.columns(artifacts).iter().any(|column| !column.classes.is_empty()),
        });
        // Most of these are empty most of the time.
        if let Value::Object(fields) = &mut brief {
            fields.retain(|_, value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                _ => true,
            });
        }
        brief
    }

    /// What its page needs besides.
    pub(super) fn details(&self, artifacts: &Artifacts, all: &[Resource<'_>]) -> Value {
        let table = artifacts.table(self.id);
        let columns: Vec<_> =
            self.columns(artifacts).iter().map(|c| self.column(c, artifacts, all)).collect();
        let config: Map<String, Value> = self.value["config"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !is_blank(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let facts = [
            "label",
            "type",
            "maturity",
            "url",
            "loader",
            "loaded_at_field",
            "identifier",
            "owner",
            "version",
            "latest_version",
            "deprecation_date",
            "calculation_method",
            "type_params",
            "filter",
            "query_params",
            "entities",
            "dimensions",
            "measures",
            "arguments",
            "returns",
            "given",
            "expect",
            "overrides",
            "freshness",
            "test_metadata",
            "column_name",
        ];
        let facts: Map<String, Value> = facts
            .into_iter()
            .map(|key| (key.to_owned(), self.value[key].clone()))
            .filter(|(_, value)| !is_blank(value))
            .collect();
        json!({
            "d": markdown::html(self.text("description")),
            "raw": self.code(),
            "sql": self.text("compiled_code"),
            "lang": self.text("language"),
            "cols": columns,
            "tests": self.tests,
            "out": self.children,
            "config": config,
            "meta": self.value["meta"],
            "facts": facts,
            "rel": self.text("relation_name"),
            "comment": table["metadata"]["comment"],
            "owner": table["metadata"]["owner"],
            "result": self.result(artifacts),
            "macros": self.value["depends_on"]["macros"],
        })
    }

    fn column(&self, column: &Column<'_>, artifacts: &Artifacts, all: &[Resource<'_>]) -> Value {
        let tests = self.tests.iter().filter(|test| {
            all[**test].value["column_name"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(column.name))
        });
        let mut shown = json!({
            "n": column.name,
            "t": column.data_type,
            "d": markdown::html(column.description),
            "tests": tests.collect::<Vec<_>>(),
            "c": column.classes,
            "from": self.made_of(column.name),
        });
        let constraints = &column.documented["constraints"];
        if !is_blank(constraints) {
            shown["constraints"] = constraints.clone();
        }
        if column.description.is_empty()
            && let Some((at, text)) = self.inherited(column.name, artifacts, all)
        {
            shown["d"] = json!(markdown::html(&text));
            shown["by"] = json!(at);
        }
        shown
    }

    fn made_of(&self, column: &str) -> &[Part] {
        let found = self.lineage.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        found.map_or(&[], |(_, parts)| parts)
    }

    /// The description of what a column is a plain copy of, and whose it is.
    fn inherited(
        &self,
        column: &str,
        artifacts: &Artifacts,
        all: &[Resource<'_>],
    ) -> Option<(usize, String)> {
        let mut parts = self.made_of(column);
        for _ in 0..FAR {
            let [(at, name, kind)] = parts else { return None };
            if !matches!(kind.as_str(), "copy" | "rename") {
                return None;
            }
            let columns = all[*at].columns(artifacts);
            let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))?;
            if !found.description.is_empty() {
                return Some((*at, found.description.to_owned()));
            }
            parts = all[*at].made_of(name);
        }
        None
    }
}

/// Whether a value says nothing.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_blank),
        _ => false,
    }
}
