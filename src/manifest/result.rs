//! What came of a node.

use chrono::{DateTime, Utc};

use super::{BatchResults, Mapping, UniqueId};
use crate::diagnostic::Diagnostic;

/// How a node ended, in the words of `run_results.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "dbt's own words")]
pub enum Status {
    Success,
    Error,
    Skipped,
    PartialSuccess,
    NoOp,
    Pass,
    Fail,
    Warn,
    RuntimeError,
}

impl Status {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::PartialSuccess => "partial success",
            Self::NoOp => "no-op",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::RuntimeError => "runtime error",
        }
    }

    /// Whether it makes the command exit with 1 and its descendants be skipped.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Fail | Self::RuntimeError | Self::PartialSuccess)
    }
}

/// One stage of a node's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// `compile` or `execute`.
    pub name: &'static str,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub completed_at: DateTime<Utc>,
}

/// How old the data of a source table is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Age {
    /// When a row was loaded last; the first moment of the first year where there is none.
    pub max_loaded_at: DateTime<Utc>,
    /// When the warehouse was asked.
    pub snapshotted_at: DateTime<Utc>,
    /// Seconds from one to the other.
    pub seconds: f64,
}

/// What came of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeResult {
    /// The node.
    pub unique_id: UniqueId,
    /// How it ended.
    pub status: Status,
    /// Stages that ran.
    pub timing: Vec<Timing>,
    /// The worker, `Thread-1` on.
    pub thread_id: String,
    /// Seconds in all.
    pub execution_time: f64,
    /// What the warehouse said, as `adapter_response` is written.
    pub adapter_response: Mapping,
    /// One line for people; the error where there is one.
    pub message: Option<String>,
    /// Failing rows of a test.
    pub failures: Option<u64>,
    /// Whether the node was compiled.
    pub compiled: bool,
    /// Its SQL.
    pub compiled_code: Option<String>,
    /// The ephemeral models that were put into its SQL, each as ` name as (…)`, in order.
    pub extra_ctes: Vec<(UniqueId, String)>,
    /// Its relation, rendered.
    pub relation_name: Option<String>,
    /// What came of its batches, where it is built in batches.
    pub batch_results: Option<BatchResults>,
    /// How old it is: of a source table.
    pub age: Option<Age>,
    /// Why it failed.
    pub diagnostic: Option<Box<Diagnostic>>,
}

impl NodeResult {
    /// When its first stage began.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.timing.first().map(|timing| timing.started_at)
    }

    /// When its last stage ended.
    pub fn completed_at(&self) -> Option<DateTime<Utc>> {
        self.timing.last().map(|timing| timing.completed_at)
    }
}
