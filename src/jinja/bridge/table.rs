//! Rows that a statement returned, with the parts of agate's interface that templates use.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::print::as_text;
use super::{sequence, stream};
use crate::adapter::{Cell, Table};
use crate::diagnostic::Code;
use crate::jinja::functions::{bind, dumps, list, present, raise, split, tuple};
use crate::jinja::modules;
use crate::jinja::python::to_json;

/// Rows in a template.
struct TableObject(Arc<Table>);

/// Rows as a template sees them.
pub fn table_value(table: impl Into<Arc<Table>>) -> Value {
    Value::from_object(TableObject(table.into()))
}

/// A table without rows and columns.
pub(crate) fn empty_table() -> Value {
    table_value(Table::default())
}

/// The rows in a template's value, if it is a table.
pub fn table_from(value: &Value) -> Option<Arc<Table>> {
    let table = value.downcast_object_ref::<TableObject>().map(|table| Arc::clone(&table.0));
    table.or_else(|| stream::whole(value))
}

/// All rows as a list of tuples.
pub(super) fn matrix(table: &Value) -> Value {
    let rows = table_from(table).map_or_else(Vec::new, |table| {
        table.rows.iter().map(|row| tuple(row.iter().map(cell_value).collect())).collect()
    });
    list(rows)
}

/// A cell as a template prints it.
pub fn cell_text(cell: &Cell) -> String {
    crate::jinja::python::print(&cell_value(cell))
}

/// A cell as a template sees it: nested values are JSON text, as dbt has them.
pub(super) fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(truth) => Value::from(*truth),
        Cell::Int(number) => Value::from(*number),
        Cell::Float(number) => Value::from(*number),
        Cell::Decimal(digits) => decimal(digits),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Date(date) => modules::date_value(*date),
        // agate has no times of day.
        Cell::Time(time) => Value::from(modules::clock_text(*time)),
        Cell::Timestamp(timestamp) => modules::naive_datetime(*timestamp),
        Cell::TimestampTz(timestamp) => modules::fixed_datetime(*timestamp),
        Cell::Bytes(bytes) => Value::from_bytes(bytes.clone()),
        Cell::List(_) | Cell::Struct(_) => Value::from(dumps(&cell_json(cell), false)),
    }
}

/// An exact number: as an integer or a float where nothing is lost, else as its digits.
fn decimal(digits: &str) -> Value {
    let significant = digits.chars().filter(char::is_ascii_digit).count();
    match digits.parse::<i128>() {
        Ok(whole) => Value::from(whole),
        Err(_) if significant <= 15 => {
            digits.parse::<f64>().map_or_else(|_| Value::from(digits), Value::from)
        }
        Err(_) => Value::from(digits),
    }
}

fn cell_json(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::List(items) => items.iter().map(cell_json).collect(),
        Cell::Struct(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), cell_json(value)));
            serde_json::Value::Object(fields.collect())
        }
        Cell::Date(_) | Cell::Time(_) | Cell::Timestamp(_) | Cell::TimestampTz(_) => {
            cell_value(cell).to_string().into()
        }
        plain => to_json(&cell_value(plain)),
    }
}

/// agate's kinds of column, as far as they decide a type in the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Number,
    Boolean,
    Date,
    DateTime,
    Text,
}

impl Kind {
    /// What all cells of a column are; an empty column counts as integers, as in agate.
    pub(super) fn of(table: &Table, column: usize) -> Self {
        let mut kinds = table.rows.iter().filter_map(|row| Self::of_cell(row.get(column)?));
        let Some(first) = kinds.next() else { return Self::Integer };
        kinds.fold(first, |kind, next| match (kind, next) {
            (one, two) if one == two => one,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            _ => Self::Text,
        })
    }

    fn of_cell(cell: &Cell) -> Option<Self> {
        Some(match cell {
            Cell::Null => return None,
            Cell::Bool(_) => Self::Boolean,
            Cell::Int(_) => Self::Integer,
            Cell::Float(_) | Cell::Decimal(_) => Self::Number,
            Cell::Date(_) => Self::Date,
            Cell::Timestamp(_) | Cell::TimestampTz(_) => Self::DateTime,
            Cell::Text(_) | Cell::Time(_) | Cell::Bytes(_) | Cell::List(_) | Cell::Struct(_) => Self::Text,
        })
    }
}

impl TableObject {
    /// The columns that a name, a place, or a list of them means.
    fn places(&self, keys: &Value) -> Result<Vec<usize>, Error> {
        let keys: Vec<Value> = match keys.as_str() {
            Some(_) => vec![keys.clone()],
            None if keys.is_number() => vec![keys.clone()],
            None => keys.try_iter()?.collect(),
        };
        keys.iter().map(|key| place(&self.0, key).ok_or_else(|| no_column(key))).collect()
    }

    /// A table of some columns, in the order given.
    fn project(&self, places: &[usize]) -> Value {
        table_value(Table {
            columns: places.iter().map(|at| self.0.columns[*at].clone()).collect(),
            rows: self.0.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect(),
        })
    }

    /// A table of some rows, in the order given.
    fn choose(&self, rows: impl Iterator<Item = usize>) -> Value {
        let rows = rows.filter_map(|at| self.0.rows.get(at).cloned()).collect();
        table_value(Table { columns: self.0.columns.clone(), rows })
    }

    fn rename(&self, args: &[Value]) -> Result<Value, Error> {
        let parameters = ["column_names", "row_names", "slug_columns", "slug_rows"];
        let [names, ..] = bind("rename", args, parameters, 0)?;
        let mut columns = self.0.columns.clone();
        for (at, column) in columns.iter_mut().enumerate() {
            let name = names.get_item(&Value::from(column.name.as_str())).ok().filter(|v| !v.is_undefined());
            let name = name.or_else(|| names.get_item_by_index(at).ok().filter(|v| v.as_str().is_some()));
            if let Some(name) = name {
                column.name = name.to_string();
            }
        }
        Ok(table_value(Table { columns, rows: self.0.rows.clone() }))
    }

    fn order_by(&self, args: &[Value]) -> Result<Value, Error> {
        let [keys, reverse] = bind("order_by", args, ["key", "reverse"], 1)?;
        let places = self.places(&keys)?;
        let mut rows: Vec<(Vec<Value>, usize)> = self
            .0
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| (places.iter().map(|place| cell_value(&row[*place])).collect(), at))
            .collect();
        // Nulls come last, as in agate.
        let key = |values: &[Value]| values.iter().map(|v| (v.is_none(), v.clone())).collect::<Vec<_>>();
        rows.sort_by_key(|(values, _)| key(values));
        if reverse.is_true() {
            rows.reverse();
        }
        Ok(self.choose(rows.into_iter().map(|(_, at)| at)))
    }

    fn filter(&self, state: &mut State<'_, '_>, test: &Value) -> Result<Value, Error> {
        let mut kept = Vec::new();
        for at in 0..self.0.rows.len() {
            let row = sequence::row(&self.0, at).unwrap_or_default();
            if test.call(state, &[row])?.is_true() {
                kept.push(at);
            }
        }
        Ok(self.choose(kept.into_iter()))
    }
}

/// The column that a name or a place means.
pub(super) fn place(table: &Table, key: &Value) -> Option<usize> {
    match key.as_str() {
        Some(name) => table.columns.iter().position(|column| column.name == name),
        None => key.as_usize().filter(|at| *at < table.columns.len()),
    }
}

fn no_column(key: &Value) -> Error {
    raise(Code::JinjaRender, format!("the table has no column {key:?}"))
}

impl fmt::Debug for TableObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.columns.iter().map(|column| column.name.as_str()).collect();
        write!(f, "<agate.Table: {} ({} rows)>", names.join(", "), self.0.rows.len())
    }
}

impl Object for TableObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Some(name) = key.as_str() else { return sequence::row(&self.0, key.as_usize()?) };
        let columns = &self.0.columns;
        match name {
            "rows" => Some(sequence::rows(&self.0)),
            "columns" => Some(sequence::columns(&self.0)),
            "column_names" => {
                Some(tuple(columns.iter().map(|column| Value::from(column.name.as_str())).collect()))
            }
            "column_types" => {
                let kind = |at| Value::from(format!("{:?}", Kind::of(&self.0, at)));
                Some(tuple((0..columns.len()).map(kind).collect()))
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let rows = self.0.rows.len();
        match method {
            "select" => {
                let [keys] = bind(method, args, ["key"], 1)?;
                Ok(self.project(&self.places(&keys)?))
            }
            "exclude" => {
                let [keys] = bind(method, args, ["key"], 1)?;
                let out = self.places(&keys)?;
                let kept: Vec<usize> = (0..self.0.columns.len()).filter(|at| !out.contains(at)).collect();
                Ok(self.project(&kept))
            }
            "rename" => self.rename(args),
            "limit" => {
                let [start, stop, _] = bind(method, args, ["start_or_stop", "stop", "step"], 0)?;
                let (from, to) = match (start.as_usize(), stop.as_usize()) {
                    (Some(from), Some(to)) => (from, to),
                    (Some(to), None) => (0, to),
                    _ => (0, rows),
                };
                Ok(self.choose(from..to.min(rows)))
            }
            "order_by" => self.order_by(args),
            "where" => {
                let [test] = bind(method, args, ["test"], 1)?;
                self.filter(state, &test)
            }
            "distinct" => {
                let [key] = bind(method, args, ["key"], 0)?;
                let places = match present(&key) {
                    Some(key) => self.places(key)?,
                    None => (0..self.0.columns.len()).collect(),
                };
                let mut seen = IndexSet::new();
                let mut first = |row: &[Cell]| {
                    seen.insert(places.iter().map(|at| cell_value(&row[*at])).collect::<Vec<_>>())
                };
                let kept: Vec<usize> =
                    self.0.rows.iter().enumerate().filter(|(_, row)| first(row)).map(|(at, _)| at).collect();
                Ok(self.choose(kept.into_iter()))
            }
            "print_table" => {
                let (positional, keywords) = split(args)?;
                let given = |at: usize, name: &str, default: usize| {
                    let value = positional.get(at).cloned().or_else(|| keywords.peek::<Value>(name).ok());
                    match value {
                        Some(none) if none.is_none() => usize::MAX,
                        Some(number) => number.as_usize().unwrap_or(default),
                        None => default,
                    }
                };
                let (rows, columns) = (given(0, "max_rows", 20), given(1, "max_columns", 6));
                let text = as_text(&self.0, rows, columns, given(3, "max_column_width", 20));
                // Goes where the template's own `print` goes.
                let print = state.lookup("print").unwrap_or_default();
                print.call(state, &[Value::from(text)])?;
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
