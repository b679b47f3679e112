//! Where a column went that a query asks for and does not find: renamed, not passed on, or misspelt.

use super::{Context, find};
use crate::diagnostic::nearest;
use crate::manifest::{Node, UniqueId};

/// What is known of a column that the binder's message misses, and who else reads the node.
pub(super) fn tell(context: &Context<'_>, node: &Node, message: &str) -> Option<String> {
    let name = missing_column(message)?;
    let found = renamed(context, node, name)
        .or_else(|| left_behind(context, node, name))
        .or_else(|| near(context, node, name))
        .or_else(|| documented(context, node, name));
    let manifest = &context.loaded.manifest;
    let below = context.loaded.graph.descendants(&node.unique_id);
    let exposures: Vec<_> = below
        .into_iter()
        .filter_map(|id| manifest.exposures.get(id))
        .map(|exposure| format!("`{}`", exposure.name))
        .collect();
    let noun = if exposures.len() == 1 { "exposure" } else { "exposures" };
    let readers = (!exposures.is_empty()).then(|| format!("behind it: {noun} {}", exposures.join(", ")));
    let told: Vec<_> = found.into_iter().chain(readers).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn missing_column(message: &str) -> Option<&str> {
    let rest = message.split_once("column named ").map_or(message, |(_, rest)| rest);
    rest.split('"').nth(1)
}

/// A parent's column that is a copy of the missing one under another name.
fn renamed(context: &Context<'_>, node: &Node, name: &str) -> Option<String> {
    let parents = || node.depends_on.nodes.iter();
    let lineage = context.lineage();
    let renamed = parents().find_map(|parent| {
        let column = lineage.named_columns(parent).find(|column| {
            let from = column.links.iter().any(|link| {
                let source = link.column.as_deref();
                source.is_some_and(|source| source.eq_ignore_ascii_case(name))
            });
            from && column.links.len() == 1 && !column.name.eq_ignore_ascii_case(name)
        })?;
        Some((parent, column.name.clone()))
    });
    renamed.map(|(parent, column)| format!("`{}` has it as `{column}`", label(context, parent)))
}

/// A column of something that a parent reads and does not pass on.
fn left_behind(context: &Context<'_>, node: &Node, name: &str) -> Option<String> {
    let manifest = &context.loaded.manifest;
    node.depends_on.nodes.iter().find_map(|parent| {
        let reads = manifest.nodes.get(parent)?;
        let has = |id: &&UniqueId| {
            let schema = context.schemas.of(id);
            schema.columns.as_ref().is_ok_and(|columns| find(columns, name).is_some())
        };
        let origin = reads.depends_on.nodes.iter().find(has)?;
        let (origin, parent) = (label(context, origin), label(context, parent));
        Some(format!("`{origin}` has it, and `{parent}`, which reads that, does not pass it on"))
    })
}

/// A column whose name is nearly the same.
fn near(context: &Context<'_>, node: &Node, name: &str) -> Option<String> {
    node.depends_on.nodes.iter().find_map(|parent| {
        let schema = context.schemas.of(parent);
        let columns = schema.columns.as_ref().ok()?;
        let near = nearest(name, columns.iter().map(|column| column.name.as_str()))?;
        Some(format!("did you mean `{near}` of `{}`?", label(context, parent)))
    })
}

/// A parent that describes the column in its property file.
fn documented(context: &Context<'_>, node: &Node, name: &str) -> Option<String> {
    let parent = node.depends_on.nodes.iter().find(|parent| {
        let columns = context.loaded.manifest.nodes.get(*parent).map(|node| &node.columns);
        columns.is_some_and(|columns| columns.values().any(|column| column.name.eq_ignore_ascii_case(name)))
    })?;
    Some(format!("`{}` documents it and does not have it", label(context, parent)))
}

/// What a node is called, a source with its own name before that of the table.
fn label(context: &Context<'_>, id: &UniqueId) -> String {
    let manifest = &context.loaded.manifest;
    let source = || manifest.sources.get(id).map(|source| format!("{}.{}", source.source_name, source.name));
    manifest.nodes.get(id).map(|node| node.name.clone()).or_else(source).unwrap_or_else(|| id.to_string())
}
