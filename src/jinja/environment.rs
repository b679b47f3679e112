//! The process environment as templates may see it: the only file of this floor that reads it.

use std::sync::OnceLock;

/// Variables that may be used in `profiles.yml` and `packages.yml` only, and are never printed.
pub(crate) const SECRET_PREFIX: &str = "DBT_ENV_SECRET";

/// Variables that end up in `dbt_metadata_envs`, under the rest of their name.
const METADATA_PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";

/// The value of a variable, if it is set and is text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Variables for artifacts, by name without the prefix.
pub(crate) fn metadata() -> Vec<(String, String)> {
    let mut found: Vec<_> = all()
        .filter_map(|(name, value)| Some((name.strip_prefix(METADATA_PREFIX)?.to_owned(), value)))
        .collect();
    found.sort();
    found
}

/// A text with the value of every secret variable replaced by stars.
pub(crate) fn scrubbed(text: impl Into<String>) -> String {
    static SECRETS: OnceLock<Vec<String>> = OnceLock::new();
    let secrets = SECRETS.get_or_init(|| {
        let secret =
            |(name, value): &(String, String)| name.starts_with(SECRET_PREFIX) && !value.trim().is_empty();
        let mut found: Vec<String> = all().filter(secret).map(|(_, value)| value).collect();
        // A secret may be part of another: the longer goes first.
        found.sort_by_key(|value| std::cmp::Reverse(value.len()));
        found
    });
    secrets.iter().fold(
        text.into(),
        |text, secret| {
            if text.contains(secret) { text.replace(secret, "*****") } else { text }
        },
    )
}

fn all() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
