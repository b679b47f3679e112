//! Git repositories, by way of the `git` command: the user's own credentials and settings hold.

use std::path::Path;
use std::process::Command;

use super::pin::GitPin;
use super::{Deps, Step, visible};
use crate::diagnostic::{Code, Diagnostic, Result, nearest};

/// Variables that tie git to the repository it was started from, such as in a hook.
const OF_ANOTHER_REPOSITORY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
];

/// Fetches one revision into an empty folder, without its history; returns the commit.
///
/// # Errors
/// There is no git, no such repository or no such revision.
pub(super) fn checkout(deps: &Deps<'_>, git: &GitPin, folder: &Path) -> Result<String> {
    let revision = git.revision.as_deref().unwrap_or("HEAD");
    let options = [&git.url, revision, git.subdirectory.as_deref().unwrap_or_default()];
    if let Some(option) = options.iter().find(|word| word.starts_with('-')) {
        let message = format!("`{option}` would be an option of git, which no package needs");
        return Err(Box::new(Diagnostic::error(Code::PackageInvalid, message)));
    }
    let run = |words: &[&str]| run(folder, words);
    let failed = |why: String| Box::new(explained(git, revision, &why));
    (deps.tell)(Step::GitPull { folder: visible(&git.place()) });
    run(&["init", "--quiet"]).map_err(failed)?;
    run(&["remote", "add", "origin", &git.url]).map_err(failed)?;
    let mut fetch = vec!["fetch", "--quiet", "--depth", "1", "--no-tags"];
    if let Some(subdirectory) = &git.subdirectory {
        (deps.tell)(Step::GitSubdirectory { folder: subdirectory.clone() });
        // Where git is too old for this, the whole repository is checked out instead.
        let sparse = run(&["sparse-checkout", "set", subdirectory]).is_ok()
            && run(&["config", "remote.origin.promisor", "true"]).is_ok()
            && run(&["config", "remote.origin.partialclonefilter", "blob:none"]).is_ok();
        if sparse {
            fetch.push("--filter=blob:none");
        }
    }
    (deps.tell)(Step::GitCheckout { revision: revision.to_owned() });
    fetch.extend(["origin", revision]);
    if let Err(why) = run(&fetch) {
        // A server may refuse single commits, and knows no short ones: they are looked for in everything.
        let is_commit = (4..=40).contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit());
        let everything =
            || run(&["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
        if !is_commit || everything().is_err() {
            return Err(failed(why));
        }
        let commit = format!("{revision}^{{commit}}");
        run(&["checkout", "--quiet", "--detach", &commit]).map_err(failed)?;
    } else {
        run(&["checkout", "--quiet", "--detach", "FETCH_HEAD"]).map_err(failed)?;
    }
    let commit = run(&["rev-parse", "HEAD"]).map_err(failed)?.trim().to_owned();
    (deps.tell)(Step::GitCheckedOut { commit: commit.chars().take(7).collect() });
    // Its settings hold the URL, which may hold a token.
    std::fs::remove_dir_all(folder.join(".git")).map_err(|error| failed(error.to_string()))?;
    Ok(commit)
}

/// Runs git in a folder; gives what it printed, or what it complained of.
fn run(folder: &Path, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    // A server that sends nothing for a minute is given up.
    command.args([
        "-c",
        "http.lowSpeedLimit=1",
        "-c",
        "http.lowSpeedTime=60",
        "-c",
        "advice.detachedHead=false",
    ]);
    command.args(words).current_dir(folder).env("LC_ALL", "C");
    for name in OF_ANOTHER_REPOSITORY {
        command.env_remove(name);
    }
    let output = command.output().map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// What git complained of, with what to do about it.
fn explained(git: &GitPin, revision: &str, why: &str) -> Diagnostic {
    let url = visible(&git.url);
    let why = visible(&why.replace(&git.url, &url));
    let problem = Diagnostic::error(
        Code::PackageFetchFailed,
        format!("Error checking out spec='{revision}' for repo {url}\n{why}"),
    );
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if says(&["git cannot be run"]) {
        return problem.help("make sure git is installed and on the PATH");
    }
    if says(&[
        "could not read Username",
        "Authentication failed",
        "Permission denied",
        "could not read Password",
    ]) {
        return problem.help(
            "git asks for credentials: try `git ls-remote` with this URL, or write it with a token as \
             {{ env_var('DBT_ENV_SECRET_GIT_TOKEN') }}",
        );
    }
    if says(&["find remote ref", "unadvertised object", "not our ref", "bad revision", "not a tree"]) {
        let known = names(&git.url);
        if let Some(near) = nearest(revision, known.iter().map(String::as_str)) {
            return problem.help(format!("did you mean `{near}`?"));
        }
        let some: Vec<String> = known.iter().rev().take(10).map(|name| format!("`{name}`")).collect();
        if !some.is_empty() {
            return problem.help(format!("branches and tags there: {}", some.join(", ")));
        }
    }
    problem
}

/// The branches and tags of a repository.
fn names(url: &str) -> Vec<String> {
    let listed = run(Path::new("."), &["ls-remote", "--heads", "--tags", "--refs", url]).unwrap_or_default();
    let name = |line: &str| {
        let name = line.split('\t').nth(1)?;
        Some(name.strip_prefix("refs/heads/").or(name.strip_prefix("refs/tags/"))?.to_owned())
    };
    listed.lines().filter_map(name).collect()
}
