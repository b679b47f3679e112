//! Workers and what they are handed: one thread a worker, one node at a time each, results by channel.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use super::batch::Shared;
use super::fault;
use super::queue::ReadyQueue;
use super::work::Worker;
use super::{Event, Listener, Outcome, Place, Plan};
use crate::compile::{Remembered, Schemas};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::RelationCache;
use crate::manifest::{Interval, Node, NodeResult, Source, Status, UniqueId};

/// How often to look whether the run was cancelled.
const TICK: Duration = Duration::from_millis(50);

/// What a worker tells the scheduling thread.
pub(super) enum Report {
    /// It has nothing to do; with what came of the step it was handed, if it was one.
    Idle(usize, Option<(usize, Box<NodeResult>)>),
    /// It has batches that may run at the same time.
    Shared(Arc<Shared>),
    /// A model was cut into batches.
    BatchesBegin { node: Arc<Node>, slices: Vec<Interval> },
    /// A batch starts on a thread.
    BatchStarted { node: Arc<Node>, thread: String, place: Place },
    /// A batch ended.
    BatchFinished { node: Arc<Node>, result: Box<NodeResult>, place: Place },
}

/// What a worker is handed.
enum Job {
    /// A step and its node.
    Node(usize, Arc<Node>),
    /// A step and the source table to look at.
    Source(usize, Arc<Source>),
    /// Batches of another worker's model, to run one of.
    Help(Arc<Shared>),
}

/// Why a node will not run.
#[derive(Debug, Clone)]
enum Held {
    /// Something above it failed.
    Failure,
    /// An ephemeral model above it cannot be compiled, which nobody else will report.
    Ephemeral(UniqueId, Option<Box<Diagnostic>>),
}

/// Why no more nodes are handed out.
#[derive(Debug, Clone, Copy)]
enum Stop {
    FailFast,
    Cancelled,
    NoThread,
}

impl Stop {
    fn message(self) -> &'static str {
        match self {
            Self::FailFast => "Skipping due to fail_fast",
            Self::Cancelled => "Skipping because the run was cancelled",
            Self::NoThread => "Skipping because the system lets no thread start",
        }
    }
}

/// What the scheduling thread knows.
struct Schedule<'a> {
    plan: &'a Plan,
    ids: Vec<&'a UniqueId>,
    queue: ReadyQueue,
    held: Vec<Option<Held>>,
    places: Vec<Option<Place>>,
    total: usize,
    announced: usize,
    results: Vec<Option<NodeResult>>,
    /// Steps in the order they ended.
    order: Vec<usize>,
    /// Batches that any worker may run.
    shared: Vec<Arc<Shared>>,
    stop: Option<Stop>,
}

/// What came of each step, in the order they ended.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Of those that are told of.
    pub(super) shown: Vec<NodeResult>,
    /// Of ephemeral models, which what reads them is told of.
    pub(super) ephemeral: Vec<NodeResult>,
}

/// Runs every step of the plan.
pub(super) fn schedule(plan: &Plan, cache: &Arc<RelationCache>, listener: &mut Listener<'_>) -> Results {
    let mut schedule = Schedule::new(plan);
    listener(Event::NodesBegin { total: schedule.total });
    let count = plan.threads.clamp(1, schedule.ids.len().max(1));
    let names: Vec<String> = (1..=count).map(|at| format!("Thread-{at}")).collect();
    let stopping = AtomicBool::new(false);
    let schemas = Schemas::new(
        &plan.jinja,
        &plan.manifest,
        plan.session(cache),
        super::seed_columns,
        Remembered::new(),
    );
    let schemas = &schemas;
    thread::scope(|scope| {
        let (reports, told) = unbounded();
        let mut workers = Vec::new();
        for name in &names {
            let (jobs, inbox) = unbounded();
            let reports = reports.clone();
            let worker = Worker {
                plan,
                session: plan.session(cache),
                schemas,
                thread: name,
                reports,
                stopping: &stopping,
            };
            let at = workers.len();
            let builder = thread::Builder::new().name(name.clone());
            if builder.spawn_scoped(scope, move || serve(&worker, at, &inbox)).is_err() {
                // The machine has no thread left; fewer workers do the same.
                break;
            }
            workers.push(jobs);
        }
        let count = workers.len();
        if count == 0 {
            schedule.stop = Some(Stop::NoThread);
        }
        let mut idle: Vec<usize> = (0..count).rev().collect();
        loop {
            while let Some(worker) = idle.pop() {
                let Some(job) = schedule.job(&names[worker], listener) else {
                    idle.push(worker);
                    break;
                };
                // A worker ends only when its channel is closed, so it is there to receive.
                let _ = workers[worker].send(job);
            }
            if idle.len() == count {
                break;
            }
            match told.recv_timeout(TICK) {
                Ok(Report::Idle(worker, done)) => {
                    idle.push(worker);
                    if let Some((step, result)) = done {
                        schedule.finish(step, *result, listener);
                    }
                }
                Ok(Report::Shared(shared)) => schedule.shared.push(shared),
                Ok(Report::BatchesBegin { node, slices }) => {
                    listener(Event::BatchesBegin { node: &node, slices: &slices });
                }
                Ok(Report::BatchStarted { node, thread, place }) => {
                    listener(Event::BatchStarted { node: &node, thread: &thread, place });
                }
                Ok(Report::BatchFinished { node, result, place }) => {
                    listener(Event::BatchFinished { node: &node, result: &result, place });
                }
                Err(_) => {}
            }
            if plan.is_cancelled() && schedule.stop.is_none() {
                schedule.stop = Some(Stop::Cancelled);
            }
            if schedule.stop.is_some() {
                stopping.store(true, Ordering::Relaxed);
                // Again and again, since a worker may have been between two statements.
                plan.adapter().cancel();
            }
        }
    });
    schedule.skip_rest();
    listener(Event::NodesEnd);
    schedule.into_results()
}

/// Reports every node as skipped, because the hooks before them failed.
pub(super) fn skip_all(plan: &Plan, outcome: &mut Outcome, listener: &mut Listener<'_>) {
    let mut schedule = Schedule::new(plan);
    listener(Event::NodesBegin { total: schedule.total });
    for step in 0..schedule.ids.len() {
        schedule.skip(step, None, listener);
    }
    listener(Event::NodesEnd);
    outcome.results.extend(schedule.into_results().shown);
}

/// A worker's life.
fn serve(worker: &Worker<'_>, at: usize, inbox: &Receiver<Job>) {
    for job in inbox {
        let done = match job {
            Job::Node(step, node) => {
                let result = catch_unwind(AssertUnwindSafe(|| worker.run(&node)))
                    .unwrap_or_else(|panic| fault::panicked(&node.unique_id, worker.thread, &*panic));
                Some((step, Box::new(result)))
            }
            Job::Source(step, source) => {
                let result = catch_unwind(AssertUnwindSafe(|| worker.run_freshness(&source)))
                    .unwrap_or_else(|panic| fault::panicked(&source.unique_id, worker.thread, &*panic));
                Some((step, Box::new(result)))
            }
            Job::Help(shared) => {
                shared.help(worker);
                None
            }
        };
        worker.report(Report::Idle(at, done));
    }
}

impl<'a> Schedule<'a> {
    fn new(plan: &'a Plan) -> Self {
        let ids: Vec<_> = plan.steps.keys().collect();
        let parents: Vec<Vec<usize>> = plan
            .steps
            .values()
            .map(|parents| parents.iter().filter_map(|id| plan.steps.get_index_of(id)).collect())
            .collect();
        let total = ids.iter().filter(|id| !is_hidden(plan, id)).count();
        Self {
            plan,
            queue: ReadyQueue::new(&parents),
            held: vec![None; ids.len()],
            places: vec![None; ids.len()],
            results: ids.iter().map(|_| None).collect(),
            ids,
            total,
            announced: 0,
            order: Vec::new(),
            shared: Vec::new(),
            stop: None,
        }
    }

    /// What a worker does next: a step, else a batch of a model that others work on.
    fn job(&mut self, thread: &str, listener: &mut Listener<'_>) -> Option<Job> {
        if let Some(job) = self.next(thread, listener) {
            return Some(job);
        }
        self.shared.retain(|shared| !shared.is_empty());
        self.shared.first().filter(|_| self.stop.is_none()).map(|shared| Job::Help(Arc::clone(shared)))
    }

    /// The next step for a worker. Steps that need none, because they are skipped or there is nothing to do,
    /// end here.
    fn next(&mut self, thread: &str, listener: &mut Listener<'_>) -> Option<Job> {
        while self.stop.is_none() {
            let step = self.queue.pop()?;
            if let Some(held) = self.held[step].clone() {
                self.skip(step, Some(held), listener);
            } else if let Some(node) = self.plan.node(self.ids[step]) {
                let node = Arc::clone(node);
                self.announce(step, thread, listener);
                return Some(Job::Node(step, node));
            } else if let Some(source) = self.plan.source(self.ids[step]) {
                let source = Arc::clone(source);
                self.announce(step, thread, listener);
                return Some(Job::Source(step, source));
            } else {
                let place = self.place(step);
                let result = fault::bare(self.ids[step], Status::NoOp, Some("NO-OP".to_owned()));
                listener(Event::Finished { result: &result, place });
                self.settle(step, result);
            }
        }
        None
    }

    fn announce(&mut self, step: usize, thread: &str, listener: &mut Listener<'_>) {
        if !is_hidden(self.plan, self.ids[step]) {
            let place = self.place(step);
            listener(Event::Started { id: self.ids[step], thread, place });
        }
    }

    /// The number of a step, given when it is first asked for.
    fn place(&mut self, step: usize) -> Place {
        let announced = &mut self.announced;
        let total = self.total;
        *self.places[step].get_or_insert_with(|| {
            *announced += 1;
            Place { index: *announced, total }
        })
    }

    /// Takes a worker's result.
    fn finish(&mut self, step: usize, mut result: NodeResult, listener: &mut Listener<'_>) {
        let interrupted = result.diagnostic.as_ref().is_some_and(|error| error.code == Code::Cancelled);
        let interrupted = interrupted && result.status == Status::Error;
        if let Some(stop) = self.stop.filter(|_| interrupted) {
            let node = self.plan.node(self.ids[step]);
            result = skipped(self.ids[step], node, Some(stop.message().to_owned()));
        }
        let node = self.plan.node(self.ids[step]);
        let goes_on = node.is_some_and(|node| node.config.text("on_error") == Some("continue"));
        if result.status.is_failure() {
            if !goes_on {
                let held = match node.filter(|node| node.is_ephemeral()) {
                    Some(node) => Held::Ephemeral(Arc::clone(&node.unique_id), result.diagnostic.clone()),
                    None => Held::Failure,
                };
                for below in self.queue.descendants(step) {
                    self.held[below] = Some(held.clone());
                }
            }
            if self.plan.fail_fast && self.stop.is_none() {
                self.stop = Some(Stop::FailFast);
            }
        }
        if !is_hidden(self.plan, self.ids[step]) {
            let place = self.place(step);
            listener(Event::Finished { result: &result, place });
        }
        self.settle(step, result);
    }

    fn skip(&mut self, step: usize, held: Option<Held>, listener: &mut Listener<'_>) {
        let id = self.ids[step];
        let mut result = skipped(id, self.plan.node(id), None);
        if let Some(Held::Ephemeral(cause, diagnostic)) = held {
            result.message = Some(format!(
                "Compilation Error in {id}, caused by compilation error in referenced ephemeral model {cause}"
            ));
            result.diagnostic = diagnostic;
        }
        if !is_hidden(self.plan, id) {
            let place = self.place(step);
            listener(Event::Finished { result: &result, place });
        }
        self.settle(step, result);
    }

    fn settle(&mut self, step: usize, result: NodeResult) {
        self.results[step] = Some(result);
        self.order.push(step);
        self.queue.done(step);
    }

    /// Marks what never came out of the queue, when the run stopped early.
    fn skip_rest(&mut self) {
        let Some(stop) = self.stop else { return };
        for step in 0..self.ids.len() {
            if self.results[step].is_none() {
                let id = self.ids[step];
                let message = Some(stop.message().to_owned());
                self.results[step] = Some(skipped(id, self.plan.node(id), message));
                self.order.push(step);
            }
        }
    }

    fn into_results(mut self) -> Results {
        let mut results = Results::default();
        for step in std::mem::take(&mut self.order) {
            let hidden = is_hidden(self.plan, self.ids[step]);
            let list = if hidden { &mut results.ephemeral } else { &mut results.shown };
            list.extend(self.results[step].take());
        }
        results
    }
}

/// Whether nothing is said of a step: an ephemeral model is part of what reads it.
fn is_hidden(plan: &Plan, id: &UniqueId) -> bool {
    plan.node(id).is_some_and(|node| node.is_ephemeral())
}

fn skipped(id: &UniqueId, node: Option<&Arc<Node>>, message: Option<String>) -> NodeResult {
    let relation_name = node.and_then(|node| fault::relation_name(node));
    NodeResult { relation_name, ..fault::bare(id, Status::Skipped, message) }
}
