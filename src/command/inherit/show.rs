//! What is shown of a plan: a table of columns and where each inherits from, the difference it makes to the files,
//! and what is left alone.

use std::fmt::Write as _;

use serde_json::{Value, json};
use similar::TextDiff;

use super::place::{Placed, Plan};
use super::{Left, Proposal};
use crate::command::Invocation;
use crate::command::lineage::label;
use crate::command::load::Loaded;
use crate::compile::lineage::ColumnRef;
use crate::manifest::{Column, Manifest};

/// For people.
pub(super) fn text(invocation: &Invocation, loaded: &Loaded, plan: &Plan) -> String {
    let manifest = &loaded.manifest;
    let mut out = String::new();
    for file in &plan.files {
        let mut placed: Vec<&Placed> = plan.placed.iter().filter(|placed| placed.file == file.path).collect();
        placed.sort_by_key(|placed| placed.line.unwrap_or(usize::MAX));
        let names = width(&placed, &|placed| name(manifest, &placed.proposal.column));
        let whats = width(&placed, &|placed| what(&placed.proposal));
        let _ = writeln!(out, "{}{}", file.path, if file.old.is_none() { " (new)" } else { "" });
        for placed in &placed {
            let line = placed.line.map(|line| line.to_string()).unwrap_or_default();
            let (name, what) = (name(manifest, &placed.proposal.column), what(&placed.proposal));
            let from: Vec<_> =
                placed.proposal.from.iter().map(|from| origin(invocation, manifest, from)).collect();
            let _ = writeln!(out, "  {line:>4}  {name:names$}  {what:whats$}  from {}", from.join(", "));
        }
        // The marks of line ends would only be noise between lines that are shown one by one.
        let (old, new) =
            (file.old.as_deref().unwrap_or_default().replace('\r', ""), file.new.replace('\r', ""));
        let difference = TextDiff::from_lines(old.as_str(), new.as_str());
        let before = if file.old.is_some() { format!("a/{}", file.path) } else { "/dev/null".to_owned() };
        let after = format!("b/{}", file.path);
        let difference = difference.unified_diff().context_radius(2).header(&before, &after).to_string();
        let look = invocation.console.look();
        for line in difference.lines() {
            let line = match line.as_bytes().first() {
                Some(b'+') => look.green(line),
                Some(b'-') => look.red(line),
                _ => line.to_owned(),
            };
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    }
    if !plan.left.is_empty() {
        out.push_str("left alone:\n");
    }
    for left in &plan.left {
        let _ = writeln!(out, "  {}: {}", origin(invocation, manifest, &left.column), left.why);
        for (from, text) in &left.heard {
            let first = text.trim().lines().next().unwrap_or_default();
            let _ = writeln!(out, "      {}: {first}", origin(invocation, manifest, from));
        }
    }
    if !plan.left.is_empty() {
        out.push('\n');
    }
    out.push_str(&summary(invocation, plan));
    out
}

fn summary(invocation: &Invocation, plan: &Plan) -> String {
    if plan.placed.is_empty() {
        return "there is nothing to inherit".to_owned();
    }
    let count =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let descriptions = plan.placed.iter().filter(|placed| placed.proposal.description.is_some()).count();
    let classified = plan.placed.iter().filter(|placed| !placed.proposal.classes.is_empty()).count();
    let descriptions = (descriptions > 0).then(|| count(descriptions, "description", "descriptions"));
    let classes =
        (classified > 0).then(|| format!("the classes of {}", count(classified, "column", "columns")));
    let what: Vec<_> = descriptions.into_iter().chain(classes).collect();
    let what = format!("{} in {}", what.join(" and "), count(plan.files.len(), "file", "files"));
    if invocation.flags.on("write") {
        format!("wrote {what}")
    } else {
        format!("{what}; --write writes them")
    }
}

fn width(placed: &[&Placed], of: &dyn Fn(&Placed) -> String) -> usize {
    placed.iter().map(|placed| of(placed).chars().count()).max().unwrap_or_default()
}

/// `description, pii.email`.
fn what(proposal: &Proposal) -> String {
    let description = proposal.description.iter().map(|_| "description".to_owned());
    description.chain(proposal.classes.iter().cloned()).collect::<Vec<_>>().join(", ")
}

fn name(manifest: &Manifest, column: &ColumnRef) -> String {
    format!("{}.{}", label(manifest, &column.node), column.column)
}

/// A column, with the line of its entry or else of its file.
fn origin(invocation: &Invocation, manifest: &Manifest, column: &ColumnRef) -> String {
    let name = name(manifest, column);
    match place(invocation, manifest, column) {
        Some((file, Some(line))) => format!("{name} ({file}:{line})"),
        Some((file, None)) => format!("{name} ({file})"),
        None => name,
    }
}

/// The file that says something of a column, and the line.
fn place(
    invocation: &Invocation,
    manifest: &Manifest,
    column: &ColumnRef,
) -> Option<(String, Option<usize>)> {
    let node = manifest.nodes.get(&column.node);
    let source = manifest.sources.get(&column.node);
    let columns = node.map(|node| &node.columns).or_else(|| source.map(|source| &source.columns))?;
    let known = columns.values().find(|known: &&Column| known.name.eq_ignore_ascii_case(&column.column));
    if let Some(span) = known.and_then(|known| known.span) {
        let source = invocation.sources.get(span.source);
        return Some((source.path.clone(), Some(source.line_column(span.start).0)));
    }
    let file = node.map(|node| &node.original_file_path);
    file.or_else(|| source.map(|source| &source.original_file_path)).map(|file| (file.clone(), None))
}

/// For programs.
pub(super) fn json(invocation: &Invocation, loaded: &Loaded, plan: &Plan) -> Value {
    let manifest = &loaded.manifest;
    let reference = |column: &ColumnRef| json!({"node": &*column.node, "column": column.column});
    let placed = |placed: &Placed| {
        let proposal = &placed.proposal;
        json!({
            "node": &*proposal.column.node,
            "column": proposal.column.column,
            "description": proposal.description,
            "classes": proposal.classes,
            "from": proposal.from.iter().map(reference).collect::<Vec<_>>(),
            "file": placed.file,
            "line": placed.line,
        })
    };
    let left = |left: &Left| {
        let heard = |(from, text): &(ColumnRef, String)| json!({"node": &*from.node, "column": from.column, "description": text});
        let (file, line) = place(invocation, manifest, &left.column).unzip();
        json!({
            "node": &*left.column.node,
            "column": left.column.column,
            "why": left.why,
            "heard": left.heard.iter().map(heard).collect::<Vec<_>>(),
            "file": file,
            "line": line.flatten(),
        })
    };
    json!({
        "inherited": plan.placed.iter().map(placed).collect::<Vec<_>>(),
        "left": plan.left.iter().map(left).collect::<Vec<_>>(),
        "files": plan.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        "written": invocation.flags.on("write"),
    })
}
