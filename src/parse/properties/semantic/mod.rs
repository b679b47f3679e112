//! What property files say of semantic models, metrics and saved queries, in both of dbt's forms: sections
//! of their own, and keys of a model (`model.rs`). `form.rs` has the keys.

mod form;
mod model;

use std::sync::Arc;

use serde_json::json;

pub(super) use model::{of_column, of_model};

use super::exposure;
use super::read::{Config, Place, Reader, Text};
use super::shape::Spans;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, ResourceType, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};
use form::{FLAT_METRIC, METRIC, METRIC_PARAMS, SAVED_QUERY, SEMANTIC_MODEL};

/// A semantic model, metric or saved query as described.
#[derive(Debug)]
pub(in crate::parse) struct SemanticProperties {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) resource_type: ResourceType,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) description: Option<Text>,
    pub(in crate::parse) label: Option<String>,
    pub(in crate::parse) tags: Vec<String>,
    pub(in crate::parse) config: Config,
    /// What only its kind has, in dbt's form.
    pub(in crate::parse) body: Mapping,
    /// Where the parts of the body stand.
    pub(in crate::parse) spans: Spans,
    /// The model that describes it; without that model there is nothing.
    pub(in crate::parse) of_model: Option<String>,
}

/// Keys of every entry that are read apart from its shape.
const COMMON: &[&str] = &["name", "description", "label", "config"];

/// Reads one entry of `semantic_models`.
pub(super) fn semantic_model(
    reader: &mut Reader,
    place: &Arc<Place>,
    yaml: &Yaml,
) -> Option<SemanticProperties> {
    let (map, mut read) = entry(reader, place, "semantic_models", ResourceType::SemanticModel, yaml)?;
    read.body = reader.shaped(map, yaml.span, &SEMANTIC_MODEL, COMMON, "", &mut read.spans)?;
    Some(read)
}

/// Reads one entry of `metrics`: one with `type_params`, or one that says all of it beside its name.
pub(super) fn metric(reader: &mut Reader, place: &Arc<Place>, yaml: &Yaml) -> Option<SemanticProperties> {
    let (map, mut read) = entry(reader, place, "metrics", ResourceType::Metric, yaml)?;
    let Some(params) = reader.map_at(map, "type_params") else {
        return flat_metric(reader, yaml, map, read, None);
    };
    let also = ["name", "description", "label", "config", "meta", "tags", "type_params"];
    read.body = reader.shaped(map, yaml.span, &METRIC, &also, "", &mut read.spans)?;
    if read.label.is_none() {
        let error = Diagnostic::error(Code::YamlMissingKey, "a metric with `type_params` needs a `label`");
        reader.report(error.label(read.span, ""));
    }
    let path = "type_params/";
    let mut type_params = reader.shaped(params, yaml.span, &METRIC_PARAMS, &[], path, &mut read.spans)?;
    if read.body["type"] == "cumulative" {
        accumulate(&mut type_params);
    }
    read.body.insert("type_params".to_owned(), Value::Object(type_params));
    read.body.insert("meta".to_owned(), Value::Object(reader.object(map, "meta")));
    read.tags = reader.texts(map, "tags");
    Some(read)
}

/// A cumulative metric has its own parameters, which take over what stands beside them.
fn accumulate(type_params: &mut Mapping) {
    let (window, grain) = (type_params["window"].clone(), type_params["grain_to_date"].clone());
    let own = &mut type_params["cumulative_type_params"];
    if own.is_null() {
        *own = json!({ "window": null, "grain_to_date": null, "period_agg": "first", "metric": null });
    }
    for (key, beside) in [("window", window), ("grain_to_date", grain)] {
        if own[key].is_null() {
            own[key] = beside;
        }
    }
}

/// Reads one entry of `saved_queries`.
pub(super) fn saved_query(
    reader: &mut Reader,
    place: &Arc<Place>,
    yaml: &Yaml,
) -> Option<SemanticProperties> {
    let (map, mut read) = entry(reader, place, "saved_queries", ResourceType::SavedQuery, yaml)?;
    let also = ["name", "description", "label", "config", "tags"];
    read.body = reader.shaped(map, yaml.span, &SAVED_QUERY, &also, "", &mut read.spans)?;
    read.tags = reader.texts(map, "tags");
    Some(read)
}

fn entry<'y>(
    reader: &mut Reader,
    place: &Arc<Place>,
    section: &str,
    resource_type: ResourceType,
    yaml: &'y Yaml,
) -> Option<(&'y YamlMapping, SemanticProperties)> {
    let (map, name, span) = exposure::entry(reader, section, yaml)?;
    let description = reader.later(map, "description");
    let read = SemanticProperties {
        place: Arc::clone(place),
        resource_type,
        span,
        description: (description.span.is_some() || resource_type == ResourceType::Metric)
            .then_some(description),
        label: reader.text(map, "label"),
        tags: Vec::new(),
        config: reader.config(map),
        body: Mapping::new(),
        spans: Spans::new(),
        of_model: None,
        name,
    };
    Some((map, read))
}

/// The semantic model of a model, and the aggregation's time that its simple metrics share.
struct Owner<'a> {
    name: &'a str,
    agg_time_dimension: Option<&'a str>,
}

/// Reads a metric that says all of it beside its name.
fn flat_metric(
    reader: &mut Reader,
    yaml: &Yaml,
    map: &YamlMapping,
    mut read: SemanticProperties,
    owner: Option<&Owner>,
) -> Option<SemanticProperties> {
    let also: Vec<_> = COMMON.iter().copied().chain(FLAT_METRIC.keys()).collect();
    read.body = reader.shaped(map, yaml.span, &METRIC, &also, "", &mut read.spans)?;
    let also: Vec<_> = COMMON.iter().copied().chain(METRIC.keys()).collect();
    let flat = reader.shaped(map, yaml.span, &FLAT_METRIC, &also, "type_params/", &mut read.spans)?;
    let kind = read.body["type"].as_str().unwrap_or_default().to_owned();
    let needed: &[&str] = match kind.as_str() {
        "simple" => &["agg"],
        "cumulative" => &["input_metric"],
        "conversion" => &["base_metric", "conversion_metric", "entity"],
        _ => &[],
    };
    if let Some(key) = needed.iter().find(|key| flat[**key].is_null()) {
        let error = Diagnostic::error(Code::YamlMissingKey, format!("a {kind} metric needs `{key}`"));
        reader.report(error.label(read.span, ""));
        return None;
    }
    if !flat["agg"].is_null() && owner.is_none() {
        let message = "a metric with `agg` must be attached to a semantic model";
        let help = "put it under `metrics` of a model with `semantic_model: true`, or name a measure in `type_params`";
        reader.report(Diagnostic::error(Code::SemanticInvalid, message).label(read.span, "").help(help));
        return None;
    }
    read.label = read.label.or_else(|| Some(read.name.clone()));
    let spans = std::mem::take(&mut read.spans).into_iter().map(|(path, span)| {
        let moved = match path.strip_prefix("type_params/") {
            Some("input_metric") => "type_params/cumulative_type_params/metric".to_owned(),
            Some("input_metric/name") => "type_params/cumulative_type_params/metric/name".to_owned(),
            Some(rest) if rest.starts_with("input_metrics") => {
                format!("type_params/{}", rest.trim_start_matches("input_"))
            }
            Some(rest @ ("entity" | "base_metric" | "conversion_metric")) => {
                format!("type_params/conversion_type_params/{rest}")
            }
            _ => path,
        };
        (moved, span)
    });
    read.spans = spans.collect();
    read.body.insert("type_params".to_owned(), flat_params(&kind, &flat, owner));
    read.body.insert("meta".to_owned(), json!({}));
    Some(read)
}

/// The `type_params` that such a metric comes to.
fn flat_params(kind: &str, flat: &Mapping, owner: Option<&Owner>) -> Value {
    let aggregation = owner.filter(|_| !flat["agg"].is_null()).map(|owner| {
        let own = flat["agg_time_dimension"].as_str();
        json!({
            "semantic_model": owner.name,
            "agg": flat["agg"],
            "agg_params": {
                "percentile": flat["percentile"],
                "use_discrete_percentile": flat["percentile_type"] == "discrete",
                "use_approximate_percentile": flat["percentile_type"] == "continuous",
            },
            "agg_time_dimension": own.or(owner.agg_time_dimension),
            "non_additive_dimension": flat["non_additive_dimension"],
        })
    });
    let conversion = (kind == "conversion").then(|| {
        json!({
            "entity": flat["entity"],
            "base_measure": null,
            "conversion_measure": null,
            "base_metric": flat["base_metric"],
            "conversion_metric": flat["conversion_metric"],
            "calculation": flat["calculation"],
            "window": flat["window"],
            "constant_properties": flat["constant_properties"],
        })
    });
    let cumulative = (kind == "cumulative").then(|| {
        json!({
            "window": flat["window"],
            "grain_to_date": flat["grain_to_date"],
            "period_agg": flat["period_agg"],
            "metric": flat["input_metric"],
        })
    });
    json!({
        "measure": null,
        "input_measures": [],
        "numerator": flat["numerator"],
        "denominator": flat["denominator"],
        "expr": flat["expr"],
        "window": null,
        "grain_to_date": null,
        "metrics": flat["input_metrics"],
        "conversion_type_params": conversion,
        "cumulative_type_params": cumulative,
        "metric_aggregation_params": aggregation,
        // dbt reads it and leaves it out.
        "fill_nulls_with": null,
        "join_to_timespine": flat["join_to_timespine"],
        "is_private": flat["hidden"],
    })
}
