//! `model` and `graph`: the manifest as templates see it, made only as far as they look.

use std::fmt;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{Context, Lazy, bind, dict, list, present};
use crate::artifact;
use crate::jinja::modules::{iso_datetime, naive_datetime, utc_datetime};
use crate::jinja::python::{PyDict, from_json};
use crate::jinja::{Jinja, Phase, Scope};
use crate::manifest::{Interval, Manifest, Node, ResourceType, UniqueId, Value as Json};

/// The name under which the code of a function's overloads reaches its `model`.
pub const OVERLOADS: &str = "_teal_overloads";

/// `model`: the node as dbt's dictionary, nothing where there is no node.
pub(super) fn model(cx: &Context) -> Value {
    let Some(node) = cx.scope.node.clone() else { return Value::UNDEFINED };
    let variables = &cx.scope.variables;
    let compiled =
        variables.iter().find(|(name, _)| name == "compiled_code").map(|(_, code)| code.to_string());
    let overloads = variables.iter().find(|(name, _)| name == OVERLOADS);
    let overloads = overloads.and_then(|(_, bodies)| bodies.try_iter().ok()).into_iter().flatten();
    let overloads: Vec<String> = overloads.map(|body| body.to_string()).collect();
    let (jinja, scope) = (Arc::clone(&cx.jinja), Arc::clone(&cx.scope));
    Lazy::map(move || {
        let mut json = artifact::node_json(&node);
        if scope.phase != Phase::Parse {
            resolve_targets(&mut json, &jinja, &scope);
        }
        if let Some(fields) = json.as_object_mut() {
            // dbt leaves out what is null, so that `is defined` and `.get(…, default)` work.
            fields.retain(|_, value| !value.is_null());
            if let Some(code) = &compiled {
                fields.insert("compiled".to_owned(), true.into());
                fields.insert("compiled_code".to_owned(), code.as_str().into());
            }
            let listed = fields.get_mut("overloads").and_then(Json::as_array_mut).into_iter().flatten();
            for (overload, body) in listed.zip(&overloads) {
                overload["compiled_body"] = body.as_str().into();
            }
        }
        if node.is_microbatch() { with_batch(&node, &json) } else { from_json(&json) }
    })
}

/// Foreign keys name what they point at as a template would; from here on it is a relation.
fn resolve_targets(node: &mut Json, jinja: &Arc<Jinja>, scope: &Arc<Scope>) {
    let resolve = |constraints: Option<&mut Json>| {
        for constraint in constraints.and_then(Json::as_array_mut).into_iter().flatten() {
            let Some(to) = constraint.get("to").and_then(Json::as_str) else { continue };
            if !to.contains("ref(") && !to.contains("source(") {
                continue;
            }
            // What cannot be found stays as written, and is refused by the warehouse by that name.
            if let Ok(relation) = jinja.evaluate(&format!("{{{{ {to} }}}}"), None, scope) {
                constraint["to"] = Json::from(relation.to_string());
            }
        }
    };
    resolve(node.get_mut("constraints"));
    let columns = node.get_mut("columns").and_then(Json::as_object_mut);
    for column in columns.into_iter().flat_map(|columns| columns.values_mut()) {
        resolve(column.get_mut("constraints"));
    }
}

/// A node's dictionary with what the wire format has no form for: points in time, and its batch.
fn with_batch(node: &Node, json: &Json) -> Value {
    let value = from_json(json);
    let fields = |value: &Value| value.downcast_object_ref::<PyDict>().map(PyDict::pairs).unwrap_or_default();
    let config = value.get_attr("config").unwrap_or_default();
    let moments = ["begin", BATCH_START, BATCH_END].map(|key| Some((Value::from(key), moment(node, key)?)));
    let config = dict(fields(&config).into_iter().chain(moments.into_iter().flatten()));
    let mut added = vec![(Value::from("config"), config)];
    if let Some(batch) = &node.batch {
        let Interval { start, end } = batch.interval;
        let batch = [
            ("id", Value::from(batch.id())),
            ("event_time_start", utc_datetime(start)),
            ("event_time_end", utc_datetime(end)),
        ];
        let batch = dict(batch.map(|(key, value)| (Value::from(key), value)));
        added.push((Value::from("batch"), batch));
    }
    dict(fields(&value).into_iter().chain(added))
}

const BATCH_START: &str = "__dbt_internal_microbatch_event_time_start";
const BATCH_END: &str = "__dbt_internal_microbatch_event_time_end";

/// A key of a microbatch model's configuration that is a point in time.
pub(super) fn moment(node: &Node, key: &str) -> Option<Value> {
    let batch = node.batch.as_ref();
    match key {
        "begin" if node.is_microbatch() => {
            let (begin, _) = iso_datetime(node.config.text(key)?)?;
            Some(naive_datetime(begin))
        }
        BATCH_START => batch.map(|batch| utc_datetime(batch.interval.start)),
        BATCH_END => batch.map(|batch| utc_datetime(batch.interval.end)),
        _ => None,
    }
}

/// `pre_hooks` and `post_hooks`: as the node's configuration has them.
pub(super) fn hooks(cx: &Context, key: &str) -> Value {
    let hooks = cx.scope.node.as_ref().and_then(|node| node.config.get(key));
    hooks.map_or_else(|| list(Vec::new()), from_json)
}

/// The parts of `graph`, each a mapping from unique id to a dictionary.
const PARTS: &[&str] = &[
    "exposures",
    "functions",
    "groups",
    "metrics",
    "nodes",
    "sources",
    "semantic_models",
    "saved_queries",
    "unit_tests",
];

/// `graph`; empty while parsing, as in dbt. Afterwards all templates of an invocation share one, for
/// packages leave in it what later hooks look for.
pub(super) fn graph(cx: &Context) -> Value {
    let make = |manifest| Value::from_object(Graph::new(&manifest));
    match cx.scope.manifest.as_ref().filter(|_| !cx.parsing()) {
        Some(manifest) => cx.jinja.graph(|| make(Arc::clone(manifest))),
        None => make(Arc::default()),
    }
}

/// The whole: the parts, and what templates put beside them.
struct Graph {
    parts: IndexMap<&'static str, Value>,
    /// A dictionary.
    added: Value,
}

impl Graph {
    fn new(manifest: &Arc<Manifest>) -> Self {
        let part = |name: &&'static str| (*name, Value::from_object(Part::new(name, manifest)));
        Self { parts: PARTS.iter().map(part).collect(), added: dict([]) }
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.parts).finish()
    }
}

impl Object for Graph {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let added = self.added.as_object().and_then(|added| added.get_value(key));
        added.or_else(|| self.parts.get(key.as_str()?).cloned())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let parts = PARTS.iter().map(|name| Value::from(*name));
        Enumerator::Values(parts.chain(self.added.try_iter().into_iter().flatten()).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "get" | "setdefault" => match args.first().and_then(|key| self.get_value(key)) {
                Some(found) => Ok(found),
                None => self.added.call_method(state, method, args),
            },
            "update" | "pop" | "__setitem__" => self.added.call_method(state, method, args),
            _ => {
                let parts = self.parts.iter().map(|(name, part)| (Value::from(*name), part.clone()));
                let added = self.added.try_iter()?;
                let added = added.map(|key| Ok((key.clone(), self.added.get_item(&key)?)));
                let added = added.collect::<Result<Vec<_>, Error>>()?;
                dict(parts.chain(added)).call_method(state, method, args)
            }
        }
    }
}

/// One part: each node becomes a dictionary when it is first looked at, and stays the same one.
struct Part {
    name: &'static str,
    manifest: Arc<Manifest>,
    made: IndexMap<UniqueId, OnceLock<Value>>,
}

impl Part {
    fn new(name: &'static str, manifest: &Arc<Manifest>) -> Self {
        let mut part = Self { name, manifest: Arc::clone(manifest), made: IndexMap::new() };
        part.made = part.ids().into_iter().map(|id| (UniqueId::clone(id), OnceLock::new())).collect();
        part
    }

    fn ids(&self) -> Vec<&UniqueId> {
        let nodes = |functions: bool| {
            let of_kind = move |node: &Node| (node.resource_type() == ResourceType::Function) == functions;
            self.manifest.nodes.iter().filter(move |(_, node)| of_kind(node)).map(|(id, _)| id)
        };
        let semantic = |kind| {
            let nodes = self.manifest.semantic.iter();
            nodes.filter(move |(_, node)| node.resource_type == kind).map(|(id, _)| id)
        };
        match self.name {
            "nodes" => nodes(false).collect(),
            "functions" => nodes(true).collect(),
            "sources" => self.manifest.sources.keys().collect(),
            "exposures" => self.manifest.exposures.keys().collect(),
            "groups" => self.manifest.groups.keys().collect(),
            "metrics" => semantic(ResourceType::Metric).collect(),
            "semantic_models" => semantic(ResourceType::SemanticModel).collect(),
            "saved_queries" => semantic(ResourceType::SavedQuery).collect(),
            _ => Vec::new(),
        }
    }

    fn get(&self, id: &str) -> Option<Value> {
        let made = self.made.get(id)?;
        Some(made.get_or_init(|| from_json(&self.json(id).unwrap_or_default())).clone())
    }

    fn json(&self, id: &str) -> Option<Json> {
        let manifest = &*self.manifest;
        Some(match self.name {
            "nodes" | "functions" => artifact::node_json(manifest.nodes.get(id)?),
            "sources" => artifact::source_json(manifest.sources.get(id)?),
            "exposures" => artifact::exposure_json(manifest.exposures.get(id)?),
            "metrics" | "semantic_models" | "saved_queries" => {
                artifact::semantic_json(manifest.semantic.get(id)?)
            }
            _ => {
                let group = manifest.groups.get(id)?;
                serde_json::json!({
                    "name": group.name,
                    "resource_type": "group",
                    "package_name": group.package_name,
                    "path": group.original_file_path,
                    "original_file_path": group.original_file_path,
                    "unique_id": &*group.unique_id,
                    "owner": group.owner,
                    "description": group.description,
                    "config": group.config,
                })
            }
        })
    }

    fn all(&self) -> Vec<(Value, Value)> {
        let one = |id: &UniqueId| Some((Value::from(&**id), self.get(id)?));
        self.made.keys().filter_map(one).collect()
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.all()).finish()
    }
}

impl Object for Part {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::KeyValueIter(Box::new(self.all().into_iter()))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.made.len())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "get" => {
                let [id, default] = bind(method, args, ["key", "default"], 1)?;
                let default = || present(&default).cloned().unwrap_or(Value::from(()));
                Ok(self.get_value(&id).unwrap_or_else(default))
            }
            "keys" => Ok(list(self.made.keys().map(|id| Value::from(&**id)).collect())),
            _ => dict(self.all()).call_method(state, method, args),
        }
    }
}
