//! An event: one thing to log, with dbt's name and code for it, so that wrappers recognise it.

use serde_json::{Map, Value, json};

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

    /// A statement goes to the warehouse.
    pub fn sql(name: &str, sql: &str) -> Self {
        let text = format!("On {name}: {sql}");
        Self::new("SQLQuery", "E016", Level::Debug, text, json!({"conn_name": name, "sql": sql}))
    }

    /// The warehouse answered.
    pub fn sql_done(message: &str, seconds: f64) -> Self {
        let text = format!("SQL status: {message} in {seconds:.3} seconds");
        Self::new(
            "SQLQueryStatus",
            "E017",
            Level::Debug,
            text,
            json!({"status": message, "elapsed": seconds}),
        )
    }
}

/// A value as dbt shows it among the arguments: texts bare, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
