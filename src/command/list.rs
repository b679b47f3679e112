//! `teal ls`: the selected nodes, one a line, in the form asked for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::load::{self, Loaded};
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict};
use crate::artifact::{exposure_json, node_json, semantic_json, source_json, unit_test_json};
use crate::console::Event;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::ResourceType::{
    Analysis, Exposure, Function, Metric, Model, SavedQuery, Seed, SemanticModel, Snapshot, Source, Test,
    UnitTest,
};
use crate::manifest::{Manifest, Node, NodeKind, ResourceType, UniqueId};

/// What `ls` can list; analyses only where they are asked for.
const LISTED: &[ResourceType] = &[
    Analysis,
    Model,
    Snapshot,
    Seed,
    Test,
    Source,
    Exposure,
    Metric,
    SavedQuery,
    SemanticModel,
    UnitTest,
    Function,
];
const KINDS: Kinds = Kinds { default: LISTED.split_at(1).1, all: LISTED };

/// The keys of the JSON form when none are asked for.
const KEYS: &[&str] = &[
    "alias",
    "name",
    "package_name",
    "depends_on",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// Lists what is selected.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let exclusive = |other: &str| {
        let message = format!("\"models\" and \"{other}\" are mutually exclusive arguments");
        vec![Diagnostic::error(Code::Usage, message)]
    };
    if !flags.models.is_empty() && !flags.select.is_empty() {
        return Err(exclusive("select"));
    }
    if !flags.models.is_empty() && !flags.resource_types.is_empty() {
        return Err(exclusive("resource_type"));
    }
    let kinds = if flags.models.is_empty() { KINDS } else { Kinds::only(&[Model]) };
    let selected = select::selection(invocation, loaded, kinds, Purpose::List)?;
    let ids: BTreeSet<&UniqueId> = selected.iter().collect();
    if ids.is_empty() {
        load::mention(invocation, Event::no_nodes_selected())?;
    }
    for id in ids {
        if let Some(line) = line(invocation, &loaded.manifest, id) {
            invocation.console.emit(Event::listed(&line));
        }
    }
    Ok(Verdict::Passed)
}

fn line(invocation: &Invocation, manifest: &Manifest, id: &UniqueId) -> Option<String> {
    match invocation.flags.output.as_deref() {
        Some("json") => Some(chosen(json(manifest, id)?, &invocation.flags.output_keys).to_string()),
        Some("name") => name(manifest, id),
        Some("path") => path(manifest, id),
        _ => selector(manifest, id),
    }
}

fn json(manifest: &Manifest, id: &UniqueId) -> Option<Value> {
    let node = manifest.nodes.get(id).map(|node| node_json(node));
    let node = node.or_else(|| manifest.unit_tests.get(id).map(|test| unit_test_json(test)));
    let source = || manifest.sources.get(id).map(|source| source_json(source));
    let exposure = || manifest.exposures.get(id).map(|exposure| exposure_json(exposure));
    let semantic = || manifest.semantic.get(id).map(|node| semantic_json(node));
    node.or_else(source).or_else(exposure).or_else(semantic)
}

/// The keys asked for, nested ones by dots under their whole name.
fn chosen(value: Value, keys: &[String]) -> Value {
    let Value::Object(mut all) = value else { return value };
    let mut picked = Map::new();
    if keys.is_empty() {
        all.retain(|key, _| KEYS.contains(&key.as_str()));
        return Value::Object(all);
    }
    for key in keys {
        let found = match key.split_once('.') {
            None => all.get(key),
            Some((first, rest)) => {
                let nested = all
                    .get(first)
                    .and_then(|value| rest.split('.').try_fold(value, |value, part| value.get(part)));
                nested.filter(|value| !value.is_null())
            }
        };
        if let Some(value) = found {
            picked.insert(key.clone(), value.clone());
        }
    }
    Value::Object(picked)
}

fn name(manifest: &Manifest, id: &UniqueId) -> Option<String> {
    let node = manifest.node(id).map(|node| versioned(node));
    let source = || manifest.sources.get(id).map(|source| format!("{}.{}", source.source_name, source.name));
    let exposure = || manifest.exposures.get(id).map(|exposure| exposure.name.clone());
    let semantic = || manifest.semantic.get(id).map(|node| node.name.clone());
    node.or_else(source).or_else(exposure).or_else(semantic)
}

/// The name by which a node is searched: with its version, where it has one.
fn versioned(node: &Node) -> String {
    match (&node.kind, node.version()) {
        (NodeKind::Model { .. }, Some(version)) => format!("{}.v{version}", node.name),
        (NodeKind::UnitTest(test), _) => test.versioned_name(&node.name),
        _ => node.name.clone(),
    }
}

fn path(manifest: &Manifest, id: &UniqueId) -> Option<String> {
    let node = manifest.node(id).map(|node| &node.original_file_path);
    let source = || manifest.sources.get(id).map(|source| &source.original_file_path);
    let exposure = || manifest.exposures.get(id).map(|exposure| &exposure.original_file_path);
    let semantic = || manifest.semantic.get(id).map(|node| &node.original_file_path);
    node.or_else(source).or_else(exposure).or_else(semantic).cloned()
}

fn selector(manifest: &Manifest, id: &UniqueId) -> Option<String> {
    let node = manifest.node(id).map(|node| match &node.kind {
        NodeKind::UnitTest(test) => {
            format!("unit_test:{}.{}", node.package_name, test.versioned_name(&node.name))
        }
        _ => node.fqn.join("."),
    });
    let source = || {
        let source = manifest.sources.get(id)?;
        Some(format!("source:{}.{}.{}", source.package_name, source.source_name, source.name))
    };
    let exposure = || {
        let exposure = manifest.exposures.get(id)?;
        Some(format!("exposure:{}.{}", exposure.package_name, exposure.name))
    };
    let semantic = || {
        let node = manifest.semantic.get(id)?;
        Some(format!("{}:{}.{}", node.resource_type.as_str(), node.package_name, node.name))
    };
    node.or_else(source).or_else(exposure).or_else(semantic)
}
