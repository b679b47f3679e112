//! `var` and `env_var`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::Context;
use super::argument::{bind, present, raise, raise_diagnostic};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::environment;
use crate::jinja::error::Raised;
use crate::jinja::python::from_json;
use crate::manifest::Mapping;
use crate::secret::{self, scrubbed};

/// `env_var(name, default)`.
pub(crate) fn env_var(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [name, default] = bind("env_var", args, ["var", "default"], 1)?;
    let name = name.to_string();
    if let Some(value) = cx.scope.mocks.as_ref().and_then(|mocks| mocks.overrides.env_vars.get(&name)) {
        return Ok(from_json(value));
    }
    if name.starts_with(secret::PREFIX) {
        let message = format!(
            "Secret env vars are allowed only in profiles.yml or packages.yml. \
             Found '{name}' referenced elsewhere."
        );
        return Err(raise(Code::SecretNotAllowed, message));
    }
    match (environment::variable(&name), present(&default)) {
        (Some(value), _) => Ok(Value::from(value)),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(missing_env_var(&name)),
    }
}

/// The error of an environment variable that is not set.
pub(crate) fn missing_env_var(name: &str) -> Error {
    raise_diagnostic(
        Diagnostic::error(Code::EnvVarNotFound, format!("Env var required but not provided: '{name}'"))
            .help(format!("set it, or give a default: `env_var('{name}', '…')`")),
    )
}

/// `dbt_metadata_envs`.
pub(super) fn metadata() -> Value {
    let envs: Mapping = environment::metadata().into_iter().map(|(k, v)| (k, v.into())).collect();
    from_json(&envs.into())
}

struct Var(Context);

/// `var` as a template sees it: a function with a method `has_var`.
pub(super) fn value(cx: &Context) -> Value {
    Value::from_object(Var(cx.clone()))
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<var>")
    }
}

impl Object for Var {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [name, default] = bind("var", args, ["var_name", "default"], 1)?;
        let name = name.to_string();
        let (cx, vars) = (&self.0, &self.0.jinja.globals().vars);
        cx.read(&name);
        match overridden(cx, &name).or_else(|| vars.lookup(&cx.scope.package, &name)) {
            Some(serde_json::Value::String(text)) if text.contains('{') => {
                // Variables of the project file may be templates, read where they are used.
                let rendered = cx.jinja.render_text(text, None, &cx.scope);
                rendered.map(Value::from).map_err(|diagnostic| Raised(diagnostic).into())
            }
            Some(value) => Ok(from_json(value)),
            None if !default.is_undefined() => Ok(default),
            None if cx.parsing() => Ok(Value::from(())),
            None => Err(raise_diagnostic(missing(cx, &name))),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method != "has_var" {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        let [name] = bind("has_var", args, ["var_name"], 1)?;
        let (cx, name) = (&self.0, name.to_string());
        cx.read(&name);
        let found =
            overridden(cx, &name).or_else(|| cx.jinja.globals().vars.lookup(&cx.scope.package, &name));
        Ok(Value::from(found.is_some()))
    }
}

impl Context {
    /// Notes that a variable was read.
    fn read(&self, name: &str) {
        if self.parsing() {
            self.capture().vars.insert(format!("{}.{name}", self.scope.package));
        }
    }
}

/// The value that a unit test gives a variable.
fn overridden<'a>(cx: &'a Context, name: &str) -> Option<&'a serde_json::Value> {
    cx.scope.mocks.as_ref()?.overrides.vars.get(name)
}

fn missing(cx: &Context, name: &str) -> Diagnostic {
    let supplied = supplied(cx);
    let pretty = super::data::pretty(&supplied.clone().into());
    let speaker = cx.scope.node.as_ref().map_or("<Configuration>", |node| node.name.as_str());
    let message =
        format!("Required var '{name}' not found in config:\nVars supplied to {speaker} = {pretty}");
    Diagnostic::error(Code::VarNotFound, scrubbed(message))
        .help(format!("set it under `vars:`, with `--vars`, or give a default: `var('{name}', …)`"))
        .suggest(name, supplied.keys().map(String::as_str))
}

/// Every variable the speaking package sees.
fn supplied(cx: &Context) -> Mapping {
    let vars = &cx.jinja.globals().vars;
    let package = &cx.scope.package;
    let mut all = Mapping::new();
    for project in [package, &vars.root] {
        let Some(own) = vars.projects.get(project) else { continue };
        all.extend(own.clone());
        if let Some(scoped) = own.get(package).and_then(serde_json::Value::as_object) {
            all.extend(scoped.clone());
        }
    }
    all.extend(vars.cli.clone());
    all
}
