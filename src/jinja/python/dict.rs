//! Python's dict: mutable, shared, in order of insertion.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Kwargs, Object, Tuple, Value};
use minijinja::{Error, ErrorKind, State};

use super::{PyList, argument, own, refused, repr, split_kwargs};

/// A dict that templates can change.
#[derive(Debug, Default)]
pub(crate) struct PyDict(RwLock<IndexMap<Value, Value>>);

impl PyDict {
    /// A dict as a template's value.
    pub(crate) fn value(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        Value::from_object(Self(RwLock::new(pairs.into_iter().collect())))
    }

    /// Its pairs now.
    pub(crate) fn pairs(&self) -> Vec<(Value, Value)> {
        self.read().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, IndexMap<Value, Value>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, IndexMap<Value, Value>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pairs that `dict(...)` or `update(...)` are given: a mapping, pairs, or what has keys.
pub(super) fn pairs_of(state: &mut State<'_, '_>, args: &[Value]) -> Result<Vec<(Value, Value)>, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let mut pairs = Vec::new();
    if let Some(source) = positional.first() {
        let object = source.as_object();
        if let Some(map) = object.filter(|o| o.repr() == minijinja::value::ObjectRepr::Map) {
            pairs.extend(map.try_iter_pairs().into_iter().flatten());
        } else {
            // Named sequences give their values when they are iterated.
            let items = source.as_object().and_then(|object| object.call_method(state, "items", &[]).ok());
            for pair in items.as_ref().unwrap_or(source).try_iter()? {
                let mut parts = pair.try_iter()?;
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(key), Some(value), None) => pairs.push((key, value)),
                    _ => return Err(refused("a dict is made of pairs of key and value")),
                }
            }
        }
    }
    if let Some(kwargs) = kwargs {
        pairs.extend(named(&kwargs));
    }
    Ok(pairs.into_iter().map(|(key, value)| (key, own(value))).collect())
}

/// Keyword arguments in the order they were given.
pub(super) fn named(kwargs: &Kwargs) -> Vec<(Value, Value)> {
    kwargs.args().filter_map(|key| Some((Value::from(key), kwargs.peek::<Value>(key).ok()?))).collect()
}

impl Object for PyDict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.read().get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.read().keys().cloned().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.read().len())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let key = || args.first().cloned().ok_or_else(|| refused(format!("dict.{method}() needs a key")));
        let default = || argument(args, 1, "default");
        Ok(match method {
            "get" => self.read().get(&key()?).cloned().or_else(default).unwrap_or_else(|| Value::from(())),
            "keys" => PyList::value(self.pairs().into_iter().map(|(key, _)| key)),
            "values" => PyList::value(self.pairs().into_iter().map(|(_, value)| value)),
            "items" => PyList::value(self.pairs().into_iter().map(|(k, v)| Value::from(Tuple::from([k, v])))),
            "update" => {
                let more = pairs_of(state, args)?;
                self.write().extend(more);
                Value::from(())
            }
            "setdefault" => {
                let (key, value) = (key()?, default().map_or_else(|| Value::from(()), own));
                self.write().entry(key).or_insert(value).clone()
            }
            "pop" => {
                let key = key()?;
                let removed = self.write().shift_remove(&key);
                removed.or_else(default).ok_or_else(|| refused(format!("KeyError: {}", repr(&key))))?
            }
            "popitem" => {
                let last = self.write().pop();
                let (key, value) = last.ok_or_else(|| refused("popitem(): dictionary is empty"))?;
                Value::from(Tuple::from([key, value]))
            }
            "clear" => {
                self.write().clear();
                Value::from(())
            }
            "copy" => Self::value(self.pairs()),
            "__setitem__" => {
                self.write().insert(key()?, own(args.get(1).cloned().unwrap_or_default()));
                Value::from(())
            }
            "__len__" => Value::from(self.read().len()),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(&Value::from_dyn_object(Arc::clone(self))))
    }
}
