//! What a value is made of, while a statement is analysed: small maps with numbers for names.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{EdgeKind, InfluenceKind};

/// A range of bytes of the text, where known.
pub(super) type Place = Option<(u32, u32)>;

/// A column of a table, as the analyser numbers them; [`UNKNOWN`] for one that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) table: u32,
    pub(super) column: u32,
}

/// The number of a column that is not known.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// How a value comes from its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) kind: EdgeKind,
    pub(super) is_certain: bool,
    pub(super) place: Place,
    /// The breaker that every way from the origin leads through, as the analyser numbers them.
    pub(super) breaker: Option<u32>,
}

/// Columns that decide about rows or values.
pub(super) type Influences = BTreeMap<(Origin, InfluenceKind), Place>;

/// What a value is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) edges: BTreeMap<Origin, Mark>,
    pub(super) influences: Influences,
}

impl Flow {
    /// A value that is one column.
    pub(super) fn one(origin: Origin, kind: EdgeKind, is_certain: bool, place: Place) -> Self {
        let mark = Mark { kind, is_certain, place, breaker: None };
        Self { edges: BTreeMap::from([(origin, mark)]), ..Self::default() }
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.edges.len() + self.influences.len()
    }

    /// Takes in what another value is made of, with a step of some kind in between.
    pub(super) fn absorb(&mut self, other: &Self, step: EdgeKind) {
        for (origin, mark) in &other.edges {
            self.add(*origin, Mark { kind: mark.kind.max(step), ..*mark });
        }
        self.influenced_by(&other.influences);
    }

    /// Takes in another value's columns as influences.
    pub(super) fn decided_by(&mut self, other: &Self, kind: InfluenceKind) {
        influence(&mut self.influences, other, kind);
    }

    /// Takes in influences as they are.
    pub(super) fn influenced_by(&mut self, others: &Influences) {
        for (key, place) in others {
            self.influences.entry(*key).or_insert(*place);
        }
    }

    /// The same value after a step.
    pub(super) fn after(self: Rc<Self>, step: EdgeKind) -> Rc<Self> {
        if self.edges.values().all(|mark| mark.kind >= step) {
            return self;
        }
        let mut flow = Self::default();
        flow.absorb(&self, step);
        Rc::new(flow)
    }

    /// The same value behind a breaker.
    pub(super) fn broken(self: Rc<Self>, breaker: Option<u32>) -> Rc<Self> {
        if breaker.is_none() || self.edges.is_empty() {
            return self;
        }
        let mut flow = Rc::unwrap_or_clone(self);
        flow.edges.values_mut().for_each(|mark| mark.breaker = mark.breaker.or(breaker));
        Rc::new(flow)
    }

    /// The same value where it is only one of several that may be meant.
    pub(super) fn doubted(&self) -> Self {
        let mut flow = self.clone();
        flow.edges.values_mut().for_each(|mark| mark.is_certain = false);
        flow
    }

    fn add(&mut self, origin: Origin, new: Mark) {
        self.edges
            .entry(origin)
            .and_modify(|mark| {
                mark.kind = mark.kind.max(new.kind);
                mark.is_certain |= new.is_certain;
                mark.breaker = mark.breaker.filter(|_| new.breaker.is_some());
            })
            .or_insert(new);
    }
}

/// Adds the columns of a value to influences, and what decided about that value.
pub(super) fn influence(influences: &mut Influences, by: &Flow, kind: InfluenceKind) {
    for (origin, mark) in &by.edges {
        influences.entry((*origin, kind)).or_insert(mark.place);
    }
    for (key, place) in &by.influences {
        influences.entry(*key).or_insert(*place);
    }
}
