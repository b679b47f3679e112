//! `teal compile`: the SQL of the selected nodes, or of a query given on the command line.

use serde_json::json;

use super::load::Loaded;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict, check, execute, inline};
use crate::artifact::Extent;
use crate::console::{Event, Level};
use crate::graph::TestEdges;
use crate::manifest::ResourceType::{Analysis, Model, Operation, Seed, Snapshot, Test};

/// What can be compiled.
pub(super) const KINDS: Kinds = Kinds::only(&[Model, Snapshot, Seed, Test, Analysis, Operation]);

/// Compiles what is selected and shows what was asked for by name.
pub(super) fn run(invocation: &Invocation, mut loaded: Loaded) -> Result<Verdict, Failure> {
    let started = invocation.elapsed();
    let flags = &invocation.flags;
    let steps = if let Some(sql) = &flags.inline {
        select::independent([inline::add(invocation, &mut loaded, sql)?])
    } else {
        let selected = select::selection(invocation, &loaded, KINDS, Purpose::Run)?;
        check::before(invocation, &loaded, &selected)?;
        select::steps(&loaded, &selected, TestEdges::Ignore)
    };
    let outcome = execute::compile(invocation, &loaded, steps)?;
    let elapsed = invocation.elapsed() - started;
    execute::write(invocation, &loaded, &outcome, elapsed, Extent::Compiled)?;
    for result in &outcome.results {
        let Some(node) = loaded.manifest.nodes.get(&result.unique_id) else { continue };
        let compiled = result.compiled_code.as_deref().unwrap_or_default();
        if is_asked_for(invocation, &node.name) {
            invocation.console.emit(event(invocation, &node.name, &result.unique_id, compiled));
        }
    }
    Ok(Verdict::Passed)
}

/// Whether a node was asked for by name, not only met on the way.
pub(super) fn is_asked_for(invocation: &Invocation, name: &str) -> bool {
    let flags = &invocation.flags;
    flags.inline.is_some() || flags.select.iter().any(|word| word.contains(name))
}

fn event(invocation: &Invocation, name: &str, id: &str, compiled: &str) -> Event {
    let is_inline = invocation.flags.inline.is_some();
    let format = invocation.flags.output.as_deref().unwrap_or("text");
    let text = if format == "json" {
        let shown = if is_inline {
            json!({"compiled": compiled})
        } else {
            json!({"node": name, "compiled": compiled})
        };
        format!("{shown:#}")
    } else if invocation.console.is_quiet() {
        compiled.to_owned()
    } else if is_inline {
        format!("Compiled inline node is:\n{compiled}")
    } else {
        format!("Compiled node '{name}' is:\n{compiled}")
    };
    let data = json!({"node_name": name, "compiled": compiled, "is_inline": is_inline,
        "output_format": format, "unique_id": id});
    Event::new("CompiledNode", "Q042", Level::Info, text, data)
}
