//! What a table is: its columns, each with what it means and how it is filled, over things of one kind.

use super::Subject;
use crate::adapter::{self, Cell, ColumnInfo};
use crate::diagnostic::Result;
use crate::manifest::{Mapping, Value};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// True or false.
    Boolean,
    /// A point in time, in UTC.
    Timestamp,
    /// JSON.
    Json,
}

impl Kind {
    /// SQL's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Texts => "VARCHAR[]",
            Self::Integer => "BIGINT",
            Self::Double => "DOUBLE",
            Self::Boolean => "BOOLEAN",
            Self::Timestamp => "TIMESTAMP",
            Self::Json => "JSON",
        }
    }
}

/// A table as people read of it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What its rows are.
    pub about: &'static str,
    /// Its columns in order: name, type and meaning.
    pub columns: Vec<(&'static str, Kind, &'static str)>,
}

/// A column of a table over `T`.
pub(super) struct Column<T> {
    name: &'static str,
    kind: Kind,
    about: &'static str,
    cell: fn(&Subject<'_>, &T) -> Cell,
}

/// A column: its name, type, meaning, and its value for one row.
pub(super) fn column<T>(
    name: &'static str,
    kind: Kind,
    about: &'static str,
    cell: fn(&Subject<'_>, &T) -> Cell,
) -> Column<T> {
    Column { name, kind, about, cell }
}

/// A table with a row for each `T`.
pub(super) struct Table<'s, T> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) rows: fn(&'s Subject<'s>) -> Result<Vec<T>>,
    pub(super) columns: Vec<Column<T>>,
}

impl<'s, T> Table<'s, T> {
    pub(super) fn definition(&self) -> Definition {
        let columns = self.columns.iter().map(|column| (column.name, column.kind, column.about));
        Definition { name: self.name, about: self.about, columns: columns.collect() }
    }

    /// All rows.
    ///
    /// # Errors
    /// A file of an earlier run that cannot be read.
    pub(super) fn fill(&self, subject: &'s Subject<'s>) -> Result<adapter::Table> {
        let row = |row: &T| self.columns.iter().map(|column| (column.cell)(subject, row)).collect();
        let rows = (self.rows)(subject)?.iter().map(row).collect();
        let columns = self.columns.iter().map(|column| ColumnInfo {
            name: column.name.to_owned(),
            data_type: column.kind.as_str().to_owned(),
        });
        Ok(adapter::Table { columns: columns.collect(), rows })
    }
}

/// A text.
pub(super) fn text(value: impl AsRef<str>) -> Cell {
    Cell::Text(value.as_ref().to_owned())
}

/// A text, null where there is none.
pub(super) fn maybe(value: Option<impl AsRef<str>>) -> Cell {
    value.map_or(Cell::Null, text)
}

/// A text, null where it is empty.
pub(super) fn filled(value: &str) -> Cell {
    maybe(Some(value.trim()).filter(|value| !value.is_empty()))
}

/// A list of texts.
pub(super) fn texts<I: AsRef<str>>(values: impl IntoIterator<Item = I>) -> Cell {
    Cell::List(values.into_iter().map(text).collect())
}

/// A count.
pub(super) fn integer(value: usize) -> Cell {
    Cell::Int(value as i128)
}

/// A mapping as JSON.
pub(super) fn object(value: &Mapping) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

/// A list as JSON.
pub(super) fn array(values: &[Value]) -> Cell {
    Cell::Text(serde_json::to_string(values).unwrap_or_default())
}

/// A text of a mapping.
pub(super) fn entry(map: &Mapping, key: &str) -> Cell {
    maybe(map.get(key).and_then(Value::as_str))
}
