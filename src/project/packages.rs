//! Packages: what `packages.yml` or `dependencies.yml` asks for, and what is installed.
//!
//! Every folder in the install path that holds a project is a package. A `local:` package that is
//! not installed is read from its own folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::config::{load_package, normal, read_yaml};
use super::render::render_all;
use super::yaml::{self, Yaml};
use super::{LoadOptions, Package, Project, ProjectFile};
use crate::diagnostic::{Code, Diagnostic, Sources, Span};
use crate::jinja::YamlJinja;

const PACKAGES: &str = "packages.yml";
const DEPENDENCIES: &str = "dependencies.yml";
const LOCK: &str = "package-lock.yml";

/// Keys of an item of `packages`.
const KEYS: &[&str] = &[
    "local",
    "git",
    "package",
    "tarball",
    "private",
    "name",
    "version",
    "revision",
    "subdirectory",
    "provider",
    "install_prerelease",
    "warn-unpinned",
];

/// Reads the packages of a root project.
pub(super) fn load(
    root: Package,
    jinja: &YamlJinja,
    options: &LoadOptions,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Project {
    let mut loader = Loader { root: &root, jinja, options, sources, found, packages: BTreeMap::new() };
    loader.installed();
    loader.asked_for();
    let packages = loader.packages;
    let name = root.name.clone();
    let mut all = IndexMap::from([(name.clone(), root)]);
    all.extend(packages);
    Project { packages: all, root: name }
}

/// One item of a list of packages.
struct Asked {
    keys: yaml::Mapping,
    span: Span,
}

impl Asked {
    fn local(&self) -> Option<&str> {
        self.keys.get("local").and_then(Yaml::as_str).filter(|folder| !folder.is_empty())
    }

    /// What to call it: its name in a lock file, else the last part of where it comes from.
    fn name(&self) -> Option<String> {
        if let Some(name) = self.keys.get("name").and_then(Yaml::scalar_text) {
            return Some(name);
        }
        let place = ["package", "git", "tarball", "private"]
            .iter()
            .find_map(|key| self.keys.get(key)?.scalar_text())?;
        let last = place.trim_end_matches('/').trim_end_matches(".git").rsplit('/').next()?;
        Some(last.replace('-', "_"))
    }
}

struct Loader<'a> {
    root: &'a Package,
    jinja: &'a YamlJinja,
    options: &'a LoadOptions,
    sources: &'a Sources,
    found: &'a mut Vec<Diagnostic>,
    packages: BTreeMap<String, Package>,
}

impl Loader<'_> {
    fn installed(&mut self) {
        let folder = self.root.folder.join(&self.root.packages_install_path);
        let Ok(entries) = fs::read_dir(&folder) else { return };
        let folders: BTreeSet<PathBuf> = entries
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with("__"))
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        for folder in folders {
            self.package(&folder);
        }
    }

    /// Reads one package; returns its name.
    fn package(&mut self, folder: &Path) -> Option<String> {
        let shown = shown(&self.root.folder, &folder.join("dbt_project.yml"));
        let file = match ProjectFile::read_shown(folder, shown, self.sources) {
            Ok(file) => file,
            Err(mut problem) => {
                problem.message = format!("Failed to read package: {}", problem.message);
                self.found.push(*problem);
                return None;
            }
        };
        let package = load_package(file, self.options, self.sources, self.found);
        let name = package.name.clone();
        let other = if name == self.root.name { Some(self.root) } else { self.packages.get(&name) };
        if let Some(other) = other {
            let message = format!(
                "dbt found more than one package with the name \"{name}\" included in this project. \
                 Package names must be unique in a project. Please rename one of these packages."
            );
            let problem = Diagnostic::error(Code::PackageMissing, message)
                .label(Span::new(package.source, 0..0), "this one")
                .label(Span::new(other.source, 0..0), "and this one");
            self.found.push(problem);
            return None;
        }
        self.packages.insert(name.clone(), package);
        Some(name)
    }

    /// Compares what is asked for with what is there.
    fn asked_for(&mut self) {
        let (asked, file) = self.listed(&self.root.folder.clone());
        let installed = self.packages.len();
        let mut local = 0;
        let mut missing = Vec::new();
        let mut queue: Vec<Asked> = asked.into_iter().rev().collect();
        let specified = queue.len();
        while let Some(item) = queue.pop() {
            if let Some(folder) = item.local() {
                let folder = normal(&self.root.folder.join(folder));
                if self.is_there(&folder) {
                    continue;
                }
                if self.package(&folder).is_some() {
                    local += 1;
                    queue.extend(self.listed(&folder).0);
                }
            } else if item.name().is_none_or(|name| !self.has(&name)) {
                missing.push(item);
            }
        }
        // A folder's name is not always its package's: what counts is how many there are.
        let short = specified > installed + local || missing.iter().any(|item| item.keys.contains("name"));
        if missing.is_empty() || !short {
            return;
        }
        let names: Vec<_> = missing.iter().filter_map(Asked::name).collect();
        let not_found = if names.is_empty() {
            String::new()
        } else {
            format!("Following packages were not found: {}. ", names.join(", "))
        };
        let message = format!(
            "dbt expects {} package(s) based on packages specified in {file}, but found only {} package(s) \
             installed in {}. {not_found}Run \"dbt deps\" to install package dependencies.",
            specified.max(installed + local + missing.len()),
            installed + local,
            self.root.packages_install_path,
        );
        self.found
            .push(Diagnostic::error(Code::PackageMissing, message).label(missing[0].span, "not installed"));
    }

    fn has(&self, name: &str) -> bool {
        let folder = self.root.folder.join(&self.root.packages_install_path);
        self.packages.contains_key(name) || folder.join(name).is_dir()
    }

    /// Whether a local package is installed: as a link to its folder, or as a copy by its name.
    fn is_there(&self, folder: &Path) -> bool {
        let real = fs::canonicalize(folder).ok();
        let linked = |package: &Package| fs::canonicalize(&package.folder).ok() == real;
        let name = || ProjectFile::read(folder, &Sources::default()).ok()?.name().map(str::to_owned);
        (real.is_some() && self.packages.values().any(linked))
            || name().is_some_and(|name| self.packages.contains_key(&name))
    }

    /// The packages that a folder's files list, and the file that does. A lock file goes first.
    fn listed(&mut self, folder: &Path) -> (Vec<Asked>, &'static str) {
        let packages = self
            .yaml(&folder.join(PACKAGES))
            .map(|yaml| render_all(&yaml, self.jinja, self.sources, self.found));
        let dependencies = self.yaml(&folder.join(DEPENDENCIES));
        let lock = self.yaml(&folder.join(LOCK));
        let key = |yaml: &Option<Yaml>, key: &str| {
            yaml.as_ref()?.as_mapping()?.entry(key).map(|entry| (entry.key_span, entry.value.clone()))
        };
        let (in_packages, in_dependencies) = (key(&packages, "packages"), key(&dependencies, "packages"));
        if let (Some((span, _)), Some((other, _))) = (&in_packages, &in_dependencies) {
            let message = "The 'packages' key cannot be specified in both packages.yml and dependencies.yml";
            let problem = Diagnostic::error(Code::ProjectInvalid, message)
                .label(*span, "")
                .label(*other, "the same again");
            self.found.push(problem);
        }
        if let Some((span, _)) = key(&packages, "projects") {
            let message = "The 'projects' key cannot be specified in packages.yml";
            self.found.push(Diagnostic::error(Code::ProjectInvalid, message).label(span, ""));
        } else if let Some(mapping) = packages.as_ref().and_then(Yaml::as_mapping) {
            self.found.extend(mapping.unknown_keys(&["packages", "sha1_hash"], PACKAGES));
        }
        let file = if in_dependencies.is_some() { DEPENDENCIES } else { PACKAGES };
        let mut asked = self.items(key(&lock, "packages"));
        if asked.is_empty() {
            asked = self.items(in_dependencies.or(in_packages));
        }
        (asked, file)
    }

    fn yaml(&mut self, path: &Path) -> Option<Yaml> {
        if !path.is_file() {
            return None;
        }
        match read_yaml(path, shown(&self.root.folder, path), self.sources) {
            Ok((yaml, warnings, _)) => {
                self.found.extend(warnings);
                Some(yaml)
            }
            Err(problem) => {
                self.found.push(*problem);
                None
            }
        }
    }

    fn items(&mut self, list: Option<(Span, Yaml)>) -> Vec<Asked> {
        let Some((_, list)) = list.filter(|(_, list)| !list.is_null()) else { return Vec::new() };
        let Some(items) = list.as_list() else {
            let problem = list.invalid("packages", "a list");
            self.found.push(Diagnostic { code: Code::ProjectInvalid, ..problem });
            return Vec::new();
        };
        let mut asked = Vec::with_capacity(items.len());
        for item in items {
            if let Some(keys) = item.as_mapping() {
                self.found.extend(keys.unknown_keys(KEYS, "a package"));
                asked.push(Asked { keys: keys.clone(), span: item.span });
            } else {
                let problem = item.invalid("packages", "a list of mappings");
                self.found.push(Diagnostic { code: Code::ProjectInvalid, ..problem });
            }
        }
        asked
    }
}

/// How a path is shown: relative to the root project where it lies in it, with `/`.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
}
