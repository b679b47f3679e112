//! `teal clean`: removes the folders that `clean-targets` names.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Failure, Invocation, Verdict, load};
use crate::console::{Event, Level};
use crate::diagnostic::{Code, Diagnostic};
use crate::project::normal;

/// Removes what was written, and nothing else: not what the project is made of, and nothing outside
/// the project unless that is asked for.
pub(super) fn run(invocation: &Invocation) -> Result<Verdict, Failure> {
    let root = &invocation.folder;
    let project = load::read(invocation)?;
    let package = project.root();
    let absolute = |path: &String| normal(&root.join(path));
    let sources: Vec<PathBuf> = package.paths.all().iter().map(absolute).collect();
    let mut targets: Vec<PathBuf> = package.clean_targets.iter().map(absolute).collect();
    targets.dedup();
    refuse(&targets, |path| sources.contains(path) || path == root, "source paths")?;
    if invocation.flags.on("clean_project_files_only") {
        refuse(&targets, |path| !path.starts_with(root), "directories outside the project")?;
    }
    for path in targets {
        let shown = path.display().to_string();
        say(invocation, "CheckCleanPath", "Z012", format!("Checking {shown}/*"), &shown);
        if let Err(error) = remove(&path) {
            let message = format!("cannot remove `{shown}`: {error}");
            return Err(vec![Diagnostic::error(Code::FileAccess, message)]);
        }
        say(invocation, "ConfirmCleanPath", "Z013", format!("Cleaned {shown}/*"), &shown);
    }
    say(invocation, "FinishedCleanPaths", "Z015", "Finished cleaning all paths.".to_owned(), "");
    Ok(Verdict::Passed)
}

fn refuse(targets: &[PathBuf], is_taboo: impl Fn(&PathBuf) -> bool, what: &str) -> Result<(), Failure> {
    let taboo: Vec<String> =
        targets.iter().filter(|path| is_taboo(path)).map(|path| format!("'{}'", path.display())).collect();
    if taboo.is_empty() {
        return Ok(());
    }
    let message = format!("dbt will not clean the following {what}: [{}]", taboo.join(", "));
    Err(vec![
        Diagnostic::error(Code::ProjectInvalid, message).help("change `clean-targets` in dbt_project.yml"),
    ])
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    }
}

fn say(invocation: &Invocation, name: &'static str, code: &'static str, text: String, path: &str) {
    invocation.console.emit(Event::new(name, code, Level::Info, text, json!({"path": path})));
}
