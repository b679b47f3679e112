//! Data tests: the columns they are about, the types that a `relationships` test compares, and their queries.

use std::sync::Arc;

use super::{Context, Finding, find, plain_name, query};
use crate::compile::Binding;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::manifest::{Node, NodeKind, ResourceType, UniqueId};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let tests = context.selected.iter().filter(|node| node.resource_type() == ResourceType::Test);
    let found = tests.filter_map(|test| {
        let diagnostic = of_columns(context, test)
            .or_else(|| of_types(context, test))
            .or_else(|| of_query(context, test))?;
        Some(Finding { node: Some(Arc::clone(test)), diagnostic })
    });
    found.collect()
}

/// A test on a column that is not there, or against one that is not there.
fn of_columns(context: &Context<'_>, test: &Node) -> Option<Diagnostic> {
    let NodeKind::GenericTest { metadata, attached_node: Some(attached), .. } = &test.kind else {
        return None;
    };
    let absent = |id: &UniqueId, column: &str| {
        let name = plain_name(column)?;
        let columns = context.columns(id)?;
        if find(&columns, name).is_some() {
            return None;
        }
        let (owner, test_name) = (owner(context, id), &metadata.name);
        let message =
            format!("the test `{test_name}` is about the column `{name}`, which {owner} does not have");
        let diagnostic = Diagnostic::error(Code::TestColumnMissing, message).label_opt(test.patch_span, "");
        Some(diagnostic.suggest(name, columns.iter().map(|column| column.name.as_str())))
    };
    let own = subject(test).and_then(|column| absent(attached, column));
    own.or_else(|| {
        let (parent, field) = related(test)?;
        absent(parent, field)
    })
}

/// What a `relationships` test compares with: the node and its column.
fn related(test: &Node) -> Option<(&UniqueId, &str)> {
    let NodeKind::GenericTest { metadata, attached_node, .. } = &test.kind else { return None };
    let field = metadata.kwargs.get("field").and_then(serde_json::Value::as_str)?;
    if metadata.name != "relationships" {
        return None;
    }
    let mut others = test.depends_on.nodes.iter().filter(|id| Some(*id) != attached_node.as_ref());
    // A column may refer to one of its own table.
    others.next().or(attached_node.as_ref()).map(|parent| (parent, field))
}

/// A test whose query cannot run.
fn of_query(context: &Context<'_>, test: &Node) -> Option<Diagnostic> {
    if needs_no_look(test) {
        return None;
    }
    let schema = context.schemas.of(&test.unique_id);
    let (compiled, error) = match &schema.binding {
        Binding::Unrendered(diagnostic) => return Some((**diagnostic).clone()),
        Binding::Refused(compiled, error) => (compiled, error),
        Binding::Bound(_) | Binding::Unknown(_) => return None,
    };
    // An ephemeral model is part of the query, and its mistakes are told as its own.
    let nodes = &context.loaded.manifest.nodes;
    let is_wrong = |id: &UniqueId| {
        nodes.get(id).is_some_and(|node| node.is_ephemeral())
            && matches!(context.schemas.of(id).binding, Binding::Refused(..) | Binding::Unrendered(_))
    };
    let is_settled = !test.depends_on.nodes.iter().any(is_wrong);
    // What a template asked may be older than the project.
    if !is_settled || context.schemas.asks(&test.unique_id) || query::excuse(context, test, error).is_some() {
        return None;
    }
    let NodeKind::GenericTest { metadata, .. } = &test.kind else {
        return Some(query::told(context, test, compiled, error));
    };
    let said = error.message.lines().next().unwrap_or_default();
    let message = format!("the query of the test `{}` cannot run: {said}", metadata.name);
    Some(Diagnostic::error(Code::QueryInvalid, message).label_opt(test.patch_span, ""))
}

/// A `relationships` test whose columns have types that cannot be compared; a text can be, if it reads as the other.
fn of_types(context: &Context<'_>, test: &Node) -> Option<Diagnostic> {
    let NodeKind::GenericTest { attached_node: Some(attached), .. } = &test.kind else { return None };
    let (parent, field) = related(test)?;
    let column = subject(test)?;
    let type_of = |id, name| Some(find(&context.known(id)?, plain_name(name)?)?.data_type.clone());
    let (child, other) = (type_of(attached, column)?, type_of(parent, field)?);
    if child == other {
        return None;
    }
    // The engine lets any two types be equal, and says of an order whether they go together.
    let comparison = format!("select cast(null as {child}) < cast(null as {other}) as comparison");
    let refusal = context.schemas.probe(&comparison).err().flatten()?;
    if !refusal.message.contains("Cannot compare") {
        return None;
    }
    let message = format!(
        "the test `relationships` compares `{column}` of {}, {child}, with `{field}` of {}, {other}",
        owner(context, attached),
        owner(context, parent)
    );
    let severity = if [&child, &other].iter().any(|name| *name == "VARCHAR") {
        Severity::Warning
    } else {
        Severity::Error
    };
    let diagnostic = Diagnostic { severity, ..Diagnostic::error(Code::RelationshipTypes, message) };
    Some(diagnostic.label_opt(test.patch_span, "").help("cast one of them"))
}

/// The column that a test is about.
fn subject(test: &Node) -> Option<&str> {
    let NodeKind::GenericTest { metadata, column_name, .. } = &test.kind else { return None };
    let argument = || metadata.kwargs.get("column_name").and_then(serde_json::Value::as_str);
    column_name.as_deref().or_else(argument)
}

/// Whether all there is to say of a test is said by its column.
fn needs_no_look(test: &Node) -> bool {
    let NodeKind::GenericTest { metadata, .. } = &test.kind else { return false };
    matches!(metadata.name.as_str(), "not_null" | "unique")
        && metadata.namespace.is_none()
        && subject(test).and_then(plain_name).is_some()
        && test.config.text("where").is_none()
}

/// A node or source in two words.
fn owner(context: &Context<'_>, id: &UniqueId) -> String {
    let manifest = &context.loaded.manifest;
    let source =
        manifest.sources.get(id).map(|source| format!("source `{}.{}`", source.source_name, source.name));
    let node =
        || manifest.nodes.get(id).map(|node| format!("{} `{}`", node.resource_type().as_str(), node.name));
    source.or_else(node).unwrap_or_else(|| format!("`{id}`"))
}
