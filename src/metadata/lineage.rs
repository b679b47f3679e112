//! `column_lineage`, `column_influences` and `output_columns`: made by following every query of the project, and
//! only for queries that mention one of them.

use super::Subject;
use super::table::{Kind, Table, column, integer, maybe, text};
use crate::adapter::Cell;
use crate::compile::lineage::{ColumnLineage, Decision, Link, Origin};
use crate::diagnostic::Span;
use crate::manifest::UniqueId;

fn file(subject: &Subject<'_>, span: Option<Span>) -> Cell {
    maybe(span.map(|span| subject.file_of(span)))
}

fn line(subject: &Subject<'_>, span: Option<Span>) -> Cell {
    span.map_or(Cell::Null, |span| integer(subject.line(span)))
}

/// A column of another node that a value is made of.
pub(super) struct Step<'s> {
    child: &'s UniqueId,
    column: &'s ColumnLineage,
    link: &'s Link,
}

pub(super) fn column_lineage<'s>() -> Table<'s, Step<'s>> {
    Table {
        name: "column_lineage",
        about: "What each column of a node is made of, one step; see [lineage.md](lineage.md).",
        rows: |subject| {
            let nodes = subject.followed().nodes.iter();
            let columns = nodes.flat_map(|(id, node)| node.columns.iter().map(move |column| (id, column)));
            let steps = columns.flat_map(|(child, column)| {
                column.links.iter().map(move |link| Step { child, column, link })
            });
            Ok(steps.collect())
        },
        columns: vec![
            column("child_unique_id", Kind::Text, "The node that has the column", |_, step| text(step.child)),
            column("child_column", Kind::Text, "The column; `*` for columns of unknown names", |_, step| {
                text(&step.column.name)
            }),
            column(
                "parent_unique_id",
                Kind::Text,
                "What it is made of: a node or source, or `table.NAME` where no node stands for it",
                |_, step| text(&step.link.node),
            ),
            column("parent_column", Kind::Text, "Its column; null where it is not known which", |_, step| {
                maybe(step.link.column.as_ref())
            }),
            column("kind", Kind::Text, "`copy`, `rename`, `cast`, `transform` or `aggregate`", |_, step| {
                text(step.link.kind.as_str())
            }),
            column("is_certain", Kind::Boolean, "Whether it is known to be so", |_, step| {
                Cell::Bool(step.link.is_certain)
            }),
            column(
                "file",
                Kind::Text,
                "The file that says so, from the project's folder",
                |subject, step| file(subject, step.link.span),
            ),
            column("line", Kind::Integer, "The line there", |subject, step| line(subject, step.link.span)),
        ],
    }
}

/// A column that decides about another, or about a node's rows.
pub(super) struct Weight<'s> {
    child: &'s UniqueId,
    column: Option<&'s str>,
    decision: &'s Decision,
}

pub(super) fn column_influences<'s>() -> Table<'s, Weight<'s>> {
    Table {
        name: "column_influences",
        about: "Columns that decide which rows a node has, or which value a column takes, without being part of it.",
        rows: |subject| {
            let nodes = subject.followed().nodes.iter();
            let weights = nodes.flat_map(|(child, node)| {
                let rows =
                    node.influences.iter().map(move |decision| Weight { child, column: None, decision });
                let values = node.columns.iter().flat_map(move |column| {
                    let name = Some(column.name.as_str());
                    column.influences.iter().map(move |decision| Weight { child, column: name, decision })
                });
                rows.chain(values)
            });
            Ok(weights.collect())
        },
        columns: vec![
            column("child_unique_id", Kind::Text, "The node", |_, one| text(one.child)),
            column(
                "child_column",
                Kind::Text,
                "The column that is decided about; null for all rows",
                |_, one| maybe(one.column),
            ),
            column("parent_unique_id", Kind::Text, "The node or source that decides", |_, one| {
                text(&one.decision.node)
            }),
            column("parent_column", Kind::Text, "Its column; null where it is not known which", |_, one| {
                maybe(one.decision.column.as_ref())
            }),
            column("kind", Kind::Text, "`filter`, `join`, `group`, `order` or `window`", |_, one| {
                text(one.decision.kind.as_str())
            }),
            column("file", Kind::Text, "The file that says so, from the project's folder", |subject, one| {
                file(subject, one.decision.span)
            }),
            column("line", Kind::Integer, "The line there", |subject, one| line(subject, one.decision.span)),
        ],
    }
}

/// A column that a node has.
pub(super) struct Output<'s> {
    id: &'s UniqueId,
    index: usize,
    column: &'s ColumnLineage,
}

pub(super) fn output_columns<'s>() -> Table<'s, Output<'s>> {
    Table {
        name: "output_columns",
        about: "Columns that nodes and sources have, as far as their SQL and what is said of them tell.",
        rows: |subject| {
            let nodes = subject.followed().nodes.iter();
            let outputs = nodes.flat_map(|(id, node)| {
                node.columns.iter().enumerate().map(move |(index, column)| Output { id, index, column })
            });
            Ok(outputs.collect())
        },
        columns: vec![
            column("unique_id", Kind::Text, "The node or source", |_, one| text(one.id)),
            column("index", Kind::Integer, "The column's place, from 1", |_, one| integer(one.index + 1)),
            column("name", Kind::Text, "Its name; `*` for columns of unknown names", |_, one| {
                text(&one.column.name)
            }),
            column(
                "origin",
                Kind::Text,
                "How it is known: from the `code`, as `documented`, as `assumed` by what reads it, or `open` for `*`",
                |_, one| {
                    text(match one.column.origin {
                        Origin::Code => "code",
                        Origin::Documented => "documented",
                        Origin::Assumed => "assumed",
                        Origin::Open => "open",
                    })
                },
            ),
            column(
                "file",
                Kind::Text,
                "The file of its expression, from the project's folder",
                |subject, one| file(subject, one.column.span),
            ),
            column("line", Kind::Integer, "The line there", |subject, one| line(subject, one.column.span)),
        ],
    }
}
