//! The slices of event time that a microbatch model is built in.

use std::ops::Range;

use chrono::{DateTime, Utc};

/// Event times from a start, which belongs to it, to an end, which does not.
pub type Interval = Range<DateTime<Utc>>;

/// One slice of a model's event time, while the model is built for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What it covers.
    pub interval: Interval,
    /// Its start, as exact as its size: `2024-05` for a month.
    pub name: String,
    /// Whether it adds to a table that this run, or one before it, has begun.
    pub is_incremental: bool,
}

impl Batch {
    /// dbt's id: the name without its dashes.
    pub fn id(&self) -> String {
        self.name.replace('-', "")
    }
}

/// What came of a model's batches, each list from the first to the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchResults {
    /// Those that were built.
    pub successful: Vec<Interval>,
    /// Those that failed or never ran.
    pub failed: Vec<Interval>,
}
