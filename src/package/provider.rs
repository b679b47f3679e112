//! Private packages: from a name at a provider to what git fetches from.
//!
//! Without settings it is the provider's SSH address, so the user's keys hold. dbt's platform gives
//! URLs with tokens in `DBT_ENV_PRIVATE_GIT_PROVIDER_INFO`, a JSON list of `org`, `provider`, `url` and
//! `token`, where `{token}`, `{repo}`, `{group}` and `{project}` in the URL are filled in.

use serde::Deserialize;

use crate::diagnostic::{Code, Diagnostic, Result};

/// One place where private repositories are.
#[derive(Debug, Deserialize)]
struct Place {
    org: String,
    provider: String,
    url: String,
    token: String,
}

/// The name of a private package in its parts.
struct Name<'a> {
    org: &'a str,
    group: String,
    repo: &'a str,
}

impl<'a> Name<'a> {
    fn read(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let [org, groups @ .., repo] = parts.as_slice() else { return None };
        Some(Self { org, group: groups.join("/"), repo })
    }
}

/// What git fetches from.
///
/// # Errors
/// The name or the provider is none, or no place that is configured has it.
pub(super) fn url(path: &str, provider: Option<&str>, places: Option<&str>) -> Result<String> {
    let wrong = |message: String| Box::new(Diagnostic::error(Code::PackageInvalid, message));
    let Some(name) = Name::read(path) else {
        let help = "write it as `organisation/repository`";
        return Err(Box::new(wrong(format!("`{path}` is no name of a private package")).help(help)));
    };
    let places: Vec<Place> = match places {
        Some(text) => serde_json::from_str(text).map_err(|error| {
            wrong(format!("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO is not a list of places: {error}"))
        })?,
        None => Vec::new(),
    };
    if places.is_empty() {
        return ssh(path, provider).map_err(wrong);
    }
    places.iter().find_map(|place| place.resolve(&name, provider)).ok_or_else(|| {
        let provider = provider.unwrap_or("none");
        wrong(format!("No matching Git URLs for private definition {path} with provider {provider}"))
    })
}

/// The SSH address at a provider everyone knows.
fn ssh(path: &str, provider: Option<&str>) -> Result<String, String> {
    match provider.unwrap_or("github") {
        "github" => Ok(format!("git@github.com:{path}.git")),
        "gitlab" => Ok(format!("git@gitlab.com:{path}.git")),
        "ado" | "azure_devops" if path.split('/').count() < 3 => {
            Err(format!("the provider needs `organisation/project/repository`, not `{path}`"))
        }
        "ado" | "azure_devops" => Ok(format!("git@ssh.dev.azure.com:v3/{path}")),
        other => Err(format!(
            "Invalid private package configuration: '{path}' provider: '{other}'. Valid providers are: \
             github, gitlab, ado, azure_devops"
        )),
    }
}

fn is_azure(provider: &str) -> bool {
    matches!(provider, "ado" | "azure_devops" | "azure_active_directory")
}

impl Place {
    /// The URL of a package, if this is its place.
    fn resolve(&self, wanted: &Name<'_>, provider: Option<&str>) -> Option<String> {
        let same = |other: &str| other == self.provider || (is_azure(other) && is_azure(&self.provider));
        if self.org != wanted.org || !provider.is_none_or(same) {
            return None;
        }
        let path = self.url.split_once("://")?.1.split_once('/')?.1.trim_end_matches(".git");
        let path = if is_azure(&self.provider) { path.replacen("/_git/", "/", 1) } else { path.to_owned() };
        let own = Name::read(&path)?;
        let fits = |own: &str, stands_for: &[&str], wanted: &str| {
            own == wanted || (stands_for.contains(&own) && !wanted.is_empty())
        };
        // Older names at Azure leave the project out.
        let any_group = self.provider != "ado" && is_azure(&self.provider) && wanted.group.is_empty();
        let is_it = own.org == wanted.org
            && fits(own.repo, &["{repo}"], wanted.repo)
            && (any_group || fits(&own.group, &["{group}", "{project}"], &wanted.group));
        is_it.then(|| {
            self.url
                .replace("{token}", &self.token)
                .replace("{repo}", wanted.repo)
                .replace("{group}", &wanted.group)
                .replace("{project}", &wanted.group)
        })
    }
}

/// The tokens of the places, none of which may be shown.
pub(crate) fn tokens(places: &str) -> Vec<String> {
    let places: Vec<Place> = serde_json::from_str(places).unwrap_or_default();
    places.into_iter().map(|place| place.token).filter(|token| !token.is_empty()).collect()
}
