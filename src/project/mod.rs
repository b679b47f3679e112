//! A project on disk: `dbt_project.yml`, `profiles.yml`, installed packages and the files of each.
//!
//! In the order of use: `find` the folder, [`ProjectFile::read`] its project file, [`load_profile`]
//! (with which the caller opens the warehouse, because templates may ask for `target`), [`load`]
//! the project with its packages, [`files`] what they contain. Nothing here looks inside a model or
//! a property file.

mod config;
mod file;
mod packages;
mod profile;
mod render;
pub mod version;
pub mod yaml;

use std::path::PathBuf;

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::{SourceId, Span};

pub use config::{LoadOptions, ProjectFile, cli_vars, find, load, load_root, normal};
pub use file::files;
pub use packages::{
    Checkout, Edited, Listing, Lock, Origin, PackageSpec, listing, local_folder, lock, prefix,
};
pub use profile::{ProfileRequest, load_profile};

/// A mapping in the order it was written.
pub type Mapping = serde_json::Map<String, serde_json::Value>;

/// The root project and the packages it installed.
#[derive(Debug)]
pub struct Project {
    /// The root first, then packages in the order of their names.
    pub packages: IndexMap<String, Package>,
    /// The name of the root.
    pub root: String,
}

impl Project {
    /// The root project.
    pub fn root(&self) -> &Package {
        &self.packages[&self.root]
    }
}

/// One project file and the folder it stands in.
#[derive(Debug)]
pub struct Package {
    /// Its name, which is the namespace of its macros.
    pub name: String,
    /// Its version as written.
    pub version: Option<String>,
    /// The folder.
    pub folder: PathBuf,
    /// The text of its project file.
    pub source: SourceId,
    /// The profile it asks for.
    pub profile: Option<String>,
    /// Where its resources are.
    pub paths: Paths,
    /// Where artifacts go, relative to the folder.
    pub target_path: String,
    /// Where `dbt.log` goes, relative to the folder.
    pub log_path: String,
    /// Where packages are installed, relative to the folder.
    pub packages_install_path: String,
    /// What `clean` removes.
    pub clean_targets: Vec<String>,
    /// The version ranges it asks for.
    pub require_dbt_version: Vec<String>,
    /// `database`, `schema`, `identifier` as written.
    pub quoting: Mapping,
    /// Configuration by resource kind.
    pub configs: Configs,
    /// `vars` as written, package scopes included; `vars.yml` merged in.
    pub vars: Mapping,
    /// Hooks before the first node, unrendered.
    pub on_run_start: Vec<Hook>,
    /// Hooks after the last node, unrendered.
    pub on_run_end: Vec<Hook>,
    /// Macro namespace to the packages searched for it, in order.
    pub dispatch: IndexMap<String, Vec<String>>,
    /// The comment put on each statement, unrendered.
    pub query_comment: QueryComment,
    /// `flags` as written.
    pub flags: Mapping,
    /// Whether only its public models may be read from other packages.
    pub restrict_access: bool,
    /// Where the docs find their images.
    pub asset_paths: Vec<String>,
    /// Where doc blocks are looked for; every resource folder where nothing is said.
    pub docs_paths: Vec<String>,
    /// Named selections of `selectors.yml`, rendered, in the order written.
    pub selectors: Vec<NamedSelector>,
}

/// A selection with a name.
#[derive(Debug, Clone)]
pub struct NamedSelector {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is used where the command line selects nothing.
    pub default: bool,
    /// The selection: text in the language of `--select`, or a mapping of `union`, `method`, …
    pub definition: Value,
    /// Where its name stands.
    pub span: Span,
}

/// A hook as written.
#[derive(Debug, Clone)]
pub struct Hook {
    /// Its template.
    pub sql: String,
    /// Where it stands.
    pub span: Span,
}

/// Resource folders, relative to the package folder.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is dbt's `*-paths` key of the same name")]
pub struct Paths {
    pub model: Vec<String>,
    pub seed: Vec<String>,
    pub test: Vec<String>,
    pub snapshot: Vec<String>,
    pub analysis: Vec<String>,
    pub macros: Vec<String>,
    pub function: Vec<String>,
}

/// The per-folder configuration trees, as rendered; the keys of each keep their `+`.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is dbt's key of the same name")]
pub struct Configs {
    pub models: Mapping,
    pub seeds: Mapping,
    pub snapshots: Mapping,
    pub sources: Mapping,
    pub data_tests: Mapping,
    pub unit_tests: Mapping,
    pub exposures: Mapping,
    pub metrics: Mapping,
    pub semantic_models: Mapping,
    pub saved_queries: Mapping,
    pub functions: Mapping,
    pub analyses: Mapping,
    /// The same trees as written, before their strings were rendered, by key of the project file.
    pub unrendered: Mapping,
    /// Where each path of keys stands, joined with `/`, such as `models/jaffle/+tags`.
    pub spans: IndexMap<String, Span>,
}

/// The comment that marks each statement in the warehouse's query log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryComment {
    /// Its template; nothing switches it off; [`QueryComment::DEFAULT`] where nothing is said.
    pub comment: Option<String>,
    /// Whether it stands after the statement.
    pub append: bool,
    /// Whether it becomes a job label, where the warehouse has them.
    pub job_label: bool,
}

impl QueryComment {
    /// A JSON object that says which node of which run the statement belongs to.
    pub const DEFAULT: &'static str = "\
        {%- set fields = {'app': 'dbt', 'dbt_version': dbt_version, \
        'profile_name': target.get('profile_name'), 'target_name': target.get('target_name')} -%}\
        {%- if node is none -%}{%- do fields.update({'connection_name': connection_name}) -%}\
        {%- else -%}{%- do fields.update({'node_id': node.unique_id}) -%}{%- endif -%}\
        {{ tojson(fields) }}";
}

impl Default for QueryComment {
    fn default() -> Self {
        Self { comment: Some(Self::DEFAULT.to_owned()), append: false, job_label: false }
    }
}

/// The connection a profile describes, rendered, before an adapter looked at it.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// The target chosen from its outputs.
    pub target: String,
    /// Its `type`.
    pub kind: String,
    /// Workers to run.
    pub threads: usize,
    /// All keys of the output.
    pub settings: Mapping,
    /// Where the file is; nothing for the embedded default.
    pub path: Option<PathBuf>,
    /// Where each key of the output stands.
    pub spans: IndexMap<String, Span>,
    /// Where the output's name stands; nothing for the embedded default.
    pub span: Option<Span>,
    /// What to tell the user about where it comes from: that there is no profile and what is used instead.
    pub note: Option<String>,
}

/// What a file of a package holds, by the folder it was found in and its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FileKind {
    Model,
    Seed,
    Snapshot,
    SingularTest,
    GenericTest,
    Analysis,
    Macro,
    Docs,
    Properties,
    Fixture,
    Function,
}

/// One file of a package.
#[derive(Debug, Clone)]
pub struct File {
    /// What it holds.
    pub kind: FileKind,
    /// The package's name.
    pub package: String,
    /// The resource folder it was found under, such as `models`.
    pub root: String,
    /// Relative to the resource folder, with `/`.
    pub path: String,
    /// Relative to the package folder, with `/`.
    pub original_file_path: String,
    /// On disk.
    pub absolute: PathBuf,
    /// Its text; nothing for seeds, which are read when they are loaded.
    pub source: Option<SourceId>,
}
