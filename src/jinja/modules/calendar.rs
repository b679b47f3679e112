//! `datetime.date` and `datetime.time`, and Python's format codes.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use chrono::format::{Item, StrftimeItems};
use chrono::{Datelike, Local, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::{bound, date_value, refused, small, whole};
use crate::jinja::functions::{bind, text, tuple};

/// A format of Python's `strftime` in chrono's words. What depends on the zone is given, and is
/// left out where there is none.
pub(super) fn translated(format: &str, zone: Option<(&str, &str)>) -> String {
    let mut out = String::with_capacity(format.len());
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('f') => out.push_str("%6f"),
            Some('z') => out.push_str(zone.map_or("", |(offset, _)| offset)),
            Some('Z') => out.push_str(&zone.map_or(String::new(), |(_, name)| name.replace('%', "%%"))),
            Some('c') => out.push_str("%a %b %e %H:%M:%S %Y"),
            Some('x') => out.push_str("%m/%d/%y"),
            Some('X') => out.push_str("%H:%M:%S"),
            Some(code) => {
                out.push('%');
                out.push(code);
            }
            None => out.push_str("%%"),
        }
    }
    out
}

/// Formats a point in time; codes that mean nothing here are an error.
pub(super) fn formatted(at: NaiveDateTime, format: &str, zone: Option<(&str, &str)>) -> Result<Value, Error> {
    let format_text = translated(format, zone);
    let items: Vec<Item<'_>> = StrftimeItems::new(&format_text).collect();
    let mut out = String::new();
    if items.contains(&Item::Error) || write!(out, "{}", at.format_with_items(items.iter())).is_err() {
        return Err(refused(format!("Invalid format string {format:?}")));
    }
    Ok(Value::from(out))
}

/// A calendar day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(pub(super) NaiveDate);

/// What a date and a point in time have in common.
pub(super) fn date_attribute(date: NaiveDate, name: &str) -> Option<Value> {
    Some(match name {
        "year" => Value::from(date.year()),
        "month" => Value::from(date.month()),
        "day" => Value::from(date.day()),
        _ => return None,
    })
}

/// Methods that a date and a point in time have in common.
pub(super) fn date_method(date: NaiveDate, method: &str) -> Option<Value> {
    let weekday = date.weekday();
    Some(match method {
        "weekday" => Value::from(weekday.num_days_from_monday()),
        "isoweekday" => Value::from(weekday.number_from_monday()),
        "toordinal" => Value::from(date.num_days_from_ce()),
        "isocalendar" => {
            let week = date.iso_week();
            tuple(vec![week.year().into(), week.week().into(), weekday.number_from_monday().into()])
        }
        _ => return None,
    })
}

/// A calendar day from its parts.
pub(super) fn day(year: &Value, month: &Value, day: &Value) -> Result<NaiveDate, Error> {
    let year = i32::try_from(whole(year, 1)?).map_err(|_| refused(format!("year {year} is out of range")))?;
    NaiveDate::from_ymd_opt(year, small(month, 1)?, small(day, 1)?)
        .ok_or_else(|| refused("day is out of range for month"))
}

const DATE_METHODS: &[&str] =
    &["strftime", "isoformat", "replace", "weekday", "isoweekday", "toordinal", "isocalendar", "timetuple"];

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "datetime.date({}, {}, {})", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Object for Date {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        date_attribute(self.0, key.as_str()?).or_else(|| bound(self, key, DATE_METHODS))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "strftime" => {
                let [format] = bind(method, args, ["format"], 1)?;
                formatted(self.0.and_time(NaiveTime::MIN), &format.to_string(), None)
            }
            "isoformat" => Ok(Value::from(self.0.to_string())),
            "replace" => {
                let [y, m, d] = bind(method, args, ["year", "month", "day"], 0)?;
                let or = |given: Value, own: Value| if given.is_undefined() { own } else { given };
                let (y, m) = (or(y, self.0.year().into()), or(m, self.0.month().into()));
                day(&y, &m, &or(d, self.0.day().into())).map(date_value)
            }
            _ => date_method(self.0, method).map_or_else(|| date_class_method(method, args), Ok),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `datetime.date`.
pub(super) fn date_class() -> Value {
    Value::from_object(DateClass)
}

#[derive(Debug)]
struct DateClass;

const DATE_CLASS_METHODS: &[&str] = &["today", "fromisoformat", "fromtimestamp", "fromordinal"];

fn date_class_method(method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "today" => Ok(date_value(Local::now().date_naive())),
        "fromisoformat" => {
            let [given] = bind(method, args, ["date_string"], 1)?;
            let date = given.as_str().and_then(|text| text.parse().ok());
            date.map(date_value).ok_or_else(|| refused(format!("Invalid isoformat string: {given:?}")))
        }
        "fromtimestamp" => {
            let [seconds] = bind(method, args, ["timestamp"], 1)?;
            let at = chrono::DateTime::from_timestamp(whole(&seconds, 0)?, 0);
            at.map(|at| date_value(at.with_timezone(&Local).date_naive()))
                .ok_or_else(|| refused("timestamp out of range"))
        }
        "fromordinal" => {
            let [days] = bind(method, args, ["ordinal"], 1)?;
            let date = i32::try_from(whole(&days, 1)?).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
            date.map(date_value).ok_or_else(|| refused("ordinal out of range"))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

impl Object for DateClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        bound(self, key, DATE_CLASS_METHODS)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [y, m, d] = bind("date", args, ["year", "month", "day"], 3)?;
        day(&y, &m, &d).map(date_value)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        date_class_method(method, args)
    }
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub(super) NaiveTime);

/// What a time of day and a point in time have in common.
pub(super) fn time_attribute(time: NaiveTime, name: &str) -> Option<Value> {
    Some(match name {
        "hour" => Value::from(time.hour()),
        "minute" => Value::from(time.minute()),
        "second" => Value::from(time.second()),
        "microsecond" => Value::from(time.nanosecond() / 1_000),
        _ => return None,
    })
}

/// A time of day from its parts.
pub(super) fn clock(parts: &[Value; 4]) -> Result<NaiveTime, Error> {
    let [hour, minute, second, micro] = parts;
    let micros = (small(hour, 0)?, small(minute, 0)?, small(second, 0)?, small(micro, 0)?);
    NaiveTime::from_hms_micro_opt(micros.0, micros.1, micros.2, micros.3)
        .ok_or_else(|| refused("hour must be in 0..23, minute and second in 0..59"))
}

/// `HH:MM:SS`, with microseconds where there are any.
pub(super) fn clock_text(time: NaiveTime) -> String {
    let micros = time.nanosecond() / 1_000;
    let plain = time.format("%H:%M:%S").to_string();
    if micros == 0 { plain } else { format!("{plain}.{micros:06}") }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "datetime.time({}, {}", self.0.hour(), self.0.minute())?;
        let micros = self.0.nanosecond() / 1_000;
        if self.0.second() > 0 || micros > 0 {
            write!(f, ", {}", self.0.second())?;
        }
        if micros > 0 {
            write!(f, ", {micros}")?;
        }
        f.write_str(")")
    }
}

impl Object for Time {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        time_attribute(self.0, key.as_str()?)
            .or_else(|| bound(self, key, &["strftime", "isoformat", "replace"]))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "strftime" => {
                let [format] = bind(method, args, ["format"], 1)?;
                let day = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
                formatted(day.and_time(self.0), &format.to_string(), None)
            }
            "isoformat" => Ok(Value::from(clock_text(self.0))),
            "replace" => {
                let given = bind(method, args, ["hour", "minute", "second", "microsecond"], 0)?;
                let names = ["hour", "minute", "second", "microsecond"];
                let mut parts = given;
                for (part, name) in parts.iter_mut().zip(names) {
                    if part.is_undefined() {
                        *part = time_attribute(self.0, name).unwrap_or_default();
                    }
                }
                clock(&parts).map(|time| Value::from_object(Self(time)))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock_text(self.0))
    }
}

/// `datetime.time`.
pub(super) fn time_class() -> Value {
    Value::from_object(TimeClass)
}

#[derive(Debug)]
struct TimeClass;

impl Object for TimeClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "min" => Some(Value::from_object(Time(NaiveTime::MIN))),
            "max" => NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).map(|t| Value::from_object(Time(t))),
            _ => bound(self, key, &["fromisoformat"]),
        }
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let parts = bind("time", args, ["hour", "minute", "second", "microsecond"], 0)?;
        clock(&parts).map(|time| Value::from_object(Time(time)))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method != "fromisoformat" {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        let [given] = bind(method, args, ["time_string"], 1)?;
        let parsed = text(&given).and_then(|text| text.parse().ok());
        let time = parsed.ok_or_else(|| refused(format!("Invalid isoformat string: {given:?}")))?;
        Ok(Value::from_object(Time(time)))
    }
}
