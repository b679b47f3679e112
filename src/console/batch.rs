//! What is said of a microbatch model's batches while they run, in dbt's words.

use serde_json::json;

use super::event::{Event, Level};
use super::look::{Look, Place};
use super::node::Subject;
use crate::diagnostic::{Sources, Styled, render};
use crate::manifest::{NodeResult, Status};

impl Subject<'_> {
    /// `batch 2024-05-01 of main.orders`.
    fn batch_description(&self) -> String {
        let name = self.node.batch.as_ref().map_or("", |batch| &batch.name);
        format!("batch {name} of {}", self.relation())
    }

    /// The batch starts.
    pub fn batch_started(&self, look: Look, place: Place) -> Event {
        let description = self.batch_description();
        let line = look.line(&format!("START {description}"), "RUN", place, None);
        let data = json!({"description": description, "batch_index": place.index, "total_batches": place.total,
            "node_info": self.info("started", None, None)});
        Event::new("LogStartBatch", "Q045", Level::Info, format!("Batch {line}"), data)
    }

    /// Why the batch failed.
    pub fn batch_failed(&self, look: Look, result: &NodeResult, sources: &Sources) -> Option<Event> {
        let diagnostic = result.diagnostic.as_ref()?;
        let path = self.node.output_path();
        let draw =
            |styled| format!("{}\n{}", diagnostic.code.family().title(), render(diagnostic, sources, styled));
        let styled = if look.colors { Styled::Yes } else { Styled::No };
        let text = look.error(&format!("Unhandled error while executing {path}\n{}", draw(styled)));
        let data = json!({"build_path": path, "exc": draw(Styled::No), "unique_id": &*self.node.unique_id,
            "node_info": self.ended(result)});
        Some(Event::new("GenericExceptionOnRun", "W004", Level::Error, text, data))
    }

    /// The batch ended.
    pub fn batch_finished(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let (word, status, shown, level) = match result.status {
            Status::Success => {
                let message = result.message.as_deref().unwrap_or("OK");
                ("OK created", message, look.green(message), Level::Info)
            }
            Status::Skipped => ("SKIP", "skipped", look.yellow("SKIPPED"), Level::Info),
            _ => ("ERROR creating", "error", look.red("ERROR"), Level::Error),
        };
        let description = self.batch_description();
        let seconds = result.execution_time;
        let line = look.line(&format!("{word} {description}"), &shown, place, Some(seconds));
        let data = json!({"description": description, "status": status, "batch_index": place.index,
            "total_batches": place.total, "execution_time": seconds, "group": self.group(),
            "node_info": self.ended(result)});
        Event::new("LogBatchResult", "Q046", level, format!("Batch {line}"), data)
    }
}
