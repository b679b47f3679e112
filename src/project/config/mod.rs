//! `dbt_project.yml`: found, read as it stands, then rendered into a [`Package`].
//!
//! It is read in two steps because the profile it names must be loaded, and the warehouse opened,
//! before its templates can be rendered with `target`.

mod keys;
mod read;
mod selectors;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::yaml::{self, Yaml};
use super::{Mapping, Package, Project, packages};
use crate::diagnostic::{Code, Diagnostic, Result, SourceId, Sources};
use crate::jinja::YamlJinja;

const FILE_NAME: &str = "dbt_project.yml";

/// The folder a command works in: the given one, else the nearest one at or above the working
/// folder that has a project file, else the working folder.
///
/// # Errors
/// The working folder cannot be told.
pub fn find(given: Option<&Path>) -> Result<PathBuf> {
    let here = env::current_dir().map_err(|error| {
        Box::new(Diagnostic::error(Code::FileAccess, format!("the working folder cannot be read: {error}")))
    })?;
    Ok(match given {
        Some(folder) => normal(&here.join(folder)),
        None => here.ancestors().find(|folder| folder.join(FILE_NAME).is_file()).unwrap_or(&here).to_owned(),
    })
}

/// A path without `.` and with each `..` applied to what stands before it.
pub fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if normal.parent().is_some() => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// A project file as it stands, before any template in it is rendered.
#[derive(Debug)]
pub struct ProjectFile {
    /// The folder it stands in.
    pub folder: PathBuf,
    /// Its text.
    pub source: SourceId,
    /// Its keys.
    pub keys: yaml::Mapping,
    /// `vars` of a `vars.yml` beside it.
    pub vars_file: Mapping,
    /// What was strange about it.
    warnings: Vec<Diagnostic>,
}

impl ProjectFile {
    /// Reads the project file of a folder, and `vars.yml` beside it.
    ///
    /// # Errors
    /// There is none, or it is not a YAML mapping.
    pub fn read(folder: &Path, sources: &Sources) -> Result<Self> {
        Self::read_shown(folder, FILE_NAME.to_owned(), sources)
    }

    /// The same, shown in diagnostics by another path than its name.
    ///
    /// # Errors
    /// There is none, or it is not a YAML mapping.
    pub fn read_shown(folder: &Path, shown: String, sources: &Sources) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            return Err(Box::new(Diagnostic::error(
                Code::ProjectNotFound,
                format!(
                    "No {FILE_NAME} found at expected path {}\n\
                     Verify that each entry within packages.yml (and their transitive dependencies) \
                     contains a file named {FILE_NAME}",
                    path.display()
                ),
            )));
        }
        let (yaml, mut warnings, source) = read_yaml(&path, shown, sources)?;
        let yaml::Kind::Mapping(keys) = yaml.value else {
            let message = format!("{FILE_NAME} does not parse to a dictionary");
            let at = format!("it is {}", yaml.kind());
            return Err(Box::new(Diagnostic::error(Code::ProjectInvalid, message).label(yaml.span, at)));
        };
        let vars_file = vars_file(folder, sources, &mut warnings)?;
        Ok(Self { folder: folder.to_owned(), source, keys, vars_file, warnings })
    }

    /// What stands in for a project file that cannot be read: it says nothing.
    pub fn silent(folder: &Path, sources: &Sources) -> Self {
        Self {
            folder: folder.to_owned(),
            source: sources.add(FILE_NAME, ""),
            keys: yaml::Mapping::default(),
            vars_file: Mapping::new(),
            warnings: Vec::new(),
        }
    }

    /// The project's name, unrendered.
    pub fn name(&self) -> Option<&str> {
        self.keys.get("name").and_then(Yaml::as_str)
    }

    /// The profile it asks for, unrendered.
    pub fn profile(&self) -> Option<&Yaml> {
        self.keys.get("profile").filter(|profile| !profile.is_null())
    }

    /// `flags` as written.
    pub fn flags(&self) -> Mapping {
        self.keys.get("flags").and_then(Yaml::as_mapping).map(yaml::Mapping::to_json).unwrap_or_default()
    }

    /// What `var` gives in this file: the command line's variables over those of `vars.yml`.
    pub fn vars(&self, cli: &Mapping) -> Mapping {
        let mut vars = self.vars_file.clone();
        vars.extend(cli.clone());
        vars
    }
}

/// What the command line says about loading.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `--vars`.
    pub cli_vars: Mapping,
    /// What `target` is in the templates of project files; nothing where no warehouse is opened.
    pub target: Option<Mapping>,
    /// The version of dbt whose language is spoken; nothing where it is not to be checked.
    pub dbt_version: Option<String>,
}

/// Renders the project file of the root and loads the packages it installed. What is wrong is
/// reported and left out; a command that needs the whole stops when an error is among it.
pub fn load(file: ProjectFile, options: &LoadOptions, sources: &Sources) -> (Project, Vec<Diagnostic>) {
    let (root, jinja, mut found) = load_root(file, options, sources);
    let project = packages::load(root, &jinja, options, sources, &mut found);
    (project, found)
}

/// Renders the project file of the root alone; with it, what renders its `packages.yml`.
pub fn load_root(
    file: ProjectFile,
    options: &LoadOptions,
    sources: &Sources,
) -> (Package, YamlJinja, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let vars = file.vars(&options.cli_vars);
    let jinja = YamlJinja::without_secrets(vars.clone(), options.target.clone());
    let root = read::package(file, &jinja, options, sources, &mut found);
    (root, YamlJinja::new(vars, None), found)
}

/// Reads a package's project file; packages see `target` and no variables of the command line.
pub(super) fn load_package(
    file: ProjectFile,
    options: &LoadOptions,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Package {
    let jinja = YamlJinja::without_secrets(Mapping::new(), options.target.clone());
    read::package(file, &jinja, options, sources, found)
}

/// Reads the argument of `--vars`, or of another option that takes a YAML mapping.
///
/// # Errors
/// It is not a YAML mapping.
pub fn cli_vars(text: &str, option: &str, sources: &Sources) -> Result<Mapping> {
    let source = sources.add(format!("<--{option}>"), text);
    let wrong = |kind: &str| {
        let message = format!("The --{option} argument must be a YAML dictionary, but was of type '{kind}'");
        Diagnostic::error(Code::VarsInvalid, message).help(format!("write --{option} '{{key: value}}'"))
    };
    let (yaml, _) = yaml::parse(text, source)
        .map_err(|problem| Box::new(Diagnostic { code: Code::VarsInvalid, ..*problem }))?;
    match &yaml.value {
        yaml::Kind::Mapping(mapping) => Ok(mapping.to_json()),
        other => {
            Err(Box::new(wrong(python_type(other)).label(yaml.span, format!("this is {}", yaml.kind()))))
        }
    }
}

/// The name of a value's type in Python, which dbt's messages use.
fn python_type(kind: &yaml::Kind) -> &'static str {
    match kind {
        yaml::Kind::Null => "NoneType",
        yaml::Kind::Bool(_) => "bool",
        yaml::Kind::Number(number) if number.is_f64() => "float",
        yaml::Kind::Number(_) => "int",
        yaml::Kind::Text(_) => "str",
        yaml::Kind::List(_) => "list",
        yaml::Kind::Mapping(_) => "dict",
    }
}

/// Reads a file as YAML; with the tree, the keys that were given twice.
pub(super) fn read_yaml(
    path: &Path,
    shown: String,
    sources: &Sources,
) -> Result<(Yaml, Vec<Diagnostic>, SourceId)> {
    let text = fs::read_to_string(path).map_err(|error| {
        Box::new(Diagnostic::error(Code::FileAccess, format!("`{shown}` cannot be read: {error}")))
    })?;
    let source = sources.add(shown, text.as_str());
    let (yaml, warnings) = yaml::parse(&text, source)?;
    Ok((yaml, warnings, source))
}

fn vars_file(folder: &Path, sources: &Sources, warnings: &mut Vec<Diagnostic>) -> Result<Mapping> {
    let path = folder.join("vars.yml");
    if !path.is_file() {
        return Ok(Mapping::new());
    }
    let (yaml, found, _) = read_yaml(&path, "vars.yml".to_owned(), sources)?;
    warnings.extend(found);
    let Some(mapping) = yaml.as_mapping() else {
        return if yaml.is_null() {
            Ok(Mapping::new())
        } else {
            Err(Box::new(yaml.invalid("vars.yml", "a mapping")))
        };
    };
    warnings.extend(mapping.unknown_keys(&["vars"], "vars.yml"));
    match mapping.get("vars") {
        None => Ok(Mapping::new()),
        Some(vars) if vars.is_null() => Ok(Mapping::new()),
        Some(vars) => vars
            .as_mapping()
            .map(yaml::Mapping::to_json)
            .ok_or_else(|| Box::new(vars.invalid("vars", "a mapping"))),
    }
}
