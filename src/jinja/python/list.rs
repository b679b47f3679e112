//! Python's list: mutable, shared, and alive while it is iterated.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::{argument, own, refused, repr};

/// A list that templates can change.
#[derive(Debug, Default)]
pub(crate) struct PyList(RwLock<Vec<Value>>);

impl PyList {
    /// A list as a template's value.
    pub(crate) fn value(items: impl IntoIterator<Item = Value>) -> Value {
        Value::from_object(Self(RwLock::new(items.into_iter().collect())))
    }

    /// Its items now.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.read().clone()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Value>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Value>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the list for each item, so that items added on the way are met.
struct Live {
    list: Arc<PyList>,
    at: usize,
    /// Where a loop that feeds itself is taken for one without end.
    end: usize,
}

/// Items that a loop may add to the list it goes through.
const GROWTH: usize = 100_000;

impl Iterator for Live {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let item = self.list.read().get(self.at).cloned()?;
        self.at += 1;
        match self.at.cmp(&self.end) {
            Ordering::Less => Some(item),
            Ordering::Equal => {
                Some(Value::from(refused("a loop adds to the list it goes through, without end")))
            }
            Ordering::Greater => None,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.list.read().len().saturating_sub(self.at);
        (left, Some(left))
    }
}

/// The place an index means in a list of a length, negative ones from the end.
fn place(index: i64, len: usize) -> Option<usize> {
    let len = i64::try_from(len).ok()?;
    let at = if index < 0 { index + len } else { index };
    usize::try_from(at).ok().filter(|_| at < len)
}

impl Object for PyList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let items = self.read();
        let index = key.as_i64().filter(|_| key.is_integer() || key.as_str().is_none())?;
        items.get(place(index, items.len())?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let end = self.read().len() + GROWTH;
        Enumerator::Iter(Box::new(Live { list: Arc::clone(self), at: 0, end }))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.read().len())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let first = || {
            args.first()
                .cloned()
                .ok_or_else(|| refused(format!("list.{method}() takes exactly one argument (0 given)")))
        };
        let none = Value::from(());
        match method {
            "append" => self.write().push(own(first()?)),
            "extend" => {
                let more: Vec<Value> = first()?.try_iter()?.map(own).collect();
                self.write().extend(more);
            }
            "insert" => {
                let (index, value) = (first()?, args.get(1).cloned().unwrap_or_default());
                let mut items = self.write();
                let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let index = index.as_i64().unwrap_or(0);
                let at = if index < 0 { (index + len).max(0) } else { index.min(len) };
                items.insert(usize::try_from(at).unwrap_or(0), own(value));
            }
            "pop" => {
                let mut items = self.write();
                let index = args.first().and_then(Value::as_i64).unwrap_or(-1);
                let at = place(index, items.len());
                let empty = items.is_empty();
                return match at {
                    Some(at) => Ok(items.remove(at)),
                    None if empty => Err(refused("pop from empty list")),
                    None => Err(refused("pop index out of range")),
                };
            }
            "remove" => {
                let value = first()?;
                let at = self.items().iter().position(|item| *item == value);
                let at = at.ok_or_else(|| refused("list.remove(x): x not in list"))?;
                self.write().remove(at);
            }
            "index" => {
                let value = first()?;
                let at = self.items().iter().position(|item| *item == value);
                return at
                    .map(Value::from)
                    .ok_or_else(|| refused(format!("{} is not in list", repr(&value))));
            }
            "count" => {
                let value = first()?;
                return Ok(Value::from(self.items().iter().filter(|item| **item == value).count()));
            }
            "sort" => {
                let mut items = self.items();
                items.sort();
                if argument(args, 1, "reverse").is_some_and(|reverse| reverse.is_true()) {
                    items.reverse();
                }
                *self.write() = items;
            }
            "reverse" => self.write().reverse(),
            "clear" => self.write().clear(),
            "copy" => return Ok(Self::value(self.items())),
            "__len__" => return Ok(Value::from(self.read().len())),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(none)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(&Value::from_dyn_object(Arc::clone(self))))
    }
}
