//! `teal deps`: says which packages the project has. Those given by folder are read where they are;
//! fetching the others is not there yet.

use serde_json::json;

use super::{Failure, Invocation, Verdict, load};
use crate::console::{Event, Level};
use crate::diagnostic::{Code, Diagnostic};

/// Checks that every package that is asked for is there.
pub(super) fn run(invocation: &Invocation) -> Result<Verdict, Failure> {
    let project = load::read(invocation)
        .map_err(|mistakes| mistakes.into_iter().map(explained).collect::<Failure>())?;
    let say = |name, code, text: String| {
        let data = json!({"msg": text});
        invocation.console.emit(Event::new(name, code, Level::Info, text, data));
    };
    let packages: Vec<_> = project.packages.values().filter(|package| package.name != project.root).collect();
    if packages.is_empty() {
        say("DepsNoPackagesFound", "M013", "Warning: No packages were found in packages.yml".to_owned());
    }
    for package in packages {
        let version = package.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
        let text = format!("{}{version} is read from {}", package.name, package.folder.display());
        say("DepsInstallInfo", "M015", text);
    }
    Ok(Verdict::Passed)
}

/// A package that is missing cannot be mended here.
fn explained(mistake: Diagnostic) -> Diagnostic {
    if mistake.code != Code::PackageMissing {
        return mistake;
    }
    let labels = mistake.labels;
    let why = Diagnostic::error(Code::Unsupported, "packages cannot be fetched yet")
        .help("put each package's folder into the packages folder, or give it as `local:`");
    Diagnostic { labels, ..why }
}
