//! The runner on projects made here: order, skipping, cancelling, seeds' types, tests' verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use teal::adapter::{self, Adapter};
use teal::diagnostic::{Code, Sources};
use teal::graph::{Graph, TestEdges};
use teal::jinja::{Globals, Jinja, MacroRegistry, Vars};
use teal::manifest::{Manifest, NodeKind, NodeResult, Status};
use teal::parse::{self, ParseOptions};
use teal::project::{self, LoadOptions, ProjectFile};
use teal::run::{self, Action, Event, Leftover, Outcome, Plan};

type Outcomes = BTreeMap<String, Status>;

/// All cases of this file.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("run::order_and_skipping", order_and_skipping),
        Trial::test("run::fail_fast", fail_fast),
        Trial::test("run::cancel", cancel),
        Trial::test("run::seed_types", seed_types),
        Trial::test("run::seed_errors", seed_errors),
        Trial::test("run::verdicts", verdicts),
        Trial::test("run::hooks", hooks),
        Trial::test("run::batches", batches),
        Trial::test("run::readers", readers),
    ]
}

/// A parsed project in a folder of its own, with its database in memory.
struct Project {
    _folder: tempfile::TempDir,
    target: std::path::PathBuf,
    adapter: Arc<dyn Adapter>,
    jinja: Arc<Jinja>,
    manifest: Arc<Manifest>,
}

impl Project {
    fn new(config: &str, files: &[(String, String)]) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        fs::write(
            folder.path().join("dbt_project.yml"),
            format!("name: p\nversion: '1'\nprofile: p\n{config}"),
        )?;
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
            fs::write(path, text)?;
        }
        let sources = Arc::new(Sources::default());
        let adapter = adapter::open("duckdb", &serde_json::Map::new())?;
        let mut target = adapter.target();
        target.insert("name".to_owned(), json!("dev"));
        target.insert("type".to_owned(), json!("duckdb"));
        let file = ProjectFile::read(folder.path(), &sources).map_err(|error| error.message)?;
        let options =
            LoadOptions { cli_vars: serde_json::Map::new(), target: Some(target.clone()), dbt_version: None };
        let (project, _) = project::load(file, &options, &sources);
        let (files, _) = project::files(&project, &sources);
        let (macros, _) = parse::macros(&project, &files, &sources, adapter.name());
        let internal = parse::internal_packages(adapter.name());
        let dispatch = project.root().dispatch.clone();
        let (registry, _) = MacroRegistry::new(macros, &project.root, &internal, dispatch);
        let globals = Globals {
            adapter: Arc::clone(&adapter),
            project_name: project.root.clone(),
            target,
            versions: [("project".to_owned(), Some("1.0".to_owned()))].into(),
            vars: Vars { root: project.root.clone(), ..Vars::default() },
            flags: json!({"FULL_REFRESH": false, "STORE_FAILURES": false})
                .as_object()
                .cloned()
                .unwrap_or_default(),
            quoting: adapter.quoting(),
            invocation_id: String::new(),
            run_started_at: chrono::Utc::now(),
            dbt_version: "1.12.0".to_owned(),
            args: serde_json::Map::new(),
            selected_resources: RwLock::default(),
            sink: Arc::new(|_| {}),
        };
        let jinja = Jinja::new(globals, Arc::clone(&sources), registry);
        let (manifest, found) = parse::manifest(&project, &files, &jinja, &sources, ParseOptions::default());
        if let Some(error) = found.iter().find(|found| found.severity == teal::diagnostic::Severity::Error) {
            return Err(error.message.clone().into());
        }
        let target = folder.path().join("target");
        Ok(Self { _folder: folder, target, adapter, jinja, manifest: Arc::new(manifest) })
    }

    fn plan(&self, threads: usize) -> Result<Plan, Failed> {
        let graph = Graph::new(&self.manifest).map_err(|error| error.message)?;
        let is_hook = |kind: &NodeKind| matches!(kind, NodeKind::Operation { .. });
        let nodes = self.manifest.nodes.iter().filter(|(_, node)| !is_hook(&node.kind));
        let selected = nodes.map(|(id, _)| Arc::clone(id)).collect();
        Ok(Plan {
            action: Action::Build,
            manifest: Arc::clone(&self.manifest),
            jinja: Arc::clone(&self.jinja),
            steps: graph.steps(&selected, &self.manifest, TestEdges::Wait),
            threads,
            fail_fast: false,
            warn_error: false,
            comment: None,
            target_path: self.target.clone(),
            leftover: Leftover::default(),
            cancel: Arc::new(AtomicBool::new(false)),
        })
    }

    /// Builds everything.
    fn build(&self, threads: usize) -> Result<Vec<NodeResult>, Failed> {
        finished(run::run(&self.plan(threads)?, &mut |_| {}))
    }

    /// The rows of a query, as text.
    fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, Failed> {
        let (_, table) = self.adapter.connect()?.query(sql, None)?;
        Ok(table.rows.iter().map(|row| row.iter().map(|cell| format!("{cell:?}")).collect()).collect())
    }
}

fn finished(outcome: Outcome) -> Result<Vec<NodeResult>, Failed> {
    match outcome.fatal {
        Some(error) => Err(error.message.into()),
        None => Ok(outcome.results),
    }
}

fn check(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into().into()) }
}

fn model(name: &str, sql: &str) -> (String, String) {
    (format!("models/{name}.sql"), sql.to_owned())
}

fn statuses(results: &[NodeResult]) -> Outcomes {
    results.iter().map(|result| (result.unique_id.to_string(), result.status)).collect()
}

/// A graph as parents of each node, all of them earlier, and which nodes fail.
#[derive(Debug, Clone)]
struct Shape(Vec<(BTreeSet<usize>, bool)>);

fn shapes() -> impl Strategy<Value = Shape> {
    prop::collection::vec((any::<u8>(), 0..5_u8), 2..9).prop_map(|nodes| {
        let node = |(at, (bits, fails)): (usize, (u8, u8))| {
            ((0..at).filter(|parent| bits >> parent & 1 == 1).collect(), fails == 0)
        };
        Shape(nodes.into_iter().enumerate().map(node).collect())
    })
}

impl Shape {
    fn project(&self) -> Result<Project, Failed> {
        let files = self.0.iter().enumerate().map(|(at, (parents, fails))| {
            let value = if *fails { "error('no')" } else { "1" };
            let from: String =
                parents.iter().map(|at| format!(", {{{{ ref('m{at}') }}}} as p{at}")).collect();
            model(&format!("m{at}"), &format!("select {value} as x from range(1) as r{from}"))
        });
        Project::new("models: {+materialized: table}\n", &files.collect::<Vec<_>>())
    }

    /// What must come of each node: an error where it fails, nothing below one, success elsewhere.
    fn expected(&self) -> Outcomes {
        let mut expected: Vec<Status> = Vec::new();
        for (parents, fails) in &self.0 {
            let held = parents.iter().any(|parent| expected[*parent] != Status::Success);
            expected.push(match fails {
                _ if held => Status::Skipped,
                true => Status::Error,
                false => Status::Success,
            });
        }
        expected.into_iter().enumerate().map(|(at, status)| (format!("model.p.m{at}"), status)).collect()
    }
}

/// No node starts before its parents end, a failure skips exactly what is below it, and the number of
/// workers makes no difference.
fn order_and_skipping() -> Result<(), Failed> {
    let mut runner = TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let attempt = |shape: &Shape| -> Result<(), Failed> {
        for threads in [1, 8] {
            let project = shape.project()?;
            let plan = project.plan(threads)?;
            let mut done = BTreeSet::new();
            let mut early = Vec::new();
            let outcome = run::run(&plan, &mut |event| match event {
                Event::Started { id, .. } => {
                    let parents = &plan.manifest.nodes[id].depends_on.nodes;
                    early.extend(parents.iter().filter(|parent| !done.contains(*parent)).cloned());
                }
                Event::Finished { result, .. } => {
                    done.insert(Arc::clone(&result.unique_id));
                }
                _ => {}
            });
            let results = finished(outcome)?;
            check(early.is_empty(), format!("started before {early:?}"))?;
            let seen = statuses(&results);
            check(seen == shape.expected(), format!("{threads} workers: {seen:?}"))?;
        }
        Ok(())
    };
    let test = |shape: Shape| {
        attempt(&shape).map_err(|failed| TestCaseError::fail(failed.message().unwrap_or_default().to_owned()))
    };
    runner.run(&shapes(), test).map_err(|error| error.to_string().into())
}

const SLOW: &str = "select count(*) as n from range(100000000000) a, range(1000) b";

fn fail_fast() -> Result<(), Failed> {
    let files =
        [model("slow", SLOW), model("wrong", "select nope"), model("below", "from {{ ref('slow') }}")];
    let project = Project::new("models: {+materialized: table}\n", &files)?;
    let plan = Plan { fail_fast: true, ..project.plan(2)? };
    let results = finished(run::run(&plan, &mut |_| {}))?;
    let seen = statuses(&results);
    check(
        seen["model.p.wrong"] == Status::Error
            && seen["model.p.slow"] == Status::Skipped
            && seen["model.p.below"] == Status::Skipped,
        format!("{seen:?}"),
    )
}

fn cancel() -> Result<(), Failed> {
    let files = [model("slow", SLOW), model("below", "from {{ ref('slow') }}")];
    let project = Project::new("models: {+materialized: table}\n", &files)?;
    let plan = project.plan(1)?;
    let cancel = Arc::clone(&plan.cancel);
    let start = Instant::now();
    let outcome = run::run(&plan, &mut |event| {
        if matches!(event, Event::Started { .. }) {
            cancel.store(true, Ordering::Relaxed);
        }
    });
    check(start.elapsed() < Duration::from_secs(20), "a cancelled run ends soon")?;
    check(outcome.cancelled, "the outcome says so")?;
    let seen = statuses(&outcome.results);
    check(seen.len() == 2 && seen.values().all(|status| *status == Status::Skipped), format!("{seen:?}"))?;
    let left = project.rows("select table_name from information_schema.tables")?;
    check(left.is_empty(), format!("half-built tables: {left:?}"))
}

/// Values of a column, one a line, and the type that the table gets.
const TYPES: &[(&str, &[&str], &str)] = &[
    ("whole", &["1", "", "-3", "null"], "INTEGER"),
    ("big", &["1", "3000000000"], "BIGINT"),
    ("whole_with_point", &["1.0", "2.00"], "INTEGER"),
    ("decimal", &["1", "2.50"], "DOUBLE"),
    ("exponent", &["1e-3", "nan"], "DOUBLE"),
    ("day", &["2020-01-31", "2020-2-1"], "DATE"),
    ("no_day", &["2020-01-31", "2020-02-31"], "VARCHAR"),
    ("moment", &["2020-01-31 10:00:00"], "TIMESTAMP"),
    ("iso", &["2020-01-31T10:00:00", "2020-01-31T10:00:00Z", "2020-01-31T10:00:00.5+02:00"], "TIMESTAMP"),
    ("day_or_moment", &["2020-01-31", "2020-01-31 10:00:00"], "VARCHAR"),
    ("truth", &["true", "False", ""], "BOOLEAN"),
    ("no_truth", &["true", "t"], "VARCHAR"),
    ("number_or_truth", &["1", "true"], "VARCHAR"),
    ("money", &["$5", "1,000"], "VARCHAR"),
    ("nothing", &["", ""], "INTEGER"),
    ("words", &["a", "null", "x y"], "VARCHAR"),
];

fn seed_types() -> Result<(), Failed> {
    let height = TYPES.iter().map(|(_, values, _)| values.len()).max().unwrap_or_default();
    let mut csv = TYPES.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..height {
        let cells = TYPES.iter().map(|(_, values, _)| format!("\"{}\"", values.get(row).unwrap_or(&"")));
        csv += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    let marked = "\u{feff}id;Name;id\n007;;1\n".to_owned();
    let config = "seeds:\n  p:\n    marked: {+delimiter: ';', +column_types: {id: varchar(5)}}\n";
    let project =
        Project::new(config, &[("seeds/all.csv".to_owned(), csv), ("seeds/marked.csv".to_owned(), marked)])?;
    let results = project.build(1)?;
    let messages: Vec<_> = results.iter().filter_map(|result| result.message.as_deref()).collect();
    check(messages == [format!("INSERT {height}").as_str(), "INSERT 1"], format!("{messages:?}"))?;
    let seen = project.rows("select column_name, column_type from (describe main.all)")?;
    let wanted: Vec<Vec<String>> = TYPES
        .iter()
        .map(|(name, _, kind)| vec![format!("Text({name:?})"), format!("Text({kind:?})")])
        .collect();
    check(seen == wanted, format!("{seen:?}"))?;
    let row = project.rows("select id, \"Name\", id_2 from main.marked")?;
    check(row == [["Text(\"007\")", "Null", "Int(1)"]], format!("{row:?}"))?;
    let words =
        project.rows("select words, whole from main.all where whole is null and words is not null")?;
    check(words == [["Text(\"null\")", "Null"]], format!("{words:?}"))
}

/// A seed that cannot be read, the line its error points at, words of its message.
const BAD_SEEDS: &[(&[u8], usize, &str)] = &[
    (b"", 1, "the file is empty"),
    (b"id,name\n1,a\n2,b,c\n", 3, "row 2 has 3 values, but the header has 2 columns"),
    (b"id,name\n1,\"two\nlines\"\n\n2\n", 5, "row 2 has 1 values"),
    (b"id,name\n1,\xff\n", 2, "row 1 is not UTF-8"),
    (b"whole\n1\nx\n", 3, "row 2: Could not convert string 'x' to INT32"),
];

fn seed_errors() -> Result<(), Failed> {
    for (bytes, line, words) in BAD_SEEDS {
        let config = "seeds: {p: {+column_types: {whole: integer}}}\n";
        let project = Project::new(config, &[("seeds/s.csv".to_owned(), String::new())])?;
        fs::write(project.target.with_file_name("seeds").join("s.csv"), bytes)?;
        let results = project.build(1)?;
        let error = results[0].diagnostic.as_ref().ok_or("no diagnostic")?;
        let span = error.labels.first().ok_or("no label")?.span;
        let (at, _) = project.jinja.sources().get(span.source).line_column(span.start);
        check(
            error.code == Code::SeedInvalid && at == *line && error.message.contains(words),
            format!("wanted line {line}, {words}: {error:?}"),
        )?;
        let left = project.rows("select table_name from information_schema.tables")?;
        check(left.is_empty(), format!("half-loaded tables: {left:?}"))?;
    }
    Ok(())
}

/// Configuration of a test that finds two rows, what comes of it, its message.
const VERDICTS: &[(&str, Status, Option<&str>)] = &[
    ("", Status::Fail, Some("Got 2 results, configured to fail if != 0")),
    ("severity='warn'", Status::Warn, Some("Got 2 results, configured to warn if != 0")),
    ("error_if='> 5'", Status::Warn, Some("Got 2 results, configured to warn if != 0")),
    ("error_if='> 5', warn_if='> 5'", Status::Pass, None),
    ("error_if='>= 2'", Status::Fail, Some("Got 2 results, configured to fail if >= 2")),
    ("severity='warn', warn_if='= 2'", Status::Warn, Some("Got 2 results, configured to warn if = 2")),
    ("limit=1", Status::Fail, Some("Got 1 result, configured to fail if != 0")),
    ("fail_calc='sum(x)'", Status::Fail, Some("Got 7 results, configured to fail if != 0")),
    ("where='true'", Status::Fail, Some("Got 2 results, configured to fail if != 0")),
];

fn verdicts() -> Result<(), Failed> {
    let mut files: Vec<_> = VERDICTS
        .iter()
        .enumerate()
        .map(|(at, (config, ..))| {
            let config =
                if config.is_empty() { String::new() } else { format!("{{{{ config({config}) }}}}") };
            let sql = format!("{config} select x from (values (3), (4)) as t(x)");
            (format!("tests/t{at}.sql"), sql)
        })
        .collect();
    files.push(("tests/null.sql".to_owned(), "{{ config(fail_calc='null') }} select 1 as x".to_owned()));
    let project = Project::new("", &files)?;
    let results = project.build(2)?;
    let find = |name: &str| {
        let found = results.iter().find(|result| result.unique_id.ends_with(name));
        found.ok_or_else(|| format!("no result of {name}"))
    };
    for (at, (config, status, message)) in VERDICTS.iter().enumerate() {
        let result = find(&format!(".t{at}"))?;
        let seen = (result.status, result.message.as_deref());
        check(seen == (*status, *message), format!("{config}: {seen:?}"))?;
    }
    let null = find(".null")?;
    check(null.status == Status::Error, format!("{null:?}"))?;
    let strict = Plan { warn_error: true, ..project.plan(1)? };
    let strict = finished(run::run(&strict, &mut |_| {}))?;
    check(strict.iter().all(|result| result.status != Status::Warn), "warnings fail where they are errors")
}

/// Three days of rows, one batch a day; a batch that fails leaves the others in place.
fn batches() -> Result<(), Failed> {
    let today = chrono::Utc::now().date_naive();
    let day = |back: u64| (today - chrono::Days::new(back)).to_string();
    let rows: Vec<_> = (0..3).map(|back| format!("({back}, timestamp '{} 12:00:00')", day(back))).collect();
    let input = format!(
        "{{{{ config(materialized='table', event_time='moment') }}}} select * from (values {}) as t(id, moment)",
        rows.join(", ")
    );
    let batched = |extra: &str| {
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', \
             batch_size='day', begin='{}', post_hook='insert into log values (1)') }}}} \
             select id, moment{extra} from {{{{ ref('input') }}}}",
            day(2)
        )
    };
    let fails =
        format!("{{% if model.batch.id == '{}' %}}, error('no'){{% endif %}}", day(1).replace('-', ""));
    let hook = "on-run-start: create table if not exists log (x int)\n";
    let project = Project::new(hook, &[model("input", &input), model("m", &batched(""))])?;
    for built in [1, 2] {
        let results = project.build(2)?;
        check(results.iter().all(|result| result.status == Status::Success), format!("{results:?}"))?;
        let kept = project.rows("select id from main.m order by id")?;
        check(kept == [["Int(0)"], ["Int(1)"], ["Int(2)"]], format!("run {built}: {kept:?}"))?;
        let hooks = project.rows("select count(*) from log")?;
        check(hooks == [[format!("Int({built})")]], format!("one hook a run: {hooks:?}"))?;
    }
    let project = Project::new(hook, &[model("input", &input), model("m", &batched(&fails))])?;
    let results = project.build(1)?;
    let result = results.iter().find(|result| &*result.unique_id == "model.p.m").ok_or("no result")?;
    let seen = (result.status, result.message.as_deref());
    check(seen == (Status::PartialSuccess, Some("PARTIAL SUCCESS (2/3)")), format!("{seen:?}"))?;
    let kept = project.rows("select id from main.m order by id")?;
    check(kept == [["Int(0)"], ["Int(2)"]], format!("{kept:?}"))
}

fn hooks() -> Result<(), Failed> {
    let config = "on-run-start:\n  - create table log (x text)\n  - \"\"\non-run-end:\n  \
        - \"insert into log values ('{{ results | map(attribute='status') | join(' ') }}')\"\n  \
        - \"insert into log values ('{{ results[0].node.name }} {{ schemas | join }} {{ database_schemas[0] | join('.') }}')\"\n  \
        - select nope\n  - select 1\n";
    let project =
        Project::new(config, &[model("a", "select 1 as x"), model("b", "select nope from {{ ref('a') }}")])?;
    let results = project.build(1)?;
    let seen: Vec<_> =
        results.iter().map(|result| (result.status.as_str(), result.message.as_deref())).collect();
    let hook = |at: usize| seen[at];
    check(
        hook(0) == ("success", Some("p.on-run-start.0 passed"))
            && hook(4) == ("success", Some("p.on-run-end.0 passed"))
            && hook(6).0 == "error"
            && hook(7) == ("skipped", Some("p.on-run-end.3 skipped")),
        format!("{seen:?}"),
    )?;
    let log = project.rows("from log")?;
    let wanted: Value = json!([["Text(\"success error\")"], ["Text(\"a main memory.main\")"]]);
    check(json!(log) == wanted, format!("{log:?}"))
}

/// Whoever reads while tables are built anew sees the old rows or the new ones, and never no table.
fn readers() -> Result<(), Failed> {
    let files = [
        model("t", "{{ config(materialized='table') }} select i from range(1000) as r(i)"),
        model("v", "select i from {{ ref('t') }}"),
        model(
            "inc",
            "{{ config(materialized='incremental', full_refresh=true) }} select i from {{ ref('t') }}",
        ),
    ];
    let project = Project::new("", &files)?;
    project.build(1)?;
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| -> Result<usize, String> {
            let mut connection = project.adapter.connect().map_err(|error| error.message)?;
            let mut reads = 0;
            while !ended.load(Ordering::Relaxed) {
                for table in ["t", "v", "inc"] {
                    let sql = format!("select count(*) from main.{table}");
                    let (_, rows) = connection.query(&sql, None).map_err(|error| error.message)?;
                    if rows.rows != [[adapter::Cell::Int(1000)]] {
                        return Err(format!("{table} has {:?}", rows.rows));
                    }
                    reads += 1;
                }
            }
            Ok(reads)
        });
        let built = (0..10).try_for_each(|_| project.build(2).map(drop));
        ended.store(true, Ordering::Relaxed);
        let reads = reader.join().map_err(|_| "the reader panicked")??;
        built?;
        check(reads > 10, format!("only {reads} reads"))
    })
}
