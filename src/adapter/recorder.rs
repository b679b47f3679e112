//! An adapter without a warehouse: it records statements, for `--dry-run` and for golden files of SQL.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Adapter, ColumnInfo, Connection, Policy, PythonJob, Response, Result, Rows, Said, Settings, Shadow, Table,
};
use crate::relation::Relation;

/// Speaks as one warehouse does and records what it is asked; clones share one record.
///
/// Every statement succeeds and every query is empty, so templates take the path of a first run.
#[derive(Debug, Clone)]
pub struct Recorder {
    name: &'static str,
    target: Settings,
    quoting: Policy,
    statements: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// A recorder in the place of an adapter, which stays unopened.
    pub fn instead_of(adapter: &dyn Adapter) -> Self {
        Self {
            name: adapter.name(),
            target: adapter.target(),
            quoting: adapter.quoting(),
            statements: Arc::default(),
        }
    }

    /// Everything recorded so far, in the order it came.
    pub fn statements(&self) -> Vec<String> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, statement: impl Into<String>) {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).push(statement.into());
    }
}

impl Adapter for Recorder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn target(&self) -> Settings {
        self.target.clone()
    }

    fn quoting(&self) -> Policy {
        self.quoting
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(self.clone()))
    }

    fn shadow(&self) -> Result<Option<Box<dyn Shadow>>> {
        Ok(None)
    }

    fn cancel(&self) {}

    fn close(&self) {}
}

impl Connection for Recorder {
    fn execute(&mut self, sql: &str) -> Result<Response> {
        self.record(sql);
        Ok(Response { message: "OK".to_owned(), ..Response::default() })
    }

    fn query(&mut self, sql: &str, _limit: Option<usize>) -> Result<(Response, Table)> {
        Ok((self.execute(sql)?, Table::default()))
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<ColumnInfo>> {
        self.record(format!("-- describe\n{sql}"));
        Ok(Vec::new())
    }

    fn load(&mut self, relation: &Relation, rows: &dyn Rows) -> Result<u64> {
        let columns: Vec<_> = rows.columns().iter().map(|column| column.name.as_str()).collect();
        let count = rows.count();
        self.record(format!("-- load {count} rows into {relation} ({})", columns.join(", ")));
        Ok(count as u64)
    }

    fn run_python(&mut self, job: &PythonJob, _: &mut dyn FnMut(Said)) -> Result<Response> {
        self.record(format!("-- python {}\n{}", job.file, job.script));
        Ok(Response { message: "OK".to_owned(), ..Response::default() })
    }
}
