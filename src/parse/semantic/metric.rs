//! What is wrong with one metric.

use std::collections::{HashMap, HashSet};

use super::super::properties::GRANULARITIES;
use super::element::aggregation;
use super::rules::{Rules, text};
use crate::manifest::{SemanticNode, Value};

/// Judges every metric.
pub(super) fn judge(rules: &mut Rules) {
    let mut aliases: HashMap<&str, &str> = HashMap::new();
    for metric in rules.metrics.clone() {
        match metric.metric_type() {
            Some("simple") => simple(rules, metric),
            Some("cumulative") => cumulative(rules, metric),
            Some("derived") => derived(rules, metric),
            Some("conversion") => conversion(rules, metric),
            Some("ratio") => ratio(rules, metric),
            _ => {}
        }
        measure_aliases(rules, metric, &mut aliases);
    }
}

fn simple(rules: &mut Rules, metric: &SemanticNode) {
    let expr = metric.param("expr").and_then(Value::as_str);
    if let Some(params) = metric.param("metric_aggregation_params") {
        let agg = text(params, "agg");
        for problem in aggregation("metric", &metric.name, agg, expr, &params["agg_params"]) {
            rules.error(metric, "type_params/agg", problem);
        }
        return;
    }
    let Some(measure) = metric.param("measure") else {
        let message = format!("the simple metric `{}` needs a `measure`", metric.name);
        rules.error(metric, "type_params", message);
        return;
    };
    let Some((_, found)) = rules.measures.get(text(measure, "name")).copied() else { return };
    if let Some(expr) = expr
        && found["expr"].as_str() != Some(expr)
        && text(found, "name") != expr
    {
        let message = format!("the `expr` of `{}` has no effect: its measure has its own", metric.name);
        rules.warn(metric, "type_params/expr", message);
    }
}

fn ratio(rules: &mut Rules, metric: &SemanticNode) {
    for key in ["numerator", "denominator"] {
        if metric.param(key).is_none() {
            let message = format!("the ratio metric `{}` needs a `{key}`", metric.name);
            rules.error(metric, "type_params", message);
        }
    }
}

fn cumulative(rules: &mut Rules, metric: &SemanticNode) {
    let nested = metric.param("cumulative_type_params").unwrap_or(&Value::Null);
    if metric.param("measure").is_none() && nested["metric"].is_null() {
        let message = format!("the cumulative metric `{}` needs a `measure`", metric.name);
        rules.error(metric, "type_params", message);
    }
    let flags = &rules.parsing.project.root().flags;
    let may_stand_beside =
        flags.get("require_nested_cumulative_type_params").and_then(Value::as_bool) == Some(false);
    for key in ["window", "grain_to_date"] {
        let Some(beside) = metric.param(key) else { continue };
        if beside != &nested[key] {
            let message = format!("the metric `{}` says two things for `{key}`", metric.name);
            rules.error(metric, &format!("type_params/{key}"), message);
        }
        let message =
            format!("`{key}` of the metric `{}` belongs under `cumulative_type_params`", metric.name);
        if may_stand_beside {
            rules.warn(metric, &format!("type_params/{key}"), message);
        } else {
            rules.error(metric, &format!("type_params/{key}"), message);
        }
    }
    let path = "type_params/cumulative_type_params";
    let grain = nested["grain_to_date"].as_str();
    if let Some(grain) = grain.filter(|grain| !GRANULARITIES.contains(&grain.to_lowercase().as_str())) {
        let message = format!("`{grain}` is no unit of time");
        rules.misnamed(metric, &format!("{path}/grain_to_date"), message, grain, GRANULARITIES);
    }
    if !nested["window"].is_null() && grain.is_some() {
        let message =
            format!("the metric `{}` has a `window` and a `grain_to_date`: one is enough", metric.name);
        rules.error(metric, &format!("{path}/window"), message);
    }
    window(rules, metric, &nested["window"], &format!("{path}/window"), Custom::Refused);
}

/// Whether the units of time that time spines add may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Custom {
    Allowed,
    Refused,
}

fn window(rules: &mut Rules, metric: &SemanticNode, window: &Value, path: &str, custom: Custom) {
    let Some(unit) = window["granularity"].as_str() else { return };
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let is_custom = rules.custom.iter().any(|known| *known == unit || *known == singular);
    if GRANULARITIES.contains(&unit) || (is_custom && custom == Custom::Allowed) {
        return;
    }
    let message = if is_custom {
        format!("`{unit}` is a unit of time of a time spine, which cannot be used here")
    } else {
        format!("`{unit}` is no unit of time")
    };
    rules.misnamed(metric, path, message, singular, GRANULARITIES);
}

fn derived(rules: &mut Rules, metric: &SemanticNode) {
    let inputs: Vec<_> = metric.param("metrics").and_then(Value::as_array).into_iter().flatten().collect();
    if inputs.is_empty() {
        let message = format!("the derived metric `{}` is made of no metrics", metric.name);
        rules.error(metric, "type_params/metrics", message);
    }
    let names: HashSet<_> = inputs.iter().map(|input| text(input, "name")).collect();
    let expr = metric.param("expr").and_then(Value::as_str);
    if expr.is_none() {
        let message = format!("the derived metric `{}` has no `expr`", metric.name);
        rules.warn(metric, "type_params", message);
    }
    for (at, input) in inputs.iter().enumerate() {
        let path = format!("type_params/metrics/{at}");
        if let Some(alias) = input["alias"].as_str() {
            rules.name(metric, &format!("{path}/alias"), alias);
            if names.contains(alias) {
                let message = format!("the alias `{alias}` is the name of a metric of `{}`", metric.name);
                rules.error(metric, &format!("{path}/alias"), message);
            }
        }
        window(rules, metric, &input["offset_window"], &format!("{path}/offset_window"), Custom::Allowed);
        let grain = input["offset_to_grain"].as_str();
        if let Some(grain) = grain.filter(|grain| !GRANULARITIES.contains(&grain.to_lowercase().as_str())) {
            let message = format!("`{grain}` is no unit of time");
            rules.misnamed(metric, &format!("{path}/offset_to_grain"), message, grain, GRANULARITIES);
        }
        if grain.is_some() && !input["offset_window"].is_null() {
            let message = "a metric is shifted by an `offset_window` or an `offset_to_grain`, not both";
            rules.error(metric, &path, message);
        }
        let shown = input["alias"].as_str().unwrap_or(text(input, "name"));
        if let Some(expr) = expr.filter(|expr| !expr.contains(shown)) {
            let message = format!("`{shown}` is not used in the `expr` of `{}`: `{expr}`", metric.name);
            rules.warn(metric, &path, message);
        }
    }
}

fn conversion(rules: &mut Rules, metric: &SemanticNode) {
    let Some(params) = metric.param("conversion_type_params") else {
        let message = format!("the conversion metric `{}` needs `conversion_type_params`", metric.name);
        rules.error(metric, "type_params", message);
        return;
    };
    let path = "type_params/conversion_type_params";
    window(rules, metric, &params["window"], &format!("{path}/window"), Custom::Refused);
    let entity = text(params, "entity");
    for side in ["base", "conversion"] {
        let at = format!("{path}/{side}_measure");
        let (model, agg, expr) = if let Some(name) = params[format!("{side}_measure")]["name"].as_str() {
            let Some((model, measure)) = rules.measures.get(name).copied() else { continue };
            (model, text(measure, "agg"), measure["expr"].as_str())
        } else {
            let name = params[format!("{side}_metric")]["name"].as_str().unwrap_or_default();
            let Some(input) = rules.metric_names.get(name).copied() else { continue };
            let Some(aggregation) = input.param("metric_aggregation_params") else {
                let message = format!("`{name}` is no simple metric with an `agg`, as a conversion needs");
                rules.error(metric, &format!("{path}/{side}_metric"), message);
                continue;
            };
            let owner = text(aggregation, "semantic_model");
            let Some(model) = rules.models.iter().find(|model| model.name == owner).copied() else {
                continue;
            };
            (model, text(aggregation, "agg"), input.param("expr").and_then(Value::as_str))
        };
        let counts = matches!(agg, "count" | "count_distinct") || (agg == "sum" && expr == Some("1"));
        if !counts {
            let message = format!("what is converted must be counted, and the {side} is a `{agg}`");
            rules.error(metric, &at, message);
        }
        let filter = &params[format!("{side}_measure")]["filter"];
        if side == "conversion" && !filter.is_null() {
            rules.warn(metric, &at, "a filter on the conversion is not fully supported");
        }
        let entities: Vec<_> = model.list("entities").map(|entity| text(entity, "name")).collect();
        if !entities.contains(&entity) {
            let message = format!("`{entity}` is no entity of `{}`, where the {side} is", model.name);
            rules.misnamed(metric, &format!("{path}/entity"), message, entity, &entities);
        }
        let dimensions = model.list("dimensions").map(|dimension| text(dimension, "name"));
        let known: Vec<_> = entities.iter().copied().chain(dimensions).collect();
        let properties = params["constant_properties"].as_array().into_iter().flatten();
        for (at, property) in properties.enumerate() {
            let name = text(property, &format!("{side}_property"));
            if !known.contains(&name) {
                let message = format!("`{name}` is no entity or dimension of `{}`", model.name);
                let path = format!("{path}/constant_properties/{at}/{side}_property");
                rules.misnamed(metric, &path, message, name, &known);
            }
        }
    }
}

/// A measure that is read in several ways needs a name for each.
fn measure_aliases<'a>(rules: &mut Rules, metric: &'a SemanticNode, aliases: &mut HashMap<&'a str, &'a str>) {
    let inputs: Vec<_> =
        metric.param("input_measures").and_then(Value::as_array).into_iter().flatten().collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for input in &inputs {
        *seen.entry(text(input, "name")).or_default() += 1;
    }
    for input in &inputs {
        let name = text(input, "name");
        if seen[name] > 1 && !input["filter"].is_null() && input["alias"].is_null() {
            let message = format!(
                "`{}` reads the measure `{name}` with different filters; give each an `alias`",
                metric.name
            );
            rules.error(metric, "type_params", message);
        }
    }
    let own = ["measure", "conversion_type_params/base_measure", "conversion_type_params/conversion_measure"];
    for key in own {
        let params = metric.get("type_params").unwrap_or(&Value::Null);
        let Some(alias) = params.pointer(&format!("/{key}/alias")).and_then(Value::as_str) else { continue };
        let path = format!("type_params/{key}/alias");
        rules.name(metric, &path, alias);
        if rules.measures.contains_key(alias) {
            rules.error(metric, &path, format!("the alias `{alias}` is the name of a measure"));
        }
        if let Some(other) = aliases.insert(alias, &metric.name).filter(|other| *other != metric.name) {
            rules.error(metric, &path, format!("the alias `{alias}` is used by `{other}` as well"));
        }
    }
}
