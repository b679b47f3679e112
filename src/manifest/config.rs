//! A node's configuration: an open mapping, as dbt has it, with typed readers for the keys Teal acts on.

use super::{Mapping, Value};

/// Merged configuration; every key that dbt gives a default is present after `parse`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeConfig(pub Mapping);

impl NodeConfig {
    /// Any key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A text key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// A truth value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Value::as_bool)
    }

    /// How the node is built; `view` where nothing is said.
    pub fn materialized(&self) -> &str {
        self.text("materialized").unwrap_or("view")
    }

    /// Whether the node takes part at all.
    pub fn enabled(&self) -> bool {
        self.flag("enabled").unwrap_or(true)
    }

    /// Tags, in the order given.
    pub fn tags(&self) -> Vec<&str> {
        match self.get("tags") {
            Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(tag)) => vec![tag],
            _ => Vec::new(),
        }
    }

    /// Whether the columns are promised, and the promise is held.
    pub fn contract_is_enforced(&self) -> bool {
        let contract = self.get("contract");
        contract.and_then(|contract| contract.get("enforced")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The group it belongs to.
    pub fn group(&self) -> Option<&str> {
        self.text("group")
    }

    /// `meta`.
    pub fn meta(&self) -> Option<&Mapping> {
        self.get("meta").and_then(Value::as_object)
    }
}
