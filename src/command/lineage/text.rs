//! Lineage to read: a tree for a column, a table for a whole node.

use std::collections::HashSet;
use std::fmt::Write;

use super::picture::Picture;
use crate::compile::lineage::{ColumnRef, Decision, Direction, Hop, Origin};

/// How far the tree is drawn below a column; deeper than any real project, and no stack is too small for it.
const DEEPEST: usize = 200;

/// One line of a tree: what is drawn, and where it is defined.
struct Line(String, String);

/// The lineage as text.
pub(super) fn text(picture: &Picture<'_>) -> String {
    match (&picture.subject.column, picture.depth) {
        (Some(column), _) => tree(picture, column),
        (None, Some(1)) => table(picture),
        (None, _) => {
            picture.columns().iter().map(|column| tree(picture, column)).collect::<Vec<_>>().join("\n")
        }
    }
}

fn tree(picture: &Picture<'_>, column: &ColumnRef) -> String {
    let mut lines = vec![Line(picture.name(column), picture.place(column))];
    for direction in picture.directions {
        let title = match direction {
            Direction::Upstream => "is made of",
            Direction::Downstream => "goes into",
        };
        let before = lines.len();
        lines.push(Line(format!("  {title}"), String::new()));
        let mut met = HashSet::from([column.clone()]);
        branch(picture, column, *direction, "  ", 0, &mut met, &mut lines);
        if lines.len() == before + 1 {
            lines[before].0 = match direction {
                Direction::Upstream => "  is made of no other column".to_owned(),
                Direction::Downstream => "  goes into nothing".to_owned(),
            };
        }
    }
    if picture.with_influences && picture.directions.contains(&Direction::Upstream) {
        decided(picture, column, &mut lines);
    }
    draw(&lines)
}

fn branch(
    picture: &Picture<'_>,
    column: &ColumnRef,
    direction: Direction,
    indent: &str,
    depth: usize,
    met: &mut HashSet<ColumnRef>,
    lines: &mut Vec<Line>,
) {
    if depth >= picture.depth.unwrap_or(DEEPEST).min(DEEPEST) {
        return;
    }
    let hops = picture.paths.next(column, direction);
    let exposures = match direction {
        Direction::Upstream => Vec::new(),
        Direction::Downstream => picture.exposures(&column.node),
    };
    let count = hops.len() + exposures.len();
    let corner = |at: usize| if at + 1 == count { ("└── ", "    ") } else { ("├── ", "│   ") };
    for (at, hop) in hops.iter().enumerate() {
        let (mark, below) = corner(at);
        let next = match direction {
            Direction::Upstream => &hop.from,
            Direction::Downstream => &hop.to,
        };
        let is_new = met.insert(next.clone());
        let has_more = !picture.paths.next(next, direction).is_empty();
        let seen = if !is_new && has_more { "  (see above)" } else { "" };
        lines.push(Line(
            format!("{indent}{mark}{} {}{seen}", kind(picture, hop), picture.name(next)),
            place(picture, next),
        ));
        if is_new {
            branch(picture, next, direction, &format!("{indent}{below}"), depth + 1, met, lines);
        }
    }
    for (at, exposure) in exposures.iter().enumerate() {
        let (mark, _) = corner(hops.len() + at);
        let line = format!("{indent}{mark}{:<9} {}", "exposure", exposure.name);
        lines.push(Line(line, exposure.exposure_type.clone()));
    }
}

fn kind(picture: &Picture<'_>, hop: &Hop) -> String {
    let doubt = if hop.is_certain { "" } else { "?" };
    let padded = format!("{:<9}", format!("{}{doubt}", hop.kind.as_str()));
    picture.look.green(&padded)
}

/// Where a column is, with what it belongs to where that has no code.
fn place(picture: &Picture<'_>, column: &ColumnRef) -> String {
    match picture.kind(&column.node) {
        "model" | "snapshot" => picture.place(column),
        other => other.to_owned(),
    }
}

fn decided(picture: &Picture<'_>, column: &ColumnRef, lines: &mut Vec<Line>) {
    let own = picture.column(column).map(|column| column.influences.as_slice()).unwrap_or_default();
    let rows =
        picture.lineage.nodes.get(&column.node).map(|node| node.influences.as_slice()).unwrap_or_default();
    if own.is_empty() && rows.is_empty() {
        return;
    }
    lines.push(Line("  is decided by".to_owned(), String::new()));
    let all: Vec<&Decision> = own.iter().chain(rows).collect();
    for (at, one) in all.iter().enumerate() {
        let mark = if at + 1 == all.len() { "└── " } else { "├── " };
        let name = one.column.as_deref().unwrap_or("*");
        let place = one.span.map_or(String::new(), |span| picture.line(span));
        let line = format!("  {mark}{:<9} {}.{name}", one.kind.as_str(), picture.label(&one.node));
        lines.push(Line(line, place));
    }
}

/// A whole node: a line for each column and what it is directly made of.
fn table(picture: &Picture<'_>) -> String {
    let node = &picture.subject.node;
    let mut out = format!("{} {}", picture.kind(node), picture.label(node));
    let file = picture.file(node);
    if !file.is_empty() {
        let _ = write!(out, "  {file}");
    }
    out.push('\n');
    let columns = picture.columns();
    let shown =
        |column: &ColumnRef| if column.node == *node { column.column.clone() } else { picture.name(column) };
    let width = columns.iter().map(|column| shown(column).chars().count()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for column in &columns {
        let mut first = shown(column);
        if column.node != *node {
            lines.push(Line(format!("  {first}"), place(picture, column)));
            continue;
        }
        let mut rows: Vec<String> = Vec::new();
        for direction in picture.directions {
            let arrow = if *direction == Direction::Upstream { "<-" } else { "->" };
            for hop in picture.paths.next(column, *direction) {
                let other = if *direction == Direction::Upstream { &hop.from } else { &hop.to };
                rows.push(format!("{arrow} {} {}", kind(picture, hop), picture.name(other)));
            }
        }
        if picture.directions.contains(&Direction::Upstream) {
            let own = picture.column(column).map(|column| column.influences.as_slice()).unwrap_or_default();
            rows.extend(own.iter().map(|one| {
                let name = one.column.as_deref().unwrap_or("*");
                format!("~~ {:<9} {}.{name}", one.kind.as_str(), picture.label(&one.node))
            }));
        }
        if rows.is_empty() {
            rows.push(String::new());
        }
        for row in rows {
            lines.push(Line(format!("  {first:<width$}  {row}").trim_end().to_owned(), String::new()));
            first.clear();
        }
    }
    out.push_str(&draw(&lines));
    let known = picture.lineage.nodes.get(node);
    if let Some(known) = known.filter(|_| picture.directions.contains(&Direction::Upstream)) {
        for kind in ["filter", "join", "group", "order", "window"] {
            let of_kind = known.influences.iter().filter(|one| one.kind.as_str() == kind);
            let mut names: Vec<String> = of_kind
                .map(|one| format!("{}.{}", picture.label(&one.node), one.column.as_deref().unwrap_or("*")))
                .collect();
            names.dedup();
            if !names.is_empty() {
                let _ = writeln!(out, "  {:<8} {}", format!("{kind}:"), names.join(", "));
            }
        }
        for (note, span) in &known.notes {
            let place = span.map_or(String::new(), |span| format!(" ({})", picture.line(span)));
            let _ = writeln!(out, "  note: {note}{place}");
        }
        if known.columns.iter().any(|column| column.origin == Origin::Open) {
            let _ = writeln!(out, "  note: `*` stands for columns whose names are not known");
        }
    }
    let exposures: Vec<_> =
        picture.exposures(node).into_iter().map(|exposure| exposure.name.as_str()).collect();
    if !exposures.is_empty() {
        let _ = writeln!(out, "  exposures: {}", exposures.join(", "));
    }
    out
}

/// Lines with their places in a column of their own.
fn draw(lines: &[Line]) -> String {
    let width =
        lines.iter().filter(|line| !line.1.is_empty()).map(|line| visible(&line.0)).max().unwrap_or_default();
    let mut out = String::new();
    for Line(text, place) in lines {
        if place.is_empty() {
            let _ = writeln!(out, "{}", text.trim_end());
        } else {
            let _ = writeln!(out, "{text}{}  {place}", " ".repeat(width - visible(text).min(width)));
        }
    }
    out
}

/// How many characters of a text take room: all but colour codes.
fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => count += 1,
        }
    }
    count
}
