//! What a query reads, and how far that is known.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{READS, Schema, Schemas, State, Trust};
use crate::compile::lineage::Names;
use crate::manifest::{Node, UniqueId};
use crate::sql::{self, Dialect, Known, Table};

impl Schemas {
    /// What a node's query reads, ephemeral models looked through.
    fn reads<'m>(&'m self, node: &'m Node) -> Vec<&'m UniqueId> {
        let mut read = Vec::new();
        let mut open: Vec<&Node> = vec![node];
        let mut met = HashSet::new();
        while let Some(node) = open.pop() {
            for parent in &node.depends_on.nodes {
                match self.manifest.nodes.get(parent) {
                    Some(node) if node.is_ephemeral() && met.insert(parent) => open.push(node),
                    Some(node) if node.is_ephemeral() || !node.is_refable() => {}
                    _ => read.push(parent),
                }
            }
        }
        read
    }

    /// How far what a query reads is to be trusted.
    pub(super) fn ground(&self, state: &State, node: &Node) -> Trust {
        let trusts =
            self.reads(node).into_iter().filter_map(|id| state.known.get(id)).map(|known| known.trust);
        trusts.min().unwrap_or(Trust::Whole)
    }

    /// The first thing that a query reads of which not all is known, as a reason begins.
    pub(super) fn doubted(&self, state: &State, node: &Node) -> String {
        let is_doubted =
            |id: &&UniqueId| state.known.get(*id).is_some_and(|known| known.trust != Trust::Whole);
        let doubted = self.reads(node).into_iter().find(is_doubted);
        doubted.map_or_else(String::new, |id| format!("{READS}{id}`, of which not everything is known"))
    }

    /// What the columns of a query are made of, by what is known of those it reads.
    pub(super) fn follow(&self, state: &State, node: &Node, sql: &str) -> sql::Columns {
        let names = self.names.get_or_init(|| Names::new(&self.manifest));
        let reads: Vec<UniqueId> = self.reads(node).into_iter().cloned().collect();
        let dialect = Dialect::of(self.jinja.globals().adapter.name());
        sql::columns(sql, dialect, &Reader { names, reads, known: &state.known })
    }
}

/// What is known of the tables that one query reads.
struct Reader<'a> {
    names: &'a Names,
    reads: Vec<UniqueId>,
    known: &'a HashMap<UniqueId, Arc<Schema>>,
}

impl sql::Schema for Reader<'_> {
    fn columns(&self, table: &Table) -> Option<Known> {
        let schema = self.known.get(self.names.find(table, &self.reads)?)?;
        let columns = schema.columns.as_ref().ok()?.iter().map(|column| column.name.clone()).collect();
        Some(Known { columns, is_complete: schema.trust == Trust::Whole })
    }
}
