//! What can go wrong and where it was written.
//!
//! Read `source.rs` first (files and spans), then `code.rs` (the table of codes), then this file
//! (the message itself), then `render.rs` (how it looks).

mod code;
mod render;
mod source;

use std::sync::Arc;

pub use code::{Code, Family};
pub use render::{Styled, render};
pub use source::{Source, SourceId, Sources, Span};

/// The result of a stage that stops at the first mistake.
pub type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

/// How bad a diagnostic is: an error stops the command or fails the node, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Reported; becomes an error under `--warn-error`.
    Warning,
    /// The command, or the node it is about, fails.
    Error,
}

/// A piece of source text with a word about it; the first label of a diagnostic is where it points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One macro call on the way to the mistake, outermost last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The macro, as `package.name`.
    pub name: String,
    /// The call in it, where known.
    pub span: Option<Span>,
}

/// A rule of `teal checks`, as far as reports tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it looks for.
    pub description: String,
}

/// One thing to tell the user, with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which mistake it is; docs/diagnostics.md explains each.
    pub code: Code,
    /// The project's rule that found it, for [`Code::Rule`].
    pub rule: Option<Arc<Rule>>,
    /// Error or warning.
    pub severity: Severity,
    /// Lower case, names in backticks, no final period.
    pub message: String,
    /// Where; the first is the main one.
    pub labels: Vec<Label>,
    /// The macro calls that led there, innermost first.
    pub trace: Vec<Frame>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with a message and no place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            rule: None,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            trace: Vec::new(),
            help: None,
        }
    }

    /// A warning with a message and no place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// What is printed in brackets: the code, and the rule's name where a rule found it.
    pub fn id(&self) -> String {
        match &self.rule {
            Some(rule) => format!("{}/{}", self.code.id(), rule.name),
            None => self.code.id().to_owned(),
        }
    }

    /// What kind of mistake it is, in a sentence or two.
    pub fn explanation(&self) -> &str {
        self.rule.as_ref().map_or(self.code.explanation(), |rule| &rule.description)
    }

    /// Adds a place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a place where one is known.
    pub fn label_opt(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.label(span, text),
            None => self,
        }
    }

    /// Sets the remedy.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets `did you mean` as the remedy where a name is near enough to one of `known`.
    pub fn suggest<'a>(mut self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(near) = nearest(name, known) {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }

    /// Adds a macro call to the trace.
    pub fn frame(mut self, name: impl Into<String>, span: Option<Span>) -> Self {
        self.trace.push(Frame { name: name.into(), span });
        self
    }
}

/// The known name nearest to a misspelt one, if any is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (name.len().max(candidate.len()) / 3).max(1) && *candidate != name
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
