//! Queries: common table expressions, `select`, `values`, and what orders and filters them.

use std::rc::Rc;

use sqlparser::ast::{
    ConnectByKind, Cte, Distinct, Expr, GroupByExpr, GroupByWithModifier, OrderBy, OrderByExpr, OrderByKind,
    Query, Select, SelectFlavor, SetExpr, Value, Values, With,
};

use super::EdgeKind::{Copy, Transform};
use super::InfluenceKind::{self, Filter, Group, Order};
use super::analyse::{Analyser, CteInSight, Halt, Halted, renamed};
use super::flow::{Flow, Influences, influence};
use super::function::has_aggregate;
use super::scope::{Item, OpenSource, Relation, Scope, Shape, same};

/// Below this much stack, more is taken.
pub(super) const RED_ZONE: usize = 128 * 1024;
/// How much is taken then.
pub(super) const MORE_STACK: usize = 4 * 1024 * 1024;
/// How often a recursive query is gone through at most; each time, columns reach one column further.
const ROUNDS: usize = 64;

impl Analyser<'_> {
    /// Analyses a query inside of a scope.
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Halted<Rc<Shape>> {
        stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.query_here(query, outer))
    }

    fn query_here(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Halted<Rc<Shape>> {
        self.spend(1)?;
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with, outer)?;
        }
        let mut shape = self.body(&query.body, outer, query.order_by.as_ref())?;
        if !query.pipe_operators.is_empty() {
            shape = self.pipe(shape, &query.pipe_operators, outer)?;
        }
        self.ctes.truncate(before);
        Ok(shape)
    }

    fn with(&mut self, with: &With, outer: Option<&Scope<'_>>) -> Halted<()> {
        for cte in &with.cte_tables {
            let shape =
                if with.recursive { self.recursive(cte, outer)? } else { self.query(&cte.query, outer)? };
            let shape = renamed(&shape, cte.alias.columns.iter().map(|column| &column.name));
            self.ctes.push(CteInSight { name: cte.alias.name.value.clone(), shape, is_read: false });
        }
        Ok(())
    }

    /// A query that may read itself: gone through with what is known of it until nothing new is learnt.
    fn recursive(&mut self, cte: &Cte, outer: Option<&Scope<'_>>) -> Halted<Rc<Shape>> {
        let name = &cte.alias.name.value;
        let nothing = Item::open(OpenSource::Flow(Rc::default()), None);
        let mut known = Rc::new(Shape { items: vec![nothing], influences: Influences::new() });
        for _ in 0..ROUNDS {
            self.ctes.push(CteInSight { name: name.clone(), shape: Rc::clone(&known), is_read: false });
            let found = self.query(&cte.query, outer)?;
            let is_read = self.ctes.pop().is_some_and(|cte| cte.is_read);
            let found = renamed(&found, cte.alias.columns.iter().map(|column| &column.name));
            self.spend(found.items.len())?;
            let is_settled = found == known;
            known = found;
            if is_settled || !is_read {
                break;
            }
        }
        Ok(known)
    }

    /// Analyses what stands between `with` and `order by`.
    pub(super) fn body(
        &mut self,
        body: &SetExpr,
        outer: Option<&Scope<'_>>,
        order: Option<&OrderBy>,
    ) -> Halted<Rc<Shape>> {
        stacker::maybe_grow(RED_ZONE, MORE_STACK, || match body {
            SetExpr::Select(select) => self.select(select, outer, order),
            SetExpr::Query(query) => {
                let shape = self.query(query, outer)?;
                self.ordered(shape, outer, order)
            }
            SetExpr::SetOperation { .. } => {
                let shape = self.set_operation(body, outer)?;
                self.ordered(shape, outer, order)
            }
            SetExpr::Values(values) => {
                let shape = self.values(values, outer)?;
                self.ordered(shape, outer, order)
            }
            SetExpr::Table(table) => {
                let parts = [table.schema_name.as_ref(), table.table_name.as_ref()];
                let names: Vec<_> = parts.into_iter().flatten().cloned().collect();
                let mut scope = Scope::inside(outer);
                self.read_table(&names, None, &mut scope)?;
                let items = scope.relations.iter().flat_map(|relation| relation.items.iter().cloned());
                Ok(Rc::new(Shape { items: items.collect(), influences: scope.influences }))
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(Halt("the statement changes rows inside of a query".to_owned()))
            }
        })
    }

    /// A finished query with an order over its columns.
    fn ordered(
        &mut self,
        shape: Rc<Shape>,
        outer: Option<&Scope<'_>>,
        order: Option<&OrderBy>,
    ) -> Halted<Rc<Shape>> {
        let Some(order) = order else { return Ok(shape) };
        let mut scope = Scope::inside(outer);
        scope.relations.push(Relation::named(None, shape.items.clone()));
        let mut shape = Rc::unwrap_or_clone(shape);
        let by = self.order(order, &shape.items, &scope)?;
        influence(&mut shape.influences, &by, Order);
        Ok(Rc::new(shape))
    }

    fn select(
        &mut self,
        select: &Select,
        outer: Option<&Scope<'_>>,
        order: Option<&OrderBy>,
    ) -> Halted<Rc<Shape>> {
        let mut scope = Scope { windows: &select.named_window, ..Scope::inside(outer) };
        self.from(&select.from, &mut scope)?;
        self.lateral_views(&select.lateral_views, &mut scope)?;
        let is_lateral = self.dialect.has_lateral_aliases();
        let mut by = Flow::default();
        let conditions: Vec<_> = select.prewhere.iter().chain(&select.selection).collect();
        if !is_lateral {
            by.absorb(&*self.mixed(conditions.iter().copied(), &scope)?, Copy);
        }
        let counted = std::mem::replace(&mut self.counted, super::function::counted(select.having.as_ref()));
        let mut items = Vec::new();
        if select.flavor == SelectFlavor::FromFirstNoSelect {
            items = self.star(None, &scope)?;
        }
        let mut aggregated = Vec::new();
        for item in &select.projection {
            let new = self.select_item(item, items.len(), &scope)?;
            if let (true, [Item::Column(column)]) = (is_lateral, new.as_slice()) {
                scope.aliases.push((Rc::clone(&column.name), Rc::clone(&column.flow)));
            }
            aggregated.resize(items.len() + new.len(), has_aggregate(item));
            items.extend(new);
        }
        self.counted = counted;
        if let Some(excluded) = &select.exclude {
            items = super::star::without(items, &super::star::excluded(excluded));
        }
        if is_lateral {
            by.absorb(&*self.mixed(conditions.iter().copied(), &scope)?, Copy);
        } else {
            scope.aliases = items
                .iter()
                .filter_map(|item| match item {
                    Item::Column(column) => Some((Rc::clone(&column.name), Rc::clone(&column.flow))),
                    Item::Open(_) => None,
                })
                .collect();
        }
        let later = [&select.having, &select.qualify].into_iter().flatten();
        by.absorb(&*self.mixed(later, &scope)?, Copy);
        for clause in &select.connect_by {
            match clause {
                ConnectByKind::ConnectBy { relationships, .. } => {
                    by.absorb(&*self.mixed(relationships, &scope)?, Copy);
                }
                ConnectByKind::StartWith { condition, .. } => {
                    by.absorb(&*self.flow(condition, &scope)?, Copy);
                }
            }
        }
        let mut influences = std::mem::take(&mut scope.influences);
        influence(&mut influences, &by, Filter);
        let by = self.group(&select.group_by, &items, &aggregated, &scope)?;
        influence(&mut influences, &by, Group);
        match &select.distinct {
            Some(Distinct::On(expressions)) => {
                let by = self.by(expressions, &items, &scope)?;
                influence(&mut influences, &by, Group);
            }
            Some(Distinct::Distinct) => {
                let by = self.all(&items, Copy, None)?;
                influence(&mut influences, &by, Group);
            }
            Some(Distinct::All) | None => {}
        }
        let mut by = Flow::default();
        if let Some(order) = order {
            by.absorb(&*self.order(order, &items, &scope)?, Copy);
        }
        by.absorb(&*self.order_by(&select.sort_by, &items, &scope)?, Copy);
        influence(&mut influences, &by, Order);
        self.spend(influences.len())?;
        Ok(Rc::new(Shape { items, influences }))
    }

    fn group(
        &mut self,
        group: &GroupByExpr,
        items: &[Item],
        aggregated: &[bool],
        scope: &Scope<'_>,
    ) -> Halted<Rc<Flow>> {
        let (expressions, modifiers) = match group {
            GroupByExpr::All(modifiers) => {
                let plain = items.iter().zip(aggregated).filter(|(_, is_aggregate)| !**is_aggregate);
                let plain: Vec<_> = plain.map(|(item, _)| item.clone()).collect();
                return if modifiers.is_empty() || !plain.is_empty() {
                    self.all(&plain, Copy, None)
                } else {
                    Ok(Rc::default())
                };
            }
            GroupByExpr::Expressions(expressions, modifiers) => (expressions, modifiers),
        };
        let mut flow = Flow::default();
        flow.absorb(&*self.by(expressions, items, scope)?, Copy);
        for modifier in modifiers {
            if let GroupByWithModifier::GroupingSets(sets) = modifier {
                flow.absorb(&*self.by(std::slice::from_ref(sets), items, scope)?, Copy);
            }
        }
        Ok(Rc::new(flow))
    }

    /// Expressions of `group by` and `distinct on`: columns, positions, or anything over the relations.
    fn by(&mut self, expressions: &[Expr], items: &[Item], scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let mut flow = Flow::default();
        for expression in expressions {
            match expression {
                Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                    for set in sets {
                        flow.absorb(&*self.by(set, items, scope)?, Copy);
                    }
                }
                Expr::Tuple(parts) => flow.absorb(&*self.by(parts, items, scope)?, Copy),
                one => match self.item_at(one, items)? {
                    Some(item) => flow.absorb(&item, Copy),
                    None => flow.absorb(&*self.flow(one, scope)?, Copy),
                },
            }
        }
        Ok(Rc::new(flow))
    }

    /// The item that a position such as `2` means.
    fn item_at(&mut self, expression: &Expr, items: &[Item]) -> Halted<Option<Rc<Flow>>> {
        let Expr::Value(value) = expression else { return Ok(None) };
        let Value::Number(number, _) = &value.value else { return Ok(None) };
        let Some(at) = number.parse::<usize>().ok().and_then(|at| at.checked_sub(1)) else {
            return Ok(None);
        };
        // Behind columns of unknown number, a position means none in particular.
        if items.iter().take(at + 1).any(Item::is_open) {
            return self.all(items, Copy, None).map(|flow| Some(Rc::new(flow.doubted())));
        }
        items.get(at).map(|item| self.all(std::slice::from_ref(item), Copy, None)).transpose()
    }

    fn order(&mut self, order: &OrderBy, items: &[Item], scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        match &order.kind {
            OrderByKind::All(_) => self.all(items, Copy, None),
            OrderByKind::Expressions(expressions) => self.order_by(expressions, items, scope),
        }
    }

    /// Expressions of `order by`: here, unlike elsewhere, the names of select items come first.
    pub(super) fn order_by(
        &mut self,
        expressions: &[OrderByExpr],
        items: &[Item],
        scope: &Scope<'_>,
    ) -> Halted<Rc<Flow>> {
        let mut flow = Flow::default();
        for OrderByExpr { expr, .. } in expressions {
            let named = match expr {
                Expr::Identifier(name) if name.quote_style.is_none() && same(&name.value, "all") => {
                    flow.absorb(&*self.all(items, Copy, None)?, Copy);
                    continue;
                }
                Expr::Identifier(name) => items.iter().find_map(|item| match item {
                    Item::Column(column) if same(&column.name, &name.value) => Some(Rc::clone(&column.flow)),
                    _ => None,
                }),
                _ => None,
            };
            match (named, self.item_at(expr, items)?) {
                (Some(item), _) | (None, Some(item)) => flow.absorb(&item, Copy),
                (None, None) => flow.absorb(&*self.flow(expr, scope)?, Copy),
            }
        }
        Ok(Rc::new(flow))
    }

    fn values(&mut self, values: &Values, outer: Option<&Scope<'_>>) -> Halted<Rc<Shape>> {
        let scope = Scope::inside(outer);
        let mut flows: Vec<Flow> = Vec::new();
        for row in &values.rows {
            flows.resize_with(flows.len().max(row.content.len()), Flow::default);
            for (flow, cell) in flows.iter_mut().zip(&row.content) {
                flow.absorb(&*self.flow(cell, &scope)?, Copy);
            }
        }
        let named = flows
            .into_iter()
            .enumerate()
            .map(|(at, flow)| Item::column(self.dialect.values_column(at), Rc::new(flow), None));
        Ok(Rc::new(Shape { items: named.collect(), influences: Influences::new() }))
    }

    /// A query as one value: its only column, with what decides about its rows.
    pub(super) fn scalar(&mut self, query: &Query, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let shape = self.query(query, Some(scope))?;
        let items = shape.items.get(..1.min(shape.items.len())).unwrap_or_default();
        let mut flow = Rc::unwrap_or_clone(self.all(items, Copy, None)?);
        self.spend(shape.influences.len())?;
        flow.influenced_by(&shape.influences);
        Ok(Rc::new(flow))
    }

    /// Whether a query has rows: made of what decides about them.
    pub(super) fn exists(&mut self, query: &Query, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let shape = self.query(query, Some(scope))?;
        self.spend(shape.influences.len())?;
        let mut flow = Flow::default();
        for ((origin, kind), place) in &shape.influences {
            if !matches!(kind, InfluenceKind::Order) {
                flow.absorb(&Flow::one(*origin, Transform, true, *place), Transform);
            }
        }
        Ok(Rc::new(flow))
    }
}
