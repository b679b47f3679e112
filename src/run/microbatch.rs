//! The arithmetic of microbatches: which slices of event time a run builds, and what they are called.
//!
//! All times are UTC, and every slice but the last is as long as the calendar says: a month has its days.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::manifest::Interval;

/// How long a batch is: `batch_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Hour,
    Day,
    Month,
    Year,
}

impl Size {
    /// The size with dbt's name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The start of the slice that a time is in.
    pub(super) fn floor(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let day = at.date_naive();
        let first = match self {
            Self::Hour | Self::Day => day,
            Self::Month => day.with_day(1).unwrap_or(day),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap_or(day),
        };
        let hour = if self == Self::Hour { at.hour() } else { 0 };
        first.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()).and_utc()
    }

    /// The start of the slice that begins at a time or next after it.
    pub(super) fn ceiling(self, at: DateTime<Utc>) -> DateTime<Utc> {
        if self.floor(at) == at { at } else { self.after(at) }
    }

    /// The start of the next slice; at the end of all time, that end.
    fn after(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let start = self.floor(at);
        let next = match self {
            Self::Hour => start.checked_add_signed(TimeDelta::hours(1)),
            Self::Day => start.checked_add_signed(TimeDelta::days(1)),
            Self::Month => start.checked_add_months(Months::new(1)),
            Self::Year => start.checked_add_months(Months::new(12)),
        };
        next.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The start of the slice this many before the one a time is in; before all time, its beginning.
    pub(super) fn before(self, at: DateTime<Utc>, count: u32) -> DateTime<Utc> {
        let start = self.floor(at);
        let earlier = match self {
            Self::Hour => start.checked_sub_signed(TimeDelta::hours(count.into())),
            Self::Day => start.checked_sub_signed(TimeDelta::days(count.into())),
            Self::Month => start.checked_sub_months(Months::new(count)),
            Self::Year => start.checked_sub_months(Months::new(count.saturating_mul(12))),
        };
        earlier.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// A slice's name: its start, as exact as its size.
    pub(super) fn name(self, start: DateTime<Utc>) -> String {
        let format = match self {
            Self::Hour => "%Y-%m-%dT%H",
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        start.format(format).to_string()
    }
}

/// What decides which times a run builds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// `batch_size`.
    pub size: Size,
    /// `begin`: where a model starts that is built from nothing.
    pub begin: NaiveDateTime,
    /// `lookback`: how many slices before the last are built again.
    pub lookback: u32,
    /// `--event-time-start` and `--event-time-end`, or the window of `--sample`.
    pub asked: (Option<NaiveDateTime>, Option<NaiveDateTime>),
    /// When the command began.
    pub now: DateTime<Utc>,
    /// Whether the model is there and grows.
    pub is_incremental: bool,
}

impl Window {
    /// The slices to build, in order; at least one.
    pub(super) fn slices(&self) -> Vec<Interval> {
        let (from, to) = self.asked;
        let end = self.size.ceiling(to.map_or(self.now, |to| to.and_utc()));
        let start = match from {
            Some(from) => self.size.floor(from.and_utc()),
            None if !self.is_incremental => self.size.floor(self.begin.and_utc()),
            // The last slice ends where the checkpoint stands, so it counts itself.
            None => self.size.before(end, self.lookback.saturating_add(1)),
        };
        slices(self.size, start, end)
    }
}

/// Cuts a range into slices. Nothing is left out where the range is empty: dbt builds a batch then too.
fn slices(size: Size, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Interval> {
    let mut slices = Vec::new();
    let mut from = start;
    loop {
        let to = size.after(from);
        if to >= end || to <= from {
            slices.push(from..end);
            return slices;
        }
        slices.push(from..to);
        from = to;
    }
}
