//! The top-level blocks of a file: macros, tests, materializations, snapshots, docs.

use std::ops::Range;

use crate::diagnostic::{Result, SourceId, Span};

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
        /// Whether it said `default`.
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
    let _ = (text, source);
    Ok(Vec::new())
}

/// Names of the macros a template calls, in order, each once.
pub fn macro_calls(text: &str) -> Vec<CallName> {
    let _ = text;
    Vec::new()
}
