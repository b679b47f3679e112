//! `package-lock.yml`: what was decided on, as dbt writes it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{Deps, Pinned, Step};
use crate::artifact::write_text;
use crate::diagnostic::Result;
use crate::jinja::dumps;
use crate::project::Mapping;

/// The file's name, in the project as in the folder of what is installed.
pub(super) const LOCK: &str = "package-lock.yml";

/// Writes the project's lock file.
///
/// # Errors
/// It cannot be written.
pub fn write_lock(deps: &Deps<'_>, pinned: &[Pinned], sha1_hash: &str) -> Result<()> {
    let path = deps.root.folder.join(LOCK);
    let entries: Vec<Mapping> = pinned.iter().map(|package| package.pin.entry(&package.name)).collect();
    write(&path, &entries, Some(sha1_hash))?;
    (deps.tell)(Step::Locked { path: path.display().to_string() });
    Ok(())
}

/// Writes items as a lock file has them.
pub(super) fn write(path: &Path, entries: &[Mapping], sha1_hash: Option<&str>) -> Result<()> {
    let mut text = String::from(if entries.is_empty() { "packages: []\n" } else { "packages:\n" });
    for entry in entries {
        for (at, (key, value)) in entry.iter().enumerate() {
            let dash = if at == 0 { "-" } else { " " };
            let _ = writeln!(text, "  {dash} {key}: {}", scalar(value.as_str().unwrap_or_default()));
        }
    }
    if let Some(hash) = sha1_hash {
        let _ = writeln!(text, "sha1_hash: {}", scalar(hash));
    }
    write_text(path, &text)
}

/// A text as a YAML scalar on one line, quoted where it would be read as anything else.
pub(super) fn scalar(text: &str) -> String {
    let plain = serde_yaml::to_string(text).unwrap_or_default();
    let plain = plain.trim_end_matches('\n');
    if plain.contains('\n') { dumps(&Value::from(text), false) } else { plain.to_owned() }
}
