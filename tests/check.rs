//! `teal check`: `tests/check/mistakes.txt` plants mistakes, one at a time, into copies of `tests/check/project/`,
//! `tests/check/example.txt` several at a time into copies of `example_project/`.
//!
//! A block is a title, a file, the lines of it that change (`-` before and `+` after) and all that is then
//! found, one a line: severity, code, place, and the help behind a bar. `UPDATE_EXPECT=1` rewrites what is found.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::case::{expect, root, scratch, teal};

/// The planted mistakes, and projects without any.
pub(crate) fn cases() -> Vec<Trial> {
    let clean = |name: &str, folder: &'static str| {
        Trial::test(format!("check::clean_{name}"), move || clean(&root().join(folder)))
    };
    vec![
        Trial::test("check::mistakes", mistakes),
        Trial::test("check::example", example),
        Trial::test("check::strictness", strictness),
        Trial::test("check::remembered", remembered),
        Trial::test("check::mutated", mutated),
        clean("project", "tests/check/project"),
        clean("example_project", "example_project"),
    ]
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The exit code, and what is found in a project, one a line.
fn found(project: &Path, line: &str) -> Result<(i32, String), Failed> {
    let report = project.join("report.json");
    let mut line = words(line);
    line.extend(words("--output-format json --output-file report.json"));
    let (code, printed) = teal(project, &line)?;
    let report = fs::read(&report).map_err(|error| format!("{error}\n{printed}"))?;
    let report: Value = serde_json::from_slice(&report)?;
    let mut lines = String::new();
    for one in report["diagnostics"].as_array().into_iter().flatten() {
        let place = &one["place"];
        write!(
            lines,
            "{} {} {}:{}:{}",
            one["severity"].as_str().unwrap_or_default(),
            one["code"].as_str().unwrap_or_default(),
            place["file"].as_str().unwrap_or_default(),
            place["line"],
            place["column"]
        )?;
        match one["help"].as_str() {
            Some(help) => writeln!(lines, " | {help}")?,
            None => writeln!(lines)?,
        }
    }
    Ok((code, lines))
}

fn mistakes() -> Result<(), Failed> {
    let folder = root().join("tests/check");
    let text = fs::read_to_string(folder.join("mistakes.txt"))?;
    let mut blocks = text.split("\n== ");
    let mut actual = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let mistake = Mistake::read(block);
        let project = scratch(&folder.join("project"))?;
        mistake.plant(project.path())?;
        let lines = found_in(project.path(), block)?;
        write!(actual, "\n== {}\n{lines}", mistake.text())?;
    }
    expect(&folder.join("mistakes.txt"), &actual)
}

/// The mistakes of `tests/check/example.txt`, each of which is found.
fn example() -> Result<(), Failed> {
    let file = root().join("tests/check/example.txt");
    let text = fs::read_to_string(&file)?;
    let mut rounds = text.split("\n=== ");
    let mut actual = rounds.next().unwrap_or_default().to_owned();
    for round in rounds {
        let mut blocks = round.split("\n== ");
        let title = blocks.next().unwrap_or_default().trim_end();
        let mistakes: Vec<_> = blocks.map(Mistake::read).collect();
        let project = scratch(&root().join("example_project"))?;
        for mistake in &mistakes {
            mistake.plant(project.path())?;
        }
        let mut under = vec![String::new(); mistakes.len()];
        for line in found_in(project.path(), round)?.lines() {
            let is_here = |mistake: &Mistake<'_>| line.contains(&format!(" {}:", mistake.seen));
            let at = mistakes.iter().position(is_here).unwrap_or_default();
            writeln!(under[at], "{line}")?;
        }
        write!(actual, "\n=== {title}")?;
        for (mistake, lines) in mistakes.iter().zip(&under) {
            if lines.is_empty() {
                return Err(format!("not found: {}", mistake.text()).into());
            }
            write!(actual, "\n== {}\n{lines}", mistake.text())?;
        }
    }
    expect(&file, &actual)
}

/// A mistake as it is written down.
struct Mistake<'t> {
    lines: Vec<&'t str>,
    file: String,
    /// The file in which it is found.
    seen: String,
}

impl<'t> Mistake<'t> {
    fn read(block: &'t str) -> Self {
        let is_found = |line: &str| line.starts_with("error ") || line.starts_with("warning ");
        let lines: Vec<_> = block.lines().filter(|line| !is_found(line)).collect();
        let mistake = Self { lines, file: String::new(), seen: String::new() };
        let (file, seen) = (mistake.part("in "), mistake.part("seen in "));
        Self { seen: if seen.is_empty() { file.clone() } else { seen }, file, ..mistake }
    }

    fn part(&self, prefix: &str) -> String {
        let lines = self.lines.iter().filter_map(|line| line.strip_prefix(prefix));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn plant(&self, project: &Path) -> Result<(), Failed> {
        let file = project.join(&self.file);
        let (before, after) = (self.part("- "), self.part("+ "));
        let code = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", self.text()))?;
        if code.matches(&before).count() != 1 {
            return Err(format!("the text to change is not there once:\n{}", self.text()).into());
        }
        fs::write(&file, code.replacen(&before, &after, 1))?;
        Ok(())
    }

    fn text(&self) -> String {
        self.lines.join("\n").trim_end().to_owned()
    }
}

/// All that is found in a project, which is a failure where one of them is an error.
fn found_in(project: &Path, planted: &str) -> Result<String, Failed> {
    let (exit, lines) = found(project, "check")?;
    let wanted = i32::from(lines.contains("error "));
    if exit != wanted {
        return Err(format!("exited with {exit}, not {wanted}:\n{planted}\n{lines}").into());
    }
    Ok(lines)
}

/// Nothing is found where nothing is wrong.
fn clean(project: &Path) -> Result<(), Failed> {
    let scratch = scratch(project)?;
    match found(scratch.path(), "check")? {
        (0, lines) if lines.is_empty() => Ok(()),
        (code, lines) => Err(format!("exited with {code}:\n{lines}").into()),
    }
}

/// What the flag and the configuration make of one mistake.
fn strictness() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/check/project"))?;
    let file = project.path().join("models/orders.sql");
    let broken = fs::read_to_string(&file)?.replace("orders.amount,", "orders.amuont,");
    let rounds = [
        ("", "check", 1, "error"),
        ("", "check --static-analysis warn", 0, "warning"),
        ("", "check --static-analysis off", 0, ""),
        ("", "check --select stg_orders", 0, ""),
        ("", "compile --static-analysis warn", 0, "warning"),
        ("", "compile", 0, ""),
        ("", "run --static-analysis strict", 2, "error"),
        ("{{ config(static_analysis='baseline') }}", "check", 0, "warning"),
        ("{{ config(static_analysis='off') }}", "check", 0, ""),
    ];
    for (config, line, wanted, severity) in rounds {
        fs::write(&file, format!("{config}{broken}"))?;
        let (exit, lines) = found(project.path(), line)?;
        let is_right = if severity.is_empty() { lines.is_empty() } else { lines.starts_with(severity) };
        if exit != wanted || !is_right || lines.lines().count() > 1 {
            return Err(format!("`{line}` with `{config}` exited with {exit}:\n{lines}").into());
        }
    }
    Ok(())
}

/// The columns of a source are those of the warehouse, and later those that it had; nothing is made there.
fn remembered() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/check/project"))?;
    let database = project.path().join("harbour.duckdb");
    let memory = project.path().join("target/columns.json");
    let unknown = "unknown  source.harbour.raw.events: it is not in the warehouse";
    let kept = "remembered  source.harbour.raw.events: the warehouse does not have them now";
    let missing = "error unknown-column models/on_events.sql:1:8\n";
    let round = |wanted: &str, said: &str| -> Result<(), Failed> {
        let (_, lines) = found(project.path(), "check")?;
        let (_, output) = teal(project.path(), &words("check"))?;
        if lines != wanted || !output.contains(said) {
            return Err(format!("not {wanted:?} and `{said}`:\n{lines}{output}").into());
        }
        Ok(())
    };
    round("", unknown)?;
    assert!(!database.exists(), "a check makes no database");
    duckdb::Connection::open(&database)?.execute_batch(
        "create schema raw; create table raw.events (id integer, happened timestamp);
            create table main.scores (order_id integer)",
    )?;
    let before = fs::read(&database)?;
    // What a Python model left there is no sign of what it will make.
    round(
        missing,
        "unknown  model.harbour.on_scores: it reads `model.harbour.scores`, of which not everything",
    )?;
    assert!(fs::read(&database)? == before, "a check changes nothing");
    fs::remove_file(&database)?;
    round(missing, kept)?;
    assert!(!database.exists(), "a check makes no database");
    fs::write(&memory, "{\"version\": 1, \"warehouses\": [")?;
    round("", unknown)
}

/// All models of the example project with words cut out, doubled and exchanged: whatever comes of it, the check ends
/// and says so. `TEAL_MUTATIONS` says how many models are done.
fn mutated() -> Result<(), Failed> {
    let changes =
        std::env::var("TEAL_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_usize);
    let original = scratch(&root().join("example_project"))?;
    let files =
        walkdir::WalkDir::new(original.path().join("models")).sort_by_file_name().into_iter().flatten();
    let mut models = Vec::new();
    for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "sql")) {
        models
            .push((file.path().strip_prefix(original.path())?.to_owned(), fs::read_to_string(file.path())?));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut done = 0;
    while done < changes {
        let project = scratch(original.path())?;
        for (file, code) in &models {
            fs::write(project.path().join(file), change(code, &mut random))?;
            done += 1;
        }
        let (exit, output) = teal(project.path(), &words("check --no-use-colors"))?;
        if !(0..=1).contains(&exit) || output.contains("internal-error") || output.contains("panicked") {
            let kept = project.keep();
            return Err(format!("exited with {exit} in {}:\n{output}", kept.display()).into());
        }
        assert!(output.contains("Checked 51 models"), "{output}");
    }
    Ok(())
}

/// Numbers without a pattern, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % end.max(1)
    }
}

/// A model with a few of its words changed, those of templates left as they are.
fn change(code: &str, random: &mut Random) -> String {
    let mut depth = 0_usize;
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for piece in code.split_inclusive([' ', '\n', '(', ')', ',']) {
        let count = |marks: [&str; 3]| marks.iter().map(|mark| piece.matches(mark).count()).sum::<usize>();
        let (opened, closed) = (count(["{{", "{%", "{#"]), count(["}}", "%}", "#}"]));
        let is_sql = depth == 0 && opened == 0 && closed == 0;
        depth = (depth + opened).saturating_sub(closed);
        pieces.push((piece.to_owned(), is_sql));
    }
    for _ in 0..=random.below(3) {
        let places: Vec<_> = (0..pieces.len()).filter(|at| pieces[*at].1).collect();
        if places.is_empty() {
            break;
        }
        let (one, other) = (places[random.below(places.len())], places[random.below(places.len())]);
        match random.below(4) {
            0 => pieces.swap(one, other),
            1 => drop(pieces.remove(one)),
            2 => pieces.insert(one, pieces[other].clone()),
            _ => pieces[one] = pieces[other].clone(),
        }
    }
    pieces.into_iter().map(|(piece, _)| piece).collect()
}
