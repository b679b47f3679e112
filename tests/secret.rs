//! Secrets: what is in a variable `DBT_ENV_SECRET_…` is told nowhere, whichever way it comes.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::case::{root, scratch};

/// Trials of secrets.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("secret::told_nowhere", told_nowhere)]
}

const SECRET: &str = "hunter2secret";

/// Runs each line of `tests/secret/cmd` with the secret in it, and looks for it in what was printed and logged.
fn told_nowhere() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/secret"))?;
    for line in fs::read_to_string(root().join("tests/secret/cmd"))?.lines() {
        let words: Vec<_> = line.split('|').map(|word| word.replace("SECRET", SECRET)).collect();
        let output = Command::new(env!("CARGO_BIN_EXE_teal"))
            .args(&words)
            .current_dir(project.path())
            .env("DBT_ENV_SECRET_TOKEN", SECRET)
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if text.contains(SECRET) {
            return Err(format!("`teal {line}` prints the secret:\n{text}").into());
        }
        if !text.contains("*****") {
            return Err(format!("`teal {line}` does not come to tell of it:\n{text}").into());
        }
    }
    let log = fs::read_to_string(project.path().join(Path::new("logs/dbt.log")))?;
    match (log.contains(SECRET), log.contains("log *****")) {
        (false, true) => Ok(()),
        _ => Err("the log has the secret, or lacks what was logged".into()),
    }
}
