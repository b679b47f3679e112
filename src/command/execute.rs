//! A run from plan to artifacts: tells the console of each step and writes what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indexmap::IndexMap;

use super::load::{self, Loaded};
use super::openlineage::{self, Emitter};
use super::retry::Retry;
use super::{Failure, Invocation, Verdict, report};
use crate::artifact::{Extent, Journal, write_run_results};
use crate::console::{Event, Origin, Place, Report, Subject, bystander, finished_line};
use crate::manifest::{HookKind, NodeResult, Status, UniqueId};
use crate::run::{self, Action, Comment, Outcome, Plan};

/// What takes part, each with those that must be done before it.
pub(super) type Steps = IndexMap<UniqueId, Vec<UniqueId>>;

/// Runs nodes to their end, with everything that is said and written about it.
///
/// # Errors
/// What ended the run besides failing nodes.
pub(super) fn build(
    invocation: &Invocation,
    loaded: &Loaded,
    steps: Steps,
    action: Action,
) -> Result<(Verdict, Vec<NodeResult>), Failure> {
    let started = Instant::now();
    let lineage = openlineage::open(invocation, loaded)?;
    let outcome = run(invocation, loaded, steps, action, lineage.as_ref())?;
    if let Some(lineage) = lineage {
        lineage.end(invocation, !outcome.has_failures() && outcome.fatal.is_none() && !outcome.cancelled)?;
    }
    let elapsed = started.elapsed().as_secs_f64();
    if action == Action::Build && !outcome.results.is_empty() {
        invocation.console.emit(Event::blank());
        let console = &invocation.console;
        console.emit(finished_line(&loaded.manifest, &outcome.results, elapsed));
        if console.tells_programs() {
            console.tell_programs(Event::end_result(&outcome.results, elapsed));
        }
    }
    let extent = if action == Action::Build { Extent::Built } else { Extent::Compiled };
    write(invocation, loaded, &outcome, elapsed, extent)?;
    if let Some(fatal) = outcome.fatal {
        return Err(vec![*fatal]);
    }
    let report = Report {
        look: invocation.console.look(),
        manifest: &loaded.manifest,
        sources: &invocation.sources,
        database: loaded.database(),
        target_folder: &loaded.target_folder,
        interrupted: outcome.cancelled,
    };
    for event in report.events(&outcome.results) {
        invocation.console.emit(event);
    }
    invocation.hold()?;
    let failed = outcome.cancelled || outcome.has_failures();
    let verdict = if failed { Verdict::Failed } else { Verdict::Passed };
    Ok((verdict, outcome.results))
}

/// Compiles nodes; one that cannot be compiled ends the command.
///
/// # Errors
/// Every mistake of every node.
pub(super) fn compile(invocation: &Invocation, loaded: &Loaded, steps: Steps) -> Result<Outcome, Failure> {
    let outcome = run(invocation, loaded, steps, Action::Compile, None)?;
    if let Some(fatal) = outcome.fatal {
        return Err(vec![*fatal]);
    }
    invocation.hold()?;
    let mistakes: Failure = outcome
        .results
        .iter()
        .filter(|r| r.status != Status::Skipped)
        .filter_map(|r| r.diagnostic.as_deref().cloned())
        .collect();
    if mistakes.is_empty() { Ok(outcome) } else { Err(mistakes) }
}

/// Runs a plan, saying what happens as it does.
///
/// # Errors
/// Nothing is selected where that counts as an error.
pub(super) fn run(
    invocation: &Invocation,
    loaded: &Loaded,
    steps: Steps,
    action: Action,
    lineage: Option<&Emitter>,
) -> Result<Outcome, Failure> {
    let console = &invocation.console;
    console.emit(Event::blank());
    if steps.is_empty() {
        load::mention(invocation, Event::nothing_to_do())?;
        return Ok(Outcome::default());
    }
    let threads = loaded.threads(&invocation.flags);
    console.emit(Event::concurrency(threads, &loaded.profile.target, steps.len()));
    console.emit(Event::blank());
    remember_selection(loaded, &steps);
    let plan = Plan {
        action,
        manifest: Arc::clone(&loaded.manifest),
        jinja: Arc::clone(&loaded.jinja),
        steps,
        threads,
        fail_fast: invocation.flags.fail_fast,
        warn_error: console.policy().fails_warning_tests(),
        comment: comment(loaded),
        target_path: loaded.target_folder.clone().into(),
        leftover: invocation.retry.as_ref().map(Retry::leftover).unwrap_or_default(),
        cancel: cancel_on_interrupt(loaded),
    };
    let mut journal = journal(invocation, loaded, &plan)?;
    let outcome = run::run(&plan, &mut |event| {
        if let Some(journal) = &mut journal {
            note(journal, &event);
        }
        if let Some(lineage) = lineage {
            trace(lineage, loaded, &event);
        }
        say(invocation, loaded, action, event);
    });
    console.finish();
    Ok(outcome)
}

/// Writes what came of something into the journal.
fn note(journal: &mut Journal, event: &run::Event<'_>) {
    match event {
        run::Event::Finished { result, .. } => journal.add(result),
        run::Event::BatchesBegin { node, slices } => journal.begin_batches(&node.unique_id, slices),
        run::Event::BatchFinished { node, result, .. } if result.status == Status::Success => {
            if let Some(batch) = &node.batch {
                journal.add_batch(&node.unique_id, &batch.interval);
            }
        }
        _ => {}
    }
}

/// The journal of a run that does something, for a later one to take up if this one is killed.
fn journal(invocation: &Invocation, loaded: &Loaded, plan: &Plan) -> Result<Option<Journal>, Failure> {
    if !matches!(plan.action, Action::Build | Action::Clone) || !invocation.flags.write_json {
        return Ok(None);
    }
    let is_reported = |id: &&UniqueId| loaded.manifest.nodes.get(*id).is_none_or(|node| !node.is_ephemeral());
    let planned = plan.steps.keys().filter(is_reported);
    let args = invocation.flags.for_artifacts(&loaded.cli_vars);
    Journal::begin(&loaded.target(invocation), &invocation.stamp, &args, planned)
        .map(Some)
        .map_err(|error| vec![*error])
}

/// What templates see as `selected_resources`.
fn remember_selection(loaded: &Loaded, steps: &Steps) {
    let names = steps.keys().map(UniqueId::clone).collect();
    let globals = loaded.jinja.globals();
    *globals.selected_resources.write().unwrap_or_else(std::sync::PoisonError::into_inner) = names;
}

fn comment(loaded: &Loaded) -> Option<Comment> {
    let written = &loaded.project.root().query_comment;
    let template = written.comment.clone()?;
    Some(Comment { template, append: written.append, at: None })
}

/// The first interrupt stops what runs and skips the rest; what is half done is rolled back.
fn cancel_on_interrupt(loaded: &Loaded) -> Arc<AtomicBool> {
    let cancel = Arc::new(AtomicBool::new(false));
    let (flag, adapter) = (Arc::clone(&cancel), Arc::clone(&loaded.adapter));
    // Without a handler an interrupt ends the process at once, which is safe, if less polite.
    let _ = ctrlc::set_handler(move || {
        flag.store(true, Ordering::Relaxed);
        adapter.cancel();
    });
    cancel
}

/// Turns what happens into lines, and moves the live bar.
fn say(invocation: &Invocation, loaded: &Loaded, action: Action, event: run::Event<'_>) {
    let console = &invocation.console;
    let of = |node| Subject { node, manifest: &loaded.manifest, database: loaded.database() };
    let subject = |id: &UniqueId| loaded.manifest.node(id).map(|node| of(&**node));
    let source = |id: &UniqueId| loaded.manifest.sources.get(id).map(|source| Origin(source));
    match event {
        run::Event::HooksBegin(HookKind::End) | run::Event::HooksEnd(HookKind::Start) => {
            console.emit(Event::blank());
        }
        run::Event::HooksBegin(HookKind::Start)
        | run::Event::HooksEnd(HookKind::End)
        | run::Event::BatchesBegin { .. } => {}
        run::Event::NodesBegin { total } => console.begin(total),
        run::Event::NodesEnd => console.finish(),
        run::Event::Started { id, thread, place } => {
            if let Some(source) = source(id) {
                console.start(id, &source.0.name, source.started(console.look(), at(place)).by(thread));
            }
            let Some(subject) = subject(id) else { return };
            console.emit(subject.begun().by(thread));
            if matches!(action, Action::Build | Action::Freshness) {
                let line = subject.started(console.look(), at(place)).by(thread);
                console.start(id, &subject.node.name, line);
            }
        }
        run::Event::BatchStarted { node, thread, place } => {
            if !console.is_live() {
                console.emit(of(node).batch_started(console.look(), at(place)).by(thread));
            }
        }
        run::Event::BatchFinished { node, result, place } => {
            let why = of(node).batch_failed(console.look(), result, &invocation.sources);
            let ended = of(node).batch_finished(console.look(), at(place), result);
            for event in why.into_iter().chain([ended]) {
                console.emit(event.by(&result.thread_id));
            }
        }
        run::Event::Finished { result, place } => {
            if let Some(source) = source(&result.unique_id) {
                let line = source.finished(console.look(), at(place), result).by(&result.thread_id);
                return console.end(&result.unique_id, line);
            }
            let Some(subject) = subject(&result.unique_id) else {
                let line = bystander(console.look(), at(place), &result.unique_id, result.status);
                console.end(&result.unique_id, line);
                return;
            };
            if matches!(action, Action::Build | Action::Freshness) {
                let line = subject.finished(console.look(), at(place), result).by(&result.thread_id);
                console.end(&result.unique_id, line);
            }
            console.emit(subject.released(result).by(&result.thread_id));
        }
    }
}

/// Passes on which nodes start and end.
fn trace(lineage: &Emitter, loaded: &Loaded, event: &run::Event<'_>) {
    let node = |id: &UniqueId| loaded.manifest.nodes.get(id);
    match event {
        run::Event::Started { id, .. } => {
            if let Some(node) = node(id) {
                lineage.started(node, loaded);
            }
        }
        run::Event::Finished { result, .. } => {
            if let Some(node) = node(&result.unique_id) {
                lineage.finished(node, result, loaded);
            }
        }
        _ => {}
    }
}

fn at(place: run::Place) -> Place {
    Place { index: place.index, total: place.total }
}

/// Writes `run_results.json`, and `manifest.json` once more with what is known now.
pub(super) fn write(
    invocation: &Invocation,
    loaded: &Loaded,
    outcome: &Outcome,
    elapsed: f64,
    extent: Extent,
) -> Result<(), Failure> {
    report::remember(invocation, &loaded.manifest, &outcome.results);
    if !invocation.flags.write_json {
        return Ok(());
    }
    let path = loaded.target(invocation).join("run_results.json");
    let args = invocation.flags.for_artifacts(&loaded.cli_vars);
    write_run_results(&path, &invocation.stamp, &outcome.results, elapsed, &args)
        .map_err(|error| vec![*error])?;
    invocation.console.emit(Event::artifact("RunExecutionResult", &path.display().to_string()));
    loaded.write_manifest(invocation, outcome, extent)
}
