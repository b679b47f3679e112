//! `summarize` and `describe`: tables about a table, as queries whose columns are made of the same.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{depth, is_any, sign, word};

/// What the table is called whose columns are summed up.
const SUBJECT: &str = "summarized";

/// The columns of a summary: those that say something of a column, and the function of all its values that others are.
const SUMMARY: &[(&str, Option<&str>)] = &[
    ("column_name", None),
    ("column_type", None),
    ("min", Some("min")),
    ("max", Some("max")),
    ("approx_unique", Some("approx_count_distinct")),
    ("avg", Some("avg")),
    ("std", Some("stddev")),
    ("q25", Some("quantile")),
    ("q50", Some("quantile")),
    ("q75", Some("quantile")),
    ("count", None),
    ("null_percentage", Some("count_if")),
];

/// The columns of a description.
const DESCRIPTION: &[(&str, Option<&str>)] = &[
    ("column_name", None),
    ("column_type", None),
    ("null", None),
    ("key", None),
    ("default", None),
    ("extra", None),
];

/// Puts queries in the place of summaries and descriptions.
pub(super) fn summaries(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let starts =
            matches!(out.last().map(|last| &last.token), None | Some(Token::SemiColon | Token::LParen));
        let columns = match token {
            token if starts && is_any(Some(token), &["summarize"]) => SUMMARY,
            token if starts && is_any(Some(token), &["describe", "desc"]) => DESCRIPTION,
            _ => &[],
        };
        let is_named =
            tokens.get(at + 1).is_some_and(|next| matches!(next.token, Token::Word(_) | Token::LParen));
        if !columns.is_empty() && is_named {
            let end = end(tokens, at + 1);
            out.extend(query(columns, &tokens[at + 1..end], token));
            at = end;
            continue;
        }
        out.push(token.clone());
        at += 1;
    }
    out
}

/// Where what is described ends: at the bracket around it, or with the statement.
fn end(tokens: &[TokenWithSpan], from: usize) -> usize {
    let mut level = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        level += depth(&token.token);
        if level < 0 || matches!(token.token, Token::SemiColon | Token::EOF) {
            return at;
        }
    }
    tokens.len()
}

fn query(
    columns: &[(&str, Option<&str>)],
    subject: &[TokenWithSpan],
    at: &TokenWithSpan,
) -> Vec<TokenWithSpan> {
    let mut out = vec![word("SELECT", at)];
    for (place, (name, function)) in columns.iter().enumerate() {
        if place > 0 {
            out.push(sign(Token::Comma, at));
        }
        match function {
            Some(function) => {
                out.extend([word(function, at), sign(Token::LParen, at), word(SUBJECT, at)]);
                out.extend([Token::Period, Token::Mul, Token::RParen].map(|token| sign(token, at)));
            }
            None => out.push(word("NULL", at)),
        }
        out.extend([word("AS", at), super::quoted(name, at)]);
    }
    let is_query = is_any(subject.first(), &["select", "from", "with", "values"]);
    out.extend([word("FROM", at), sign(Token::LParen, at)]);
    if !is_query {
        out.push(word("FROM", at));
    }
    out.extend_from_slice(subject);
    out.extend([sign(Token::RParen, at), word("AS", at), word(SUBJECT, at)]);
    out
}
