//! Python models: the `dbt.ref`, `dbt.source` and `dbt.config` calls in them, found without Python.

use crate::diagnostic::{Code, Diagnostic, SourceId, Span};
use crate::jinja::Capture;
use crate::manifest::{RefArgs, Value};

/// Finds what a Python model asks for. `at` is its source and where its code begins there.
pub(super) fn scan(code: &str, at: Option<(SourceId, usize)>) -> (Capture, Vec<Diagnostic>) {
    let mut capture = Capture::default();
    let mut found = Vec::new();
    for function in ["dbt.ref", "dbt.source", "dbt.config"] {
        for (start, _) in code.match_indices(function) {
            let rest = code[start + function.len()..].trim_start();
            let commented = code[..start].rsplit('\n').next().is_some_and(|line| line.contains('#'));
            let Some(inner) = rest.strip_prefix('(').filter(|_| !commented) else { continue };
            let span =
                at.map(|(source, offset)| Span::new(source, offset + start..offset + start + function.len()));
            let Some((positional, named)) = arguments(inner) else {
                let message = format!("the arguments of `{function}` must be literals");
                found.push(Diagnostic::error(Code::JinjaRender, message).label_opt(span, ""));
                continue;
            };
            take(&mut capture, function, &positional, named, span);
        }
    }
    (capture, found)
}

fn take(
    capture: &mut Capture,
    function: &str,
    positional: &[Value],
    named: Vec<(String, Value)>,
    span: Option<Span>,
) {
    let texts: Vec<_> = positional.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match (function, texts.as_slice()) {
        ("dbt.ref", [.., name]) => {
            let version = named.iter().find(|(key, _)| matches!(key.as_str(), "v" | "version"));
            capture.refs.push(RefArgs {
                package: (texts.len() == 2).then(|| texts[0].clone()),
                name: name.clone(),
                version: version.map(|(_, value)| super::properties::version_text(value)),
                span,
            });
        }
        ("dbt.source", [source, table]) => capture.sources.push((source.clone(), table.clone(), span)),
        ("dbt.config", _) => {
            for (key, value) in named {
                if let Some(span) = span {
                    capture.config_spans.insert(key.clone(), span);
                }
                capture.config.insert(key, value);
            }
        }
        _ => {}
    }
}

type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Reads literal arguments up to the closing parenthesis.
fn arguments(text: &str) -> Option<Arguments> {
    let mut reader = Literals { rest: text };
    let (mut positional, mut named) = (Vec::new(), Vec::new());
    loop {
        if reader.eat(')') {
            return Some((positional, named));
        }
        match reader.keyword() {
            Some(key) => named.push((key, reader.literal()?)),
            None => positional.push(reader.literal()?),
        }
        if !reader.eat(',') && !reader.rest.trim_start().starts_with(')') {
            return None;
        }
    }
}

/// A reader of Python literals.
struct Literals<'a> {
    rest: &'a str,
}

impl Literals<'_> {
    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.trim_start();
        let eaten = rest.strip_prefix(c);
        self.rest = eaten.unwrap_or(rest);
        eaten.is_some()
    }

    /// `name=` in front of a value.
    fn keyword(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let after = rest[end..].trim_start().strip_prefix('=').filter(|after| !after.starts_with('='))?;
        let key = rest[..end].to_owned();
        self.rest = after;
        (!key.is_empty()).then_some(key)
    }

    fn literal(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            quote @ ('\'' | '"') => self.text(quote).map(Value::String),
            '[' => self.items('[', ']').map(Value::Array),
            '(' => self.items('(', ')').map(Value::Array),
            '{' => self.mapping(),
            _ => self.word(),
        }
    }

    fn text(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                }),
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                c => text.push(c),
            }
        }
        None
    }

    fn items(&mut self, open: char, close: char) -> Option<Vec<Value>> {
        self.eat(open);
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.literal()?);
            if !self.eat(',') && !self.rest.starts_with(close) {
                return None;
            }
        }
        Some(items)
    }

    fn mapping(&mut self) -> Option<Value> {
        self.eat('{');
        let mut map = serde_json::Map::new();
        while !self.eat('}') {
            let key = self.literal()?;
            if !self.eat(':') {
                return None;
            }
            map.insert(super::naming::python_str(&key), self.literal()?);
            if !self.eat(',') && !self.rest.starts_with('}') {
                return None;
            }
        }
        Some(Value::Object(map))
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "None" => Some(Value::Null),
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            number => serde_json::from_str(number).ok().filter(Value::is_number),
        }
    }
}
