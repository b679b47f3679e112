//! Teal's own report: every diagnostic with its labels and trace, every result.

use serde_json::{Value, json};

use super::{Findings, Region};
use crate::diagnostic::{Diagnostic, Label};
use crate::manifest::NodeResult;

/// One JSON object; docs/ci.md names its keys.
pub(super) fn report(findings: &Findings<'_>) -> String {
    let diagnostics: Vec<_> = findings.diagnostics.iter().map(|d| diagnostic(findings, d)).collect();
    let results: Vec<_> = findings.results.iter().map(|r| result(findings, r)).collect();
    let document = json!({
        "version": 1,
        "command": findings.command,
        "invocation_id": findings.invocation_id,
        "started_at": findings.started_at.to_rfc3339(),
        "elapsed": findings.elapsed,
        "success": findings.passed,
        "diagnostics": diagnostics,
        "results": results,
    });
    format!("{document:#}\n")
}

fn diagnostic(findings: &Findings<'_>, said: &Diagnostic) -> Value {
    let label = |label: &Label| json!({"place": place(findings.region(label.span)), "text": label.text});
    let item = findings.of_diagnostic(said, None);
    let frame = |frame: &crate::diagnostic::Frame| {
        let at = frame.span.and_then(|span| findings.region(span));
        json!({"macro": frame.name, "place": place(at)})
    };
    json!({
        "code": item.code,
        "severity": item.level.as_str(),
        "message": item.message,
        "help": item.help,
        "place": place(item.region),
        "labels": said.labels.iter().map(label).collect::<Vec<_>>(),
        "trace": said.trace.iter().map(frame).collect::<Vec<_>>(),
    })
}

fn result(findings: &Findings<'_>, result: &NodeResult) -> Value {
    let node = findings.node(result);
    json!({
        "unique_id": &*result.unique_id,
        "name": node.map(|node| node.name.as_str()),
        "resource_type": node.map(|node| node.resource_type().as_str()),
        "status": result.status.as_str(),
        "message": result.message,
        "failures": result.failures,
        "execution_time": result.execution_time,
        "relation_name": result.relation_name,
        "place": place(node.map(|node| findings.home(node))),
        "diagnostic": result.diagnostic.as_ref().map(|said| diagnostic(findings, said)),
    })
}

fn place(at: Option<Region>) -> Value {
    at.map_or(Value::Null, |at| {
        json!({"file": at.path, "line": at.line, "column": at.column, "end_line": at.end_line,
            "end_column": at.end_column})
    })
}
