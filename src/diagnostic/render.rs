//! Diagnostics as text: the shape of a compiler message, drawn by `annotate-snippets`.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, Sources};

/// Whether the text carries colour codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Styled {
    /// Plain text.
    No,
    /// ANSI colours.
    Yes,
}

/// Draws one diagnostic: code, message, place, excerpt, trace and help, without a final newline.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, styled: Styled) -> String {
    let held: Vec<_> = diagnostic.labels.iter().map(|l| (l, sources.get(l.span.source))).collect();
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let id = diagnostic.id();
    let mut group =
        level.primary_title(diagnostic.message.as_str()).id(id.as_str()).elements(
            held.iter().enumerate().map(|(at, (label, source))| {
                let range = clamp(label.span.start, label.span.end, &source.text);
                let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let mark = kind.span(range);
                Snippet::source(&*source.text)
                    .path(source.path.as_str())
                    .annotation(if label.text.is_empty() { mark } else { mark.label(label.text.as_str()) })
            }),
        );
    for frame in &diagnostic.trace {
        let place = frame.span.map_or(String::new(), |span| format!(" ({})", sources.place(span)));
        group = group.element(Level::NOTE.message(format!("in macro `{}`{place}", frame.name)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match styled {
        Styled::No => Renderer::plain(),
        Styled::Yes => Renderer::styled(),
    };
    let drawn = renderer.render(&[group]);
    if !held.is_empty() {
        return drawn;
    }
    // Where there is no excerpt, there is nothing for its margin to go along.
    let is_margin = |line: &str| anstream::adapter::strip_str(line).to_string().trim() == "|";
    drawn.lines().filter(|line| !is_margin(line)).collect::<Vec<_>>().join("\n")
}

/// A range of bytes that lies within the text, on character boundaries, on its first line only.
fn clamp(start: u32, end: u32, text: &str) -> std::ops::Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(start as usize);
    let end = floor(end as usize).max(start);
    let line_end = text[start..end].find('\n').map_or(end, |at| start + at);
    start..line_end
}
