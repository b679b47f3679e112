//! Nodes, sources and what came of them, as hooks and the query comment see them.

use std::sync::Arc;

use minijinja::Value;

use super::functions::{Lazy, dict, list};
use super::python::{PyDict, from_json};
use crate::artifact;
use crate::manifest::{Manifest, Node, NodeResult, Source};

/// A node as dbt's dictionary.
pub fn node_value(node: &Node) -> Value {
    from_json(&artifact::node_json(node))
}

/// A source table as dbt's dictionary.
pub fn source_value(source: &Source) -> Value {
    from_json(&artifact::source_json(source))
}

/// A result with its node, as `results` shows it to hooks at the end of a run; made when it is looked into.
pub fn result_value(result: NodeResult, manifest: Arc<Manifest>) -> Value {
    Lazy::map(move || {
        let mut json = artifact::result_json(&result);
        let timing = json.as_object_mut().and_then(|fields| fields.remove("timing"));
        let id = &result.unique_id;
        let node = manifest.node(id).map(|node| artifact::node_json(node));
        let node = node.or_else(|| manifest.exposures.get(id).map(|e| artifact::exposure_json(e)));
        let node = node.or_else(|| manifest.semantic.get(id).map(|s| artifact::semantic_json(s)));
        let node = node.or_else(|| manifest.sources.get(id).map(|source| artifact::source_json(source)));
        let shown = from_json(&json);
        let pairs = shown.downcast_object_ref::<PyDict>().map(PyDict::pairs).unwrap_or_default();
        let steps = timing.as_ref().and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let parts = [
            (Value::from("timing"), list(steps.into_iter().map(object).collect())),
            (Value::from("node"), node.map_or(Value::from(()), object)),
        ];
        dict(pairs.into_iter().chain(parts))
    })
}

/// An object of dbt's own, which can be asked for its dictionary.
fn object(json: serde_json::Value) -> Value {
    Lazy::map(move || from_json(&json))
}
