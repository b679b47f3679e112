//! Columns that a node is read by and that nothing else tells of: `select *` over a table whose columns are
//! not known has whatever others take from it.

use std::collections::{HashMap, HashSet};

use super::read::{named, stands_for};
use super::{ColumnLineage, Lineage, NodeLineage, Origin};
use crate::manifest::UniqueId;

impl Lineage {
    /// Gives every node the columns that are read from it, children first, since what a child is assumed to
    /// have may come from its parents.
    pub(super) fn assume(&mut self) {
        let mut wanted: HashMap<UniqueId, Vec<String>> = HashMap::new();
        let mut order: Vec<UniqueId> = self.nodes.keys().rev().cloned().collect();
        let mut met: HashSet<UniqueId> = order.iter().cloned().collect();
        let mut at = 0;
        while let Some(id) = order.get(at).cloned() {
            at += 1;
            let asked = wanted.remove(&id).unwrap_or_default();
            let node = self.nodes.entry(UniqueId::clone(&id)).or_default();
            add(node, asked);
            let links =
                node.columns.iter().flat_map(|column| &column.links).map(|link| (&link.node, &link.column));
            let own = node.columns.iter().flat_map(|column| &column.influences);
            let decisions = own.chain(&node.influences).map(|one| (&one.node, &one.column));
            for (parent, column) in links.chain(decisions) {
                // A table that no node stands for comes up here first.
                if met.insert(UniqueId::clone(parent)) {
                    order.push(UniqueId::clone(parent));
                }
                if let Some(column) = column {
                    wanted.entry(UniqueId::clone(parent)).or_default().push(column.clone());
                }
            }
        }
    }
}

fn add(node: &mut NodeLineage, asked: Vec<String>) {
    if node.is_complete {
        return;
    }
    let mut known: HashSet<String> = node.columns.iter().map(|column| column.name.to_lowercase()).collect();
    for name in asked {
        if !known.insert(name.to_lowercase()) {
            continue;
        }
        let open = node.columns.iter().find(|column| stands_for(column, &name));
        let column = ColumnLineage {
            links: open.map(|open| named(open, &name)).unwrap_or_default(),
            span: open.and_then(|open| open.span),
            influences: open.map(|open| open.influences.clone()).unwrap_or_default(),
            name,
            origin: Origin::Assumed,
            ..ColumnLineage::default()
        };
        let at = node.columns.iter().position(|column| column.origin == Origin::Open);
        node.columns.insert(at.unwrap_or(node.columns.len()), column);
    }
}
