//! Strings of project files as templates: no macros, only variables, environment and target.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, State};

use super::environment::variable;
use super::error::Raised;
use super::python::{argument, from_json, to_json};
use super::rewrite;
use super::runtime::MARKERS;
use super::template::{environment, is_template, syntax_at};
use crate::diagnostic::{Code, Diagnostic, Result, Sources, Span};
use crate::manifest::Mapping;
use crate::secret;

/// Renders the strings of `dbt_project.yml`, `profiles.yml` and `packages.yml`.
#[derive(Debug)]
pub struct YamlJinja {
    environment: Environment<'static>,
    target: Option<Value>,
}

/// The value of the expression that a string is.
#[derive(Debug)]
struct Outcome(Value);

impl YamlJinja {
    /// `env_var`, `var` of the command line, and `target` where it is known. Secrets may be read,
    /// as profiles and packages need.
    pub fn new(cli_vars: Mapping, target: Option<Mapping>) -> Self {
        Self::make(cli_vars, target, true)
    }

    /// The same for files whose values are written to artifacts: secrets are refused. Where no target is
    /// known, as when packages are installed, everything in it is empty text.
    pub fn without_secrets(cli_vars: Mapping, target: Option<Mapping>) -> Self {
        let is_known = target.is_some();
        let made = Self::make(cli_vars, target, false);
        if is_known { made } else { Self { target: Some(Value::from_object(NoTarget)), ..made } }
    }

    fn make(cli_vars: Mapping, target: Option<Mapping>, secrets: bool) -> Self {
        let mut environment = environment();
        environment.add_function("env_var", move |name: &str, default: Option<Value>| {
            env_var(name, default, secrets)
        });
        environment.add_global("var", Value::from_object(Var(Arc::new(cli_vars))));
        environment.add_function("__value", |state: &mut State<'_, '_>, value: Value| {
            state.get_or_insert_extension(Outcome(value));
        });
        for (name, kind) in MARKERS {
            environment.add_filter(name, move |value: Value| marked(&value, kind));
        }
        Self { environment, target: target.map(|target| from_json(&serde_json::Value::Object(target))) }
    }

    /// Renders one string; where it is a single expression, its value keeps its type.
    pub fn render_value(&self, text: &str, at: Option<Span>, sources: &Sources) -> Result<serde_json::Value> {
        let _ = sources;
        if !is_template(text) {
            return Ok(serde_json::Value::from(text));
        }
        let target = self.target.iter().map(|target| ("target", target.clone()));
        let context = Value::from(target.collect::<BTreeMap<_, _>>());
        let wrong = |error: Error| Box::new(diagnostic(&error, at));
        let syntax = |syntax: rewrite::Syntax| Box::new(syntax_at(syntax.message, at));
        if let Some(rewritten) = rewrite::value(text, "", "__value").map_err(syntax)? {
            let template = self.environment.template_from_str(&rewritten.text).map_err(wrong)?;
            let render = template.render_captured(context).map_err(wrong)?;
            let value = render.state().get_extension::<Outcome>().map(|outcome| outcome.0.clone());
            return Ok(to_json(&value.unwrap_or_default()));
        }
        let rewritten = rewrite::template(text, "").map_err(syntax)?;
        let template = self.environment.template_from_str(&rewritten.text).map_err(wrong)?;
        template.render(context).map(serde_json::Value::from).map_err(wrong)
    }
}

fn diagnostic(error: &Error, at: Option<Span>) -> Diagnostic {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(raised) = inner.downcast_ref::<Raised>() {
            return (*raised.0).clone().label_opt(at, "");
        }
        source = inner.source();
    }
    let detail = error.detail().unwrap_or_default();
    let message = match detail.strip_suffix(" is unknown") {
        Some(name) => format!("'{name}' is undefined"),
        None if detail.is_empty() => error.kind().to_string(),
        None => detail.to_owned(),
    };
    Diagnostic::error(Code::JinjaRender, message).label_opt(at, "")
}

fn env_var(name: &str, default: Option<Value>, secrets: bool) -> Result<Value, Error> {
    if name.starts_with(secret::PREFIX) && !secrets {
        return Err(Raised(Box::new(
            Diagnostic::error(
                Code::SecretNotAllowed,
                format!("secret env vars are allowed only in profiles.yml or packages.yml. Found '{name}' referenced elsewhere"),
            )
            .help(format!("name the variable without the prefix {}", secret::PREFIX)),
        ))
        .into());
    }
    match (variable(name), default) {
        (Some(value), _) => Ok(Value::from(value)),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Raised(Box::new(
            Diagnostic::error(Code::EnvVarNotFound, format!("Env var required but not provided: '{name}'"))
                .help("set it, or give `env_var` a default as its second argument"),
        ))
        .into()),
    }
}

/// `target` where none is known.
#[derive(Debug)]
struct NoTarget;

impl minijinja::value::Object for NoTarget {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from(""))
    }
}

/// `var` of the command line.
#[derive(Debug)]
struct Var(Arc<Mapping>);

impl minijinja::value::Object for Var {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let name = args.first().and_then(Value::as_str).unwrap_or_default();
        let default = || argument(args, 1, "default");
        self.0.get(name).map(from_json).or_else(default).ok_or_else(|| {
            Raised(Box::new(
                Diagnostic::error(Code::VarNotFound, format!("Required var '{name}' not found in config"))
                    .help(format!("pass it with --vars '{{{name}: ...}}', or give `var` a default")),
            ))
            .into()
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("has_var", [name]) => Ok(Value::from(name.as_str().is_some_and(|n| self.0.contains_key(n)))),
            _ => Err(minijinja::ErrorKind::UnknownMethod.into()),
        }
    }
}

/// `as_bool` and its kin: what a text says, as a value.
pub(super) fn marked(value: &Value, kind: &str) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(value.clone()) };
    let read = literal(text);
    let fits = match kind {
        "text" => return Ok(value.clone()),
        "bool" => read.kind() == ValueKind::Bool,
        "number" => read.kind() == ValueKind::Number,
        _ => true,
    };
    if fits {
        return Ok(read);
    }
    Err(Error::new(
        minijinja::ErrorKind::InvalidOperation,
        format!("Could not convert value '{text}' into type '{kind}'"),
    ))
}

/// What a text means as a literal of Python; itself where it is none.
fn literal(text: &str) -> Value {
    let trimmed = text.trim();
    match trimmed {
        "True" => return Value::from(true),
        "False" => return Value::from(false),
        "None" => return Value::from(()),
        _ => {}
    }
    if let Ok(whole) = trimmed.replace('_', "").parse::<i64>() {
        return Value::from(whole);
    }
    let numeric = trimmed.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if let (true, Ok(number)) = (numeric, trimmed.parse::<f64>()) {
        return Value::from(number);
    }
    let unquoted = ['\'', '"'].iter().find_map(|q| trimmed.strip_prefix(*q)?.strip_suffix(*q));
    if let Some(inner) = unquoted.filter(|inner| !inner.contains(['\'', '"', '\\'])) {
        return Value::from(inner);
    }
    Value::from(text)
}
