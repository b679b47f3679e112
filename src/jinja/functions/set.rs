//! Python's set, in the order its members came.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use indexmap::IndexSet;
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::argument::raise;
use crate::diagnostic::Code;

/// A mutable set.
pub(crate) struct Set(RwLock<IndexSet<Value>>);

impl Set {
    /// A set of these members.
    pub(crate) fn value(members: impl IntoIterator<Item = Value>) -> Value {
        Value::from_object(Self(RwLock::new(members.into_iter().collect())))
    }

    /// The members, in order.
    pub(crate) fn members(&self) -> IndexSet<Value> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut IndexSet<Value>) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `a - b` of two sets.
pub(crate) fn difference(one: &Value, two: &Value) -> Option<Value> {
    let (one, two) = (one.downcast_object_ref::<Set>()?, two.downcast_object_ref::<Set>()?);
    let two = two.members();
    Some(Set::value(one.members().into_iter().filter(|member| !two.contains(member))))
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self.members();
        if members.is_empty() {
            return f.write_str("set()");
        }
        f.write_str("{")?;
        for (at, member) in members.iter().enumerate() {
            f.write_str(if at > 0 { ", " } else { "" })?;
            write!(f, "{member:?}")?;
        }
        f.write_str("}")
    }
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.members().into_iter().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.members().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    /// Sets are equal whatever the order of their members; unequal ones have some fixed order.
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let (mut mine, mut theirs) = (self.members(), other.downcast_ref::<Self>()?.members());
        mine.sort();
        theirs.sort();
        Some(mine.iter().cmp(theirs.iter()))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let others = || -> Result<Vec<IndexSet<Value>>, Error> {
            args.iter().map(|other| Ok(other.try_iter()?.collect())).collect()
        };
        let one = || args.first().cloned().ok_or_else(|| Error::from(ErrorKind::MissingArgument));
        let other = || -> Result<IndexSet<Value>, Error> { Ok(one()?.try_iter()?.collect()) };
        let none = Value::from(());
        let mine = self.members();
        Ok(match method {
            "add" => {
                let member = one()?;
                self.change(|set| set.insert(member));
                none
            }
            "discard" | "remove" => {
                let member = one()?;
                let there = self.change(|set| set.shift_remove(&member));
                if method == "remove" && !there {
                    return Err(raise(Code::JinjaRender, format!("KeyError: {member:?}")));
                }
                none
            }
            "pop" => self
                .change(|set| set.shift_remove_index(0))
                .ok_or_else(|| raise(Code::JinjaRender, "KeyError: 'pop from an empty set'"))?,
            "clear" => {
                self.change(IndexSet::clear);
                none
            }
            "update" => {
                let others = others()?;
                self.change(|set| set.extend(others.into_iter().flatten()));
                none
            }
            "difference_update" => {
                let others = others()?;
                self.change(|set| set.retain(|m| others.iter().all(|other| !other.contains(m))));
                none
            }
            "intersection_update" => {
                let others = others()?;
                self.change(|set| set.retain(|m| others.iter().all(|other| other.contains(m))));
                none
            }
            "copy" => Self::value(mine),
            "union" => Self::value(mine.into_iter().chain(others()?.into_iter().flatten())),
            "intersection" => {
                let others = others()?;
                Self::value(mine.into_iter().filter(|m| others.iter().all(|other| other.contains(m))))
            }
            "difference" => {
                let others = others()?;
                Self::value(mine.into_iter().filter(|m| others.iter().all(|other| !other.contains(m))))
            }
            "symmetric_difference" => {
                Self::value(mine.symmetric_difference(&other()?).cloned().collect::<Vec<_>>())
            }
            "issubset" => Value::from(mine.is_subset(&other()?)),
            "issuperset" => Value::from(mine.is_superset(&other()?)),
            "isdisjoint" => Value::from(mine.is_disjoint(&other()?)),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }
}
