//! `profiles.yml`: which file, which profile in it, which of its targets.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;

use super::config::read_yaml;
use super::render::render_value;
use super::yaml::{self, Entry, Kind, Yaml};
use super::{Mapping, Profile, ProjectFile};
use crate::diagnostic::{Code, Diagnostic, Result, Sources, Span};
use crate::jinja::YamlJinja;
use crate::secret;

const FILE_NAME: &str = "profiles.yml";

/// What the command line says about the profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileRequest {
    /// `--profiles-dir`, or the environment variable that stands for it.
    pub profiles_dir: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`, or the environment variable that stands for it.
    pub target: Option<String>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--vars`.
    pub cli_vars: Mapping,
    /// The warehouse to use where there is no profile at all: its type and its settings.
    pub embedded: (String, Mapping),
}

/// Loads the profile that a project asks for, and chooses its target. With it come warnings.
///
/// Where no `profiles.yml` is found and none was asked for, it is the embedded warehouse, and
/// [`Profile::note`] says so.
///
/// # Errors
/// The profile or its target is not there or cannot be rendered, in dbt's words.
pub fn load_profile(
    request: &ProfileRequest,
    project: &ProjectFile,
    sources: &Sources,
) -> Result<(Profile, Vec<Diagnostic>)> {
    let jinja = YamlJinja::new(request.cli_vars.clone(), None);
    let name = match (&request.profile, project.profile()) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(written)) => render_value(written, &jinja, sources)?.scalar_text(),
        (None, None) => None,
    };
    let asked_at = project.profile().filter(|_| request.profile.is_none()).map(|written| written.span);
    let path = match search(request, &project.folder) {
        Search::Found(path) => path,
        Search::Nowhere if request.profile.is_none() => return Ok((embedded(request, project), Vec::new())),
        Search::Nowhere => return Err(Box::new(no_profile(&name.unwrap_or_default(), asked_at, None))),
        Search::NotIn(folder) => {
            return Err(Box::new(no_profile(&name.unwrap_or_default(), asked_at, Some(&folder))));
        }
    };
    let Some(name) = name else { return Err(Box::new(nothing_asked_for(project, &path))) };
    File::read(path, sources)?.profile(&name, asked_at, request, &jinja, sources)
}

enum Search {
    Found(PathBuf),
    /// The folder that was asked for has none.
    NotIn(PathBuf),
    Nowhere,
}

/// dbt's order: the folder asked for, the working folder, the project's folder, `~/.dbt`.
fn search(request: &ProfileRequest, project: &Path) -> Search {
    if let Some(folder) = &request.profiles_dir {
        let path = folder.join(FILE_NAME);
        return if path.is_file() { Search::Found(path) } else { Search::NotIn(folder.clone()) };
    }
    let home = env::home_dir().map(|home| home.join(".dbt"));
    [env::current_dir().ok(), Some(project.to_owned()), home]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
        .map_or(Search::Nowhere, Search::Found)
}

fn embedded(request: &ProfileRequest, project: &ProjectFile) -> Profile {
    let (kind, settings) = request.embedded.clone();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let path = settings.get("path").and_then(serde_json::Value::as_str).map(Path::new);
    let place = path.map_or_else(String::new, |path| {
        format!(" in {}", path.strip_prefix(&project.folder).unwrap_or(path).display())
    });
    Profile {
        name: project.name().unwrap_or("default").to_owned(),
        target: request.target.clone().unwrap_or_else(|| "dev".to_owned()),
        note: Some(format!("No profiles.yml found: using the embedded {kind} warehouse{place}")),
        kind,
        threads: request.threads.unwrap_or(cores),
        settings,
        path: None,
        spans: IndexMap::new(),
        span: None,
    }
}

struct File {
    path: PathBuf,
    profiles: yaml::Mapping,
    warnings: Vec<Diagnostic>,
}

impl File {
    fn read(path: PathBuf, sources: &Sources) -> Result<Self> {
        let (yaml, warnings, _) = read_yaml(&path, path.display().to_string(), sources)?;
        match yaml.value {
            Kind::Mapping(profiles) if !profiles.is_empty() => Ok(Self { path, profiles, warnings }),
            Kind::Null | Kind::Mapping(_) => {
                let message = format!("The profiles.yml file at {} is empty", path.display());
                Err(Box::new(Diagnostic::error(Code::ProfileInvalid, message).label(yaml.span, "")))
            }
            _ => Err(Box::new(invalid(&yaml, FILE_NAME, "a mapping of profiles"))),
        }
    }

    fn profile(
        self,
        name: &str,
        asked_at: Option<Span>,
        request: &ProfileRequest,
        jinja: &YamlJinja,
        sources: &Sources,
    ) -> Result<(Profile, Vec<Diagnostic>)> {
        let Some(profile) = self.profiles.entry(name) else {
            let mut problem = no_profile(name, asked_at, self.path.parent());
            let known = || self.profiles.keys().filter(|key| *key != "config");
            problem = problem.suggest(name, known());
            if problem.help.is_none() {
                problem = problem.help(format!(
                    "{} has: {}",
                    self.path.display(),
                    known().collect::<Vec<_>>().join(", ")
                ));
            }
            return Err(Box::new(problem));
        };
        if profile.value.is_null() {
            let message = format!("Profile {name} in profiles.yml is empty");
            return Err(Box::new(
                Diagnostic::error(Code::ProfileInvalid, message).label(profile.key_span, ""),
            ));
        }
        let keys = mapping(profile)?;
        let mut warnings = self.warnings.clone();
        warnings.extend(keys.unknown_keys(&["target", "outputs"], "a profile"));
        let (target, output) = choose(name, profile, keys, request, jinja, sources)?;
        let rendered = render_value(&output.value, jinja, sources)?;
        let settings = rendered.as_mapping().map(yaml::Mapping::to_json).unwrap_or_default();
        secret::hold(passwords(&settings));
        let Some(kind) = settings.get("type").and_then(serde_json::Value::as_str) else {
            let message = format!("required field \"type\" not found in profile {name} and target {target}");
            return Err(Box::new(
                Diagnostic::error(Code::ProfileInvalid, message).label(output.key_span, ""),
            ));
        };
        let threads = match rendered.as_mapping().and_then(|keys| keys.get("threads")) {
            None => 1,
            Some(written) => written
                .scalar_text()
                .and_then(|text| text.parse().ok())
                .filter(|n| *n > 0)
                .ok_or_else(|| Box::new(invalid(written, "threads", "a number of at least 1")))?,
        };
        let spans =
            output.value.as_mapping().into_iter().flatten().map(|e| (e.key.clone(), e.key_span)).collect();
        let profile = Profile {
            name: name.to_owned(),
            target,
            kind: kind.to_owned(),
            threads: request.threads.unwrap_or(threads),
            settings,
            path: Some(self.path),
            spans,
            span: Some(output.key_span),
            note: None,
        };
        Ok((profile, warnings))
    }
}

/// The target's name and its output, unrendered: outputs that are not chosen may ask for variables
/// that are not set.
fn choose<'a>(
    name: &str,
    profile: &Entry,
    keys: &'a yaml::Mapping,
    request: &ProfileRequest,
    jinja: &YamlJinja,
    sources: &Sources,
) -> Result<(String, &'a Entry)> {
    let (target, written_at) = match (request.target.clone(), keys.get("target")) {
        (Some(target), _) => (target, None),
        (None, Some(written)) => {
            let target = render_value(written, jinja, sources)?;
            (
                target.scalar_text().ok_or_else(|| Box::new(invalid(written, "target", "text")))?,
                Some(written.span),
            )
        }
        (None, None) => ("default".to_owned(), None),
    };
    let Some(outputs) = keys.entry("outputs") else {
        let message = format!("outputs not specified in profile '{name}'");
        return Err(Box::new(Diagnostic::error(Code::ProfileInvalid, message).label(profile.key_span, "")));
    };
    let targets = mapping(outputs)?;
    let Some(output) = targets.entry(&target) else {
        let valid: Vec<_> = targets.keys().map(|target| format!(" - {target}")).collect();
        let message = format!(
            "The profile '{name}' does not have a target named '{target}'. \
             The valid target names for this profile are:\n{}",
            valid.join("\n")
        );
        let problem = Diagnostic::error(Code::ProfileInvalid, message)
            .label(written_at.unwrap_or(outputs.key_span), "")
            .suggest(&target, targets.keys());
        return Err(Box::new(problem));
    };
    if output.value.as_mapping().is_none() {
        let message = format!("output '{target}' of profile '{name}' is misconfigured in profiles.yml");
        return Err(Box::new(Diagnostic::error(Code::ProfileInvalid, message).label(output.key_span, "")));
    }
    Ok((target, output))
}

/// What is secret in the settings of a target: values under keys that say so and in addresses. A value that stands
/// under another key too, such as a database's name, can be kept from nobody.
fn passwords(settings: &Mapping) -> Vec<String> {
    let (mut secret, mut open) = (Vec::new(), Vec::new());
    sort_out("", &serde_json::Value::Object(settings.clone()), &mut secret, &mut open);
    secret.retain(|value| value.len() > 3 && !open.contains(value));
    secret
}

fn sort_out(key: &str, value: &serde_json::Value, secret: &mut Vec<String>, open: &mut Vec<String>) {
    static IN_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let parameter = r"(?i)(?:password|pwd|token|secret)\s*=\s*(?:'([^']*)'|([^\s;&']+))";
        Regex::new(&format!(r"{parameter}|://[^/:@\s]*:([^@\s]+)@")).ok()
    });
    match value {
        serde_json::Value::String(text) => {
            let key = key.to_lowercase();
            let says_so = ["secret", "token", "password", "passwd", "access_key", "private_key"];
            if says_so.iter().any(|word| key.contains(word)) {
                secret.push(text.clone());
                return;
            }
            open.push(text.clone());
            let found = IN_TEXT.iter().flat_map(|regex| regex.captures_iter(text));
            secret.extend(found.filter_map(|c| Some(c.iter().skip(1).flatten().next()?.as_str().to_owned())));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| sort_out(key, item, secret, open)),
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, item)| sort_out(key, item, secret, open));
        }
        _ => {}
    }
}

fn mapping(entry: &Entry) -> Result<&yaml::Mapping> {
    entry.value.as_mapping().ok_or_else(|| Box::new(invalid(&entry.value, &entry.key, "a mapping")))
}

fn invalid(value: &Yaml, key: &str, wanted: &str) -> Diagnostic {
    Diagnostic { code: Code::ProfileInvalid, ..value.invalid(key, wanted) }
}

fn no_profile(name: &str, asked_at: Option<Span>, folder: Option<&Path>) -> Diagnostic {
    let problem = Diagnostic::error(Code::ProfileInvalid, format!("Could not find profile named '{name}'"))
        .label_opt(asked_at, "asked for here");
    match folder {
        Some(folder) => {
            problem.help(format!("profiles were looked for in {}", folder.join(FILE_NAME).display()))
        }
        None => problem.help("there is no profiles.yml here, in the project's folder or in ~/.dbt"),
    }
}

fn nothing_asked_for(project: &ProjectFile, path: &Path) -> Diagnostic {
    let message = "dbt cannot run because no profile was specified for this dbt project.";
    let help = format!("add `profile: NAME` with a name from {}, or pass --profile", path.display());
    Diagnostic::error(Code::ProfileInvalid, message).label(Span::new(project.source, 0..0), "").help(help)
}
