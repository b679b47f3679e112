//! Recognises expressions by Jinja's grammar and notes what must be written differently.
//!
//! It builds no tree: it walks the grammar from left to right and records insertions, so that
//! precedence and the difference between a list and a subscript are settled as Jinja settles them.

use std::ops::Range;

use super::scan::{Kind, Lexer, Syntax, Token};
use super::written::written;
use super::{CallName, Keyword, Notes, Site};

/// What an expression is at its outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A call, which may stand in `do`.
    Call,
    /// Anything else.
    Other,
}

/// Words that cannot start an expression.
const RESERVED: [&str; 7] = ["and", "or", "in", "is", "if", "else", "not"];

/// An expression being read, and the notes it leaves.
pub(super) struct Reader<'l, 'a> {
    pub(super) lexer: &'l mut Lexer<'a>,
    pub(super) notes: &'l mut Notes,
    /// How deep expressions are nested, bounded so that no text can exhaust the stack.
    pub(super) depth: usize,
}

const MAX_DEPTH: usize = 120;

pub(super) type Read = Result<Shape, Syntax>;

impl<'a> Reader<'_, 'a> {
    /// One expression, or several with commas, which become a tuple.
    pub(super) fn tuple(&mut self, conditional: bool) -> Read {
        let mark = self.notes.mark();
        let start = self.lexer.peek()?.range.start;
        let shape = if conditional { self.expression()? } else { self.or()? };
        if !self.lexer.is(",")? {
            return Ok(shape);
        }
        let mut end = start;
        while let Some(comma) = self.lexer.take(",")? {
            end = comma.range.end;
            let next = self.lexer.peek()?;
            let stops = next.kind == Kind::End
                || [")", "]", "}", ":", "=", "if", "recursive"].contains(&self.lexer.text_of(&next));
            if stops {
                break;
            }
            if conditional {
                self.expression()?;
            } else {
                self.or()?;
            }
            end = self.lexer.last_end();
        }
        self.notes.insert_at(mark, start, "(");
        self.notes.insert(end, ")");
        Ok(Shape::Other)
    }

    /// One expression, `a if b else c` included.
    pub(super) fn expression(&mut self) -> Read {
        if self.depth >= MAX_DEPTH {
            let token = self.lexer.peek()?;
            return Err(Syntax::new("this expression is nested too deeply", token.range));
        }
        self.depth += 1;
        let mut shape = self.or()?;
        while self.lexer.take("if")?.is_some() {
            shape = Shape::Other;
            self.or()?;
            if self.lexer.take("else")?.is_some() {
                self.expression()?;
            }
        }
        self.depth -= 1;
        Ok(shape)
    }

    pub(super) fn primary(&mut self) -> Read {
        let token = self.lexer.next()?;
        let text = self.lexer.text_of(&token);
        let mut path = None;
        match (token.kind, text) {
            (Kind::Name, word) if !RESERVED.contains(&word) => {
                self.notes.mention(word);
                path = Some(Callee { path: vec![word], start: token.range.start });
            }
            (Kind::Number, _) => {}
            (Kind::Text, _) => {
                while self.lexer.peek()?.kind == Kind::Text {
                    self.lexer.next()?;
                }
            }
            (Kind::Operator, "(") => {
                if !self.lexer.is(")")? {
                    self.grouped()?;
                }
                self.close(")")?;
                return self.postfix(None);
            }
            (Kind::Operator, "[") => {
                self.notes.insert(token.range.start, "__L(");
                while !self.lexer.is("]")? {
                    self.expression()?;
                    if self.lexer.take(",")?.is_none() {
                        break;
                    }
                }
                let end = self.close("]")?;
                self.notes.insert(end, ")");
                return self.postfix(None);
            }
            (Kind::Operator, "{") => {
                self.notes.insert(token.range.start, "__D(");
                while !self.lexer.is("}")? {
                    self.expression()?;
                    self.lexer.expect(":")?;
                    self.expression()?;
                    if self.lexer.take(",")?.is_none() {
                        break;
                    }
                }
                let end = self.close("}")?;
                self.notes.insert(end, ")");
                return self.postfix(None);
            }
            _ => return Err(self.lexer.unexpected(&token, "an expression")),
        }
        self.postfix(path)
    }

    /// Parentheses hold an expression or a tuple, which needs no further parentheses.
    fn grouped(&mut self) -> Result<(), Syntax> {
        loop {
            self.expression()?;
            if self.lexer.take(",")?.is_none() || self.lexer.is(")")? {
                return Ok(());
            }
        }
    }

    fn postfix(&mut self, mut callee: Option<Callee<'a>>) -> Read {
        let mut shape = Shape::Other;
        loop {
            if self.lexer.take(".")?.is_some() {
                let token = self.lexer.next()?;
                if !matches!(token.kind, Kind::Name | Kind::Number) {
                    return Err(self.lexer.unexpected(&token, "the name of an attribute"));
                }
                if let Some(callee) = &mut callee {
                    callee.path.push(self.lexer.text_of(&token));
                }
                shape = Shape::Other;
            } else if self.lexer.take("[")?.is_some() {
                callee = None;
                self.subscript()?;
                self.close("]")?;
                shape = Shape::Other;
            } else if self.lexer.is("(")? {
                self.arguments(callee.take())?;
                shape = Shape::Call;
            } else {
                return Ok(shape);
            }
        }
    }

    fn subscript(&mut self) -> Result<(), Syntax> {
        loop {
            if self.lexer.is("]")? {
                return Ok(());
            }
            if self.lexer.take(":")?.is_none() {
                self.tuple(true)?;
                if !self.lexer.is(":")? {
                    return Ok(());
                }
            }
        }
    }

    /// The arguments of a call; `callee` is the dotted name in front, where it is one.
    pub(super) fn arguments(&mut self, callee: Option<Callee<'a>>) -> Result<(), Syntax> {
        self.lexer.expect("(")?;
        let mut arguments = Vec::new();
        while !self.lexer.is(")")? {
            let mut keyword = None;
            if !self.take_any(&["*", "**"])? {
                let token = self.lexer.peek()?;
                if token.kind == Kind::Name && self.lexer.is_keyword(&token) {
                    keyword = Some((self.lexer.text_of(&token), token.range));
                    self.lexer.next()?;
                    self.lexer.expect("=")?;
                }
            }
            let value = self.lexer.peek()?;
            self.expression()?;
            let alone = value.kind == Kind::Text && self.lexer.last_end() == value.range.end;
            let text = self.lexer.text_of(&value);
            let source = self.lexer.slice(value.range.start..self.lexer.last_end());
            arguments.push(Argument { keyword, text: alone.then(|| &text[1..text.len() - 1]), source });
            if self.lexer.take(",")?.is_none() {
                break;
            }
        }
        let end = self.close(")")?;
        if let Some(callee) = callee {
            self.notes.call(&callee, &arguments, end);
        }
        Ok(())
    }

    pub(super) fn filters(&mut self, mut shape: Shape) -> Read {
        loop {
            if self.lexer.take("|")?.is_some() {
                self.filter()?;
            } else if self.lexer.take("is")?.is_some() {
                self.lexer.take("not")?;
                self.dotted("the name of a test")?;
                self.test_argument()?;
            } else {
                return Ok(shape);
            }
            shape = Shape::Other;
        }
    }

    /// A filter's name and arguments, after the bar.
    pub(super) fn filter(&mut self) -> Result<(), Syntax> {
        self.dotted("the name of a filter")?;
        if self.lexer.is("(")? { self.arguments(None) } else { Ok(()) }
    }

    fn test_argument(&mut self) -> Result<(), Syntax> {
        if self.lexer.is("(")? {
            return self.arguments(None);
        }
        let token = self.lexer.peek()?;
        let text = self.lexer.text_of(&token);
        let starts = match token.kind {
            Kind::Name => !["else", "or", "and", "is", "if", "not", "in", "recursive"].contains(&text),
            Kind::Text | Kind::Number => true,
            Kind::Operator => text == "[" || text == "{",
            Kind::End => false,
        };
        if starts { self.primary().map(drop) } else { Ok(()) }
    }

    fn dotted(&mut self, what: &str) -> Result<(), Syntax> {
        loop {
            self.lexer.name(what)?;
            if self.lexer.take(".")?.is_none() {
                return Ok(());
            }
        }
    }

    fn close(&mut self, bracket: &str) -> Result<usize, Syntax> {
        let token: Token = self.lexer.expect(bracket)?;
        Ok(token.range.end)
    }

    fn take_any(&mut self, operators: &[&str]) -> Result<bool, Syntax> {
        for operator in operators {
            if self.lexer.take(operator)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A dotted name that is called.
#[derive(Debug)]
pub(super) struct Callee<'a> {
    pub(super) path: Vec<&'a str>,
    pub(super) start: usize,
}

/// An argument of a call, as far as it can be known without running it.
#[derive(Debug)]
pub(super) struct Argument<'a> {
    pub(super) keyword: Option<(&'a str, Range<usize>)>,
    /// The text it is, if it is a literal one.
    pub(super) text: Option<&'a str>,
    /// Its source.
    pub(super) source: &'a str,
}

impl Callee<'_> {
    /// The macro it may be.
    pub(super) fn name(&self, arguments: &[Argument<'_>]) -> Option<CallName> {
        match self.path.as_slice() {
            ["adapter", "dispatch"] => {
                let argument = |at: usize, keyword: &str| {
                    let named = |a: &&Argument<'_>| a.keyword.as_ref().is_some_and(|(k, _)| *k == keyword);
                    let positional = arguments.get(at).filter(|a| a.keyword.is_none());
                    positional.or_else(|| arguments.iter().find(named))?.text.map(str::to_owned)
                };
                let name = argument(0, "macro_name")?;
                Some(CallName { namespace: argument(1, "macro_namespace"), name, dispatch: true })
            }
            [name] => Some(CallName { namespace: None, name: (*name).to_owned(), dispatch: false }),
            [namespace, name] => Some(CallName {
                namespace: Some((*namespace).to_owned()),
                name: (*name).to_owned(),
                dispatch: false,
            }),
            _ => None,
        }
    }

    /// The call of `config`, `source` or `ref` it is, for those who want to point at it.
    pub(super) fn site(&self, arguments: &[Argument<'_>], end: usize) -> Option<Site> {
        let [callee @ ("config" | "source" | "ref")] = self.path.as_slice() else { return None };
        Some(Site {
            callee: (*callee).to_owned(),
            range: self.start..end,
            texts: arguments
                .iter()
                .filter(|a| a.keyword.is_none())
                .filter_map(|a| a.text.map(str::to_owned))
                .collect(),
            keywords: arguments
                .iter()
                .filter_map(|a| Some((a.keyword.clone()?, a.source)))
                .map(|((name, range), source)| Keyword {
                    name: name.to_owned(),
                    range,
                    written: if *callee == "config" { written(source) } else { String::new() },
                })
                .collect(),
        })
    }
}
