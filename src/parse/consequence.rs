//! Reports that only follow from another mistake are left out: a file that cannot be read takes
//! away everything it defines, and its author wants to hear of the file.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Severity, Sources};
use crate::jinja::blocks;
use crate::project::{File, FileKind};

/// Leaves out what follows from unreadable files, and what is said of one place already.
pub(super) fn without_consequences(found: &mut Vec<Diagnostic>, files: &[File], sources: &Sources) {
    let failed = |diagnostic: &Diagnostic, code: Code| {
        diagnostic.code == code && diagnostic.severity == Severity::Error
    };
    let properties_broken = found.iter().any(|diagnostic| failed(diagnostic, Code::YamlSyntax));
    let lacks = |code: Code, kinds: &[FileKind]| {
        found.iter().any(|diagnostic| diagnostic.code == code) && any_broken(files, kinds, sources)
    };
    let docs_broken = lacks(Code::DocNotFound, &[FileKind::Docs]);
    let macros_broken = lacks(Code::MacroNotFound, &[FileKind::Macro, FileKind::GenericTest]);
    let described_broken = lacks(Code::PropertiesNotFound, &[FileKind::Snapshot, FileKind::Macro]);
    let snapshots_broken = lacks(Code::RefNotFound, &[FileKind::Snapshot]);
    let mut seen = HashSet::new();
    found.retain(|diagnostic| {
        let follows = match diagnostic.code {
            Code::SourceNotFound | Code::UnusedConfigPath => properties_broken,
            Code::PropertiesNotFound => properties_broken || described_broken,
            Code::RefNotFound => snapshots_broken,
            Code::DocNotFound => docs_broken,
            Code::MacroNotFound => macros_broken,
            _ => false,
        };
        let spans: Vec<_> = diagnostic.labels.iter().map(|label| label.span).collect();
        !follows && (spans.is_empty() || seen.insert((diagnostic.code, spans)))
    });
}

/// Whether a file of these kinds has blocks that cannot be told apart.
fn any_broken(files: &[File], kinds: &[FileKind], sources: &Sources) -> bool {
    let texts = files.iter().filter(|file| kinds.contains(&file.kind)).filter_map(|file| file.source);
    texts.into_iter().any(|source| blocks(&sources.get(source).text, source).is_err())
}
