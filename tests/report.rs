//! Reports that a case cannot show: the summary of a job, paths from the repository, events of OpenLineage.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::case::{root, scratch};

/// Trials of reports.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("report::summary_of_a_job", summary_of_a_job),
        Trial::test("report::paths_from_the_repository", paths_from_the_repository),
        Trial::test("report::secrets_are_struck_out", secrets_are_struck_out),
        Trial::test("report::openlineage_file", openlineage_file),
        Trial::test("report::openlineage_service", openlineage_service),
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

/// `eventType` and the job's name of every event, in order.
fn outline(events: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.iter().map(|e| format!("{} {}", text(&e["eventType"]), text(&e["job"]["name"]))).collect()
}

const OUTLINE: &[&str] = &[
    "START dbt-build-reports",
    "START reports.orders",
    "COMPLETE reports.orders",
    "START reports.orders.test",
    "COMPLETE reports.orders.test",
    "START reports.broken",
    "FAIL reports.broken",
    "START reports.paid",
    "COMPLETE reports.paid",
    "START reports.paid.test",
    "COMPLETE reports.paid.test",
    "FAIL dbt-build-reports",
];

fn openlineage_file() -> Result<(), Failed> {
    let repository = repository()?;
    let line = "build --project-dir analytics --threads 1 --openlineage-file events.jsonl";
    teal(repository.path(), line, &[("OPENLINEAGE_NAMESPACE", "shop")])?;
    let text = fs::read_to_string(repository.path().join("events.jsonl"))?;
    let events: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let seen = outline(&events);
    if seen.iter().map(|line| line.trim_end()).ne(OUTLINE.iter().copied()) {
        return Err(format!("{seen:#?}").into());
    }
    let run = &events[0]["run"]["runId"];
    let built = &events[8];
    let tested = &events[10];
    for (found, wanted) in [
        (&built["run"]["facets"]["parent"]["run"]["runId"], run),
        (&built["run"]["runId"], &events[7]["run"]["runId"]),
        (&built["job"]["namespace"], &json!("shop")),
        (&built["inputs"][0]["name"], &json!("reports.main.orders")),
        (&built["inputs"][0]["facets"]["schema"]["fields"][0]["name"], &json!("amount")),
        (&built["outputs"][0]["name"], &json!("reports.main.paid")),
        (&built["outputs"][0]["namespace"], &built["inputs"][0]["namespace"]),
        (&tested["outputs"], &json!([])),
        (
            &tested["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"][0],
            &json!({"assertion": "unique", "success": false, "severity": "error", "name": "unique_paid_id",
                "column": "id", "actual": "1"}),
        ),
    ] {
        if found != wanted {
            return Err(format!("{found} instead of {wanted} in\n{built:#}\n{tested:#}").into());
        }
    }
    contains(&built["job"]["facets"]["sql"]["query"].to_string(), "where amount is not null")?;
    contains(&events[6]["run"]["facets"]["errorMessage"]["message"].to_string(), "amonut")
}

/// A service that takes every event until the line is closed.
fn openlineage_service() -> Result<(), Failed> {
    let repository = repository()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = std::thread::spawn(move || -> std::io::Result<Vec<(String, String)>> {
        let mut requests = Vec::new();
        let (mut stream, _) = listener.accept()?;
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let mut head = String::new();
            while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
            let Some(length) = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            else {
                return Ok(requests);
            };
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            requests.push((head, String::from_utf8_lossy(&body).into_owned()));
            stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")?;
        }
    });
    let line = format!("build --project-dir analytics --threads 1 --openlineage-url http://{address}");
    teal(repository.path(), &line, &[("OPENLINEAGE_API_KEY", "let-me-in")])?;
    let requests = server.join().map_err(|_| "the server panicked")??;
    let events: Vec<Value> =
        requests.iter().map(|(_, body)| serde_json::from_str(body)).collect::<Result<_, _>>()?;
    let seen = outline(&events);
    if seen.iter().map(|line| line.trim_end()).ne(OUTLINE.iter().copied()) {
        return Err(format!("{seen:#?}").into());
    }
    contains(&requests[0].0, "POST /api/v1/lineage HTTP/1.1")?;
    contains(&requests[0].0.to_lowercase(), "authorization: bearer let-me-in")
}
