//! `modules`: the parts of Python's library that dbt lends to templates.
//!
//! `datetime` has dates, times and points in time, `duration` their differences, `timezone` what
//! is `pytz` in Python; `regex` is `re`, `itertools` itself.

mod calendar;
mod datetime;
mod duration;
mod itertools;
mod regex;
mod timezone;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use self::calendar::{Date, Time};
use self::datetime::Moment;
use self::timezone::Zone;
use super::functions::raise;
use crate::diagnostic::Code;

/// `modules` as a template sees it.
pub(super) fn value() -> Value {
    Value::from_object(Modules)
}

#[derive(Debug)]
struct Modules;

impl Object for Modules {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "datetime" => Value::from_pairs([
                ("date", calendar::date_class()),
                ("datetime", datetime::class()),
                ("time", calendar::time_class()),
                ("timedelta", duration::class()),
                ("tzinfo", Value::from("<class 'datetime.tzinfo'>")),
            ]),
            "pytz" => timezone::module(),
            "re" => regex::module(),
            "itertools" => itertools::module(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["pytz", "datetime", "re", "itertools"])
    }
}

/// What a clock shows in an ISO 8601 text as Python reads it, and the text as Python writes it.
pub fn iso_datetime(text: &str) -> Option<(NaiveDateTime, String)> {
    datetime::iso(text).map(|moment| (moment.local_time(), moment.iso()))
}

/// A point in time in UTC.
pub(super) fn utc_datetime(at: DateTime<Utc>) -> Value {
    Moment::aware(at.naive_utc(), Zone::Utc).value()
}

/// A point in time with its offset.
pub(super) fn fixed_datetime(at: DateTime<FixedOffset>) -> Value {
    Moment::aware(at.naive_utc(), Zone::Fixed(*at.offset())).value()
}

/// A point in time without a zone.
pub(super) fn naive_datetime(at: NaiveDateTime) -> Value {
    Moment::naive(at).value()
}

/// A calendar day.
pub(super) fn date_value(date: NaiveDate) -> Value {
    Value::from_object(Date(date))
}

/// A time of day.
fn time_value(time: NaiveTime) -> Value {
    Value::from_object(Time(time))
}

/// A time of day as Python writes it.
pub(super) fn clock_text(time: NaiveTime) -> String {
    calendar::clock_text(time)
}

/// `a + b` or `a - b` of dates, times, durations and sets; nothing for other values.
pub(super) fn arithmetic(operator: char, one: &Value, two: &Value) -> Option<Result<Value, Error>> {
    if operator == '-'
        && let Some(difference) = super::functions::difference(one, two)
    {
        return Some(Ok(difference));
    }
    datetime::arithmetic(operator, one, two)
}

/// A method kept as a value, such as `modules.datetime.datetime.strptime` handed to a macro.
struct Bound {
    object: Value,
    method: String,
}

/// The method of an object as a value, where `known` lists it.
fn bound<T: Object + 'static>(object: &Arc<T>, key: &Value, known: &[&str]) -> Option<Value> {
    let method = key.as_str().filter(|name| known.contains(name))?.to_owned();
    Some(Value::from_object(Bound { object: Value::from_dyn_object(Arc::clone(object)), method }))
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<method {}>", self.method)
    }
}

impl Object for Bound {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.object.call_method(state, &self.method, args)
    }
}

/// Python's `ValueError` and the like.
fn refused(message: impl Into<String>) -> Error {
    raise(Code::JinjaRender, message)
}

/// A whole number among the arguments, or a default where it was not given.
fn whole(value: &Value, default: i64) -> Result<i64, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(default);
    }
    value.as_i64().ok_or_else(|| refused(format!("an integer is required, got {value:?}")))
}

/// A whole number that fits the calendar's types.
fn small(value: &Value, default: i64) -> Result<u32, Error> {
    u32::try_from(whole(value, default)?).map_err(|_| refused(format!("{value} is out of range")))
}
