//! What is said of source tables while their freshness is looked at, in dbt's words.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::event::{Event, Level};
use super::look::{Look, Place};
use crate::diagnostic::{Sources, Styled, render};
use crate::manifest::{NodeResult, Source, Status};

/// A source table that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a>(pub &'a Source);

impl Origin<'_> {
    /// `node_info` of every event.
    fn info(self, status: &str, started: Option<DateTime<Utc>>, finished: Option<DateTime<Utc>>) -> Value {
        let source = self.0;
        let stamp = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        json!({
            "materialized": "",
            "meta": source.meta,
            "node_checksum": "",
            "node_finished_at": finished.map_or(String::new(), stamp),
            "node_name": source.name,
            "node_path": source.original_file_path,
            "node_relation": {
                "alias": "",
                "database": source.database,
                "relation_name": source.relation.name(),
                "schema": source.schema,
            },
            "node_started_at": started.map_or(String::new(), stamp),
            "node_status": status,
            "resource_type": "source",
            "unique_id": &*source.unique_id,
        })
    }

    /// The table is about to be asked.
    pub fn started(self, look: Look, place: Place) -> Event {
        let description = format!("freshness of {}.{}", self.0.source_name, self.0.name);
        let text = look.line(&format!("START {description}"), "RUN", place, None);
        let data = json!({"description": description, "index": place.index, "total": place.total,
            "node_info": self.info("started", None, None)});
        Event::new("LogStartLine", "Q011", Level::Info, text, data)
    }

    /// The table was asked.
    pub fn finished(self, look: Look, place: Place, result: &NodeResult) -> Event {
        let Source { source_name, name, .. } = self.0;
        let (word, status, level) = match result.status {
            Status::Pass => ("PASS", look.green("PASS"), Level::Info),
            Status::Warn => ("WARN", look.yellow("WARN"), Level::Warn),
            Status::Error => ("ERROR STALE", look.red("ERROR STALE"), Level::Error),
            Status::Skipped => ("SKIP", look.yellow("SKIP"), Level::Info),
            _ => ("ERROR", look.red("ERROR"), Level::Error),
        };
        let info = self.info(result.status.as_str(), result.started_at(), result.completed_at());
        let data = json!({"status": result.status.as_str(), "source_name": source_name, "table_name": name,
            "index": place.index, "total": place.total, "execution_time": result.execution_time, "node_info": info});
        let text = format!("{word} freshness of {source_name}.{name}");
        let line = look.line(&text, &status, place, Some(result.execution_time));
        Event::new("LogFreshnessResult", "Q018", level, line, data)
    }

    /// What is said of it at the end: why it could not be asked, or that it is too old.
    pub fn failure(self, look: Look, sources: &Sources, result: &NodeResult) -> Vec<Event> {
        let source = self.0;
        let info = self.info("None", None, None);
        let mut events = vec![Event::blank()];
        if let Some(diagnostic) = &result.diagnostic {
            let styled = if look.colors { Styled::Yes } else { Styled::No };
            let family = diagnostic.code.family().title();
            let drawn = render(diagnostic, sources, styled).replace('\n', "\n  ");
            let text =
                format!("  {family} in source {} ({})\n  {drawn}", source.name, source.original_file_path);
            let data = json!({"msg": result.message, "node_info": info});
            events.push(Event::new("RunResultError", "Z024", Level::Error, text, data));
            return events;
        }
        let text = look.error(&format!("in source {} ({})", source.name, source.original_file_path));
        let data = json!({"resource_type": "source", "node_name": source.name,
            "path": source.original_file_path, "node_info": info});
        events.push(Event::new("RunResultFailure", "Z022", Level::Error, text, data));
        let status = result.status.as_str();
        let data = json!({"status": status, "node_info": info});
        events.push(Event::new(
            "RunResultErrorNoMessage",
            "Z025",
            Level::Error,
            format!("  Status: {status}"),
            data,
        ));
        events
    }
}
