//! The semantic layer: semantic models, metrics and saved queries.

use super::{DependsOn, Mapping, NodeConfig, RefArgs, ResourceType, UniqueId, Value};
use crate::diagnostic::Span;

/// A semantic model, a metric or a saved query. Nothing of it is built.
#[derive(Debug, Clone, PartialEq)]
pub struct SemanticNode {
    /// `metric.package.name` and the like.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// `SemanticModel`, `Metric` or `SavedQuery`.
    pub resource_type: ResourceType,
    /// The package that defines it.
    pub package_name: String,
    /// The property file, relative to its resource folder.
    pub path: String,
    /// The property file, relative to its package folder.
    pub original_file_path: String,
    /// Where its name stands.
    pub span: Option<Span>,
    /// Package, folders and name.
    pub fqn: Vec<String>,
    /// Markdown, doc blocks resolved.
    pub description: Option<String>,
    /// A human label.
    pub label: Option<String>,
    /// Tags, which semantic models have not.
    pub tags: Vec<String>,
    /// The group it belongs to.
    pub group: Option<String>,
    /// Its configuration, all levels merged.
    pub config: NodeConfig,
    /// Configuration as written.
    pub unrendered_config: Mapping,
    /// The `ref` of a semantic model.
    pub refs: Vec<RefArgs>,
    /// What it needs: a model, semantic models, metrics.
    pub depends_on: DependsOn,
    /// Seconds since 1970 when it was parsed.
    pub created_at: f64,
    /// What only its kind has, in the form of dbt's published schema: `model`, `node_relation`, `defaults`,
    /// `entities`, `measures`, `dimensions` and `primary_entity`; `type`, `type_params`, `filter`,
    /// `time_granularity` and `meta`; `query_params` and `exports`.
    pub body: Mapping,
}

impl SemanticNode {
    /// A part of the body; nothing where it is null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.body.get(key).filter(|value| !value.is_null())
    }

    /// The items of a list of the body, such as `measures`.
    pub fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.get(key).and_then(Value::as_array).into_iter().flatten()
    }

    /// `simple`, `ratio`, `derived`, `cumulative` or `conversion`; nothing for what is no metric.
    pub fn metric_type(&self) -> Option<&str> {
        self.get("type").and_then(Value::as_str)
    }

    /// A part of a metric's `type_params`; nothing where it is null.
    pub fn param(&self, key: &str) -> Option<&Value> {
        self.get("type_params")?.get(key).filter(|value| !value.is_null())
    }
}
