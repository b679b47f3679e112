//! Python models: the `dbt.ref`, `dbt.source` and `dbt.config` calls in them, found without Python.

use crate::diagnostic::{Code, Diagnostic, SourceId, Span};
use crate::jinja::Capture;
use crate::manifest::{RefArgs, Value};

/// Finds what a Python model asks for. `at` is its source and where its code begins there.
pub(super) fn scan(code: &str, at: Option<(SourceId, usize)>) -> (Capture, Vec<Diagnostic>) {
    let bare = without_texts(code);
    let place = |start: usize, end: usize| {
        at.map(|(source, offset)| Span::new(source, offset + start..offset + end.max(start)))
    };
    let mut capture = Capture::default();
    let mut found = shape(code, &bare, &place);
    let mut asked = Asked::default();
    for (start, _) in bare.match_indices("dbt.") {
        let Some((function, open)) = called(&bare, start) else { continue };
        let span = place(start, start + function.len());
        let Some((positional, named)) = arguments(&code[open + 1..]) else {
            let message = format!("the arguments of `{function}` must be literals");
            let help = "dbt reads them without running the model: write names and values out";
            found.push(Diagnostic::error(Code::PythonInvalid, message).label_opt(span, "").help(help));
            continue;
        };
        take(&mut capture, &mut asked, function, &positional, named, span, &mut found);
    }
    if !asked.keys.is_empty() || !asked.meta_keys.is_empty() {
        for (key, values) in [
            ("config_keys_used", asked.keys),
            ("config_keys_defaults", asked.defaults),
            ("meta_keys_used", asked.meta_keys),
            ("meta_keys_defaults", asked.meta_defaults),
        ] {
            capture.config.insert(key.to_owned(), Value::Array(values));
        }
    }
    (capture, found)
}

/// What a model reads of its own configuration.
#[derive(Default)]
struct Asked {
    keys: Vec<Value>,
    defaults: Vec<Value>,
    meta_keys: Vec<Value>,
    meta_defaults: Vec<Value>,
}

/// The functions of `dbt` that are read without running the model.
const FUNCTIONS: [&str; 5] = ["dbt.config.meta_get", "dbt.config.get", "dbt.config", "dbt.source", "dbt.ref"];

/// The function that is called at a byte, and the byte of its opening parenthesis.
fn called(bare: &str, start: usize) -> Option<(&'static str, usize)> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if bare[..start].ends_with(part) {
        return None;
    }
    let function = FUNCTIONS
        .into_iter()
        .find(|function| bare[start..].strip_prefix(function).is_some_and(|rest| !rest.starts_with(part)))?;
    let rest = &bare[start + function.len()..];
    let open = rest.find(|c: char| !c.is_whitespace()).filter(|open| rest[*open..].starts_with('('))?;
    Some((function, start + function.len() + open))
}

/// Holds a model to dbt's form: one function `model(dbt, session)` in plain Python.
fn shape(code: &str, bare: &str, place: &dyn Fn(usize, usize) -> Option<Span>) -> Vec<Diagnostic> {
    let wrong = |message: &str, start: usize, end: usize| {
        Diagnostic::error(Code::PythonInvalid, message).label_opt(place(start, end), "")
    };
    let mut found = Vec::new();
    if let Some(at) = ["{{", "{%"].iter().filter_map(|mark| bare.find(mark)).min() {
        let help = "use `dbt.ref`, `dbt.source` and `dbt.config.get`, which are Python";
        found.push(wrong("No jinja in python model code is allowed", at, at + 2).help(help));
    }
    let definition = "def model";
    let definitions: Vec<_> = bare
        .match_indices(definition)
        .map(|(at, _)| at)
        .filter(|at| bare[at + definition.len()..].trim_start().starts_with('('))
        .filter(|at| {
            bare[..*at].rsplit('\n').next().is_none_or(|before| matches!(before.trim(), "" | "async"))
        })
        .collect();
    let [at] = definitions[..] else {
        let count = definitions.len();
        let message = format!("dbt allows exactly one model defined per python file, found {count}");
        let place = definitions.get(1).copied().unwrap_or(0);
        let end = if count > 1 { place + definition.len() } else { 0 };
        let help = "write `def model(dbt, session):` and return a relation or a data frame";
        // A file without code is an empty model, which fails when it runs.
        if !code.trim().is_empty() {
            found.push(wrong(&message, place, end).help(help));
        }
        return found;
    };
    let open = at + bare[at..].find('(').unwrap_or_default();
    let close = bare[open..].find(')').map_or(bare.len(), |close| open + close);
    let parameters: Vec<_> = bare[open + 1..close]
        .split(',')
        .map(|parameter| parameter.split([':', '=']).next().unwrap_or_default().trim())
        .filter(|parameter| !parameter.is_empty())
        .collect();
    if parameters.first().is_some_and(|first| *first != "dbt") {
        found.push(wrong("'dbt' not provided for model as the first argument", open, close + 1));
    }
    if parameters.len() != 2 {
        let message = "model function should have two args, `dbt` and a session to current warehouse";
        found.push(wrong(message, open, close + 1));
    }
    found
}

/// The code with comments and the inside of texts blanked out, byte for byte. Texts with values in them stay, since a
/// value may be a call.
fn without_texts(code: &str) -> String {
    let mut bare = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                let word = bare.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
                let is_template = word.len() <= 2 && word.contains(['f', 'F']);
                let length = text_length(rest, c);
                if is_template {
                    // A doubled brace stands for itself.
                    bare.push_str(&rest[..length].replace("{{", "  ").replace("}}", "  "));
                    rest = &rest[length..];
                    continue;
                }
                length
            }
            _ => {
                bare.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        bare.extend(rest[..length].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    bare
}

/// How many bytes a text takes, quotes included; an unclosed one goes to the end of its line, or of the file.
fn text_length(code: &str, quote: char) -> usize {
    let triple = quote.to_string().repeat(3);
    let is_triple = code.starts_with(&triple);
    let close = if is_triple { triple.as_str() } else { &triple[..1] };
    let mut at = close.len();
    while let Some(c) = code[at..].chars().next() {
        if c == '\\' {
            at += 1 + code[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if code[at..].starts_with(close) {
            return at + close.len();
        } else if c == '\n' && !is_triple {
            return at;
        } else {
            at += c.len_utf8();
        }
    }
    at
}

fn take(
    capture: &mut Capture,
    asked: &mut Asked,
    function: &str,
    positional: &[Value],
    named: Vec<(String, Value)>,
    span: Option<Span>,
    found: &mut Vec<Diagnostic>,
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
        ("dbt.config.get" | "dbt.config.meta_get", _) => {
            let (keys, defaults) = match function {
                "dbt.config.get" => (&mut asked.keys, &mut asked.defaults),
                _ => (&mut asked.meta_keys, &mut asked.meta_defaults),
            };
            let message = match positional {
                [key, rest @ ..] if rest.len() < 2 => {
                    keys.push(key.clone());
                    defaults.push(rest.first().cloned().unwrap_or(Value::Null));
                    return;
                }
                [] => format!("{function}() requires at least one argument"),
                _ => format!("{function}() takes at most 2 arguments ({} given)", positional.len()),
            };
            found.push(Diagnostic::error(Code::PythonInvalid, message).label_opt(span, ""));
        }
        ("dbt.config", _) => {
            for (key, value) in named {
                if let Some(span) = span {
                    capture.config_spans.insert(key.clone(), span);
                }
                capture.config.insert(key, value);
            }
        }
        _ => {
            let message = format!("`{function}` takes names as texts");
            found.push(Diagnostic::error(Code::PythonInvalid, message).label_opt(span, ""));
        }
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
    /// Goes past space and comments.
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            self.rest = self.rest.find('\n').map_or("", |end| self.rest[end..].trim_start());
        }
    }

    fn eat(&mut self, c: char) -> bool {
        self.skip();
        let rest = self.rest;
        let eaten = rest.strip_prefix(c);
        self.rest = eaten.unwrap_or(rest);
        eaten.is_some()
    }

    /// `name=` in front of a value.
    fn keyword(&mut self) -> Option<String> {
        self.skip();
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let after = rest[end..].trim_start().strip_prefix('=').filter(|after| !after.starts_with('='))?;
        let key = rest[..end].to_owned();
        self.rest = after;
        (!key.is_empty()).then_some(key)
    }

    fn literal(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '\'' | '"' => self.texts().map(Value::String),
            '[' => self.items('[', ']').map(Value::Array),
            '(' => self.items('(', ')').map(Value::Array),
            '{' => self.mapping(),
            _ => self.word(),
        }
    }

    /// A text, or several one after the other.
    fn texts(&mut self) -> Option<String> {
        let mut all = String::new();
        while let Some(quote @ ('\'' | '"')) = self.rest.chars().next() {
            all.push_str(&self.text(quote)?);
            self.skip();
        }
        Some(all)
    }

    fn text(&mut self, quote: char) -> Option<String> {
        let length = text_length(self.rest, quote);
        let (text, rest) = self.rest.split_at(length);
        let marks = if length > 5 && text.starts_with(&quote.to_string().repeat(3)) { 3 } else { 1 };
        let inner = text.get(marks..)?.strip_suffix(&text[..marks])?;
        self.rest = rest;
        let mut plain = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '\\' { chars.next() } else { None }) {
                (_, Some('n')) => plain.push('\n'),
                (_, Some('t')) => plain.push('\t'),
                (_, Some('\n')) => {}
                (_, Some(other)) => plain.push(other),
                (c, None) => plain.push(c),
            }
        }
        Some(plain)
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
            map.insert(crate::jinja::python_str(&key), self.literal()?);
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
