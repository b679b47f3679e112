//! Binding of call arguments to parameters, and the errors a function raises.

use minijinja::value::{Kwargs, from_args};
use minijinja::{Error, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::error::Raised;

/// An error that arrives as this diagnostic.
pub(crate) fn raise_diagnostic(diagnostic: Diagnostic) -> Error {
    Raised(Box::new(diagnostic)).into()
}

/// An error that arrives as a diagnostic with this code and message.
pub(crate) fn raise(code: Code, message: impl Into<String>) -> Error {
    raise_diagnostic(Diagnostic::error(code, message))
}

/// An error about how a function is called.
pub(crate) fn misuse(message: impl Into<String>) -> Error {
    raise(Code::MacroArguments, message)
}

/// Splits the arguments of a call.
pub(crate) fn split(args: &[Value]) -> Result<(&[Value], Kwargs), Error> {
    from_args(args)
}

/// Binds a call's arguments to parameters, the first `required` of which must be there; what was
/// not given is undefined.
///
/// # Errors
/// Too many, unknown, doubled or missing arguments, in Python's words.
pub(crate) fn bind<const N: usize>(
    function: &str,
    args: &[Value],
    parameters: [&str; N],
    required: usize,
) -> Result<[Value; N], Error> {
    let (positional, keywords) = split(args)?;
    if positional.len() > N {
        let (takes, given) = (N, positional.len());
        return Err(misuse(format!("{function}() takes at most {takes} arguments ({given} given)")));
    }
    let mut bound = [const { Value::UNDEFINED }; N];
    for (place, value) in bound.iter_mut().zip(positional) {
        *place = value.clone();
    }
    for keyword in keywords.args() {
        let Some(at) = parameters.iter().position(|p| *p == keyword) else {
            return Err(misuse(format!("{function}() got an unexpected keyword argument '{keyword}'")));
        };
        if at < positional.len() {
            return Err(misuse(format!("{function}() got multiple values for argument '{keyword}'")));
        }
        bound[at] = keywords.peek(keyword)?;
    }
    let given = |at: usize| at < positional.len() || keywords.has(parameters[at]);
    match (0..required.min(N)).find(|at| !given(*at)) {
        Some(at) => {
            let missing = parameters[at];
            Err(misuse(format!("{function}() missing required argument: '{missing}'")))
        }
        None => Ok(bound),
    }
}

/// The value, unless it is `none` or was not given.
pub(crate) fn present(value: &Value) -> Option<&Value> {
    (!value.is_none() && !value.is_undefined()).then_some(value)
}

/// The value as text, unless it is `none` or was not given.
pub(crate) fn text(value: &Value) -> Option<String> {
    present(value).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Python's name for a value's type, for messages.
pub(crate) fn type_name(value: &Value) -> &'static str {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}
