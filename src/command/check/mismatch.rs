//! Types that do not go together and that the engine makes one of without a word: in comparisons, joins and unions.
//!
//! It is the engine that says so: each query is bound again with comparisons made strict, and the sides of each
//! union are bound by themselves (`sql::comparisons`, `sql::unions`).

use std::sync::Arc;

use super::{Context, Finding, place};
use crate::adapter::{AdapterError, ColumnInfo};
use crate::compile::{Binding, CompiledNode};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::manifest::Node;
use crate::sql::{self, Comparison, Dialect, Known, Strict, Table, Union};

/// How often a query is bound to find what it compares; there is a mistake, or something to leave alone, each time.
const ROUNDS: usize = 12;

/// How many joins by name are looked at in one query.
const JOINS: usize = 30;

/// What values are, as far as people mean them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Time,
    Truth,
}

impl Family {
    /// The family of a type by its name; nothing where nothing is said of mixing it with others.
    fn of(data_type: &str) -> Option<Self> {
        let name = data_type.split('(').next().unwrap_or_default().trim();
        if data_type.contains(['[', '"']) {
            return None;
        }
        match name {
            "VARCHAR" => Some(Self::Text),
            "BOOLEAN" => Some(Self::Truth),
            "DATE" | "TIME" | "INTERVAL" => Some(Self::Time),
            "FLOAT" | "DOUBLE" | "DECIMAL" | "INTEGER_LITERAL" => Some(Self::Number),
            _ if name.starts_with("TIME") => Some(Self::Time),
            _ if name.ends_with("INT") || name == "INTEGER" || name == "UINTEGER" => Some(Self::Number),
            _ => None,
        }
    }

    /// Whether values of two families never belong together, sometimes, or always.
    fn severity(self, other: Self) -> Option<Severity> {
        match (self, other) {
            _ if self == other => None,
            (Self::Truth, Self::Number) | (Self::Number, Self::Truth) => None,
            (Self::Text, _) | (_, Self::Text) => Some(Severity::Warning),
            _ => Some(Severity::Error),
        }
    }
}

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let dialect = Dialect::of(context.loaded.adapter.name());
    let mut found = Vec::new();
    for node in context.selected.iter().filter(|node| node.is_refable()) {
        let schema = context.schema(node);
        let Binding::Bound(Some(compiled)) = &schema.binding else { continue };
        if context.uncertain.contains(&node.unique_id) {
            continue;
        }
        let mut told = compared(context, node, compiled, schema.is_strict, dialect);
        for union in sql::unions(&compiled.sql, dialect) {
            told.extend(united(context, node, compiled, &union, dialect));
        }
        found.extend(told.into_iter().map(|diagnostic| Finding { node: Some(Arc::clone(node)), diagnostic }));
    }
    found
}

/// Comparisons of types that do not go together.
fn compared(
    context: &Context<'_>,
    node: &Node,
    compiled: &CompiledNode,
    is_strict: bool,
    dialect: Dialect,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // Where all else was bound strictly, joins by name are left.
    if is_strict && !compiled.sql.to_lowercase().contains("using") {
        return found;
    }
    let (joins, mut left): (Vec<_>, Vec<_>) =
        sql::comparisons(&compiled.sql, dialect).into_iter().partition(|one| one.name == "using");
    if is_strict {
        left.clear();
    }
    for _ in 0..ROUNDS {
        if left.is_empty() {
            break;
        }
        let strict = Strict::new(&compiled.sql, left.iter().map(|one| (&one.place, one.instead[0].as_str())));
        let Err(Some(error)) = context.schemas.probe(&strict.sql) else { break };
        let Some(at) = error.position.map(|at| strict.origin(at)) else { break };
        // What is not strict where it was made so is left alone.
        let Some(nearest) = (0..left.len()).min_by_key(|one| distance(&left[*one], at)) else { break };
        let comparison = left.remove(nearest);
        found.extend(mistake(context, node, compiled, &comparison, &error));
    }
    for join in joins.into_iter().take(JOINS) {
        for instead in &join.instead {
            let strict = Strict::new(&compiled.sql, std::iter::once((&join.place, instead.as_str())));
            match context.schemas.probe(&strict.sql) {
                Err(Some(error)) if types(&error).is_some() => {
                    found.extend(mistake(context, node, compiled, &join, &error));
                    break;
                }
                // Another relation has the column.
                Err(Some(error)) if is_misnamed(&error) => {}
                _ => break,
            }
        }
    }
    found
}

/// How far a byte is from a comparison.
fn distance(comparison: &Comparison, at: usize) -> usize {
    let place = &comparison.place;
    if place.contains(&at) { 0 } else { place.start.abs_diff(at).min(place.end.abs_diff(at)) }
}

fn is_misnamed(error: &AdapterError) -> bool {
    error.message.contains("does not have a column named") || error.message.contains("Referenced table")
}

/// The two types in `Cannot compare values of type VARCHAR and type INTEGER - an explicit cast is required`.
fn types(error: &AdapterError) -> Option<(&str, &str)> {
    let (_, rest) = error.message.split_once("Cannot compare values of type ")?;
    let (both, _) = rest.split_once(" - ")?;
    let (one, other) = both.split_once(" and ")?;
    let other = other.split(" in IN/").next().unwrap_or(other);
    Some((one.trim(), other.trim_start_matches("type ").trim()))
}

fn mistake(
    context: &Context<'_>,
    node: &Node,
    compiled: &CompiledNode,
    comparison: &Comparison,
    error: &AdapterError,
) -> Option<Diagnostic> {
    let (one, other) = types(error)?;
    let severity = Family::of(one)?.severity(Family::of(other)?)?;
    let message = format!("`{}` compares {} with {}", comparison.name, plain(one), plain(other));
    let diagnostic = Diagnostic { severity, ..Diagnostic::error(Code::TypeMismatch, message) };
    Some(diagnostic.label(place(context, node, compiled, comparison.place.start), "").help(remedy(severity)))
}

fn remedy(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => {
            "cast one of them: the query fails at the first text that does not read as the other"
        }
        Severity::Error => "neither can be cast to the other: the query fails at the first row",
    }
}

/// A type as people write it.
fn plain(data_type: &str) -> &str {
    data_type.strip_suffix("_LITERAL").unwrap_or(data_type)
}

/// Columns of a union whose types do not go together.
fn united(
    context: &Context<'_>,
    node: &Node,
    compiled: &CompiledNode,
    union: &Union,
    dialect: Dialect,
) -> Vec<Diagnostic> {
    let Ok(columns) = context.schemas.probe(&union.probe) else { return Vec::new() };
    let sides: Vec<&[ColumnInfo]> = columns.split(|column| column.name == sql::DIVIDER).collect();
    let Some((first, others)) = sides.split_first().filter(|_| sides.len() == union.sides.len()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, column) in first.iter().enumerate() {
        for (side, other) in std::iter::zip(&union.sides[1..], others) {
            let counterpart = if union.by_name {
                other.iter().position(|one| one.name.eq_ignore_ascii_case(&column.name))
            } else {
                Some(at)
            };
            let Some((place_of, one)) = counterpart.and_then(|at| Some((at, other.get(at)?))) else {
                continue;
            };
            let families = (Family::of(&column.data_type), Family::of(&one.data_type));
            let (Some(mine), Some(theirs)) = families else { continue };
            let Some(severity) = mine.severity(theirs) else { continue };
            let byte = side.start + item(&compiled.sql[side.clone()], dialect, place_of);
            let message = format!(
                "the queries of a union give `{}` as {} and as {}",
                column.name, column.data_type, one.data_type
            );
            let diagnostic = Diagnostic { severity, ..Diagnostic::error(Code::TypeMismatch, message) };
            let help = "cast one of them, or see whether the columns are in the same order";
            let diagnostic = diagnostic.label(place(context, node, compiled, byte), "").help(help);
            let first = &union.sides[0];
            let other =
                place(context, node, compiled, first.start + item(&compiled.sql[first.clone()], dialect, at));
            found.push(diagnostic.label(other, column.data_type.clone()));
            break;
        }
    }
    found
}

/// A schema of which nothing is known.
struct Nothing;

impl sql::Schema for Nothing {
    fn columns(&self, _: &Table) -> Option<Known> {
        None
    }
}

/// Where a query's column is written, by its position; the query itself where a star hides it.
fn item(query: &str, dialect: Dialect, at: usize) -> usize {
    let found = sql::columns(query, dialect, &Nothing);
    if found.outputs.iter().take(at + 1).any(|output| output.is_open) {
        return 0;
    }
    found.outputs.get(at).and_then(|output| output.span.as_ref()).map_or(0, |span| span.start)
}
