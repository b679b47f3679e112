//! What Teal needs of a warehouse: two small traits, and one file for each warehouse.
//!
//! SQL differences between warehouses are macros (`src/macros/<name>/`); only driver differences
//! live here. This floor knows relations and tables, never nodes.

mod duckdb;
mod elsewhere;
mod recorder;
mod table;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use recorder::Recorder;
pub use table::{Cell, ColumnInfo, Rows, Table};

use crate::relation::{Policy, Relation};
use elsewhere::{Elsewhere, Warehouse};

/// A profile's keys and values, rendered.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// What a warehouse says of a statement that worked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    /// The line shown after the node, such as `OK` or `INSERT 0 5`.
    pub message: String,
    /// The word for what was done, such as `INSERT`.
    pub code: Option<String>,
    /// Rows written, where the warehouse counts them.
    pub rows_affected: Option<u64>,
}

/// What kind of mistake a warehouse reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The profile's settings cannot be used.
    Settings,
    /// The warehouse cannot be reached or opened.
    Connection,
    /// Another process holds the database.
    Locked,
    /// The text is not SQL.
    Syntax,
    /// A table is not there.
    UnknownTable,
    /// A column is not there.
    UnknownColumn,
    /// A function is not there.
    UnknownFunction,
    /// An extension is needed and not there.
    ExtensionMissing,
    /// The statement was interrupted.
    Interrupted,
    /// A Python model failed.
    PythonFailed,
    /// A Python model needs an interpreter or a package that is not there.
    PythonMissing,
    /// Anything else the warehouse refused.
    Other,
}

/// What a warehouse says of a statement that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterError {
    /// What kind of mistake.
    pub kind: ErrorKind,
    /// The warehouse's words, without its excerpt of the statement.
    pub message: String,
    /// The byte of the statement it points at, where it says so.
    pub position: Option<usize>,
    /// The row, from 0, that [`Connection::load`] could not append.
    pub row: Option<usize>,
    /// What to do about it, where we know better than the warehouse.
    pub help: Option<String>,
}

impl AdapterError {
    /// An error that points nowhere.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), position: None, row: None, help: None }
    }

    /// The same error with a remedy.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AdapterError {}

/// A Python model to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonJob {
    /// The model's code, and below it what macros add to it.
    pub script: String,
    /// What to call the module.
    pub name: String,
    /// The model's file, for tracebacks.
    pub file: String,
    /// The line of the file, from 1, where the script's first line is.
    pub line: usize,
    /// How many of the script's first lines are the model's own.
    pub own_lines: usize,
    /// How long it may run.
    pub timeout: Option<Duration>,
}

/// What a Python model says while it runs, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// On standard output.
    Print(String),
    /// On standard error.
    Log(String),
}

/// The result of talking to a warehouse.
pub type Result<T> = std::result::Result<T, AdapterError>;

/// A warehouse, opened once an invocation and shared by all threads.
///
/// Opening is lazy: a command that never connects never touches the warehouse.
pub trait Adapter: Send + Sync + fmt::Debug {
    /// Its name in profiles and in dispatched macros, such as `duckdb`.
    fn name(&self) -> &'static str;

    /// What `target` shows of the profile, secrets left out, `database` and `schema` always there.
    fn target(&self) -> Settings;

    /// Which parts of a relation are quoted where the project does not say.
    fn quoting(&self) -> Policy;

    /// Opens one more connection for a worker.
    fn connect(&self) -> Result<Box<dyn Connection>>;

    /// The same warehouse for those who only look: nothing can be written to it, and where it is not there, an empty
    /// one stands for it. Nothing where it is only opened for both.
    fn looking(&self) -> Option<Arc<dyn Adapter>> {
        None
    }

    /// Opens an empty database in memory that binds queries as this warehouse does; nothing where there is no such thing.
    fn shadow(&self) -> Result<Option<Box<dyn Shadow>>>;

    /// Stops every running statement, from any thread.
    fn cancel(&self);

    /// Writes everything out and lets go of the warehouse, before the process ends.
    fn close(&self);
}

/// One session with a warehouse, used by one worker at a time.
pub trait Connection: Send {
    /// Runs one or more statements and forgets their rows.
    fn execute(&mut self, sql: &str) -> Result<Response>;

    /// Runs one statement (or several, of which the last one counts) and keeps at most `limit` of its rows.
    fn query(&mut self, sql: &str, limit: Option<usize>) -> Result<(Response, Table)>;

    /// The columns a query would return, without running it.
    fn describe(&mut self, sql: &str) -> Result<Vec<ColumnInfo>>;

    /// Appends rows to an existing table in bulk; the table's columns are those of `rows`, in order.
    fn load(&mut self, relation: &Relation, rows: &dyn Rows) -> Result<u64>;

    /// Runs a Python model, which makes a table itself.
    fn run_python(&mut self, job: &PythonJob, said: &mut dyn FnMut(Said)) -> Result<Response>;
}

/// A warehouse without rows: it tells what queries would return, without reading or writing anything.
pub trait Shadow: Send {
    /// Makes an empty table, in place of one of that name; its database and schema are made where they are not there.
    fn table(&mut self, relation: &Relation, columns: &[ColumnInfo]) -> Result<()>;

    /// Runs statements that make functions, macros or types, which queries may use from then on; a relation says
    /// whose schema is made before.
    fn define(&mut self, relation: Option<&Relation>, sql: &str) -> Result<()>;

    /// The columns that a query over these tables would return; positions of errors are bytes of the query.
    fn bind(&mut self, sql: &str) -> Result<Vec<ColumnInfo>>;
}

/// Opens an empty database of our own in memory, whose statements reach no file, no network and no setting.
///
/// # Errors
/// The engine cannot start.
pub fn scratch() -> Result<Box<dyn Connection>> {
    duckdb::scratch()
}

/// The warehouse that needs no profile.
pub const EMBEDDED: &str = "duckdb";

/// Names of the warehouses that a profile's `type` may say.
pub const KINDS: &[&str] = &["duckdb"];

/// Warehouses that projects are written for and Teal does not reach.
const ELSEWHERE: &[Warehouse] = &[
    Warehouse { kind: "snowflake", database: &["database"], schema: &["schema"], quotes: false },
    Warehouse {
        kind: "bigquery",
        database: &["project", "database"],
        schema: &["dataset", "schema"],
        quotes: true,
    },
    Warehouse { kind: "postgres", database: &["dbname", "database"], schema: &["schema"], quotes: true },
    Warehouse { kind: "redshift", database: &["dbname", "database"], schema: &["schema"], quotes: true },
    Warehouse { kind: "databricks", database: &["catalog", "database"], schema: &["schema"], quotes: true },
    Warehouse { kind: "spark", database: &[], schema: &["schema", "database"], quotes: false },
    Warehouse { kind: "athena", database: &["database"], schema: &["schema"], quotes: true },
    Warehouse { kind: "trino", database: &["database", "catalog"], schema: &["schema"], quotes: true },
    Warehouse { kind: "clickhouse", database: &[], schema: &["schema"], quotes: true },
    Warehouse { kind: "sqlserver", database: &["database"], schema: &["schema"], quotes: true },
    Warehouse { kind: "fabric", database: &["database"], schema: &["schema"], quotes: true },
];

/// The keys a profile output of this type may have; nothing for an unknown type.
pub fn profile_keys(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "duckdb" => Some(duckdb::PROFILE_KEYS),
        _ => None,
    }
}

/// What every function is configured with for the sake of one warehouse.
pub fn function_settings() -> serde_json::Value {
    serde_json::json!({ "snowflake": { "quote_args": true } })
}

/// The types of constraint that a warehouse holds rows to.
pub fn enforced_constraints(kind: &str) -> &'static [&'static str] {
    match kind {
        "duckdb" => duckdb::ENFORCED_CONSTRAINTS,
        _ => &[],
    }
}

/// The warehouse for a project without a profile, a file beside it: its type and its settings.
pub fn embedded(folder: &Path, project: &str) -> (&'static str, Settings) {
    let path = folder.join(format!("{project}.duckdb"));
    let settings = serde_json::json!({ "type": "duckdb", "path": path.to_string_lossy(), "schema": "main" });
    ("duckdb", settings.as_object().cloned().unwrap_or_default())
}

/// Makes the adapter that a profile's `type` names, without connecting.
///
/// # Errors
/// An unknown type, or settings that the warehouse cannot use.
pub fn open(kind: &str, settings: &Settings) -> Result<Arc<dyn Adapter>> {
    match kind {
        "duckdb" => Ok(Arc::new(duckdb::DuckDb::new(settings)?)),
        other => {
            let unknown = || {
                let message = format!("there is no warehouse of type `{other}`");
                let help = format!("Teal runs on: {}", KINDS.join(", "));
                AdapterError::new(ErrorKind::Settings, message).with_help(help)
            };
            let warehouse = ELSEWHERE.iter().find(|warehouse| warehouse.kind == other);
            Ok(Arc::new(Elsewhere::new(warehouse.ok_or_else(unknown)?, settings)))
        }
    }
}
