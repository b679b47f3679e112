//! Bringing a package to this machine, from wherever it is, once a command.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use super::archive::{self, Refusal};
use super::http::{Http, Trouble, patiently};
use super::hub::{Hub, HubPackage};
use super::pin::{GitPin, Pin};
use super::{Deps, git, visible};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::project::yaml::Yaml;
use crate::project::{PackageSpec, ProjectFile, listing, prefix};

/// What begins the name of a folder that only lasts as long as a command. Loading passes over folders
/// that begin with two underscores.
const SCRATCH: &str = "__teal-";

/// How many packages are fetched at a time.
const AT_A_TIME: usize = 8;

/// Brings packages, each once, and keeps what it brought until it is installed or dropped.
#[expect(missing_debug_implementations, reason = "it holds a function")]
pub struct Fetcher<'a> {
    pub(super) deps: Deps<'a>,
    http: Http,
    hub: Hub,
    fetched: Mutex<HashMap<String, Result<Fetched>>>,
    scratch: Mutex<Option<Scratch>>,
}

/// A package's folder on this machine.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) folder: PathBuf,
    /// What a git revision was.
    pub(super) commit: Option<String>,
}

/// What a package says of itself.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// The project's name.
    pub(super) name: String,
    /// What it asks for.
    pub(super) packages: Vec<PackageSpec>,
    /// What a git revision was.
    pub(super) commit: Option<String>,
}

/// The folder for what is on its way. It stands in the install folder, so that a package is put in place
/// by renaming it, and whoever has one is alone at work there.
#[derive(Debug)]
struct Scratch {
    folder: Option<TempDir>,
    install: PathBuf,
    used: usize,
    _held: Option<File>,
}

impl Scratch {
    fn new(install: PathBuf) -> std::io::Result<Self> {
        fs::create_dir_all(&install)?;
        // Where a folder cannot be locked, two commands at once may undo each other's work, no more.
        let held = File::open(&install).ok().filter(|folder| folder.lock().is_ok());
        for entry in fs::read_dir(&install)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
                // What a killed command left; what cannot be removed is only in the way of nothing.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&install)?;
        Ok(Self { folder: Some(folder), install, used: 0, _held: held })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.folder.take());
        // It succeeds where nothing was installed.
        let _ = fs::remove_dir(&self.install);
    }
}

impl<'a> Fetcher<'a> {
    /// One that has fetched nothing yet.
    ///
    /// # Errors
    /// The certificates to trust cannot be read.
    pub fn new(deps: Deps<'a>) -> Result<Self> {
        let http = Http::new(deps.settings)?;
        Ok(Self { deps, http, hub: Hub::default(), fetched: Mutex::default(), scratch: Mutex::default() })
    }

    /// What it shares with the rest of the command.
    pub fn deps(&self) -> Deps<'a> {
        self.deps
    }

    /// What the registry says of a package.
    pub(super) fn hub(&self, package: &str) -> Result<Arc<HubPackage>> {
        self.hub.package(&self.deps, &self.http, package)
    }

    /// A new empty folder in the install folder.
    pub(super) fn scratch(&self) -> Result<PathBuf> {
        let install = self.deps.install_folder();
        let failed = |error: std::io::Error| {
            let message = format!("cannot write into `{}`: {error}", install.display());
            Box::new(Diagnostic::error(Code::FileAccess, message))
        };
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        if scratch.is_none() {
            *scratch = Some(Scratch::new(install.clone()).map_err(failed)?);
        }
        let Some(Scratch { folder: Some(folder), used, .. }) = &mut *scratch else {
            return Err(failed(std::io::ErrorKind::NotFound.into()));
        };
        *used += 1;
        let fresh = folder.path().join(used.to_string());
        fs::create_dir(&fresh).map_err(failed)?;
        Ok(fresh)
    }

    /// Brings a package, or says where it is.
    pub(super) fn fetch(&self, pin: &Pin) -> Result<Fetched> {
        let key = |git: &GitPin| {
            let revision = git.revision.as_deref().unwrap_or("HEAD");
            format!("git {} {revision}", git.place())
        };
        let kept = |key: &str| self.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let keep = |key: String, what: &Result<Fetched>| {
            self.fetched.lock().unwrap_or_else(PoisonError::into_inner).insert(key, what.clone());
        };
        match pin {
            Pin::Local { folder, .. } => Ok(Fetched { folder: folder.clone(), commit: None }),
            Pin::Git(git) => {
                if let Some(fetched) = kept(&key(git)) {
                    return fetched;
                }
                let fetched = self.clone_of(git);
                keep(key(git), &fetched);
                if let Ok(Fetched { commit, .. }) = &fetched {
                    keep(key(&GitPin { revision: commit.clone(), ..git.clone() }), &fetched);
                }
                fetched
            }
            Pin::Tarball { url, name, .. } => {
                let key = format!("tarball {url}");
                kept(&key).unwrap_or_else(|| {
                    let fetched = self.unpacked(url, name);
                    keep(key, &fetched);
                    fetched
                })
            }
            Pin::Hub { package, version } => {
                let release = self.hub(package)?.release(version)?;
                self.unpacked(&release.tarball, package)
            }
        }
    }

    fn clone_of(&self, git: &GitPin) -> Result<Fetched> {
        let repository = self.scratch()?;
        let commit = git::checkout(&self.deps, git, &repository)?;
        let folder = match &git.subdirectory {
            Some(subdirectory) => repository.join(subdirectory),
            None => repository.clone(),
        };
        let real = fs::canonicalize(&folder).ok();
        if !real.is_some_and(|real| fs::canonicalize(&repository).is_ok_and(|root| real.starts_with(root))) {
            let message =
                format!("there is no folder `{}` in it", git.subdirectory.as_deref().unwrap_or("."));
            return Err(invalid(&visible(&git.url), &message).into());
        }
        Ok(Fetched { folder, commit: Some(commit) })
    }

    fn unpacked(&self, url: &str, title: &str) -> Result<Fetched> {
        let shown = visible(url);
        let mut refused = None;
        let unpack = || {
            let folder = self.scratch().map_err(|problem| Trouble::Final(problem.message))?;
            let archive = folder.join("package.tar.gz");
            self.http.download(url, &archive)?;
            archive::unpack(&archive, &folder).map_err(|refusal| match refusal {
                Refusal::Broken(why) => Trouble::Passing(why),
                Refusal::Hostile(why) => {
                    refused = Some(why.clone());
                    Trouble::Final(why)
                }
            })
        };
        match patiently(&self.deps, unpack) {
            Ok(folder) => Ok(Fetched { folder, commit: None }),
            Err(_) if refused.is_some() => Err(invalid(title, &refused.unwrap_or_default()).into()),
            Err(trouble) => {
                let why = match trouble {
                    Trouble::Absent => "there is no such file".to_owned(),
                    Trouble::Final(why) | Trouble::Passing(why) => why,
                };
                let message = format!("{title} cannot be downloaded from {shown}: {why}");
                Err(Box::new(Diagnostic::error(Code::PackageFetchFailed, message)))
            }
        }
    }

    /// What a package says of itself. Where the registry speaks for it, what it asks for stands at `span`.
    pub(super) fn metadata(&self, pin: &Pin, span: Span, found: &mut Vec<Diagnostic>) -> Result<Metadata> {
        if let Pin::Hub { package, version } = pin {
            let release = self.hub(package)?.release(version)?;
            let mut packages = Vec::with_capacity(release.packages.len());
            for item in release.packages {
                let item = Yaml::from((item, span));
                packages.push(PackageSpec::read(&item, &item, &mut Vec::new())?);
            }
            return Ok(Metadata { name: release.name, packages, commit: None });
        }
        let Fetched { folder, commit } = self.fetch(pin)?;
        let Deps { root, jinja, sources, .. } = self.deps;
        let prefix = match pin {
            Pin::Local { .. } => prefix(&root.folder, &folder),
            _ => format!("{}/", pin.title().trim_end_matches('/')),
        };
        let file = ProjectFile::read_shown(&folder, format!("{prefix}dbt_project.yml"), sources)
            .map_err(|problem| absent(pin, *problem, span))?;
        let written = file.name().unwrap_or_default();
        let named = match pin {
            Pin::Tarball { name, .. } => name.clone(),
            _ => match jinja.render_value(written, Some(Span::new(file.source, 0..0)), sources)? {
                Value::String(name) => name,
                other => other.to_string(),
            },
        };
        let packages = listing(&folder, &prefix, None, jinja, sources, found).packages;
        Ok(Metadata { name: named, packages, commit })
    }
}

/// Does the same with all of them, some at a time, and gives what came of it in their order.
pub(super) fn at_once<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let work = &work;
    let mut done = Vec::with_capacity(items.len());
    for some in items.chunks(AT_A_TIME) {
        std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|item| scope.spawn(move || work(item))).collect();
            for (thread, item) in threads.into_iter().zip(some) {
                done.push(thread.join().unwrap_or_else(|_| work(item)));
            }
        });
    }
    done
}

/// That a package is none.
pub(super) fn invalid(title: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::PackageInvalid, format!("{title} cannot be installed: {why}"))
}

/// A project file that is not there is a matter of the package; one that is wrong, of the file.
fn absent(pin: &Pin, problem: Diagnostic, span: Span) -> Diagnostic {
    if problem.code != Code::ProjectNotFound {
        return problem;
    }
    let why = match pin {
        Pin::Local { folder, .. } if !folder.is_dir() => format!("there is no folder `{}`", folder.display()),
        _ => "there is no dbt_project.yml in it".to_owned(),
    };
    let problem = invalid(&pin.title(), &why).label(span, "");
    match pin {
        Pin::Git(GitPin { subdirectory: None, .. }) => {
            problem.help("give the folder of the project in the repository as `subdirectory`")
        }
        _ => problem,
    }
}

/// Whether a folder holds a project.
pub(super) fn is_project(folder: &Path) -> bool {
    folder.join("dbt_project.yml").is_file()
}
