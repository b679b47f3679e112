//! What is wrong with the semantic layer as a whole: names, labels and time spines.

use std::collections::{HashMap, HashSet};

use super::super::Parsing;
use super::super::properties::GRANULARITIES;
use super::inputs::Places;
use super::{element, metric, query};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Manifest, NodeKind, ResourceType, SemanticNode, Value};

/// The model that was the time spine before there was a way to say so.
const OLD_SPINE: &str = "metricflow_time_spine";

/// What the rules read, and what they found.
pub(super) struct Rules<'a> {
    pub(super) parsing: &'a Parsing<'a>,
    pub(super) models: Vec<&'a SemanticNode>,
    pub(super) metrics: Vec<&'a SemanticNode>,
    pub(super) queries: Vec<&'a SemanticNode>,
    /// Metrics by name.
    pub(super) metric_names: HashMap<&'a str, &'a SemanticNode>,
    /// Measures by name, each with its semantic model.
    pub(super) measures: HashMap<&'a str, (&'a SemanticNode, &'a Value)>,
    /// Units of time that time spines add.
    pub(super) custom: Vec<&'a str>,
    places: &'a Places,
    found: &'a mut Vec<Diagnostic>,
}

impl Rules<'_> {
    /// Reports an error at a part of a body, or where its node is named.
    pub(super) fn error(&mut self, node: &SemanticNode, path: &str, message: impl Into<String>) {
        let error = Diagnostic::error(Code::SemanticInvalid, message);
        self.found.push(error.label_opt(self.span(node, path), ""));
    }

    /// Reports an error with a name that was perhaps meant.
    pub(super) fn misnamed(
        &mut self,
        node: &SemanticNode,
        path: &str,
        message: String,
        name: &str,
        known: &[&str],
    ) {
        let error = Diagnostic::error(Code::SemanticInvalid, message).label_opt(self.span(node, path), "");
        self.found.push(error.suggest(name, known.iter().copied()));
    }

    /// Warns of what works and is perhaps not meant.
    pub(super) fn warn(&mut self, node: &SemanticNode, path: &str, message: impl Into<String>) {
        let warning = Diagnostic::warning(Code::SemanticDoubtful, message);
        self.found.push(warning.label_opt(self.span(node, path), ""));
    }

    /// Adds what someone else found.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Where a part of a body stands; where the nearest part around it does.
    pub(super) fn span(&self, node: &SemanticNode, path: &str) -> Option<Span> {
        let spans = self.places.get(&node.unique_id);
        let mut path = path;
        loop {
            if let Some(span) = spans.and_then(|spans| spans.get(path)) {
                return Some(*span);
            }
            match path.rsplit_once('/') {
                Some((around, _)) => path = around,
                None => return node.span,
            }
        }
    }

    /// Names of semantic models, metrics, entities and the rest are small letters, digits and single underscores.
    pub(super) fn name(&mut self, node: &SemanticNode, path: &str, name: &str) {
        let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let ends = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('_');
        if !letters || !ends || name.contains("__") || name.len() < 2 {
            let message = format!(
                "the name `{name}` cannot be used: names are two or more small letters, digits and single \
                 underscores, the first a letter, the last no underscore"
            );
            self.error(node, path, message);
        } else if GRANULARITIES.contains(&name) {
            self.error(node, path, format!("the name `{name}` cannot be used: it is a unit of time"));
        } else if matches!(name, "metric_time" | "mf_internal_uuid") {
            self.error(node, path, format!("the name `{name}` cannot be used: it has a meaning of its own"));
        }
    }
}

/// A text of a value; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Judges semantic models, metrics and saved queries; as in dbt, only where there are both of the former.
pub(in crate::parse) fn validate(
    parsing: &Parsing,
    manifest: &Manifest,
    places: &Places,
    found: &mut Vec<Diagnostic>,
) {
    let of_kind = |kind| {
        let nodes = manifest.semantic.values().filter(move |node| node.resource_type == kind);
        nodes.map(|node| &**node).collect::<Vec<_>>()
    };
    let models = of_kind(ResourceType::SemanticModel);
    let metrics = of_kind(ResourceType::Metric);
    if models.is_empty() {
        return;
    }
    let spines = spines(manifest);
    if let Some(error) = no_spine(manifest, &spines, &models) {
        found.push(error);
        return;
    }
    if metrics.is_empty() {
        return;
    }
    let measures = models.iter().flat_map(|model| {
        model.list("measures").map(move |measure| (text(measure, "name"), (*model, measure)))
    });
    let mut rules = Rules {
        parsing,
        queries: of_kind(ResourceType::SavedQuery),
        metric_names: metrics.iter().map(|metric| (metric.name.as_str(), *metric)).collect(),
        measures: measures.collect(),
        custom: spines.iter().flat_map(|spine| spine.custom.iter().map(String::as_str)).collect(),
        models,
        metrics,
        places,
        found,
    };
    for node in [&rules.models, &rules.metrics, &rules.queries].map(Clone::clone).concat() {
        rules.name(node, "name", &node.name);
    }
    labels(&mut rules);
    custom_granularities(&mut rules);
    coarse_spines(&mut rules, &spines);
    element::judge(&mut rules);
    metric::judge(&mut rules);
    query::judge(&mut rules);
}

/// A time spine.
struct Spine {
    model: String,
    granularity: String,
    custom: Vec<String>,
}

fn spines(manifest: &Manifest) -> Vec<Spine> {
    let spines = manifest.nodes.values().filter_map(|node| {
        let NodeKind::Model { time_spine: Some(spine), .. } = &node.kind else { return None };
        let column = node.columns.get(text(spine, "standard_granularity_column"))?;
        let custom = spine["custom_granularities"].as_array().into_iter().flatten();
        Some(Spine {
            model: node.name.clone(),
            granularity: column.granularity.clone()?,
            custom: custom.map(|granularity| text(granularity, "name").to_owned()).collect(),
        })
    });
    spines.collect()
}

/// The place of a unit of time among all, the smallest first.
pub(super) fn size(granularity: &str) -> usize {
    GRANULARITIES.iter().position(|known| *known == granularity).unwrap_or(GRANULARITIES.len())
}

/// Metrics over time need a model with all days, or with smaller units.
fn no_spine(manifest: &Manifest, spines: &[Spine], models: &[&SemanticNode]) -> Option<Diagnostic> {
    let fine = spines.iter().any(|spine| size(&spine.granularity) <= size("day"));
    if fine || manifest.refable.contains_key(OLD_SPINE) {
        return None;
    }
    let message = "The semantic layer requires a time spine model with granularity DAY or smaller in the project, \
                   but none was found.";
    let error = Diagnostic::error(Code::TimeSpineMissing, message);
    let error = error.label_opt(models.first()?.span, "the first semantic model");
    Some(error.help(
        "make a model with one row a day and describe it with `time_spine: {standard_granularity_column: …}`, \
         and that column with `granularity: day`",
    ))
}

fn coarse_spines(rules: &mut Rules, spines: &[Spine]) {
    let Some(smallest) = spines.iter().min_by_key(|spine| size(&spine.granularity)) else { return };
    let Some(first) = rules.models.first().copied() else { return };
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for spine in spines {
        if let Some(other) = seen.insert(&spine.granularity, &spine.model) {
            let message = format!(
                "`{other}` and `{}` are both time spines of `{}`; one for each unit is enough",
                spine.model, spine.granularity
            );
            rules.warn(first, "name", message);
        }
    }
    let dimensions = rules.models.iter().flat_map(|model| model.list("dimensions"));
    let granularities = dimensions.filter_map(|d| d["type_params"]["time_granularity"].as_str());
    let message = match granularities.min_by_key(|granularity| size(granularity)) {
        None => "no semantic model has a time dimension, so that nothing can be asked over time".to_owned(),
        Some(dimension) if size(dimension) < size(&smallest.granularity) => format!(
            "the smallest unit of the time dimensions is `{dimension}`, that of the time spines `{}`; make a time \
             spine of `{dimension}`",
            smallest.granularity
        ),
        Some(_) => return,
    };
    rules.warn(first, "name", message);
}

fn custom_granularities(rules: &mut Rules) {
    let mut taken: HashSet<&str> = HashSet::new();
    for model in &rules.models {
        taken.insert(&model.name);
        let lists = ["measures", "entities", "dimensions"];
        taken.extend(lists.iter().flat_map(|list| model.list(list)).map(|element| text(element, "name")));
    }
    taken.extend(rules.metrics.iter().map(|metric| metric.name.as_str()));
    let Some(first) = rules.models.first().copied() else { return };
    for name in rules.custom.clone() {
        if !taken.insert(name) {
            rules.error(
                first,
                "name",
                format!("the custom granularity `{name}` has the name of something else"),
            );
        }
    }
}

/// People tell things apart by their labels.
fn labels(rules: &mut Rules) {
    for nodes in [rules.metrics.clone(), rules.models.clone()] {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for node in nodes {
            let Some(label) = &node.label else { continue };
            if let Some(other) = seen.insert(label, &node.name) {
                let message = format!("`{}` and `{other}` have the same label `{label}`", node.name);
                rules.error(node, "label", message);
            }
        }
    }
    let mut entities: HashMap<&str, (&str, &str)> = HashMap::new();
    for model in rules.models.clone() {
        for list in ["dimensions", "entities", "measures"] {
            let mut seen = HashSet::new();
            for (at, element) in model.list(list).enumerate() {
                let Some(label) = element["label"].as_str() else { continue };
                if !seen.insert(label) {
                    let message = format!("the label `{label}` is used twice for {list} of `{}`", model.name);
                    rules.error(model, &format!("{list}/{at}/label"), message);
                }
                let name = text(element, "name");
                let known = (label, model.name.as_str());
                if list == "entities" && entities.entry(name).or_insert(known).0 != label {
                    let (other, owner) = entities[name];
                    let message = format!(
                        "the entity `{name}` is labelled `{label}` here and `{other}` in `{owner}`: one entity, one label"
                    );
                    rules.error(model, &format!("{list}/{at}/label"), message);
                }
            }
        }
    }
}
