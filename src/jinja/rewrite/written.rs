//! An expression as dbt keeps it in `unrendered_config`: in one spelling, however it was laid out.

use super::scan::{Kind, Lexer};

/// Words between two values.
const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else"];

/// A literal text without its quotes; of anything else the source with texts in single quotes, Python's
/// spelling of constants, and spaces as Python's formatters put them.
pub(super) fn written(source: &str) -> String {
    // The lexer reads to the end of a tag.
    let whole = format!("{source} }}}}");
    let mut lexer = Lexer::new(&whole, 0..0, b'}');
    let mut pieces: Vec<(Kind, String)> = Vec::new();
    while let Ok(token) = lexer.next() {
        let text = lexer.text_of(&token);
        match token.kind {
            Kind::End => break,
            Kind::Text => pieces.push((Kind::Text, unescaped(&text[1..text.len() - 1]))),
            Kind::Name => pieces.push((Kind::Name, constant(text).to_owned())),
            kind => pieces.push((kind, text.to_owned())),
        }
    }
    if let [(Kind::Text, text)] = &pieces[..] {
        return text.clone();
    }
    let mut shown = String::with_capacity(source.len());
    for (at, (kind, text)) in pieces.iter().enumerate() {
        if spaced(&pieces[..at], *kind, text) {
            shown.push(' ');
        }
        if *kind == Kind::Text { shown.push_str(&quoted(text)) } else { shown.push_str(text) }
    }
    shown
}

fn constant(name: &str) -> &str {
    match name {
        "true" => "True",
        "false" => "False",
        "none" => "None",
        other => other,
    }
}

/// Whether there is a space between what stands before and the next token.
fn spaced(before: &[(Kind, String)], kind: Kind, text: &str) -> bool {
    let Some((last_kind, last)) = before.last() else { return false };
    let closes = matches!(text, "," | ":" | ")" | "]" | "}" | "." | "=") && kind == Kind::Operator;
    let opens = matches!(last.as_str(), "(" | "[" | "{" | "." | "=") && *last_kind == Kind::Operator;
    if closes || opens {
        return false;
    }
    let is_word = WORDS.contains(&last.as_str());
    if matches!(text, "(" | "[") && kind == Kind::Operator {
        let follows_value = matches!(last_kind, Kind::Name | Kind::Text) && !is_word;
        return !(follows_value || matches!(last.as_str(), ")" | "]"));
    }
    !is_sign(before)
}

/// Whether the last token is the sign of a number.
fn is_sign(before: &[(Kind, String)]) -> bool {
    let [rest @ .., (Kind::Operator, sign)] = before else { return false };
    let after_value = rest.last().is_some_and(|(kind, text)| match kind {
        Kind::Operator => matches!(text.as_str(), ")" | "]" | "}"),
        Kind::Name => !WORDS.contains(&text.as_str()),
        _ => true,
    });
    matches!(sign.as_str(), "-" | "+") && !after_value
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some(other @ ('\\' | '\'' | '"')) => plain.push(other),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            (letter, false) => plain.push(letter),
        }
    }
    plain
}

/// A text as Python shows it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            letter if letter == quote || letter == '\\' => shown.extend(['\\', letter]),
            letter => shown.push(letter),
        }
    }
    shown.push(quote);
    shown
}
