//! Nodes and what came of them, as hooks and the query comment see them.

use minijinja::Value;

use super::python::from_json;
use crate::artifact;
use crate::manifest::{Manifest, Node, NodeResult};

/// A node as dbt's dictionary.
pub fn node_value(node: &Node) -> Value {
    from_json(&artifact::node_json(node))
}

/// A result with its node, as `results` shows it to hooks at the end of a run.
pub fn result_value(result: &NodeResult, manifest: &Manifest) -> Value {
    let mut json = artifact::result_json(result);
    if let (Some(fields), Some(node)) = (json.as_object_mut(), manifest.nodes.get(&result.unique_id)) {
        fields.insert("node".to_owned(), artifact::node_json(node));
    }
    from_json(&json)
}
