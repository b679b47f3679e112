//! The project's hooks: `on-run-start` before the first node, `on-run-end` after the last.

use std::sync::Arc;

use chrono::Utc;
use indexmap::IndexSet;

use super::work::{comment, timing};
use super::{Event, Listener, Outcome, Place, Plan, fault};
use crate::diagnostic::Result;
use crate::jinja::{Phase, Scope, Session, Value, from_json, result_value, tuple};
use crate::manifest::{HookKind, Node, NodeKind, NodeResult, Status};

/// The thread that hooks run on, as dbt calls it.
const THREAD: &str = "main";

/// Runs the hooks of one kind, the root project's first, and tells whether all succeeded.
pub(super) fn run(
    plan: &Plan,
    session: &Arc<Session>,
    kind: HookKind,
    outcome: &mut Outcome,
    listener: &mut Listener<'_>,
) -> Result<bool> {
    let hooks = hooks(plan, kind);
    if hooks.is_empty() {
        return Ok(true);
    }
    listener(Event::HooksBegin(kind));
    let variables = match kind {
        HookKind::Start => Vec::new(),
        HookKind::End => variables(plan, &outcome.results),
    };
    let total = hooks.len();
    let mut failed = false;
    for (at, hook) in hooks.into_iter().enumerate() {
        let place = Place { index: at + 1, total };
        let result = if failed {
            let message = Some(format!("{} skipped", hook.hook_title(at)));
            NodeResult { message, failures: Some(1), ..fault::blank(hook, THREAD, Status::Skipped) }
        } else {
            let compile_start = Utc::now();
            session.begin_node(Some(Arc::clone(&hook.unique_id)), comment(plan, Some(hook))?);
            let sql = render(plan, session, hook, variables.clone())?;
            let compiled = timing("compile", compile_start);
            listener(Event::Started { id: &hook.unique_id, thread: THREAD, place });
            let mut result = execute(plan, session, hook, &hook.hook_title(at), &sql);
            result.timing.insert(0, compiled);
            result
        };
        failed |= result.status == Status::Error;
        listener(Event::Finished { result: &result, place });
        outcome.results.push(result);
    }
    session.begin_node(None, comment(plan, None)?);
    listener(Event::HooksEnd(kind));
    Ok(!failed)
}

/// Hooks in the order they run, which is dbt's: the root project, then packages by name.
fn hooks(plan: &Plan, wanted: HookKind) -> Vec<&Arc<Node>> {
    let root = &plan.jinja.globals().project_name;
    let mut hooks: Vec<_> = plan
        .manifest
        .nodes
        .values()
        .filter_map(|node| match &node.kind {
            NodeKind::Operation { hook, index } if *hook == wanted => Some((*index, node)),
            _ => None,
        })
        .collect();
    hooks.sort_by_key(|(index, node)| (node.package_name != *root, node.package_name.clone(), *index));
    hooks.into_iter().map(|(_, node)| node).collect()
}

/// What hooks at the end see besides: the results, and where nodes were built.
fn variables(plan: &Plan, results: &[NodeResult]) -> Vec<(String, Value)> {
    let mut schemas = IndexSet::new();
    let mut places = IndexSet::new();
    for result in results {
        let done = !result.status.is_failure() && result.status != Status::Skipped;
        let Some(node) = plan.node(&result.unique_id).filter(|_| done && result.relation_name.is_some())
        else {
            continue;
        };
        schemas.insert(node.schema.clone());
        places.insert((node.database.clone(), node.schema.clone()));
    }
    let place = |(database, schema): (Option<String>, String)| {
        tuple(vec![database.map_or(Value::from(()), Value::from), Value::from(schema)])
    };
    let places: Vec<Value> = places.into_iter().map(place).collect();
    let shown = results.iter().filter(|result| result.thread_id != THREAD || result.status == Status::Error);
    let results: Vec<_> =
        shown.map(|result| result_value(result.clone(), Arc::clone(&plan.manifest))).collect();
    vec![
        ("schemas".to_owned(), from_json(&serde_json::json!(schemas))),
        ("database_schemas".to_owned(), Value::from(places)),
        ("results".to_owned(), Value::from(results)),
    ]
}

fn render(
    plan: &Plan,
    session: &Arc<Session>,
    hook: &Arc<Node>,
    variables: Vec<(String, Value)>,
) -> Result<String> {
    let scope = Arc::new(Scope {
        phase: Phase::Compile,
        node: Some(Arc::clone(hook)),
        manifest: Some(Arc::clone(&plan.manifest)),
        session: Some(Arc::clone(session)),
        variables,
        ..Scope::parse(hook.package_name.clone())
    });
    let text = plan.jinja.render_text(&hook.raw_code, hook.patch_span, &scope)?;
    // `before_begin` and its kin give the hook as JSON.
    let from_macro = serde_json::from_str::<serde_json::Value>(&text).ok();
    let sql = from_macro.as_ref().and_then(|hook| hook.get("sql")).and_then(serde_json::Value::as_str);
    Ok(sql.unwrap_or(&text).to_owned())
}

fn execute(plan: &Plan, session: &Session, hook: &Node, title: &str, sql: &str) -> NodeResult {
    let start = Utc::now();
    let run = if sql.trim().is_empty() { Ok(()) } else { session.execute(sql).map(drop) };
    let timing = timing("execute", start);
    let seconds = (timing.completed_at - timing.started_at).as_seconds_f64();
    let mut result = match run {
        Ok(()) => {
            let message = Some(format!("{title} passed"));
            NodeResult { message, failures: Some(0), ..fault::blank(hook, THREAD, Status::Success) }
        }
        Err(error) => {
            let sent = session.take_error().map_or_else(|| sql.to_owned(), |(_, sent)| sent);
            let told = fault::from_warehouse(&error, &sent, &fault::owner(hook), None, plan.jinja.sources());
            let message = Some(format!("{title} failed, error:\n {}", error.message));
            let failed = fault::failed(hook, THREAD, told);
            NodeResult { message, failures: Some(1), ..failed }
        }
    };
    result.compiled = true;
    result.compiled_code = Some(sql.to_owned());
    result.execution_time = seconds;
    result.timing.push(timing);
    result
}
