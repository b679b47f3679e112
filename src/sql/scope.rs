//! Names and what they mean at some point of a statement.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::{Ident, NamedWindowDefinition};

use super::analyse::{Analyser, Halted};
use super::flow::{Flow, Influences, Place};
use super::{EdgeKind, Found};

/// A column of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: Rc<str>,
    pub(super) flow: Rc<Flow>,
    pub(super) place: Place,
}

/// Any number of columns whose names are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// What each of them is made of, all together.
    pub(super) sources: Vec<OpenSource>,
    /// Names, in lower case, that it does not stand for.
    pub(super) except: BTreeSet<String>,
    pub(super) place: Place,
}

/// Where columns of unknown names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OpenSource {
    /// The columns of the same name of a table, after a step.
    Table(u32, EdgeKind),
    /// A value, whatever the name.
    Flow(Rc<Flow>),
}

/// A part of a relation's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Column(Column),
    Open(Open),
}

impl Item {
    pub(super) fn column(name: impl Into<Rc<str>>, flow: Rc<Flow>, place: Place) -> Self {
        Self::Column(Column { name: name.into(), flow, place })
    }

    pub(super) fn open(source: OpenSource, place: Place) -> Self {
        Self::Open(Open { sources: vec![source], except: BTreeSet::new(), place })
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// The header of a query and what decides about its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) items: Vec<Item>,
    pub(super) influences: Influences,
}

/// A relation of a `from`.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Its alias, or the last part of its name.
    pub(super) name: Option<String>,
    /// The parts of its name before the last; none where it has an alias.
    pub(super) path: Vec<String>,
    pub(super) items: Rc<Vec<Item>>,
    /// Columns that `*` does not show, since `using` merged them into another relation's.
    pub(super) suppressed: Vec<String>,
    /// Whether it is only compared with, as the right side of a semi join.
    pub(super) is_hidden: bool,
}

impl Relation {
    /// A relation with an alias, or with none.
    pub(super) fn named(name: Option<String>, items: Vec<Item>) -> Self {
        Self { name, path: Vec::new(), items: Rc::new(items), suppressed: Vec::new(), is_hidden: false }
    }

    /// Whether a qualifier means it: its name, or more of its path.
    pub(super) fn answers(&self, qualifier: &[Ident]) -> bool {
        let Some((last, before)) = qualifier.split_last() else { return false };
        let is_named = self.name.as_ref().is_some_and(|name| same(name, &last.value));
        let tail = self.path.len().checked_sub(before.len()).map(|from| &self.path[from..]);
        is_named && tail.is_some_and(|tail| tail.iter().zip(before).all(|(a, b)| same(a, &b.value)))
    }
}

/// A column that `using` or `natural` made of two.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub(super) name: String,
    pub(super) flow: Rc<Flow>,
    /// The relation among whose columns `*` shows it.
    pub(super) relation: usize,
}

/// What names mean inside one `select`.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    pub(super) relations: Vec<Relation>,
    pub(super) merged: Vec<Merged>,
    /// Aliases of select items that may be used by now.
    pub(super) aliases: Vec<(Rc<str>, Rc<Flow>)>,
    /// Parameters of a lambda.
    pub(super) parameters: Vec<String>,
    pub(super) windows: &'s [NamedWindowDefinition],
    pub(super) parent: Option<&'s Scope<'s>>,
    /// What decides about the rows of its relations.
    pub(super) influences: Influences,
}

impl<'s> Scope<'s> {
    /// Nothing yet, inside of another.
    pub(super) fn inside(parent: Option<&'s Scope<'s>>) -> Self {
        Self {
            relations: Vec::new(),
            merged: Vec::new(),
            aliases: Vec::new(),
            parameters: Vec::new(),
            windows: &[],
            parent,
            influences: Influences::new(),
        }
    }

    /// The scopes from this one outwards.
    fn outwards(&self) -> impl Iterator<Item = &Scope<'s>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The relation that a qualifier means, the innermost first.
    pub(super) fn relation(&self, qualifier: &[Ident]) -> Option<&Relation> {
        self.outwards().find_map(|scope| {
            scope.relations.iter().find(|relation| !relation.is_hidden && relation.answers(qualifier))
        })
    }
}

/// What one relation has under a name.
enum Hit {
    None,
    Exact(Rc<Flow>),
    Open(Rc<Flow>),
}

/// Whether two names are one.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

impl Analyser<'_> {
    /// What a name, qualified or not, stands for.
    pub(super) fn resolve(&mut self, parts: &[Ident], scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let place = self.place_of(parts);
        let breaker = self.breaking_at(place);
        Ok(self.resolve_at(parts, scope, place)?.broken(breaker))
    }

    fn resolve_at(&mut self, parts: &[Ident], scope: &Scope<'_>, place: Place) -> Halted<Rc<Flow>> {
        if let Some((flow, found)) = self.qualified(parts, scope, place)? {
            self.refer(parts, place, found);
            return Ok(flow);
        }
        let (first, fields) = (&parts[..1], &parts[1..]);
        if let Some((flow, found)) = self.unqualified(&parts[0].value, scope, place)? {
            self.refer(if fields.is_empty() { first } else { parts }, place, found);
            let breaker = self.breaking_fields(fields);
            return Ok(if fields.is_empty() {
                flow
            } else {
                flow.after(EdgeKind::Transform).broken(breaker)
            });
        }
        if let Some(relation) = scope.relation(first).filter(|_| fields.is_empty()) {
            // The whole row as one value.
            let items = Rc::clone(&relation.items);
            return self.all(&items, EdgeKind::Transform, place);
        }
        self.refer(parts, place, Found::Missing);
        Ok(Rc::default())
    }

    /// The breaker that fields behind a column come to.
    fn breaking_fields(&mut self, fields: &[Ident]) -> Option<u32> {
        if fields.is_empty() {
            return None;
        }
        let path: Vec<&str> = fields.iter().map(|part| part.value.as_str()).collect();
        self.breaking_field(&path.join("."))
    }

    /// A name whose first parts mean a relation.
    fn qualified(
        &mut self,
        parts: &[Ident],
        scope: &Scope<'_>,
        place: Place,
    ) -> Halted<Option<(Rc<Flow>, Found)>> {
        for length in (1..parts.len()).rev() {
            let Some(relation) = scope.relation(&parts[..length]) else { continue };
            let items = Rc::clone(&relation.items);
            let fields = &parts[length + 1..];
            let step = if fields.is_empty() { EdgeKind::Copy } else { EdgeKind::Transform };
            let breaker = self.breaking_fields(fields);
            match self.find(&items, &parts[length].value, place)? {
                Hit::Exact(flow) => return Ok(Some((flow.after(step).broken(breaker), Found::Known))),
                Hit::Open(flow) => return Ok(Some((flow.after(step).broken(breaker), Found::Assumed))),
                Hit::None => {}
            }
            // A relation of one value, named like it: a field of that value.
            if let Hit::Exact(flow) = self.find(&items, &parts[length - 1].value, place)? {
                return Ok(Some((flow.after(EdgeKind::Transform), Found::Known)));
            }
        }
        Ok(None)
    }

    /// A bare name: columns before aliases, inner scopes before outer ones, known columns before those
    /// that a table of unknown columns may have.
    pub(super) fn unqualified(
        &mut self,
        name: &str,
        scope: &Scope<'_>,
        place: Place,
    ) -> Halted<Option<(Rc<Flow>, Found)>> {
        let mut guesses: Vec<Rc<Flow>> = Vec::new();
        for level in scope.outwards() {
            if level.parameters.iter().any(|parameter| same(parameter, name)) {
                return Ok(Some((Rc::default(), Found::Known)));
            }
            let mut exact = Vec::new();
            let mut open = Vec::new();
            if let Some(merged) = level.merged.iter().rev().find(|merged| same(&merged.name, name)) {
                exact.push(Rc::clone(&merged.flow));
            } else {
                for relation in level.relations.iter().filter(|relation| !relation.is_hidden) {
                    match self.find(&relation.items, name, place)? {
                        Hit::Exact(flow) => exact.push(flow),
                        Hit::Open(flow) => open.push(flow),
                        Hit::None => {}
                    }
                }
            }
            let alias = level.aliases.iter().rev().find(|(alias, _)| same(alias, name));
            if let Some((_, flow)) = alias
                && exact.is_empty()
                && guesses.is_empty()
                && (open.is_empty() || !self.reads(flow, name))
            {
                return Ok(Some((Rc::clone(flow), Found::Known)));
            }
            if let Some(first) = exact.first() {
                if guesses.is_empty() {
                    let found = if exact.len() > 1 { Found::Ambiguous } else { Found::Known };
                    return Ok(Some((Rc::clone(first), found)));
                }
                guesses.push(Rc::clone(first));
                break;
            }
            if guesses.is_empty() {
                guesses = open;
            }
        }
        match guesses.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((Rc::clone(one), Found::Assumed))),
            several => {
                let mut flow = Flow::default();
                for guess in several {
                    self.spend(guess.len())?;
                    flow.absorb(&guess.doubted(), EdgeKind::Copy);
                }
                Ok(Some((Rc::new(flow), Found::Ambiguous)))
            }
        }
    }

    /// What a header has under a name.
    fn find(&mut self, items: &[Item], name: &str, place: Place) -> Halted<Hit> {
        self.spend(1 + items.len() / 8)?;
        let exact = items.iter().find_map(|item| match item {
            Item::Column(column) if same(&column.name, name) => Some(column),
            _ => None,
        });
        if let Some(column) = exact {
            return Ok(Hit::Exact(Rc::clone(&column.flow)));
        }
        let mut hit: Option<Flow> = None;
        for item in items {
            let Item::Open(open) = item else { continue };
            if !open.except.is_empty() && open.except.contains(&name.to_lowercase()) {
                continue;
            }
            let found = self.through(open, name, place)?;
            match &mut hit {
                None => hit = Some(found),
                Some(first) => {
                    let mut both = first.doubted();
                    both.absorb(&found.doubted(), EdgeKind::Copy);
                    *first = both;
                }
            }
        }
        Ok(hit.map_or(Hit::None, |flow| Hit::Open(Rc::new(flow))))
    }

    /// A column of some name among those that are not known.
    pub(super) fn through(&mut self, open: &Open, name: &str, place: Place) -> Halted<Flow> {
        let mut flow = Flow::default();
        for source in &open.sources {
            match source {
                OpenSource::Table(table, kind) => {
                    let origin = self.origin(*table, name);
                    flow.absorb(&Flow::one(origin, *kind, true, place), EdgeKind::Copy);
                }
                OpenSource::Flow(value) => {
                    self.spend(value.len())?;
                    flow.absorb(value, EdgeKind::Copy);
                }
            }
        }
        Ok(flow)
    }

    /// All columns of a header as one value, after a step.
    pub(super) fn all(&mut self, items: &[Item], step: EdgeKind, place: Place) -> Halted<Rc<Flow>> {
        let mut flow = Flow::default();
        for item in items {
            match item {
                Item::Column(column) => {
                    self.spend(column.flow.len())?;
                    flow.absorb(&column.flow, step);
                }
                Item::Open(open) => flow.absorb(&self.whole(open, place)?, step),
            }
        }
        Ok(Rc::new(flow))
    }

    /// All columns that an open part stands for as one value.
    pub(super) fn whole(&mut self, open: &Open, place: Place) -> Halted<Flow> {
        let mut flow = Flow::default();
        for source in &open.sources {
            match source {
                OpenSource::Table(table, kind) => {
                    flow.absorb(&Flow::one(Self::unknown(*table), *kind, true, place), EdgeKind::Copy);
                }
                OpenSource::Flow(value) => {
                    self.spend(value.len())?;
                    flow.absorb(value, EdgeKind::Copy);
                }
            }
        }
        Ok(flow)
    }
}
