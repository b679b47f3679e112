//! What a killed run leaves: the next one succeeds and makes the same tables as if nothing had happened.
//!
//! `TEAL_KILLS` says how many runs to kill (20 where it does not); `tests/crash/` is the project, which
//! seeds, adds to tables in two ways, rebuilds one and keeps a history.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{root, scratch, teal};

/// After how many runs a database is begun anew.
const ROUNDS: usize = 5;

/// What is compared.
const TABLES: [&str; 5] = ["names", "events", "log", "totals", "history"];

/// The trials of this file.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("crash::killed_runs", killed_runs)]
}

fn killed_runs() -> Result<(), Failed> {
    let kills = std::env::var("TEAL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let undisturbed = scratch(&root().join("tests/crash"))?;
    let mut expected = Vec::new();
    let mut longest = Duration::ZERO;
    for round in 1..=ROUNDS {
        let started = Instant::now();
        run(undisturbed.path(), round)?;
        longest = longest.max(started.elapsed());
        expected.push(tables(undisturbed.path())?);
    }
    let mut folder = scratch(&root().join("tests/crash"))?;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut interrupted = 0;
    for kill in 0..kills {
        let round = kill % ROUNDS + 1;
        if round == 1 {
            folder = scratch(&root().join("tests/crash"))?;
        }
        // xorshift: the same moments each time, as far as a machine allows.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let part = f64::from(u32::try_from(random >> 32)?) / f64::from(u32::MAX);
        let mut child = Command::new(env!("CARGO_BIN_EXE_teal"))
            .args(arguments(round))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        std::thread::sleep(longest.mul_f64(part));
        child.kill()?;
        interrupted += usize::from(child.wait()?.code().is_none());
        whole(&folder.path().join("target/run_results.json"))?;
        whole(&folder.path().join("target/manifest.json"))?;
        run(folder.path(), round).map_err(|error| after(kill, part, &error))?;
        let found = tables(folder.path())?;
        if found != expected[round - 1] {
            let wanted = &expected[round - 1];
            let message = format!("killed at {part:.3} of run {kill}: {found:?} instead of {wanted:?}");
            return Err(message.into());
        }
    }
    // Else nothing was shown: a run that ended by itself is no killed run.
    if interrupted * 2 < kills {
        return Err(format!("only {interrupted} of {kills} runs were killed in time").into());
    }
    Ok(())
}

fn after(kill: usize, part: f64, error: &Failed) -> Failed {
    let words = error.message().unwrap_or_default();
    format!("after run {kill} was killed at {part:.3}: {words}").into()
}

fn arguments(round: usize) -> Vec<String> {
    ["build", "--threads", "2", "--vars", &format!("{{round: {round}}}")].map(str::to_owned).into()
}

fn run(folder: &Path, round: usize) -> Result<(), Failed> {
    let (code, text) = teal(folder, &arguments(round))?;
    if code == 0 { Ok(()) } else { Err(format!("exited with {code}\n{text}").into()) }
}

/// Count and fingerprint of each table's rows, and no table more than the project makes.
fn tables(folder: &Path) -> Result<Vec<String>, Failed> {
    let connection = duckdb::Connection::open(folder.join("crash.duckdb"))?;
    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    let mut found =
        vec![text("select string_agg(table_name, ' ' order by table_name) from information_schema.tables")?];
    for table in TABLES {
        let sql = format!("select '{table} ' || count(*) || ' ' || bit_xor(hash(t)) from main.{table} as t");
        found.push(text(&sql)?);
    }
    Ok(found)
}

/// A file that is there is JSON to its end.
fn whole(path: &Path) -> Result<(), Failed> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice::<Value>(&text)
            .map(drop)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
        Err(_) => Ok(()),
    }
}
