//! The functions and values a template finds by name.

use std::sync::Arc;

use minijinja::Value;

use super::context::Scope;
use super::template::Jinja;

/// Every name that [`lookup`] knows, to suggest one for a misspelt name.
pub(super) const NAMES: [&str; 4] = ["project_name", "invocation_id", "dbt_version", "execute"];

/// The value of a context name that is neither a variable of the scope nor a macro.
///
/// Called once a render for each free name of every macro that is loaded, used or not: what is
/// costly to make must be an object that does its work when it is asked.
pub(super) fn lookup(name: &str, scope: &Arc<Scope>, jinja: &Arc<Jinja>) -> Option<Value> {
    let globals = jinja.globals();
    match name {
        "project_name" => Some(Value::from(globals.project_name.as_str())),
        "invocation_id" => Some(Value::from(globals.invocation_id.as_str())),
        "dbt_version" => Some(Value::from(globals.dbt_version.as_str())),
        "execute" => Some(Value::from(scope.phase != super::Phase::Parse)),
        _ => None,
    }
}
