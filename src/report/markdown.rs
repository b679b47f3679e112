//! The summary of a job as GitHub Actions shows it: Markdown for people.

use std::fmt::Write as _;

use super::{Findings, Level};
use crate::manifest::{NodeResult, Status};

/// How many of the slowest nodes are named.
const SLOWEST: usize = 5;

/// A heading, the counts, what is to be looked at, and the slowest nodes.
pub fn summary(findings: &Findings<'_>) -> String {
    let mut page = String::new();
    let mark = if findings.passed { "✅" } else { "❌" };
    // Writing into a text cannot fail.
    let _ = writeln!(page, "## {mark} `{}`\n", findings.command);
    if !findings.results.is_empty() {
        counts(&mut page, findings.results);
    }
    let items = findings.items();
    for (level, title) in [(Level::Error, "Errors"), (Level::Warning, "Warnings")] {
        let of_level: Vec<_> = items.iter().filter(|item| item.level == level).collect();
        if of_level.is_empty() {
            continue;
        }
        let _ = writeln!(page, "### {title}\n\n| Where | What |\n| --- | --- |");
        for item in of_level {
            let place = item.region.as_ref().map_or(String::new(), |at| format!("`{}:{}`", at.path, at.line));
            let mut text = format!("**{}** {}", cell(&item.title), cell(&item.message));
            if let Some(help) = item.help {
                let _ = write!(text, "<br>help: {}", cell(help));
            }
            let _ = writeln!(page, "| {place} | {text} |");
        }
        page.push('\n');
    }
    slowest(&mut page, findings.results);
    page
}

fn counts(page: &mut String, results: &[NodeResult]) {
    let count = |wanted: &[Status]| results.iter().filter(|result| wanted.contains(&result.status)).count();
    let failed = results.iter().filter(|result| result.status.is_failure()).count();
    let _ = writeln!(
        page,
        "| Passed | Warned | Failed | Skipped | Total |\n| ---: | ---: | ---: | ---: | ---: |"
    );
    let _ = writeln!(
        page,
        "| {} | {} | {failed} | {} | {} |\n",
        count(&[Status::Success, Status::Pass, Status::NoOp]),
        count(&[Status::Warn]),
        count(&[Status::Skipped]),
        results.len()
    );
}

fn slowest(page: &mut String, results: &[NodeResult]) {
    let mut ran: Vec<_> = results.iter().filter(|result| result.execution_time >= 0.01).collect();
    ran.sort_by(|a, b| b.execution_time.total_cmp(&a.execution_time));
    if ran.is_empty() {
        return;
    }
    let _ = writeln!(page, "<details><summary>Slowest nodes</summary>\n\n| Node | Seconds |\n| --- | ---: |");
    for result in ran.into_iter().take(SLOWEST) {
        let _ = writeln!(page, "| `{}` | {:.2} |", result.unique_id, result.execution_time);
    }
    let _ = writeln!(page, "\n</details>");
}

/// Text in a cell of a table: nothing in it may end the cell or start markup.
fn cell(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|");
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("<br>")
}
