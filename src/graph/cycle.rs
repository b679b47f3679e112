//! Why there is no order: nodes that need each other, told with the whole way round.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Manifest, Node, UniqueId};

/// The diagnostic for the first cycle, in the order of the manifest, of a graph that has one.
pub(super) fn found(graph: &DiGraph<UniqueId, ()>, manifest: &Manifest) -> Diagnostic {
    let circles = tarjan_scc(graph);
    let is_circle = |circle: &&Vec<NodeIndex>| circle.len() > 1 || graph.contains_edge(circle[0], circle[0]);
    let start = circles.iter().filter(is_circle).flatten().min().copied().unwrap_or_default();
    let path = shortest(graph, start);
    let names: Vec<&str> = path.iter().chain([&start]).map(|node| &*graph[*node]).collect();
    let mut diagnostic = Diagnostic::error(Code::Cycle, format!("Found a cycle: {}", names.join(" --> ")));
    // An edge goes from what is needed to what needs it, so each is written in its second node.
    for pair in names.windows(2) {
        let (needed, needing) = (pair[0], pair[1]);
        let node = || manifest.nodes.get(needing).and_then(|node| place(node, needed, manifest));
        let semantic = manifest.semantic.get(needing).and_then(|node| node.span);
        if let Some(span) = semantic.or_else(node) {
            diagnostic = diagnostic.label(span, format!("`{}` needs `{}`", short(needing), short(needed)));
        }
    }
    diagnostic.help("take one of these references out, or move what both sides need into a model of its own")
}

/// The shortest way from a node back to itself, without the return.
fn shortest(graph: &DiGraph<UniqueId, ()>, start: NodeIndex) -> Vec<NodeIndex> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        let mut children: Vec<_> = graph.neighbors(node).collect();
        children.sort_unstable();
        for child in children {
            if child == start {
                let mut path = vec![node];
                while let Some(before) =
                    path.last().filter(|last| **last != start).and_then(|n| came_from.get(n))
                {
                    path.push(*before);
                }
                path.reverse();
                return path;
            }
            if let Entry::Vacant(entry) = came_from.entry(child) {
                entry.insert(node);
                open.push_back(child);
            }
        }
    }
    vec![start]
}

/// Where a node says that it needs another: its `ref`, else where it begins.
fn place(node: &Node, needed: &str, manifest: &Manifest) -> Option<Span> {
    let name = &manifest.nodes.get(needed)?.name;
    let said = node.refs.iter().find(|said| said.name == *name).and_then(|said| said.span);
    said.or_else(|| {
        let call = call(&node.raw_code, name).unwrap_or(0..0);
        Some(Span::new(node.source, node.source_offset + call.start..node.source_offset + call.end))
    })
}

/// The bytes of the first `ref(…)` of a text that has this name in quotes.
fn call(text: &str, name: &str) -> Option<Range<usize>> {
    text.match_indices("ref").find_map(|(start, word)| {
        let open = text[start + word.len()..].trim_start().strip_prefix('(')?;
        let end = open.find(')')?;
        let named =
            [format!("'{name}'"), format!("\"{name}\"")].iter().any(|quoted| open[..end].contains(quoted));
        named.then(|| start..text.len() - open.len() + end + 1)
    })
}

fn short(id: &str) -> &str {
    id.splitn(3, '.').last().unwrap_or(id)
}
