//! `manifest.json`, version 12: everything the project defines and how it hangs together.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use md5::Md5;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use sha2::Digest;

use super::node::{self, NodeWire, Outcome};
use super::resource::{DocWire, ExposureWire, GroupWire, MacroWire, OVERVIEW, SourceWire};
use super::semantic::SemanticWire;
use super::state::VARS;
use super::unit_test::UnitTestWire;
use super::{Metadata, Stamp, instant};
use crate::diagnostic::Result;
use crate::manifest::{Manifest, Mapping, Node, NodeResult, ResourceType, Source, UniqueId};
use crate::relation::Policy;

const SCHEMA: &str = "https://schemas.getdbt.com/dbt/manifest/v12.json";
const OVERVIEW_ID: &str = "doc.dbt.__overview__";

/// How far the command took its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// They were compiled, at most.
    Compiled,
    /// They were built in the warehouse.
    Built,
}

/// What a manifest file says besides the manifest.
#[derive(Debug, Clone, Copy)]
pub struct ManifestContext<'a> {
    /// The invocation.
    pub stamp: &'a Stamp,
    /// The root project.
    pub project_name: &'a str,
    /// The warehouse's type.
    pub adapter_type: &'a str,
    /// The project's quoting.
    pub quoting: Policy,
    /// Named selectors as written.
    pub selectors: &'a Mapping,
    /// Fingerprints of the variables that nodes read, by package and name.
    pub vars: &'a IndexMap<String, String>,
    /// The folder of compiled and run files, as configured.
    pub target_folder: &'a str,
    /// What came of the nodes so far.
    pub results: &'a [NodeResult],
    /// What came of ephemeral models.
    pub ephemeral: &'a [NodeResult],
    /// How far they went.
    pub extent: Extent,
}

/// Writes `manifest.json`, replacing it in one step.
///
/// # Errors
/// The file cannot be written.
pub fn write_manifest(path: &Path, manifest: &Manifest, context: &ManifestContext<'_>) -> Result<()> {
    super::write(path, &ManifestWire::new(manifest, context))
}

#[derive(Serialize)]
struct ManifestWire<'a> {
    metadata: Metadata<'a, Extra<'a>>,
    nodes: Nodes<'a>,
    sources: Each<'a, Source>,
    macros: Each<'a, crate::manifest::Macro>,
    docs: Docs<'a>,
    exposures: Each<'a, crate::manifest::Exposure>,
    metrics: Semantics<'a>,
    groups: Each<'a, crate::manifest::Group>,
    selectors: &'a Mapping,
    disabled: Disabled<'a>,
    parent_map: IndexMap<&'a str, Vec<&'a str>>,
    child_map: IndexMap<&'a str, Vec<&'a str>>,
    group_map: BTreeMap<&'a str, Vec<&'a str>>,
    saved_queries: Semantics<'a>,
    semantic_models: Semantics<'a>,
    unit_tests: UnitTests<'a>,
    functions: Nodes<'a>,
}

#[derive(Serialize)]
struct Extra<'a> {
    project_name: &'a str,
    project_id: String,
    user_id: (),
    send_anonymous_usage_stats: bool,
    adapter_type: &'a str,
    quoting: Quoting,
    #[serde(serialize_with = "instant")]
    run_started_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Quoting {
    database: bool,
    schema: bool,
    identifier: bool,
    column: (),
}

impl<'a> ManifestWire<'a> {
    fn new(manifest: &'a Manifest, context: &'a ManifestContext<'a>) -> Self {
        let (parent_map, child_map) = edges(manifest);
        let results = || context.results.iter().chain(context.ephemeral);
        let nodes = |part| Nodes { part, manifest, context, results: node::by_node(results()) };
        let semantic = |kind| Semantics { kind, manifest };
        Self {
            metadata: metadata(context),
            nodes: nodes(Part::Nodes),
            sources: Each(&manifest.sources),
            macros: Each(&manifest.macros),
            docs: Docs(manifest),
            exposures: Each(&manifest.exposures),
            metrics: semantic(ResourceType::Metric),
            groups: Each(&manifest.groups),
            selectors: context.selectors,
            disabled: Disabled(manifest),
            parent_map,
            child_map,
            group_map: groups(manifest),
            saved_queries: semantic(ResourceType::SavedQuery),
            semantic_models: semantic(ResourceType::SemanticModel),
            unit_tests: UnitTests(&manifest.unit_tests),
            functions: nodes(Part::Functions),
        }
    }
}

/// The head, with the fingerprints of variables among the environment: there is no other place for them.
fn metadata<'a>(context: &'a ManifestContext<'a>) -> Metadata<'a, Extra<'a>> {
    let mut metadata = Metadata::new(SCHEMA, context.stamp, extra(context));
    metadata.env.to_mut().insert(VARS.to_owned(), super::to_value(context.vars).to_string());
    metadata
}

fn extra<'a>(context: &ManifestContext<'a>) -> Extra<'a> {
    Extra {
        project_name: context.project_name,
        project_id: node::hex(&Md5::digest(context.project_name.as_bytes())),
        user_id: (),
        send_anonymous_usage_stats: false,
        adapter_type: context.adapter_type,
        quoting: Quoting {
            database: context.quoting.database,
            schema: context.quoting.schema,
            identifier: context.quoting.identifier,
            column: (),
        },
        run_started_at: context.stamp.started_at,
    }
}

/// Functions are not among the other nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Nodes,
    Functions,
}

impl Part {
    fn of(node: &Node) -> Self {
        if node.resource_type() == ResourceType::Function { Self::Functions } else { Self::Nodes }
    }
}

/// Nodes, made into wire structs one at a time.
struct Nodes<'a> {
    part: Part,
    manifest: &'a Manifest,
    context: &'a ManifestContext<'a>,
    results: HashMap<&'a str, &'a NodeResult>,
}

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (id, node) in self.manifest.nodes.iter().filter(|(_, node)| Part::of(node) == self.part) {
            let outcome = self.results.get(&**id).map(|result| Outcome {
                result,
                extent: self.context.extent,
                target_folder: self.context.target_folder,
            });
            map.serialize_entry(&**id, &NodeWire::new(node, outcome))?;
        }
        map.end()
    }
}

/// Semantic models, metrics or saved queries by id.
struct Semantics<'a> {
    kind: ResourceType,
    manifest: &'a Manifest,
}

impl Serialize for Semantics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nodes = self.manifest.semantic.iter().filter(|(_, node)| node.resource_type == self.kind);
        serializer.collect_map(nodes.map(|(id, node)| (&**id, SemanticWire::new(node))))
    }
}

/// Resources of one kind by id.
struct Each<'a, T>(&'a IndexMap<UniqueId, Arc<T>>);

/// What has a wire struct that borrows from it.
trait Wire {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

macro_rules! wire {
    ($($domain:path => $wire:ident;)+) => {
        $(impl Wire for $domain {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $wire::new(self).serialize(serializer)
            }
        })+
    };
}

wire! {
    Source => SourceWire;
    crate::manifest::Macro => MacroWire;
    crate::manifest::Exposure => ExposureWire;
    crate::manifest::Group => GroupWire;
    crate::manifest::DocBlock => DocWire;
}

/// A borrowed resource, serialized through its wire struct.
struct Wired<'a, T>(&'a T);

impl<T: Wire> Serialize for Wired<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Wire> Serialize for Each<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, resource)| (&**id, Wired(&**resource))))
    }
}

/// Unit tests by id.
struct UnitTests<'a>(&'a IndexMap<UniqueId, Arc<Node>>);

impl Serialize for UnitTests<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, test)| (&**id, UnitTestWire::new(test))))
    }
}

/// Doc blocks, with a front page where the project has none under dbt's name.
struct Docs<'a>(&'a Manifest);

impl Serialize for Docs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (id, block) in &self.0.docs {
            map.serialize_entry(&**id, &Wired(&**block))?;
        }
        if !self.0.docs.contains_key(OVERVIEW_ID) {
            map.serialize_entry(OVERVIEW_ID, &*OVERVIEW)?;
        }
        map.end()
    }
}

/// Disabled nodes, sources and exposures: each id has a list, since several may share it.
struct Disabled<'a>(&'a Manifest);

impl Serialize for Disabled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (id, nodes) in &self.0.disabled {
            map.serialize_entry(&**id, &DisabledNodes(nodes))?;
        }
        for (id, sources) in &self.0.disabled_sources {
            let wires: Vec<_> = sources.iter().map(|source| SourceWire::new(source)).collect();
            map.serialize_entry(&**id, &wires)?;
        }
        for (id, exposures) in &self.0.disabled_exposures {
            let wires: Vec<_> = exposures.iter().map(|exposure| ExposureWire::new(exposure)).collect();
            map.serialize_entry(&**id, &wires)?;
        }
        for (id, nodes) in &self.0.disabled_semantic {
            let wires: Vec<_> = nodes.iter().map(|node| SemanticWire::new(node)).collect();
            map.serialize_entry(&**id, &wires)?;
        }
        map.end()
    }
}

struct DisabledNodes<'a>(&'a [Arc<Node>]);

impl Serialize for DisabledNodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for node in self.0 {
            match UnitTestWire::new(node) {
                Some(test) => list.serialize_element(&test)?,
                None => list.serialize_element(&NodeWire::new(node, None))?,
            }
        }
        list.end()
    }
}

/// Ids by id, in the order of the manifest.
type Edges<'a> = IndexMap<&'a str, Vec<&'a str>>;

/// For every node, source, exposure and part of the semantic layer what it needs and what needs it, each list sorted.
fn edges(manifest: &Manifest) -> (Edges<'_>, Edges<'_>) {
    let nodes = manifest
        .nodes
        .iter()
        .chain(&manifest.unit_tests)
        .map(|(id, node)| (&**id, node.depends_on.nodes.as_slice()));
    let sources = manifest.sources.keys().map(|id| (&**id, &[][..]));
    let exposures = manifest.exposures.iter().map(|(id, e)| (&**id, e.depends_on.nodes.as_slice()));
    let semantic = manifest.semantic.iter().map(|(id, s)| (&**id, s.depends_on.nodes.as_slice()));
    let parents: Edges<'_> = nodes
        .chain(sources)
        .chain(exposures)
        .chain(semantic)
        .map(|(id, needs)| {
            let mut needs: Vec<&str> = needs.iter().map(|need| &**need).collect();
            needs.sort_unstable();
            needs.dedup();
            (id, needs)
        })
        .collect();
    let mut children: Edges<'_> = parents.keys().map(|id| (*id, Vec::new())).collect();
    for (id, needs) in &parents {
        for need in needs {
            if let Some(list) = children.get_mut(need) {
                list.push(id);
            }
        }
    }
    children.values_mut().for_each(|list| list.sort_unstable());
    (parents, children)
}

/// The nodes of each group.
fn groups(manifest: &Manifest) -> BTreeMap<&str, Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> =
        manifest.groups.values().map(|group| (group.name.as_str(), Vec::new())).collect();
    let nodes = manifest.nodes.iter().map(|(id, node)| (id, node.group.as_deref()));
    let of_kind = |kind| {
        let nodes = manifest.semantic.iter().filter(move |(_, node)| node.resource_type == kind);
        nodes.map(|(id, node)| (id, node.group.as_deref()))
    };
    let semantic = [ResourceType::SavedQuery, ResourceType::SemanticModel, ResourceType::Metric];
    for (id, group) in nodes.chain(semantic.into_iter().flat_map(of_kind)) {
        if let Some(members) = group.and_then(|name| groups.get_mut(name)) {
            members.push(id);
        }
    }
    groups
}
