//! The vocabulary of a parsed project. Built by `parse`, frozen afterwards, shared by all threads.

mod batch;
mod config;
mod node;
mod resource;
mod result;
mod semantic;
mod unit_test;

use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::relation::Relation;

pub use batch::{Batch, BatchResults, Interval};
pub use config::NodeConfig;
pub(crate) use node::version_text;
pub use node::{
    Checksum, Column, DependsOn, HookKind, Language, Node, NodeKind, RefArgs, ResourceType, TestMetadata,
};
pub use resource::{DocBlock, Exposure, Freshness, Group, Macro, Source};
pub use result::{Age, NodeResult, Status, Timing};
pub use semantic::SemanticNode;
pub use unit_test::{
    Expect, Fixture, FixtureFormat, Given, Input, MockQuery, Overrides, Rows, Subject, UnitTest,
};

/// `resource_type.package.name`, with a version or a hash where dbt adds one.
pub type UniqueId = Arc<str>;

/// Any value that YAML or a template may give.
pub type Value = serde_json::Value;

/// A mapping in the order it was written.
pub type Mapping = serde_json::Map<String, Value>;

/// Everything a project and its packages define.
#[derive(Debug, Default, Clone)]
pub struct Manifest {
    /// Models, seeds, snapshots, functions, data tests, analyses and hooks.
    pub nodes: IndexMap<UniqueId, Arc<Node>>,
    /// Unit tests, which are nodes among themselves.
    pub unit_tests: IndexMap<UniqueId, Arc<Node>>,
    /// Source tables.
    pub sources: IndexMap<UniqueId, Arc<Source>>,
    /// Macros of all packages, the built-in ones included.
    pub macros: IndexMap<UniqueId, Arc<Macro>>,
    /// Doc blocks.
    pub docs: IndexMap<UniqueId, Arc<DocBlock>>,
    /// Exposures.
    pub exposures: IndexMap<UniqueId, Arc<Exposure>>,
    /// Metrics, then semantic models, then saved queries.
    pub semantic: IndexMap<UniqueId, Arc<SemanticNode>>,
    /// Groups.
    pub groups: IndexMap<UniqueId, Arc<Group>>,
    /// Nodes that are configured with `enabled: false`.
    pub disabled: IndexMap<UniqueId, Vec<Arc<Node>>>,
    /// Source tables that are configured with `enabled: false`.
    pub disabled_sources: IndexMap<UniqueId, Vec<Arc<Source>>>,
    /// Exposures that are configured with `enabled: false`.
    pub disabled_exposures: IndexMap<UniqueId, Vec<Arc<Exposure>>>,
    /// Semantic models, metrics and saved queries that are configured with `enabled: false`.
    pub disabled_semantic: IndexMap<UniqueId, Vec<Arc<SemanticNode>>>,
    /// Name to the nodes that `ref` may mean: models, seeds and snapshots, of every package.
    pub refable: HashMap<String, Vec<UniqueId>>,
    /// `source_name.table_name` to the sources of that name.
    pub source_names: HashMap<(String, String), Vec<UniqueId>>,
    /// Name to the functions that `function` may mean.
    pub function_names: HashMap<String, Vec<UniqueId>>,
    /// Name to the metrics that `metric` may mean.
    pub metric_names: HashMap<String, Vec<UniqueId>>,
    /// Where nodes are in the environment of the state folder, which `--defer` reads and `clone` copies.
    pub deferred: HashMap<UniqueId, Relation>,
}

/// Why a `ref` or `source` cannot be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// Nothing has this name.
    Missing,
    /// It is there and disabled.
    Disabled,
}

impl Manifest {
    /// The node or unit test with this id.
    pub fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.nodes.get(id).or_else(|| self.unit_tests.get(id))
    }

    /// Finds what `ref` means when said in `package`: the named package, else the root project, then
    /// the speaker's own, then any other; the latest version where none is asked for.
    ///
    /// # Errors
    /// [`Unresolved`], never a guess.
    pub fn resolve_ref(&self, args: &RefArgs, package: &str, root: &str) -> Result<&Arc<Node>, Unresolved> {
        let candidates = self.refable.get(&args.name).map_or(&[][..], Vec::as_slice);
        let nodes =
            || candidates.iter().filter_map(|id| self.nodes.get(id)).filter(|n| n.answers_version(args));
        let in_package = |wanted: &str| nodes().find(|n| n.package_name == wanted);
        let found = match &args.package {
            Some(wanted) => in_package(wanted),
            None => in_package(root).or_else(|| in_package(package)).or_else(|| nodes().next()),
        };
        found.ok_or_else(|| {
            let disabled = self.disabled.values().flatten().any(|n| {
                n.is_refable()
                    && n.name == args.name
                    && args.package.as_ref().is_none_or(|p| *p == n.package_name)
            });
            if disabled { Unresolved::Disabled } else { Unresolved::Missing }
        })
    }

    /// Finds the function that `function` means when said in `package`: the named package, else the
    /// speaker's own, then the root project, then any other.
    ///
    /// # Errors
    /// [`Unresolved`], never a guess.
    pub fn resolve_function(
        &self,
        wanted: Option<&str>,
        name: &str,
        package: &str,
        root: &str,
    ) -> Result<&Arc<Node>, Unresolved> {
        let candidates = self.function_names.get(name).map_or(&[][..], Vec::as_slice);
        let functions = || candidates.iter().filter_map(|id| self.nodes.get(id));
        nearest_package(functions, |node| &node.package_name, wanted, package, root).ok_or_else(|| {
            let mut disabled = self.disabled.values().flatten();
            let same = |n: &Arc<Node>| n.resource_type() == ResourceType::Function && n.name == name;
            if disabled.any(same) { Unresolved::Disabled } else { Unresolved::Missing }
        })
    }

    /// Finds the metric that `metric` means when said in `package`, as [`Self::resolve_function`] does.
    ///
    /// # Errors
    /// [`Unresolved`], never a guess.
    pub fn resolve_metric(
        &self,
        wanted: Option<&str>,
        name: &str,
        package: &str,
        root: &str,
    ) -> Result<&Arc<SemanticNode>, Unresolved> {
        let candidates = self.metric_names.get(name).map_or(&[][..], Vec::as_slice);
        let metrics = || candidates.iter().filter_map(|id| self.semantic.get(id));
        nearest_package(metrics, |node| &node.package_name, wanted, package, root).ok_or_else(|| {
            let mut disabled = self.disabled_semantic.values().flatten();
            let same = |n: &Arc<SemanticNode>| n.resource_type == ResourceType::Metric && n.name == name;
            if disabled.any(same) { Unresolved::Disabled } else { Unresolved::Missing }
        })
    }

    /// Finds the source table that `source` means when said in `package`.
    ///
    /// # Errors
    /// [`Unresolved`], never a guess.
    pub fn resolve_source(
        &self,
        source: &str,
        table: &str,
        package: &str,
        root: &str,
    ) -> Result<&Arc<Source>, Unresolved> {
        let key = (source.to_owned(), table.to_owned());
        let candidates = self.source_names.get(&key).map_or(&[][..], Vec::as_slice);
        let sources = || candidates.iter().filter_map(|id| self.sources.get(id));
        let in_package = |wanted: &str| sources().find(|s| s.package_name == wanted);
        in_package(root).or_else(|| in_package(package)).or_else(|| sources().next()).ok_or_else(|| {
            let disabled = self.disabled_sources.values().flatten();
            let mut same = disabled.filter(|s| s.source_name == source && s.name == table);
            if same.next().is_some() { Unresolved::Disabled } else { Unresolved::Missing }
        })
    }
}

/// Of those with a name the one in the wanted package, else the nearest to the speaker.
fn nearest_package<'a, T: 'a, I: Iterator<Item = &'a Arc<T>>>(
    all: impl Fn() -> I,
    package_of: impl Fn(&T) -> &String,
    wanted: Option<&str>,
    package: &str,
    root: &str,
) -> Option<&'a Arc<T>> {
    let in_package = |wanted: &str| all().find(|one| package_of(one) == wanted);
    match wanted {
        Some(wanted) => in_package(wanted),
        None => in_package(package).or_else(|| in_package(root)).or_else(|| all().next()),
    }
}
