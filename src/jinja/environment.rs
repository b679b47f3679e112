//! The process environment as templates may see it: the only file of this floor that reads it.

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

fn all() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
