//! What is wrong with one semantic model: its entities, measures and dimensions.

use std::collections::{HashMap, HashSet};

use super::rules::{Rules, text};
use crate::manifest::{SemanticNode, Value};

/// Words of SQL that no warehouse takes for a name.
const RESERVED: &[&str] = &[
    "and", "as", "create", "distinct", "for", "from", "full", "having", "in", "inner", "into", "is", "join",
    "left", "like", "natural", "not", "null", "on", "or", "right", "select", "union", "using", "where",
    "with",
];

/// One of what a list of a semantic model holds, in words.
fn noun(list: &str) -> &'static str {
    match list {
        "measures" => "a measure",
        "entities" => "an entity",
        _ => "a dimension",
    }
}

const LISTS: [&str; 3] = ["measures", "entities", "dimensions"];

/// Judges every semantic model.
pub(super) fn judge(rules: &mut Rules) {
    let models = rules.models.clone();
    let mut measures: HashMap<&str, &str> = HashMap::new();
    let mut kinds: HashMap<&str, (&str, &str)> = HashMap::new();
    let mut dimensions: HashMap<&str, (&Value, &str)> = HashMap::new();
    let mut pairs: HashMap<(&str, &str), &str> = HashMap::new();
    for model in models {
        names(rules, model, &mut kinds);
        for (at, measure) in model.list("measures").enumerate() {
            let name = text(measure, "name");
            if let Some(other) = measures.insert(name, &model.name) {
                let message = format!("the measure `{name}` of `{}` is in `{other}` as well", model.name);
                rules.error(model, &format!("measures/{at}/name"), message);
            }
            self::measure(rules, model, measure, at);
        }
        for (at, dimension) in model.list("dimensions").enumerate() {
            dimension_of(rules, model, dimension, at, &mut dimensions);
        }
        if let Some(default) = default_time(model)
            && !is_time(model, default)
        {
            let message = format!(
                "`{default}` is the default time of aggregation of `{}`, and no time dimension of it",
                model.name
            );
            rules.misnamed(model, "defaults/agg_time_dimension", message, default, &times(model));
        }
        validity(rules, model);
        let primary = primary(rules, model);
        for (at, dimension) in model.list("dimensions").enumerate() {
            let (Some(primary), name) = (primary, text(dimension, "name")) else { continue };
            if let Some(other) = pairs.insert((primary, name), &model.name) {
                let message = format!(
                    "the dimension `{name}` of the entity `{primary}` is in `{}` and in `{other}`",
                    model.name
                );
                rules.error(model, &format!("dimensions/{at}/name"), message);
            }
        }
    }
}

/// The names of a model's elements: valid, told apart, and of one kind in all models.
fn names<'a>(
    rules: &mut Rules,
    model: &'a SemanticNode,
    kinds: &mut HashMap<&'a str, (&'static str, &'a str)>,
) {
    let mut own: HashMap<&str, &str> = HashMap::new();
    for list in LISTS {
        for (at, element) in model.list(list).enumerate() {
            let (name, path) = (text(element, "name"), format!("{list}/{at}/name"));
            rules.name(model, &path, name);
            if RESERVED.contains(&name.to_lowercase().as_str()) {
                rules.error(model, &path, format!("the name `{name}` cannot be used: it is a word of SQL"));
            }
            let kind = noun(list);
            if let Some(other) = own.insert(name, kind) {
                let message = format!("`{}` has the name `{name}` for {other} and for {kind}", model.name);
                rules.error(model, &path, message);
            }
            let (known, owner) = *kinds.entry(name).or_insert((kind, &model.name));
            if known != kind && owner != model.name {
                let message = format!("`{name}` is {kind} here and {known} in `{owner}`");
                rules.error(model, &path, message);
            }
        }
    }
}

fn default_time(model: &SemanticNode) -> Option<&str> {
    model.get("defaults")?.get("agg_time_dimension")?.as_str()
}

fn times(model: &SemanticNode) -> Vec<&str> {
    model.list("dimensions").filter(|d| d["type"] == "time").map(|d| text(d, "name")).collect()
}

fn is_time(model: &SemanticNode, name: &str) -> bool {
    times(model).contains(&name)
}

fn measure(rules: &mut Rules, model: &SemanticNode, measure: &Value, at: usize) {
    let (name, agg) = (text(measure, "name"), text(measure, "agg"));
    let path = format!("measures/{at}");
    for problem in aggregation("measure", name, agg, measure["expr"].as_str(), &measure["agg_params"]) {
        rules.error(model, &format!("{path}/agg"), problem);
    }
    let Some(time) = measure["agg_time_dimension"].as_str().or(default_time(model)) else {
        let message = format!(
            "the measure `{name}` of `{}` has no time of aggregation: give it an `agg_time_dimension`, or the \
             semantic model a default one",
            model.name
        );
        rules.error(model, &format!("{path}/name"), message);
        return;
    };
    if !is_time(model, time) && measure["agg_time_dimension"].is_string() {
        let message = format!(
            "the measure `{name}` is aggregated over `{time}`, which is no time dimension of `{}`",
            model.name
        );
        rules.misnamed(model, &format!("{path}/agg_time_dimension"), message, time, &times(model));
    }
    non_additive(rules, model, measure, time, &path);
}

/// What is wrong with how a measure, or a metric with `agg`, is computed.
pub(super) fn aggregation(
    what: &str,
    name: &str,
    agg: &str,
    expr: Option<&str>,
    params: &Value,
) -> Vec<String> {
    let mut problems = Vec::new();
    let percentile = params["percentile"].as_f64();
    let set = |key: &str| params[key].as_bool().unwrap_or(false);
    match agg {
        "count" if expr.is_none() => {
            problems.push(format!("the {what} `{name}` counts and needs an `expr`; `1` counts all rows"));
        }
        "count" if expr.is_some_and(|expr| expr.to_lowercase().starts_with("distinct ")) => {
            problems.push(format!("the {what} `{name}` counts what is distinct: use `count_distinct`"));
        }
        "percentile" => match percentile {
            None => problems.push(format!("the {what} `{name}` is a percentile and needs a `percentile`")),
            Some(percentile) if percentile <= 0.0 || percentile >= 1.0 => problems.push(format!(
                "the percentile of the {what} `{name}` is {percentile}, and must be between 0 and 1; `min` and \
                 `max` are for the ends"
            )),
            Some(_) => {}
        },
        "median" => {
            if percentile.is_some_and(|percentile| (percentile - 0.5).abs() > f64::EPSILON) {
                problems.push(format!("the {what} `{name}` is a median, whose percentile is 0.5"));
            }
            if set("use_discrete_percentile") {
                problems.push(format!("the {what} `{name}` is a median, which is never discrete"));
            }
        }
        _ => {}
    }
    let given = percentile.is_some_and(|percentile| percentile != 0.0)
        || set("use_discrete_percentile")
        || set("use_approximate_percentile");
    if given && !matches!(agg, "percentile" | "median") {
        problems.push(format!("the {what} `{name}` is no percentile, and has parameters of one"));
    }
    problems
}

/// A measure that may not be added up over one dimension.
fn non_additive(rules: &mut Rules, model: &SemanticNode, measure: &Value, time: &str, path: &str) {
    let said = &measure["non_additive_dimension"];
    if said.is_null() {
        return;
    }
    let (name, path) = (text(said, "name"), format!("{path}/non_additive_dimension"));
    let granularity = |name: &str| {
        let dimension = model.list("dimensions").find(|dimension| text(dimension, "name") == name)?;
        Some(dimension["type_params"]["time_granularity"].clone())
    };
    if !is_time(model, name) {
        let message = format!("`{name}` is no time dimension of `{}`", model.name);
        rules.misnamed(model, &format!("{path}/name"), message, name, &times(model));
    } else if granularity(name) != granularity(time) {
        let message = format!("`{name}` and the time of aggregation `{time}` differ in their granularity");
        rules.error(model, &format!("{path}/name"), message);
    }
    if !matches!(text(said, "window_choice"), "min" | "max") {
        let message = "the `window_choice` of a non-additive dimension is `min` or `max`";
        rules.error(model, &format!("{path}/window_choice"), message);
    }
    let entities: Vec<_> = model.list("entities").map(|entity| text(entity, "name")).collect();
    for group in said["window_groupings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !entities.contains(&group) {
            let message = format!("`{group}` is no entity of `{}`", model.name);
            rules.misnamed(model, &format!("{path}/window_groupings"), message, group, &entities);
        }
    }
}

fn dimension_of<'a>(
    rules: &mut Rules,
    model: &'a SemanticNode,
    dimension: &'a Value,
    at: usize,
    known: &mut HashMap<&'a str, (&'a Value, &'a str)>,
) {
    let name = text(dimension, "name");
    let (first, owner) = *known.entry(name).or_insert((dimension, &model.name));
    for key in ["type", "is_partition"] {
        if first[key] != dimension[key] {
            let message = format!("the dimension `{name}` has another `{key}` in `{owner}`");
            rules.error(model, &format!("dimensions/{at}/{key}"), message);
        }
    }
    if dimension["type"] == "time" && dimension["type_params"].is_null() {
        let message = format!("the time dimension `{name}` has no `time_granularity`");
        rules.warn(model, &format!("dimensions/{at}/name"), message);
    }
}

/// Rows that hold from one time to another.
fn validity(rules: &mut Rules, model: &SemanticNode) {
    let marked: Vec<_> =
        model.list("dimensions").filter(|d| !d["type_params"]["validity_params"].is_null()).collect();
    let natural: HashSet<_> =
        model.list("entities").filter(|e| e["type"] == "natural").map(|e| text(e, "name")).collect();
    if natural.len() > 1 {
        rules.error(model, "entities", format!("`{}` has more than one natural entity", model.name));
    }
    if marked.is_empty() {
        if !natural.is_empty() {
            let message = format!(
                "`{}` has a natural entity and no dimensions that say from when to when a row holds",
                model.name
            );
            rules.error(model, "entities", message);
        }
        return;
    }
    let count = |key: &str| {
        marked.iter().filter(|d| d["type_params"]["validity_params"][key].as_bool() == Some(true)).count()
    };
    if marked.len() != 2 || count("is_start") != 1 || count("is_end") != 1 {
        let message = format!(
            "`{}` must have two dimensions with `validity_params`, one `is_start` and one `is_end`",
            model.name
        );
        rules.error(model, "dimensions", message);
    }
    if natural.is_empty() {
        let message = format!("`{}` says when rows hold and has no natural entity", model.name);
        rules.error(model, "entities", message);
    }
    if model.list("entities").any(|entity| matches!(text(entity, "type"), "primary" | "unique")) {
        let message = format!("`{}` says when rows hold and has a primary or unique entity", model.name);
        rules.error(model, "entities", message);
    }
    if model.list("measures").next().is_some() {
        let message = format!("`{}` says when rows hold and has measures", model.name);
        rules.error(model, "measures", message);
    }
}

/// The one primary entity of a model, which dimensions need.
fn primary<'a>(rules: &mut Rules, model: &'a SemanticNode) -> Option<&'a str> {
    let said = model.get("primary_entity").and_then(Value::as_str);
    let entities: Vec<_> =
        model.list("entities").filter(|e| e["type"] == "primary").map(|e| text(e, "name")).collect();
    match (entities.as_slice(), said) {
        ([_, second, ..], _) => {
            let message =
                format!("`{}` has more than one primary entity: `{second}` is the second", model.name);
            rules.error(model, "entities", message);
        }
        ([entity], Some(said)) => {
            let message =
                format!("`{}` has the primary entity `{entity}` and `primary_entity: {said}`", model.name);
            rules.error(model, "primary_entity", message);
        }
        ([], None) if model.list("dimensions").next().is_some() => {
            let message = format!(
                "`{}` has dimensions and no primary entity: make one of its entities `primary`, or name it with \
                 `primary_entity`",
                model.name
            );
            rules.error(model, "name", message);
        }
        _ => {}
    }
    said.or_else(|| entities.first().copied())
}
