//! `pivot` and `unpivot`: rows to columns and back.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::{Expr, ExprWithAlias, PivotValueSource, TableFactor};

use super::EdgeKind::Copy;
use super::InfluenceKind::{Filter, Group};
use super::analyse::{Analyser, Halted};
use super::flow::{Flow, influence};
use super::from::{aliased, any_of};
use super::rewrite::GROUPED;
use super::scope::{Item, Scope};

impl Analyser<'_> {
    /// `pivot (sum(x) for name in ('a', 'b'))`: one column for each value and aggregate; the columns that
    /// neither reads are what it groups by.
    pub(super) fn pivot(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Halted<()> {
        let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } = factor
        else {
            return Ok(());
        };
        let mut inner = Scope::inside(scope.parent);
        self.factor(table, &mut inner)?;
        let mut values = Vec::new();
        for aggregate in aggregate_functions {
            values.push(self.flow(&aggregate.expr, &inner)?);
        }
        let by = self.mixed(value_column, &inner)?;
        let taken = names(aggregate_functions.iter().map(|one| &one.expr).chain(value_column));
        let is_grouped =
            |value: &&ExprWithAlias| value.alias.as_ref().is_some_and(|alias| alias.value == GROUPED);
        let mut kept = Vec::new();
        if let PivotValueSource::List(list) = value_source {
            for value in list.iter().filter(is_grouped) {
                let name = self.name_of(&value.expr, kept.len());
                kept.push(Item::column(name, self.flow(&value.expr, &inner)?, None));
            }
        }
        if kept.is_empty() {
            kept = super::star::without(self.star(None, &inner)?, &taken);
        }
        let kept_flow = self.all(&kept, Copy, None)?;
        influence(&mut inner.influences, &kept_flow, Group);
        let with_filter = |value: &Flow| {
            let mut flow = value.clone();
            flow.decided_by(&by, Filter);
            Rc::new(flow)
        };
        let mut items = kept;
        match value_source {
            PivotValueSource::List(list) => {
                for value in list.iter().filter(|value| !is_grouped(value)) {
                    self.spend(values.len())?;
                    let label = label(value);
                    for (aggregate, flow) in aggregate_functions.iter().zip(&values) {
                        let name = match &aggregate.alias {
                            Some(alias) => format!("{label}_{}", alias.value),
                            None if values.len() > 1 => format!("{label}_{}", aggregate.expr),
                            None => label.clone(),
                        };
                        items.push(Item::column(name, with_filter(flow), None));
                    }
                }
            }
            PivotValueSource::Any(_) | PivotValueSource::Subquery(_) => {
                if let PivotValueSource::Subquery(query) = value_source {
                    let shape = self.query(query, Some(&inner))?;
                    inner.influences.extend(shape.influences.iter().map(|(key, place)| (*key, *place)));
                }
                let mut all = Flow::default();
                for value in &values {
                    all.absorb(value, Copy);
                }
                items.push(any_of(with_filter(&all), None));
            }
        }
        scope.influences.append(&mut inner.influences);
        scope.relations.push(aliased(items, alias.as_ref(), None));
        Ok(())
    }

    /// `unpivot (value for name in (a, b))`: the values of several columns in one, their names in another.
    pub(super) fn unpivot(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Halted<()> {
        let TableFactor::Unpivot { table, value, name, columns, alias, .. } = factor else { return Ok(()) };
        let mut inner = Scope::inside(scope.parent);
        self.factor(table, &mut inner)?;
        let value_names: Vec<String> = match value {
            Expr::Identifier(name) => vec![name.value.clone()],
            Expr::Tuple(names) => names.iter().map(|name| self.name_of(name, 0)).collect(),
            other => vec![self.name_of(other, 0)],
        };
        let mut flows: Vec<Flow> = Vec::new();
        flows.resize_with(value_names.len(), Flow::default);
        let mut taken = BTreeSet::new();
        for column in columns {
            let parts: Vec<&Expr> = match &column.expr {
                Expr::Tuple(parts) => parts.iter().collect(),
                Expr::Function(call) if super::function::name(call) == "columns" => {
                    let item = sqlparser::ast::SelectItem::UnnamedExpr(column.expr.clone());
                    let chosen = self.select_item(&item, 0, &inner)?;
                    for item in &chosen {
                        if let Item::Column(column) = item {
                            taken.insert(column.name.to_lowercase());
                        }
                    }
                    if let Some(flow) = flows.first_mut() {
                        flow.absorb(&*self.all(&chosen, Copy, None)?, Copy);
                    }
                    continue;
                }
                one => vec![one],
            };
            taken.extend(names(parts.iter().copied()));
            for (flow, part) in flows.iter_mut().zip(parts) {
                flow.absorb(&*self.flow(part, &inner)?, Copy);
            }
        }
        let mut items = super::star::without(self.star(None, &inner)?, &taken);
        items.push(Item::column(name.value.as_str(), Rc::default(), None));
        let values = value_names.into_iter().zip(flows);
        items.extend(values.map(|(name, flow)| Item::column(name, Rc::new(flow), None)));
        scope.influences.append(&mut inner.influences);
        scope.relations.push(aliased(items, alias.as_ref(), None));
        Ok(())
    }
}

/// The names in lower case that expressions refer to.
fn names<'e>(expressions: impl Iterator<Item = &'e Expr>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&Expr> = expressions.collect();
    while let Some(expression) = left.pop() {
        match expression {
            Expr::Identifier(name) => {
                found.insert(name.value.to_lowercase());
            }
            Expr::CompoundIdentifier(parts) => {
                found.extend(parts.last().map(|part| part.value.to_lowercase()));
            }
            other => left.extend(super::expression::parts(other)),
        }
    }
    found
}

/// What a value is called as a column.
fn label(value: &ExprWithAlias) -> String {
    match (&value.alias, &value.expr) {
        (Some(alias), _) => alias.value.clone(),
        (None, Expr::Value(literal)) => {
            let text = literal.value.clone().into_string();
            text.unwrap_or_else(|| literal.value.to_string())
        }
        (None, Expr::Tuple(parts)) => {
            let parts = parts.iter().map(|part| label(&ExprWithAlias { expr: part.clone(), alias: None }));
            parts.collect::<Vec<_>>().join("_")
        }
        (None, other) => other.to_string(),
    }
}
