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
        let name = &node.name;
        let wrong = invalid(node).map(|message| format!("Microbatch model '{name}' {message}"));
        if let Some(message) = wrong.or_else(|| invalid_input(manifest, node)) {
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

fn invalid(node: &Node) -> Option<String> {
    let config = &node.config;
    match config.get("event_time") {
        None => {
            let why = "that indicates the name of the event time column";
            return Some(format!("must provide an 'event_time' (string) config {why}."));
        }
        Some(Value::String(_)) => {}
        Some(other) => {
            let class = class(other);
            return Some(format!("must provide an 'event_time' config of type string, but got: {class}."));
        }
    }
    match config.get("begin") {
        None => {
            let why = "that indicates the earliest timestamp the microbatch model should be built from";
            return Some(format!("must provide a 'begin' (datetime) config {why}."));
        }
        Some(Value::String(begin)) if iso_datetime(begin).is_some() => {}
        Some(Value::String(begin)) => {
            let what = "a 'begin' config of valid datetime (ISO format)";
            return Some(format!("must provide {what}, but got: {begin}."));
        }
        Some(other) => {
            let class = class(other);
            return Some(format!("must provide a 'begin' config of type datetime, but got: {class}."));
        }
    }
    let size = config.get("batch_size");
    if !size.and_then(Value::as_str).is_some_and(|size| ["hour", "day", "month", "year"].contains(&size)) {
        let size = super::naming::python_str(size.unwrap_or(&Value::Null));
        let sizes = "['hour', 'day', 'month', 'year']";
        return Some(format!("must provide a 'batch_size' config that is one of {sizes}, but got: {size}."));
    }
    if let Some(lookback) = config.get("lookback").filter(|value| !value.is_i64() && !value.is_u64()) {
        let class = class(lookback);
        return Some(format!("must provide the optional 'lookback' config as type int, but got: {class})."));
    }
    let at_once = config.get("concurrent_batches").filter(|value| !value.is_boolean())?;
    let class = class(at_once);
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
