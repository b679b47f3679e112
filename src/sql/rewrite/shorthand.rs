//! Short forms that the parser does not know: `in list`, `exists (from t)`, `limit 10%`, `^@`, `using key`, `at (version => 3)`,
//! `coalesce(*columns(*))`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{close, depth, is, is_any, sign, word};

/// Writes them out.
pub(super) fn shorthands(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |by: usize| tokens.get(at + by).map(|token| &token.token);
        match &token.token {
            Token::CaretAt => out.push(word("like", token)),
            Token::Mod if is_share(&out) => {}
            Token::Mul if is(tokens.get(at + 1), "columns") && next(3) == Some(&Token::Mul) => {
                // All columns as the arguments of one call.
                let end = close(tokens, at + 2);
                out.extend_from_slice(&tokens[at + 3..end - 1]);
                at = end;
                continue;
            }
            Token::Word(_) if is(Some(token), "using") && is(tokens.get(at + 1), "key") => {
                at = close(tokens, at + 2);
                continue;
            }
            Token::Word(_) if is(Some(token), "at") && is_version(tokens, at + 1) => {
                at = close(tokens, at + 1);
                continue;
            }
            Token::Word(_) if is(Some(token), "in") && is_bare(tokens, at + 1) && !in_comprehension(&out) => {
                let end = name_end(tokens, at + 1);
                out.extend([token.clone(), sign(Token::LParen, token)]);
                out.extend_from_slice(&tokens[at + 1..end]);
                out.push(sign(Token::RParen, token));
                at = end;
                continue;
            }
            Token::Word(_) if is(Some(token), "from") && begins_a_condition(&out) && is_all(tokens, at) => {
                out.extend([word("select", token), sign(Token::Mul, token), token.clone()]);
            }
            _ => out.push(token.clone()),
        }
        at += 1;
    }
    out
}

/// Whether `limit` and a number stand last.
fn is_share(out: &[TokenWithSpan]) -> bool {
    matches!(out, [.., limit, number] if is(Some(limit), "limit") && matches!(number.token, Token::Number(..)))
}

/// Whether brackets say which version of a table is meant.
fn is_version(tokens: &[TokenWithSpan], open: usize) -> bool {
    let is_sign = |at: usize, sign: &Token| tokens.get(at).is_some_and(|token| token.token == *sign);
    is_sign(open, &Token::LParen)
        && is_any(tokens.get(open + 1), &["version", "timestamp"])
        && is_sign(open + 2, &Token::RArrow)
}

/// Whether a name stands where brackets are usual.
fn is_bare(tokens: &[TokenWithSpan], at: usize) -> bool {
    matches!(tokens.get(at).map(|token| &token.token), Some(Token::Word(_))) && !is(tokens.get(at), "unnest")
}

/// The end of a name with its qualifiers, and of the brackets behind it.
fn name_end(tokens: &[TokenWithSpan], from: usize) -> usize {
    let mut at = from + 1;
    loop {
        match tokens.get(at).map(|token| &token.token) {
            Some(Token::Period) => at += 2,
            Some(Token::LParen | Token::LBracket) => at = close(tokens, at),
            _ => return at.min(tokens.len()),
        }
    }
}

/// Whether `for x` or `for x, i` stands last, as in `[x for x in list]`.
fn in_comprehension(out: &[TokenWithSpan]) -> bool {
    let is_for = |back: usize| out.len().checked_sub(back).is_some_and(|at| is(out.get(at), "for"));
    is_for(2) || is_for(4)
}

/// Whether the brackets that open last are those of a condition.
fn begins_a_condition(out: &[TokenWithSpan]) -> bool {
    matches!(out, [.., before, open]
        if open.token == Token::LParen && is_any(Some(before), &["exists", "in", "any", "all"]))
}

/// Whether a query that begins with `from` says nothing of its columns.
fn is_all(tokens: &[TokenWithSpan], from: usize) -> bool {
    let mut level = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if level == 0 && is(tokens.get(at), "select") {
            return false;
        }
        level += depth(&token.token);
        if level < 0 {
            break;
        }
    }
    true
}
