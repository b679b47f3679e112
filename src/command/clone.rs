//! `teal clone`: the selected nodes of another environment, copied or looked at from this one.

use super::load::Loaded;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict, execute};
use crate::manifest::ResourceType::{Model, Seed, Snapshot};
use crate::run::Action;

/// Clones what is selected; nothing waits for anything.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let kinds = Kinds::only(&[Model, Seed, Snapshot]);
    let selected = select::selection(invocation, loaded, kinds, Purpose::Run)?;
    let steps = select::independent(selected);
    execute::build(invocation, loaded, steps, Action::Clone).map(|(verdict, _)| verdict)
}
