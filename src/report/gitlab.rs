//! The Code Quality report of GitLab: a list of issues with a fingerprint each.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Findings, Item, Level};

/// A JSON list.
pub(super) fn report(findings: &Findings<'_>) -> String {
    let items: Vec<Value> = findings.items().iter().map(issue).collect();
    format!("{:#}\n", Value::Array(items))
}

fn issue(item: &Item<'_>) -> Value {
    let (path, line) = item.region.as_ref().map_or(("dbt_project.yml", 1), |at| (&at.path, at.line));
    let severity = match item.level {
        Level::Warning => "minor",
        Level::Error => "major",
    };
    json!({
        "description": item.message,
        "check_name": item.code,
        "fingerprint": fingerprint(item, path),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    })
}

/// The same from run to run while the mistake is the same, whatever line it moves to.
fn fingerprint(item: &Item<'_>, path: &str) -> String {
    let parts = [item.code.as_str(), path, item.node.unwrap_or_default(), &item.message];
    Sha256::digest(parts.join("\0")).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
