//! What a project's `packages.yml`, `dependencies.yml` and `package-lock.yml` list.

use std::path::Path;

use sha1::{Digest, Sha1};

use super::super::config::read_yaml;
use super::super::render::render_all;
use super::super::yaml::{self, Yaml};
use super::spec::PackageSpec;
use crate::diagnostic::{Code, Diagnostic, Sources, Span};
use crate::jinja::YamlJinja;

const PACKAGES: &str = "packages.yml";
const DEPENDENCIES: &str = "dependencies.yml";
const LOCK: &str = "package-lock.yml";

/// What a project asks for.
#[derive(Debug)]
pub struct Listing {
    /// The packages in the order written.
    pub packages: Vec<PackageSpec>,
    /// The file that lists them: `packages.yml`, or `dependencies.yml` where that does.
    pub file: &'static str,
}

impl Listing {
    /// dbt's hash of the list, which a lock file carries to show that it is of this list.
    pub fn sha1_hash(&self) -> String {
        let mut all: Vec<String> = self.packages.iter().map(PackageSpec::fingerprint).collect();
        all.sort();
        Sha1::digest(all.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What `package-lock.yml` says: every package with nested ones, each at one version.
#[derive(Debug, Default)]
pub struct Lock {
    /// The packages in the order written.
    pub packages: Vec<PackageSpec>,
    /// The hash of the list it was made of.
    pub sha1_hash: Option<String>,
}

/// A listing as it will be, before it is written.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The file's name.
    pub file: &'static str,
    /// Its new text.
    pub text: String,
}

/// Reads what the project in `folder` asks for; its files are shown with `prefix` before their names.
pub fn listing(
    folder: &Path,
    prefix: &str,
    edited: Option<&Edited>,
    jinja: &YamlJinja,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Listing {
    let mut reader = Reader { folder, prefix, edited, jinja, sources, found };
    let packages = reader.yaml(PACKAGES);
    let dependencies = reader.yaml(DEPENDENCIES);
    let (in_packages, in_dependencies) =
        (key(packages.as_ref(), "packages"), key(dependencies.as_ref(), "packages"));
    if let (Some((span, _)), Some((other, _))) = (&in_packages, &in_dependencies) {
        let message = "The 'packages' key cannot be specified in both packages.yml and dependencies.yml";
        let problem =
            Diagnostic::error(Code::ProjectInvalid, message).label(*span, "").label(*other, "the same again");
        reader.found.push(problem);
    }
    if let Some((span, _)) = key(packages.as_ref(), "projects") {
        let message = "The 'projects' key cannot be specified in packages.yml";
        reader.found.push(Diagnostic::error(Code::ProjectInvalid, message).label(span, ""));
    } else if let Some(mapping) = packages.as_ref().and_then(Yaml::as_mapping) {
        reader.found.extend(mapping.unknown_keys(&["packages", "sha1_hash"], PACKAGES));
    }
    let file = if in_dependencies.is_some() { DEPENDENCIES } else { PACKAGES };
    let list = in_dependencies.or(in_packages);
    Listing { packages: list.map(|(_, list)| reader.items(&list)).unwrap_or_default(), file }
}

/// Reads the lock file of the project in `folder`, if it has one.
pub fn lock(
    folder: &Path,
    prefix: &str,
    jinja: &YamlJinja,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Option<Lock> {
    let mut reader = Reader { folder, prefix, edited: None, jinja, sources, found };
    let yaml = reader.yaml(LOCK)?;
    let sha1_hash = key(Some(&yaml), "sha1_hash").and_then(|(_, hash)| hash.scalar_text());
    let packages = key(Some(&yaml), "packages").map(|(_, list)| reader.items(&list)).unwrap_or_default();
    Some(Lock { packages, sha1_hash })
}

fn key(yaml: Option<&Yaml>, key: &str) -> Option<(Span, Yaml)> {
    yaml?.as_mapping()?.entry(key).map(|entry| (entry.key_span, entry.value.clone()))
}

struct Reader<'a> {
    folder: &'a Path,
    prefix: &'a str,
    edited: Option<&'a Edited>,
    jinja: &'a YamlJinja,
    sources: &'a Sources,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn yaml(&mut self, name: &'static str) -> Option<Yaml> {
        let path = self.folder.join(name);
        let shown = format!("{}{name}", self.prefix);
        let read = match self.edited.filter(|edited| edited.file == name) {
            Some(edited) => {
                let source = self.sources.add(shown, edited.text.as_str());
                yaml::parse(&edited.text, source)
            }
            None if path.is_file() => {
                read_yaml(&path, shown, self.sources).map(|(yaml, warnings, _)| (yaml, warnings))
            }
            None => return None,
        };
        match read {
            Ok((yaml, warnings)) => {
                self.found.extend(warnings);
                Some(yaml)
            }
            Err(problem) => {
                self.found.push(*problem);
                None
            }
        }
    }

    fn items(&mut self, list: &Yaml) -> Vec<PackageSpec> {
        if list.is_null() {
            return Vec::new();
        }
        let Some(items) = list.as_list() else {
            let problem = list.invalid("packages", "a list");
            self.found.push(Diagnostic { code: Code::ProjectInvalid, ..problem });
            return Vec::new();
        };
        let mut specs = Vec::with_capacity(items.len());
        for item in items {
            let mistakes = self.found.len();
            let rendered = render_all(item, self.jinja, self.sources, self.found);
            if self.found.len() > mistakes {
                continue;
            }
            match PackageSpec::read(&rendered, item, self.found) {
                Ok(spec) => specs.push(spec),
                Err(problem) => self.found.push(*problem),
            }
        }
        specs
    }
}
