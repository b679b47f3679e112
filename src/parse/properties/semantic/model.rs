//! A semantic model as keys of the model it is about: its columns are entities and dimensions.

use std::sync::Arc;

use serde_json::json;

use super::super::node::{ColumnProperties, NodeProperties};
use super::super::read::{Config, Reader};
use super::super::shape::{Shape, Spans};
use super::form::{COLUMN_DIMENSION, COLUMN_ENTITY, DERIVED, DIMENSION_TYPES, ENTITY_TYPES};
use super::{Owner, SemanticProperties, entry, flat_metric};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Mapping, ResourceType, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

const OWN_KEYS: &[&str] = &["name", "enabled", "group", "config"];

/// The semantic model that a model describes beside itself, and its metrics.
pub(in super::super) fn of_model(
    reader: &mut Reader,
    map: &YamlMapping,
    said: &NodeProperties,
) -> Vec<SemanticProperties> {
    let NodeProperties { place, name: model, span, description, columns, .. } = said;
    let Some(key) = map.entry("semantic_model").filter(|key| !key.value.is_null()) else {
        return Vec::new();
    };
    let mut config = Config::default();
    let mut name = model.clone();
    if let Some(own) = key.value.as_mapping() {
        reader.known(own, OWN_KEYS, "`semantic_model`");
        let enabled = reader.flag(own, "enabled").unwrap_or(true);
        if !enabled {
            return Vec::new();
        }
        name = reader.text(own, "name").unwrap_or(name);
        let group = reader.text(own, "group");
        if let Some(inner) = reader.map_at(own, "config") {
            let mut set = |name: &str, value: Value| {
                config.spans.insert(name.to_owned(), key.key_span);
                config.written.insert(name.to_owned(), value.clone());
                config.rendered.insert(name.to_owned(), value);
            };
            set("meta", Value::Object(reader.object(inner, "meta")));
            set("enabled", json!(enabled));
            if let Some(group) = group {
                set("group", json!(group));
            }
        }
    } else if let Some(flag) = key.value.as_bool() {
        if !flag {
            return Vec::new();
        }
    } else {
        reader.report(key.value.invalid("semantic_model", "true, false or a mapping"));
        return Vec::new();
    }
    let agg_time_dimension = reader.text(map, "agg_time_dimension");
    let mut spans = Spans::new();
    if let Some(yaml) = map.get("agg_time_dimension") {
        spans.insert("defaults/agg_time_dimension".to_owned(), yaml.span);
    }
    let (mut dimensions, mut entities) = (Vec::new(), Vec::new());
    for column in columns {
        let here = column.column.span;
        if let Some(dimension) = column_dimension(column) {
            spans.extend(here.map(|span| (format!("dimensions/{}/name", dimensions.len()), span)));
            dimensions.push(dimension);
        }
        if let Some(entity) = column_entity(column) {
            spans.extend(here.map(|span| (format!("entities/{}/name", entities.len()), span)));
            entities.push(entity);
        }
    }
    if let Some(derived) = reader.map_at(map, "derived_semantics")
        && let Some(read) = reader.shaped(derived, *span, &DERIVED, &[], "", &mut Spans::new())
    {
        let list = |key: &str| read[key].as_array().cloned().unwrap_or_default();
        entities.extend(list("entities"));
        dimensions.extend(list("dimensions").iter().map(derived_dimension));
    }
    let semantic_model = SemanticProperties {
        place: Arc::clone(place),
        resource_type: ResourceType::SemanticModel,
        name: name.clone(),
        span: *span,
        description: Some(description.clone()),
        label: None,
        tags: Vec::new(),
        config,
        body: Mapping::from_iter([
            ("model".to_owned(), json!(format!("ref('{model}')"))),
            ("node_relation".to_owned(), Value::Null),
            ("defaults".to_owned(), json!({ "agg_time_dimension": agg_time_dimension })),
            ("entities".to_owned(), Value::Array(entities)),
            ("measures".to_owned(), json!([])),
            ("dimensions".to_owned(), Value::Array(dimensions)),
            ("primary_entity".to_owned(), reader.text(map, "primary_entity").into()),
        ]),
        spans,
        of_model: Some(model.clone()),
    };
    let owner = Owner { name: &name, agg_time_dimension: agg_time_dimension.as_deref() };
    let mut all = vec![semantic_model];
    for yaml in reader.list(map, "metrics") {
        let Some((map, read)) = entry(reader, place, "metrics", ResourceType::Metric, yaml) else {
            continue;
        };
        let read = SemanticProperties { of_model: Some(model.clone()), ..read };
        all.extend(flat_metric(reader, yaml, map, read, Some(&owner)));
    }
    all
}

/// The dimension that a column is.
fn column_dimension(column: &ColumnProperties) -> Option<Value> {
    let meta = Value::Object(column.column.meta.clone());
    let (name, description) = (&column.column.name, &column.column.description);
    let said = match column.column.dimension.as_ref()? {
        Value::Object(said) => said,
        kind => {
            return Some(json!({
                "name": name, "type": kind, "description": description, "label": null,
                "is_partition": false, "type_params": null, "expr": null, "metadata": null,
                "config": { "meta": meta }, "datatype": null,
            }));
        }
    };
    let mut merged = column.column.meta.clone();
    if let Some(Value::Object(own)) = said["config"].get("meta") {
        merged.extend(own.clone());
    }
    let type_params = column.column.granularity.as_ref().map(
        |granularity| json!({ "time_granularity": granularity, "validity_params": said["validity_params"] }),
    );
    Some(json!({
        "name": said["name"],
        "type": said["type"],
        "description": said["description"],
        "label": said["label"],
        "is_partition": said["is_partition"],
        "type_params": type_params,
        "expr": (said["name"] != name.as_str()).then_some(name),
        "metadata": null,
        "config": { "meta": merged },
        "datatype": null,
    }))
}

/// The entity that a column is.
fn column_entity(column: &ColumnProperties) -> Option<Value> {
    let (name, description) = (&column.column.name, &column.column.description);
    let meta = || Value::Object(column.column.meta.clone());
    let said = match column.column.entity.as_ref()? {
        Value::Object(said) => said,
        kind => {
            return Some(json!({
                "name": name, "type": kind, "description": description, "label": null, "role": null,
                "expr": null, "config": { "meta": meta() },
            }));
        }
    };
    Some(json!({
        "name": said["name"],
        "type": said["type"],
        "description": said["description"],
        "label": said["label"],
        "role": null,
        "expr": (said["name"] != name.as_str()).then_some(name),
        "config": { "meta": said["config"].get("meta").cloned().unwrap_or_else(meta) },
    }))
}

fn derived_dimension(said: &Value) -> Value {
    let type_params = said["granularity"].as_str().map(
        |granularity| json!({ "time_granularity": granularity, "validity_params": said["validity_params"] }),
    );
    json!({
        "name": said["name"],
        "type": said["type"],
        "description": said["description"],
        "label": said["label"],
        "is_partition": said["is_partition"],
        "type_params": type_params,
        "expr": said["expr"],
        "metadata": null,
        "config": said["config"],
        "datatype": null,
    })
}

/// The `dimension` and the `entity` of a column: a type alone, or a mapping with what it does not say taken
/// from the column.
pub(in super::super) fn of_column(
    reader: &mut Reader,
    map: &YamlMapping,
    name: &str,
    description: &str,
) -> (Option<Value>, Option<Value>) {
    let mut part = |key: &str, shape: &Shape, types: &[&str]| {
        let yaml = map.get(key).filter(|yaml| !yaml.is_null())?;
        let Some(inner) = yaml.as_mapping() else { return reader.word(yaml, key, types) };
        let mut said = reader.shaped(inner, yaml.span, shape, &[], "", &mut Spans::new())?;
        for (key, own) in [("name", json!(name)), ("description", json!(description)), ("config", json!({}))]
        {
            if said[key].is_null() {
                said.insert(key.to_owned(), own);
            }
        }
        Some(Value::Object(said))
    };
    let dimension = part("dimension", &COLUMN_DIMENSION, DIMENSION_TYPES);
    let entity = part("entity", &COLUMN_ENTITY, ENTITY_TYPES);
    let is_time = dimension.as_ref().is_some_and(|d| d == "time" || d.get("type") == Some(&json!("time")));
    if is_time && map.get("granularity").is_none_or(Yaml::is_null) {
        let message = format!("the column `{name}` is a time dimension and must have a `granularity`");
        let span = map.key_span("dimension");
        reader.report(Diagnostic::error(Code::YamlMissingKey, message).label_opt(span, ""));
    }
    (dimension, entity)
}
