//! `re`: Python's regular expressions, with lookaround and backreferences.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fancy_regex::{Captures, Regex, RegexBuilder};
use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::{bound, refused, whole};
use crate::jinja::functions::{bind, dict, list, present, tuple};

/// Flags with Python's names and numbers.
const FLAGS: &[(&str, i64)] = &[
    ("I", 2),
    ("IGNORECASE", 2),
    ("M", 8),
    ("MULTILINE", 8),
    ("S", 16),
    ("DOTALL", 16),
    ("X", 64),
    ("VERBOSE", 64),
    ("U", 32),
    ("UNICODE", 32),
    ("A", 256),
    ("ASCII", 256),
];

/// Functions of the module that take a pattern first; a compiled pattern has them as methods.
const METHODS: &[&str] = &["match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"];

/// `modules.re`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

#[derive(Debug)]
struct Module;

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match FLAGS.iter().find(|(known, _)| *known == name) {
            Some((_, flag)) => Some(Value::from(*flag)),
            None => bound(self, key, METHODS).or_else(|| bound(self, key, &["compile", "escape"])),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(METHODS)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "compile" => {
                let [pattern, flags] = bind(method, args, ["pattern", "flags"], 1)?;
                Ok(Value::from_object(Pattern::new(&pattern, &flags)?))
            }
            "escape" => {
                let [text] = bind(method, args, ["pattern"], 1)?;
                Ok(Value::from(fancy_regex::escape(&text.to_string()).into_owned()))
            }
            "sub" | "subn" => {
                let names = ["pattern", "repl", "string", "count", "flags"];
                let [pattern, replacement, text, count, flags] = bind(method, args, names, 3)?;
                let pattern = Pattern::new(&pattern, &flags)?;
                pattern.replace(state, method, &replacement, &text, whole(&count, 0)?)
            }
            "split" => {
                let [pattern, text, limit, flags] =
                    bind(method, args, ["pattern", "string", "maxsplit", "flags"], 2)?;
                Pattern::new(&pattern, &flags)?.split(&text, whole(&limit, 0)?)
            }
            _ if METHODS.contains(&method) => {
                let [pattern, text, flags] = bind(method, args, ["pattern", "string", "flags"], 2)?;
                Pattern::new(&pattern, &flags)?.find(method, &text)
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// A compiled pattern.
struct Pattern {
    source: String,
    flags: i64,
    regex: Arc<Regex>,
}

impl Pattern {
    fn new(pattern: &Value, flags: &Value) -> Result<Self, Error> {
        if let Some(compiled) = pattern.downcast_object_ref::<Self>() {
            let Self { source, flags, regex } = compiled;
            return Ok(Self { source: source.clone(), flags: *flags, regex: Arc::clone(regex) });
        }
        let Some(source) = pattern.as_str() else {
            return Err(refused("first argument must be string or compiled pattern"));
        };
        let flags = whole(flags, 0)?;
        Ok(Self { source: source.to_owned(), flags, regex: compiled(source, flags)? })
    }

    /// The same pattern, held to the start of the text, or to the whole of it.
    fn anchored(&self, end: &str) -> Result<Arc<Regex>, Error> {
        compiled(&format!(r"\A(?:{}){end}", self.source), self.flags)
    }

    fn find(&self, method: &str, text: &Value) -> Result<Value, Error> {
        let text: Arc<str> = subject(text)?;
        let one = |regex: &Regex| {
            let found = regex.captures(&*text).map_err(broken)?;
            Ok(found.map_or(Value::from(()), |found| Match::value(regex, &text, &found)))
        };
        match method {
            "match" => one(&*self.anchored("")?),
            "fullmatch" => one(&*self.anchored(r"\z")?),
            "search" => one(&self.regex),
            _ => {
                let all = self.regex.captures_iter(&*text);
                let all = all.map(|found| {
                    let found = found.map_err(broken)?;
                    Ok(if method == "finditer" {
                        Match::value(&self.regex, &text, &found)
                    } else {
                        groups(&found)
                    })
                });
                Ok(list(all.collect::<Result<_, Error>>()?))
            }
        }
    }

    fn split(&self, text: &Value, limit: i64) -> Result<Value, Error> {
        let text = subject(text)?;
        let mut parts = Vec::new();
        let mut from = 0;
        for found in self.regex.captures_iter(&*text) {
            let found = found.map_err(broken)?;
            if limit > 0 && parts.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
            let Some(all) = found.get(0) else { continue };
            parts.push(Value::from(&text[from..all.start()]));
            parts.extend((1..found.len()).map(|at| group(&found, at)));
            from = all.end();
        }
        parts.push(Value::from(&text[from..]));
        Ok(list(parts))
    }

    fn replace(
        &self,
        state: &mut State<'_, '_>,
        method: &str,
        replacement: &Value,
        text: &Value,
        count: i64,
    ) -> Result<Value, Error> {
        let text = subject(text)?;
        let mut out = String::with_capacity(text.len());
        let (mut from, mut replaced) = (0, 0);
        for found in self.regex.captures_iter(&*text) {
            let found = found.map_err(broken)?;
            let Some(all) = found.get(0) else { continue };
            out.push_str(&text[from..all.start()]);
            if let Some(template) = replacement.as_str() {
                expand(template, &found, &mut out)?;
            } else {
                let value = replacement.call(state, &[Match::value(&self.regex, &text, &found)])?;
                out.push_str(&value.to_string());
            }
            from = all.end();
            replaced += 1;
            if replaced == count {
                break;
            }
        }
        out.push_str(&text[from..]);
        let out = Value::from(out);
        Ok(if method == "subn" { tuple(vec![out, Value::from(replaced)]) } else { out })
    }
}

fn subject(text: &Value) -> Result<Arc<str>, Error> {
    text.to_str().ok_or_else(|| refused(format!("expected string or bytes-like object, got {text:?}")))
}

/// Compiled patterns by source and flags. Python keeps them too: templates give the same one again and again.
type Known = HashMap<(String, i64), Arc<Regex>>;

/// How many compiled patterns a thread keeps, as Python does.
const KEPT: usize = 512;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

fn compiled(source: &str, flags: i64) -> Result<Arc<Regex>, Error> {
    let key = (source.to_owned(), flags);
    if let Some(regex) = KNOWN.with_borrow(|known| known.get(&key).map(Arc::clone)) {
        return Ok(regex);
    }
    let regex = Arc::new(compile(source, flags)?);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, Arc::clone(&regex));
    });
    Ok(regex)
}

fn compile(source: &str, flags: i64) -> Result<Regex, Error> {
    let on = |flag: i64| flags & flag != 0;
    // Python's `\Z` is the very end of the text; here that is written in lower case.
    let source = source.replace(r"\Z", r"\z");
    RegexBuilder::new(&source)
        .case_insensitive(on(2))
        .multi_line(on(8))
        .dot_matches_new_line(on(16))
        .verbose_mode(on(64))
        .build()
        .map_err(|error| refused(format!("invalid regular expression {source:?}: {error}")))
}

fn broken(error: fancy_regex::Error) -> Error {
    refused(format!("the regular expression could not be matched: {error}"))
}

/// What `findall` gives for a match: its only group, its groups, or all of it.
fn groups(found: &Captures<'_, str>) -> Value {
    let text = |at| found.get(at).map_or(Value::from(""), |group| Value::from(group.as_str()));
    match found.len() {
        1 => text(0),
        2 => text(1),
        count => tuple((1..count).map(text).collect()),
    }
}

fn group(found: &Captures<'_, str>, at: usize) -> Value {
    found.get(at).map_or(Value::from(()), |group| Value::from(group.as_str()))
}

/// Writes a replacement: `\1`, `\g<1>`, `\g<name>` and the usual escapes.
fn expand(template: &str, found: &Captures<'_, str>, out: &mut String) -> Result<(), Error> {
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let place = rest[..digits].parse().unwrap_or(usize::MAX);
            if place >= found.len() {
                return Err(refused(format!("invalid group reference {place}")));
            }
            out.push_str(found.get(place).map_or("", |group| group.as_str()));
            rest = &rest[digits..];
        } else if let Some(named) = rest.strip_prefix("g<") {
            let Some((name, after)) = named.split_once('>') else {
                return Err(refused("missing >, unterminated name"));
            };
            let group = match name.parse::<usize>() {
                Ok(place) => found.get(place),
                Err(_) => found.name(name),
            };
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = after;
        } else {
            let escaped = rest.chars().next();
            match escaped {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                None | Some('\\') => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            }
            rest = &rest[escaped.map_or(0, char::len_utf8)..];
        }
    }
    out.push_str(rest);
    Ok(())
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "re.compile({:?})", self.source)
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "pattern" => Some(Value::from(self.source.as_str())),
            "flags" => Some(Value::from(self.flags)),
            "groups" => Some(Value::from(self.regex.captures_len().saturating_sub(1))),
            _ => bound(self, key, METHODS),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "sub" | "subn" => {
                let [replacement, text, count] = bind(method, args, ["repl", "string", "count"], 2)?;
                self.replace(state, method, &replacement, &text, whole(&count, 0)?)
            }
            "split" => {
                let [text, limit] = bind(method, args, ["string", "maxsplit"], 1)?;
                self.split(&text, whole(&limit, 0)?)
            }
            _ if METHODS.contains(&method) => {
                let [text] = bind(method, args, ["string"], 1)?;
                self.find(method, &text)
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// A match: its groups with their places, counted in characters.
#[derive(Debug)]
struct Match {
    text: Arc<str>,
    groups: Vec<Option<(usize, usize, String)>>,
    names: IndexMap<String, usize>,
}

impl Match {
    fn value(regex: &Regex, text: &Arc<str>, found: &Captures<'_, str>) -> Value {
        let place = |byte: usize| text[..byte].chars().count();
        let groups = (0..found.len()).map(|at| {
            let group = found.get(at)?;
            Some((place(group.start()), place(group.end()), group.as_str().to_owned()))
        });
        let names = regex.capture_names().enumerate();
        Value::from_object(Self {
            text: Arc::clone(text),
            groups: groups.collect(),
            names: names.filter_map(|(at, name)| Some((name?.to_owned(), at))).collect(),
        })
    }

    fn place(&self, key: &Value) -> Result<usize, Error> {
        let at = match key.as_str() {
            Some(name) => self.names.get(name).copied(),
            None if key.is_undefined() => Some(0),
            None => key.as_usize(),
        };
        at.filter(|at| *at < self.groups.len()).ok_or_else(|| refused("no such group"))
    }

    fn text(&self, at: usize, default: &Value) -> Value {
        let default = || present(default).cloned().unwrap_or(Value::from(()));
        self.groups[at].as_ref().map_or_else(default, |(.., text)| Value::from(text.as_str()))
    }
}

const MATCH_METHODS: &[&str] = &["group", "groups", "groupdict", "start", "end", "span"];

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("string") => Some(Value::from(&*self.text)),
            Some("lastindex") => {
                let last = (1..self.groups.len()).rev().find(|at| self.groups[*at].is_some());
                Some(last.map_or(Value::from(()), Value::from))
            }
            Some(name) if MATCH_METHODS.contains(&name) => bound(self, key, MATCH_METHODS),
            _ => self.place(key).ok().map(|at| self.text(at, &Value::UNDEFINED)),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let span = |args: &[Value]| -> Result<(i64, i64), Error> {
            let [key] = bind(method, args, ["group"], 0)?;
            let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
            let group = self.groups[self.place(&key)?].as_ref();
            Ok(group.map_or((-1, -1), |(start, end, _)| (number(*start), number(*end))))
        };
        match (method, args) {
            ("group", [] | [_]) => {
                let at = self.place(args.first().unwrap_or(&Value::UNDEFINED))?;
                Ok(self.text(at, &Value::UNDEFINED))
            }
            ("group", several) => {
                let texts = several.iter().map(|key| Ok(self.text(self.place(key)?, &Value::UNDEFINED)));
                Ok(tuple(texts.collect::<Result<_, Error>>()?))
            }
            ("groups", _) => {
                let [default] = bind(method, args, ["default"], 0)?;
                Ok(tuple((1..self.groups.len()).map(|at| self.text(at, &default)).collect()))
            }
            ("groupdict", _) => {
                let [default] = bind(method, args, ["default"], 0)?;
                let named = self.names.iter();
                Ok(dict(named.map(|(name, at)| (Value::from(name.as_str()), self.text(*at, &default)))))
            }
            ("start", _) => span(args).map(|(start, _)| Value::from(start)),
            ("end", _) => span(args).map(|(_, end)| Value::from(end)),
            ("span", _) => span(args).map(|(start, end)| tuple(vec![start.into(), end.into()])),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end, text) = self.groups[0].clone().unwrap_or_default();
        write!(f, "<re.Match object; span=({start}, {end}), match={:?}>", Value::from(text))
    }
}
