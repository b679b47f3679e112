//! `teal build`, `run`, `test`, `seed` and `snapshot`: the selected nodes, built and tested.

use serde_json::json;

use super::args::Verb;
use super::load::Loaded;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict, check, checks, execute, preview};
use crate::adapter::AdapterError;
use crate::console::{Event, Level};
use crate::graph::TestEdges;
use crate::manifest::ResourceType::{Exposure, Function, Model, SavedQuery, Seed, Snapshot, Test, UnitTest};
use crate::manifest::{NodeKind, NodeResult, Status};
use crate::run::{self, Action};

/// How many rows of a seed `--show` shows.
const SHOWN: usize = 10;

/// Builds what is selected; which kinds take part is a matter of the verb.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    checks::before(invocation, loaded)?;
    let selected = select::selection(invocation, loaded, kinds(invocation.verb), Purpose::Run)?;
    if matches!(invocation.verb, Verb::Build | Verb::Run) {
        check::before(invocation, loaded, &selected)?;
    }
    let steps = match invocation.verb {
        Verb::Build => select::steps(loaded, &selected, TestEdges::Wait),
        Verb::Test => select::independent(selected),
        _ => select::steps(loaded, &selected, TestEdges::Ignore),
    };
    let (verdict, results) = execute::build(invocation, loaded, steps, Action::Build)?;
    if invocation.flags.show {
        show_seeds(invocation, loaded, &results)?;
    }
    Ok(verdict)
}

/// `--show`: the first rows of every seed that was loaded.
fn show_seeds(invocation: &Invocation, loaded: &Loaded, results: &[NodeResult]) -> Result<(), Failure> {
    let fail = |error: AdapterError, sql: &str| {
        vec![run::from_warehouse(&error, sql, "--show", None, &invocation.sources)]
    };
    let mut connection = loaded.adapter.connect().map_err(|error| fail(error, ""))?;
    for result in results.iter().filter(|result| result.status == Status::Success) {
        let node = loaded.manifest.nodes.get(&result.unique_id);
        let Some(seed) = node.filter(|node| matches!(node.kind, NodeKind::Seed { .. })) else { continue };
        let Some(relation) = &seed.relation else { continue };
        let sql = format!("select * from {}", relation.name());
        let (_, table) = connection.query(&sql, Some(SHOWN)).map_err(|error| fail(error, &sql))?;
        let header = format!("Random sample of table: {}.{}", seed.schema, seed.alias);
        let rule = "-".repeat(header.chars().count());
        let console = &invocation.console;
        console.emit(Event::blank());
        console.emit(Event::new(
            "SeedHeader",
            "Q004",
            Level::Info,
            header.clone(),
            json!({"header": header}),
        ));
        console.emit(Event::info(rule));
        console.emit(Event::output(preview::to_text(&table)));
    }
    Ok(())
}

fn kinds(verb: Verb) -> Kinds {
    match verb {
        Verb::Run => Kinds::only(&[Model]),
        Verb::Test => Kinds::only(&[Test, UnitTest]),
        Verb::Seed => Kinds::only(&[Seed]),
        Verb::Snapshot => Kinds::only(&[Snapshot]),
        _ => Kinds::only(&[Model, Seed, Snapshot, Test, UnitTest, SavedQuery, Exposure, Function]),
    }
}
