//! From the name of a table in SQL to the node or source that stands behind it.

use std::collections::HashMap;

use crate::manifest::{Manifest, UniqueId};
use crate::relation::Relation;
use crate::sql::Table;

/// How an ephemeral model is called where it is read.
const EPHEMERAL: &str = "__dbt__cte__";

/// Tables by the last part of their names, in lower case.
#[derive(Debug)]
pub(in crate::compile) struct Names {
    by_name: HashMap<String, Vec<(Vec<String>, UniqueId)>>,
    /// Calls and files that stand for whole relations.
    external: HashMap<String, UniqueId>,
}

impl Names {
    /// The names of everything that can be read.
    pub(in crate::compile) fn new(manifest: &Manifest) -> Self {
        let mut names = Self { by_name: HashMap::new(), external: HashMap::new() };
        for (id, node) in &manifest.nodes {
            if node.is_ephemeral() {
                let name = format!("{EPHEMERAL}{}", node.alias).to_lowercase();
                names.by_name.entry(name.clone()).or_default().push((vec![name], UniqueId::clone(id)));
            } else if let Some(relation) = node.relation.as_ref().filter(|_| node.is_refable()) {
                names.add(id, relation);
            }
        }
        for (id, source) in &manifest.sources {
            names.add(id, &source.relation);
        }
        names
    }

    fn add(&mut self, id: &UniqueId, relation: &Relation) {
        if let Some(external) = &relation.external {
            self.external.insert(plain(external), UniqueId::clone(id));
            return;
        }
        let parts = [&relation.database, &relation.schema, &relation.identifier];
        let parts: Vec<String> = parts.into_iter().flatten().map(|part| part.to_lowercase()).collect();
        if let Some(last) = parts.last() {
            self.by_name.entry(last.clone()).or_default().push((parts, UniqueId::clone(id)));
        }
    }

    /// What a table is, as read by a node that needs some others: one of those before any other.
    pub(in crate::compile) fn find(&self, table: &Table, needed: &[UniqueId]) -> Option<&UniqueId> {
        let Some(last) = table.name.last() else { return self.external.get(&plain(&table.text)) };
        let said: Vec<String> = table.name.iter().map(|part| part.to_lowercase()).collect();
        let candidates = self.by_name.get(&last.to_lowercase())?;
        let fitting: Vec<_> =
            candidates.iter().filter(|(parts, _)| parts.ends_with(&said)).map(|(_, id)| id).collect();
        let among = fitting.iter().find(|id| needed.contains(id)).copied();
        among.or_else(|| (fitting.len() == 1).then(|| fitting[0]))
    }
}

/// Text without what may be written in several ways.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | ';'))
        .flat_map(char::to_lowercase)
        .collect()
}
