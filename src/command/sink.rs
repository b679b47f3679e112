//! What templates and workers say while they are at it, as events: remarks, warnings, statements, stages of a node,
//! and what becomes of connections.

use std::sync::{Arc, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::Invocation;
use crate::console::{Console, Event, Level, Subject, Treatment};
use crate::diagnostic::Severity;
use crate::jinja::{ConnectionStep, Notice, Occasion, Stage};
use crate::manifest::{Manifest, UniqueId};

/// What is known of nodes, once it is.
pub(super) type Known = Arc<OnceLock<Arc<Manifest>>>;

/// Where notices are shown.
pub(super) fn sink(
    invocation: &Invocation,
    known: Known,
    warehouse: &'static str,
) -> Arc<dyn Fn(Notice) + Send + Sync> {
    let console = Arc::clone(&invocation.console);
    let sources = Arc::clone(&invocation.sources);
    let escalated = Arc::clone(&invocation.escalated);
    let prints = invocation.flags.print;
    Arc::new(move |notice| match notice {
        Notice::Debug(text) => console.emit(Event::jinja_debug(text)),
        Notice::Info(text) => console.emit(Event::jinja_info(text)),
        Notice::Print(text) if prints => console.emit(Event::output(text)),
        Notice::Print(_) => {}
        Notice::Warning(mut diagnostic) => {
            if console.policy().treat(diagnostic.code) == Treatment::Error {
                diagnostic.severity = Severity::Error;
                escalated.lock().unwrap_or_else(PoisonError::into_inner).push(*diagnostic);
            } else {
                console.warn(&diagnostic, &sources);
            }
        }
        Notice::Aside(diagnostic) => console.warn(&diagnostic, &sources),
        Notice::Sql { at, sql } => {
            let text = format!("On {}: {sql}", name(at.node.as_ref()));
            let data = json!({"conn_name": name(at.node.as_ref()), "sql": sql});
            debug(&console, &known, &at, "executing", ("SQLQuery", "E016"), text, data);
        }
        Notice::SqlDone { at, message, seconds } => {
            let text = format!("SQL status: {message} in {seconds:.3} seconds");
            let data = json!({"status": message, "elapsed": seconds, "query_id": ""});
            debug(&console, &known, &at, "executing", ("SQLQueryStatus", "E017"), text, data);
        }
        Notice::Stage { at, stage } => {
            let node = name(at.node.as_ref());
            let (event, status, text) = match stage {
                Stage::Compiling => {
                    (("NodeCompiling", "Q030"), "compiling", format!("Began compiling node {node}"))
                }
                Stage::Writing => {
                    let text = format!("Writing injected SQL for node \"{node}\"");
                    (("WritingInjectedSQLForNode", "Q029"), "compiling", text)
                }
                Stage::Executing => {
                    (("NodeExecuting", "Q031"), "executing", format!("Began executing node {node}"))
                }
            };
            debug(&console, &known, &at, status, event, text, json!({}));
        }
        Notice::Connection { at, step } => {
            let (event, text, data) = connection(warehouse, name(at.node.as_ref()), &step);
            match step {
                // Of these dbt does not say which node they are for.
                ConnectionStep::Reused(_) | ConnectionStep::Closed => {
                    console.emit(Event::new(event.0, event.1, Level::Debug, text, data));
                }
                ConnectionStep::Acquired => debug(&console, &known, &at, "started", event, text, data),
                _ => debug(&console, &known, &at, "executing", event, text, data),
            }
        }
    })
}

/// What a connection is called: as the node it is for.
fn name(node: Option<&UniqueId>) -> &str {
    node.map_or("master", |id| id)
}

fn connection(
    warehouse: &str,
    name: &str,
    step: &ConnectionStep,
) -> ((&'static str, &'static str), String, Value) {
    match step {
        ConnectionStep::Acquired => {
            let text = format!("Acquiring new {warehouse} connection '{name}'");
            (("NewConnection", "E005"), text, json!({"conn_name": name, "conn_type": warehouse}))
        }
        ConnectionStep::Reused(before) => {
            let before = self::name(before.as_ref());
            let text =
                format!("Re-using an available connection from the pool (formerly {before}, now {name})");
            (("ConnectionReused", "E006"), text, json!({"conn_name": name, "orig_conn_name": before}))
        }
        ConnectionStep::Opened => {
            let text = "Opening a new connection, currently in state init".to_owned();
            (("NewConnectionOpening", "E037"), text, json!({"connection_state": "init"}))
        }
        ConnectionStep::Commit => {
            (("SQLCommit", "E018"), format!("On {name}: COMMIT"), json!({"conn_name": name}))
        }
        ConnectionStep::Rollback => {
            (("Rollback", "E012"), format!("On {name}: ROLLBACK"), json!({"conn_name": name}))
        }
        ConnectionStep::Closed => {
            let text = format!("Connection '{name}' was properly closed.");
            (("ConnectionClosedInCleanup", "E008"), text, json!({"conn_name": name}))
        }
    }
}

/// Says something of a node, with what is known of it where a program may want to know.
fn debug(
    console: &Console,
    known: &Known,
    at: &Occasion,
    status: &str,
    (name, code): (&'static str, &'static str),
    text: String,
    mut data: Value,
) {
    if console.tells_programs()
        && let (Some(manifest), Some(id)) = (known.get(), &at.node)
        && let Some(node) = manifest.node(id)
    {
        let subject = Subject { node, manifest, database: None };
        data["node_info"] = subject.info(status, at.since, None);
    }
    console.emit(Event::new(name, code, Level::Debug, text, data));
}
