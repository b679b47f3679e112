//! The commands: one file a verb, over an `Invocation` that owns everything.
//!
//! In reading order: `flag` is the table of flags, `args` the command line as typed, `flags` what it
//! means, `reference` the page about it, `invocation` what every command has, `load` the way from
//! files to a manifest, `settings` what the project says to Teal alone, `sink` what templates and workers say,
//! `state` what an earlier run left, `select` what takes part, `execute` the run itself.

mod args;
mod build;
mod check;
mod checks;
mod clean;
mod clone;
mod compile;
mod completions;
mod debug;
mod deps;
mod docs;
mod execute;
mod flag;
mod flags;
mod freshness;
mod inherit;
mod init;
mod inline;
mod invocation;
mod lineage;
mod list;
mod load;
mod openlineage;
mod operation;
mod pii;
mod preview;
mod query;
mod reference;
mod report;
mod retry;
mod sample;
mod select;
mod settings;
mod show;
mod sink;
mod state;

use std::ffi::OsString;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

pub use args::{Verb, command};
pub use checks::{built_in as built_in_rules, reference as rule_reference};
pub use flags::Flags;
pub use invocation::Invocation;
pub use reference::reference;

use crate::console::{Event, Level, print_help, print_usage};
use crate::diagnostic::{Code, Diagnostic};
use args::{Args, Stop};

/// Why a command could not run; every mistake that was found.
type Failure = Vec<Diagnostic>;

/// How a command that ran went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Passed,
    /// A node, a test or a check failed.
    Failed,
}

/// Runs a command line to its end and says with what code to exit: 0 when all went well, 1 when
/// something that ran failed, 2 when it could not run.
pub fn main(words: Vec<OsString>) -> ExitCode {
    let args = match args::read(words, &environment) {
        Ok(args) => args,
        Err(Stop::Asked(text)) => {
            print_help(&text);
            return ExitCode::SUCCESS;
        }
        Err(Stop::Wrong { usage, message }) => return misused(&usage, &message),
    };
    if let (Verb::Completions, Some(shell)) = (args.verb, &args.word) {
        print_help(&completions::script(shell));
        return ExitCode::SUCCESS;
    }
    match invocation::begin(&args) {
        Ok(invocation) => finish(invocation, &args),
        Err(message) => misused("Usage: teal [OPTIONS] <COMMAND>", &message),
    }
}

fn misused(usage: &str, message: &str) -> ExitCode {
    print_usage(usage, message);
    ExitCode::from(2)
}

/// Runs the command, with a panic taken for a mistake of ours instead of a crash.
fn finish(invocation: Invocation, args: &Args) -> ExitCode {
    let place = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&place);
    std::panic::set_hook(Box::new(move |panic| {
        let at = panic.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }));
    let (invocation, ready) = match invocation.verb {
        Verb::Retry => match retry::take_up(&invocation, args) {
            Ok(taken_up) => (taken_up, Ok(())),
            Err(mistakes) => (invocation, Err(mistakes)),
        },
        _ => (invocation, Ok(())),
    };
    let ran =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ready.and_then(|()| dispatch(&invocation))));
    let outcome = ran.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        let place = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let message = format!("{}{place}", words.unwrap_or_else(|| "a thread panicked".to_owned()));
        Err(vec![
            Diagnostic::error(Code::InternalError, message).help("this is a bug in Teal; please report it"),
        ])
    });
    let console = &invocation.console;
    if let Err(mistakes) = &outcome {
        console.fail(mistakes, &invocation.sources);
    }
    let passed = matches!(outcome, Ok(Verdict::Passed));
    console.tell_deprecations();
    let command = args.verb.word();
    if let Some(report) = Event::resources(command, passed, invocation.elapsed()) {
        let level = if invocation.flags.on("show_resource_report") { Level::Info } else { Level::Debug };
        console.emit(Event { level, ..report });
    }
    console.emit(Event::completed(command, passed, invocation.elapsed()));
    let outcome = match report::write(&invocation, passed) {
        Ok(()) => outcome,
        Err(mistakes) => {
            console.fail(&mistakes, &invocation.sources);
            Err(mistakes)
        }
    };
    match outcome {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(_) => ExitCode::from(2),
    }
}

fn dispatch(invocation: &Invocation) -> Result<Verdict, Failure> {
    let load = || load::load(invocation);
    match invocation.verb {
        Verb::Init => init::run(invocation),
        Verb::Clean => clean::run(invocation),
        Verb::Debug => debug::run(invocation),
        Verb::Parse => load().map(|_| Verdict::Passed),
        Verb::Ls => list::run(invocation, &load()?),
        Verb::Lineage => lineage::run(invocation, &load()?),
        Verb::Pii => pii::run(invocation, &load()?),
        Verb::Check => check::run(invocation, &load()?),
        Verb::Checks => checks::run(invocation, &load()?),
        Verb::Query => query::run(invocation, &load()?),
        Verb::Compile => compile::run(invocation, load()?),
        Verb::Show => match &invocation.flags.inline_direct {
            Some(sql) => show::direct(invocation, sql),
            None => show::run(invocation, load()?),
        },
        Verb::Build | Verb::Run | Verb::Test | Verb::Seed | Verb::Snapshot => {
            build::run(invocation, &load()?)
        }
        Verb::Freshness => freshness::run(invocation, &load()?),
        Verb::RunOperation => operation::run(invocation, load()?),
        Verb::DocsGenerate => docs::generate(invocation, &load()?),
        Verb::DocsInherit => inherit::run(invocation, &load()?),
        Verb::Deps => deps::run(invocation),
        // Its script was written before there was a project to look for; and what is retried is another command.
        Verb::Completions | Verb::Retry => Ok(Verdict::Passed),
        Verb::Clone => clone::run(invocation, &load()?),
        Verb::DocsServe => docs::serve(invocation),
    }
}

/// An environment variable, where it is set and readable.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
