//! What templates ask of the warehouse's conventions: quoting, types, strategies, grants.

use std::fmt::Write as _;
use std::sync::Arc;

use md5::{Digest, Md5};
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::adapter::{macro_value, refused, session};
use super::catalog::columns;
use super::relation::{expect, relation_from};
use super::session::Begin;
use super::stream::rows_from;
use super::table::{Kind, cell_value, table_from, table_value};
use crate::adapter::{Cell, Rows, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::functions::{
    Context, bind, dict, list, misuse, present, raise, raise_diagnostic, text, type_name,
};
use crate::jinja::python::to_json;

/// Strategies of incremental models that every warehouse of [`crate::adapter::KINDS`] knows.
pub(super) const STRATEGIES: &[&str] = &["append", "delete+insert", "merge", "microbatch"];

/// Strategies that dbt knows; others are the user's own macros.
const BUILT_IN_STRATEGIES: &[&str] = &["append", "delete+insert", "merge", "insert_overwrite", "microbatch"];

pub(super) fn quote(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [identifier] = bind("adapter.quote", args, ["identifier"], 1)?;
    Ok(Value::from(quoted(&identifier.to_string())))
}

fn quoted(identifier: &str) -> String {
    format!("\"{identifier}\"")
}

pub(super) fn quote_as_configured(
    cx: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [identifier, key] = bind("adapter.quote_as_configured", args, ["identifier", "quote_key"], 2)?;
    let policy = cx.jinja.globals().quoting;
    let quotes = match key.as_str() {
        Some("database") => policy.database,
        Some("schema") => policy.schema,
        Some("identifier") => policy.identifier,
        _ => false,
    };
    let identifier = identifier.to_string();
    Ok(Value::from(if quotes { quoted(&identifier) } else { identifier }))
}

pub(super) fn quote_seed_column(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [column, config] = bind("adapter.quote_seed_column", args, ["column", "quote_config"], 2)?;
    let quotes = match present(&config) {
        None => true,
        Some(flag) if flag.kind() == minijinja::value::ValueKind::Bool => flag.is_true(),
        Some(other) => {
            let message = format!(
                "The seed configuration value of \"quote_columns\" has an invalid type <class '{}'>",
                type_name(other)
            );
            return Err(raise(Code::InvalidConfig, message));
        }
    };
    let column = column.to_string();
    Ok(Value::from(if quotes { quoted(&column) } else { column }))
}

pub(super) fn escape_sql_string(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("adapter.escape_sql_string", args, ["value"], 1)?;
    Ok(Value::from(value.to_string().replace('\'', "''")))
}

/// The warehouse's type for a kind of column; integers past 32 bits need the wider one.
pub(super) fn type_of(kind: Kind, wide: bool) -> &'static str {
    match kind {
        Kind::Integer if wide => "bigint",
        Kind::Integer => "integer",
        Kind::Number => "float8",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::DateTime => "timestamp without time zone",
        Kind::Text => "text",
    }
}

/// `convert_type(agate_table, col_idx)`.
pub(super) fn convert_type(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [table, at] = bind("adapter.convert_type", args, ["agate_table", "col_idx"], 2)?;
    let (rows, at) = (rows_of(&table)?, at.as_usize().unwrap_or(usize::MAX));
    let Some(column) = rows.columns().get(at) else {
        return Err(raise(Code::JinjaRender, format!("the table has no column {at}")));
    };
    // A seed's column says its type itself, and so does a query's; even where no row is left.
    if !column.data_type.is_empty() {
        return Ok(Value::from(column.data_type.as_str()));
    }
    let table = table_of(&table)?;
    let fits = |cell: &Cell| !matches!(cell, Cell::Int(number) if i32::try_from(*number).is_err());
    let wide = !table.rows.iter().filter_map(|row| row.get(at)).all(fits);
    Ok(Value::from(type_of(Kind::of(&table, at), wide)))
}

fn no_table(value: &Value) -> Error {
    misuse(format!("expected a table, got <class '{}'>", type_name(value)))
}

fn table_of(value: &Value) -> Result<Arc<Table>, Error> {
    table_from(value).ok_or_else(|| no_table(value))
}

/// The rows of a table, which may be read late.
fn rows_of(value: &Value) -> Result<Arc<dyn Rows>, Error> {
    rows_from(value).ok_or_else(|| no_table(value))
}

/// `convert_datetimes_to_strs(table)`.
pub(super) fn convert_datetimes_to_strs(
    _: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [table] = bind("adapter.convert_datetimes_to_strs", args, ["table"], 1)?;
    let mut table = Table::clone(&*table_of(&table)?);
    for cell in table.rows.iter_mut().flatten() {
        if matches!(cell, Cell::Timestamp(_) | Cell::TimestampTz(_)) {
            *cell = Cell::Text(cell_value(cell).to_string());
        }
    }
    Ok(table_value(table))
}

/// `load_csv_rows(relation, agate_table)`: Teal's own way to load a seed, past SQL.
pub(super) fn load_csv_rows(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [target, table] = bind("adapter.load_csv_rows", args, ["relation", "agate_table"], 2)?;
    let relation = expect(&target, "load_csv_rows", "relation")?;
    let rows = rows_of(&table)?;
    let there: Vec<String> =
        columns(cx, state, &target)?.into_iter().map(|column| column.name.to_lowercase()).collect();
    let given: Vec<String> = rows.columns().iter().map(|column| column.name.to_lowercase()).collect();
    if !there.iter().all(|name| given.contains(name)) || there.len() != given.len() {
        let (there, given) = (there.join(", "), given.join(", "));
        let message =
            format!("the file's columns are not the table's: the file has {given}, the table {there}");
        let help = "`--full-refresh` makes the table anew";
        return Err(raise_diagnostic(Diagnostic::error(Code::SchemaMismatch, message).help(help)));
    }
    let session = session(cx)?;
    refused(session, session.begin(Begin::Yes))?;
    refused(session, session.load(&relation, &*rows)).map(Value::from)
}

/// `standardize_grants_dict(grants_table)`: privilege to grantees.
pub(super) fn standardize_grants_dict(
    _: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [table] = bind("adapter.standardize_grants_dict", args, ["grants_table"], 1)?;
    let mut grants: indexmap::IndexMap<Value, Vec<Value>> = indexmap::IndexMap::new();
    for row in table.try_iter()? {
        let part = |name: &str| row.get_item(&Value::from(name));
        grants.entry(part("privilege_type")?).or_default().push(part("grantee")?);
    }
    Ok(dict(grants.into_iter().map(|(privilege, grantees)| (privilege, list(grantees)))))
}

/// `get_incremental_strategy_macro(model_context, strategy)`.
pub(super) fn get_incremental_strategy_macro(
    cx: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let parameters = ["model_context", "strategy"];
    let [_, strategy] = bind("adapter.get_incremental_strategy_macro", args, parameters, 2)?;
    let strategy = text(&strategy).unwrap_or_else(|| "default".to_owned());
    let strategy = strategy.as_str();
    if BUILT_IN_STRATEGIES.contains(&strategy) && !STRATEGIES.contains(&strategy) {
        let message = format!("The incremental strategy '{strategy}' is not valid for this adapter");
        return Err(strategy_error(cx, Code::InvalidConfig, message, strategy));
    }
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    if let Some(found) = cx.jinja.registry().find(&name, &cx.scope.package) {
        return macro_value(cx, found);
    }
    let project = &cx.jinja.globals().project_name;
    let message =
        format!("dbt could not find an incremental strategy macro with the name \"{name}\" in {project}");
    Err(strategy_error(cx, Code::MacroNotFound, message, strategy))
}

/// A strategy that cannot be used, where the model names it.
fn strategy_error(cx: &Context, code: Code, message: String, strategy: &str) -> Error {
    let place = cx.scope.node.as_ref().and_then(|node| node.config_span("incremental_strategy"));
    let known = STRATEGIES.join("`, `");
    raise_diagnostic(
        Diagnostic::error(code, message)
            .label_opt(place, "")
            .help(format!(
                "the strategies are `{known}`, and macros of one's own, `get_incremental_<name>_sql`"
            ))
            .suggest(strategy, STRATEGIES.iter().copied()),
    )
}

/// `valid_snapshot_target(relation, column_names)` and its form with the strategy.
pub(super) fn valid_snapshot_target(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let parameters = ["relation", "column_names", "strategy"];
    let [relation, names, strategy] = bind("adapter.valid_snapshot_target", args, parameters, 1)?;
    expect(&relation, "valid_snapshot_target", "relation")?;
    let there: Vec<String> =
        columns(cx, state, &relation)?.into_iter().map(|column| column.name.to_lowercase()).collect();
    let mut wanted = vec!["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"];
    let hard_deletes = present(&strategy).and_then(|strategy| strategy.get_attr("hard_deletes").ok());
    if hard_deletes.is_some_and(|value| value.as_str() == Some("new_record")) {
        wanted.push("dbt_is_deleted");
    }
    let renamed = |name: &str| {
        let given = present(&names).and_then(|names| names.get_item(&Value::from(name)).ok());
        given.and_then(|given| text(&given)).unwrap_or_else(|| name.to_owned())
    };
    let missing: Vec<String> =
        wanted.into_iter().map(renamed).filter(|name| !there.contains(&name.to_lowercase())).collect();
    if missing.is_empty() {
        return Ok(Value::from(()));
    }
    Err(raise(
        Code::SchemaMismatch,
        format!(
            "Snapshot target is missing configured columns (missing \"{}\"). \
             See https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for more information.",
            missing.join("\", \"")
        ),
    ))
}

/// `get_hard_deletes_behavior(config)`.
pub(super) fn hard_deletes_behavior(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [config] = bind("adapter.get_hard_deletes_behavior", args, ["config"], 1)?;
    let refuse = |message: &str, help: &str| {
        let place = cx.scope.node.as_ref().and_then(|node| node.config_span("hard_deletes"));
        raise_diagnostic(Diagnostic::error(Code::InvalidConfig, message).label_opt(place, "").help(help))
    };
    let mut get = |key: &str| config.call_method(state, "get", &[Value::from(key), Value::from(())]);
    let (legacy, behavior) = (get("invalidate_hard_deletes")?, get("hard_deletes")?);
    if present(&legacy).is_some() && present(&behavior).is_some() {
        let message = "You cannot set both the invalidate_hard_deletes and hard_deletes config properties \
                       on the same snapshot.";
        return Err(refuse(message, "keep `hard_deletes`; `invalidate_hard_deletes` is its old name"));
    }
    match (legacy.is_true(), text(&behavior).as_deref()) {
        (true, _) | (_, Some("invalidate")) => Ok(Value::from("invalidate")),
        (_, Some("new_record")) => Ok(Value::from("new_record")),
        (_, None | Some("ignore")) => Ok(Value::from("ignore")),
        _ => {
            let help = "it is one of `ignore`, `invalidate` and `new_record`";
            Err(refuse("Invalid setting for property hard_deletes.", help))
        }
    }
}

/// `get_rows_different_sql(relation_a, relation_b, column_names=None, except_operator='EXCEPT')`:
/// a query of one row, how many rows more one has and how many have no equal in the other.
pub(super) fn rows_different_sql(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let parameters = ["relation_a", "relation_b", "column_names", "except_operator"];
    let [one, two, names, except] = bind("adapter.get_rows_different_sql", args, parameters, 2)?;
    let mut names: Vec<String> = match present(&names) {
        Some(names) => names.try_iter()?.map(|name| quoted(&name.to_string())).collect(),
        None => columns(cx, state, &one)?.iter().map(|column| quoted(&column.name)).collect(),
    };
    names.sort();
    let names = names.join(", ");
    let except = text(&except).unwrap_or_else(|| "except".to_owned());
    let minus = |a: &Value, b: &Value| format!("(select {names} from {a} {except} select {names} from {b})");
    Ok(Value::from(format!(
        "select (select count(*) from {one}) - (select count(*) from {two}) as row_count_difference, \
         (select count(*) from ({} union all {}) as differing) as num_mismatched",
        minus(&one, &two),
        minus(&two, &one),
    )))
}

/// An index as a model's configuration describes it.
#[derive(Debug)]
struct Index {
    columns: Vec<String>,
    unique: bool,
}

impl Object for Index {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "columns" => Some(list(self.columns.iter().map(|name| Value::from(name.as_str())).collect())),
            "unique" => Some(Value::from(self.unique)),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method != "render" {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        let [relation] = bind("render", args, ["relation"], 1)?;
        let name = relation_from(&relation).map_or_else(|| relation.to_string(), |r| r.name());
        // A table is replaced while the old one and its indexes are still there: names may not repeat.
        let now = chrono::Utc::now().to_rfc3339();
        let seed = format!("{}_{name}_{}_{now}", self.columns.join("_"), self.unique);
        Ok(Value::from(Md5::digest(seed.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })))
    }
}

pub(super) fn parse_index(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [raw] = bind("adapter.parse_index", args, ["raw_index"], 1)?;
    if present(&raw).is_none() {
        return Ok(Value::from(()));
    }
    let json = to_json(&raw);
    let columns = json.get("columns").and_then(serde_json::Value::as_array).map(|columns| {
        columns.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect::<Vec<_>>()
    });
    match columns {
        Some(columns) if !columns.is_empty() => {
            let unique = json.get("unique").and_then(serde_json::Value::as_bool).unwrap_or(false);
            Ok(Value::from_object(Index { columns, unique }))
        }
        _ => Err(raise(
            Code::InvalidConfig,
            format!("Could not parse index config: {json} needs a list `columns`"),
        )),
    }
}

/// Whether a relation lives in an attached lake, which cannot do all that a database can.
pub(super) fn is_ducklake(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.is_ducklake", args, ["relation"], 1)?;
    let database = relation_from(&relation).and_then(|relation| relation.database);
    let lakes = cx.jinja.globals().target.get("ducklake_databases").and_then(serde_json::Value::as_array);
    let lake =
        lakes.into_iter().flatten().any(|lake| lake.as_str() == database.as_deref() && database.is_some());
    Ok(Value::from(lake))
}

/// `location_exists(location)`: whether a file can be read as a table.
pub(super) fn location_exists(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [location] = bind("adapter.location_exists", args, ["location"], 1)?;
    let session = session(cx)?;
    let there = session.execute(&format!("select 1 from '{location}' where 1=0")).is_ok();
    if !there {
        session.take_error();
    }
    Ok(Value::from(there))
}

/// `get_temp_relation_path(model, batch_id='')`: a name beside the model's for rows that wait.
pub(super) fn get_temp_relation_path(
    cx: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [model, batch] = bind("adapter.get_temp_relation_path", args, ["model", "batch_id"], 1)?;
    let part = |name: &str| model.get_attr(name).ok().and_then(|value| text(&value));
    let name = part("identifier").or_else(|| part("alias")).unwrap_or_default();
    let run = cx.jinja.globals().invocation_id.rsplit('-').next().unwrap_or_default().to_owned();
    let batch = text(&batch).filter(|batch| !batch.is_empty()).map_or(String::new(), |b| format!("__{b}"));
    Ok(dict([
        (Value::from("database"), Value::from(part("database").unwrap_or_default())),
        (Value::from("schema"), Value::from(part("schema").unwrap_or_default())),
        (Value::from("identifier"), Value::from(format!("{name}__{run}{batch}"))),
    ]))
}

/// `batch_id_for_model(model)`: the start of the batch as part of a name.
pub(super) fn batch_id_for_model(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [model] = bind("adapter.batch_id_for_model", args, ["model"], 1)?;
    let batch = model.get_attr("batch").unwrap_or_default();
    let start = present(&batch).and_then(|batch| batch.get_attr("event_time_start").ok());
    let start = start.and_then(|start| text(&start)).unwrap_or_default();
    Ok(Value::from(start.replace(['-', ':', '+'], "").replace(' ', "_")))
}

/// `get_seed_file_path(model)`.
pub(super) fn get_seed_file_path(_: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [model] = bind("adapter.get_seed_file_path", args, ["model"], 1)?;
    let part = |name: &str| model.get_attr(name).ok().and_then(|value| text(&value)).unwrap_or_default();
    Ok(Value::from(format!("{}/{}", part("root_path"), part("original_file_path"))))
}

/// `existing_key_constraint_types(relation)`: what keys a table has in the warehouse.
pub(super) fn existing_key_constraint_types(
    cx: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [relation] = bind("adapter.existing_key_constraint_types", args, ["relation"], 1)?;
    let relation = expect(&relation, "existing_key_constraint_types", "relation")?;
    let part = |part: &Option<Arc<str>>| part.as_deref().unwrap_or_default().replace('\'', "''");
    let sql = format!(
        "select distinct lower(replace(constraint_type, ' ', '_')) as kind \
         from information_schema.table_constraints \
         where lower(table_schema) = lower('{}') and lower(table_name) = lower('{}') \
         and constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY') order by kind",
        part(&relation.schema),
        part(&relation.identifier),
    );
    let session = session(cx)?;
    let (_, table) = refused(session, session.query(&sql, None))?;
    Ok(list(table.rows.iter().filter_map(|row| row.first().map(cell_value)).collect()))
}
