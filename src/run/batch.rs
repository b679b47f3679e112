//! A microbatch model, built slice by slice: each slice is a copy of the model that knows its batch, and runs
//! as any model does.
//!
//! The first batch makes the table where there is none, so nothing runs beside it; the last runs the hooks
//! that come after the model. Those in between may run at the same time: the model's own worker takes
//! one after the other, and workers without a node help it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{NaiveDateTime, Utc};
use crossbeam_channel::{Receiver, Sender, unbounded};
use serde_json::json;

use super::microbatch::{Size, Window};
use super::scheduler::Report;
use super::work::{Worker, comment, timing};
use super::{Action, Place, Plan, fault};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::jinja::{Phase, Scope, Stage, iso_datetime, mentions_this};
use crate::manifest::{Batch, BatchResults, Interval, Node, NodeResult, Status};
use crate::relation::RelationKind;

/// What the model's table is now: nothing, or its kind.
const TABLE: &str = "{%- set found = adapter.get_relation(this.database, this.schema, this.identifier) -%}\
                     {{ found.type if found else '' }}";

/// The batches of one model that may run at the same time, for every worker to take from.
#[derive(Debug)]
pub(super) struct Shared {
    batches: Arc<Batches>,
    waiting: Receiver<usize>,
    done: Sender<(usize, NodeResult)>,
}

/// The batches of one model in order.
#[derive(Debug)]
struct Batches {
    node: Arc<Node>,
    slices: Vec<Interval>,
    size: Size,
    /// Whether the model is there already, so that its first batch adds to it.
    is_incremental: bool,
    /// Set when no more of them are to run.
    stopped: AtomicBool,
}

impl Shared {
    /// Whether every batch was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Runs one batch, if one is left.
    pub(super) fn help(&self, worker: &Worker<'_>) -> bool {
        let Ok(at) = self.waiting.try_recv() else { return false };
        let result = worker.run_batch(&self.batches, at);
        // The model's worker waits for this, so it is there to receive.
        let _ = self.done.send((at, result));
        true
    }
}

impl Batches {
    fn place(&self, at: usize) -> Place {
        Place { index: at + 1, total: self.slices.len() }
    }

    /// The model for one batch: hooks before the model belong to the first, hooks after it to the last.
    fn model(&self, at: usize) -> Node {
        let interval = self.slices[at].clone();
        let name = self.size.name(interval.start);
        let batch = Batch { interval, name, is_incremental: at > 0 || self.is_incremental };
        let mut node = Node { batch: Some(Arc::new(batch)), ..(*self.node).clone() };
        let mut drop_hooks = |key: &str| node.config.0.insert(key.to_owned(), json!([]));
        if at > 0 {
            drop_hooks("pre-hook");
        }
        if at + 1 < self.slices.len() {
            drop_hooks("post-hook");
        }
        node
    }
}

impl Plan {
    /// Whether a node is built in batches now: a microbatch model, unless the project has a strategy of its own
    /// for it and says that it is not made for batches.
    pub(super) fn runs_in_batches(&self, node: &Node) -> bool {
        let own_strategy = || {
            let root = &self.jinja.globals().project_name;
            let found = self.jinja.registry().find("get_incremental_microbatch_sql", root);
            found.is_some_and(|found| found.package_name != "dbt")
        };
        self.action == Action::Build
            && node.is_microbatch()
            && node.batch.is_none()
            && (self.flag("REQUIRE_BATCHED_EXECUTION_FOR_CUSTOM_MICROBATCH_STRATEGY") || !own_strategy())
    }
}

impl Worker<'_> {
    /// Builds a microbatch model.
    pub(super) fn run_batches(&self, node: &Arc<Node>) -> NodeResult {
        let (start, clock) = (Instant::now(), Utc::now());
        let compiled = timing("compile", clock);
        let clock = Utc::now();
        let outcome = self.cut(node).map(|batches| self.run_all(&Arc::new(batches)));
        let outcome = outcome.and_then(|result| {
            if result.status == Status::Success {
                self.point_to_latest(node)?;
            }
            Ok(result)
        });
        self.session.rollback();
        let mut result = outcome.unwrap_or_else(|error| {
            fault::failed(node, self.thread, fault::diagnose(*error, &self.session, node, None, self.plan))
        });
        result.timing = vec![compiled, timing("execute", clock)];
        result.execution_time = start.elapsed().as_secs_f64();
        result
    }

    /// Cuts the model's time into slices.
    fn cut(&self, node: &Arc<Node>) -> Result<Batches> {
        self.session.begin_node(Some(Arc::clone(&node.unique_id)), comment(self.plan, Some(node))?);
        self.session.enter(Stage::Compiling);
        let scope = Arc::new(Scope {
            phase: Phase::Run,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(&self.plan.manifest)),
            session: Some(Arc::clone(&self.session)),
            ..Scope::parse(node.package_name.clone())
        });
        let found = RelationKind::parse(&self.plan.jinja.render_text(TABLE, None, &scope)?);
        let full_refresh = node.config.flag("full_refresh").unwrap_or_else(|| self.plan.flag("FULL_REFRESH"));
        let is_incremental = found == Some(RelationKind::Table) && !full_refresh;
        // Parsing has refused models without these.
        let missing = |key: &str| {
            let message = format!("Microbatch model '{}' requires a '{key}' configuration.", node.name);
            Box::new(Diagnostic::error(Code::MicrobatchInvalid, message).label_opt(node.patch_span, ""))
        };
        let size =
            node.config.text("batch_size").and_then(Size::parse).ok_or_else(|| missing("batch_size"))?;
        let begin = node.config.text("begin").and_then(iso_datetime).ok_or_else(|| missing("begin"))?;
        if let Some(before) = self.plan.leftover.batches.get(&node.unique_id) {
            let slices = before.failed.clone();
            return Ok(Batches {
                node: Arc::clone(node),
                slices,
                size,
                is_incremental: true,
                stopped: AtomicBool::new(false),
            });
        }
        let lookback = node.config.get("lookback").and_then(serde_json::Value::as_i64).unwrap_or(1);
        let globals = self.plan.jinja.globals();
        let asked = |name: &str| -> Option<NaiveDateTime> {
            let text = globals.flags.get(name)?.as_str()?;
            iso_datetime(text).map(|(at, _)| at)
        };
        let asked = match globals.sample() {
            Some(sample) => (Some(sample.start.naive_utc()), Some(sample.end.naive_utc())),
            None => (asked("EVENT_TIME_START"), asked("EVENT_TIME_END")),
        };
        let window = Window {
            size,
            begin: begin.0,
            lookback: u32::try_from(lookback.max(0)).unwrap_or(u32::MAX),
            asked,
            now: self.plan.leftover.started_at.unwrap_or(globals.run_started_at),
            is_incremental,
        };
        let (node, slices) = (Arc::clone(node), window.slices());
        Ok(Batches { node, slices, size, is_incremental, stopped: AtomicBool::new(false) })
    }

    /// Runs every batch and says what came of the model.
    fn run_all(&self, batches: &Arc<Batches>) -> NodeResult {
        let (node, slices) = (Arc::clone(&batches.node), batches.slices.clone());
        self.report(Report::BatchesBegin { node, slices });
        let last = batches.slices.len() - 1;
        let mut results = vec![(0, self.run_batch(batches, 0))];
        if results[0].1.status != Status::Success {
            batches.stopped.store(true, Ordering::Relaxed);
        }
        let between = 1..last.max(1);
        let node = &batches.node;
        let at_once =
            node.config.flag("concurrent_batches").unwrap_or_else(|| !mentions_this(&node.raw_code));
        if at_once && between.len() > 1 && !batches.stopped.load(Ordering::Relaxed) {
            let (give, waiting) = unbounded();
            let (done, finished) = unbounded();
            // The other ends of both channels are at hand, so nothing that is sent is lost.
            for at in between.clone() {
                let _ = give.send(at);
            }
            let shared = Arc::new(Shared { batches: Arc::clone(batches), waiting, done });
            self.report(Report::Shared(Arc::clone(&shared)));
            while shared.help(self) {}
            results.extend(finished.iter().take(between.len()));
        } else {
            results.extend(between.map(|at| (at, self.run_batch(batches, at))));
        }
        if last > 0 {
            results.push((last, self.run_batch(batches, last)));
        }
        results.sort_by_key(|(at, _)| *at);
        self.merged(batches, results)
    }

    /// Runs one batch, unless an earlier one ended the model.
    fn run_batch(&self, batches: &Batches, at: usize) -> NodeResult {
        let node = Arc::new(batches.model(at));
        let place = batches.place(at);
        let stopping = self.stopping.load(Ordering::Relaxed) || self.plan.is_cancelled();
        let result = if stopping || batches.stopped.load(Ordering::Relaxed) {
            let message = Some("SKIPPED".to_owned());
            NodeResult { message, ..fault::blank(&node, self.thread, Status::Skipped) }
        } else {
            let thread = self.thread.to_owned();
            self.report(Report::BatchStarted { node: Arc::clone(&node), thread, place });
            let ran = catch_unwind(AssertUnwindSafe(|| self.run(&node)));
            ran.unwrap_or_else(|panic| fault::panicked(&node.unique_id, self.thread, &*panic))
        };
        let interrupted = result.diagnostic.as_ref().is_some_and(|error| error.code == Code::Cancelled);
        if interrupted || (self.plan.fail_fast && result.status.is_failure()) {
            batches.stopped.store(true, Ordering::Relaxed);
        }
        self.report(Report::BatchFinished { node, result: Box::new(result.clone()), place });
        result
    }

    /// What came of the model, in dbt's words.
    fn merged(&self, batches: &Batches, results: Vec<(usize, NodeResult)>) -> NodeResult {
        let mut split = BatchResults::default();
        let mut diagnostic = None;
        for (at, result) in results {
            let good = result.status == Status::Success;
            let list = if good { &mut split.successful } else { &mut split.failed };
            list.push(batches.slices[at].clone());
            diagnostic = diagnostic.or(result.diagnostic);
        }
        let (good, all) = (split.successful.len(), batches.slices.len());
        let (status, message) = match good {
            _ if good == all => (Status::Success, "SUCCESS".to_owned()),
            0 => {
                // The run may end before the first batch begins.
                let cancelled = || Box::new(Diagnostic::error(Code::Cancelled, "no batch was begun"));
                diagnostic.get_or_insert_with(cancelled);
                (Status::Error, "ERROR".to_owned())
            }
            _ => (Status::PartialSuccess, format!("PARTIAL SUCCESS ({good}/{all})")),
        };
        // What an earlier run built stays built.
        if let Some(before) = self.plan.leftover.batches.get(&batches.node.unique_id) {
            split.successful.extend(before.successful.iter().cloned());
        }
        NodeResult {
            message: Some(message),
            failures: Some(0),
            batch_results: Some(split),
            diagnostic,
            ..fault::blank(&batches.node, self.thread, status)
        }
    }
}
