//! Reports for CI systems: what a command said and what came of its nodes, in the form each reads.
//!
//! [`Findings`] gathers it, [`Findings::items`] brings diagnostics and results into one list, and each
//! other file writes that list in one format. Paths in reports are relative to the repository.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod openlineage;
mod sarif;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::manifest::{Manifest, Node, NodeKind, NodeResult, ResourceType, Status};

pub use markdown::summary;
pub use openlineage::{OpenLineage, PRODUCER, dataset_name};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Teal's own, everything that is known.
    Json,
    /// JUnit's XML, which most CI systems show as test results.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// The Code Quality report of GitLab.
    Gitlab,
}

impl Format {
    /// The format with this name; `text` and anything unknown are none.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "junit" => Some(Self::Junit),
            "sarif" => Some(Self::Sarif),
            "github" => Some(Self::Github),
            "gitlab" => Some(Self::Gitlab),
            _ => None,
        }
    }

    /// Whether the report is a document that nothing else may be printed beside.
    pub fn is_document(self) -> bool {
        self != Self::Github
    }
}

/// Everything a command found out.
#[derive(Debug)]
pub struct Findings<'a> {
    /// The command, such as `teal build`.
    pub command: String,
    /// The id of the run.
    pub invocation_id: &'a str,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Seconds it took.
    pub elapsed: f64,
    /// Whether all went well.
    pub passed: bool,
    /// Warnings that were said and errors that ended the command.
    pub diagnostics: &'a [Diagnostic],
    /// What came of the nodes, in the order they ended.
    pub results: &'a [NodeResult],
    /// What the results are about; nothing where the command did not come that far.
    pub manifest: Option<&'a Manifest>,
    /// The texts that diagnostics point into.
    pub sources: &'a Sources,
    /// The way from the repository to the project, empty or ending in `/`.
    pub prefix: String,
}

/// A range of a file; lines and columns are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Region {
    /// Relative to the repository.
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// How bad an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Warning,
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing to look at: a diagnostic, or a test with failing rows.
#[derive(Debug, Clone)]
struct Item<'a> {
    /// The diagnostic's code, `data-test` for a test's result.
    code: String,
    /// What the code means.
    explanation: &'a str,
    level: Level,
    title: String,
    message: String,
    help: Option<&'a str>,
    region: Option<Region>,
    /// The node it is about.
    node: Option<&'a str>,
}

/// The rule under which failing data tests are reported.
const DATA_TEST: &str = "data-test";
const DATA_TEST_EXPLAINED: &str = "A test found rows that should not be there.";

impl<'a> Findings<'a> {
    /// The report in a format.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Json => json::report(self),
            Format::Junit => junit::report(self),
            Format::Sarif => sarif::report(self),
            Format::Github => github::report(self),
            Format::Gitlab => gitlab::report(self),
        }
    }

    /// What is to be looked at: diagnostics, and nodes that failed or warned, by place.
    fn items(&self) -> Vec<Item<'a>> {
        let said = self.diagnostics.iter().map(|diagnostic| self.of_diagnostic(diagnostic, None));
        let ran = self.results.iter().filter_map(|result| self.of_result(result));
        let mut items: Vec<_> = said.chain(ran).collect();
        items.sort_by(|a, b| (&a.region, &a.title).cmp(&(&b.region, &b.title)));
        items
    }

    fn node(&self, result: &NodeResult) -> Option<&'a Arc<Node>> {
        self.manifest?.nodes.get(&result.unique_id)
    }

    fn of_diagnostic(&self, diagnostic: &'a Diagnostic, node: Option<&'a str>) -> Item<'a> {
        let level = match diagnostic.severity {
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        };
        let title = node.map_or_else(|| diagnostic.id(), |node| format!("{node} failed"));
        Item {
            code: diagnostic.id(),
            explanation: diagnostic.explanation(),
            level,
            title,
            message: diagnostic.message.clone(),
            help: diagnostic.help.as_deref(),
            region: diagnostic.labels.first().and_then(|label| self.region(label.span)),
            node,
        }
    }

    fn of_result(&self, result: &'a NodeResult) -> Option<Item<'a>> {
        let id = &*result.unique_id;
        if let (Some(diagnostic), true) = (&result.diagnostic, result.status != Status::Skipped) {
            return Some(self.of_diagnostic(diagnostic, Some(id)));
        }
        let level = match result.status {
            Status::Warn => Level::Warning,
            status if status.is_failure() => Level::Error,
            _ => return None,
        };
        let node = self.node(result);
        let name = node.map_or(id, |node| node.name.as_str());
        let word = if level == Level::Warning { "warned" } else { "failed" };
        let mut message = result.message.clone().unwrap_or_else(|| result.status.as_str().to_owned());
        if let (true, Some(relation)) = (result.failures.is_some(), &result.relation_name) {
            message.push_str(&format!("; see `select * from {relation}`"));
        }
        Some(Item {
            code: DATA_TEST.to_owned(),
            explanation: DATA_TEST_EXPLAINED,
            level,
            title: format!("{name} {word}"),
            message,
            help: None,
            region: node.map(|node| self.home(node)),
            node: Some(id),
        })
    }

    /// Where a node is written: what names it in a property file for a test that stands there, else its file.
    fn home(&self, node: &Node) -> Region {
        let generic = matches!(node.kind, NodeKind::GenericTest { .. });
        let named = node.patch_span.filter(|_| generic).and_then(|span| self.region(span));
        named.unwrap_or_else(|| Region {
            path: format!("{}{}", self.prefix, node.original_file_path),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        })
    }

    /// A place in a file; nothing for one in a text that is none, such as `<inline>`.
    fn region(&self, span: Span) -> Option<Region> {
        let source = self.sources.get(span.source);
        if source.path.starts_with('<') {
            return None;
        }
        let (line, column) = source.line_column(span.start);
        let (end_line, end_column) = source.line_column(span.end);
        let prefix = if Path::new(&source.path).is_absolute() { "" } else { &self.prefix };
        Some(Region { path: format!("{prefix}{}", source.path), line, column, end_line, end_column })
    }

    /// Results whose node is a test.
    fn is_test(&self, result: &NodeResult) -> bool {
        let kind = self.node(result).map(|node| node.resource_type());
        matches!(kind, Some(ResourceType::Test)) || result.unique_id.starts_with("unit_test.")
    }
}

/// The way from the repository to a project in it: `GITHUB_WORKSPACE`, `CI_PROJECT_DIR` or the nearest
/// folder upwards that is a checkout; empty where there is none, or ending in `/`.
pub fn prefix(project: &Path, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let named = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().filter_map(environment).map(PathBuf::from);
    let checkout = project.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let inside = named.chain(checkout).find_map(|root| {
        let root = std::fs::canonicalize(root).ok()?;
        let project = std::fs::canonicalize(project).ok()?;
        Some(project.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
    });
    match inside {
        Some(inside) if !inside.is_empty() => format!("{inside}/"),
        _ => String::new(),
    }
}
