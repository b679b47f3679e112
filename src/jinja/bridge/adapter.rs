//! `adapter` and `api`: what templates ask of the warehouse.
//!
//! Each method is a row of [`METHODS`]. While templates are only parsed nothing is executed, and
//! a method gives what the row says instead.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::column::column_class;
use super::relation_class::RelationClass;
use super::response::response_of;
use super::session::{Begin, Session};
use super::table::{Kind, empty_table, table_value};
use super::{catalog, constraint, convention, external, mock};
use crate::adapter::{AdapterError, Response};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::functions::{
    Body, Context, Function, bind, list, misuse, present, raise, raise_diagnostic, reference_attribute,
    tuple, type_name, warn_once,
};
use crate::manifest::Macro;

/// What a method gives while templates are only parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parsing {
    /// The same as ever: it touches no warehouse.
    Same,
    None,
    False,
    EmptyList,
    /// A response and a table, both empty.
    EmptyResult,
}

impl Parsing {
    fn value(self) -> Value {
        match self {
            Self::Same | Self::None => Value::from(()),
            Self::False => Value::from(false),
            Self::EmptyList => list(Vec::new()),
            Self::EmptyResult => tuple(vec![Value::from(""), empty_table()]),
        }
    }
}

/// `adapter`.
struct AdapterObject(Context);

/// `adapter` as a template sees it.
pub(crate) fn adapter_value(cx: &Context) -> Value {
    Value::from_object(AdapterObject(cx.clone()))
}

/// `api`: the classes of relations and columns.
pub(crate) fn api_value(cx: &Context) -> Value {
    let relation = Value::from_object(RelationClass(cx.clone()));
    Value::from_pairs([("Relation", relation), ("Column", column_class())])
}

impl fmt::Debug for AdapterObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<adapter {}>", self.0.jinja.globals().adapter.name())
    }
}

impl Object for AdapterObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match name {
            "Relation" => Some(Value::from_object(RelationClass(self.0.clone()))),
            "Column" => Some(column_class()),
            "behavior" => Some(Value::from_object(Behavior(self.0.clone()))),
            "config" => reference_attribute(&self.0, "config"),
            _ => METHODS.iter().find(|(known, ..)| *known == name).map(|(name, parsing, body)| {
                // Kept in a variable, as in `{% set dispatch = adapter.dispatch %}`.
                match (self.0.parsing(), parsing) {
                    (false, _) | (_, Parsing::Same) => Function::value(name, *body, &self.0),
                    (_, Parsing::None) => Function::value(name, |_, _, _| Ok(Parsing::None.value()), &self.0),
                    (_, Parsing::False) => {
                        Function::value(name, |_, _, _| Ok(Parsing::False.value()), &self.0)
                    }
                    (_, Parsing::EmptyList) => {
                        Function::value(name, |_, _, _| Ok(Parsing::EmptyList.value()), &self.0)
                    }
                    (_, Parsing::EmptyResult) => {
                        Function::value(name, |_, _, _| Ok(Parsing::EmptyResult.value()), &self.0)
                    }
                }
            }),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match METHODS.iter().find(|(known, ..)| *known == method) {
            Some((_, parsing, _)) if self.0.parsing() && *parsing != Parsing::Same => Ok(parsing.value()),
            Some((.., body)) => body(&self.0, state, args),
            None if method == "Relation" => {
                self.get_value(&Value::from(method)).unwrap_or_default().call(state, args)
            }
            // As in dbt it counts only for nodes that run: what is read for its calls may go wrong.
            None if self.0.parsing() => Ok(Value::UNDEFINED),
            None => Err(raise_diagnostic(
                Diagnostic::error(Code::MacroNotFound, format!("`adapter` has no method `{method}`"))
                    .suggest(method, METHODS.iter().map(|(known, ..)| *known)),
            )),
        }
    }
}

/// `adapter.behavior`: flags of the project under their lower-case names.
struct Behavior(Context);

impl fmt::Debug for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<behavior>")
    }
}

impl Object for Behavior {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let flag = self.0.jinja.globals().flags.get(&key.as_str()?.to_uppercase());
        let on = flag.and_then(serde_json::Value::as_bool).unwrap_or(false);
        Some(Value::from_object(BehaviorFlag(on)))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A behaviour flag: true or false, also without the warning dbt would give.
#[derive(Debug)]
struct BehaviorFlag(bool);

impl Object for BehaviorFlag {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        matches!(key.as_str()?, "setting" | "no_warn").then(|| Value::from(self.0))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0
    }
}

const METHODS: &[(&str, Parsing, Body)] = &[
    ("dispatch", Parsing::Same, dispatch),
    ("type", Parsing::Same, |cx, _, _| Ok(Value::from(cx.jinja.globals().adapter.name()))),
    ("date_function", Parsing::Same, |_, _, _| Ok(Value::from("now()"))),
    ("nice_connection_name", Parsing::Same, |cx, _, _| Ok(Value::from(cx.node_id()))),
    ("execute", Parsing::EmptyResult, execute),
    ("add_query", Parsing::EmptyResult, add_query),
    ("debug_query", Parsing::None, |cx, _, _| run(cx, "select 1 as id", Begin::No)),
    ("commit", Parsing::None, commit),
    ("commit_if_has_connection", Parsing::None, commit),
    ("ensure_transaction", Parsing::None, |cx, _, _| {
        let session = session(cx)?;
        refused(session, session.begin(Begin::Yes)).map(|()| Value::from(()))
    }),
    ("get_relation", Parsing::None, catalog::get_relation),
    ("load_relation", Parsing::None, catalog::load_relation),
    ("already_exists", Parsing::False, catalog::already_exists),
    ("list_relations", Parsing::EmptyList, catalog::list_relations),
    ("list_relations_without_caching", Parsing::EmptyList, catalog::list_relations_without_caching),
    ("list_schemas", Parsing::EmptyList, catalog::list_schemas),
    ("check_schema_exists", Parsing::False, catalog::check_schema_exists),
    ("get_columns_in_relation", Parsing::EmptyList, catalog::columns_in_relation),
    ("get_columns_in_table", Parsing::EmptyList, catalog::columns_in_table),
    ("get_missing_columns", Parsing::EmptyList, catalog::get_missing_columns),
    ("get_column_schema_from_query", Parsing::EmptyList, catalog::column_schema_from_query),
    ("get_columns_in_select_sql", Parsing::EmptyList, catalog::column_schema_from_query),
    ("expand_target_column_types", Parsing::None, catalog::expand_target_column_types),
    ("alter_column_type", Parsing::None, |cx, state, args| {
        execute_macro(cx, state, "alter_column_type", args)
    }),
    ("create_schema", Parsing::None, catalog::create_schema),
    ("drop_schema", Parsing::None, catalog::drop_schema),
    ("drop_relation", Parsing::None, catalog::drop_relation),
    ("truncate_relation", Parsing::None, |cx, state, args| {
        execute_macro(cx, state, "truncate_relation", args)
    }),
    ("rename_relation", Parsing::None, catalog::rename_relation),
    ("cache_added", Parsing::None, catalog::cache_added),
    ("cache_dropped", Parsing::None, catalog::cache_dropped),
    ("cache_renamed", Parsing::None, catalog::cache_renamed),
    ("load_csv_rows", Parsing::None, convention::load_csv_rows),
    ("quote", Parsing::Same, convention::quote),
    ("quote_as_configured", Parsing::Same, convention::quote_as_configured),
    ("quote_seed_column", Parsing::Same, convention::quote_seed_column),
    ("escape_sql_string", Parsing::Same, convention::escape_sql_string),
    ("convert_type", Parsing::Same, convention::convert_type),
    ("convert_text_type", Parsing::Same, |_, _, _| Ok(Value::from(convention::type_of(Kind::Text, false)))),
    ("convert_number_type", Parsing::Same, convention::convert_type),
    ("convert_integer_type", Parsing::Same, convention::convert_type),
    ("convert_boolean_type", Parsing::Same, |_, _, _| {
        Ok(Value::from(convention::type_of(Kind::Boolean, false)))
    }),
    ("convert_datetime_type", Parsing::Same, |_, _, _| {
        Ok(Value::from(convention::type_of(Kind::DateTime, false)))
    }),
    ("convert_date_type", Parsing::Same, |_, _, _| Ok(Value::from(convention::type_of(Kind::Date, false)))),
    ("convert_time_type", Parsing::Same, |_, _, _| Ok(Value::from("time"))),
    ("convert_datetimes_to_strs", Parsing::Same, convention::convert_datetimes_to_strs),
    ("standardize_grants_dict", Parsing::Same, convention::standardize_grants_dict),
    ("render_raw_columns_constraints", Parsing::Same, |cx, _, args| {
        let [columns] = bind("render_raw_columns_constraints", args, ["raw_columns"], 1)?;
        constraint::columns(cx, &columns).map(texts)
    }),
    ("render_raw_model_constraints", Parsing::Same, |cx, _, args| {
        let [constraints] = bind("render_raw_model_constraints", args, ["raw_constraints"], 1)?;
        constraint::model(cx, &constraints).map(texts)
    }),
    ("valid_incremental_strategies", Parsing::Same, |_, _, _| {
        Ok(texts(convention::STRATEGIES.iter().map(|name| (*name).to_owned()).collect()))
    }),
    ("get_incremental_strategy_macro", Parsing::None, convention::get_incremental_strategy_macro),
    ("valid_snapshot_target", Parsing::None, convention::valid_snapshot_target),
    ("assert_valid_snapshot_target_given_strategy", Parsing::None, convention::valid_snapshot_target),
    ("get_hard_deletes_behavior", Parsing::None, convention::hard_deletes_behavior),
    ("get_rows_different_sql", Parsing::None, convention::rows_different_sql),
    ("parse_index", Parsing::Same, convention::parse_index),
    ("verify_database", Parsing::None, |_, _, _| Ok(Value::from(""))),
    ("build_catalog_relation", Parsing::Same, |_, _, _| Ok(Value::from(()))),
    ("get_binding_char", Parsing::Same, |_, _, _| Ok(Value::from("?"))),
    ("warn_once", Parsing::Same, |cx, _, args| {
        let [message] = bind("warn_once", args, ["msg"], 1)?;
        warn_once(cx, message.to_string());
        Ok(Value::from(()))
    }),
    ("is_motherduck", Parsing::Same, |cx, _, _| Ok(setting(cx, "is_motherduck"))),
    ("disable_transactions", Parsing::Same, |cx, _, _| Ok(setting(cx, "disable_transactions"))),
    ("is_ducklake", Parsing::Same, convention::is_ducklake),
    ("use_ducklake_table_workarounds", Parsing::Same, |_, _, _| Ok(Value::from(false))),
    ("external_root", Parsing::Same, |cx, _, _| {
        let root = cx.jinja.globals().target.get("external_root").and_then(serde_json::Value::as_str);
        Ok(Value::from(root.unwrap_or(".")))
    }),
    ("external_write_options", Parsing::Same, |_, _, args| external::write_options(args)),
    ("external_read_location", Parsing::Same, |_, _, args| external::read_location(args)),
    ("location_exists", Parsing::False, convention::location_exists),
    ("store_relation", Parsing::None, |_, _, _| Err(raise(Code::Unsupported, "plugins cannot be used yet"))),
    ("get_temp_relation_path", Parsing::None, convention::get_temp_relation_path),
    ("post_model_hook", Parsing::None, |_, _, _| Ok(Value::from(()))),
    ("pre_model_hook", Parsing::None, |_, _, _| Ok(Value::from(()))),
    ("batch_id_for_model", Parsing::Same, convention::batch_id_for_model),
    ("get_seed_file_path", Parsing::Same, convention::get_seed_file_path),
    ("catalog_supports_foreign_keys", Parsing::False, |_, _, _| Ok(Value::from(true))),
    ("existing_key_constraint_types", Parsing::EmptyList, convention::existing_key_constraint_types),
];

fn texts(items: Vec<String>) -> Value {
    list(items.into_iter().map(Value::from).collect())
}

fn setting(cx: &Context, key: &str) -> Value {
    let set = cx.jinja.globals().target.get(key).and_then(serde_json::Value::as_bool);
    Value::from(set.unwrap_or(false))
}

/// The session, without which nothing can be executed.
pub(crate) fn session(cx: &Context) -> Result<&Session, Error> {
    cx.scope.session.as_deref().ok_or_else(|| {
        raise_diagnostic(
            Diagnostic::error(
                Code::ConnectionFailed,
                "this template asks the warehouse, and there is no connection",
            )
            .help("leave `--no-introspect` out, or ask only where `execute` is true"),
        )
    })
}

/// What the warehouse said, on its way through the template.
pub(crate) fn refused<T>(session: &Session, result: Result<T, AdapterError>) -> Result<T, Error> {
    result.map_err(|error| session.failure(error).into())
}

fn run(cx: &Context, sql: &str, begin: Begin) -> Result<Value, Error> {
    let session = session(cx)?;
    refused(session, session.begin(begin))?;
    refused(session, session.execute(sql)).map(response_of)
}

fn dispatch(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let parameters = ["macro_name", "macro_namespace", "packages"];
    let [name, namespace, packages] = bind("adapter.dispatch", args, parameters, 1)?;
    if present(&packages).is_some() {
        return Err(misuse(format!(
            "The \"packages\" argument of adapter.dispatch() has been deprecated. \
             Use the \"macro_namespace\" argument instead. Raised during dispatch for: {name}"
        )));
    }
    let namespace = match present(&namespace) {
        Some(other) if other.as_str().is_none() => {
            return Err(misuse(format!(
                "In adapter.dispatch, got a <class '{}'> macro_namespace argument (\"{other}\"), \
                 but macro_namespace should be None or a string.",
                type_name(other)
            )));
        }
        given => given.and_then(Value::as_str),
    };
    let Some(name) = name.as_str() else {
        return Err(misuse(format!(
            "In adapter.dispatch, the macro name must be a string, got {}",
            type_name(&name)
        )));
    };
    if let Some((package, macro_name)) = name.split_once('.') {
        return Err(misuse(format!(
            "In adapter.dispatch, got a macro name of \"{name}\", but \".\" is not a valid macro name component. \
             Did you mean `adapter.dispatch(\"{macro_name}\", macro_namespace=\"{package}\")`?"
        )));
    }
    let globals = cx.jinja.globals();
    let prefixes = [globals.adapter.name(), "default"];
    let found = cx.jinja.registry().dispatch(name, namespace, &prefixes, &cx.scope.package);
    found.map_err(raise_diagnostic).and_then(|found| macro_value(cx, found))
}

/// A macro as a template calls it.
pub(super) fn macro_value(cx: &Context, found: &Macro) -> Result<Value, Error> {
    let id = &found.unique_id;
    cx.jinja.macro_value(found).ok_or_else(|| raise(Code::InternalError, format!("`{id}` cannot be called")))
}

/// Calls a macro of the adapter's interface, as the root project sees it.
pub(super) fn execute_macro(
    cx: &Context,
    state: &mut State<'_, '_>,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let root = &cx.jinja.globals().project_name;
    let Some(found) = cx.jinja.registry().find(name, root) else {
        let message = format!("dbt could not find a macro with the name \"{name}\" in any package");
        return Err(raise(Code::MacroNotFound, message));
    };
    macro_value(cx, found)?.call(state, args)
}

fn execute(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [sql, begin, fetch, limit] =
        bind("adapter.execute", args, ["sql", "auto_begin", "fetch", "limit"], 1)?;
    if let Some(answer) = mock::answer(cx, &sql.to_string()) {
        return answer.map(|table| tuple(vec![response_of(Response::default()), table_value(table)]));
    }
    let session = session(cx)?;
    refused(session, session.begin(if begin.is_true() { Begin::Yes } else { Begin::No }))?;
    let sql = sql.to_string();
    let (response, table) = if fetch.is_true() {
        let (response, table) = refused(session, session.query(&sql, limit.as_usize()))?;
        (response, table_value(table))
    } else {
        (refused(session, session.execute(&sql))?, empty_table())
    };
    Ok(tuple(vec![response_of(response), table]))
}

/// `add_query(sql, auto_begin=True, bindings=None, abridge_sql_log=False)`.
fn add_query(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let parameters = ["sql", "auto_begin", "bindings", "abridge_sql_log"];
    let [sql, begin, bindings, _] = bind("adapter.add_query", args, parameters, 1)?;
    if present(&bindings).is_some_and(Value::is_true) {
        return Err(raise(
            Code::Unsupported,
            "`adapter.add_query` takes no bindings; write the values into the statement",
        ));
    }
    let begin = if begin.is_undefined() || begin.is_true() { Begin::Yes } else { Begin::No };
    let response = run(cx, &sql.to_string(), begin)?;
    Ok(tuple(vec![Value::from(()), response]))
}

pub(super) fn commit(cx: &Context, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
    let session = session(cx)?;
    refused(session, session.commit()).map(|()| Value::from(()))
}
