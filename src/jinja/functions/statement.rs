//! Results of statements by name, which the macros `statement` and `run_query` keep and fetch.

use minijinja::{Error, State, Value};

use super::Context;
use super::argument::{bind, raise, text};
use crate::adapter::Response;
use crate::diagnostic::Code;
use crate::jinja::bridge::{empty_table, response_of, statement_result};
use crate::manifest::ResourceType;

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

/// `submit_python_job(parsed_model, compiled_code)`.
pub(super) fn submit_python_job(cx: &Context, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    let id = cx.node_id();
    Err(raise(Code::Unsupported, format!("`{id}` is written in Python, and Python models cannot be run yet")))
}
