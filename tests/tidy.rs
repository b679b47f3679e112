//! What keeps the house in order: reads the sources and holds docs/architecture.md's invariants.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use regex::Regex;
use teal::diagnostic::Code;

use crate::case::{expect, root};

/// Which module may import which; a row may name only what it lists. The order is the order of the house.
const FLOORS: &[(&str, &str)] = &[
    ("diagnostic", ""),
    ("relation", ""),
    ("secret", ""),
    ("manifest", "diagnostic relation"),
    ("sql", "diagnostic relation"),
    ("adapter", "diagnostic relation"),
    ("artifact", "diagnostic relation secret manifest sql adapter"),
    ("jinja", "diagnostic relation secret manifest adapter artifact"),
    ("project", "diagnostic secret jinja"),
    ("package", "diagnostic secret artifact jinja project"),
    ("parse", "diagnostic relation manifest adapter jinja project"),
    ("graph", "diagnostic manifest artifact project"),
    ("compile", "diagnostic relation manifest sql adapter jinja graph"),
    ("metadata", "diagnostic relation manifest sql adapter project graph compile"),
    ("run", "diagnostic relation secret manifest adapter jinja graph compile"),
    ("console", "diagnostic secret manifest jinja run"),
    ("report", "diagnostic relation manifest"),
    ("site", "diagnostic artifact"),
    (
        "command",
        "diagnostic relation secret manifest sql adapter artifact jinja project package parse graph compile metadata run console report site",
    ),
    ("main", "command"),
];

/// Files that are tables and may be longer than 800 lines.
const LONG: &[&str] = &[];

/// Where a warehouse may be named.
const WAREHOUSE_NAMED: &[&str] = &["src/adapter/mod.rs", "src/adapter/duckdb", "src/sql/dialect.rs"];

/// A check of the whole tree.
type Check = fn() -> Result<(), Failed>;

/// Trials that read the tree.
pub(crate) fn cases() -> Vec<Trial> {
    let all: [(&str, Check); 12] = [
        ("imports", imports),
        ("length", length),
        ("headers", headers),
        ("leftovers", leftovers),
        ("warehouses", warehouses),
        ("serialize", serialize),
        ("diagnostics_have_fixtures", fixtures),
        ("diagnostics_page", diagnostics_page),
        ("cli_page", cli_page),
        ("macros_page", macros_page),
        ("tables_page", tables_page),
        ("rules_page", rules_page),
    ];
    all.into_iter().map(|(name, check)| Trial::test(format!("tidy::{name}"), check)).collect()
}

/// Every Rust file under a folder: its path from the package's folder, with `/`, and its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let walk = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name().into_iter().flatten();
    walk.map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter_map(|path| Some((relative(&path), fs::read_to_string(&path).ok()?)))
        .collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Fails with the complaints, one a line, if there are any.
fn report(complaints: Vec<String>) -> Result<(), Failed> {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

fn imports() -> Result<(), Failed> {
    let floors: BTreeMap<_, Vec<_>> =
        FLOORS.iter().map(|(name, allowed)| (*name, allowed.split(' ').collect())).collect();
    let import = Regex::new(r"\b(?:crate|teal)::(\{[^;]*?\}|[a-z_]+)")?;
    let word = Regex::new(r"(?:^\{|,)\s*([a-z_]+)")?;
    let mut complaints = Vec::new();
    for (path, text) in sources("src") {
        let module = path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_owned();
        if module == "lib" {
            continue;
        }
        let Some(allowed) = floors.get(module.as_str()) else {
            complaints.push(format!("{path}: `{module}` is not in the table of floors"));
            continue;
        };
        for found in import.captures_iter(&text) {
            let names: Vec<_> = if found[1].starts_with('{') {
                word.captures_iter(&found[1]).map(|c| c[1].to_owned()).collect()
            } else {
                vec![found[1].to_owned()]
            };
            for name in names {
                let known = floors.contains_key(name.as_str());
                if known && name != module && !allowed.contains(&name.as_str()) {
                    complaints.push(format!("{path}: `{module}` may not import `{name}`"));
                }
            }
        }
    }
    report(complaints)
}

fn length() -> Result<(), Failed> {
    let long = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .filter(|(path, text)| text.lines().count() > 800 && !LONG.contains(&path.as_str()));
    report(long.map(|(path, text)| format!("{path} has {} lines", text.lines().count())).collect())
}

fn headers() -> Result<(), Failed> {
    let bare =
        sources("src").into_iter().chain(sources("tests")).filter(|(_, text)| !text.starts_with("//!"));
    report(bare.map(|(path, _)| format!("{path} does not open with `//!`")).collect())
}

fn leftovers() -> Result<(), Failed> {
    let words = ["todo", "fixme", "dbg", "xxx", "unimplemented"].join("|");
    let left = Regex::new(&format!(r"(?i)\b({words})(!|\b:)"))?;
    let bare = Regex::new(r"#!?\[allow\(|#\[(ignore|should_panic)")?;
    let found = sources("src").into_iter().chain(sources("tests")).flat_map(|(path, text)| {
        let hits = text.lines().enumerate().filter(|(_, line)| left.is_match(line) || bare.is_match(line));
        hits.filter(|_| path != "tests/tidy.rs")
            .map(|(at, line)| format!("{path}:{}: {}", at + 1, line.trim()))
            .collect::<Vec<_>>()
    });
    report(found.collect())
}

fn warehouses() -> Result<(), Failed> {
    let name = Regex::new(r"(?i)duckdb|postgres|snowflake|databricks|bigquery|redshift")?;
    let mut complaints = Vec::new();
    for (path, text) in sources("src") {
        if WAREHOUSE_NAMED.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (at, line) in code.filter(|(_, line)| name.is_match(line)) {
            complaints.push(format!("{path}:{}: names a warehouse: {}", at + 1, line.trim()));
        }
    }
    report(complaints)
}

fn serialize() -> Result<(), Failed> {
    let derived = Regex::new(r"derive\([^)]*\bSerialize\b")?;
    let outside = sources("src")
        .into_iter()
        .filter(|(path, text)| !path.starts_with("src/artifact") && derived.is_match(text));
    report(outside.map(|(path, _)| format!("{path} derives Serialize outside `artifact`")).collect())
}

/// Codes whose mistake no small project can make: another process, a git repository, a signal, a bug, a large file.
const WITHOUT_FIXTURE: &[&str] =
    &["cancelled", "database-locked", "internal-error", "package-unpinned", "seed-not-compared"];

fn fixtures() -> Result<(), Failed> {
    let folder: PathBuf = root().join("tests/diagnostics");
    let missing = Code::ALL
        .iter()
        .map(|code| code.id())
        .filter(|id| !WITHOUT_FIXTURE.contains(id) && !folder.join(id).is_dir());
    report(missing.map(|id| format!("tests/diagnostics/{id} is missing")).collect())
}

fn cli_page() -> Result<(), Failed> {
    expect(&root().join("docs/cli.md"), &teal::command::reference())
}

/// The page of macros, each of which has a description.
fn macros_page() -> Result<(), Failed> {
    let page = teal::parse::macro_reference();
    let silent = page.lines().filter(|line| line.starts_with("| `") && line.contains("` |  |"));
    report(silent.map(|line| format!("nothing is said of {line}")).collect())?;
    expect(&root().join("docs/macros.md"), &page)
}

/// The page of tables, each of whose columns has a meaning.
fn tables_page() -> Result<(), Failed> {
    let silent = teal::metadata::definitions().into_iter().flat_map(|table| {
        let columns = table.columns.into_iter().filter(|(_, _, about)| about.is_empty());
        columns.map(move |(name, ..)| format!("nothing is said of {}.{name}", table.name)).collect::<Vec<_>>()
    });
    report(silent.collect())?;
    expect(&root().join("docs/tables.md"), &teal::metadata::reference())
}

/// The page of built-in rules, each of which has a header.
fn rules_page() -> Result<(), Failed> {
    let keys = ["-- name: ", "-- description: ", "-- severity: "];
    let rules = teal::command::built_in_rules().into_iter();
    let bare =
        rules.filter(|(_, text)| !keys.iter().all(|key| text.lines().any(|line| line.starts_with(key))));
    report(bare.map(|(name, _)| format!("the rule `{name}` has no whole header")).collect())?;
    expect(&root().join("docs/rules.md"), &teal::command::rule_reference())
}

fn diagnostics_page() -> Result<(), Failed> {
    let mut page = String::from(
        "# Diagnostics\n\nEvery code that Teal prints in `error[…]` or `warning[…]`. \
         Generated from `src/diagnostic/code.rs`.\n",
    );
    for code in Code::ALL {
        let text: Vec<_> = code.explanation().lines().map(str::trim).collect();
        write!(page, "\n## `{}`\n\n{} ({})\n", code.id(), text.join(" "), code.family().title())?;
    }
    expect(&root().join("docs/diagnostics.md"), &page)
}
