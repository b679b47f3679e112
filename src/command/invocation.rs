//! What every command has: flags, console, the texts of files, and the stamp on what it writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::Utc;
use serde_json::{Map, Value};

use super::Failure;
use super::args::{Args, Verb};
use super::flags::{self, Flags};
use super::retry::Retry;
use crate::artifact::{DBT_VERSION, Stamp};
use crate::console::{Console, Event, Format, Level, Settings, Stream};
use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest::{Manifest, NodeResult};
use crate::package::{PROVIDERS, tokens};
use crate::secret;

const PROJECT_FILE: &str = "dbt_project.yml";

/// One run of a command. Owns what all stages share.
#[derive(Debug)]
pub struct Invocation {
    /// What to do.
    pub verb: Verb,
    /// The word after the verb: a macro, a project's name, a column.
    pub word: Option<String>,
    /// What the flags mean.
    pub flags: Flags,
    /// Where everything is said.
    pub console: Arc<Console>,
    /// The texts of all files.
    pub sources: Arc<Sources>,
    /// What artifacts say of this run.
    pub stamp: Stamp,
    /// The folder of the project, which is the working folder as well.
    pub folder: PathBuf,
    /// What the run left that is repeated, where one is.
    pub(super) retry: Option<Retry>,
    /// Warnings of templates that count as errors, until a command gives up over them.
    pub escalated: Arc<Mutex<Vec<Diagnostic>>>,
    /// What came of the nodes, kept for a report where one is asked for.
    pub(super) ran: Mutex<Option<Ran>>,
    started: Instant,
}

/// Nodes that ran, and what they are.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) manifest: Arc<Manifest>,
    pub(super) results: Vec<NodeResult>,
}

impl Invocation {
    /// Gives up where a template warned and that counts as an error.
    pub(super) fn hold(&self) -> Result<(), Failure> {
        let warned = std::mem::take(&mut *self.escalated.lock().unwrap_or_else(PoisonError::into_inner));
        if warned.is_empty() { Ok(()) } else { Err(warned) }
    }

    /// The folder of artifacts, for what needs it before the project is read.
    pub(super) fn target_path(&self) -> String {
        let written = || {
            let text = std::fs::read_to_string(self.folder.join(PROJECT_FILE)).ok()?;
            let project: Value = serde_yaml::from_str(&text).ok()?;
            project.get("target-path")?.as_str().map(str::to_owned)
        };
        self.flags.target_path.clone().or_else(written).unwrap_or_else(|| "target".to_owned())
    }

    /// The same invocation with the command and the flags of the run that it repeats.
    ///
    /// # Errors
    /// The message of a usage error.
    pub(super) fn resumed(&self, args: &Args, retry: Retry) -> Result<Self, String> {
        let mut flags = flags::resolve(args, &project_flags(&self.folder))?;
        settle_paths(&mut flags, &self.folder, &self.folder, args.verb);
        let console = Console::new(settings(&flags, &self.folder, &self.stamp.invocation_id));
        Ok(Self {
            verb: args.verb,
            word: args.word.clone(),
            flags,
            console: Arc::new(console),
            sources: Arc::clone(&self.sources),
            stamp: self.stamp.clone(),
            folder: self.folder.clone(),
            retry: Some(retry),
            escalated: Arc::clone(&self.escalated),
            ran: Mutex::default(),
            started: self.started,
        })
    }

    /// Seconds since it began.
    pub fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

/// Decides the flags, goes to the project's folder and opens the console.
///
/// # Errors
/// The message of a usage error.
pub(super) fn begin(args: &Args) -> Result<Invocation, String> {
    let here = std::env::current_dir().map_err(|error| format!("there is no working folder: {error}"))?;
    secret::hold(super::environment(PROVIDERS).map(|places| tokens(&places)).unwrap_or_default());
    let alone = flags::resolve(args, &Map::new())?;
    let folder = go_to_project(&here, &alone, args.verb)?;
    let mut flags = flags::resolve(args, &project_flags(&folder))?;
    settle_paths(&mut flags, &here, &folder, args.verb);
    let stamp = Stamp {
        invocation_id: super::environment("DBT_INVOCATION_ID")
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        started_at: Utc::now(),
        env: std::env::vars()
            .filter_map(|(name, value)| Some((name.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned(), value)))
            .collect(),
    };
    // What another program reads comes alone.
    let is_data = matches!(args.verb, Verb::Lineage | Verb::Pii | Verb::Query)
        && !matches!(flags.output.as_deref(), Some("text" | "table"));
    let settings = settings(&flags, &folder, &stamp.invocation_id);
    let console = Console::new(Settings { quiet: settings.quiet || is_data, ..settings });
    console.emit(Event::version(env!("CARGO_PKG_VERSION"), DBT_VERSION));
    console.emit(Event::arguments(&flags.all));
    Ok(Invocation {
        verb: args.verb,
        word: args.word.clone(),
        flags,
        console: Arc::new(console),
        sources: Arc::default(),
        stamp,
        folder,
        retry: None,
        escalated: Arc::default(),
        ran: Mutex::default(),
        started: Instant::now(),
    })
}

/// Changes to `--project-dir`, or to the nearest folder upwards that holds a project, so that every
/// relative path means the same wherever the command was typed.
fn go_to_project(here: &Path, flags: &Flags, verb: Verb) -> Result<PathBuf, String> {
    let folder = match &flags.project_dir {
        Some(folder) if !folder.exists() => {
            return Err(format!(
                "Invalid value for '--project-dir': Path '{}' does not exist.",
                folder.display()
            ));
        }
        Some(folder) => here.join(folder),
        None if verb == Verb::Init => here.to_owned(),
        None => here.ancestors().find(|f| f.join(PROJECT_FILE).exists()).unwrap_or(here).to_owned(),
    };
    if let Some(profiles) = &flags.profiles_dir
        && !matches!(verb, Verb::Debug | Verb::Init | Verb::Deps)
        && !profiles.exists()
    {
        return Err(format!(
            "Invalid value for '--profiles-dir': Path '{}' does not exist.",
            profiles.display()
        ));
    }
    let folder = folder.canonicalize().unwrap_or(folder);
    std::env::set_current_dir(&folder)
        .map_err(|error| format!("cannot go to '{}': {error}", folder.display()))?;
    Ok(folder)
}

/// Paths that were typed are meant from where they were typed; templates and artifacts see them all.
fn settle_paths(flags: &mut Flags, here: &Path, folder: &Path, verb: Verb) {
    for path in
        [&mut flags.profiles_dir, &mut flags.log_path, &mut flags.output_file, &mut flags.openlineage_file]
            .into_iter()
            .flatten()
    {
        *path = here.join(&*path);
    }
    if let Some(Value::String(path)) = flags.all.get_mut("output").filter(|_| verb == Verb::Freshness) {
        *path = here.join(&*path).display().to_string();
    }
    let own = || folder.join("profiles.yml").exists().then(|| folder.to_owned());
    let home = || std::env::home_dir().map(|home| home.join(".dbt"));
    let profiles = flags.profiles_dir.clone().or_else(own).or_else(home);
    let logs = flags.log_path.clone().unwrap_or_else(|| folder.join("logs"));
    let known =
        [("project_dir", Some(folder.to_owned())), ("profiles_dir", profiles), ("log_path", Some(logs))];
    for (key, path) in known {
        let path = path.map_or(Value::Null, |path| path.display().to_string().into());
        if flags.all.get(key).is_none_or(Value::is_null) {
            flags.all.insert(key.to_owned(), path);
        }
    }
}

/// `flags:` of the project file, read before anything else is, since they decide how mistakes in
/// that very file are shown. A file that cannot be read has no flags, and is reported when it is loaded.
fn project_flags(folder: &Path) -> Map<String, Value> {
    let text = std::fs::read_to_string(folder.join(PROJECT_FILE)).unwrap_or_default();
    if !text.contains("flags:") {
        return Map::new();
    }
    let written: Value = serde_yaml::from_str(&text).unwrap_or_default();
    written.get("flags").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn settings(flags: &Flags, folder: &Path, invocation_id: &str) -> Settings {
    let level = |key: &str| flags.text(key).and_then(Level::parse);
    let number = |key: &str, default: u64| flags.all.get(key).and_then(Value::as_u64).unwrap_or(default);
    let debug = flags.on("debug");
    let log_folder = flags.log_path.clone().unwrap_or_else(|| PathBuf::from("logs"));
    Settings {
        invocation_id: invocation_id.to_owned(),
        level: if debug { Some(Level::Debug) } else { level("log_level") },
        file_level: if debug { Some(Level::Debug) } else { level("log_level_file") },
        format: Format::parse(flags.text("log_format").unwrap_or_default(), Format::Text),
        file_format: Format::parse(flags.text("log_format_file").unwrap_or_default(), Format::Debug),
        quiet: flags.on("quiet"),
        colors: flags.colors,
        live: super::environment("CI").is_none() && super::environment("TERM").as_deref() != Some("dumb"),
        width: usize::try_from(number("printer_width", 80)).unwrap_or(80),
        file: Some(folder.join(log_folder).join("dbt.log")),
        file_max_bytes: number("log_file_max_bytes", 0),
        policy: flags.policy.clone(),
        stream: if super::report::takes_output(flags) { Stream::Error } else { Stream::Output },
    }
}
