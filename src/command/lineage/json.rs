//! Lineage for programs: the part that is shown, and the whole project's as `target/lineage.json`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::picture::Picture;
use crate::compile::lineage::{ColumnLineage, Decision, Lineage, Link, Origin};
use crate::diagnostic::{Sources, Span};
use crate::manifest::Manifest;

/// The columns and steps that are shown.
pub(super) fn picture(picture: &Picture<'_>) -> Value {
    let mut nodes = Map::new();
    for (id, names) in picture.nodes() {
        let exposures: Vec<_> =
            picture.exposures(&id).into_iter().map(|exposure| &*exposure.unique_id).collect();
        let node = json!({
            "name": picture.label(&id), "kind": picture.kind(&id), "path": picture.file(&id),
            "columns": names, "exposures": exposures,
        });
        nodes.insert(id.to_string(), node);
    }
    let edges = picture.hops().into_iter().map(|hop| {
        json!({
            "from": {"node": &*hop.from.node, "column": hop.from.column},
            "to": {"node": &*hop.to.node, "column": hop.to.column},
            "kind": hop.kind.as_str(), "certain": hop.is_certain,
        })
    });
    let mut shown = json!({
        "node": &*picture.subject.node,
        "column": picture.subject.column.as_ref().map(|column| &column.column),
        "edges": edges.collect::<Vec<_>>(),
        "nodes": nodes,
    });
    if picture.with_influences {
        let of =
            |id: &str| picture.lineage.nodes.get(id).map(|node| decisions(&node.influences, picture.sources));
        let rows =
            picture.nodes().into_iter().filter_map(|(id, _)| Some((id.to_string(), Value::from(of(&id)?))));
        shown["influences"] = Value::Object(rows.collect());
    }
    shown
}

/// The whole lineage of a project, node by node, with the exposures that read it.
pub(in crate::command) fn document(
    lineage: &Lineage,
    manifest: &Manifest,
    sources: &Sources,
) -> (Value, Value) {
    let mut nodes = Map::new();
    for (id, node) in &lineage.nodes {
        let columns: Map<String, Value> =
            node.columns.iter().map(|one| (one.name.clone(), column(one, sources))).collect();
        let remarks: Vec<_> = node
            .notes
            .iter()
            .map(|(note, span)| json!({"message": note, "place": place(*span, sources)}))
            .collect();
        let entry = json!({
            "columns": columns,
            "influences": decisions(&node.influences, sources),
            "reads": node.reads.iter().map(|id| &**id).collect::<Vec<_>>(),
            "complete": node.is_complete,
            "notes": remarks,
        });
        nodes.insert(id.to_string(), entry);
    }
    let exposures: Map<String, Value> = manifest
        .exposures
        .iter()
        .map(|(id, exposure)| {
            let reads: Vec<_> = exposure.depends_on.nodes.iter().map(|id| &**id).collect();
            (id.to_string(), json!({"reads": reads}))
        })
        .collect();
    (Value::Object(nodes), Value::Object(exposures))
}

fn column(column: &ColumnLineage, sources: &Sources) -> Value {
    let known = match column.origin {
        Origin::Code => "code",
        Origin::Documented => "documented",
        Origin::Assumed => "assumed",
        Origin::Open => "open",
    };
    json!({
        "from": column.links.iter().map(link).collect::<Vec<_>>(),
        "influences": decisions(&column.influences, sources),
        "known": known,
        "place": place(column.span, sources),
    })
}

/// The manifest with the lineage of each node under `lineage` in its `meta`.
pub(in crate::command) fn annotated(lineage: &Lineage, manifest: &Manifest) -> Manifest {
    let mut manifest = manifest.clone();
    for (id, known) in &lineage.nodes {
        let Some(node) = manifest.nodes.get_mut(id) else { continue };
        let links = |column: &ColumnLineage| Value::from(column.links.iter().map(link).collect::<Vec<_>>());
        let columns: Map<String, Value> =
            known.columns.iter().map(|one| (one.name.clone(), links(one))).collect();
        let config = &mut Arc::make_mut(node).config.0;
        let meta = config.entry("meta").or_insert_with(|| json!({}));
        if let Value::Object(meta) = meta {
            meta.insert("lineage".to_owned(), Value::Object(columns));
        }
    }
    manifest
}

/// One edge, from the column that is read.
fn link(link: &Link) -> Value {
    json!({
        "node": &*link.node, "column": link.column, "kind": link.kind.as_str(), "certain": link.is_certain,
    })
}

fn decisions(decisions: &[Decision], sources: &Sources) -> Vec<Value> {
    let one = |one: &Decision| {
        json!({
            "node": &*one.node, "column": one.column, "kind": one.kind.as_str(), "place": place(one.span, sources),
        })
    };
    decisions.iter().map(one).collect()
}

fn place(span: Option<Span>, sources: &Sources) -> Option<String> {
    span.map(|span| sources.place(span))
}
