//! Archives: unpacked into a folder, and never out of it.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

/// No package is larger than this when unpacked.
const LARGEST: u64 = 4 << 30;

/// Why an archive is not unpacked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is broken or cut off, which another download may mend.
    Broken(String),
    /// It is what no package should be.
    Hostile(String),
}

/// Unpacks a gzipped tar archive and returns the one folder that holds everything in it.
///
/// # Errors
/// It cannot be read, its parts are not in one folder, or one of them would lie or lead outside.
pub(super) fn unpack(archive: &Path, into: &Path) -> Result<PathBuf, Refusal> {
    let broken = |error: io::Error| Refusal::Broken(error.to_string());
    let file = File::open(archive).map_err(broken)?;
    let mut archive = Archive::new(GzDecoder::new(file));
    let mut top: Option<PathBuf> = None;
    let mut links = Vec::new();
    let mut left = LARGEST;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let path = entry.path().map_err(broken)?.into_owned();
        let hostile = |why: &str| Refusal::Hostile(format!("`{}` {why}", path.display()));
        let inside = inside(&path).ok_or_else(|| hostile("lies outside the package's folder"))?;
        let Some(first) = inside.components().next().map(|first| PathBuf::from(first.as_os_str())) else {
            continue;
        };
        if top.get_or_insert_with(|| first.clone()) != &first {
            return Err(Refusal::Hostile(
                "the extracted package needs to follow the structure <package>/<package_contents>".to_owned(),
            ));
        }
        match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse | EntryType::Directory => {
                left =
                    left.checked_sub(entry.size()).ok_or_else(|| hostile("makes the package too large"))?;
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name().map_err(broken)?.unwrap_or_default().into_owned();
                let from = match kind {
                    EntryType::Symlink => inside.parent().unwrap_or(Path::new("")).join(&target),
                    _ => target.clone(),
                };
                let leads = joined(&from).filter(|to| !target.has_root() && to.starts_with(&first));
                leads.ok_or_else(|| hostile("is a link that leads out of the package's folder"))?;
                links.push(into.join(&inside));
            }
            _ => return Err(hostile("is neither a file nor a folder")),
        }
        if !entry.unpack_in(into).map_err(broken)? {
            return Err(hostile("lies outside the package's folder"));
        }
    }
    let top = top.ok_or_else(|| Refusal::Broken("the archive is empty".to_owned()))?;
    let folder = into.join(&top);
    let root = fs::canonicalize(&folder).map_err(broken)?;
    // A link may lead out by way of another one: what counts is where it ends.
    for link in links {
        if !fs::canonicalize(&link).is_ok_and(|end| end.starts_with(&root)) {
            let shown = link.strip_prefix(into).unwrap_or(&link).display().to_string();
            return Err(Refusal::Hostile(format!("`{shown}` is a link to nothing in the package's folder")));
        }
    }
    Ok(folder)
}

/// A path of an archive without `.`, if it has no `..` and does not begin at a root.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => out.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(out)
}

/// A path with each `..` applied to what stands before it, if there is enough before it.
fn joined(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => out.push(part),
            Component::CurDir => {}
            Component::ParentDir if out.pop() => {}
            _ => return None,
        }
    }
    Some(out)
}
