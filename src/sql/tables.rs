//! The tables of a statement that cannot be read: names behind `from` and `join`, by their tokens alone.

use std::collections::BTreeSet;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Lines, Table};

/// Words that name no table although they follow `from` or a comma behind it.
const NO_TABLE: &[&str] = &[
    "select", "lateral", "unnest", "values", "table", "only", "where", "with", "from", "join", "on", "group",
    "order",
];

/// Finds the tables that a text reads.
pub(super) fn tables(tokens: &[TokenWithSpan], lines: &Lines) -> Vec<Table> {
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let word = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    };
    let is = |at: usize, text: &str| {
        word(at).is_some_and(|word| word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
    };
    let sign = |at: usize| tokens.get(at).map(|token| &token.token);
    let ctes: BTreeSet<String> = (0..tokens.len())
        .filter(|at| is(at + 1, "as") && matches!(sign(at + 2), Some(Token::LParen)))
        .filter_map(|at| word(at).map(|word| word.value.to_lowercase()))
        .collect();
    let mut found: Vec<Table> = Vec::new();
    // `extract(year from day)`: a `from` in brackets that hold no `select`.
    let mut selects = vec![false];
    for at in 0..tokens.len() {
        match sign(at) {
            Some(Token::LParen) => selects.push(false),
            Some(Token::RParen) if selects.len() > 1 => {
                selects.pop();
            }
            _ => {}
        }
        if let Some(last) = selects.last_mut() {
            *last |= is(at, "select")
                || (is(at, "from") && matches!(at.checked_sub(1).and_then(sign), Some(Token::LParen)));
        }
        let is_from = is(at, "from") && (selects.len() == 1 || selects.last() == Some(&true));
        if !is_from && !is(at, "join") {
            continue;
        }
        let mut names = Vec::new();
        let mut end = at + 1;
        while let Some(part) = word(end) {
            names.push(part.value.clone());
            if !matches!(sign(end + 1), Some(Token::Period)) {
                break;
            }
            end += 2;
        }
        let is_call = matches!(sign(end + 1), Some(Token::LParen));
        let is_name = match names.as_slice() {
            [] => false,
            [one] => {
                !ctes.contains(&one.to_lowercase()) && !NO_TABLE.iter().any(|no| no.eq_ignore_ascii_case(one))
            }
            _ => true,
        };
        if !is_name || is_call || found.iter().any(|table| table.name == names) {
            continue;
        }
        let place = |at: usize| tokens.get(at).and_then(|token| lines.place(&token.span));
        let span = place(at + 1).zip(place(end)).map(|(start, end)| start.0 as usize..end.1 as usize);
        found.push(Table { text: names.join("."), name: names, span });
    }
    found
}
