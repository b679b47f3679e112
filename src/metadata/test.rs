//! `tests` and `unit_tests`.

use std::sync::Arc;

use super::node::place;
use super::table::{Kind, Table, column, filled, integer, maybe, object, text, texts};
use crate::adapter::Cell;
use crate::manifest::{Node, NodeKind, ResourceType, TestMetadata, UniqueId};

fn metadata(node: &Node) -> Option<&TestMetadata> {
    match &node.kind {
        NodeKind::GenericTest { metadata, .. } => Some(metadata),
        _ => None,
    }
}

/// What a test is about: what it stands at, or the last thing it reads. Of a test of a source that is its own table.
fn tested(node: &Node) -> Option<&UniqueId> {
    match &node.kind {
        NodeKind::GenericTest { attached_node: Some(id), .. } => Some(id),
        _ => node.depends_on.nodes.last(),
    }
}

pub(super) fn tests<'s>() -> Table<'s, &'s Arc<Node>> {
    Table {
        name: "tests",
        about: "Data tests, generic and singular, that are enabled. What else is known of them is in `nodes`.",
        rows: |subject| {
            let nodes = subject.manifest.nodes.values();
            Ok(nodes.filter(|node| node.resource_type() == ResourceType::Test).collect())
        },
        columns: vec![
            column("unique_id", Kind::Text, "`test.shop.unique_orders_id.1a2b3c4d5e`", |_, test| {
                text(&test.unique_id)
            }),
            column("name", Kind::Text, "Its whole name", |_, test| text(&test.name)),
            column("package_name", Kind::Text, "The package that defines it", |_, test| {
                text(&test.package_name)
            }),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, test| {
                Cell::Bool(subject.is_checked(&test.package_name, &test.unique_id))
            }),
            column(
                "test_name",
                Kind::Text,
                "`unique`, `not_null`, …; null for a singular test",
                |_, test| maybe(metadata(test).map(|metadata| &metadata.name)),
            ),
            column(
                "test_namespace",
                Kind::Text,
                "The package it was asked for by name: `dbt_utils`",
                |_, test| maybe(metadata(test).and_then(|metadata| metadata.namespace.as_ref())),
            ),
            column(
                "tested_unique_id",
                Kind::Text,
                "The node or source that a generic test stands at; the last thing that a singular one reads",
                |_, test| maybe(tested(test)),
            ),
            column("column_name", Kind::Text, "The column that it is about", |_, test| match &test.kind {
                NodeKind::GenericTest { column_name, .. } => maybe(column_name.as_ref()),
                _ => Cell::Null,
            }),
            column(
                "arguments",
                Kind::Json,
                "Arguments of a generic test, `model` and `column_name` included",
                |_, test| metadata(test).map_or(Cell::Null, |metadata| object(&metadata.kwargs)),
            ),
            column("severity", Kind::Text, "`warn` or `error`", |_, test| {
                text(test.config.text("severity").unwrap_or("error").to_lowercase())
            }),
            column(
                "file",
                Kind::Text,
                "The file it is written in, from the project's folder",
                |subject, test| text(place(subject, test).0),
            ),
            column("line", Kind::Integer, "Its line there, from 1", |subject, test| {
                integer(place(subject, test).1)
            }),
            column("folder", Kind::Text, "The folder of its file, from its package", |_, test| {
                text(test.original_file_path.rsplit_once('/').map_or("", |(folder, _)| folder))
            }),
            column("tags", Kind::Texts, "Its tags", |_, test| texts(&test.tags)),
        ],
    }
}

pub(super) fn unit_tests<'s>() -> Table<'s, &'s Arc<Node>> {
    Table {
        name: "unit_tests",
        about: "Unit tests that are enabled.",
        rows: |subject| Ok(subject.manifest.unit_tests.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`unit_test.shop.orders.empty_carts`", |_, test| {
                text(&test.unique_id)
            }),
            column("name", Kind::Text, "Its name", |_, test| text(&test.name)),
            column("package_name", Kind::Text, "The package that defines it", |_, test| {
                text(&test.package_name)
            }),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, test| {
                Cell::Bool(subject.is_checked(&test.package_name, &test.unique_id))
            }),
            column("subject", Kind::Text, "The name of the model or macro that it tests", |_, test| {
                match &test.kind {
                    NodeKind::UnitTest(unit) => text(unit.subject.name()),
                    _ => Cell::Null,
                }
            }),
            column("tested_unique_id", Kind::Text, "The model; null where a macro is tested", |_, test| {
                maybe(tested(test))
            }),
            column("given", Kind::Integer, "How many inputs it gives", |_, test| match &test.kind {
                NodeKind::UnitTest(unit) => integer(unit.given.len()),
                _ => Cell::Null,
            }),
            column("description", Kind::Text, "Its description; null where there is none", |_, test| {
                filled(&test.description)
            }),
            column(
                "file",
                Kind::Text,
                "The file it is written in, from the project's folder",
                |subject, test| text(place(subject, test).0),
            ),
            column("line", Kind::Integer, "Its line there, from 1", |subject, test| {
                integer(place(subject, test).1)
            }),
            column("tags", Kind::Texts, "Its tags", |_, test| texts(&test.tags)),
        ],
    }
}
