//! The semantic layer on the wire: in `manifest.json`, and alone in `semantic_manifest.json` for the tools
//! that answer queries from it.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::node::{self, DependsOnWire, RefWire};
use crate::diagnostic::Result;
use crate::manifest::{Manifest, Mapping, Node, NodeKind, ResourceType, SemanticNode, UniqueId, Value};

/// The version of the interfaces whose form is written.
const INTERFACES: [&str; 3] = ["0", "213", "0"];

/// The model that was the time spine before there was a way to say so.
const OLD_SPINE: &str = "metricflow_time_spine";

/// A semantic model, metric or saved query as dbt's `to_dict` gives it.
pub fn semantic_json(node: &SemanticNode) -> Value {
    super::to_value(&SemanticWire::new(node))
}

#[derive(Serialize)]
pub(super) struct SemanticWire<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    #[serde(flatten)]
    kind: KindWire<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KindWire<'a> {
    SemanticModel {
        model: &'a Value,
        node_relation: &'a Value,
        description: Option<&'a str>,
        label: Option<&'a str>,
        defaults: &'a Value,
        entities: &'a Value,
        measures: &'a Value,
        dimensions: &'a Value,
        metadata: (),
        depends_on: DependsOnWire<'a>,
        refs: Vec<RefWire<'a>>,
        created_at: f64,
        config: &'a Mapping,
        unrendered_config: &'a Mapping,
        primary_entity: &'a Value,
        group: Option<&'a str>,
    },
    Metric {
        description: Option<&'a str>,
        label: Option<&'a str>,
        r#type: &'a Value,
        type_params: &'a Value,
        filter: &'a Value,
        metadata: (),
        time_granularity: &'a Value,
        config: &'a Mapping,
        unrendered_config: &'a Mapping,
        sources: [(); 0],
        depends_on: DependsOnWire<'a>,
        refs: [(); 0],
        metrics: [(); 0],
        created_at: f64,
        group: Option<&'a str>,
        meta: &'a Value,
        tags: &'a [String],
    },
    SavedQuery {
        query_params: &'a Value,
        exports: &'a Value,
        description: Option<&'a str>,
        label: Option<&'a str>,
        metadata: (),
        config: &'a Mapping,
        unrendered_config: &'a Mapping,
        group: Option<&'a str>,
        depends_on: DependsOnWire<'a>,
        created_at: f64,
        refs: [(); 0],
        tags: &'a [String],
    },
}

impl<'a> SemanticWire<'a> {
    pub(super) fn new(node: &'a SemanticNode) -> Self {
        Self {
            name: &node.name,
            resource_type: node.resource_type.as_str(),
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            kind: kind(node),
        }
    }
}

fn kind(node: &SemanticNode) -> KindWire<'_> {
    let part = |key: &str| node.body.get(key).unwrap_or(&Value::Null);
    let (description, label, group) =
        (node.description.as_deref(), node.label.as_deref(), node.group.as_deref());
    let (config, unrendered_config, created_at) = (&node.config.0, &node.unrendered_config, node.created_at);
    let depends_on = DependsOnWire { macros: &node.depends_on.macros, nodes: &node.depends_on.nodes };
    match node.resource_type {
        ResourceType::Metric => KindWire::Metric {
            description,
            label,
            r#type: part("type"),
            type_params: part("type_params"),
            filter: part("filter"),
            metadata: (),
            time_granularity: part("time_granularity"),
            config,
            unrendered_config,
            sources: [],
            depends_on,
            refs: [],
            metrics: [],
            created_at,
            group,
            meta: part("meta"),
            tags: &node.tags,
        },
        ResourceType::SavedQuery => KindWire::SavedQuery {
            query_params: part("query_params"),
            exports: part("exports"),
            description,
            label,
            metadata: (),
            config,
            unrendered_config,
            group,
            depends_on,
            created_at,
            refs: [],
            tags: &node.tags,
        },
        _ => KindWire::SemanticModel {
            model: part("model"),
            node_relation: part("node_relation"),
            description,
            label,
            defaults: part("defaults"),
            entities: part("entities"),
            measures: part("measures"),
            dimensions: part("dimensions"),
            metadata: (),
            depends_on,
            refs: node::refs(&node.refs),
            created_at,
            config,
            unrendered_config,
            primary_entity: part("primary_entity"),
            group,
        },
    }
}

/// Writes `semantic_manifest.json`, replacing it in one step.
///
/// # Errors
/// The file cannot be written.
pub fn write_semantic_manifest(path: &Path, manifest: &Manifest) -> Result<()> {
    let of_kind = |kind, form: fn(&SemanticNode) -> Value| {
        let nodes = manifest.semantic.values().filter(|node| node.resource_type == kind);
        nodes.map(|node| form(node)).collect::<Vec<_>>()
    };
    let value = json!({
        "semantic_models": of_kind(ResourceType::SemanticModel, semantic_model),
        "metrics": of_kind(ResourceType::Metric, metric),
        "project_configuration": project_configuration(manifest),
        "saved_queries": of_kind(ResourceType::SavedQuery, saved_query),
    });
    super::write(path, &value)
}

/// Some keys of a mapping in another order; those it has not are null.
fn picked(from: &Value, keys: &[&str]) -> Value {
    if from.is_null() {
        return Value::Null;
    }
    keys.iter().map(|key| ((*key).to_owned(), from.get(*key).cloned().unwrap_or_default())).collect()
}

/// The items of a list, each through [`picked`].
fn each(node: &SemanticNode, list: &str, keys: &[&str]) -> Vec<Value> {
    node.list(list).map(|item| picked(item, keys)).collect()
}

fn meta(node: &SemanticNode) -> Value {
    json!({ "meta": node.config.meta() })
}

fn semantic_model(node: &SemanticNode) -> Value {
    const ENTITY: &[&str] = &["name", "description", "type", "role", "expr", "metadata", "label", "config"];
    const MEASURE: &[&str] = &[
        "name",
        "agg",
        "description",
        "create_metric",
        "expr",
        "agg_params",
        "metadata",
        "non_additive_dimension",
        "agg_time_dimension",
        "label",
        "config",
    ];
    const DIMENSION: &[&str] = &[
        "name",
        "description",
        "type",
        "datatype",
        "is_partition",
        "type_params",
        "expr",
        "metadata",
        "label",
        "config",
    ];
    json!({
        "name": node.name,
        "defaults": node.get("defaults"),
        "description": node.description,
        "node_relation": node.get("node_relation"),
        "primary_entity": node.get("primary_entity"),
        "entities": each(node, "entities", ENTITY),
        "measures": each(node, "measures", MEASURE),
        "dimensions": each(node, "dimensions", DIMENSION),
        "label": node.label,
        "metadata": null,
        "config": meta(node),
    })
}

fn metric(node: &SemanticNode) -> Value {
    const PARAMS: &[&str] = &[
        "measure",
        "numerator",
        "denominator",
        "expr",
        "window",
        "grain_to_date",
        "metrics",
        "conversion_type_params",
        "cumulative_type_params",
        "input_measures",
        "metric_aggregation_params",
        "join_to_timespine",
        "fill_nulls_with",
        "is_private",
    ];
    const CONVERSION: &[&str] = &[
        "base_measure",
        "base_metric",
        "conversion_measure",
        "conversion_metric",
        "entity",
        "calculation",
        "window",
        "constant_properties",
    ];
    let mut params = picked(node.get("type_params").unwrap_or(&Value::Null), PARAMS);
    params["conversion_type_params"] = picked(&params["conversion_type_params"], CONVERSION);
    let lower = |value: &mut Value| {
        if let Some(text) = value.as_str() {
            *value = json!(text.to_lowercase());
        }
    };
    if let Some(grain) = params.pointer_mut("/cumulative_type_params/grain_to_date") {
        lower(grain);
    }
    for input in params["metrics"].as_array_mut().into_iter().flatten() {
        lower(&mut input["offset_to_grain"]);
    }
    json!({
        "name": node.name,
        "description": node.description,
        "type": node.get("type"),
        "datatype": null,
        "type_params": params,
        "filter": node.get("filter"),
        "metadata": null,
        "label": node.label,
        "config": meta(node),
        "time_granularity": node.get("time_granularity"),
    })
}

fn saved_query(node: &SemanticNode) -> Value {
    const QUERY: &[&str] = &["metrics", "group_by", "order_by", "limit", "where"];
    const EXPORT: &[&str] = &["export_as", "schema_name", "alias"];
    let exports = node.list("exports");
    let exports =
        exports.map(|export| json!({ "name": export["name"], "config": picked(&export["config"], EXPORT) }));
    json!({
        "name": node.name,
        "query_params": picked(node.get("query_params").unwrap_or(&Value::Null), QUERY),
        "description": node.description,
        "metadata": null,
        "label": node.label,
        "exports": exports.collect::<Vec<_>>(),
        "tags": node.tags,
    })
}

/// The time spines of the project.
fn project_configuration(manifest: &Manifest) -> Value {
    let spines: Vec<_> = manifest.nodes.values().filter_map(|node| time_spine(node)).collect();
    let has_models = manifest.semantic.values().any(|node| node.resource_type == ResourceType::SemanticModel);
    let old =
        manifest.refable.get(OLD_SPINE).and_then(|ids: &Vec<UniqueId>| manifest.nodes.get(ids.first()?));
    let says_nothing =
        |node: &&std::sync::Arc<Node>| !matches!(node.kind, NodeKind::Model { time_spine: Some(_), .. });
    let old = old.filter(|_| has_models).filter(says_nothing).map(|node| {
        let location = node.relation.as_ref().map(crate::relation::Relation::name);
        json!({ "location": location, "column_name": "date_day", "grain": "day" })
    });
    let [major, minor, patch] = INTERFACES;
    json!({
        "time_spine_table_configurations": old.into_iter().collect::<Vec<_>>(),
        "metadata": null,
        "dsi_package_version": { "major_version": major, "minor_version": minor, "patch_version": patch },
        "time_spines": spines,
    })
}

fn time_spine(node: &Node) -> Option<Value> {
    let NodeKind::Model { time_spine: Some(spine), .. } = &node.kind else { return None };
    let column = spine["standard_granularity_column"].as_str()?;
    Some(json!({
        "node_relation": {
            "alias": node.alias,
            "schema_name": node.schema,
            "database": node.database,
            "relation_name": node.relation.as_ref().map(crate::relation::Relation::name),
        },
        "primary_column": {
            "name": column,
            "time_granularity": node.columns.get(column).and_then(|column| column.granularity.as_deref()),
        },
        "custom_granularities": spine["custom_granularities"],
    }))
}
