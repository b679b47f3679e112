//! An event: one thing to log, with dbt's name and code for it, so that wrappers recognise it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::look::pluralize;
use super::node::run_result;
use crate::manifest::{NodeResult, Status};

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For finding mistakes.
    Debug,
    /// The normal course of things.
    Info,
    /// Something to look at.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level with this name; `none` and anything unknown have no level.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error]
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text))
    }
}

/// One thing to log.
#[derive(Debug, Clone)]
pub struct Event {
    /// dbt's name for it.
    pub name: &'static str,
    /// dbt's code for it.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What people read.
    pub text: String,
    /// What programs read.
    pub data: Map<String, Value>,
    /// The worker it is about, where it is not the main thread that speaks.
    pub thread: Option<String>,
}

impl Event {
    /// An event with its text and its data; anything but an object means no data.
    pub fn new(name: &'static str, code: &'static str, level: Level, text: String, data: Value) -> Self {
        let mut data = if let Value::Object(data) = data { data } else { Map::new() };
        // dbt leaves a group out where there is none.
        data.retain(|key, value| key != "group" || !value.is_null());
        Self { name, code, level, text, data, thread: None }
    }

    /// The same, said by a worker.
    #[must_use]
    pub fn by(mut self, thread: &str) -> Self {
        self.thread = Some(thread.to_owned());
        self
    }

    /// Whether it is asked-for output, which neither a level nor `--quiet` holds back.
    pub(super) fn is_output(&self) -> bool {
        matches!(self.name, "PrintEvent" | "ShowNode" | "CompiledNode")
    }

    /// An empty line.
    pub fn blank() -> Self {
        Self::new("Formatting", "Z017", Level::Info, String::new(), json!({"msg": ""}))
    }

    /// A remark that only the log file shows as a rule.
    pub fn debug(text: impl Into<String>) -> Self {
        let text = text.into();
        let data = json!({"msg": text});
        Self::new("Note", "Z050", Level::Debug, text, data)
    }

    /// A remark for everyone.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: Level::Info, ..Self::debug(text) }
    }

    /// The first line of every command.
    pub fn version(version: &str, dbt_version: &str) -> Self {
        let text = format!("Running with teal={version} (dbt {dbt_version} language)");
        let data = json!({"version": format!("={dbt_version}"), "log_version": 3});
        Self::new("MainReportVersion", "A001", Level::Info, text, data)
    }

    /// The command line as understood.
    pub fn arguments(args: &Map<String, Value>) -> Self {
        let shown: Map<String, Value> =
            args.iter().map(|(key, value)| (key.clone(), Value::String(plain(value)))).collect();
        let text = format!("running teal with arguments {}", Value::Object(shown.clone()));
        Self::new("MainReportArgs", "A002", Level::Debug, text, json!({"args": shown}))
    }

    /// What the project holds.
    pub fn found(stats: &str) -> Self {
        Self::new("FoundStats", "W006", Level::Info, format!("Found {stats}"), json!({"stat_line": stats}))
    }

    /// How many workers run, and on which target.
    pub fn concurrency(threads: usize, target: &str, nodes: usize) -> Self {
        let text = format!("Concurrency: {threads} threads (target='{target}')");
        let data = json!({"num_threads": threads, "target_name": target, "node_count": nodes});
        Self::new("ConcurrencyLine", "Q027", Level::Info, text, data)
    }

    /// Nothing is selected.
    pub fn nothing_to_do() -> Self {
        let text = "Nothing to do. Try checking your model configs and model specification args";
        Self::new("NothingToDo", "Q035", Level::Warn, text.to_owned(), json!({}))
    }

    /// Nothing is selected to be listed.
    pub fn no_nodes_selected() -> Self {
        Self::new("NoNodesSelected", "Q038", Level::Warn, "No nodes selected!".to_owned(), json!({}))
    }

    /// A selector of the project is used because none was asked for.
    pub fn default_selector(name: &str) -> Self {
        let text = format!("Using default selector {name}");
        Self::new("DefaultSelector", "Q023", Level::Info, text, json!({"name": name}))
    }

    /// Every source was looked at.
    pub fn freshness_done() -> Self {
        Self::new("FreshnessCheckComplete", "Q003", Level::Info, "Done.".to_owned(), json!({}))
    }

    /// A file for other tools was written.
    pub fn artifact(kind: &str, path: &str) -> Self {
        let text = format!("Wrote artifact {kind} to {path}");
        let data = json!({"artifact_type": kind, "artifact_path": path});
        Self::new("ArtifactWritten", "P001", Level::Debug, text, data)
    }

    /// The command came to its end.
    pub fn completed(command: &str, success: bool, elapsed: f64) -> Self {
        let word = if success { "succeeded" } else { "failed" };
        let now = chrono::Utc::now();
        let at = now.format("%H:%M:%S%.6f");
        let text = format!("Command `teal {command}` {word} at {at} after {elapsed:.2} seconds");
        let stamp = now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let data = json!({"command": format!("teal {command}"), "success": success, "completed_at": stamp,
            "elapsed": elapsed});
        Self::new("CommandCompleted", "Q039", Level::Debug, text, data)
    }

    /// What a command is asked to print: its output itself.
    pub fn output(text: impl Into<String>) -> Self {
        let text = text.into();
        let data = json!({"msg": text});
        Self::new("PrintEvent", "Z052", Level::Info, text, data)
    }

    /// One line of `ls`.
    pub fn listed(text: &str) -> Self {
        Self::new("PrintEvent", "Z052", Level::Info, text.to_owned(), json!({"msg": text}))
    }

    /// `log(…, info=True)` in a template.
    pub fn jinja_info(text: String) -> Self {
        let data = json!({"msg": text});
        Self::new("JinjaLogInfo", "I062", Level::Info, text, data)
    }

    /// `log(…)` in a template.
    pub fn jinja_debug(text: String) -> Self {
        let data = json!({"msg": text});
        Self::new("JinjaLogDebug", "I063", Level::Debug, text, data)
    }

    /// A line of `teal debug`.
    pub fn debug_command(text: impl Into<String>) -> Self {
        let text = text.into();
        let data = json!({"msg": text});
        Self::new("DebugCmdOut", "Z047", Level::Info, text, data)
    }

    /// The warehouse is reached by an adapter, which is a part of Teal.
    pub fn adapter(name: &str, version: &str) -> Self {
        let text = format!("Registered adapter: {name}={version}");
        let data = json!({"adapter_name": name, "adapter_version": format!("={version}")});
        Self::new("AdapterRegistered", "E034", Level::Info, text, data)
    }

    /// What came of all nodes, for programs.
    pub fn end_result(results: &[NodeResult], elapsed: f64) -> Self {
        let failed = |result: &NodeResult| {
            matches!(
                result.status,
                Status::Error
                    | Status::Fail
                    | Status::Skipped
                    | Status::RuntimeError
                    | Status::PartialSuccess
            )
        };
        let data = json!({
            "elapsed_time": elapsed,
            "generated_at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            "results": results.iter().map(run_result).collect::<Vec<_>>(),
            "success": !results.iter().any(failed),
        });
        Self::new("EndRunResult", "Q037", Level::Debug, "Command end result".to_owned(), data)
    }

    /// What the command took of the machine; nothing where the system does not say.
    pub fn resources(command: &str, success: bool, elapsed: f64) -> Option<Self> {
        let mut data = usage()?;
        data.insert("command_name".to_owned(), command.into());
        data.insert("command_success".to_owned(), success.into());
        data.insert("command_wall_clock_time".to_owned(), elapsed.into());
        let text = format!("Resource report: {}", Value::Object(data.clone()));
        Some(Self::new("ResourceReport", "Z051", Level::Debug, text, Value::Object(data)))
    }

    /// How often each deprecated thing was met.
    pub(super) fn deprecations(counts: &BTreeMap<(&str, &str), usize>) -> Self {
        let mut text = "Summary of encountered deprecations:".to_owned();
        for ((name, _), count) in counts {
            text.push_str(&format!("\n\n- {name}: {}", pluralize(*count, "occurrence")));
        }
        let summary = |((name, code), count): (&(&str, &str), &usize)| json!({"event_name": name, "event_code": code, "occurrences": count});
        // All of them are shown each time.
        let data =
            json!({"summaries": counts.iter().map(summary).collect::<Vec<_>>(), "show_all_hint": false});
        Self::new("DeprecationsSummary", "D028", Level::Warn, text, data)
    }
}

#[cfg(unix)]
fn usage() -> Option<Map<String, Value>> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a run fit a double")]
    let seconds = |time: nix::sys::time::TimeVal| json!(time.num_microseconds() as f64 / 1e6);
    // dbt writes whole numbers of 64 bits as texts.
    let count = |count: i64| json!(count.to_string());
    let parts = [
        ("process_user_time", seconds(usage.user_time())),
        ("process_kernel_time", seconds(usage.system_time())),
        ("process_mem_max_rss", count(usage.max_rss())),
        ("process_in_blocks", count(usage.block_reads())),
        ("process_out_blocks", count(usage.block_writes())),
    ];
    Some(parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(not(unix))]
fn usage() -> Option<Map<String, Value>> {
    None
}

/// A value as dbt shows it among the arguments: as Python does.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
