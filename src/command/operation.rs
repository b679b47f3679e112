//! `teal run-operation`: one macro, or one statement, run for what it does.

use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};

use super::load::{Loaded, mention};
use super::retry::Retry;
use super::{Failure, Invocation, Verdict, execute, inline, select};
use crate::artifact::Extent;
use crate::console::{Event, Level, Place};
use crate::diagnostic::{Code, Diagnostic, Styled, render};
use crate::jinja::{Phase, RelationCache, Scope, Session, from_json};
use crate::manifest::{Macro, Mapping, NodeResult, Status, Timing, UniqueId};
use crate::run::Outcome;
use crate::{project, run};

/// Runs what the command line names.
pub(super) fn run(invocation: &Invocation, loaded: Loaded) -> Result<Verdict, Failure> {
    if invocation.retry.as_ref().is_some_and(Retry::is_empty) {
        mention(invocation, Event::nothing_to_do())?;
        return Ok(Verdict::Passed);
    }
    let arguments = invocation.flags.text("args").unwrap_or("{}");
    let arguments =
        project::cli_vars(arguments, "args", &invocation.sources).map_err(|error| vec![*error])?;
    match (&invocation.word, invocation.flags.text("sql")) {
        (Some(name), None) => macro_by_name(invocation, &loaded, name, &arguments),
        (None, Some(_)) if !arguments.is_empty() => {
            Err(usage("--args cannot be used with --sql; pass arguments directly in the SQL"))
        }
        (None, Some(sql)) => statement(invocation, loaded, sql),
        (None, None) => Err(usage("Either a macro name or --sql must be passed to run-operation")),
        (Some(_), Some(_)) => Err(usage("Cannot specify both a macro name and --sql for run-operation")),
    }
}

fn usage(message: &str) -> Failure {
    vec![Diagnostic::error(Code::Usage, message)]
}

fn macro_by_name(
    invocation: &Invocation,
    loaded: &Loaded,
    name: &str,
    arguments: &Mapping,
) -> Result<Verdict, Failure> {
    let started = Utc::now();
    let definition = find(loaded, name)?;
    let scope = Arc::new(Scope {
        phase: Phase::Run,
        manifest: Some(Arc::clone(&loaded.manifest)),
        session: Some(session(loaded)),
        ..Scope::parse(loaded.project.root.clone())
    });
    let values: Vec<_> = arguments.iter().map(|(name, value)| (name.as_str(), from_json(value))).collect();
    let ended = loaded.jinja.call(&definition.unique_id, &[], &values, &scope);
    if let Some(session) = &scope.session {
        session.rollback();
    }
    let result = ended.map(|_| Mapping::new()).map_err(|error| *error);
    finish(invocation, loaded, &definition.unique_id, started, result)
}

/// The macro with this name: of the package it names, else of the project, else of any.
fn find<'a>(loaded: &'a Loaded, name: &str) -> Result<&'a Arc<Macro>, Failure> {
    let registry = loaded.jinja.registry();
    let root = &loaded.project.root;
    let found = match name.split_once('.') {
        Some((package, name)) => registry.find_in(name, package),
        None => {
            registry.find(name, root).or_else(|| registry.iter().find(|definition| definition.name == name))
        }
    };
    found.ok_or_else(|| {
        let message = format!("dbt could not find a macro with the name '{name}' in any package");
        vec![Diagnostic::error(Code::MacroNotFound, message).suggest(name, registry.names(root))]
    })
}

fn session(loaded: &Loaded) -> Arc<Session> {
    let sink = Arc::clone(&loaded.jinja.globals().sink);
    Session::new(Arc::clone(&loaded.adapter), Arc::new(RelationCache::default()), sink)
}

fn statement(invocation: &Invocation, mut loaded: Loaded, sql: &str) -> Result<Verdict, Failure> {
    let console = &invocation.console;
    let look = console.look();
    let place = Place { index: 1, total: 1 };
    let started = Utc::now();
    let id = inline::add(invocation, &mut loaded, sql)?;
    let compiled = execute::compile(invocation, &loaded, select::independent([UniqueId::clone(&id)]))?;
    let sql = compiled.results.into_iter().find_map(|result| result.compiled_code).unwrap_or_default();
    console.emit(Event::info(look.line(&format!("START executing {}", inline::NAME), "RUN", place, None)));
    let session = session(&loaded);
    let result = session
        .execute(&sql)
        .map_err(|error| run::from_warehouse(&error, &sql, inline::NAME, None, &invocation.sources));
    let result =
        result.map(|response| Mapping::from_iter([("_message".to_owned(), json!(response.message))]));
    let seconds = seconds_since(started);
    let line = match &result {
        Ok(response) => {
            let message = response.get("_message").and_then(Value::as_str).unwrap_or("OK");
            look.line(&format!("OK executed {}", inline::NAME), &look.green(message), place, Some(seconds))
        }
        Err(_) => {
            look.line(&format!("ERROR executing {}", inline::NAME), &look.red("ERROR"), place, Some(seconds))
        }
    };
    console.emit(Event::info(line));
    finish(invocation, &loaded, &id, started, result)
}

fn seconds_since(started: chrono::DateTime<Utc>) -> f64 {
    (Utc::now() - started).to_std().unwrap_or_default().as_secs_f64()
}

/// Says what went wrong, and writes what came of it.
fn finish(
    invocation: &Invocation,
    loaded: &Loaded,
    id: &UniqueId,
    started_at: chrono::DateTime<Utc>,
    outcome: Result<Mapping, Diagnostic>,
) -> Result<Verdict, Failure> {
    let elapsed = seconds_since(started_at);
    let timing = |name| Timing { name, started_at, completed_at: Utc::now() };
    let mut result = NodeResult {
        unique_id: UniqueId::clone(id),
        status: Status::Success,
        timing: vec![timing("compile"), timing("execute")],
        thread_id: "MainThread".to_owned(),
        execution_time: elapsed,
        adapter_response: Mapping::new(),
        message: None,
        failures: Some(0),
        compiled: false,
        compiled_code: None,
        extra_ctes: Vec::new(),
        relation_name: None,
        batch_results: None,
        age: None,
        diagnostic: None,
    };
    match outcome {
        Ok(response) => result.adapter_response = response,
        Err(mistake) => {
            say(invocation, &mistake);
            result.status = Status::Error;
            result.failures = Some(1);
            result.message = Some(format!("{}\n  {}", mistake.code.family().title(), mistake.message));
            result.diagnostic = Some(Box::new(mistake));
        }
    }
    let failed = result.status.is_failure();
    let outcome = Outcome { results: vec![result], ..Outcome::default() };
    execute::write(invocation, loaded, &outcome, elapsed, Extent::Compiled)?;
    Ok(if failed { Verdict::Failed } else { Verdict::Passed })
}

fn say(invocation: &Invocation, mistake: &Diagnostic) {
    let look = invocation.console.look();
    let styled = if look.colors { Styled::Yes } else { Styled::No };
    let exc = format!("{}\n  {}", mistake.code.family().title(), mistake.message);
    let drawn = render(mistake, &invocation.sources, styled);
    let head = format!("Encountered an error while running operation: {}", mistake.code.family().title());
    let text = format!("{}\n{drawn}", look.error(&head));
    let data = json!({"exc": exc});
    invocation.console.emit(Event::new("RunningOperationCaughtError", "Q001", Level::Error, text, data));
}
