//! Microbatch models: built one stretch of event time after the other.
//!
//! A run begins at `begin` where the table is new, else `lookback` batches before the last, and ends
//! now. See dbt's `microbatch.py` for the behaviour.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use super::fault;
use super::work::{Progress, Round, Worker, timing};
use crate::compile;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::jinja::{Batch, Value};
use crate::manifest::{Node, NodeResult, ResourceType, Status};
use crate::relation::RelationKind;

/// Whether a model is built in batches.
pub(super) fn is_batched(node: &Node) -> bool {
    node.resource_type() == ResourceType::Model
        && node.config.materialized() == "incremental"
        && node.config.text("incremental_strategy") == Some("microbatch")
}

/// Builds every batch of a model. One that fails leaves the others alone, unless it is the first.
pub(super) fn run(worker: &Worker<'_>, node: &Arc<Node>, progress: &mut Progress) -> Result<NodeResult> {
    let grows = grows(worker, node);
    let compile_start = Utc::now();
    let batches = batches(worker, node, grows)?;
    progress.timing.push(timing("compile", compile_start));
    let start = Utc::now();
    let total = batches.len();
    let mut built = 0;
    let mut failure = None;
    let mut last = None;
    for (at, batch) in batches.into_iter().enumerate() {
        if worker.plan.is_cancelled() || (failure.is_some() && built == 0) {
            break;
        }
        match build(worker, node, progress, batch, Position { at, total, grows: grows || at > 0 }) {
            Ok(result) => {
                built += 1;
                last = Some(result);
            }
            Err(error) => {
                let compiled = progress.compiled.as_ref();
                let told = fault::diagnose(*error, &worker.session, node, compiled, worker.plan);
                worker.session.rollback();
                failure.get_or_insert(told);
            }
        }
    }
    progress.timing.push(timing("execute", start));
    let result = last.unwrap_or_else(|| fault::blank(node, worker.thread, Status::Success));
    Ok(match failure {
        None => NodeResult { message: Some("SUCCESS".to_owned()), ..result },
        Some(error) if built == 0 => fault::failed(node, worker.thread, error),
        Some(error) => NodeResult {
            status: Status::PartialSuccess,
            message: Some(format!("PARTIAL SUCCESS ({built}/{total})")),
            diagnostic: Some(Box::new(error)),
            ..result
        },
    })
}

/// Where a batch stands among the batches of a run.
#[derive(Clone, Copy)]
struct Position {
    at: usize,
    total: usize,
    /// Whether the table is there to be added to.
    grows: bool,
}

fn build(
    worker: &Worker<'_>,
    node: &Arc<Node>,
    progress: &mut Progress,
    batch: Arc<Batch>,
    position: Position,
) -> Result<NodeResult> {
    let (jinja, manifest) = (&worker.plan.jinja, &worker.plan.manifest);
    worker.begin(node)?;
    let compiled = compile::batch(jinja, manifest, node, Some(&worker.session), Some(&batch))?;
    let compiled = progress.compiled.insert(compiled);
    worker.write_at(output_path(node, &batch), &compiled.sql)?;
    let mut variables = Vec::new();
    // Hooks run once a run: before the first batch, and after the last.
    if position.at > 0 {
        variables.push(("pre_hooks".to_owned(), Value::from(Vec::<Value>::new())));
    }
    if position.at + 1 < position.total {
        variables.push(("post_hooks".to_owned(), Value::from(Vec::<Value>::new())));
    }
    if position.grows {
        variables.push(("is_incremental".to_owned(), Value::from_function(|| true)));
        variables.push(("should_full_refresh".to_owned(), Value::from_function(|| false)));
    }
    worker.execute(node, progress.compiled.as_ref(), Round { batch: Some(batch), variables })
}

/// Each batch has its compiled file, in a folder named for the model.
fn output_path(node: &Node, batch: &Batch) -> PathBuf {
    let path = Path::new("compiled").join(node.output_path());
    let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, end) = (name(path.file_stem()), name(path.extension()));
    path.with_extension("").join(format!("{stem}_{}.{end}", batch.id))
}

/// Whether the model's table is there and is not to be made anew.
fn grows(worker: &Worker<'_>, node: &Node) -> bool {
    let found = node.relation.as_ref().and_then(|relation| worker.session.cache().find(relation));
    let is_table = found.is_some_and(|found| found.kind == Some(RelationKind::Table));
    is_table && !node.config.flag("full_refresh").unwrap_or_else(|| worker.plan.flag("FULL_REFRESH"))
}

/// The stretches of event time to build, in order.
fn batches(worker: &Worker<'_>, node: &Node, grows: bool) -> Result<Vec<Arc<Batch>>> {
    let globals = worker.plan.jinja.globals();
    let size = Size::of(node)?;
    let asked = |key: &str| globals.flags.get(key).and_then(serde_json::Value::as_str).and_then(moment);
    let now = asked("EVENT_TIME_END").unwrap_or(globals.run_started_at);
    let end = if size.floor(now) == now { now } else { size.step(now, 1) };
    let start = match asked("EVENT_TIME_START") {
        Some(start) => size.floor(start),
        None if grows => {
            let lookback = node.config.get("lookback").and_then(serde_json::Value::as_i64).unwrap_or(1);
            // An end on the border belongs to the batch before it.
            size.step(end, if size.floor(end) == end { -lookback - 1 } else { -lookback })
        }
        None => {
            let begin = node.config.text("begin").and_then(moment).ok_or_else(|| {
                let message = format!("Microbatch model '{}' requires a 'begin' configuration.", node.name);
                Box::new(wrong(node, message))
            })?;
            size.floor(begin)
        }
    };
    let mut batches = Vec::new();
    let mut from = start;
    loop {
        let to = size.step(from, 1);
        let last = to >= end;
        batches.push(Arc::new(Batch { id: size.id(from), start: from, end: if last { end } else { to } }));
        if last {
            return Ok(batches);
        }
        from = to;
    }
}

/// How long a batch is.
#[derive(Debug, Clone, Copy)]
enum Size {
    Hour,
    Day,
    Month,
    Year,
}

impl Size {
    fn of(node: &Node) -> Result<Self> {
        match node.config.text("batch_size") {
            Some("hour") => Ok(Self::Hour),
            Some("day") => Ok(Self::Day),
            Some("month") => Ok(Self::Month),
            Some("year") => Ok(Self::Year),
            other => {
                let found = other.map_or(String::new(), |other| format!(", not '{other}'"));
                let message = format!(
                    "Microbatch model '{}' requires a 'batch_size' of 'hour', 'day', 'month' or 'year'{found}.",
                    node.name
                );
                Err(Box::new(wrong(node, message)))
            }
        }
    }

    /// The start of the batch that a moment lies in.
    fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let day = time.date_naive();
        let (day, hour) = match self {
            Self::Hour => (day, time.hour()),
            Self::Day => (day, 0),
            Self::Month => (day.with_day(1).unwrap_or(day), 0),
            Self::Year => (NaiveDate::from_yo_opt(day.year(), 1).unwrap_or(day), 0),
        };
        day.and_hms_opt(hour, 0, 0).map_or(time, |time| time.and_utc())
    }

    /// The start of the batch so many batches away from the one a moment lies in.
    fn step(self, time: DateTime<Utc>, count: i64) -> DateTime<Utc> {
        let start = self.floor(time);
        let months = |each: u64| {
            let months = Months::new(u32::try_from(count.unsigned_abs() * each).unwrap_or(u32::MAX));
            if count < 0 { start.checked_sub_months(months) } else { start.checked_add_months(months) }
        };
        let moved = match self {
            Self::Hour => start.checked_add_signed(TimeDelta::hours(count)),
            Self::Day => start.checked_add_signed(TimeDelta::days(count)),
            Self::Month => months(1),
            Self::Year => months(12),
        };
        moved.unwrap_or(start)
    }

    fn id(self, start: DateTime<Utc>) -> String {
        let format = match self {
            Self::Hour => "%Y%m%dT%H",
            Self::Day => "%Y%m%d",
            Self::Month => "%Y%m",
            Self::Year => "%Y",
        };
        start.format(format).to_string()
    }
}

/// A moment as people and templates write it; without a zone it is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let zoned = || {
        let formats = ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%:z"];
        formats
            .iter()
            .find_map(|format| DateTime::parse_from_str(text, format).ok())
            .map(|time| time.to_utc())
    };
    let plain = || {
        let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
        time.or_else(day).map(|time| time.and_utc())
    };
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(zoned).or_else(plain)
}

fn wrong(node: &Node, message: String) -> Diagnostic {
    Diagnostic::error(Code::InvalidConfig, message).label_opt(node.patch_span, "")
}
