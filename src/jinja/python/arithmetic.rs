//! Operators as Python has them, for values that minijinja's own operators refuse or take for something else.

use std::cmp::Ordering;
use std::sync::LazyLock;

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Rest, Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Expression, context};

use super::{Decimal, PyList, check_format, decimal, refused, repr};
use crate::jinja::modules::arithmetic;
use crate::jinja::runtime::Anything;

/// Adds the functions that rewritten operators call.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_function("__add", |left: Value, right: Value| add(&left, &right));
    env.add_function("__sub", |left: Value, right: Value| subtract(&left, &right));
    env.add_function("__mod", |left: Value, right: Value| modulo(&left, &right));
    env.add_function("__mul", |left: Value, right: Value| native("*", left, right));
    env.add_function("__div", |left: Value, right: Value| native("/", left, right));
    env.add_function("__floordiv", |left: Value, right: Value| native("//", left, right));
    env.add_function("__pow", |left: Value, right: Value| native("**", left, right));
    env.add_function("__neg", |value: Value| match decimal::negative(&value) {
        Some(negative) => negative,
        None => own("-", value, Value::from(())),
    });
    env.add_function("__cmp", |left: Value, rest: Rest<Value>| compare(left, &rest));
}

/// An operator that only decimals have another way.
fn native(operator: &'static str, left: Value, right: Value) -> Result<Value, Error> {
    if is_anything(&left) || is_anything(&right) {
        return Ok(Value::from_object(Anything));
    }
    decimal::arithmetic(operator, &left, &right).unwrap_or_else(|| own(operator, left, right))
}

/// minijinja's own operator.
fn own(operator: &'static str, left: Value, right: Value) -> Result<Value, Error> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(Environment::new);
    static EXPRESSIONS: LazyLock<Vec<(&str, Expression<'static, 'static>)>> = LazyLock::new(|| {
        let all = [
            ("*", "a * b"),
            ("/", "a / b"),
            ("//", "a // b"),
            ("**", "a ** b"),
            ("-", "-a"),
            ("in", "a in b"),
            ("not in", "a not in b"),
        ];
        let compiled = |(operator, text)| Some((operator, ENVIRONMENT.compile_expression(text).ok()?));
        all.into_iter().filter_map(compiled).collect()
    });
    let known = EXPRESSIONS.iter().find(|(known, _)| *known == operator);
    let (_, expression) = known.ok_or_else(|| refused("this operator is not known"))?;
    let result = expression.eval(context! { a => left, b => right });
    // Where in this little expression it went wrong is of no interest.
    result.map_err(|error| Error::new(error.kind(), error.detail().unwrap_or_default().to_owned()))
}

/// `a < b`, or a chain of comparisons: values with operators between them.
fn compare(left: Value, rest: &[Value]) -> Result<Value, Error> {
    let mut left = left;
    for pair in rest.chunks(2) {
        let [operator, right] = pair else { break };
        let order = decimal::compare(&left, right);
        let holds = match operator.as_str().unwrap_or_default() {
            "==" => order.map_or_else(|| left == *right, Ordering::is_eq),
            "!=" => order.map_or_else(|| left != *right, Ordering::is_ne),
            "<" => order.map_or_else(|| left < *right, Ordering::is_lt),
            "<=" => order.map_or_else(|| left <= *right, Ordering::is_le),
            ">" => order.map_or_else(|| left > *right, Ordering::is_gt),
            ">=" => order.map_or_else(|| left >= *right, Ordering::is_ge),
            "in" => own("in", left, right.clone())?.is_true(),
            _ => own("not in", left, right.clone())?.is_true(),
        };
        if !holds {
            return Ok(Value::from(false));
        }
        left = right.clone();
    }
    Ok(Value::from(true))
}

pub(super) fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        return Ok(Value::from([a, b].concat()));
    }
    if let Some(sum) = numbers(left, right, i128::checked_add, |a, b| a + b) {
        return sum;
    }
    if let Some(sum) = decimal::arithmetic("+", left, right) {
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
    if let Some(difference) = decimal::arithmetic("-", left, right) {
        return difference;
    }
    arithmetic('-', left, right).unwrap_or_else(|| unsupported('-', left, right))
}

/// `a % b`: formats a text, divides a number.
fn modulo(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(text) = left.as_str() {
        return printf(text, right).map(Value::from);
    }
    if let Some(rest) = decimal::arithmetic("%", left, right) {
        return rest;
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
        _ if Decimal::of(value).is_some() => "decimal.Decimal",
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
    let has_decimal = args.iter().any(|arg| Decimal::of(arg).is_some());
    if !text.contains("%r") && !text.contains("%a") && !has_decimal {
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
            if let Some(arg) = args.get_mut(at)
                && let Some(number) = Decimal::of(arg)
            {
                *arg = match kind {
                    's' => Value::from(arg.to_string()),
                    'd' | 'i' | 'u' | 'x' | 'X' | 'o' => number.whole(),
                    _ => number.plain(),
                };
            }
            plain.push(kind);
        }
        at += usize::from(kind != '%');
    }
    plain.push_str(rest);
    format(FormatStyle::Printf, &plain, &args)
}
