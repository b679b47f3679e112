//! What a project says of its rules, in `dbt_project.yml` under `vars: {teal: {checks: …}}`.

use std::collections::BTreeSet;

use super::rule::{Rule, level};
use crate::command::load::Loaded;
use crate::command::settings::{Reader, Word, listed, said};
use crate::command::{Failure, Invocation};
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::manifest::{ResourceType, UniqueId, Value};
use crate::metadata::{Layer, usual_layers};
use crate::project::yaml::{Mapping, Yaml};

/// Where the project's own rules are, unless it says.
const FOLDER: &str = "checks";
const SETTINGS: &[&str] = &["paths", "before", "except", "layers", "rules"];
const LAYER: &[&str] = &["folder", "prefixes"];
/// The keys of a rule's settings that are no parameters.
const RULE: &[&str] = &["severity", "except"];

/// Which rules run before a command that runs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// None.
    Off,
    /// The project's own.
    Own,
    /// All of them.
    All,
}

/// What a project says of its rules.
#[derive(Debug)]
pub(in crate::command) struct Settings {
    /// Folders of its own rules, from its own.
    pub(super) paths: Vec<String>,
    pub(super) before: Before,
    pub(in crate::command) layers: Vec<Layer>,
    /// What no rule looks at.
    pub(in crate::command) except: BTreeSet<UniqueId>,
    rules: Vec<About>,
}

/// What is said of one rule.
#[derive(Debug)]
struct About {
    name: Word,
    level: Level,
    except: BTreeSet<UniqueId>,
    parameters: Vec<(Word, Value)>,
}

/// How bad the rows of a rule are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// As the rule says.
    Unsaid,
    /// It does not run.
    Off,
    /// All alike.
    As(Severity),
}

/// Reads what the root project says.
///
/// # Errors
/// Something that cannot be read.
pub(in crate::command) fn read(invocation: &Invocation, loaded: &Loaded) -> Result<Settings, Failure> {
    let mut settings = Settings {
        paths: usual_paths(loaded),
        before: Before::Own,
        layers: usual_layers(),
        except: BTreeSet::new(),
        rules: Vec::new(),
    };
    let Some(said) = said(invocation, loaded, "checks")? else { return Ok(settings) };
    let mut reader = Reader::new(loaded, Code::RuleInvalid);
    if let Some(map) = reader.mapping(&said, "`checks`") {
        reader.known(map, SETTINGS, "`vars.teal.checks`");
        if map.contains("paths") {
            settings.paths = reader.words(map, "paths").into_iter().map(|word| word.text).collect();
        }
        if let Some(yaml) = map.get("before") {
            settings.before = before(&mut reader, yaml);
        }
        if let Some(layers) = map.get("layers").and_then(|yaml| reader.mapping(yaml, "`layers`")) {
            settings.layers =
                layers.iter().filter_map(|entry| layer(&mut reader, &entry.key, &entry.value)).collect();
        }
        let except = reader.words(map, "except");
        settings.except = reader.select(&except, ResourceType::ALL);
        if let Some(rules) = map.get("rules").and_then(|yaml| reader.mapping(yaml, "`rules`")) {
            for entry in rules {
                let name = Word { text: entry.key.clone(), span: entry.key_span };
                settings.rules.extend(about(&mut reader, name, &entry.value));
            }
        }
    }
    reader.finish(invocation)?;
    Ok(settings)
}

/// `checks`, unless the project has its models, tests or macros there.
fn usual_paths(loaded: &Loaded) -> Vec<String> {
    let taken = loaded.project.root().paths.all();
    let is_taken = taken.iter().any(|path| path.trim_end_matches('/') == FOLDER);
    if is_taken { Vec::new() } else { vec![FOLDER.to_owned()] }
}

fn before(reader: &mut Reader<'_>, yaml: &Yaml) -> Before {
    match (yaml.as_bool(), yaml.as_str()) {
        // YAML takes `off` for a truth value.
        (Some(false), _) | (_, Some("off")) => Before::Off,
        (_, Some("own")) => Before::Own,
        (_, Some("all")) => Before::All,
        _ => {
            reader.invalid(yaml.span, "`before` must be `own`, `all` or `off`".to_owned());
            Before::Own
        }
    }
}

fn layer(reader: &mut Reader<'_>, name: &str, yaml: &Yaml) -> Option<Layer> {
    let map = reader.mapping(yaml, "a layer")?;
    reader.known(map, LAYER, "a layer");
    let folder = map.get("folder").filter(|yaml| !yaml.is_null());
    if let Some(yaml) = folder.filter(|yaml| yaml.as_str().is_none()) {
        reader.invalid(yaml.span, "`folder` must be a text".to_owned());
    }
    let prefixes = reader.words(map, "prefixes").into_iter().map(|word| word.text);
    Some(Layer {
        name: name.to_owned(),
        folder: folder.and_then(Yaml::as_str).map(str::to_owned),
        prefixes: prefixes.collect(),
    })
}

fn about(reader: &mut Reader<'_>, name: Word, yaml: &Yaml) -> Option<About> {
    let mut about = About { name, level: Level::Unsaid, except: BTreeSet::new(), parameters: Vec::new() };
    if yaml.as_mapping().is_none() {
        about.level = said_level(reader, yaml)?;
        return Some(about);
    }
    let map: &Mapping = yaml.as_mapping()?;
    if let Some(yaml) = map.get("severity") {
        about.level = said_level(reader, yaml)?;
    }
    let except = reader.words(map, "except");
    about.except = reader.select(&except, ResourceType::ALL);
    for entry in map.iter().filter(|entry| !RULE.contains(&entry.key.as_str())) {
        let word = Word { text: entry.key.clone(), span: entry.key_span };
        about.parameters.push((word, entry.value.to_json()));
    }
    Some(about)
}

fn said_level(reader: &mut Reader<'_>, yaml: &Yaml) -> Option<Level> {
    let said = match (yaml.as_bool(), yaml.as_str()) {
        (Some(false), _) | (_, Some("off")) => Some(Level::Off),
        (Some(true), _) | (_, Some("on")) => Some(Level::Unsaid),
        (_, Some(word)) => level(word).map(Level::As),
        _ => None,
    };
    if said.is_none() {
        let keys =
            "a severity (`off`, `warn`, `error`), or a mapping with `severity`, `except` and its parameters";
        reader.invalid(yaml.span, format!("what is said of a rule is {keys}"));
    }
    said
}

impl Settings {
    /// Makes rules as the project wants them.
    ///
    /// # Errors
    /// A rule or a parameter that is not there, or a value of another kind than the parameter's own.
    pub(super) fn apply(&self, rules: &mut [Rule]) -> Result<(), Failure> {
        for rule in &mut *rules {
            rule.except.extend(self.except.iter().cloned());
        }
        let mut found = Vec::new();
        for About { name, level, except, parameters } in &self.rules {
            let known: Vec<_> = rules.iter().map(|rule| rule.name().to_owned()).collect();
            let Some(rule) = rules.iter_mut().find(|rule| rule.name() == name.text) else {
                let message = format!("there is no rule `{}`", name.text);
                let error = Diagnostic::error(Code::RuleInvalid, message).label(name.span, "");
                let error = error.suggest(&name.text, known.iter().map(String::as_str));
                let help = "`teal checks --list` lists them";
                found.push(if error.help.is_some() { error } else { error.help(help) });
                continue;
            };
            match level {
                Level::Unsaid => {}
                Level::Off => rule.is_off = true,
                Level::As(severity) => rule.forced = Some(*severity),
            }
            rule.except.extend(except.iter().cloned());
            for (key, value) in parameters {
                found.extend(set(rule, key, value));
            }
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

/// Sets a parameter; gives what is wrong with it.
fn set(rule: &mut Rule, key: &Word, value: &Value) -> Option<Diagnostic> {
    let wrong = |message: String, span: Span| Diagnostic::error(Code::RuleInvalid, message).label(span, "");
    let known: Vec<_> = rule.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    let keys: Vec<_> = RULE.iter().copied().chain(known.iter().map(String::as_str)).collect();
    let name = rule.name().to_owned();
    let Some(parameter) = rule.parameters.iter_mut().find(|parameter| parameter.name == key.text) else {
        let error = wrong(format!("`{}` is no key of the rule `{name}`", key.text), key.span);
        let error = error.suggest(&key.text, keys.iter().copied());
        let help = format!("its keys are {}", listed(&keys));
        return Some(if error.help.is_some() { error } else { error.help(help) });
    };
    if std::mem::discriminant(&parameter.value) != std::mem::discriminant(value) {
        let kind = match parameter.value {
            Value::Number(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Array(_) => "a list",
            _ => "a text",
        };
        return Some(wrong(format!("`{}` of the rule `{name}` must be {kind}", key.text), key.span));
    }
    parameter.value = value.clone();
    None
}
