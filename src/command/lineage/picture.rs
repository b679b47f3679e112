//! The part of a project's lineage that is shown, and how its nodes and places are called.

use std::collections::BTreeSet;

use crate::compile::lineage::{ColumnLineage, ColumnRef, Direction, Hop, Lineage, Paths};
use crate::console::Look;
use crate::diagnostic::{Sources, Span};
use crate::manifest::{Exposure, Manifest, UniqueId};

use super::subject::Subject;

/// What is shown, with all it is shown from.
pub(super) struct Picture<'a> {
    pub(super) subject: Subject,
    pub(super) directions: &'a [Direction],
    /// How many steps away; nothing for all.
    pub(super) depth: Option<usize>,
    pub(super) lineage: &'a Lineage,
    pub(super) paths: Paths,
    pub(super) manifest: &'a Manifest,
    pub(super) sources: &'a Sources,
    pub(super) look: Look,
    pub(super) with_influences: bool,
}

impl Picture<'_> {
    /// The columns that are asked for: one, or all of the node; of an exposure, those it reads.
    pub(super) fn columns(&self) -> Vec<ColumnRef> {
        if let Some(column) = &self.subject.column {
            return vec![column.clone()];
        }
        let of = |node: &UniqueId| -> Vec<ColumnRef> {
            let columns =
                self.lineage.nodes.get(node).map(|node| node.columns.as_slice()).unwrap_or_default();
            let named = columns
                .iter()
                .map(|column| ColumnRef { node: UniqueId::clone(node), column: column.name.clone() });
            named.collect()
        };
        match self.manifest.exposures.get(&self.subject.node) {
            Some(exposure) => exposure.depends_on.nodes.iter().flat_map(of).collect(),
            None => of(&self.subject.node),
        }
    }

    /// Every step that is shown, each once.
    pub(super) fn hops(&self) -> Vec<&Hop> {
        let mut met = BTreeSet::new();
        let mut hops = Vec::new();
        for column in self.columns() {
            for direction in self.directions {
                for hop in self.paths.reach(&column, *direction, self.depth) {
                    if met.insert((&hop.from, &hop.to)) {
                        hops.push(hop);
                    }
                }
            }
        }
        hops
    }

    /// Every node that is shown, parents first, each with the columns of it that are shown.
    pub(super) fn nodes(&self) -> Vec<(UniqueId, Vec<String>)> {
        let mut shown: BTreeSet<ColumnRef> = self.columns().into_iter().collect();
        for hop in self.hops() {
            shown.insert(hop.from.clone());
            shown.insert(hop.to.clone());
        }
        let names_of = |id: &UniqueId| -> Vec<String> {
            let all = self.lineage.nodes.get(id).map(|node| node.columns.as_slice()).unwrap_or_default();
            let is_shown = |name: &str| {
                shown.contains(&ColumnRef { node: UniqueId::clone(id), column: name.to_owned() })
            };
            let mut names: Vec<String> =
                all.iter().map(|column| column.name.clone()).filter(|name| is_shown(name)).collect();
            if is_shown("*") && !names.iter().any(|name| name == "*") {
                names.push("*".to_owned());
            }
            names
        };
        let with_names = self.lineage.nodes.keys().map(|id| (UniqueId::clone(id), names_of(id)));
        with_names.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// The exposures that read a node, whose columns they all read.
    pub(super) fn exposures(&self, node: &UniqueId) -> Vec<&Exposure> {
        if !self.directions.contains(&Direction::Downstream) {
            return Vec::new();
        }
        let all = self.manifest.exposures.values();
        all.filter(|exposure| exposure.depends_on.nodes.contains(node)).map(|exposure| &**exposure).collect()
    }

    /// What is known of a column.
    pub(super) fn column(&self, column: &ColumnRef) -> Option<&ColumnLineage> {
        self.lineage.column(&column.node, &column.column).map(|(_, column)| column)
    }

    /// A node as people call it.
    pub(super) fn label(&self, node: &str) -> String {
        label(self.manifest, node)
    }

    /// A column as people call it.
    pub(super) fn name(&self, column: &ColumnRef) -> String {
        format!("{}.{}", self.label(&column.node), column.column)
    }

    /// `model`, `source`, and so on; `table` for what the project does not define.
    pub(super) fn kind(&self, node: &str) -> &'static str {
        if self.manifest.sources.contains_key(node) {
            return "source";
        }
        if self.manifest.exposures.contains_key(node) {
            return "exposure";
        }
        self.manifest.nodes.get(node).map_or("table", |node| node.resource_type().as_str())
    }

    /// `path:line` of a column, or of the file that defines its node.
    pub(super) fn place(&self, column: &ColumnRef) -> String {
        if let Some(span) = self.column(column).and_then(|column| column.span) {
            return self.line(span);
        }
        self.file(&column.node)
    }

    /// The file that defines a node.
    pub(super) fn file(&self, node: &str) -> String {
        let own = self.manifest.nodes.get(node).map(|node| node.original_file_path.clone());
        let source = || self.manifest.sources.get(node).map(|source| source.original_file_path.clone());
        own.or_else(source).unwrap_or_default()
    }

    /// `path:line`.
    pub(super) fn line(&self, span: Span) -> String {
        let place = self.sources.place(span);
        place.rsplit_once(':').map_or(place.clone(), |(line, _)| line.to_owned())
    }
}

/// A node as people call it: a model by its name, a source by both of its names, a table by its own.
pub(in crate::command) fn label(manifest: &Manifest, id: &str) -> String {
    if let Some(node) = manifest.nodes.get(id) {
        return match node.version() {
            Some(version) => format!("{}.v{version}", node.name),
            None => node.name.clone(),
        };
    }
    if let Some(source) = manifest.sources.get(id) {
        return format!("{}.{}", source.source_name, source.name);
    }
    if let Some(exposure) = manifest.exposures.get(id) {
        return exposure.name.clone();
    }
    id.strip_prefix("table.").unwrap_or(id).to_owned()
}
