//! The calls by which the semantic layer names what a query is about: `Dimension('order__status')`,
//! `TimeDimension`, `Entity` and `Metric`, with `grain`, `date_part` and `descending` after them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::context::{Phase, Scope};
use super::functions::{bind, misuse, present, text};
use super::template::Jinja;
use crate::diagnostic::{Result, Span};

/// What such a call names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the calls")]
pub enum QueryItemKind {
    Dimension,
    TimeDimension,
    Entity,
    Metric,
}

/// One such call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryItem {
    /// What it names.
    pub kind: QueryItemKind,
    /// By which name, such as `order__status`.
    pub name: String,
    /// The entities on the way to it.
    pub entity_path: Vec<String>,
    /// The unit of time asked for.
    pub grain: Option<String>,
    /// The part of the date asked for.
    pub date_part: Option<String>,
    /// What a metric is grouped by.
    pub group_by: Vec<String>,
    /// Whether the largest comes first, where a direction is said.
    pub descending: Option<bool>,
}

/// The calls of one text, in order.
type Items = Arc<Mutex<Vec<QueryItem>>>;

/// Renders a text and returns the calls in it.
///
/// # Errors
/// The text is no template, or a call in it is wrong.
pub fn query_items(
    jinja: &Arc<Jinja>,
    text: &str,
    at: Option<Span>,
    package: &str,
) -> Result<Vec<QueryItem>> {
    let items = Items::default();
    let call =
        |(name, kind)| (String::from(name), Value::from_object(Call { kind, items: Arc::clone(&items) }));
    let calls = [
        ("Dimension", QueryItemKind::Dimension),
        ("TimeDimension", QueryItemKind::TimeDimension),
        ("Entity", QueryItemKind::Entity),
        ("Metric", QueryItemKind::Metric),
    ];
    let scope = Scope { phase: Phase::Compile, variables: calls.map(call).into(), ..Scope::parse(package) };
    jinja.render_text(text, at, &Arc::new(scope))?;
    let items = items.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(items.clone())
}

/// One of the functions.
struct Call {
    kind: QueryItemKind,
    items: Items,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {:?}>", self.kind)
    }
}

impl Object for Call {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let function = format!("{:?}", self.kind);
        let mut item = QueryItem {
            kind: self.kind,
            name: String::new(),
            entity_path: Vec::new(),
            grain: None,
            date_part: None,
            group_by: Vec::new(),
            descending: None,
        };
        match self.kind {
            QueryItemKind::Dimension => {
                let [name, path] = bind(&function, args, ["name", "entity_path"], 1)?;
                (item.name, item.entity_path) = (named(&name), texts(&path)?);
            }
            QueryItemKind::Entity => {
                let [name, path] = bind(&function, args, ["entity_name", "entity_path"], 1)?;
                (item.name, item.entity_path) = (named(&name), texts(&path)?);
            }
            QueryItemKind::Metric => {
                let [name, group_by] = bind(&function, args, ["metric_name", "group_by"], 1)?;
                (item.name, item.group_by) = (named(&name), texts(&group_by)?);
            }
            QueryItemKind::TimeDimension => {
                let names = [
                    "time_dimension_name",
                    "time_granularity_name",
                    "entity_path",
                    "descending",
                    "date_part_name",
                ];
                let [name, grain, path, descending, date_part] = bind(&function, args, names, 1)?;
                (item.name, item.entity_path) = (named(&name), texts(&path)?);
                (item.grain, item.date_part) = (text(&grain), text(&date_part));
                item.descending = present(&descending).map(Value::is_true);
            }
        }
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.push(item);
        Ok(Value::from_object(Built { at: items.len() - 1, items: Arc::clone(&self.items) }))
    }
}

fn texts(value: &Value) -> Result<Vec<String>, Error> {
    let Some(value) = present(value) else { return Ok(Vec::new()) };
    Ok(value.try_iter()?.map(|item| named(&item)).collect())
}

fn named(value: &Value) -> String {
    text(value).unwrap_or_default()
}

/// What a call gives: its methods add to what it names.
struct Built {
    at: usize,
    items: Items,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("query item")
    }
}

impl Object for Built {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let item = &mut items[self.at];
        let is_dimension = item.kind == QueryItemKind::Dimension;
        match method {
            "grain" if is_dimension => {
                let [grain] = bind(method, args, ["time_granularity"], 1)?;
                item.grain = text(&grain);
            }
            "date_part" if is_dimension => {
                let [part] = bind(method, args, ["date_part_name"], 1)?;
                item.date_part = text(&part);
            }
            "descending" => {
                let [descending] = bind(method, args, ["_is_descending"], 1)?;
                item.descending = Some(descending.is_true());
            }
            _ => {
                return Err(misuse(format!("`{method}` cannot be used with `{:?}` here", item.kind)));
            }
        }
        drop(items);
        Ok(Value::from_dyn_object(Arc::clone(self)))
    }
}
