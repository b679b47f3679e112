//! What a plain scalar means: the implicit types of YAML 1.1 as `PyYAML`'s safe loader resolves them.
//!
//! YAML 1.1 (yaml.org/type) differs from later readers in `yes`, `on`, `0777`, `1_000`, `12:30` and
//! in `1e3`, which is text because its exponent has no sign.

use serde_json::Number;

use super::Kind;

/// The value of a plain scalar. Dates and times stay text.
pub(super) fn resolve(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Kind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Kind::Bool(false),
        _ => {}
    }
    let starts_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let number = if starts_number { integer(text).or_else(|| float(text)) } else { None };
    number.map_or_else(|| Kind::Text(text.to_owned()), Kind::Number)
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let magnitude = if let Some(bits) = digits.strip_prefix("0b") {
        radix(bits, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        radix(hex, 16)?
    } else if digits == "0" {
        0
    } else if let Some(octal) = digits.strip_prefix('0') {
        radix(octal, 8)?
    } else if digits.contains(':') {
        let (first, rest) = digits.split_once(':')?;
        sixties(rest)?.try_fold(radix(first, 10)?, |sum, part| sum.checked_mul(60)?.checked_add(part))?
    } else {
        match radix(digits, 10) {
            Some(value) => value,
            // Longer than 64 bits: Python has no limit, JSON numbers end in floats.
            None => return all_digits(digits).then(|| digits.parse().ok().and_then(Number::from_f64))?,
        }
    };
    if negative {
        let value = 0_i64.checked_sub_unsigned(magnitude)?;
        Some(value.into())
    } else {
        Some(magnitude.into())
    }
}

/// Digits with underscores between them; the first must be a digit.
fn radix(digits: &str, base: u32) -> Option<u64> {
    if digits.is_empty() || digits.starts_with(['+', '-']) || (base == 10 && digits.starts_with('_')) {
        return None;
    }
    if digits.contains('_') {
        return u64::from_str_radix(&digits.replace('_', ""), base).ok();
    }
    u64::from_str_radix(digits, base).ok()
}

/// The places after the first of a number in base 60.
fn sixties(rest: &str) -> Option<impl Iterator<Item = u64>> {
    let fits = |part: &str| {
        (1..=2).contains(&part.len()) && all_digits(part) && (part.len() == 1 || part.as_bytes()[0] < b'6')
    };
    rest.split(':').all(fits).then(|| rest.split(':').filter_map(|part| part.parse().ok()))
}

fn float(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let signed = digits.len() < text.len();
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let exponent_fits = |e: &str| e.starts_with(['+', '-']) && e.len() > 1 && all_digits(&e[1..]);
    let underscored = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let fits = underscored(fraction)
        && exponent.is_none_or(exponent_fits)
        && if whole.is_empty() {
            !signed && fraction.starts_with(|c: char| c.is_ascii_digit())
        } else {
            !whole.starts_with('_') && underscored(whole)
        };
    if fits {
        let value: f64 = digits.replace('_', "").parse().ok()?;
        return Number::from_f64(if negative { -value } else { value });
    }
    let (first, rest) = whole.split_once(':')?;
    if exponent.is_some() || !underscored(fraction) || !underscored(first) || first.starts_with('_') {
        return None;
    }
    let places = sixties(rest)?;
    let whole: u64 = places.fold(radix(first, 10)?, |sum, part| sum.saturating_mul(60).saturating_add(part));
    let value: f64 = format!("{whole}.{}", fraction.replace('_', "")).parse().ok()?;
    Number::from_f64(if negative { -value } else { value })
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
