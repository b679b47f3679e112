//! What property files say of unit tests.

use std::sync::Arc;

use super::read::{Config, Place, Reader, Text};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, MockQuery, Overrides, Value};
use crate::project::yaml::{Kind, Mapping as YamlMapping, Yaml};

/// A unit test as described.
#[derive(Debug)]
pub(in crate::parse) struct UnitTestProperties {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) subject: Option<SubjectProperties>,
    pub(in crate::parse) given: Vec<FixtureProperties>,
    pub(in crate::parse) expect: Option<ExpectProperties>,
    pub(in crate::parse) overrides: Option<Overrides>,
    pub(in crate::parse) description: Text,
    pub(in crate::parse) config: Config,
    /// `versions` as written, and where that stands.
    pub(in crate::parse) versions: Option<(Value, Span)>,
}

/// What is tested, and where it is named.
#[derive(Debug)]
pub(in crate::parse) struct SubjectProperties {
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    /// The arguments, where it is a macro.
    pub(in crate::parse) arguments: Option<Value>,
}

/// Rows, and for an input what they stand for.
#[derive(Debug)]
pub(in crate::parse) struct FixtureProperties {
    /// `input` and where it stands.
    pub(in crate::parse) input: Option<(String, Span)>,
    pub(in crate::parse) rows: Option<RowsProperties>,
    pub(in crate::parse) format: Option<(String, Span)>,
    pub(in crate::parse) file: Option<(String, Span)>,
    pub(in crate::parse) span: Span,
}

/// What stands under `rows`.
#[derive(Debug)]
pub(in crate::parse) struct RowsProperties {
    /// Rendered.
    pub(in crate::parse) value: Value,
    pub(in crate::parse) span: Span,
    /// Where each item stands, where it is a list.
    pub(in crate::parse) items: Vec<Span>,
}

/// What stands under `expect`.
#[derive(Debug)]
pub(in crate::parse) enum ExpectProperties {
    Rows(Box<FixtureProperties>),
    Text { text: String, exact: bool, span: Span },
}

const KEYS: &[&str] =
    &["name", "model", "macro", "args", "given", "expect", "description", "overrides", "config", "versions"];
const GIVEN_KEYS: &[&str] = &["input", "rows", "format", "fixture"];
const EXPECT_KEYS: &[&str] = &["rows", "format", "fixture", "text", "whitespace"];
const OVERRIDE_KEYS: &[&str] = &["macros", "vars", "env_vars", "target", "queries"];
const QUERY_KEYS: &[&str] = &["sql", "rows"];
const VERSION_KEYS: &[&str] = &["include", "exclude"];

/// Reads one entry of `unit_tests`.
pub(super) fn unit_test(reader: &mut Reader, place: &Arc<Place>, yaml: &Yaml) -> Option<UnitTestProperties> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("unit_tests", "a list of mappings with a `name`"));
        return None;
    };
    let (name, span) = reader.name(map, "unit_tests", yaml.span)?;
    reader.known(map, KEYS, "a unit test");
    let subject = subject(reader, map, &name, span);
    let is_macro = subject.as_ref().is_some_and(|subject| subject.arguments.is_some());
    if !is_macro && !map.contains("given") {
        missing(reader, &name, "given", span);
    }
    let given =
        reader.list(map, "given").iter().filter_map(|yaml| input(reader, yaml, &name)).collect::<Vec<_>>();
    let expect = expect(reader, map, &name, span, is_macro);
    let overrides = overrides(reader, map);
    let versions = reader.map_at(map, "versions").map(|inner| {
        reader.known(inner, VERSION_KEYS, "`versions` of a unit test");
        (Value::Object(reader.mapping(inner)), map.key_span("versions").unwrap_or(span))
    });
    Some(UnitTestProperties {
        place: Arc::clone(place),
        description: reader.later(map, "description"),
        config: reader.config(map),
        name,
        span,
        subject,
        given,
        expect,
        overrides,
        versions,
    })
}

/// The model or the macro that is tested.
fn subject(reader: &mut Reader, map: &YamlMapping, test: &str, span: Span) -> Option<SubjectProperties> {
    let (model, tested) = (reader.text(map, "model"), reader.text(map, "macro"));
    let at = |key: &str| map.get(key).map_or(span, |yaml| yaml.span);
    match (model, tested) {
        (Some(_), Some(_)) => {
            let message = format!("unit test `{test}` has both a `model` and a `macro`");
            reader.report(invalid(message, at("macro")).help("make two unit tests of it"));
            None
        }
        (Some(name), None) => {
            if let Some(key) = map.key_span("args") {
                let message = format!("unit test `{test}` has `args`, which are for macros");
                reader.report(invalid(message, key).help("name the macro under `macro`"));
            }
            Some(SubjectProperties { name, span: at("model"), arguments: None })
        }
        (None, Some(name)) => {
            // Templates among them are rendered when the test runs, for they may be relations.
            let arguments = map.get("args").filter(|yaml| !yaml.is_null());
            let is_arguments = |yaml: &&Yaml| matches!(yaml.value, Kind::List(_) | Kind::Mapping(_));
            if let Some(yaml) = arguments.filter(|yaml| !is_arguments(yaml)) {
                reader.report(yaml.invalid("args", "a mapping by name or a list"));
            }
            let arguments =
                arguments.filter(is_arguments).map_or_else(|| Value::Object(Mapping::new()), Yaml::to_json);
            Some(SubjectProperties { name, span: at("macro"), arguments: Some(arguments) })
        }
        (None, None) => {
            missing(reader, test, "model", span);
            None
        }
    }
}

fn input(reader: &mut Reader, yaml: &Yaml, test: &str) -> Option<FixtureProperties> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("given", "a list of mappings with an `input`"));
        return None;
    };
    reader.known(map, GIVEN_KEYS, "an input of a unit test");
    let Some(input) = spanned(reader, map, "input", yaml.span) else {
        let place = map.iter().next().map_or(yaml.span, |entry| entry.key_span);
        let message = format!("unit test `{test}` has a given without an `input`");
        let help = "write `input: ref('…')`, `input: source('…', '…')` or `input: this`";
        reader.report(Diagnostic::error(Code::YamlMissingKey, message).label(place, "").help(help));
        return None;
    };
    Some(FixtureProperties { input: Some(input), ..fixture(reader, map, yaml.span) })
}

fn fixture(reader: &mut Reader, map: &YamlMapping, span: Span) -> FixtureProperties {
    let rows = map.get("rows").filter(|yaml| !yaml.is_null()).map(|yaml| RowsProperties {
        value: reader.value(yaml),
        span: yaml.span,
        items: yaml.as_list().unwrap_or_default().iter().map(|item| item.span).collect(),
    });
    FixtureProperties {
        input: None,
        rows,
        format: spanned(reader, map, "format", span),
        file: spanned(reader, map, "fixture", span),
        span: map.iter().next().map_or(span, |entry| entry.key_span),
    }
}

fn expect(
    reader: &mut Reader,
    map: &YamlMapping,
    test: &str,
    span: Span,
    is_macro: bool,
) -> Option<ExpectProperties> {
    let Some(inner) = reader.map_at(map, "expect") else {
        if map.get("expect").is_none_or(Yaml::is_null) {
            missing(reader, test, "expect", span);
        }
        return None;
    };
    let place = map.get("expect").map_or(span, |yaml| yaml.span);
    reader.known(inner, EXPECT_KEYS, "`expect` of a unit test");
    let Some((wanted, at)) = spanned(reader, inner, "text", place) else {
        return Some(ExpectProperties::Rows(Box::new(fixture(reader, inner, place))));
    };
    if !is_macro {
        let message = format!("unit test `{test}` expects a `text`, which only macros give");
        reader.report(invalid(message, at).help("write the rows that the model should return under `rows`"));
        return None;
    }
    if let Some(other) = inner.key_span("rows") {
        let message = format!("unit test `{test}` expects both a `text` and `rows`");
        reader.report(invalid(message, other).help("make two unit tests of it"));
        return None;
    }
    let exact = match reader.text(inner, "whitespace").as_deref() {
        None | Some("normalize") => false,
        Some("exact") => true,
        Some(other) => {
            let at = inner.get("whitespace").map_or(place, |yaml| yaml.span);
            let message = format!("`{other}` is not a valid `whitespace`");
            let error = Diagnostic::error(Code::YamlInvalidValue, message);
            let known = ["normalize", "exact"];
            reader.report(error.label(at, "`normalize` or `exact`").suggest(other, known));
            false
        }
    };
    Some(ExpectProperties::Text { text: wanted, exact, span: at })
}

fn overrides(reader: &mut Reader, map: &YamlMapping) -> Option<Overrides> {
    let inner = reader.map_at(map, "overrides")?;
    reader.known(inner, OVERRIDE_KEYS, "`overrides` of a unit test");
    let queries = reader.list(inner, "queries").iter().filter_map(|yaml| query(reader, yaml)).collect();
    Some(Overrides {
        macros: reader.object(inner, "macros"),
        vars: reader.object(inner, "vars"),
        env_vars: reader.object(inner, "env_vars"),
        target: reader.object(inner, "target"),
        queries,
    })
}

fn query(reader: &mut Reader, yaml: &Yaml) -> Option<MockQuery> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("queries", "a list of mappings with `rows`"));
        return None;
    };
    reader.known(map, QUERY_KEYS, "an entry of `queries`");
    let rows = reader.list(map, "rows").iter().filter_map(|yaml| {
        let row = yaml.as_mapping();
        if row.is_none() {
            reader.report(yaml.invalid("rows", "a list of mappings"));
        }
        row.map(|row| reader.mapping(row))
    });
    let rows = rows.collect();
    Some(MockQuery { sql: reader.text(map, "sql"), rows })
}

fn spanned(reader: &mut Reader, map: &YamlMapping, key: &str, span: Span) -> Option<(String, Span)> {
    let text = reader.text(map, key)?;
    Some((text, map.get(key).map_or(span, |yaml| yaml.span)))
}

fn missing(reader: &mut Reader, test: &str, key: &str, span: Span) {
    let message = format!("unit test `{test}` needs a `{key}`");
    reader.report(Diagnostic::error(Code::YamlMissingKey, message).label(span, ""));
}

fn invalid(message: String, span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnitTestInvalid, message).label(span, "")
}
