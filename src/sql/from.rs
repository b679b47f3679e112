//! `from`: tables, subqueries and joins, each put into the scope behind those before it.

use std::rc::Rc;

use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, LateralView, ObjectName, TableAlias, TableFactor,
    TableVersion, TableWithJoins,
};

use super::EdgeKind::Transform;
use super::InfluenceKind::Join as Joined;
use super::analyse::{Analyser, Halt, Halted, rename};
use super::flow::{Flow, Place, influence};
use super::query::{MORE_STACK, RED_ZONE};
use super::scope::{Item, Merged, OpenSource, Relation, Scope, same};

/// Which sides of a join keep their rows, as far as merged columns need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

impl Analyser<'_> {
    /// Puts the relations of a `from` into the scope.
    pub(super) fn from(&mut self, from: &[TableWithJoins], scope: &mut Scope<'_>) -> Halted<()> {
        from.iter().try_for_each(|one| self.joined(one, scope))
    }

    fn joined(&mut self, one: &TableWithJoins, scope: &mut Scope<'_>) -> Halted<()> {
        let first = scope.relations.len();
        self.factor(&one.relation, scope)?;
        for join in &one.joins {
            self.join(join, first, scope)?;
        }
        Ok(())
    }

    /// Joins one more relation to those from `first` on.
    pub(super) fn join(&mut self, join: &Join, first: usize, scope: &mut Scope<'_>) -> Halted<()> {
        use JoinOperator as Op;
        let middle = scope.relations.len();
        self.factor(&join.relation, scope)?;
        let (constraint, side) = match &join.join_operator {
            Op::Right(constraint) | Op::RightOuter(constraint) => (Some(constraint), Side::Right),
            Op::FullOuter(constraint) => (Some(constraint), Side::Both),
            Op::Join(constraint)
            | Op::Inner(constraint)
            | Op::Left(constraint)
            | Op::LeftOuter(constraint)
            | Op::CrossJoin(constraint)
            | Op::Semi(constraint)
            | Op::LeftSemi(constraint)
            | Op::RightSemi(constraint)
            | Op::Anti(constraint)
            | Op::LeftAnti(constraint)
            | Op::RightAnti(constraint)
            | Op::StraightJoin(constraint) => (Some(constraint), Side::Left),
            Op::AsOf { match_condition, constraint } => {
                let by = self.flow(match_condition, scope)?;
                influence(&mut scope.influences, &by, Joined);
                (Some(constraint), Side::Left)
            }
            Op::CrossApply | Op::OuterApply | Op::ArrayJoin | Op::LeftArrayJoin | Op::InnerArrayJoin => {
                (None, Side::Left)
            }
        };
        match constraint {
            Some(JoinConstraint::On(condition)) => {
                let by = self.flow(condition, scope)?;
                influence(&mut scope.influences, &by, Joined);
            }
            Some(JoinConstraint::Using(names) | JoinConstraint::UsingAlias(names, _)) => {
                let last = |name: &ObjectName| name.0.last().and_then(|part| part.as_ident().cloned());
                for name in names.iter().filter_map(last) {
                    let place = self.place_of(std::slice::from_ref(&name));
                    self.merge(&name.value, place, first, middle, side, scope)?;
                }
            }
            Some(JoinConstraint::Natural) => {
                for name in self.common(first, middle, scope) {
                    self.merge(&name, None, first, middle, side, scope)?;
                }
            }
            Some(JoinConstraint::None) | None => {}
        }
        let hidden = match &join.join_operator {
            Op::Semi(_) | Op::LeftSemi(_) | Op::Anti(_) | Op::LeftAnti(_) => middle..scope.relations.len(),
            Op::RightSemi(_) | Op::RightAnti(_) => first..middle,
            _ => return Ok(()),
        };
        scope.relations[hidden].iter_mut().for_each(|relation| relation.is_hidden = true);
        Ok(())
    }

    /// The names that both sides of a natural join have.
    fn common(&mut self, first: usize, middle: usize, scope: &Scope<'_>) -> Vec<String> {
        let names = |relations: &[Relation]| -> Vec<String> {
            let items = relations.iter().flat_map(|relation| relation.items.iter());
            items
                .filter_map(|item| match item {
                    Item::Column(column) => Some(column.name.to_string()),
                    Item::Open(_) => None,
                })
                .collect()
        };
        let (left, right) = (&scope.relations[first..middle], &scope.relations[middle..]);
        if left.iter().chain(right).any(|relation| relation.items.iter().any(Item::is_open)) {
            self.note("a natural join of tables whose columns are not all known", None);
        }
        let right = names(right);
        let mut common: Vec<String> = Vec::new();
        for name in names(left) {
            if right.iter().any(|other| same(other, &name)) && !common.iter().any(|known| same(known, &name))
            {
                common.push(name);
            }
        }
        common
    }

    /// Makes one column of two of the same name.
    fn merge(
        &mut self,
        name: &str,
        place: Place,
        first: usize,
        middle: usize,
        side: Side,
        scope: &mut Scope<'_>,
    ) -> Halted<()> {
        let earlier =
            scope.merged.iter().rposition(|merged| merged.relation >= first && same(&merged.name, name));
        let left = match earlier {
            Some(at) => Some(Rc::clone(&scope.merged[at].flow)),
            None => self.among(name, place, &scope.relations[first..middle])?,
        };
        let right = self.among(name, place, &scope.relations[middle..])?;
        for side in [&left, &right].into_iter().flatten() {
            influence(&mut scope.influences, side, Joined);
        }
        let (Some(left), Some(right)) = (left, right) else {
            self.note(format!("`using` names a column `{name}` that is not on both sides"), place);
            return Ok(());
        };
        let flow = match side {
            Side::Left => left,
            Side::Right => right,
            Side::Both => {
                let mut both = Flow::default();
                both.absorb(&left, Transform);
                both.absorb(&right, Transform);
                Rc::new(both)
            }
        };
        if let Some(at) = earlier {
            scope.merged[at].flow = flow;
        } else {
            let is_it = |item: &Item| matches!(item, Item::Column(column) if same(&column.name, name));
            let has = |relation: &Relation| relation.items.iter().any(is_it);
            let at = scope.relations[first..middle].iter().position(has).map_or(first, |at| first + at);
            scope.merged.push(Merged { name: name.to_owned(), flow, relation: at });
        }
        for relation in &mut scope.relations[middle..] {
            relation.suppressed.push(name.to_owned());
        }
        Ok(())
    }

    /// What a name means among some relations alone.
    fn among(&mut self, name: &str, place: Place, relations: &[Relation]) -> Halted<Option<Rc<Flow>>> {
        let mut alone = Scope::inside(None);
        alone.relations = relations.to_vec();
        Ok(self.unqualified(name, &alone, place)?.map(|(flow, _)| flow))
    }

    /// Puts one relation into the scope, or those of a join in parentheses.
    pub(super) fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Halted<()> {
        stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.factor_here(factor, scope))
    }

    fn factor_here(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Halted<()> {
        self.spend(1)?;
        match factor {
            TableFactor::Table { name, alias, args: None, version, .. } => {
                if let Some(TableVersion::Function(call)) = version {
                    let by = self.flow(call, scope)?;
                    influence(&mut scope.influences, &by, super::InfluenceKind::Filter);
                }
                let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                self.read_table(&parts, alias.as_ref(), scope)
            }
            TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
                self.table_function(name, &args.args, *with_ordinality, alias.as_ref(), scope)
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                self.table_function(name, args, *with_ordinality, alias.as_ref(), scope)
            }
            TableFactor::TableFunction { expr: Expr::Function(call), alias } => {
                let sqlparser::ast::FunctionArguments::List(list) = &call.args else {
                    return self.value_relation(&[], "value", alias.as_ref(), scope);
                };
                self.table_function(&call.name, &list.args, false, alias.as_ref(), scope)
            }
            TableFactor::TableFunction { expr, alias } => {
                self.value_relation(std::slice::from_ref(expr), "value", alias.as_ref(), scope)
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let sees_siblings = *lateral || self.dialect.is_lateral();
                let outer = if sees_siblings { Some(&*scope) } else { scope.parent };
                let shape = self.query(subquery, outer)?;
                self.spend(shape.influences.len())?;
                let relation = aliased(shape.items.clone(), alias.as_ref(), None);
                scope.relations.push(relation);
                for (key, place) in &shape.influences {
                    scope.influences.entry(*key).or_insert(*place);
                }
                Ok(())
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.joined(table_with_joins, scope),
            TableFactor::NestedJoin { table_with_joins, alias: Some(alias) } => {
                let mut inner = Scope::inside(scope.parent);
                self.joined(table_with_joins, &mut inner)?;
                let items = self.star(None, &inner)?;
                let mut influences = inner.influences;
                scope.influences.append(&mut influences);
                scope.relations.push(aliased(items, Some(alias), None));
                Ok(())
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                self.unnest(array_exprs, alias.as_ref(), scope)?;
                let position = match (with_offset, with_offset_alias) {
                    (true, Some(name)) => Some(name.value.clone()),
                    (true, None) => Some("offset".to_owned()),
                    (false, _) => with_ordinality.then(|| "ordinality".to_owned()),
                };
                if let Some(name) = position {
                    scope
                        .relations
                        .push(Relation::named(None, vec![Item::column(name, Rc::default(), None)]));
                }
                Ok(())
            }
            TableFactor::Pivot { .. } => self.pivot(factor, scope),
            TableFactor::Unpivot { .. } => self.unpivot(factor, scope),
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let value = self.flow(json_expr, scope)?.after(Transform);
                let mut items = Vec::new();
                json_columns(columns, &value, &mut items);
                scope.relations.push(aliased(items, alias.as_ref(), None));
                Ok(())
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let value = self.flow(json_expr, scope)?.after(Transform);
                let names: Vec<&str> = if columns.is_empty() {
                    vec!["key", "value", "type"]
                } else {
                    columns.iter().map(|column| column.name.value.as_str()).collect()
                };
                let items =
                    names.into_iter().map(|name| Item::column(name, Rc::clone(&value), None)).collect();
                scope.relations.push(aliased(items, alias.as_ref(), None));
                Ok(())
            }
            TableFactor::XmlTable { row_expression, passing, columns, alias, .. } => {
                let given = passing.arguments.iter().map(|argument| &argument.expr);
                let value = self.mixed(std::iter::once(row_expression).chain(given), scope)?;
                let column = |name: &Ident| Item::column(name.value.as_str(), Rc::clone(&value), None);
                let items = columns.iter().map(|one| column(&one.name)).collect();
                scope.relations.push(aliased(items, alias.as_ref(), None));
                Ok(())
            }
            TableFactor::MatchRecognize { .. } => self.match_recognize(factor, scope),
            TableFactor::UnpivotExpr { .. } | TableFactor::SemanticView { .. } => {
                Err(Halt("the statement reads a relation of a kind that is not followed".to_owned()))
            }
        }
    }

    /// Reads a table or a common table expression by its name.
    pub(super) fn read_table(
        &mut self,
        parts: &[Ident],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Halted<()> {
        let Some((last, before)) = parts.split_last() else {
            return Err(Halt("the statement reads a table whose name is an expression".to_owned()));
        };
        let place = self.place_of(parts);
        if before.is_empty()
            && let Some(cte) = self.ctes.iter_mut().rev().find(|cte| same(&cte.name, &last.value))
        {
            cte.is_read = true;
            let shape = Rc::clone(&cte.shape);
            self.spend(shape.items.len() + shape.influences.len())?;
            for (key, place) in &shape.influences {
                scope.influences.entry(*key).or_insert(*place);
            }
            scope.relations.push(aliased(shape.items.clone(), alias, Some(&last.value)));
            return Ok(());
        }
        let is_file = last.quote_style == Some('\'');
        let text = if is_file {
            format!("'{}'", last.value)
        } else {
            parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
        };
        let names = if is_file { Vec::new() } else { parts.iter().map(|part| part.value.clone()).collect() };
        let table = self.table(names, text, place);
        let items = self.header(table, place)?;
        let mut relation = aliased(items, alias, Some(&last.value));
        if alias.is_none() {
            relation.path = before.iter().map(|part| part.value.clone()).collect();
        }
        scope.relations.push(relation);
        Ok(())
    }

    /// `lateral view explode(…) t as a, b`.
    pub(super) fn lateral_views(&mut self, views: &[LateralView], scope: &mut Scope<'_>) -> Halted<()> {
        for view in views {
            let value = self.flow(&view.lateral_view, scope)?.after(Transform);
            let names = if view.lateral_col_alias.is_empty() {
                vec!["col".to_owned()]
            } else {
                view.lateral_col_alias.iter().map(|name| name.value.clone()).collect()
            };
            let items = names.into_iter().map(|name| Item::column(name, Rc::clone(&value), None)).collect();
            let name = view.lateral_view_name.0.last().and_then(|part| part.as_ident());
            scope.relations.push(Relation::named(name.map(|name| name.value.clone()), items));
        }
        Ok(())
    }

    fn match_recognize(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Halted<()> {
        let TableFactor::MatchRecognize {
            table,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            symbols,
            alias,
            ..
        } = factor
        else {
            return Ok(());
        };
        let mut inner = Scope::inside(scope.parent);
        self.factor(table, &mut inner)?;
        let all = self.star(None, &inner)?;
        // Each symbol of the pattern names rows of the table.
        let mut symbol_scope = Scope::inside(scope.parent);
        for symbol in symbols {
            symbol_scope.relations.push(Relation::named(Some(symbol.symbol.value.clone()), all.clone()));
        }
        let mut rows = Scope::inside(Some(&symbol_scope));
        rows.relations = std::mem::take(&mut inner.relations);
        let by = self.mixed(partition_by.iter().chain(order_by.iter().map(|order| &order.expr)), &rows)?;
        influence(&mut inner.influences, &by, super::InfluenceKind::Window);
        let by = self.mixed(symbols.iter().map(|symbol| &symbol.definition), &rows)?;
        influence(&mut inner.influences, &by, super::InfluenceKind::Filter);
        let mut items = all;
        if !matches!(rows_per_match, Some(sqlparser::ast::RowsPerMatch::AllRows(_))) {
            items.clear();
            for expression in partition_by {
                let name = self.name_of(expression, items.len());
                items.push(Item::column(name, self.flow(expression, &rows)?, None));
            }
        }
        for measure in measures {
            let flow = self.flow(&measure.expr, &rows)?;
            items.push(Item::column(measure.alias.value.as_str(), flow.after(Transform), None));
        }
        scope.influences.append(&mut inner.influences);
        scope.relations.push(aliased(items, alias.as_ref(), None));
        Ok(())
    }

    /// `unnest(a, b)`: a column for each list.
    pub(super) fn unnest(
        &mut self,
        lists: &[Expr],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Halted<()> {
        let own = match alias {
            Some(alias) if self.dialect.names_unnested_by_alias() => alias.name.value.clone(),
            _ => "unnest".to_owned(),
        };
        let mut items = Vec::new();
        for list in lists {
            let flow = self.flow(list, scope)?.after(Transform);
            items.push(Item::column(own.as_str(), flow, None));
        }
        scope.relations.push(aliased(items, alias, None));
        Ok(())
    }

    /// A table function whose only column is made of its arguments.
    pub(super) fn value_relation(
        &mut self,
        arguments: &[Expr],
        column: &str,
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Halted<()> {
        let flow = self.mixed(arguments, scope)?;
        let items = vec![Item::column(column, flow, None)];
        scope.relations.push(aliased(items, alias, Some(column)));
        Ok(())
    }
}

/// The columns of `json_table`, nested ones among them.
fn json_columns(columns: &[sqlparser::ast::JsonTableColumn], value: &Rc<Flow>, items: &mut Vec<Item>) {
    use sqlparser::ast::JsonTableColumn as Json;
    for column in columns {
        match column {
            Json::Named(named) => items.push(Item::column(named.name.value.as_str(), Rc::clone(value), None)),
            Json::ForOrdinality(name) => items.push(Item::column(name.value.as_str(), Rc::default(), None)),
            Json::Nested(nested) => json_columns(&nested.columns, value, items),
        }
    }
}

/// A relation under its alias, columns renamed, or under its own name.
pub(super) fn aliased(items: Vec<Item>, alias: Option<&TableAlias>, own: Option<&str>) -> Relation {
    let Some(alias) = alias else { return Relation::named(own.map(str::to_owned), items) };
    let names: Vec<&Ident> = alias.columns.iter().map(|column| &column.name).collect();
    let items = if names.is_empty() { items } else { rename(items, &names) };
    Relation::named(Some(alias.name.value.clone()), items)
}

/// Columns of unknown names, all made of one value.
pub(super) fn any_of(flow: Rc<Flow>, place: Place) -> Item {
    Item::open(OpenSource::Flow(flow), place)
}
