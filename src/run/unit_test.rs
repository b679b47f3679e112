//! Runs a unit test and judges it: what came of the given rows against what was expected.

use chrono::Utc;

use super::difference::{Sheet, difference};
use super::work::{Progress, Worker, answer, timing};
use super::{Action, Plan, fault, seed};
use crate::adapter::{Cell, Table};
use crate::compile;
use crate::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::jinja::{Session, cell_text, table_from};
use crate::manifest::{Expect, Fixture, Node, NodeKind, NodeResult, Status};

/// The column that tells the rows of a test's query apart.
const SIDE: &str = "actual_or_expected";

impl Worker<'_> {
    /// Runs a unit test.
    pub(super) fn unit_test(
        &self,
        test: &std::sync::Arc<Node>,
        progress: &mut Progress,
    ) -> Result<NodeResult> {
        let NodeKind::UnitTest(unit) = &test.kind else {
            return Ok(fault::blank(test, self.thread, Status::NoOp));
        };
        let Plan { jinja, manifest, .. } = self.plan;
        let start = Utc::now();
        let tested = compile::unit_test(jinja, manifest, self.schemas, test, &self.session, seed::rows);
        progress.timing.push(timing("compile", start));
        let compile::Tested { node, compiled } = tested?;
        let compiled = progress.compiled.insert(compiled);
        self.write("compiled", test, &compiled.sql)?;
        if self.plan.action == Action::Compile {
            return Ok(fault::blank(test, self.thread, Status::Success));
        }
        let start = Utc::now();
        let result = match &unit.expect {
            Expect::Text { text, exact, .. } => {
                Ok(self.judged(test, text_difference(&compiled.sql, text, *exact)))
            }
            Expect::Rows(fixture) => self
                .execute(&node, Some(compiled))
                .map_err(|error| Box::new(at_fixture(*error, fixture)))
                .and_then(|_| self.compare(test)),
        };
        progress.timing.push(timing("execute", start));
        result
    }

    /// Compares the rows that the materialization fetched.
    fn compare(&self, test: &Node) -> Result<NodeResult> {
        let [actual, expected] = sides(test, &self.session)?;
        let mut result = self.judged(test, difference(expected, actual));
        result.adapter_response = self.session.response("main").as_ref().map(answer).unwrap_or_default();
        Ok(result)
    }

    fn judged(&self, test: &Node, difference: Option<String>) -> NodeResult {
        let Some(difference) = difference else {
            return NodeResult { failures: Some(0), ..fault::blank(test, self.thread, Status::Pass) };
        };
        NodeResult {
            message: Some(format!("\n\nactual differs from expected:\n\n{difference}\n")),
            failures: Some(1),
            ..fault::blank(test, self.thread, Status::Fail)
        }
    }
}

/// A column that is not there is a mistake in the expected rows.
fn at_fixture(error: Diagnostic, fixture: &Fixture) -> Diagnostic {
    let Some(said) = error.message.strip_prefix("Invalid column name: '") else { return error };
    let name = said.split('\'').next().unwrap_or_default();
    let known: Vec<_> = said.rsplit_once('[').map_or_else(Vec::new, |(_, list)| {
        list.trim_end_matches(']').split(", ").map(|name| name.trim_matches('\'')).collect()
    });
    let mistake = Diagnostic::error(Code::UnitTestInput, error.message.clone());
    let span = fixture.row_spans.first().copied().or(fixture.span);
    let mistake = mistake.label_opt(span, "the model does not return this column");
    match nearest(name, known) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake,
    }
}

/// The actual and the expected rows of a test's query.
fn sides(test: &Node, session: &Session) -> Result<[Sheet; 2]> {
    let wrong = |message: &str| {
        let error = Diagnostic::error(Code::UnitTestInvalid, message);
        Box::new(error.label_opt(test.patch_span, "in this unit test"))
    };
    let result = session.load_result("main").unwrap_or_default();
    let table = result.get_attr("table").ok().and_then(|table| table_from(&table));
    let table = table.ok_or_else(|| wrong("the materialization `unit` fetched no rows as `main`"))?;
    let Some(side) = table.column(SIDE) else {
        return Err(wrong(&format!("the materialization `unit` fetched no column `{SIDE}`")));
    };
    Ok(["actual", "expected"].map(|word| sheet(&table, side, word)))
}

fn sheet(table: &Table, side: usize, word: &str) -> Sheet {
    let others = || (0..table.columns.len()).filter(|at| *at != side);
    let header = others().map(|at| table.columns[at].name.to_lowercase()).collect();
    let is_wanted = |row: &&Vec<Cell>| matches!(&row[side], Cell::Text(text) if text == word);
    let mut rows: Vec<Vec<&Cell>> =
        table.rows.iter().filter(is_wanted).map(|row| others().map(|at| &row[at]).collect()).collect();
    rows.sort_by(|one, two| {
        std::iter::zip(one, two)
            .map(|(one, two)| order(one, two))
            .find(|o| o.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let text = |cell: &&Cell| (**cell != Cell::Null).then(|| cell_text(cell));
    Sheet { header, rows: rows.iter().map(|row| row.iter().map(text).collect()).collect() }
}

/// The order of two values of one column: nulls last.
fn order(one: &Cell, two: &Cell) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let number = |text: &str| text.parse::<f64>().ok();
    match (one, two) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Greater,
        (_, Cell::Null) => Ordering::Less,
        (Cell::Bool(one), Cell::Bool(two)) => one.cmp(two),
        (Cell::Int(one), Cell::Int(two)) => one.cmp(two),
        (Cell::Float(one), Cell::Float(two)) => one.total_cmp(two),
        (Cell::Decimal(one), Cell::Decimal(two)) => match (number(one), number(two)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => one.cmp(two),
        },
        (Cell::Date(one), Cell::Date(two)) => one.cmp(two),
        (Cell::Time(one), Cell::Time(two)) => one.cmp(two),
        (Cell::Timestamp(one), Cell::Timestamp(two)) => one.cmp(two),
        (Cell::TimestampTz(one), Cell::TimestampTz(two)) => one.cmp(two),
        (one, two) => cell_text(one).cmp(&cell_text(two)),
    }
}

/// How a rendered text differs from the expected one, line by line.
fn text_difference(actual: &str, expected: &str, exact: bool) -> Option<String> {
    let plain = |text: &str| {
        if exact { text.to_owned() } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
    };
    let (actual, expected) = (plain(actual), plain(expected));
    if actual == expected {
        return None;
    }
    let mut lines = String::from("@@\n");
    for change in similar::TextDiff::from_lines(&expected, &actual).iter_all_changes() {
        let mark = match change.tag() {
            similar::ChangeTag::Equal => "   ",
            similar::ChangeTag::Delete => "---",
            similar::ChangeTag::Insert => "+++",
        };
        lines.push_str(&format!("{mark} {}\n", change.value().trim_end_matches('\n')));
    }
    Some(lines)
}
