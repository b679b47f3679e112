//! `teal completions`: the script with which a shell completes Teal's command lines.

use clap::ValueEnum;
use clap_complete::{Shell, generate};

use super::args::command;

/// The shells there is a script for.
pub(super) fn shells() -> Vec<String> {
    Shell::value_variants().iter().map(ToString::to_string).collect()
}

/// The script for a shell; empty for one that is not in [`shells`].
pub(super) fn script(shell: &str) -> String {
    let Ok(shell) = Shell::from_str(shell, true) else { return String::new() };
    let mut script = Vec::new();
    generate(shell, &mut command(), "teal", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
