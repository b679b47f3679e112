//! `ref` and `source` calls in texts of property files, read without rendering.

use crate::diagnostic::Span;
use crate::manifest::RefArgs;

/// What such a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// `ref(...)`.
    Ref(RefArgs),
    /// `source('source', 'table')`.
    Source(String, String),
}

/// Reads a text that is one call with literal arguments, such as `ref('orders', v=2)`.
pub(super) fn reference(text: &str, span: Option<Span>) -> Option<Reference> {
    let text = text.trim();
    let (function, rest) = text.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let mut positional = Vec::new();
    let mut version = None;
    for argument in split(inner)? {
        match argument.split_once('=') {
            Some((key, value)) if matches!(key.trim(), "v" | "version") => version = Some(literal(value)?),
            Some(_) => return None,
            None => positional.push(text_literal(argument)?),
        }
    }
    match (function.trim(), positional.as_slice()) {
        ("ref", [name]) => Some(Reference::Ref(RefArgs { package: None, name: name.clone(), version, span })),
        ("ref", [package, name]) => Some(Reference::Ref(RefArgs {
            package: Some(package.clone()),
            name: name.clone(),
            version,
            span,
        })),
        ("source", [source, table]) if version.is_none() => {
            Some(Reference::Source(source.clone(), table.clone()))
        }
        _ => None,
    }
}

/// Cuts arguments at commas; texts with commas or brackets in them are for the template engine.
fn split(arguments: &str) -> Option<Vec<&str>> {
    if arguments.contains(['(', ')', '[', '{', '\\', '~', '|']) {
        return None;
    }
    let parts: Vec<_> = arguments.split(',').map(str::trim).collect();
    (!parts.iter().any(|part| part.is_empty())).then_some(parts)
}

fn text_literal(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote)).then(|| inner.to_owned())
}

/// A text or a number, as text.
fn literal(text: &str) -> Option<String> {
    let text = text.trim();
    text_literal(text).or_else(|| text.parse::<f64>().is_ok().then(|| text.to_owned()))
}
