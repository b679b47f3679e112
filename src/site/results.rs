//! What came of each resource over the runs of several commands: the last result, and a few before it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::artifacts::read;
use crate::artifact::write_text;
use crate::diagnostic::Result;

/// By unique id: `status`, `seconds`, `failures`, `message`, `at`, and `history`, a list of `[at, seconds, status]`
/// with the newest at the end.
pub(super) const FILE: &str = "site/results.json";
const LAST: &str = "run_results.json";
/// How many results of a resource are kept.
const KEPT: usize = 20;

/// Adds the results of the last run to those that are known, so that a command without any of its own does
/// not make them forgotten.
///
/// # Errors
/// A file cannot be read or written.
pub fn keep_results(target: &Path) -> Result<()> {
    let Some(head) = read::<Head>(&target.join(LAST))? else { return Ok(()) };
    if !matches!(&*head.args.which, "build" | "run" | "test" | "seed" | "snapshot" | "retry") {
        return Ok(());
    }
    let last = read::<Last>(&target.join(LAST))?.unwrap_or_default();
    let mut known: BTreeMap<String, Value> = read(&target.join(FILE))?.unwrap_or_default();
    let mut is_news = false;
    for result in last.results {
        let at = result.timing.last().map_or(&last.metadata.generated_at, |timing| &timing.completed_at);
        let before = known.get(&result.unique_id);
        if before.is_some_and(|before| before["at"] == *at) {
            continue;
        }
        is_news = true;
        let mut history = before.and_then(|before| before["history"].as_array().cloned()).unwrap_or_default();
        history.push(json!([at, result.execution_time, result.status]));
        history.drain(..history.len().saturating_sub(KEPT));
        let entry = json!({
            "status": result.status,
            "seconds": result.execution_time,
            "failures": result.failures,
            "message": result.message,
            "at": at,
            "history": history,
        });
        known.insert(result.unique_id, entry);
    }
    if !is_news {
        return Ok(());
    }
    let known: Map<String, Value> = known.into_iter().collect();
    write_text(&target.join(FILE), &Value::Object(known).to_string())
}

/// What is read of a run before it is known whether its results count.
#[derive(Deserialize)]
struct Head {
    args: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    which: String,
}

#[derive(Default, Deserialize)]
struct Last {
    metadata: Metadata,
    results: Vec<RunResult>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    generated_at: Value,
}

#[derive(Deserialize)]
struct RunResult {
    unique_id: String,
    status: String,
    execution_time: f64,
    failures: Option<u64>,
    message: Option<String>,
    timing: Vec<Timing>,
}

#[derive(Deserialize)]
struct Timing {
    completed_at: Value,
}
