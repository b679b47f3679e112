//! A DuckDB in memory whose tables are empty: its binder tells what queries would return.
//!
//! Databases are attached under the names that relations give them, each in memory as well. Types
//! and macros that a real database has beside its tables are made here too.

use std::collections::HashSet;
use std::sync::Arc;

use super::settings::{Profile, identifier as quoted, literal};
use super::{Link, config, describe, extension, failure, read_rows, value};
use crate::adapter::{ColumnInfo, Result, Shadow};
use crate::relation::Relation;

/// Functions of a real database, and what each stands for; the overloads of one share a row.
const MACROS: &str = "
    select database_name, schema_name, function_name,
        string_agg('(' || coalesce(list_aggregate(parameters, 'string_agg', ', '), '') || ') as '
            || case function_type when 'table_macro' then 'table ' else '' end || macro_definition, ', ')
    from duckdb_functions()
    where not internal and function_type in ('macro', 'table_macro')
    group by all";

/// Named types of a real database that list their values.
const TYPES: &str = "
    select database_name, schema_name, type_name,
        list_aggregate(list_transform(labels, lambda label: '''' || replace(label, '''', '''''') || ''''), 'string_agg', ', ')
    from duckdb_types()
    where not internal and logical_type = 'ENUM' and len(labels) > 0";

/// A database without rows.
pub(super) struct EmptyDatabase {
    duckdb: duckdb::Connection,
    databases: HashSet<String>,
    schemas: HashSet<(String, String)>,
    profile: Arc<Profile>,
}

/// Opens one that understands what the profile's database understands; `model` is a connection to that, where it
/// can be had.
pub(super) fn open(profile: &Arc<Profile>, model: Option<Link>) -> Result<EmptyDatabase> {
    // There are no rows to share out, and waking another thread takes longer than most queries.
    let open = || duckdb::Connection::open_in_memory_with_flags(config()?.threads(1)?);
    let duckdb = open().map_err(|error| failure(&error).error)?;
    extension::load(&duckdb, profile)?;
    for sql in &profile.secrets {
        duckdb.execute_batch(sql).map_err(|error| failure(&error).error)?;
    }
    for (key, value) in &profile.settings {
        // What only counts for statements that run may be refused here, and is not missed.
        let _ = duckdb.execute_batch(&format!("set {key} = {}", literal(value)));
    }
    let memory = HashSet::from(["memory".to_owned()]);
    let profile = Arc::clone(profile);
    let mut shadow = EmptyDatabase { duckdb, databases: memory, schemas: HashSet::new(), profile };
    let (database, schema) = (shadow.profile.database.clone(), shadow.profile.schema.clone());
    shadow.schema(&database, &schema)?;
    shadow.run(&format!("use {}.{}", quoted(&database), quoted(&schema)))?;
    if let Some(model) = model {
        shadow.learn(&model);
    }
    Ok(shadow)
}

impl EmptyDatabase {
    fn run(&self, sql: &str) -> Result<()> {
        self.with_icu(|| self.duckdb.execute_batch(sql).map_err(|error| failure(&error).error))
    }

    /// Does something, and again with ICU where it failed for want of that: few queries need it.
    fn with_icu<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        act().or_else(|error| {
            if !extension::smells_of_icu(&error) {
                return Err(error);
            }
            extension::load_icu(&self.duckdb);
            act()
        })
    }

    /// The database and the schema of a relation.
    fn place(&self, relation: &Relation) -> (String, String) {
        let part = |part: &Option<Arc<str>>, default: &str| part.as_deref().unwrap_or(default).to_owned();
        (part(&relation.database, &self.profile.database), part(&relation.schema, &self.profile.schema))
    }

    /// Makes a schema, with its database, unless it is there.
    fn schema(&mut self, database: &str, schema: &str) -> Result<()> {
        if self.databases.insert(database.to_lowercase()) {
            self.run(&format!("attach ':memory:' as {}", quoted(database)))?;
        }
        if self.schemas.insert((database.to_lowercase(), schema.to_lowercase())) {
            self.run(&format!("create schema if not exists {}.{}", quoted(database), quoted(schema)))?;
        }
        Ok(())
    }

    /// Takes over types and macros. One that cannot be made here is missed only by a query that uses it, and
    /// that says so.
    fn learn(&mut self, model: &Link) {
        for (query, make) in [(TYPES, make_type as Make), (MACROS, make_macro as Make)] {
            let Ok((_, table)) = model.rows(query, None) else { continue };
            // A macro may call another, which may come later.
            let mut left: Vec<Vec<String>> =
                table.rows.iter().map(|row| row.iter().map(value::text).collect()).collect();
            loop {
                let before = left.len();
                left.retain(|row| self.schema(&row[0], &row[1]).and_then(|()| self.run(&make(row))).is_err());
                if left.is_empty() || left.len() == before {
                    break;
                }
            }
        }
    }
}

/// Writes the statement that makes what a row of a catalogue describes.
type Make = fn(&[String]) -> String;

fn make_type(row: &[String]) -> String {
    format!("create type {} as enum ({})", full_name(row), row[3])
}

fn make_macro(row: &[String]) -> String {
    format!("create or replace macro {} {}", full_name(row), row[3])
}

fn full_name(row: &[String]) -> String {
    row[..3].iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".")
}

impl Shadow for EmptyDatabase {
    fn table(&mut self, relation: &Relation, columns: &[ColumnInfo]) -> Result<()> {
        let (database, schema) = self.place(relation);
        self.schema(&database, &schema)?;
        let columns: Vec<_> = columns
            .iter()
            .map(|column| {
                // The type of a bare null, which a table holds as a number.
                let data_type = if column.data_type == "\"NULL\"" { "integer" } else { &column.data_type };
                format!("{} {data_type}", quoted(&column.name))
            })
            .collect();
        self.run(&format!(
            "create or replace table {}.{}.{} ({})",
            quoted(&database),
            quoted(&schema),
            quoted(relation.identifier.as_deref().unwrap_or_default()),
            columns.join(", ")
        ))
    }

    fn define(&mut self, relation: Option<&Relation>, sql: &str) -> Result<()> {
        if let Some(relation) = relation {
            let (database, schema) = self.place(relation);
            self.schema(&database, &schema)?;
        }
        self.run(sql)
    }

    fn bind(&mut self, sql: &str) -> Result<Vec<ColumnInfo>> {
        describe(sql, |sql| {
            self.with_icu(|| {
                let mut statement = self.duckdb.prepare(sql).map_err(|error| failure(&error).error)?;
                read_rows(&mut statement, None).map(|read| read.table).map_err(|error| failure(&error).error)
            })
        })
    }
}
