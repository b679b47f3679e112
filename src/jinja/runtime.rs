//! What exists while a template is rendered: its names, its macros, and how a macro is called.
//!
//! A macro of minijinja can only be called in the render that declared it. So each macro of dbt is
//! a template of its own, which a render imports when it first calls the macro, by way of a loader
//! that the prelude leaves behind. Rests on observed behaviour of minijinja; tests/jinja pins it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Tuple, Value};
use minijinja::{Environment, Error, ErrorKind, State};

use super::block;
use super::context::{Mocks, Phase, Scope};
use super::error::{InMacro, Raised, ReturnValue, missing_macro};
use super::functions;
use super::python::{self, PyDict, own, split_kwargs};
use super::rewrite::{self, MACRO, Rewritten};
use super::template::Jinja;
use super::yaml;
use crate::diagnostic::{Code, Diagnostic, Result as Diagnosed};
use crate::manifest::Macro;

/// Declares the loader; the scope of its own keeps a template's variables out of the macros.
pub(super) const PRELUDE: &str = "{% with %}{% macro __load(__t) %}{% from __t import dbt_m %}\
    {% do __stash(dbt_m) %}{% endmacro %}{% do __boot(__load) %}{% endwith %}";
/// The prelude's name, and the tag that every rendered template begins with.
pub(super) const PRELUDE_NAME: &str = "__prelude";
pub(super) const BEGIN: &str = "{% include '__prelude' %}";

/// The state of one render.
#[derive(Debug)]
struct Runtime {
    scope: Arc<Scope>,
    loader: Value,
    stash: Option<Value>,
    macros: HashMap<usize, Value>,
    depth: usize,
    native: bool,
    result: Option<Value>,
}

fn is_parsing(state: &State<'_, '_>) -> bool {
    state.get_extension::<Runtime>().is_some_and(|runtime| runtime.scope.phase == Phase::Parse)
}

/// The value that `__result` was given.
pub(super) fn take_result(state: &mut State<'_, '_>) -> Option<Value> {
    state.get_extension_mut::<Runtime>()?.result.take()
}

/// Adds the functions that the prelude and rewritten templates call.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_function("__boot", |state: &mut State<'_, '_>, loader: Value| {
        let root = state.lookup("__root").and_then(|root| root.downcast_object::<Root>());
        if let Some(root) = root {
            state.get_or_insert_extension(Runtime {
                scope: Arc::clone(&root.scope),
                loader,
                stash: None,
                macros: HashMap::new(),
                depth: 0,
                native: root.native,
                result: None,
            });
        }
    });
    env.add_function("__stash", |state: &mut State<'_, '_>, value: Value| {
        if let Some(runtime) = state.get_extension_mut::<Runtime>() {
            runtime.stash = Some(value);
        }
    });
    env.add_function("__result", |state: &mut State<'_, '_>, value: Value| {
        if let Some(runtime) = state.get_extension_mut::<Runtime>() {
            runtime.result = Some(value);
        }
    });
    for (name, kind) in MARKERS {
        env.add_filter(name, move |state: &State<'_, '_>, value: Value| {
            let native = state.get_extension::<Runtime>().is_some_and(|runtime| runtime.native);
            if native { yaml::marked(&value, kind) } else { Ok(value) }
        });
    }
    env.add_function("return", |values: Rest<Value>| -> Result<Value, Error> {
        // An undefined value stays one: a loop goes through it, and through none it does not.
        let value = own(values.first().cloned().unwrap_or_else(|| Value::from(())));
        Err(Error::new(ErrorKind::InvalidOperation, "`return` outside of a macro")
            .with_source(ReturnValue(value)))
    });
}

/// Filters that say what a YAML string is meant to be.
pub(super) const MARKERS: [(&str, &str); 4] =
    [("as_text", "text"), ("as_bool", "bool"), ("as_number", "number"), ("as_native", "")];

/// Names that the environment or the engine itself gives a meaning.
const GLOBALS: [&str; 12] = [
    "range",
    "dict",
    "namespace",
    "cycler",
    "joiner",
    "return",
    "loop",
    "caller",
    "varargs",
    "kwargs",
    "self",
    "super",
];

/// The context of a render: every name that is no local variable is looked up here.
pub(super) struct Root {
    jinja: Arc<Jinja>,
    scope: Arc<Scope>,
    /// Whether the value itself is wanted, not its text.
    native: bool,
    made: Mutex<HashMap<String, Option<Value>>>,
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").field("package", &self.scope.package).finish_non_exhaustive()
    }
}

impl Root {
    /// The context of a render for its text.
    pub(super) fn value(jinja: &Arc<Jinja>, scope: &Arc<Scope>) -> Value {
        Self::make(jinja, scope, false)
    }

    /// The context of a render for a value: `as_bool` and its kin convert.
    pub(super) fn native(jinja: &Arc<Jinja>, scope: &Arc<Scope>) -> Value {
        Self::make(jinja, scope, true)
    }

    fn make(jinja: &Arc<Jinja>, scope: &Arc<Scope>, native: bool) -> Value {
        let (jinja, scope) = (Arc::clone(jinja), Arc::clone(scope));
        Value::from_object(Self { jinja, scope, native, made: Mutex::default() })
    }

    /// dbt's order: what the caller set, macros, packages, and the functions of the context.
    fn find(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name.starts_with("__") {
            return (name == "__root").then(|| Value::from_dyn_object(Arc::clone(self)));
        }
        if let Some((_, value)) = self.scope.variables.iter().rev().find(|(known, _)| known == name) {
            return Some(value.clone());
        }
        let registry = self.jinja.registry();
        let found = registry.find(name, &self.scope.package);
        if let Some(mocked) = self.scope.mocks.as_ref().and_then(|mocks| mocks.name(name, found.is_some())) {
            return Some(mocked);
        }
        if let Some(found) = found {
            return self.jinja.macro_value(found);
        }
        if name == "context" {
            // Not kept in `made`: it would hold the root that holds it.
            return Some(Value::from_object(Context(Arc::clone(self))));
        }
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = made().get(name) {
            return value.clone();
        }
        let value = if registry.is_namespace(name) {
            let (jinja, mocks) = (Arc::clone(&self.jinja), self.scope.mocks.clone());
            Some(Value::from_object(Namespace { jinja, name: name.to_owned(), mocks }))
        } else {
            functions::lookup(name, &self.scope, &self.jinja)
        };
        made().insert(name.to_owned(), value.clone());
        value
    }
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let lenient = self.scope.phase == Phase::Parse && !key.starts_with("__") && !GLOBALS.contains(&key);
        self.find(key).or_else(|| lenient.then(|| Value::from_object(Anything)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// `context`: the names as a dict.
#[derive(Debug)]
struct Context(Arc<Root>);

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.find(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let registry = self.0.jinja.registry();
        let variables = self.0.scope.variables.iter().map(|(name, _)| name.as_str());
        let names =
            variables.chain(registry.names(&self.0.scope.package)).chain(functions::NAMES.iter().copied());
        Enumerator::Values(names.map(Value::from).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let (positional, _) = split_kwargs(args);
        match (method, positional) {
            ("get", [key, rest @ ..]) => {
                let default = || rest.first().cloned().unwrap_or_else(|| Value::from(()));
                Ok(self.get_value(key).unwrap_or_else(default))
            }
            (name, _) => match self.0.find(name) {
                Some(value) => value.call(state, args),
                None => Err(ErrorKind::UnknownMethod.into()),
            },
        }
    }
}

/// A package as a namespace of macros.
#[derive(Debug)]
struct Namespace {
    jinja: Arc<Jinja>,
    name: String,
    mocks: Option<Arc<Mocks>>,
}

impl Object for Namespace {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let found = self.jinja.registry().find_in(name, &self.name)?;
        let mocked = self.mocks.as_ref().and_then(|mocks| mocks.name_in(&self.name, name));
        mocked.or_else(|| self.jinja.macro_value(found))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.jinja.registry().names_in(&self.name).map(Value::from).collect())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if let Some(found) = self.get_value(&Value::from(method)) {
            return found.call(state, args);
        }
        if method == "get" {
            let found = args.first().and_then(|name| self.get_value(name));
            return Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| Value::from(())));
        }
        if is_parsing(state) {
            return Ok(Value::from_object(Anything));
        }
        let known = self.jinja.registry().names_in(&self.name);
        Err(Raised(Box::new(missing_macro(&format!("{}.{method}", self.name), method, known))).into())
    }
}

/// What an unknown name is while a project is parsed: it can be called, and everything of it is
/// again unknown, because what defines it may not be known yet.
#[derive(Debug)]
pub(super) struct Anything;

impl Object for Anything {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from_dyn_object(Arc::clone(self)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, _args: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_dyn_object(Arc::clone(self)))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        _method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        Ok(Value::from_dyn_object(Arc::clone(self)))
    }

    fn render(self: &Arc<Self>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// A macro as a value: the same object under every name it is found by.
#[derive(Debug)]
pub(super) struct MacroObject {
    pub(super) definition: Arc<Macro>,
    rewritten: OnceLock<Diagnosed<Rewritten>>,
}

impl MacroObject {
    pub(super) fn new(definition: Arc<Macro>) -> Self {
        Self { definition, rewritten: OnceLock::new() }
    }

    /// Its template, made when it is first needed.
    pub(super) fn rewritten(&self) -> Diagnosed<&Rewritten> {
        let made = self.rewritten.get_or_init(|| {
            let base = self.definition.span.start as usize;
            rewrite::definition(&self.definition.macro_sql)
                .map_err(|syntax| Box::new(block::diagnostic(syntax, self.definition.source, base)))
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// `package.name`, as it is said.
    pub(super) fn label(&self) -> String {
        format!("{}.{}", self.definition.package_name, self.definition.name)
    }

    /// Arguments in the order of the template's parameters.
    fn bind(&self, args: &[Value]) -> Result<Vec<Value>, Error> {
        let signature = &self.rewritten().map_err(Raised)?.signature;
        let (positional, kwargs) = split_kwargs(args);
        let wrong = |message: String| {
            let takes: Vec<String> = signature.parameters.iter().map(|p| format!("`{}`", p.name)).collect();
            let help = match takes.as_slice() {
                [] => "it takes no arguments".to_owned(),
                names => format!("it takes {}", names.join(", ")),
            };
            Error::from(Raised(Box::new(Diagnostic::error(Code::MacroArguments, message).help(help))))
        };
        let name = &self.definition.name;
        let count = signature.parameters.len();
        if positional.len() > count && !signature.varargs {
            return Err(wrong(format!(
                "macro `{name}` takes not more than {count} argument(s), and is given {}",
                positional.len()
            )));
        }
        let mut bound: Vec<Value> = positional.iter().take(count).cloned().collect();
        bound.resize(count, Value::UNDEFINED);
        let mut caller = None;
        let mut extra = Vec::new();
        for key in kwargs.iter().flat_map(Kwargs::args) {
            let value = kwargs.as_ref().and_then(|k| k.peek::<Value>(key).ok()).unwrap_or_default();
            match signature.parameters.iter().position(|p| p.name == key) {
                Some(at) if at < positional.len() => {
                    return Err(wrong(format!("macro `{name}` got multiple values for argument `{key}`")));
                }
                Some(at) => bound[at] = value,
                None if key == "caller" && signature.caller => caller = Some(value),
                None if signature.kwargs => extra.push((Value::from(key), value)),
                None => return Err(wrong(format!("macro `{name}` takes no keyword argument `{key}`"))),
            }
        }
        if signature.varargs {
            bound.push(Value::from(Tuple::from(positional.get(count..).unwrap_or_default().to_vec())));
        }
        if signature.kwargs {
            bound.push(PyDict::value(extra));
        }
        if let Some(caller) = caller {
            bound.push(Value::from(Kwargs::from_iter([("caller", caller)])));
        }
        Ok(bound)
    }

    /// The macro in this render, imported at its first call.
    fn load(self: &Arc<Self>, state: &mut State<'_, '_>) -> Result<Value, Error> {
        let id = Arc::as_ptr(self) as usize;
        let runtime = state.get_extension::<Runtime>();
        let runtime = runtime.ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, "a macro is called outside of a render")
        })?;
        if let Some(known) = runtime.macros.get(&id) {
            return Ok(known.clone());
        }
        let loader = runtime.loader.clone();
        loader.call(state, &[Value::from(&*self.definition.unique_id)])?;
        let imported = state.get_extension_mut::<Runtime>().and_then(|runtime| {
            let stash = runtime.stash.take()?;
            runtime.macros.insert(id, stash.clone());
            Some(stash)
        });
        imported.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("{MACRO} of {} is lost", self.definition.unique_id),
            )
        })
    }
}

/// Counts macro calls in progress; the outermost ones are what a node depends on.
fn enter(state: &mut State<'_, '_>, definition: &Macro) {
    let Some(runtime) = state.get_extension_mut::<Runtime>() else { return };
    if runtime.depth == 0 {
        let mut capture = runtime.scope.capture.lock().unwrap_or_else(PoisonError::into_inner);
        capture.macros.insert(Arc::clone(&definition.unique_id));
    }
    runtime.depth += 1;
}

fn leave(state: &mut State<'_, '_>) {
    if let Some(runtime) = state.get_extension_mut::<Runtime>() {
        runtime.depth -= 1;
    }
}

impl Object for MacroObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "name" => Some(Value::from(self.definition.name.as_str())),
            "unique_id" => Some(Value::from(&*self.definition.unique_id)),
            "package_name" => Some(Value::from(self.definition.package_name.as_str())),
            _ => None,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let bound = self.bind(args)?;
        let callable = self.load(state)?;
        enter(state, &self.definition);
        let result = callable.call(state, &bound);
        leave(state);
        result.or_else(|error| {
            let source = std::error::Error::source(&error);
            match source.and_then(|source| source.downcast_ref::<ReturnValue>()) {
                Some(returned) => Ok(returned.0.clone()),
                None => Err(Error::new(error.kind(), format!("in macro {}", self.label()))
                    .with_source(InMacro { name: self.label(), error })),
            }
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macro {}>", self.label())
    }
}

/// Methods of values that have none of the name: texts have Python's, and while parsing anything may.
pub(super) fn unknown_method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let parsing = is_parsing(state);
    match python::text_method(state, value, name, args) {
        Err(error) if error.kind() == ErrorKind::UnknownMethod => {
            let own = value.as_object().and_then(|object| object.get_value(&Value::from(name)));
            if parsing && own.is_none() { Ok(Value::from_object(Anything)) } else { Err(error) }
        }
        other => other,
    }
}
