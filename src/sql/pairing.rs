//! Where a statement lays values side by side: comparisons, joins by name, and unions.
//!
//! An engine may make one type of two without a word where nobody meant it. These are statements and parts of
//! statements that make it say so: the same query with stricter comparisons, and the sides of a union each by itself.
//! Works on tokens, so that every place is that of the text.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Dialect, Lines, rewrite};

/// Words that lay one query over another.
const SET_WORDS: &[&str] = &["union", "intersect", "except"];

/// A null of a type that is compared with no other.
const NO_TYPE: &str = "cast(null as uuid)";

/// Statements longer than this, in tokens, are left alone.
const LONGEST: usize = 100_000;

/// A comparison, and what makes the engine strict about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The bytes that are replaced: an operator, a list of numbers, or a `using` with its columns.
    pub place: Range<usize>,
    /// What may stand there instead, of which the first that names what is there is right.
    pub instead: Vec<String>,
    /// As people call it: `=`, `in`, `using`.
    pub name: &'static str,
}

/// Queries whose rows become one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Union {
    /// The bytes of each query.
    pub sides: Vec<Range<usize>>,
    /// Whether columns find each other by name.
    pub by_name: bool,
    /// A query with the columns of all sides, each but the first side behind a column [`DIVIDER`].
    pub probe: String,
}

/// The column between two sides of a union.
pub const DIVIDER: &str = "teal next side";

/// The same statement with comparisons made strict, and the way back to its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strict {
    /// The statement.
    pub sql: String,
    /// For each replaced place: where it begins now, its bytes before, and its bytes now.
    steps: Vec<(usize, Range<usize>, usize)>,
}

impl Strict {
    /// A statement with replacements, in order of their places.
    pub fn new<'r>(sql: &str, replaced: impl Iterator<Item = (&'r Range<usize>, &'r str)>) -> Self {
        let mut strict = Self { sql: String::with_capacity(sql.len()), steps: Vec::new() };
        let mut done = 0;
        for (place, text) in replaced.filter(|(place, _)| place.end <= sql.len()) {
            if place.start < done {
                continue;
            }
            strict.sql.push_str(&sql[done..place.start]);
            strict.steps.push((strict.sql.len(), place.clone(), text.len()));
            strict.sql.push_str(text);
            done = place.end;
        }
        strict.sql.push_str(&sql[done..]);
        strict
    }

    /// Where a byte was in the statement as written; the start of what was replaced.
    pub fn origin(&self, at: usize) -> usize {
        let before = self.steps.iter().rev().find(|(start, _, _)| *start <= at);
        before.map_or(
            at,
            |(start, place, length)| {
                if at < start + length { place.start } else { place.end + (at - start - length) }
            },
        )
    }
}

/// Everything that a statement compares by `=` and its kin, by `in` with numbers, or by `using`.
pub fn comparisons(sql: &str, dialect: Dialect) -> Vec<Comparison> {
    let Some(text) = Text::new(sql, dialect) else { return Vec::new() };
    let mut found = Vec::new();
    for at in 0..text.tokens.len() {
        found.extend(text.operator(at).or_else(|| text.numbers(at)).or_else(|| text.using(at)));
    }
    found
}

/// Every union, intersection and difference of a statement, inner ones first.
pub fn unions(sql: &str, dialect: Dialect) -> Vec<Union> {
    let lower = sql.to_lowercase();
    if !SET_WORDS.iter().any(|word| lower.contains(word)) {
        return Vec::new();
    }
    let Some(text) = Text::new(sql, dialect) else { return Vec::new() };
    let mut found = Vec::new();
    text.query(0..text.tokens.len(), &mut Sight::default(), 0, &mut found);
    found
}

/// Words before brackets that call nothing.
const NO_CALLS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "by",
    "exists",
    "except",
    "exclude",
    "filter",
    "from",
    "group",
    "in",
    "intersect",
    "join",
    "lateral",
    "not",
    "on",
    "or",
    "over",
    "pivot",
    "replace",
    "select",
    "then",
    "union",
    "unpivot",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// The bytes of every call of a function, the shortest first.
pub fn calls(sql: &str, dialect: Dialect) -> Vec<Range<usize>> {
    let Some(text) = Text::new(sql, dialect) else { return Vec::new() };
    let call = |open: usize| {
        let before = open.checked_sub(1).filter(|_| text.token(open) == Some(&Token::LParen))?;
        let is_name = matches!(text.token(before), Some(Token::Word(_))) && !text.is(before, NO_CALLS);
        let close = text.closing[open].filter(|_| is_name)?;
        let mut start = before;
        while start > 1 && text.token(start - 1) == Some(&Token::Period) {
            start -= 2;
        }
        Some(text.places[start].start..text.places[close].end)
    };
    let mut found: Vec<_> = (0..text.tokens.len()).filter_map(call).collect();
    found.sort_by_key(|place| (place.len(), place.start));
    found
}

/// How deep in brackets unions are looked for.
const DEPTH: usize = 100;

/// Common table expressions that a query may read, as they are written.
#[derive(Debug, Clone, Default)]
struct Sight {
    written: Vec<Range<usize>>,
    is_recursive: bool,
}

struct Text<'a> {
    sql: &'a str,
    tokens: Vec<TokenWithSpan>,
    /// The bytes of each token.
    places: Vec<Range<usize>>,
    /// For each opening bracket, the closing one.
    closing: Vec<Option<usize>>,
    /// The bytes of each `null` that is a column by itself.
    nulls: Vec<Range<usize>>,
}

impl<'a> Text<'a> {
    fn new(sql: &'a str, dialect: Dialect) -> Option<Self> {
        let lines = Lines::new(sql);
        let all = rewrite::tokens(&*dialect.grammar(), sql).ok()?;
        let tokens: Vec<_> = all
            .into_iter()
            .filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF))
            .collect();
        if tokens.len() > LONGEST {
            return None;
        }
        let place = |token: &TokenWithSpan| {
            let (start, end) =
                (lines.offset(token.span.start)? as usize, lines.offset(token.span.end)? as usize);
            (sql.is_char_boundary(start) && sql.is_char_boundary(end) && start <= end).then_some(start..end)
        };
        let places = tokens.iter().map(place).collect::<Option<Vec<_>>>()?;
        let nulls = Vec::new();
        let mut text = Self { sql, closing: vec![None; tokens.len()], tokens, places, nulls };
        let mut open = Vec::new();
        for at in 0..text.tokens.len() {
            match text.tokens[at].token {
                Token::LParen => open.push(at),
                Token::RParen => {
                    if let Some(start) = open.pop() {
                        text.closing[start] = Some(at);
                    }
                }
                _ if text.is_column_of_nulls(at, open.last().copied()) => {
                    text.nulls.push(text.places[at].clone());
                }
                _ => {}
            }
        }
        Some(text)
    }

    /// Whether a token, in brackets that open at another, is a `null` that a query has for a column.
    fn is_column_of_nulls(&self, at: usize, open: Option<usize>) -> bool {
        let is_comma = |at: usize| self.token(at) == Some(&Token::Comma);
        let begins = at > 0 && (is_comma(at - 1) || self.is(at - 1, &["select", "distinct"]));
        let in_query = open.is_none_or(|open| self.is(open + 1, &["select", "with", "from"]));
        let ends = is_comma(at + 1) || self.is(at + 1, &["as", "from", "union", "where", "limit"]);
        let is_last = at + 1 == self.tokens.len() || self.token(at + 1) == Some(&Token::RParen);
        self.is(at, &["null"]) && begins && in_query && (ends || is_last)
    }

    /// Bytes of the text with columns of nulls made ones of a type that nothing else has, for an engine gives them
    /// one of its own choice.
    fn marked(&self, place: &Range<usize>) -> String {
        let inside = self.nulls.iter().filter(|null| place.start <= null.start && null.end <= place.end);
        let places: Vec<_> = inside.map(|null| null.start - place.start..null.end - place.start).collect();
        let replaced = places.iter().map(|place| (place, NO_TYPE));
        Strict::new(&self.sql[place.clone()], replaced).sql
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| rewrite::is(self.tokens.get(at), word))
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|token| &token.token)
    }

    /// `=`, `<>`, `is distinct from`.
    fn operator(&self, at: usize) -> Option<Comparison> {
        let strict = |place: Range<usize>, name| {
            let instead = vec![format!("{:<1$}", "<", place.len())];
            Some(Comparison { place, instead, name })
        };
        match self.token(at)? {
            Token::Eq | Token::DoubleEq => strict(self.places[at].clone(), "="),
            Token::Neq => strict(self.places[at].clone(), "<>"),
            Token::Word(_) if self.is(at, &["is"]) => {
                let after = at + 1 + usize::from(self.is(at + 1, &["not"]));
                let is_it = self.is(after, &["distinct"]) && self.is(after + 1, &["from"]);
                is_it
                    .then(|| strict(self.places[at].start..self.places[after + 1].end, "is distinct from"))?
            }
            _ => None,
        }
    }

    /// `in (1, 2)`: the engine makes numbers of texts for a list, and says so for a query.
    fn numbers(&self, at: usize) -> Option<Comparison> {
        let open = at + 1;
        if !self.is(at, &["in"]) || self.token(open) != Some(&Token::LParen) {
            return None;
        }
        let close = self.closing[open]?;
        let is_plain =
            |at: usize| matches!(self.token(at), Some(Token::Number(..) | Token::Comma | Token::Minus));
        if close == open + 1 || !(open + 1..close).all(is_plain) {
            return None;
        }
        let place = self.places[open].end..self.places[close].start;
        let instead = vec![format!("select unnest([{}])", &self.sql[place.clone()])];
        Some(Comparison { place, instead, name: "in" })
    }

    /// `left join b using (x, y)`: as a condition that is bound before anything else of its query.
    fn using(&self, at: usize) -> Option<Comparison> {
        let open = at + 1;
        if !self.is(at, &["using"]) || self.token(open) != Some(&Token::LParen) {
            return None;
        }
        let close = self.closing[open]?;
        let right = self.name_at(at.checked_sub(1)?)?;
        let mut columns = Vec::new();
        for at in open + 1..close {
            match self.token(at)? {
                Token::Word(_) => columns.push(&self.sql[self.places[at].clone()]),
                Token::Comma => {}
                _ => return None,
            }
        }
        let on = |left: &str| {
            let pairs: Vec<_> =
                columns.iter().map(|column| format!("{left}.{column} < {right}.{column}")).collect();
            format!("on {}", pairs.join(" and "))
        };
        let instead: Vec<_> = self.joined_before(at).into_iter().map(on).collect();
        (!instead.is_empty()).then(|| Comparison {
            place: self.places[at].start..self.places[close].end,
            instead,
            name: "using",
        })
    }

    /// A name as it is written, where a token is one.
    fn name_at(&self, at: usize) -> Option<&'a str> {
        matches!(self.token(at)?, Token::Word(_)).then(|| &self.sql[self.places[at].clone()])
    }

    /// What the relations before a `using` are called, the first one first.
    fn joined_before(&self, using: usize) -> Vec<&'a str> {
        const NEXT: &[&str] = &[
            "join", "left", "right", "full", "inner", "cross", "semi", "anti", "asof", "natural", "on",
            "using",
        ];
        let mut names = Vec::new();
        let mut at = using;
        let mut depth = 0_usize;
        while at > 0 {
            at -= 1;
            match self.token(at) {
                Some(Token::RParen) => depth += 1,
                Some(Token::LParen) if depth == 0 => break,
                Some(Token::LParen) => depth -= 1,
                Some(Token::Comma) if depth == 0 => names.extend(self.name_at(at.saturating_sub(1))),
                _ if depth > 0 => {}
                _ if self.is(at, &["from"]) => break,
                _ if self.is(at, NEXT)
                    && at > 0
                    && !self.is(at - 1, NEXT)
                    && !self.is(at - 1, &["outer"]) =>
                {
                    names.extend(self.name_at(at - 1));
                }
                _ => {}
            }
        }
        names.reverse();
        names
    }

    /// Looks for unions in what may be a query, with what it may read.
    fn query(&self, range: Range<usize>, sight: &mut Sight, depth: usize, found: &mut Vec<Union>) {
        if depth > DEPTH || range.is_empty() {
            return;
        }
        let body = self.with(range, sight, depth, found);
        let mut starts = vec![body.start];
        let mut ends = Vec::new();
        let mut by_name = false;
        let mut last = body.end;
        let mut at = body.start;
        while at < body.end {
            if self.token(at) == Some(&Token::LParen) {
                let close = self.closing[at].unwrap_or(body.end).min(body.end);
                self.query(at + 1..close, &mut sight.clone(), depth + 1, found);
                at = close + 1;
                continue;
            }
            if let Some(next) = self.next_side(at) {
                by_name |= (at..next).any(|at| self.is(at, &["name"]));
                ends.push(at);
                starts.push(next);
                at = next;
                continue;
            }
            let ends_all =
                (self.is(at, &["order"]) && self.is(at + 1, &["by"])) || self.is(at, &["limit", "offset"]);
            if ends_all && !ends.is_empty() && last == body.end {
                last = at;
            }
            at += 1;
        }
        ends.push(last);
        let sides: Vec<_> = std::iter::zip(starts, ends)
            .filter(|(start, end)| start < end)
            .map(|(start, end)| self.places[start].start..self.places[end - 1].end)
            .collect();
        if sides.len() > 1 {
            let probe = self.probe(&sides, sight);
            found.push(Union { sides, by_name, probe });
        }
    }

    /// Goes through the common table expressions of a query; what is left is its body.
    fn with(
        &self,
        range: Range<usize>,
        sight: &mut Sight,
        depth: usize,
        found: &mut Vec<Union>,
    ) -> Range<usize> {
        let mut at = range.start;
        if !self.is(at, &["with"]) {
            return range;
        }
        at += 1;
        if self.is(at, &["recursive"]) {
            sight.is_recursive = true;
            at += 1;
        }
        loop {
            let start = at;
            while at < range.end && !self.is(at, &["as"]) {
                at += 1;
            }
            while at < range.end && self.token(at) != Some(&Token::LParen) {
                at += 1;
            }
            let Some(close) = self.closing.get(at).copied().flatten().filter(|close| *close < range.end)
            else {
                return range.end..range.end;
            };
            self.query(at + 1..close, &mut sight.clone(), depth + 1, found);
            sight.written.push(self.places[start].start..self.places[close].end);
            at = close + 1;
            if self.token(at) != Some(&Token::Comma) || at >= range.end {
                return at.min(range.end)..range.end;
            }
            at += 1;
        }
    }

    /// The first token of the next query, where a word joins it to the one before.
    fn next_side(&self, at: usize) -> Option<usize> {
        if !self.is(at, SET_WORDS) {
            return None;
        }
        let mut next = at + 1;
        while self.is(next, &["all", "distinct", "by", "name"]) {
            next += 1;
        }
        let is_query = self.is(next, &["select", "from", "with", "values"])
            || (self.token(next) == Some(&Token::LParen)
                && (self.is(next + 1, &["select", "from", "with", "values"])
                    || self.token(next + 1) == Some(&Token::LParen)));
        is_query.then_some(next)
    }

    fn probe(&self, sides: &[Range<usize>], sight: &Sight) -> String {
        let mut probe = String::new();
        if !sight.written.is_empty() {
            let written: Vec<_> = sight.written.iter().map(|place| self.marked(place)).collect();
            let recursive = if sight.is_recursive { "recursive " } else { "" };
            probe = format!("with {recursive}{}\n", written.join(",\n"));
        }
        probe.push_str("select ");
        for at in 0..sides.len() {
            if at > 0 {
                probe.push_str(&format!(", null as \"{DIVIDER}\", "));
            }
            probe.push_str(&format!("\"teal side {at}\".*"));
        }
        probe.push_str(" from ");
        for (at, side) in sides.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            probe.push_str(&format!("{comma}(\n{}\n) as \"teal side {at}\"", self.marked(side)));
        }
        probe
    }
}
