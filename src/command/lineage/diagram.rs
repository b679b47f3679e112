//! Lineage as a diagram in the languages of Mermaid and Graphviz: a box for each node, a row for each column.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::picture::Picture;
use crate::compile::lineage::ColumnRef;

/// A number for each column that is shown, in the order of the nodes.
fn numbers(picture: &Picture<'_>) -> BTreeMap<ColumnRef, usize> {
    let columns = picture.nodes().into_iter().flat_map(|(node, names)| {
        names.into_iter().map(move |column| ColumnRef { node: node.clone(), column }).collect::<Vec<_>>()
    });
    columns.enumerate().map(|(at, column)| (column, at)).collect()
}

/// A `flowchart` of Mermaid.
pub(super) fn mermaid(picture: &Picture<'_>) -> String {
    let numbers = numbers(picture);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "#quot;"));
    let mut out = String::from("flowchart LR\n");
    let mut readers = String::new();
    for (at, (node, names)) in picture.nodes().into_iter().enumerate() {
        let _ = writeln!(
            out,
            "  subgraph n{at}[{}]",
            quoted(&format!("{} {}", picture.kind(&node), picture.label(&node)))
        );
        for column in names {
            let column = ColumnRef { node: node.clone(), column };
            if let Some(number) = numbers.get(&column) {
                let _ = writeln!(out, "    c{number}[{}]", quoted(&column.column));
            }
        }
        out.push_str("  end\n");
        for exposure in picture.exposures(&node) {
            let name = quoted(&exposure.name);
            let id = exposure.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            let _ = writeln!(readers, "  e_{id}([{name}])\n  n{at} --> e_{id}");
        }
    }
    for hop in picture.hops() {
        if let (Some(from), Some(to)) = (numbers.get(&hop.from), numbers.get(&hop.to)) {
            let arrow = if hop.is_certain { "-->" } else { "-.->" };
            let _ = writeln!(out, "  c{from} {arrow}|{}| c{to}", hop.kind.as_str());
        }
    }
    out + &readers
}

/// A `digraph` of Graphviz.
pub(super) fn dot(picture: &Picture<'_>) -> String {
    let numbers = numbers(picture);
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let label = |text: &str| {
        let special = |c: char| matches!(c, '{' | '}' | '|' | '<' | '>' | ' ');
        escaped(text)
            .chars()
            .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
            .collect::<String>()
    };
    let mut out =
        String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=record, fontname=\"sans-serif\"];\n");
    for (node, names) in picture.nodes() {
        let mut rows = vec![label(&format!("{} {}", picture.kind(&node), picture.label(&node)))];
        for column in names {
            let column = ColumnRef { node: node.clone(), column };
            if let Some(number) = numbers.get(&column) {
                rows.push(format!("<c{number}> {}", label(&column.column)));
            }
        }
        let _ = writeln!(out, "  \"{}\" [label=\"{}\"];", escaped(&node), rows.join("|"));
        for exposure in picture.exposures(&node) {
            let _ = writeln!(
                out,
                "  \"{0}\" [shape=ellipse, label=\"{1}\"];",
                escaped(&exposure.unique_id),
                escaped(&exposure.name)
            );
            let _ = writeln!(out, "  \"{}\" -> \"{}\";", escaped(&node), escaped(&exposure.unique_id));
        }
    }
    for hop in picture.hops() {
        if let (Some(from), Some(to)) = (numbers.get(&hop.from), numbers.get(&hop.to)) {
            let style = if hop.is_certain { "" } else { ", style=dashed" };
            let _ = writeln!(
                out,
                "  \"{}\":c{from} -> \"{}\":c{to} [label=\"{}\"{style}];",
                escaped(&hop.from.node),
                escaped(&hop.to.node),
                hop.kind.as_str()
            );
        }
    }
    out.push_str("}\n");
    out
}
