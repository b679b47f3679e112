//! What is said of a node while it runs, in dbt's words.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::event::{Event, Level};
use super::look::{Look, Place};
use crate::manifest::{Manifest, Node, NodeKind, NodeResult, ResourceType, Status, Timing, UniqueId};

/// A node with what events say of it besides what it is.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The node.
    pub node: &'a Node,
    /// All others.
    pub manifest: &'a Manifest,
    /// The target's database, which goes without saying.
    pub database: Option<&'a str>,
}

impl Subject<'_> {
    /// `main.orders`, with the database where it is not the target's.
    pub(super) fn relation(&self) -> String {
        let node = self.node;
        let mut name = format!("{}.{}", node.schema, node.alias);
        if node.database.as_deref() != self.database
            && let Some(database) = &node.database
        {
            name = format!("{database}.{name}");
        }
        name
    }

    /// The node in a few words, such as `sql view model main.orders`.
    pub fn description(&self) -> String {
        let node = self.node;
        match node.kind {
            NodeKind::Model { .. } => {
                let kind = if node.is_microbatch() { "microbatch" } else { node.config.materialized() };
                let language = node.language.as_str();
                format!("{language} {kind} model {}", self.relation())
            }
            NodeKind::Seed { .. } => format!("seed file {}", self.relation()),
            NodeKind::Snapshot => format!("snapshot {}", self.relation()),
            NodeKind::Function { .. } => format!("function {}", self.relation()),
            _ => format!("{} {}", node.resource_type().as_str(), self.test_name()),
        }
    }

    /// `model::test` for a unit test, else the node's name.
    fn test_name(&self) -> String {
        match &self.node.kind {
            NodeKind::UnitTest(test) => {
                format!("{}::{}", test.subject.name(), test.versioned_name(&self.node.name))
            }
            _ => self.node.name.clone(),
        }
    }

    /// `node_info` of every node event.
    pub fn info(
        &self,
        status: &str,
        started: Option<DateTime<Utc>>,
        finished: Option<DateTime<Utc>>,
    ) -> Value {
        let node = self.node;
        let stamp = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        let relation_name = match &node.relation {
            Some(relation) if node.resource_type() != ResourceType::Test => relation.name(),
            _ => String::new(),
        };
        json!({
            "materialized": node.config.materialized(),
            "meta": node.config.meta(),
            "node_checksum": node.checksum.checksum,
            "node_finished_at": finished.map_or(String::new(), stamp),
            "node_name": node.name,
            "node_path": node.path,
            "node_relation": {
                "alias": node.alias,
                "database": node.database,
                "relation_name": relation_name,
                "schema": node.schema,
            },
            "node_started_at": started.map_or(String::new(), stamp),
            "node_status": status,
            "resource_type": node.resource_type().as_str(),
            "unique_id": &*node.unique_id,
        })
    }

    /// The group and its owner, where the node has one.
    pub(super) fn group(&self) -> Value {
        let name = self.node.group.as_deref();
        let group = name.and_then(|name| self.manifest.groups.values().find(|group| group.name == name));
        group.map_or(
            Value::Null,
            |group| json!({"name": group.name, "package_name": group.package_name, "owner": group.owner}),
        )
    }

    pub(super) fn ended(&self, result: &NodeResult) -> Value {
        self.info(result.status.as_str(), result.started_at(), result.completed_at())
    }

    /// The node starts.
    pub fn started(&self, look: Look, place: Place) -> Event {
        let info = self.info("started", None, None);
        let Place { index, total } = place;
        if let NodeKind::Operation { .. } = self.node.kind {
            let statement = self.node.hook_title(place.index - 1);
            let text = look.short_line(&format!("START hook: {statement}"), "RUN", place, None);
            let data = json!({"statement": statement, "index": index, "total": total, "node_info": info});
            return Event::new("LogHookStartLine", "Q032", Level::Info, text, data);
        }
        let description = self.description();
        let text = look.line(&format!("START {description}"), "RUN", place, None);
        let data = json!({"description": description, "index": index, "total": total, "node_info": info});
        Event::new("LogStartLine", "Q011", Level::Info, text, data)
    }

    /// A worker takes the node.
    pub fn begun(&self) -> Event {
        let text = format!("Began running node {}", self.node.unique_id);
        let data = json!({"node_info": self.info("started", None, None)});
        Event::new("NodeStart", "Q024", Level::Debug, text, data)
    }

    /// A worker lets go of the node.
    pub fn released(&self, result: &NodeResult) -> Event {
        let text = format!("Finished running node {}", self.node.unique_id);
        let data = json!({"node_info": self.ended(result), "run_result": run_result(result)});
        Event::new("NodeFinished", "Q025", Level::Debug, text, data)
    }

    /// The node ended.
    pub fn finished(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        match (result.status, &self.node.kind) {
            (_, NodeKind::Operation { .. }) => self.hook_ended(look, place, result),
            (Status::Skipped, _) => self.skipped(look, place),
            (Status::NoOp, _) => no_op(look, place, &self.description(), self.ended(result)),
            (_, NodeKind::GenericTest { .. } | NodeKind::SingularTest | NodeKind::UnitTest(_)) => {
                self.tested(look, place, result)
            }
            (_, NodeKind::Seed { .. }) => self.loaded(look, place, result),
            (_, NodeKind::Snapshot) => self.snapshotted(look, place, result),
            _ => self.created(look, place, result),
        }
    }

    fn hook_ended(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let (word, status) = match result.status {
            Status::Success | Status::Pass => ("OK", look.green("OK")),
            Status::Skipped => ("SKIP", look.yellow("SKIP")),
            _ => ("ERROR", look.red("ERROR")),
        };
        let statement = self.node.hook_title(place.index - 1);
        let text = format!("{word} hook: {statement}");
        let data = json!({"statement": statement, "status": result.status.as_str(), "index": place.index,
            "total": place.total, "execution_time": result.execution_time, "node_info": self.ended(result)});
        let line = look.short_line(&text, &status, place, Some(result.execution_time));
        Event::new("LogHookEndLine", "Q033", Level::Info, line, data)
    }

    fn skipped(&self, look: Look, place: Place) -> Event {
        let node = self.node;
        let kind = node.resource_type().as_str();
        let text = if node.is_refable() {
            format!("SKIP relation {}.{}", node.schema, node.name)
        } else {
            format!("SKIP {kind} {}", node.name)
        };
        let data = json!({"resource_type": kind, "schema": node.schema, "node_name": node.name,
            "index": place.index, "total": place.total, "node_info": self.info("skipped", None, None)});
        let line = look.line(&text, &look.yellow("SKIP"), place, None);
        Event::new("SkippingDetails", "Q034", Level::Info, line, data)
    }

    fn tested(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let failures = result.failures.unwrap_or(0);
        let (info, status, level) = match result.status {
            Status::Pass | Status::Success => ("PASS".to_owned(), look.green("PASS"), Level::Info),
            Status::Warn => {
                let info = format!("WARN {failures}");
                (info.clone(), look.yellow(&info), Level::Warn)
            }
            Status::Fail => {
                let info = format!("FAIL {failures}");
                (info.clone(), look.red(&info), Level::Error)
            }
            _ => ("ERROR".to_owned(), look.red("ERROR"), Level::Error),
        };
        let attached = match &self.node.kind {
            NodeKind::GenericTest { attached_node, .. } => attached_node.as_deref().unwrap_or_default(),
            _ => "",
        };
        let name = self.test_name();
        let data = json!({"name": name, "status": result.status.as_str(), "index": place.index,
            "num_models": place.total, "execution_time": result.execution_time, "num_failures": failures,
            "attached_node": attached, "group": self.group(), "node_info": self.ended(result)});
        let text = format!("{info} {name}");
        let line = look.line(&text, &status, place, Some(result.execution_time));
        Event::new("LogTestResult", "Q007", level, line, data)
    }

    fn loaded(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let outcome = self.outcome(look, result, "loading", "loaded");
        let data = json!({"status": result.status.as_str(), "result_message": result.message,
            "index": place.index, "total": place.total, "execution_time": result.execution_time,
            "schema": self.node.schema, "relation": self.node.alias, "node_info": self.ended(result)});
        let line = look.line(&outcome.text, &outcome.status, place, Some(result.execution_time));
        Event::new("LogSeedResult", "Q016", outcome.level, line, data)
    }

    fn snapshotted(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let outcome = self.outcome(look, result, "snapshotting", "snapshotted");
        let data = json!({"status": result.status.as_str(), "description": self.description(), "cfg": {},
            "index": place.index, "total": place.total, "execution_time": result.execution_time,
            "result_message": result.message, "node_info": self.ended(result)});
        let line = look.line(&outcome.text, &outcome.status, place, Some(result.execution_time));
        Event::new("LogSnapshotResult", "Q015", outcome.level, line, data)
    }

    fn created(&self, look: Look, place: Place, result: &NodeResult) -> Event {
        let outcome = self.outcome(look, result, "creating", "created");
        let status =
            if outcome.level == Level::Error { "error" } else { result.message.as_deref().unwrap_or("OK") };
        let data = json!({"description": self.description(), "status": status, "index": place.index,
            "total": place.total, "execution_time": result.execution_time, "group": self.group(),
            "node_info": self.ended(result)});
        let line = look.line(&outcome.text, &outcome.status, place, Some(result.execution_time));
        Event::new("LogModelResult", "Q012", outcome.level, line, data)
    }

    /// `OK created …` or `ERROR creating …`, with what stands in the brackets.
    fn outcome(&self, look: Look, result: &NodeResult, doing: &str, done: &str) -> Outcome {
        let description = self.description();
        match result.status {
            Status::Success | Status::Pass => {
                let message = result.message.as_deref().unwrap_or("OK");
                let text = format!("OK {done} {description}");
                Outcome { text, status: look.green(message), level: Level::Info }
            }
            Status::PartialSuccess => {
                let message = result.message.as_deref().unwrap_or("PARTIAL SUCCESS");
                let text = format!("PARTIALLY {done} {description}");
                Outcome { text, status: look.yellow(message), level: Level::Info }
            }
            _ => {
                let text = format!("ERROR {doing} {description}");
                Outcome { text, status: look.red("ERROR"), level: Level::Error }
            }
        }
    }
}

struct Outcome {
    text: String,
    status: String,
    level: Level,
}

/// The end of what takes part in a run and has nothing done to it, such as an exposure.
pub fn bystander(look: Look, place: Place, id: &UniqueId, status: Status) -> Event {
    let mut parts = id.splitn(3, '.');
    let kind = parts.next().unwrap_or_default();
    let name = parts.nth(1).unwrap_or(id);
    let info =
        json!({"unique_id": &**id, "node_name": name, "resource_type": kind, "node_status": status.as_str()});
    if status == Status::Skipped {
        let data = json!({"resource_type": kind, "node_name": name, "index": place.index,
            "total": place.total, "node_info": info});
        let line = look.line(&format!("SKIP {kind} {name}"), &look.yellow("SKIP"), place, None);
        return Event::new("SkippingDetails", "Q034", Level::Info, line, data);
    }
    no_op(look, place, &format!("{kind} {name}"), info)
}

/// A result as events have it.
pub(super) fn run_result(result: &NodeResult) -> Value {
    let stamp = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let timing = |timing: &Timing| {
        json!({"name": timing.name, "started_at": stamp(timing.started_at),
            "completed_at": stamp(timing.completed_at)})
    };
    let mut shown = json!({
        "adapter_response": result.adapter_response,
        "execution_time": result.execution_time,
        "message": result.message,
        "num_failures": result.failures.unwrap_or(0),
        "status": result.status.as_str(),
        "thread": result.thread_id,
        "timing_info": result.timing.iter().map(timing).collect::<Vec<_>>(),
    });
    // dbt leaves a message out where there is none.
    if let (None, Some(shown)) = (&result.message, shown.as_object_mut()) {
        shown.remove("message");
    }
    shown
}

fn no_op(look: Look, place: Place, description: &str, info: Value) -> Event {
    let data = json!({"description": description, "index": place.index, "total": place.total,
        "execution_time": 0.0, "node_info": info});
    let text = format!("NO-OP {description}");
    let line = look.line(&text, &look.yellow("NO-OP"), place, Some(0.0));
    Event::new("LogNodeNoOpResult", "Q019", Level::Info, line, data)
}
