//! `--output-format` and the summary of a job: what a command found, for the CI system it runs under.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::invocation::Ran;
use super::{Failure, Flags, Invocation, environment};
use crate::artifact::write_text;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Manifest, NodeResult};
use crate::report::{Findings, Format, prefix, summary};
use crate::secret::scrubbed;

/// Where GitHub Actions takes the summary of a job from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Whether standard output is kept for a document.
pub(super) fn takes_output(flags: &Flags) -> bool {
    asked(flags).is_some_and(Format::is_document) && flags.output_file.is_none()
}

/// The report that is asked for.
fn asked(flags: &Flags) -> Option<Format> {
    Format::parse(flags.text("output_format")?)
}

/// The file for the summary, where this command is one that has findings.
fn step_summary(flags: &Flags) -> Option<String> {
    flags.text("output_format").and_then(|_| environment(STEP_SUMMARY)).filter(|path| !path.is_empty())
}

/// Keeps what came of the nodes, if a report will want it.
pub(super) fn remember(invocation: &Invocation, manifest: &Arc<Manifest>, results: &[NodeResult]) {
    let flags = &invocation.flags;
    if asked(flags).is_none() && step_summary(flags).is_none() {
        return;
    }
    let ran = Ran { manifest: Arc::clone(manifest), results: results.to_vec() };
    *invocation.ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
}

/// Writes the report that is asked for, and the summary where a job has a place for it.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(invocation: &Invocation, passed: bool) -> Result<(), Failure> {
    let flags = &invocation.flags;
    let (format, step) = (asked(flags), step_summary(flags));
    if format.is_none() && step.is_none() {
        return Ok(());
    }
    let ran = invocation.ran.lock().unwrap_or_else(PoisonError::into_inner).take();
    let said = invocation.console.said();
    let findings = Findings {
        command: invocation.verb.typed(),
        invocation_id: &invocation.stamp.invocation_id,
        started_at: invocation.stamp.started_at,
        elapsed: invocation.elapsed(),
        passed,
        diagnostics: &said,
        results: ran.as_ref().map_or(&[], |ran| ran.results.as_slice()),
        manifest: ran.as_ref().map(|ran| &*ran.manifest),
        sources: &invocation.sources,
        prefix: prefix(&invocation.folder, &environment),
    };
    if let Some(format) = format {
        let text = findings.write(format);
        match &flags.output_file {
            Some(file) => {
                let text = scrubbed(text);
                write_text(file, &text).map_err(|error| vec![*error])?;
            }
            None => invocation.console.document(&text),
        }
    }
    if let Some(file) = step {
        let text = scrubbed(summary(&findings));
        append(Path::new(&file), &text)?;
    }
    Ok(())
}

/// Adds to a file, which the steps of a job share.
fn append(file: &Path, text: &str) -> Result<(), Failure> {
    let added = OpenOptions::new().create(true).append(true).open(file);
    added.and_then(|mut file| writeln!(file, "{text}")).map_err(|error| {
        let message = format!("the summary cannot be written to {}: {error}", file.display());
        vec![Diagnostic::error(Code::FileAccess, message)]
    })
}
