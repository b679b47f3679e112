//! The primary key of a model, which its constraints or its tests tell.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manifest::{Manifest, Node, NodeKind, ResourceType, UniqueId, Value};

/// Infers each model's primary key from its constraints and tests.
pub(super) fn infer(manifest: &mut Manifest) {
    let mut tests: HashMap<UniqueId, Vec<(String, bool, Vec<String>)>> = HashMap::new();
    let disabled = manifest.disabled.values().flatten();
    for node in manifest.nodes.values().chain(disabled) {
        let NodeKind::GenericTest { metadata, attached_node: Some(attached), .. } = &node.kind else {
            continue;
        };
        let columns =
            match (metadata.kwargs.get("column_name"), metadata.kwargs.get("combination_of_columns")) {
                (Some(Value::String(column)), _) => vec![column.clone()],
                (_, Some(Value::Array(items))) => {
                    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => continue,
            };
        let told = (metadata.name.clone(), node.config.enabled(), columns);
        tests.entry(Arc::clone(attached)).or_default().push(told);
    }
    for node in manifest.nodes.values_mut() {
        if node.resource_type() != ResourceType::Model {
            continue;
        }
        let key = inferred(node, tests.get(&node.unique_id).map_or(&[][..], Vec::as_slice));
        if key.is_empty() {
            continue;
        }
        if let NodeKind::Model { primary_key, .. } = &mut Arc::make_mut(node).kind {
            *primary_key = key;
        }
    }
}

fn inferred(node: &Node, tests: &[(String, bool, Vec<String>)]) -> Vec<String> {
    let is_key = |constraint: &Value| constraint["type"] == "primary_key";
    if let NodeKind::Model { constraints, .. } = &node.kind
        && let Some(key) = constraints.iter().find(|constraint| is_key(constraint))
    {
        let columns = key.get("columns").and_then(Value::as_array).into_iter().flatten();
        return sorted(columns.filter_map(Value::as_str).map(str::to_owned));
    }
    if let Some(column) = node.columns.values().find(|column| column.constraints.iter().any(is_key)) {
        return vec![column.name.clone()];
    }
    let named = |wanted: fn(&str) -> bool, enabled: Option<bool>| {
        let said = tests
            .iter()
            .filter(move |(name, on, _)| wanted(name) && enabled.is_none_or(|enabled| enabled == *on));
        sorted(said.flat_map(|(_, _, columns)| columns.clone()))
    };
    let unique = |name: &str| matches!(name, "unique" | "unique_combination_of_columns");
    let any_unique = named(unique, None);
    let both =
        named(|name| name == "not_null", None).into_iter().filter(|column| any_unique.contains(column));
    let both: Vec<_> = both.collect();
    if !both.is_empty() {
        return both;
    }
    let enabled = named(unique, Some(true));
    if enabled.is_empty() { named(unique, Some(false)) } else { enabled }
}

fn sorted(columns: impl Iterator<Item = String>) -> Vec<String> {
    let mut columns: Vec<_> = columns.collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}
