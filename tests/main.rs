//! The one test binary: every further one would link DuckDB again.
//!
//! Each module turns its data files into trials, so a new case is a new file and no code.

mod adapter;
mod artifacts;
mod case;
mod check;
mod checks;
mod crash;
mod deps;
mod events;
mod example;
mod inherit;
mod jinja;
mod library;
mod lineage;
mod pii;
mod properties;
mod report;
mod retry;
mod run;
mod secret;
mod selector;
mod server;
mod session;
mod site;
mod tidy;
mod tiny;
mod yaml;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let trials = [
        adapter::cases(),
        artifacts::cases(),
        case::cases(),
        case::diagnostics(),
        check::cases(),
        checks::cases(),
        deps::cases(),
        crash::cases(),
        events::cases(),
        example::cases(),
        inherit::cases(),
        jinja::cases(),
        library::cases(),
        lineage::cases(),
        pii::cases(),
        properties::cases(),
        report::cases(),
        retry::cases(),
        run::cases(),
        secret::cases(),
        selector::cases(),
        session::cases(),
        site::cases(),
        tidy::cases(),
        yaml::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
