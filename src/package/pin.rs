//! A package at one version, as a lock file has it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::fetch::invalid;
use super::{Deps, provider, visible};
use crate::diagnostic::{Result, Span};
use crate::project::{Mapping, Origin, PackageSpec, local_folder};
use crate::secret::scrubbed;

/// A package at one version.
#[derive(Debug, Clone)]
pub struct Pinned {
    /// Its project's name, which is the name of its folder.
    pub name: String,
    pub(super) pin: Pin,
    /// Where it is asked for.
    pub(super) span: Span,
}

/// Where one version of a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pin {
    /// The registry.
    Hub { package: String, version: String },
    /// A git repository.
    Git(GitPin),
    /// An archive.
    Tarball { url: String, written: String, name: String },
    /// A folder.
    Local { folder: PathBuf, written: String },
}

/// A git repository at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GitPin {
    /// What is fetched from; may hold a secret.
    pub(super) url: String,
    /// The URL, or the private name, before its templates were rendered.
    pub(super) written: String,
    /// A branch, a tag or a commit; the default branch where there is none.
    pub(super) revision: Option<String>,
    pub(super) subdirectory: Option<String>,
    /// How it was named.
    pub(super) naming: Naming,
}

/// How a git repository is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Naming {
    /// By its URL.
    Url,
    /// As a private package, at a provider.
    Private { provider: Option<String> },
}

impl GitPin {
    /// The URL with the folder, as dbt names the package.
    pub(super) fn place(&self) -> String {
        match &self.subdirectory {
            Some(folder) => format!("{}/{folder}", self.url),
            None => self.url.clone(),
        }
    }
}

impl Pin {
    /// The pin of an item that names one version: of a lock file, or one that is no matter of versions.
    pub(super) fn of(spec: &PackageSpec, deps: &Deps<'_>) -> Result<Self> {
        let written = |key: &str, rendered: &str| {
            spec.written.get(key).and_then(Value::as_str).unwrap_or(rendered).to_owned()
        };
        Ok(match &spec.origin {
            Origin::Hub { package, versions, .. } => {
                Self::Hub { package: package.clone(), version: versions.join(",") }
            }
            Origin::Git { url, checkout } => Self::Git(GitPin {
                url: url.clone(),
                written: written("git", url),
                revision: checkout.revision.clone(),
                subdirectory: checkout.subdirectory.clone(),
                naming: Naming::Url,
            }),
            Origin::Private { path, provider, checkout } => Self::Git(GitPin {
                url: provider::url(path, provider.as_deref(), deps.settings.providers.as_deref())
                    .map_err(|problem| Box::new(problem.label(spec.span, "")))?,
                written: written("private", path),
                revision: checkout.revision.clone(),
                subdirectory: checkout.subdirectory.clone(),
                naming: Naming::Private { provider: provider.clone() },
            }),
            Origin::Tarball { url } => Self::Tarball {
                url: url.clone(),
                written: written("tarball", url),
                name: spec.name.clone().unwrap_or_default(),
            },
            Origin::Local { folder } => {
                Self::Local { folder: local(folder, spec.span, deps)?, written: folder.clone() }
            }
        })
    }

    /// What the package is called, fit to be seen.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Hub { package, .. } => package.clone(),
            Self::Git(git) => visible(&git.place()),
            Self::Tarball { name, .. } => name.clone(),
            Self::Local { written, .. } => written.clone(),
        }
    }

    /// Its version in dbt's words, fit to be seen.
    pub(super) fn version(&self) -> String {
        match self {
            Self::Hub { version, .. } => format!("version {version}"),
            Self::Git(GitPin { revision: Some(revision), .. }) if revision != "HEAD" => {
                format!("revision {revision}")
            }
            Self::Git(_) => "HEAD (default revision)".to_owned(),
            Self::Tarball { url, .. } => format!("tarball (url: {})", visible(url)),
            Self::Local { written, .. } => format!("<local @ {written}>"),
        }
    }

    /// Its item in a lock file, keys sorted, without the values of secrets.
    pub(super) fn entry(&self, name: &str) -> Mapping {
        let mut entry = vec![("name", name.to_owned())];
        match self {
            Self::Hub { package, version } => {
                entry.extend([("package", package.clone()), ("version", version.clone())]);
            }
            Self::Git(git) => {
                let (key, provider) = match &git.naming {
                    Naming::Url => ("git", None),
                    Naming::Private { provider } => ("private", provider.clone()),
                };
                let revision = git.revision.clone().unwrap_or_else(|| "HEAD".to_owned());
                entry.extend([(key, scrubbed(&git.written)), ("revision", revision)]);
                entry.extend(git.subdirectory.clone().map(|folder| ("subdirectory", folder)));
                entry.extend(provider.map(|provider| ("provider", provider)));
            }
            Self::Tarball { written, .. } => entry.push(("tarball", scrubbed(written))),
            Self::Local { written, .. } => entry.push(("local", written.clone())),
        }
        entry.sort();
        entry.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect()
    }

    /// Whether its item in a lock file would show a secret, had it not been taken out.
    pub(super) fn holds_secret(&self) -> bool {
        match self {
            Self::Git(GitPin { written, .. }) | Self::Tarball { written, .. } => {
                scrubbed(written) != *written
            }
            Self::Hub { .. } | Self::Local { .. } => false,
        }
    }
}

/// The folder of a local package, which must not lie where installing removes what it did not put there.
fn local(written: &str, span: Span, deps: &Deps<'_>) -> Result<PathBuf> {
    let folder = local_folder(&deps.root.folder, written);
    let install = deps.install_folder();
    let is_really_within = || {
        let real = fs::canonicalize(&folder).ok().zip(fs::canonicalize(&install).ok());
        real.is_some_and(|(folder, install)| folder.starts_with(install))
    };
    if folder.starts_with(&install) || is_really_within() {
        let why = format!(
            "it lies in `{}`, where packages are installed, and installing would remove it",
            deps.root.packages_install_path
        );
        let error = invalid(written, &why).label(span, "");
        return Err(Box::new(error.help("move the folder out of there, and give its new place as `local`")));
    }
    Ok(folder)
}
