//! What went wrong with a node, as a diagnostic that points at the node's own file, and as a result.

use std::any::Any;
use std::ops::Range;

use super::Plan;
use crate::adapter::{AdapterError, ErrorKind};
use crate::compile::CompiledNode;
use crate::diagnostic::{Code, Diagnostic, Frame, Label, Sources, Span};
use crate::jinja::Session;
use crate::manifest::{Node, NodeResult, ResourceType, Status, UniqueId};

/// A template's error, or what the warehouse said under it, with the place in the node's own file.
pub(super) fn diagnose(
    error: Diagnostic,
    session: &Session,
    node: &Node,
    compiled: Option<&CompiledNode>,
    plan: &Plan,
) -> Diagnostic {
    match session.take_error() {
        // An earlier error may have been handled by the template; only the one it ended with counts.
        Some((said, sql)) if error.message.contains(&said.message) => {
            let told = from_warehouse(&said, &sql, &owner(node), compiled, plan.jinja.sources());
            let told = configured(told, node, plan);
            Diagnostic { trace: own_frames(error.trace, plan), ..told }
        }
        _ => at_home(error, node, plan),
    }
}

/// Keys of a node's configuration whose values name columns in statements of Teal's own.
const COLUMN_KEYS: [&str; 18] = [
    "unique_key",
    "updated_at",
    "check_cols",
    "event_time",
    "incremental_predicates",
    "predicates",
    "merge_update_columns",
    "merge_exclude_columns",
    "merge_update_condition",
    "merge_insert_condition",
    "merge_update_set_expressions",
    "merge_on_using_columns",
    "merge_clauses",
    "dbt_valid_to_current",
    "where",
    "fail_calc",
    "warn_if",
    "error_if",
];

/// A column that is unknown in a statement of Teal's own was named in the configuration.
fn configured(mut told: Diagnostic, node: &Node, plan: &Plan) -> Diagnostic {
    let sources = plan.jinja.sources();
    let Some(label) = told.labels.first().filter(|_| told.code == Code::UnknownColumn) else { return told };
    let source = sources.get(label.span.source);
    if !source.path.starts_with("<statement") {
        return told;
    }
    let said = &source.text[label.span.start as usize..label.span.end as usize];
    let column = said.rsplit('.').next().unwrap_or(said).trim_matches('"');
    let names = |key: &&str| {
        let value = node.config.get(key).map(ToString::to_string).unwrap_or_default();
        value.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column)
    };
    let Some(key) = COLUMN_KEYS.into_iter().find(names) else {
        let help = format!(
            "the table has a column `{column}` that the model does not select any more: `on_schema_change` says what \
             becomes of it, and `--full-refresh` builds the table anew"
        );
        return if node.config.materialized() == "incremental" { told.help(help) } else { told };
    };
    match node.config_span(key) {
        Some(span) => {
            let text = format!("`{key}` names the column `{column}`");
            told.labels.insert(0, Label { span, text });
        }
        None => told.help = Some(format!("the configuration `{key}` names the column `{column}`")),
    }
    told
}

/// An error raised inside Teal's own macros points at the call that led there, or at the node it is about.
fn at_home(mut error: Diagnostic, node: &Node, plan: &Plan) -> Diagnostic {
    let sources = plan.jinja.sources();
    let own = |span: Span| sources.get(span.source).path.starts_with("<dbt");
    if error.labels.first().is_some_and(|label| own(label.span)) {
        let call = error.trace.iter().filter_map(|frame| frame.span).find(|span| !own(*span));
        let code = node.source_offset..node.source_offset + node.raw_code.trim_end().len();
        let place = call.or(node.patch_span).unwrap_or_else(|| Span::new(node.source, code));
        error.labels = vec![Label { span: place, text: String::new() }];
    }
    error.trace = own_frames(error.trace, plan);
    error
}

/// The macro calls that are not Teal's own: that a materialization runs statements is no news.
pub(super) fn own_frames(mut trace: Vec<Frame>, plan: &Plan) -> Vec<Frame> {
    let of_warehouse = format!("dbt_{}", plan.adapter().name());
    trace.retain(|frame| {
        let package = frame.name.split('.').next().unwrap_or_default();
        package != "dbt" && package != of_warehouse
    });
    trace
}

/// A node in two words.
pub(super) fn owner(node: &Node) -> String {
    format!("{} {}", node.resource_type().as_str(), node.name)
}

/// What the warehouse said of a statement that was sent for a node, or whatever else `owner` names.
pub fn from_warehouse(
    error: &AdapterError,
    sql: &str,
    owner: &str,
    compiled: Option<&CompiledNode>,
    sources: &Sources,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code(error.kind), error.message.clone());
    diagnostic.help.clone_from(&error.help);
    let named = || compiled.and_then(|compiled| named_in(&error.message, sql, compiled));
    let Some(position) = error.position.or_else(named) else { return diagnostic };
    let word = word_at(sql, position);
    if let Some(span) = compiled.and_then(|compiled| locate(compiled, sql, &word, sources)) {
        return diagnostic.label(span, "");
    }
    let statement = sources.add(format!("<statement of {owner}>"), sql);
    diagnostic.label(Span::new(statement, word), "")
}

/// Where the compiled part of a statement says a name that the message quotes; some messages have no position.
fn named_in(message: &str, sql: &str, compiled: &CompiledNode) -> Option<usize> {
    let name = message.split('"').nth(1).filter(|name| name.len() > 2)?;
    let body = compiled.sql.trim();
    let start = sql.find(body)?;
    let is_word = |at: &usize| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !body[..*at].ends_with(part) && !body[at + name.len()..].starts_with(part)
    };
    body.match_indices(name).map(|(at, _)| at).find(is_word).map(|at| start + at)
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Settings => Code::ProfileInvalid,
        ErrorKind::Connection => Code::ConnectionFailed,
        ErrorKind::Locked => Code::DatabaseLocked,
        ErrorKind::Syntax => Code::SqlSyntax,
        ErrorKind::UnknownTable => Code::UnknownTable,
        ErrorKind::UnknownColumn => Code::UnknownColumn,
        ErrorKind::ExtensionMissing => Code::ExtensionMissing,
        ErrorKind::Interrupted => Code::Cancelled,
        ErrorKind::PythonFailed => Code::PythonFailed,
        ErrorKind::PythonMissing => Code::PythonMissing,
        ErrorKind::UnknownFunction | ErrorKind::Other => Code::DatabaseError,
    }
}

/// The place in a file that part of a statement came from, where the statement holds the compiled SQL.
fn locate(compiled: &CompiledNode, sql: &str, word: &Range<usize>, sources: &Sources) -> Option<Span> {
    let body = compiled.sql.trim();
    let skipped = compiled.sql.len() - compiled.sql.trim_start().len();
    let at =
        sql.match_indices(body).map(|(at, _)| at).find(|at| (*at..at + body.len()).contains(&word.start))?;
    let mut span = compiled.map.locate(word.start - at + skipped)?;
    // A point becomes a word where the file says the same as the statement.
    let text = &sources.get(span.source).text;
    let start = span.start as usize;
    if text.get(start..start + word.len()) == sql.get(word.clone()) {
        span = Span::new(span.source, start..start + word.len());
    }
    Some(span)
}

/// The name, number or sign that stands at a byte.
fn word_at(sql: &str, position: usize) -> Range<usize> {
    let start = (0..=position.min(sql.len())).rev().find(|at| sql.is_char_boundary(*at)).unwrap_or(0);
    let rest = &sql[start..];
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let length = match rest.chars().next() {
        None => 0,
        Some('"') => rest[1..].find('"').map_or(1, |end| end + 2),
        Some(first) if part(first) => rest.find(|c| !part(c)).unwrap_or(rest.len()),
        Some(first) => first.len_utf8(),
    };
    start..start + length
}

/// The result of a node that failed; its message is dbt's: family, node, and then the error.
pub(super) fn failed(node: &Node, thread: &str, error: Diagnostic) -> NodeResult {
    let family = error.code.family().title();
    let (kind, name, path) = (node.resource_type().as_str(), &node.name, &node.original_file_path);
    let words = error.message.replace('\n', "\n  ");
    NodeResult {
        message: Some(format!("{family} in {kind} {name} ({path})\n  {words}")),
        diagnostic: Some(Box::new(error)),
        ..blank(node, thread, Status::Error)
    }
}

/// The result of something on which Teal itself failed.
pub(super) fn panicked(id: &UniqueId, thread: &str, panic: &(dyn Any + Send)) -> NodeResult {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    let error = Diagnostic::error(Code::InternalError, format!("Teal stumbled over `{id}`: {words}"))
        .help("this is a mistake in Teal and not in the project; please report it");
    NodeResult {
        thread_id: thread.to_owned(),
        diagnostic: Some(Box::new(error.clone())),
        ..bare(id, Status::Error, Some(error.message))
    }
}

/// A result that says nothing yet.
pub(super) fn blank(node: &Node, thread: &str, status: Status) -> NodeResult {
    NodeResult {
        thread_id: thread.to_owned(),
        relation_name: relation_name(node),
        ..bare(&node.unique_id, status, None)
    }
}

/// A result of something that may be no node.
pub(super) fn bare(id: &UniqueId, status: Status, message: Option<String>) -> NodeResult {
    NodeResult {
        unique_id: UniqueId::clone(id),
        status,
        timing: Vec::new(),
        thread_id: "Thread-1".to_owned(),
        execution_time: 0.0,
        adapter_response: serde_json::Map::new(),
        message,
        failures: None,
        compiled: false,
        compiled_code: None,
        extra_ctes: Vec::new(),
        relation_name: None,
        batch_results: None,
        age: None,
        diagnostic: None,
    }
}

/// The relation that a node leaves behind; a test does so only when it stores its failures.
pub(super) fn relation_name(node: &Node) -> Option<String> {
    let stores = || {
        let kept_as = node.config.text("store_failures_as");
        node.config.flag("store_failures").unwrap_or_default()
            || kept_as.is_some_and(|kind| kind != "ephemeral")
    };
    let built = match node.resource_type() {
        ResourceType::Test => stores(),
        kind => kind != ResourceType::UnitTest,
    };
    node.relation.as_ref().filter(|_| built && !node.is_ephemeral()).map(crate::relation::Relation::name)
}
