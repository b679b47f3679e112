//! What the word of the command line means: a node, or a column of one.

use crate::command::load::Loaded;
use crate::compile::lineage::{ColumnRef, Lineage, Origin};
use crate::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::manifest::{Manifest, Node, UniqueId};

/// A node, and maybe a column of it, as asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) node: UniqueId,
    column: Option<String>,
}

/// A node, and maybe a column that it has.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) node: UniqueId,
    pub(super) column: Option<ColumnRef>,
}

/// Reads `orders`, `orders.amount`, `raw.payments.amount`, a unique id, or one with a column.
///
/// # Errors
/// Nothing has this name.
pub(super) fn read(word: &str, loaded: &Loaded) -> Result<Asked> {
    let manifest = &loaded.manifest;
    if let Some(node) = find(word, loaded) {
        return Ok(Asked { node, column: None });
    }
    if let Some((before, column)) = word.rsplit_once('.')
        && let Some(node) = find(before, loaded)
    {
        return Ok(Asked { node, column: Some(column.to_owned()) });
    }
    let known = names(manifest);
    let known = || known.iter().map(String::as_str);
    let (name, column) = match word.rsplit_once('.') {
        Some((before, column)) if nearest(before, known()).is_some() => (before, Some(column)),
        _ => (word, None),
    };
    let message = format!("there is no model, seed, snapshot, source or exposure `{name}`");
    let error = Diagnostic::error(Code::LineageNotFound, message);
    Err(Box::new(match nearest(name, known()) {
        Some(near) => {
            error.help(format!("did you mean `{near}{}`?", column.map_or(String::new(), |c| format!(".{c}"))))
        }
        None => error.help("`teal ls` lists what there is"),
    }))
}

/// The node of some name: of the root project before any other.
fn find(name: &str, loaded: &Loaded) -> Option<UniqueId> {
    let manifest = &loaded.manifest;
    let root = &loaded.project.root;
    if let Some((id, _)) = manifest.nodes.get_key_value(name).filter(|(_, node)| node.is_refable()) {
        return Some(UniqueId::clone(id));
    }
    if let Some((id, _)) = manifest.sources.get_key_value(name) {
        return Some(UniqueId::clone(id));
    }
    let nodes = || {
        manifest.nodes.values().filter(|node| node.is_refable() && names_of(node).contains(&name.to_owned()))
    };
    let node = nodes().find(|node| node.package_name == *root).or_else(|| nodes().next());
    if let Some(node) = node {
        return Some(UniqueId::clone(&node.unique_id));
    }
    let sources = || {
        manifest.sources.values().filter(|source| format!("{}.{}", source.source_name, source.name) == name)
    };
    if let Some(source) = sources().find(|source| source.package_name == *root).or_else(|| sources().next()) {
        return Some(UniqueId::clone(&source.unique_id));
    }
    let exposures =
        manifest.exposures.values().find(|exposure| exposure.name == name || *exposure.unique_id == *name);
    exposures.map(|exposure| UniqueId::clone(&exposure.unique_id))
}

/// The names a node answers to: its own for the latest version, and that with the version.
fn names_of(node: &Node) -> Vec<String> {
    let Some(version) = node.version() else { return vec![node.name.clone()] };
    let args = crate::manifest::RefArgs { package: None, name: node.name.clone(), version: None, span: None };
    let mut names = vec![format!("{}.v{version}", node.name)];
    if node.answers_version(&args) {
        names.push(node.name.clone());
    }
    names
}

fn names(manifest: &Manifest) -> Vec<String> {
    let nodes = manifest.nodes.values().filter(|node| node.is_refable()).flat_map(|node| names_of(node));
    let sources = manifest.sources.values().map(|source| format!("{}.{}", source.source_name, source.name));
    let exposures = manifest.exposures.values().map(|exposure| exposure.name.clone());
    nodes.chain(sources).chain(exposures).collect()
}

impl Subject {
    /// Finds the column among those of the node.
    ///
    /// # Errors
    /// The node has no such column, and all it has are known.
    pub(super) fn settle(asked: Asked, lineage: &Lineage, loaded: &Loaded) -> Result<Self> {
        let Asked { node, column } = asked;
        let Some(name) = column else { return Ok(Self { node, column: None }) };
        if let Some((_, known)) =
            lineage.column(&node, &name).filter(|(_, known)| known.origin != Origin::Open)
        {
            let column = Some(ColumnRef { node: UniqueId::clone(&node), column: known.name.clone() });
            return Ok(Self { node, column });
        }
        let shown = super::picture::label(&loaded.manifest, &node);
        let known: Vec<&str> = lineage.named_columns(&node).map(|column| column.name.as_str()).collect();
        let mut error = Diagnostic::error(Code::LineageNotFound, format!("`{shown}` has no column `{name}`"));
        error = match nearest(&name, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{shown}.{near}`?")),
            None if known.is_empty() => error.help(format!("nothing is known of the columns of `{shown}`: list them in a property file, or run `teal docs generate`")),
            None => error.help(format!("it has {}", listed(&known))),
        };
        let is_complete = lineage.nodes.get(&node).is_some_and(|node| node.is_complete);
        if !is_complete && let Some(help) = error.help.as_mut().filter(|_| !known.is_empty()) {
            help.push_str("; its columns are not all known, and nothing reads one of this name");
        }
        Err(Box::new(error))
    }
}

/// The first names of a list.
fn listed(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
