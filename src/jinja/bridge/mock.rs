//! Answers that a unit test gives in the place of macros and of the warehouse.

use std::sync::Arc;

use indexmap::IndexSet;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::adapter::{Cell, ColumnInfo, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Mocks;
use crate::jinja::functions::{Context, raise_diagnostic};
use crate::jinja::python::from_json;
use crate::manifest::{Mapping, MockQuery};

/// The namespace of dbt's own macros, which also go by their bare names.
const DBT: &str = "dbt";

impl Mocks {
    /// What a name of the context is, where the test says so; a macro gives the value when it is called.
    pub(in crate::jinja) fn name(&self, name: &str, is_macro: bool) -> Option<Value> {
        let macros = &self.overrides.macros;
        let value = macros.get(name).or_else(|| macros.get(&format!("{DBT}.{name}")).filter(|_| is_macro))?;
        let value = from_json(value);
        Some(if is_macro { Value::from_object(Constant(value)) } else { value })
    }

    /// What a macro of a package is, where the test says so.
    pub(in crate::jinja) fn name_in(&self, package: &str, name: &str) -> Option<Value> {
        let macros = &self.overrides.macros;
        let bare = || macros.get(name).filter(|_| package == DBT);
        let value = macros.get(&format!("{package}.{name}")).or_else(bare)?;
        Some(Value::from_object(Constant(from_json(value))))
    }
}

/// A macro that gives the same whatever it is called with.
#[derive(Debug)]
struct Constant(Value);

impl Object for Constant {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(self.0.clone())
    }
}

/// The rows that a unit test gives for a query; nothing where the warehouse is to be asked.
pub(super) fn answer(cx: &Context, sql: &str) -> Option<Result<Table, Error>> {
    let mocks = cx.scope.mocks.as_ref()?;
    let asked = plain(sql);
    let matches = |query: &&MockQuery| query.sql.as_ref().is_none_or(|sql| plain(sql) == asked);
    match mocks.overrides.queries.iter().find(matches) {
        Some(query) => Some(Ok(table(&query.rows))),
        None if mocks.closed => {
            let query = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let message = format!("the macro runs a query for which the unit test gives no rows: {query}");
            let help = "give its result under `overrides: queries:`, as `sql` and `rows`";
            Some(Err(raise_diagnostic(Diagnostic::error(Code::UnitTestInput, message).help(help))))
        }
        None => None,
    }
}

/// A query without what does not change its meaning: case, blanks and a last semicolon.
fn plain(sql: &str) -> String {
    let words = sql.trim().trim_end_matches(';').split_whitespace();
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Rows by column as a table; a column that a row leaves out is null there.
fn table(rows: &[Mapping]) -> Table {
    let names: IndexSet<&String> = rows.iter().flat_map(|row| row.keys()).collect();
    let cells = rows.iter().map(|row| names.iter().map(|name| cell(row.get(*name))).collect());
    let rows = cells.collect();
    let columns = names.iter().map(|name| ColumnInfo { name: (*name).clone(), data_type: String::new() });
    Table { columns: columns.collect(), rows }
}

fn cell(value: Option<&serde_json::Value>) -> Cell {
    match value {
        None | Some(serde_json::Value::Null) => Cell::Null,
        Some(serde_json::Value::Bool(truth)) => Cell::Bool(*truth),
        Some(serde_json::Value::Number(number)) => match number.as_i64() {
            Some(whole) => Cell::Int(whole.into()),
            None => Cell::Float(number.as_f64().unwrap_or_default()),
        },
        Some(serde_json::Value::String(text)) => Cell::Text(text.clone()),
        Some(nested) => Cell::Text(nested.to_string()),
    }
}
