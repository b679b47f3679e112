//! What is left of a run that is killed, and what is taken up of it; and seeds too large to be compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::teal;

/// How many models the killed run has.
const MODELS: usize = 200;
/// How many of them are done when it is killed.
const DONE: usize = 40;

/// The trials.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("retry::killed", killed),
        Trial::test("retry::killed_between_batches", killed_between_batches),
        Trial::test("retry::cut_journal", cut_journal),
        Trial::test("retry::large_seed", large_seed),
    ]
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn project(folder: &Path, models: impl IntoIterator<Item = (String, String)>) -> Result<(), Failed> {
    fs::write(folder.join("dbt_project.yml"), "name: shop\nversion: '1.0'\n")?;
    fs::create_dir_all(folder.join("models"))?;
    for (name, sql) in models {
        fs::write(folder.join("models").join(format!("{name}.sql")), sql)?;
    }
    Ok(())
}

/// Tables, each made from the one before it.
fn chain() -> impl Iterator<Item = (String, String)> {
    (0..MODELS).map(|at| {
        let from = if at == 0 { String::new() } else { format!(" from {{{{ ref('m{:03}') }}}}", at - 1) };
        (format!("m{at:03}"), format!("{{{{ config(materialized='table') }}}} select {at} as id{from}"))
    })
}

/// Starts a run and kills it with a signal that it cannot hear, once its journal has so many lines.
fn kill_at(folder: &Path, line: &str, lines: usize) -> Result<(), Failed> {
    let mut run = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(words(line))
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let journal = folder.join("target/run_results.jsonl");
    while fs::read_to_string(&journal).unwrap_or_default().lines().count() < lines {
        if run.try_wait()?.is_some() {
            return Err("the run ended before it could be killed".into());
        }
        sleep(Duration::from_millis(1));
    }
    run.kill()?;
    run.wait()?;
    Ok(())
}

/// The first line of the journal and the others.
fn journal(folder: &Path) -> Result<(Value, Vec<Value>), Failed> {
    let text = fs::read_to_string(folder.join("target/run_results.jsonl"))?;
    let mut lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    let plan = lines.next().ok_or("the journal has no plan")?;
    Ok((plan, lines.collect()))
}

fn ids(results: &[Value]) -> BTreeSet<String> {
    results.iter().filter_map(|result| result["unique_id"].as_str()).map(str::to_owned).collect()
}

fn results(folder: &Path) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&fs::read(folder.join("target/run_results.json"))?)?)
}

/// 200 models, killed after some of them: `retry` runs exactly the others, and then there is nothing to do.
fn killed() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    project(folder, chain())?;
    // Results of an earlier run stand beside the journal, and are not taken for those of the killed one.
    let (code, text) = teal(folder, &words("run --select m000"))?;
    if code != 0 {
        return Err(text.into());
    }
    kill_at(folder, "run --threads 2 --vars {\"number\":7}", DONE + 1)?;
    let (plan, lines) = journal(folder)?;
    let planned: BTreeSet<String> = plan["planned"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let done = ids(&lines);
    if planned.len() != MODELS || done.len() < DONE || done.len() == MODELS {
        return Err(format!("{} of {} were done", done.len(), planned.len()).into());
    }
    let (code, text) = teal(folder, &words("retry"))?;
    if code != 0 {
        return Err(text.into());
    }
    let retried = results(folder)?;
    let again = ids(retried["results"].as_array().map_or(&[][..], Vec::as_slice));
    let rest: BTreeSet<String> = planned.difference(&done).cloned().collect();
    if again != rest {
        return Err(format!("retried {again:?}, not {rest:?}").into());
    }
    if retried["args"]["vars"] != serde_json::json!({"number": 7}) || retried["args"]["which"] != "run" {
        return Err(format!("the arguments are {}", retried["args"]).into());
    }
    let (plan, lines) = journal(folder)?;
    if ids(&lines) != rest || plan["planned"].as_array().map(Vec::len) != Some(rest.len()) {
        return Err("the journal of the second run tells of other nodes".into());
    }
    let (code, text) = teal(folder, &words("retry"))?;
    if code != 0 || !text.contains("Nothing to do") {
        return Err(text.into());
    }
    Ok(())
}

/// A microbatch model, killed after some batches: `retry` builds exactly the others.
fn killed_between_batches() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    let mut source = "{{ config(materialized='table', event_time='day') }}\n".to_owned();
    write!(
        source,
        "select unnest(generate_series(date '2024-01-01', date '2024-03-31', interval 1 day)) as day"
    )?;
    let events = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', \
                  begin='2024-01-01', batch_size='day', concurrent_batches=false) }}\n\
                  select day, '{{ invocation_id }}' as run from {{ ref('days') }}";
    project(folder, [("days".to_owned(), source), ("events".to_owned(), events.to_owned())])?;
    let line = "run --event-time-start 2024-01-01 --event-time-end 2024-04-01";
    // The plan, the table of days, the batches that are to come and thirty of them.
    kill_at(folder, line, 33)?;
    let (_, lines) = journal(folder)?;
    let done = lines.iter().filter(|line| line["batch"].is_array()).count();
    let (code, text) = teal(folder, &words("retry"))?;
    if code != 0 {
        return Err(text.into());
    }
    let retried = results(folder)?;
    let successful = &retried["results"][0]["batch_results"]["successful"];
    let total = successful.as_array().map_or(0, Vec::len);
    let begun = text.lines().filter(|line| line.contains("START batch")).count();
    // January, February of a leap year and March.
    if retried["results"].as_array().map(Vec::len) != Some(1) || total != 91 || begun != 91 - done {
        return Err(format!("{done} batches were done, {begun} begun again, {total} told of\n{text}").into());
    }
    let rows = "select count(*) as rows, count(distinct day) as days from {{ ref('events') }}";
    let (_, shown) =
        teal(folder, &["show", "--inline", rows, "--output", "json", "--quiet"].map(str::to_owned))?;
    let shown: Value = serde_json::from_str(&shown)?;
    if shown["show"][0] != serde_json::json!({"rows": 91, "days": 91}) {
        return Err(format!("the table has {shown}").into());
    }
    Ok(())
}

/// A journal whose last line was cut off counts up to it; one that begins with no plan is told.
fn cut_journal() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    project(folder, ["a", "b", "c"].map(|name| (name.to_owned(), "select 1 as id".to_owned())))?;
    teal(folder, &words("run --threads 1"))?;
    fs::remove_file(folder.join("target/run_results.json"))?;
    let path = folder.join("target/run_results.jsonl");
    let text = fs::read_to_string(&path)?;
    fs::write(&path, &text[..text.len() - 20])?;
    let (code, told) = teal(folder, &words("retry"))?;
    if code != 0 || !told.contains("1 of 1 OK created sql view model main.c") {
        return Err(told.into());
    }
    fs::remove_file(folder.join("target/run_results.json"))?;
    fs::write(&path, "{\"planned\": 3}\n")?;
    let (code, told) = teal(folder, &words("retry"))?;
    if code != 2 || !told.contains("[state-invalid]") {
        return Err(told.into());
    }
    Ok(())
}

/// A seed above the limit is known by its path: that is said; with a higher limit it is compared.
fn large_seed() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    project(folder, [])?;
    fs::create_dir_all(folder.join("seeds"))?;
    let rows = |word: &str| format!("id,word\n{}", format!("1,{word}\n").repeat(200_000));
    fs::write(folder.join("seeds/large.csv"), rows("before"))?;
    teal(folder, &words("parse --target-path small"))?;
    teal(folder, &words("parse --target-path whole --maximum-seed-size-mib 0"))?;
    fs::write(folder.join("seeds/large.csv"), rows("behind"))?;
    let (_, text) = teal(folder, &words("ls --select state:modified --state small"))?;
    if !text.contains("[seed-not-compared]") || text.lines().any(|line| line == "shop.large") {
        return Err(text.into());
    }
    let whole = "--quiet ls --select state:modified --state whole --maximum-seed-size-mib 0";
    let (_, text) = teal(folder, &words(whole))?;
    if text != "shop.large\n" {
        return Err(text.into());
    }
    Ok(())
}
