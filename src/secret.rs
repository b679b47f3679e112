//! Values that must never be seen: those of variables `DBT_ENV_SECRET_…`, passwords of the profile, tokens.
//!
//! They are known to the whole process, as the environment is, and struck out of everything that is printed, logged
//! or written. What is sent to the warehouse has them.

use std::sync::{PoisonError, RwLock};

/// Variables that may be used in `profiles.yml` and `packages.yml` only.
pub const PREFIX: &str = "DBT_ENV_SECRET";

/// What stands in the place of a value.
pub const STARS: &str = "*****";

/// Every spelling of every value, the longer first, since one may be part of another; nothing before the first use.
static HELD: RwLock<Option<Vec<String>>> = RwLock::new(None);

/// Keeps more values from being seen.
pub fn hold(values: impl IntoIterator<Item = String>) {
    let mut held = HELD.write().unwrap_or_else(PoisonError::into_inner);
    let known = held.take().unwrap_or_else(environment);
    let mut all: Vec<String> = known.into_iter().chain(values.into_iter().flat_map(spellings)).collect();
    all.retain(|value| !value.trim().is_empty());
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    *held = Some(all);
}

/// Whether there is anything to strike out.
pub fn is_held() -> bool {
    with(|held| !held.is_empty())
}

/// A text with stars in the place of every value.
pub fn scrubbed(text: impl Into<String>) -> String {
    with(|held| {
        held.iter().fold(text.into(), |text, value| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), STARS) } else { text }
        })
    })
}

fn with<T>(look: impl FnOnce(&[String]) -> T) -> T {
    if HELD.read().unwrap_or_else(PoisonError::into_inner).is_none() {
        hold([]);
    }
    look(HELD.read().unwrap_or_else(PoisonError::into_inner).as_deref().unwrap_or_default())
}

fn environment() -> Vec<String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let variables = std::env::vars_os().filter_map(text);
    variables.filter(|(name, _)| name.starts_with(PREFIX)).flat_map(|(_, value)| spellings(value)).collect()
}

/// A value as it is, as JSON has it, and as a literal of SQL has it.
fn spellings(value: String) -> Vec<String> {
    let json = serde_json::Value::from(value.as_str()).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let sql = value.replace('\'', "''");
    vec![value, json, sql]
}
