//! Puts the new texts into their files: all of them, or none.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::place::Changed;
use crate::diagnostic::{Code, Diagnostic, Result};

const MARK: &str = "\u{feff}";

/// A new text beside the file whose place it takes.
struct Staged<'a> {
    file: NamedTempFile,
    changed: &'a Changed,
    /// The file before, byte for byte.
    before: Option<Vec<u8>>,
}

/// Writes every file beside its place first, and puts them there when all are written.
///
/// # Errors
/// A file cannot be written, or is another by now; then all are as they were.
pub(super) fn write(files: &[Changed]) -> Result<()> {
    let staged = files.iter().map(stage).collect::<Result<Vec<_>>>()?;
    let mut done: Vec<(&Changed, Option<Vec<u8>>)> = Vec::new();
    for Staged { file, changed, before } in staged {
        if let Err(error) = file.persist(&changed.absolute) {
            for (changed, before) in done {
                // What was there a moment ago; where not even that can be written, the first error is told.
                let _ = match before {
                    Some(bytes) => std::fs::write(&changed.absolute, bytes),
                    None => std::fs::remove_file(&changed.absolute),
                };
            }
            return Err(Box::new(unwritten(changed, &error.error)));
        }
        done.push((changed, before));
    }
    Ok(())
}

fn stage(changed: &Changed) -> Result<Staged<'_>> {
    let before = match std::fs::read(&changed.absolute) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Box::new(unwritten(changed, &error))),
    };
    let text = before.as_deref().map(String::from_utf8_lossy);
    let mark = if text.as_ref().is_some_and(|text| text.starts_with(MARK)) { MARK } else { "" };
    if text.as_deref().map(|text| &text[mark.len()..]) != changed.old.as_deref() {
        let message = format!("`{}` was changed by another program in between", changed.path);
        return Err(Box::new(Diagnostic::error(Code::FileAccess, message).help("run the command again")));
    }
    let attempt = || -> std::io::Result<NamedTempFile> {
        let folder = changed.absolute.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".teal-").tempfile_in(folder)?;
        file.write_all(mark.as_bytes())?;
        file.write_all(changed.new.as_bytes())?;
        permit(&file, &changed.absolute)?;
        Ok(file)
    };
    let file = attempt().map_err(|error| Box::new(unwritten(changed, &error)))?;
    Ok(Staged { file, changed, before })
}

/// Gives a file the permissions of the one whose place it takes, or those of a plain new file.
fn permit(file: &NamedTempFile, place: &Path) -> std::io::Result<()> {
    match std::fs::metadata(place) {
        Ok(metadata) => file.as_file().set_permissions(metadata.permissions()),
        #[cfg(unix)]
        Err(_) => {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
        }
        #[cfg(not(unix))]
        Err(_) => Ok(()),
    }
}

fn unwritten(changed: &Changed, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::FileAccess, format!("cannot write `{}`: {error}", changed.path))
}
