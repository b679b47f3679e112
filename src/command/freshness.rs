//! `teal source freshness`: how old the data of the selected sources is.

use std::path::PathBuf;
use std::time::Instant;

use super::execute::{self, Steps};
use super::load::Loaded;
use super::select::{self, Purpose};
use super::{Failure, Invocation, Verdict};
use crate::artifact::write_sources;
use crate::console::{Event, Origin, finished_line};
use crate::run::Action;

/// Asks every selected source that has thresholds, and writes what came of it.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let selected = select::selection(invocation, loaded, select::SOURCES, Purpose::Run)?;
    let manifest = &loaded.manifest;
    let checked = selected.into_iter().filter(|id| manifest.sources.get(id).is_some_and(|s| s.is_checked()));
    let mut steps: Steps = select::independent(checked);
    steps.sort_unstable_keys();
    let started = Instant::now();
    let outcome = execute::run(invocation, loaded, steps, Action::Freshness, None)?;
    let elapsed = started.elapsed().as_secs_f64();
    let console = &invocation.console;
    if !outcome.results.is_empty() {
        console.emit(Event::blank());
        console.emit(finished_line(manifest, &outcome.results, elapsed));
    }
    if invocation.flags.write_json {
        let asked = invocation.flags.text("output").map(PathBuf::from);
        let path = asked.unwrap_or_else(|| loaded.target(invocation).join("sources.json"));
        write_sources(&path, &invocation.stamp, manifest, &outcome.results, elapsed)
            .map_err(|error| vec![*error])?;
        console.emit(Event::artifact("FreshnessExecutionResultArtifact", &path.display().to_string()));
    }
    if let Some(fatal) = outcome.fatal {
        return Err(vec![*fatal]);
    }
    for result in outcome.results.iter().filter(|result| result.status.is_failure()) {
        let Some(source) = manifest.sources.get(&result.unique_id) else { continue };
        for event in Origin(source).failure(console.look(), &invocation.sources, result) {
            console.emit(event);
        }
    }
    console.emit(Event::freshness_done());
    invocation.hold()?;
    let failed = outcome.cancelled || outcome.has_failures();
    Ok(if failed { Verdict::Failed } else { Verdict::Passed })
}
