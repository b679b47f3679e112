//! `datetime.datetime`: points in time, with or without a zone.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{
    DateTime, Datelike, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::calendar::{
    Date, Time, clock, clock_text, date_attribute, date_method, day, formatted, time_attribute, translated,
};
use super::duration::Delta;
use super::timezone::Zone;
use super::{bound, date_value, refused, time_value};
use crate::jinja::functions::{bind, present};

/// A point in time as a clock shows it, and where the clock hangs.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    local: NaiveDateTime,
    zone: Option<(Zone, FixedOffset)>,
}

impl Moment {
    /// Without a zone.
    pub(super) fn naive(local: NaiveDateTime) -> Self {
        Self { local, zone: None }
    }

    /// In a zone, from UTC.
    pub(super) fn aware(utc: NaiveDateTime, zone: Zone) -> Self {
        let offset = zone.offset_at_utc(utc);
        Self { local: utc + offset, zone: Some((zone, offset)) }
    }

    /// In a zone, from what its clocks show.
    pub(super) fn local(local: NaiveDateTime, zone: Zone) -> Self {
        Self { local, zone: Some((zone, zone.offset_at_local(local))) }
    }

    /// The point in time in a template's value, if it is one.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().copied()
    }

    /// The point in time as a template sees it.
    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }

    /// Whether it has a zone.
    pub(super) fn is_aware(self) -> bool {
        self.zone.is_some()
    }

    /// What its clock shows.
    pub(super) fn local_time(self) -> NaiveDateTime {
        self.local
    }

    /// The same in UTC; a point without a zone is taken as the machine's own time, as in Python.
    fn utc(self) -> NaiveDateTime {
        match self.zone {
            Some((_, offset)) => self.local - offset,
            None => self.local.and_local_timezone(Local).earliest().map_or(self.local, |at| at.naive_utc()),
        }
    }

    fn with_local(self, local: NaiveDateTime) -> Self {
        Self { local, ..self }
    }

    fn offset_text(self) -> String {
        self.zone.map_or(String::new(), |(_, offset)| offset.to_string())
    }

    fn text(self, separator: &str) -> String {
        let (date, time) = (self.local.date(), clock_text(self.local.time()));
        format!("{date}{separator}{time}{}", self.offset_text())
    }

    /// As `isoformat()` writes it.
    pub(super) fn iso(self) -> String {
        self.text("T")
    }

    fn strftime(self, format: &str) -> Result<Value, Error> {
        let zone =
            self.zone.map(|(zone, _)| (self.offset_text().replace(':', ""), zone.abbreviation(self.utc())));
        formatted(self.local, format, zone.as_ref().map(|(offset, name)| (offset.as_str(), name.as_str())))
    }

    fn replaced(self, args: &[Value]) -> Result<Value, Error> {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
        let given = bind("replace", args, names, 0)?;
        let own = |at: usize| {
            let (date, time) = (self.local.date(), self.local.time());
            date_attribute(date, names[at]).or_else(|| time_attribute(time, names[at])).unwrap_or_default()
        };
        let part = |at: usize| if given[at].is_undefined() { own(at) } else { given[at].clone() };
        let date = day(&part(0), &part(1), &part(2))?;
        let local = date.and_time(clock(&[part(3), part(4), part(5), part(6)])?);
        Ok(match (&given[7], self.zone) {
            (none, _) if none.is_none() => Self::naive(local),
            (zone, _) if !zone.is_undefined() => Self::local(local, expect_zone(zone)?),
            (_, Some((zone, _))) => Self::local(local, zone),
            (_, None) => Self::naive(local),
        }
        .value())
    }
}

fn expect_zone(value: &Value) -> Result<Zone, Error> {
    Zone::from_value(value).ok_or_else(|| {
        refused(format!("tzinfo argument must be None or of a tzinfo subclass, not {value:?}"))
    })
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.local.date(), self.local.time());
        write!(f, "datetime.datetime({}, {}, {}", date.year(), date.month(), date.day())?;
        write!(f, ", {}, {}", time.hour(), time.minute())?;
        let micros = time.nanosecond() / 1_000;
        if time.second() > 0 || micros > 0 {
            write!(f, ", {}", time.second())?;
        }
        if micros > 0 {
            write!(f, ", {micros}")?;
        }
        self.zone.map_or(Ok(()), |(zone, _)| write!(f, ", tzinfo={zone:?}"))?;
        f.write_str(")")
    }
}

const METHODS: &[&str] = &[
    "strftime",
    "isoformat",
    "date",
    "time",
    "timetz",
    "replace",
    "astimezone",
    "timestamp",
    "utcoffset",
    "tzname",
    "dst",
    "weekday",
    "isoweekday",
    "toordinal",
    "isocalendar",
    "ctime",
];

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == "tzinfo" {
            return Some(self.zone.map_or(Value::from(()), |(zone, _)| Value::from_object(zone)));
        }
        date_attribute(self.local.date(), name)
            .or_else(|| time_attribute(self.local.time(), name))
            .or_else(|| bound(self, key, METHODS))
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
                self.strftime(&format.to_string())
            }
            "isoformat" => {
                let [separator, precision] = bind(method, args, ["sep", "timespec"], 0)?;
                let separator = present(&separator).map_or_else(|| "T".to_owned(), ToString::to_string);
                let micros = self.local.and_utc().timestamp_subsec_micros();
                let mut text = self.text(&separator);
                match precision.as_str() {
                    Some("microseconds") if micros == 0 => {
                        let clock = "YYYY-MM-DD".len() + separator.len() + "HH:MM:SS".len();
                        text.insert_str(clock, ".000000");
                    }
                    Some("seconds") if micros > 0 => text = text.replacen(&format!(".{micros:06}"), "", 1),
                    _ => {}
                }
                Ok(Value::from(text))
            }
            "ctime" => self.strftime("%a %b %e %H:%M:%S %Y"),
            "date" => Ok(date_value(self.local.date())),
            "time" | "timetz" => Ok(time_value(self.local.time())),
            "replace" => self.replaced(args),
            "astimezone" => {
                let [zone] = bind(method, args, ["tz"], 0)?;
                let zone = match present(&zone) {
                    Some(zone) => expect_zone(zone)?,
                    None => Zone::Fixed(*Local::now().offset()),
                };
                Ok(Self::aware(self.utc(), zone).value())
            }
            "timestamp" => {
                let utc = self.utc().and_utc();
                Ok(Value::from(seconds(utc.timestamp(), utc.timestamp_subsec_micros())))
            }
            "utcoffset" => Ok(self.zone.map_or(Value::from(()), |(_, offset)| {
                Delta::value(TimeDelta::seconds(offset.local_minus_utc().into()))
            })),
            "dst" => Ok(Value::from(())),
            "tzname" => {
                Ok(self.zone.map_or(Value::from(()), |(zone, _)| Value::from(zone.abbreviation(self.utc()))))
            }
            _ => match date_method(self.local.date(), method) {
                Some(value) => Ok(value),
                None => class_method(method, args),
            },
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        match (self.is_aware(), other.is_aware()) {
            (true, true) => Some(self.utc().cmp(&other.utc())),
            _ => Some(self.local.cmp(&other.local)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(" "))
    }
}

#[expect(clippy::cast_precision_loss, reason = "Python gives a float, too")]
fn seconds(whole: i64, micros: u32) -> f64 {
    whole as f64 + f64::from(micros) / 1e6
}

/// `datetime.datetime`.
pub(super) fn class() -> Value {
    Value::from_object(Class)
}

#[derive(Debug)]
struct Class;

const CLASS_METHODS: &[&str] =
    &["now", "utcnow", "today", "strptime", "fromisoformat", "fromtimestamp", "utcfromtimestamp", "combine"];

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "min" => Some(Moment::naive(NaiveDate::from_ymd_opt(1, 1, 1)?.and_time(NaiveTime::MIN)).value()),
            "max" => {
                let last = NaiveDate::from_ymd_opt(9999, 12, 31)?.and_hms_micro_opt(23, 59, 59, 999_999)?;
                Some(Moment::naive(last).value())
            }
            _ => bound(self, key, CLASS_METHODS),
        }
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
        let [y, m, d, hour, minute, second, micro, zone] = bind("datetime", args, names, 3)?;
        let local = day(&y, &m, &d)?.and_time(clock(&[hour, minute, second, micro])?);
        let moment = match present(&zone) {
            Some(zone) => Moment::local(local, expect_zone(zone)?),
            None => Moment::naive(local),
        };
        Ok(moment.value())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        class_method(method, args)
    }
}

fn class_method(method: &str, args: &[Value]) -> Result<Value, Error> {
    let in_zone = |utc: NaiveDateTime, zone: &Value| match present(zone) {
        Some(zone) => Ok(Moment::aware(utc, expect_zone(zone)?).value()),
        None => Ok(Moment::naive(utc.and_utc().with_timezone(&Local).naive_local()).value()),
    };
    match method {
        "now" => {
            let [zone] = bind(method, args, ["tz"], 0)?;
            in_zone(micros(Utc::now().naive_utc()), &zone)
        }
        "utcnow" => Ok(Moment::naive(micros(Utc::now().naive_utc())).value()),
        "today" => in_zone(micros(Utc::now().naive_utc()), &Value::UNDEFINED),
        "strptime" => {
            let [text, format] = bind(method, args, ["date_string", "format"], 2)?;
            let (text, format) = (text.to_string(), format.to_string());
            parsed(&text, &format)
                .map(Moment::value)
                .ok_or_else(|| refused(format!("time data '{text}' does not match format '{format}'")))
        }
        "fromisoformat" => {
            let [text] = bind(method, args, ["date_string"], 1)?;
            let found = text.as_str().and_then(iso);
            found.map(Moment::value).ok_or_else(|| refused(format!("Invalid isoformat string: {text:?}")))
        }
        "fromtimestamp" | "utcfromtimestamp" => {
            let [timestamp, zone] = bind(method, args, ["timestamp", "tz"], 1)?;
            let number = f64::try_from(timestamp.clone()).map_err(|_| refused("a number is required"))?;
            let utc = from_seconds(number).ok_or_else(|| refused("timestamp out of range"))?;
            if method == "utcfromtimestamp" {
                return Ok(Moment::naive(utc).value());
            }
            in_zone(utc, &zone)
        }
        "combine" => {
            let [date, time, zone] = bind(method, args, ["date", "time", "tzinfo"], 2)?;
            let day = date.downcast_object_ref::<Date>().map(|date| date.0);
            let day = day.or_else(|| Moment::from_value(&date).map(|moment| moment.local.date()));
            let time = time.downcast_object_ref::<Time>().map(|time| time.0);
            let (Some(day), Some(time)) = (day, time) else {
                return Err(refused("combine() takes a date and a time"));
            };
            Ok(match present(&zone) {
                Some(zone) => Moment::local(day.and_time(time), expect_zone(zone)?).value(),
                None => Moment::naive(day.and_time(time)).value(),
            })
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

/// Python's clock counts microseconds.
fn micros(at: NaiveDateTime) -> NaiveDateTime {
    at.with_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap_or(at)
}

#[expect(clippy::cast_possible_truncation, reason = "what is out of range is refused")]
fn from_seconds(number: f64) -> Option<NaiveDateTime> {
    let micros = (number * 1e6).round_ties_even();
    (micros.abs() < 1e18).then(|| DateTime::from_timestamp_micros(micros as i64))?.map(|at| at.naive_utc())
}

/// Reads a text by a format of Python's; parts that the format lacks are those of 1900-01-01 00:00.
fn parsed(text: &str, format: &str) -> Option<Moment> {
    let format = translated(&format.replace(".%f", "%.f"), Some(("%z", "%Z")));
    let items: Vec<Item<'_>> = StrftimeItems::new(&format).collect();
    if items.contains(&Item::Error) {
        return None;
    }
    let mut parts = Parsed::new();
    chrono::format::parse(&mut parts, text, items.iter()).ok()?;
    if parts.timestamp().is_none() {
        if parts.to_naive_date().is_err() {
            if parts.year().is_none() && parts.year_mod_100().is_none() {
                parts.set_year(1900).ok()?;
            }
            if parts.month().is_none() && parts.ordinal().is_none() {
                parts.set_month(1).ok()?;
            }
            if parts.day().is_none() && parts.ordinal().is_none() {
                parts.set_day(1).ok()?;
            }
        }
        if parts.hour_mod_12().is_none() {
            parts.set_hour(0).ok()?;
        } else if parts.hour_div_12().is_none() {
            parts.set_ampm(false).ok()?;
        }
        if parts.minute().is_none() {
            parts.set_minute(0).ok()?;
        }
    }
    match parts.offset() {
        Some(offset) => {
            let offset = FixedOffset::east_opt(offset)?;
            let local = parts.to_naive_datetime_with_offset(offset.local_minus_utc()).ok()?;
            let zone = if offset.local_minus_utc() == 0 { Zone::Utc } else { Zone::Fixed(offset) };
            Some(Moment::local(local, zone))
        }
        None => parts.to_naive_datetime_with_offset(0).ok().map(Moment::naive),
    }
}

/// Reads a point in time as `isoformat` writes it.
pub(super) fn iso(text: &str) -> Option<Moment> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(Moment::naive(date.and_time(NaiveTime::MIN)));
    }
    let (day, clock) = (text.get(..10)?, text.get(11..)?);
    let day: NaiveDate = day.parse().ok()?;
    let zone = clock.find(['Z', '+', '-']).map(|at| clock.split_at(at));
    let (clock, offset) = zone.map_or((clock, None), |(clock, offset)| (clock, Some(offset)));
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let local = day.and_time(clock.parse().ok()?);
    match offset {
        None => Some(Moment::naive(local)),
        Some("Z") => Some(Moment::local(local, Zone::Utc)),
        Some(offset) => {
            let offset: FixedOffset = offset.parse().ok()?;
            let zone = if offset.local_minus_utc() == 0 { Zone::Utc } else { Zone::Fixed(offset) };
            Some(Moment::local(local, zone))
        }
    }
}

/// `a + b` and `a - b` where one is a date, a point in time or a duration.
pub(super) fn arithmetic(operator: char, one: &Value, two: &Value) -> Option<Result<Value, Error>> {
    let delta = |value: &Value| value.downcast_object_ref::<Delta>().map(|delta| delta.0);
    let date = |value: &Value| value.downcast_object_ref::<Date>().map(|date| date.0);
    let overflow = || refused("date value out of range");
    if operator == '+' && delta(one).is_some() && delta(two).is_none() {
        return arithmetic('+', two, one);
    }
    let result = match (operator, delta(two)) {
        ('+' | '-', Some(change)) => {
            let change = if operator == '-' { -change } else { change };
            if let Some(moment) = Moment::from_value(one) {
                moment.local.checked_add_signed(change).map(|local| moment.with_local(local).value())
            } else if let Some(day) = date(one) {
                // A date moves by whole days only.
                let days = change.num_seconds().div_euclid(86_400);
                day.checked_add_signed(TimeDelta::days(days)).map(date_value)
            } else {
                delta(one)?.checked_add(&change).map(Delta::value)
            }
        }
        ('-', None) => {
            if let (Some(one), Some(two)) = (Moment::from_value(one), Moment::from_value(two)) {
                if one.is_aware() != two.is_aware() {
                    return Some(Err(refused("can't subtract offset-naive and offset-aware datetimes")));
                }
                let difference = if one.is_aware() { one.utc() - two.utc() } else { one.local - two.local };
                Some(Delta::value(difference))
            } else {
                Some(Delta::value(date(one)? - date(two)?))
            }
        }
        _ => return None,
    };
    Some(result.ok_or_else(overflow))
}
