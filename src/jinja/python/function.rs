//! The functions that rewritten templates call, and the global ones of Jinja that differ.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

use super::{PyDict, PyList, arithmetic, dict, own, pairs, refused, repr};

/// Adds the functions to an environment.
pub(in crate::jinja) fn install(env: &mut Environment<'static>) {
    env.add_function("__L", |items: Value| -> Result<Value, Error> {
        Ok(PyList::value(items.try_iter()?.map(own)))
    });
    env.add_function("__D", |map: Value| PyDict::value(pairs(&map).map(|(key, value)| (key, own(value)))));
    env.add_function("__own", own);
    env.add_function("__do", |_: Value| Value::UNDEFINED);
    arithmetic::install(env);
    env.add_function("__each", each);
    env.add_global("dict", Value::from_object(Dict));
    env.add_function("cycler", |items: Rest<Value>| minijinja_contrib::globals::cycler(items.0));
    env.add_function("joiner", minijinja_contrib::globals::joiner);
}

/// What a loop goes through: Python refuses to loop over nothing.
fn each(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::None => Err(refused("'NoneType' object is not iterable")),
        ValueKind::Number => Err(refused(format!("{} is a number and cannot be iterated", repr(&value)))),
        ValueKind::Bool => Err(refused("'bool' object is not iterable")),
        _ => Ok(value),
    }
}

/// `dict`, which is a function and has `fromkeys`.
#[derive(Debug)]
struct Dict;

impl Object for Dict {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        dict::pairs_of(state, args).map(PyDict::value)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("fromkeys", [keys, rest @ ..]) => {
                let value = rest.first().cloned().unwrap_or_else(|| Value::from(()));
                Ok(PyDict::value(keys.try_iter()?.map(|key| (key, value.clone()))))
            }
            _ => Err(ErrorKind::UnknownMethod.into()),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dict'>")
    }
}
