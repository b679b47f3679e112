//! Constructs that the parser does not know, put into words that it does and that mean the same for lineage.
//!
//! Works on tokens, each of which keeps its place in the text: what is left out or put in has the place of
//! what it stands for. Where a construct is not as expected its tokens stay, and the parser says so. `pivot` is rows
//! to columns and back, `summary` what describes a table, `shorthand` what is written out.

mod pivot;
mod shorthand;
mod summary;

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The function that stands for the columns of a pivot whose names only its rows tell.
pub(super) const PIVOTED: &str = "pivoted columns";

/// The alias of what a pivot in the standard's form groups by, among the values that it names.
pub(super) const GROUPED: &str = "pivot group";

/// How deep list comprehensions are looked for in each other.
const DEPTH: usize = 32;

/// Words that end the list of select items.
const AFTER_ITEMS: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "window",
    "qualify",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "using",
    "sample",
];

/// Rewrites the tokens of a text.
pub(super) fn rewrite(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let tokens: Vec<_> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let tokens = small(&shorthand::shorthands(&tokens));
    let tokens = prefix_aliases(&tokens);
    let tokens = comprehensions(&tokens, 0);
    pivot::grouped(pivot::pivots(&summary::summaries(&tokens)))
}

/// Whether a token is an unquoted word.
pub(super) fn is(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

fn is_any(token: Option<&TokenWithSpan>, words: &[&str]) -> bool {
    words.iter().any(|word| is(token, word))
}

/// A word at the place of another token.
fn word(text: &str, at: &TokenWithSpan) -> TokenWithSpan {
    TokenWithSpan { token: Token::make_word(text, None), span: at.span }
}

fn quoted(text: &str, at: &TokenWithSpan) -> TokenWithSpan {
    TokenWithSpan { token: Token::make_word(text, Some('"')), span: at.span }
}

fn sign(token: Token, at: &TokenWithSpan) -> TokenWithSpan {
    TokenWithSpan { token, span: at.span }
}

/// How much deeper in brackets the text is after a token.
fn depth(token: &Token) -> i32 {
    match token {
        Token::LParen | Token::LBracket | Token::LBrace => 1,
        Token::RParen | Token::RBracket | Token::RBrace => -1,
        _ => 0,
    }
}

/// The end of the brackets that open at a token: the index behind the closing one.
fn close(tokens: &[TokenWithSpan], open: usize) -> usize {
    let mut level = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        level += depth(&token.token);
        if level <= 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// What one or a few tokens decide.
fn small(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let ahead = |by: usize| tokens.get(at + by);
        let starts =
            matches!(out.last().map(|last| &last.token), None | Some(Token::SemiColon | Token::LParen));
        if starts && is(Some(token), "table") && matches!(ahead(1).map(|t| &t.token), Some(Token::Word(_))) {
            out.push(word("from", token));
        } else if is(Some(token), "positional") && is(ahead(1), "join") {
            out.push(word("cross", token));
        } else if is(Some(token), "asof")
            && is_any(ahead(1), &["join", "left", "right", "full", "inner", "semi", "anti"])
        {
            // The condition is an ordinary one here; elsewhere it is a clause of its own.
        } else if is_any(Some(token), &["ignore", "respect"]) && is(ahead(1), "nulls") {
            at += 1;
        } else if is(Some(token), "using") && is(ahead(1), "sample") {
            at = sample_end(tokens, at + 2) - 1;
        } else if is(Some(token), "filter")
            && out.last().is_some_and(|last| last.token == Token::RParen)
            && ahead(1).is_some_and(|next| next.token == Token::LParen)
            && !is(ahead(2), "where")
        {
            out.extend([token.clone(), sign(Token::LParen, token), word("where", token)]);
            at += 1;
        } else if is(Some(token), "glob")
            && matches!(ahead(1).map(|t| &t.token), Some(Token::SingleQuotedString(_)))
        {
            out.push(word("like", token));
        } else if token.token == Token::Mul
            && ahead(1).is_some_and(|next| next.token == Token::Mul)
            && out.last().is_some_and(|last| is_operand(&last.token))
        {
            out.push(token.clone());
            at += 1;
        } else if token.token == Token::Mul
            && (is(out.last(), "select") || out.last().is_some_and(|last| last.token == Token::Comma))
            && let Some(end) = pattern_end(tokens, at + 1)
        {
            let name = "column name";
            out.extend([word("COLUMNS", token), sign(Token::LParen, token), quoted(name, token)]);
            out.extend([sign(Token::Arrow, token), quoted(name, token)]);
            out.extend_from_slice(&tokens[at + 1..end]);
            out.push(sign(Token::RParen, token));
            at = end - 1;
        } else {
            out.push(token.clone());
        }
        at += 1;
    }
    out
}

/// Whether an operator may follow a token.
fn is_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            word.quote_style.is_some()
                || !matches!(word.keyword, Keyword::SELECT | Keyword::DISTINCT | Keyword::ALL)
        }
        Token::Number(..) | Token::RParen | Token::RBracket => true,
        _ => false,
    }
}

/// The end of `[not] like 'pattern'` and its kin behind a `*`.
fn pattern_end(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    let mut at = from;
    if is(tokens.get(at), "not") {
        at += 1;
    }
    at += match tokens.get(at) {
        like if is_any(like, &["like", "ilike"]) => 1,
        similar if is(similar, "similar") && is(tokens.get(at + 1), "to") => 2,
        _ => return None,
    };
    matches!(tokens.get(at)?.token, Token::SingleQuotedString(_)).then_some(at + 1)
}

/// The end of what may stand behind `using sample`.
fn sample_end(tokens: &[TokenWithSpan], from: usize) -> usize {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match &token.token {
            Token::LParen => at = close(tokens, at),
            Token::Number(..) | Token::Mod => at += 1,
            _ if is_any(
                Some(token),
                &["percent", "rows", "reservoir", "bernoulli", "system", "repeatable"],
            ) =>
            {
                at += 1;
            }
            _ => break,
        }
    }
    at
}

/// One level of brackets while select items are looked for.
#[derive(Default)]
struct Level {
    in_items: bool,
    at_start: bool,
    alias: Option<TokenWithSpan>,
}

impl Level {
    /// Puts the alias behind the item that ends here.
    fn end_item(&mut self, out: &mut Vec<TokenWithSpan>) {
        if let Some(alias) = self.alias.take() {
            out.push(word("AS", &alias));
            out.push(alias);
        }
    }
}

/// `select name: expression` to `select expression as name`.
fn prefix_aliases(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut levels = vec![Level::default()];
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_nested = levels.len() > 1;
        let Some(level) = levels.last_mut() else { break };
        if level.in_items && level.at_start {
            let is_alias = matches!(token.token, Token::Word(_))
                && tokens.get(at + 1).is_some_and(|next| next.token == Token::Colon);
            if is_alias {
                level.alias = Some(token.clone());
                at += 2;
                level.at_start = false;
                continue;
            }
            level.at_start = is_any(Some(token), &["distinct", "all"]);
        }
        match &token.token {
            Token::Comma if level.in_items => {
                level.end_item(&mut out);
                level.at_start = true;
            }
            Token::SemiColon | Token::EOF => {
                level.end_item(&mut out);
                level.in_items = false;
            }
            _ if is(Some(token), "select") => {
                level.end_item(&mut out);
                *level = Level { in_items: true, at_start: true, alias: None };
            }
            _ if level.in_items && is_any(Some(token), AFTER_ITEMS) => {
                level.end_item(&mut out);
                level.in_items = false;
            }
            _ => {}
        }
        match depth(&token.token) {
            1 => levels.push(Level::default()),
            -1 if is_nested => {
                level.end_item(&mut out);
                levels.pop();
            }
            _ => {}
        }
        out.push(token.clone());
        at += 1;
    }
    if let Some(level) = levels.last_mut() {
        level.end_item(&mut out);
    }
    out
}

/// `[f(x) for x in list if g(x)]` to `list_transform(list_filter(list, x -> g(x)), x -> f(x))`.
fn comprehensions(tokens: &[TokenWithSpan], nested: usize) -> Vec<TokenWithSpan> {
    if nested > DEPTH || !tokens.iter().any(|token| is(Some(token), "for")) {
        return tokens.to_vec();
    }
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.token == Token::LBracket {
            let end = close(tokens, at);
            let is_closed = tokens[end - 1].token == Token::RBracket && end - 1 > at;
            if is_closed {
                let inner = comprehensions(&tokens[at + 1..end - 1], nested + 1);
                if let Some(call) = comprehension(&inner, token) {
                    out.extend(call);
                } else {
                    out.push(token.clone());
                    out.extend(inner);
                    out.push(tokens[end - 1].clone());
                }
                at = end;
                continue;
            }
        }
        out.push(token.clone());
        at += 1;
    }
    out
}

fn comprehension(inner: &[TokenWithSpan], at: &TokenWithSpan) -> Option<Vec<TokenWithSpan>> {
    let cut = |word: &str, tokens: &[TokenWithSpan]| outermost(tokens).find(|at| is(tokens.get(*at), word));
    let for_at = cut("for", inner)?;
    let (value, rest) = (&inner[..for_at], &inner[for_at + 1..]);
    let in_at = cut("in", rest)?;
    let (names, list) = (&rest[..in_at], &rest[in_at + 1..]);
    let (list, condition) = match cut("if", list) {
        Some(end) => (&list[..end], Some(&list[end + 1..])),
        None => (list, None),
    };
    let lambda = |body: &[TokenWithSpan]| {
        let mut tokens = vec![sign(Token::LParen, at)];
        tokens.extend_from_slice(names);
        tokens.extend([sign(Token::RParen, at), sign(Token::Arrow, at)]);
        tokens.extend_from_slice(body);
        tokens
    };
    let call = |name: &str, list: Vec<TokenWithSpan>, body: &[TokenWithSpan]| {
        let mut tokens = vec![word(name, at), sign(Token::LParen, at)];
        tokens.extend(list);
        tokens.push(sign(Token::Comma, at));
        tokens.extend(lambda(body));
        tokens.push(sign(Token::RParen, at));
        tokens
    };
    let list = match condition {
        Some(condition) => call("list_filter", list.to_vec(), condition),
        None => list.to_vec(),
    };
    Some(call("list_transform", list, value))
}

/// The indices of tokens that are in no brackets.
fn outermost(tokens: &[TokenWithSpan]) -> impl Iterator<Item = usize> {
    let mut level = 0;
    let is_out = move |(at, token): (usize, &TokenWithSpan)| {
        let before = level;
        level += depth(&token.token);
        (before == 0 && depth(&token.token) >= 0).then_some(at)
    };
    tokens.iter().enumerate().filter_map(is_out)
}

/// Reads a text's tokens.
pub(super) fn tokens(
    grammar: &dyn Dialect,
    sql: &str,
) -> Result<Vec<TokenWithSpan>, sqlparser::tokenizer::TokenizerError> {
    sqlparser::tokenizer::Tokenizer::new(grammar, sql).tokenize_with_location()
}
