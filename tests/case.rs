//! Cases that run the binary on a small project: `tests/cases/` and `tests/diagnostics/`.
//!
//! A case is a folder with a project, a file `cmd` of argument lines (`= 1` at the end of a line is
//! the exit code to expect, 0 where nothing is said; `# …` is a remark; `> FILE <<TEXT` … `TEXT`
//! rewrites a file in between; `NAME=VALUE` words before the first argument are its environment, where
//! `[project]` is the folder it runs in), perhaps a file `needs` with packages that Python must have
//! (without them the case is ignored; `TEAL_PYTHON` names the interpreter) and a folder `expected`:
//!
//! - `stdout`: what all commands printed, one after the other, times and folders replaced;
//! - `compiled/**`: files of `target/compiled/<project>`;
//! - `tables/SCHEMA.TABLE.csv`: rows in the database after the last command, in any order;
//! - `*.json`: an artifact of `target/`, of which the file gives the parts that must be there.
//!
//! A diagnostic's case is the same with one command, `parse` where there is no `cmd`, and one
//! expectation, `expected.txt`. `UPDATE_EXPECT=1` rewrites expectations, to be reviewed as a diff.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use regex::Regex;
use serde_json::Value;

/// Trials of `tests/cases/`.
pub(crate) fn cases() -> Vec<Trial> {
    trials("cases", run_case)
}

/// Trials of `tests/diagnostics/`.
pub(crate) fn diagnostics() -> Vec<Trial> {
    trials("diagnostics", run_diagnostic)
}

fn trials(kind: &'static str, run: fn(&Path) -> Result<(), Failed>) -> Vec<Trial> {
    folders(&root().join("tests").join(kind))
        .into_iter()
        .map(|folder| {
            let name = format!("{kind}::{}", folder.file_name().unwrap_or_default().to_string_lossy());
            let ignored = !has_python(&folder);
            Trial::test(name, move || run(&folder)).with_ignored_flag(ignored)
        })
        .collect()
}

/// Whether Python has the packages that a case needs.
fn has_python(case: &Path) -> bool {
    fs::read_to_string(case.join("needs")).map_or(true, |packages| python_has(&packages))
}

/// Whether Python has these packages, named with blanks between them.
pub(crate) fn python_has(packages: &str) -> bool {
    let interpreter = std::env::var("TEAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imports = format!("import {}", packages.split_whitespace().collect::<Vec<_>>().join(", "));
    let run = Command::new(interpreter).args(["-c", &imports]).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// The package's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.flatten().filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Copies a project to a folder of its own, without its expectations and what an earlier run of it left.
pub(crate) fn scratch(project: &Path) -> Result<tempfile::TempDir, Failed> {
    let scratch = tempfile::tempdir()?;
    for file in files(project) {
        let relative = file.strip_prefix(project)?;
        let is_left = ["expected", "target", "logs"].iter().any(|folder| relative.starts_with(folder));
        if is_left || relative.to_string_lossy().contains(".duckdb") {
            continue;
        }
        let to = scratch.path().join(relative);
        fs::create_dir_all(to.parent().unwrap_or(scratch.path()))?;
        fs::copy(&file, to)?;
    }
    Ok(scratch)
}

/// Runs the binary in a folder; returns the exit code and both streams, standard output first. `NAME=VALUE`
/// words before the first argument are its environment.
pub(crate) fn teal(folder: &Path, words: &[String]) -> Result<(i32, String), Failed> {
    let variable = |word: &String| {
        let (name, value) = word.split_once('=')?;
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
        is_name.then(|| (name.to_owned(), value.replace("[project]", &folder.to_string_lossy())))
    };
    let variables: Vec<_> = words.iter().map_while(variable).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(&words[variables.len()..])
        .current_dir(folder)
        .env_clear()
        .envs(
            std::env::vars()
                .filter(|(key, _)| key == "PATH" || key == "TEAL_PYTHON" || key.starts_with("LD_")),
        )
        .env("HOME", folder)
        .envs(variables)
        .output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned()))
}

fn run_case(case: &Path) -> Result<(), Failed> {
    let scratch = scratch(case)?;
    let mut printed = String::new();
    let script = fs::read_to_string(case.join("cmd"))?;
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("> ").and_then(|rest| rest.strip_suffix(" <<TEXT")) {
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "TEXT").collect();
            let file = scratch.path().join(name);
            fs::create_dir_all(file.parent().unwrap_or(scratch.path()))?;
            fs::write(file, text.join("\n") + "\n")?;
            continue;
        }
        let (arguments, wanted) = command_line(line)?;
        let (code, text) = teal(scratch.path(), &arguments)?;
        let text = normalise(&text, scratch.path());
        writeln!(printed, "$ teal {line}\n{text}")?;
        if code != wanted {
            return Err(format!("`teal {line}` exited with {code}, not {wanted}\n{printed}").into());
        }
    }
    let expected = case.join("expected");
    let mut checked = 0;
    for file in files(&expected) {
        let relative = file.strip_prefix(&expected)?;
        let text = if relative == Path::new("stdout") {
            printed.clone()
        } else if let Ok(path) = relative.strip_prefix("compiled") {
            fs::read_to_string(compiled_folder(scratch.path())?.join(path))?
        } else if let Ok(table) = relative.strip_prefix("tables") {
            rows(scratch.path(), &table.with_extension("").to_string_lossy())?
        } else {
            let actual: Value =
                serde_json::from_slice(&fs::read(scratch.path().join("target").join(relative))?)?;
            let wanted: Value = serde_json::from_slice(&fs::read(&file)?)?;
            contains(&wanted, &actual, "$").map_err(|e| format!("{}: {e}\n{printed}", relative.display()))?;
            checked += 1;
            continue;
        };
        expect(&file, &text).map_err(|e| format!("{}\n{printed}", e.message().unwrap_or_default()))?;
        checked += 1;
    }
    if checked == 0 { Err("the case expects nothing".into()) } else { Ok(()) }
}

fn run_diagnostic(case: &Path) -> Result<(), Failed> {
    let scratch = scratch(case)?;
    let line = fs::read_to_string(case.join("cmd")).unwrap_or_else(|_| "parse = 2".into());
    let (arguments, wanted) = command_line(line.trim())?;
    let (code, text) = teal(scratch.path(), &arguments)?;
    let text = normalise(&text, scratch.path());
    let id = case.file_name().unwrap_or_default().to_string_lossy();
    if code != wanted {
        return Err(format!("exited with {code}, not {wanted}\n{text}").into());
    }
    // A rule's name may follow the code.
    if !text.contains(&format!("[{id}]")) && !text.contains(&format!("[{id}/")) {
        return Err(format!("the output does not name `{id}`\n{text}").into());
    }
    expect(&case.join("expected.txt"), &text)
}

/// Splits an argument line as a shell would, single and double quotes included, and cuts `= CODE` off.
fn command_line(line: &str) -> Result<(Vec<String>, i32), Failed> {
    let (line, code) = match line.rsplit_once(" = ") {
        Some((before, code)) if code.trim().parse::<i32>().is_ok() => (before, code.trim().parse()?),
        _ => (line, 0),
    };
    let word = Regex::new(r#"'([^']*)'|"([^"]*)"|(\S+)"#)?;
    let words = word
        .captures_iter(line)
        .filter_map(|c| c.iter().skip(1).flatten().next().map(|m| m.as_str().to_owned()));
    Ok((words.collect(), code))
}

/// Replaces what differs from run to run: clock times, durations, folders and ids.
pub(crate) fn normalise(text: &str, scratch: &Path) -> String {
    let folder = fs::canonicalize(scratch).unwrap_or_else(|_| scratch.to_owned());
    let mut text = text.replace(&*folder.to_string_lossy(), "[project]");
    text = text.replace(&*scratch.to_string_lossy(), "[project]");
    for (pattern, with) in [
        (r"(?m)^\d\d:\d\d:\d\d", "[time]"),
        (r"\d+\.\d\ds\b", "[n]s"),
        (r"\d+ hours? \d+ minutes? and \d+\.\d+ seconds", "[n] seconds"),
        (r"\d+ macros\b", "[n] macros"),
        (r"Concurrency: \d+ threads", "Concurrency: [n] threads"),
        (r"\(PID \d+\)", "(PID [n])"),
        (r"teal=\d+\.\d+\.\d+", "teal=[version]"),
        (r#"\btime="\d+\.\d+""#, r#"time="[n]""#),
        (r#""(elapsed|execution_time)": [\d.e-]+"#, r#""$1": [n]"#),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[uuid]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)\b", "[instant]"),
        (r"(?m)[ \t]+$", ""),
    ] {
        if let Ok(pattern) = Regex::new(pattern) {
            text = pattern.replace_all(&text, with).into_owned();
        }
    }
    text
}

fn compiled_folder(scratch: &Path) -> Result<PathBuf, Failed> {
    folders(&scratch.join("target/compiled")).into_iter().next().ok_or_else(|| "nothing was compiled".into())
}

/// The rows of a table as CSV, sorted, header first.
fn rows(scratch: &Path, table: &str) -> Result<String, Failed> {
    let database = files(scratch)
        .into_iter()
        .find(|file| file.extension().is_some_and(|e| e == "duckdb"))
        .ok_or("there is no database")?;
    let connection = duckdb::Connection::open(database)?;
    let mut statement = connection.prepare(&format!("from {table} limit 0"))?;
    statement.execute([])?;
    let header = statement.column_names().join(",");
    let lines = query(&connection, &format!("from {table}"))?;
    Ok(format!("{header}\n{}\n", lines.join("\n")))
}

/// The rows of a query, each as a line of CSV, sorted.
pub(crate) fn query(connection: &duckdb::Connection, sql: &str) -> Result<Vec<String>, Failed> {
    let mut statement = connection.prepare(&format!("select columns(*)::varchar from ({sql})"))?;
    let mut found = statement.query([])?;
    let mut lines = Vec::new();
    while let Some(row) = found.next()? {
        let mut cells = Vec::new();
        for at in 0.. {
            match row.get::<_, Option<String>>(at) {
                Ok(cell) => cells.push(cell.unwrap_or_else(|| "NULL".into())),
                Err(duckdb::Error::InvalidColumnIndex(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        lines.push(cells.join(","));
    }
    lines.sort();
    Ok(lines)
}

/// Whether each part of `wanted` is in `actual`: objects by key, lists in full, the rest by value.
fn contains(wanted: &Value, actual: &Value, at: &str) -> Result<(), String> {
    match (wanted, actual) {
        (Value::Object(wanted), Value::Object(actual)) => wanted.iter().try_for_each(|(key, value)| {
            let found = actual.get(key).ok_or_else(|| format!("{at}.{key} is missing"))?;
            contains(value, found, &format!("{at}.{key}"))
        }),
        (Value::Array(wanted), Value::Array(actual)) if wanted.len() == actual.len() => wanted
            .iter()
            .zip(actual)
            .enumerate()
            .try_for_each(|(i, (wanted, actual))| contains(wanted, actual, &format!("{at}[{i}]"))),
        _ if wanted == actual => Ok(()),
        _ => Err(format!("{at} is {actual}, not {wanted}")),
    }
}

/// Compares with the expectation, or rewrites it.
pub(crate) fn expect(file: &Path, text: &str) -> Result<(), Failed> {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, text)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(file).unwrap_or_default();
    if wanted == text {
        return Ok(());
    }
    let mut difference = String::new();
    for change in similar::TextDiff::from_lines(wanted.as_str(), text).iter_all_changes() {
        write!(difference, "{}{change}", change.tag())?;
    }
    Err(format!("{} differs:\n{difference}", file.display()).into())
}
