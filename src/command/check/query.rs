//! What the engine's binder says of queries: unknown columns and tables, types that do not go together, ambiguous
//! columns, misused aggregates, arguments of the wrong type.

use std::ops::Range;
use std::sync::Arc;

use super::{Context, Finding, home, whereabouts};
use crate::adapter::{AdapterError, ErrorKind};
use crate::compile::{Binding, CompiledNode};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Node, NodeKind, UniqueId};
use crate::run;
use crate::sql::{self, Dialect, Strict};

/// Materializations whose code is one query.
const OF_A_QUERY: &[&str] =
    &["view", "table", "incremental", "ephemeral", "materialized_view", "external", "snapshot"];

/// Words that join two queries.
const SET_OPERATIONS: [&str; 3] = ["union", "intersect", "except"];

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in context.selected.iter().filter(|node| node.is_refable()) {
        let schema = context.schema(node);
        let diagnostic = match &schema.binding {
            Binding::Unrendered(diagnostic) => (**diagnostic).clone(),
            Binding::Refused(compiled, error) if excuse(context, node, error).is_none() => {
                told(context, node, compiled, error)
            }
            Binding::Bound(_) | Binding::Unknown(_) | Binding::Refused(..) => continue,
        };
        found.push(Finding { node: Some(Arc::clone(node)), diagnostic });
    }
    found
}

/// Why a refusal may be no mistake of the project's.
pub(super) fn excuse(context: &Context<'_>, node: &Node, error: &AdapterError) -> Option<String> {
    let first = || error.message.lines().next().unwrap_or_default();
    if context.uncertain.contains(&node.unique_id) {
        return Some(format!("it follows from what a template asks the warehouse: {}", first()));
    }
    if node.config.text("sql_header").is_some_and(|header| !header.trim().is_empty()) {
        return Some(format!("its `sql_header` is not run: {}", first()));
    }
    let is_test = matches!(node.kind, NodeKind::GenericTest { .. } | NodeKind::SingularTest);
    let is_query = is_test || node.resource_type().as_str() == "snapshot";
    match error.kind {
        ErrorKind::Syntax if !is_query && !OF_A_QUERY.contains(&node.config.materialized()) => {
            Some(format!("its materialization `{}` may take more than a query", node.config.materialized()))
        }
        ErrorKind::UnknownTable | ErrorKind::UnknownFunction => {
            let name = missing_name(&error.message)?;
            if let Some(reason) = unmade(context, node, name) {
                return Some(format!(
                    "the function `{name}` cannot be made before the project runs: {reason}"
                ));
            }
            let is_made = is_mentioned(context, node, name) || is_node(context, name);
            is_made.then(|| format!("`{name}` is made when the project runs"))
        }
        ErrorKind::Syntax | ErrorKind::UnknownColumn | ErrorKind::Other => None,
        // The machine, not the query.
        _ => Some(first().to_owned()),
    }
}

/// Why a function that a node calls could not be made.
fn unmade(context: &Context<'_>, node: &Node, name: &str) -> Option<String> {
    let manifest = &context.loaded.manifest;
    let is_it =
        |id: &&UniqueId| manifest.nodes.get(*id).is_some_and(|node| node.alias.eq_ignore_ascii_case(name));
    let schema = context.schemas.of(node.depends_on.nodes.iter().find(is_it)?);
    match &schema.binding {
        Binding::Unknown(reason) => reason.lines().next().map(str::to_owned),
        _ => None,
    }
}

/// The name in `Table with name x does not exist!`, without what it is qualified with.
fn missing_name(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("with name ")?;
    let (name, _) = rest.split_once(" does not exist")?;
    name.trim_matches('"').rsplit('.').next().map(|name| name.trim_matches('"'))
}

/// Whether hooks or macros of the project speak of something, and so may make it.
fn is_mentioned(context: &Context<'_>, node: &Node, name: &str) -> bool {
    let manifest = &context.loaded.manifest;
    let says = |text: &str| text.to_lowercase().contains(&name.to_lowercase());
    let hooks = ["pre-hook", "post-hook"].map(|key| node.config.get(key).map(ToString::to_string));
    let operations = manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::Operation { .. }));
    let own = |package: &str| package != "dbt" && !package.starts_with("dbt_");
    let macros = manifest.macros.values().filter(|definition| own(&definition.package_name));
    let makes = |text: &str| says(text) && text.to_lowercase().contains("create");
    hooks.iter().flatten().any(|hook| says(hook))
        || operations.into_iter().any(|hook| says(&hook.raw_code))
        || macros.into_iter().any(|definition| makes(&definition.macro_sql))
}

/// Whether something of the project, which may not be built yet, has this name in the warehouse.
fn is_node(context: &Context<'_>, name: &str) -> bool {
    let manifest = &context.loaded.manifest;
    manifest.nodes.values().any(|node| node.relation.is_some() && node.alias.eq_ignore_ascii_case(name))
        || manifest.sources.values().any(|source| source.identifier.eq_ignore_ascii_case(name))
}

/// The refusal of a query, at its place in the node's own file.
pub(super) fn told(
    context: &Context<'_>,
    node: &Node,
    compiled: &CompiledNode,
    error: &AdapterError,
) -> Diagnostic {
    let sources = &context.invocation.sources;
    let mut error = error.clone();
    if error.position.is_none() && error.message.contains("Set operations can only") {
        error.position = set_operation(&compiled.sql);
    }
    if error.position.is_none() {
        error.position = culprit(context, &compiled.sql, &error.message);
    }
    let owner = format!("{} {}", node.resource_type().as_str(), node.name);
    let mut told = run::from_warehouse(&error, &compiled.sql, &owner, Some(compiled), sources);
    if told.code == Code::DatabaseError {
        told.code = Code::QueryInvalid;
    }
    let is_of_a_file = |span: Span| !sources.get(span.source).path.starts_with("<statement");
    if told.labels.first().is_none_or(|label| !is_of_a_file(label.span)) {
        told.labels.clear();
        told = told.label(home(node), format!("in the query of `{}`", node.name));
    }
    if told.code == Code::UnknownColumn && told.help.is_none() {
        told.help = whereabouts::tell(context, node, &told.message);
    }
    told
}

/// How many calls are tried to find the one that a query is refused for.
const TRIES: usize = 200;

/// The shortest call without which a query is bound, for a refusal that does not say where; first those of a function
/// that it speaks of.
fn culprit(context: &Context<'_>, sql: &str, message: &str) -> Option<usize> {
    let dialect = Dialect::of(context.loaded.adapter.name());
    let message = message.to_lowercase();
    let is_named = |call: &Range<usize>| {
        let name = sql[call.clone()].split('(').next().unwrap_or_default().trim().to_lowercase();
        message.split_whitespace().any(|word| word == name)
    };
    let is_it = |call: &&Range<usize>| {
        let without = Strict::new(sql, std::iter::once((*call, "null")));
        context.schemas.probe(&without.sql).is_ok()
    };
    let calls = sql::calls(sql, dialect);
    let (named, others): (Vec<_>, Vec<_>) = calls.into_iter().partition(is_named);
    named.iter().chain(&others).take(TRIES).find(is_it).map(|call| call.start)
}

/// Where a query first joins two others.
fn set_operation(sql: &str) -> Option<usize> {
    let lower = sql.to_ascii_lowercase();
    let is_word = |at: usize, word: &str| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !lower[..at].ends_with(part) && !lower[at + word.len()..].starts_with(part)
    };
    let found = SET_OPERATIONS
        .iter()
        .filter_map(|word| lower.match_indices(word).map(|(at, _)| at).find(|at| is_word(*at, word)));
    found.min()
}
