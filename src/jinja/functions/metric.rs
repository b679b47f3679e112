//! A metric as templates see it: its name, its dictionary, and the metrics it is made of.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{dict, list};
use crate::artifact;
use crate::jinja::python::from_json;
use crate::manifest::{Manifest, SemanticNode};

/// A metric.
struct Metric {
    node: Arc<SemanticNode>,
    manifest: Arc<Manifest>,
}

/// A metric as a value.
pub(super) fn value(manifest: &Arc<Manifest>, node: &Arc<SemanticNode>) -> Value {
    Value::from_object(Metric { node: Arc::clone(node), manifest: Arc::clone(manifest) })
}

impl Metric {
    /// The metric and all it is made of, each with how far below it is; the nearest way counts.
    fn below(&self) -> Vec<(usize, &Arc<SemanticNode>)> {
        let mut seen = BTreeSet::from([&self.node.unique_id]);
        let mut found = vec![(1, &self.node)];
        let mut at = 0;
        while let Some((depth, node)) = found.get(at).copied() {
            at += 1;
            let needs = node.depends_on.nodes.iter().filter_map(|id| self.manifest.semantic.get(id));
            let metrics = needs.filter(|node| node.metric_type().is_some());
            found.extend(metrics.filter(|node| seen.insert(&node.unique_id)).map(|node| (depth + 1, node)));
        }
        found
    }
}

fn is_derived(node: &SemanticNode) -> bool {
    matches!(node.metric_type(), Some("derived" | "ratio"))
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node.name)
    }
}

impl Object for Metric {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node.name)
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "metric_name" => Some(Value::from(self.node.name.as_str())),
            key => artifact::semantic_json(&self.node).get(key).map(from_json),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        let below = self.below();
        let names = |wanted: fn(&SemanticNode) -> bool| {
            let wanted = below.iter().filter(|(_, node)| wanted(node));
            list(wanted.map(|(_, node)| Value::from(node.name.as_str())).collect())
        };
        match method {
            "full_metric_dependency" => Ok(names(|_| true)),
            "base_metric_dependency" => Ok(names(|node| !is_derived(node))),
            "derived_metric_dependency" => Ok(names(is_derived)),
            "derived_metric_dependency_depth" => {
                let derived = below.iter().filter(|(_, node)| is_derived(node));
                let depth = |(depth, node): &(usize, &Arc<SemanticNode>)| {
                    dict([(Value::from(node.name.as_str()), Value::from(*depth))])
                };
                Ok(list(derived.map(depth).collect()))
            }
            "to_dict" => Ok(from_json(&artifact::semantic_json(&self.node))),
            _ => Err(minijinja::ErrorKind::UnknownMethod.into()),
        }
    }
}
