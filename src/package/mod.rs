//! Packages from elsewhere: found, fetched and put into the project.
//!
//! In reading order: `pin` is one package at one version, `http`, `git` and `archive` bring what is
//! far away, `hub` is the registry's answers, `provider` turns private names into URLs, `fetch` brings a
//! package by whichever of them, `resolve` makes a list of pins of what is asked for, `lock` writes it,
//! `install` puts it in place, `add` adds to what is asked for.

mod add;
mod archive;
mod fetch;
mod git;
mod http;
mod hub;
mod install;
mod lock;
mod pin;
mod provider;
mod resolve;

use std::path::PathBuf;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Sources};
use crate::jinja::YamlJinja;
use crate::project::Package;
use crate::secret::scrubbed;

pub use add::{Addition, NewPackage, add};
pub use fetch::Fetcher;
pub use install::install;
pub use lock::write_lock;
pub use pin::Pinned;
pub(crate) use provider::tokens;
pub use resolve::resolve;

/// Every mistake that was found.
pub type Failure = Vec<Diagnostic>;

/// The registry that is asked where no other is set.
pub const HUB: &str = "https://hub.getdbt.com/";

/// The variable that says where private packages are.
pub const PROVIDERS: &str = "DBT_ENV_PRIVATE_GIT_PROVIDER_INFO";

/// How to reach what is far away.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the registry is: `http:`, `https:`, or `file:` for a copy of it in a folder.
    pub hub: String,
    /// PEM certificates to trust instead of the system's.
    pub certificates: Option<PathBuf>,
    /// How long to wait for a server's next word.
    pub timeout: Duration,
    /// Where private packages are, as JSON.
    pub providers: Option<String>,
    /// The version of dbt whose language is spoken; nothing where packages are not to be checked for it.
    pub dbt_version: Option<String>,
}

/// What the parts of one `deps` command share.
#[expect(missing_debug_implementations, reason = "it holds a function")]
#[derive(Clone, Copy)]
pub struct Deps<'a> {
    /// The root project.
    pub root: &'a Package,
    /// What renders lists of packages.
    pub jinja: &'a YamlJinja,
    /// The texts of all files.
    pub sources: &'a Sources,
    /// How to reach what is far away.
    pub settings: &'a Settings,
    /// Is told every step.
    pub tell: &'a (dyn Fn(Step) + Sync),
}

impl Deps<'_> {
    /// The folder that packages are installed in.
    pub(crate) fn install_folder(&self) -> PathBuf {
        crate::project::normal(&self.root.folder.join(&self.root.packages_install_path))
    }
}

/// One thing that happened on the way, for the console. URLs in it are fit to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is dbt's event of nearly the same name")]
pub enum Step {
    IndexRequest { url: String },
    IndexResponse { url: String, status: u16 },
    HubRequest { url: String },
    HubResponse { url: String, status: u16 },
    Retry { attempt: usize, most: usize, why: String },
    GitSubdirectory { folder: String },
    GitCheckout { revision: String },
    GitPull { folder: String },
    GitCheckedOut { commit: String },
    Link,
    NoLink,
    Locked { path: String },
    Start { package: String },
    Present { package: String, version: String },
    Installed { version: String },
    UpdateAvailable { latest: String },
    UpToDate,
    Subdirectory { folder: String },
    UpdatesAvailable { packages: Vec<String> },
    Removed { folder: String },
}

/// A text that names a URL, fit to be seen: without the values of secret variables and without the
/// user's part of an `http:` URL, which is where tokens are.
fn visible(text: &str) -> String {
    let mut out = scrubbed(text);
    let mut from = 0;
    while let Some(at) = out[from..].find("://").map(|at| from + at) {
        from = at + 3;
        let is_http = out[..at].ends_with("http") || out[..at].ends_with("https");
        let host_end =
            out[from..].find(['/', ' ', '\'', '"', '\n', '?', '#']).map_or(out.len(), |end| from + end);
        if let Some(user_end) = out[from..host_end].rfind('@').filter(|_| is_http) {
            out.replace_range(from..from + user_end, "*****");
        }
    }
    out
}
