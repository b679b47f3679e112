//! `config`: recorded while a template is parsed, read while it runs.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::argument::{bind, misuse, present, raise, split, type_name};
use super::{Context, graph};
use crate::diagnostic::Code;
use crate::jinja::python::{from_json, to_json};
use crate::manifest::Mapping;

/// Keys whose values add up over several calls.
const APPEND: &[&str] = &["pre-hook", "post-hook", "tags", "packages"];
/// Keys whose mappings are merged key by key.
const UPDATE: &[&str] =
    &["quoting", "column_types", "meta", "docs", "contract", "snapshot_meta_column_names"];

struct Config(Context);

/// The object as a template sees it.
pub(super) fn value(cx: &Context) -> Value {
    Value::from_object(Config(cx.clone()))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<config>")
    }
}

impl Object for Config {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        if self.0.parsing() {
            self.record(args)?;
        }
        Ok(Value::from(""))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "set" => {
                let [name, value] = bind("config.set", args, ["name", "value"], 2)?;
                if self.0.parsing() {
                    let call = Mapping::from_iter([(name.to_string(), to_json(&value))]);
                    merge(&mut self.0.capture().config, call)?;
                }
                Ok(Value::from(""))
            }
            "get" | "meta_get" => {
                let [name, default, validator] =
                    bind("config.get", args, ["name", "default", "validator"], 1)?;
                if self.0.parsing() {
                    return Ok(Value::from(""));
                }
                let default = present(&default).cloned().unwrap_or(Value::from(()));
                let found = self.find(method, &name).unwrap_or_else(|| default.clone());
                if !default.is_none() {
                    validate(state, &validator, &found)?;
                }
                Ok(found)
            }
            "require" | "meta_require" => {
                let [name, validator] = bind("config.require", args, ["name", "validator"], 1)?;
                if self.0.parsing() {
                    return Ok(Value::from(""));
                }
                let found = self.find(method, &name).ok_or_else(|| missing(&self.0, &name))?;
                validate(state, &validator, &found)?;
                Ok(found)
            }
            "persist_relation_docs" => self.persists("relation"),
            "persist_column_docs" => self.persists("columns"),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

impl Config {
    fn record(&self, args: &[Value]) -> Result<(), Error> {
        let (positional, keywords) = split(args)?;
        let names: Vec<&str> = keywords.args().collect();
        let call = match (positional, names.is_empty()) {
            ([given], true) => {
                let serde_json::Value::Object(mapping) = to_json(given) else {
                    let kind = type_name(given);
                    let message = format!("Invalid inline model config: got {kind} instead of a mapping");
                    return Err(misuse(message));
                };
                mapping
            }
            ([], false) => names
                .iter()
                .map(|name| Ok(((*name).to_owned(), to_json(&keywords.peek::<Value>(name)?))))
                .collect::<Result<Mapping, Error>>()?,
            _ => return Err(raise(Code::InvalidConfig, "Invalid inline model config")),
        };
        merge(&mut self.0.capture().config, call)
    }

    fn find(&self, method: &str, name: &Value) -> Option<Value> {
        let node = self.0.scope.node.as_ref()?;
        let config = &node.config;
        let name = name.as_str()?;
        if let Some(moment) = graph::moment(node, name) {
            return Some(moment);
        }
        let found = if method.starts_with("meta") {
            config.meta()?.get(name)
        } else {
            let hook = if name.ends_with("_hook") { name.replace('_', "-") } else { name.to_owned() };
            config.0.get(&hook).or_else(|| config.0.get(name))
        };
        found.map(from_json)
    }

    fn persists(&self, part: &str) -> Result<Value, Error> {
        let config = self.0.scope.node.as_ref().filter(|_| !self.0.parsing()).map(|node| &node.config);
        match config.and_then(|config| config.get("persist_docs")) {
            None => Ok(Value::from(false)),
            Some(serde_json::Value::Object(docs)) => Ok(docs.get(part).map_or(Value::from(false), from_json)),
            Some(other) => Err(raise(
                Code::InvalidConfig,
                format!(
                    "Invalid value provided for 'persist_docs'. Expected dict but received <class '{}'>",
                    type_name(&from_json(other))
                ),
            )),
        }
    }
}

/// `exceptions.missing_config` and `config.require` say the same.
pub(super) fn missing(cx: &Context, name: &Value) -> Error {
    let id = cx.node_id();
    let message = format!("Model '{id}' does not define a required config parameter '{name}'.");
    raise(Code::InvalidConfig, message)
}

fn validate(state: &mut State<'_, '_>, validator: &Value, value: &Value) -> Result<(), Error> {
    if let Some(validator) = present(validator) {
        validator.call(state, std::slice::from_ref(value))?;
    }
    Ok(())
}

/// Adds one call to those before it, by dbt's rule for each key.
fn merge(config: &mut Mapping, mut call: Mapping) -> Result<(), Error> {
    for (old, new) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
        if let Some(hooks) = call.shift_remove(old) {
            if call.contains_key(new) {
                let message = format!("Invalid config, has conflicting keys \"{old}\" and \"{new}\"");
                return Err(raise(Code::InvalidConfig, message));
            }
            call.insert(new.to_owned(), hooks);
        }
    }
    if config.is_empty() {
        *config = call;
        return Ok(());
    }
    for (key, value) in call {
        match key.as_str() {
            append if APPEND.contains(&append) => {
                let mut all = config.get(append).cloned().map_or_else(Vec::new, listed);
                all.extend(listed(value));
                config.insert(key, all.into());
            }
            update if UPDATE.contains(&update) => {
                let serde_json::Value::Object(more) = value else {
                    return Err(raise(Code::InvalidConfig, format!("expected dict, got {value}")));
                };
                match config.get_mut(update).and_then(serde_json::Value::as_object_mut) {
                    Some(before) => before.extend(more),
                    None => drop(config.insert(key, more.into())),
                }
            }
            "grants" => merge_grants(config, value)?,
            _ => drop(config.insert(key, value)),
        }
    }
    Ok(())
}

/// Grantees of a privilege replace those before, or add to them where the key starts with `+`.
fn merge_grants(config: &mut Mapping, value: serde_json::Value) -> Result<(), Error> {
    let serde_json::Value::Object(more) = value else {
        return Err(raise(Code::InvalidConfig, format!("expected dict, got {value}")));
    };
    let before = config.entry("grants").or_insert_with(|| Mapping::new().into());
    let Some(grants) = before.as_object_mut() else { return Ok(()) };
    for (privilege, grantees) in more {
        let mut all = match grants.get(&privilege) {
            Some(before) if privilege.starts_with('+') => listed(before.clone()),
            _ => Vec::new(),
        };
        all.extend(listed(grantees));
        grants.insert(privilege, all.into());
    }
    Ok(())
}

fn listed(value: serde_json::Value) -> Vec<serde_json::Value> {
    match value {
        serde_json::Value::Array(items) => items,
        one => vec![one],
    }
}
