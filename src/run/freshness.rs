//! Asks how old the data of a source table is, and judges it by the table's thresholds.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::work::{Worker, answer, comment, timing};
use super::{Plan, fault};
use crate::adapter::{Cell, Response};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::jinja::{Phase, Scope, Value, relation_value, response_in, source_value, table_from};
use crate::manifest::{Age, Freshness, NodeResult, Source, Status};

/// The macros that ask, for a column and for a query.
const BY_FIELD: &str = "collect_freshness";
const BY_QUERY: &str = "collect_freshness_custom_sql";

impl Worker<'_> {
    /// Looks how fresh a source table is.
    pub(super) fn run_freshness(&self, source: &Arc<Source>) -> NodeResult {
        let start = Instant::now();
        let now = Utc::now();
        let compiled = timing("compile", now);
        let outcome = self.ask(source);
        self.session.rollback();
        let mut result = fault::bare(&source.unique_id, Status::RuntimeError, None);
        match outcome {
            Ok((age, response)) => {
                let age = result.age.insert(age);
                result.status = judge(source.freshness.as_ref(), age.seconds);
                result.adapter_response = response.as_ref().map(answer).unwrap_or_default();
            }
            Err(error) => {
                let error = self.explained(source, *error);
                result.message = Some(format!("{}\n  {}", heading(source, &error), error.message));
                result.diagnostic = Some(Box::new(error));
            }
        }
        self.thread.clone_into(&mut result.thread_id);
        result.timing = vec![compiled, timing("execute", now)];
        result.execution_time = start.elapsed().as_secs_f64();
        result
    }

    fn ask(&self, source: &Source) -> Result<(Age, Option<Response>)> {
        self.session.begin_node(Some(Arc::clone(&source.unique_id)), comment(self.plan, None)?);
        let relation = relation_value(source.relation.clone());
        let shown = source_value(source);
        let variables = ["model", "source_node"].map(|name| (name.to_owned(), shown.clone()));
        let scope = |phase| {
            Arc::new(Scope {
                phase,
                manifest: Some(Arc::clone(&self.plan.manifest)),
                session: Some(Arc::clone(&self.session)),
                variables: variables.iter().cloned().chain([("this".to_owned(), relation.clone())]).collect(),
                ..Scope::parse(source.package_name.clone())
            })
        };
        let Plan { jinja, .. } = self.plan;
        let text = |text: &Option<String>| text.as_deref().map_or(Value::from(()), Value::from);
        let (name, arguments) = match (&source.loaded_at_query, &source.loaded_at_field) {
            (Some(query), _) => {
                let query = jinja.render_text(query, source.span, &scope(Phase::Compile))?;
                (BY_QUERY, vec![("source", relation.clone()), ("loaded_at_query", Value::from(query))])
            }
            (None, Some(field)) => {
                let filter = text(&source.freshness.as_ref().and_then(|freshness| freshness.filter.clone()));
                let field = ("loaded_at_field", Value::from(field.as_str()));
                (BY_FIELD, vec![("source", relation.clone()), field, ("filter", filter)])
            }
            (None, None) => return Err(Box::new(self.no_field(source))),
        };
        let root = &jinja.globals().project_name;
        let Some(found) = jinja.registry().find(name, root) else {
            let message = format!("dbt could not find a macro with the name \"{name}\" in any package");
            return Err(Box::new(Diagnostic::error(Code::MacroNotFound, message)));
        };
        let returned = jinja.call(&found.unique_id, &[], &arguments, &scope(Phase::Run))?;
        // Older projects return the table alone.
        let table = table_from(&returned).or_else(|| table_from(&returned.get_attr("table").ok()?));
        let rows = table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default();
        let [row] = rows else { return wrong(source, name, &format!("{} rows", rows.len())) };
        let [loaded, taken] = &row[..] else {
            return wrong(source, name, &format!("{} columns", row.len()));
        };
        let max_loaded_at = match loaded {
            Cell::Null => long_ago(),
            cell => moment(source, cell)?,
        };
        let snapshotted_at = moment(source, taken)?;
        let seconds = (snapshotted_at - max_loaded_at).as_seconds_f64();
        let has_response = returned.get_attr("response").is_ok_and(|response| !response.is_undefined());
        let response = has_response.then(|| response_in(&returned));
        Ok((Age { max_loaded_at, snapshotted_at, seconds }, response))
    }

    fn no_field(&self, source: &Source) -> Diagnostic {
        let message = format!(
            "Could not compute freshness for source {}: no 'loaded_at_field' provided and {} adapter does not \
             support metadata-based freshness checks.",
            source.name,
            self.plan.adapter().name()
        );
        Diagnostic::error(Code::FreshnessUnknown, message)
            .label_opt(source.span, "")
            .help("give the table or its source a `loaded_at_field` or a `loaded_at_query`")
    }

    /// A refused statement is shown, since no file holds it.
    fn explained(&self, source: &Source, error: Diagnostic) -> Diagnostic {
        let sources = self.plan.jinja.sources();
        match self.session.take_error() {
            Some((said, sql)) if error.message.contains(&said.message) => {
                let owner = format!("source {}.{}", source.source_name, source.name);
                let told = fault::from_warehouse(&said, &sql, &owner, None, sources);
                Diagnostic { trace: fault::own_frames(error.trace, self.plan), ..told }
            }
            _ => Diagnostic { trace: fault::own_frames(error.trace, self.plan), ..error },
        }
    }
}

/// `Runtime Error in source orders (models/sources.yml)`.
fn heading(source: &Source, error: &Diagnostic) -> String {
    format!("{} in source {} ({})", error.code.family().title(), source.name, source.original_file_path)
}

/// dbt's verdict: an error where that threshold is passed, else a warning, else a pass.
fn judge(freshness: Option<&Freshness>, seconds: f64) -> Status {
    let passed = |after: Option<&(i64, String)>| {
        let Some((count, period)) = after else { return false };
        let limit = match period.as_str() {
            "minute" => TimeDelta::try_minutes(*count),
            "hour" => TimeDelta::try_hours(*count),
            _ => TimeDelta::try_days(*count),
        };
        // Nothing is as old as what does not fit.
        limit.is_some_and(|limit| seconds > limit.as_seconds_f64())
    };
    match freshness {
        Some(freshness) if passed(freshness.error_after.as_ref()) => Status::Error,
        Some(freshness) if passed(freshness.warn_after.as_ref()) => Status::Warn,
        _ => Status::Pass,
    }
}

/// What stands for no row at all, as in dbt: the first moment of the first year.
fn long_ago() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN).and_utc()
}

/// A point in time; one without a zone is meant in UTC.
fn moment(source: &Source, cell: &Cell) -> Result<DateTime<Utc>> {
    let kind = match cell {
        Cell::Timestamp(time) => return Ok(time.and_utc()),
        Cell::TimestampTz(time) => return Ok(time.to_utc()),
        Cell::Null => "a null",
        Cell::Date(_) => "a date",
        Cell::Text(_) => "a text",
        _ => "something else",
    };
    let field = source.loaded_at_query.as_ref().map_or(source.loaded_at_field.as_deref(), |_| None);
    let field = field.map_or_else(|| "`loaded_at_query`".to_owned(), |field| format!("`{field}`"));
    let message =
        format!("expected a timestamp from {field} of {}, but received {kind}", source.relation.name());
    let help = "cast it, as in `loaded_at_field: \"loaded_on::timestamp\"`";
    Err(Box::new(Diagnostic::error(Code::FreshnessUnknown, message).label_opt(source.span, "").help(help)))
}

fn wrong<T>(source: &Source, name: &str, found: &str) -> Result<T> {
    let message = format!("the macro `{name}` returned {found}, not one row of two columns");
    Err(Box::new(Diagnostic::error(Code::FreshnessUnknown, message).label_opt(source.span, "")))
}
