//! One event as one line: for people, for the log file, and as JSON.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::event::Event;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `HH:MM:SS  text`.
    Text,
    /// `HH:MM:SS.ffffff [level] [thread]: text`.
    Debug,
    /// One JSON object.
    Json,
}

impl Format {
    /// The format with this name on the command line; `default` means `fallback`.
    pub fn parse(name: &str, fallback: Self) -> Self {
        match name {
            "text" => Self::Text,
            "debug" => Self::Debug,
            "json" => Self::Json,
            _ => fallback,
        }
    }

    /// The event as a line, without its end.
    pub(super) fn line(self, event: &Event, invocation_id: &str) -> String {
        let now = Utc::now();
        let current = std::thread::current();
        // Whoever is no worker speaks for the main thread.
        let worker = current.name().filter(|name| name.starts_with("Thread-"));
        let thread = event.thread.as_deref().or(worker).unwrap_or("MainThread");
        match self {
            Self::Text if event.is_output() => event.text.clone(),
            Self::Text => format!("{}  {}", now.format("%H:%M:%S"), event.text),
            Self::Debug => debug_line(event, now, thread, invocation_id),
            Self::Json => json_line(event, now, thread, invocation_id),
        }
    }
}

fn debug_line(event: &Event, now: DateTime<Utc>, thread: &str, invocation_id: &str) -> String {
    let stamp = now.format("%H:%M:%S%.6f");
    let thread: String = thread.chars().take(10).collect();
    let line = format!("{stamp} [{:<5}] [{thread:<10}]: {}", event.level.as_str(), event.text);
    if event.name == "MainReportVersion" {
        let bar = "=".repeat(30);
        return format!("\n\n{bar} {stamp} | {invocation_id} {bar}\n{line}");
    }
    line
}

fn json_line(event: &Event, now: DateTime<Utc>, thread: &str, invocation_id: &str) -> String {
    json!({
        "data": event.data,
        "info": {
            "category": "",
            "code": event.code,
            "extra": {},
            "invocation_id": invocation_id,
            "level": event.level.as_str(),
            "msg": event.text,
            "name": event.name,
            "pid": std::process::id(),
            "thread": thread,
            "ts": now.to_rfc3339_opts(SecondsFormat::Micros, true),
        },
    })
    .to_string()
}
