//! The way from a project's folder to its frozen manifest, with what stands beside it: profile,
//! warehouse, templates.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::args::Verb;
use super::flags::Flags;
use super::state::{self, States};
use super::{Failure, Invocation, sink};
use crate::adapter::{self, Adapter, AdapterError, ErrorKind};
use crate::artifact::{DBT_VERSION, Extent, ManifestContext, write_manifest, write_semantic_manifest};
use crate::console::{Event, Treatment, stats};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::graph::Graph;
use crate::jinja::{Globals, Jinja, MacroRegistry, Vars, YamlJinja};
use crate::manifest::{Manifest, Mapping};
use crate::parse::{self, ParseOptions};
use crate::project::{self, LoadOptions, Package, Profile, ProfileRequest, Project, ProjectFile};
use crate::relation::Policy;
use crate::run::Outcome;

/// The warehouse that needs no profile.
const EMBEDDED: &str = adapter::EMBEDDED;

/// A project that is read, with the connection it will use.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) profile: Profile,
    pub(super) adapter: Arc<dyn Adapter>,
    pub(super) project: Project,
    /// `--vars`, read.
    pub(super) cli_vars: Mapping,
    /// What templates see as `target`.
    pub(super) target: Mapping,
}

/// A project that is parsed.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) profile: Profile,
    pub(super) adapter: Arc<dyn Adapter>,
    pub(super) project: Project,
    pub(super) cli_vars: Mapping,
    pub(super) jinja: Arc<Jinja>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) graph: Graph,
    /// What `--state` and `--defer-state` name.
    pub(super) states: States,
    /// Fingerprints of the variables that nodes read.
    pub(super) vars: IndexMap<String, String>,
    /// The folder of everything that is written, as configured.
    pub(super) target_folder: String,
}

/// The warehouse is left in order however the command ends: others hold the adapter to the very end.
impl Drop for Loaded {
    fn drop(&mut self) {
        self.adapter.close();
    }
}

impl Loaded {
    /// The target's database.
    pub(super) fn database(&self) -> Option<&str> {
        self.jinja.globals().target.get("database").and_then(Value::as_str)
    }

    /// How many nodes run at a time.
    pub(super) fn threads(&self, flags: &Flags) -> usize {
        if flags.single_threaded { 1 } else { flags.threads.unwrap_or(self.profile.threads).max(1) }
    }

    /// The folder of everything that is written.
    pub(super) fn target(&self, invocation: &Invocation) -> PathBuf {
        invocation.folder.join(&self.target_folder)
    }

    /// Writes `manifest.json` with what is known of its nodes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write_manifest(
        &self,
        invocation: &Invocation,
        outcome: &Outcome,
        extent: Extent,
    ) -> Result<(), Failure> {
        self.write_manifest_of(invocation, &self.manifest, outcome, extent)
    }

    /// Writes another manifest than the project's own as `manifest.json`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write_manifest_of(
        &self,
        invocation: &Invocation,
        manifest: &Manifest,
        outcome: &Outcome,
        extent: Extent,
    ) -> Result<(), Failure> {
        if !invocation.flags.write_json {
            return Ok(());
        }
        let path = self.target(invocation).join("manifest.json");
        let selectors = selectors(&self.project);
        let context = ManifestContext {
            stamp: &invocation.stamp,
            project_name: &self.project.root,
            adapter_type: self.adapter.name(),
            quoting: self.jinja.globals().quoting,
            selectors: &selectors,
            vars: &self.vars,
            target_folder: &self.target_folder,
            results: &outcome.results,
            ephemeral: &outcome.ephemeral,
            extent,
        };
        write_manifest(&path, manifest, &context).map_err(|error| vec![*error])?;
        invocation.console.emit(Event::artifact("WritableManifest", &path.display().to_string()));
        let path = self.target(invocation).join("semantic_manifest.json");
        write_semantic_manifest(&path, manifest).map_err(|error| vec![*error])?;
        invocation.console.emit(Event::artifact("SemanticManifest", &path.display().to_string()));
        Ok(())
    }
}

/// Named selectors as the manifest shows them.
fn selectors(project: &Project) -> Mapping {
    let named = project.root().selectors.iter().map(|selector| {
        let shown = json!({"name": selector.name, "definition": selector.definition,
            "description": selector.description});
        (selector.name.clone(), shown)
    });
    named.collect()
}

/// Reads project file and profile, in the order in which their templates need each other.
///
/// # Errors
/// Every mistake that leaves no project to work on.
pub(super) fn open(invocation: &Invocation) -> Result<Opened, Failure> {
    let flags = &invocation.flags;
    let sources = &invocation.sources;
    let cli_vars = project::cli_vars(flags.vars.as_deref().unwrap_or("{}"), "vars", sources).map_err(one)?;
    let file = ProjectFile::read(&invocation.folder, sources).map_err(one)?;
    let profile = profile(invocation, &file, &cli_vars)?;
    let adapter = adapter::open(&profile.kind, &profile.settings)
        .map_err(|error| vec![connection_mistake(&error, &profile)])?;
    let looking = if invocation.verb.only_looks() { adapter.looking() } else { None };
    let adapter = looking.unwrap_or(adapter);
    invocation.console.tell_programs(Event::adapter(adapter.name(), env!("CARGO_PKG_VERSION")));
    let target = target(&*adapter, &profile, flags);
    let options = LoadOptions {
        cli_vars: cli_vars.clone(),
        target: Some(target.clone()),
        dbt_version: flags.version_check.then(|| DBT_VERSION.to_owned()),
    };
    let (project, found) = project::load(file, &options, sources);
    settle(invocation, found)?;
    Ok(Opened { profile, adapter, project, cli_vars, target })
}

/// Reads the project and its packages, for commands that need no warehouse.
///
/// # Errors
/// Every mistake that leaves no project to work on.
pub(super) fn read(invocation: &Invocation) -> Result<Project, Failure> {
    let (file, options) = project_file(invocation)?;
    let (project, found) = project::load(file, &options, &invocation.sources);
    settle(invocation, found)?;
    Ok(project)
}

/// Reads the root project without its packages; with it, what renders its `packages.yml`.
///
/// # Errors
/// Every mistake that leaves no project to work on.
pub(super) fn read_root(invocation: &Invocation) -> Result<(Package, YamlJinja), Failure> {
    let (file, options) = project_file(invocation)?;
    let (root, jinja, found) = project::load_root(file, &options, &invocation.sources);
    settle(invocation, found)?;
    Ok((root, jinja))
}

/// The project file, and how to load it where there is no warehouse.
fn project_file(invocation: &Invocation) -> Result<(ProjectFile, LoadOptions), Failure> {
    let sources = &invocation.sources;
    let written = invocation.flags.vars.as_deref().unwrap_or("{}");
    let cli_vars = project::cli_vars(written, "vars", sources).map_err(one)?;
    let file = ProjectFile::read(&invocation.folder, sources).map_err(one)?;
    Ok((file, LoadOptions { cli_vars, target: None, dbt_version: None }))
}

/// The profile the command line or the project asks for.
///
/// # Errors
/// It is not there, or its templates cannot be rendered.
pub(super) fn profile(
    invocation: &Invocation,
    file: &ProjectFile,
    cli_vars: &Mapping,
) -> Result<Profile, Failure> {
    let flags = &invocation.flags;
    let request = ProfileRequest {
        profiles_dir: flags.profiles_dir.clone(),
        profile: flags.profile.clone(),
        target: flags.target.clone(),
        threads: flags.threads,
        cli_vars: cli_vars.clone(),
        embedded: embedded(file),
    };
    let (profile, found) = project::load_profile(&request, file, &invocation.sources).map_err(one)?;
    settle(invocation, found)?;
    if let Some(note) = &profile.note {
        invocation.console.emit(Event::info(note));
    }
    settle(invocation, unknown_keys(&profile))?;
    Ok(profile)
}

/// The warehouse of a project that has no profile: a file beside it.
fn embedded(file: &ProjectFile) -> (String, Mapping) {
    let name = file.name().unwrap_or("teal");
    let path = file.folder.join(format!("{name}.{EMBEDDED}")).display().to_string();
    let settings = [("path".to_owned(), json!(path)), ("schema".to_owned(), json!("main"))];
    (EMBEDDED.to_owned(), settings.into_iter().collect())
}

/// Keys of the profile that its warehouse does not know, most often a typo.
fn unknown_keys(profile: &Profile) -> Vec<Diagnostic> {
    let Some(known) = adapter::profile_keys(&profile.kind) else { return Vec::new() };
    let general = ["type", "threads"];
    let unknown = profile
        .settings
        .keys()
        .filter(|key| !known.contains(&key.as_str()) && !general.contains(&key.as_str()));
    unknown
        .map(|key| {
            let message = format!("`{key}` is no setting of a {} profile", profile.kind);
            Diagnostic::warning(Code::YamlUnknownKey, message)
                .label_opt(profile.spans.get(key).copied(), "has no effect")
                .suggest(key, known.iter().copied())
        })
        .collect()
}

/// A warehouse that cannot be used, as a mistake in the profile where it is one.
pub(super) fn connection_mistake(error: &AdapterError, profile: &Profile) -> Diagnostic {
    let code = match error.kind {
        ErrorKind::Settings => Code::ProfileInvalid,
        ErrorKind::Locked => Code::DatabaseLocked,
        ErrorKind::ExtensionMissing => Code::ExtensionMissing,
        _ => Code::ConnectionFailed,
    };
    let why = Diagnostic::error(code, error.message.clone()).label_opt(profile.span, "");
    match &error.help {
        Some(help) => why.help(help.clone()),
        None => why,
    }
}

/// What templates see as `target`.
fn target(adapter: &dyn Adapter, profile: &Profile, flags: &Flags) -> Mapping {
    let mut target = adapter.target();
    let threads = flags.threads.unwrap_or(profile.threads);
    for (key, value) in [
        ("name", json!(profile.target)),
        ("target_name", json!(profile.target)),
        ("profile_name", json!(profile.name)),
        ("type", json!(profile.kind)),
        ("threads", json!(threads)),
    ] {
        target.insert(key.to_owned(), value);
    }
    target
}

/// Reads a project and parses everything in it.
///
/// # Errors
/// Every mistake that leaves no manifest.
pub(super) fn load(invocation: &Invocation) -> Result<Loaded, Failure> {
    let Opened { profile, adapter, project, cli_vars, target } = open(invocation)?;
    let (files, found) = project::files(&project, &invocation.sources);
    settle(invocation, found)?;
    let (macros, found) = parse::macros(&project, &files, &invocation.sources, adapter.name());
    settle(invocation, found)?;
    let root = project.root.clone();
    let internal = parse::internal_packages(adapter.name());
    let dispatch = project.root().dispatch.clone();
    let (registry, found) = MacroRegistry::new(macros, &root, &internal, dispatch);
    settle(invocation, found)?;
    let known = sink::Known::default();
    let globals = globals(invocation, &project, &adapter, &cli_vars, target, sink::Known::clone(&known));
    let jinja = Jinja::new(globals, Arc::clone(&invocation.sources), registry);
    let options = ParseOptions {
        store_failures: invocation.flags.on("store_failures"),
        largest_seed: invocation.flags.largest_seed(),
    };
    let (mut manifest, found) = parse::manifest(&project, &files, &jinja, &invocation.sources, options);
    settle(invocation, found)?;
    invocation.hold()?;
    let target_folder =
        invocation.flags.target_path.clone().unwrap_or_else(|| project.root().target_path.clone());
    let states = States::read(invocation, &invocation.folder.join(&target_folder))?;
    manifest.deferred = states.relations(invocation, &manifest, jinja.globals().quoting)?;
    let vars = state::vars(invocation, &manifest, &jinja.globals().vars);
    let manifest = Arc::new(manifest);
    // Only the first one to load a project is heard.
    let _ = known.set(Arc::clone(&manifest));
    // It is needed to the end, and the end of the process frees it faster than its millions of parts.
    std::mem::forget(Arc::clone(&manifest));
    std::mem::forget(Arc::clone(&invocation.sources));
    let graph = Graph::new(&manifest).map_err(one)?;
    let loaded =
        Loaded { profile, adapter, project, cli_vars, jinja, manifest, graph, states, vars, target_folder };
    // What only asks the warehouse leaves the manifest of the run it asks about.
    let asks = invocation.verb == Verb::DocsGenerate && !invocation.flags.on("compile");
    if !asks && !invocation.verb.only_looks() {
        loaded.write_manifest(invocation, &Outcome::default(), Extent::Compiled)?;
    }
    invocation.console.emit(Event::found(&stats(&loaded.manifest)));
    Ok(loaded)
}

/// What all templates of this run share.
fn globals(
    invocation: &Invocation,
    project: &Project,
    adapter: &Arc<dyn Adapter>,
    cli_vars: &Mapping,
    target: Mapping,
    known: sink::Known,
) -> Globals {
    let packages = project.packages.values();
    let projects = packages.clone().map(|package| (package.name.clone(), package.vars.clone()));
    let versions = packages.map(|package| (package.name.clone(), package.version.clone()));
    Globals {
        adapter: Arc::clone(adapter),
        project_name: project.root.clone(),
        target,
        versions: versions.collect(),
        vars: Vars {
            cli: cli_vars.clone(),
            projects: projects.collect::<HashMap<_, _>>(),
            root: project.root.clone(),
        },
        flags: invocation.flags.for_templates(),
        quoting: quoting(&project.root().quoting, adapter.quoting()),
        invocation_id: invocation.stamp.invocation_id.clone(),
        run_started_at: invocation.stamp.started_at,
        dbt_version: DBT_VERSION.to_owned(),
        args: invocation.flags.for_artifacts(cli_vars),
        selected_resources: RwLock::default(),
        sink: sink::sink(invocation, known, adapter.name()),
    }
}

/// The project's quoting over the warehouse's own.
fn quoting(written: &Mapping, own: Policy) -> Policy {
    let part = |key: &str, own: bool| written.get(key).and_then(Value::as_bool).unwrap_or(own);
    Policy {
        database: part("database", own.database),
        schema: part("schema", own.schema),
        identifier: part("identifier", own.identifier),
    }
}

/// Says every warning and stops where there is an error, or a warning that counts as one.
///
/// # Errors
/// The errors.
pub(super) fn settle(invocation: &Invocation, found: Vec<Diagnostic>) -> Result<(), Failure> {
    let mut errors = Vec::new();
    for mut diagnostic in found {
        let is_error = diagnostic.severity == Severity::Error
            || invocation.console.policy().treat(diagnostic.code) == Treatment::Error;
        if is_error {
            diagnostic.severity = Severity::Error;
            errors.push(diagnostic);
        } else {
            invocation.console.warn(&diagnostic, &invocation.sources);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Says a warning that points nowhere, unless it counts as an error or is silenced.
///
/// # Errors
/// The warning, where it counts as an error.
pub(super) fn mention(invocation: &Invocation, event: Event) -> Result<(), Failure> {
    match invocation.console.policy().treat_event(event.name) {
        Treatment::Error => Err(vec![Diagnostic::error(Code::SelectorEmpty, event.text)]),
        Treatment::Silence => Ok(()),
        Treatment::Warn => {
            let text = invocation.console.look().warning(&event.text);
            invocation.console.emit(Event { text, ..event });
            Ok(())
        }
    }
}

#[expect(clippy::boxed_local, reason = "it is what every stage returns")]
fn one(error: Box<Diagnostic>) -> Failure {
    vec![*error]
}
