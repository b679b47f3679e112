//! Whether a refusal may be no mistake: a query may ask for columns that its tables have and that nothing tells of.

use crate::adapter::{AdapterError, ErrorKind};
use crate::sql::{Columns, Extent, Found};

/// What a refused query may have meant that is not known, in a few words; nothing where it is wrong whatever
/// further columns its tables have.
pub(super) fn excuse(sql: &str, found: &Columns, error: &AdapterError) -> Option<String> {
    if found.extent == Extent::Tables {
        return Some("its query cannot be followed".to_owned());
    }
    // Further columns make nothing less ambiguous.
    if error.message.contains("Ambiguous reference") {
        return None;
    }
    let at = error.position;
    let meant = at.and_then(|at| {
        let is_there = |span: &std::ops::Range<usize>| span.start <= at && at < span.end.max(span.start + 1);
        found.references.iter().find(|reference| is_there(&reference.span))
    });
    let guessed = found.references.iter().find(|one| matches!(one.found, Found::Assumed | Found::Ambiguous));
    let doubtful = match (error.kind, meant) {
        (ErrorKind::UnknownTable | ErrorKind::UnknownFunction | ErrorKind::Syntax, _) => return None,
        (ErrorKind::UnknownColumn, Some(reference)) if reference.found == Found::Missing => return None,
        (ErrorKind::UnknownColumn, Some(reference)) => Some(reference),
        (ErrorKind::UnknownColumn, None) => {
            return Some("it names columns that are not described".to_owned());
        }
        _ => guessed,
    };
    if let Some(reference) = doubtful {
        return Some(format!("`{}` is not among the columns that are described", reference.text));
    }
    // How many columns a star stands for is not known.
    let counts = error.message.contains("Set operations") || error.message.contains("columns available but");
    let is_open = found.outputs.iter().any(|output| output.is_open) || sql.contains('*');
    (counts && is_open).then(|| "how many columns its `*` stands for is not known".to_owned())
}
