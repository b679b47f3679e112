//! Rewrites dbt's Jinja into the dialect of minijinja, and remembers every edit.
//!
//! `scan` cuts tags into tokens, `expression` walks the grammar inside them and `operator` that of operators, `tag`
//! knows the statements, `parameter` what a macro takes, `written` how an argument is kept as text. What is rewritten:
//! containers become mutable ones, `set` owns its value, operators know decimals and `%` formats texts, call blocks get
//! a scope of their own, dbt's blocks become macros, and some spellings that only Python accepts. An edit list leads
//! every position back.

mod expression;
mod operator;
mod parameter;
mod scan;
mod tag;
mod written;

use std::ops::Range;

pub(super) use scan::Syntax;
pub(super) use tag::Raw;
use tag::{Mode, Walk};

use super::block::CallName;
use expression::{Argument, Callee};

/// The name every macro has inside its own template.
pub(super) const MACRO: &str = "dbt_m";

/// A replacement of bytes `at..at + removed` of the original.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    removed: usize,
    inserted: String,
}

/// What is noted while a template is read: edits in order of position, names and calls.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a name that a macro's body may mention")]
pub(super) struct Notes {
    edits: Vec<Edit>,
    /// Macros that are called.
    /// Each with where it stands.
    calls: Vec<(usize, CallName)>,
    /// Calls of `config` and `source`.
    sites: Vec<Site>,
    varargs: bool,
    kwargs: bool,
    caller: bool,
    this: bool,
}

impl Notes {
    /// A place in the list of edits, to insert before what follows.
    fn mark(&self) -> usize {
        self.edits.len()
    }

    fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.edits.push(Edit { at, removed: 0, inserted: text.into() });
    }

    fn insert_at(&mut self, mark: usize, at: usize, text: &str) {
        self.edits.insert(mark, Edit { at, removed: 0, inserted: text.to_owned() });
    }

    fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push(Edit { at: range.start, removed: range.len(), inserted: text.into() });
    }

    fn replace_at(&mut self, mark: usize, range: Range<usize>, text: &str) {
        self.edits.insert(mark, Edit { at: range.start, removed: range.len(), inserted: text.to_owned() });
    }

    fn mention(&mut self, name: &str) {
        match name {
            "varargs" => self.varargs = true,
            "kwargs" => self.kwargs = true,
            "caller" => self.caller = true,
            "this" => self.this = true,
            _ => {}
        }
    }

    fn call(&mut self, callee: &Callee<'_>, arguments: &[Argument<'_>], end: usize) {
        self.calls.extend(callee.name(arguments).map(|name| (callee.start, name)));
        self.sites.extend(callee.site(arguments, end));
    }
}

/// A call of `config` or `source` in a template.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) callee: String,
    pub(super) range: Range<usize>,
    /// Arguments that are literal texts.
    pub(super) texts: Vec<String>,
    /// Keyword arguments.
    pub(super) keywords: Vec<Keyword>,
}

/// A keyword argument of such a call.
#[derive(Debug, Clone)]
pub(super) struct Keyword {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) range: Range<usize>,
    /// The value as dbt keeps it: a text without its quotes, or else the expression.
    pub(super) written: String,
}

/// A parameter of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// Where its default stands.
    pub(super) default: Option<Range<usize>>,
}

/// What a macro takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Signature {
    pub(super) parameters: Vec<Parameter>,
    pub(super) varargs: bool,
    pub(super) kwargs: bool,
    pub(super) caller: bool,
}

/// A rewritten template and the way back.
#[derive(Debug, Clone, Default)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Of a macro.
    pub(super) signature: Signature,
    /// Calls of `config` and `source`, in bytes of the original.
    pub(super) sites: Vec<Site>,
    pieces: Vec<Piece>,
}

/// Bytes that were copied.
#[derive(Debug, Clone, Copy)]
struct Piece {
    new: usize,
    old: usize,
    len: usize,
}

impl Rewritten {
    /// The byte of the original that a byte of the rewritten text stands for.
    pub(super) fn origin(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.new <= offset);
        match after.checked_sub(1).map(|at| self.pieces[at]) {
            Some(piece) => piece.old + (offset - piece.new).min(piece.len),
            None => self.pieces.first().map_or(0, |piece| piece.old),
        }
    }

    /// The original of a range.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.origin(range.start);
        start..self.origin(range.end).max(start)
    }

    /// The copied bytes in a range: where in the range they start, and what they are of the original.
    pub(super) fn copied(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let first = self.pieces.partition_point(|piece| piece.new + piece.len <= range.start);
        let inside = self.pieces[first..].iter().take_while(move |piece| piece.new < range.end);
        inside.map(move |piece| {
            let start = piece.new.max(range.start);
            let end = (piece.new + piece.len).min(range.end);
            (start - range.start, piece.old + (start - piece.new)..piece.old + (end - piece.new))
        })
    }
}

/// Rewrites a template that starts with `prefix`.
pub(super) fn template(text: &str, prefix: &str) -> Result<Rewritten, Syntax> {
    let mut walk = Walk::new(text, Mode::Template);
    walk.run()?;
    let mut rewritten = apply(text, prefix, &walk.notes.edits);
    rewritten.sites = walk.notes.sites;
    Ok(rewritten)
}

/// Rewrites a template that is nothing but one `{{ }}`, so that its value goes to `function`;
/// nothing where it is anything else.
pub(super) fn value(text: &str, prefix: &str, function: &str) -> Result<Option<Rewritten>, Syntax> {
    let mut walk = Walk::new(text, Mode::Template);
    walk.run()?;
    let Some((open, close)) = walk.only_expression.take() else { return Ok(None) };
    let opening = Edit { at: open.start, removed: open.len(), inserted: format!("{{% do {function}((") };
    walk.notes.edits.insert(0, opening);
    walk.notes.replace(close, ")) %}");
    Ok(Some(apply(text, prefix, &walk.notes.edits)))
}

/// The dbt blocks of a file.
pub(super) fn file(text: &str) -> Result<Vec<Raw>, Syntax> {
    let mut walk = Walk::new(text, Mode::File);
    walk.run()?;
    Ok(walk.blocks)
}

/// Macros that a template calls.
pub(super) fn calls(text: &str) -> Vec<CallName> {
    let mut walk = Walk::new(text, Mode::Definition);
    // A broken template calls what it calls up to its mistake, which is reported when it is rendered.
    let _ = walk.run();
    // A call is noted after those among its arguments, and stands before them.
    let mut calls = walk.notes.calls;
    calls.sort_by_key(|(start, _)| *start);
    calls.into_iter().map(|(_, name)| name).collect()
}

/// Whether a template looks at `this`.
pub(super) fn mentions_this(text: &str) -> bool {
    let mut walk = Walk::new(text, Mode::Template);
    // As with calls, what stands before a mistake counts.
    let _ = walk.run();
    walk.notes.this
}

/// Rewrites the block of a macro, test or materialization to one macro named [`MACRO`].
pub(super) fn definition(text: &str) -> Result<Rewritten, Syntax> {
    let mut walk = Walk::new(text, Mode::Definition);
    walk.run()?;
    let mut signature = Signature {
        parameters: std::mem::take(&mut walk.parameters),
        varargs: walk.notes.varargs,
        kwargs: walk.notes.kwargs,
        caller: walk.notes.caller,
    };
    if let Some(at) = walk.signature_end {
        let mut extra = Vec::new();
        let has = |name: &str| signature.parameters.iter().any(|p| p.name == name);
        signature.varargs &= !has("varargs");
        signature.kwargs &= !has("kwargs");
        if signature.varargs {
            extra.push("varargs=0");
        }
        if signature.kwargs {
            extra.push("kwargs=0");
        }
        if !extra.is_empty() {
            let comma = if signature.parameters.is_empty() { "" } else { ", " };
            let place = walk.notes.edits.partition_point(|edit| edit.at <= at);
            walk.notes.insert_at(place, at, &format!("{comma}{}", extra.join(", ")));
        }
    }
    let mut rewritten = apply(text, "", &walk.notes.edits);
    rewritten.signature = signature;
    Ok(rewritten)
}

fn apply(text: &str, prefix: &str, edits: &[Edit]) -> Rewritten {
    let grown: usize = edits.iter().map(|edit| edit.inserted.len()).sum();
    let mut rewritten = Rewritten {
        text: String::with_capacity(prefix.len() + text.len() + grown),
        pieces: Vec::with_capacity(edits.len() + 1),
        ..Rewritten::default()
    };
    rewritten.text.push_str(prefix);
    let mut at = 0;
    for edit in edits {
        copy(text, at..edit.at, &mut rewritten);
        rewritten.text.push_str(&edit.inserted);
        at = at.max(edit.at + edit.removed);
    }
    copy(text, at..text.len(), &mut rewritten);
    rewritten
}

/// Copies bytes; line ends become `\n`, as Jinja makes them.
fn copy(text: &str, range: Range<usize>, to: &mut Rewritten) {
    let Range { mut start, end } = range;
    while start < end {
        let stop = text[start..end].find('\r').map_or(end, |at| start + at);
        to.pieces.push(Piece { new: to.text.len(), old: start, len: stop - start });
        to.text.push_str(&text[start..stop]);
        start = stop;
        if start < end {
            start += 1;
            if !text[start..].starts_with('\n') {
                to.text.push('\n');
            }
        }
    }
}
