//! Column lineage of a project: what each column of its nodes is made of, over the whole graph.
//!
//! Made only when asked for: [`Lineage::new`] compiles the nodes it is given and all they need, parents
//! first, those of one depth in parallel, and follows their columns with `sql`. In reading order: this file
//! is what there is to know, `names` leads from tables in SQL to nodes, `read` follows one node, `assume`
//! adds what others say of a node, `walk` goes from column to column, `breaker` is what ends the way of a class of
//! data, and `classes` leads each class as far as it goes.

mod assume;
mod breaker;
mod classes;
mod names;
mod read;
mod walk;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

pub use breaker::Breakers;
pub use classes::{Break, Classes, Reach};
pub use walk::{ColumnRef, Direction, Effect, Hop, Paths};

use crate::diagnostic::Span;
use crate::graph::Graph;
use crate::jinja::{Jinja, Session};
use crate::manifest::{Manifest, NodeKind, UniqueId};
use crate::sql::{Dialect, EdgeKind, InfluenceKind};
pub(super) use names::Names;

/// The columns of nodes, parents first.
#[derive(Debug, Default)]
pub struct Lineage {
    /// Sources, seeds, models and snapshots, and tables that no node stands for, under `table.NAME`.
    pub nodes: IndexMap<UniqueId, NodeLineage>,
}

/// What a node's columns are made of.
#[derive(Debug, Clone, Default)]
pub struct NodeLineage {
    /// Its columns in order.
    pub columns: Vec<ColumnLineage>,
    /// Columns that decide which rows it has.
    pub influences: Vec<Decision>,
    /// What its SQL reads, in order of first mention.
    pub reads: Vec<UniqueId>,
    /// Whether it has no columns besides these.
    pub is_complete: bool,
    /// What could not be followed, and where.
    pub notes: Vec<(String, Option<Span>)>,
}

/// A column and what it is made of.
#[derive(Debug, Clone, Default)]
pub struct ColumnLineage {
    /// Its name, `*` for columns whose names are not known.
    pub name: String,
    /// What its values are made of.
    pub links: Vec<Link>,
    /// What decides which value it takes.
    pub influences: Vec<Decision>,
    /// Its expression in the file it was written in.
    pub span: Option<Span>,
    /// How it is known.
    pub origin: Origin,
    /// For `*`: names, in lower case, that it does not stand for.
    pub except: Vec<String>,
}

/// How a column is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// From the node's own SQL or file.
    #[default]
    Code,
    /// From a property file or the catalog.
    Documented,
    /// From another node that reads it.
    Assumed,
    /// It stands for columns whose names are not known.
    Open,
}

/// A column of another node that a value is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The node.
    pub node: UniqueId,
    /// Its column; nothing where it is not known which.
    pub column: Option<String>,
    /// What happened on the way.
    pub kind: EdgeKind,
    /// Whether it is known to be so.
    pub is_certain: bool,
    /// Where it is referred to, in the file it was written in.
    pub span: Option<Span>,
    /// The breaker that it is behind.
    pub breaker: Option<String>,
}

/// A column of another node that decides about rows or values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The node.
    pub node: UniqueId,
    /// Its column; nothing where it is not known which.
    pub column: Option<String>,
    /// How it decides.
    pub kind: InfluenceKind,
    /// Where it is referred to, in the file it was written in.
    pub span: Option<Span>,
}

/// What lineage is made from.
#[derive(Debug)]
pub struct Request<'a> {
    /// Renders templates.
    pub jinja: &'a Arc<Jinja>,
    /// The project.
    pub manifest: &'a Arc<Manifest>,
    /// What needs what.
    pub graph: &'a Graph,
    /// The grammar of its SQL.
    pub dialect: Dialect,
    /// The columns of relations as the warehouse last had them, by node.
    pub catalog: &'a BTreeMap<UniqueId, Vec<String>>,
    /// What breaks what a value tells of its origin.
    pub breakers: &'a Breakers,
    /// The nodes that are asked for; what they need is followed with them. Nothing for all.
    pub wanted: Option<&'a [UniqueId]>,
}

impl Lineage {
    /// Follows the columns of what is asked for. `session` makes a way to the warehouse, for templates that
    /// ask it something.
    pub fn new(request: &Request<'_>, session: &(dyn Fn() -> Arc<Session> + Sync)) -> Self {
        let manifest = request.manifest;
        let wanted: Option<HashSet<&str>> = request.wanted.map(|wanted| {
            let needed = wanted.iter().flat_map(|id| request.graph.ancestors(id));
            wanted.iter().chain(needed).map(|id| &**id).collect()
        });
        let is_wanted = |id: &UniqueId| wanted.as_ref().is_none_or(|wanted| wanted.contains(&**id));
        let names = Names::new(manifest);
        let mut lineage = Self::default();
        for layer in layers(request.graph, manifest) {
            let layer: Vec<_> = layer.into_iter().filter(|id| is_wanted(id)).collect();
            let read: Vec<_> = layer
                .into_par_iter()
                .map_init(session, |session, id| {
                    let found = read::read(request, &names, &lineage, id, session);
                    (UniqueId::clone(id), found)
                })
                .collect();
            lineage.nodes.extend(read);
        }
        lineage.assume();
        lineage
    }

    /// A column of a node by its name, in any case.
    pub fn column(&self, node: &str, name: &str) -> Option<(usize, &ColumnLineage)> {
        let mut columns = self.nodes.get(node)?.columns.iter().enumerate();
        columns.find(|(_, column)| column.name.eq_ignore_ascii_case(name))
    }
}

/// Everything that has columns, in layers: what a node needs is in the layers before its own.
fn layers<'g>(graph: &'g Graph, manifest: &Manifest) -> Vec<Vec<&'g UniqueId>> {
    let has_columns = |id: &UniqueId| {
        let kind = manifest.nodes.get(id).map(|node| &node.kind);
        let is_node =
            matches!(kind, Some(NodeKind::Model { .. } | NodeKind::Seed { .. } | NodeKind::Snapshot));
        is_node || manifest.sources.contains_key(id)
    };
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut layers: Vec<Vec<&UniqueId>> = Vec::new();
    for id in graph.order().filter(|id| has_columns(id)) {
        let parents = graph.parents(id).into_iter().filter_map(|parent| depths.get(&**parent));
        // Seeds and sources come first: SQL may name their tables without a `ref`.
        let kind = manifest.nodes.get(id).map(|node| &node.kind);
        let is_leaf = matches!(kind, None | Some(NodeKind::Seed { .. }));
        let depth = parents.max().map_or(usize::from(!is_leaf), |deepest| deepest + 1);
        depths.insert(id, depth);
        if layers.len() <= depth {
            layers.resize_with(depth + 1, Vec::new);
        }
        layers[depth].push(id);
    }
    layers
}
