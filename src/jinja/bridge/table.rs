//! Rows that a statement returned, with the parts of agate's interface that templates use.

use std::fmt;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::print::{Size, as_csv, as_json, as_text, print_rows};
use super::{sequence, stream};
use crate::adapter::{Cell, Table};
use crate::diagnostic::Code;
use crate::jinja::functions::{bind, dumps, list, present, raise, split, tuple};
use crate::jinja::modules;
use crate::jinja::python::{Decimal, float_text, to_json};

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
        Cell::Float(number) if number.is_finite() => decimal(&float_text(*number)),
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

/// A number as agate has it: exact, with the digits that it came with.
fn decimal(digits: &str) -> Value {
    Decimal::value(digits).unwrap_or_else(|| Value::from(digits))
}

/// A cell as JSON has it.
pub(super) fn cell_json(cell: &Cell) -> serde_json::Value {
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

/// How a method tells rows apart.
enum Key {
    /// By the values of some columns.
    Columns(Vec<usize>),
    /// By what a macro makes of each row.
    Function(Value),
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

    /// What an argument `key` means; all columns where nothing is said.
    fn key(&self, key: &Value) -> Result<Key, Error> {
        match present(key) {
            None => Ok(Key::Columns((0..self.0.columns.len()).collect())),
            Some(function) if function.kind() == ValueKind::Plain => Ok(Key::Function(function.clone())),
            Some(columns) => self.places(columns).map(Key::Columns),
        }
    }

    /// The key of each row.
    fn keys(&self, state: &mut State<'_, '_>, key: &Key) -> Result<Vec<Vec<Value>>, Error> {
        match key {
            Key::Columns(places) => {
                let of = |row: &Vec<Cell>| places.iter().map(|at| cell_value(&row[*at])).collect();
                Ok(self.0.rows.iter().map(of).collect())
            }
            Key::Function(function) => {
                let row = |at| sequence::row(&self.0, at).unwrap_or_default();
                (0..self.0.rows.len()).map(|at| Ok(vec![function.call(state, &[row(at)])?])).collect()
            }
        }
    }

    /// A table of some columns, in the order given.
    fn project(&self, places: &[usize]) -> Value {
        table_value(Table {
            columns: places.iter().map(|at| self.0.columns[*at].clone()).collect(),
            rows: self.0.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect(),
        })
    }

    /// A table of some rows, in the order given.
    fn choose(&self, rows: impl IntoIterator<Item = usize>) -> Table {
        let rows = rows.into_iter().filter_map(|at| self.0.rows.get(at).cloned()).collect();
        Table { columns: self.0.columns.clone(), rows }
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

    /// `limit(stop)` or `limit(start, stop, step)`.
    fn limit(&self, args: &[Value]) -> Result<Value, Error> {
        let [first, stop, every] = bind("limit", args, ["start_or_stop", "stop", "step"], 0)?;
        let all = self.0.rows.len();
        let ranged = present(&stop).or(present(&every)).is_some();
        let (from, to) = if ranged { (first.as_usize(), stop.as_usize()) } else { (None, first.as_usize()) };
        let rows = from.unwrap_or(0)..to.unwrap_or(all).min(all);
        Ok(table_value(self.choose(rows.step_by(every.as_usize().unwrap_or(1).max(1)))))
    }

    fn order_by(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [key, reverse] = bind("order_by", args, ["key", "reverse"], 1)?;
        let keys = self.keys(state, &self.key(&key)?)?;
        // Nulls come last, as in agate.
        let order = |at: &usize| keys[*at].iter().map(|v| (v.is_none(), v.clone())).collect::<Vec<_>>();
        let mut rows: Vec<usize> = (0..keys.len()).collect();
        rows.sort_by_key(order);
        if reverse.is_true() {
            rows.reverse();
        }
        Ok(table_value(self.choose(rows)))
    }

    fn distinct(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [key] = bind("distinct", args, ["key"], 0)?;
        let keys = self.keys(state, &self.key(&key)?)?;
        let mut seen = IndexSet::new();
        let first = |(at, key)| seen.insert(key).then_some(at);
        Ok(table_value(self.choose(keys.into_iter().enumerate().filter_map(first))))
    }

    fn group_by(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [key, ..] = bind("group_by", args, ["key", "key_name", "key_type"], 1)?;
        let mut groups: IndexMap<Vec<Value>, Vec<usize>> = IndexMap::new();
        for (at, key) in self.keys(state, &self.key(&key)?)?.into_iter().enumerate() {
            groups.entry(key).or_default().push(at);
        }
        let named = groups.into_iter().map(|(mut key, rows)| {
            let key = if key.len() == 1 { key.remove(0) } else { tuple(key) };
            (key, self.choose(rows))
        });
        Ok(sequence::groups(named.collect()))
    }

    /// The places of the rows of which a macro says something true.
    fn matching(&self, state: &mut State<'_, '_>, test: &Value) -> Result<Vec<usize>, Error> {
        let keys = self.keys(state, &Key::Function(test.clone()))?;
        let holds = keys.iter().enumerate().filter(|(_, key)| key.iter().all(Value::is_true));
        Ok(holds.map(|(at, _)| at).collect())
    }

    /// Names and kinds of the columns, as agate lists them.
    fn structure(&self) -> String {
        let kinds = (0..self.0.columns.len()).map(|at| format!("{:?}", Kind::of(&self.0, at)));
        let rows = self.0.columns.iter().zip(kinds).map(|(column, kind)| vec![column.name.clone(), kind]);
        print_rows(&["column", "data_type"], rows.collect(), usize::MAX)
    }
}

/// Prints where the template's own `print` does.
fn printed(state: &mut State<'_, '_>, text: &str) -> Result<Value, Error> {
    let print = state.lookup("print").unwrap_or_default();
    print.call(state, &[Value::from(text.trim_end_matches('\n'))])?;
    Ok(Value::from(()))
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
        f.write_str(&self.structure())
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
            "row_names" => Some(Value::from(())),
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
        let one = |function: &str, name| bind(function, args, [name], 1).map(|[value]| value);
        match method {
            "select" => Ok(self.project(&self.places(&one(method, "key")?)?)),
            "exclude" => {
                let out = self.places(&one(method, "key")?)?;
                let kept: Vec<usize> = (0..self.0.columns.len()).filter(|at| !out.contains(at)).collect();
                Ok(self.project(&kept))
            }
            "rename" => self.rename(args),
            "limit" => self.limit(args),
            "order_by" => self.order_by(state, args),
            "distinct" => self.distinct(state, args),
            "group_by" => self.group_by(state, args),
            "where" => {
                let rows = self.matching(state, &one(method, "test")?)?;
                Ok(table_value(self.choose(rows)))
            }
            "find" => {
                let rows = self.matching(state, &one(method, "test")?)?;
                Ok(rows.first().and_then(|at| sequence::row(&self.0, *at)).unwrap_or_else(|| Value::from(())))
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
                let size = Size {
                    rows: given(0, "max_rows", 20),
                    columns: given(1, "max_columns", 6),
                    width: given(3, "max_column_width", 20),
                    precision: given(5, "max_precision", 3),
                };
                printed(state, &as_text(&self.0, &size))
            }
            "print_csv" => printed(state, &as_csv(&self.0)),
            "print_json" => printed(state, &as_json(&self.0)),
            "print_structure" => printed(state, &self.structure()),
            "to_csv" | "to_json" => {
                Err(raise(Code::JinjaRender, format!("a template cannot write files, as `{method}` does")))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
