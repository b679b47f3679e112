//! What a model with the `microbatch` strategy needs: when its rows happened, where its time begins, and
//! how long a batch is.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::iso_datetime;
use crate::manifest::{Manifest, Mapping, Node, NodeConfig};

/// Reports what is wrong with microbatch models, and warns of those whose batches all read everything.
pub(super) fn validate(
    manifest: &Manifest,
    places: &HashMap<Arc<str>, Option<Span>>,
    found: &mut Vec<Diagnostic>,
) {
    for node in manifest.nodes.values().filter(|node| node.is_microbatch()) {
        let place = node.patch_span.or_else(|| places.get(&node.unique_id).copied().flatten());
        let said = |key: &str| {
            // A key that is not there is missed where the strategy is named.
            let keys = [key, "incremental_strategy"];
            keys.into_iter()
                .find(|key| node.config_call.contains_key(*key))
                .and_then(|key| node.config_span(key))
        };
        let name = &node.name;
        if let Some((key, message)) = invalid(&node.config) {
            let message = format!("Microbatch model '{name}' {message}");
            let error = Diagnostic::error(Code::MicrobatchInvalid, message);
            found.push(error.label_opt(said(key).or(place), ""));
        } else if let Some(message) = invalid_input(manifest, node) {
            let error = Diagnostic::error(Code::MicrobatchInvalid, message);
            found.push(error.label_opt(place, "this model"));
        } else if !inputs(manifest, node).any(|(_, config)| config.get("event_time").is_some()) {
            let message = format!(
                "The microbatch model '{name}' has no 'ref' or 'source' input with an 'event_time' configuration. \
                 \nThis means no filtering can be applied and can result in unexpected duplicate records in the \
                 resulting microbatch model."
            );
            let warning = Diagnostic::warning(Code::MicrobatchUnfiltered, message);
            found.push(warning.label_opt(place, "each batch of this model reads every row"));
        }
    }
}

/// Brings `begin` into the form that everything after parsing relies on, where it can be read.
pub(super) fn normalize(config: &mut Mapping) {
    let is = |key: &str, word: &str| config.get(key).and_then(Value::as_str) == Some(word);
    if is("materialized", "incremental")
        && is("incremental_strategy", "microbatch")
        && let Some(Value::String(begin)) = config.get_mut("begin")
        && let Some((_, iso)) = iso_datetime(begin)
    {
        *begin = iso;
    }
}

/// What is wrong with a value, or with its lack, in dbt's words.
type Check = fn(Option<&Value>) -> Option<String>;

const CHECKS: [(&str, Check); 5] = [
    ("event_time", event_time),
    ("begin", begin),
    ("batch_size", batch_size),
    ("lookback", lookback),
    ("concurrent_batches", concurrent_batches),
];

/// The first key that is wrong, and why.
fn invalid(config: &NodeConfig) -> Option<(&'static str, String)> {
    CHECKS.into_iter().find_map(|(key, check)| Some((key, check(config.get(key))?)))
}

fn event_time(value: Option<&Value>) -> Option<String> {
    match value {
        None => {
            let why = "that indicates the name of the event time column";
            Some(format!("must provide an 'event_time' (string) config {why}."))
        }
        Some(Value::String(_)) => None,
        Some(other) => {
            Some(format!("must provide an 'event_time' config of type string, but got: {}.", class(other)))
        }
    }
}

fn begin(value: Option<&Value>) -> Option<String> {
    match value {
        None => {
            let why = "that indicates the earliest timestamp the microbatch model should be built from";
            Some(format!("must provide a 'begin' (datetime) config {why}."))
        }
        Some(Value::String(begin)) if iso_datetime(begin).is_some() => None,
        Some(Value::String(begin)) => {
            Some(format!("must provide a 'begin' config of valid datetime (ISO format), but got: {begin}."))
        }
        Some(other) => {
            Some(format!("must provide a 'begin' config of type datetime, but got: {}.", class(other)))
        }
    }
}

fn batch_size(value: Option<&Value>) -> Option<String> {
    let is_known = |size| ["hour", "day", "month", "year"].contains(&size);
    if value.and_then(Value::as_str).is_some_and(is_known) {
        return None;
    }
    let found = crate::jinja::python_str(value.unwrap_or(&Value::Null));
    let sizes = "['hour', 'day', 'month', 'year']";
    Some(format!("must provide a 'batch_size' config that is one of {sizes}, but got: {found}."))
}

fn lookback(value: Option<&Value>) -> Option<String> {
    let class = class(value.filter(|value| !value.is_i64() && !value.is_u64())?);
    Some(format!("must provide the optional 'lookback' config as type int, but got: {class})."))
}

fn concurrent_batches(value: Option<&Value>) -> Option<String> {
    let class = class(value.filter(|value| !value.is_boolean())?);
    Some(format!(
        "optional 'concurrent_batches' config must be of type `bool` if specified, but got: {class})."
    ))
}

fn invalid_input(manifest: &Manifest, node: &Node) -> Option<String> {
    inputs(manifest, node).find_map(|(input, config)| {
        let class = config.get("event_time").filter(|time| !time.is_string()).map(class)?;
        Some(format!(
            "Microbatch model '{}' depends on an input node '{input}' with an 'event_time' config of invalid \
             (non-string) type: {class}.",
            node.name
        ))
    })
}

/// The nodes and sources that a node reads, by name.
fn inputs<'a>(manifest: &'a Manifest, node: &'a Node) -> impl Iterator<Item = (&'a str, &'a NodeConfig)> {
    node.depends_on.nodes.iter().filter_map(|id| {
        let node = || manifest.nodes.get(id).map(|node| (node.name.as_str(), &node.config));
        node().or_else(|| manifest.sources.get(id).map(|source| (source.name.as_str(), &source.config)))
    })
}

/// A value's type as Python shows it.
fn class(value: &Value) -> String {
    let name = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    format!("<class '{name}'>")
}
