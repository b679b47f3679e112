//! From the rows of a rule's query to diagnostics with places.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::rule::{Rule, level};
use crate::adapter::{Cell, Table};
use crate::command::Invocation;
use crate::command::load::Loaded;
use crate::diagnostic::{Code, Diagnostic, Severity, SourceId, Span};
use crate::manifest::{Node, NodeKind, UniqueId};
use crate::project::prefix;

/// The columns that mean something; a row may have others.
pub(super) const COLUMNS: &[&str] = &["message", "unique_id", "file", "line", "severity", "help"];

/// What may hold passwords, and is never shown.
const PROFILES: &str = "profiles.yml";

/// Where files and resources are.
pub(super) struct Places<'a> {
    invocation: &'a Invocation,
    loaded: &'a Loaded,
    sources: OnceCell<HashMap<String, SourceId>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(invocation: &'a Invocation, loaded: &'a Loaded) -> Self {
        Self { invocation, loaded, sources: OnceCell::new() }
    }

    /// A line of a file, or the file's first.
    fn of_file(&self, file: &str, line: Option<usize>) -> Option<Span> {
        let sources = &self.invocation.sources;
        let known = self.sources.get_or_init(|| {
            sources.all().into_iter().map(|(id, source)| (source.path.clone(), id)).collect()
        });
        let file = file.trim_start_matches("./");
        if file.rsplit('/').next() == Some(PROFILES) {
            return None;
        }
        let id = known.get(file).copied().or_else(|| {
            let is_inside = !file.split('/').any(|part| part == "..");
            let path = Some(self.loaded.project.root().folder.join(file)).filter(|_| is_inside)?;
            Some(sources.add(file, std::fs::read_to_string(path).ok()?))
        })?;
        Some(self.line(id, line.unwrap_or(1)))
    }

    /// A line without the blanks around it.
    fn line(&self, id: SourceId, line: usize) -> Span {
        let source = self.invocation.sources.get(id);
        let (start, end) = (source.line_start(line), source.line_start(line + 1));
        let text = &source.text[start..end];
        let blank = text.len() - text.trim_start().len();
        Span::new(id, start + blank.min(text.len())..start + text.trim_end().len().max(blank.min(text.len())))
    }

    /// Where something is defined.
    fn of_resource(&self, id: &str) -> Option<Span> {
        let manifest = &self.loaded.manifest;
        if let Some(node) = manifest.node(id) {
            return self.of_node(node);
        }
        let source = manifest.sources.get(id).map(|one| one.span);
        let exposure = || manifest.exposures.get(id).map(|one| one.span);
        let semantic = || manifest.semantic.get(id).map(|one| one.span);
        let macros = || manifest.macros.get(id).map(|one| Some(one.span));
        source.or_else(exposure).or_else(semantic).or_else(macros).flatten()
    }

    fn of_node(&self, node: &Node) -> Option<Span> {
        if matches!(node.kind, NodeKind::GenericTest { .. } | NodeKind::UnitTest(_) | NodeKind::Seed { .. }) {
            return node.patch_span;
        }
        let source = self.invocation.sources.get(node.source);
        let code = source.text.get(node.source_offset..).unwrap_or_default();
        let start = node.source_offset + code.len() - code.trim_start().len();
        let (line, _) = source.line_column(u32::try_from(start).unwrap_or(u32::MAX));
        Some(self.line(node.source, line))
    }

    /// The files of resources, as rows name them.
    pub(super) fn files<'i>(&self, ids: impl IntoIterator<Item = &'i UniqueId>) -> HashSet<String> {
        let manifest = &self.loaded.manifest;
        let project = &self.loaded.project;
        let file = |id: &UniqueId| {
            let node = manifest.node(id).map(|one| (&one.package_name, &one.original_file_path));
            let source = || manifest.sources.get(id).map(|one| (&one.package_name, &one.original_file_path));
            let exposure =
                || manifest.exposures.get(id).map(|one| (&one.package_name, &one.original_file_path));
            let (package, path) = node.or_else(source).or_else(exposure)?;
            let folder = &project.packages.get(package)?.folder;
            Some(format!("{}{path}", prefix(&project.root().folder, folder)))
        };
        ids.into_iter().filter_map(file).collect()
    }
}

/// What a rule found, errors first, by place.
///
/// # Errors
/// Rows that are not as those of a rule must be.
pub(super) fn findings(
    rule: &Rule,
    table: &Table,
    places: &Places<'_>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let at = |name: &str| table.column(name);
    let [message, unique_id, file, line, severity, help] = COLUMNS else { return Ok(Vec::new()) };
    let Some(message) = at(message) else {
        return Err(without_message(rule, table));
    };
    let (unique_id, file, line, severity, help) = (at(unique_id), at(file), at(line), at(severity), at(help));
    let excepted = OnceCell::new();
    let is_excepted = |id: Option<&str>, file: Option<&str>| {
        let is_file = |file: &str| excepted.get_or_init(|| places.files(&rule.except)).contains(file);
        match id {
            Some(id) => rule.except.contains(id),
            None => !rule.except.is_empty() && file.is_some_and(is_file),
        }
    };
    let mut found = Vec::new();
    for row in &table.rows {
        let value = |at: Option<usize>| at.and_then(|at| text(&row[at]));
        let (id, file) = (value(unique_id), value(file));
        if is_excepted(id.as_deref(), file.as_deref()) {
            continue;
        }
        let said = match value(severity) {
            None => rule.severity,
            Some(word) => level(&word).ok_or_else(|| unknown_severity(rule, &word))?,
        };
        let message = value(Some(message)).unwrap_or_else(|| match rule.about.description.as_str() {
            "" => format!("a row of the rule `{}`", rule.name()),
            description => description.to_owned(),
        });
        let number = value(line).and_then(|line| line.parse().ok());
        let in_file = file.as_ref().and_then(|file| places.of_file(file, number));
        let span = in_file.or_else(|| places.of_resource(id.as_ref()?));
        let message = match (&file, span) {
            (Some(file), None) => format!("{message} ({file})"),
            _ => message,
        };
        let diagnostic = Diagnostic {
            rule: Some(Arc::clone(&rule.about)),
            severity: rule.forced.unwrap_or(said),
            help: value(help).or_else(|| rule.help.clone()),
            ..Diagnostic::error(Code::Rule, message)
        };
        found.push(diagnostic.label_opt(span, ""));
    }
    let sources = &places.invocation.sources;
    found.sort_by_cached_key(|diagnostic| {
        let place = diagnostic
            .labels
            .first()
            .map(|label| (sources.get(label.span.source).path.clone(), label.span.start));
        (Reverse(diagnostic.severity), place, diagnostic.message.clone())
    });
    Ok(found)
}

/// A value as text; nothing for null.
fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text(text) | Cell::Decimal(text) => Some(text.clone()),
        Cell::Int(number) => Some(number.to_string()),
        Cell::Float(number) => Some(number.to_string()),
        Cell::Bool(truth) => Some(truth.to_string()),
        other => Some(format!("{other:?}")),
    }
}

fn without_message(rule: &Rule, table: &Table) -> Diagnostic {
    let columns: Vec<_> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let message = format!("the query of the rule `{}` gives no column `message`", rule.name());
    Diagnostic::error(Code::RuleInvalid, message)
        .label(Span::new(rule.source, 0..0), "")
        .help(format!("it gives {}", columns.join(", ")))
}

fn unknown_severity(rule: &Rule, word: &str) -> Diagnostic {
    let message = format!("a row of the rule `{}` has the severity `{word}`", rule.name());
    Diagnostic::error(Code::RuleInvalid, message)
        .label(Span::new(rule.source, 0..0), "")
        .help("it is `warn` or `error`, or null for the rule's own")
}

/// How many are errors.
pub(super) fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
}
