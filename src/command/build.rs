//! `teal build`, `run`, `test`, `seed` and `snapshot`: the selected nodes, built and tested.

use super::args::Verb;
use super::load::Loaded;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict, execute};
use crate::graph::TestEdges;
use crate::manifest::ResourceType::{Exposure, Model, Seed, Snapshot, Test};

/// Builds what is selected; which kinds take part is a matter of the verb.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let selected = select::selection(invocation, loaded, kinds(invocation.verb), Purpose::Run)?;
    let steps = match invocation.verb {
        Verb::Build => select::steps(loaded, &selected, TestEdges::Wait),
        Verb::Test => select::independent(selected),
        _ => select::steps(loaded, &selected, TestEdges::Ignore),
    };
    execute::build(invocation, loaded, steps)
}

fn kinds(verb: Verb) -> Kinds {
    match verb {
        Verb::Run => Kinds::only(&[Model]),
        Verb::Test => Kinds::only(&[Test]),
        Verb::Seed => Kinds::only(&[Seed]),
        Verb::Snapshot => Kinds::only(&[Snapshot]),
        _ => Kinds::only(&[Model, Seed, Snapshot, Test, Exposure]),
    }
}
