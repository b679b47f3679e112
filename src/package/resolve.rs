//! From what is asked for, by the project and by its packages, to one version of each.
//!
//! As dbt does it: round by round, the packages of a round are looked at, and what they ask for is the
//! next round. Each package is the newest version within all bounds known by then.

use std::collections::HashSet;

use indexmap::IndexMap;
use semver::Version;

use super::fetch::{Fetcher, Metadata, at_once};
use super::hub::HubPackage;
use super::pin::{GitPin, Pin, Pinned};
use super::{Failure, visible};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::project::version::{Bound, exclude_each_other};
use crate::project::{Listing, Origin, PackageSpec};

/// Who asks for a package.
#[derive(Debug, Clone)]
struct Asker {
    /// The project's name, or the package with its version.
    who: String,
    spec: PackageSpec,
}

/// A package with everyone who asks for it.
#[derive(Debug, Clone)]
struct Wanted {
    /// As the first of them says it.
    pin: Pin,
    askers: Vec<Asker>,
}

/// Decides on one version of each package; with the warnings on the way.
///
/// # Errors
/// Every package that is not there, cannot be had, or is asked for in two ways that exclude each other.
pub fn resolve(fetcher: &Fetcher<'_>, listing: &Listing) -> Result<(Vec<Pinned>, Vec<Diagnostic>), Failure> {
    let mut resolver =
        Resolver { fetcher, wanted: IndexMap::new(), looked_at: HashSet::new(), found: Vec::new() };
    let root = &fetcher.deps.root.name;
    let mut round = asked_by(root, &listing.packages);
    let mut failed = false;
    while !round.is_empty() {
        resolver.look_ahead(&round);
        let mut next = Vec::new();
        for asker in round {
            match resolver.look_at(asker) {
                Ok(nested) => next.extend(nested),
                Err(problem) => {
                    failed = true;
                    resolver.report(*problem);
                }
            }
        }
        round = next;
    }
    if failed {
        return Err(resolver.found);
    }
    let pinned = resolver.all();
    if resolver.failed() { Err(resolver.found) } else { Ok((pinned, resolver.found)) }
}

fn asked_by(who: &str, specs: &[PackageSpec]) -> Vec<Asker> {
    specs.iter().map(|spec| Asker { who: who.to_owned(), spec: spec.clone() }).collect()
}

struct Resolver<'a, 'f> {
    fetcher: &'f Fetcher<'a>,
    wanted: IndexMap<String, Wanted>,
    /// What was looked at already, by its key and its version.
    looked_at: HashSet<(String, String)>,
    found: Vec<Diagnostic>,
}

impl Resolver<'_, '_> {
    fn failed(&self) -> bool {
        self.found.iter().any(|d| d.severity == crate::diagnostic::Severity::Error)
    }

    /// Reports a mistake once, however often its package is asked for.
    fn report(&mut self, problem: Diagnostic) {
        let is_known = |known: &Diagnostic| known.code == problem.code && known.message == problem.message;
        if !self.found.iter().any(is_known) {
            self.found.push(problem);
        }
    }

    fn pin_of(&self, spec: &PackageSpec) -> Result<Pin> {
        Pin::of(spec, &self.fetcher.deps)
    }

    /// Fetches what a round will need, all of it at once; what fails will fail again when it is looked at.
    fn look_ahead(&self, round: &[Asker]) {
        at_once(round, |asker| match self.pin_of(&asker.spec) {
            Ok(Pin::Hub { package, .. }) => drop(self.fetcher.hub(&package)),
            Ok(pin) if !self.wanted.contains_key(&key(&pin)) => drop(self.fetcher.fetch(&pin)),
            _ => {}
        });
    }

    /// Takes account of one asker; gives what the package asks for itself, where that is new.
    fn look_at(&mut self, asker: Asker) -> Result<Vec<Asker>> {
        let span = asker.spec.span;
        let pin = self.pin_of(&asker.spec)?;
        let key = key(&pin);
        let wanted = self.wanted.entry(key.clone()).or_insert_with(|| Wanted { pin, askers: Vec::new() });
        wanted.askers.push(asker);
        let wanted = wanted.clone();
        let pin = self.decide(&wanted)?;
        let version = pin.version();
        if !self.looked_at.insert((key, version.clone())) {
            return Ok(Vec::new());
        }
        let metadata = self.metadata(&pin, span)?;
        if let Pin::Git(git) = &pin {
            self.unpinned(git, &wanted, span);
        }
        let who = match &pin {
            Pin::Hub { package, version } => format!("{package} {version}"),
            _ => metadata.name,
        };
        Ok(asked_by(&who, &metadata.packages))
    }

    fn metadata(&mut self, pin: &Pin, span: Span) -> Result<Metadata> {
        let located = |problem: Box<Diagnostic>| {
            if problem.labels.is_empty() { Box::new(problem.label(span, "")) } else { problem }
        };
        self.fetcher.metadata(pin, span, &mut self.found).map_err(located)
    }

    /// Warns of a revision that moves.
    fn unpinned(&mut self, git: &GitPin, wanted: &Wanted, span: Span) {
        let warns = |asker: &Asker| match &asker.spec.origin {
            Origin::Git { checkout, .. } | Origin::Private { checkout, .. } => checkout.warn_unpinned,
            _ => false,
        };
        let how = match git.revision.as_deref() {
            None | Some("HEAD") => "not pinned, using HEAD (default branch)".to_owned(),
            Some(branch @ ("main" | "master")) => format!("pinned to the \"{branch}\" branch"),
            Some(_) => return,
        };
        if wanted.askers.iter().all(warns) {
            let message = format!(
                "The git package \"{}\" is {how}. This can introduce breaking changes into your project \
                 without warning!",
                visible(&git.url)
            );
            let help = "give it a tag or a commit as `revision`, or `warn-unpinned: false`";
            self.found.push(Diagnostic::warning(Code::PackageUnpinned, message).label(span, "").help(help));
        }
    }

    /// The one version that suits everyone who asks.
    fn decide(&mut self, wanted: &Wanted) -> Result<Pin> {
        match &wanted.pin {
            Pin::Hub { package, .. } => {
                let span = wanted.askers[0].spec.span;
                let known = self.fetcher.hub(package).map_err(|problem| Box::new(problem.label(span, "")))?;
                if let Some(successor) = &known.successor {
                    self.report(superseded(package, successor, span));
                }
                let version = self.newest(&known, package, wanted)?;
                Ok(Pin::Hub { package: package.clone(), version: version.to_string() })
            }
            Pin::Git(git) => {
                let mut revisions: Vec<&str> = wanted.askers.iter().filter_map(revision).collect();
                revisions.sort_unstable();
                revisions.dedup();
                if revisions.len() > 1 {
                    let message = format!(
                        "git dependencies should contain exactly one version. {} contains: {}",
                        visible(&git.place()),
                        revisions.join(", ")
                    );
                    return Err(Box::new(conflict(message, wanted, |asker| {
                        revision(asker).unwrap_or("the default branch").to_owned()
                    })));
                }
                let revision = revisions.first().map(|revision| (*revision).to_owned());
                Ok(Pin::Git(GitPin { revision, ..git.clone() }))
            }
            other => Ok(other.clone()),
        }
    }

    fn newest(&self, known: &HubPackage, package: &str, wanted: &Wanted) -> Result<Version> {
        let mut bounds = Vec::new();
        let mut written = Vec::new();
        for asker in &wanted.askers {
            let Origin::Hub { versions, .. } = &asker.spec.origin else { continue };
            for text in versions.iter().flat_map(|version| version.split(',')).map(str::trim) {
                let Some(bound) = Bound::parse(text) else {
                    let message = format!("\"{text}\" is not a valid semantic version.");
                    let problem = Diagnostic::error(Code::ProjectInvalid, message).label(asker.spec.span, "");
                    let help =
                        "write versions of three numbers, such as 1.3.0 or `[\">=1.0.0\", \"<2.0.0\"]`";
                    return Err(Box::new(problem.help(help)));
                };
                written.push(bound.to_string());
                bounds.push(bound);
            }
        }
        if exclude_each_other(&bounds) {
            let quoted: Vec<String> = written.iter().map(|bound| format!("'{bound}'")).collect();
            let message = format!(
                "Version error for package {package}: Could not find a satisfactory version from options: [{}]",
                quoted.join(", ")
            );
            return Err(Box::new(conflict(message, wanted, |asker| asked_versions(&asker.spec))));
        }
        let first = &wanted.askers[0].spec.origin;
        let wants_early = matches!(first, Origin::Hub { prerelease: true, .. });
        let prereleases = wants_early || bounds.iter().any(Bound::is_prerelease);
        let ours = self.fetcher.deps.settings.dbt_version.as_deref();
        let installable = known.installable(ours, prereleases);
        let fits = |version: &&Version| bounds.iter().all(|bound| bound.admits(version));
        if let Some(newest) = installable.iter().rev().find(fits) {
            return Ok(newest.clone());
        }
        Err(Box::new(none_fits(known, package, wanted, &written, &installable, ours.is_some())))
    }

    /// Every package at its version, once all bounds are known.
    fn all(&mut self) -> Vec<Pinned> {
        let mut pinned: Vec<Pinned> = Vec::new();
        for wanted in self.wanted.clone().into_values() {
            let span = wanted.askers[0].spec.span;
            let settled = self.decide(&wanted).and_then(|pin| Ok((self.metadata(&pin, span)?, pin)));
            let (metadata, mut pin) = match settled {
                Ok(settled) => settled,
                Err(problem) => {
                    self.report(*problem);
                    continue;
                }
            };
            if let (Pin::Git(git), Some(commit)) = (&mut pin, metadata.commit) {
                git.revision = Some(commit);
            }
            if pin.holds_secret() {
                let message = format!(
                    "Detected secret env var in {}. A scrubbed representation is written to the lock file, so \
                     that installing by it fails",
                    pin.title()
                );
                let help = "write the secret as {{ env_var('DBT_ENV_SECRET_…') }}";
                self.found
                    .push(Diagnostic::warning(Code::SecretNotAllowed, message).label(span, "").help(help));
            }
            let name = metadata.name;
            if let Some(other) = pinned.iter().find(|other| other.name == name) {
                let message = format!(
                    "Found duplicate project \"{name}\". This occurs when a dependency has the same project \
                     name as some other dependency."
                );
                let problem = Diagnostic::error(Code::PackageConflict, message)
                    .label(span, pin.title())
                    .label(other.span, other.pin.title());
                self.report(problem);
            } else if name == self.fetcher.deps.root.name {
                let message = format!(
                    "Found a dependency with the same name as the root project \"{name}\". Package names must \
                     be unique in a project. Please rename one of these packages."
                );
                self.report(Diagnostic::error(Code::PackageConflict, message).label(span, ""));
            }
            pinned.push(Pinned { name, pin, span });
        }
        pinned
    }
}

/// What makes two items the same package.
fn key(pin: &Pin) -> String {
    match pin {
        Pin::Hub { package, .. } => format!("hub {package}"),
        Pin::Git(git) => {
            let url = git.url.trim_end_matches('/').trim_end_matches(".git");
            format!("git {url}/{}", git.subdirectory.as_deref().unwrap_or_default())
        }
        Pin::Tarball { url, .. } => format!("tarball {url}"),
        Pin::Local { folder, .. } => format!("local {}", folder.display()),
    }
}

fn revision(asker: &Asker) -> Option<&str> {
    match &asker.spec.origin {
        Origin::Git { checkout, .. } | Origin::Private { checkout, .. } => checkout.revision.as_deref(),
        _ => None,
    }
}

fn asked_versions(spec: &PackageSpec) -> String {
    match &spec.origin {
        Origin::Hub { versions, .. } => versions.join(", "),
        _ => String::new(),
    }
}

/// Two or more ask for what cannot be had together: each with its place and its words.
fn conflict(message: String, wanted: &Wanted, words: impl Fn(&Asker) -> String) -> Diagnostic {
    let problem = Diagnostic::error(Code::PackageConflict, message);
    wanted.askers.iter().fold(problem, |problem, asker| {
        problem.label(asker.spec.span, format!("`{}` asks for {}", asker.who, words(asker)))
    })
}

/// No version is within the bounds: with those there are.
fn none_fits(
    known: &HubPackage,
    package: &str,
    wanted: &Wanted,
    written: &[String],
    installable: &[Version],
    checked: bool,
) -> Diagnostic {
    let list =
        |versions: &[Version]| versions.iter().rev().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let message = format!(
        "Could not find a matching compatible version for package {package}\n  Requested range: {}\n  \
         Compatible versions: {}",
        written.join(", "),
        if installable.is_empty() { "none".to_owned() } else { list(installable) }
    );
    let problem = Diagnostic::error(Code::PackageVersionNotFound, message);
    let problem = wanted.askers.iter().fold(problem, |problem, asker| {
        problem.label(asker.spec.span, format!("`{}` asks for {}", asker.who, asked_versions(&asker.spec)))
    });
    let fits = |version: &Version| {
        written.iter().filter_map(|text| Bound::parse(text)).all(|bound| bound.admits(version))
    };
    if known.installable(None, false).iter().any(&fits) && checked {
        return problem.help(
            "there are versions in this range for other versions of dbt: `--no-version-check` takes one",
        );
    }
    if known.installable(None, true).iter().any(fits) {
        return problem.help("there are pre-releases in this range: `install_prerelease: true` takes one");
    }
    problem
}

/// A package that goes on under another name.
fn superseded(package: &str, successor: &str, span: Span) -> Diagnostic {
    let message = format!(
        "The `{package}` package is deprecated in favor of `{successor}`. Please update your `packages.yml` \
         configuration to use `{successor}` instead."
    );
    Diagnostic::warning(Code::PackageRedirected, message).label(span, "")
}
