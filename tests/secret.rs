//! Secrets: what is in a variable `DBT_ENV_SECRET_…`, or is a password of the profile, is told nowhere, whichever way
//! it comes: not on a stream, in the log, in an artifact, or in the compiled SQL.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::case::{root, scratch};

/// Trials of secrets.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("secret::told_nowhere", told_nowhere),
        Trial::test("secret::kept_for_no_retry", kept_for_no_retry),
    ]
}

/// With characters that JSON writes in another way.
const SECRET: &str = r"hunter2\secret";
/// Of the profile.
const PASSWORD: &str = "correct-horse-battery";
/// A password that is the name of a schema as well, by which other tools find things.
const NAME: &str = "main";

/// Runs a command line with the secret in it; gives the exit code and everything it printed.
fn run(folder: &Path, line: &str) -> Result<(i32, String), Failed> {
    let words: Vec<_> = line.split('|').map(|word| word.replace("SECRET", SECRET)).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(&words)
        .current_dir(folder)
        .env("DBT_ENV_SECRET_TOKEN", SECRET)
        .env("DBT_ENV_SECRET_NAME", NAME)
        .env("DBT_ENV_CUSTOM_ENV_TOKEN", SECRET)
        .output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned()))
}

/// Fails where a text has a secret, as it is or as JSON writes it.
fn search(what: &str, text: &str) -> Result<(), Failed> {
    let json = serde_json::to_string(SECRET)?;
    let found = [SECRET, json.trim_matches('"'), PASSWORD].iter().any(|secret| text.contains(secret));
    if found { Err(format!("{what} has the secret:\n{text}").into()) } else { Ok(()) }
}

/// Runs each line of `tests/secret/cmd`, and looks for the secrets in all that was printed, logged and written.
fn told_nowhere() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/secret"))?;
    let folder = project.path();
    let mut seen = Vec::new();
    for line in fs::read_to_string(root().join("tests/secret/cmd"))?.lines() {
        let (_, text) = run(folder, line)?;
        search(&format!("`teal {line}`"), &text)?;
        if !text.contains("*****") {
            return Err(format!("`teal {line}` does not come to tell of it:\n{text}").into());
        }
        for place in ["target", "logs", "events.jsonl", "report.json"] {
            for entry in walkdir::WalkDir::new(folder.join(place)).into_iter().flatten() {
                if entry.file_type().is_file() {
                    let name = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
                    let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
                    search(&format!("{name}, which `teal {line}` wrote,"), &text)?;
                    if text.contains("*****") {
                        seen.push(name);
                    }
                }
            }
        }
    }
    // All of these have something to hide.
    for name in [
        "logs/dbt.log",
        "target/compiled/shop/models/cast.sql",
        "target/run/shop/models/cast.sql",
        "target/manifest.json",
        "target/run_results.json",
        "target/run_results.jsonl",
        "events.jsonl",
        "report.json",
    ] {
        if !seen.iter().any(|seen| seen == name) {
            return Err(format!("{name} has nothing to hide").into());
        }
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("target/manifest.json"))?)?;
    let node = &manifest["nodes"]["model.shop.named"];
    if node["schema"] != NAME || node["relation_name"] != "\"shop\".\"main\".\"named\"" {
        return Err(format!("a name is struck out: {node:#}").into());
    }
    Ok(())
}

/// A run that was told a secret can be repeated by who tells it again.
fn kept_for_no_retry() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/secret"))?;
    let folder = project.path();
    run(folder, "run|--vars|{token: SECRET}")?;
    let (code, text) = run(folder, "retry")?;
    if code != 2 || !text.contains("there was a secret in `--vars`, which no artifact keeps") {
        return Err(format!("`retry` ended with {code}:\n{text}").into());
    }
    let (code, text) = run(folder, "retry|--vars|{token: '1'}")?;
    if code == 2 { Err(format!("`retry` ended with {code}:\n{text}").into()) } else { Ok(()) }
}
