//! The functions and values a template finds by name, apart from macros and the engine's own.
//!
//! In reading order: `argument` binds calls, `reference` is `ref`, `source` and `this`, with
//! `runtime` behind them, `config`, `variable` is `var` and `env_var`, `message` is `log` and
//! `print`, `metric` what `metric()` gives, `exception` is `exceptions`, `data` the plain functions, `set` Python's set, `graph`
//! what a template sees of the manifest, `statement` results of statements.

mod argument;
mod config;
mod data;
mod exception;
mod graph;
mod message;
mod metric;
mod reference;
mod runtime;
mod set;
mod statement;
mod variable;

use std::fmt;
use std::sync::{Arc, LazyLock, MutexGuard, OnceLock, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::bridge;
use super::context::{Capture, Phase, Scope};
use super::modules;
use super::python::{PyDict, PyList, from_json};
use super::template::Jinja;

pub(crate) use argument::{bind, misuse, present, raise, raise_diagnostic, split, text, type_name};
pub(crate) use data::{dumps, tuple};
pub use graph::OVERLOADS;
pub(crate) use message::warn_once;
pub use reference::EPHEMERAL_PREFIX;
pub(crate) use runtime::attribute as reference_attribute;
pub(crate) use set::{Set, difference};
pub use statement::SEED_ROWS;

/// What a function knows of the render it is called in.
#[derive(Clone)]
pub(crate) struct Context {
    /// What the render is about.
    pub(crate) scope: Arc<Scope>,
    /// What all renders share.
    pub(crate) jinja: Arc<Jinja>,
}

impl Context {
    /// Whether the template is only read for its calls, so that nothing may be executed.
    pub(crate) fn parsing(&self) -> bool {
        self.scope.phase == Phase::Parse
    }

    /// What the render asked for so far.
    pub(crate) fn capture(&self) -> MutexGuard<'_, Capture> {
        self.scope.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the node, or a word for its absence.
    pub(crate) fn node_id(&self) -> &str {
        self.scope.node.as_ref().map_or("<none>", |node| &node.unique_id)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("node", &self.node_id()).finish_non_exhaustive()
    }
}

/// A Python list.
pub(crate) fn list(items: Vec<Value>) -> Value {
    PyList::value(items)
}

/// A Python dict.
pub(crate) fn dict(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    PyDict::value(pairs)
}

/// What a function of the context does.
pub(crate) type Body = fn(&Context, &mut State<'_, '_>, &[Value]) -> Result<Value, Error>;

/// A function of the context.
pub(crate) struct Function {
    name: &'static str,
    body: Body,
    context: Context,
}

impl Function {
    /// The function as a value.
    pub(crate) fn value(name: &'static str, body: Body, context: &Context) -> Value {
        Value::from_object(Self { name, body, context: context.clone() })
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        matches!(self.name, "ref" | "source").then(|| runtime::attribute(&self.context, key.as_str()?))?
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.body)(&self.context, state, args)
    }
}

/// A value that is made when it is first looked into.
pub(crate) struct Lazy {
    make: Box<dyn Fn() -> Value + Send + Sync>,
    made: OnceLock<Value>,
}

impl Lazy {
    /// A map that `make` gives when it is needed.
    pub(crate) fn map(make: impl Fn() -> Value + Send + Sync + 'static) -> Value {
        Value::from_object(Self { make: Box::new(make), made: OnceLock::new() })
    }

    fn get(&self) -> &Value {
        self.made.get_or_init(|| (self.make)())
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.get(), f)
    }
}

impl Object for Lazy {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get().as_object()?.get_value(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.get().as_object().map_or(Enumerator::Empty, minijinja::value::DynObject::enumerate)
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.get().len()
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        // What stands for one of dbt's objects can be asked for its dictionary.
        if method == "to_dict" { Ok(self.get().clone()) } else { self.get().call_method(state, method, args) }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.get(), f)
    }
}

/// dbt's own names, as `builtins` offers them even where a macro has taken the name.
struct Builtins(Context);

impl fmt::Debug for Builtins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("builtins")
    }
}

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        lookup(key.as_str()?, &self.0.scope, &self.0.jinja)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// The value of a context name that is neither a variable of the scope nor a macro.
///
/// Called once a render for each free name of every macro that is loaded, used or not: what is
/// costly to make must be an object that does its work when it is asked.
pub(super) fn lookup(name: &str, scope: &Arc<Scope>, jinja: &Arc<Jinja>) -> Option<Value> {
    let globals = jinja.globals();
    let context = Context { scope: Arc::clone(scope), jinja: Arc::clone(jinja) };
    let lazy = |make: fn(&Context) -> Value| {
        let context = context.clone();
        Some(Lazy::map(move || make(&context)))
    };
    if let Some((name, body)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return Some(Function::value(name, *body, &context));
    }
    match name {
        "config" => Some(config::value(&context)),
        "var" => Some(variable::value(&context)),
        "this" => Some(reference::this(&context)),
        "execute" => Some(Value::from(!context.parsing())),
        "adapter" => Some(bridge::adapter_value(&context)),
        "api" => Some(bridge::api_value(&context)),
        "column" => Some(bridge::column_class()),
        "exceptions" => Some(exception::value(&context)),
        "model" => Some(graph::model(&context)),
        "graph" => Some(graph::graph(&context)),
        "pre_hooks" => Some(graph::hooks(&context, "pre-hook")),
        "post_hooks" => Some(graph::hooks(&context, "post-hook")),
        "sql" | "compiled_code" | "compiled_sql" | "defer_relation" => Some(Value::from(())),
        "target" | "env" => lazy(|cx| {
            let mut target = cx.jinja.globals().target.clone();
            if let Some(mocks) = &cx.scope.mocks {
                target.extend(mocks.overrides.target.clone());
            }
            from_json(&target.into())
        }),
        "flags" => lazy(|cx| from_json(&cx.jinja.globals().flags.clone().into())),
        "invocation_args_dict" => lazy(|cx| from_json(&cx.jinja.globals().args.clone().into())),
        "dbt_metadata_envs" => lazy(|_| variable::metadata()),
        "database" => Some(reference::place(&context, "database")),
        "schema" => Some(reference::place(&context, "schema")),
        "modules" => Some(modules::value()),
        "validation" => lazy(|_| data::validation()),
        "builtins" => Some(Value::from_object(Builtins(context))),
        "run_started_at" => Some(modules::utc_datetime(globals.run_started_at)),
        "project_name" => Some(Value::from(globals.project_name.as_str())),
        "invocation_id" => Some(Value::from(globals.invocation_id.as_str())),
        "dbt_version" => Some(Value::from(globals.dbt_version.as_str())),
        "thread_id" => {
            let thread = std::thread::current();
            Some(Value::from(thread.name().filter(|name| *name != "main").unwrap_or("MainThread")))
        }
        "sql_now" => Some(Value::from("now()")),
        "selected_resources" => {
            let selected = globals.selected_resources.read().unwrap_or_else(PoisonError::into_inner);
            Some(from_json(&selected.iter().map(|id| &**id).collect::<serde_json::Value>()))
        }
        _ => None,
    }
}

/// Every name that [`lookup`] knows, to suggest one for a misspelt name.
pub(super) static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| FUNCTIONS.iter().map(|(name, _)| *name).chain(VALUES.iter().copied()).collect());

const FUNCTIONS: &[(&str, Body)] = &[
    ("ref", reference::reference),
    ("source", reference::source),
    ("metric", reference::metric),
    ("function", reference::function),
    ("doc", reference::doc),
    ("env_var", variable::env_var),
    ("log", message::log),
    ("print", message::print),
    ("tojson", data::to_json_text),
    ("fromjson", data::from_json_text),
    ("toyaml", data::to_yaml_text),
    ("fromyaml", data::from_yaml_text),
    ("set", data::set),
    ("set_strict", data::set_strict),
    ("zip", data::zip),
    ("zip_strict", data::zip_strict),
    ("local_md5", data::local_md5),
    ("diff_of_two_dicts", data::diff_of_two_dicts),
    ("render", data::render),
    ("try_or_compiler_error", data::try_or_compiler_error),
    ("otel_trace_id", data::otel_trace_id),
    ("otel_span_id", data::otel_span_id),
    ("adapter_macro", data::adapter_macro),
    ("store_result", statement::store_result),
    ("store_raw_result", statement::store_raw_result),
    ("load_result", statement::load_result),
    ("load_agate_table", statement::load_agate_table),
    ("write", statement::write),
    ("submit_python_job", statement::submit_python_job),
];

const VALUES: &[&str] = &[
    "config",
    "var",
    "this",
    "execute",
    "adapter",
    "api",
    "exceptions",
    "model",
    "graph",
    "target",
    "flags",
    "modules",
    "builtins",
    "run_started_at",
    "project_name",
    "invocation_id",
    "dbt_version",
    "thread_id",
    "selected_resources",
    "invocation_args_dict",
    "dbt_metadata_envs",
    "database",
    "schema",
    "validation",
];
