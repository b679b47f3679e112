//! Judges a data test by the row its materialization selected: `failures`, `should_warn`, `should_error`.

use super::fault;
use super::work::answer;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::jinja::{Session, Value};
use crate::manifest::{Node, NodeResult, Status};

/// What came of a test whose materialization ran.
pub(super) fn judge(node: &Node, session: &Session, thread: &str, warn_error: bool) -> Result<NodeResult> {
    let row = Row::of(node, session)?;
    let failures = row.count("failures")?;
    let results = if failures == 1 { "1 result".to_owned() } else { format!("{failures} results") };
    let condition = |key: &str| node.config.text(key).unwrap_or("!= 0");
    let is_error = node.config.text("severity").is_none_or(|severity| severity.eq_ignore_ascii_case("error"));
    let (status, message) = if is_error && row.truth("should_error")? {
        let condition = condition("error_if");
        (Status::Fail, Some(format!("Got {results}, configured to fail if {condition}")))
    } else if row.truth("should_warn")? {
        let condition = condition("warn_if");
        if warn_error {
            (Status::Fail, Some(format!("Got {results}, configured to fail if {condition}")))
        } else {
            (Status::Warn, Some(format!("Got {results}, configured to warn if {condition}")))
        }
    } else {
        (Status::Pass, None)
    };
    let failures = if status == Status::Pass { 0 } else { u64::try_from(failures).unwrap_or_default() };
    Ok(NodeResult {
        message,
        failures: Some(failures),
        adapter_response: session.response("main").as_ref().map(answer).unwrap_or_default(),
        ..fault::blank(node, thread, status)
    })
}

/// The one row that a test's query returns.
struct Row<'a> {
    node: &'a Node,
    cells: Vec<(String, Value)>,
}

impl<'a> Row<'a> {
    fn of(node: &'a Node, session: &Session) -> Result<Self> {
        let result = session.load_result("main").unwrap_or_default();
        let table = result.get_attr("table").unwrap_or_default();
        let list = |name: &str| {
            table.get_attr(name).and_then(|list| list.try_iter().map(Iterator::collect::<Vec<_>>))
        };
        let (Ok(names), Ok(rows)) = (list("column_names"), list("rows")) else {
            return wrong(node, "its materialization ran no statement `main` that returns rows");
        };
        let [row] = &rows[..] else {
            return wrong(node, format!("Returned {} rows, but expected 1 row", rows.len()));
        };
        if names.len() != 3 {
            return wrong(node, format!("Returned {} columns, but expected 3 columns", names.len()));
        }
        let cells = names.iter().enumerate().map(|(at, name)| {
            (name.to_string().to_lowercase(), row.get_item_by_index(at).unwrap_or_default())
        });
        Ok(Self { node, cells: cells.collect() })
    }

    fn cell(&self, name: &str) -> Result<&Value> {
        let found = self.cells.iter().find(|(known, _)| known == name);
        found.map_or_else(|| wrong(self.node, format!("its query returns no `{name}`")), |(_, cell)| Ok(cell))
    }

    /// A whole number, however the warehouse types it.
    fn count(&self, name: &str) -> Result<i128> {
        let cell = self.cell(name)?;
        let number = i128::try_from(cell.clone()).ok().or_else(|| cell.to_string().parse::<i128>().ok());
        number.ok_or_else(|| {
            let config = self.node.config.text("fail_calc").unwrap_or("count(*)");
            Box::new(
                Diagnostic::error(Code::TestInvalid, format!("{cell} is not of type 'integer'"))
                    .label_opt(self.node.patch_span, "the number of failures of this test")
                    .help(format!("`fail_calc` is `{config}`; `coalesce` makes a number of a null")),
            )
        })
    }

    /// A truth value; warehouses without them return numbers or words.
    fn truth(&self, name: &str) -> Result<bool> {
        let cell = self.cell(name)?;
        let Some(word) = cell.as_str() else { return Ok(cell.is_true()) };
        match word.to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
            _ => wrong(
                self.node,
                format!(
                    "The macro 'get_test_sql' returns {word}. It is not of type 'bool' or cannot be converted to a python bool."
                ),
            ),
        }
    }
}

fn wrong<T>(node: &Node, message: impl Into<String>) -> Result<T> {
    let error = Diagnostic::error(Code::TestInvalid, message);
    Err(Box::new(error.label_opt(node.patch_span, "in this test")))
}
