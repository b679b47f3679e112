//! The one place where minijinja's errors become diagnostics.
//!
//! Each macro call on the way wraps the error of its body, so the chain of an error is the stack of
//! calls, each link with the place of its call.

use std::error::Error as _;
use std::fmt;
use std::ops::Range;

use minijinja::{Error, ErrorKind, Value};

use super::functions;
use super::rewrite::Rewritten;
use super::template::{FILTERS_AND_TESTS, Jinja};
use crate::adapter::AdapterError;
use crate::diagnostic::{Code, Diagnostic, Frame, SourceId, Span, nearest};

/// A diagnostic on its way through a template.
#[derive(Debug)]
pub(crate) struct Raised(pub(crate) Box<Diagnostic>);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Raised {}

impl From<Raised> for Error {
    fn from(raised: Raised) -> Self {
        Error::new(ErrorKind::InvalidOperation, raised.0.message.clone()).with_source(raised)
    }
}

/// The value of `return`, on its way to the macro it leaves.
#[derive(Debug)]
pub(super) struct ReturnValue(pub(super) Value);

impl fmt::Display for ReturnValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`return` outside of a macro")
    }
}

impl std::error::Error for ReturnValue {}

/// The error of a macro's body; the error around it has the place of the call.
#[derive(Debug)]
pub(super) struct InMacro {
    pub(super) name: String,
    pub(super) error: Error,
}

impl fmt::Display for InMacro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in macro {}: {}", self.name, self.error)
    }
}

impl std::error::Error for InMacro {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Calls that are shown of a long way: the innermost ones and the two outermost.
const TRACE: usize = 12;

/// Where a rendered template was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// In a source, from this byte on.
    File(SourceId, usize),
    /// In no file; errors point here.
    Text(Option<Span>),
}

/// The template that is rendered, to lead errors back to it.
pub(super) struct Place<'a> {
    pub(super) jinja: &'a Jinja,
    /// The package whose names it sees.
    pub(super) package: &'a str,
    /// Its name in the environment.
    pub(super) name: &'a str,
    pub(super) rewritten: &'a Rewritten,
    pub(super) origin: Origin,
}

impl Place<'_> {
    /// The diagnostic of an error.
    pub(super) fn diagnostic(&self, error: &Error) -> Diagnostic {
        let mut current = error;
        let mut span = self.locate(current);
        let mut trace = Vec::new();
        let mut foreign = None;
        while let Some(source) = current.source() {
            if let Some(frame) = source.downcast_ref::<InMacro>() {
                trace.push(Frame { name: frame.name.clone(), span: self.locate(current) });
                current = &frame.error;
            } else if let Some(inner) = source.downcast_ref::<Error>() {
                current = inner;
            } else {
                foreign = Some(source);
                break;
            }
            span = self.locate(current).or(span);
        }
        trace.reverse();
        trace.dedup();
        if trace.len() > TRACE {
            trace.drain(TRACE - 2..trace.len() - 2);
        }
        let mut diagnostic = match foreign {
            Some(source) => self.foreign(source, current, span),
            None => self.own(current, span),
        };
        diagnostic.trace.extend(trace);
        diagnostic
    }

    /// A diagnostic or a warehouse's error that passed through templates.
    fn foreign(
        &self,
        source: &(dyn std::error::Error + 'static),
        error: &Error,
        span: Option<Span>,
    ) -> Diagnostic {
        if let Some(raised) = source.downcast_ref::<Raised>() {
            let mut diagnostic = (*raised.0).clone();
            if diagnostic.labels.is_empty() {
                let span = match diagnostic.code {
                    Code::MacroNotFound => span.map(|span| self.callee(span).map_or(span, |(_, span)| span)),
                    _ => span,
                };
                diagnostic = diagnostic.label_opt(span, "");
            }
            return diagnostic;
        }
        let mut link = Some(source);
        while let Some(inner) = link {
            if let Some(error) = inner.downcast_ref::<AdapterError>() {
                let mut diagnostic =
                    Diagnostic::error(Code::DatabaseError, error.message.clone()).label_opt(span, "");
                diagnostic.help.clone_from(&error.help);
                return diagnostic;
            }
            link = inner.source();
        }
        if source.downcast_ref::<ReturnValue>().is_some() {
            return Diagnostic::error(Code::JinjaRender, source.to_string()).label_opt(span, "");
        }
        self.own(error, span)
    }

    /// minijinja's own errors.
    fn own(&self, error: &Error, span: Option<Span>) -> Diagnostic {
        let detail = error.detail().unwrap_or_default();
        let at = |code, message: String| Diagnostic::error(code, message).label_opt(span, "");
        match error.kind() {
            ErrorKind::SyntaxError => at(Code::JinjaSyntax, detail.to_owned()),
            ErrorKind::UnknownFunction => {
                let name = detail.strip_suffix(" is unknown").unwrap_or(detail);
                self.not_callable(name, span)
            }
            ErrorKind::InvalidOperation | ErrorKind::UnknownMethod
                if detail.contains("undefined") && detail.contains("callable")
                    || detail.starts_with("undefined has no method") =>
            {
                match span.and_then(|span| self.callee(span)) {
                    Some((name, _)) => self.not_callable(&name, span),
                    None => at(Code::JinjaUndefined, "something undefined is called".to_owned()),
                }
            }
            ErrorKind::UndefinedError => self.undefined(detail, span),
            ErrorKind::UnknownFilter | ErrorKind::UnknownTest => {
                let name = detail.split(' ').nth(1).unwrap_or(detail);
                let kind = if error.kind() == ErrorKind::UnknownFilter { "filter" } else { "test" };
                at(Code::JinjaUndefined, format!("no {kind} named '{name}'")).suggest(name, FILTERS_AND_TESTS)
            }
            ErrorKind::OutOfFuel => at(Code::JinjaRender, "this template does not come to an end".to_owned())
                .help("a loop or a recursion in it goes on for too long"),
            _ if detail == "recursion limit exceeded" => {
                at(Code::JinjaRender, "macros call each other without end".to_owned())
            }
            kind if detail.is_empty() => at(Code::JinjaRender, kind.to_string()),
            _ => at(Code::JinjaRender, detail.to_owned()),
        }
    }

    /// A name that is called and means nothing.
    fn not_callable(&self, name: &str, span: Option<Span>) -> Diagnostic {
        let registry = self.jinja.registry();
        let span = span.map(|span| self.callee(span).map_or(span, |(_, span)| span));
        let label = |diagnostic: Diagnostic, text: &str| diagnostic.label_opt(span, text);
        match name.split_once('.') {
            Some((root, _)) if registry.is_namespace(root) || functions::NAMES.contains(&root) => {
                label(Diagnostic::error(Code::JinjaUndefined, format!("'{name}' is undefined")), "")
            }
            Some((root, _)) => Diagnostic::error(Code::MacroNotFound, format!("'{root}' is undefined"))
                .label_opt(
                    span.map(|span| Span { end: span.start + cut(root.len()), ..span }),
                    "no package, variable or function has this name",
                )
                .help("check for typos and/or install package dependencies with `teal deps`"),
            None => {
                let known = registry.names(self.package).chain(functions::NAMES.iter().copied());
                let found = missing_macro(name, name, known);
                label(found, "no macro or function has this name")
            }
        }
    }

    /// An attribute of something undefined, or an operation with it.
    fn undefined(&self, detail: &str, span: Option<Span>) -> Diagnostic {
        let text = span.map(|span| self.text_of(span)).unwrap_or_default();
        let owner = match detail.split_once(" side of `") {
            Some(("the left", operator)) => text.split(operator.trim_end_matches("` is undefined")).next(),
            Some((_, operator)) => text.rsplit(operator.trim_end_matches("` is undefined")).next(),
            // `a.b.c` fails because `a.b` is undefined.
            None if detail.is_empty() => Some(text.rsplit_once(['.', '[']).map_or(text.as_str(), |(a, _)| a)),
            None => None,
        };
        let owner = owner.map(str::trim).filter(|owner| !owner.is_empty() && owner.chars().all(is_path));
        let message = match (owner, detail) {
            (Some(owner), _) => format!("'{owner}' is undefined"),
            (None, "") => "something undefined is used".to_owned(),
            (None, detail) => detail.to_owned(),
        };
        Diagnostic::error(Code::JinjaUndefined, message).label_opt(span, "")
    }

    /// The dotted name of a call, and where it stands.
    fn callee(&self, span: Span) -> Option<(String, Span)> {
        let text = self.text_of(span);
        let end = text.find(|c: char| !is_path(c)).unwrap_or(text.len());
        let start = span.start as usize;
        (end > 0).then(|| (text[..end].to_owned(), Span::new(span.source, start..start + end)))
    }

    /// A span that starts at a dot, widened to the name in front of it.
    fn with_owner(&self, span: Span) -> Span {
        let source = self.jinja.sources().get(span.source);
        let before = source.text.get(..span.start as usize).unwrap_or_default();
        let attribute = source.text[before.len()..].starts_with(['.', '[', '(']);
        let start = if attribute { before.trim_end_matches(is_path).len() } else { before.len() };
        Span::new(span.source, start..span.end as usize)
    }

    fn text_of(&self, span: Span) -> String {
        let source = self.jinja.sources().get(span.source);
        source.text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    }

    /// Where an error happened.
    fn locate(&self, error: &Error) -> Option<Span> {
        let name = error.name()?;
        let library;
        let (rewritten, origin) = if name == self.name {
            (self.rewritten, self.origin)
        } else {
            library = self.jinja.macro_object(name)?;
            let definition = &library.definition;
            (library.rewritten().ok()?, Origin::File(definition.source, definition.span.start as usize))
        };
        match origin {
            Origin::Text(span) => span,
            Origin::File(source, base) => {
                let range = error.range().or_else(|| line(&rewritten.text, error.line()?))?;
                let range = rewritten.original(range);
                Some(self.with_owner(Span::new(source, range.start + base..range.end + base)))
            }
        }
    }
}

fn cut(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn is_path(c: char) -> bool {
    c == '_' || c == '.' || c.is_alphanumeric()
}

/// The bytes of a line without its indentation.
fn line(text: &str, number: usize) -> Option<Range<usize>> {
    let start = match number.checked_sub(2) {
        None => 0,
        Some(ends) => text.match_indices('\n').nth(ends)?.0 + 1,
    };
    let line = text[start..].lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    Some(start + indent..start + line.trim_end().len())
}

/// Says that a macro does not exist, in the words dbt's users search for.
pub(super) fn missing_macro<'a>(
    shown: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::MacroNotFound,
        format!("'{shown}' is undefined. This can happen when calling a macro that does not exist"),
    );
    match nearest(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("check for typos and/or install package dependencies with `teal deps`"),
    }
}
