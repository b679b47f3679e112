//! `+`, `-` and `%` as Python has them, for values that minijinja's own operators refuse.

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use super::{PyList, check_format, refused, repr};
use crate::jinja::modules::arithmetic;
use crate::jinja::runtime::Anything;

/// Adds the functions that rewritten operators call.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_function("__add", |left: Value, right: Value| add(&left, &right));
    env.add_function("__sub", |left: Value, right: Value| subtract(&left, &right));
    env.add_function("__mod", |left: Value, right: Value| modulo(&left, &right));
}

fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        return Ok(Value::from([a, b].concat()));
    }
    if let Some(sum) = numbers(left, right, i128::checked_add, |a, b| a + b) {
        return sum;
    }
    let items =
        |value: &Value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) && !is_anything(value);
    match (left.is_tuple(), right.is_tuple()) {
        (true, true) => {
            Ok(Value::from(Tuple::from(left.try_iter()?.chain(right.try_iter()?).collect::<Vec<_>>())))
        }
        (false, false) if items(left) && items(right) => {
            Ok(PyList::value(left.try_iter()?.chain(right.try_iter()?)))
        }
        _ => arithmetic('+', left, right).unwrap_or_else(|| unsupported('+', left, right)),
    }
}

fn subtract(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(difference) = numbers(left, right, i128::checked_sub, |a, b| a - b) {
        return difference;
    }
    arithmetic('-', left, right).unwrap_or_else(|| unsupported('-', left, right))
}

/// `a % b`: formats a text, divides a number.
fn modulo(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(text) = left.as_str() {
        return printf(text, right).map(Value::from);
    }
    let zero = |value: &Value| f64::try_from(value.clone()).is_ok_and(|number| number == 0.0);
    if is_number(left) && zero(right) {
        return Err(refused("integer modulo by zero"));
    }
    let whole = |a: i128, b: i128| {
        let rest = a.checked_rem(b)?;
        Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    };
    let real = |a: f64, b: f64| {
        let rest = a % b;
        if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
    };
    numbers(left, right, whole, real).unwrap_or_else(|| unsupported('%', left, right))
}

fn is_number(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
}

fn is_anything(value: &Value) -> bool {
    value.downcast_object_ref::<Anything>().is_some()
}

/// The result for two numbers, whole where both are; nothing where one is no number.
fn numbers(
    left: &Value,
    right: &Value,
    whole: impl Fn(i128, i128) -> Option<i128>,
    real: impl Fn(f64, f64) -> f64,
) -> Option<Result<Value, Error>> {
    if !is_number(left) || !is_number(right) {
        return None;
    }
    let is_whole = |value: &Value| value.is_integer() || value.kind() == ValueKind::Bool;
    if is_whole(left) && is_whole(right) {
        let int = |value: &Value| i128::try_from(value.clone()).ok();
        let result = int(left).zip(int(right)).and_then(|(a, b)| whole(a, b));
        let value = result.map(|n| i64::try_from(n).map_or_else(|_| Value::from(n), Value::from));
        return Some(value.ok_or_else(|| refused("this number is too large")));
    }
    let float = |value: &Value| match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        _ => f64::try_from(value.clone()).ok(),
    };
    let value = float(left).zip(float(right)).map(|(a, b)| Value::from(real(a, b)));
    Some(value.ok_or_else(|| refused("this number is too large")))
}

fn unsupported(operator: char, left: &Value, right: &Value) -> Result<Value, Error> {
    if is_anything(left) || is_anything(right) {
        return Ok(Value::from_object(Anything));
    }
    if left.is_undefined() || right.is_undefined() {
        let side = if left.is_undefined() { "left" } else { "right" };
        return Err(Error::new(
            ErrorKind::UndefinedError,
            format!("the {side} side of `{operator}` is undefined"),
        ));
    }
    let (one, two) = (type_name(left), type_name(right));
    Err(refused(format!("unsupported operand type(s) for {operator}: '{one}' and '{two}'")))
}

/// Python's name of a value's type.
fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}

/// Python's `text % values`; `%r` and `%a` show their value as a container would.
pub(super) fn printf(text: &str, right: &Value) -> Result<String, Error> {
    check_format(text, '%')?;
    let mut args: Vec<Value> = match right.kind() {
        ValueKind::Seq if right.is_tuple() => right.try_iter()?.collect(),
        _ => vec![right.clone()],
    };
    if !text.contains("%r") && !text.contains("%a") {
        return format(FormatStyle::Printf, text, &args);
    }
    let mut plain = String::with_capacity(text.len());
    let (mut at, mut rest) = (0, text);
    while let Some(percent) = rest.find('%') {
        plain.push_str(&rest[..=percent]);
        rest = &rest[percent + 1..];
        let flags = rest.find(|c: char| !"#0- +.123456789".contains(c)).unwrap_or(rest.len());
        plain.push_str(&rest[..flags]);
        rest = &rest[flags..];
        let Some(kind) = rest.chars().next() else { break };
        rest = &rest[kind.len_utf8()..];
        if matches!(kind, 'r' | 'a') {
            if let Some(arg) = args.get_mut(at) {
                *arg = Value::from(repr(arg));
            }
            plain.push('s');
        } else {
            plain.push(kind);
        }
        at += usize::from(kind != '%');
    }
    plain.push_str(rest);
    format(FormatStyle::Printf, &plain, &args)
}
