//! What is wrong with a text that is not YAML, and what its author most likely meant.

use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

const QUOTE_TEMPLATE: &str =
    "put quotes around a value that begins with `{{`, for YAML reads a brace as the start of a mapping";

/// The diagnostic for an error of the YAML crate.
pub(super) fn error(error: &serde_yaml::Error, text: &str, source: SourceId) -> Diagnostic {
    let words = error.display_no_mark().to_string();
    let problem = words.split(" at line ").next().unwrap_or(&words).trim();
    let Some(mark) = error.location() else {
        let second = text.match_indices("\n---").nth(usize::from(text.starts_with("---")));
        let (problem, span) = match second {
            Some((at, _)) => ("expected a single document", Span::new(source, at + 1..at + 4)),
            None => (problem, Span::new(source, 0..0)),
        };
        return Diagnostic::error(Code::YamlSyntax, format!("not valid YAML: {problem}")).label(span, "");
    };
    let at = mark.index.min(text.len());
    let line_start = text[..floor(text, at)].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let diagnostic =
        Diagnostic::error(Code::YamlSyntax, format!("syntax error near line {}: {problem}", mark.line))
            .label(Span::new(source, at..(at + 1).min(text.len())), "");
    match hint(problem, line, text, line_start) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The diagnostic for a mapping or list as a key, which is what an unquoted `{{ … }}` reads as.
pub(super) fn key_is_no_scalar(span: Span, text: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::YamlSyntax, "a key must be text, not a mapping or a list").label(span, "");
    let start = floor(text, span.start as usize);
    let template = text[start..].starts_with('{') && text[..start].ends_with('{');
    if template { diagnostic.help(QUOTE_TEMPLATE) } else { diagnostic }
}

fn hint(problem: &str, line: &str, text: &str, line_start: usize) -> Option<String> {
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim_start().trim_start_matches("- ");
    let indent = &line[..line.len() - line.trim_start().len()];
    if indent.contains('\t') || (problem.contains("cannot start any token") && line.contains('\t')) {
        return Some("indent with spaces: YAML does not allow tabs there".to_owned());
    }
    if value.starts_with("{{") || value.starts_with("{%") || previous_line(text, line_start).contains(": {{")
    {
        return Some(QUOTE_TEMPLATE.to_owned());
    }
    if problem.contains("cannot start any token") && value.starts_with(['@', '%', '`']) {
        return Some("put quotes around a value that begins with `@`, `%` or a backtick".to_owned());
    }
    if problem.contains("mapping values are not allowed") {
        return Some(
            "put quotes around text that contains `: `, or check the indentation of this line".to_owned(),
        );
    }
    if problem.contains("did not find expected key") || problem.contains("expected <block end>") {
        return Some("check the indentation: a key stands in the same column as its siblings".to_owned());
    }
    if problem.contains("did not find expected '-' indicator") {
        return Some("every item of a list begins with `- ` in the same column".to_owned());
    }
    if problem.contains("could not find expected ':'") {
        return Some("a key needs a colon and a space after it: `key: value`".to_owned());
    }
    if problem.contains("did not find expected ',' or") {
        return Some("a brace or bracket opens here or before and is not closed".to_owned());
    }
    if problem.contains("unexpected end of stream") {
        return Some("a quote opens here or before and is not closed".to_owned());
    }
    None
}

fn previous_line(text: &str, line_start: usize) -> &str {
    text[..line_start].trim_end_matches('\n').rsplit('\n').next().unwrap_or_default()
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
