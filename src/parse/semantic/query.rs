//! What is wrong with conditions of metrics and with saved queries: the calls in them, and what those name.

use std::collections::HashSet;

use super::super::properties::GRANULARITIES;
use super::rules::{Rules, text};
use crate::jinja::{QueryItem, QueryItemKind, query_items};
use crate::manifest::{SemanticNode, Value};

/// Judges the conditions of every metric, and every saved query.
pub(super) fn judge(rules: &mut Rules) {
    for metric in rules.metrics.clone() {
        conditions(rules, metric, metric.get("filter"), "filter");
        let params = metric.get("type_params").unwrap_or(&Value::Null);
        for key in ["measure", "numerator", "denominator"] {
            let filter = params[key].get("filter");
            conditions(rules, metric, filter, &format!("type_params/{key}/filter"));
        }
        for (at, input) in params["metrics"].as_array().into_iter().flatten().enumerate() {
            conditions(rules, metric, input.get("filter"), &format!("type_params/metrics/{at}/filter"));
        }
    }
    let mut elements: HashSet<&str> = rules.metrics.iter().map(|metric| metric.name.as_str()).collect();
    elements.insert("metric_time");
    for model in &rules.models {
        let named = ["dimensions", "entities"].into_iter().flat_map(|list| model.list(list));
        elements.extend(named.map(|element| text(element, "name")));
    }
    for query in rules.queries.clone() {
        let Some(params) = query.get("query_params") else { continue };
        conditions(rules, query, params.get("where"), "query_params/where");
        let grouped = group_by(rules, query, params, &elements);
        order_by(rules, query, params, &grouped);
        if params["limit"].as_f64().is_some_and(|limit| limit < 0.0 || limit.fract() != 0.0) {
            let message = format!("the limit of `{}` must be a whole number, 0 or more", query.name);
            rules.error(query, "query_params/limit", message);
        }
    }
}

/// The calls of a text, or nothing where they cannot be read.
fn items(rules: &mut Rules, node: &SemanticNode, text: &str, path: &str) -> Option<Vec<QueryItem>> {
    let span = rules.span(node, path);
    match query_items(rules.parsing.jinja, text, span, &node.package_name) {
        Ok(items) => Some(items),
        Err(diagnostic) => {
            rules.report(*diagnostic);
            None
        }
    }
}

fn conditions(rules: &mut Rules, node: &SemanticNode, filter: Option<&Value>, path: &str) {
    let filters = filter.and_then(|filter| filter["where_filters"].as_array()).into_iter().flatten();
    for filter in filters {
        let items = items(rules, node, text(filter, "where_sql_template"), path).unwrap_or_default();
        for item in items {
            if item.kind == QueryItemKind::Metric && item.group_by.is_empty() {
                let message = format!("`Metric('{}')` in a condition needs a `group_by`", item.name);
                rules.error(node, path, message);
            }
            named(rules, node, &item, path);
        }
    }
}

/// A name as its parts: the entity where there is one, the element, the unit of time.
fn parts(item: &QueryItem) -> (usize, &str, Option<&str>) {
    let words: Vec<&str> = item.name.split("__").collect();
    match words[..] {
        [.., element, grain] if GRANULARITIES.contains(&grain) => (words.len() - 2, element, Some(grain)),
        [.., element] => (words.len() - 1, element, None),
        [] => (0, "", None),
    }
}

/// Dimensions are named by the entity they belong to.
fn named(rules: &mut Rules, node: &SemanticNode, item: &QueryItem, path: &str) {
    let (links, element, grain) = parts(item);
    let is_dimension = matches!(item.kind, QueryItemKind::Dimension | QueryItemKind::TimeDimension);
    if is_dimension && links != 1 && element != "metric_time" {
        let message = format!("`{}` must be written as `entity__dimension`", item.name);
        rules.error(node, path, message);
    }
    let asked = item.grain.as_deref().map(str::to_lowercase);
    if let (Some(grain), Some(asked)) = (grain, &asked)
        && grain != asked
    {
        let message = format!("`{}` asks for `{asked}` and has another unit of time in its name", item.name);
        rules.error(node, path, message);
    }
    if let Some(asked) =
        asked.filter(|a| !GRANULARITIES.contains(&a.as_str()) && !rules.custom.contains(&a.as_str()))
    {
        rules.warn(node, path, format!("`{asked}` is no unit of time"));
    }
}

fn group_by(
    rules: &mut Rules,
    query: &SemanticNode,
    params: &Value,
    elements: &HashSet<&str>,
) -> Vec<QueryItem> {
    let path = "query_params/group_by";
    let mut grouped = Vec::new();
    for said in params["group_by"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let Some(items) = items(rules, query, &format!("{{{{ {said} }}}}"), path) else { continue };
        let [item] = &items[..] else {
            rules.error(query, path, format!("`{said}` names nothing to group by"));
            continue;
        };
        let (_, element, _) = parts(item);
        if !elements.contains(element) {
            let mut known: Vec<_> = elements.iter().copied().collect();
            known.sort_unstable();
            let message = format!("`{said}` is no valid group-by: nothing is named `{element}`");
            rules.misnamed(query, path, message, element, &known);
        }
        named(rules, query, item, path);
        grouped.push(item.clone());
    }
    grouped
}

/// What is ordered by must be asked for.
fn order_by(rules: &mut Rules, query: &SemanticNode, params: &Value, grouped: &[QueryItem]) {
    let path = "query_params/order_by";
    let metrics: Vec<_> =
        params["metrics"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for said in params["order_by"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let Some(items) = items(rules, query, &format!("{{{{ {said} }}}}"), path) else { continue };
        let asked = match &items[..] {
            [item] if item.kind == QueryItemKind::Metric => metrics.contains(&item.name.as_str()),
            [item] => {
                let plain = QueryItem { descending: None, ..item.clone() };
                grouped.iter().any(|group| QueryItem { descending: None, ..group.clone() } == plain)
            }
            _ => false,
        };
        if !asked {
            let message = format!("`{said}` is neither a metric nor a group-by of `{}`", query.name);
            rules.error(query, path, message);
        }
    }
}
