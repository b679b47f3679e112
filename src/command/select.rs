//! What `--select`, `--exclude`, `--selector` and the kinds of node come to.

use indexmap::IndexSet;

use super::execute::Steps;
use super::load::{self, Loaded};
use super::{Failure, Invocation};
use crate::console::Event;
use crate::graph::{Earlier, Indirect, Request, TestEdges, select};
use crate::manifest::{ResourceType, UniqueId};
use crate::{adapter, parse};

/// The kinds of node a command takes when none are asked for, and all it can take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kinds {
    pub(super) default: &'static [ResourceType],
    pub(super) all: &'static [ResourceType],
}

impl Kinds {
    /// A command that takes these and no others.
    pub(super) const fn only(kinds: &'static [ResourceType]) -> Self {
        Self { default: kinds, all: kinds }
    }

    /// What `--resource-type` and `--exclude-resource-type` leave of it.
    fn wanted(self, invocation: &Invocation) -> Vec<ResourceType> {
        let flags = &invocation.flags;
        let named = |words: &[String]| -> Vec<ResourceType> {
            words
                .iter()
                .flat_map(|word| match word.as_str() {
                    "all" => self.all.to_vec(),
                    "default" => self.default.to_vec(),
                    word => self.all.iter().copied().filter(|kind| kind.as_str() == word).collect(),
                })
                .collect()
        };
        let mut wanted = if flags.resource_types.is_empty() {
            self.default.to_vec()
        } else {
            named(&flags.resource_types)
        };
        let excluded = named(&flags.exclude_resource_types);
        wanted.retain(|kind| !excluded.contains(kind));
        wanted
    }
}

/// Source tables alone.
pub(super) const SOURCES: Kinds = Kinds::only(&[ResourceType::Source]);

/// Whether nodes without code count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They do not: there is nothing to run.
    Run,
    /// They do: they are only named.
    List,
}

/// What takes part, parents first: what is selected, or what the run that is repeated left undone.
///
/// # Errors
/// A selection that cannot be read, or one that matches nothing where that counts as an error.
pub(super) fn selection(
    invocation: &Invocation,
    loaded: &Loaded,
    kinds: Kinds,
    purpose: Purpose,
) -> Result<IndexSet<UniqueId>, Failure> {
    let Some(retry) = &invocation.retry else { return chosen(invocation, loaded, kinds, purpose) };
    let undone = retry.nodes(invocation, loaded)?;
    Ok(loaded.graph.order().filter(|id| undone.contains(*id)).map(UniqueId::clone).collect())
}

/// What the command line selects, parents first.
///
/// # Errors
/// A selection that cannot be read, or one that matches nothing where that counts as an error.
pub(super) fn chosen(
    invocation: &Invocation,
    loaded: &Loaded,
    kinds: Kinds,
    purpose: Purpose,
) -> Result<IndexSet<UniqueId>, Failure> {
    let flags = &invocation.flags;
    let wanted = kinds.wanted(invocation);
    let internal = parse::internal_packages(loaded.adapter.name());
    let earlier = loaded.states.compared.as_ref().map(|state| Earlier {
        state,
        internal: &internal,
        vars: &loaded.vars,
        enforced: adapter::enforced_constraints(loaded.adapter.name()),
        adapter: loaded.adapter.name(),
    });
    let words = if flags.models.is_empty() { &flags.select } else { &flags.models };
    let request = Request {
        select: words,
        exclude: &flags.exclude,
        selector: flags.selector.as_deref(),
        named: &loaded.project.root().selectors,
        indirect: Indirect::parse(&flags.indirect_selection).unwrap_or_default(),
        resource_types: Some(&wanted),
        with_empty: purpose == Purpose::List,
        root: &loaded.project.root,
        earlier,
    };
    let selection = select(&loaded.graph, &loaded.manifest, &request).map_err(|error| vec![*error])?;
    if let Some(name) = &selection.default_selector {
        invocation.console.emit(Event::default_selector(name));
    }
    load::settle(invocation, selection.warnings)?;
    Ok(selection.ids)
}

/// Selected nodes, each with those it waits for. Of those that may start, the first by id starts
/// first, as in dbt: models, then seeds, then snapshots, then tests.
pub(super) fn steps(loaded: &Loaded, selected: &IndexSet<UniqueId>, tests: TestEdges) -> Steps {
    let mut steps = loaded.graph.steps(selected, &loaded.manifest, tests);
    steps.sort_unstable_keys();
    steps
}

/// Selected nodes that wait for nothing.
pub(super) fn independent(selected: impl IntoIterator<Item = UniqueId>) -> Steps {
    selected.into_iter().map(|id| (id, Vec::new())).collect()
}
