//! `teal retry`: the last run again, with its own arguments, for what it did not do.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Failure;
use super::args::{Args, Given, Origin, Verb};
use super::flag::{FLAGS, Flag, Kind};
use super::invocation::Invocation;
use super::load::{Loaded, settle};
use crate::artifact::RunResults;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{BatchResults, Mapping, UniqueId};
use crate::run::Leftover;
use crate::secret;

/// Arguments that belong to the command at hand and not to the one it repeats: where things are, and what is said
/// of them.
const OWN: &[&str] = &[
    "debug",
    "defer_state",
    "log_cache_events",
    "log_file_max_bytes",
    "log_format",
    "log_format_file",
    "log_level",
    "log_level_file",
    "log_path",
    "output_file",
    "output_format",
    "printer_width",
    "profiles_dir",
    "project_dir",
    "quiet",
    "target_path",
    "use_colors",
    "use_colors_file",
    "warn_error",
];

/// The commands that can be taken up again.
const COMMANDS: &[Verb] = &[
    Verb::Build,
    Verb::Compile,
    Verb::Clone,
    Verb::DocsGenerate,
    Verb::Seed,
    Verb::Snapshot,
    Verb::Test,
    Verb::Run,
    Verb::RunOperation,
];

/// What a run left undone.
#[derive(Debug, Default)]
pub(super) struct Retry {
    ids: Vec<String>,
    batches: Vec<(String, BatchResults)>,
    started_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Retry {
    fn new(last: RunResults, verb: Verb, with_warnings: bool) -> Self {
        let is_undone = |status: &str| match status {
            "error" | "fail" | "skipped" | "runtime error" | "partial success" => true,
            status => with_warnings && status == "warn",
        };
        // Hooks run with the command they belong to.
        let is_hook = |id: &str| verb != Verb::RunOperation && id.starts_with("operation.");
        let undone = last.results.iter().filter(|result| is_undone(&result.status));
        let undone = undone.map(|result| result.unique_id.clone());
        let ids = undone.chain(last.unfinished).filter(|id| !is_hook(id)).collect();
        // A model of which nothing was built is built anew, and may be refreshed in full.
        let in_part = |batches: &BatchResults| !batches.successful.is_empty() && !batches.failed.is_empty();
        let batches = last
            .results
            .into_iter()
            .filter_map(|result| Some((result.unique_id, result.batches.filter(in_part)?)));
        Self { ids, batches: batches.collect(), started_at: last.started_at }
    }

    /// Whether everything was done.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The nodes to run; those that the project no longer has are told.
    ///
    /// # Errors
    /// A node that is gone, where warnings count as errors.
    pub(super) fn nodes(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<HashSet<UniqueId>, Failure> {
        let mut nodes = HashSet::new();
        let mut gone = Vec::new();
        for id in &self.ids {
            let manifest = &loaded.manifest;
            let node = manifest.nodes.get_key_value(id.as_str()).map(|(id, _)| id);
            let exposure = || manifest.exposures.get_key_value(id.as_str()).map(|(id, _)| id);
            let semantic = || manifest.semantic.get_key_value(id.as_str()).map(|(id, _)| id);
            if let Some(id) = node.or_else(exposure).or_else(semantic) {
                nodes.insert(UniqueId::clone(id));
            } else {
                let message = format!("`{id}` is to be run again, but the project no longer has it");
                gone.push(Diagnostic::warning(Code::RetryNotFound, message));
            }
        }
        settle(invocation, gone)?;
        Ok(nodes)
    }

    /// What the run takes up.
    pub(super) fn leftover(&self) -> Leftover {
        let batches = self.batches.iter().map(|(id, batches)| (UniqueId::from(id.as_str()), batches.clone()));
        Leftover { batches: batches.collect(), started_at: self.started_at }
    }
}

/// The last run's command and arguments as an invocation of now, for what that run left undone.
///
/// # Errors
/// There is no such run, or none that can be repeated.
pub(super) fn take_up(invocation: &Invocation, args: &Args) -> Result<Invocation, Failure> {
    let flags = &invocation.flags;
    let folder = flags.text("state").map_or_else(|| invocation.target_path(), str::to_owned);
    let last = RunResults::last(&invocation.folder.join(&folder)).map_err(|error| vec![*error])?;
    let Some(last) = last else {
        let message = format!("Could not find previous run in '{folder}' target directory");
        let help = "`retry` repeats the last command that wrote run_results.json";
        return Err(vec![Diagnostic::error(Code::StateMissing, message).help(help)]);
    };
    let which = last.args.get("which").and_then(Value::as_str).unwrap_or_default();
    let Some(verb) = COMMANDS.iter().copied().find(|verb| verb.word() == which) else {
        let known = COMMANDS.iter().map(|verb| verb.word()).collect::<Vec<_>>().join(", ");
        let message = format!("the last command, `{which}`, is none that can be run again");
        return Err(vec![Diagnostic::error(Code::StateInvalid, message).help(format!("those are: {known}"))]);
    };
    let again = repeated(&last.args, verb, args);
    if let Some(kept) =
        again.given.iter().find(|given| given.origin == Origin::Earlier && is_struck(&given.value))
    {
        let name = kept.flag.name;
        let message = format!("there was a secret in `--{name}`, which no artifact keeps");
        return Err(vec![
            Diagnostic::error(Code::StateInvalid, message).help(format!("say `--{name}` again")),
        ]);
    }
    let retry = Retry::new(last, verb, flags.on("warn_error"));
    invocation.resumed(&again, retry).map_err(|why| {
        let message = format!("the arguments of the last run make no sense any more: {why}");
        vec![Diagnostic::error(Code::StateInvalid, message)]
    })
}

/// Whether a secret stood in a value.
fn is_struck(value: &Value) -> bool {
    value.to_string().contains(secret::STARS)
}

/// The command line of the last run, with what is said now over what was said then.
fn repeated(last: &Mapping, verb: Verb, args: &Args) -> Args {
    let given = FLAGS.iter().filter(|flag| flag.is_for(verb)).filter_map(|flag| {
        let key = flag.key();
        let now = args.given.iter().find(|given| given.flag.name == flag.name);
        if OWN.contains(&key.as_str()) {
            return now.cloned();
        }
        // Here `--state` says where the results are.
        let now = now.filter(|given| given.origin == Origin::Typed && key != "state");
        now.cloned().or_else(|| then(flag, last.get(&key)?))
    });
    let word = last.get("macro").and_then(Value::as_str).map(str::to_owned);
    Args { verb, given: given.collect(), word, line: args.line.clone() }
}

/// A flag as an artifact keeps it; what it was by default is left to the defaults.
fn then(flag: &'static Flag, value: &Value) -> Option<Given> {
    let value = match (flag.kind, value) {
        (_, Value::Null) => return None,
        (Kind::Yaml, Value::Object(map)) if map.values().all(|part| *part == json!([])) => return None,
        (Kind::Yaml, Value::Object(_)) if flag.name != "warn-error-options" => json!(value.to_string()),
        (_, value) => value.clone(),
    };
    Some(Given { flag, value, origin: Origin::Earlier })
}
