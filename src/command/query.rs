//! `teal query`: SQL over the project's own tables.

use super::load::Loaded;
use super::{Failure, Invocation, Verdict, checks, preview};
use crate::console::Event;
use crate::diagnostic::{Code, Diagnostic};

/// Runs one query and shows its rows.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let sql = invocation.word.as_deref().unwrap_or_default();
    let settings = checks::settings(invocation, loaded)?;
    let mut database = checks::open(invocation, loaded, &settings, &[sql])?;
    let table = database.query(sql, &[], invocation.flags.limit).map_err(|error| {
        let source = invocation.sources.add("<query>", sql);
        vec![checks::refused(invocation, &error, sql, source)]
    })?;
    let shown = match invocation.flags.output.as_deref() {
        Some("json") => format!("{:#}", preview::to_json(&table)),
        Some("ndjson") => preview::to_json_lines(&table),
        Some("csv") => preview::to_csv(&table).map_err(|error| {
            vec![Diagnostic::error(Code::InternalError, format!("the rows cannot be written: {error}"))]
        })?,
        _ => preview::to_text(&table),
    };
    invocation.console.emit(Event::output(shown.trim_end().to_owned()));
    Ok(Verdict::Passed)
}
