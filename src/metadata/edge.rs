//! `edges` and `macro_edges`: what needs what.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::resource::{Resource, all};
use super::table::{Kind, Table, column, integer, maybe, text};
use crate::adapter::Cell;
use crate::diagnostic::Span;
use crate::manifest::{Node, UniqueId};

/// A call of `ref` or `source` with names as they stand: two of them, or one.
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b(ref|source)\s*\(\s*(?:['"]([^'"]+)['"]\s*,\s*)?['"]([^'"]+)['"]"#).ok()
});

/// A step from what is needed to what needs it.
pub(super) struct Edge<'s> {
    parent: Resource<'s>,
    child: Resource<'s>,
    /// Where the child says so, where it is written out.
    span: Option<Span>,
}

/// Where a node's code first calls `ref` or `source` for each name.
fn calls(node: &Node) -> HashMap<(Option<&str>, &str), Span> {
    let mut calls = HashMap::new();
    let found = CALL.as_ref().into_iter().flat_map(|call| call.captures_iter(&node.raw_code));
    for call in found {
        let (Some(whole), Some(name)) = (call.get(0), call.get(3)) else { continue };
        // The first name of a `ref` is a package, which does not matter here.
        let source = call.get(2).filter(|_| &call[1] == "source").map(|source| source.as_str());
        let start = node.source_offset + whole.start();
        let span = Span::new(node.source, start..node.source_offset + whole.end());
        calls.entry((source, name.as_str())).or_insert(span);
    }
    calls
}

pub(super) fn edges<'s>() -> Table<'s, Edge<'s>> {
    Table {
        name: "edges",
        about: "What depends on what, each once: `ref`, `source`, and what tests, exposures and metrics are about.",
        rows: |subject| {
            let known: HashMap<_, _> = all(subject).map(|one| (one.id(), one)).collect();
            let of = |child: Resource<'s>| {
                let calls = child.node().map(|node| calls(node));
                let edge = |parent: Resource<'s>| {
                    let name = match parent {
                        Resource::Source(source) => (Some(source.source_name.as_str()), source.name.as_str()),
                        _ => (None, parent.name()),
                    };
                    Edge { parent, child, span: calls.as_ref().and_then(|calls| calls.get(&name)).copied() }
                };
                let parents = child.needs().iter().filter_map(|parent| known.get(parent).copied());
                parents.map(edge).collect::<Vec<_>>()
            };
            Ok(all(subject).flat_map(of).collect())
        },
        columns: vec![
            column("parent_unique_id", Kind::Text, "What is needed", |_, edge| text(edge.parent.id())),
            column("parent_resource_type", Kind::Text, "Its kind, as in `resources`", |_, edge| {
                text(edge.parent.resource_type().as_str())
            }),
            column("child_unique_id", Kind::Text, "What needs it", |_, edge| text(edge.child.id())),
            column("child_resource_type", Kind::Text, "Its kind", |_, edge| {
                text(edge.child.resource_type().as_str())
            }),
            column(
                "file",
                Kind::Text,
                "The file of the `ref` or `source`, from the project's folder; null where no code says it in so many words",
                |subject, edge| maybe(edge.span.map(|span| subject.file_of(span))),
            ),
            column("line", Kind::Integer, "Its line there, from 1", |subject, edge| {
                edge.span.map_or(Cell::Null, |span| integer(subject.line(span)))
            }),
        ],
    }
}

/// A macro, and what calls it.
pub(super) struct Call<'s> {
    caller: &'s UniqueId,
    called: &'s UniqueId,
}

pub(super) fn macro_edges<'s>() -> Table<'s, Call<'s>> {
    Table {
        name: "macro_edges",
        about: "What calls which macros: resources, and macros themselves.",
        rows: |subject| {
            let of_resources = all(subject).flat_map(|one| {
                let caller = one.id();
                one.macros().iter().map(move |called| Call { caller, called })
            });
            let of_macros =
                subject.manifest.macros.values().flat_map(|one| {
                    one.depends_on.iter().map(|called| Call { caller: &one.unique_id, called })
                });
            Ok(of_resources.chain(of_macros).collect())
        },
        columns: vec![
            column("caller_unique_id", Kind::Text, "What calls it", |_, call| text(call.caller)),
            column("macro_unique_id", Kind::Text, "The macro", |_, call| text(call.called)),
        ],
    }
}
