//! From column to column: what one is made of, and what is made of it.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Lineage, Origin};
use crate::manifest::UniqueId;
use crate::sql::{EdgeKind, InfluenceKind};

/// A column of a node; `*` stands for one that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// The node.
    pub node: UniqueId,
    /// The column as the node spells it.
    pub column: String,
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what a column is made of.
    Upstream,
    /// To what is made of a column.
    Downstream,
}

/// One step, from what is read to what reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What is read.
    pub from: ColumnRef,
    /// What is made of it.
    pub to: ColumnRef,
    /// What happens on the way.
    pub kind: EdgeKind,
    /// Whether it is known to be so.
    pub is_certain: bool,
    /// The breaker that it leads through.
    pub breaker: Option<String>,
}

/// What a change of a column's type does to another that is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: it is cast on the way.
    Stays,
    /// Its own type may change, or its expression may no longer work.
    MayChange,
    /// Its type changes too.
    Follows,
}

impl Effect {
    /// What a step does to it.
    pub fn after(self, kind: EdgeKind) -> Self {
        match kind {
            EdgeKind::Copy | EdgeKind::Rename => self,
            EdgeKind::Cast => Self::Stays,
            EdgeKind::Transform | EdgeKind::Aggregate => self.min(Self::MayChange),
        }
    }

    /// In a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stays => "keeps its type",
            Self::MayChange => "may change type",
            Self::Follows => "changes type",
        }
    }
}

/// The steps between columns, both ways.
#[derive(Debug, Default)]
pub struct Paths {
    up: HashMap<ColumnRef, Vec<Hop>>,
    down: HashMap<ColumnRef, Vec<Hop>>,
    /// Which nodes' rows, or columns, a column decides about.
    decides: HashMap<ColumnRef, Vec<(UniqueId, Option<String>, InfluenceKind)>>,
}

impl Paths {
    /// All steps of a project.
    pub fn new(lineage: &Lineage) -> Self {
        let mut paths = Self::default();
        let spelled = |node: &UniqueId, column: &Option<String>| {
            let column = column.as_ref().map(|name| match lineage.column(node, name) {
                Some((_, known)) => known.name.clone(),
                None => name.clone(),
            });
            ColumnRef { node: UniqueId::clone(node), column: column.unwrap_or_else(|| "*".to_owned()) }
        };
        for (id, node) in &lineage.nodes {
            for column in &node.columns {
                let to = ColumnRef { node: UniqueId::clone(id), column: column.name.clone() };
                for link in &column.links {
                    let from = spelled(&link.node, &link.column);
                    let hop = Hop {
                        from: from.clone(),
                        to: to.clone(),
                        kind: link.kind,
                        is_certain: link.is_certain,
                        breaker: link.breaker.clone(),
                    };
                    paths.down.entry(from).or_default().push(hop.clone());
                    paths.up.entry(to.clone()).or_default().push(hop);
                }
                for one in &column.influences {
                    let about = (UniqueId::clone(id), Some(column.name.clone()), one.kind);
                    paths.decides.entry(spelled(&one.node, &one.column)).or_default().push(about);
                }
            }
            for one in &node.influences {
                let about = (UniqueId::clone(id), None, one.kind);
                paths.decides.entry(spelled(&one.node, &one.column)).or_default().push(about);
            }
        }
        paths
    }

    /// The steps next to a column.
    pub fn next(&self, column: &ColumnRef, direction: Direction) -> &[Hop] {
        let side = match direction {
            Direction::Upstream => &self.up,
            Direction::Downstream => &self.down,
        };
        side.get(column).map_or(&[], Vec::as_slice)
    }

    /// What a column decides about: the rows of a node, or one of its columns.
    pub fn decides(&self, column: &ColumnRef) -> &[(UniqueId, Option<String>, InfluenceKind)] {
        self.decides.get(column).map_or(&[], Vec::as_slice)
    }

    /// Every step within some number of steps of a column, nearest first, each once.
    pub fn reach(&self, start: &ColumnRef, direction: Direction, depth: Option<usize>) -> Vec<&Hop> {
        let mut met = HashSet::from([start.clone()]);
        let mut left = VecDeque::from([(start.clone(), 0)]);
        let mut hops = Vec::new();
        while let Some((column, steps)) = left.pop_front() {
            if depth.is_some_and(|depth| steps >= depth) {
                continue;
            }
            for hop in self.next(&column, direction) {
                hops.push(hop);
                let next = match direction {
                    Direction::Upstream => &hop.from,
                    Direction::Downstream => &hop.to,
                };
                if met.insert(next.clone()) {
                    left.push_back((next.clone(), steps + 1));
                }
            }
        }
        hops
    }

    /// What becomes of every column downstream when this one changes its type, in the order they are met.
    pub fn effects(&self, start: &ColumnRef) -> Vec<(ColumnRef, Effect, EdgeKind)> {
        let mut found: HashMap<ColumnRef, (Effect, EdgeKind)> = HashMap::new();
        let mut order = Vec::new();
        let mut left = VecDeque::from([(start.clone(), Effect::Follows, EdgeKind::Copy)]);
        while let Some((column, effect, kind)) = left.pop_front() {
            for hop in self.next(&column, Direction::Downstream) {
                let (effect, kind) = (effect.after(hop.kind), kind.max(hop.kind));
                match found.get_mut(&hop.to) {
                    None => {
                        order.push(hop.to.clone());
                        found.insert(hop.to.clone(), (effect, kind));
                    }
                    Some(known) if known.0 < effect || known.1 < kind => {
                        *known = (known.0.max(effect), known.1.max(kind));
                    }
                    Some(_) => continue,
                }
                left.push_back((hop.to.clone(), effect, kind));
            }
        }
        let result = order.into_iter().filter_map(|column| {
            let (effect, kind) = found.get(&column).copied()?;
            Some((column, effect, kind))
        });
        result.collect()
    }
}

impl Lineage {
    /// The columns of a node that are there under a name of their own.
    pub fn named_columns(&self, node: &str) -> impl Iterator<Item = &super::ColumnLineage> {
        let columns = self.nodes.get(node).map(|node| node.columns.as_slice()).unwrap_or_default();
        columns.iter().filter(|column| column.origin != Origin::Open)
    }
}
