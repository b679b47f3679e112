//! Artifacts against the schemas dbt publishes, and what a second process sees of a running one.
//!
//! The schemas stand beside the checkout (`../shared/schemas`) or where `TEAL_SCHEMAS` says; without
//! them the trials are reported as ignored.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{root, scratch, teal};

/// One trial an artifact, and one for a locked database.
pub(crate) fn cases() -> Vec<Trial> {
    let folder =
        std::env::var_os("TEAL_SCHEMAS").map_or_else(|| root().join("../shared/schemas"), PathBuf::from);
    let schemas = [
        ("manifest", "manifest-v12.json"),
        ("run_results", "run-results-v6.json"),
        ("sources", "sources-v3.json"),
    ];
    let mut trials: Vec<_> = schemas
        .into_iter()
        .map(|(artifact, schema)| {
            let schema = folder.join(schema);
            let absent = !schema.is_file();
            Trial::test(format!("artifacts::{artifact}"), move || valid(artifact, &schema))
                .with_ignored_flag(absent)
        })
        .collect();
    trials.push(Trial::test("artifacts::database_locked", locked));
    trials
}

/// Builds each case's project that has tests and validates the artifact.
fn valid(artifact: &str, schema: &PathBuf) -> Result<(), Failed> {
    let schema: Value = serde_json::from_slice(&fs::read(schema)?)?;
    let validator = jsonschema::validator_for(&schema)?;
    let cases: &[&str] = match artifact {
        "sources" => &["source_freshness"],
        _ => &[
            "build",
            "data_tests",
            "snapshot",
            "hooks",
            "package",
            "sources_external",
            "unit_tests",
            "macro_unit_tests",
        ],
    };
    for case in cases {
        let folder = scratch(&root().join("tests/cases").join(case))?;
        teal(folder.path(), &["build".into()])?;
        if artifact == "sources" {
            teal(folder.path(), &["source".into(), "freshness".into()])?;
        }
        let text = fs::read(folder.path().join(format!("target/{artifact}.json")))?;
        let value: Value = serde_json::from_slice(&text)?;
        let mistakes: Vec<_> = validator
            .iter_errors(&value)
            .map(|e| format!("{case}: {} at {}", e, e.instance_path()))
            .collect();
        if !mistakes.is_empty() {
            return Err(mistakes.join("\n").into());
        }
    }
    Ok(())
}

/// A database that another process holds: the message names the file, and nothing is half done.
fn locked() -> Result<(), Failed> {
    let folder = scratch(&root().join("tests/cases/build"))?;
    let holder = duckdb::Connection::open(folder.path().join("shop.duckdb"))?;
    let holder_id = format!("process {}", std::process::id());
    let (code, text) = teal(folder.path(), &["build".into()])?;
    drop(holder);
    if code == 0
        || !text.contains("[database-locked]")
        || !text.contains("shop.duckdb")
        || !text.contains(&holder_id)
    {
        return Err(format!("exited with {code}\n{text}").into());
    }
    Ok(())
}
