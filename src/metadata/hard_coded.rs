//! `hard_coded_references`: tables that a model names itself, where a `ref` or `source` should stand.
//!
//! What is looked at is the code as written. Jinja is blanked out first, byte for byte, so that places stay: a
//! comment or statement becomes blanks, an expression a name of our own, and then the query is read as any other.

use std::ops::Range;
use std::sync::Arc;

use super::Subject;
use super::table::{Kind, Table, column, integer, text};
use crate::adapter::Cell;
use crate::manifest::{Language, Node, ResourceType};
use crate::sql::{Known, Schema, columns};

/// What a Jinja expression is called while the query is read; the rest of its place is filled with `_`.
const EXPRESSION: &str = "jinja";

/// A table that is named where a `ref` should stand.
pub(super) struct Named<'s> {
    node: &'s Arc<Node>,
    text: String,
    /// Where it stands in the node's code.
    start: usize,
}

/// A query of which no table is known.
struct Unknown;

impl Schema for Unknown {
    fn columns(&self, _: &crate::sql::Table) -> Option<Known> {
        None
    }
}

fn named<'s>(subject: &'s Subject<'s>) -> Vec<Named<'s>> {
    use rayon::prelude::{IntoParallelIterator, ParallelIterator};
    let is_looked_at = |node: &&Arc<Node>| {
        let kind = node.resource_type();
        matches!(kind, ResourceType::Model | ResourceType::Snapshot) && node.language == Language::Sql
    };
    let nodes: Vec<_> = subject.manifest.nodes.values().filter(is_looked_at).collect();
    let dialect = subject.dialect;
    let found = nodes.into_par_iter().flat_map_iter(|node| {
        let code = &*node.raw_code;
        let (blanked, expressions) = blank(code);
        let tables = columns(&blanked, dialect, &Unknown).tables;
        tables.into_iter().filter_map(move |table| {
            let span = table.span?;
            is_hard_coded(code, &blanked, &span, &table.name, &expressions).then(|| {
                let text = code.get(widened(&span, &expressions)).unwrap_or_default().trim().to_owned();
                Named { node, text, start: span.start }
            })
        })
    });
    found.collect()
}

/// A name with dots, one in quotes, or a variable. What has neither may be a common table expression of a macro, and
/// another expression is what Jinja is for.
fn is_hard_coded(
    code: &str,
    blanked: &str,
    span: &Range<usize>,
    name: &[String],
    expressions: &[Range<usize>],
) -> bool {
    let is_quoted = |text: &str| text.starts_with(['"', '`', '[']);
    match name {
        [] => false,
        [_] => match expressions.iter().find(|one| one.contains(&span.start)) {
            Some(one) => code.get(one.clone()).is_some_and(is_variable),
            None => blanked.get(span.clone()).is_some_and(is_quoted),
        },
        _ => true,
    }
}

/// Whether an expression is `{{ var(…) }}` and nothing else.
fn is_variable(expression: &str) -> bool {
    let inner = expression.trim_start_matches(['{', '-', '+']).trim_start();
    inner.strip_prefix("var").is_some_and(|rest| rest.trim_start().starts_with('('))
        && inner.trim_end_matches(['}', '-', '+']).trim_end().ends_with(')')
}

/// A range of blanked code as one of the code, with the whole of each expression that it touches.
fn widened(span: &Range<usize>, expressions: &[Range<usize>]) -> Range<usize> {
    let touched = expressions.iter().filter(|one| one.start < span.end && span.start < one.end);
    touched.fold(span.clone(), |all, one| all.start.min(one.start)..all.end.max(one.end))
}

/// Code without its Jinja, of the same length, and where expressions were.
fn blank(code: &str) -> (String, Vec<Range<usize>>) {
    let mut bytes = code.as_bytes().to_vec();
    let mut expressions = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].find('{') {
        let start = at + found;
        let close = match code.as_bytes().get(start + 1) {
            Some(b'#') => "#}",
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            _ => {
                at = start + 1;
                continue;
            }
        };
        let end = end(code, start + 2, close);
        for byte in &mut bytes[start..end] {
            // Lines stay lines; an expression is one word, over several lines too.
            *byte = if close == "}}" {
                b'_'
            } else if *byte == b'\n' {
                b'\n'
            } else {
                b' '
            };
        }
        if close == "}}" && end - start >= EXPRESSION.len() {
            bytes[start..start + EXPRESSION.len()].copy_from_slice(EXPRESSION.as_bytes());
            expressions.push(start..end);
        }
        at = end;
    }
    // Whole characters were replaced by bytes of one each, so it is text still.
    (String::from_utf8(bytes).unwrap_or_default(), expressions)
}

/// The byte behind the sign that closes Jinja, which in a text in quotes closes nothing.
fn end(code: &str, start: usize, close: &str) -> usize {
    let mut quote = None;
    let mut at = start;
    let bytes = code.as_bytes();
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', Some(_)) => at += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (byte @ (b'\'' | b'"'), None) if close != "#}" => quote = Some(byte),
            (_, None) if bytes[at..].starts_with(close.as_bytes()) => return at + close.len(),
            _ => {}
        }
        at += 1;
    }
    code.len()
}

fn line(subject: &Subject<'_>, named: &Named<'_>) -> Cell {
    let source = subject.sources.get(named.node.source);
    let at = u32::try_from(named.node.source_offset + named.start).unwrap_or(u32::MAX);
    integer(source.line_column(at).0)
}

pub(super) fn hard_coded_references<'s>() -> Table<'s, Named<'s>> {
    Table {
        name: "hard_coded_references",
        about: "Tables that models and snapshots name in their SQL with a dot, in quotes or by a variable, where a `ref` or \
                `source` should stand. Comments, functions and common table expressions are none.",
        rows: |subject| Ok(named(subject)),
        columns: vec![
            column("unique_id", Kind::Text, "The model or snapshot", |_, one| text(&one.node.unique_id)),
            column("reference", Kind::Text, "The table, as written", |_, one| text(&one.text)),
            column("file", Kind::Text, "The file, from the project's folder", |subject, one| {
                text(subject.file(&one.node.package_name, &one.node.original_file_path))
            }),
            column("line", Kind::Integer, "The line there, from 1", line),
        ],
    }
}
