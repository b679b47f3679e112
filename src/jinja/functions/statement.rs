//! Results of statements by name, which the macros `statement` and `run_query` keep and fetch.

use std::time::Duration;

use minijinja::{Error, State, Value};

use super::Context;
use super::argument::{bind, raise, text};
use crate::adapter::{PythonJob, Response};
use crate::diagnostic::{Code, Span};
use crate::jinja::bridge::{self, Begin, empty_table, response_of, statement_result};
use crate::manifest::{Language, ResourceType};

/// `store_result(name, response, agate_table=None)`.
pub(super) fn store_result(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [name, response, table] = bind("store_result", args, ["name", "response", "agate_table"], 2)?;
    store(cx, &name, response, table);
    Ok(Value::from(""))
}

/// `store_raw_result(name, message=None, code=None, rows_affected=None, agate_table=None)`.
pub(super) fn store_raw_result(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let parameters = ["name", "message", "code", "rows_affected", "agate_table"];
    let [name, message, code, rows, table] = bind("store_raw_result", args, parameters, 1)?;
    let response = Response {
        message: text(&message).unwrap_or_default(),
        code: text(&code),
        rows_affected: text(&rows).and_then(|rows| rows.parse().ok()),
    };
    store(cx, &name, response_of(response), table);
    Ok(Value::from(""))
}

fn store(cx: &Context, name: &Value, response: Value, table: Value) {
    let Some(session) = &cx.scope.session else { return };
    let table = if table.is_none() || table.is_undefined() { empty_table() } else { table };
    session.store(name.to_string(), statement_result(response, table));
}

/// `load_result(name)`: what was stored under it; only `main` may be loaded twice.
pub(super) fn load_result(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [name] = bind("load_result", args, ["name"], 1)?;
    let Some(session) = &cx.scope.session else { return Ok(Value::from(())) };
    session.load_result(&name.to_string()).map_err(|()| {
        let message =
            format!("The 'statement' result named '{name}' has already been loaded into a variable");
        raise(Code::RaisedByTemplate, message)
    })
}

/// `load_agate_table()`: the rows of a seed's file, which the caller read.
pub(super) fn load_agate_table(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [] = bind("load_agate_table", args, [], 0)?;
    let rows = cx.scope.variables.iter().find(|(name, _)| name == SEED_ROWS);
    match (&cx.scope.node, rows) {
        (_, Some((_, rows))) => Ok(rows.clone()),
        (Some(node), None) if node.resource_type() == ResourceType::Seed => {
            Err(raise(Code::InternalError, format!("the rows of seed `{}` were not read", node.name)))
        }
        (node, None) => {
            let kind = node.as_ref().map_or("macro", |node| node.resource_type().as_str());
            let message = format!("can only load_agate_table for seeds (got a {kind})");
            Err(raise(Code::RaisedByTemplate, message))
        }
    }
}

/// The variable of a scope that holds a seed's rows.
pub const SEED_ROWS: &str = "__teal_seed_rows";

/// `write(payload)`: the text that belongs below `target/run`.
pub(super) fn write(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [payload] = bind("write", args, ["payload"], 1)?;
    if let Some(session) = &cx.scope.session {
        session.write(payload.to_string());
    }
    Ok(Value::from(""))
}

/// `submit_python_job(parsed_model, compiled_code)`: runs the Python model that is being built.
pub(super) fn submit_python_job(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [_, code] = bind("submit_python_job", args, ["parsed_model", "compiled_code"], 2)?;
    let Some(node) = cx.scope.node.as_ref().filter(|node| node.language == Language::Python) else {
        let id = cx.node_id();
        let message =
            format!("submit_python_job is not intended to be called here: `{id}` is no Python model");
        return Err(raise(Code::RaisedByTemplate, message));
    };
    let timeout = node.config.get("timeout").filter(|timeout| !timeout.is_null());
    let timeout = timeout.map(seconds).transpose()?;
    let start = Span::new(node.source, node.source_offset..node.source_offset).start;
    // The script is put together from templates, which may put space before the model's code.
    let script = code.to_string().trim_start().to_owned();
    let job = PythonJob {
        script,
        name: node.name.clone(),
        file: node.original_file_path.clone(),
        line: cx.jinja.sources().get(node.source).line_column(start).0,
        own_lines: node.raw_code.lines().count(),
        timeout,
    };
    let session = bridge::session(cx)?;
    bridge::refused(session, session.begin(Begin::Yes))?;
    bridge::refused(session, session.run_python(&job)).map(response_of)
}

/// A model's `timeout`.
fn seconds(timeout: &serde_json::Value) -> Result<Duration, Error> {
    let number = timeout.as_f64().or_else(|| timeout.as_str()?.trim().parse().ok());
    number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(|| {
        raise(Code::InvalidConfig, format!("`timeout` is {timeout}, which is no number of seconds"))
    })
}
