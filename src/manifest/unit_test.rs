//! A unit test: what a model, or a macro, is fed with and what should come of it.

use super::node::version_text;
use super::{Mapping, UniqueId, Value};
use crate::diagnostic::Span;

/// What a unit test says besides its name and configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitTest {
    /// What it tests.
    pub subject: Subject,
    /// Where that is named.
    pub span: Option<Span>,
    /// What is read instead of the real thing.
    pub given: Vec<Given>,
    /// What should come of it.
    pub expect: Expect,
    /// What else is put in the place of the real thing.
    pub overrides: Option<Overrides>,
    /// The versions of the model that it is about, as written.
    pub versions: Option<Value>,
    /// The version of the model that this copy of it is about.
    pub version: Option<Value>,
}

/// What a unit test tests.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A model, by the name under `model`.
    Model(String),
    /// A macro: `name` or `package.name` as written, its id once it is found, and its arguments: a
    /// mapping by name or a list by place.
    Macro {
        /// As written.
        name: String,
        /// Which macro that is; nothing until names are resolved.
        id: Option<UniqueId>,
        /// As written; texts may be templates.
        arguments: Value,
    },
}

impl Subject {
    /// The name under `model` or `macro`.
    pub fn name(&self) -> &str {
        match self {
            Self::Model(name) | Self::Macro { name, .. } => name,
        }
    }
}

/// The form that rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "dbt's own words")]
pub enum FixtureFormat {
    Dict,
    Csv,
    Sql,
}

impl FixtureFormat {
    /// Every form.
    pub const ALL: &'static [Self] = &[Self::Dict, Self::Csv, Self::Sql];

    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::Csv => "csv",
            Self::Sql => "sql",
        }
    }
}

/// What a fixture holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// Nothing is said: the rows of a seed's own file.
    Unsaid,
    /// Rows by column.
    Table(Vec<Mapping>),
    /// A query.
    Query(String),
}

/// Rows given or expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture {
    /// The rows; those of CSV as texts, nothing for what is empty.
    pub rows: Rows,
    /// The form they are written in.
    pub format: FixtureFormat,
    /// The file they are in, where they are in one.
    pub file: Option<String>,
    /// Where they are written.
    pub span: Option<Span>,
    /// Where each row is written, where that is known.
    pub row_spans: Vec<Span>,
}

/// What an input of a unit test is put in the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The model itself, as it was before this run.
    This,
    /// A node or source it reads.
    Node(UniqueId),
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// As written: `ref('orders')`, `source('shop', 'orders')` or `this`.
    pub input: String,
    /// Where that stands.
    pub span: Option<Span>,
    /// What it means; nothing until names are resolved.
    pub target: Option<Input>,
    /// Its rows.
    pub fixture: Fixture,
}

/// What should come of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Rows, in any order; of the columns those that are named.
    Rows(Fixture),
    /// The text that a macro renders.
    Text {
        /// The text.
        text: String,
        /// Whether each blank counts; otherwise any run of them is one.
        exact: bool,
        /// Where it is written.
        span: Option<Span>,
    },
}

/// What a unit test puts in the place of the real thing, besides inputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// What macros and other names of the context give, by name or `package.name`.
    pub macros: Mapping,
    /// Variables.
    pub vars: Mapping,
    /// Environment variables.
    pub env_vars: Mapping,
    /// Keys of `target`.
    pub target: Mapping,
    /// Results of queries that templates run.
    pub queries: Vec<MockQuery>,
}

/// The result of a query that a template runs.
#[derive(Debug, Clone, PartialEq)]
pub struct MockQuery {
    /// The query, blanks and case aside; any query where nothing is said.
    pub sql: Option<String>,
    /// Its rows.
    pub rows: Vec<Mapping>,
}

impl UnitTest {
    /// dbt's name for the test of one version of a model.
    pub fn versioned_name(&self, name: &str) -> String {
        self.version
            .as_ref()
            .map_or_else(|| name.to_owned(), |version| format!("{name}_v{}", version_text(version)))
    }
}
