//! `ref`, `source`, `this` and `doc`: names of the project turned into what they mean.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::{Error, State, Value};

use super::argument::{misuse, raise, raise_diagnostic, split, type_name};
use super::{Context, present};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::jinja::bridge::{exists, relation_value};
use crate::jinja::modules::utc_datetime;
use crate::manifest::{
    Column, Interval, Manifest, Node, NodeConfig, NodeKind, RefArgs, ResourceType, UniqueId, Unresolved,
};
use crate::relation::{Filter, Relation, RelationKind};

/// What dbt puts before the name of an ephemeral model's common table expression.
pub const EPHEMERAL_PREFIX: &str = "__dbt__cte__";

/// `ref(name)`, `ref(package, name)`, each with `v=` or `version=`.
pub(super) fn reference(cx: &Context, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let asked = ref_arguments(args)?;
    let resolved = if cx.parsing() { None } else { cx.scope.manifest.as_ref() };
    let Some(manifest) = resolved else {
        cx.capture().refs.push(asked);
        return Ok(relation_value(this_relation(cx)));
    };
    let root = &cx.jinja.globals().project_name;
    let node = manifest
        .resolve_ref(&asked, speaker(cx), root)
        .map_err(|why| raise_diagnostic(unresolved_ref(cx, manifest, &asked, why)))?;
    if let Some(given) = given(cx, &node.unique_id) {
        return Ok(given);
    }
    if cx.scope.mocks.is_none() {
        check_dependency(cx, node, &asked)?;
    } else if !node.is_ephemeral() {
        return Err(not_given(cx, &call(&asked)));
    }
    let mut relation = match deferred(cx, state, manifest, node)? {
        Some(relation) => relation,
        None => relation_of(cx, node),
    };
    if node.is_ephemeral() {
        if cx.scope.node.is_none() {
            let message = format!("Operations can not ref() ephemeral nodes, but {} is ephemeral", node.name);
            return Err(raise(Code::RefNotAllowed, message));
        }
        cx.capture().ephemeral.insert(Arc::clone(&node.unique_id));
    }
    relation.filter = filter(cx, &relation, &node.config, &node.columns, false);
    let mut capture = cx.capture();
    capture.depends.insert(Arc::clone(&node.unique_id));
    capture.refs.push(asked);
    Ok(relation_value(relation))
}

/// Where a node is read with `--defer`: in the environment of the state folder while it does not exist in this
/// one, or in any case with `--favor-state` where it is not selected.
fn deferred(
    cx: &Context,
    state: &mut State<'_, '_>,
    manifest: &Manifest,
    node: &Node,
) -> Result<Option<Relation>, Error> {
    let globals = cx.jinja.globals();
    let elsewhere = manifest.deferred.get(&node.unique_id).filter(|_| !node.is_ephemeral());
    let Some(elsewhere) = elsewhere.filter(|_| globals.flag("DEFER") && cx.scope.session.is_some()) else {
        return Ok(None);
    };
    let is_favored = globals.flag("FAVOR_STATE") && !globals.is_selected(&node.unique_id);
    let is_read = is_favored || !exists(cx, state, &relation_of(cx, node))?;
    Ok(is_read.then(|| elsewhere.clone()))
}

fn ref_arguments(args: &[Value]) -> Result<RefArgs, Error> {
    let (positional, keywords) = split(args)?;
    let (package, name) = match positional {
        [name] => (None, name),
        [package, name] => (present(package), name),
        other => return Err(misuse(format!("ref() takes at most two arguments ({} given)", other.len()))),
    };
    let text = |what: &str, or: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            misuse(format!(
                "The {what} argument to ref() must be a string{or}, got <class '{}'>",
                type_name(value)
            ))
        })
    };
    let named = |keyword: &str| keywords.peek::<Value>(keyword).ok().filter(Value::is_true);
    let version = match named("version").or_else(|| named("v")) {
        Some(version) if version.is_number() || version.as_str().is_some() => Some(version.to_string()),
        Some(version) => {
            return Err(misuse(format!(
                "The version argument to ref() must be a string, int, float, or None - got <class '{}'>",
                type_name(&version)
            )));
        }
        None => None,
    };
    Ok(RefArgs {
        name: text("name", "", name)?,
        package: package.map(|p| text("package", " or None", p)).transpose()?,
        version,
        span: None,
    })
}

/// A `ref` call as it is written.
fn call(asked: &RefArgs) -> String {
    let mut said: Vec<String> = asked.package.iter().map(|p| format!("'{p}'")).collect();
    said.push(format!("'{}'", asked.name));
    said.extend(asked.version.iter().map(|v| format!("version='{v}'")));
    format!("ref({})", said.join(", "))
}

/// The rows that a unit test gives for a node or source.
fn given(cx: &Context, id: &UniqueId) -> Option<Value> {
    let relation = cx.scope.mocks.as_ref()?.inputs.get(id)?.clone();
    let mut capture = cx.capture();
    capture.ephemeral.insert(Arc::clone(id));
    capture.depends.insert(Arc::clone(id));
    Some(relation_value(relation))
}

/// The error of a unit test that lacks an input.
fn not_given(cx: &Context, call: &str) -> Error {
    let test = cx.scope.node.as_ref().map_or("", |node| &node.name);
    let message = format!("unit test `{test}` has no input for `{call}`, which is read here");
    let help = format!("add `- input: {call}` with its rows under `given`; `rows: []` gives none");
    raise_diagnostic(Diagnostic::error(Code::UnitTestInput, message).help(help))
}

/// A reference that only shows when the SQL is made was not known when the order was decided.
fn check_dependency(cx: &Context, target: &Node, asked: &RefArgs) -> Result<(), Error> {
    let Some(node) = &cx.scope.node else { return Ok(()) };
    if node.unique_id == target.unique_id || node.depends_on.nodes.contains(&target.unique_id) {
        return Ok(());
    }
    let name = &node.name;
    let hint = format!("-- depends_on: {{{{ {} }}}}", call(asked));
    Err(raise_diagnostic(
        Diagnostic::error(
            Code::RefNotAllowed,
            format!(
                "dbt was unable to infer all dependencies for the model \"{name}\".\n\
                 This typically happens when ref() is placed within a conditional block.\n\n\
                 To fix this, add the following hint to the top of the model \"{name}\":\n\n{hint}"
            ),
        )
        .help(format!("put `{hint}` at the top of the file")),
    ))
}

/// `source(source, table)`.
pub(super) fn source(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split(args)?;
    let [source, table] = positional else {
        let given = positional.len();
        return Err(misuse(format!("source() takes exactly two arguments ({given} given)")));
    };
    let text = |what: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            misuse(format!(
                "The {what} argument to source() must be a string, got <class '{}'>",
                type_name(value)
            ))
        })
    };
    let (source, table) = (text("source name (first)", source)?, text("table name (second)", table)?);
    let resolved = if cx.parsing() { None } else { cx.scope.manifest.as_ref() };
    let Some(manifest) = resolved else {
        cx.capture().sources.push((source, table, None));
        return Ok(relation_value(this_relation(cx)));
    };
    let root = &cx.jinja.globals().project_name;
    let found = manifest
        .resolve_source(&source, &table, speaker(cx), root)
        .map_err(|why| raise_diagnostic(unresolved_source(cx, manifest, (&source, &table), why)))?;
    if let Some(given) = given(cx, &found.unique_id) {
        return Ok(given);
    }
    if cx.scope.mocks.is_some() {
        return Err(not_given(cx, &format!("source('{source}', '{table}')")));
    }
    let mut relation = found.relation.clone();
    let quoted = found.quoting.get("column").and_then(serde_json::Value::as_bool).unwrap_or(false);
    relation.filter = filter(cx, &relation, &found.config, &found.columns, quoted);
    let mut capture = cx.capture();
    capture.depends.insert(Arc::clone(&found.unique_id));
    capture.sources.push((source, table, None));
    Ok(relation_value(relation))
}

/// What a node sees of something it reads: no rows with `--empty`, those of a window with `--sample`, and
/// those of its time for a batch of a microbatch model.
fn filter(
    cx: &Context,
    relation: &Relation,
    config: &NodeConfig,
    columns: &IndexMap<String, Column>,
    quoted: bool,
) -> Option<Filter> {
    if cx.jinja.globals().flag("EMPTY") {
        return Some(Filter::Empty);
    }
    let node = cx.scope.node.as_ref()?;
    let sample = cx.jinja.globals().sample();
    let sample = sample.filter(|_| matches!(node.kind, NodeKind::Model { .. } | NodeKind::Snapshot));
    let Interval { start, end } = match (&node.batch, sample) {
        (None, sample) => sample?,
        (Some(batch), None) => batch.interval.clone(),
        (Some(batch), Some(sample)) => {
            batch.interval.start.max(sample.start)..batch.interval.end.min(sample.end)
        }
    };
    let name = config.text("event_time")?;
    let quoted = columns.get(name).and_then(|column| column.quote).unwrap_or(quoted);
    let column = if quoted { relation.quoted(name) } else { name.to_owned() };
    let [start, end] = [start, end].map(utc_datetime);
    Some(Filter::Where(format!("{column} >= '{start}' and {column} < '{end}'").into()))
}

/// The package whose names a template sees first.
fn speaker(cx: &Context) -> &str {
    cx.scope.node.as_ref().map_or(&cx.scope.package, |node| &node.package_name)
}

/// `Model 'model.shop.orders' (models/orders.sql) depends on a`: how dbt begins such an error.
fn depends(cx: &Context) -> String {
    cx.scope.node.as_ref().map_or_else(
        || format!("Operation in `{}` depends on a", cx.scope.package),
        |node| {
            let kind = match node.resource_type() {
                ResourceType::SqlOperation => "Sql operation".to_owned(),
                kind => capitalized(kind.as_str()),
            };
            format!("{kind} '{}' ({}) depends on a", node.unique_id, node.original_file_path)
        },
    )
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn reason(why: Unresolved) -> &'static str {
    match why {
        Unresolved::Missing => "was not found",
        Unresolved::Disabled => "is disabled",
    }
}

fn unresolved_ref(cx: &Context, manifest: &Manifest, asked: &RefArgs, why: Unresolved) -> Diagnostic {
    let version = asked.version.as_ref().map_or(String::new(), |v| format!("with version '{v}' "));
    let package = asked.package.as_ref().map_or(String::new(), |p| format!("in package or project '{p}' "));
    let code = match why {
        Unresolved::Missing => Code::RefNotFound,
        Unresolved::Disabled => Code::RefDisabled,
    };
    let (begin, name, reason) = (depends(cx), &asked.name, reason(why));
    let error =
        Diagnostic::error(code, format!("{begin} node named '{name}' {version}{package}which {reason}"));
    let mut known: Vec<&str> = manifest.refable.keys().map(String::as_str).collect();
    known.sort_unstable();
    let Some(near) = nearest(name, known) else { return error };
    let file = manifest.refable[near].first().and_then(|id| manifest.nodes.get(id));
    match file {
        Some(node) => error.help(format!("did you mean `{near}`? ({})", node.original_file_path)),
        None => error.help(format!("did you mean `{near}`?")),
    }
}

fn unresolved_source(
    cx: &Context,
    manifest: &Manifest,
    (source, table): (&str, &str),
    why: Unresolved,
) -> Diagnostic {
    let (begin, reason) = (depends(cx), reason(why));
    let asked = format!("{source}.{table}");
    let error =
        Diagnostic::error(Code::SourceNotFound, format!("{begin} source named '{asked}' which {reason}"));
    let known: Vec<(String, &str)> = manifest
        .sources
        .values()
        .map(|s| (format!("{}.{}", s.source_name, s.name), s.original_file_path.as_str()))
        .collect();
    let near = nearest(&asked, known.iter().map(|(name, _)| name.as_str()));
    match near.and_then(|near| known.iter().find(|(name, _)| name == near)) {
        Some((near, file)) => {
            let said = near.replacen('.', "', '", 1);
            error.help(format!("did you mean `source('{said}')`? ({file})"))
        }
        None => error,
    }
}

/// Where a node is read: its relation, or the common table expression an ephemeral model becomes.
pub(crate) fn relation_of(cx: &Context, node: &Node) -> Relation {
    if node.is_ephemeral() {
        let identifier = format!("{EPHEMERAL_PREFIX}{}", node.alias);
        let mut relation = Relation::new(None, None, Some(&identifier));
        relation.quote.identifier = false;
        relation.kind = Some(RelationKind::Cte);
        return relation;
    }
    node.relation.clone().unwrap_or_else(|| {
        let mut relation = Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias));
        relation.quote = cx.jinja.globals().quoting;
        relation
    })
}

/// The relation of the node itself; while parsing, that of everything it refers to as well.
fn this_relation(cx: &Context) -> Relation {
    let node = cx.scope.node.as_ref();
    if let Some(relation) = node.and_then(|node| node.relation.clone()) {
        return relation;
    }
    let target = |key: &str| cx.jinja.globals().target.get(key).and_then(serde_json::Value::as_str);
    let database = node.and_then(|node| node.database.as_deref()).or_else(|| target("database"));
    let schema = node.map(|node| node.schema.as_str()).filter(|s| !s.is_empty()).or_else(|| target("schema"));
    let mut relation = Relation::new(database, schema, node.map(|node| node.alias.as_str()));
    relation.quote = cx.jinja.globals().quoting;
    relation
}

/// `this`; nothing for hooks of the project and for macros run on their own.
pub(super) fn this(cx: &Context) -> Value {
    if let Some(mocks) = &cx.scope.mocks {
        return mocks.this.clone().map_or(Value::from(()), relation_value);
    }
    let operation = |node: &Arc<Node>| matches!(node.kind, NodeKind::Operation { .. });
    match &cx.scope.node {
        Some(node) if operation(node) => Value::from(()),
        None if !cx.parsing() => Value::UNDEFINED,
        _ => relation_value(this_relation(cx)),
    }
}

/// `database` and `schema`: the node's, else the target's.
pub(super) fn place(cx: &Context, part: &str) -> Value {
    let relation = this_relation(cx);
    let part = if part == "database" { relation.database } else { relation.schema };
    part.map_or(Value::from(()), |part| Value::from(part.as_ref()))
}

/// `metric(name)`, `metric(package, name)`: its name, with everything known of it beside.
pub(super) fn metric(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (package, name) = resource_arguments("metric", args)?;
    let resolved = if cx.parsing() { None } else { cx.scope.manifest.as_ref() };
    let Some(manifest) = resolved else {
        cx.capture().metrics.push(package.into_iter().chain([name.clone()]).collect());
        return Ok(Value::from(name));
    };
    let root = &cx.jinja.globals().project_name;
    match manifest.resolve_metric(package.as_deref(), &name, speaker(cx), root) {
        Ok(metric) => Ok(super::metric::value(manifest, metric)),
        Err(why) => {
            let message = format!("{} metric named '{name}' which {}", depends(cx), reason(why));
            let mut known: Vec<_> = manifest.metric_names.keys().map(String::as_str).collect();
            known.sort_unstable();
            Err(raise_diagnostic(Diagnostic::error(Code::MetricNotFound, message).suggest(&name, known)))
        }
    }
}

/// `function(name)`, `function(package, name)`: the function as it is called in SQL.
pub(super) fn function(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (package, name) = resource_arguments("function", args)?;
    let resolved = if cx.parsing() { None } else { cx.scope.manifest.as_ref() };
    let Some(manifest) = resolved else {
        cx.capture().functions.push(package.into_iter().chain([name]).collect());
        return Ok(relation_value(this_relation(cx)));
    };
    let root = &cx.jinja.globals().project_name;
    let function =
        manifest.resolve_function(package.as_deref(), &name, speaker(cx), root).map_err(|why| {
            let message = format!("{} function named '{name}' which {}", depends(cx), reason(why));
            let mut known: Vec<_> = manifest.function_names.keys().map(String::as_str).collect();
            known.sort_unstable();
            raise_diagnostic(Diagnostic::error(Code::FunctionNotFound, message).suggest(&name, known))
        })?;
    let globals = cx.jinja.globals();
    // No warehouse lists its functions, so whether one is there cannot be asked.
    let is_deferred = globals.flag("DEFER") && !globals.is_selected(&function.unique_id);
    let elsewhere = manifest.deferred.get(&function.unique_id).filter(|_| is_deferred);
    let mut relation = elsewhere.cloned().unwrap_or_else(|| relation_of(cx, function));
    relation.kind = Some(RelationKind::Function);
    cx.capture().depends.insert(Arc::clone(&function.unique_id));
    Ok(relation_value(relation))
}

/// The package, where one is given, and the name.
fn resource_arguments(function: &str, args: &[Value]) -> Result<(Option<String>, String), Error> {
    let (positional, _) = split(args)?;
    let (package, name) = match positional {
        [name] => (None, name),
        [package, name] => (present(package), name),
        other => {
            let given = other.len();
            return Err(misuse(format!("{function}() takes at most two arguments ({given} given)")));
        }
    };
    let text = |what: &str, or: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            misuse(format!(
                "The {what} argument to {function}() must be a string{or}, got <class '{}'>",
                type_name(value)
            ))
        })
    };
    Ok((package.map(|package| text("package", " or None", package)).transpose()?, text("name", "", name)?))
}

/// `doc(name)`, `doc(package, name)`: the text of a doc block.
pub(super) fn doc(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split(args)?;
    let (package, name) = match positional {
        [name] => (None, name.to_string()),
        [package, name] => (Some(package.to_string()), name.to_string()),
        other => return Err(misuse(format!("doc() takes at most two arguments ({} given)", other.len()))),
    };
    let Some(manifest) = &cx.scope.manifest else { return Ok(Value::from("")) };
    let in_package = |package: &str| manifest.docs.get(format!("doc.{package}.{name}").as_str());
    let found = match &package {
        Some(package) => in_package(package),
        None => in_package(speaker(cx))
            .or_else(|| in_package(&cx.jinja.globals().project_name))
            .or_else(|| manifest.docs.values().find(|doc| doc.name == name)),
    };
    if let Some(doc) = found {
        cx.capture().docs.insert(UniqueId::clone(&doc.unique_id));
        return Ok(Value::from(doc.contents.as_str()));
    }
    let within = package.map_or(String::new(), |p| format!("in package '{p}' "));
    let message =
        format!("Documentation for '{}' depends on doc '{name}' {within}which was not found", cx.node_id());
    let known = manifest.docs.values().map(|doc| doc.name.as_str());
    Err(raise_diagnostic(Diagnostic::error(Code::DocNotFound, message).suggest(&name, known)))
}
