//! `sources.json`, version 3: how old the data of source tables is.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::run_results::{NoExtra, TimingWire};
use super::{Metadata, Stamp, resource};
use crate::diagnostic::Result;
use crate::manifest::{Age, Manifest, Mapping, NodeResult, Source, Value};

const SCHEMA: &str = "https://schemas.getdbt.com/dbt/sources/v3.json";

/// Writes `sources.json`, replacing it in one step. As in dbt, tables that could not be asked are not in it.
///
/// # Errors
/// The file cannot be written.
pub fn write_sources(
    path: &Path,
    stamp: &Stamp,
    manifest: &Manifest,
    results: &[NodeResult],
    elapsed_time: f64,
) -> Result<()> {
    let results = results.iter().filter_map(|result| {
        let source = manifest.sources.get(&result.unique_id)?;
        Some(SourceResultWire::new(source, result, result.age.as_ref()?))
    });
    let wire = SourcesWire {
        metadata: Metadata::new(SCHEMA, stamp, NoExtra {}),
        results: results.collect(),
        elapsed_time,
    };
    super::write(path, &wire)
}

#[derive(Serialize)]
struct SourcesWire<'a> {
    metadata: Metadata<'a, NoExtra>,
    results: Vec<SourceResultWire<'a>>,
    elapsed_time: f64,
}

#[derive(Serialize)]
struct SourceResultWire<'a> {
    unique_id: &'a str,
    max_loaded_at: String,
    snapshotted_at: String,
    max_loaded_at_time_ago_in_s: f64,
    status: &'static str,
    criteria: Option<&'a Value>,
    adapter_response: &'a Mapping,
    timing: Vec<TimingWire>,
    thread_id: &'a str,
    execution_time: f64,
}

impl<'a> SourceResultWire<'a> {
    fn new(source: &'a Source, result: &'a NodeResult, age: &Age) -> Self {
        // With an offset, as Python writes it, where other times of the file have a `Z`.
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, false);
        Self {
            unique_id: &result.unique_id,
            max_loaded_at: stamp(age.max_loaded_at),
            snapshotted_at: stamp(age.snapshotted_at),
            max_loaded_at_time_ago_in_s: age.seconds,
            status: result.status.as_str(),
            criteria: resource::freshness(source),
            adapter_response: &result.adapter_response,
            timing: result.timing.iter().map(TimingWire::new).collect(),
            thread_id: &result.thread_id,
            execution_time: result.execution_time,
        }
    }
}
