//! Reports that depend on where a command runs: the summary of a job, and paths from the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::case::{root, scratch};

/// Trials of reports.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("report::summary_of_a_job", summary_of_a_job),
        Trial::test("report::paths_from_the_repository", paths_from_the_repository),
        Trial::test("report::secrets_are_struck_out", secrets_are_struck_out),
    ]
}

/// A repository with the project of the case `reports` in `analytics/`.
fn repository() -> Result<tempfile::TempDir, Failed> {
    let project = scratch(&root().join("tests/cases/reports"))?;
    let repository = tempfile::tempdir()?;
    fs::create_dir(repository.path().join(".git"))?;
    fs::rename(project.path(), repository.path().join("analytics"))?;
    Ok(repository)
}

/// Runs the binary in a repository; returns standard output.
fn teal(repository: &Path, line: &str, environment: &[(&str, &str)]) -> Result<String, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(line.split(' '))
        .current_dir(repository)
        .env_clear()
        .envs(std::env::vars().filter(|(key, _)| key == "PATH" || key.starts_with("LD_")))
        .envs(environment.iter().copied())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn contains(text: &str, wanted: &str) -> Result<(), Failed> {
    if text.contains(wanted) { Ok(()) } else { Err(format!("no `{wanted}` in:\n{text}").into()) }
}

fn summary_of_a_job() -> Result<(), Failed> {
    let repository = repository()?;
    let summary = repository.path().join("summary.md");
    fs::write(&summary, "before\n")?;
    let shown = summary.to_string_lossy();
    let line = "build --project-dir analytics --threads 1";
    teal(repository.path(), line, &[("GITHUB_STEP_SUMMARY", &*shown)])?;
    let text = fs::read_to_string(&summary)?;
    for wanted in [
        "before\n## ❌ `teal build`\n",
        "| Passed | Warned | Failed | Skipped | Total |\n| ---: | ---: | ---: | ---: | ---: |\n| 2 | 1 | 2 | 1 | 6 |",
        "| `analytics/models/broken.sql:3` | **model.reports.broken failed** Binder Error",
        "| `analytics/models/properties.yml:13` | **not_null_orders_amount warned** Got 1 result",
        "<br>help: did you mean `description`?",
    ] {
        contains(&text, wanted)?;
    }
    Ok(())
}

fn paths_from_the_repository() -> Result<(), Failed> {
    let repository = repository()?;
    let line = "parse --project-dir analytics --output-format gitlab";
    let found = teal(repository.path(), line, &[])?;
    contains(&found, r#""path": "analytics/models/properties.yml""#)?;
    let elsewhere = repository.path().join("analytics").to_string_lossy().into_owned();
    let found = teal(repository.path(), line, &[("GITHUB_WORKSPACE", &elsewhere)])?;
    contains(&found, r#""path": "models/properties.yml""#)?;
    let line = "parse --project-dir analytics --output-format sarif --output-file reports/teal.sarif";
    teal(repository.path(), line, &[])?;
    let written = fs::read_to_string(repository.path().join("reports/teal.sarif"))?;
    contains(&written, r#""uri": "analytics/models/properties.yml""#)
}

fn secrets_are_struck_out() -> Result<(), Failed> {
    let repository = repository()?;
    let summary = repository.path().join("summary.md").to_string_lossy().into_owned();
    let environment = [("DBT_ENV_SECRET_WORD", "descripton"), ("GITHUB_STEP_SUMMARY", &*summary)];
    for format in ["json", "junit", "sarif", "gitlab", "github"] {
        let line = format!("parse --project-dir analytics --output-format {format}");
        let found = teal(repository.path(), &line, &environment)?;
        if found.contains("descripton") {
            return Err(format!("{format} shows the secret:\n{found}").into());
        }
    }
    let text = fs::read_to_string(&summary)?;
    if text.contains("descripton") { Err(text.into()) } else { contains(&text, "`*****` is not a key") }
}
