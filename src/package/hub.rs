//! The registry: which packages and versions there are, as dbt's package hub answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;
use serde_json::{Map, Value};

use super::http::{Http, Trouble, patiently};
use super::{Deps, Step, visible};
use crate::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::project::version::{Bound, check};

/// What the registry says of a package.
#[derive(Debug)]
pub(super) struct HubPackage {
    name: String,
    versions: Map<String, Value>,
    /// The package that it became, `namespace/name`.
    pub(super) successor: Option<String>,
}

/// What the registry says of one version.
#[derive(Debug, Clone)]
pub(super) struct Release {
    /// The project's name.
    pub(super) name: String,
    /// The archive.
    pub(super) tarball: String,
    /// What it asks for itself, as in `packages.yml`.
    pub(super) packages: Vec<Value>,
}

impl HubPackage {
    fn read(package: &str, answer: &Value) -> Option<Self> {
        let name = answer.get("name")?.as_str()?;
        let versions = answer.get("versions")?.as_object()?.clone();
        let word = |key: &str| answer.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
        let successor = match (word("redirectnamespace"), word("redirectname")) {
            (None, None) => None,
            (namespace, new) => {
                let namespace = namespace.or(word("namespace")).or_else(|| package.split('/').next())?;
                Some(format!("{namespace}/{}", new.unwrap_or(name)))
            }
        };
        Some(Self { name: package.to_owned(), versions, successor })
    }

    /// Its versions that may be installed, lowest first: those that run on this version of dbt, and
    /// pre-releases where they are wanted.
    pub(super) fn installable(&self, dbt_version: Option<&str>, prereleases: bool) -> Vec<Version> {
        let ours = dbt_version.and_then(|version| Version::parse(version).ok());
        let runs = |release: &Value| ours.as_ref().is_none_or(|ours| is_compatible(release, ours));
        let known = self.versions.iter().filter(|(_, release)| runs(release));
        let mut versions: Vec<Version> = known
            .filter_map(|(text, _)| Version::parse(text).ok())
            .filter(|version| prereleases || version.pre.is_empty())
            .collect();
        versions.sort();
        versions
    }

    /// One of its versions.
    pub(super) fn release(&self, version: &str) -> Result<Release> {
        let release = self.versions.get(version);
        let text = |release: &Value, key: &str| release.get(key).and_then(Value::as_str).map(str::to_owned);
        let read = |release: &Value| {
            Some(Release {
                name: text(release, "name")?,
                tarball: text(release.get("downloads")?, "tarball")?,
                packages: release.get("packages").and_then(Value::as_array).cloned().unwrap_or_default(),
            })
        };
        release.and_then(read).ok_or_else(|| {
            let message = format!("the registry does not say where version {version} of {} is", self.name);
            Box::new(Diagnostic::error(Code::PackageFetchFailed, message))
        })
    }
}

/// Whether a release says that it runs on a version of dbt, or says nothing.
fn is_compatible(release: &Value, ours: &Version) -> bool {
    let bounds: Vec<&str> = match release.get("require_dbt_version") {
        Some(Value::String(one)) => one.split(',').collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return true,
    };
    let bounds: Vec<Bound> = bounds.into_iter().filter_map(Bound::parse).collect();
    check(ours, &bounds).is_ok()
}

/// What the registry answered so far.
#[derive(Debug, Default)]
pub(super) struct Hub(Mutex<HashMap<String, Answer>>);

/// What came of asking for one package.
type Answer = Result<Arc<HubPackage>>;

impl Hub {
    /// What the registry says of a package; each is asked for once.
    pub(super) fn package(&self, deps: &Deps<'_>, http: &Http, name: &str) -> Result<Arc<HubPackage>> {
        if let Some(answer) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return answer.clone();
        }
        let answer = ask(deps, http, name).map(Arc::new);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answer.clone());
        answer
    }
}

fn ask(deps: &Deps<'_>, http: &Http, name: &str) -> Result<HubPackage> {
    let url = address(deps, name);
    let shown = visible(&url);
    let call = || {
        (deps.tell)(Step::HubRequest { url: shown.clone() });
        let text = http.text(&url)?;
        (deps.tell)(Step::HubResponse { url: shown.clone(), status: 200 });
        let answer = serde_json::from_str::<Value>(&text).ok();
        let package = answer.and_then(|answer| HubPackage::read(name, &answer));
        package.ok_or_else(|| Trouble::Passing("the answer is not what a registry says".to_owned()))
    };
    patiently(deps, call).map_err(|trouble| match trouble {
        Trouble::Absent => Box::new(absent(deps, http, name)),
        Trouble::Final(why) | Trouble::Passing(why) => Box::new(unreachable(&shown, &why)),
    })
}

fn address(deps: &Deps<'_>, name: &str) -> String {
    format!("{}/api/v1/{name}.json", deps.settings.hub.trim_end_matches('/'))
}

/// That the registry has no such package, with the one that may be meant.
fn absent(deps: &Deps<'_>, http: &Http, name: &str) -> Diagnostic {
    let url = address(deps, "index");
    let shown = visible(&url);
    let call = || {
        (deps.tell)(Step::IndexRequest { url: shown.clone() });
        let text = http.text(&url)?;
        (deps.tell)(Step::IndexResponse { url: shown.clone(), status: 200 });
        serde_json::from_str::<Vec<String>>(&text).map_err(|error| Trouble::Passing(error.to_string()))
    };
    let known = patiently(deps, call).unwrap_or_default();
    let problem = Diagnostic::error(
        Code::PackageNotFound,
        format!("Package {name} was not found in the package index"),
    );
    // The namespace is what people forget or mix up: the same name elsewhere is what is meant.
    let short = |package: &str| package.rsplit('/').next().unwrap_or(package).replace('-', "_");
    let same: Vec<String> =
        known.iter().filter(|other| short(other) == short(name)).map(|other| format!("`{other}`")).collect();
    if !same.is_empty() {
        return problem.help(format!("did you mean {}?", same.join(" or ")));
    }
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

fn unreachable(url: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::PackageFetchFailed, format!("the package registry does not answer: {why}")).help(
        format!(
            "{url} was asked; DBT_PACKAGE_HUB_URL, HTTPS_PROXY and SSL_CERT_FILE say how to reach a registry"
        ),
    )
}
