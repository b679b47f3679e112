//! A warehouse that dbt knows and Teal does not reach: what a project for it says can be read, so that it
//! is parsed, listed and rendered; nothing can be run on it.

use serde_json::Value;

use super::{Adapter, AdapterError, Connection, ErrorKind, Policy, Result, Settings, Shadow};

/// What is to be known of such a warehouse without reaching it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Warehouse {
    /// Its name in profiles.
    pub(super) kind: &'static str,
    /// The keys of a profile that name the database, the one that wins first.
    pub(super) database: &'static [&'static str],
    /// The same for the schema.
    pub(super) schema: &'static [&'static str],
    /// What is quoted where the project does not say.
    pub(super) quotes: bool,
}

/// Stands for such a warehouse.
#[derive(Debug)]
pub(super) struct Elsewhere {
    warehouse: &'static Warehouse,
    target: Settings,
}

impl Elsewhere {
    pub(super) fn new(warehouse: &'static Warehouse, settings: &Settings) -> Self {
        let named = |keys: &[&str]| keys.iter().find_map(|key| settings.get(*key)).cloned();
        let mut target: Settings =
            settings.iter().filter(|(key, _)| !is_secret(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        target.insert("database".to_owned(), named(warehouse.database).unwrap_or(Value::Null));
        target.insert("schema".to_owned(), named(warehouse.schema).unwrap_or(Value::Null));
        Self { warehouse, target }
    }
}

/// Whether a key of a profile may hold what templates must not see.
fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["pass", "token", "secret", "key"].iter().any(|part| key.contains(part))
}

impl Adapter for Elsewhere {
    fn name(&self) -> &'static str {
        self.warehouse.kind
    }

    fn target(&self) -> Settings {
        self.target.clone()
    }

    fn quoting(&self) -> Policy {
        let quotes = self.warehouse.quotes;
        Policy { database: quotes, schema: quotes, identifier: quotes }
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let message = format!("Teal does not reach {} warehouses", self.warehouse.kind);
        let kinds = super::KINDS.join(", ");
        let help =
            format!("a project for it can be parsed and listed; to run it, choose a target of type {kinds}");
        Err(AdapterError::new(ErrorKind::Connection, message).with_help(help))
    }

    fn shadow(&self) -> Result<Option<Box<dyn Shadow>>> {
        Ok(None)
    }

    fn cancel(&self) {}

    fn close(&self) {}
}
