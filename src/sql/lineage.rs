//! Column lineage of one statement, as plain data: what `sql::columns` answers with.
//!
//! Byte ranges are of the text that was analysed. Names compare without regard to case.

use std::ops::Range;

/// What a statement's output is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Every table that the statement reads, in order of first mention, each once.
    pub tables: Vec<Table>,
    /// The columns it gives, in order. Empty where only tables are known.
    pub outputs: Vec<Output>,
    /// Columns that decide which rows there are and in what order, for all outputs alike.
    pub influences: Vec<Influence>,
    /// Every column that the text refers to, in the order of the text.
    pub references: Vec<Reference>,
    /// What could not be known.
    pub notes: Vec<Note>,
    /// How much is known.
    pub extent: Extent,
}

/// How much is known of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Columns and what they are made of.
    #[default]
    Columns,
    /// The tables alone; a note says why.
    Tables,
}

/// A table, or a function that stands for one, as the statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The parts of its name, quotes removed; empty for a function or a file.
    pub name: Vec<String>,
    /// The name or the call as text.
    pub text: String,
    /// Where it is first mentioned.
    pub span: Option<Range<usize>>,
}

/// A column that a statement gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name; `*` where `is_open`.
    pub name: String,
    /// Whether it stands for any number of columns whose names are not known.
    pub is_open: bool,
    /// For an open one: the names that it does not stand for.
    pub except: Vec<String>,
    /// What its values are made of.
    pub edges: Vec<Edge>,
    /// What decides which value it takes, besides the statement's own influences: windows, filters of
    /// aggregates, subqueries.
    pub influences: Vec<Influence>,
    /// Its expression.
    pub span: Option<Range<usize>>,
}

/// One column, or all columns, of a table that a value is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Which of [`Columns::tables`].
    pub table: usize,
    /// The column; nothing where it is one of the table's, or all of them, and not known which.
    pub column: Option<String>,
    /// What happened to it on the way.
    pub kind: EdgeKind,
    /// Whether it is known; false where several tables of unknown columns might have been meant.
    pub is_certain: bool,
    /// Where the statement first refers to it.
    pub span: Option<Range<usize>>,
    /// The breaker that it is behind on every way: a function, a macro, or [`APART`].
    pub breaker: Option<String>,
}

/// The breaker of a field that tells nothing of the rest of its document.
pub const APART: &str = "another field";

/// What happened to a value on its way, in order of strength: two steps together are the stronger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Nothing; the name is the same.
    Copy,
    /// Nothing; the name is another.
    Rename,
    /// Another type.
    Cast,
    /// Part of an expression.
    Transform,
    /// One value of many rows.
    Aggregate,
}

impl EdgeKind {
    /// Every kind, from weak to strong.
    pub const ALL: &'static [Self] =
        &[Self::Copy, Self::Rename, Self::Cast, Self::Transform, Self::Aggregate];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Rename => "rename",
            Self::Cast => "cast",
            Self::Transform => "transform",
            Self::Aggregate => "aggregate",
        }
    }

    /// Two steps as one, from a column of one name to a column of another.
    pub fn then(self, next: Self, from: &str, to: &str) -> Self {
        self.max(next).named(from, to)
    }

    /// The kind, with copy and rename told apart by the names at both ends.
    pub(super) fn named(self, from: &str, to: &str) -> Self {
        match self {
            Self::Copy | Self::Rename if from.eq_ignore_ascii_case(to) => Self::Copy,
            Self::Copy | Self::Rename => Self::Rename,
            stronger => stronger,
        }
    }
}

/// A column that decides which rows there are, or which value is taken, without being part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Influence {
    /// Which of [`Columns::tables`].
    pub table: usize,
    /// The column; nothing where it is not known which.
    pub column: Option<String>,
    /// How it decides.
    pub kind: InfluenceKind,
    /// Where the statement first refers to it.
    pub span: Option<Range<usize>>,
}

/// How a column decides about rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InfluenceKind {
    /// `where`, `having`, `qualify`, the filter of an aggregate, what `intersect` and `except` compare.
    Filter,
    /// The condition of a join.
    Join,
    /// `group by`, `distinct`.
    Group,
    /// `order by`.
    Order,
    /// `partition by` and `order by` of a window.
    Window,
}

impl InfluenceKind {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Join => "join",
            Self::Group => "group",
            Self::Order => "order",
            Self::Window => "window",
        }
    }
}

/// A column that the text refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written, qualifier included.
    pub text: String,
    /// Where.
    pub span: Range<usize>,
    /// What it was taken for.
    pub found: Found,
}

/// What a reference was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A column that is known to be there.
    Known,
    /// A column of a table whose columns are not known.
    Assumed,
    /// One of several columns.
    Ambiguous,
    /// Nothing: all tables are known and none has it.
    Missing,
}

/// Something that could not be known, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Lower case, names in backticks.
    pub message: String,
    /// Where.
    pub span: Option<Range<usize>>,
}

/// What is known of a table's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Names in order.
    pub columns: Vec<String>,
    /// Whether it has no others.
    pub is_complete: bool,
}

/// What a statement says nothing of: the columns of tables, and which steps break what a value tells.
pub trait Schema {
    /// The columns of a table; nothing where none is known.
    fn columns(&self, table: &Table) -> Option<Known>;

    /// Whether the value of a function, by its name in lower case, no longer tells what went into it. `is null`
    /// stands for the comparisons of that name.
    fn is_breaker(&self, _function: &str) -> bool {
        false
    }

    /// Whether an aggregate, by its name in lower case, of at least this many values no longer tells any of them.
    fn is_blur(&self, _function: &str, _values: u64) -> bool {
        false
    }

    /// Whether a field that is picked out of a document, by its path as written, tells nothing of the rest of it.
    fn is_apart(&self, _field: &str) -> bool {
        false
    }

    /// The macro that wrote the text at a byte, where what it wrote breaks what a value tells.
    fn breaker_at(&self, _byte: usize) -> Option<String> {
        None
    }
}
