//! Builds the selected nodes: parents first, several at once, what is below a failure left out.
//!
//! In reading order: `queue` says what is ready, `scheduler` hands it to workers, `work` takes one
//! node from template to result, `freshness` asks how old a source is, `batch` a microbatch model slice by slice, which
//! `microbatch` cuts, `pointer` shows the latest version of a model, `data_test` judges tests, `unit_test` unit tests by
//! the `difference` of two tables, `seed` and `infer` read CSV files, `clone` copies relations of another environment,
//! `hook` runs the project's hooks, `prepare` makes schemas, `fault` turns errors into results.

mod batch;
mod clone;
mod data_test;
mod difference;
mod fault;
mod freshness;
mod hook;
mod infer;
mod microbatch;
mod pointer;
mod prepare;
mod queue;
mod scheduler;
mod seed;
mod unit_test;
mod work;

pub use fault::from_warehouse;
pub use seed::columns as seed_columns;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use crate::adapter::Adapter;
use crate::diagnostic::{Diagnostic, Span};
use crate::jinja::{Jinja, RelationCache, Session};
use crate::manifest::{
    BatchResults, HookKind, Interval, Manifest, Node, NodeResult, Source, Status, UniqueId,
};

/// What is done with each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Compiled only; no hooks run, and nothing is written to the warehouse.
    Compile,
    /// Compiled, and then built, loaded or tested.
    Build,
    /// Sources alone: how old their data is.
    Freshness,
    /// Made from the relation of the same node in another environment; no hooks run.
    Clone,
}

/// The comment put on each statement.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its template, which sees `connection_name` and `node`.
    pub template: String,
    /// Whether it stands after the statement.
    pub append: bool,
    /// Where it was written.
    pub at: Option<Span>,
}

/// What an earlier run left that is taken up again.
#[derive(Debug, Clone, Default)]
pub struct Leftover {
    /// Models that were built in part: only their failed batches are built.
    pub batches: HashMap<UniqueId, BatchResults>,
    /// When the run began: models that are built in batches reach as far as they would have then.
    pub started_at: Option<DateTime<Utc>>,
}

/// A run, decided in every detail.
#[derive(Debug)]
pub struct Plan {
    /// What is done.
    pub action: Action,
    /// The project.
    pub manifest: Arc<Manifest>,
    /// Renders it; its globals hold the adapter and where words go.
    pub jinja: Arc<Jinja>,
    /// What takes part, each with those that must be done before; parents that take no part are ignored.
    pub steps: IndexMap<UniqueId, Vec<UniqueId>>,
    /// How many workers there are.
    pub threads: usize,
    /// Whether the first failure ends the run.
    pub fail_fast: bool,
    /// Whether tests that should warn fail instead.
    pub warn_error: bool,
    /// The comment on statements, if any.
    pub comment: Option<Comment>,
    /// The folder for compiled files.
    pub target_path: PathBuf,
    /// What an earlier run left, where this one takes it up.
    pub leftover: Leftover,
    /// Set by whoever wants the run to end early.
    pub cancel: Arc<AtomicBool>,
}

impl Plan {
    fn adapter(&self) -> &Arc<dyn Adapter> {
        &self.jinja.globals().adapter
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// A flag of dbt's, under its upper-case name.
    fn flag(&self, name: &str) -> bool {
        self.jinja.globals().flag(name)
    }

    fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.manifest.node(id)
    }

    fn source(&self, id: &str) -> Option<&Arc<Source>> {
        self.manifest.sources.get(id).filter(|_| self.action == Action::Freshness)
    }

    fn session(&self, cache: &Arc<RelationCache>) -> Arc<Session> {
        let globals = self.jinja.globals();
        Session::new(Arc::clone(&globals.adapter), Arc::clone(cache), Arc::clone(&globals.sink))
    }
}

/// The number of a node among those that are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub total: usize,
}

/// What happens while a plan runs, in order.
#[derive(Debug)]
pub enum Event<'a> {
    /// The hooks of this kind are about to run; there is at least one.
    HooksBegin(HookKind),
    /// They ran.
    HooksEnd(HookKind),
    /// The nodes are about to run.
    NodesBegin {
        /// How many will be announced.
        total: usize,
    },
    /// The nodes ran.
    NodesEnd,
    /// A node or hook starts.
    Started {
        /// Which.
        id: &'a UniqueId,
        /// The worker.
        thread: &'a str,
        /// Its number.
        place: Place,
    },
    /// A microbatch model was cut into batches.
    BatchesBegin {
        /// The model.
        node: &'a Node,
        /// What they cover.
        slices: &'a [Interval],
    },
    /// A microbatch model turns to one of its batches.
    BatchStarted {
        /// The model for this batch.
        node: &'a Node,
        /// The worker.
        thread: &'a str,
        /// The number of the batch.
        place: Place,
    },
    /// A batch ended, or was skipped.
    BatchFinished {
        /// The model for this batch.
        node: &'a Node,
        /// What came of it.
        result: &'a NodeResult,
        /// The number of the batch.
        place: Place,
    },
    /// A node or hook ended, or was skipped.
    Finished {
        /// What came of it.
        result: &'a NodeResult,
        /// Its number.
        place: Place,
    },
}

/// Takes each event as it happens.
pub type Listener<'a> = dyn FnMut(Event<'_>) + 'a;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Of each node and hook, in the order they ended.
    pub results: Vec<NodeResult>,
    /// Of ephemeral models, which are compiled and no more.
    pub ephemeral: Vec<NodeResult>,
    /// What ended the run besides failing nodes: the warehouse cannot be opened, or a hook's template is wrong.
    pub fatal: Option<Box<Diagnostic>>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

impl Outcome {
    /// Whether something failed, so that the command should say so.
    pub fn has_failures(&self) -> bool {
        let failed = |result: &NodeResult| {
            result.status.is_failure() || (result.status == Status::Skipped && result.message.is_some())
        };
        self.results.iter().any(failed)
    }

    fn add(&mut self, results: scheduler::Results) {
        self.results.extend(results.shown);
        self.ephemeral.extend(results.ephemeral);
    }
}

/// Runs a plan, telling `listener` of each step from the calling thread.
pub fn run(plan: &Plan, listener: &mut Listener<'_>) -> Outcome {
    let cache = Arc::new(RelationCache::default());
    let session = plan.session(&cache);
    let mut outcome = Outcome::default();
    if let Err(error) = run_all(plan, &session, &cache, &mut outcome, listener) {
        outcome.fatal = Some(error);
    }
    session.rollback();
    outcome.cancelled = plan.is_cancelled();
    outcome
}

fn run_all(
    plan: &Plan,
    session: &Arc<Session>,
    cache: &Arc<RelationCache>,
    outcome: &mut Outcome,
    listener: &mut Listener<'_>,
) -> crate::diagnostic::Result<()> {
    if plan.action == Action::Compile {
        outcome.add(scheduler::schedule(plan, cache, listener));
        return Ok(());
    }
    session.begin_node(None, work::comment(plan, None)?);
    prepare::schemas(plan, session)?;
    if plan.action == Action::Clone {
        outcome.add(scheduler::schedule(plan, cache, listener));
        return Ok(());
    }
    let with_hooks = plan.action != Action::Freshness || plan.flag("SOURCE_FRESHNESS_RUN_PROJECT_HOOKS");
    let started = !with_hooks || hook::run(plan, session, HookKind::Start, outcome, listener)?;
    if started || !plan.flag("SKIP_NODES_IF_ON_RUN_START_FAILS") {
        outcome.add(scheduler::schedule(plan, cache, listener));
    } else {
        scheduler::skip_all(plan, outcome, listener);
    }
    if with_hooks && !plan.is_cancelled() {
        hook::run(plan, session, HookKind::End, outcome, listener)?;
    }
    Ok(())
}
