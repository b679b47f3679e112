//! Nodes and what came of them, as hooks and the query comment see them.

use std::sync::Arc;

use minijinja::Value;

use super::functions::Lazy;
use super::python::from_json;
use crate::artifact;
use crate::manifest::{Manifest, Node, NodeResult};

/// A node as dbt's dictionary.
pub fn node_value(node: &Node) -> Value {
    from_json(&artifact::node_json(node))
}

/// A result with its node, as `results` shows it to hooks at the end of a run; made when it is looked into.
pub fn result_value(result: NodeResult, manifest: Arc<Manifest>) -> Value {
    Lazy::map(move || {
        let mut json = artifact::result_json(&result);
        let id = &result.unique_id;
        let node = manifest.nodes.get(id).map(|node| artifact::node_json(node));
        let node = node.or_else(|| manifest.exposures.get(id).map(|e| artifact::exposure_json(e)));
        if let (Some(fields), Some(node)) = (json.as_object_mut(), node) {
            fields.insert("node".to_owned(), node);
        }
        from_json(&json)
    })
}
