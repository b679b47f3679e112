//! Walks a template from tag to tag: statements, their nesting, and dbt's own blocks.

use std::ops::Range;

use super::expression::{Reader, Shape};
use super::parameter::{self, parameters};
use super::scan::{Kind, Lexer, Syntax, Token};
use super::{MACRO, Notes, Parameter};
use crate::diagnostic::nearest;

/// What kind of text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A template that is rendered.
    Template,
    /// One macro, test or materialization from tag to tag.
    Definition,
    /// A file of dbt blocks, where what stands between them has no meaning.
    File,
}

/// A dbt block as found in a file.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct Raw {
    pub(in crate::jinja) keyword: &'static str,
    pub(in crate::jinja) name: String,
    /// From the opening tag to the closing one.
    pub(in crate::jinja) whole: Range<usize>,
    /// Between the tags.
    pub(in crate::jinja) body: Range<usize>,
    /// Between the name and the end of the opening tag.
    pub(in crate::jinja) header: Range<usize>,
}

/// An open block.
#[derive(Debug)]
struct Open {
    keyword: &'static str,
    tag: Range<usize>,
    /// In a file: its place in `blocks`.
    block: Option<usize>,
}

/// Blocks of dbt, which stand at the top of a file.
const DBT: [&str; 6] = ["macro", "test", "data_test", "materialization", "snapshot", "docs"];
/// Blocks that close with `end…`.
const BLOCKS: [&str; 8] = ["for", "if", "call", "filter", "set", "with", "block", "autoescape"];
const OTHERS: [&str; 7] = ["do", "else", "elif", "break", "continue", "raw", "macro"];
/// Statements of Jinja that load templates, of which dbt has none to load.
const LOADERS: [&str; 4] = ["include", "import", "from", "extends"];

/// The walk and what it leaves.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    text: &'a str,
    mode: Mode,
    pub(super) notes: Notes,
    stack: Vec<Open>,
    /// Of the definition.
    pub(super) parameters: Vec<Parameter>,
    /// Where the definition's parameters end.
    pub(super) signature_end: Option<usize>,
    /// Assignments that give parameters of the definition their defaults.
    late: Vec<String>,
    pub(super) blocks: Vec<Raw>,
    /// The markers of the expression that is the whole text.
    pub(super) only_expression: Option<(Range<usize>, Range<usize>)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, mode: Mode) -> Self {
        Self {
            text,
            mode,
            notes: Notes::default(),
            stack: Vec::new(),
            parameters: Vec::new(),
            signature_end: None,
            late: Vec::new(),
            blocks: Vec::new(),
            only_expression: None,
        }
    }

    /// Walks to the end of the text.
    pub(super) fn run(&mut self) -> Result<(), Syntax> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(brace) = self.text[at..].find('{') {
            let start = at + brace;
            at = match bytes.get(start + 1) {
                Some(b'{') if self.between_blocks() => start + 2,
                Some(b'{') => self.output(start)?,
                Some(b'#') => self.comment(start)?,
                Some(b'%') => self.statement(start)?,
                _ => start + 1,
            };
        }
        match self.stack.pop() {
            Some(open) => Err(unclosed(self.text, &open)),
            None => Ok(()),
        }
    }

    /// Whether this is the space between the blocks of a file.
    fn between_blocks(&self) -> bool {
        self.mode == Mode::File && self.stack.is_empty()
    }

    /// The marker that opens a tag, whitespace control included.
    fn marker(&self, start: usize) -> Range<usize> {
        let control = matches!(self.text.as_bytes().get(start + 2), Some(b'-' | b'+'));
        start..start + 2 + usize::from(control)
    }

    fn comment(&mut self, start: usize) -> Result<usize, Syntax> {
        match self.text[start + 2..].find("#}") {
            Some(end) => Ok(start + 2 + end + 2),
            None if self.between_blocks() => Ok(start + 2),
            None => Err(Syntax {
                label: "opened here".to_owned(),
                help: Some("add the missing `#}`".to_owned()),
                ..Syntax::new("a comment is never closed", start..start + 2)
            }),
        }
    }

    fn output(&mut self, start: usize) -> Result<usize, Syntax> {
        let open = self.marker(start);
        let mut lexer = Lexer::new(self.text, open.clone(), b'}');
        Reader { lexer: &mut lexer, notes: &mut self.notes, depth: 0 }.tuple(true)?;
        let end = end_of_tag(&mut lexer)?;
        let rest = &self.text[end.end..];
        if start == 0 && ["", "\n", "\r\n"].contains(&rest) {
            self.only_expression = Some((open, end.clone()));
        }
        Ok(end.end)
    }

    fn statement(&mut self, start: usize) -> Result<usize, Syntax> {
        let open = self.marker(start);
        if let Some(end) = self.raw(&open)? {
            return Ok(end);
        }
        let mut lexer = Lexer::new(self.text, open.clone(), b'%');
        let keyword = match lexer.name("the name of a tag") {
            Ok(token) => token,
            Err(_) if self.between_blocks() => return Ok(open.end),
            Err(syntax) => return Err(syntax),
        };
        let word = lexer.text_of(&keyword);
        if self.between_blocks() {
            let known = DBT.iter().any(|k| *k == word || word.strip_prefix("end") == Some(*k));
            if !known {
                return Ok(open.end);
            }
        }
        if let Some(closes) = word.strip_prefix("end") {
            return self.close(&keyword, closes, lexer, start);
        }
        match word {
            "else" | "elif" => self.middle(&keyword, word)?,
            "call" => {
                let control = &self.text[start + 2..open.end];
                self.notes.insert(start, format!("{{%{control} with %}}"));
            }
            _ => {}
        }
        let opens = DBT.iter().chain(&BLOCKS).find(|k| **k == word).copied();
        let top = self.stack.is_empty() && self.mode != Mode::Template;
        let mut block = None;
        let mut is_block = opens.is_some();
        match opens {
            Some(dbt) if DBT.contains(&dbt) && top => block = Some(self.header(dbt, &keyword, &mut lexer)?),
            Some("macro") => self.inner_macro(&mut lexer)?,
            Some(dbt) if DBT.contains(&dbt) => {
                return Err(Syntax::new(format!("`{dbt}` blocks stand at the top of a file"), keyword.range));
            }
            _ => is_block = self.body(word, &keyword, &mut lexer)?,
        }
        if let Some(colon) = lexer.take(":")? {
            // Jinja forgives the colon that Python has here.
            self.notes.replace(colon.range, "");
        }
        let end = end_of_tag(&mut lexer)?;
        if is_block {
            let keyword = opens.unwrap_or_default();
            if let Some(block) = block.and_then(|at: usize| self.blocks.get_mut(at)) {
                block.header.end = end.start;
                block.body = end.end..end.end;
                let control = self.text[end.clone()].trim_end_matches("%}");
                for assignment in std::mem::take(&mut self.late) {
                    self.notes.insert(end.end, format!("{{% set {assignment} {control}%}}"));
                }
            }
            self.stack.push(Open { keyword, tag: start..end.end, block });
            if keyword == "docs" {
                return Ok(self.skip_docs(end.end));
            }
        }
        Ok(end.end)
    }

    /// Reads the inside of an ordinary statement; whether it opens a block.
    fn body(&mut self, word: &str, keyword: &Token, lexer: &mut Lexer<'a>) -> Result<bool, Syntax> {
        let mut reader = Reader { lexer, notes: &mut self.notes, depth: 0 };
        match word {
            "if" | "elif" => drop(reader.tuple(false)?),
            "else" | "break" | "continue" => {}
            "do" => {
                let (mark, at) = (reader.notes.mark(), reader.lexer.peek()?.range.start);
                if reader.tuple(true)? == Shape::Other {
                    reader.notes.insert_at(mark, at, "__do(");
                    reader.notes.insert(reader.lexer.last_end(), ")");
                }
            }
            "set" => return set(&mut reader),
            "for" => loop_header(&mut reader)?,
            "call" => {
                if reader.lexer.is("(")? {
                    parameters(&mut reader)?;
                }
                reader.expression()?;
            }
            "filter" => {
                reader.filter()?;
                while reader.lexer.take("|")?.is_some() {
                    reader.filter()?;
                }
            }
            "with" => {
                while !reader.lexer.at_end()? {
                    targets(&mut reader, &["="])?;
                    reader.lexer.expect("=")?;
                    reader.expression()?;
                    if reader.lexer.take(",")?.is_none() {
                        break;
                    }
                }
            }
            "autoescape" => drop(reader.expression()?),
            "block" => while !reader.lexer.at_end()? && reader.lexer.next()?.kind == Kind::Name {},
            loader if LOADERS.contains(&loader) => {
                return Err(Syntax {
                    help: Some("write a macro and call it".to_owned()),
                    ..Syntax::new(
                        format!("`{loader}` loads templates, and dbt has none to load"),
                        keyword.range.clone(),
                    )
                });
            }
            unknown => {
                let known = BLOCKS.iter().chain(&OTHERS).copied();
                return Err(Syntax {
                    help: nearest(unknown, known).map(|near| format!("did you mean `{near}`?")),
                    ..Syntax::new(format!("unknown tag `{unknown}`"), keyword.range.clone())
                });
            }
        }
        Ok(BLOCKS.contains(&word))
    }

    /// `else` and `elif` belong to the innermost open block.
    fn middle(&self, keyword: &Token, word: &str) -> Result<(), Syntax> {
        match self.stack.last() {
            Some(open) if open.keyword == "if" || (open.keyword == "for" && word == "else") => Ok(()),
            Some(open) => Err(Syntax {
                opened: Some(open.tag.clone()),
                ..Syntax::new(format!("`{word}` inside an open `{}`", open.keyword), keyword.range.clone())
            }),
            None => Err(Syntax::new(format!("`{word}` without an `if`"), keyword.range.clone())),
        }
    }

    fn close(
        &mut self,
        keyword: &Token,
        closes: &str,
        mut lexer: Lexer<'a>,
        start: usize,
    ) -> Result<usize, Syntax> {
        let word = lexer.text_of(keyword);
        let same = |open: &str| open == closes || (open == "data_test" && closes == "test");
        let open = match self.stack.pop() {
            Some(open) if same(open.keyword) => open,
            Some(open) => {
                return Err(Syntax {
                    opened: Some(open.tag.clone()),
                    help: Some(format!("close it first with `{{% end{} %}}`", open.keyword)),
                    ..Syntax::new(
                        format!("`{word}` inside an open `{}`", open.keyword),
                        keyword.range.clone(),
                    )
                });
            }
            None => {
                return Err(Syntax {
                    label: "nothing is open here".to_owned(),
                    ..Syntax::new(format!("`{word}` closes nothing"), keyword.range.clone())
                });
            }
        };
        if self.mode == Mode::Definition && self.stack.is_empty() && DBT.contains(&open.keyword) {
            self.notes.replace(keyword.range.clone(), "endmacro");
        }
        if open.keyword == "block" && !lexer.at_end()? {
            lexer.name("the name of the block")?;
        }
        let end = end_of_tag(&mut lexer)?;
        if open.keyword == "call" {
            let control = self.text[end.clone()].trim_end_matches("%}");
            self.notes.insert(end.end, format!("{{% endwith {control}%}}"));
        }
        if let Some(block) = open.block.and_then(|at| self.blocks.get_mut(at)) {
            block.body.end = start;
            block.whole.end = end.end;
        }
        Ok(end.end)
    }

    /// The opening tag of a dbt block at the top: its name, and what a macro's template needs.
    fn header(&mut self, dbt: &'static str, keyword: &Token, lexer: &mut Lexer<'a>) -> Result<usize, Syntax> {
        let name = lexer.name(&format!("the name of the {dbt}"))?;
        let text = lexer.text_of(&name).to_owned();
        self.notes.replace(keyword.range.start..name.range.end, format!("macro {MACRO}"));
        match dbt {
            "materialization" => {
                let from = name.range.end;
                while !lexer.at_end()? {
                    lexer.next()?;
                }
                self.notes.replace(from..lexer.last_end(), "()");
            }
            "snapshot" | "docs" => {}
            _ => {
                let mut reader = Reader { lexer, notes: &mut self.notes, depth: 0 };
                self.parameters = parameters(&mut reader)?;
                self.signature_end = Some(reader.lexer.last_end() - 1);
                self.late = parameter::late(self.text, &mut self.notes.edits, &self.parameters);
            }
        }
        let start = keyword.range.start;
        let whole = self.text[..start].rfind("{%").unwrap_or(start);
        self.blocks.push(Raw {
            keyword: dbt,
            name: text,
            whole: whole..whole,
            body: 0..0,
            header: name.range.end..name.range.end,
        });
        Ok(self.blocks.len() - 1)
    }

    fn inner_macro(&mut self, lexer: &mut Lexer<'a>) -> Result<(), Syntax> {
        lexer.name("the name of the macro")?;
        parameters(&mut Reader { lexer, notes: &mut self.notes, depth: 0 }).map(drop)
    }

    /// The end of a `raw` block, if one opens here.
    fn raw(&self, open: &Range<usize>) -> Result<Option<usize>, Syntax> {
        let Some(mut at) = tag_of(&self.text[open.end..], "raw").map(|len| open.end + len) else {
            return Ok(None);
        };
        while let Some(next) = self.text[at..].find("{%") {
            at += next;
            let inner = self.marker(at).end;
            if let Some(len) = tag_of(&self.text[inner..], "endraw") {
                return Ok(Some(inner + len));
            }
            at = inner;
        }
        Err(unclosed(self.text, &Open { keyword: "raw", tag: open.clone(), block: None }))
    }

    /// The body of a docs block is no template.
    fn skip_docs(&self, mut at: usize) -> usize {
        while let Some(next) = self.text[at..].find("{%") {
            let start = at + next;
            let inner = self.marker(start).end;
            if tag_of(&self.text[inner..], "enddocs").is_some() {
                return start;
            }
            at = inner;
        }
        self.text.len()
    }
}

/// The length of `name %}` where it stands at the start of a text.
fn tag_of(text: &str, name: &str) -> Option<usize> {
    let rest = text.trim_start().strip_prefix(name)?.trim_start();
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
    Some(text.len() - rest.len())
}

fn end_of_tag(lexer: &mut Lexer<'_>) -> Result<Range<usize>, Syntax> {
    let token = lexer.next()?;
    if token.kind == Kind::End {
        return Ok(token.range);
    }
    Err(lexer.not_ended(&token))
}

fn unclosed(text: &str, open: &Open) -> Syntax {
    let keyword = open.keyword;
    let line_end = text[open.tag.clone()].find('\n').map_or(open.tag.end, |end| open.tag.start + end);
    Syntax {
        label: "opened here".to_owned(),
        help: Some(format!("add the missing `{{% end{keyword} %}}`")),
        ..Syntax::new(format!("this `{keyword}` is never closed"), open.tag.start..line_end)
    }
}

/// `set a = …` or the head of a `set` block; whether it is one.
fn set(reader: &mut Reader<'_, '_>) -> Result<bool, Syntax> {
    targets(reader, &["=", "|"])?;
    if reader.lexer.take("=")?.is_some() {
        let (mark, at) = (reader.notes.mark(), reader.lexer.peek()?.range.start);
        reader.tuple(true)?;
        reader.notes.insert_at(mark, at, "__own(");
        reader.notes.insert(reader.lexer.last_end(), ")");
        return Ok(false);
    }
    while reader.lexer.take("|")?.is_some() {
        reader.filter()?;
    }
    Ok(true)
}

/// `a, b in … if … recursive`.
fn loop_header(reader: &mut Reader<'_, '_>) -> Result<(), Syntax> {
    targets(reader, &["in"])?;
    reader.lexer.expect("in")?;
    let (mark, at) = (reader.notes.mark(), reader.lexer.peek()?.range.start);
    reader.tuple(false)?;
    reader.notes.insert_at(mark, at, "__each(");
    reader.notes.insert(reader.lexer.last_end(), ")");
    if reader.lexer.take("if")?.is_some() {
        reader.expression()?;
    }
    reader.lexer.take("recursive").map(drop)
}

/// Names that are assigned to, up to one of `stops` or the end of the tag.
fn targets(reader: &mut Reader<'_, '_>, stops: &[&str]) -> Result<(), Syntax> {
    let first = reader.lexer.peek()?;
    let mut any = false;
    loop {
        if reader.lexer.at_end()? {
            break;
        }
        let token = reader.lexer.peek()?;
        let text = reader.lexer.text_of(&token);
        if stops.contains(&text) {
            break;
        }
        if token.kind != Kind::Name && ![",", "(", ")", "."].contains(&text) {
            return Err(reader.lexer.unexpected(&token, "a name to assign to"));
        }
        reader.lexer.next()?;
        any = true;
    }
    if any { Ok(()) } else { Err(reader.lexer.unexpected(&first, "a name to assign to")) }
}
