//! The pipe syntax: `from t |> where … |> aggregate …`, each step over the columns of the one before.

use std::rc::Rc;

use sqlparser::ast::{AssignmentTarget, ExprWithAliasAndOrderBy, PipeOperator, SelectItem};

use super::EdgeKind::Copy;
use super::InfluenceKind::{Filter, Group, Order};
use super::analyse::{Analyser, Halt, Halted};
use super::flow::{Influences, influence};
use super::scope::{Item, Relation, Scope, Shape};
use super::set::Match;

impl Analyser<'_> {
    /// Puts the steps after a query on it.
    pub(super) fn pipe(
        &mut self,
        shape: Rc<Shape>,
        steps: &[PipeOperator],
        outer: Option<&Scope<'_>>,
    ) -> Halted<Rc<Shape>> {
        let Shape { mut items, mut influences } = Rc::unwrap_or_clone(shape);
        let mut name: Option<String> = None;
        for step in steps {
            self.spend(items.len())?;
            let mut scope = Scope::inside(outer);
            scope.relations.push(Relation::named(name.clone(), items.clone()));
            match step {
                PipeOperator::Limit { .. } | PipeOperator::TableSample { .. } => {}
                PipeOperator::Where { expr } => {
                    let by = self.flow(expr, &scope)?;
                    influence(&mut influences, &by, Filter);
                }
                PipeOperator::OrderBy { exprs } => {
                    let by = self.order_by(exprs, &items, &scope)?;
                    influence(&mut influences, &by, Order);
                }
                PipeOperator::Select { exprs } => items = self.selected(exprs, 0, &scope)?,
                PipeOperator::Extend { exprs } => {
                    let new = self.selected(exprs, items.len(), &scope)?;
                    items.extend(new);
                }
                PipeOperator::Set { assignments } => {
                    for assignment in assignments {
                        let AssignmentTarget::ColumnName(target) = &assignment.target else { continue };
                        let Some(target) = target.0.last().and_then(|part| part.as_ident()) else { continue };
                        let flow = self.flow(&assignment.value, &scope)?;
                        super::star::put(
                            &mut items,
                            &target.value,
                            Item::column(target.value.as_str(), flow, None),
                        );
                    }
                }
                PipeOperator::Drop { columns } => {
                    items = super::star::without(
                        items,
                        &columns.iter().map(|name| name.value.to_lowercase()).collect(),
                    );
                }
                PipeOperator::As { alias } => name = Some(alias.value.clone()),
                PipeOperator::Rename { mappings } => {
                    for mapping in mappings {
                        let place = self.place_of(std::slice::from_ref(&mapping.ident));
                        if let Some((flow, _)) = self.unqualified(&mapping.ident.value, &scope, place)? {
                            let new = Item::column(mapping.alias.value.as_str(), flow, place);
                            super::star::put(&mut items, &mapping.ident.value, new);
                        }
                    }
                }
                PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                    let groups = self.named(group_by_expr, 0, &scope)?;
                    let by = self.all(&groups, Copy, None)?;
                    influence(&mut influences, &by, Group);
                    let values = self.named(full_table_exprs, groups.len(), &scope)?;
                    items = groups.into_iter().chain(values).collect();
                }
                PipeOperator::Union { set_quantifier, queries } => {
                    let mut shapes = vec![Rc::new(Shape { items, influences })];
                    for query in queries {
                        shapes.push(self.query(query, outer)?);
                    }
                    (items, influences) = parts(self.united(&shapes, Match::from(*set_quantifier))?);
                }
                PipeOperator::Intersect { queries, .. } | PipeOperator::Except { queries, .. } => {
                    let mut left = Rc::new(Shape { items, influences });
                    for query in queries {
                        let right = self.query(query, outer)?;
                        left = self.compared(&left, &right)?;
                    }
                    (items, influences) = parts(left);
                }
                PipeOperator::Join(join) => {
                    scope.influences = influences;
                    self.join(join, 0, &mut scope)?;
                    items = self.star(None, &scope)?;
                    influences = scope.influences;
                }
                PipeOperator::Pivot { .. } | PipeOperator::Unpivot { .. } | PipeOperator::Call { .. } => {
                    return Err(Halt("the statement has a pipe step that is not followed".to_owned()));
                }
            }
        }
        Ok(Rc::new(Shape { items, influences }))
    }

    fn selected(
        &mut self,
        expressions: &[SelectItem],
        before: usize,
        scope: &Scope<'_>,
    ) -> Halted<Vec<Item>> {
        let mut items = Vec::new();
        for expression in expressions {
            items.extend(self.select_item(expression, before + items.len(), scope)?);
        }
        Ok(items)
    }

    fn named(
        &mut self,
        list: &[ExprWithAliasAndOrderBy],
        before: usize,
        scope: &Scope<'_>,
    ) -> Halted<Vec<Item>> {
        let mut items = Vec::new();
        for one in list {
            let name = match &one.expr.alias {
                Some(alias) => alias.value.clone(),
                None => self.name_of(&one.expr.expr, before + items.len()),
            };
            items.push(Item::column(name, self.flow(&one.expr.expr, scope)?, None));
        }
        Ok(items)
    }
}

fn parts(shape: Rc<Shape>) -> (Vec<Item>, Influences) {
    let shape = Rc::unwrap_or_clone(shape);
    (shape.items, shape.influences)
}
