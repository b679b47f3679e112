//! What a render knows: the phase, the node it is about, and what all renders of an invocation share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use indexmap::{IndexMap, IndexSet};
use minijinja::Value;

use super::bridge::Session;
use crate::adapter::{Adapter, ColumnInfo};
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::{Interval, Manifest, Mapping, Node, Overrides, RefArgs, UniqueId};
use crate::relation::{Policy, Relation};

/// When a template is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// To learn its `ref`, `source` and `config` calls; nothing is executed.
    Parse,
    /// To get its SQL.
    Compile,
    /// Inside a materialization, a hook or an operation.
    Run,
}

/// Variables of the command line and of the projects.
#[derive(Debug, Clone, Default)]
pub struct Vars {
    /// `--vars`.
    pub cli: Mapping,
    /// `vars` of each project file, by package.
    pub projects: HashMap<String, Mapping>,
    /// The root project.
    pub root: String,
}

impl Vars {
    /// The value a package sees: command line, then the root's scope for the package, the root's
    /// own, the package's scope for itself, the package's own.
    pub fn lookup(&self, package: &str, name: &str) -> Option<&serde_json::Value> {
        self.cli.get(name).or_else(|| self.written(package, name))
    }

    /// The same without the command line: what the project's files say.
    pub fn written(&self, package: &str, name: &str) -> Option<&serde_json::Value> {
        let in_project = |project: &str| {
            let vars = self.projects.get(project)?;
            let scoped = vars.get(package).and_then(|scope| scope.get(name));
            scoped.or_else(|| vars.get(name))
        };
        in_project(&self.root).or_else(|| in_project(package))
    }
}

/// What all renders of one invocation share.
pub struct Globals {
    /// The warehouse.
    pub adapter: Arc<dyn Adapter>,
    /// The root project.
    pub project_name: String,
    /// The connection's settings, with `name`, `target_name`, `profile_name`, `type`, `threads`.
    pub target: Mapping,
    /// The project and its packages, each with its version as written.
    pub versions: IndexMap<String, Option<String>>,
    /// Variables.
    pub vars: Vars,
    /// dbt's flags under their upper-case names.
    pub flags: Mapping,
    /// Which parts of a relation the project quotes.
    pub quoting: Policy,
    /// The invocation's id.
    pub invocation_id: String,
    /// When it began.
    pub run_started_at: DateTime<Utc>,
    /// The version of dbt whose language Teal speaks.
    pub dbt_version: String,
    /// `invocation_args_dict`.
    pub args: Mapping,
    /// Unique ids of the selection, once there is one.
    pub selected_resources: RwLock<IndexSet<UniqueId>>,
    /// Where templates' words go.
    pub sink: Arc<dyn Fn(Notice) + Send + Sync>,
}

impl Globals {
    /// A truth flag of dbt's, under its upper-case name.
    pub fn flag(&self, name: &str) -> bool {
        self.flags.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }

    /// Whether a node takes part in this run.
    pub fn is_selected(&self, id: &UniqueId) -> bool {
        self.selected_resources.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// The window of event time that `--sample` asks for.
    pub fn sample(&self) -> Option<Interval> {
        let sample = self.flags.get("SAMPLE")?;
        let end = |key: &str| -> Option<DateTime<Utc>> { sample.get(key)?.as_str()?.parse().ok() };
        Some(end("start")?..end("end")?)
    }
}

impl fmt::Debug for Globals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Globals").field("project_name", &self.project_name).finish_non_exhaustive()
    }
}

/// Something a template or the bridge has to say.
#[derive(Debug, Clone)]
pub enum Notice {
    /// `log(...)`.
    Debug(String),
    /// `log(..., info=True)`.
    Info(String),
    /// `print(...)`.
    Print(String),
    /// `exceptions.warn` and the like.
    Warning(Box<Diagnostic>),
    /// A warning that never counts as an error.
    Aside(Box<Diagnostic>),
    /// A statement about to run.
    Sql {
        /// For which node.
        at: Occasion,
        /// The statement.
        sql: String,
    },
    /// A statement that worked.
    SqlDone {
        /// For which node.
        at: Occasion,
        /// The warehouse's answer.
        message: String,
        /// How long it took.
        seconds: f64,
    },
    /// What a worker does with a node.
    Stage {
        /// Which node.
        at: Occasion,
        /// What.
        stage: Stage,
    },
    /// What becomes of a connection.
    Connection {
        /// For which node.
        at: Occasion,
        /// What.
        step: ConnectionStep,
    },
}

/// What a worker is at.
#[derive(Debug, Clone, Default)]
pub struct Occasion {
    /// The node; nothing for the command itself.
    pub node: Option<UniqueId>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
}

/// What a worker does with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its template is rendered.
    Compiling,
    /// Its compiled code is written to the target folder.
    Writing,
    /// Its materialization is called.
    Executing,
}

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionStep {
    /// A worker has its first node.
    Acquired,
    /// A worker turns from one node, or the command, to another.
    Reused(Option<UniqueId>),
    /// The warehouse is connected to.
    Opened,
    /// What a transaction did stays.
    Commit,
    /// What a transaction did is undone.
    Rollback,
    /// The worker is done.
    Closed,
}

/// What one render asked for.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// `ref` calls in order.
    pub refs: Vec<RefArgs>,
    /// `source` calls in order, as source and table.
    pub sources: Vec<(String, String, Option<Span>)>,
    /// `metric` calls in order.
    pub metrics: Vec<Vec<String>>,
    /// `function` calls in order.
    pub functions: Vec<Vec<String>>,
    /// `config` calls, merged as dbt merges them.
    pub config: Mapping,
    /// Where each key of `config` was written.
    pub config_spans: IndexMap<String, Span>,
    /// The arguments of the first `config` call by their names, as the template has them.
    pub config_written: Mapping,
    /// Macros that were called directly.
    pub macros: IndexSet<UniqueId>,
    /// Variables that were read, as `package.name`.
    pub vars: IndexSet<String>,
    /// Ephemeral models that were referred to.
    pub ephemeral: IndexSet<UniqueId>,
    /// Nodes that were referred to.
    pub depends: IndexSet<UniqueId>,
    /// Doc blocks that were used.
    pub docs: IndexSet<UniqueId>,
}

/// What a unit test puts in the place of the real thing.
#[derive(Debug, Default)]
pub struct Mocks {
    /// What a node or source is read as.
    pub inputs: HashMap<UniqueId, Relation>,
    /// What `this` is.
    pub this: Option<Relation>,
    /// The columns of relations that may not be there, by rendered name.
    pub columns: HashMap<String, Vec<ColumnInfo>>,
    /// Everything else that is replaced.
    pub overrides: Overrides,
    /// Whether a query for which the test gives no rows is a mistake, instead of one for the warehouse.
    pub closed: bool,
}

/// What one render is about.
#[derive(Debug)]
pub struct Scope {
    /// When.
    pub phase: Phase,
    /// The package that speaks.
    pub package: String,
    /// The node, where there is one.
    pub node: Option<Arc<Node>>,
    /// The frozen manifest, once there is one.
    pub manifest: Option<Arc<Manifest>>,
    /// The way to the warehouse.
    pub session: Option<Arc<Session>>,
    /// Further names, set by the caller; they win over everything else.
    pub variables: Vec<(String, Value)>,
    /// What a unit test replaces, while its subject is rendered.
    pub mocks: Option<Arc<Mocks>>,
    /// What the render asked for.
    pub capture: Mutex<Capture>,
}

impl Scope {
    /// A render to learn what a template asks for.
    pub fn parse(package: impl Into<String>) -> Self {
        Self {
            phase: Phase::Parse,
            package: package.into(),
            node: None,
            manifest: None,
            session: None,
            variables: Vec::new(),
            mocks: None,
            capture: Mutex::default(),
        }
    }
}
