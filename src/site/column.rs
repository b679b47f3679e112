//! Columns: as the warehouse has them, as they are documented, and what they are made of.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::artifacts::{Edge, NodeLineage};
use super::markdown;
use super::resource::{Resource, is_blank, texts};

/// How far a description is looked for along copies of a column.
const FAR: usize = 20;

/// A column as the warehouse has it and as it is documented.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    data_type: Option<&'a str>,
    pub(super) description: &'a str,
    /// Classifiers, such as `pii`.
    pub(super) classes: Vec<&'a str>,
    documented: &'a Value,
    /// What it is made of.
    pub(super) from: Vec<Part<'a>>,
    /// What is made of it.
    pub(super) to: Vec<Part<'a>>,
}

/// The other end of a step from column to column.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// A resource by its place.
    pub(super) node: usize,
    pub(super) column: &'a str,
    /// What became of the value on the way, such as `copy`.
    kind: &'a str,
    /// Whether it is the only possibility.
    is_certain: bool,
}

impl<'a> Column<'a> {
    /// The columns of a resource: those of the warehouse in its order, then those that are only documented, then
    /// those that are only in its code.
    pub(super) fn all(
        value: &'a Value,
        table: &'a Value,
        lineage: Option<&'a NodeLineage>,
        places: &HashMap<&str, usize>,
    ) -> Vec<Self> {
        let fields = |value: &'a Value| value["columns"].as_object().into_iter().flatten();
        let documented = fields(value);
        let made = || lineage.into_iter().flat_map(|lineage| &lineage.columns);
        let written: HashMap<String, &'a Value> =
            documented.clone().map(|(name, column)| (name.to_lowercase(), column)).collect();
        let mut known: Vec<(&'a String, Option<&'a str>)> =
            fields(table).map(|(name, column)| (name, column["type"].as_str())).collect();
        known.extend(documented.map(|(name, column)| (name, column["data_type"].as_str())));
        known.extend(made().map(|(name, _)| (name, None)));
        let mut columns: IndexMap<String, Self> = IndexMap::new();
        for (name, data_type) in known {
            let key = name.to_lowercase();
            let documented = written.get(&key).copied().unwrap_or(&Value::Null);
            columns.entry(key).or_insert_with(|| Self {
                name,
                data_type,
                description: documented["description"].as_str().unwrap_or_default(),
                classes: classes(documented),
                documented,
                from: Vec::new(),
                to: Vec::new(),
            });
        }
        for (name, column) in made() {
            if let Some(found) = columns.get_mut(&name.to_lowercase()) {
                found.from = column.from.iter().filter_map(|edge| Part::read(edge, places)).collect();
            }
        }
        columns.into_values().collect()
    }

    /// What its row on a page shows.
    pub(super) fn shown(&self, all: &[Resource<'_>]) -> Value {
        let mut shown = json!({
            "n": self.name,
            "t": self.data_type,
            "d": markdown::html(self.description),
            "c": self.classes,
        });
        let constraints = &self.documented["constraints"];
        if !is_blank(constraints) {
            shown["constraints"] = constraints.clone();
        }
        if let (true, Some((at, text))) = (self.description.is_empty(), self.inherited(all)) {
            shown["d"] = json!(markdown::html(text));
            shown["by"] = json!(at);
        }
        shown
    }

    /// Its name, and both ends of each step: what it is made of, and what is made of it.
    pub(super) fn steps(&self) -> Value {
        let ends = |parts: &[Part<'_>]| parts.iter().map(Part::shown).collect::<Vec<_>>();
        json!([self.name, ends(&self.from), ends(&self.to)])
    }

    /// The description of what it is a plain copy of, and whose that is.
    fn inherited<'b>(&self, all: &'b [Resource<'_>]) -> Option<(usize, &'b str)> {
        let mut parts = self.from.as_slice();
        for _ in 0..FAR {
            let [part] = parts else { return None };
            if !matches!(part.kind, "copy" | "rename") {
                return None;
            }
            let found = all[part.node].column(part.column)?;
            if !found.description.is_empty() {
                return Some((part.node, found.description));
            }
            parts = &found.from;
        }
        None
    }
}

impl<'a> Part<'a> {
    /// An edge of `lineage.json`, or what decides about rows there.
    pub(super) fn read(edge: &'a Edge, places: &HashMap<&str, usize>) -> Option<Self> {
        let Edge { node, column, kind, certain } = edge;
        Some(Self { node: *places.get(node.as_str())?, column, kind, is_certain: *certain })
    }

    /// The same step seen from its other end.
    pub(super) fn turned(&self, node: usize, column: &'a str) -> Self {
        Self { node, column, kind: self.kind, is_certain: self.is_certain }
    }

    pub(super) fn shown(&self) -> Value {
        let mark = if self.is_certain { "" } else { "?" };
        json!([self.node, self.column, format!("{}{mark}", self.kind)])
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
