//! The order of things: nodes, sources, exposures and the semantic layer with what they need, and
//! selections of them.
//!
//! In reading order: this file is the graph, `cycle` says why there is none, `plan` what a command
//! runs in which order, `selector` the language of selections, `selection` what they choose,
//! `method` what each criterion looks at, `pattern` the wildcards, `state` what changed since an earlier
//! manifest, with `contract` for the promises of models.

mod contract;
mod cycle;
mod method;
mod pattern;
mod plan;
mod same;
mod selection;
mod selector;
mod state;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::Result;
use crate::manifest::{Manifest, UniqueId};

pub use plan::TestEdges;
pub use selection::{Request, Selection, select};
pub use selector::Indirect;
pub use state::Earlier;

/// Some members of a graph, by their places, which are in the order of the manifest.
type Set = BTreeSet<usize>;

/// What depends on what: an edge goes from what is needed to what needs it. It has no cycles.
#[derive(Debug)]
pub struct Graph {
    edges: DiGraph<UniqueId, ()>,
    places: HashMap<UniqueId, usize>,
    /// Places in topological order; among those that are free, the order of the manifest.
    order: Vec<usize>,
}

impl Graph {
    /// The graph of all nodes, unit tests, sources, exposures and parts of the semantic layer of a manifest.
    ///
    /// # Errors
    /// Nodes that need each other, with the whole way round.
    pub fn new(manifest: &Manifest) -> Result<Self> {
        let sources = manifest.sources.keys().map(|id| (id, None));
        let nodes = manifest.nodes.iter().map(|(id, node)| (id, Some(&node.depends_on)));
        let exposures = manifest.exposures.iter().map(|(id, exposure)| (id, Some(&exposure.depends_on)));
        let nodes = nodes.chain(manifest.unit_tests.iter().map(|(id, test)| (id, Some(&test.depends_on))));
        let semantic = manifest.semantic.iter().map(|(id, node)| (id, Some(&node.depends_on)));
        let members: Vec<_> = sources.chain(nodes).chain(exposures).chain(semantic).collect();
        let mut graph = DiGraph::with_capacity(members.len(), members.len() * 2);
        let mut places = HashMap::with_capacity(members.len());
        for (id, _) in &members {
            places.insert((*id).clone(), graph.add_node((*id).clone()).index());
        }
        for (place, (_, depends_on)) in members.iter().enumerate() {
            // What cannot be found was reported when the manifest was made.
            let needed = depends_on.iter().flat_map(|needs| &needs.nodes).filter_map(|id| places.get(id));
            for parent in needed.collect::<BTreeSet<_>>() {
                graph.add_edge(NodeIndex::new(*parent), NodeIndex::new(place), ());
            }
        }
        let parents = |place| graph.neighbors_directed(NodeIndex::new(place), Direction::Incoming);
        let parents: Vec<Vec<usize>> =
            (0..members.len()).map(|place| parents(place).map(NodeIndex::index).collect()).collect();
        let order = order(&parents);
        if order.len() < graph.node_count() {
            return Err(Box::new(cycle::found(&graph, manifest)));
        }
        Ok(Self { edges: graph, places, order })
    }

    /// Every id, parents first; among those that are free, the order of the manifest.
    pub fn order(&self) -> impl Iterator<Item = &UniqueId> {
        self.order.iter().map(|place| self.id(*place))
    }

    /// What a member needs itself, in the order of the manifest.
    pub fn parents(&self, id: &str) -> Vec<&UniqueId> {
        self.next_to(id, Direction::Incoming)
    }

    /// What needs a member itself, in the order of the manifest.
    pub fn children(&self, id: &str) -> Vec<&UniqueId> {
        self.next_to(id, Direction::Outgoing)
    }

    /// Everything that a member needs, the needs of its needs included, in the order of the manifest.
    pub fn ancestors(&self, id: &str) -> Vec<&UniqueId> {
        self.beyond(id, Direction::Incoming)
    }

    /// Everything that cannot be without a member, in the order of the manifest.
    pub fn descendants(&self, id: &str) -> Vec<&UniqueId> {
        self.beyond(id, Direction::Outgoing)
    }

    fn next_to(&self, id: &str, direction: Direction) -> Vec<&UniqueId> {
        let place = self.places.get(id);
        let near: Set = place.into_iter().flat_map(|place| self.neighbours(*place, direction)).collect();
        near.into_iter().map(|place| self.id(place)).collect()
    }

    fn beyond(&self, id: &str, direction: Direction) -> Vec<&UniqueId> {
        let start: Set = self.places.get(id).copied().into_iter().collect();
        self.walk(&start, direction, None).into_iter().map(|place| self.id(place)).collect()
    }

    fn id(&self, place: usize) -> &UniqueId {
        &self.edges[NodeIndex::new(place)]
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn neighbours(&self, place: usize, direction: Direction) -> impl Iterator<Item = usize> {
        self.edges.neighbors_directed(NodeIndex::new(place), direction).map(NodeIndex::index)
    }

    /// What lies within `depth` steps of any of `start`; those of `start` only where others lead to them.
    fn walk(&self, start: &Set, direction: Direction, depth: Option<usize>) -> Set {
        let mut found = Set::new();
        let mut layer: Vec<usize> = start.iter().copied().collect();
        let mut left = depth.unwrap_or(usize::MAX);
        while left > 0 && !layer.is_empty() {
            let near = layer.iter().flat_map(|place| self.neighbours(*place, direction));
            layer = near.filter(|place| found.insert(*place)).collect();
            left -= 1;
        }
        found
    }
}

/// Places in topological order, as far as cycles allow, given the parents of each. Ties go to the
/// smallest place.
fn order(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    for (place, parents) in parents.iter().enumerate() {
        for parent in parents {
            children[*parent].push(place);
        }
    }
    let free = (0..waiting.len()).filter(|place| waiting[*place] == 0);
    let mut ready: BinaryHeap<_> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for child in &children[place] {
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.push(Reverse(*child));
            }
        }
    }
    order
}
