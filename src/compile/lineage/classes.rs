//! Classes of data, such as `pii.email`: from the columns that are said to hold them to all they reach.
//!
//! Every kind of edge carries a class, influences do not. It ends at a breaker, and at a column that is said
//! to hold none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::IndexMap;

use super::{ColumnRef, Direction, Hop, Lineage, Origin, Paths};
use crate::manifest::{Column, Manifest, UniqueId};
use crate::sql::APART;

/// What is said of columns.
#[derive(Debug, Default)]
pub struct Classes {
    /// The columns of each class.
    pub said: BTreeMap<String, Vec<ColumnRef>>,
    /// Columns that are said to hold no class.
    pub clean: BTreeSet<ColumnRef>,
}

/// How far one class reaches.
#[derive(Debug, Default)]
pub struct Reach {
    /// Every column that it reaches, nearest first, each with the step that led there; nothing for those that
    /// are said to hold it.
    pub columns: IndexMap<ColumnRef, Option<Hop>>,
    /// Where its way ends.
    pub breaks: Vec<Break>,
}

/// Where the way of a class ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The step that does not carry it.
    pub hop: Hop,
    /// The breaker; nothing where the column is said to hold no class.
    pub by: Option<String>,
}

impl Classes {
    /// What property files say of the columns of nodes and sources.
    pub fn new(manifest: &Manifest, lineage: &Lineage) -> Self {
        let mut classes = Self::default();
        let nodes = manifest.nodes.iter().map(|(id, node)| (id, &node.columns));
        let sources = manifest.sources.iter().map(|(id, source)| (id, &source.columns));
        for (id, columns) in nodes.chain(sources) {
            for column in columns.values() {
                classes.add(id, column, lineage);
            }
        }
        classes
    }

    fn add(&mut self, node: &UniqueId, column: &Column, lineage: &Lineage) {
        let spelled = lineage.column(node, &column.name).map_or(&column.name, |(_, known)| &known.name);
        let place = ColumnRef { node: UniqueId::clone(node), column: spelled.clone() };
        let classes = column.classes();
        if classes.is_empty() && column.classifiers.is_some() {
            self.clean.insert(place);
            return;
        }
        for class in classes {
            self.said.entry(class).or_default().push(place.clone());
        }
    }

    /// How far a class reaches, without going on from where `ends` says so.
    pub fn reach(
        &self,
        class: &str,
        lineage: &Lineage,
        paths: &Paths,
        ends: &dyn Fn(&UniqueId) -> bool,
    ) -> Reach {
        let mut reach = Reach::default();
        let said = self.said.get(class).map(Vec::as_slice).unwrap_or_default();
        let mut left: VecDeque<ColumnRef> = said.iter().cloned().collect();
        reach.columns.extend(said.iter().map(|column| (column.clone(), None)));
        while let Some(column) = left.pop_front() {
            if ends(&column.node) {
                continue;
            }
            for hop in onwards(&column, lineage, paths) {
                if reach.columns.contains_key(&hop.to) {
                    continue;
                }
                if hop.breaker.is_some() || self.clean.contains(&hop.to) {
                    let end = Break { by: hop.breaker.clone(), hop };
                    if end.by.as_deref() != Some(APART) && !reach.breaks.contains(&end) {
                        reach.breaks.push(end);
                    }
                    continue;
                }
                left.push_back(hop.to.clone());
                reach.columns.insert(hop.to.clone(), Some(hop));
            }
        }
        reach.breaks.retain(|end| !reach.columns.contains_key(&end.hop.to));
        reach
    }
}

impl Reach {
    /// The steps to a column from one that is said to hold the class.
    pub fn way(&self, column: &ColumnRef) -> Vec<&Hop> {
        let mut way = Vec::new();
        let mut at = column;
        while let Some(Some(hop)) = self.columns.get(at) {
            way.push(hop);
            at = &hop.from;
        }
        way.reverse();
        way
    }
}

/// The steps from a column, and those from all columns of its node that may be from it.
fn onwards(column: &ColumnRef, lineage: &Lineage, paths: &Paths) -> Vec<Hop> {
    let mut hops = paths.next(column, Direction::Downstream).to_vec();
    if column.column == "*" {
        return hops;
    }
    let any = ColumnRef { node: UniqueId::clone(&column.node), column: "*".to_owned() };
    let name = column.column.to_lowercase();
    for hop in paths.next(&any, Direction::Downstream) {
        let to = lineage.column(&hop.to.node, &hop.to.column).map(|(_, to)| to);
        let is_other = to.is_some_and(|to| to.origin == Origin::Open && to.except.contains(&name));
        if !is_other {
            hops.push(Hop { from: column.clone(), is_certain: false, ..hop.clone() });
        }
    }
    hops
}
