//! `teal debug`: which files are found, whether they can be used, and whether the warehouse answers.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Invocation, Verdict, load};
use crate::adapter;
use crate::artifact::DBT_VERSION;
use crate::console::{Event, Level};
use crate::diagnostic::{Diagnostic, Styled, render};
use crate::manifest::Mapping;
use crate::project::{self, LoadOptions, Profile, ProjectFile};

/// The keys of a connection that are shown, none of which holds a secret.
const SHOWN: &[&str] =
    &["database", "schema", "path", "extensions", "settings", "external_root", "attach", "threads"];

/// Checks everything that a run would need.
pub(super) fn run(invocation: &Invocation) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let profiles_dir = profiles_dir(invocation);
    if flags.on("config_dir") {
        let text = format!("To view your profiles.yml file, run:\n\nopen {}", profiles_dir.display());
        let data = json!({"open_cmd": "open", "profiles_dir": profiles_dir});
        invocation.console.emit(Event::new("OpenCommand", "Z016", Level::Info, text, data));
        return Ok(Verdict::Passed);
    }
    let say = |text: String| invocation.console.emit(Event::debug_command(text));
    say(format!("teal version: {}", env!("CARGO_PKG_VERSION")));
    say(format!("dbt version: {DBT_VERSION}"));
    say(format!("os info: {}-{}", std::env::consts::OS, std::env::consts::ARCH));
    say(format!("Using profiles dir at {}", profiles_dir.display()));
    say(format!("Using profiles.yml file at {}", profiles_dir.join("profiles.yml").display()));
    say(format!("Using dbt_project.yml file at {}", invocation.folder.join("dbt_project.yml").display()));

    let mut checks = Checks { invocation, failed: Vec::new() };
    let cli_vars = project::cli_vars(flags.vars.as_deref().unwrap_or("{}"), "vars", &invocation.sources)
        .map_err(|error| vec![*error])?;
    let file = ProjectFile::read(&invocation.folder, &invocation.sources);
    let profile = match &file {
        Ok(file) => checks.profile(file, &cli_vars),
        Err(_) => checks.profile(&ProjectFile::silent(&invocation.folder, &invocation.sources), &cli_vars),
    };
    let project_status = checks.project(file, profile.as_ref(), &cli_vars);
    if flags.on("connection") {
        say("Skipping steps before connection verification".to_owned());
    } else {
        say("Configuration:".to_owned());
        let status = checks.status(profile.is_some(), "OK found and valid", "ERROR invalid");
        say(format!("  profiles.yml file [{status}]"));
        say(format!("  dbt_project.yml file [{project_status}]"));
    }
    match &profile {
        None => say("Connection test skipped since no profile was found".to_owned()),
        Some(profile) => checks.connection(profile),
    }
    Ok(checks.verdict())
}

/// Where `profiles.yml` is, or would be, as it was typed.
fn profiles_dir(invocation: &Invocation) -> PathBuf {
    invocation.flags.text("profiles_dir").map_or_else(|| invocation.folder.clone(), PathBuf::from)
}

/// What was checked so far.
struct Checks<'a> {
    invocation: &'a Invocation,
    /// What is wrong, one paragraph a check.
    failed: Vec<String>,
}

impl Checks<'_> {
    fn status(&self, passed: bool, good: &str, bad: &str) -> String {
        let look = self.invocation.console.look();
        if passed { look.green(good) } else { look.red(bad) }
    }

    fn fail(&mut self, head: &str, mistakes: &[Diagnostic]) {
        let sources = &self.invocation.sources;
        let drawn: Vec<String> = mistakes.iter().map(|d| render(d, sources, Styled::No)).collect();
        self.failed.push(format!("{head}\n{}\n", drawn.join("\n\n")));
    }

    fn profile(&mut self, file: &ProjectFile, cli_vars: &Mapping) -> Option<Profile> {
        let explicit = self.invocation.flags.profiles_dir.as_ref();
        if explicit.is_some_and(|folder| !folder.join("profiles.yml").exists()) {
            let text = format!(
                "dbt looked for a profiles.yml file in {}, but did\nnot find one.\n",
                profiles_dir(self.invocation).join("profiles.yml").display()
            );
            self.failed.push(text);
            return None;
        }
        match load::profile(self.invocation, file, cli_vars) {
            Ok(profile) => Some(profile),
            Err(mistakes) => {
                self.fail("Profile loading failed for the following reason:", &mistakes);
                None
            }
        }
    }

    /// What is said of the project file.
    fn project(
        &mut self,
        file: crate::diagnostic::Result<ProjectFile>,
        profile: Option<&Profile>,
        cli_vars: &Mapping,
    ) -> String {
        let head = "Project loading failed for the following reason:";
        let is_there = self.invocation.folder.join("dbt_project.yml").exists();
        let file = match file {
            Ok(file) => file,
            Err(mistake) => {
                self.fail(head, &[*mistake]);
                let bad = if is_there { "ERROR invalid" } else { "ERROR not found" };
                return self.status(false, "", bad);
            }
        };
        let adapter = profile.and_then(|profile| adapter::open(&profile.kind, &profile.settings).ok());
        let options = LoadOptions {
            cli_vars: cli_vars.clone(),
            target: adapter.map(|adapter| adapter.target()),
            dbt_version: self.invocation.flags.version_check.then(|| DBT_VERSION.to_owned()),
        };
        let (_, found) = project::load(file, &options, &self.invocation.sources);
        match load::settle(self.invocation, found) {
            Ok(()) => self.status(true, "OK found and valid", ""),
            Err(mistakes) => {
                self.fail(head, &mistakes);
                self.status(false, "", "ERROR invalid")
            }
        }
    }

    fn connection(&mut self, profile: &Profile) {
        let console = &self.invocation.console;
        let say = |text: String| console.emit(Event::debug_command(text));
        say("Connection:".to_owned());
        say(format!("  type: {}", profile.kind));
        let opened = adapter::open(&profile.kind, &profile.settings);
        if let Ok(adapter) = &opened {
            let target = adapter.target();
            for key in SHOWN {
                let value = target.get(*key).or_else(|| profile.settings.get(*key));
                if let Some(value) = value.filter(|value| !value.is_null()) {
                    say(format!(
                        "  {key}: {}",
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                    ));
                }
            }
        }
        let answer = opened.and_then(|adapter| adapter.connect()?.execute("select 1 as id"));
        let status = self.status(answer.is_ok(), "OK connection ok", "ERROR");
        say(format!("  Connection test: [{status}]\n"));
        if let Err(error) = answer {
            let mistake = load::connection_mistake(&error, profile);
            let head = "dbt was unable to connect to the specified database.\n\
                        The database returned the following error:\n";
            self.fail(head, &[mistake]);
        }
    }

    fn verdict(self) -> Verdict {
        let console = &self.invocation.console;
        let look = console.look();
        let say = |text: String| {
            let data = json!({"msg": text});
            console.emit(Event::new("DebugCmdResult", "Z048", Level::Info, text, data));
        };
        if self.failed.is_empty() {
            say(look.green("All checks passed!"));
            return Verdict::Passed;
        }
        let count = self.failed.len();
        let checks = if count == 1 { "check" } else { "checks" };
        say(look.red(&format!("{count} {checks} failed:")));
        self.failed.into_iter().for_each(say);
        Verdict::Failed
    }
}
