//! `metrics`, `semantic_models` and `saved_queries`.

use std::sync::Arc;

use super::Subject;
use super::table::{Column, Kind, Table, column, filled, integer, maybe, object, text, texts};
use crate::adapter::Cell;
use crate::manifest::{ResourceType, SemanticNode};

fn of<'s>(subject: &'s Subject<'s>, kind: ResourceType) -> Vec<&'s Arc<SemanticNode>> {
    subject.manifest.semantic.values().filter(|node| node.resource_type == kind).collect()
}

/// The columns that all three have.
fn shared<'s>(id: &'static str) -> Vec<Column<&'s Arc<SemanticNode>>> {
    vec![
        column("unique_id", Kind::Text, id, |_, one| text(&one.unique_id)),
        column("name", Kind::Text, "Its name", |_, one| text(&one.name)),
        column("title", Kind::Text, "Its `label`, for people", |_, one| maybe(one.label.as_ref())),
        column("package_name", Kind::Text, "The package that defines it", |_, one| text(&one.package_name)),
        column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, one| {
            Cell::Bool(subject.is_checked(&one.package_name, &one.unique_id))
        }),
        column("file", Kind::Text, "The property file, from the project's folder", |subject, one| {
            text(subject.file(&one.package_name, &one.original_file_path))
        }),
        column("line", Kind::Integer, "The line there that names it", |subject, one| {
            one.span.map_or(Cell::Null, |span| integer(subject.line(span)))
        }),
        column("description", Kind::Text, "Its description; null where there is none", |_, one| {
            one.description.as_deref().map_or(Cell::Null, filled)
        }),
        column("group_name", Kind::Text, "The group it belongs to", |_, one| maybe(one.group.as_ref())),
        column("tags", Kind::Texts, "Its tags", |_, one| texts(&one.tags)),
        column("body", Kind::Json, "What only its kind has, in the form of `manifest.json`", |_, one| {
            object(&one.body)
        }),
    ]
}

pub(super) fn metrics<'s>() -> Table<'s, &'s Arc<SemanticNode>> {
    let mut columns = shared("`metric.shop.revenue`");
    columns.push(column(
        "metric_type",
        Kind::Text,
        "`simple`, `ratio`, `derived`, `cumulative` or `conversion`",
        |_, one| maybe(one.metric_type()),
    ));
    Table {
        name: "metrics",
        about: "Metrics.",
        rows: |subject| Ok(of(subject, ResourceType::Metric)),
        columns,
    }
}

pub(super) fn semantic_models<'s>() -> Table<'s, &'s Arc<SemanticNode>> {
    let mut columns = shared("`semantic_model.shop.orders`");
    columns.push(column("model_unique_id", Kind::Text, "The model it describes", |_, one| {
        maybe(one.depends_on.nodes.first())
    }));
    Table {
        name: "semantic_models",
        about: "Semantic models.",
        rows: |subject| Ok(of(subject, ResourceType::SemanticModel)),
        columns,
    }
}

pub(super) fn saved_queries<'s>() -> Table<'s, &'s Arc<SemanticNode>> {
    Table {
        name: "saved_queries",
        about: "Saved queries.",
        rows: |subject| Ok(of(subject, ResourceType::SavedQuery)),
        columns: shared("`saved_query.shop.weekly`"),
    }
}
