//! SQL as text, without regard to the nodes it came from: what a statement's columns are made of.
//!
//! [`columns`] is the way in. In reading order: `lineage` is what it answers with, `dialect` how warehouses
//! differ, `rewrite` puts what the parser does not know into what it does, `flow` is what a value is made
//! of, `scope` what names mean, `analyse` the analyser's state, `query`, `set`, `from`, `star`, `pivot`,
//! `pipe`, `expression` and `function` walk the parts of a statement, and `tables` is what is left of one that
//! cannot be read. `pairing` is where values meet, for those who know types. This file alone reads the parser's errors and spans.

mod analyse;
mod dialect;
mod expression;
mod flow;
mod from;
mod function;
mod lineage;
mod pairing;
mod pipe;
mod pivot;
mod query;
mod rewrite;
mod scope;
mod set;
mod star;
mod table_function;
mod tables;

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{SelectItem, Spanned, Statement};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

pub use dialect::Dialect;
pub use lineage::{
    APART, Columns, Edge, EdgeKind, Extent, Found, Influence, InfluenceKind, Known, Note, Output, Reference,
    Schema, Table,
};

pub use pairing::{Comparison, DIVIDER, Strict, Union, calls, comparisons, unions};

use analyse::{Analyser, Halt};
use flow::Place;

/// How many tokens a statement may have for its columns to be followed; a model of 10,000 lines has fewer.
const LONGEST: usize = 400_000;

/// How deep brackets may stand in each other.
const DEEPEST: usize = 100;

/// Stack for each token, since a chain of operators makes the parser's tree as deep as it is long.
const STACK_PER_TOKEN: usize = 2 * 1024;

/// Stack at least, for the parser at its deepest; memory is taken only as it is touched.
const LEAST_STACK: usize = 64 * 1024 * 1024;

/// Follows a statement's columns to the tables it reads.
///
/// Of several statements it is the last that gives columns. A statement that cannot be read, or that is too
/// much to follow, gives its tables and a note, and never panics: see [`Extent`].
pub fn columns(sql: &str, dialect: Dialect, schema: &dyn Schema) -> Columns {
    let grammar = dialect.grammar();
    let lines = Lines::new(sql);
    let tokens = match rewrite::tokens(&*grammar, sql) {
        Ok(tokens) => tokens,
        Err(error) => {
            let span = lines.offset(error.location).map(|at| at as usize..at as usize);
            let note = Note { message: format!("it cannot be read: {}", error.message), span };
            return Columns { notes: vec![note], extent: Extent::Tables, ..Columns::default() };
        }
    };
    let unread = |note: Note| Columns {
        tables: tables::tables(&tokens, &lines),
        notes: vec![note],
        extent: Extent::Tables,
        ..Columns::default()
    };
    if tokens.len() > LONGEST {
        return unread(Note { message: "it is too long to be followed".to_owned(), span: None });
    }
    let stack = LEAST_STACK + tokens.len() * STACK_PER_TOKEN;
    let followed = stacker::grow(stack, || {
        let readable = if dialect.is_rewritten() { rewrite::rewrite(tokens.clone()) } else { tokens.clone() };
        let statement = statement(&*grammar, readable, &lines)?;
        let mut analyser = Analyser::new(dialect, &lines, schema);
        match analyser.statement(&statement) {
            Ok(shape) => Ok(analyser.finish(&shape)),
            Err(Halt(message)) => Err(Note { message, span: None }),
        }
    });
    followed.unwrap_or_else(unread)
}

/// Parses the last statement.
fn statement(
    grammar: &dyn sqlparser::dialect::Dialect,
    tokens: Vec<TokenWithSpan>,
    lines: &Lines,
) -> Result<Statement, Note> {
    let mut parser = Parser::new(grammar).with_recursion_limit(DEEPEST).with_tokens_with_locations(tokens);
    match parser.parse_statements() {
        Ok(mut statements) => {
            statements.pop().ok_or_else(|| Note { message: "there is no statement".to_owned(), span: None })
        }
        Err(ParserError::RecursionLimitExceeded) => {
            Err(Note { message: "its brackets are too deep to be followed".to_owned(), span: None })
        }
        Err(ParserError::ParserError(message) | ParserError::TokenizerError(message)) => {
            let (message, at) = match message.rsplit_once(" at Line: ") {
                Some((message, at)) => (message.to_owned(), at.split_once(", Column: ")),
                None => (message, None),
            };
            let location = at.and_then(|(line, column)| {
                Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
            });
            let span = location.and_then(|at| lines.offset(at)).map(|at| at as usize..at as usize + 1);
            Err(Note { message: format!("it cannot be read: {}", message.to_lowercase()), span })
        }
    }
}

/// From the parser's lines and columns, which count characters from 1, to bytes.
struct Lines {
    /// The first byte of each line, and the end of the text.
    starts: Vec<usize>,
    /// For a line with characters of several bytes, where each of its characters starts in it.
    characters: HashMap<usize, Vec<u32>>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut characters = HashMap::new();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            starts.push(starts[at] + line.len());
            if !line.is_ascii() {
                let offsets = line.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX));
                characters.insert(at, offsets.collect());
            }
        }
        Self { starts, characters }
    }

    fn offset(&self, location: Location) -> Option<u32> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        let length = self.starts.get(line + 1).map_or(0, |end| end - start);
        let within = match self.characters.get(&line) {
            None => column.min(length),
            Some(offsets) => offsets.get(column).map_or(length, |at| *at as usize),
        };
        u32::try_from(start + within).ok()
    }

    /// The bytes of a span, where the parser knows it.
    fn place(&self, span: &Span) -> Place {
        let place = (self.offset(span.start)?, self.offset(span.end)?);
        (place.0 < place.1).then_some(place)
    }

    /// The bytes of a select item. The parser's own way to them is as deep as the expression.
    fn place_of(&self, item: &SelectItem) -> Place {
        let is_deep = match item {
            SelectItem::UnnamedExpr(expression)
            | SelectItem::ExprWithAlias { expr: expression, .. }
            | SelectItem::ExprWithAliases { expr: expression, .. } => expression::is_deep(expression),
            SelectItem::QualifiedWildcard(..) | SelectItem::Wildcard(_) => false,
        };
        if is_deep { None } else { self.place(&item.span()) }
    }
}

/// The statements of a text, each without the semicolon behind it.
pub fn statements(sql: &str) -> Vec<&str> {
    let lines = Lines::new(sql);
    let Ok(tokens) = rewrite::tokens(&*Dialect::default().grammar(), sql) else { return vec![sql] };
    let mut found = Vec::new();
    let mut start = 0;
    for token in tokens.iter().filter(|token| token.token == Token::SemiColon) {
        let Some(at) = lines.offset(token.span.start).map(|at| at as usize) else { continue };
        found.push(&sql[start..at]);
        start = at + 1;
    }
    found.push(&sql[start..]);
    found.retain(|one| !one[skip_blank(one, 0)..].is_empty());
    found
}

/// What stands in a query, whatever it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Its words and texts, in lower case.
    pub words: HashSet<String>,
    /// The words that an opening bracket follows.
    pub calls: HashSet<String>,
}

/// Reads the words of a query in a dialect, comments left out; nothing where it cannot be read.
pub fn mentions(sql: &str, dialect: Dialect) -> Option<Mentions> {
    let mut tokens = rewrite::tokens(&*dialect.grammar(), sql).ok()?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    let mut found = Mentions::default();
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::Word(word) => {
                let word = word.value.to_lowercase();
                if matches!(tokens.get(at + 1).map(|next| &next.token), Some(Token::LParen)) {
                    found.calls.insert(word.clone());
                }
                found.words.insert(word);
            }
            Token::SingleQuotedString(text) => drop(found.words.insert(text.to_lowercase())),
            _ => {}
        }
    }
    Some(found)
}

/// Where the first `with` of a statement ends, `recursive` included: the byte at which further
/// common table expressions may be put in. Nothing when the statement does not begin with `with`.
pub fn with_clause(sql: &str) -> Option<usize> {
    let start = skip_blank(sql, 0);
    let with = keyword(sql, start, "with")?;
    Some(keyword(sql, skip_blank(sql, with), "recursive").unwrap_or(with))
}

/// Whether a query is a `pivot` whose columns are the values it finds, not a list that it names.
pub fn pivots_on_rows(sql: &str) -> bool {
    let mut rest = sql;
    while let Some(at) = find_word(rest, "pivot") {
        rest = &rest[at + "pivot".len()..];
        let body = rest.trim_start();
        let query = body
            .strip_prefix('(')
            .map(str::trim_start)
            .filter(|query| ["select", "from", "with"].iter().any(|word| keyword(query, 0, word).is_some()));
        // The standard's form, whose brackets hold no query, always names its values, and so may the other.
        let after = if query.is_some() { &body[bracket(body)..] } else { body };
        let named = after.starts_with('(') || find_word(after, "in").is_some();
        if !named {
            return true;
        }
    }
    false
}

/// The byte after the bracket that closes the one a text begins with.
fn bracket(sql: &str) -> usize {
    let mut depth = 0;
    let mut is_text = false;
    for (at, sign) in sql.char_indices() {
        match sign {
            '\'' => is_text = !is_text,
            '(' if !is_text => depth += 1,
            ')' if !is_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    sql.len()
}

/// Where a word stands that is no part of another.
fn find_word(sql: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let lower = sql.to_ascii_lowercase();
    let found = lower.match_indices(word).map(|(at, _)| at);
    found.into_iter().find(|at| !lower[..*at].ends_with(part) && !lower[at + word.len()..].starts_with(part))
}

/// The first byte of a statement that is neither blank nor comment.
pub fn skip_blank(sql: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = &sql[at..];
        let skipped = if let Some(comment) = rest.strip_prefix("--") {
            2 + comment.find('\n').map_or(comment.len(), |end| end + 1)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            2 + comment.find("*/").map_or(comment.len(), |end| end + 2)
        } else {
            rest.len() - rest.trim_start().len()
        };
        if skipped == 0 {
            return at;
        }
        at += skipped;
    }
}

/// The byte after a keyword, if the text has it there as a whole word.
fn keyword(sql: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let here = sql.get(at..end)?;
    let goes_on = sql[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (here.eq_ignore_ascii_case(word) && !goes_on).then_some(end)
}
