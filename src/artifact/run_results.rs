//! `run_results.json`, version 6: what came of each node, in the order they ended.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Metadata, Stamp, instant};
use crate::diagnostic::Result;
use crate::manifest::{BatchResults, Interval, Mapping, NodeResult, Timing, Value};

const SCHEMA: &str = "https://schemas.getdbt.com/dbt/run-results/v6.json";

/// Writes `run_results.json`, replacing it in one step.
///
/// # Errors
/// The file cannot be written.
pub fn write_run_results(
    path: &Path,
    stamp: &Stamp,
    results: &[NodeResult],
    elapsed_time: f64,
    args: &Mapping,
) -> Result<()> {
    let wire = RunResultsWire {
        metadata: Metadata::new(SCHEMA, stamp, NoExtra {}),
        results: results.iter().map(ResultWire::new).collect(),
        elapsed_time,
        args,
    };
    super::write(path, &wire)
}

/// A result as `results` shows it to hooks at the end of a run, without its node.
pub fn result_json(result: &NodeResult) -> Value {
    super::to_value(&ResultWire::new(result))
}

#[derive(Serialize)]
pub(super) struct NoExtra {}

#[derive(Serialize)]
struct RunResultsWire<'a> {
    metadata: Metadata<'a, NoExtra>,
    results: Vec<ResultWire<'a>>,
    elapsed_time: f64,
    args: &'a Mapping,
}

#[derive(Serialize)]
pub(super) struct ResultWire<'a> {
    status: &'static str,
    timing: Vec<TimingWire>,
    thread_id: &'a str,
    execution_time: f64,
    adapter_response: &'a Mapping,
    message: Option<&'a str>,
    failures: Option<u64>,
    unique_id: &'a str,
    compiled: Option<bool>,
    compiled_code: Option<&'a str>,
    relation_name: Option<&'a str>,
    batch_results: Option<BatchesWire>,
    overload_results: (),
}

/// Start and end of each batch.
#[derive(Serialize)]
struct BatchesWire {
    successful: Vec<[String; 2]>,
    failed: Vec<[String; 2]>,
}

impl BatchesWire {
    fn new(results: &BatchResults) -> Self {
        let wire = |all: &[Interval]| all.iter().map(ends).collect();
        Self { successful: wire(&results.successful), failed: wire(&results.failed) }
    }
}

/// Start and end, with an offset, as Python writes it, where other times of the file have a `Z`.
pub(super) fn ends(interval: &Interval) -> [String; 2] {
    [interval.start, interval.end].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false))
}

#[derive(Serialize)]
pub(super) struct TimingWire {
    name: &'static str,
    #[serde(serialize_with = "instant")]
    started_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    completed_at: DateTime<Utc>,
}

impl<'a> ResultWire<'a> {
    pub(super) fn new(result: &'a NodeResult) -> Self {
        // Seeds, exposures and saved queries hold no code, so whether they are compiled is no question.
        let has_code =
            !["seed.", "exposure.", "saved_query."].iter().any(|kind| result.unique_id.starts_with(kind));
        Self {
            status: result.status.as_str(),
            timing: result.timing.iter().map(TimingWire::new).collect(),
            thread_id: &result.thread_id,
            execution_time: result.execution_time,
            adapter_response: &result.adapter_response,
            message: result.message.as_deref(),
            failures: result.failures,
            unique_id: &result.unique_id,
            compiled: has_code.then_some(result.compiled),
            compiled_code: result.compiled_code.as_deref().filter(|_| has_code),
            relation_name: result.relation_name.as_deref().filter(|_| has_code),
            batch_results: result.batch_results.as_ref().map(BatchesWire::new),
            overload_results: (),
        }
    }
}

impl TimingWire {
    pub(super) fn new(timing: &Timing) -> Self {
        Self { name: timing.name, started_at: timing.started_at, completed_at: timing.completed_at }
    }
}
