//! The top-level blocks of a file: macros, tests, materializations, snapshots, docs.

use std::ops::Range;

use super::rewrite::{self, Raw, Syntax};
use crate::diagnostic::{Code, Diagnostic, Label, Result, SourceId, Span};

/// What a block defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    /// `{% macro name(...) %}`.
    Macro,
    /// `{% test name(...) %}` or `{% data_test name(...) %}`.
    Test,
    /// `{% materialization name, adapter='...', supported_languages=[...] %}`.
    Materialization {
        /// The warehouse it is for.
        adapter: Option<String>,
        /// Whether it is for any warehouse.
        default: bool,
        /// Languages it takes; `sql` where it does not say.
        languages: Vec<String>,
    },
    /// `{% snapshot name %}`.
    Snapshot,
    /// `{% docs name %}`.
    Docs,
}

/// One top-level block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it defines.
    pub kind: BlockKind,
    /// The name as written.
    pub name: String,
    /// From the opening tag to the closing one.
    pub span: Span,
    /// The bytes of the file between the tags.
    pub body: Range<usize>,
}

/// A macro called in a template, as found without running it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallName {
    /// The package in front of the name, or the `macro_namespace` of a dispatch.
    pub namespace: Option<String>,
    /// The name, for a dispatch without adapter prefix.
    pub name: String,
    /// Whether it is the argument of `adapter.dispatch`.
    pub dispatch: bool,
}

/// Finds the top-level blocks of a file.
///
/// # Errors
/// An unclosed or stray tag, pointed at where it opens.
pub fn blocks(text: &str, source: SourceId) -> Result<Vec<Block>> {
    let raw = rewrite::file(text).map_err(|syntax| Box::new(diagnostic(syntax, source, 0)))?;
    raw.into_iter().map(|raw| block(raw, text, source)).collect()
}

/// Names of the macros a template calls, in order of their first call.
pub fn macro_calls(text: &str) -> Vec<CallName> {
    let mut calls = indexmap::IndexSet::new();
    calls.extend(rewrite::calls(text));
    calls.into_iter().collect()
}

/// Whether a template looks at `this`.
pub fn mentions_this(text: &str) -> bool {
    rewrite::mentions_this(text)
}

/// A mistake of syntax in a text that starts at byte `base` of a source.
pub(super) fn diagnostic(syntax: Syntax, source: SourceId, base: usize) -> Diagnostic {
    let span = |range: Range<usize>| Span::new(source, range.start + base..range.end + base);
    let mut diagnostic =
        Diagnostic::error(Code::JinjaSyntax, syntax.message).label(span(syntax.range), syntax.label);
    if let Some(opened) = syntax.opened {
        diagnostic.labels.push(Label { span: span(opened), text: "opened here".to_owned() });
    }
    diagnostic.help = syntax.help;
    diagnostic
}

fn block(raw: Raw, text: &str, source: SourceId) -> Result<Block> {
    let kind = match raw.keyword {
        "materialization" => materialization(&raw, text, source)?,
        "snapshot" => BlockKind::Snapshot,
        "docs" => BlockKind::Docs,
        "macro" => BlockKind::Macro,
        _ => BlockKind::Test,
    };
    Ok(Block { kind, name: raw.name, span: Span::new(source, raw.whole), body: raw.body })
}

/// Reads `, default` or `, adapter='x', supported_languages=['sql', 'python']`.
fn materialization(raw: &Raw, text: &str, source: SourceId) -> Result<BlockKind> {
    let mut adapter = None;
    let mut languages = vec!["sql".to_owned()];
    for argument in arguments(&text[raw.header.clone()]) {
        let (key, value) = argument.split_once('=').unwrap_or((&argument, ""));
        match key.trim() {
            "default" | "" => {}
            "adapter" => adapter = texts(value).into_iter().next(),
            "supported_languages" => languages = texts(value),
            other => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::MacroArguments,
                        format!("materialization `{}` has an unknown argument `{other}`", raw.name),
                    )
                    .label(Span::new(source, raw.header.clone()), "")
                    .help("a materialization takes `default`, `adapter` and `supported_languages`"),
                ));
            }
        }
    }
    let default = adapter.as_deref().is_none_or(|name| name == "default");
    Ok(BlockKind::Materialization { adapter, default, languages })
}

/// Splits at commas outside of brackets.
fn arguments(header: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in header.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// The quoted texts in a piece of template.
fn texts(value: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let Some(len) = rest[start + 1..].find(quote) else { break };
        texts.push(rest[start + 1..start + 1 + len].to_owned());
        rest = &rest[start + 2 + len..];
    }
    texts
}
