//! `union`, `intersect` and `except`: headers laid over each other, by position or by name.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::{SetExpr, SetOperator, SetQuantifier};

use super::EdgeKind::Copy;
use super::InfluenceKind::Filter;
use super::analyse::{Analyser, Halted};
use super::flow::{Flow, Influences, influence};
use super::scope::{Item, Open, OpenSource, Scope, Shape, same};

/// How the columns of two queries find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Position,
    Name,
}

impl From<SetQuantifier> for Match {
    fn from(quantifier: SetQuantifier) -> Self {
        match quantifier {
            SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => Self::Name,
            SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => Self::Position,
        }
    }
}

impl Analyser<'_> {
    /// Analyses a set operation. A long chain of unions is taken as one, so that a thousand of them
    /// cost a thousand steps.
    pub(super) fn set_operation(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Halted<Rc<Shape>> {
        let SetExpr::SetOperation { left, op, set_quantifier, right } = body else {
            return self.body(body, outer, None);
        };
        if *op != SetOperator::Union {
            let left = self.body(left, outer, None)?;
            let right = self.body(right, outer, None)?;
            return self.compared(&left, &right);
        }
        let by = Match::from(*set_quantifier);
        let mut members = vec![right];
        let mut first = left;
        while let SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } = &**first
            && Match::from(*set_quantifier) == by
        {
            members.push(right);
            first = left;
        }
        members.push(first);
        let mut shapes = Vec::with_capacity(members.len());
        for member in members.into_iter().rev() {
            shapes.push(self.body(member, outer, None)?);
        }
        self.united(&shapes, by)
    }

    /// Rows of the left that are, or are not, among those of the right.
    pub(super) fn compared(&mut self, left: &Shape, right: &Shape) -> Halted<Rc<Shape>> {
        let mut shape = left.clone();
        let by = self.all(&right.items, Copy, None)?;
        influence(&mut shape.influences, &by, Filter);
        self.spend(right.influences.len())?;
        shape.influences.extend(right.influences.iter().map(|(key, place)| (*key, *place)));
        Ok(Rc::new(shape))
    }

    /// The rows of all of them.
    pub(super) fn united(&mut self, shapes: &[Rc<Shape>], by: Match) -> Halted<Rc<Shape>> {
        let mut influences = Influences::new();
        for shape in shapes {
            self.spend(shape.influences.len() + shape.items.len())?;
            for (key, place) in &shape.influences {
                influences.entry(*key).or_insert(*place);
            }
        }
        let Some((first, rest)) = shapes.split_first() else { return Ok(Rc::default()) };
        let mut stack = Stack::new(&first.items);
        for shape in rest {
            for item in &shape.items {
                if let Item::Column(column) = item {
                    self.spend(column.flow.len())?;
                }
            }
            match by {
                Match::Name => self.by_name(&mut stack, &shape.items)?,
                Match::Position => self.by_position(&mut stack, &shape.items)?,
            }
        }
        Ok(Rc::new(Shape { items: stack.items(), influences }))
    }

    fn by_position(&mut self, stack: &mut Stack, items: &[Item]) -> Halted<()> {
        let aligned = stack.0.len() == items.len()
            && stack.0.iter().zip(items).all(|(layer, item)| layer.is_open() == item.is_open());
        let left = stack.0.iter().position(Layer::is_open);
        let right = items.iter().position(Item::is_open);
        if aligned || (left.is_none() && right.is_none()) {
            if stack.0.len() != items.len() {
                self.note("the sides of a union have different numbers of columns", None);
            }
            for (layer, item) in stack.0.iter_mut().zip(items) {
                layer.take(item);
            }
            return Ok(());
        }
        // Up to the first columns of unknown number positions are known; behind it, any column may be meant.
        let known = left.unwrap_or(stack.0.len()).min(right.unwrap_or(items.len()));
        for (layer, item) in stack.0.iter_mut().zip(items).take(known) {
            layer.take(item);
        }
        let rest = items.get(known..).unwrap_or_default();
        let rest = Rc::new(self.all(rest, Copy, None)?.doubted());
        for layer in stack.0.iter_mut().skip(known) {
            match layer {
                Layer::Column { flow, .. } => flow.absorb(&rest, Copy),
                Layer::Open(open) => open.sources.push(OpenSource::Flow(Rc::clone(&rest))),
            }
        }
        Ok(())
    }

    fn by_name(&mut self, stack: &mut Stack, items: &[Item]) -> Halted<()> {
        let names: BTreeSet<String> = stack.0.iter().filter_map(Layer::name).map(str::to_lowercase).collect();
        for item in items {
            match item {
                Item::Column(column) => {
                    let same_name =
                        |layer: &&mut Layer| layer.name().is_some_and(|name| same(name, &column.name));
                    if let Some(layer) = stack.0.iter_mut().find(same_name) {
                        layer.take(item);
                        continue;
                    }
                    let mut layer = Layer::from(item);
                    for other in &mut stack.0 {
                        if let (Layer::Open(open), Layer::Column { flow, .. }) = (&mut *other, &mut layer)
                            && open.except.insert(column.name.to_lowercase())
                        {
                            flow.absorb(&self.through(open, &column.name, column.place)?, Copy);
                        }
                    }
                    stack.0.push(layer);
                }
                Item::Open(open) => {
                    for layer in &mut stack.0 {
                        if let Layer::Column { name, flow, place } = layer
                            && !open.except.contains(&name.to_lowercase())
                        {
                            flow.absorb(&self.through(open, name, *place)?, Copy);
                        }
                    }
                    let mut rest = open.clone();
                    rest.except.extend(names.iter().cloned());
                    stack.0.push(Layer::Open(rest));
                }
            }
        }
        Ok(())
    }
}

/// Headers laid over each other so far.
struct Stack(Vec<Layer>);

/// A column of the stack while it grows.
enum Layer {
    Column { name: Rc<str>, flow: Flow, place: super::flow::Place },
    Open(Open),
}

impl Stack {
    fn new(items: &[Item]) -> Self {
        Self(items.iter().map(Layer::from).collect())
    }

    fn items(self) -> Vec<Item> {
        let item = |layer| match layer {
            Layer::Column { name, flow, place } => Item::column(name, Rc::new(flow), place),
            Layer::Open(open) => Item::Open(open),
        };
        self.0.into_iter().map(item).collect()
    }
}

impl From<&Item> for Layer {
    fn from(item: &Item) -> Self {
        match item {
            Item::Column(column) => Self::Column {
                name: Rc::clone(&column.name),
                flow: (*column.flow).clone(),
                place: column.place,
            },
            Item::Open(open) => Self::Open(open.clone()),
        }
    }
}

impl Layer {
    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Column { name, .. } => Some(name),
            Self::Open(_) => None,
        }
    }

    /// Lays a column of another query over this one.
    fn take(&mut self, item: &Item) {
        match (self, item) {
            (Self::Column { flow, .. }, Item::Column(column)) => flow.absorb(&column.flow, Copy),
            (Self::Open(mine), Item::Open(open)) => {
                mine.except.retain(|name| open.except.contains(name));
                for source in &open.sources {
                    if !mine.sources.contains(source) {
                        mine.sources.push(source.clone());
                    }
                }
            }
            _ => {}
        }
    }
}
