//! `run_results.jsonl`: each result on a line of its own as soon as it is there, so that a run that is killed
//! leaves what it had. The first line says which nodes were to run and with what arguments.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::run_results::{ResultWire, ends};
use super::state::{self, Instant, RunResults, StateResult};
use super::{Stamp, instant};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::manifest::{BatchResults, Interval, Mapping, NodeResult, Status, UniqueId};

/// The file's name in the target folder.
pub(super) const FILE: &str = "run_results.jsonl";

/// The journal of a run that goes on.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

#[derive(Serialize)]
struct PlanWire<'a> {
    invocation_id: &'a str,
    #[serde(serialize_with = "instant")]
    invocation_started_at: DateTime<Utc>,
    args: &'a Mapping,
    planned: Vec<&'a UniqueId>,
}

#[derive(Default, Deserialize)]
struct ReadPlan {
    invocation_id: String,
    invocation_started_at: Option<Instant>,
    args: Mapping,
    planned: Vec<String>,
}

impl Journal {
    /// Begins the journal of a run in place of the last one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin<'a>(
        folder: &Path,
        stamp: &Stamp,
        args: &Mapping,
        planned: impl IntoIterator<Item = &'a UniqueId>,
    ) -> Result<Self> {
        let path = folder.join(FILE);
        let plan = PlanWire {
            invocation_id: &stamp.invocation_id,
            invocation_started_at: stamp.started_at,
            args,
            planned: planned.into_iter().collect(),
        };
        super::write(&path, &plan)?;
        let attempt = || {
            let mut file = File::options().append(true).open(&path)?;
            file.write_all(b"\n")?;
            Ok(file)
        };
        let file = attempt().map_err(|error: std::io::Error| {
            let message = format!("cannot write `{}`: {error}", path.display());
            Box::new(Diagnostic::error(Code::FileAccess, message))
        })?;
        Ok(Self { file })
    }

    /// Adds a result.
    pub fn add(&mut self, result: &NodeResult) {
        self.write(&ResultWire::new(result));
    }

    /// Adds into which batches a model was cut.
    pub fn begin_batches(&mut self, unique_id: &UniqueId, slices: &[Interval]) {
        self.write(&BatchesLine { unique_id, batches: slices.iter().map(ends).collect() });
    }

    /// Adds a batch that was built.
    pub fn add_batch(&mut self, unique_id: &UniqueId, interval: &Interval) {
        self.write(&BatchLine { unique_id, batch: ends(interval) });
    }

    /// Writes a line. It is with the system when this returns, so that no signal can take it away. A journal that
    /// cannot be written ends no run: `run_results.json` tells the same at its end.
    fn write(&mut self, line: &impl Serialize) {
        let mut line = super::scrubbed(super::to_value(line)).to_string();
        line.push('\n');
        let _ = self.file.write_all(line.as_bytes());
    }
}

#[derive(Serialize)]
struct BatchesLine<'a> {
    unique_id: &'a UniqueId,
    batches: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct BatchLine<'a> {
    unique_id: &'a UniqueId,
    batch: [String; 2],
}

/// A line after the first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Batches { unique_id: String, batches: Vec<[Instant; 2]> },
    Batch { unique_id: String, batch: [Instant; 2] },
    Result(state::ResultWire),
}

/// Reads a journal; nothing where there is none.
///
/// # Errors
/// [`Code::StateInvalid`] where its first line is no plan.
pub(super) fn read(path: &Path) -> Result<Option<RunResults>> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    let mut lines = text.lines();
    let plan: ReadPlan = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|error| {
        let message = format!("Could not read the journal at \"{}\": {error}", path.display());
        Box::new(Diagnostic::error(Code::StateInvalid, message).help("remove it and run the command again"))
    })?;
    let mut results: IndexMap<String, StateResult> = IndexMap::new();
    let mut begun: IndexMap<String, BatchResults> = IndexMap::new();
    // The last line may have been cut off together with the run.
    for line in lines.map_while(|line| serde_json::from_str(line).ok()) {
        match line {
            Line::Result(wire) => {
                results.insert(wire.unique_id.clone(), wire.into());
            }
            Line::Batches { unique_id, batches } => {
                begun.entry(unique_id).or_default().failed =
                    batches.into_iter().map(state::interval).collect();
            }
            Line::Batch { unique_id, batch } => {
                begun.entry(unique_id).or_default().successful.push(state::interval(batch));
            }
        }
    }
    // A model that was killed between its batches was built in part.
    for (unique_id, mut batches) in begun {
        let built: HashSet<&Interval> = batches.successful.iter().collect();
        batches.failed.retain(|interval| !built.contains(interval));
        let in_part = || StateResult {
            unique_id: unique_id.clone(),
            status: Status::PartialSuccess.as_str().to_owned(),
            batches: Some(batches),
        };
        results.entry(unique_id.clone()).or_insert_with(in_part);
    }
    let unfinished = plan.planned.into_iter().filter(|id| !results.contains_key(id)).collect();
    Ok(Some(RunResults {
        invocation_id: plan.invocation_id,
        started_at: plan.invocation_started_at.map(Into::into),
        args: plan.args,
        unfinished,
        results: results.into_values().collect(),
    }))
}
