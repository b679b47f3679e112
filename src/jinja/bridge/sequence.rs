//! The parts of a table as templates see them: its rows, its columns, and the values of each.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::table::{Kind, cell_value, place};
use crate::adapter::{Cell, ColumnInfo, Table};
use crate::jinja::functions::{bind, dict, list, present, tuple};

/// One row of a table, where there is one.
pub(super) fn row(table: &Arc<Table>, at: usize) -> Option<Value> {
    (at < table.rows.len()).then(|| Value::from_object(Row { table: Arc::clone(table), at }))
}

/// `table.rows`.
pub(super) fn rows(table: &Arc<Table>) -> Value {
    Value::from_object(Rows(Arc::clone(table)))
}

/// `table.columns`.
pub(super) fn columns(table: &Arc<Table>) -> Value {
    Value::from_object(Columns(Arc::clone(table)))
}

struct Rows(Arc<Table>);

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<rows: {}>", self.0.rows.len())
    }
}

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        row(&self.0, key.as_usize()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.len())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let all = (0..self.0.rows.len()).filter_map(|at| self.get_value(&Value::from(at)));
        sequence_method(all.collect(), &[], method, args)
    }
}

struct Columns(Arc<Table>);

impl Columns {
    fn column(&self, at: usize) -> Value {
        Value::from_object(ColumnValues { table: Arc::clone(&self.0), at })
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<columns: {}>", self.0.columns.len())
    }
}

impl Object for Columns {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        place(&self.0, key).map(|at| self.column(at))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.columns.len())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let all = (0..self.0.columns.len()).map(|at| self.column(at));
        sequence_method(all.collect(), &names(&self.0), method, args)
    }
}

fn names(table: &Table) -> Vec<Value> {
    table.columns.iter().map(|column| Value::from(column.name.as_str())).collect()
}

/// One column: its values.
struct ColumnValues {
    table: Arc<Table>,
    at: usize,
}

impl ColumnValues {
    fn info(&self) -> &ColumnInfo {
        &self.table.columns[self.at]
    }

    fn values(&self) -> Vec<Value> {
        self.table.rows.iter().map(|row| cell_value(&row[self.at])).collect()
    }
}

impl fmt::Debug for ColumnValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.Column: {}>", self.info().name)
    }
}

impl Object for ColumnValues {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.info().name.as_str())),
            Some("data_type") => Some(Value::from(format!("{:?}", Kind::of(&self.table, self.at)))),
            Some("index") => Some(Value::from(self.at)),
            Some(_) => None,
            None => self.table.rows.get(key.as_usize()?).map(|row| cell_value(&row[self.at])),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.table.rows.len())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let values = self.values();
        match method {
            "values_distinct" => {
                let distinct: IndexSet<Value> = values.into_iter().collect();
                Ok(tuple(distinct.into_iter().collect()))
            }
            "values_without_nulls" => Ok(tuple(values.into_iter().filter(|v| !v.is_none()).collect())),
            "values_sorted" => {
                let mut values = values;
                values.sort_by(|one, two| (one.is_none(), one).cmp(&(two.is_none(), two)));
                Ok(tuple(values))
            }
            _ => sequence_method(values, &[], method, args),
        }
    }
}

/// One row: its values, by place and by name.
struct Row {
    table: Arc<Table>,
    at: usize,
}

impl Row {
    fn cells(&self) -> &[Cell] {
        &self.table.rows[self.at]
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.cells().iter().map(|cell| format!("{:?}", cell_value(cell))).collect();
        write!(f, "<agate.Row: ({})>", values.join(", "))
    }
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        place(&self.table, key).map(|at| cell_value(&self.cells()[at]))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.cells().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let values = self.cells().iter().map(cell_value).collect();
        sequence_method(values, &names(&self.table), method, args)
    }
}

/// Methods that all of agate's sequences have; those without names have no keys.
fn sequence_method(
    values: Vec<Value>,
    names: &[Value],
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match method {
        "values" => Ok(tuple(values)),
        "keys" => Ok(if names.is_empty() { Value::from(()) } else { tuple(names.to_vec()) }),
        "items" => Ok(list(names.iter().cloned().zip(values).map(|(k, v)| tuple(vec![k, v])).collect())),
        "dict" => {
            let pairs = names.iter().cloned().zip(values);
            Ok(dict(pairs))
        }
        "get" => {
            let [key, default] = bind(method, args, ["key", "default"], 1)?;
            let at = names.iter().position(|name| *name == key).or_else(|| key.as_usize());
            let found = at.and_then(|at| values.into_iter().nth(at));
            Ok(found.unwrap_or_else(|| present(&default).cloned().unwrap_or(Value::from(()))))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}
