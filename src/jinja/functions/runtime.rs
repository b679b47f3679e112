//! What dbt keeps behind `ref` and `source`: `ref.config` is the project as it runs, which some
//! packages look into.

use minijinja::Value;

use super::{Context, Lazy, dict, graph};
use crate::jinja::python::from_json;
use crate::manifest::Mapping;

/// An attribute of `ref` or `source`.
pub(crate) fn attribute(cx: &Context, name: &str) -> Option<Value> {
    match name {
        "config" => {
            let cx = cx.clone();
            Some(Lazy::map(move || config(&cx)))
        }
        "model" => Some(graph::model(cx)),
        "current_project" => Some(Value::from(cx.jinja.globals().project_name.as_str())),
        _ => None,
    }
}

/// The project, its packages, variables and arguments.
fn config(cx: &Context) -> Value {
    let globals = cx.jinja.globals();
    let root = globals.project_name.as_str();
    let target = |key: &str| globals.target.get(key).map_or(Value::from(()), from_json);
    let version = |name: &str| match globals.versions.get(name) {
        Some(Some(version)) => Value::from(version.as_str()),
        _ => Value::from(()),
    };
    let vars = |name: &str| {
        let vars = globals.vars.projects.get(name).cloned().unwrap_or_default();
        mapping(vars)
    };
    let project = |name: &str| {
        dict([
            (Value::from("project_name"), Value::from(name)),
            (Value::from("version"), version(name)),
            (Value::from("vars"), vars(name)),
        ])
    };
    let packages = globals.versions.keys().map(|name| (Value::from(name.as_str()), project(name)));
    let quoting = [
        (Value::from("database"), Value::from(globals.quoting.database)),
        (Value::from("schema"), Value::from(globals.quoting.schema)),
        (Value::from("identifier"), Value::from(globals.quoting.identifier)),
    ];
    dict([
        (Value::from("project_name"), Value::from(root)),
        (Value::from("version"), version(root)),
        (Value::from("vars"), vars(root)),
        (Value::from("cli_vars"), from_json(&globals.vars.cli.clone().into())),
        (Value::from("args"), from_json(&globals.args.clone().into())),
        (Value::from("dependencies"), dict(packages)),
        (Value::from("profile_name"), target("profile_name")),
        (Value::from("target_name"), target("target_name")),
        (Value::from("threads"), target("threads")),
        (Value::from("credentials"), from_json(&globals.target.clone().into())),
        (Value::from("quoting"), dict(quoting)),
    ])
}

/// A mapping that can be asked for its dictionary.
fn mapping(values: Mapping) -> Value {
    Lazy::map(move || from_json(&values.clone().into()))
}
