//! `pivot` and `unpivot` as statements, and what the parser does not know of their standard forms.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{GROUPED, PIVOTED, close, depth, is, is_any, outermost, quoted, sign, word};

/// `pivot t on a using sum(b)` and `unpivot t on a, b` to queries over the clauses of the same names.
pub(super) fn pivots(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_pivot = is_any(Some(token), &["pivot", "pivot_wider"]);
        let is_unpivot = is_any(Some(token), &["unpivot", "pivot_longer"]);
        let starts = match out.last().map(|last| &last.token) {
            None | Some(Token::SemiColon | Token::LParen) => true,
            Some(Token::RParen) => tokens.get(at + 1).is_none_or(|next| next.token != Token::LParen),
            Some(_) => is(out.last(), "as"),
        };
        if (is_pivot || is_unpivot) && starts {
            let end = statement_end(tokens, at + 1);
            let body = &tokens[at + 1..end];
            let query = if is_pivot { pivot(body, token) } else { unpivot(body, token) };
            if let Some(query) = query {
                out.extend(query);
                at = end;
                continue;
            }
        }
        out.push(token.clone());
        at += 1;
    }
    out
}

/// Where a pivot statement ends: at the bracket around it, or at what may follow any query.
fn statement_end(tokens: &[TokenWithSpan], from: usize) -> usize {
    let mut level = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        level += depth(&token.token);
        let is_last = matches!(token.token, Token::SemiColon | Token::EOF)
            || is_any(Some(token), &["order", "limit", "union", "intersect", "except"]);
        if level < 0 || (level == 0 && is_last) {
            return at;
        }
    }
    tokens.len()
}

/// A clause of a pivot statement: the tokens behind its word up to the next clause.
fn clause<'t>(tokens: &'t [TokenWithSpan], name: &str) -> Option<&'t [TokenWithSpan]> {
    let starts: Vec<usize> =
        outermost(tokens).filter(|at| is_any(tokens.get(*at), &["on", "using", "group", "into"])).collect();
    let start = *starts.iter().find(|at| is(tokens.get(**at), name))?;
    let end = starts.iter().copied().find(|at| *at > start).unwrap_or(tokens.len());
    let skip = if is(tokens.get(start + 1), "by") { 2 } else { 1 };
    tokens.get(start + skip..end)
}

/// What stands before the first clause.
fn subject(tokens: &[TokenWithSpan]) -> Option<&[TokenWithSpan]> {
    let end = outermost(tokens).find(|at| is_any(tokens.get(*at), &["on", "using", "group", "into"]))?;
    tokens.get(..end).filter(|subject| !subject.is_empty())
}

/// Splits at the commas that are in no brackets.
fn list(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let commas = outermost(tokens).filter(|at| tokens[*at].token == Token::Comma);
    let mut parts = Vec::new();
    let mut start = 0;
    for comma in commas {
        parts.push(&tokens[start..comma]);
        start = comma + 1;
    }
    parts.push(&tokens[start..]);
    parts
}

fn pivot(body: &[TokenWithSpan], at: &TokenWithSpan) -> Option<Vec<TokenWithSpan>> {
    let source = subject(body)?;
    let on = clause(body, "on")?;
    let count = [word("count", at), sign(Token::LParen, at), sign(Token::Mul, at), sign(Token::RParen, at)];
    let using = clause(body, "using").unwrap_or(&count);
    let mut names = Vec::new();
    let mut values = None;
    for entry in list(on) {
        let in_at = outermost(entry).find(|at| is(entry.get(*at), "in"));
        let name = &entry[..in_at.unwrap_or(entry.len())];
        if let Some(in_at) = in_at {
            values = entry.get(in_at + 2..entry.len() - 1);
        }
        names.push(name);
    }
    let single = names.len() == 1;
    let mut out = vec![word("SELECT", at)];
    let Some(group) = clause(body, "group") else {
        out.extend([sign(Token::Mul, at), word("FROM", at)]);
        out.extend_from_slice(source);
        out.extend([word("PIVOT", at), sign(Token::LParen, at)]);
        out.extend_from_slice(using);
        out.push(word("FOR", at));
        if !single {
            out.push(sign(Token::LParen, at));
        }
        out.extend(join(&names, &sign(Token::Comma, at)));
        if !single {
            out.push(sign(Token::RParen, at));
        }
        out.extend([word("IN", at), sign(Token::LParen, at)]);
        match values.filter(|_| single) {
            Some(values) => out.extend_from_slice(values),
            None => out.push(word("ANY", at)),
        }
        out.extend([sign(Token::RParen, at), sign(Token::RParen, at)]);
        return Some(out);
    };
    out.extend_from_slice(group);
    let aggregates: Vec<_> = list(using).into_iter().map(without_alias).collect();
    let mut filter =
        vec![word("FILTER", at), sign(Token::LParen, at), word("WHERE", at), sign(Token::LParen, at)];
    filter.extend(join(&names, &sign(Token::Comma, at)));
    filter.extend([sign(Token::RParen, at), sign(Token::RParen, at)]);
    if let Some(values) = values.filter(|_| single) {
        for value in list(values) {
            for (aggregate, alias) in &aggregates {
                let label = label(value.last()?);
                let label = match alias {
                    Some(alias) => format!("{label}_{alias}"),
                    None if aggregates.len() > 1 => format!("{label}_{}", shown(aggregate)),
                    None => label,
                };
                out.push(sign(Token::Comma, at));
                out.extend_from_slice(aggregate);
                out.extend(filter.iter().cloned());
                out.extend([word("AS", at), quoted(&label, at)]);
            }
        }
    } else {
        out.extend([sign(Token::Comma, at), quoted(PIVOTED, at), sign(Token::LParen, at)]);
        let aggregates: Vec<_> = aggregates.iter().map(|(aggregate, _)| *aggregate).collect();
        out.extend(join(&aggregates, &sign(Token::Comma, at)));
        out.push(sign(Token::RParen, at));
        out.extend(filter);
    }
    out.push(word("FROM", at));
    out.extend_from_slice(source);
    out.extend([word("GROUP", at), word("BY", at)]);
    out.extend_from_slice(group);
    Some(out)
}

fn unpivot(body: &[TokenWithSpan], at: &TokenWithSpan) -> Option<Vec<TokenWithSpan>> {
    let source = subject(body)?;
    let on = clause(body, "on")?;
    let into = clause(body, "into").unwrap_or_default();
    let after =
        |name: &str| outermost(into).find(|at| is(into.get(*at), name)).and_then(|at| into.get(at + 1));
    let name = after("name").cloned().unwrap_or_else(|| word("name", at));
    let values: Vec<TokenWithSpan> = match outermost(into).find(|at| is(into.get(*at), "value")) {
        Some(start) => into[start + 1..].to_vec(),
        None => vec![word("value", at)],
    };
    let is_one = values.len() == 1;
    let mut out = vec![word("SELECT", at), sign(Token::Mul, at), word("FROM", at)];
    out.extend_from_slice(source);
    out.extend([word("UNPIVOT", at), sign(Token::LParen, at)]);
    if !is_one {
        out.push(sign(Token::LParen, at));
    }
    out.extend(values);
    if !is_one {
        out.push(sign(Token::RParen, at));
    }
    out.extend([word("FOR", at), name, word("IN", at)]);
    out.push(sign(Token::LParen, at));
    if on.first()?.token == Token::Mul {
        out.extend([word("COLUMNS", at), sign(Token::LParen, at)]);
        out.extend_from_slice(on);
        out.push(sign(Token::RParen, at));
    } else {
        out.extend_from_slice(on);
    }
    out.extend([sign(Token::RParen, at), sign(Token::RParen, at)]);
    Some(out)
}

fn join(parts: &[&[TokenWithSpan]], separator: &TokenWithSpan) -> Vec<TokenWithSpan> {
    parts.join(std::slice::from_ref(separator))
}

/// An aggregate and the alias behind it.
fn without_alias(tokens: &[TokenWithSpan]) -> (&[TokenWithSpan], Option<String>) {
    match tokens {
        [aggregate @ .., as_word, TokenWithSpan { token: Token::Word(alias), .. }]
            if is(Some(as_word), "as") =>
        {
            (aggregate, Some(alias.value.clone()))
        }
        _ => (tokens, None),
    }
}

/// A value as the name of a column.
fn label(token: &TokenWithSpan) -> String {
    match &token.token {
        Token::SingleQuotedString(text) => text.clone(),
        Token::Word(word) => word.value.clone(),
        other => other.to_string(),
    }
}

fn shown(tokens: &[TokenWithSpan]) -> String {
    tokens.iter().map(|token| token.token.to_string()).collect()
}

/// `t pivot (sum(a) for b in ('x') group by c)`: what it groups by goes among the values, under an alias of its own.
pub(super) fn grouped(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| is(Some(token), "pivot")) {
        return tokens;
    }
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        out.push(token.clone());
        at += 1;
        let opens =
            is(Some(token), "pivot") && tokens.get(at).is_some_and(|next| next.token == Token::LParen);
        let end = if opens { close(&tokens, at) } else { continue };
        let Some(inner) = tokens.get(at + 1..end.saturating_sub(1)) else { continue };
        if let Some(named) = grouped_values(inner) {
            out.push(tokens[at].clone());
            out.extend(named);
            out.push(tokens[end - 1].clone());
            at = end;
        }
    }
    out
}

fn grouped_values(inner: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let group = outermost(inner).find(|at| is(inner.get(*at), "group") && is(inner.get(at + 1), "by"))?;
    let (values, by) = (&inner[..group], &inner[group + 2..]);
    let (last, before) = values.split_last().filter(|(last, _)| last.token == Token::RParen)?;
    let mut out = before.to_vec();
    for column in list(by) {
        let at = column.first()?;
        out.push(sign(Token::Comma, at));
        out.extend_from_slice(column);
        out.extend([word("AS", at), quoted(GROUPED, at)]);
    }
    out.push(last.clone());
    Some(out)
}
