//! What runs after what: the selected nodes, each with the selected nodes it must wait for.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use petgraph::Direction;
use petgraph::graph::DiGraph;
use petgraph::visit::Visitable;

use super::{Graph, Set};
use crate::manifest::{Manifest, NodeKind, ResourceType, UniqueId};

/// A set of places in which members are cheap.
type Places = <DiGraph<UniqueId, ()> as Visitable>::Map;

/// Whether what follows a tested node waits for its tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestEdges {
    /// It does, as `build` wants.
    Wait,
    /// It does not.
    Ignore,
}

impl Graph {
    /// The selected nodes, parents first, each with the nearest selected nodes above it: what lies
    /// between and is not selected is skipped over. Sources take no part.
    ///
    /// With [`TestEdges::Wait`] a node waits also for the tests of what it needs, where it needs
    /// everything such a test needs, and a model waits for its unit tests.
    pub fn steps(
        &self,
        selected: &IndexSet<UniqueId>,
        manifest: &Manifest,
        tests: TestEdges,
    ) -> IndexMap<UniqueId, Vec<UniqueId>> {
        let mut waits: Vec<Vec<usize>> = (0..self.places.len())
            .map(|place| self.neighbours(place, Direction::Incoming).collect())
            .collect();
        let mut order = self.order.clone();
        if tests == TestEdges::Wait {
            for (test, node) in self.test_edges(manifest) {
                waits[node].push(test);
            }
            self.unit_test_edges(manifest, &mut waits);
            order = super::order(&waits);
        }
        let runs = |place: usize| {
            let id = self.id(place);
            selected.contains(id) && !manifest.sources.contains_key(id)
        };
        // For a place that does not run: what runs above it. Shared, for most have the same.
        let none = Rc::new(BTreeSet::new());
        let mut above: Vec<Rc<Set>> = vec![none; waits.len()];
        let mut steps = IndexMap::with_capacity(selected.len());
        for place in order {
            let mut needs: Rc<Set> = Rc::default();
            for parent in &waits[place] {
                if runs(*parent) {
                    Rc::make_mut(&mut needs).insert(*parent);
                } else if needs.is_empty() {
                    needs = Rc::clone(&above[*parent]);
                } else if !above[*parent].is_empty() && !Rc::ptr_eq(&needs, &above[*parent]) {
                    let more = Rc::clone(&above[*parent]);
                    Rc::make_mut(&mut needs).extend(more.iter());
                }
            }
            if runs(place) {
                let needs = needs.iter().map(|parent| self.id(*parent).clone()).collect();
                steps.insert(self.id(place).clone(), needs);
            } else {
                above[place] = needs;
            }
        }
        steps
    }

    /// Lets a unit test run before its model, as soon as the model might.
    fn unit_test_edges(&self, manifest: &Manifest, waits: &mut [Vec<usize>]) {
        for (id, test) in &manifest.unit_tests {
            let model = test.depends_on.nodes.first().and_then(|model| self.place(model));
            let (Some(test), Some(model)) = (self.place(id), model) else { continue };
            let is_unit_test = |place: &usize| manifest.unit_tests.contains_key(self.id(*place));
            waits[test] = waits[model].iter().copied().filter(|place| !is_unit_test(place)).collect();
            waits[model].push(test);
        }
    }

    /// Pairs of a test and a node that waits for it: the nodes nearest to the test that need all
    /// that the test needs. What is below them waits through them.
    fn test_edges(&self, manifest: &Manifest) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        let mut below: HashMap<usize, Places> = HashMap::new();
        for (id, node) in &manifest.nodes {
            if node.resource_type() != ResourceType::Test {
                continue;
            }
            let Some(test) = self.place(id) else { continue };
            let needs: Vec<usize> = self.neighbours(test, Direction::Incoming).collect();
            let waiting: Set = match needs[..] {
                [] => continue,
                [only] => self.neighbours(only, Direction::Outgoing).collect(),
                [first, ref rest @ ..] => {
                    let mut common = below.entry(first).or_insert_with(|| self.below(first)).clone();
                    for place in rest {
                        common.intersect_with(below.entry(*place).or_insert_with(|| self.below(*place)));
                    }
                    common.ones().collect()
                }
            };
            let is_nearest = |place: &usize| {
                needs.len() == 1
                    || !self.neighbours(*place, Direction::Incoming).any(|p| waiting.contains(&p))
            };
            let is_built = |place: &usize| {
                let node = manifest.nodes.get(self.id(*place));
                node.is_some_and(|n| !matches!(n.kind, NodeKind::GenericTest { .. } | NodeKind::SingularTest))
            };
            edges.extend(waiting.iter().filter(|p| is_built(p) && is_nearest(p)).map(|place| (test, *place)));
        }
        edges
    }

    /// Everything below a place, as bits: this is asked for many places.
    fn below(&self, place: usize) -> Places {
        let mut seen = self.edges.visit_map();
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            open.extend(self.neighbours(place, Direction::Outgoing).filter(|child| !seen.put(*child)));
        }
        seen
    }
}
