//! The types of a CSV file's columns, guessed from their values as dbt guesses them.
//!
//! A column is a number, date, point in time or truth value if every value in it is one; anything
//! else is text. Empty values fit every type. See dbt's `agate_helper.py` for the behaviour.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use regex::Regex;

use crate::adapter::Cell;

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers, none with digits after the point that count.
    Integer,
    /// Numbers.
    Number,
    /// Days.
    Date,
    /// Days with a time after a space.
    Moment,
    /// Points in time as ISO 8601 writes them, with a `T`.
    IsoMoment,
    /// `true` and `false`.
    Boolean,
    /// Anything.
    Text,
}

impl Kind {
    /// The type of a table's column that holds such values.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "float8",
            Self::Date => "date",
            Self::Moment | Self::IsoMoment => "timestamp without time zone",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }
}

/// Kinds in the order they are tried.
const KINDS: [Kind; 7] =
    [Kind::Integer, Kind::Number, Kind::Date, Kind::Moment, Kind::IsoMoment, Kind::Boolean, Kind::Text];

static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf(inity)?|nan)$").ok());
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d{4}-\d{1,2}-\d{1,2}$").ok());

/// What a column may still be, each value that is seen ruling kinds out.
#[derive(Debug)]
pub(super) struct Guess {
    /// Never empty, since anything is text.
    candidates: Vec<Kind>,
    /// Whether a whole number needs more than 32 bits.
    is_wide: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { candidates: KINDS.to_vec(), is_wide: false }
    }
}

impl Guess {
    /// Looks at one more value.
    pub(super) fn see(&mut self, value: &str) {
        if self.candidates.len() == 1 {
            return;
        }
        let value = value.trim();
        if is_null(value) {
            return;
        }
        self.candidates.retain(|kind| fits(*kind, value));
        if self.kind() == Kind::Integer {
            self.is_wide |= integer(value).is_some_and(|number| i32::try_from(number).is_err());
        }
    }

    /// The first kind that every value is.
    pub(super) fn kind(&self) -> Kind {
        self.candidates.first().copied().unwrap_or(Kind::Text)
    }

    /// The type of a table's column that holds such values.
    pub(super) fn sql(&self) -> &'static str {
        match self.kind() {
            Kind::Integer if self.is_wide => "bigint",
            kind => kind.sql(),
        }
    }
}

/// A value of a column of this kind.
pub(super) fn cell(kind: Kind, value: &str) -> Cell {
    if kind == Kind::Text {
        return raw(value);
    }
    let value = value.trim();
    let typed = match kind {
        _ if is_null(value) => Some(Cell::Null),
        Kind::Integer => integer(value).map(Cell::Int),
        Kind::Number => Some(Cell::Decimal(value.to_owned())),
        Kind::Date => date(value).map(Cell::Date),
        Kind::Moment => moment(value).map(Cell::Timestamp),
        Kind::IsoMoment => iso_moment(value),
        Kind::Boolean => Some(Cell::Bool(value.eq_ignore_ascii_case("true"))),
        Kind::Text => None,
    };
    typed.unwrap_or_else(|| Cell::Text(value.to_owned()))
}

/// A value that is not looked into; empty is null.
pub(super) fn raw(value: &str) -> Cell {
    if value.is_empty() { Cell::Null } else { Cell::Text(value.to_owned()) }
}

fn is_null(value: &str) -> bool {
    value.is_empty() || value.eq_ignore_ascii_case("null")
}

fn fits(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Integer => integer(value).is_some(),
        Kind::Number => NUMBER.as_ref().is_some_and(|number| number.is_match(value)),
        Kind::Date => date(value).is_some(),
        Kind::Moment => moment(value).is_some(),
        Kind::IsoMoment => iso_moment(value).is_some(),
        Kind::Boolean => ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        Kind::Text => true,
    }
}

/// A whole number, `1.0` included: dbt counts the digits that are left after trailing zeros are cut.
fn integer(value: &str) -> Option<i128> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_whole =
        fraction.bytes().all(|digit| digit == b'0') && (whole.ends_with(|c: char| c.is_ascii_digit()));
    whole.parse().ok().filter(|_| is_whole)
}

fn date(value: &str) -> Option<NaiveDate> {
    let looks = DATE.as_ref().is_some_and(|date| date.is_match(value));
    NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().filter(|_| looks)
}

fn moment(value: &str) -> Option<NaiveDateTime> {
    let (day, time) = value.split_once(' ')?;
    date(day)?;
    let looks = time.len() <= 8 && time.bytes().all(|c| c.is_ascii_digit() || c == b':');
    NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S").ok().filter(|_| looks)
}

fn iso_moment(value: &str) -> Option<Cell> {
    let (_, time) = value.split_once('T')?;
    if time.contains(['+', '-', 'Z']) {
        let padded =
            if time.matches(':').count() < 2 { None } else { DateTime::parse_from_rfc3339(value).ok() };
        let loose = || DateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f%#z").ok();
        return padded.or_else(loose).map(Cell::TimestampTz);
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
        .map(Cell::Timestamp)
}
