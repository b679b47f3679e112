//! One package that is asked for: an item of `packages`, as written in `packages.yml`,
//! `dependencies.yml`, a lock file or the registry's answer.

use serde_json::Value;

use super::super::Mapping;
use super::super::yaml::{self, Yaml};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::jinja::dumps;

/// One package that is asked for.
#[derive(Debug, Clone)]
pub struct PackageSpec {
    /// Where it comes from.
    pub origin: Origin,
    /// Its project's name, where one is written: in a lock file and for a tarball.
    pub name: Option<String>,
    /// Where the item stands.
    pub span: Span,
    /// The item before its templates were rendered.
    pub written: Mapping,
    keys: yaml::Mapping,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The registry.
    Hub {
        /// `namespace/name`.
        package: String,
        /// Bounds as written, all of which must hold.
        versions: Vec<String>,
        /// `install_prerelease`.
        prerelease: bool,
    },
    /// A git repository by its URL.
    Git {
        /// What `git` is to fetch from.
        url: String,
        /// What of it.
        checkout: Checkout,
    },
    /// A git repository by its name at a provider.
    Private {
        /// `organisation/repository`, or with the groups between them.
        path: String,
        /// Such as `github`.
        provider: Option<String>,
        /// What of it.
        checkout: Checkout,
    },
    /// A folder, from the root project's.
    Local {
        /// As written.
        folder: String,
    },
    /// A gzipped tar archive.
    Tarball {
        /// Where it is.
        url: String,
    },
}

/// What is taken of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// A branch, a tag or a commit; the default branch where there is none.
    pub revision: Option<String>,
    /// The package's folder in it.
    pub subdirectory: Option<String>,
    /// Whether to warn where the revision is none or a branch that moves.
    pub warn_unpinned: bool,
}

/// The kinds of items: the key that makes it one, and the others it may have.
const KINDS: &[(&str, &[&str])] = &[
    ("local", &["name"]),
    ("tarball", &["name"]),
    ("git", &["revision", "warn-unpinned", "subdirectory", "name"]),
    ("package", &["version", "install_prerelease", "name"]),
    ("private", &["provider", "revision", "warn-unpinned", "subdirectory", "name"]),
];

impl PackageSpec {
    /// Reads an item whose templates are rendered; `written` is the same before.
    ///
    /// # Errors
    /// It lacks a key or has a value that cannot be.
    pub(crate) fn read(item: &Yaml, written: &Yaml, found: &mut Vec<Diagnostic>) -> Result<Self> {
        let Some(keys) = item.as_mapping() else {
            let problem = item.invalid("packages", "a list of mappings");
            return Err(Box::new(Diagnostic { code: Code::ProjectInvalid, ..problem }));
        };
        let Some((kind, others)) = KINDS.iter().find(|(kind, _)| keys.contains(kind)) else {
            let message = "a package needs one of the keys `package`, `git`, `local`, `tarball`, `private`";
            return Err(wrong(message).label(item.span, "").into());
        };
        let known: Vec<&str> = [*kind].into_iter().chain(others.iter().copied()).collect();
        found.extend(keys.unknown_keys(&known, &format!("a `{kind}` package")));
        let reader = Reader { keys, span: item.span };
        let place = reader.place(kind)?;
        let origin = match *kind {
            "local" => Origin::Local { folder: place },
            "tarball" => Origin::Tarball { url: place },
            "git" => Origin::Git { url: place, checkout: reader.checkout()? },
            "private" => Origin::Private {
                path: place,
                provider: reader.text("provider")?,
                checkout: reader.checkout()?,
            },
            _ => reader.hub(place)?,
        };
        let name = reader.text("name")?;
        if matches!(origin, Origin::Tarball { .. }) && name.is_none() {
            let problem = wrong("a tarball package needs a `name`").label(item.span, "");
            return Err(problem.help("give it the name of the project in the archive").into());
        }
        let unrendered = written.as_mapping().unwrap_or(keys).to_json();
        Ok(Self { origin, name, span: item.span, written: unrendered, keys: keys.clone() })
    }

    /// What to call it: its name where it is written, else the last part of where it comes from.
    pub(super) fn short_name(&self) -> Option<String> {
        let place = match &self.origin {
            _ if self.name.is_some() => return self.name.clone(),
            Origin::Local { .. } => return None,
            Origin::Hub { package: place, .. }
            | Origin::Git { url: place, .. }
            | Origin::Private { path: place, .. }
            | Origin::Tarball { url: place } => place,
        };
        let last = place.trim_end_matches('/').trim_end_matches(".git").rsplit('/').next()?;
        Some(last.replace('-', "_"))
    }

    /// The item as dbt writes it when it computes the hash of a lock file: JSON with sorted keys, the
    /// ones it lacks included, and the item as written under `unrendered`.
    pub(super) fn fingerprint(&self) -> String {
        let said = |key: &str| self.keys.get(key).map_or(Value::Null, Yaml::to_json);
        let keys: &[&str] = match &self.origin {
            Origin::Local { .. } => &["local"],
            Origin::Tarball { .. } => &["tarball"],
            Origin::Git { .. } => &["git", "revision", "subdirectory", "warn-unpinned"],
            Origin::Private { .. } => &["private", "provider", "revision", "subdirectory", "warn-unpinned"],
            Origin::Hub { .. } => &["package", "version", "install_prerelease"],
        };
        let mut all: Mapping = keys.iter().map(|key| ((*key).to_owned(), said(key))).collect();
        for key in ["revision", "version"] {
            if let Some(value) = all.get_mut(key) {
                spell(value);
            }
        }
        if all.contains_key("install_prerelease") && !self.keys.contains("install_prerelease") {
            all.insert("install_prerelease".to_owned(), Value::Bool(false));
        }
        if let Some(name) = &self.name {
            all.insert("name".to_owned(), Value::String(name.clone()));
        }
        all.insert("unrendered".to_owned(), Value::Object(self.written.clone()));
        dumps(&Value::Object(all), true)
    }
}

/// Whole numbers are read as text by dbt, others stay numbers.
fn spell(value: &mut Value) {
    match value {
        Value::Number(number) if !number.is_f64() => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(spell),
        _ => {}
    }
}

fn invalid(value: &Yaml, key: &str, wanted: &str) -> Diagnostic {
    Diagnostic { code: Code::ProjectInvalid, ..value.invalid(key, wanted) }
}

fn wrong(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::ProjectInvalid, message)
}

struct Reader<'a> {
    keys: &'a yaml::Mapping,
    span: Span,
}

impl Reader<'_> {
    /// What the key that makes the kind says; never empty.
    fn place(&self, kind: &str) -> Result<String> {
        let place = self.text(kind)?.filter(|place| !place.is_empty());
        place.ok_or_else(|| {
            let noun = if kind == "package" { "hub" } else { kind };
            let message = format!("A {noun} package is missing the value. It is a required property.");
            wrong(message).label(self.span, "").into()
        })
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        let Some(value) = self.keys.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let text = value.scalar_text();
        text.map(Some).ok_or_else(|| invalid(value, key, "text").into())
    }

    fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(value) = self.keys.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| invalid(value, key, "true or false").into())
    }

    fn checkout(&self) -> Result<Checkout> {
        Ok(Checkout {
            revision: self.text("revision")?,
            subdirectory: self.text("subdirectory")?,
            warn_unpinned: self.flag("warn-unpinned")? != Some(false),
        })
    }

    fn hub(&self, package: String) -> Result<Origin> {
        if !package.contains('/') {
            let message = format!(
                "{package} was not found in the package index. Packages on the index require a namespace, \
                 e.g dbt-labs/dbt_utils"
            );
            return Err(wrong(message).label(self.span, "").into());
        }
        let versions: Option<Vec<String>> = match self.keys.get("version") {
            Some(value) => value.as_list().map_or_else(
                || value.scalar_text().map(|one| vec![one]),
                |all| all.iter().map(Yaml::scalar_text).collect(),
            ),
            None => None,
        };
        let versions = versions.filter(|all| all.iter().any(|version| !version.is_empty()));
        let Some(versions) = versions else {
            let message = format!(
                "{package} is missing the version. When installing from the Hub package index, version is a \
                 required property"
            );
            return Err(wrong(message).label(self.span, "").into());
        };
        Ok(Origin::Hub { package, versions, prerelease: self.flag("install_prerelease")? == Some(true) })
    }
}
