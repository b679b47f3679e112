//! What templates ask of the warehouse's catalogue: relations, schemas and columns.
//!
//! Most of it is the work of macros, so that each warehouse can have its own SQL; what is known of
//! relations is kept in the cache.

use std::error::Error as _;

use minijinja::{Error, State, Value};

use super::adapter::{commit, execute_macro, refused, session};
use super::column::{Column, column_from};
use super::relation::{expect, relation_from, relation_value};
use super::session::Failure;
use crate::adapter::ErrorKind;
use crate::diagnostic::Code;
use crate::jinja::functions::{Context, bind, list, present, raise, text};
use crate::relation::{Relation, RelationKind};

/// The database a name without one is in.
fn default_database(cx: &Context) -> Option<String> {
    cx.jinja.globals().target.get("database").and_then(serde_json::Value::as_str).map(str::to_owned)
}

/// The relations of a schema, listed when the schema is first asked for.
fn relations(
    cx: &Context,
    state: &mut State<'_, '_>,
    database: Option<&str>,
    schema: &str,
) -> Result<Vec<Relation>, Error> {
    let cache = session(cx)?.cache();
    if let Some(known) = cache.relations(database, Some(schema)) {
        session(cx)?.note_read();
        return Ok(known);
    }
    let place = Relation::new(database, Some(schema), None);
    let listed = listed(cx, state, Relation { quote: cx.jinja.globals().quoting, ..place })?;
    cache.fill(database, Some(schema), listed);
    Ok(cache.relations(database, Some(schema)).unwrap_or_default())
}

/// Asks the warehouse for the relations of a schema.
fn listed(cx: &Context, state: &mut State<'_, '_>, schema: Relation) -> Result<Vec<Relation>, Error> {
    let rows = execute_macro(cx, state, "list_relations_without_caching", &[relation_value(schema)])?;
    relations_in(&rows)
}

/// Relations in rows of database, name, schema and type.
pub(super) fn relations_in(rows: &Value) -> Result<Vec<Relation>, Error> {
    let relation = |row: Value| {
        if let Some(relation) = relation_from(&row) {
            return relation;
        }
        let part = |at| row.get_item_by_index(at).ok().and_then(|value| text(&value));
        let (database, name, schema, kind) = (part(0), part(1), part(2), part(3));
        let mut relation = Relation::new(database.as_deref(), schema.as_deref(), name.as_deref());
        let kind = kind.as_deref().and_then(RelationKind::parse);
        relation.kind = Some(kind.unwrap_or(RelationKind::External));
        relation
    };
    Ok(rows.try_iter()?.map(relation).collect())
}

fn find(
    cx: &Context,
    state: &mut State<'_, '_>,
    (database, schema, identifier): (Option<String>, &str, &str),
) -> Result<Value, Error> {
    let database = database.or_else(|| default_database(cx));
    let all = relations(cx, state, database.as_deref(), schema)?;
    let found = all.into_iter().find(|relation| {
        relation.identifier.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(identifier))
    });
    Ok(found.map_or(Value::from(()), relation_value))
}

/// Whether a relation is there.
pub(crate) fn exists(cx: &Context, state: &mut State<'_, '_>, relation: &Relation) -> Result<bool, Error> {
    let (schema, name) = (relation.schema.as_deref(), relation.identifier.as_deref());
    let (Some(schema), Some(name)) = (schema, name) else { return Ok(false) };
    let database = relation.database.as_deref().map(str::to_owned);
    Ok(!find(cx, state, (database, schema, name))?.is_none())
}

pub(super) fn get_relation(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [database, schema, identifier] =
        bind("adapter.get_relation", args, ["database", "schema", "identifier"], 3)?;
    match (text(&schema), text(&identifier)) {
        (Some(schema), Some(identifier)) => find(cx, state, (text(&database), &schema, &identifier)),
        _ => Ok(Value::from(())),
    }
}

pub(super) fn load_relation(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.load_relation", args, ["relation"], 1)?;
    let Relation { database, schema, identifier, .. } = expect(&relation, "load_relation", "relation")?;
    let place = (schema.as_deref().unwrap_or_default(), identifier.as_deref().unwrap_or_default());
    find(cx, state, (database.map(|d| d.to_string()), place.0, place.1))
}

pub(super) fn already_exists(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [schema, name] = bind("adapter.already_exists", args, ["schema", "name"], 2)?;
    let found = find(cx, state, (None, &schema.to_string(), &name.to_string()))?;
    Ok(Value::from(!found.is_none()))
}

pub(super) fn list_relations(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [database, schema] = bind("adapter.list_relations", args, ["database", "schema"], 2)?;
    let database = text(&database).or_else(|| default_database(cx));
    let all = relations(cx, state, database.as_deref(), &schema.to_string())?;
    Ok(list(all.into_iter().map(relation_value).collect()))
}

pub(super) fn list_relations_without_caching(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [schema] = bind("adapter.list_relations_without_caching", args, ["schema_relation"], 1)?;
    let schema = expect(&schema, "list_relations_without_caching", "schema_relation")?;
    Ok(list(listed(cx, state, schema)?.into_iter().map(relation_value).collect()))
}

pub(super) fn list_schemas(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let rows = execute_macro(cx, state, "list_schemas", args)?;
    let first = |row: Value| row.get_item_by_index(0).unwrap_or_default();
    Ok(list(rows.try_iter()?.map(first).collect()))
}

pub(super) fn check_schema_exists(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [database, schema] = bind("adapter.check_schema_exists", args, ["database", "schema"], 2)?;
    let place = Relation::new(text(&database).as_deref(), text(&schema).as_deref(), None);
    let catalog = relation_value(place).call_method(state, "information_schema", &[])?;
    let rows = execute_macro(cx, state, "check_schema_exists", &[catalog, schema])?;
    let count = rows.get_item_by_index(0)?.get_item_by_index(0)?;
    Ok(Value::from(count.as_i64().unwrap_or(0) > 0))
}

pub(super) fn columns_in_relation(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [relation] = bind("adapter.get_columns_in_relation", args, ["relation"], 1)?;
    let mocked = cx.scope.mocks.as_ref().filter(|mocks| !mocks.columns.is_empty());
    if let (Some(mocks), Some(named)) = (mocked, relation_from(&relation))
        && let Some(columns) = mocks.columns.get(&named.name())
    {
        let columns = columns.iter().map(|column| Column::new(&*column.name, &*column.data_type).value());
        return Ok(list(columns.collect()));
    }
    match execute_macro(cx, state, "get_columns_in_relation", &[relation]) {
        // Templates ask this of relations that may not exist.
        Err(error) if is_unknown_table(&error) => {
            session(cx)?.take_error();
            Ok(list(Vec::new()))
        }
        result => result,
    }
}

fn is_unknown_table(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(failure) = inner.downcast_ref::<Failure>() {
            return failure.error.kind == ErrorKind::UnknownTable;
        }
        cause = inner.source();
    }
    false
}

pub(super) fn columns_in_table(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [schema, name] = bind("adapter.get_columns_in_table", args, ["schema", "identifier"], 2)?;
    let database = default_database(cx);
    let relation = Relation::new(database.as_deref(), text(&schema).as_deref(), text(&name).as_deref());
    columns_in_relation(cx, state, &[relation_value(relation)])
}

/// The columns of a relation as Rust sees them.
pub(super) fn columns(
    cx: &Context,
    state: &mut State<'_, '_>,
    relation: &Value,
) -> Result<Vec<Column>, Error> {
    let all = columns_in_relation(cx, state, std::slice::from_ref(relation))?;
    Ok(all.try_iter()?.filter_map(|column| column_from(&column)).collect())
}

pub(super) fn get_missing_columns(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [from, to] = bind("adapter.get_missing_columns", args, ["from_relation", "to_relation"], 2)?;
    expect(&from, "get_missing_columns", "from_relation")?;
    expect(&to, "get_missing_columns", "to_relation")?;
    let (from, to) = (columns(cx, state, &from)?, columns(cx, state, &to)?);
    let missing = from.into_iter().filter(|column| to.iter().all(|other| other.name != column.name));
    Ok(list(missing.map(Column::value).collect()))
}

pub(super) fn column_schema_from_query(
    cx: &Context,
    _: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [sql] = bind("adapter.get_column_schema_from_query", args, ["sql"], 1)?;
    let session = session(cx)?;
    let described = refused(session, session.describe(&sql.to_string()))?;
    let columns = described.into_iter().map(|column| Column::new(column.name, column.data_type));
    Ok(list(columns.flat_map(Column::flatten).map(Column::value).collect()))
}

/// Widens text columns of a table that new rows would not fit into.
pub(super) fn expand_target_column_types(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [from, to] = bind("adapter.expand_target_column_types", args, ["from_relation", "to_relation"], 2)?;
    expect(&from, "expand_target_column_types", "from_relation")?;
    expect(&to, "expand_target_column_types", "to_relation")?;
    let (wanted, there) = (columns(cx, state, &from)?, columns(cx, state, &to)?);
    for column in wanted {
        let narrow = there.iter().find(|other| other.name == column.name && other.can_expand_to(&column));
        if narrow.is_some() {
            let new_type = Value::from(format!("character varying({})", column.string_size()));
            let args = [to.clone(), Value::from(column.name), new_type];
            execute_macro(cx, state, "alter_column_type", &args)?;
        }
    }
    Ok(Value::from(()))
}

pub(super) fn create_schema(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.create_schema", args, ["relation"], 1)?;
    expect(&relation, "create_schema", "relation")?;
    let schema = relation.call_method(state, "without_identifier", &[])?;
    execute_macro(cx, state, "create_schema", &[schema])?;
    commit(cx, state, &[])
}

pub(super) fn drop_schema(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.drop_schema", args, ["relation"], 1)?;
    let place = expect(&relation, "drop_schema", "relation")?;
    let schema = relation.call_method(state, "without_identifier", &[])?;
    execute_macro(cx, state, "drop_schema", &[schema])?;
    session(cx)?.cache().drop_schema(place.database.as_deref(), place.schema.as_deref());
    commit(cx, state, &[])
}

pub(super) fn drop_relation(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("adapter.drop_relation", args, ["relation"], 1)?;
    if present(&value).is_none() {
        let message = format!("Attempted to drop a null relation for {}", cx.node_id());
        return Err(raise(Code::RaisedByTemplate, message));
    }
    let relation = expect(&value, "drop_relation", "relation")?;
    if relation.kind.is_none() {
        let message = format!("Tried to drop relation {relation}, but its type is null.");
        return Err(raise(Code::RaisedByTemplate, message));
    }
    session(cx)?.cache().drop_relation(&relation);
    execute_macro(cx, state, "drop_relation", &[value])
}

pub(super) fn rename_relation(
    cx: &Context,
    state: &mut State<'_, '_>,
    args: &[Value],
) -> Result<Value, Error> {
    let [from, to] = bind("adapter.rename_relation", args, ["from_relation", "to_relation"], 2)?;
    let old = expect(&from, "rename_relation", "from_relation")?;
    let new = expect(&to, "rename_relation", "to_relation")?;
    session(cx)?.cache().rename(&old, &new);
    execute_macro(cx, state, "rename_relation", &[from, to])
}

pub(super) fn cache_added(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.cache_added", args, ["relation"], 1)?;
    session(cx)?.cache().add(&expect(&relation, "cache_added", "relation")?);
    Ok(Value::from(""))
}

pub(super) fn cache_dropped(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind("adapter.cache_dropped", args, ["relation"], 1)?;
    session(cx)?.cache().drop_relation(&expect(&relation, "cache_dropped", "relation")?);
    Ok(Value::from(""))
}

pub(super) fn cache_renamed(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [from, to] = bind("adapter.cache_renamed", args, ["from_relation", "to_relation"], 2)?;
    let old = expect(&from, "cache_renamed", "from_relation")?;
    session(cx)?.cache().rename(&old, &expect(&to, "cache_renamed", "to_relation")?);
    Ok(Value::from(""))
}
