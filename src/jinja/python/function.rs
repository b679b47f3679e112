//! The functions that rewritten templates call, and the global ones of Jinja that differ.

use minijinja::formatting::{FormatStyle, format as format_text};
use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{Environment, Error};

use super::{PyDict, PyList, dict, own, refused, repr};

/// Adds the functions to an environment.
pub(in crate::jinja) fn install(env: &mut Environment<'static>) {
    env.add_function("__L", |items: Value| -> Result<Value, Error> {
        Ok(PyList::value(items.try_iter()?.map(own)))
    });
    env.add_function("__D", |map: Value| {
        let pairs = map.as_object().and_then(|map| map.try_iter_pairs()).into_iter().flatten();
        PyDict::value(pairs.map(|(key, value)| (key, own(value))))
    });
    env.add_function("__own", own);
    env.add_function("__do", |_: Value| Value::UNDEFINED);
    env.add_function("__mod", modulo);
    env.add_function("__each", each);
    env.add_global("dict", Value::from_object(Dict));
    env.add_function("cycler", |items: Rest<Value>| minijinja_contrib::globals::cycler(items.0));
    env.add_function("joiner", minijinja_contrib::globals::joiner);
}

/// What a loop goes through: Python refuses to loop over nothing.
fn each(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::None => Err(refused("'NoneType' object is not iterable")),
        ValueKind::Number => Err(refused(format!("{} is a number and cannot be iterated", repr(&value)))),
        ValueKind::Bool => Err(refused("'bool' object is not iterable")),
        _ => Ok(value),
    }
}

/// `a % b`: formats a text, divides a number.
fn modulo(left: Value, right: Value) -> Result<Value, Error> {
    if let Some(text) = left.as_str() {
        return printf(text, &right).map(Value::from);
    }
    let unsupported =
        || refused(format!("unsupported operand types for %: {} and {}", left.kind(), right.kind()));
    let whole = |value: &Value| value.is_integer() || value.kind() == ValueKind::Bool;
    if whole(&left) && whole(&right) {
        let number = |value: &Value| i128::try_from(value.clone()).map_err(|_| unsupported());
        let (a, b) = (number(&left)?, number(&right)?);
        let rest = a.checked_rem(b).ok_or_else(|| refused("integer modulo by zero"))?;
        return Ok(Value::from(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }));
    }
    let number = |value: &Value| f64::try_from(value.clone()).map_err(|_| unsupported());
    let (a, b) = (number(&left)?, number(&right)?);
    if b == 0.0 {
        return Err(refused("float modulo by zero"));
    }
    let rest = a % b;
    Ok(Value::from(if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }))
}

/// Python's `text % values`; `%r` and `%a` show their value as a container would.
pub(super) fn printf(text: &str, right: &Value) -> Result<String, Error> {
    let mut args: Vec<Value> = match right.kind() {
        ValueKind::Seq if right.is_tuple() => right.try_iter()?.collect(),
        _ => vec![right.clone()],
    };
    if !text.contains("%r") && !text.contains("%a") {
        return format_text(FormatStyle::Printf, text, &args);
    }
    let mut format = String::with_capacity(text.len());
    let (mut at, mut rest) = (0, text);
    while let Some(percent) = rest.find('%') {
        format.push_str(&rest[..=percent]);
        rest = &rest[percent + 1..];
        let flags = rest.find(|c: char| !"#0- +.123456789".contains(c)).unwrap_or(rest.len());
        format.push_str(&rest[..flags]);
        rest = &rest[flags..];
        let Some(kind) = rest.chars().next() else { break };
        rest = &rest[kind.len_utf8()..];
        if matches!(kind, 'r' | 'a') {
            if let Some(arg) = args.get_mut(at) {
                *arg = Value::from(repr(arg));
            }
            format.push('s');
        } else {
            format.push(kind);
        }
        at += usize::from(kind != '%');
    }
    format.push_str(rest);
    format_text(FormatStyle::Printf, &format, &args)
}

/// `dict`, which is a function and has `fromkeys`.
#[derive(Debug)]
struct Dict;

impl minijinja::value::Object for Dict {
    fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(
        self: &std::sync::Arc<Self>,
        _state: &mut minijinja::State<'_, '_>,
        args: &[Value],
    ) -> Result<Value, Error> {
        dict::pairs_of(args).map(PyDict::value)
    }

    fn call_method(
        self: &std::sync::Arc<Self>,
        _state: &mut minijinja::State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("fromkeys", [keys, rest @ ..]) => {
                let value = rest.first().cloned().unwrap_or_else(|| Value::from(()));
                Ok(PyDict::value(keys.try_iter()?.map(|key| (key, value.clone()))))
            }
            _ => Err(minijinja::ErrorKind::UnknownMethod.into()),
        }
    }

    fn render(self: &std::sync::Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<class 'dict'>")
    }
}
