//! Packages: what `packages.yml` or `dependencies.yml` asks for, and what is installed.
//!
//! Every folder in the install path that holds a project is a package. A `local:` package that is
//! not installed is read from its own folder. In reading order: `spec` is one item of such a file,
//! `listing` the file, then the loading of what is there.

mod listing;
mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::config::{load_package, normal};
use super::{LoadOptions, Package, Project, ProjectFile};
use crate::diagnostic::{Code, Diagnostic, Sources, Span};
use crate::jinja::YamlJinja;

pub use listing::{Edited, Listing, Lock, listing, lock};
pub use spec::{Checkout, Origin, PackageSpec};

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
        let mut queue: Vec<PackageSpec> = asked.into_iter().rev().collect();
        let specified = queue.len();
        while let Some(item) = queue.pop() {
            if let Origin::Local { folder } = &item.origin {
                let folder = local_folder(&self.root.folder, folder);
                if self.is_there(&folder) {
                    continue;
                }
                if self.package(&folder).is_some() {
                    local += 1;
                    queue.extend(self.listed(&folder).0);
                }
            } else if item.short_name().is_none_or(|name| !self.has(&name)) {
                missing.push(item);
            }
        }
        // A folder's name is not always its package's: what counts is how many there are.
        let short = specified > installed + local || missing.iter().any(|item| item.name.is_some());
        if missing.is_empty() || !short {
            return;
        }
        let names: Vec<_> = missing.iter().filter_map(PackageSpec::short_name).collect();
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let message = format!(
            "{file} lists {} package(s), of which {} are not in `{}`{names}",
            specified.max(installed + local + missing.len()),
            missing.len(),
            self.root.packages_install_path,
        );
        let diagnostic = Diagnostic::error(Code::PackageMissing, message);
        self.found.push(diagnostic.label(missing[0].span, "not installed").help("run `teal deps`"));
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
    fn listed(&mut self, folder: &Path) -> (Vec<PackageSpec>, &'static str) {
        let prefix = prefix(&self.root.folder, folder);
        let listing = listing(folder, &prefix, None, self.jinja, self.sources, self.found);
        let locked = lock(folder, &prefix, self.jinja, self.sources, self.found).unwrap_or_default().packages;
        (if locked.is_empty() { listing.packages } else { locked }, listing.file)
    }
}

/// The folder of a local package: from the root project's, or from the user's own where it begins with `~`.
pub fn local_folder(root: &Path, folder: &str) -> PathBuf {
    let home = || folder.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match home().and_then(|rest| Some(std::env::home_dir()?.join(rest.trim_start_matches('/')))) {
        Some(folder) => normal(&folder),
        None => normal(&root.join(folder)),
    }
}

/// What stands before the names of a package's files where they are shown; nothing for the root's.
pub fn prefix(root: &Path, folder: &Path) -> String {
    let shown = shown(root, folder);
    if shown.is_empty() { shown } else { format!("{shown}/") }
}

/// How a path is shown: relative to the root project where it lies in it, with `/`.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
}
