//! Rows that are read when they are needed, such as a seed's: a template that only counts them or hands
//! them to the warehouse holds none, one that looks into them gets a table.

use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{sequence, table};
use crate::adapter::{Result, Rows, Table};
use crate::jinja::functions::tuple;

/// Rows in a template, read at most once.
struct Stream {
    rows: Arc<dyn Rows>,
    whole: OnceLock<Option<Arc<Table>>>,
}

impl Stream {
    /// All rows; nothing where they cannot be read any more.
    fn whole(&self) -> Option<&Arc<Table>> {
        let read = || -> Result<Arc<Table>> {
            let mut kept = Vec::with_capacity(self.rows.count());
            self.rows.each(&mut |row| {
                kept.push(row.to_vec());
                Ok(())
            })?;
            Ok(Arc::new(Table { columns: self.rows.columns().to_vec(), rows: kept }))
        };
        self.whole.get_or_init(|| read().ok()).as_ref()
    }
}

/// Rows as a template sees them: as a table.
pub fn stream_value(rows: Arc<dyn Rows>) -> Value {
    Value::from_object(StreamObject(Arc::new(Stream { rows, whole: OnceLock::new() })))
}

/// The rows in a template's value, if it is a table.
pub(super) fn rows_from(value: &Value) -> Option<Arc<dyn Rows>> {
    match value.downcast_object_ref::<StreamObject>() {
        Some(stream) => Some(Arc::clone(&stream.0.rows)),
        None => Some(table::table_from(value)?),
    }
}

/// All rows of a value that is read when it is needed.
pub(super) fn whole(value: &Value) -> Option<Arc<Table>> {
    value.downcast_object_ref::<StreamObject>()?.0.whole().cloned()
}

struct StreamObject(Arc<Stream>);

impl fmt::Debug for StreamObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.rows.columns().iter().map(|column| column.name.as_str()).collect();
        write!(f, "<agate.Table: {} ({} rows)>", names.join(", "), self.0.rows.count())
    }
}

impl Object for StreamObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("rows") => Some(Value::from_object(StreamRows(Arc::clone(&self.0)))),
            Some("column_names") => {
                let columns = self.0.rows.columns().iter();
                Some(tuple(columns.map(|column| Value::from(column.name.as_str())).collect()))
            }
            _ => table::table_value(Arc::clone(self.0.whole()?)).get_item(key).ok(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.count())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, Error> {
        let whole = self.0.whole().cloned().unwrap_or_default();
        table::table_value(whole).call_method(state, method, args)
    }
}

/// `table.rows`.
struct StreamRows(Arc<Stream>);

impl fmt::Debug for StreamRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<rows: {}>", self.0.rows.count())
    }
}

impl Object for StreamRows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        sequence::row(self.0.whole()?, key.as_usize()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.count())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, Error> {
        let whole = self.0.whole().cloned().unwrap_or_default();
        sequence::rows(&whole).call_method(state, method, args)
    }
}
