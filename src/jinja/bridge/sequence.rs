//! The parts of a table as templates see them, agate's mapped sequences: its rows, its columns, the
//! values of each, and the tables of a grouping.
//!
//! Iteration and numbers give values, names give the value of that name.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::table::{Kind, cell_value, place, table_value};
use crate::adapter::Table;
use crate::diagnostic::Code;
use crate::jinja::functions::{bind, dict, list, present, raise, tuple};
use crate::jinja::python::repr;

/// What a sequence goes through.
trait Items: Send + Sync + 'static {
    /// agate's name of the class.
    const CLASS: &'static str;

    fn count(&self) -> usize;

    fn item(&self, at: usize) -> Value;

    /// The names of the items, where they have any.
    fn names(&self) -> Option<Vec<Value>>;

    /// The item of a name.
    fn place(&self, name: &Value) -> Option<usize> {
        self.names()?.iter().position(|known| known == name)
    }

    /// What the class has besides its items.
    fn attribute(&self, _name: &str) -> Option<Value> {
        None
    }

    /// Methods of the class.
    fn method(&self, _name: &str) -> Option<Value> {
        None
    }

    fn values(&self) -> Vec<Value> {
        (0..self.count()).map(|at| self.item(at)).collect()
    }
}

/// A sequence as a template sees it.
struct Mapped<I>(I);

impl<I: Items> Mapped<I> {
    fn value(items: I) -> Value {
        Value::from_object(Self(items))
    }

    /// The items by name; agate refuses where they have none.
    fn pairs(&self) -> Result<Vec<(Value, Value)>, Error> {
        let names =
            self.0.names().ok_or_else(|| raise(Code::JinjaRender, "KeyError: these have no names"))?;
        Ok(names.into_iter().zip(self.0.values()).collect())
    }
}

/// Items that agate shows of a sequence.
const SHOWN: usize = 5;

impl<I: Items> fmt::Debug for Mapped<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = (0..self.0.count()).take(SHOWN).map(|at| repr(&self.0.item(at))).collect();
        let more = if self.0.count() > SHOWN { ", ..." } else { "" };
        write!(f, "<agate.{}: ({}{more})>", I::CLASS, shown.join(", "))
    }
}

impl<I: Items> Object for Mapped<I> {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_usize().filter(|at| *at < self.0.count()) {
            Some(at) => Some(at),
            None => self.0.place(key),
        };
        at.map(|at| self.0.item(at)).or_else(|| self.0.attribute(key.as_str()?))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.count())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "values" => Ok(tuple(self.0.values())),
            "keys" => Ok(self.0.names().map_or(Value::from(()), tuple)),
            "items" => Ok(tuple(self.pairs()?.into_iter().map(|(k, v)| tuple(vec![k, v])).collect())),
            "dict" => Ok(dict(self.pairs()?)),
            "get" => {
                let [key, default] = bind(method, args, ["key", "default"], 1)?;
                let found = self.0.place(&key).map(|at| self.0.item(at));
                Ok(found.or_else(|| present(&default).cloned()).unwrap_or_else(|| Value::from(())))
            }
            _ => self.0.method(method).ok_or_else(|| Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One row of a table, where there is one.
pub(super) fn row(table: &Arc<Table>, at: usize) -> Option<Value> {
    (at < table.rows.len()).then(|| Mapped::value(Row { table: Arc::clone(table), at }))
}

/// `table.rows`.
pub(super) fn rows(table: &Arc<Table>) -> Value {
    Mapped::value(Rows(Arc::clone(table)))
}

/// `table.columns`.
pub(super) fn columns(table: &Arc<Table>) -> Value {
    Mapped::value(Columns(Arc::clone(table)))
}

/// The tables of a grouping, by key.
pub(super) fn groups(groups: Vec<(Value, Table)>) -> Value {
    Mapped::value(Groups(groups.into_iter().map(|(key, table)| (key, table_value(table))).collect()))
}

fn names(table: &Table) -> Vec<Value> {
    table.columns.iter().map(|column| Value::from(column.name.as_str())).collect()
}

struct Rows(Arc<Table>);

impl Items for Rows {
    const CLASS: &'static str = "MappedSequence";

    fn count(&self) -> usize {
        self.0.rows.len()
    }

    fn item(&self, at: usize) -> Value {
        row(&self.0, at).unwrap_or_default()
    }

    fn names(&self) -> Option<Vec<Value>> {
        None
    }
}

struct Columns(Arc<Table>);

impl Items for Columns {
    const CLASS: &'static str = "MappedSequence";

    fn count(&self) -> usize {
        self.0.columns.len()
    }

    fn item(&self, at: usize) -> Value {
        Mapped::value(Column { table: Arc::clone(&self.0), at })
    }

    fn names(&self) -> Option<Vec<Value>> {
        Some(names(&self.0))
    }

    fn place(&self, name: &Value) -> Option<usize> {
        place(&self.0, name).filter(|_| name.as_str().is_some())
    }
}

/// One column: its values.
struct Column {
    table: Arc<Table>,
    at: usize,
}

impl Items for Column {
    const CLASS: &'static str = "Column";

    fn count(&self) -> usize {
        self.table.rows.len()
    }

    fn item(&self, at: usize) -> Value {
        cell_value(&self.table.rows[at][self.at])
    }

    fn names(&self) -> Option<Vec<Value>> {
        None
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "name" => Some(Value::from(self.table.columns[self.at].name.as_str())),
            "data_type" => Some(Value::from(format!("{:?}", Kind::of(&self.table, self.at)))),
            "index" => Some(Value::from(self.at)),
            _ => None,
        }
    }

    fn method(&self, name: &str) -> Option<Value> {
        let mut values = self.values();
        if name.starts_with("values_without_nulls") {
            values.retain(|value| !value.is_none());
        }
        match name {
            "values_distinct" => {
                Some(tuple(values.into_iter().collect::<IndexSet<_>>().into_iter().collect()))
            }
            "values_without_nulls" => Some(tuple(values)),
            "values_sorted" | "values_without_nulls_sorted" => {
                // Nulls come last.
                values.sort_by(|one, two| (one.is_none(), one).cmp(&(two.is_none(), two)));
                Some(list(values))
            }
            _ => None,
        }
    }
}

/// One row: its values, by place and by name.
struct Row {
    table: Arc<Table>,
    at: usize,
}

impl Items for Row {
    const CLASS: &'static str = "Row";

    fn count(&self) -> usize {
        self.table.columns.len()
    }

    fn item(&self, at: usize) -> Value {
        self.table.rows[self.at].get(at).map(cell_value).unwrap_or_default()
    }

    fn names(&self) -> Option<Vec<Value>> {
        Some(names(&self.table))
    }

    fn place(&self, name: &Value) -> Option<usize> {
        place(&self.table, name).filter(|_| name.as_str().is_some())
    }
}

/// What `group_by` gives.
struct Groups(Vec<(Value, Value)>);

impl Items for Groups {
    const CLASS: &'static str = "TableSet";

    fn count(&self) -> usize {
        self.0.len()
    }

    fn item(&self, at: usize) -> Value {
        self.0[at].1.clone()
    }

    fn names(&self) -> Option<Vec<Value>> {
        Some(self.0.iter().map(|(key, _)| key.clone()).collect())
    }
}
