//! What property files say of functions besides what they say of every node.

use super::read::Reader;
use super::shape::{Field, Form, Shape, Spans, Unsaid};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

/// The arguments and the result of a function.
#[derive(Debug, Clone, Default)]
pub(in crate::parse) struct Signature {
    pub(in crate::parse) arguments: Vec<Value>,
    pub(in crate::parse) returns: Value,
    /// Further files with the same name in the warehouse and other arguments.
    pub(in crate::parse) overloads: Vec<Overload>,
}

/// One overload.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Overload {
    /// In dbt's form, without its code.
    pub(in crate::parse) said: Mapping,
    /// Where its file is named.
    pub(in crate::parse) span: Span,
}

/// Keys that only functions have.
pub(super) const KEYS: &[&str] = &["arguments", "returns", "overloads"];

const ARGUMENT: Shape = Shape {
    what: "an argument",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("data_type", Form::Text),
        Field::new("description", Form::Text),
        Field::new("default_value", Form::Any),
    ],
};

const RETURNS: Shape = Shape {
    what: "`returns`",
    fields: &[Field::required("data_type", Form::Text), Field::new("description", Form::Text)],
};

const SIGNATURE: Shape = Shape {
    what: "a function",
    fields: &[
        Field::new("arguments", Form::List(&ARGUMENT)).or(Unsaid::Empty),
        Field::required("returns", Form::Map(&RETURNS)),
    ],
};

const OVERLOAD: Shape = Shape {
    what: "an overload",
    fields: &[
        Field::required("defined_in", Form::Text),
        Field::new("arguments", Form::List(&ARGUMENT)).or(Unsaid::Empty),
        Field::new("returns", Form::Map(&RETURNS)),
        Field::new("description", Form::Text),
    ],
};

/// Reads what a function takes and returns.
pub(super) fn signature(reader: &mut Reader, map: &YamlMapping, at: Span) -> Signature {
    let all: Vec<_> = map.keys().collect();
    let mut spans = Spans::new();
    let Some(mut read) = reader.shaped(map, at, &SIGNATURE, &all, "", &mut spans) else {
        return Signature::default();
    };
    let arguments = match read.get_mut("arguments").map(Value::take) {
        Some(Value::Array(arguments)) => arguments,
        _ => Vec::new(),
    };
    let has_default = |argument: &Value| !argument["default_value"].is_null();
    let first = arguments.iter().position(has_default).unwrap_or(arguments.len());
    if let Some(late) = (first..arguments.len()).find(|at| !has_default(&arguments[*at])) {
        let name = arguments[late]["name"].as_str().unwrap_or_default();
        let message = format!("the argument `{name}` has no default and follows one that has");
        let span = spans.get(&format!("arguments/{late}/name")).copied().unwrap_or(at);
        let error = Diagnostic::error(Code::FunctionInvalid, message).label(span, "");
        reader.report(error.help("put arguments with a `default_value` last"));
    }
    let overloads = reader.list(map, "overloads").iter().filter_map(|yaml| overload(reader, yaml)).collect();
    Signature { arguments, returns: read.get_mut("returns").map(Value::take).unwrap_or_default(), overloads }
}

fn overload(reader: &mut Reader, yaml: &Yaml) -> Option<Overload> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("overloads", "a list of mappings"));
        return None;
    };
    let said = reader.shaped(map, yaml.span, &OVERLOAD, &[], "", &mut Spans::new())?;
    Some(Overload { said, span: map.get("defined_in").map_or(yaml.span, |yaml| yaml.span) })
}
