//! What holds for every graph, tried on random ones.

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};
use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use teal::diagnostic::Code;
use teal::graph::{Graph, Indirect, Request, TestEdges, select};
use teal::manifest::{DependsOn, Manifest, ResourceType, UniqueId};

use crate::tiny::{PACKAGE, Tiny};

/// One trial a property.
pub(crate) fn cases() -> Vec<Trial> {
    let all: [(&str, Property); 4] =
        [("order", order), ("steps", steps), ("set_algebra", set_algebra), ("cycles", cycles)];
    all.into_iter()
        .map(|(name, property)| Trial::test(format!("properties::{name}"), move || holds(property)))
        .collect()
}

/// A graph in the making: for each member what kind it is, and which earlier members it needs.
type Plan = Vec<(bool, Vec<prop::sample::Index>)>;

/// What must hold for any plan.
type Property = fn(Plan) -> Result<(), TestCaseError>;

fn holds(property: Property) -> Result<(), Failed> {
    let member = (prop::bool::weighted(0.25), prop::collection::vec(any::<prop::sample::Index>(), 0..4));
    let plan = prop::collection::vec(member, 1..24);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&plan, property)
        .map_err(|problem| problem.to_string().into())
}

/// Models and tests with the names `n0`, `n1`, …; nothing needs a test.
fn manifest(plan: &Plan) -> Result<Manifest, TestCaseError> {
    let mut tiny = Tiny::new();
    let mut models: Vec<UniqueId> = Vec::new();
    for (at, (is_test, needs)) in plan.iter().enumerate() {
        let needs: IndexSet<UniqueId> =
            needs.iter().filter(|_| !models.is_empty()).map(|need| need.get(&models).clone()).collect();
        let is_test = *is_test && !needs.is_empty();
        let kind = if is_test { "test" } else { "model" };
        let tags = if at % 3 == 0 { "third" } else { "other" };
        tiny.add(kind, &format!("n{at}"), "", needs.into_iter().collect(), IndexMap::from([("tags", tags)]))
            .map_err(TestCaseError::fail)?;
        if !is_test {
            models.push(format!("model.{PACKAGE}.n{at}").into());
        }
    }
    Ok(tiny.manifest)
}

fn graph(manifest: &Manifest) -> Result<Graph, TestCaseError> {
    Graph::new(manifest).map_err(|problem| TestCaseError::fail(problem.message))
}

/// No member comes before what it needs, and none is lost.
fn order(plan: Plan) -> Result<(), TestCaseError> {
    let manifest = manifest(&plan)?;
    let graph = graph(&manifest)?;
    let order: IndexSet<&UniqueId> = graph.order().collect();
    prop_assert_eq!(order.len(), manifest.nodes.len());
    for (id, node) in &manifest.nodes {
        for need in &node.depends_on.nodes {
            prop_assert!(order.get_index_of(need) < order.get_index_of(id), "{} comes before {}", id, need);
        }
    }
    Ok(())
}

/// The steps of a run are the selected nodes, parents first, and one leads to another exactly where
/// the whole graph says so; waiting for tests only adds to what is waited for, and never a circle.
fn steps(plan: Plan) -> Result<(), TestCaseError> {
    let manifest = manifest(&plan)?;
    let graph = graph(&manifest)?;
    let selected: IndexSet<UniqueId> = manifest.nodes.keys().step_by(2).cloned().collect();
    let untested = graph.steps(&selected, &manifest, TestEdges::Ignore);
    let tested = graph.steps(&selected, &manifest, TestEdges::Wait);
    let (above, above_tested) = (closure(&untested)?, closure(&tested)?);
    prop_assert_eq!(above.len(), selected.len());
    for (id, needs) in &above {
        let all: BTreeSet<&UniqueId> = graph.ancestors(id).into_iter().collect();
        let wanted: BTreeSet<&UniqueId> = all.into_iter().filter(|id| selected.contains(*id)).collect();
        prop_assert_eq!(needs, &wanted);
        prop_assert!(above_tested[id].is_superset(needs));
        let every: BTreeSet<UniqueId> = graph.ancestors(id).into_iter().cloned().collect();
        for extra in above_tested[id].difference(needs) {
            // A test is waited for only by those that need all that it needs.
            let test = &manifest.nodes[*extra];
            prop_assert_eq!(test.resource_type(), ResourceType::Test);
            prop_assert!(test.depends_on.nodes.iter().all(|need| every.contains(need)));
        }
        let is_model = manifest.nodes[*id].resource_type() == ResourceType::Model;
        for (test, node) in manifest.nodes.iter().filter(|(id, _)| selected.contains(*id)) {
            let complete = node.depends_on.nodes.iter().all(|need| every.contains(need));
            if is_model && node.resource_type() == ResourceType::Test && complete {
                prop_assert!(above_tested[id].contains(test), "{} does not wait for {}", id, test);
            }
        }
    }
    Ok(())
}

/// Everything that must be done before each step, which comes after all of it.
fn closure(
    steps: &IndexMap<UniqueId, Vec<UniqueId>>,
) -> Result<IndexMap<&UniqueId, BTreeSet<&UniqueId>>, TestCaseError> {
    let mut above: IndexMap<&UniqueId, BTreeSet<&UniqueId>> = IndexMap::new();
    for (id, needs) in steps {
        let mut all = BTreeSet::new();
        for need in needs {
            let before = above.get(need);
            prop_assert!(before.is_some(), "{} comes before {}", id, need);
            all.extend(before.into_iter().flatten().copied().chain([need]));
        }
        above.insert(id, all);
    }
    Ok(above)
}

/// Spaces join, commas intersect, `--exclude` takes away, and `+` and `@` add relatives.
fn set_algebra(plan: Plan) -> Result<(), TestCaseError> {
    let manifest = manifest(&plan)?;
    let graph = graph(&manifest)?;
    let chosen = |chosen: &[&str], excluded: &[&str]| {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (chosen, excluded) = (words(chosen), words(excluded));
        let request = Request {
            select: &chosen,
            exclude: &excluded,
            indirect: Indirect::Empty,
            root: PACKAGE,
            ..Request::default()
        };
        let selection = select(&graph, &manifest, &request);
        selection
            .map(|s| s.ids.into_iter().collect::<BTreeSet<_>>())
            .map_err(|p| TestCaseError::fail(p.message))
    };
    let (a, b) = (format!("n{}+", plan.len() / 2), "tag:third");
    let (in_a, in_b) = (chosen(&[&a], &[])?, chosen(&[b], &[])?);
    prop_assert_eq!(chosen(&[&a, b], &[])?, &in_a | &in_b);
    prop_assert_eq!(chosen(&[&format!("{a},{b}")], &[])?, &in_a & &in_b);
    prop_assert_eq!(chosen(&[&a], &[b])?, &in_a - &in_b);
    prop_assert_eq!(chosen(&[], &[&a])?, &chosen(&[], &[])? - &in_a);

    let name = "n0";
    let id = UniqueId::from(format!("model.{PACKAGE}.{name}"));
    let below: BTreeSet<UniqueId> = graph.descendants(&id).into_iter().cloned().chain([id]).collect();
    prop_assert_eq!(&chosen(&[&format!("{name}+")], &[])?, &below);
    let needs = below.iter().flat_map(|id| graph.ancestors(id)).cloned();
    let whole: BTreeSet<UniqueId> = needs.chain(below.iter().cloned()).collect();
    prop_assert_eq!(chosen(&[&format!("@{name}")], &[])?, whole);
    let far = plan.len().to_string();
    prop_assert_eq!(chosen(&[&format!("{name}+{far}")], &[])?, below);
    Ok(())
}

/// A way back makes a cycle, and the error names a whole one.
fn cycles(plan: Plan) -> Result<(), TestCaseError> {
    let mut manifest = manifest(&plan)?;
    let graph = graph(&manifest)?;
    let start = UniqueId::from(format!("model.{PACKAGE}.n0"));
    let is_model = |id: &&&UniqueId| manifest.nodes[&***id].resource_type() == ResourceType::Model;
    let below = graph.descendants(&start);
    let Some(end) = below.iter().rfind(is_model).map(|id| (*id).clone()) else { return Ok(()) };
    let mut node = (*manifest.nodes[&start]).clone();
    node.depends_on = DependsOn { nodes: vec![end], ..DependsOn::default() };
    manifest.nodes.insert(start, node.into());
    let Err(problem) = Graph::new(&manifest) else {
        return Err(TestCaseError::fail("the cycle was not found"));
    };
    prop_assert_eq!(problem.code, Code::Cycle);
    let path = problem.message.trim_start_matches("Found a cycle: ");
    let path: Vec<&str> = path.split(" --> ").collect();
    prop_assert_eq!(path.first(), path.last());
    prop_assert!(path.len() > 2);
    for pair in path.windows(2) {
        let needs = &manifest.nodes[pair[1]].depends_on.nodes;
        prop_assert!(needs.iter().any(|need| **need == *pair[0]), "{} does not need {}", pair[1], pair[0]);
    }
    prop_assert_eq!(problem.labels.len(), path.len() - 1);
    Ok(())
}
