//! `catalog.json`, version 1: the columns of every relation as the warehouse has them.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use serde::Serialize;

use super::{Metadata, Stamp};
use crate::diagnostic::Result;
use crate::manifest::{Mapping, UniqueId, Value};

const SCHEMA: &str = "https://schemas.getdbt.com/dbt/catalog/v1.json";

/// A relation of the warehouse with its columns.
#[derive(Debug, Clone, Default)]
pub struct CatalogTable {
    /// `table_database`, `table_schema`, `table_name`, `table_type`, `table_comment`, `table_owner`
    /// and `stats:…`, as the warehouse's macro gave them.
    pub facts: Mapping,
    /// The `column_…` facts of each column, in order.
    pub columns: Vec<Mapping>,
}

/// Tables by the id of the node or source that they are of.
pub type CatalogTables<'a> = IndexMap<UniqueId, &'a CatalogTable>;

/// Writes `catalog.json`, replacing it in one step.
///
/// # Errors
/// The file cannot be written.
pub fn write_catalog(
    path: &Path,
    stamp: &Stamp,
    nodes: &CatalogTables<'_>,
    sources: &CatalogTables<'_>,
) -> Result<()> {
    let wire = CatalogWire {
        metadata: Metadata::new(SCHEMA, stamp, NoExtra {}),
        nodes: tables(nodes),
        sources: tables(sources),
        errors: (),
    };
    super::write(path, &wire)
}

/// Reads the columns of each node and source from a `catalog.json`, in order; nothing where there is none.
pub fn read_catalog(path: &Path) -> BTreeMap<UniqueId, Vec<String>> {
    let text = std::fs::read(path).unwrap_or_default();
    let catalog: Value = serde_json::from_slice(&text).unwrap_or_default();
    let mut tables = BTreeMap::new();
    for part in ["nodes", "sources"] {
        let entries = catalog.get(part).and_then(Value::as_object);
        for (id, table) in entries.into_iter().flatten() {
            let columns = table.get("columns").and_then(Value::as_object);
            let names: Vec<String> =
                columns.into_iter().flat_map(|columns| columns.keys().cloned()).collect();
            if !names.is_empty() {
                tables.insert(UniqueId::from(id.as_str()), names);
            }
        }
    }
    tables
}

fn tables<'a>(tables: &CatalogTables<'a>) -> IndexMap<UniqueId, TableWire<'a>> {
    tables.iter().map(|(id, table)| (UniqueId::clone(id), TableWire::new(id, table))).collect()
}

#[derive(Serialize)]
struct NoExtra {}

#[derive(Serialize)]
struct CatalogWire<'a> {
    metadata: Metadata<'a, NoExtra>,
    nodes: IndexMap<UniqueId, TableWire<'a>>,
    sources: IndexMap<UniqueId, TableWire<'a>>,
    errors: (),
}

#[derive(Serialize)]
struct TableWire<'a> {
    metadata: FactsWire<'a>,
    columns: IndexMap<&'a str, ColumnWire<'a>>,
    stats: IndexMap<String, StatWire<'a>>,
    unique_id: String,
}

#[derive(Serialize)]
struct FactsWire<'a> {
    r#type: Option<&'a str>,
    schema: Option<&'a str>,
    name: Option<&'a str>,
    database: Option<&'a str>,
    comment: Option<&'a str>,
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct ColumnWire<'a> {
    r#type: Option<&'a str>,
    index: i64,
    name: &'a str,
    comment: Option<&'a str>,
}

#[derive(Serialize)]
struct StatWire<'a> {
    id: String,
    label: &'a str,
    value: Value,
    include: bool,
    description: Option<&'a str>,
}

impl<'a> TableWire<'a> {
    fn new(id: &UniqueId, table: &'a CatalogTable) -> Self {
        let text = |key: &str| table.facts.get(key).and_then(Value::as_str);
        Self {
            metadata: FactsWire {
                r#type: text("table_type"),
                schema: text("table_schema"),
                name: text("table_name"),
                database: text("table_database"),
                comment: text("table_comment"),
                owner: text("table_owner"),
            },
            columns: table.columns.iter().map(column).map(|column| (column.name, column)).collect(),
            stats: stats(&table.facts),
            unique_id: id.to_string(),
        }
    }
}

fn column(facts: &Mapping) -> ColumnWire<'_> {
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    ColumnWire {
        r#type: text("column_type"),
        index: facts.get("column_index").and_then(Value::as_i64).unwrap_or_default(),
        name: text("column_name").unwrap_or_default(),
        comment: text("column_comment"),
    }
}

/// The statistics a warehouse gives as `stats:<id>:label`, `:value`, `:description` and `:include`,
/// and whether there are any.
fn stats(facts: &Mapping) -> IndexMap<String, StatWire<'_>> {
    let ids = facts.keys().filter_map(|key| key.strip_prefix("stats:")?.strip_suffix(":label"));
    let mut stats: IndexMap<String, StatWire<'_>> = IndexMap::new();
    for id in ids {
        let part = |name: &str| facts.get(&format!("stats:{id}:{name}"));
        if part("include").and_then(Value::as_bool) != Some(true) {
            continue;
        }
        let stat = StatWire {
            id: id.to_owned(),
            label: part("label").and_then(Value::as_str).unwrap_or(id),
            value: part("value").cloned().unwrap_or_default(),
            include: true,
            description: part("description").and_then(Value::as_str),
        };
        stats.insert(id.to_owned(), stat);
    }
    let any = !stats.is_empty();
    let has_stats = StatWire {
        id: "has_stats".to_owned(),
        label: "Has Stats?",
        value: any.into(),
        include: false,
        description: Some("Indicates whether there are statistics for this table"),
    };
    stats.insert("has_stats".to_owned(), has_stats);
    stats
}
