//! `datetime.timedelta`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::refused;
use crate::jinja::functions::bind;

const MICROS_A_SECOND: i64 = 1_000_000;
const SECONDS_A_DAY: i64 = 86_400;

/// A difference between two points in time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delta(pub(super) TimeDelta);

impl Delta {
    /// The duration as a template sees it.
    pub(super) fn value(delta: TimeDelta) -> Value {
        Value::from_object(Self(delta))
    }

    /// Days, seconds and microseconds, of which only the days may be negative.
    fn parts(self) -> (i64, i64, i64) {
        let micros = self.0.num_microseconds().unwrap_or(i64::MAX);
        let (seconds, micros) = (micros.div_euclid(MICROS_A_SECOND), micros.rem_euclid(MICROS_A_SECOND));
        (seconds.div_euclid(SECONDS_A_DAY), seconds.rem_euclid(SECONDS_A_DAY), micros)
    }

    #[expect(clippy::cast_precision_loss, reason = "Python counts these seconds as a float, too")]
    fn seconds(self) -> f64 {
        self.0.num_microseconds().map_or(f64::NAN, |micros| micros as f64 / MICROS_A_SECOND as f64)
    }
}

impl fmt::Debug for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = self.parts();
        let named = [("days", days), ("seconds", seconds), ("microseconds", micros)];
        let given: Vec<String> =
            named.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}")).collect();
        let given = if given.is_empty() { "0".to_owned() } else { given.join(", ") };
        write!(f, "datetime.timedelta({given})")
    }
}

impl Object for Delta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (days, seconds, micros) = self.parts();
        Some(Value::from(match key.as_str()? {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => micros,
            _ => return None,
        }))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "total_seconds" => Ok(Value::from(self.seconds())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = self.parts();
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        Ok(())
    }
}

/// `datetime.timedelta`.
pub(super) fn class() -> Value {
    Value::from_object(Class)
}

#[derive(Debug)]
struct Class;

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let units = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        let micros: [i64; 7] =
            [86_400_000_000, 1_000_000, 1, 1_000, 60_000_000, 3_600_000_000, 604_800_000_000];
        let given = bind("timedelta", args, units, 0)?;
        let mut total = TimeDelta::zero();
        for (value, unit) in given.iter().zip(micros) {
            if value.is_undefined() {
                continue;
            }
            let out_of_range = || refused(format!("timedelta of {value} is out of range"));
            let part = match value.as_i64() {
                Some(count) => count.checked_mul(unit).ok_or_else(out_of_range)?,
                None => fraction(value, unit)?,
            };
            total = total.checked_add(&TimeDelta::microseconds(part)).ok_or_else(out_of_range)?;
        }
        Ok(Delta::value(total))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "rounded to the microsecond"
)]
fn fraction(value: &Value, unit: i64) -> Result<i64, Error> {
    let number = f64::try_from(value.clone())
        .map_err(|_| refused(format!("unsupported type for timedelta: {value:?}")))?;
    Ok((number * unit as f64).round_ties_even() as i64)
}
