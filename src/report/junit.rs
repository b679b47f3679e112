//! JUnit's XML: a suite for tests and one for each other kind of node, and one for diagnostics.

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

use super::{Findings, Item, Level, Region};
use crate::manifest::{NodeResult, Status};

/// An XML document.
pub(super) fn report(findings: &Findings<'_>) -> String {
    let mut report = Report::new(&findings.command);
    report.set_timestamp(findings.started_at);
    report.set_time(seconds(findings.elapsed));
    let mut suites: IndexMap<String, TestSuite> = IndexMap::new();
    let mut add = |name: &str, case: TestCase| {
        suites.entry(name.to_owned()).or_insert_with(|| TestSuite::new(name)).add_test_case(case);
    };
    for diagnostic in findings.diagnostics {
        let item = findings.of_diagnostic(diagnostic, None);
        if item.level == Level::Error {
            add("project", broken(&item));
        }
    }
    for result in findings.results {
        let kind = result.unique_id.split('.').next().unwrap_or_default();
        add(kind, case(findings, result));
    }
    report.add_test_suites(suites.into_values());
    // Writing into memory fails only for a report that cannot be written at all.
    report.to_string().unwrap_or_default()
}

/// A mistake that ended the command.
fn broken(item: &Item<'_>) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(&item.code).set_message(&item.message);
    status.set_description(described(item));
    let mut case = TestCase::new(item.region.as_ref().map_or_else(|| item.code.clone(), shown), status);
    place(&mut case, item.region.as_ref());
    case
}

fn case(findings: &Findings<'_>, result: &NodeResult) -> TestCase {
    let status = match result.status {
        Status::Success | Status::Pass | Status::Warn | Status::NoOp => TestCaseStatus::success(),
        Status::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(result.message.as_deref().unwrap_or("skipped"));
            status
        }
        _ => {
            // A failure is what a test found; an error is what kept a node from running.
            let found = result.status == Status::Fail && findings.is_test(result);
            let kind = if found { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            if let Some(item) = findings.of_result(result) {
                status.set_type(&item.code).set_message(&item.message).set_description(described(&item));
            }
            status
        }
    };
    let node = findings.node(result);
    let name = node.map_or(&*result.unique_id, |node| node.name.as_str());
    let mut case = TestCase::new(name, status);
    case.set_time(seconds(result.execution_time));
    if let Some(node) = node {
        let folders = &node.fqn[..node.fqn.len().saturating_sub(1)];
        case.set_classname(folders.join("."));
        place(&mut case, Some(&findings.home(node)));
    }
    if result.status == Status::Warn
        && let Some(message) = &result.message
    {
        case.set_system_out(format!("warning: {message}"));
    }
    case
}

fn place(case: &mut TestCase, at: Option<&Region>) {
    if let Some(at) = at {
        case.extra.insert("file".into(), at.path.as_str().into());
        case.extra.insert("line".into(), at.line.to_string().into());
    }
}

fn described(item: &Item<'_>) -> String {
    let place = item.region.as_ref().map(shown);
    let help = item.help.map(|help| format!("help: {help}"));
    [Some(item.message.clone()), place, help].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn shown(at: &Region) -> String {
    format!("{}:{}:{}", at.path, at.line, at.column)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
