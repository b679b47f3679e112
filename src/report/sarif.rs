//! SARIF 2.1.0: one run, a rule for each code that was met, a result for each item.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Findings, Item};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A SARIF log.
pub(super) fn report(findings: &Findings<'_>) -> String {
    let items = findings.items();
    let rules: IndexMap<&str, &str> =
        items.iter().map(|item| (item.code.as_str(), item.explanation)).collect();
    let results: Vec<_> = items
        .iter()
        .map(|item| result(item, rules.get_index_of(item.code.as_str()).unwrap_or_default()))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "teal",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|(id, text)| rule(id, text)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": findings.passed,
                "commandLine": findings.command,
                "startTimeUtc": findings.started_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            }],
            "automationDetails": {"guid": findings.invocation_id},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(id: &str, explanation: &str) -> Value {
    let text: Vec<_> = explanation.lines().map(str::trim).collect();
    json!({"id": id, "shortDescription": {"text": text.join(" ").trim()}})
}

fn result(item: &Item<'_>, rule: usize) -> Value {
    let text = match item.help {
        Some(help) => format!("{}\nhelp: {help}", item.message),
        None => item.message.clone(),
    };
    let locations: Vec<_> = item
        .region
        .iter()
        .map(|at| {
            json!({"physicalLocation": {
                "artifactLocation": {"uri": at.path},
                "region": {"startLine": at.line, "startColumn": at.column, "endLine": at.end_line,
                    "endColumn": at.end_column},
            }})
        })
        .collect();
    let mut result = json!({
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": item.level.as_str(),
        "message": {"text": text},
        "locations": locations,
    });
    if let Some(node) = item.node {
        result["properties"] = json!({"unique_id": node});
    }
    result
}
