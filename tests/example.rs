//! The example project: built twice in a copy, as of one day and a month on, so that the figures went through the
//! incremental paths; documented to the last column; and its figures worked out again.
//!
//! Each file of `tests/example/` but `landing.sql` holds two queries, `-- = landed` over the landed files (as
//! `landing.sql` reads them, with nothing of the project's own SQL) and `-- = built` over the tables that
//! `teal build` made. Their rows are the same, in any order. All trials share one build.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{python_has, query, root, scratch, teal};

/// One trial a file of figures, and those of the build as such.
pub(crate) fn cases() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("example::builds", builds),
        Trial::test("example::builds_again", builds_again),
        Trial::test("example::is_documented", is_documented),
        Trial::test("example::laboratory", laboratory).with_ignored_flag(!has_laboratory()),
    ];
    let files = fs::read_dir(root().join("tests/example")).into_iter().flatten().flatten();
    for path in files.map(|entry| entry.path()).filter(|path| !path.ends_with("landing.sql")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        trials.push(Trial::test(format!("example::figures::{name}"), move || figures(&path)));
    }
    trials
}

/// Whether Python has what the models of the laboratory need.
fn has_laboratory() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| python_has("duckdb pandas"))
}

/// A copy of the project, and what a build as of the end of May, one a month on, one of the laboratory (where there is
/// Python) and `docs generate` said; how fresh its sources are is asked before.
struct Example {
    folder: tempfile::TempDir,
    first: (i32, String),
    second: (i32, String),
    laboratory: Option<(i32, String)>,
    docs: (i32, String),
}

fn example() -> Result<&'static Example, Failed> {
    static EXAMPLE: OnceLock<Result<Example, String>> = OnceLock::new();
    let make = || {
        let folder = scratch(&root().join("example_project"))?;
        let run =
            |words: &[&str]| teal(folder.path(), &words.iter().map(ToString::to_string).collect::<Vec<_>>());
        let first = run(&["build", "--vars", "{as_of: '2025-05-31'}"])?;
        let second = run(&["build"])?;
        let words = ["HARBORLINE_PYTHON=yes", "build", "--select", "tag:laboratory"];
        let laboratory = has_laboratory().then(|| run(&words)).transpose()?;
        run(&["source", "freshness"])?;
        let docs = run(&["docs", "generate"])?;
        Ok(Example { folder, first, second, laboratory, docs })
    };
    let built =
        EXAMPLE.get_or_init(|| make().map_err(|e: Failed| e.message().unwrap_or_default().to_owned()));
    built.as_ref().map_err(|e| e.as_str().into())
}

/// The folder of the project once it is built and documented.
pub(crate) fn folder() -> Result<&'static Path, Failed> {
    Ok(example()?.folder.path())
}

/// The last line of what a command printed: the counts.
fn counts(printed: &str) -> Option<&str> {
    printed.lines().filter_map(|line| line.split_once("Done. ")).map(|(_, counts)| counts).next_back()
}

fn builds() -> Result<(), Failed> {
    green(&example()?.first)
}

/// The second build takes the incremental paths; as many nodes pass.
fn builds_again() -> Result<(), Failed> {
    let example = example()?;
    green(&example.second)?;
    let (first, second) = (counts(&example.first.1), counts(&example.second.1));
    if first == second { Ok(()) } else { Err(format!("{first:?}, then {second:?}").into()) }
}

/// The Python model is built and its tests pass.
fn laboratory() -> Result<(), Failed> {
    let (code, printed) = example()?.laboratory.as_ref().ok_or("there is no Python")?;
    let built = printed.contains("OK created python table model laboratory.lab_active_user_trend");
    if *code == 0 && built { Ok(()) } else { Err(format!("exited with {code}\n{printed}").into()) }
}

/// Nothing failed, and nothing is warned of but the two tests that are meant to.
fn green((code, printed): &(i32, String)) -> Result<(), Failed> {
    let as_meant = counts(printed).is_some_and(|counts| counts.contains(" WARN=2 ERROR=0 SKIP=0 "));
    if *code == 0 && as_meant { Ok(()) } else { Err(format!("exited with {code}\n{printed}").into()) }
}

/// Every relation in the warehouse is in the catalog, and each of its columns has a description.
fn is_documented() -> Result<(), Failed> {
    let example = example()?;
    if example.docs.0 != 0 {
        return Err(example.docs.1.as_str().into());
    }
    let read = |name: &str| -> Result<Value, Failed> {
        Ok(serde_json::from_slice(&fs::read(example.folder.path().join("target").join(name))?)?)
    };
    let (manifest, catalog) = (read("manifest.json")?, read("catalog.json")?);
    let relations = catalog["nodes"].as_object().ok_or("the catalog has no nodes")?;
    let mut missing = Vec::new();
    for (id, relation) in relations {
        let node = &manifest["nodes"][id];
        let described = |value: &Value| value["description"].as_str().is_some_and(|text| !text.is_empty());
        if !described(node) {
            missing.push(id.clone());
        }
        for column in relation["columns"].as_object().into_iter().flatten().map(|(name, _)| name) {
            if !described(&node["columns"][column]) {
                missing.push(format!("{id}.{column}"));
            }
        }
    }
    if relations.len() < 50 {
        missing.push(format!("only {} relations are in the catalog", relations.len()));
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("undocumented:\n{}", missing.join("\n")).into()) }
}

fn figures(file: &Path) -> Result<(), Failed> {
    let folder = example()?.folder.path();
    let text = fs::read_to_string(file)?;
    let (_, queries) = text.split_once("-- = landed\n").ok_or("there is no `-- = landed`")?;
    let (landed, built) = queries.split_once("-- = built\n").ok_or("there is no `-- = built`")?;
    let connection = duckdb::Connection::open_in_memory()?;
    let shown = folder.to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!(
        "attach '{shown}/harborline.duckdb' as harborline (read_only); use harborline; set file_search_path = '{shown}';"
    ))?;
    connection.execute_batch(&fs::read_to_string(file.with_file_name("landing.sql"))?)?;
    let landed = query(&connection, landed)?;
    let built = query(&connection, built)?;
    if landed.is_empty() {
        return Err("the landed files say nothing".into());
    }
    if landed == built {
        return Ok(());
    }
    let only = |these: &[String], those: &[String]| {
        let others: Vec<_> = these.iter().filter(|row| !those.contains(row)).take(10).cloned().collect();
        others.join("\n")
    };
    Err(format!("by the landed files:\n{}\nas built:\n{}", only(&landed, &built), only(&built, &landed))
        .into())
}
