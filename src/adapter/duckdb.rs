//! DuckDB, embedded.

use super::{Adapter, Connection, Policy, Result, Settings};

/// Keys of a `duckdb` profile output.
pub(crate) const PROFILE_KEYS: &[&str] = &["type", "path", "schema", "database", "threads"];

/// An embedded DuckDB.
#[derive(Debug)]
pub(crate) struct DuckDb;

impl DuckDb {
    /// Reads the profile's settings.
    pub(crate) fn new(_settings: &Settings) -> Result<Self> {
        Ok(Self)
    }
}

impl Adapter for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn target(&self) -> Settings {
        Settings::new()
    }

    fn quoting(&self) -> Policy {
        Policy::ALL
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        unimplemented!()
    }

    fn cancel(&self) {}
}
