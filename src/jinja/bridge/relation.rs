//! Relations as templates see them: `this`, what `ref` and `source` give.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::relation_class::{RelationType, class_method};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::jinja::functions::{bind, dict, list, misuse, present, raise, raise_diagnostic, split, text};
use crate::relation::{Filter, Policy, Relation, RelationKind};

/// The word dbt puts in `relation.get('metadata').type`, which packages look for.
const CLASS: &str = "BaseRelation";

/// What `to_dict` gives.
const DICTIONARY: &[&str] = &[
    "path",
    "type",
    "quote_character",
    "include_policy",
    "quote_policy",
    "dbt_created",
    "limit",
    "event_time_filter",
    "require_alias",
    "catalog",
    "renameable_relations",
    "replaceable_relations",
    "external",
];

/// Classes of relation, as attributes of a relation and of `api.Relation`.
const KINDS: &[(&str, RelationKind)] = &[
    ("Table", RelationKind::Table),
    ("View", RelationKind::View),
    ("CTE", RelationKind::Cte),
    ("MaterializedView", RelationKind::MaterializedView),
    ("External", RelationKind::External),
    ("Function", RelationKind::Function),
];

/// A relation in a template.
#[derive(Clone, PartialEq)]
struct RelationObject {
    relation: Relation,
    /// For `information_schema()`: the view in it, absent for the schema itself.
    view: Option<Arc<str>>,
}

/// A relation as a template sees it.
pub fn relation_value(relation: Relation) -> Value {
    Value::from_object(RelationObject { relation, view: None })
}

/// The relation in a template's value, if it is one.
pub fn relation_from(value: &Value) -> Option<Relation> {
    value.downcast_object_ref::<RelationObject>().map(|object| object.relation.clone())
}

/// The relation that a function was given.
pub(super) fn expect(value: &Value, function: &str, argument: &str) -> Result<Relation, Error> {
    relation_from(value).ok_or_else(|| {
        misuse(format!(
            "'adapter.{function}' expects argument '{argument}' to be of type 'Relation', instead got {value}"
        ))
    })
}

impl fmt::Display for RelationObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.relation)?;
        self.view.as_ref().map_or(Ok(()), |view| write!(f, ".{view}"))
    }
}

impl fmt::Debug for RelationObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Relation {self}>")
    }
}

impl Object for RelationObject {
    // A mapping that cannot be iterated, as in dbt: packages test `is mapping` to know relations.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let r = &self.relation;
        let part = |part: &Option<Arc<str>>| part.as_deref().map_or(Value::from(()), Value::from);
        let is = |kind| Some(Value::from(r.kind == Some(kind)));
        match key.as_str()? {
            "database" => Some(part(&r.database)),
            "schema" => Some(part(&r.schema)),
            "identifier" | "table" | "name" => Some(part(&r.identifier)),
            "type" => Some(r.kind.map_or(Value::from(()), |kind| Value::from(kind.as_str()))),
            "path" => Some(dict([
                (Value::from("database"), part(&r.database)),
                (Value::from("schema"), part(&r.schema)),
                (Value::from("identifier"), part(&r.identifier)),
            ])),
            "quote_policy" => Some(policy_value(r.quote)),
            "include_policy" => Some(policy_value(r.include)),
            "quote_character" => Some(Value::from(r.quote_character.to_string())),
            "external" => Some(part(&r.external)),
            "is_table" => is(RelationKind::Table),
            "is_view" => is(RelationKind::View),
            "is_cte" => is(RelationKind::Cte),
            "is_materialized_view" => is(RelationKind::MaterializedView),
            "is_function" => is(RelationKind::Function),
            "is_pointer" | "can_be_renamed" | "can_be_replaced" | "dbt_created" | "require_alias" => {
                Some(Value::from(false))
            }
            "catalog" => Some(Value::from(())),
            "renameable_relations" | "replaceable_relations" => Some(list(Vec::new())),
            "limit" => Some(match r.filter {
                Some(Filter::Empty) => Value::from(0),
                _ => Value::from(()),
            }),
            "event_time_filter" => Some(match &r.filter {
                Some(Filter::Where(condition)) => Value::from(&**condition),
                _ => Value::from(()),
            }),
            "information_schema_view" => Some(part(&self.view)),
            "metadata" => Some(dict([(Value::from("type"), Value::from(CLASS))])),
            name => kind_named(name),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let with = |change: &dyn Fn(&mut Self) -> Result<(), Error>| {
            let mut changed = (**self).clone();
            change(&mut changed)?;
            Ok(Value::from_object(changed))
        };
        match method {
            "render" => {
                let name = self.relation.name();
                Ok(Value::from(self.view.as_ref().map_or_else(|| name.clone(), |v| format!("{name}.{v}"))))
            }
            "render_limited" => Ok(Value::from(self.to_string())),
            "quoted" => {
                let [identifier] = bind("quoted", args, ["identifier"], 1)?;
                Ok(Value::from(self.relation.quoted(&identifier.to_string())))
            }
            "quote" => with(&|r| set_policy(&mut r.relation.quote, method, args)),
            "include" => with(&|r| set_policy(&mut r.relation.include, method, args)),
            "replace_path" => with(&|r| set_parts(&mut r.relation, method, args)),
            "incorporate" | "replace" => with(&|r| r.incorporate(method, args)),
            "without_identifier" => with(&|r| {
                r.relation.include.identifier = false;
                r.relation.identifier = None;
                Ok(())
            }),
            "information_schema" | "information_schema_only" => {
                let [view] = bind("information_schema", args, ["view_name"], 0)?;
                with(&|r| {
                    r.relation.include.database = r.relation.database.is_some();
                    r.relation.include.schema = false;
                    r.relation.include.identifier = true;
                    r.relation.quote.identifier = false;
                    r.relation.schema = None;
                    r.relation.identifier = Some(Arc::from("INFORMATION_SCHEMA"));
                    r.relation.kind = Some(RelationKind::View);
                    r.view = view.as_str().map(Arc::from);
                    Ok(())
                })
            }
            "matches" => self.matches(args),
            "to_dict" => {
                let field = |name: &&str| Some((Value::from(*name), self.get_value(&Value::from(*name))?));
                Ok(dict(DICTIONARY.iter().filter_map(field)))
            }
            "get" => {
                let [key, default] = bind("get", args, ["key", "default"], 1)?;
                let default = || present(&default).cloned().unwrap_or(Value::from(()));
                Ok(self.get_value(&key).unwrap_or_else(default))
            }
            _ => class_method(Policy::ALL, method, args),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        if **self == *other {
            return Some(Ordering::Equal);
        }
        // The same name with another kind or policy is another relation, in some fixed order.
        let by_name = self.to_string().cmp(&other.to_string());
        Some(by_name.then_with(|| format!("{:?}", self.relation).cmp(&format!("{:?}", other.relation))))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RelationObject {
    /// `incorporate(…)` and `replace(…)`: any of the fields, mappings merged into what is there.
    fn incorporate(&mut self, method: &str, args: &[Value]) -> Result<(), Error> {
        let (positional, keywords) = split(args)?;
        if !positional.is_empty() {
            return Err(misuse(format!("{method}() takes keyword arguments only")));
        }
        for name in keywords.args() {
            let value: Value = keywords.peek(name)?;
            if name == "information_schema_view" {
                self.view = value.as_str().map(Arc::from);
            } else {
                set_field(&mut self.relation, method, name, &value)?;
            }
        }
        Ok(())
    }

    fn matches(&self, args: &[Value]) -> Result<Value, Error> {
        let asked = bind("matches", args, ["database", "schema", "identifier"], 0)?;
        let r = &self.relation;
        let parts = asked.iter().zip([&r.database, &r.schema, &r.identifier]);
        let mut asked_for: Vec<bool> = Vec::new();
        for (asked, part) in parts {
            if let Some(asked) = text(asked) {
                let same = part.as_deref().is_some_and(|part| part.eq_ignore_ascii_case(&asked));
                asked_for.push(same);
            }
        }
        if asked_for.is_empty() {
            let message = "Tried to match relation, but no search path was passed!";
            return Err(raise(Code::JinjaRender, message));
        }
        Ok(Value::from(asked_for.into_iter().all(|same| same)))
    }
}

pub(super) fn kind_named(name: &str) -> Option<Value> {
    if name == "PointerTable" {
        return Some(Value::from("pointer_table"));
    }
    if name == "get_relation_type" {
        return Some(Value::from_object(RelationType));
    }
    let (_, kind) = KINDS.iter().find(|(class, _)| *class == name)?;
    Some(Value::from(kind.as_str()))
}

pub(super) fn policy_value(policy: Policy) -> Value {
    dict([
        (Value::from("database"), Value::from(policy.database)),
        (Value::from("schema"), Value::from(policy.schema)),
        (Value::from("identifier"), Value::from(policy.identifier)),
    ])
}

fn set_policy(policy: &mut Policy, method: &str, args: &[Value]) -> Result<(), Error> {
    let parts = bind(method, args, ["database", "schema", "identifier"], 0)?;
    let [database, schema, identifier] = parts.each_ref().map(|value| present(value).map(Value::is_true));
    policy.database = database.unwrap_or(policy.database);
    policy.schema = schema.unwrap_or(policy.schema);
    policy.identifier = identifier.unwrap_or(policy.identifier);
    Ok(())
}

/// Sets the parts that were given; `none` takes a part away.
fn set_parts(relation: &mut Relation, method: &str, args: &[Value]) -> Result<(), Error> {
    let (_, keywords) = split(args)?;
    for name in keywords.args() {
        set_part(relation, method, name, &keywords.peek(name)?)?;
    }
    Ok(())
}

fn set_part(relation: &mut Relation, method: &str, name: &str, value: &Value) -> Result<(), Error> {
    let part = match (text(value), value.as_str()) {
        (None, _) => None,
        (Some(_), Some(part)) => Some(Arc::from(part)),
        (Some(other), None) => {
            return Err(raise(Code::JinjaRender, format!("Got an invalid path {name}: {other}")));
        }
    };
    match name {
        "database" => relation.database = part,
        "schema" => relation.schema = part,
        "identifier" => relation.identifier = part,
        _ => return Err(misuse(format!("{method}() got an unexpected keyword argument '{name}'"))),
    }
    Ok(())
}

/// The parts of a relation's name.
const PARTS: &[&str] = &["database", "schema", "identifier"];

/// The fields that a template may set.
const FIELDS: &[&str] = &[
    "database",
    "schema",
    "identifier",
    "type",
    "path",
    "quote_policy",
    "include_policy",
    "quote_character",
    "external",
    "limit",
];

/// Sets one field of a relation by dbt's name for it.
pub(super) fn set_field(
    relation: &mut Relation,
    method: &str,
    name: &str,
    value: &Value,
) -> Result<(), Error> {
    let entries = |value: &Value| -> Result<Vec<(String, Value)>, Error> {
        if present(value).is_none() {
            return Ok(Vec::new());
        }
        value.try_iter()?.map(|key| Ok((key.to_string(), value.get_item(&key)?))).collect()
    };
    match name {
        "path" => {
            for (part, value) in entries(value)? {
                let known = PARTS.contains(&part.as_str());
                if known || nearest(&part, PARTS.iter().copied()).is_some() {
                    set_part(relation, method, &part, &value)?;
                }
            }
        }
        "quote_policy" | "include_policy" => {
            let policy = if name == "quote_policy" { &mut relation.quote } else { &mut relation.include };
            for (part, value) in entries(value)? {
                let Some(value) = present(&value).map(Value::is_true) else { continue };
                match part.as_str() {
                    "database" => policy.database = value,
                    "schema" => policy.schema = value,
                    "identifier" => policy.identifier = value,
                    _ => {}
                }
            }
        }
        "type" => {
            relation.kind = match text(value) {
                None => None,
                Some(kind) => Some(RelationKind::parse(&kind).ok_or_else(|| {
                    raise(Code::JinjaRender, format!("'{kind}' is not a valid RelationType"))
                })?),
            }
        }
        "external" => relation.external = text(value).map(Arc::from),
        "limit" => {
            relation.filter = (value.as_i64() == Some(0)).then_some(Filter::Empty);
        }
        "database" | "schema" | "identifier" => set_part(relation, method, name, value)?,
        // Known to dbt, without effect here.
        "dbt_created" | "catalog" | "catalog_name" | "event_time_filter" | "require_alias" => {}
        "quote_character" => {
            relation.quote_character = value.as_str().and_then(|q| q.chars().next()).unwrap_or('"');
        }
        // dbt takes any key and ignores what it does not know; a misspelt one is not meant.
        _ if nearest(name, FIELDS.iter().copied()).is_none() => {}
        _ => {
            let message = format!("{method}() got an unexpected keyword argument '{name}'");
            let diagnostic = Diagnostic::error(Code::MacroArguments, message);
            return Err(raise_diagnostic(diagnostic.suggest(name, FIELDS.iter().copied())));
        }
    }
    Ok(())
}
