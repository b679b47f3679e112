//! `columns`, as property files describe them, and `tags`.

use super::Subject;
use super::resource::{Resource, all};
use super::table::{Kind, Table, array, column, filled, integer, maybe, object, text, texts};
use crate::adapter::Cell;
use crate::manifest::{Column, UniqueId, Value};

/// A column of a node or source.
pub(super) struct Described<'s> {
    owner: Resource<'s>,
    package: &'s str,
    index: usize,
    column: &'s Column,
}

fn described<'s>(subject: &'s Subject<'s>) -> impl Iterator<Item = Described<'s>> {
    let nodes = subject.manifest.nodes.values().flat_map(|node| {
        let columns = node.columns.values().enumerate();
        let described = |(index, column)| Described {
            owner: Resource::Node(node),
            package: &node.package_name,
            index,
            column,
        };
        columns.map(described)
    });
    let sources = subject.manifest.sources.values().flat_map(|source| {
        let columns = source.columns.values().enumerate();
        let described = |(index, column)| Described {
            owner: Resource::Source(source),
            package: &source.package_name,
            index,
            column,
        };
        columns.map(described)
    });
    nodes.chain(sources)
}

pub(super) fn columns<'s>() -> Table<'s, Described<'s>> {
    Table {
        name: "columns",
        about: "Columns that property files name, of nodes and sources. What a query gives is in `output_columns`, what the \
                warehouse has in `catalog_columns`.",
        rows: |subject| Ok(described(subject).collect()),
        columns: vec![
            column("unique_id", Kind::Text, "The node or source", |_, one| text(one.owner.id())),
            column("resource_type", Kind::Text, "Its kind, as in `resources`", |_, one| {
                text(one.owner.resource_type().as_str())
            }),
            column(
                "is_checked",
                Kind::Boolean,
                "Whether rules look at the node or source",
                |subject, one| Cell::Bool(subject.is_checked(one.package, one.owner.id())),
            ),
            column("index", Kind::Integer, "Its place in the list, from 1", |_, one| integer(one.index + 1)),
            column("name", Kind::Text, "Its name", |_, one| text(&one.column.name)),
            column("description", Kind::Text, "Its description; null where there is none", |_, one| {
                filled(&one.column.description)
            }),
            column("data_type", Kind::Text, "The type, as written", |_, one| {
                maybe(one.column.data_type.as_ref())
            }),
            column("constraint_types", Kind::Texts, "The types of its constraints", |_, one| {
                texts(
                    one.column.constraints.iter().filter_map(|one| one.get("type")).filter_map(Value::as_str),
                )
            }),
            column("constraints", Kind::Json, "Its constraints, as written", |_, one| {
                array(&one.column.constraints)
            }),
            column(
                "classes",
                Kind::Texts,
                "The classes of data it is said to hold; see [pii.md](pii.md)",
                |_, one| texts(one.column.classes()),
            ),
            column("tags", Kind::Texts, "Its tags", |_, one| texts(&one.column.tags)),
            column("meta", Kind::Json, "Its `meta`", |_, one| object(&one.column.meta)),
            column("file", Kind::Text, "The property file, from the project's folder", |subject, one| {
                maybe(one.column.span.map(|span| subject.file_of(span)))
            }),
            column("line", Kind::Integer, "The line there that names it", |subject, one| {
                one.column.span.map_or(Cell::Null, |span| integer(subject.line(span)))
            }),
        ],
    }
}

/// A tag, and what has it.
pub(super) struct Tagged<'s> {
    id: &'s UniqueId,
    column: Option<&'s str>,
    tag: &'s str,
}

fn tagged<'s>(subject: &'s Subject<'s>) -> Vec<Tagged<'s>> {
    let own = all(subject).flat_map(|one| {
        let id = one.id();
        let tags = match one {
            Resource::Node(node) => &node.tags,
            Resource::Source(source) => &source.tags,
            Resource::Exposure(exposure) => &exposure.tags,
            Resource::Semantic(node) => &node.tags,
        };
        tags.iter().map(move |tag| Tagged { id, column: None, tag })
    });
    let of_columns = described(subject).flat_map(|one| {
        let (id, column) = (one.owner.id(), one.column);
        column.tags.iter().map(move |tag| Tagged { id, column: Some(&column.name), tag })
    });
    own.chain(of_columns).collect()
}

pub(super) fn tags<'s>() -> Table<'s, Tagged<'s>> {
    Table {
        name: "tags",
        about: "Tags, one a row.",
        rows: |subject| Ok(tagged(subject)),
        columns: vec![
            column("unique_id", Kind::Text, "What has it", |_, one| text(one.id)),
            column(
                "column_name",
                Kind::Text,
                "Its column that has it; null where it is the whole",
                |_, one| maybe(one.column),
            ),
            column("tag", Kind::Text, "The tag", |_, one| text(one.tag)),
        ],
    }
}
