//! `--impact`: what breaks when a column, or any column of a node, goes or changes its type.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use super::picture::Picture;
use crate::compile::lineage::{ColumnRef, Effect};
use crate::manifest::{NodeKind, UniqueId};
use crate::sql::EdgeKind;

/// Everything that a change reaches.
struct Impact {
    /// Columns that are made of it.
    columns: Vec<(ColumnRef, Effect, EdgeKind)>,
    /// Where it, or one of those, decides about rows or values without being part of them.
    decides: Vec<(ColumnRef, UniqueId, Option<String>, &'static str)>,
    /// Tests on it and on those: the test and the column it is about.
    tests: Vec<(String, ColumnRef)>,
    /// Names of exposures, each with its kind and its owner.
    exposures: Vec<(String, String, String)>,
    /// Columns under an enforced contract, with the type it promises.
    contracts: Vec<(ColumnRef, String)>,
}

fn find(picture: &Picture<'_>) -> Impact {
    let subjects = picture.columns();
    let mut columns: Vec<(ColumnRef, Effect, EdgeKind)> = Vec::new();
    for subject in &subjects {
        for (column, effect, kind) in picture.paths.effects(subject) {
            match columns.iter_mut().find(|(known, ..)| *known == column) {
                Some(known) => *known = (column, known.1.max(effect), known.2.max(kind)),
                None => columns.push((column, effect, kind)),
            }
        }
    }
    let touched: Vec<&ColumnRef> = subjects.iter().chain(columns.iter().map(|(column, ..)| column)).collect();
    let mut decides = Vec::new();
    for column in &touched {
        for (node, about, kind) in picture.paths.decides(column) {
            let entry = ((*column).clone(), UniqueId::clone(node), about.clone(), kind.as_str());
            if !decides.contains(&entry) {
                decides.push(entry);
            }
        }
    }
    let nodes: BTreeSet<&UniqueId> = touched.iter().map(|column| &column.node).collect();
    let with_rows: BTreeSet<&UniqueId> = decides.iter().map(|(_, node, ..)| node).collect();
    let mut tests = Vec::new();
    let mut exposures = Vec::new();
    let mut contracts = Vec::new();
    for node in picture.manifest.nodes.values() {
        let NodeKind::GenericTest { column_name: Some(name), attached_node: Some(attached), .. } = &node.kind
        else {
            continue;
        };
        let about = touched
            .iter()
            .find(|column| column.node == *attached && column.column.eq_ignore_ascii_case(name));
        tests.extend(about.map(|column| (node.name.clone(), (*column).clone())));
    }
    for exposure in picture.manifest.exposures.values() {
        if exposure.depends_on.nodes.iter().any(|node| nodes.contains(node) || with_rows.contains(node)) {
            let owner =
                |key: &str| exposure.owner.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let owner = [owner("name"), owner("email")].into_iter().find(|text| !text.is_empty());
            exposures.push((
                exposure.name.clone(),
                exposure.exposure_type.clone(),
                owner.unwrap_or_default(),
            ));
        }
    }
    for column in &touched {
        let Some(node) = picture.manifest.nodes.get(&column.node) else { continue };
        let enforced = node.config.get("contract").and_then(|contract| contract.get("enforced"));
        if enforced.and_then(Value::as_bool) != Some(true) {
            continue;
        }
        let documented = node.columns.values().find(|known| known.name.eq_ignore_ascii_case(&column.column));
        if let Some(known) = documented {
            contracts.push(((*column).clone(), known.data_type.clone().unwrap_or_default()));
        }
    }
    Impact { columns, decides, tests, exposures, contracts }
}

/// The impact to read.
pub(super) fn text(picture: &Picture<'_>) -> String {
    let impact = find(picture);
    let subject = match &picture.subject.column {
        Some(column) => picture.name(column),
        None => format!("a column of {}", picture.label(&picture.subject.node)),
    };
    let mut out = format!("If {subject} goes or changes its type\n");
    let models: BTreeSet<_> = impact.columns.iter().map(|(column, ..)| &column.node).collect();
    section(
        &mut out,
        &format!("{} in {}", count(impact.columns.len(), "column"), count(models.len(), "node")),
        {
            let row = |(column, effect, kind): &(ColumnRef, Effect, EdgeKind)| {
                vec![
                    kind.as_str().to_owned(),
                    picture.name(column),
                    effect.as_str().to_owned(),
                    picture.place(column),
                ]
            };
            impact.columns.iter().map(row).collect()
        },
    );
    section(&mut out, &format!("decides in {}", count(impact.decides.len(), "place")), {
        let row = |(column, node, about, kind): &(ColumnRef, UniqueId, Option<String>, &'static str)| {
            let what = match about {
                Some(name) => format!("{}.{name}", picture.label(node)),
                None => format!("rows of {}", picture.label(node)),
            };
            vec![(*kind).to_owned(), what, format!("by {}", picture.name(column))]
        };
        impact.decides.iter().map(row).collect()
    });
    section(&mut out, &count(impact.tests.len(), "test"), {
        let row =
            |(test, column): &(String, ColumnRef)| vec![test.clone(), format!("on {}", picture.name(column))];
        impact.tests.iter().map(row).collect()
    });
    section(&mut out, &count(impact.contracts.len(), "contract"), {
        let row = |(column, promised): &(ColumnRef, String)| vec![picture.name(column), promised.clone()];
        impact.contracts.iter().map(row).collect()
    });
    section(&mut out, &count(impact.exposures.len(), "exposure"), {
        let row =
            |(name, kind, owner): &(String, String, String)| vec![name.clone(), kind.clone(), owner.clone()];
        impact.exposures.iter().map(row).collect()
    });
    if impact.columns.is_empty() && impact.decides.is_empty() && impact.exposures.is_empty() {
        out.push_str("\n  nothing downstream reads it\n");
    }
    out
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A title with rows below it in columns; nothing without rows.
fn section(out: &mut String, title: &str, rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n  {title}\n");
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or_default()).collect();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "    {}", cells.join("  ").trim_end());
    }
}

/// The impact for programs.
pub(super) fn json(picture: &Picture<'_>) -> Value {
    let impact = find(picture);
    let subject = picture.subject.column.as_ref().map(|column| &column.column);
    let column = |column: &ColumnRef| json!({"node": &*column.node, "column": column.column});
    json!({
        "node": &*picture.subject.node,
        "column": subject,
        "columns": impact.columns.iter().map(|(at, effect, kind)| json!({
            "node": &*at.node, "column": at.column, "kind": kind.as_str(), "type": effect.as_str(),
            "place": picture.place(at),
        })).collect::<Vec<_>>(),
        "decides": impact.decides.iter().map(|(by, node, about, kind)| json!({
            "node": &**node, "column": about, "kind": kind, "by": column(by),
        })).collect::<Vec<_>>(),
        "tests": impact.tests.iter().map(|(test, on)| json!({"name": test, "on": column(on)})).collect::<Vec<_>>(),
        "contracts": impact.contracts.iter().map(|(on, promised)| json!({"on": column(on), "data_type": promised}))
            .collect::<Vec<_>>(),
        "exposures": impact.exposures.iter().map(|(name, kind, owner)| json!({"name": name, "type": kind, "owner": owner}))
            .collect::<Vec<_>>(),
    })
}
