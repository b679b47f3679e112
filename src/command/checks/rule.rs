//! A rule: a query over the project's own tables whose rows are what is wrong.
//!
//! It is a file of SQL that begins with comments of the form `-- key: value`, from which everything about it is
//! known. Those of `src/checks/` are built in; the project's own are in `checks/`, and one of them takes the place of
//! a built-in one of its name.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use walkdir::WalkDir;

use crate::diagnostic::{self, Code, Diagnostic, Severity, SourceId, Sources, Span, nearest};
use crate::manifest::{UniqueId, Value};

static LIBRARY: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/checks");

/// The keys of a header.
const KEYS: &[&str] = &["name", "description", "severity", "parameter", "help"];

/// The topic of the project's own rules.
pub(super) const OWN: &str = "project";

/// A query over the project's tables whose rows are what is wrong.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Name and description.
    pub(super) about: Arc<diagnostic::Rule>,
    /// The folder of a built-in rule, or [`OWN`].
    pub(super) topic: String,
    /// How bad a row is that does not say.
    pub(super) severity: Severity,
    /// What to do about it, where a row does not say.
    pub(super) help: Option<String>,
    /// What its query reads with `getvariable`.
    pub(super) parameters: Vec<Parameter>,
    /// The whole file, which is the query.
    pub(super) text: Arc<str>,
    pub(super) source: SourceId,
    /// How bad every row is, where the project says.
    pub(super) forced: Option<Severity>,
    /// Whether it runs only where it is asked for by name.
    pub(super) is_off: bool,
    /// Resources it does not complain of.
    pub(super) except: BTreeSet<UniqueId>,
}

/// A value that a project may change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) about: String,
}

impl Rule {
    pub(super) fn name(&self) -> &str {
        &self.about.name
    }

    pub(super) fn is_own(&self) -> bool {
        self.topic == OWN
    }

    /// Its parameters as names and literals of SQL.
    pub(super) fn variables(&self) -> Vec<(&str, String)> {
        let variable = |parameter: &'_ Parameter| literal(&parameter.value);
        self.parameters.iter().map(|parameter| (parameter.name.as_str(), variable(parameter))).collect()
    }
}

/// A value as SQL writes it; a mapping is its JSON.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(_) => literal(&Value::String(value.to_string())),
    }
}

/// The rules that are built in, by topic and name.
pub(super) fn built_in(sources: &Sources) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut topics: Vec<_> = LIBRARY.dirs().collect();
    topics.sort_by_key(|topic| topic.path());
    for topic in topics {
        let mut files: Vec<_> = topic.files().collect();
        files.sort_by_key(|file| file.path());
        for file in files {
            let path = file.path().to_string_lossy().replace('\\', "/");
            let text: Arc<str> = Arc::from(file.contents_utf8().unwrap_or_default());
            let source = sources.add(format!("<checks/{path}>"), Arc::clone(&text));
            let name = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".sql").to_owned();
            let (rule, _) = read(name, &topic.path().to_string_lossy(), text, source);
            rules.push(rule);
        }
    }
    rules
}

/// The project's own rules in some folders, by path; with them, what is wrong with their headers.
pub(super) fn of_project(root: &Path, folders: &[String], sources: &Sources) -> (Vec<Rule>, Vec<Diagnostic>) {
    let mut rules: Vec<Rule> = Vec::new();
    let mut found = Vec::new();
    for folder in folders {
        let walk = WalkDir::new(root.join(folder)).sort_by_file_name().into_iter().flatten();
        let files = walk.filter(|entry| entry.path().extension().is_some_and(|end| end == "sql"));
        for file in files.filter(|entry| entry.path().is_file()) {
            let path = file.path().strip_prefix(root).unwrap_or(file.path());
            let shown = path.to_string_lossy().replace('\\', "/");
            let text: Arc<str> = match std::fs::read_to_string(file.path()) {
                Ok(text) => Arc::from(text),
                Err(error) => {
                    let message = format!("`{shown}` cannot be read: {error}");
                    found.push(Diagnostic::error(Code::FileAccess, message));
                    continue;
                }
            };
            let source = sources.add(shown, Arc::clone(&text));
            let name = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let (rule, wrong) = read(name, OWN, text, source);
            found.extend(wrong);
            match rules.iter().find(|known| known.name() == rule.name()) {
                Some(known) if known.source != source => {
                    let message = format!("there are two rules `{}`", rule.name());
                    let error =
                        Diagnostic::error(Code::RuleInvalid, message).label(Span::new(source, 0..0), "");
                    found.push(error.label(Span::new(known.source, 0..0), "the other"));
                }
                _ => rules.push(rule),
            }
        }
    }
    (rules, found)
}

/// An entry of a header.
struct Entry<'t> {
    key: &'t str,
    value: String,
    span: Span,
}

/// The entries of the comments that a text begins with; a line that is set in further goes on with the one before it.
fn header(text: &str, source: SourceId) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut at = 0;
    let mut is_open = false;
    for line in text.split_inclusive('\n') {
        let Some(comment) = line.strip_prefix("--") else { break };
        let comment = comment.trim_end();
        let is_key =
            |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let said = comment.strip_prefix(' ').unwrap_or(comment).split_once(':');
        if let Some((key, value)) = said.filter(|(key, _)| is_key(key)) {
            let start = at + line.find(key).unwrap_or_default();
            let span = Span::new(source, start..start + key.len());
            entries.push(Entry { key, value: value.trim().to_owned(), span });
            is_open = true;
        } else if comment.starts_with("  ") && is_open {
            if let Some(entry) = entries.last_mut() {
                entry.value = format!("{} {}", entry.value, comment.trim());
            }
        } else {
            is_open = false;
        }
        at += line.len();
    }
    entries
}

/// A rule from its file; with it, what is wrong with its header.
fn read(name: String, topic: &str, text: Arc<str>, source: SourceId) -> (Rule, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut description = String::new();
    let mut help = None;
    // A team that writes a rule of its own means it; a built-in one is advice.
    let mut severity = if topic == OWN { Severity::Error } else { Severity::Warning };
    let mut parameters = Vec::new();
    for Entry { key, value, span } in header(&text, source) {
        let mut wrong = |message: String| {
            found.push(Diagnostic::error(Code::RuleInvalid, message).label(span, ""));
        };
        match key {
            "name" if value != name => {
                wrong(format!("the rule is called `{value}`, and its file `{name}.sql`"));
            }
            "name" => {}
            "description" => description = value,
            "help" => help = Some(value),
            "severity" => match level(&value) {
                Some(level) => severity = level,
                None => wrong(format!("`severity` is `warn` or `error`, not `{value}`")),
            },
            "parameter" => match parameter(&value) {
                Some(parameter) => parameters.push(parameter),
                None => wrong("a parameter is written as `name = value (what it means)`".to_owned()),
            },
            // Anything else is a remark, unless it is nearly a key.
            _ if nearest(key, KEYS.iter().copied()).is_some() => {
                let error = Diagnostic::error(Code::RuleInvalid, format!("`{key}` is no key of a rule"));
                found.push(error.label(span, "").suggest(key, KEYS.iter().copied()));
            }
            _ => {}
        }
    }
    let rule = Rule {
        about: Arc::new(diagnostic::Rule { name, description }),
        topic: topic.to_owned(),
        severity,
        help,
        parameters,
        text,
        source,
        forced: None,
        is_off: false,
        except: BTreeSet::new(),
    };
    (rule, found)
}

/// The severity that a word means.
pub(super) fn level(word: &str) -> Option<Severity> {
    match word.to_lowercase().as_str() {
        "warn" | "warning" => Some(Severity::Warning),
        "error" => Some(Severity::Error),
        _ => None,
    }
}

/// Reads `name = value (what it means)`.
fn parameter(text: &str) -> Option<Parameter> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let rest = rest.trim();
    let (value, about) = match rest.strip_suffix(')').and_then(|rest| rest.split_once(" (")) {
        Some((value, about)) => (value.trim(), about.to_owned()),
        None => (rest, String::new()),
    };
    let value = serde_yaml::from_str::<Value>(value).ok().filter(|value| !value.is_null())?;
    is_name.then(|| Parameter { name: name.to_owned(), value, about })
}
