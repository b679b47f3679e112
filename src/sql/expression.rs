//! Expressions: what a value is made of.

use std::rc::Rc;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Ident, InTarget, JsonPathElem, LambdaFunction, OneOrManyWithParens,
    OrderByExpr, Subscript, Value, WindowFrameBound, WindowSpec, WindowType,
};

use super::EdgeKind::{Cast, Copy, Transform};
use super::analyse::{Analyser, Halted};
use super::flow::Flow;
use super::query::{MORE_STACK, RED_ZONE};
use super::scope::{Scope, same};

impl Analyser<'_> {
    /// What an expression's value is made of.
    pub(super) fn flow(&mut self, expression: &Expr, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.flow_here(expression, scope))
    }

    fn flow_here(&mut self, expression: &Expr, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        self.spend(1)?;
        match expression {
            Expr::Identifier(name) => self.resolve(std::slice::from_ref(name), scope),
            Expr::CompoundIdentifier(parts) => self.resolve(parts, scope),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, scope),
            Expr::JsonAccess { value, path } => {
                let keys = path.path.iter().filter_map(|part| match part {
                    JsonPathElem::Dot { .. } => None,
                    JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } => Some(key),
                });
                self.mixed(std::iter::once(&**value).chain(keys), scope)
            }
            Expr::Nested(inner)
            | Expr::Named { expr: inner, .. }
            | Expr::Prior(inner)
            | Expr::OuterJoin(inner) => self.flow(inner, scope),
            Expr::Cast { expr, .. } | Expr::Convert { expr, .. } => Ok(self.flow(expr, scope)?.after(Cast)),
            Expr::Function(function) => self.function(function, scope),
            Expr::IsNull(value) | Expr::IsNotNull(value) => {
                let breaker = self.breaking("is null");
                Ok(self.flow(value, scope)?.after(Transform).broken(breaker))
            }
            Expr::Exists { subquery, .. } => self.exists(subquery, scope),
            Expr::Subquery(query) => self.scalar(query, scope),
            Expr::In { expr, target, .. } => {
                let mut flow = Flow::default();
                flow.absorb(&*self.flow(expr, scope)?, Transform);
                match target {
                    InTarget::List(list) => flow.absorb(&*self.mixed(list, scope)?, Transform),
                    InTarget::Subquery(query) => {
                        let shape = self.query(query, Some(scope))?;
                        flow.absorb(&*self.all(&shape.items, Transform, None)?, Transform);
                        self.spend(shape.influences.len())?;
                        flow.influenced_by(&shape.influences);
                    }
                    InTarget::Unnest(list) => flow.absorb(&*self.flow(list, scope)?, Transform),
                    InTarget::Table { name, .. } => {
                        let names: Vec<_> =
                            name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                        let mut inner = Scope::inside(Some(scope));
                        self.read_table(&names, None, &mut inner)?;
                        for relation in &inner.relations {
                            flow.absorb(&*self.all(&relation.items, Transform, None)?, Transform);
                        }
                    }
                }
                Ok(Rc::new(flow))
            }
            // Outside of the functions that take one it is `json -> 'key'`.
            Expr::Lambda(LambdaFunction { params: OneOrManyWithParens::One(value), body, .. }) => {
                let mut flow = Flow::default();
                flow.absorb(&*self.resolve(std::slice::from_ref(&value.name), scope)?, Transform);
                flow.absorb(&*self.flow(body, scope)?, Transform);
                let breaker = literal(body).and_then(|path| self.breaking_field(path));
                Ok(Rc::new(flow).broken(breaker))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Arrow | BinaryOperator::LongArrow, right } => {
                let breaker = literal(right).and_then(|path| self.breaking_field(path));
                Ok(self.mixed([&**left, &**right], scope)?.broken(breaker))
            }
            Expr::Lambda(lambda) => self.lambda(lambda, scope),
            Expr::MatchAgainst { columns, .. } => {
                let mut flow = Flow::default();
                for name in columns {
                    let parts: Vec<Ident> =
                        name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                    if !parts.is_empty() {
                        flow.absorb(&*self.resolve(&parts, scope)?, Transform);
                    }
                }
                Ok(Rc::new(flow))
            }
            other => self.mixed(parts(other), scope),
        }
    }

    /// What a lambda reads besides its parameters.
    pub(super) fn lambda(&mut self, lambda: &LambdaFunction, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let parameters = match &lambda.params {
            OneOrManyWithParens::One(one) => vec![one.name.value.clone()],
            OneOrManyWithParens::Many(many) => many.iter().map(|one| one.name.value.clone()).collect(),
        };
        let inner = Scope { parameters, ..Scope::inside(Some(scope)) };
        Ok(self.flow(&lambda.body, &inner)?.after(Transform))
    }

    /// A value made of several.
    pub(super) fn mixed<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Halted<Rc<Flow>> {
        let mut flow = Flow::default();
        for part in parts {
            let part = self.flow(part, scope)?;
            self.spend(part.len())?;
            flow.absorb(&part, Transform);
        }
        Ok(Rc::new(flow))
    }

    /// Fields and elements of a value. The names before the first bracket may be a qualified column.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr], scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let mut names: Vec<Ident> = match root {
            Expr::Identifier(name) => vec![name.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => Vec::new(),
        };
        let mut rest = chain;
        while let ([AccessExpr::Dot(Expr::Identifier(name)), after @ ..], false) = (rest, names.is_empty()) {
            names.push(name.clone());
            rest = after;
        }
        let base = if names.is_empty() { self.flow(root, scope)? } else { self.resolve(&names, scope)? };
        let mut flow = Flow::default();
        flow.absorb(&base, Transform);
        for step in rest {
            let keys: Vec<&Expr> = match step {
                // A method call on the value: what is before the dot is its first argument.
                AccessExpr::Dot(call @ Expr::Function(_)) => vec![call],
                AccessExpr::Dot(_) => Vec::new(),
                AccessExpr::Subscript(Subscript::Index { index }) => vec![index],
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    [lower_bound, upper_bound, stride].into_iter().flatten().collect()
                }
            };
            flow.absorb(&*self.mixed(keys, scope)?, Transform);
        }
        Ok(Rc::new(flow))
    }

    /// What a window reads: its partitions, order and frame, and those of the named one it builds on.
    pub(super) fn window(&mut self, window: &WindowType, scope: &Scope<'_>) -> Halted<Flow> {
        let mut flow = Flow::default();
        let mut next = Some(window.clone());
        // Windows name each other at most once each.
        for _ in 0..=scope.windows.len() {
            let spec = match next.take() {
                None => break,
                Some(WindowType::WindowSpec(spec)) => spec,
                Some(WindowType::NamedWindow(name)) => match named_window(scope, &name) {
                    Some(sqlparser::ast::NamedWindowExpr::WindowSpec(spec)) => spec.clone(),
                    Some(sqlparser::ast::NamedWindowExpr::NamedWindow(other)) => {
                        next = Some(WindowType::NamedWindow(other.clone()));
                        continue;
                    }
                    None => break,
                },
            };
            flow.absorb(&*self.mixed(spec_parts(&spec), scope)?, Copy);
            next = spec.window_name.clone().map(WindowType::NamedWindow);
        }
        Ok(flow)
    }
}

/// The text of a literal.
pub(super) fn literal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn named_window<'s>(scope: &Scope<'s>, name: &Ident) -> Option<&'s sqlparser::ast::NamedWindowExpr> {
    scope.windows.iter().find(|window| same(&window.0.value, &name.value)).map(|window| &window.1)
}

fn spec_parts(spec: &WindowSpec) -> Vec<&Expr> {
    let order = spec.order_by.iter().map(|OrderByExpr { expr, .. }| expr);
    let frame = spec.window_frame.iter().flat_map(|frame| {
        [Some(&frame.start_bound), frame.end_bound.as_ref()].into_iter().flatten().filter_map(|bound| {
            match bound {
                WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) => {
                    Some(&**expr)
                }
                _ => None,
            }
        })
    });
    spec.partition_by.iter().chain(order).chain(frame).collect()
}

/// How deep an expression may be for the parser's own functions over it, which take stack for each level.
const DEEP: usize = 500;

/// Whether an expression is deeper than that.
pub(super) fn is_deep(expression: &Expr) -> bool {
    let mut left = vec![(expression, 0)];
    while let Some((expression, depth)) = left.pop() {
        if depth > DEEP {
            return true;
        }
        left.extend(parts(expression).into_iter().map(|part| (part, depth + 1)));
    }
    false
}

/// The expressions that an expression is put together from, subqueries left out.
pub(super) fn parts(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::MatchAgainst { .. }
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..) => Vec::new(),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let keys = access_chain.iter().flat_map(|step| match step {
                AccessExpr::Dot(_) => Vec::new(),
                AccessExpr::Subscript(Subscript::Index { index }) => vec![index],
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    [lower_bound, upper_bound, stride].into_iter().flatten().collect()
                }
            });
            std::iter::once(&**root).chain(keys).collect()
        }
        Expr::JsonAccess { value: one, .. }
        | Expr::IsFalse(one)
        | Expr::IsNotFalse(one)
        | Expr::IsTrue(one)
        | Expr::IsNotTrue(one)
        | Expr::IsNull(one)
        | Expr::IsNotNull(one)
        | Expr::IsUnknown(one)
        | Expr::IsNotUnknown(one)
        | Expr::IsJson { expr: one, .. }
        | Expr::IsNormalized { expr: one, .. }
        | Expr::UnaryOp { expr: one, .. }
        | Expr::Convert { expr: one, .. }
        | Expr::Cast { expr: one, .. }
        | Expr::Extract { expr: one, .. }
        | Expr::Ceil { expr: one, .. }
        | Expr::Floor { expr: one, .. }
        | Expr::Collate { expr: one, .. }
        | Expr::Nested(one)
        | Expr::Prefixed { value: one, .. }
        | Expr::Named { expr: one, .. }
        | Expr::OuterJoin(one)
        | Expr::Prior(one) => vec![one],
        Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => vec![a, b],
        Expr::BinaryOp { left, right, .. }
        | Expr::AnyOp { left, right, .. }
        | Expr::AllOp { left, right, .. } => vec![left, right],
        Expr::In { expr, target, .. } => {
            let list = match target {
                InTarget::List(list) => list.iter().collect(),
                InTarget::Unnest(list) => vec![&**list],
                InTarget::Subquery(_) | InTarget::Table { .. } => Vec::new(),
            };
            std::iter::once(&**expr).chain(list).collect()
        }
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::Like { expr, pattern, escape_char, .. }
        | Expr::ILike { expr, pattern, escape_char, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            [&**expr, &**pattern].into_iter().chain(escape_char.as_deref()).collect()
        }
        Expr::RLike { expr, pattern, .. } => vec![expr, pattern],
        Expr::AtTimeZone { timestamp, time_zone } => vec![timestamp, time_zone],
        Expr::Position { expr, r#in } => vec![expr, r#in],
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            [Some(&**expr), substring_from.as_deref(), substring_for.as_deref()]
                .into_iter()
                .flatten()
                .collect()
        }
        Expr::Trim { trim_what, expr, trim_characters, .. } => {
            let characters = trim_characters.iter().flatten();
            std::iter::once(&**expr).chain(trim_what.as_deref()).chain(characters).collect()
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            [&**expr, &**overlay_what, &**overlay_from].into_iter().chain(overlay_for.as_deref()).collect()
        }
        Expr::Function(function) => super::function::arguments(function),
        Expr::Case { operand, conditions, else_result, .. } => {
            let branches = conditions.iter().flat_map(|branch| [&branch.condition, &branch.result]);
            operand.as_deref().into_iter().chain(branches).chain(else_result.as_deref()).collect()
        }
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => sets.iter().flatten().collect(),
        Expr::Tuple(values) | Expr::Struct { values, .. } => values.iter().collect(),
        Expr::Dictionary(fields) => fields.iter().map(|field| &*field.value).collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| [&*entry.key, &*entry.value]).collect(),
        Expr::Array(array) => array.elem.iter().collect(),
        Expr::Interval(interval) => vec![&*interval.value],
        Expr::Lambda(lambda) => vec![&*lambda.body],
        Expr::MemberOf(member) => vec![&*member.value, &*member.array],
    }
}
