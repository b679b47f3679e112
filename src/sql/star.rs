//! Select items: names, `*` with what is left out, put in and renamed, and `COLUMNS(…)`.

use std::collections::BTreeSet;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use sqlparser::ast::{
    AccessExpr, ExcludeSelectItem, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    JsonPathElem, ObjectName, OneOrManyWithParens, RenameSelectItem, SelectItem,
    SelectItemQualifiedWildcardKind, Value, WildcardAdditionalOptions,
};

use super::EdgeKind::{self, Copy, Transform};
use super::analyse::{Analyser, Halted};
use super::dialect::Naming;
use super::flow::Place;
use super::from::any_of;
use super::function::{columns_call, name};
use super::scope::{Item, Open, OpenSource, Scope, same};

/// The longest pattern of `COLUMNS` that is compiled, in bytes of the program it becomes.
const PATTERN_SIZE: usize = 1 << 20;

impl Analyser<'_> {
    /// The columns that a select item gives; `at` of them are before it.
    pub(super) fn select_item(
        &mut self,
        item: &SelectItem,
        at: usize,
        scope: &Scope<'_>,
    ) -> Halted<Vec<Item>> {
        let place = self.lines.place_of(item);
        match item {
            SelectItem::UnnamedExpr(Expr::Function(call)) if name(call) == super::rewrite::PIVOTED => {
                let mut flow = Rc::unwrap_or_clone(self.mixed(super::function::arguments(call), scope)?);
                if let Some(by) = &call.filter {
                    flow.decided_by(&*self.flow(by, scope)?, super::InfluenceKind::Filter);
                }
                Ok(vec![any_of(Rc::new(flow), place)])
            }
            SelectItem::UnnamedExpr(expression) => {
                if let Some(items) = self.columns_item(expression, None, place, scope)? {
                    return Ok(items);
                }
                let name = self.name_of(expression, at);
                Ok(vec![Item::column(name, self.flow(expression, scope)?, place)])
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                if let Some(items) = self.columns_item(expr, Some(&alias.value), place, scope)? {
                    return Ok(items);
                }
                Ok(vec![Item::column(alias.value.as_str(), self.flow(expr, scope)?, place)])
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                let flow = self.flow(expr, scope)?;
                let named =
                    aliases.iter().map(|alias| Item::column(alias.value.as_str(), Rc::clone(&flow), place));
                Ok(named.collect())
            }
            SelectItem::Wildcard(options) => {
                let items = self.star(None, scope)?;
                self.with_options(items, options, scope)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let qualifier: Vec<Ident> =
                    name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                let items = self.star(Some(&qualifier), scope)?;
                self.with_options(items, options, scope)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expression), options) => {
                let flow = self.flow(expression, scope)?.after(Transform);
                self.with_options(vec![any_of(flow, place)], options, scope)
            }
        }
    }

    /// The columns of one relation, or of all.
    pub(super) fn star(&mut self, qualifier: Option<&[Ident]>, scope: &Scope<'_>) -> Halted<Vec<Item>> {
        let Some(qualifier) = qualifier else { return self.every(scope) };
        let place = self.place_of(qualifier);
        if let Some(relation) = scope.relation(qualifier) {
            let items = Rc::clone(&relation.items);
            self.spend(items.len())?;
            return Ok(items.to_vec());
        }
        // The fields of a column.
        let flow = self.resolve(qualifier, scope)?.after(Transform);
        Ok(vec![any_of(flow, place)])
    }

    fn every(&mut self, scope: &Scope<'_>) -> Halted<Vec<Item>> {
        let merged_first = self.dialect.puts_merged_first();
        let mut items = Vec::new();
        let visible = scope.relations.iter().enumerate().filter(|(_, relation)| !relation.is_hidden);
        let merged_at = |at: usize| scope.merged.iter().filter(move |merged| merged.relation == at);
        if merged_first {
            for merged in &scope.merged {
                items.push(Item::column(merged.name.as_str(), Rc::clone(&merged.flow), None));
            }
        }
        for (at, relation) in visible {
            self.spend(relation.items.len() * (1 + scope.merged.len() / 8))?;
            let is_shown = |name: &str| merged_at(at).any(|merged| same(&merged.name, name));
            let has = |name: &str| {
                relation
                    .items
                    .iter()
                    .any(|item| matches!(item, Item::Column(column) if same(&column.name, name)))
            };
            if !merged_first {
                let hidden_in_open = merged_at(at).filter(|merged| !has(&merged.name));
                items.extend(hidden_in_open.map(|m| Item::column(m.name.as_str(), Rc::clone(&m.flow), None)));
            }
            for item in relation.items.iter() {
                match item {
                    Item::Column(column)
                        if relation.suppressed.iter().any(|name| same(name, &column.name)) => {}
                    Item::Column(column) if is_shown(&column.name) => {
                        let merged = merged_at(at).find(|merged| same(&merged.name, &column.name));
                        if let Some(merged) = merged.filter(|_| !merged_first) {
                            items.push(Item::column(
                                merged.name.as_str(),
                                Rc::clone(&merged.flow),
                                column.place,
                            ));
                        }
                    }
                    Item::Column(_) => items.push(item.clone()),
                    Item::Open(open) => {
                        let mut open = open.clone();
                        open.except.extend(relation.suppressed.iter().map(|name| name.to_lowercase()));
                        open.except.extend(merged_at(at).map(|merged| merged.name.to_lowercase()));
                        items.push(Item::Open(open));
                    }
                }
            }
        }
        Ok(items)
    }

    /// What `exclude`, `replace`, `rename` and `ilike` make of the columns of a `*`.
    pub(super) fn with_options(
        &mut self,
        items: Vec<Item>,
        options: &WildcardAdditionalOptions,
        scope: &Scope<'_>,
    ) -> Halted<Vec<Item>> {
        let mut items = items;
        if let Some(ilike) = &options.opt_ilike
            && let Some(pattern) = like(&ilike.pattern, true)
        {
            items.retain(|item| !matches!(item, Item::Column(column) if !pattern.is_match(&column.name)));
        }
        let mut out = options.opt_exclude.as_ref().map(excluded).unwrap_or_default();
        if let Some(except) = &options.opt_except {
            let names = std::iter::once(&except.first_element).chain(&except.additional_elements);
            out.extend(names.map(|name| name.value.to_lowercase()));
        }
        items = without(items, &out);
        if let Some(replace) = &options.opt_replace {
            for element in &replace.items {
                let name = &element.column_name;
                let flow = self.flow(&element.expr, scope)?;
                let place = self.place_of(std::slice::from_ref(name));
                put(&mut items, &name.value, Item::column(name.value.as_str(), flow, place));
            }
        }
        let renames = match &options.opt_rename {
            Some(RenameSelectItem::Single(one)) => std::slice::from_ref(one),
            Some(RenameSelectItem::Multiple(many)) => many,
            None => &[],
        };
        for rename in renames {
            let place = self.place_of(std::slice::from_ref(&rename.ident));
            let mut alone = Scope::inside(None);
            alone.relations = vec![super::scope::Relation::named(None, items.clone())];
            let Some((flow, _)) = self.unqualified(&rename.ident.value, &alone, place)? else { continue };
            put(&mut items, &rename.ident.value, Item::column(rename.alias.value.as_str(), flow, place));
        }
        Ok(items)
    }

    /// An expression over `COLUMNS(…)`, once for each column it stands for.
    fn columns_item(
        &mut self,
        expression: &Expr,
        alias: Option<&str>,
        place: Place,
        scope: &Scope<'_>,
    ) -> Halted<Option<Vec<Item>>> {
        if !self.dialect.is_rewritten() || self.repeated.is_some() {
            return Ok(None);
        }
        let Some(call) = columns_call(expression) else { return Ok(None) };
        let chosen = self.chosen(call, scope)?;
        let is_bare = matches!(expression, Expr::Function(function) if std::ptr::eq(function, call));
        let mut items = Vec::with_capacity(chosen.len());
        for item in chosen {
            match item {
                Item::Column(column) => {
                    let name = match alias {
                        Some(alias) => alias.replace("\\0", &column.name),
                        None if is_bare => column.name.to_string(),
                        None => self.name_of(expression, 0).replace(&call.to_string(), &column.name),
                    };
                    self.repeated = Some(Rc::clone(&column.flow));
                    let flow = self.flow(expression, scope);
                    self.repeated = None;
                    items.push(Item::column(name, flow?, place));
                }
                Item::Open(open) => {
                    let whole = Rc::new(self.whole(&open, place)?);
                    self.repeated = Some(whole);
                    let flow = self.flow(expression, scope);
                    self.repeated = None;
                    let step = flow?.edges.values().map(|mark| mark.kind).max().unwrap_or(Copy);
                    items.push(Item::Open(after(open, step)));
                }
            }
        }
        Ok(Some(items))
    }

    /// The columns that `COLUMNS(…)` stands for.
    fn chosen(&mut self, call: &Function, scope: &Scope<'_>) -> Halted<Vec<Item>> {
        let FunctionArguments::List(list) = &call.args else { return Ok(Vec::new()) };
        let Some(FunctionArg::Unnamed(argument)) = list.args.first() else { return Ok(Vec::new()) };
        match argument {
            FunctionArgExpr::Wildcard => self.star(None, scope),
            FunctionArgExpr::WildcardWithOptions(options) => {
                let items = self.star(None, scope)?;
                self.with_options(items, options, scope)
            }
            FunctionArgExpr::QualifiedWildcard(name) => {
                let qualifier: Vec<Ident> =
                    name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                self.star(Some(&qualifier), scope)
            }
            FunctionArgExpr::Expr(expression) => {
                let all = self.star(None, scope)?;
                let Some(test) = test(expression) else {
                    self.note(
                        "`COLUMNS` with a condition that is not followed is taken for all columns",
                        None,
                    );
                    return Ok(all);
                };
                let is_chosen = |item: &Item| match item {
                    Item::Column(column) => test(&column.name),
                    Item::Open(_) => true,
                };
                Ok(all.into_iter().filter(is_chosen).collect())
            }
        }
    }

    /// The name of a column that was given none.
    pub(super) fn name_of(&self, expression: &Expr, at: usize) -> String {
        match expression {
            Expr::Identifier(name) => name.value.clone(),
            Expr::CompoundIdentifier(parts) => {
                parts.last().map(|part| part.value.clone()).unwrap_or_default()
            }
            Expr::CompoundFieldAccess { access_chain, .. }
                if let Some(AccessExpr::Dot(Expr::Identifier(name))) = access_chain.last() =>
            {
                name.value.clone()
            }
            Expr::JsonAccess { path, .. } if let Some(JsonPathElem::Dot { key, .. }) = path.path.last() => {
                key.clone()
            }
            other => self.made_up_name(other, at),
        }
    }

    fn made_up_name(&self, expression: &Expr, at: usize) -> String {
        match self.dialect.naming() {
            Naming::Position => format!("f{at}_"),
            Naming::Function => match expression {
                Expr::Nested(inner) | Expr::Cast { expr: inner, .. } | Expr::Collate { expr: inner, .. } => {
                    self.name_of(inner, at)
                }
                Expr::Function(function) => name(function),
                Expr::Case { .. } => "case".to_owned(),
                Expr::Exists { .. } => "exists".to_owned(),
                Expr::Array(_) => "array".to_owned(),
                Expr::Subquery(query) => match &*query.body {
                    sqlparser::ast::SetExpr::Select(select) => match select.projection.first() {
                        Some(SelectItem::ExprWithAlias { alias, .. }) => alias.value.clone(),
                        Some(SelectItem::UnnamedExpr(inner)) => self.name_of(inner, at),
                        _ => "?column?".to_owned(),
                    },
                    _ => "?column?".to_owned(),
                },
                _ => "?column?".to_owned(),
            },
            Naming::Text => match expression {
                Expr::Nested(inner) => self.name_of(inner, at),
                other if super::expression::is_deep(other) => format!("column {}", at + 1),
                Expr::BinaryOp { .. } => format!("({expression})"),
                Expr::Function(function) if function.to_string().eq_ignore_ascii_case("count(*)") => {
                    if self.dialect.is_rewritten() {
                        "count_star()".to_owned()
                    } else {
                        "count(*)".to_owned()
                    }
                }
                _ => expression.to_string(),
            },
        }
    }
}

/// The names in lower case that `exclude` leaves out.
pub(super) fn excluded(exclude: &ExcludeSelectItem) -> BTreeSet<String> {
    let last = |name: &ObjectName| {
        name.0.last().and_then(|part| part.as_ident()).map(|part| part.value.to_lowercase())
    };
    match exclude {
        ExcludeSelectItem::Single(name) => last(name).into_iter().collect(),
        ExcludeSelectItem::Multiple(names) => names.iter().filter_map(last).collect(),
    }
}

/// Columns but for some, given by names in lower case.
pub(super) fn without(items: Vec<Item>, out: &BTreeSet<String>) -> Vec<Item> {
    if out.is_empty() {
        return items;
    }
    let kept = items.into_iter().filter_map(|item| match item {
        Item::Column(column) if out.contains(&column.name.to_lowercase()) => None,
        Item::Column(column) => Some(Item::Column(column)),
        Item::Open(mut open) => {
            open.except.extend(out.iter().cloned());
            Some(Item::Open(open))
        }
    });
    kept.collect()
}

/// Puts a column in the place of the one of some name, or before the columns of unknown names it is among.
pub(super) fn put(items: &mut Vec<Item>, name: &str, new: Item) {
    if let Some(old) =
        items.iter_mut().find(|item| matches!(item, Item::Column(column) if same(&column.name, name)))
    {
        *old = new;
        return;
    }
    let Some(at) = items.iter().position(Item::is_open) else { return };
    for item in items.iter_mut() {
        if let Item::Open(open) = item {
            open.except.insert(name.to_lowercase());
        }
    }
    items.insert(at, new);
}

/// Columns of unknown names after a step.
fn after(open: Open, step: EdgeKind) -> Open {
    let sources = open.sources.into_iter().map(|source| match source {
        OpenSource::Table(table, kind) => OpenSource::Table(table, kind.max(step)),
        OpenSource::Flow(flow) => OpenSource::Flow(flow.after(step)),
    });
    Open { sources: sources.collect(), ..open }
}

/// A condition over names.
type Test = Box<dyn Fn(&str) -> bool>;

/// The condition that `COLUMNS` puts on names: a pattern, a list, or a lambda. Nothing where it cannot be told.
fn test(expression: &Expr) -> Option<Test> {
    match expression {
        Expr::Value(_) => {
            let pattern = RegexBuilder::new(&text(expression)?).size_limit(PATTERN_SIZE).build().ok()?;
            Some(Box::new(move |name| pattern.is_match(name)))
        }
        Expr::Array(array) => {
            let names: Vec<String> = array.elem.iter().map(text).collect::<Option<_>>()?;
            Some(Box::new(move |name| names.iter().any(|known| same(known, name))))
        }
        Expr::Lambda(lambda) => {
            let OneOrManyWithParens::One(parameter) = &lambda.params else { return None };
            condition(&lambda.body, &parameter.name.value)
        }
        _ => None,
    }
}

/// A condition over a lambda's parameter.
fn condition(body: &Expr, parameter: &str) -> Option<Test> {
    use sqlparser::ast::BinaryOperator as Op;
    use sqlparser::ast::UnaryOperator;
    let is_name =
        |expression: &Expr| matches!(expression, Expr::Identifier(name) if same(&name.value, parameter));
    match body {
        Expr::Nested(inner) => condition(inner, parameter),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            let inner = condition(expr, parameter)?;
            Some(Box::new(move |name| !inner(name)))
        }
        Expr::BinaryOp { left, op: op @ (Op::And | Op::Or), right } => {
            let (left, right) = (condition(left, parameter)?, condition(right, parameter)?);
            let both = *op == Op::And;
            Some(Box::new(
                move |name| if both { left(name) && right(name) } else { left(name) || right(name) },
            ))
        }
        Expr::BinaryOp { left, op: op @ (Op::Eq | Op::NotEq), right } if is_name(left) => {
            let (wanted, equal) = (text(right)?, *op == Op::Eq);
            Some(Box::new(move |name| (name == wanted) == equal))
        }
        Expr::Like { negated, expr, pattern, .. } if is_name(expr) => {
            let (pattern, negated) = (like(&text(pattern)?, false)?, *negated);
            Some(Box::new(move |name| pattern.is_match(name) != negated))
        }
        Expr::ILike { negated, expr, pattern, .. } if is_name(expr) => {
            let (pattern, negated) = (like(&text(pattern)?, true)?, *negated);
            Some(Box::new(move |name| pattern.is_match(name) != negated))
        }
        Expr::SimilarTo { negated, expr, pattern, .. } if is_name(expr) => {
            let pattern = RegexBuilder::new(&format!("^(?:{})$", text(pattern)?))
                .size_limit(PATTERN_SIZE)
                .build()
                .ok()?;
            let negated = *negated;
            Some(Box::new(move |name| pattern.is_match(name) != negated))
        }
        Expr::In { expr, target: sqlparser::ast::InTarget::List(list), negated, .. } if is_name(expr) => {
            let names: Vec<String> = list.iter().map(text).collect::<Option<_>>()?;
            let negated = *negated;
            Some(Box::new(move |name| names.iter().any(|known| known == name) != negated))
        }
        Expr::Function(call) => {
            let FunctionArguments::List(list) = &call.args else { return None };
            let [
                FunctionArg::Unnamed(FunctionArgExpr::Expr(first)),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(second)),
            ] = list.args.as_slice()
            else {
                return None;
            };
            let wanted = text(second).filter(|_| is_name(first))?;
            match name(call).as_str() {
                "starts_with" | "prefix" => Some(Box::new(move |name| name.starts_with(&wanted))),
                "ends_with" | "suffix" => Some(Box::new(move |name| name.ends_with(&wanted))),
                "contains" => Some(Box::new(move |name| name.contains(&wanted))),
                "regexp_matches" => {
                    let pattern = RegexBuilder::new(&wanted).size_limit(PATTERN_SIZE).build().ok()?;
                    Some(Box::new(move |name| pattern.is_match(name)))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A text as written in quotes.
fn text(expression: &Expr) -> Option<String> {
    let Expr::Value(value) = expression else { return None };
    match &value.value {
        Value::SingleQuotedString(text) => Some(text.clone()),
        Value::DollarQuotedString(text) => Some(text.value.clone()),
        _ => None,
    }
}

/// A `like` pattern as a regular expression.
fn like(pattern: &str, ignore_case: bool) -> Option<Regex> {
    let mut regex = String::from("^");
    for character in pattern.chars() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    RegexBuilder::new(&regex).case_insensitive(ignore_case).size_limit(PATTERN_SIZE).build().ok()
}
