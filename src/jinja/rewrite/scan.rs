//! Cuts the inside of a tag into tokens, as Jinja's lexer does.

use std::ops::Range;

/// What a token is; its text is read from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Name,
    /// A quoted text.
    Text,
    /// A number.
    Number,
    /// An operator or bracket.
    Operator,
    /// The end of the tag, marker included.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// A mistake of syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// What is wrong.
    pub(crate) message: String,
    /// Where.
    pub(crate) range: Range<usize>,
    /// A word at the place.
    pub(crate) label: String,
    /// The remedy.
    pub(crate) help: Option<String>,
    /// The tag that is still open.
    pub(crate) opened: Option<Range<usize>>,
}

impl Syntax {
    pub(super) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range, label: String::new(), help: None, opened: None }
    }
}

/// Reads tokens until the end of one tag. One token of lookahead.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Where the tag opens, for the message when it never closes.
    open: Range<usize>,
    /// `%` or `}`: the byte before the final brace.
    closer: u8,
    at: usize,
    depth: usize,
    peeked: Option<Token>,
    last_end: usize,
}

const PAIRS: [&str; 6] = ["==", "!=", "<=", ">=", "//", "**"];

impl<'a> Lexer<'a> {
    /// Starts after the opening marker `open`.
    pub(super) fn new(text: &'a str, open: Range<usize>, closer: u8) -> Self {
        Self { text, at: open.end, last_end: open.end, open, closer, depth: 0, peeked: None }
    }

    pub(super) fn text_of(&self, token: &Token) -> &'a str {
        &self.text[token.range.clone()]
    }

    /// A piece of the text.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The next token, kept for the next call.
    pub(super) fn peek(&mut self) -> Result<Token, Syntax> {
        if let Some(token) = &self.peeked {
            return Ok(token.clone());
        }
        let token = self.read()?;
        self.peeked = Some(token.clone());
        Ok(token)
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token, Syntax> {
        let token = match self.peeked.take() {
            Some(token) => token,
            None => self.read()?,
        };
        self.last_end = token.range.end;
        Ok(token)
    }

    /// Where the last token taken ends.
    pub(super) fn last_end(&self) -> usize {
        self.last_end
    }

    /// Whether a name is followed by the `=` of a keyword argument.
    pub(super) fn is_keyword(&self, name: &Token) -> bool {
        let rest = self.text[name.range.end..].trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    }

    /// Takes the next token if it is this operator or name.
    pub(super) fn take(&mut self, wanted: &str) -> Result<Option<Token>, Syntax> {
        if self.is(wanted)? { self.next().map(Some) } else { Ok(None) }
    }

    /// Whether the next token is this operator or name.
    pub(super) fn is(&mut self, wanted: &str) -> Result<bool, Syntax> {
        let token = self.peek()?;
        Ok(matches!(token.kind, Kind::Name | Kind::Operator) && self.text_of(&token) == wanted)
    }

    /// Whether the tag ends here.
    pub(super) fn at_end(&mut self) -> Result<bool, Syntax> {
        Ok(self.peek()?.kind == Kind::End)
    }

    /// Takes the next token, which must be this operator or name.
    pub(super) fn expect(&mut self, wanted: &str) -> Result<Token, Syntax> {
        if self.is(wanted)? {
            return self.next();
        }
        let token = self.peek()?;
        Err(self.unexpected(&token, &format!("`{wanted}`")))
    }

    /// Takes a name.
    pub(super) fn name(&mut self, what: &str) -> Result<Token, Syntax> {
        let token = self.peek()?;
        if token.kind == Kind::Name { self.next() } else { Err(self.unexpected(&token, what)) }
    }

    pub(super) fn unexpected(&self, token: &Token, wanted: &str) -> Syntax {
        let found = match token.kind {
            Kind::End => "the end of the tag".to_owned(),
            _ => format!("`{}`", self.text_of(token)),
        };
        Syntax::new(format!("expected {wanted}, found {found}"), token.range.clone())
    }

    /// Something stands where the tag should end.
    pub(super) fn not_ended(&self, token: &Token) -> Syntax {
        let closer = if self.closer == b'%' { "%}" } else { "}}" };
        Syntax { opened: Some(self.open.clone()), ..self.unexpected(token, &format!("`{closer}`")) }
    }

    fn unclosed(&self) -> Syntax {
        let closer = if self.closer == b'%' { "%}" } else { "}}" };
        Syntax {
            message: format!("`{}` is never closed", &self.text[self.open.clone()]),
            range: self.open.clone(),
            label: "opened here".to_owned(),
            help: Some(format!("add the missing `{closer}`")),
            opened: None,
        }
    }

    fn read(&mut self) -> Result<Token, Syntax> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.text[start..].chars().next() else { return Err(self.unclosed()) };
        if self.depth == 0 {
            let marker = usize::from(matches!(first, '-' | '+'));
            if bytes.get(start + marker) == Some(&self.closer) && bytes.get(start + marker + 1) == Some(&b'}')
            {
                self.at = start + marker + 2;
                return Ok(Token { kind: Kind::End, range: start..self.at });
            }
        }
        let (kind, len) = match first {
            '\'' | '"' => (Kind::Text, self.quoted(start, first as u8)?),
            '0'..='9' => (Kind::Number, self.number(start)),
            c if c == '_' || c.is_alphabetic() => {
                let rest = &self.text[start..];
                let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
                (Kind::Name, end.unwrap_or(rest.len()))
            }
            _ => {
                match first {
                    '(' | '[' | '{' => self.depth += 1,
                    ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                    '+' | '-' | '*' | '/' | '%' | '~' | '<' | '>' | '=' | '!' | ',' | '.' | ':' | '|'
                    | ';' => {}
                    other => {
                        let range = start..start + other.len_utf8();
                        return Err(Syntax::new(format!("unexpected character `{other}`"), range));
                    }
                }
                let pair = self.text.get(start..start + 2).is_some_and(|two| PAIRS.contains(&two));
                (Kind::Operator, if pair { 2 } else { 1 })
            }
        };
        self.at = start + len;
        Ok(Token { kind, range: start..self.at })
    }

    fn quoted(&self, start: usize, quote: u8) -> Result<usize, Syntax> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        while let Some(byte) = bytes.get(at) {
            match *byte {
                b'\\' => at += 2,
                byte if byte == quote => return Ok(at + 1 - start),
                _ => at += 1,
            }
        }
        let line = self.text[start..].find('\n').map_or(self.text.len(), |end| start + end);
        Err(Syntax {
            label: "starts here".to_owned(),
            ..Syntax::new("a quoted text is never closed", start..line)
        })
    }

    fn number(&self, start: usize) -> usize {
        let bytes = &self.text.as_bytes()[start..];
        let digit = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let mut len = bytes.iter().take_while(|b| digit(b)).count();
        let after_dot = self.text[..start].ends_with('.');
        if !after_dot && bytes.get(len) == Some(&b'.') && bytes.get(len + 1).is_some_and(u8::is_ascii_digit) {
            len += 1;
            len += bytes[len..].iter().take_while(|b| digit(b)).count();
        }
        let exponent = bytes[..len].last().is_some_and(|b| b.eq_ignore_ascii_case(&b'e'));
        let radix = bytes[..len].starts_with(b"0x") || bytes[..len].starts_with(b"0X");
        if exponent && !radix && matches!(bytes.get(len), Some(b'+' | b'-')) {
            len += 1;
            len += bytes[len..].iter().take_while(|b| b.is_ascii_digit()).count();
        }
        len
    }
}
