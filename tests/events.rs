//! JSON log lines: `tests/events/expected.txt` has every event of a build with one thread in its order, with dbt's
//! name and code for it, its level, who says it, and the keys of its data.
//!
//! What Python dbt 1.12 says of the same project has the same names, codes and keys. It also tells of its partial parser
//! (`I024`, `I025`), of usage events (`Z040`, `Z042`, `Z043`), of connections that it closes after each node (`E010`),
//! and before each statement on which connection that goes (`E015`); none of this is there to be told.

use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{expect, root, scratch, teal};

/// The trials.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("events::build", build)]
}

fn build() -> Result<(), Failed> {
    let folder = root().join("tests/events");
    let project = scratch(&folder)?;
    let line = "--log-format-file json --log-level-file debug --show-resource-report build --threads 1";
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let (code, output) = teal(project.path(), &words)?;
    if code != 0 {
        return Err(output.into());
    }
    let log = fs::read_to_string(project.path().join("logs/dbt.log"))?;
    let mut told = String::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line)?;
        let info = |key: &str| event["info"][key].as_str().unwrap_or_default().to_owned();
        let keys = match event["data"].as_object() {
            // Which flags there are is no matter of events.
            Some(_) if info("name") == "MainReportArgs" => "args".to_owned(),
            Some(data) => data.keys().cloned().collect::<Vec<_>>().join(" "),
            None => "nothing".to_owned(),
        };
        let (name, code, level) = (info("name"), info("code"), info("level"));
        let node = event["data"]["node_info"]["unique_id"].as_str().unwrap_or_default();
        let status = event["data"]["node_info"]["node_status"].as_str().unwrap_or_default();
        let of = if node.is_empty() { String::new() } else { format!(" [{node} {status}]") };
        told.push_str(&format!("{name} {code} {level} {}{of}: {keys}\n", info("thread")));
    }
    expect(&folder.join("expected.txt"), &told)
}
