//! The semantic layer: what property files say of it, as the resources they are.
//!
//! `inputs` leads from each metric to the measures and metrics it is made of, `rules` says what is wrong
//! with the whole, `element` what is wrong with one semantic model and `metric` with one metric, `query`
//! reads the calls in conditions and saved queries.

mod element;
mod inputs;
mod metric;
mod query;
mod rules;

use std::sync::Arc;

use serde_json::json;

pub(super) use inputs::{Places, not_found, resolve};
pub(super) use rules::validate;

use super::config::{Kind, Levels};
use super::draft::fqn_prefix;
use super::properties::{SemanticProperties, Spans, Text};
use super::reference::{Reference, reference};
use super::{Parsing, config};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Scope;
use crate::manifest::{DependsOn, Mapping, NodeConfig, RefArgs, ResourceType, SemanticNode, UniqueId, Value};

/// A semantic model, metric or saved query with the places of what it says.
#[derive(Debug)]
pub(super) struct ParsedSemantic {
    /// What it is; its inputs not yet resolved.
    pub(super) node: SemanticNode,
    /// Where the parts of its body stand.
    pub(super) spans: Spans,
}

fn kind(resource_type: ResourceType) -> Kind {
    match resource_type {
        ResourceType::Metric => Kind::Metric,
        ResourceType::SavedQuery => Kind::SavedQuery,
        _ => Kind::SemanticModel,
    }
}

/// Makes what an entry describes; a semantic model brings the metrics that its measures ask for.
pub(super) fn nodes(
    parsing: &Parsing,
    said: &SemanticProperties,
    found: &mut Vec<Diagnostic>,
) -> Vec<ParsedSemantic> {
    let mut node = node(parsing, said, found);
    match said.resource_type {
        ResourceType::SemanticModel => {
            let created = semantic_model(parsing, said, &mut node, found);
            let metrics = created.iter().map(|(metric, spans)| {
                let node = self::node(parsing, metric, found);
                ParsedSemantic { node: finish_metric(node), spans: spans.clone() }
            });
            let metrics: Vec<_> = metrics.collect();
            std::iter::once(ParsedSemantic { node, spans: said.spans.clone() }).chain(metrics).collect()
        }
        ResourceType::Metric => {
            vec![ParsedSemantic { node: finish_metric(node), spans: said.spans.clone() }]
        }
        _ => {
            saved_query(parsing, said, &mut node, found);
            vec![ParsedSemantic { node, spans: said.spans.clone() }]
        }
    }
}

fn node(parsing: &Parsing, said: &SemanticProperties, found: &mut Vec<Diagnostic>) -> SemanticNode {
    let package = said.place.package.as_str();
    let mut fqn = fqn_prefix(package, &said.place.path);
    fqn.push(said.name.clone());
    let kind = kind(said.resource_type);
    let levels = Levels {
        kind,
        package,
        fqn: &fqn,
        patch: Some(&said.config.rendered),
        patch_unrendered: Some(&said.config.written),
        call: None,
        call_unrendered: None,
    };
    let unrendered_config = parsing.trees.unrendered(&levels);
    let merged = parsing.trees.merged(&levels).unwrap_or_else(|problem| {
        let message = format!(
            "invalid value for the configuration `{}` of `{}`: {}",
            problem.key, said.name, problem.message
        );
        let span = said.config.spans.get(&problem.key).copied().unwrap_or(said.span);
        found.push(Diagnostic::error(Code::InvalidConfig, message).label(span, ""));
        kind.defaults().clone()
    });
    if parsing.is_own(package) {
        let keys = said.config.spans.iter().map(|(key, span)| (key.as_str(), Some(*span)));
        found.extend(config::misspelt(kind, keys));
    }
    let config = NodeConfig(merged);
    let unique_id = UniqueId::from(format!("{}.{package}.{}", said.resource_type.as_str(), said.name));
    let description =
        said.description.as_ref().map(|text| parsing.description(text, &unique_id, package, found).0);
    SemanticNode {
        name: said.name.clone(),
        resource_type: said.resource_type,
        package_name: package.to_owned(),
        path: said.place.path.clone(),
        original_file_path: said.place.original_file_path.clone(),
        span: Some(said.span),
        fqn,
        description,
        label: said.label.clone(),
        tags: said.tags.clone(),
        group: config.group().map(str::to_owned),
        config,
        unrendered_config,
        refs: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: parsing.now,
        body: said.body.clone(),
        unique_id,
    }
}

/// A metric's `meta` is that of its configuration, where that has any.
fn finish_metric(mut node: SemanticNode) -> SemanticNode {
    let is_flat = node.param("is_private").is_some();
    if let Some(meta) = node.config.meta().filter(|meta| !meta.is_empty() && !is_flat) {
        node.body.insert("meta".to_owned(), Value::Object(meta.clone()));
    }
    node
}

/// What a semantic model's parts take from the whole, and the metrics that measures ask for.
fn semantic_model(
    parsing: &Parsing,
    said: &SemanticProperties,
    node: &mut SemanticNode,
    found: &mut Vec<Diagnostic>,
) -> Vec<(SemanticProperties, Spans)> {
    node.refs = refs(parsing, said, node, found);
    let meta = node.config.meta().cloned().unwrap_or_default();
    let mut created = Vec::new();
    for list in ["entities", "measures", "dimensions"] {
        let items = node.body.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for (at, item) in items.enumerate() {
            let mut merged = meta.clone();
            if let Some(Value::Object(own)) = item["config"].get_mut("meta").map(Value::take) {
                merged.extend(own);
            }
            item["config"]["meta"] = Value::Object(merged);
            if list == "measures" && item["create_metric"].as_bool() == Some(true) {
                created.push((at, item.clone()));
            }
            if list == "measures" {
                // dbt does not keep it: the metric is there instead.
                item["create_metric"] = json!(false);
            }
            if let Some(text) = item["description"].as_str() {
                let span = said.spans.get(&format!("{list}/{at}/description")).copied();
                let text = Text { text: text.to_owned(), span };
                let (text, _) = parsing.description(&text, &node.unique_id, &node.package_name, found);
                item["description"] = json!(text);
            }
        }
    }
    let metric = |(at, measure): (usize, Value)| {
        let place = said.spans.get(&format!("measures/{at}/name")).copied().unwrap_or(said.span);
        let spans = Spans::from_iter([("type_params/measure/name".to_owned(), place)]);
        (created_metric(said, node, &measure, place), spans)
    };
    created.into_iter().map(metric).collect()
}

/// The metric that a measure with `create_metric` stands for.
fn created_metric(
    said: &SemanticProperties,
    semantic_model: &SemanticNode,
    measure: &Value,
    span: crate::diagnostic::Span,
) -> SemanticProperties {
    let name = measure["name"].as_str().unwrap_or_default().to_owned();
    let description = measure["description"].as_str().map(str::to_owned);
    let mut config = super::properties::Config::default();
    let meta = Value::Object(semantic_model.config.meta().cloned().unwrap_or_default());
    for (key, value) in [("enabled", json!(semantic_model.config.enabled())), ("meta", meta)] {
        config.rendered.insert(key.to_owned(), value.clone());
        config.written.insert(key.to_owned(), value);
    }
    let input = json!({
        "name": name, "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null,
    });
    let expr = measure["expr"].as_str().unwrap_or(&name);
    let type_params = json!({
        "measure": input, "input_measures": [], "numerator": null, "denominator": null, "expr": expr,
        "window": null, "grain_to_date": null, "metrics": [], "conversion_type_params": null,
        "cumulative_type_params": null, "metric_aggregation_params": null, "fill_nulls_with": null,
        "join_to_timespine": false, "is_private": null,
    });
    SemanticProperties {
        place: Arc::clone(&said.place),
        resource_type: ResourceType::Metric,
        span,
        description: Some(Text {
            text: description.unwrap_or_else(|| format!("Metric created from measure {name}")),
            span: None,
        }),
        label: Some(measure["label"].as_str().unwrap_or(&name).to_owned()),
        tags: Vec::new(),
        config,
        body: Mapping::from_iter([
            ("type".to_owned(), json!("simple")),
            ("type_params".to_owned(), type_params),
            ("filter".to_owned(), Value::Null),
            ("time_granularity".to_owned(), Value::Null),
            ("meta".to_owned(), json!({})),
        ]),
        spans: Spans::new(),
        of_model: None,
        name,
    }
}

/// The model that a semantic model is about.
fn refs(
    parsing: &Parsing,
    said: &SemanticProperties,
    node: &SemanticNode,
    found: &mut Vec<Diagnostic>,
) -> Vec<RefArgs> {
    let text = node.get("model").and_then(Value::as_str).unwrap_or_default();
    let span = said.spans.get("model").copied().or(node.span);
    let refs = match reference(text, span) {
        Some(Reference::Ref(args)) => vec![args],
        Some(Reference::Source(..)) => Vec::new(),
        None => {
            let scope = Arc::new(Scope::parse(node.package_name.as_str()));
            if let Err(diagnostic) = parsing.jinja.render_text(&format!("{{{{ {text} }}}}"), span, &scope) {
                found.push(*diagnostic);
                return Vec::new();
            }
            super::file::taken(&scope).refs
        }
    };
    if refs.is_empty() {
        let message = format!("the semantic model `{}` is about no model: `{text}`", node.name);
        let error = Diagnostic::error(Code::SemanticInvalid, message).label_opt(span, "");
        found.push(error.help("write it as `ref('model')`, without braces"));
    }
    refs
}

/// Tags of a saved query, and where its exports go.
fn saved_query(
    parsing: &Parsing,
    said: &SemanticProperties,
    node: &mut SemanticNode,
    found: &mut Vec<Diagnostic>,
) {
    node.tags.extend(node.config.tags().into_iter().map(str::to_owned));
    node.tags.sort_unstable();
    node.tags.dedup();
    let exports = node.body.get_mut("exports").and_then(Value::as_array_mut).into_iter().flatten();
    for (at, export) in exports.enumerate() {
        let own = match export["config"].take() {
            Value::Object(own) => own,
            _ => Mapping::new(),
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let export_as = text(own.get("export_as").or(node.config.get("export_as")));
        if !export_as.as_deref().is_some_and(|kind| matches!(kind, "table" | "view")) {
            let name = export["name"].as_str().unwrap_or_default();
            let message = format!("the export `{name}` of `{}` needs an `export_as`", said.name);
            let span = [format!("exports/{at}/config"), format!("exports/{at}/name")];
            let span = span.iter().find_map(|path| said.spans.get(path)).copied().unwrap_or(said.span);
            let error = Diagnostic::error(Code::SemanticInvalid, message).label(span, "");
            found.push(error.help("exports are a `table` or a `view`"));
        }
        let schema = text(own.get("schema_name").or(own.get("schema"))).or(text(node.config.get("schema")));
        export["config"] = json!({
            "export_as": export_as,
            "schema_name": schema.as_ref().unwrap_or(&parsing.placement.schema),
            "alias": own.get("alias").unwrap_or(&export["name"]),
            "database": text(own.get("database")).or(parsing.placement.database.clone()),
        });
        export["unrendered_config"] = Value::Object(own);
    }
}
