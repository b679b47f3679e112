//! `teal deps`: decides on the packages of the project, writes the lock file and installs them.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Failure, Invocation, Verdict, environment, load};
use crate::artifact::{DBT_VERSION, write_text};
use crate::console::{Console, Event, Level};
use crate::diagnostic::{Code, Diagnostic};
use crate::package::{self, Addition, Deps, Fetcher, NewPackage, Settings, Step};
use crate::project::{self, Listing, Lock};

/// Installs what the project asks for.
pub(super) fn run(invocation: &Invocation) -> Result<Verdict, Failure> {
    let (root, jinja) = load::read_root(invocation)?;
    let settings = settings(invocation);
    let console = &invocation.console;
    let tell = |step| {
        if matches!(step, Step::UpdatesAvailable { .. }) {
            console.emit(Event::blank());
        }
        console.emit(event(step));
    };
    let sources = &invocation.sources;
    let deps = Deps { root: &root, jinja: &jinja, sources, settings: &settings, tell: &tell };
    let addition = addition(invocation)?;
    let mut found = Vec::new();
    let edited = addition.as_ref().map(|(_, addition)| &addition.edited);
    let listing = project::listing(&root.folder, "", edited, &jinja, sources, &mut found);
    load::settle(invocation, found)?;

    // A lock that cannot be read, say for a merge's conflict in it, is made anew.
    let mut mistakes = Vec::new();
    let lock = project::lock(&root.folder, "", &jinja, sources, &mut mistakes);
    let hash = listing.sha1_hash();
    let holds = |lock: &Lock| lock.sha1_hash.as_deref() == Some(hash.as_str()) && mistakes.is_empty();
    let lock = lock.filter(|lock| holds(lock) && !invocation.flags.on("upgrade"));
    let fetcher = Fetcher::new(deps).map_err(|problem| vec![*problem])?;
    let lock = match lock {
        Some(lock) => lock,
        None => decide(invocation, &fetcher, &listing, &hash)?,
    };
    if let Some((new, addition)) = addition {
        write_text(&root.folder.join(addition.edited.file), &addition.edited.text)
            .map_err(|problem| vec![*problem])?;
        added(console, &new, &addition);
    }
    if listing.packages.is_empty() {
        let text = "Warning: No packages were found in packages.yml";
        console.emit(Event::new("DepsNoPackagesFound", "M013", Level::Info, text.to_owned(), json!({})));
    }
    let has_work = !lock.packages.is_empty() || deps.install_folder().exists();
    if has_work && !invocation.flags.on("lock") {
        package::install(&fetcher, &lock)?;
    }
    Ok(Verdict::Passed)
}

/// Decides on versions and writes the lock file.
fn decide(
    invocation: &Invocation,
    fetcher: &Fetcher<'_>,
    listing: &Listing,
    hash: &str,
) -> Result<Lock, Failure> {
    let deps = fetcher.deps();
    let (pinned, found) = package::resolve(fetcher, listing)?;
    load::settle(invocation, found)?;
    let is_first = !deps.root.folder.join("package-lock.yml").exists();
    if pinned.is_empty() && is_first {
        return Ok(Lock::default());
    }
    package::write_lock(&deps, &pinned, hash).map_err(|problem| vec![*problem])?;
    let mut found = Vec::new();
    let lock = project::lock(&deps.root.folder, "", deps.jinja, deps.sources, &mut found);
    load::settle(invocation, found)?;
    Ok(lock.unwrap_or_default())
}

fn settings(invocation: &Invocation) -> Settings {
    let given = |name: &str| environment(name).filter(|value| !value.is_empty());
    let seconds = given("DBT_HTTP_TIMEOUT").and_then(|text| text.parse::<f64>().ok());
    let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Settings {
        hub: given("DBT_PACKAGE_HUB_URL").unwrap_or_else(|| package::HUB.to_owned()),
        certificates: given("SSL_CERT_FILE").or_else(|| given("REQUESTS_CA_BUNDLE")).map(PathBuf::from),
        timeout: timeout.unwrap_or(Duration::from_secs(30)),
        providers: given(package::PROVIDERS),
        dbt_version: invocation.flags.version_check.then(|| DBT_VERSION.to_owned()),
    }
}

/// What `--add-package` asks for, and the file with it.
fn addition(invocation: &Invocation) -> Result<Option<(NewPackage, Addition)>, Failure> {
    let Some(text) = invocation.flags.text("add_package") else { return Ok(None) };
    let source = invocation.flags.text("source").unwrap_or("hub");
    let new = NewPackage::read(text, source);
    if new.version.is_none() && source != "local" {
        let message = format!("Version is required in --add-package when a package when source is {source}");
        let help = format!("write `--add-package {text}@VERSION`");
        return Err(vec![Diagnostic::error(Code::Usage, message).help(help)]);
    }
    let addition =
        package::add(&invocation.folder, &new, &invocation.sources).map_err(|problem| vec![*problem])?;
    Ok(Some((new, addition)))
}

fn added(console: &Console, new: &NewPackage, addition: &Addition) {
    let file = addition.edited.file;
    if addition.is_new {
        console.emit(Event::new("Formatting", "Z017", Level::Info, format!("Created {file}"), json!({})));
    }
    for removed in &addition.removed {
        let text = format!("Found duplicate package in {file}, removing: {}", Value::Object(removed.clone()));
        let data = json!({"removed_package": removed});
        console.emit(Event::new("DepsFoundDuplicatePackage", "M033", Level::Info, text, data));
    }
    let version = new.version.as_deref().unwrap_or("None");
    let text = format!("Added new package {}@{version} to {file}", new.name);
    let data = json!({"package_name": new.name, "version": new.version, "packages_filepath": file});
    console.emit(Event::new("DepsAddPackage", "M032", Level::Info, text, data));
}

/// A step as dbt's event.
fn event(step: Step) -> Event {
    let (name, code, level, text, data) = match step {
        Step::IndexRequest { url } => (
            "RegistryIndexProgressGETRequest",
            "M022",
            Level::Debug,
            format!("Making package index registry request: GET {url}"),
            json!({"url": url}),
        ),
        Step::IndexResponse { url, status } => (
            "RegistryIndexProgressGETResponse",
            "M023",
            Level::Debug,
            format!("Response from registry index: GET {url} {status}"),
            json!({"url": url, "resp_code": status}),
        ),
        Step::HubRequest { url } => (
            "RegistryProgressGETRequest",
            "M008",
            Level::Debug,
            format!("Making package registry request: GET {url}"),
            json!({"url": url}),
        ),
        Step::HubResponse { url, status } => (
            "RegistryProgressGETResponse",
            "M009",
            Level::Debug,
            format!("Response from registry: GET {url} {status}"),
            json!({"url": url, "resp_code": status}),
        ),
        Step::Retry { attempt, most, why } => (
            "RetryExternalCall",
            "M020",
            Level::Debug,
            format!("Retrying external call. Attempt: {attempt} Max attempts: {most} ({why})"),
            json!({"attempt": attempt, "max": most}),
        ),
        Step::GitSubdirectory { folder } => (
            "GitSparseCheckoutSubdirectory",
            "M001",
            Level::Debug,
            format!("Subdirectory specified: {folder}, using sparse checkout."),
            json!({"subdir": folder}),
        ),
        Step::GitCheckout { revision } => (
            "GitProgressCheckoutRevision",
            "M002",
            Level::Debug,
            format!("Checking out revision {revision}."),
            json!({"revision": revision}),
        ),
        Step::GitPull { folder } => (
            "GitProgressPullingNewDependency",
            "M004",
            Level::Debug,
            format!("Pulling new dependency {folder}."),
            json!({"dir": folder}),
        ),
        Step::GitCheckedOut { commit } => (
            "GitProgressCheckedOutAt",
            "M007",
            Level::Debug,
            format!("Checked out at {commit}."),
            json!({"end_sha": commit}),
        ),
        Step::Link => (
            "DepsCreatingLocalSymlink",
            "Z037",
            Level::Debug,
            "Creating symlink to local dependency.".to_owned(),
            json!({}),
        ),
        Step::NoLink => (
            "DepsSymlinkNotAvailable",
            "Z038",
            Level::Debug,
            "Symlinks are not available on this OS, copying dependency.".to_owned(),
            json!({}),
        ),
        Step::Locked { path } => (
            "DepsLockUpdating",
            "M031",
            Level::Info,
            format!("Updating lock file in file path: {path}"),
            json!({"lock_filepath": path}),
        ),
        Step::Start { package } => (
            "DepsStartPackageInstall",
            "M014",
            Level::Info,
            format!("Installing {package}"),
            json!({"package_name": package}),
        ),
        Step::Present { package, version } => (
            "DepsInstallInfo",
            "M015",
            Level::Info,
            format!("{package} is installed from {version}"),
            json!({"version_name": version}),
        ),
        Step::Installed { version } => (
            "DepsInstallInfo",
            "M015",
            Level::Info,
            format!("Installed from {version}"),
            json!({"version_name": version}),
        ),
        Step::UpdateAvailable { latest } => (
            "DepsUpdateAvailable",
            "M016",
            Level::Info,
            format!("Updated version available: {latest}"),
            json!({"version_latest": latest}),
        ),
        Step::UpToDate => ("DepsUpToDate", "M017", Level::Info, "Up to date!".to_owned(), json!({})),
        Step::Subdirectory { folder } => (
            "DepsListSubdirectory",
            "M018",
            Level::Info,
            format!("and subdirectory {folder}"),
            json!({"subdirectory": folder}),
        ),
        Step::UpdatesAvailable { packages } => (
            "DepsNotifyUpdatesAvailable",
            "M019",
            Level::Info,
            format!(
                "Updates available for packages: {}\nUpdate your versions in packages.yml, then run teal deps",
                packages.join(", ")
            ),
            json!({"packages": packages}),
        ),
        Step::Removed { folder } => {
            return Event::info(format!("Removed {folder}, which no list of packages asks for"));
        }
    };
    Event::new(name, code, level, text, data)
}
