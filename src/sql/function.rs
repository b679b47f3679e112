//! Functions: which make one value of many rows, and what their clauses decide.

use std::rc::Rc;

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
    FunctionArgumentClause, FunctionArguments, Ident, SelectItem, Value,
};

use super::EdgeKind::{Aggregate, Transform};
use super::InfluenceKind::{Filter, Group, Order, Window};
use super::analyse::{Analyser, Halted};
use super::expression::parts;
use super::flow::Flow;
use super::query::{MORE_STACK, RED_ZONE};
use super::scope::Scope;

/// Functions that make one value of many rows, over all dialects, in order.
const AGGREGATES: &[&str] = &[
    "any_value",
    "approx_count_distinct",
    "approx_distinct",
    "approx_percentile",
    "approx_quantile",
    "approx_quantiles",
    "approx_top_count",
    "approx_top_k",
    "approx_top_sum",
    "arbitrary",
    "arg_max",
    "arg_max_null",
    "arg_min",
    "arg_min_null",
    "argmax",
    "argmin",
    "array_agg",
    "array_concat_agg",
    "array_union_agg",
    "array_unique_agg",
    "avg",
    "bit_and",
    "bit_and_agg",
    "bit_or",
    "bit_or_agg",
    "bit_xor",
    "bit_xor_agg",
    "bitand_agg",
    "bitor_agg",
    "bitstring_agg",
    "bitxor_agg",
    "bool_and",
    "bool_or",
    "booland_agg",
    "boolor_agg",
    "boolxor_agg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_big",
    "count_distinct",
    "count_if",
    "count_star",
    "countif",
    "covar_pop",
    "covar_samp",
    "entropy",
    "every",
    "favg",
    "first",
    "first_value",
    "fsum",
    "geomean",
    "geometric_mean",
    "group_concat",
    "grouping_concat",
    "hash_agg",
    "histogram",
    "histogram_exact",
    "hll",
    "hll_count",
    "json_agg",
    "json_arrayagg",
    "json_group_array",
    "json_group_object",
    "json_group_structure",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_object_agg",
    "kahan_sum",
    "kurtosis",
    "kurtosis_pop",
    "last",
    "last_value",
    "list",
    "listagg",
    "logical_and",
    "logical_or",
    "mad",
    "max",
    "max_by",
    "mean",
    "median",
    "min",
    "min_by",
    "mode",
    "nth_value",
    "object_agg",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "product",
    "quantile",
    "quantile_cont",
    "quantile_disc",
    "range_agg",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "reservoir_quantile",
    "sem",
    "skewness",
    "st_union_agg",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "sum_no_overflow",
    "sumkahan",
    "try_avg",
    "try_sum",
    "var_pop",
    "var_samp",
    "variance",
    "variance_pop",
    "variance_samp",
    "weighted_avg",
    "xmlagg",
];

/// Aggregates whose value is what `within group (order by …)` names; of others that is only the order.
const ORDERED_SETS: &[&str] =
    &["mode", "percentile_cont", "percentile_disc", "quantile_cont", "quantile_disc", "median"];

/// Window functions that take a value of another row as it is: no aggregate of rows, although so named.
const NAVIGATIONS: &[&str] = &["first", "first_value", "last", "last_value", "nth_value"];

/// Functions of which an argument `x -> …` is a lambda where that may also be an operator on JSON.
const TAKE_LAMBDAS: &[&str] = &[
    "apply",
    "array_apply",
    "array_filter",
    "array_reduce",
    "array_transform",
    "columns",
    "filter",
    "list_apply",
    "list_filter",
    "list_reduce",
    "list_transform",
    "reduce",
];

/// Schemas of functions; a name of two parts that starts otherwise may be a method of a column.
const FUNCTION_SCHEMAS: &[&str] = &["main", "system", "temp", "pg_catalog", "information_schema"];

impl Analyser<'_> {
    /// What a function's value is made of.
    pub(super) fn function(&mut self, function: &Function, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        let name = name(function);
        if name == "columns"
            && let Some(column) = &self.repeated
        {
            return Ok(Rc::clone(column));
        }
        let is_window = function.over.is_some();
        let is_aggregate = is_aggregate(&name) && !(is_window && NAVIGATIONS.contains(&name.as_str()));
        let step = if is_aggregate { Aggregate } else { Transform };
        let mut flow = Flow::default();
        if matches!(name.as_str(), "grouping" | "grouping_id") {
            flow.decided_by(&*self.mixed(arguments(function), scope)?, Group);
            return Ok(Rc::new(flow));
        }
        if let Some(column) = self.method_of(function, scope)? {
            flow.absorb(&column, step);
        }
        for list in [&function.parameters, &function.args] {
            match list {
                FunctionArguments::None => {}
                FunctionArguments::Subquery(query) => flow.absorb(&*self.scalar(query, scope)?, step),
                FunctionArguments::List(list) => {
                    for argument in &list.args {
                        flow.absorb(&*self.argument(argument, &name, scope)?, step);
                    }
                    for clause in &list.clauses {
                        self.clause(clause, step, &mut flow, scope)?;
                    }
                }
            }
        }
        let within = self.mixed(function.within_group.iter().map(|order| &order.expr), scope)?;
        if ORDERED_SETS.contains(&name.as_str()) {
            flow.absorb(&within, step);
        } else {
            flow.decided_by(&within, Order);
        }
        if let Some(filter) = &function.filter {
            flow.decided_by(&*self.flow(filter, scope)?, Filter);
        }
        if let Some(window) = &function.over {
            flow.decided_by(&self.window(window, scope)?, Window);
        }
        self.spend(flow.len())?;
        let breaker = match self.breaking(&name) {
            Some(breaker) => Some(breaker),
            None if is_aggregate && !is_window => self.blur(&name, function),
            None => None,
        };
        Ok(Rc::new(flow).broken(breaker))
    }

    fn argument(&mut self, argument: &FunctionArg, function: &str, scope: &Scope<'_>) -> Halted<Rc<Flow>> {
        // Where arguments are named by other signs, this one compares.
        if let FunctionArg::Named {
            name,
            arg: FunctionArgExpr::Expr(value),
            operator: FunctionArgOperator::Equals,
        } = argument
        {
            let mut flow = Flow::default();
            flow.absorb(&*self.resolve(std::slice::from_ref(name), scope)?, Transform);
            flow.absorb(&*self.flow(value, scope)?, Transform);
            return Ok(Rc::new(flow));
        }
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(Expr::Lambda(lambda))
                if !self.dialect.is_rewritten() || TAKE_LAMBDAS.contains(&function) =>
            {
                self.lambda(lambda, scope)
            }
            FunctionArgExpr::Expr(expression) => self.flow(expression, scope),
            // `count(*)` counts rows, whatever their columns.
            _ if function == "count" => Ok(Rc::default()),
            FunctionArgExpr::QualifiedWildcard(name) => {
                let qualifier: Vec<Ident> =
                    name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                let items = self.star(Some(&qualifier), scope)?;
                self.all(&items, Transform, None)
            }
            FunctionArgExpr::Wildcard => {
                let items = self.star(None, scope)?;
                self.all(&items, Transform, None)
            }
            FunctionArgExpr::WildcardWithOptions(options) => {
                let items = self.star(None, scope)?;
                let items = self.with_options(items, options, scope)?;
                self.all(&items, Transform, None)
            }
        }
    }

    fn clause(
        &mut self,
        clause: &FunctionArgumentClause,
        step: super::EdgeKind,
        flow: &mut Flow,
        scope: &Scope<'_>,
    ) -> Halted<()> {
        match clause {
            FunctionArgumentClause::OrderBy(order) => {
                flow.decided_by(&*self.mixed(order.iter().map(|order| &order.expr), scope)?, Order);
            }
            FunctionArgumentClause::Where(condition) => {
                flow.decided_by(&*self.flow(condition, scope)?, Filter);
            }
            FunctionArgumentClause::Having(bound) => flow.decided_by(&*self.flow(&bound.1, scope)?, Order),
            FunctionArgumentClause::Limit(limit) => flow.absorb(&*self.flow(limit, scope)?, step),
            FunctionArgumentClause::IgnoreOrRespectNulls(_)
            | FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::Separator(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => {}
        }
        Ok(())
    }

    /// The breaker that an aggregate is where each group is known to have so many values of its argument.
    fn blur(&mut self, name: &str, function: &Function) -> Option<u32> {
        let value = only_argument(function).filter(|_| !self.counted.is_empty())?;
        let (_, least) =
            self.counted.iter().filter(|(counted, _)| *counted == value).max_by_key(|one| one.1)?;
        let least = *least;
        self.blurring(name, least)
    }

    /// The value before the dot of `column.function()`, where the dialect has methods and it is a column.
    fn method_of(&mut self, function: &Function, scope: &Scope<'_>) -> Halted<Option<Rc<Flow>>> {
        let parts: Vec<Ident> = function.name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let Some((_, before)) = parts.split_last() else { return Ok(None) };
        let Some(first) = before.first().filter(|_| self.dialect.is_rewritten()) else { return Ok(None) };
        if FUNCTION_SCHEMAS.contains(&first.value.to_lowercase().as_str()) {
            return Ok(None);
        }
        let is_qualified = before.len() > 1 && scope.relation(&before[..1]).is_some();
        let place = self.place_of(before);
        if is_qualified || self.unqualified(&first.value, scope, place)?.is_some() {
            return self.resolve(before, scope).map(Some);
        }
        Ok(None)
    }
}

/// A function's name in lower case, without its schema.
pub(super) fn name(function: &Function) -> String {
    let last = function.name.0.last().and_then(|part| part.as_ident());
    last.map(|part| part.value.to_lowercase()).unwrap_or_default()
}

/// The text of a call's only argument, where it takes all values of it, each as often as it is there.
fn only_argument(function: &Function) -> Option<String> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let is_plain = list.duplicate_treatment != Some(DuplicateTreatment::Distinct) && list.clauses.is_empty();
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_slice() else { return None };
    let is_whole = is_plain && function.filter.is_none() && function.within_group.is_empty();
    (is_whole && !super::expression::is_deep(value)).then(|| value.to_string().to_lowercase())
}

/// What a `having` counts, and how many there are at least: the conditions that all of it depends on.
pub(super) fn counted(having: Option<&Expr>) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut left: Vec<&Expr> = having.into_iter().collect();
    while let Some(condition) = left.pop() {
        let (one, op, other) = match condition {
            Expr::Nested(inner) => {
                left.push(inner);
                continue;
            }
            Expr::BinaryOp { left: one, op: BinaryOperator::And, right: other } => {
                left.extend([&**one, &**other]);
                continue;
            }
            Expr::BinaryOp { left, op, right } => (&**left, op, &**right),
            _ => continue,
        };
        let (call, least, more) = match (op, number(one), number(other)) {
            (BinaryOperator::GtEq | BinaryOperator::Eq, None, Some(least)) => (one, least, 0),
            (BinaryOperator::Gt, None, Some(least)) => (one, least, 1),
            (BinaryOperator::LtEq | BinaryOperator::Eq, Some(least), None) => (other, least, 0),
            (BinaryOperator::Lt, Some(least), None) => (other, least, 1),
            _ => continue,
        };
        if let Expr::Function(call) = call
            && name(call) == "count"
            && call.over.is_none()
            && let Some(value) = only_argument(call)
        {
            found.push((value, least.saturating_add(more)));
        }
    }
    found
}

/// A whole number as it is written.
fn number(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a function, by its name in lower case, makes one value of many rows.
fn is_aggregate(name: &str) -> bool {
    AGGREGATES.binary_search(&name).is_ok()
}

/// The expressions that are given to a function, its clauses included.
pub(super) fn arguments(function: &Function) -> Vec<&Expr> {
    let lists = [&function.parameters, &function.args].into_iter().filter_map(|list| match list {
        FunctionArguments::List(list) => Some(list),
        FunctionArguments::None | FunctionArguments::Subquery(_) => None,
    });
    let mut found = Vec::new();
    for list in lists {
        for argument in &list.args {
            let (FunctionArg::Named { arg, .. }
            | FunctionArg::ExprNamed { arg, .. }
            | FunctionArg::Unnamed(arg)) = argument;
            if let FunctionArgExpr::Expr(expression) = arg {
                found.push(expression);
            }
        }
    }
    found
}

/// Whether a select item makes one value of many rows, as `group by all` must know.
pub(super) fn has_aggregate(item: &SelectItem) -> bool {
    match item {
        SelectItem::UnnamedExpr(expression)
        | SelectItem::ExprWithAlias { expr: expression, .. }
        | SelectItem::ExprWithAliases { expr: expression, .. } => aggregates(expression),
        SelectItem::QualifiedWildcard(..) | SelectItem::Wildcard(_) => false,
    }
}

fn aggregates(expression: &Expr) -> bool {
    let is_one = |function: &Function| function.over.is_none() && is_aggregate(&name(function));
    stacker::maybe_grow(RED_ZONE, MORE_STACK, || {
        matches!(expression, Expr::Function(function) if is_one(function))
            || parts(expression).into_iter().any(aggregates)
    })
}

/// The call of `COLUMNS` in an expression, if there is one.
pub(super) fn columns_call(expression: &Expr) -> Option<&Function> {
    stacker::maybe_grow(RED_ZONE, MORE_STACK, || match expression {
        Expr::Function(function) if name(function) == "columns" => Some(function),
        other => parts(other).into_iter().find_map(columns_call),
    })
}

/// The arguments of a table function as one value.
pub(super) fn argument_expressions(arguments: &[FunctionArg]) -> impl Iterator<Item = &Expr> {
    arguments.iter().filter_map(|argument| {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = argument;
        match arg {
            FunctionArgExpr::Expr(expression) => Some(expression),
            _ => None,
        }
    })
}
