//! `pytz`: time zones by name.

use std::fmt;
use std::sync::Arc;

use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::datetime::Moment;
use super::{bound, refused, whole};
use crate::jinja::functions::{bind, list};

/// A time zone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// UTC.
    Utc,
    /// A constant offset.
    Fixed(FixedOffset),
    /// A zone of the database, whose offset depends on the time.
    Named(Tz),
}

impl Zone {
    /// The zone in a template's value, if it is one.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().copied()
    }

    /// Its offset at a point in time given in UTC.
    pub(super) fn offset_at_utc(self, utc: NaiveDateTime) -> FixedOffset {
        match self {
            Self::Utc => zero(),
            Self::Fixed(offset) => offset,
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc).fix(),
        }
    }

    /// Its offset at a local time: of two the standard one, of none the one before the gap.
    pub(super) fn offset_at_local(self, local: NaiveDateTime) -> FixedOffset {
        match self {
            Self::Named(zone) => match zone.offset_from_local_datetime(&local) {
                chrono::MappedLocalTime::Single(offset) => offset.fix(),
                chrono::MappedLocalTime::Ambiguous(_, standard) => standard.fix(),
                chrono::MappedLocalTime::None => zone.offset_from_utc_datetime(&local).fix(),
            },
            fixed => fixed.offset_at_utc(local),
        }
    }

    /// Its abbreviation at a point in time given in UTC, such as `EST`.
    pub(super) fn abbreviation(self, utc: NaiveDateTime) -> String {
        match self {
            Self::Named(zone) => {
                zone.offset_from_utc_datetime(&utc).abbreviation().unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        }
    }
}

fn zero() -> FixedOffset {
    chrono::Utc.fix()
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("UTC"),
            Self::Fixed(offset) => write!(f, "UTC{offset}"),
            Self::Named(zone) => f.write_str(zone.name()),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("<UTC>"),
            other => write!(f, "<DstTzInfo '{other}'>"),
        }
    }
}

const METHODS: &[&str] = &["localize", "normalize", "utcoffset", "tzname"];

impl Object for Zone {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "zone" => Some(Value::from(self.to_string())),
            _ => bound(self, key, METHODS),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "localize" => {
                let [moment, _] = bind(method, args, ["dt", "is_dst"], 1)?;
                let moment =
                    Moment::from_value(&moment).ok_or_else(|| refused("localize() takes a datetime"))?;
                if moment.is_aware() {
                    return Err(refused("Not naive datetime (tzinfo is already set)"));
                }
                Ok(Moment::local(moment.local_time(), **self).value())
            }
            "normalize" => {
                let [moment] = bind(method, args, ["dt"], 1)?;
                moment.call_method(state, "astimezone", &[Value::from_object(**self)])
            }
            "utcoffset" | "tzname" => {
                let [moment, _] = bind(method, args, ["dt", "is_dst"], 1)?;
                let moment = Moment::from_value(&moment).ok_or_else(|| refused("expected a datetime"))?;
                Moment::local(moment.local_time(), **self).value().call_method(state, method, &[])
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `modules.pytz`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

#[derive(Debug)]
struct Module;

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "utc" | "UTC" => Some(Value::from_object(Zone::Utc)),
            "all_timezones" | "common_timezones" => {
                Some(list(TZ_VARIANTS.iter().map(|zone| Value::from(zone.name())).collect()))
            }
            _ => bound(self, key, &["timezone", "FixedOffset"]),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["timezone", "utc", "UTC", "FixedOffset", "all_timezones", "common_timezones"])
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "timezone" => {
                let [name] = bind(method, args, ["zone"], 1)?;
                let name = name.to_string();
                if name.eq_ignore_ascii_case("utc") {
                    return Ok(Value::from_object(Zone::Utc));
                }
                let zone = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&name));
                let zone = zone.ok_or_else(|| refused(format!("UnknownTimeZoneError: '{name}'")))?;
                Ok(Value::from_object(Zone::Named(*zone)))
            }
            "FixedOffset" => {
                let [minutes] = bind(method, args, ["offset"], 1)?;
                let seconds = whole(&minutes, 0)?.checked_mul(60).and_then(|s| i32::try_from(s).ok());
                let offset = seconds.and_then(FixedOffset::east_opt);
                let offset = offset.ok_or_else(|| refused(format!("offset out of range: {minutes}")))?;
                Ok(Value::from_object(Zone::Fixed(offset)))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
