//! `api.Relation`: the class of relations, and how relations are made.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::function;
use super::relation::{kind_named, policy_value, relation_value, set_field};
use crate::diagnostic::Code;
use crate::jinja::functions::{Context, EPHEMERAL_PREFIX, bind, list, misuse, raise, split, text};
use crate::relation::{Policy, Relation, RelationKind};

/// Methods of the class, which every relation has as well.
pub(super) fn class_method(quoting: Policy, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "create" => create(quoting, args),
        "create_from" | "create_from_node" => create_from(quoting, args),
        "create_ephemeral_from" => {
            let [node] = bind(method, args, ["relation_config"], 1)?;
            let name = attribute(&node, "alias").or_else(|| attribute(&node, "name")).unwrap_or_default();
            let identifier = format!("{EPHEMERAL_PREFIX}{name}");
            let mut relation = Relation::new(None, None, Some(&identifier));
            relation.quote.identifier = false;
            relation.kind = Some(RelationKind::Cte);
            Ok(relation_value(relation))
        }
        "add_ephemeral_prefix" => {
            let [name] = bind(method, args, ["name"], 1)?;
            Ok(Value::from(format!("{EPHEMERAL_PREFIX}{name}")))
        }
        "get_default_quote_policy" | "get_default_include_policy" => Ok(policy_value(Policy::ALL)),
        "get_relation_type" => relation_type(args),
        "get_function_config" => function::config(args),
        "get_function_macro_name" => function::macro_name(args),
        "scd_args" => {
            let [key, updated_at] = bind(method, args, ["primary_key", "updated_at"], 2)?;
            let mut all: Vec<Value> =
                if key.as_str().is_some() { vec![key] } else { key.try_iter()?.collect() };
            all.push(updated_at);
            Ok(list(all))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

/// A word that is a type of relation.
fn relation_type(args: &[Value]) -> Result<Value, Error> {
    let [word] = bind("get_relation_type", args, ["type"], 1)?;
    let known = text(&word).filter(|word| RelationKind::parse(word).is_some() || word == "pointer_table");
    known
        .map(Value::from)
        .ok_or_else(|| raise(Code::JinjaRender, format!("{word:?} is not a valid RelationType")))
}

/// `get_relation_type` as a value: the types by name.
#[derive(Debug)]
pub(super) struct RelationType;

impl Object for RelationType {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        kind_named(key.as_str().filter(|name| *name != "get_relation_type")?)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        relation_type(args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<enum 'RelationType'>")
    }
}

fn attribute(value: &Value, name: &str) -> Option<String> {
    value.get_attr(name).ok().and_then(|value| text(&value))
}

fn create(quoting: Policy, args: &[Value]) -> Result<Value, Error> {
    let (positional, keywords) = split(args)?;
    let mut relation = Relation::new(None, None, None);
    relation.quote = quoting;
    let names = ["database", "schema", "identifier", "type"];
    if positional.len() > names.len() {
        return Err(misuse(format!("create() takes at most 4 arguments ({} given)", positional.len())));
    }
    for (name, value) in names.iter().zip(positional) {
        set_field(&mut relation, "create", name, value)?;
    }
    for name in keywords.args() {
        set_field(&mut relation, "create", name, &keywords.peek(name)?)?;
    }
    Ok(relation_value(relation))
}

/// `create_from(config, node)`: the relation of a node given as a dictionary.
fn create_from(quoting: Policy, args: &[Value]) -> Result<Value, Error> {
    let (positional, keywords) = split(args)?;
    let Some(node) = positional.last() else {
        return Err(misuse("create_from() missing required argument: 'relation_config'"));
    };
    let identifier = attribute(node, "identifier").or_else(|| attribute(node, "alias"));
    let (database, schema) = (attribute(node, "database"), attribute(node, "schema"));
    let mut relation = Relation::new(
        database.as_deref(),
        schema.as_deref(),
        identifier.or_else(|| attribute(node, "name")).as_deref(),
    );
    relation.quote = quoting;
    for name in keywords.args() {
        set_field(&mut relation, "create_from", name, &keywords.peek(name)?)?;
    }
    Ok(relation_value(relation))
}

/// `api.Relation`.
pub(super) struct RelationClass(pub(super) Context);

impl fmt::Debug for RelationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'Relation'>")
    }
}

impl Object for RelationClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        kind_named(key.as_str()?)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        create(self.0.jinja.globals().quoting, args)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        class_method(self.0.jinja.globals().quoting, method, args)
    }
}
