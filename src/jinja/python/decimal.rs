//! Python's `Decimal`, which numbers of query results are: exact, and printed with the digits that they came with.
//!
//! The arithmetic is that of its default context, 28 digits and halves to the even one (docs.python.org, `decimal`).
//! Where a float takes part, in which Python sees a mistake, the result is a float. `in` is minijinja's own, for which no
//! decimal equals another kind of number.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use minijinja::Error;
use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};

use super::refused;

/// How many digits a result has.
const DIGITS: u64 = 28;
/// How many places there are at most, before the point or behind it: what is larger could fill the memory.
const PLACES: i64 = 6_000;

/// An exact number.
#[derive(Debug, Clone)]
pub(crate) struct Decimal(BigDecimal);

impl Decimal {
    /// The number with these digits as a template sees it; nothing where they are none.
    pub(crate) fn value(digits: &str) -> Option<Value> {
        digits.parse().ok().map(|number| Value::from_object(Self(number)))
    }

    /// The number in a template's value, if it is one of these.
    pub(crate) fn of(value: &Value) -> Option<&Self> {
        value.downcast_object_ref::<Self>()
    }

    /// The nearest float.
    pub(super) fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The same as an integer or a float, for those who know no others.
    pub(super) fn plain(&self) -> Value {
        let whole = self.0.is_integer().then(|| self.0.to_i128()).flatten();
        whole.map_or_else(|| Value::from(self.to_f64()), Value::from)
    }

    /// Without what is behind the point.
    pub(super) fn whole(&self) -> Value {
        let whole = self.0.with_scale_round(0, RoundingMode::Down);
        let number = whole.to_i128();
        number.map_or_else(|| Value::from_object(Self(whole)), Value::from)
    }

    pub(super) fn abs(&self) -> Result<Value, Error> {
        rounded(self.0.abs())
    }

    /// As `round(number, places)`, or as Jinja rounds up and down, which gives a float.
    pub(super) fn round(&self, places: i64, method: &str) -> Result<Value, Error> {
        let mode = match method {
            "common" => return rounded(self.0.with_scale_round(places, RoundingMode::HalfEven)),
            "ceil" => RoundingMode::Ceiling,
            "floor" => RoundingMode::Floor,
            _ => return Err(refused("method must be common, ceil or floor")),
        };
        Ok(Value::from(Self(self.0.with_scale_round(places, mode)).to_f64()))
    }

    /// What `str()` gives.
    fn text(&self) -> String {
        let (whole, scale) = self.0.as_bigint_and_exponent();
        let digits = whole.magnitude().to_string();
        let sign = if whole.is_negative() { "-" } else { "" };
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let left = length.saturating_sub(scale);
        let is_plain = scale >= 0 && left > -6;
        let point = if is_plain { left } else { 1 };
        let number = match usize::try_from(point) {
            Ok(0) | Err(_) => {
                format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or_default()))
            }
            Ok(point) if point >= digits.len() => digits,
            Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
        };
        let exponent = if is_plain { String::new() } else { format!("E{:+}", left.saturating_sub(point)) };
        format!("{sign}{number}{exponent}")
    }
}

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<Self>().map(|other| self.0.cmp(&other.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The arguments of `text.format(…)`: a decimal is a number where its field asks for one, else the text that it prints as.
pub(super) fn formattable(text: &str, args: &[Value]) -> Vec<Value> {
    let mut wants_number = vec![false; args.len()];
    let (mut rest, mut next) = (text, 0);
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some((field, after)) = rest.split_once('}') else { break };
        rest = after;
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let at = if name.is_empty() { Some(next) } else { name.parse().ok() };
        next += usize::from(name.is_empty());
        let is_number = spec.ends_with(['e', 'E', 'f', 'F', 'g', 'G', 'n', 'd', '%']) || spec.contains(',');
        if let Some(wants) = at.and_then(|at| wants_number.get_mut(at)) {
            *wants |= is_number;
        }
    }
    let shown = |(arg, wants): (&Value, &bool)| match Decimal::of(arg) {
        Some(number) if *wants => Value::from(number.to_f64()),
        Some(_) => Value::from(arg.to_string()),
        None => arg.clone(),
    };
    args.iter().zip(&wants_number).map(shown).collect()
}

/// The result of an operator of which one side is a decimal; nothing where none is, or the other is no number.
pub(super) fn arithmetic(operator: &str, left: &Value, right: &Value) -> Option<Result<Value, Error>> {
    let (one, two) = sides(left, right)?;
    let (one, two) = match (one, two) {
        (Side::Exact(one), Side::Exact(two)) => (one, two),
        (one, two) => return Some(float_arithmetic(operator, one.to_f64(), two.to_f64())),
    };
    Some(match operator {
        "+" => rounded(one + two),
        "-" => rounded(one - two),
        "*" => rounded(one * two),
        "/" | "//" | "%" if two.is_zero() => Err(refused("division by zero")),
        "/" => rounded(quotient(&one, &two)),
        "//" => rounded(truncated(&one, &two)),
        "%" => rounded(&one - truncated(&one, &two) * &two),
        _ => power(&one, &two),
    })
}

/// How a decimal and another number compare; nothing where none is a decimal, or the other is no number.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let (one, two) = sides(left, right)?;
    // A float is what its bits say, as in Python: 0.1 is a little more than a tenth.
    Some(one.exact()?.cmp(&two.exact()?))
}

/// The negative of a decimal.
pub(super) fn negative(value: &Value) -> Option<Result<Value, Error>> {
    Decimal::of(value).map(|number| rounded(-number.0.clone()))
}

/// One side of an operator.
enum Side {
    Exact(BigDecimal),
    Float(f64),
}

impl Side {
    fn of(value: &Value) -> Option<Self> {
        if let Some(number) = Decimal::of(value) {
            return Some(Self::Exact(number.0.clone()));
        }
        match value.kind() {
            ValueKind::Bool => Some(Self::Exact(u8::from(value.is_true()).into())),
            ValueKind::Number if value.is_integer() => {
                i128::try_from(value.clone()).ok().map(|number| Self::Exact(number.into()))
            }
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Self::Float),
            _ => None,
        }
    }

    pub(super) fn to_f64(&self) -> f64 {
        match self {
            Self::Exact(number) => number.to_f64().unwrap_or(f64::NAN),
            Self::Float(number) => *number,
        }
    }

    fn exact(self) -> Option<BigDecimal> {
        match self {
            Self::Exact(number) => Some(number),
            Self::Float(number) => BigDecimal::try_from(number).ok(),
        }
    }
}

fn sides(left: &Value, right: &Value) -> Option<(Side, Side)> {
    if Decimal::of(left).is_none() && Decimal::of(right).is_none() {
        return None;
    }
    Side::of(left).zip(Side::of(right))
}

/// A result, cut to the digits that it may have.
///
/// # Errors
/// It is beyond measure.
fn rounded(number: BigDecimal) -> Result<Value, Error> {
    let digits = NonZeroU64::new(DIGITS).filter(|_| number.digits() > DIGITS);
    let number = match digits {
        Some(digits) => number.with_precision_round(digits, RoundingMode::HalfEven),
        None => number,
    };
    if number.fractional_digit_count().abs() > PLACES {
        return Err(refused("this number is too large"));
    }
    Ok(Value::from_object(Decimal(number)))
}

fn float_arithmetic(operator: &str, one: f64, two: f64) -> Result<Value, Error> {
    if two == 0.0 && matches!(operator, "/" | "//" | "%") {
        return Err(refused("division by zero"));
    }
    Ok(Value::from(match operator {
        "+" => one + two,
        "-" => one - two,
        "*" => one * two,
        "/" => one / two,
        "//" => (one / two).floor(),
        "%" => one - two * (one / two).floor(),
        _ => one.powf(two),
    }))
}

/// A quotient with one digit more than it may have, which is no 0 and no 5 unless the division ends there; with as few
/// places as Python gives it where it does end.
fn quotient(one: &BigDecimal, two: &BigDecimal) -> BigDecimal {
    let ((a, a_scale), (b, b_scale)) = (one.as_bigint_and_exponent(), two.as_bigint_and_exponent());
    let ideal = a_scale - b_scale;
    let length = |number: &BigInt| number.magnitude().to_string().len();
    let wanted = usize::try_from(DIGITS + 1).unwrap_or(usize::MAX);
    let shift = (length(&b) + wanted).saturating_sub(length(&a));
    let ten = BigInt::from(10);
    let dividend = a * ten.pow(u32::try_from(shift).unwrap_or(u32::MAX));
    let (mut whole, rest) = (&dividend / &b, &dividend % &b);
    let mut scale = ideal + i64::try_from(shift).unwrap_or(i64::MAX);
    if rest.is_zero() {
        while scale > ideal && (&whole % &ten).is_zero() {
            whole /= &ten;
            scale -= 1;
        }
    } else if (&whole % BigInt::from(5)).is_zero() {
        whole += if whole.is_negative() { -1 } else { 1 };
    }
    BigDecimal::new(whole, scale)
}

/// A quotient without what is behind the point.
fn truncated(one: &BigDecimal, two: &BigDecimal) -> BigDecimal {
    quotient(one, two).with_scale_round(0, RoundingMode::Down)
}

fn power(base: &BigDecimal, exponent: &BigDecimal) -> Result<Value, Error> {
    let whole = exponent.is_integer().then(|| exponent.to_i64()).flatten();
    let Some(exponent) = whole else {
        let number = base.to_f64().zip(exponent.to_f64()).map(|(base, exponent)| base.powf(exponent));
        return number.map(Value::from).ok_or_else(|| refused("this number is too large"));
    };
    if exponent.abs() > PLACES {
        return Err(refused("this number is too large"));
    }
    // Each step is cut, with digits to spare, so that nothing grows beyond measure.
    let spare = NonZeroU64::new(2 * DIGITS).unwrap_or(NonZeroU64::MAX);
    let mut result = BigDecimal::from(1);
    for _ in 0..exponent.abs() {
        result *= base;
        if result.digits() > 2 * DIGITS {
            result = result.with_precision_round(spare, RoundingMode::HalfEven);
        }
    }
    if exponent < 0 {
        if result.is_zero() {
            return Err(refused("division by zero"));
        }
        result = quotient(&BigDecimal::from(1), &result);
    }
    rounded(result)
}
