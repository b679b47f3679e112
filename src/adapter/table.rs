//! The rows a statement returned, in types of our own, so that no driver's types travel further.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use super::Result;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL null.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any integer up to 128 bits.
    Int(i128),
    /// A binary floating-point number.
    Float(f64),
    /// An exact number, as its decimal digits.
    Decimal(String),
    /// A text, or anything the engine prints as text.
    Text(String),
    /// A calendar day.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A point in time without a zone.
    Timestamp(NaiveDateTime),
    /// A point in time with its offset.
    TimestampTz(DateTime<FixedOffset>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list or array.
    List(Vec<Cell>),
    /// A struct or map: keys in order.
    Struct(Vec<(String, Cell)>),
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name as the warehouse gave it.
    pub name: String,
    /// Its type in the warehouse's own words, such as `DECIMAL(18,3)`.
    pub data_type: String,
}

/// Rows with named, typed columns; every row has as many cells as there are columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<ColumnInfo>,
    /// The rows, in order.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The place of a column, by exact name first, then without regard to case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|c| c.name == name)
            .or_else(|| self.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)))
    }
}

/// Rows that can be gone through as often as wanted, without all of them being held.
pub trait Rows: Send + Sync {
    /// The columns, in order.
    fn columns(&self) -> &[ColumnInfo];

    /// How many rows there are.
    fn count(&self) -> usize;

    /// Gives every row in order, until one is refused.
    ///
    /// # Errors
    /// Why it was refused, or why there are no more.
    fn each(&self, take: &mut dyn FnMut(&[Cell]) -> Result<()>) -> Result<()>;
}

impl Rows for Table {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn each(&self, take: &mut dyn FnMut(&[Cell]) -> Result<()>) -> Result<()> {
        self.rows.iter().try_for_each(|row| take(row))
    }
}
