//! `run_results`, `catalog_tables` and `catalog_columns`: what earlier runs left in the target folder. Without the
//! file a table is empty.

use std::path::Path;

use super::Subject;
use super::table::{Kind, Table, array, column, maybe, object, text};
use crate::adapter::Cell;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::manifest::Value;

/// A JSON file; null where there is none.
fn read(path: &Path) -> Result<Value> {
    let Ok(bytes) = std::fs::read(path) else { return Ok(Value::Null) };
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("{} cannot be read: {error}", path.display());
        let help = "run the command that writes it again, or remove it";
        Box::new(Diagnostic::error(Code::StateInvalid, message).help(help))
    })
}

fn string(value: &Value, path: &str) -> Cell {
    maybe(value.pointer(path).and_then(Value::as_str))
}

fn number(value: &Value, path: &str) -> Cell {
    value.pointer(path).and_then(Value::as_f64).map_or(Cell::Null, Cell::Float)
}

fn whole(value: &Value, path: &str) -> Cell {
    value.pointer(path).and_then(Value::as_i64).map_or(Cell::Null, |number| Cell::Int(number.into()))
}

/// The first and the last point in time of a result.
fn time(result: &Value, of: fn(&[Value]) -> Option<&Value>, key: &str) -> Cell {
    let stages = result.get("timing").and_then(Value::as_array);
    let stage = stages.and_then(|stages| of(stages));
    maybe(
        stage.and_then(|stage| stage.get(key)).and_then(Value::as_str).map(|text| text.trim_end_matches('Z')),
    )
}

/// A result, and the run it is of.
pub(super) struct Ran {
    invocation_id: String,
    result: Value,
}

pub(super) fn run_results<'s>() -> Table<'s, Ran> {
    Table {
        name: "run_results",
        about: "What came of the nodes of the last run: `target/run_results.json`.",
        rows: |subject| {
            let mut file = read(&subject.target.join("run_results.json"))?;
            let id = file.pointer("/metadata/invocation_id").and_then(Value::as_str).unwrap_or_default();
            let id = id.to_owned();
            let results = file.get_mut("results").and_then(Value::as_array_mut).map(std::mem::take);
            let ran = |result| Ran { invocation_id: id.clone(), result };
            Ok(results.unwrap_or_default().into_iter().map(ran).collect())
        },
        columns: vec![
            column("unique_id", Kind::Text, "The node", |_, ran| string(&ran.result, "/unique_id")),
            column(
                "status",
                Kind::Text,
                "`success`, `error`, `skipped`, `pass`, `fail`, `warn`, …",
                |_, ran| string(&ran.result, "/status"),
            ),
            column("message", Kind::Text, "What was said of it", |_, ran| string(&ran.result, "/message")),
            column("failures", Kind::Integer, "Failing rows of a test", |_, ran| {
                whole(&ran.result, "/failures")
            }),
            column("execution_time", Kind::Double, "Seconds it took", |_, ran| {
                number(&ran.result, "/execution_time")
            }),
            column("started_at", Kind::Timestamp, "When it began", |_, ran| {
                time(&ran.result, <[Value]>::first, "started_at")
            }),
            column("completed_at", Kind::Timestamp, "When it ended", |_, ran| {
                time(&ran.result, <[Value]>::last, "completed_at")
            }),
            column("thread_id", Kind::Text, "The worker", |_, ran| string(&ran.result, "/thread_id")),
            column("relation_name", Kind::Text, "Its relation", |_, ran| {
                string(&ran.result, "/relation_name")
            }),
            column("adapter_response", Kind::Json, "What the warehouse said", |_, ran| {
                ran.result.get("adapter_response").and_then(Value::as_object).map_or(Cell::Null, object)
            }),
            column("invocation_id", Kind::Text, "The run", |_, ran| text(&ran.invocation_id)),
        ],
    }
}

/// The catalog, read once.
fn catalog<'s>(subject: &'s Subject<'s>) -> Result<&'s Value> {
    if let Some(catalog) = subject.made.catalog.get() {
        return Ok(catalog);
    }
    let read = read(&subject.target.join("catalog.json"))?;
    Ok(subject.made.catalog.get_or_init(|| read))
}

/// The tables of the catalog with the ids of what they are of.
fn tables<'s>(subject: &'s Subject<'s>) -> Result<impl Iterator<Item = (&'s str, &'s Value)>> {
    let catalog = catalog(subject)?;
    let parts =
        ["nodes", "sources"].into_iter().filter_map(|part| catalog.get(part).and_then(Value::as_object));
    Ok(parts.flatten().map(|(id, table)| (id.as_str(), table)))
}

pub(super) fn catalog_tables<'s>() -> Table<'s, (&'s str, &'s Value)> {
    Table {
        name: "catalog_tables",
        about: "Relations as the warehouse had them: `target/catalog.json`, which `teal docs generate` writes.",
        rows: |subject| Ok(tables(subject)?.collect()),
        columns: vec![
            column("unique_id", Kind::Text, "The node or source", |_, (id, _)| text(id)),
            column("database", Kind::Text, "Its database", |_, (_, table)| {
                string(table, "/metadata/database")
            }),
            column("schema", Kind::Text, "Its schema", |_, (_, table)| string(table, "/metadata/schema")),
            column("name", Kind::Text, "Its name", |_, (_, table)| string(table, "/metadata/name")),
            column("table_type", Kind::Text, "`BASE TABLE`, `VIEW`, …", |_, (_, table)| {
                string(table, "/metadata/type")
            }),
            column("owner", Kind::Text, "Its owner", |_, (_, table)| string(table, "/metadata/owner")),
            column("comment", Kind::Text, "Its comment", |_, (_, table)| string(table, "/metadata/comment")),
            column("stats", Kind::Json, "Its statistics, a list", |_, (_, table)| {
                let stats = table.get("stats").and_then(Value::as_object);
                array(&stats.into_iter().flat_map(|stats| stats.values().cloned()).collect::<Vec<_>>())
            }),
        ],
    }
}

/// A column of the catalog, and what it is of.
pub(super) struct Cataloged<'s> {
    id: &'s str,
    column: &'s Value,
}

pub(super) fn catalog_columns<'s>() -> Table<'s, Cataloged<'s>> {
    Table {
        name: "catalog_columns",
        about: "Columns of `catalog_tables`, with the types that the warehouse gave them.",
        rows: |subject| {
            let columns = tables(subject)?.flat_map(|(id, table)| {
                let columns = table.get("columns").and_then(Value::as_object);
                let columns = columns.into_iter().flat_map(|columns| columns.values());
                columns.map(move |column| Cataloged { id, column })
            });
            Ok(columns.collect())
        },
        columns: vec![
            column("unique_id", Kind::Text, "The node or source", |_, one| text(one.id)),
            column("index", Kind::Integer, "The column's place", |_, one| whole(one.column, "/index")),
            column("name", Kind::Text, "Its name", |_, one| string(one.column, "/name")),
            column("data_type", Kind::Text, "Its type, in the warehouse's words", |_, one| {
                string(one.column, "/type")
            }),
            column("comment", Kind::Text, "Its comment", |_, one| string(one.column, "/comment")),
        ],
    }
}
