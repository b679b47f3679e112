//! `teal checks` and `teal query`: what the built-in rules find in `tests/checks/bad`, that they find nothing in
//! `tests/checks/good`, and what the tables hold of that, in `tests/checks/queries.txt`: a query, `-- expect`, its rows
//! as CSV. `UPDATE_EXPECT=1` rewrites both expectations.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{expect, root, scratch, teal};

pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("checks::bad", bad),
        Trial::test("checks::good", good),
        Trial::test("checks::queries", queries),
        Trial::test("checks::example_project", example_project),
    ]
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The exit code, and what rules find in a project, one a line: rule, severity, place and message.
fn found(project: &Path, line: &str) -> Result<(i32, Vec<String>), Failed> {
    let mut line = words(line);
    line.extend(words("--output-format json --output-file report.json"));
    let (code, printed) = teal(project, &line)?;
    let report = fs::read(project.join("report.json")).map_err(|error| format!("{error}\n{printed}"))?;
    let report: Value = serde_json::from_slice(&report)?;
    let all = report["diagnostics"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = all.map(|one| {
        let (code, severity, message) = (text(&one["code"]), text(&one["severity"]), text(&one["message"]));
        format!("{code} {severity} {}:{} {message}", text(&one["place"]["file"]), one["place"]["line"])
    });
    Ok((code, lines.collect()))
}

/// Each built-in rule finds what it is for, and no more.
fn bad() -> Result<(), Failed> {
    let folder = root().join("tests/checks");
    let project = scratch(&folder.join("bad"))?;
    // Places are those of files, with or without a limit to what is printed.
    let (code, lines) = found(project.path(), "checks --limit 0")?;
    if code != 0 {
        return Err(format!("exited with {code}:\n{}", lines.join("\n")).into());
    }
    let seen: BTreeSet<_> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    let silent = teal::command::built_in_rules().into_iter().map(|(name, _)| name);
    let silent: Vec<_> = silent.filter(|name| !seen.contains(format!("rule/{name}").as_str())).collect();
    if !silent.is_empty() {
        return Err(format!("nothing is found by {}", silent.join(", ")).into());
    }
    expect(&folder.join("bad.txt"), &(lines.join("\n") + "\n"))
}

fn good() -> Result<(), Failed> {
    nothing(&root().join("tests/checks/good"), "checks")
}

/// The example project keeps its own rules.
fn example_project() -> Result<(), Failed> {
    nothing(&root().join("example_project"), "checks --select project")
}

fn nothing(project: &Path, line: &str) -> Result<(), Failed> {
    let project = scratch(project)?;
    match found(project.path(), line)? {
        (0, lines) if lines.is_empty() => Ok(()),
        (code, lines) => Err(format!("exited with {code}:\n{}", lines.join("\n")).into()),
    }
}

/// What the tables hold of a project that is built.
fn queries() -> Result<(), Failed> {
    let folder = root().join("tests/checks");
    let project = scratch(&folder.join("good"))?;
    for line in ["-q seed", "-q build", "-q docs generate --no-compile"] {
        let (code, printed) = teal(project.path(), &words(line))?;
        if code != 0 {
            return Err(format!("`{line}` exited with {code}:\n{printed}").into());
        }
    }
    let text = fs::read_to_string(folder.join("queries.txt"))?;
    let mut actual = String::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let sql = block.split("\n-- expect").next().unwrap_or(block).trim();
        let line = ["query", "--output", "csv", sql].map(str::to_owned);
        let (code, rows) = teal(project.path(), &line)?;
        if code != 0 {
            return Err(format!("exited with {code}:\n{sql}\n{rows}").into());
        }
        write!(actual, "{sql}\n-- expect\n{}\n\n", rows.trim_end())?;
    }
    expect(&folder.join("queries.txt"), &actual)
}
