//! Functions in `from`: files and other readers are tables, the rest are made of their arguments.

use std::rc::Rc;

use sqlparser::ast::{Expr, FunctionArg, Ident, ObjectName, TableAlias};

use super::EdgeKind::Transform;
use super::analyse::{Analyser, Halted};
use super::flow::Flow;
use super::from::{aliased, any_of};
use super::function::argument_expressions;
use super::scope::{Item, Scope};

/// The columns of functions that give the parts of a value.
const PARTS: &[(&str, &[&str])] = &[
    ("flatten", &["seq", "key", "path", "index", "value", "this"]),
    ("json_each", &["key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "rowid"]),
    ("json_tree", &["key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "rowid"]),
    ("jsonb_each", &["key", "value"]),
    ("jsonb_each_text", &["key", "value"]),
    ("json_each_text", &["key", "value"]),
    ("posexplode", &["pos", "col"]),
    ("posexplode_outer", &["pos", "col"]),
    ("explode", &["col"]),
    ("explode_outer", &["col"]),
    ("split_to_table", &["seq", "index", "value"]),
    ("strtok_split_to_table", &["seq", "index", "value"]),
    ("range", &["range"]),
    ("generate_series", &["generate_series"]),
    ("repeat_row", &["column0"]),
    ("repeat", &["repeat"]),
    ("json_array_elements", &["value"]),
    ("json_array_elements_text", &["value"]),
    ("jsonb_array_elements", &["value"]),
    ("jsonb_array_elements_text", &["value"]),
    ("regexp_split_to_table", &["regexp_split_to_table"]),
    ("string_split_to_table", &["value"]),
];

impl Analyser<'_> {
    /// Puts what a function gives into the scope.
    pub(super) fn table_function(
        &mut self,
        name: &ObjectName,
        arguments: &[FunctionArg],
        with_ordinality: bool,
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Halted<()> {
        let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let function = parts.last().map(|part| part.value.to_lowercase()).unwrap_or_default();
        let given: Vec<&Expr> = argument_expressions(arguments).collect();
        if function == "unnest" {
            let lists: Vec<Expr> = given.into_iter().take(1).cloned().collect();
            self.unnest(&lists, alias, scope)?;
        } else if matches!(function.as_str(), "table" | "lateral" | "identifier") && given.len() == 1 {
            return self.wrapped(given[0], alias, scope);
        } else {
            let value = self.mixed(given, scope)?;
            let items = self.given_by(&function, name, arguments, &value, alias)?;
            scope.relations.push(aliased(items, alias, Some(&function)));
        }
        if with_ordinality && let Some(relation) = scope.relations.last_mut() {
            let name = alias.and_then(|alias| alias.columns.get(relation.items.len()));
            let name = name.map_or("ordinality", |column| column.name.value.as_str());
            Rc::make_mut(&mut relation.items).push(Item::column(name, Rc::default(), None));
        }
        Ok(())
    }

    fn given_by(
        &mut self,
        function: &str,
        name: &ObjectName,
        arguments: &[FunctionArg],
        value: &Rc<Flow>,
        alias: Option<&TableAlias>,
    ) -> Halted<Vec<Item>> {
        if let Some((_, columns)) = PARTS.iter().find(|(known, _)| *known == function) {
            let one = columns.len() == 1 && self.dialect.names_unnested_by_alias();
            let own = alias.filter(|_| one).map(|alias| alias.name.value.clone());
            let column = |name: &&str| {
                // Where in the value something stood says nothing about the value.
                let is_position = matches!(*name, "seq" | "index" | "pos" | "id" | "parent" | "rowid");
                let flow = if is_position { Rc::default() } else { Rc::clone(value) };
                Item::column(own.as_deref().unwrap_or(name), flow.after(Transform), None)
            };
            return Ok(columns.iter().map(column).collect());
        }
        if !value.edges.is_empty() {
            return Ok(vec![any_of(Rc::clone(value).after(Transform), None)]);
        }
        let shown: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let place = self.place_of(&parts);
        let table = self.table(Vec::new(), format!("{name}({})", shown.join(", ")), place);
        self.header(table, place)
    }

    /// `table(f(…))`, `lateral(f(…))`, `identifier('…')`.
    fn wrapped(&mut self, inner: &Expr, alias: Option<&TableAlias>, scope: &mut Scope<'_>) -> Halted<()> {
        match inner {
            Expr::Function(call) => {
                let sqlparser::ast::FunctionArguments::List(list) = &call.args else {
                    return self.value_relation(&[], "value", alias, scope);
                };
                self.table_function(&call.name, &list.args, false, alias, scope)
            }
            Expr::Value(value) => {
                let text = value.value.clone().into_string().unwrap_or_default();
                let parts: Vec<Ident> = text.split('.').map(Ident::new).collect();
                self.read_table(&parts, alias, scope)
            }
            other => self.value_relation(std::slice::from_ref(other), "value", alias, scope),
        }
    }
}
