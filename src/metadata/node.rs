//! `nodes`, of which `models`, `seeds` and `snapshots` are views: what is compiled or built, tests included.

use std::sync::Arc;

use super::table::{Kind, Table, array, column, filled, integer, maybe, object, text, texts};
use super::{Subject, layer};
use crate::adapter::Cell;
use crate::diagnostic::Span;
use crate::manifest::{Node, NodeKind, Value, version_text};

/// The file a node is written in, and its line there.
pub(super) fn place(subject: &Subject<'_>, node: &Node) -> (String, usize) {
    if let (NodeKind::GenericTest { .. } | NodeKind::UnitTest(_), Some(span)) = (&node.kind, node.patch_span)
    {
        return (subject.file_of(span), subject.line(span));
    }
    let file = subject.file(&node.package_name, &node.original_file_path);
    if node.source_offset == 0 {
        return (file, 1);
    }
    let line = subject.line(Span::new(node.source, node.source_offset..node.source_offset));
    (file, line)
}

/// A node as people name it: with its version, where it has one.
pub(super) fn label(node: &Node) -> String {
    node.version().map_or_else(|| node.name.clone(), |version| format!("{}.v{version}", node.name))
}

/// `private`, `protected` or `public`; nothing for what is no model.
pub(super) fn access(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Model { access, .. } => Some(access),
        _ => None,
    }
}

/// How a node is built; nothing for what is not.
pub(super) fn materialized(node: &Node) -> Option<&str> {
    use crate::manifest::ResourceType::{Function, Model, Seed, Snapshot};
    let is_built = matches!(node.resource_type(), Model | Seed | Snapshot | Function);
    is_built.then(|| node.config.materialized())
}

pub(super) fn nodes<'s>() -> Table<'s, &'s Arc<Node>> {
    Table {
        name: "nodes",
        about: "Models, seeds, snapshots, data tests, analyses, functions and hooks that are enabled. `models`, `seeds` and \
                `snapshots` are views of it, with the same columns.",
        rows: |subject| Ok(subject.manifest.nodes.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`model.shop.orders`", |_, node| text(&node.unique_id)),
            column(
                "resource_type",
                Kind::Text,
                "`model`, `seed`, `snapshot`, `test`, `analysis`, `function` or `operation`",
                |_, node| text(node.resource_type().as_str()),
            ),
            column("name", Kind::Text, "Its name", |_, node| text(&node.name)),
            column("label", Kind::Text, "Its name with its version: `orders.v2`", |_, node| {
                text(label(node))
            }),
            column("package_name", Kind::Text, "The package that defines it", |_, node| {
                text(&node.package_name)
            }),
            column(
                "is_checked",
                Kind::Boolean,
                "Whether rules look at it: the root project defines it, and `except` does not name it",
                |subject, node| Cell::Bool(subject.is_checked(&node.package_name, &node.unique_id)),
            ),
            column("file", Kind::Text, "Its file, from the project's folder", |subject, node| {
                text(place(subject, node).0)
            }),
            column("line", Kind::Integer, "The line where it begins, from 1", |subject, node| {
                integer(place(subject, node).1)
            }),
            column("folder", Kind::Text, "The folder of its file, from its package", |_, node| {
                text(node.original_file_path.rsplit_once('/').map_or("", |(folder, _)| folder))
            }),
            column("patch_file", Kind::Text, "The property file that describes it", |subject, node| {
                maybe(node.patch_span.map(|span| subject.file_of(span)))
            }),
            column("patch_line", Kind::Integer, "The line there that names it", |subject, node| {
                node.patch_span.map_or(Cell::Null, |span| integer(subject.line(span)))
            }),
            column("fqn", Kind::Texts, "Package, folders and name", |_, node| texts(&node.fqn)),
            column("description", Kind::Text, "Its description; null where there is none", |_, node| {
                filled(&node.description)
            }),
            column(
                "layer",
                Kind::Text,
                "Of models and snapshots: the layer its name says, else its folder, else `other`",
                |subject, node| maybe(layer::of(subject, node)),
            ),
            column(
                "layer_by_name",
                Kind::Text,
                "The layer that the prefix of its name says",
                |subject, node| maybe(layer::by_name(subject, &node.name).filter(|_| layer::has_layer(node))),
            ),
            column(
                "layer_by_folder",
                Kind::Text,
                "The layer that the nearest folder above it says",
                |subject, node| {
                    maybe(
                        layer::by_folder(subject, &node.original_file_path)
                            .filter(|_| layer::has_layer(node)),
                    )
                },
            ),
            column("language", Kind::Text, "`sql`, `python` or `javascript`", |_, node| {
                text(node.language.as_str())
            }),
            column(
                "materialized",
                Kind::Text,
                "`view`, `table`, `incremental`, …; null for what is not built",
                |_, node| maybe(materialized(node)),
            ),
            column("database", Kind::Text, "The database it is built in", |_, node| {
                maybe(node.database.as_ref())
            }),
            column("schema", Kind::Text, "The schema it is built in", |_, node| text(&node.schema)),
            column("alias", Kind::Text, "Its name there", |_, node| text(&node.alias)),
            column("relation_name", Kind::Text, "Its relation, quoted", |_, node| {
                maybe(
                    node.relation
                        .as_ref()
                        .filter(|_| !node.is_ephemeral())
                        .map(crate::relation::Relation::name),
                )
            }),
            column("access", Kind::Text, "Of models: `private`, `protected` or `public`", |_, node| {
                maybe(access(node))
            }),
            column("group_name", Kind::Text, "The group it belongs to", |_, node| maybe(node.group.as_ref())),
            column("version", Kind::Text, "Of models: the version", |_, node| maybe(node.version())),
            column("latest_version", Kind::Text, "Of models: the latest of its versions", |_, node| {
                match &node.kind {
                    NodeKind::Model { latest_version: Some(version), .. } => text(version_text(version)),
                    _ => Cell::Null,
                }
            }),
            column("deprecation_date", Kind::Text, "Of models: when it will go, as written", |_, node| {
                match &node.kind {
                    NodeKind::Model { deprecation_date, .. } => maybe(deprecation_date.as_ref()),
                    _ => Cell::Null,
                }
            }),
            column("has_contract", Kind::Boolean, "Whether a contract is enforced", |_, node| {
                Cell::Bool(node.config.contract_is_enforced())
            }),
            column(
                "constraints",
                Kind::Json,
                "Of models: the constraints of the whole table, as written",
                |_, node| match &node.kind {
                    NodeKind::Model { constraints, .. } => array(constraints),
                    _ => Cell::Null,
                },
            ),
            column(
                "primary_key",
                Kind::Texts,
                "Of models: the columns of its key, as constraints and tests say",
                |_, node| match &node.kind {
                    NodeKind::Model { primary_key, .. } => texts(primary_key),
                    _ => Cell::Null,
                },
            ),
            column("is_time_spine", Kind::Boolean, "Whether it is a time spine", |_, node| {
                Cell::Bool(
                    matches!(&node.kind, NodeKind::Model { time_spine: Some(spine), .. } if *spine != Value::Null),
                )
            }),
            column("tags", Kind::Texts, "Its tags", |_, node| texts(&node.tags)),
            column("meta", Kind::Json, "Its `meta`", |_, node| {
                node.config.meta().map_or_else(|| text("{}"), object)
            }),
            column("config", Kind::Json, "Its configuration, all levels merged", |_, node| {
                object(&node.config.0)
            }),
            column("raw_code", Kind::Text, "Its code as written", |_, node| text(&node.raw_code)),
            column("code_lines", Kind::Integer, "How many lines that has", |_, node| {
                integer(node.raw_code.lines().count())
            }),
        ],
    }
}
