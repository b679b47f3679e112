//! DuckDB, embedded: one database an invocation, one connection a worker.
//!
//! `settings` reads the profile, `error` the database's complaints, `value` its values; `extension` loads what DuckDB
//! comes without, `python` runs models, `shadow` is a database without rows.

mod error;
mod extension;
mod python;
mod settings;
mod shadow;
mod value;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use duckdb::arrow::datatypes::SchemaRef;
use duckdb::{AccessMode, Config, InterruptHandle, Statement, appender_params_from_iter};

use self::error::{Failure, failure};
use self::settings::{Profile, identifier, literal};
use super::{
    Adapter, AdapterError, ColumnInfo, Connection, ErrorKind, Policy, PythonJob, Response, Result, Rows,
    Said, Settings, Shadow, Table,
};
use crate::relation::Relation;

pub(crate) use self::settings::PROFILE_KEYS;

/// Every constraint that dbt knows by type.
pub(crate) const ENFORCED_CONSTRAINTS: &[&str] =
    &["check", "not_null", "unique", "primary_key", "foreign_key"];

/// An embedded DuckDB.
#[derive(Debug)]
pub(crate) struct DuckDb {
    profile: Arc<Profile>,
    state: Mutex<State>,
    /// How often everything was stopped, for what is no statement.
    cancelled: Arc<AtomicU64>,
    /// Set when ICU was loaded where that can wait.
    icu: Arc<OnceLock<()>>,
}

/// What is open. The root connection keeps the database open while workers come and go.
#[derive(Default)]
struct State {
    root: Option<duckdb::Connection>,
    running: Vec<Arc<InterruptHandle>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("root", &self.root).finish_non_exhaustive()
    }
}

impl DuckDb {
    /// Reads the profile's settings.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        Ok(Self {
            profile: Arc::new(Profile::new(settings)?),
            state: Mutex::default(),
            cancelled: Arc::default(),
            icu: Arc::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more connection.
    fn link(&self) -> Result<Link> {
        let mut state = self.state();
        let root = match state.root.take() {
            Some(root) => root,
            None => open(&self.profile)?,
        };
        let link = root.try_clone().map_err(|error| failure(&error).error);
        state.root = Some(root);
        let link = link?;
        if self.profile.only_looks && self.profile.is_absent() {
            link.execute_batch(&format!("use {}", identifier(&self.profile.database)))
                .map_err(|error| failure(&error).error)?;
        }
        for (key, value) in &self.profile.settings {
            link.execute_batch(&format!("set {key} = {}", literal(value)))
                .map_err(|error| settings_error(key, &error))?;
        }
        state.running.push(link.interrupt_handle());
        let (profile, cancelled) = (Arc::clone(&self.profile), Arc::clone(&self.cancelled));
        let icu = Arc::clone(&self.icu);
        Ok(Link { duckdb: link, profile, cancelled, icu })
    }
}

impl Adapter for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn target(&self) -> Settings {
        self.profile.target()
    }

    fn quoting(&self) -> Policy {
        Policy::ALL
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(self.link()?))
    }

    fn looking(&self) -> Option<Arc<dyn Adapter>> {
        Some(Arc::new(Self {
            profile: Arc::new(self.profile.looking()),
            state: Mutex::default(),
            cancelled: Arc::clone(&self.cancelled),
            icu: Arc::default(),
        }))
    }

    fn shadow(&self) -> Result<Option<Box<dyn Shadow>>> {
        let there = self.state().root.is_some() || Path::new(&self.profile.path).exists();
        let model = if there { self.link().ok() } else { None };
        shadow::open(&self.profile, model).map(|shadow| Some(Box::new(shadow) as Box<dyn Shadow>))
    }

    fn cancel(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        for handle in &self.state().running {
            handle.interrupt();
        }
    }

    fn close(&self) {
        let mut state = self.state();
        state.running.clear();
        if let Some(root) = state.root.take().filter(|_| !self.profile.only_looks) {
            // The last connection to close writes the log into the file; workers that still hold one would
            // leave it beside the file, so it is written here. It fails while one of them is in a
            // transaction, and then the log is rightly kept.
            let _ = root.execute_batch("checkpoint");
        }
    }
}

/// Opens an empty database in memory that is shut off from everything else.
pub(crate) fn scratch() -> Result<Box<dyn Connection>> {
    let settings = Settings::from_iter([("path".to_owned(), ":memory:".into())]);
    let profile = Arc::new(Profile::new(&settings)?);
    let open = || {
        let config = config()?.with("enable_external_access", "false")?;
        duckdb::Connection::open_in_memory_with_flags(config.with("lock_configuration", "true")?)
    };
    let duckdb = open().map_err(|error| failure(&error).error)?;
    Ok(Box::new(Link { duckdb, profile, cancelled: Arc::default(), icu: Arc::default() }))
}

/// Opens the database and does what the profile asks for once.
fn open(profile: &Profile) -> Result<duckdb::Connection> {
    let root = open_file(profile)?;
    if !profile.can_wait_for_icu() {
        extension::load_icu(&root);
    }
    extension::load(&root, profile)?;
    for sql in profile.secrets.iter().cloned().chain(profile.attach_statements()) {
        root.execute_batch(&sql).map_err(|error| failure(&error).error)?;
    }
    Ok(root)
}

/// Opens the file, waiting for a lock as long as the profile's `retries` or `TEAL_LOCK_TIMEOUT` say.
fn open_file(profile: &Profile) -> Result<duckdb::Connection> {
    let patience = std::env::var("TEAL_LOCK_TIMEOUT").ok().and_then(|text| text.trim().parse::<f64>().ok());
    let patience = patience.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    let start = Instant::now();
    let mut attempt = 1;
    loop {
        let Failure { exception, mut error } = match try_open(profile) {
            Ok(root) => return Ok(root),
            Err(failure) => failure,
        };
        let locked = error.kind == ErrorKind::Locked;
        if locked && start.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(100).min(patience));
        } else if attempt < profile.retries.connect_attempts
            && profile.retries.exceptions.contains(&exception)
        {
            std::thread::sleep(Duration::from_secs(1 << (attempt - 1).min(6)));
            attempt += 1;
        } else {
            if error.kind == ErrorKind::Other {
                error.kind = ErrorKind::Connection;
                error.help = missing_folder(&profile.path);
            }
            return Err(error);
        }
    }
}

/// What to do where the file's folder is not there, which DuckDB does not make.
fn missing_folder(path: &str) -> Option<String> {
    let folder =
        Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())?;
    Some(format!("make the folder `{}`, or correct `path` in the profile", folder.display()))
}

fn try_open(profile: &Profile) -> std::result::Result<duckdb::Connection, Failure> {
    let open = || {
        let mut config = config()?;
        for (key, value) in &profile.options {
            config = config.with(key, value)?;
        }
        if !profile.only_looks || profile.path == ":memory:" {
            return duckdb::Connection::open_with_flags(&profile.path, config);
        }
        if profile.is_absent() {
            let root = duckdb::Connection::open_in_memory_with_flags(config)?;
            root.execute_batch(&format!("attach ':memory:' as {}", identifier(&profile.database)))?;
            return Ok(root);
        }
        duckdb::Connection::open_with_flags(&profile.path, config.access_mode(AccessMode::ReadOnly)?)
    };
    open().map_err(|error| failure(&error))
}

/// What every database is opened with.
fn config() -> duckdb::Result<Config> {
    Config::default()
        .with("autoinstall_known_extensions", "false")?
        .with("errors_as_json", "true")?
        .custom_user_agent("teal")
}

fn settings_error(key: &str, error: &duckdb::Error) -> AdapterError {
    let error = failure(error).error;
    AdapterError {
        kind: ErrorKind::Settings,
        message: format!("setting `{key}`: {}", error.message),
        ..error
    }
}

/// One worker's connection.
struct Link {
    duckdb: duckdb::Connection,
    profile: Arc<Profile>,
    cancelled: Arc<AtomicU64>,
    icu: Arc<OnceLock<()>>,
}

impl Link {
    /// Loads ICU where that has waited until now, and says whether it has.
    fn with_icu(&self) -> bool {
        let waits = self.profile.can_wait_for_icu() && self.icu.get().is_none();
        if waits {
            self.icu.get_or_init(|| extension::load_icu(&self.duckdb));
        }
        waits
    }

    /// Runs statements, the last one as `last` does, again where the profile says that it may be tried again.
    fn run<T>(&self, sql: &str, last: impl Fn(&mut Statement<'_>) -> duckdb::Result<T>) -> Result<Option<T>> {
        let mut attempt = 1;
        loop {
            let outcome = match self.duckdb.prepare(sql) {
                // A text that holds no statement is no mistake; DuckDB has no message for it.
                Err(duckdb::Error::DuckDBFailure(_, None)) => return Ok(None),
                prepared => prepared.and_then(|mut statement| last(&mut statement)),
            };
            let error = match outcome {
                Ok(value) => return Ok(Some(value)),
                Err(error) => failure(&error),
            };
            let retries = &self.profile.retries;
            if attempt >= retries.query_attempts || !retries.exceptions.contains(&error.exception) {
                return Err(self.explain(error.error));
            }
            std::thread::sleep(Duration::from_secs(1 << (attempt - 1).min(6)));
            attempt += 1;
        }
    }

    /// Adds the remedy where a statement failed for want of ICU, of which DuckDB does not always know.
    fn explain(&self, error: AdapterError) -> AdapterError {
        let unknown = matches!(error.kind, ErrorKind::Other | ErrorKind::UnknownFunction);
        if unknown && extension::smells_of_icu(&error) && !self.has_icu() {
            // What follows the first line lists functions of other types.
            let message = error.message.lines().next().unwrap_or_default().to_owned();
            let help = Some(extension::help("icu"));
            return AdapterError { kind: ErrorKind::ExtensionMissing, message, help, ..error };
        }
        error
    }

    fn has_icu(&self) -> bool {
        let sql = "select loaded from duckdb_extensions() where extension_name = 'icu'";
        self.duckdb
            .try_clone()
            .and_then(|other| other.query_row(sql, [], |row| row.get::<_, bool>(0)))
            .unwrap_or_default()
    }

    fn rows(&self, sql: &str, limit: Option<usize>) -> Result<(Response, Table)> {
        let read = self.run(sql, |statement| read_rows(statement, limit))?.unwrap_or_default();
        let response = Response { message: "OK".to_owned(), code: None, rows_affected: None };
        if read.awkward {
            return Ok((response, self.query_as_text(sql, &read.table.columns, limit)?));
        }
        Ok((response, read.table))
    }

    /// The rows of a query, with the columns that the driver cannot hand over cast to text by DuckDB.
    fn query_as_text(&self, sql: &str, columns: &[ColumnInfo], limit: Option<usize>) -> Result<Table> {
        let casts: Vec<_> = (1..=columns.len())
            .map(|at| format!("cast(#{at} as varchar) as \"{}\"", columns[at - 1].name.replace('"', "\"\"")))
            .collect();
        let inner = sql.trim_end().trim_end_matches(';');
        let wrapped = format!("select {} from (\n{inner}\n)", casts.join(", "));
        let read = |statement: &mut Statement<'_>| read_rows(statement, limit);
        let mut table = self.run(&wrapped, read)?.map(|read| read.table).unwrap_or_default();
        columns.clone_into(&mut table.columns);
        Ok(table)
    }
}

impl Connection for Link {
    fn execute(&mut self, sql: &str) -> Result<Response> {
        self.with_icu();
        let rows_affected = self.run(sql, |statement| {
            statement.raw_execute()?;
            rows_written(statement)
        })?;
        Ok(Response { message: "OK".to_owned(), code: None, rows_affected: rows_affected.flatten() })
    }

    fn query(&mut self, sql: &str, limit: Option<usize>) -> Result<(Response, Table)> {
        self.with_icu();
        self.rows(sql, limit)
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<ColumnInfo>> {
        let columns = || describe(sql, |sql| self.rows(sql, None).map(|(_, table)| table));
        match columns() {
            Err(error) if extension::smells_of_icu(&error) && self.with_icu() => columns(),
            answer => answer,
        }
    }

    fn load(&mut self, relation: &Relation, rows: &dyn Rows) -> Result<u64> {
        let part = |part: &Option<Arc<str>>, default: &str| part.as_deref().unwrap_or(default).to_owned();
        let columns: Vec<_> = rows.columns().iter().map(|column| column.name.as_str()).collect();
        let mut appender = self
            .duckdb
            .appender_with_columns_to_catalog_and_db(
                &part(&relation.identifier, ""),
                &part(&relation.database, &self.profile.database),
                &part(&relation.schema, &self.profile.schema),
                &columns,
            )
            .map_err(|error| failure(&error).error)?;
        let mut at = 0;
        rows.each(&mut |row| {
            let values = appender_params_from_iter(row.iter().map(value::parameter));
            appender
                .append_row(values)
                .map_err(|error| AdapterError { row: Some(at), ..failure(&error).error })?;
            at += 1;
            Ok(())
        })?;
        appender.flush().map_err(|error| failure(&error).error)?;
        Ok(rows.count() as u64)
    }

    fn run_python(&mut self, job: &PythonJob, said: &mut dyn FnMut(Said)) -> Result<Response> {
        let (profile, cancelled) = (Arc::clone(&self.profile), Arc::clone(&self.cancelled));
        python::run(self, job, &profile, &cancelled, said)
    }
}

/// The columns of a query that `run` only describes.
fn describe(sql: &str, run: impl FnOnce(&str) -> Result<Table>) -> Result<Vec<ColumnInfo>> {
    let prefix = "describe\n";
    let table = run(&format!("{prefix}{sql}")).map_err(|error| AdapterError {
        position: error.position.and_then(|at| at.checked_sub(prefix.len())),
        ..error
    })?;
    let text = |row: &[super::Cell], column: &str| {
        table.column(column).map(|at| value::text(&row[at])).unwrap_or_default()
    };
    let columns = table
        .rows
        .iter()
        .map(|row| ColumnInfo { name: text(row, "column_name"), data_type: text(row, "column_type") });
    Ok(columns.collect())
}

/// What a query returned.
#[derive(Default)]
struct Read {
    table: Table,
    /// Some column holds values that the driver loses or refuses; no rows were read.
    awkward: bool,
}

fn read_rows(statement: &mut Statement<'_>, limit: Option<usize>) -> duckdb::Result<Read> {
    statement.raw_execute()?;
    let kinds: Vec<_> = (0..statement.column_count()).map(|at| statement.column_logical_type(at)).collect();
    let schema: SchemaRef = statement.schema();
    let columns: Vec<_> = std::iter::zip(schema.fields(), &kinds)
        .map(|(field, kind)| ColumnInfo { name: field.name().clone(), data_type: value::type_name(kind) })
        .collect();
    if kinds.iter().any(value::is_awkward) {
        return Ok(Read { table: Table { columns, rows: Vec::new() }, awkward: true });
    }
    let mut kept = Vec::new();
    let mut rows = statement.raw_query();
    while limit.is_none_or(|limit| kept.len() < limit) {
        let Some(row) = rows.next()? else { break };
        let cells = schema.fields().iter().enumerate().map(|(at, field)| {
            let value = row.get_ref(at)?.to_owned();
            Ok(value::cell(value, field.data_type()))
        });
        kept.push(cells.collect::<duckdb::Result<Vec<_>>>()?);
    }
    Ok(Read { table: Table { columns, rows: kept }, awkward: false })
}

/// How many rows were written, which DuckDB returns as a column of this name; nothing for other statements.
fn rows_written(statement: &Statement<'_>) -> duckdb::Result<Option<u64>> {
    if statement.column_count() != 1 || statement.column_name(0)? != "Count" {
        return Ok(None);
    }
    let mut rows = statement.raw_query();
    rows.next()?.map(|row| row.get(0)).transpose()
}
