//! One worker's connection: opened when first used, with the query comment, the transaction, the
//! results of statements, and the last error.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::Utc;
use minijinja::{Error, ErrorKind, Value};

use super::cache::RelationCache;
use super::response::response_in;
use crate::adapter::{
    Adapter, AdapterError, ColumnInfo, Connection, PythonJob, Response, Result, Rows, Said, Table,
};
use crate::jinja::context::{ConnectionStep, Notice, Occasion, Stage};
use crate::manifest::UniqueId;
use crate::relation::Relation;
use crate::secret::scrubbed;

/// A statement that the warehouse refused, on its way through a template.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// What the warehouse said.
    pub(crate) error: AdapterError,
    /// The statement as it was sent, query comment included.
    pub(crate) sql: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(ErrorKind::InvalidOperation, failure.error.message.clone()).with_source(failure)
    }
}

/// Whether a statement opens a transaction where none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// It does; `commit` or `rollback` ends it.
    Yes,
    /// It runs in whatever is open.
    No,
}

/// A worker's way to the warehouse. Nothing connects before the first statement.
pub struct Session {
    adapter: Arc<dyn Adapter>,
    cache: Arc<RelationCache>,
    sink: Arc<dyn Fn(Notice) + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Box<dyn Connection>>,
    /// What it is at; nothing before the first node.
    at: Option<Occasion>,
    comment: Option<(String, bool)>,
    /// Statement results by name; nothing where one was taken.
    results: HashMap<String, Option<Value>>,
    written: Option<String>,
    in_transaction: bool,
    /// Something was read from a table, or from the catalogue.
    has_read: bool,
    failure: Option<Failure>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("adapter", &self.adapter).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that connects when it is first used.
    pub fn new(
        adapter: Arc<dyn Adapter>,
        cache: Arc<RelationCache>,
        sink: Arc<dyn Fn(Notice) + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self { adapter, cache, sink, state: Mutex::default() })
    }

    /// Turns to another node: forgets results and errors, leaves a transaction that is still open.
    /// The comment, if any, is put on every statement: before it, or after it where the flag is set.
    pub fn begin_node(&self, node: Option<UniqueId>, comment: Option<(String, bool)>) {
        self.rollback();
        let mut state = self.state();
        let connection = state.connection.take();
        let at = Occasion { node, since: Some(Utc::now()) };
        let step = match state.at.take() {
            None => ConnectionStep::Acquired,
            Some(before) => ConnectionStep::Reused(before.node),
        };
        (self.sink)(Notice::Connection { at: at.clone(), step });
        *state = State { connection, at: Some(at), comment, ..State::default() };
    }

    /// Tells what is done with the node now.
    pub fn enter(&self, stage: Stage) {
        let at = self.state().at.clone().unwrap_or_default();
        (self.sink)(Notice::Stage { at, stage });
    }

    /// Runs one or more statements and forgets their rows.
    ///
    /// # Errors
    /// What the warehouse says; kept for [`Self::take_error`].
    pub fn execute(&self, sql: &str) -> Result<Response> {
        self.run(sql, |connection, sql| connection.execute(sql))
    }

    /// Runs a query and keeps at most `limit` of its rows.
    ///
    /// # Errors
    /// What the warehouse says; kept for [`Self::take_error`].
    pub fn query(&self, sql: &str, limit: Option<usize>) -> Result<(Response, Table)> {
        let mut table = Table::default();
        let response = self.run(sql, |connection, sql| {
            let (response, rows) = connection.query(sql, limit)?;
            table = rows;
            Ok(response)
        })?;
        Ok((response, table))
    }

    /// The columns a query would return.
    ///
    /// # Errors
    /// What the warehouse says; kept for [`Self::take_error`].
    pub fn describe(&self, sql: &str) -> Result<Vec<ColumnInfo>> {
        let mut columns = Vec::new();
        self.run(sql, |connection, sql| {
            columns = connection.describe(sql)?;
            Ok(Response::default())
        })?;
        Ok(columns)
    }

    /// Appends rows to a table in bulk, and returns how many.
    pub(crate) fn load(&self, relation: &Relation, rows: &dyn Rows) -> Result<u64> {
        let mut loaded = 0;
        self.run(&format!("insert into {relation} /* {} rows */", rows.count()), |connection, _| {
            loaded = connection.load(relation, rows)?;
            Ok(Response { message: loaded.to_string(), ..Response::default() })
        })?;
        Ok(loaded)
    }

    /// Runs a Python model; what it prints goes where templates' words go.
    pub(crate) fn run_python(&self, job: &PythonJob) -> Result<Response> {
        self.send(&job.script, None, |connection, _| {
            connection.run_python(job, &mut |said| match said {
                Said::Print(text) => (self.sink)(Notice::Print(scrubbed(text))),
                Said::Log(text) => (self.sink)(Notice::Debug(scrubbed(text))),
            })
        })
    }

    /// Opens a transaction where none is open.
    pub(crate) fn begin(&self, begin: Begin) -> Result<()> {
        let opens = begin == Begin::Yes && !self.state().in_transaction && self.has_transactions();
        if opens {
            self.run("begin", |connection, sql| connection.execute(sql))?;
        }
        Ok(())
    }

    /// Ends the open transaction, if there is one.
    ///
    /// # Errors
    /// What the warehouse says.
    pub fn commit(&self) -> Result<()> {
        if self.state().in_transaction {
            self.run("commit", |connection, sql| connection.execute(sql))?;
        }
        Ok(())
    }

    /// Leaves a transaction that was not committed.
    pub fn rollback(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.in_transaction)
            && let Some(connection) = &mut state.connection
        {
            // The warehouse may have left the transaction by itself when a statement failed.
            drop(connection.execute("rollback"));
        }
    }

    /// The warehouse's answer to a statement that a template named, `main` above all.
    pub fn response(&self, statement: &str) -> Option<Response> {
        self.state().results.get(statement)?.as_ref().map(response_in)
    }

    /// The text that the node's template wrote for `target/run`, once.
    pub fn take_written(&self) -> Option<String> {
        self.state().written.take()
    }

    /// The last error that the warehouse gave, with the statement as it was sent, once.
    pub fn take_error(&self) -> Option<(AdapterError, String)> {
        self.state().failure.take().map(|failure| (failure.error, failure.sql))
    }

    /// Whether a statement read from a table or the catalogue since this was last asked.
    pub fn take_has_read(&self) -> bool {
        std::mem::take(&mut self.state().has_read)
    }

    /// Remembers that a template was told something of the warehouse that an earlier one had asked.
    pub(crate) fn note_read(&self) {
        self.state().has_read = true;
    }

    /// The relations known to exist.
    pub fn cache(&self) -> &RelationCache {
        &self.cache
    }

    pub(crate) fn write(&self, text: String) {
        self.state().written = Some(text);
    }

    pub(crate) fn store(&self, name: String, result: Value) {
        self.state().results.insert(name, Some(result));
    }

    /// What was stored under a name, none if nothing was; only `main` may be loaded twice.
    ///
    /// # Errors
    /// It was loaded before.
    #[expect(clippy::result_unit_err, reason = "the one reason is that it was taken")]
    pub fn load_result(&self, name: &str) -> std::result::Result<Value, ()> {
        let mut state = self.state();
        match state.results.get_mut(name) {
            None => Ok(Value::from(())),
            Some(result) if name == "main" => result.clone().ok_or(()),
            Some(result) => result.take().ok_or(()),
        }
    }

    /// The failure a template is about to see: the last one, left in place.
    pub(crate) fn failure(&self, error: AdapterError) -> Failure {
        let kept = self.state().failure.clone();
        kept.unwrap_or(Failure { error, sql: String::new() })
    }

    fn has_transactions(&self) -> bool {
        let off = self.adapter.target().get("disable_transactions").and_then(serde_json::Value::as_bool);
        off != Some(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        sql: &str,
        action: impl FnOnce(&mut dyn Connection, &str) -> Result<Response>,
    ) -> Result<Response> {
        let comment = self.state().comment.clone();
        self.send(sql, comment, action)
    }

    /// Does something with the connection; a text, with the query comment if any, says what in logs and errors.
    fn send(
        &self,
        sql: &str,
        comment: Option<(String, bool)>,
        action: impl FnOnce(&mut dyn Connection, &str) -> Result<Response>,
    ) -> Result<Response> {
        let mut state = self.state();
        let control = Control::of(sql);
        if control == Some(Control::Commit) && !state.in_transaction {
            // Hooks commit what may not have been begun; a warehouse would call that an error.
            return Ok(Response::default());
        }
        let sent = match &comment {
            Some((comment, append)) if control.is_none() => commented(sql, comment, *append),
            _ => sql.to_owned(),
        };
        let at = state.at.clone().unwrap_or_default();
        let tell = |step| (self.sink)(Notice::Connection { at: at.clone(), step });
        if state.connection.is_none() {
            tell(ConnectionStep::Opened);
        }
        match control {
            Some(Control::Commit) => tell(ConnectionStep::Commit),
            Some(Control::Rollback) => tell(ConnectionStep::Rollback),
            Some(Control::Begin) | None => {}
        }
        (self.sink)(Notice::Sql { at: at.clone(), sql: scrubbed(sent.as_str()) });
        state.has_read |= sent.to_ascii_lowercase().contains("from");
        let started = Instant::now();
        let result = match &mut state.connection {
            Some(connection) => action(&mut **connection, &sent),
            absent => {
                let opened = self.adapter.connect();
                opened.and_then(|connection| action(&mut **absent.insert(connection), &sent))
            }
        };
        match result {
            Ok(response) => {
                match control {
                    Some(Control::Begin) => state.in_transaction = true,
                    Some(Control::Commit | Control::Rollback) => state.in_transaction = false,
                    None => {}
                }
                let seconds = started.elapsed().as_secs_f64();
                let message = response.message.clone();
                (self.sink)(Notice::SqlDone { at, message, seconds });
                Ok(response)
            }
            Err(mut error) => {
                error.message = scrubbed(error.message);
                state.failure = Some(Failure { error: error.clone(), sql: sent });
                Err(error)
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.connection.take().is_some() {
            let at = state.at.take().unwrap_or_default();
            (self.sink)(Notice::Connection { at, step: ConnectionStep::Closed });
        }
    }
}

/// A statement that begins or ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Begin,
    Commit,
    Rollback,
}

impl Control {
    fn of(sql: &str) -> Option<Self> {
        let word = sql.trim().trim_end_matches(';').trim_end();
        let words = ["begin", "begin transaction", "commit", "rollback"];
        let at = words.iter().position(|known| word.eq_ignore_ascii_case(known))?;
        Some([Self::Begin, Self::Begin, Self::Commit, Self::Rollback][at])
    }
}

/// A statement with the query comment before it, or after it and before its final semicolon.
fn commented(sql: &str, comment: &str, append: bool) -> String {
    let comment = comment.trim();
    if comment.is_empty() {
        return sql.to_owned();
    }
    if !append {
        return format!("/* {comment} */\n{sql}");
    }
    let sql = sql.trim_end();
    match sql.strip_suffix(';') {
        Some(sql) => format!("{sql}\n/* {comment} */;"),
        None => format!("{sql}\n/* {comment} */"),
    }
}
