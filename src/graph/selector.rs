//! The language of selections: `--select` and `--exclude` on the command line, and the YAML of
//! `selectors.yml`.
//!
//! ```text
//! union         = intersection { " " intersection }
//! intersection  = criterion { "," criterion }
//! criterion     = [ "@" ] [ [ depth ] "+" ] [ method { "." argument } ":" ] value [ "+" [ depth ] ]
//! ```

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::method::Method;
use crate::diagnostic::{Code, Diagnostic, Result, Span};

/// Which tests come along with the nodes they are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Indirect {
    /// A test of which any parent is selected.
    #[default]
    Eager,
    /// A test of which every parent is selected.
    Cautious,
    /// A test of which every parent is selected or above the selection.
    Buildable,
    /// None.
    Empty,
}

impl Indirect {
    /// The mode with this name on the command line.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "eager" => Self::Eager,
            "cautious" => Self::Cautious,
            "buildable" => Self::Buildable,
            "empty" => Self::Empty,
            _ => return None,
        })
    }
}

/// How far a selection reaches beyond what it names.
pub(super) type Depth = Option<usize>;

/// One condition with the relatives it asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Criterion {
    pub raw: String,
    pub method: Method,
    pub arguments: Vec<String>,
    pub value: String,
    /// `@`: descendants, and all that they need.
    pub descendants_needs: bool,
    pub parents: Option<Depth>,
    pub children: Option<Depth>,
    pub indirect: Indirect,
}

/// A selection before it is applied to a graph.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spec {
    One(Criterion),
    Group { kind: Kind, parts: Vec<Spec>, indirect: Indirect, expected: Option<String> },
}

/// How the parts of a group are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Union,
    Intersection,
    /// The first without the others.
    Difference,
}

impl Spec {
    fn group(kind: Kind, parts: Vec<Self>) -> Self {
        Self::Group { kind, parts, indirect: Indirect::Eager, expected: None }
    }

    /// What `--select` and `--exclude` say; everything where nothing is selected.
    pub(super) fn from_arguments(select: &[String], exclude: &[String], indirect: Indirect) -> Result<Self> {
        let everything = ["fqn:*", "source:*", "exposure:*"].map(str::to_owned);
        let included = if select.is_empty() {
            union(&everything, indirect, false)?
        } else {
            union(select, indirect, true)?
        };
        let excluded = union(exclude, indirect, true)?;
        Ok(Self::group(Kind::Difference, vec![included, excluded]))
    }

    /// A definition of `selectors.yml`.
    pub(super) fn from_definition(definition: &Value, indirect: Indirect, at: Span) -> Result<Self> {
        if let Some(keys) = definition.as_object()
            && (keys.contains_key("union") || keys.contains_key("intersection"))
            && keys.len() > 1
        {
            let keys: Vec<_> = keys.keys().map(String::as_str).collect();
            let message = format!(
                "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found {}.",
                keys.join(",")
            );
            return Err(Box::new(invalid(message, at)));
        }
        definition_of(definition, indirect, at)
    }
}

/// One argument may hold several, separated by spaces.
fn union(arguments: &[String], indirect: Indirect, expected: bool) -> Result<Spec> {
    let words: Vec<&str> = arguments.iter().flat_map(|argument| argument.split_whitespace()).collect();
    let mut parts = Vec::with_capacity(words.len());
    for word in words {
        let criteria = word.split(',').map(|part| Criterion::parse(part, indirect).map(Spec::One));
        let parts_of_one = criteria.collect::<Result<Vec<_>>>()?;
        let expected = expected.then(|| word.to_owned());
        parts.push(Spec::Group { kind: Kind::Intersection, parts: parts_of_one, indirect, expected });
    }
    Ok(Spec::Group { kind: Kind::Union, parts, indirect, expected: None })
}

impl Criterion {
    /// Reads one criterion.
    pub(super) fn parse(text: &str, indirect: Indirect) -> Result<Self> {
        static GRAMMAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r"\A(?<at>@)?(?<parents>(?<up>\d*)\+)?((?<method>[\w.]+):)?(?<value>.*?)(?<children>\+(?<down>\d*))?\z",
            )
            .ok()
        });
        let parts = GRAMMAR.as_ref().and_then(|grammar| grammar.captures(text)).ok_or_else(|| {
            Box::new(Diagnostic::error(Code::SelectorInvalid, format!("Invalid selector spec \"{text}\"")))
        })?;
        let part = |name: &str| parts.name(name).map(|part| part.as_str());
        let value = part("value").unwrap_or_default().to_owned();
        let (method, arguments) = match part("method") {
            Some(name) => method(name)?,
            None => (default_method(&value), Vec::new()),
        };
        let criterion = Self {
            raw: text.to_owned(),
            method,
            arguments,
            value,
            descendants_needs: part("at").is_some(),
            parents: part("parents").map(|_| part("up").and_then(|depth| depth.parse().ok())),
            children: part("children").map(|_| part("down").and_then(|depth| depth.parse().ok())),
            indirect,
        };
        criterion.checked()
    }

    fn checked(self) -> Result<Self> {
        if self.descendants_needs && self.children.is_some() {
            let message =
                format!("Invalid node spec {} - \"@\" prefix and \"+\" suffix are incompatible", self.raw);
            return Err(Box::new(Diagnostic::error(Code::SelectorInvalid, message)));
        }
        Ok(self)
    }
}

/// A method with its arguments, such as `config.materialized`.
fn method(name: &str) -> Result<(Method, Vec<String>)> {
    let mut words = name.split('.');
    let first = words.next().unwrap_or_default();
    let method = Method::parse(first).ok_or_else(|| {
        let problem =
            Diagnostic::error(Code::SelectorInvalid, format!("'{first}' is not a valid method name"))
                .suggest(first, Method::names());
        let help = problem
            .help
            .clone()
            .unwrap_or_else(|| format!("methods are: {}", Method::names().collect::<Vec<_>>().join(", ")));
        Box::new(problem.help(help))
    })?;
    Ok((method, words.map(str::to_owned).collect()))
}

fn default_method(value: &str) -> Method {
    let lower = value.to_ascii_lowercase();
    if value.contains('/') || value.contains(std::path::MAIN_SEPARATOR) {
        Method::Path
    } else if [".sql", ".py", ".csv"].iter().any(|end| lower.ends_with(end)) {
        Method::File
    } else {
        Method::Fqn
    }
}

fn definition_of(definition: &Value, indirect: Indirect, at: Span) -> Result<Spec> {
    let keys = match definition {
        Value::String(text) => return Ok(Spec::One(Criterion::parse(text, indirect)?)),
        Value::Object(keys) => keys,
        other => {
            let message = format!("Expected to find union, intersection, str or dict, instead found {other}");
            return Err(Box::new(invalid(message, at)));
        }
    };
    for (key, kind) in [("union", Kind::Union), ("intersection", Kind::Intersection)] {
        if let Some(parts) = keys.get(key) {
            let (included, excluded) = parts_of(parts, key, indirect, at)?;
            let group = Spec::group(kind, included);
            return Ok(without(group, excluded));
        }
    }
    let (method_name, value, excluded) = if keys.len() == 1 {
        keys.iter().next().map(|(key, value)| (key.as_str(), value, None))
    } else {
        let method_name = keys.get("method").and_then(Value::as_str);
        method_name.zip(keys.get("value")).map(|(name, value)| (name, value, keys.get("exclude")))
    }
    .ok_or_else(|| {
        let names: Vec<_> = keys.keys().map(String::as_str).collect();
        let message = format!(
            "Expected either 1 key or else \"method\" and \"value\" keys, but got {}",
            names.join(", ")
        );
        Box::new(invalid(message, at))
    })?;
    let excluded = excluded.map(|excluded| exclusions(excluded, indirect, at)).transpose()?.flatten();
    let criterion = criterion(keys, method_name, value, indirect, at)?;
    Ok(without(Spec::One(criterion), excluded))
}

fn criterion(
    keys: &Map<String, Value>,
    method_name: &str,
    value: &Value,
    indirect: Indirect,
    at: Span,
) -> Result<Criterion> {
    let placed = |mut problem: Box<Diagnostic>| {
        if problem.labels.is_empty() {
            *problem = problem.clone().label(at, "in this selector");
        }
        problem
    };
    let (method, arguments) = method(method_name).map_err(placed)?;
    let flag = |key: &str| keys.get(key).and_then(Value::as_bool).unwrap_or(false);
    let depth = |key: &str| {
        let depth = keys.get(key)?;
        let depth = depth.as_u64().or_else(|| depth.as_str()?.parse().ok())?;
        usize::try_from(depth).ok()
    };
    let indirect = match keys.get("indirect_selection").and_then(Value::as_str) {
        None => indirect,
        Some(mode) => Indirect::parse(mode)
            .ok_or_else(|| Box::new(invalid(format!("'{mode}' is not a valid IndirectSelection"), at)))?,
    };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let criterion = Criterion {
        raw: format!("{method_name}:{text}"),
        method,
        arguments,
        value: text,
        descendants_needs: flag("childrens_parents"),
        parents: flag("parents").then(|| depth("parents_depth")),
        children: flag("children").then(|| depth("children_depth")),
        indirect,
    };
    criterion.checked().map_err(placed)
}

/// The parts of a union or intersection, and what its one `exclude` takes away.
fn parts_of(parts: &Value, key: &str, indirect: Indirect, at: Span) -> Result<(Vec<Spec>, Option<Spec>)> {
    let mut included = Vec::new();
    let mut excluded = None;
    let mut seen = false;
    for part in list(parts, key, at)? {
        let Some(inner) = part.as_object().and_then(|keys| keys.get("exclude")).filter(|_| !is_method(part))
        else {
            included.push(definition_of(part, indirect, at)?);
            continue;
        };
        if std::mem::replace(&mut seen, true) {
            let message = "You cannot provide multiple exclude arguments to the same selector set operator";
            return Err(Box::new(invalid(format!("{message}:\n{part}"), at)));
        }
        excluded = exclusions(inner, indirect, at)?;
    }
    Ok((included, excluded))
}

/// Whether a mapping is a criterion, which may have an `exclude` of its own.
fn is_method(part: &Value) -> bool {
    part.get("method").is_some() && part.get("value").is_some()
}

fn exclusions(parts: &Value, indirect: Indirect, at: Span) -> Result<Option<Spec>> {
    let parts = list(parts, "exclude", at)?;
    let mut parts = parts.iter().map(|part| definition_of(part, indirect, at)).collect::<Result<Vec<_>>>()?;
    Ok(match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(Spec::group(Kind::Union, parts)),
    })
}

fn without(included: Spec, excluded: Option<Spec>) -> Spec {
    match excluded {
        None => included,
        Some(excluded) => Spec::group(Kind::Difference, vec![included, excluded]),
    }
}

fn list<'a>(value: &'a Value, key: &str, at: Span) -> Result<&'a Vec<Value>> {
    value
        .as_array()
        .ok_or_else(|| Box::new(invalid(format!("Invalid value for key \"{key}\". Expected a list."), at)))
}

fn invalid(message: impl Into<String>, at: Span) -> Diagnostic {
    Diagnostic::error(Code::SelectorInvalid, message).label(at, "in this selector")
}
