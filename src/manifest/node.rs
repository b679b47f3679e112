//! A node: anything that is compiled or run in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Batch, Mapping, NodeConfig, UniqueId, UnitTest, Value};
use crate::diagnostic::{SourceId, Span};
use crate::relation::Relation;

/// dbt's kinds of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "dbt's own words")]
pub enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Test,
    Analysis,
    Operation,
    SqlOperation,
    UnitTest,
    Source,
    Exposure,
    Macro,
    Doc,
    Group,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
}

impl ResourceType {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Model,
        Self::Seed,
        Self::Snapshot,
        Self::Test,
        Self::Analysis,
        Self::Operation,
        Self::SqlOperation,
        Self::UnitTest,
        Self::Source,
        Self::Exposure,
        Self::Macro,
        Self::Doc,
        Self::Group,
        Self::Metric,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::Function,
    ];

    /// dbt's word, as it starts a unique id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::SqlOperation => "sql_operation",
            Self::UnitTest => "unit_test",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::Macro => "macro",
            Self::Doc => "doc",
            Self::Group => "group",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
        }
    }
}

/// What a node's code is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// SQL with Jinja.
    Sql,
    /// Python.
    Python,
    /// JavaScript, which some warehouses have for functions.
    JavaScript,
    /// Data: a seed.
    Csv,
}

impl Language {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sql | Self::Csv => "sql",
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }
}

/// The arguments of a `ref` call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefArgs {
    /// The package, where two arguments were given.
    pub package: Option<String>,
    /// The model's name.
    pub name: String,
    /// The version, as text: `1` and `"1"` are one version.
    pub version: Option<String>,
    /// Where it was said.
    pub span: Option<Span>,
}

/// What a node needs before it can run, in the order first mentioned, without repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DependsOn {
    /// Nodes and sources.
    pub nodes: Vec<UniqueId>,
    /// Macros that were called.
    pub macros: Vec<UniqueId>,
    /// Variables that were read, as `package.name`.
    pub vars: Vec<String>,
}

/// The fingerprint of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// `sha256`, `path` for large seeds, or `none`.
    pub name: &'static str,
    /// The hex digest, or the path.
    pub checksum: String,
}

/// A documented column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Markdown, doc blocks resolved.
    pub description: String,
    /// The type the author wrote.
    pub data_type: Option<String>,
    /// `meta`.
    pub meta: Mapping,
    /// `tags`, which its tests inherit.
    pub tags: Vec<String>,
    /// Its classifiers, where it says some, or that it has none.
    pub classifiers: Option<Vec<String>>,
    /// Whether to quote it.
    pub quote: Option<bool>,
    /// Constraints as written.
    pub constraints: Vec<Value>,
    /// Time granularity, for time spines.
    pub granularity: Option<String>,
    /// The dimension of a semantic model that it is: a type, or a mapping.
    pub dimension: Option<Value>,
    /// The entity of a semantic model that it is: a type, or a mapping.
    pub entity: Option<Value>,
    /// Ids of the doc blocks its description uses.
    pub doc_blocks: Vec<UniqueId>,
    /// Where its name stands.
    pub span: Option<Span>,
}

impl Column {
    /// The classes of data it is said to hold: its `classifiers`, its tags that begin with `pii`, and the keys
    /// `pii` and `classification` of its `meta`.
    pub fn classes(&self) -> BTreeSet<String> {
        let mut classes: BTreeSet<String> = self.classifiers.iter().flatten().cloned().collect();
        classes.extend(self.tags.iter().filter(|tag| tag.to_lowercase().starts_with("pii")).cloned());
        for key in ["pii", "classification"] {
            match self.meta.get(key) {
                Some(Value::Bool(true)) => drop(classes.insert(key.to_owned())),
                Some(Value::String(text)) => drop(classes.insert(text.clone())),
                Some(Value::Array(items)) => {
                    classes.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        classes
    }
}

/// What makes a generic test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestMetadata {
    /// The test, such as `not_null`.
    pub name: String,
    /// The package it was asked for by name.
    pub namespace: Option<String>,
    /// Its arguments, `column_name` and `model` included.
    pub kwargs: Mapping,
}

/// When an operation of `dbt_project.yml` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// `on-run-start`.
    Start,
    /// `on-run-end`.
    End,
}

impl HookKind {
    /// The key of `dbt_project.yml`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Start => "on-run-start",
            Self::End => "on-run-end",
        }
    }
}

/// What only one kind of node has.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A model.
    Model {
        /// Its version, as written.
        version: Option<Value>,
        /// The latest of its versions.
        latest_version: Option<Value>,
        /// `private`, `protected` or `public`.
        access: String,
        /// Model-level constraints as written.
        constraints: Vec<Value>,
        /// When it will go, as written.
        deprecation_date: Option<String>,
        /// `primary_key` as inferred from tests and constraints.
        primary_key: Vec<String>,
        /// The time spine it declares, as written.
        time_spine: Option<Value>,
    },
    /// A seed.
    Seed {
        /// The folder of the package it lives in.
        root_path: String,
    },
    /// A snapshot.
    Snapshot,
    /// A function of the warehouse.
    Function {
        /// Its arguments, in dbt's form.
        arguments: Vec<Value>,
        /// What it returns, in dbt's form.
        returns: Value,
        /// Its overloads with their code, in dbt's form.
        overloads: Vec<Value>,
    },
    /// A test that a property file asked for.
    GenericTest {
        /// Which test with which arguments.
        metadata: TestMetadata,
        /// The column it is about.
        column_name: Option<String>,
        /// The node it is about.
        attached_node: Option<UniqueId>,
        /// `models.orders`, say: where it stands in its property file.
        file_key_name: Option<String>,
    },
    /// A test that is a file of SQL.
    SingularTest,
    /// An analysis.
    Analysis,
    /// A hook of the project.
    Operation {
        /// At the start or the end.
        hook: HookKind,
        /// Its place among the hooks of its package.
        index: usize,
    },
    /// A query given on the command line.
    SqlOperation,
    /// A unit test.
    UnitTest(Box<UnitTest>),
}

/// Anything that is compiled or run: model, seed, snapshot, test, analysis, hook, unit test.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its id.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The package that defines it.
    pub package_name: String,
    /// What only its kind has.
    pub kind: NodeKind,
    /// The file, relative to its resource folder.
    pub path: String,
    /// The file, relative to its package folder.
    pub original_file_path: String,
    /// The file's text in [`crate::diagnostic::Sources`], and where the node's code starts in it.
    pub source: SourceId,
    /// The byte of the file where `raw_code` starts (a snapshot block starts late; 0 otherwise).
    pub source_offset: usize,
    /// Path of folders and name, package first.
    pub fqn: Vec<String>,
    /// What the code is written in.
    pub language: Language,
    /// The code as written.
    pub raw_code: Arc<str>,
    /// The fingerprint of the code.
    pub checksum: Checksum,
    /// Where it is built; nothing for what is never built.
    pub relation: Option<Relation>,
    /// Name in the warehouse.
    pub alias: String,
    /// Schema in the warehouse.
    pub schema: String,
    /// Database in the warehouse.
    pub database: Option<String>,
    /// Its configuration, all levels merged.
    pub config: NodeConfig,
    /// Tags of the configuration, and for a test those of its column before them.
    pub tags: Vec<String>,
    /// The group of the configuration, or for a test that of the node it is about.
    pub group: Option<String>,
    /// Configuration as written, before rendering.
    pub unrendered_config: Mapping,
    /// Configuration from the file itself, as `config()` was called.
    pub config_call: Mapping,
    /// Markdown, doc blocks resolved.
    pub description: String,
    /// Ids of the doc blocks the description uses.
    pub doc_blocks: Vec<UniqueId>,
    /// Documented columns by name.
    pub columns: IndexMap<String, Column>,
    /// `package://path` of the property file about it.
    pub patch_path: Option<String>,
    /// Where the property file names it.
    pub patch_span: Option<Span>,
    /// The `ref` calls in it.
    pub refs: Vec<RefArgs>,
    /// The `source` calls in it, as source and table.
    pub sources: Vec<(String, String)>,
    /// The `metric` calls in it: a name, or a package and a name.
    pub metrics: Vec<Vec<String>>,
    /// The `function` calls in it: a name, or a package and a name.
    pub functions: Vec<Vec<String>>,
    /// What it needs.
    pub depends_on: DependsOn,
    /// Seconds since 1970 when it was parsed.
    pub created_at: f64,
    /// What this copy of a microbatch model is built for; nothing in the manifest.
    pub batch: Option<Arc<Batch>>,
}

impl Node {
    /// dbt's kind of resource.
    pub fn resource_type(&self) -> ResourceType {
        match self.kind {
            NodeKind::Model { .. } => ResourceType::Model,
            NodeKind::Seed { .. } => ResourceType::Seed,
            NodeKind::Snapshot => ResourceType::Snapshot,
            NodeKind::Function { .. } => ResourceType::Function,
            NodeKind::GenericTest { .. } | NodeKind::SingularTest => ResourceType::Test,
            NodeKind::Analysis => ResourceType::Analysis,
            NodeKind::Operation { .. } => ResourceType::Operation,
            NodeKind::SqlOperation => ResourceType::SqlOperation,
            NodeKind::UnitTest(_) => ResourceType::UnitTest,
        }
    }

    /// Whether `ref` may name it.
    pub fn is_refable(&self) -> bool {
        matches!(self.resource_type(), ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
    }

    /// Whether it is inlined into its readers instead of being built.
    pub fn is_ephemeral(&self) -> bool {
        self.resource_type() == ResourceType::Model && self.config.materialized() == "ephemeral"
    }

    /// Whether it is a model that is built in slices of event time.
    pub fn is_microbatch(&self) -> bool {
        self.resource_type() == ResourceType::Model
            && self.config.materialized() == "incremental"
            && self.config.text("incremental_strategy") == Some("microbatch")
    }

    /// What dbt calls a hook when it runs after `before` others: `shop.on-run-start.0`.
    pub fn hook_title(&self, before: usize) -> String {
        match self.kind {
            NodeKind::Operation { hook, .. } => format!("{}.{}.{before}", self.package_name, hook.key()),
            _ => self.name.clone(),
        }
    }

    /// Where a key of its configuration is set: in its own file, else where its properties stand.
    pub fn config_span(&self, key: &str) -> Option<Span> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let is_whole = |at: &usize| {
            !self.raw_code[..*at].ends_with(is_part) && !self.raw_code[at + key.len()..].starts_with(is_part)
        };
        let said = || self.raw_code.match_indices(key).map(|(at, _)| at).find(is_whole);
        let at = self.config_call.contains_key(key).then(said).flatten();
        at.map(|at| Span::new(self.source, self.source_offset + at..self.source_offset + at + key.len()))
            .or(self.patch_span)
    }

    /// Where its code goes below `target/compiled` and `target/run`: package, file, and for nodes that
    /// share a file, their own name below it; for a batch, a file of its own in a folder of the model's.
    pub fn output_path(&self) -> String {
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let original = self.original_file_path.trim_start_matches("./");
        if let NodeKind::UnitTest(test) = &self.kind {
            let folder = original.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let name = test.versioned_name(&self.name);
            return format!("{}/{original}/{folder}{name}.sql", self.package_name);
        }
        let path = if matches!(self.kind, NodeKind::Snapshot) {
            // One file may have several, one of which may be called like the file.
            format!("{}/{original}/{}.sql", self.package_name, self.name)
        } else if file_name(&self.path) == file_name(original) {
            format!("{}/{original}", self.package_name)
        } else {
            format!("{}/{original}/{}", self.package_name, self.path)
        };
        let Some(batch) = &self.batch else { return path };
        let (stem, extension) = path.rsplit_once('.').unwrap_or((&path, ""));
        format!("{stem}/{}_{}.{extension}", file_name(stem), batch.name)
    }

    /// The model's version as text, `1` for both `1` and `"1"`.
    pub fn version(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Model { version: Some(version), .. } => Some(version_text(version)),
            _ => None,
        }
    }

    /// Whether a `ref` with these arguments may mean this version: the one asked for, or the latest.
    pub fn answers_version(&self, args: &RefArgs) -> bool {
        match (&self.kind, &args.version) {
            (_, Some(wanted)) => self.version().as_ref() == Some(wanted),
            (NodeKind::Model { version: Some(version), latest_version: Some(latest), .. }, None) => {
                version_text(version) == version_text(latest)
            }
            _ => true,
        }
    }
}

/// A version as text, however YAML typed it.
pub(crate) fn version_text(version: &Value) -> String {
    version.as_str().map_or_else(|| version.to_string(), str::to_owned)
}
