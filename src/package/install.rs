//! Putting packages in place, as a lock file says: each whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;

use super::fetch::{Fetched, Fetcher, at_once, invalid, is_project};
use super::lock::{LOCK, write};
use super::pin::Pin;
use super::{Failure, Step};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::project::{Lock, Mapping, PackageSpec, lock};

/// Installs what a lock lists and is not there yet, and removes other packages from the install folder.
/// What is there as the lock has it is left alone, so that nothing is asked of any server for it.
///
/// # Errors
/// Every package that cannot be had or put in place; what was there of it stays.
pub fn install(fetcher: &Fetcher<'_>, wanted: &Lock) -> Result<(), Failure> {
    let deps = fetcher.deps;
    let folder = deps.install_folder();
    if deps.root.folder.starts_with(&folder) {
        let message = format!(
            "packages-install-path `{}` holds the project itself, which installing would remove",
            deps.root.packages_install_path
        );
        let span = Span::new(deps.root.source, 0..0);
        return Err(vec![Diagnostic::error(Code::PackageInvalid, message).label(span, "")]);
    }
    let scratch = fetcher.scratch().map_err(|problem| vec![*problem])?;
    let mut installer = Installer {
        fetcher,
        record: record(&folder, fetcher),
        folder,
        scratch,
        failed: Vec::new(),
        newer: Vec::new(),
    };
    let mut items = Vec::new();
    for spec in &wanted.packages {
        match Pin::of(spec, &deps) {
            Ok(pin) => items.push(Item { is_present: installer.is_present(spec, &pin), spec, pin }),
            Err(problem) => installer.failed.push(*problem),
        }
    }
    if !installer.failed.is_empty() {
        return Err(installer.failed);
    }
    installer.all(&items);
    installer.remove_others(&items);
    if !installer.newer.is_empty() {
        (deps.tell)(Step::UpdatesAvailable { packages: std::mem::take(&mut installer.newer) });
    }
    if installer.failed.is_empty() { Ok(()) } else { Err(installer.failed) }
}

/// One package of a lock.
struct Item<'a> {
    spec: &'a PackageSpec,
    pin: Pin,
    is_present: bool,
}

struct Installer<'a, 'f> {
    fetcher: &'f Fetcher<'a>,
    folder: PathBuf,
    scratch: PathBuf,
    /// What is installed, by name: its item of the lock.
    record: BTreeMap<String, Mapping>,
    failed: Vec<Diagnostic>,
    newer: Vec<String>,
}

/// What the install folder's own lock file says is in it.
fn record(folder: &Path, fetcher: &Fetcher<'_>) -> BTreeMap<String, Mapping> {
    let deps = &fetcher.deps;
    // A record that cannot be read is none: everything is fetched again.
    let packages = lock(folder, "", deps.jinja, deps.sources, &mut Vec::new()).unwrap_or_default().packages;
    packages.into_iter().filter_map(|spec| Some((spec.name?, spec.written))).collect()
}

impl Installer<'_, '_> {
    fn is_present(&self, spec: &PackageSpec, pin: &Pin) -> bool {
        // Older lock files have no names.
        let recorded = || self.record.iter().find(|(name, entry)| **entry == pin.entry(name));
        let Some(name) = spec.name.as_ref().or_else(|| recorded().map(|(name, _)| name)) else {
            return false;
        };
        let place = self.folder.join(name);
        let is_linked = |folder: &Path| fs::read_link(&place).is_ok_and(|to| to == *folder);
        is_project(&place)
            && match pin {
                Pin::Local { folder, .. } if place.is_symlink() => is_linked(folder),
                // A copy does not follow what it is a copy of.
                Pin::Local { .. } => false,
                _ => self.record.get(name) == Some(&pin.entry(name)),
            }
    }

    fn all(&mut self, items: &[Item<'_>]) {
        let fetcher = self.fetcher;
        let fetch = |item: &Item<'_>| {
            if item.is_present { None } else { Some(fetch(fetcher, item)) }
        };
        // All are fetched before the first is put in place.
        let brought = at_once(items, fetch);
        for (item, brought) in items.iter().zip(brought) {
            let tell = fetcher.deps.tell;
            let package = item.pin.title();
            let Some(brought) = brought else {
                tell(Step::Present { package, version: item.pin.version() });
                continue;
            };
            tell(Step::Start { package: package.clone() });
            let placed = brought.and_then(|(name, folder)| self.place(&item.pin, &name, &folder));
            if let Err(problem) = placed {
                let is_placed = !problem.labels.is_empty();
                self.failed.push(if is_placed { *problem } else { problem.label(item.spec.span, "") });
                continue;
            }
            tell(Step::Installed { version: item.pin.version() });
            self.compare_with_newest(&item.pin, package);
            if let Pin::Git(git) = &item.pin
                && let Some(folder) = &git.subdirectory
            {
                tell(Step::Subdirectory { folder: folder.clone() });
            }
        }
    }

    /// Says whether the registry has a newer version; it has been asked already.
    fn compare_with_newest(&mut self, pin: &Pin, package: String) {
        let Pin::Hub { version, .. } = pin else { return };
        let ours = self.fetcher.deps.settings.dbt_version.as_deref();
        let is_prerelease = Version::parse(version).is_ok_and(|version| !version.pre.is_empty());
        let known = self.fetcher.hub(&package).map(|known| known.installable(ours, is_prerelease));
        match known.ok().and_then(|versions| versions.last().map(ToString::to_string)) {
            Some(latest) if latest != *version => {
                self.newer.push(package);
                (self.fetcher.deps.tell)(Step::UpdateAvailable { latest });
            }
            _ => (self.fetcher.deps.tell)(Step::UpToDate),
        }
    }

    fn place(&mut self, pin: &Pin, name: &str, fetched: &Path) -> Result<()> {
        let failed = |error: io::Error| {
            let message = format!("`{}` cannot be put in place: {error}", self.folder.join(name).display());
            Box::new(Diagnostic::error(Code::FileAccess, message))
        };
        let new = match pin {
            Pin::Local { folder, .. } => self.linked(folder, name).map_err(failed)?,
            _ => fetched.to_owned(),
        };
        swap(&new, &self.folder.join(name), &self.scratch.join(format!("old-{name}"))).map_err(failed)?;
        self.record.insert(name.to_owned(), pin.entry(name));
        self.write_record()
    }

    /// A link to a folder, or a copy of it where there are no links.
    fn linked(&self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        let new = self.scratch.join(name);
        (self.fetcher.deps.tell)(Step::Link);
        #[cfg(unix)]
        let linked = std::os::unix::fs::symlink(folder, &new);
        #[cfg(windows)]
        let linked = std::os::windows::fs::symlink_dir(folder, &new);
        if linked.is_err() {
            (self.fetcher.deps.tell)(Step::NoLink);
            copy(folder, &new)?;
        }
        Ok(new)
    }

    fn write_record(&self) -> Result<()> {
        let entries: Vec<Mapping> = self.record.values().cloned().collect();
        write(&self.folder.join(LOCK), &entries, None)
    }

    /// Removes packages that are not asked for any more: every folder that is there is loaded.
    fn remove_others(&mut self, items: &[Item<'_>]) {
        // Without their names, what belongs to the ones that failed cannot be told.
        if !self.failed.is_empty() {
            return;
        }
        let is_wanted =
            |name: &str| items.iter().any(|item| self.record.get(name) == Some(&item.pin.entry(name)));
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let others: Vec<(String, PathBuf)> = entries
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
            .filter(|(name, path)| {
                !name.starts_with("__") && !is_wanted(name) && (path.is_symlink() || is_project(path))
            })
            .collect();
        for (name, path) in others {
            match fs::rename(&path, self.scratch.join(format!("other-{name}"))) {
                Ok(()) => {
                    let shown = path.strip_prefix(&self.fetcher.deps.root.folder).unwrap_or(&path);
                    (self.fetcher.deps.tell)(Step::Removed { folder: shown.display().to_string() });
                }
                Err(error) => {
                    let message = format!("`{}` cannot be removed: {error}", path.display());
                    self.failed.push(Diagnostic::error(Code::FileAccess, message));
                }
            }
            self.record.remove(&name);
        }
        if !self.record.is_empty()
            && let Err(problem) = self.write_record()
        {
            self.failed.push(*problem);
        }
    }
}

/// A package's name and its folder, ready to be put in place.
fn fetch(fetcher: &Fetcher<'_>, item: &Item<'_>) -> Result<(String, PathBuf)> {
    let Fetched { folder, .. } = fetcher.fetch(&item.pin)?;
    let name = match (&item.spec.name, &item.pin) {
        (Some(name), _) => name.clone(),
        _ => fetcher.metadata(&item.pin, item.spec.span, &mut Vec::new())?.name,
    };
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    if !name.chars().all(is_letter) || !name.starts_with(|c: char| is_letter(c) && !c.is_numeric()) {
        return Err(invalid(&item.pin.title(), &format!("`{name}` is no name of a project")).into());
    }
    if !is_project(&folder) {
        return Err(invalid(&item.pin.title(), "there is no dbt_project.yml in it").into());
    }
    Ok((name, folder))
}

/// Puts a folder in the place of another, which is kept until it stands.
fn swap(new: &Path, place: &Path, aside: &Path) -> io::Result<()> {
    let was_there = fs::symlink_metadata(place).is_ok();
    if was_there {
        fs::rename(place, aside)?;
    }
    fs::rename(new, place).inspect_err(|_| {
        if was_there {
            // Where even this fails, the old one is lost with the disk.
            let _ = fs::rename(aside, place);
        }
    })
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let place = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
