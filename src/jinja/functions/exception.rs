//! `exceptions`: dbt's errors that a template may raise.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::argument::{bind, raise, raise_diagnostic, text};
use super::{Context, config, message};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::bridge::print_rows;
use crate::secret::scrubbed;

type Raiser = fn(&Context, &[Value]) -> Result<Value, Error>;

const RAISERS: &[(&str, Raiser)] = &[
    ("warn", warn),
    ("warn_snapshot_timestamp_data_types", warn_snapshot_timestamp_data_types),
    ("raise_compiler_error", |cx, args| raised(cx, args, Code::RaisedByTemplate)),
    ("raise_fail_fast_error", |cx, args| raised(cx, args, Code::RaisedByTemplate)),
    ("raise_not_implemented", |cx, args| raised(cx, args, Code::Unsupported)),
    ("raise_database_error", |cx, args| raised(cx, args, Code::DatabaseError)),
    ("raise_dependency_error", |cx, args| raised(cx, args, Code::PackageMissing)),
    ("raise_cache_inconsistent", raise_cache_inconsistent),
    ("raise_contract_error", raise_contract_error),
    ("raise_ambiguous_alias", raise_ambiguous_alias),
    ("raise_ambiguous_catalog_match", raise_ambiguous_catalog_match),
    ("raise_dataclass_not_dict", raise_dataclass_not_dict),
    ("raise_dep_not_found", raise_dep_not_found),
    ("raise_duplicate_patch_name", raise_duplicate),
    ("raise_duplicate_resource_name", raise_duplicate),
    ("raise_invalid_property_yml_version", raise_invalid_property_yml_version),
    ("missing_config", missing_config),
    ("missing_materialization", missing_materialization),
    ("missing_relation", missing_relation),
    ("relation_wrong_type", relation_wrong_type),
    ("column_type_missing", column_type_missing),
];

struct Exceptions(Context);

/// The namespace as a template sees it.
pub(super) fn value(cx: &Context) -> Value {
    Value::from_object(Exceptions(cx.clone()))
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<exceptions>")
    }
}

impl Object for Exceptions {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (name, _) = RAISERS.iter().find(|(known, _)| Some(*known) == key.as_str())?;
        Some(Value::from_object(Bound { context: self.0.clone(), name }))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        call(&self.0, method, args)
    }
}

/// One of them kept in a variable or handed to a macro.
struct Bound {
    context: Context,
    name: &'static str,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Bound {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        call(&self.context, self.name, args)
    }
}

fn call(cx: &Context, name: &str, args: &[Value]) -> Result<Value, Error> {
    match RAISERS.iter().find(|(known, _)| *known == name) {
        Some((_, raiser)) => raiser(cx, args),
        None if cx.parsing() => Ok(Value::UNDEFINED),
        None => Err(raise_diagnostic(
            Diagnostic::error(Code::MacroNotFound, format!("`exceptions` has no method `{name}`"))
                .suggest(name, RAISERS.iter().map(|(known, _)| *known)),
        )),
    }
}

fn warn(cx: &Context, args: &[Value]) -> Result<Value, Error> {
    let [message, _] = bind("warn", args, ["msg", "node"], 1)?;
    message::warn(cx, message.to_string());
    Ok(Value::from(""))
}

fn warn_snapshot_timestamp_data_types(cx: &Context, args: &[Value]) -> Result<Value, Error> {
    let names = ["snapshot_time_data_type", "updated_at_data_type"];
    let [snapshot, updated] = bind("warn_snapshot_timestamp_data_types", args, names, 2)?;
    message::warn(
        cx,
        format!(
            "Data type of snapshot table timestamp columns ({snapshot}) doesn't match derived column \
             'updated_at' ({updated}). Please update snapshot config 'updated_at'."
        ),
    );
    Ok(Value::from(()))
}

fn raised(_: &Context, args: &[Value], code: Code) -> Result<Value, Error> {
    let [message, _] = bind("raise", args, ["msg", "node"], 1)?;
    Err(raise(code, scrubbed(message.to_string())))
}

fn raise_cache_inconsistent(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [message] = bind("raise_cache_inconsistent", args, ["message"], 1)?;
    Err(raise(Code::InternalError, format!("Cache inconsistency detected: {message}")))
}

/// Compares the promised columns with those of the query, as a table of what differs.
fn raise_contract_error(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [promised, actual] = bind("raise_contract_error", args, ["yaml_columns", "sql_columns"], 2)?;
    let columns = |list: &Value| -> Result<Vec<(String, String)>, Error> {
        let part = |column: &Value, key| column.get_attr(key).ok().and_then(|v| text(&v)).unwrap_or_default();
        let pair = |column: Value| (part(&column, "name"), part(&column, "data_type"));
        Ok(list.try_iter()?.map(pair).collect())
    };
    let (promised, actual) = (columns(&promised)?, columns(&actual)?);
    if promised.is_empty() {
        let message = "This model has an enforced contract, and its 'columns' specification is missing";
        return Err(raise(Code::SchemaMismatch, message));
    }
    let mut rows: Vec<[String; 4]> = Vec::new();
    let row = |name: &str, actual: &str, promised: &str, why: &str| {
        [name, actual, promised, why].map(str::to_owned)
    };
    for (name, kind) in &actual {
        match promised.iter().find(|(other, _)| other == name) {
            Some((_, same)) if same == kind => {}
            Some((_, other)) => rows.push(row(name, kind, other, "data type mismatch")),
            None => rows.push(row(name, kind, "", "missing in contract")),
        }
    }
    for (name, kind) in promised.iter().filter(|(name, _)| actual.iter().all(|(other, _)| other != name)) {
        rows.push(row(name, "", kind, "missing in definition"));
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let header = ["column_name", "definition_type", "contract_type", "mismatch_reason"];
    let table = print_rows(&header, rows.iter().map(|row| row.to_vec()).collect(), 50);
    Err(raise(
        Code::SchemaMismatch,
        format!(
            "This model has an enforced contract that failed.\n\
             Please ensure the name, data_type, and number of columns in your contract \
             match the columns in your model's definition.\n\n{table}"
        ),
    ))
}

fn attribute(value: &Value, name: &str) -> String {
    value.get_attr(name).ok().and_then(|v| text(&v)).unwrap_or_default()
}

fn raise_ambiguous_alias(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [one, two, name] = bind("raise_ambiguous_alias", args, ["node_1", "node_2", "duped_name"], 2)?;
    let name = text(&name)
        .unwrap_or_else(|| ["database", "schema", "alias"].map(|part| attribute(&one, part)).join("."));
    let line = |node: &Value| {
        format!("\n- {} ({})", attribute(node, "unique_id"), attribute(node, "original_file_path"))
    };
    Err(raise(
        Code::DuplicateRelation,
        format!(
            "dbt found two resources with the database representation \"{name}\".\ndbt \
             cannot create two resources with identical database representations. To fix this,\n\
             change the configuration of one of these resources:{}{}",
            line(&one),
            line(&two)
        ),
    ))
}

fn raise_ambiguous_catalog_match(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let names = ["unique_id", "match_1", "match_2"];
    let [id, one, two] = bind("raise_ambiguous_catalog_match", args, names, 3)?;
    let message = format!("`{id}` matches two relations of the warehouse: {one} and {two}");
    Err(raise(Code::DuplicateRelation, message))
}

fn raise_dataclass_not_dict(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [object] = bind("raise_dataclass_not_dict", args, ["obj"], 1)?;
    let message = format!("The object (\"{object}\") was used as a dictionary, which it is not");
    Err(raise(Code::JinjaRender, message))
}

fn raise_dep_not_found(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let names = ["node", "node_description", "required_pkg"];
    let [_, description, package] = bind("raise_dep_not_found", args, names, 3)?;
    let message = format!(
        "Error while parsing {description}. The required package \"{package}\" was not found. Is the package installed?\nHint: You may need to run `teal deps`."
    );
    Err(raise(Code::PackageMissing, message))
}

fn raise_duplicate(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [one, two] = bind("raise_duplicate", args, ["one", "two"], 2)?;
    Err(raise(Code::DuplicateName, format!("dbt found two resources with the same name: {one} and {two}")))
}

fn raise_invalid_property_yml_version(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [path, issue] = bind("raise_invalid_property_yml_version", args, ["path", "issue"], 2)?;
    Err(raise(Code::YamlInvalidValue, format!("The yml property file at {path} is invalid because {issue}.")))
}

fn missing_config(cx: &Context, args: &[Value]) -> Result<Value, Error> {
    let [_, name] = bind("missing_config", args, ["model", "name"], 2)?;
    Err(config::missing(cx, &name))
}

fn missing_materialization(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [model, adapter] = bind("missing_materialization", args, ["model", "adapter_type"], 2)?;
    let name = model.get_attr("config").map(|config| attribute(&config, "materialized"))?;
    let types = if adapter.as_str() == Some("default") {
        "'default'".to_owned()
    } else {
        format!("'default' and '{adapter}'")
    };
    Err(raise(
        Code::MaterializationNotFound,
        format!("No materialization '{name}' was found for adapter {adapter}! (searched types {types})"),
    ))
}

fn missing_relation(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [relation, _] = bind("missing_relation", args, ["relation", "model"], 1)?;
    Err(raise(Code::UnknownTable, format!("Relation {relation} not found!")))
}

fn relation_wrong_type(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let names = ["relation", "expected_type", "model"];
    let [relation, expected, _] = bind("relation_wrong_type", args, names, 2)?;
    let kind = attribute(&relation, "type");
    Err(raise(
        Code::RaisedByTemplate,
        format!(
            "Trying to create {expected} {relation}, but it currently exists as a {kind}. Either \
             drop {relation} manually, or run dbt with `--full-refresh` and dbt will drop it for you."
        ),
    ))
}

fn column_type_missing(_: &Context, args: &[Value]) -> Result<Value, Error> {
    let [names] = bind("column_type_missing", args, ["column_names"], 1)?;
    Err(raise(
        Code::SchemaMismatch,
        format!(
            "Contracted models require data_type to be defined for each column. Please ensure that \
             the column name and data_type are defined within the YAML configuration for the {names} column(s)."
        ),
    ))
}
