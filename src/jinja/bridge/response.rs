//! What the warehouse answered, as templates see it.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::table::matrix;
use crate::adapter::Response;

#[derive(Debug)]
struct ResponseObject(Response);

/// A response as a template sees it: its message when printed.
pub(crate) fn response_of(response: Response) -> Value {
    Value::from_object(ResponseObject(response))
}

impl Object for ResponseObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Response { message, code, rows_affected } = &self.0;
        match key.as_str()? {
            "_message" | "message" => Some(Value::from(message.as_str())),
            "code" => Some(code.as_deref().map_or(Value::from(()), Value::from)),
            "rows_affected" => Some(rows_affected.map_or(Value::from(()), Value::from)),
            "query_id" => Some(Value::from(())),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["_message", "code", "rows_affected"])
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// What `load_result` gives: the response, the rows, and the rows as plain lists.
#[derive(Debug)]
struct StatementResult {
    response: Value,
    table: Value,
}

/// The result of a statement under its name.
pub(crate) fn statement_result(response: Value, table: Value) -> Value {
    Value::from_object(StatementResult { response, table })
}

impl Object for StatementResult {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "response" | "status" => Some(self.response.clone()),
            "table" => Some(self.table.clone()),
            "data" => Some(matrix(&self.table)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["response", "data", "table"])
    }
}

/// The response in a stored result; a template may have stored plain text.
pub fn response_in(result: &Value) -> Response {
    let response = result.get_attr("response").unwrap_or_default();
    match response.downcast_object_ref::<ResponseObject>() {
        Some(object) => object.0.clone(),
        None if response.is_none() || response.is_undefined() => Response::default(),
        None => Response { message: response.to_string(), ..Response::default() },
    }
}
