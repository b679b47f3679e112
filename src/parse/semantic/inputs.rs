//! What metrics are made of: measures of semantic models and other metrics, by name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::super::properties::Spans;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::{Manifest, ResourceType, SemanticNode, UniqueId, Unresolved, Value};

/// Where the parts of semantic models, metrics and saved queries stand.
pub(in crate::parse) type Places = HashMap<UniqueId, Spans>;

/// Names to those who have them, of every package.
type Names = HashMap<String, Vec<UniqueId>>;

/// An input of a metric: a measure or a metric, with where it stands in the body.
struct Input {
    value: Value,
    path: String,
}

/// What resolving needs.
struct Resolver<'a> {
    manifest: &'a Manifest,
    places: &'a Places,
    root: &'a str,
    measures: Names,
    disabled_measures: Names,
    done: IndexMap<UniqueId, Made>,
    found: &'a mut Vec<Diagnostic>,
}

/// What a metric comes to.
#[derive(Debug, Default)]
struct Made {
    needs: Vec<UniqueId>,
    measures: Vec<Value>,
}

/// Leads every metric to its inputs, and every saved query to its metrics.
pub(in crate::parse) fn resolve(
    manifest: &mut Manifest,
    places: &Places,
    root: &str,
    found: &mut Vec<Diagnostic>,
) {
    if manifest.semantic.is_empty() {
        return;
    }
    let mut resolver = Resolver {
        measures: measures(manifest.semantic.values().map(|node| &**node)),
        disabled_measures: measures(manifest.disabled_semantic.values().flatten().map(|node| &**node)),
        manifest,
        places,
        root,
        done: IndexMap::new(),
        found,
    };
    let of_kind = |kind| manifest.semantic.values().filter(move |node| node.resource_type == kind);
    for metric in inputs_first(manifest, root) {
        let made = resolver.metric(metric);
        resolver.done.insert(metric.unique_id.clone(), made);
    }
    let queries = of_kind(ResourceType::SavedQuery)
        .map(|query| Made { needs: resolver.saved_query(query), ..Made::default() });
    let ids = of_kind(ResourceType::SavedQuery).map(|query| query.unique_id.clone());
    let queries: Vec<_> = ids.zip(queries).collect();
    for (id, made) in resolver.done.into_iter().chain(queries) {
        let Some(node) = manifest.semantic.get_mut(&id) else { continue };
        let node = Arc::make_mut(node);
        node.depends_on.nodes = made.needs;
        if let Some(params) = node.body.get_mut("type_params") {
            params["input_measures"] = Value::Array(made.measures);
        }
    }
}

/// Every metric after those it is made of; where they lead to each other, which the graph reports, in some
/// order.
fn inputs_first<'m>(manifest: &'m Manifest, root: &str) -> Vec<&'m SemanticNode> {
    let mut order: IndexSet<&UniqueId> = IndexSet::new();
    let mut open: HashSet<&UniqueId> = HashSet::new();
    let metrics = manifest.semantic.iter().filter(|(_, node)| node.resource_type == ResourceType::Metric);
    for (id, _) in metrics {
        let mut stack = vec![id];
        while let Some(id) = stack.last().copied() {
            let Some(node) = manifest.semantic.get(id).filter(|_| !order.contains(id)) else {
                stack.pop();
                continue;
            };
            if !open.insert(id) {
                stack.pop();
                order.insert(id);
                continue;
            }
            let below = inputs(node).1.into_iter().filter_map(|input| {
                let name = input.value["name"].as_str()?;
                Some(&manifest.resolve_metric(None, name, &node.package_name, root).ok()?.unique_id)
            });
            stack.extend(below.filter(|id| !open.contains(id)));
        }
    }
    order.into_iter().filter_map(|id| manifest.semantic.get(id)).map(|node| &**node).collect()
}

fn measures<'a>(nodes: impl Iterator<Item = &'a SemanticNode>) -> Names {
    let mut names = Names::new();
    for node in nodes.filter(|node| node.resource_type == ResourceType::SemanticModel) {
        for measure in node.list("measures").filter_map(|measure| measure["name"].as_str()) {
            names.entry(measure.to_owned()).or_default().push(node.unique_id.clone());
        }
    }
    names
}

impl Resolver<'_> {
    /// What a metric needs and the measures it comes down to.
    fn metric(&mut self, metric: &SemanticNode) -> Made {
        let mut made = Made::default();
        let (measures, metrics) = inputs(metric);
        for measure in measures {
            made.needs.extend(self.measure(metric, &measure));
            if !made.measures.contains(&measure.value) {
                made.measures.push(measure.value);
            }
        }
        let inherits = !matches!(metric.metric_type(), Some("cumulative" | "conversion"));
        for input in metrics {
            let Some(other) = self.input_metric(metric, &input) else { continue };
            let below = self.done.get(&other.unique_id).filter(|_| inherits);
            for measure in below.into_iter().flat_map(|below| &below.measures) {
                if !made.measures.contains(measure) {
                    made.measures.push(measure.clone());
                }
            }
            made.needs.push(other.unique_id.clone());
        }
        if let Some(owner) =
            metric.param("metric_aggregation_params").and_then(|p| p["semantic_model"].as_str())
        {
            made.needs.push(UniqueId::from(format!("semantic_model.{}.{owner}", metric.package_name)));
        }
        let mut seen = HashSet::new();
        made.needs.retain(|id| seen.insert(id.clone()));
        made
    }

    /// The semantic model that has a measure.
    fn measure(&mut self, metric: &SemanticNode, measure: &Input) -> Option<UniqueId> {
        let name = measure.value["name"].as_str().unwrap_or_default();
        if let Some(ids) = self.measures.get(name) {
            return self.nearest_package(metric, ids.iter()).cloned();
        }
        let span = self.span(metric, &measure.path);
        if let Some(model) = self.disabled_measures.get(name).and_then(|ids| ids.first()) {
            let model = model.rsplit('.').next().unwrap_or_default();
            let message = format!("The measure `{name}` is referenced on disabled semantic model `{model}`.");
            self.found.push(Diagnostic::error(Code::MeasureNotFound, message).label_opt(span, ""));
            return None;
        }
        let message =
            format!("A semantic model having a measure `{name}` does not exist but was referenced.");
        let error = Diagnostic::error(Code::MeasureNotFound, message)
            .label_opt(span, format!("no semantic model has this measure; the metric is `{}`", metric.name));
        let mut known: Vec<_> = self.measures.keys().map(String::as_str).collect();
        known.sort_unstable();
        self.found.push(error.suggest(name, known));
        None
    }

    /// The metric that another is made of.
    fn input_metric<'m>(&mut self, metric: &SemanticNode, input: &Input) -> Option<&'m SemanticNode>
    where
        Self: 'm,
    {
        let name = input.value["name"].as_str().unwrap_or_default();
        let span = self.span(metric, &input.path);
        self.lookup(metric, name, span)
    }
}

impl<'a> Resolver<'a> {
    fn lookup(&mut self, speaker: &SemanticNode, name: &str, span: Option<Span>) -> Option<&'a SemanticNode> {
        let manifest: &'a Manifest = self.manifest;
        match manifest.resolve_metric(None, name, &speaker.package_name, self.root) {
            Ok(metric) => Some(metric),
            Err(why) => {
                let path = &speaker.original_file_path;
                let who = format!("{} '{}' ({path})", title(speaker), speaker.unique_id);
                self.found.push(not_found(manifest, &who, name, why, span));
                None
            }
        }
    }

    fn saved_query(&mut self, query: &SemanticNode) -> Vec<UniqueId> {
        let metrics = query.get("query_params").and_then(|params| params["metrics"].as_array());
        let span = self.span(query, "query_params/metrics");
        let mut needs: Vec<UniqueId> = Vec::new();
        for name in metrics.into_iter().flatten().filter_map(Value::as_str) {
            if let Some(metric) = self.lookup(query, name, span)
                && !needs.contains(&metric.unique_id)
            {
                needs.push(metric.unique_id.clone());
            }
        }
        needs
    }

    fn nearest_package<'i>(
        &self,
        speaker: &SemanticNode,
        ids: impl Iterator<Item = &'i UniqueId> + Clone,
    ) -> Option<&'i UniqueId> {
        let in_package = |package: &str| {
            ids.clone()
                .find(|id| self.manifest.semantic.get(*id).is_some_and(|node| node.package_name == package))
        };
        in_package(&speaker.package_name).or_else(|| in_package(self.root)).or_else(|| ids.clone().next())
    }

    fn span(&self, node: &SemanticNode, path: &str) -> Option<Span> {
        let spans = self.places.get(&node.unique_id);
        let at = |path: &str| spans.and_then(|spans| spans.get(path)).copied();
        at(&format!("{path}/name")).or_else(|| at(path)).or(node.span)
    }
}

/// The measures and the metrics that a metric names.
fn inputs(metric: &SemanticNode) -> (Vec<Input>, Vec<Input>) {
    let params = metric.get("type_params").unwrap_or(&Value::Null);
    let at = |paths: &[&str]| -> Vec<Input> {
        let found = paths.iter().filter_map(|path| {
            let value = params.pointer(&format!("/{path}")).filter(|value| !value.is_null())?;
            Some(Input { value: value.clone(), path: format!("type_params/{path}") })
        });
        found.collect()
    };
    let conversion = "conversion_type_params";
    match metric.metric_type() {
        Some("simple") => (at(&["measure"]), Vec::new()),
        Some("cumulative") => match at(&["measure"]) {
            measures if !measures.is_empty() => (measures, Vec::new()),
            _ => (Vec::new(), at(&["cumulative_type_params/metric"])),
        },
        Some("conversion") => (
            at(&[&format!("{conversion}/base_measure"), &format!("{conversion}/conversion_measure")]),
            at(&[&format!("{conversion}/base_metric"), &format!("{conversion}/conversion_metric")]),
        ),
        Some("ratio") => (Vec::new(), at(&["numerator", "denominator"])),
        _ => {
            let metrics = params["metrics"].as_array().into_iter().flatten().enumerate();
            let metrics = metrics
                .map(|(at, value)| Input { value: value.clone(), path: format!("type_params/metrics/{at}") });
            (Vec::new(), metrics.collect())
        }
    }
}

fn title(node: &SemanticNode) -> &'static str {
    match node.resource_type {
        ResourceType::Metric => "Metric",
        ResourceType::SavedQuery => "Saved_Query",
        _ => "Semantic_Model",
    }
}

/// The error that nothing has a metric's name, or that it is disabled; `who` says it.
pub(in crate::parse) fn not_found(
    manifest: &Manifest,
    who: &str,
    name: &str,
    why: Unresolved,
    span: Option<Span>,
) -> Diagnostic {
    let (reason, label) = match why {
        Unresolved::Missing => ("was not found", "no metric has this name"),
        Unresolved::Disabled => ("is disabled", "this metric is disabled"),
    };
    let message = format!("{who} depends on a metric named '{name}' which {reason}");
    let error = Diagnostic::error(Code::MetricNotFound, message).label_opt(span, label);
    let metrics = manifest.semantic.values().filter(|node| node.resource_type == ResourceType::Metric);
    match nearest(name, metrics.clone().map(|metric| metric.name.as_str())) {
        Some(near) => {
            let file = metrics.clone().find(|metric| metric.name == near);
            let file = file.map_or("", |metric| metric.original_file_path.as_str());
            error.help(format!("did you mean `{near}`? ({file})"))
        }
        None => error,
    }
}
