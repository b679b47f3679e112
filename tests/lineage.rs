//! Column lineage of single statements: `tests/sql/lineage/`, one file a construct, written by hand.
//!
//! A query is followed by a line of what its columns are made of, and a blank line:
//!
//! ```text
//! select a as x, sum(b) over (partition by c) as s from t where a > 1;
//! -- expect: x = rename t.a; s = aggregate t.b | window t.c; by filter t.a
//! ```
//!
//! Entries are split by `;`: one for each output in order, `NAME = EDGES` with `nothing` for none, behind
//! a `|` what decides about that column alone, and last, where there is something, `by` with what decides
//! about rows. An edge is a kind and a column, the kind with `?` where it is not certain; `t.*` is a column
//! of `t` that is not known. `unread TABLES` is a statement of which only tables are known. The order of
//! edges and influences does not matter. A first line `-- dialect: NAME` is for the whole file.
//!
//! What tables have is in [`SCHEMA`].

use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;
use teal::sql::{Columns, Dialect, Edge, Extent, Found, Influence, Known, Schema, Strict, Table, columns};

use crate::case::{root, scratch, teal};

/// The tables of the queries; `partial` has columns besides these, any other table is unknown.
const SCHEMA: &[(&str, &[&str])] = &[
    ("t", &["a", "b", "c"]),
    ("u", &["a", "d", "e"]),
    ("v", &["k", "x", "y"]),
    ("orders", &["id", "customer_id", "amount", "status", "ordered_at"]),
    ("customers", &["id", "name", "email", "country"]),
    ("payments", &["order_id", "amount", "method", "paid_at"]),
    ("events", &["user_id", "event", "ts", "props", "tags"]),
    ("partial", &["p", "q"]),
];

struct Labelled;

impl Schema for Labelled {
    fn columns(&self, table: &Table) -> Option<Known> {
        let name = table.name.last()?;
        let (_, columns) = SCHEMA.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Some(Known { columns, is_complete: name != "partial" })
    }
}

/// One trial a file, and those that look for ways to break it.
pub(crate) fn cases() -> Vec<Trial> {
    let folder = root().join("tests/sql/lineage");
    let files = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|file| file.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let mut trials: Vec<Trial> = files
        .map(|file| {
            let name = file.strip_prefix(&folder).unwrap_or(&file).with_extension("");
            Trial::test(format!("lineage::{}", name.display()), move || run(&file))
        })
        .collect();
    trials.push(Trial::test("lineage::places", places));
    trials.push(Trial::test("lineage::forms", forms));
    trials.push(Trial::test("lineage::hostile", hostile));
    trials.push(Trial::test("lineage::mutated", mutated));
    trials
}

/// The queries of a file with their expectations, dialect first.
fn queries(text: &str) -> (Dialect, Vec<(String, String)>) {
    let dialect = text.lines().find_map(|line| line.strip_prefix("-- dialect: ")).unwrap_or("duckdb");
    let mut found = Vec::new();
    let mut query = String::new();
    for line in text.lines().filter(|line| !line.starts_with("-- dialect: ")) {
        if let Some(expected) = line.strip_prefix("-- expect: ") {
            found.push((std::mem::take(&mut query), expected.to_owned()));
        } else {
            query.push_str(line);
            query.push('\n');
        }
    }
    (Dialect::of(dialect), found)
}

fn run(file: &Path) -> Result<(), Failed> {
    let (dialect, queries) = queries(&fs::read_to_string(file)?);
    let mut wrong = Vec::new();
    for (query, expected) in &queries {
        let found = columns(query, dialect, &Labelled);
        let shown = show(&found);
        if sorted(&shown) != sorted(expected) {
            let notes: Vec<_> = found.notes.iter().map(|note| note.message.as_str()).collect();
            wrong.push(format!(
                "{}\n  expected {expected}\n  found    {shown}\n  {}",
                query.trim(),
                notes.join("; ")
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{} of {} queries:\n{}", wrong.len(), queries.len(), wrong.join("\n\n")).into())
    }
}

/// An expectation with the parts whose order does not matter in order.
fn sorted(line: &str) -> String {
    let parts = |text: &str| {
        let mut parts: Vec<&str> = text.split(", ").map(str::trim).collect();
        parts.sort_unstable();
        parts.join(", ")
    };
    let entry = |entry: &str| {
        let entry = entry.trim();
        if let Some(by) = entry.strip_prefix("by ") {
            return format!("by {}", parts(by));
        }
        let Some((name, made_of)) = entry.split_once(" = ") else { return entry.to_owned() };
        match made_of.split_once(" | ") {
            Some((edges, influences)) => format!("{name} = {} | {}", parts(edges), parts(influences)),
            None => format!("{name} = {}", parts(made_of)),
        }
    };
    line.split(';').map(entry).collect::<Vec<_>>().join("; ")
}

fn show(columns: &Columns) -> String {
    let table = |at: usize| columns.tables[at].text.as_str();
    if columns.extent == Extent::Tables {
        let names: Vec<_> = columns.tables.iter().map(|table| table.text.as_str()).collect();
        return format!("unread {}", names.join(", ")).trim().to_owned();
    }
    let edge = |edge: &Edge| {
        let doubt = if edge.is_certain { "" } else { "?" };
        format!(
            "{}{doubt} {}.{}",
            edge.kind.as_str(),
            table(edge.table),
            edge.column.as_deref().unwrap_or("*")
        )
    };
    let influence = |one: &Influence| {
        format!("{} {}.{}", one.kind.as_str(), table(one.table), one.column.as_deref().unwrap_or("*"))
    };
    let influences = |all: &[Influence]| all.iter().map(influence).collect::<Vec<_>>().join(", ");
    let mut entries = Vec::new();
    for output in &columns.outputs {
        let edges: Vec<_> = output.edges.iter().map(edge).collect();
        let edges = if edges.is_empty() { "nothing".to_owned() } else { edges.join(", ") };
        let by = if output.influences.is_empty() {
            String::new()
        } else {
            format!(" | {}", influences(&output.influences))
        };
        entries.push(format!("{} = {edges}{by}", output.name));
    }
    if !columns.influences.is_empty() {
        entries.push(format!("by {}", influences(&columns.influences)));
    }
    entries.join("; ")
}

/// Every place is that of the text it is about.
#[expect(clippy::unnecessary_wraps, reason = "it is a trial")]
fn places() -> Result<(), Failed> {
    let sql = "select\n  't\u{e9}xt' as x, upper(t.a) as up,\n  sum(b)\nfrom t\nwhere nope > 1 group by 2, \u{e9}t\u{e9}";
    let found = columns(sql, Dialect::of("duckdb"), &Labelled);
    let text = |span: &Option<std::ops::Range<usize>>| span.clone().map_or("", |span| &sql[span]);
    let outputs: Vec<_> = found.outputs.iter().map(|output| text(&output.span)).collect();
    let edges: Vec<_> =
        found.outputs.iter().flat_map(|output| &output.edges).map(|edge| text(&edge.span)).collect();
    let references: Vec<_> = found.references.iter().map(|one| (&sql[one.span.clone()], one.found)).collect();
    assert_eq!(outputs, ["'t\u{e9}xt' as x", "upper(t.a) as up", "sum(b"]);
    assert_eq!(edges, ["t", "t"]);
    assert_eq!(
        references,
        [
            ("t.a", Found::Known),
            ("b", Found::Known),
            ("nope", Found::Missing),
            ("\u{e9}t\u{e9}", Found::Missing)
        ]
    );
    assert_eq!(text(&found.tables[0].span), "t");
    let broken = "select a\nfrom t where )";
    let found = columns(broken, Dialect::of("duckdb"), &Labelled);
    assert_eq!(found.extent, Extent::Tables);
    assert_eq!(found.notes[0].span.clone().map(|span| &broken[span]), Some(")"));
    Ok(())
}

/// The forms for other programs, on the project of `tests/cases/lineage`.
fn forms() -> Result<(), Failed> {
    let project = scratch(&root().join("tests/cases/lineage"))?;
    let show = |words: &[&str]| -> Result<String, Failed> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (code, text) = teal(project.path(), &words)?;
        if code == 0 { Ok(text) } else { Err(text.into()) }
    };
    let events = show(&["lineage", "revenue.revenue", "--upstream", "--output", "openlineage"])?;
    let events: Vec<Value> = events.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let jobs: Vec<_> = events.iter().filter_map(|event| event["job"]["name"].as_str()).collect();
    let models =
        ["stg_payments", "payments_by_order", "orders", "revenue"].map(|name| format!("shop.{name}"));
    assert_eq!(jobs, models);
    let output = &events[3]["outputs"][0];
    assert_eq!(output["name"].as_str(), Some("shop.main.revenue"));
    let namespace = output["namespace"].as_str().unwrap_or_default();
    assert!(namespace.starts_with("duckdb://") && namespace.ends_with("shop.duckdb"), "{namespace}");
    let facet = &output["facets"]["columnLineage"];
    let input = &facet["fields"]["revenue"]["inputFields"][0];
    assert_eq!((input["name"].as_str(), input["field"].as_str()), (Some("shop.main.orders"), Some("amount")));
    assert_eq!(input["transformations"][0]["type"], "DIRECT");
    assert_eq!(input["transformations"][0]["subtype"], "AGGREGATION");
    let rows = facet["dataset"].as_array().ok_or("no dataset")?;
    let subtypes: Vec<_> =
        rows.iter().filter_map(|row| row["transformations"][0]["subtype"].as_str()).collect();
    assert_eq!(subtypes, ["GROUP_BY", "FILTER"]);
    let page = show(&["lineage", "orders.amount", "--output", "html"])?;
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
    assert_eq!(page.matches("data-from=").count(), 6, "{page}");
    assert!(page.contains("raw.payments.amount_cents -&gt; stg_payments.amount (transform)"), "{page}");
    assert!(page.contains(">weekly_report <"), "{page}");
    Ok(())
}

/// What is deep, long, or grows at each step ends soon, with lineage or with a note.
fn hostile() -> Result<(), Failed> {
    let nest = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let doubling = |steps: usize| {
        let steps: Vec<_> =
            (1..=steps).map(|at| format!("q{at} as (select x.*, y.* from q{0} x, q{0} y)", at - 1)).collect();
        format!("with q0 as (select * from t), {} select * from q{}", steps.join(", "), steps.len())
    };
    let recursion =
        nest("with recursive q as (", "select a from t union select a from q", ") select * from q", 20);
    let wide: Vec<_> = (0..3000).map(|at| format!("c{at} + c{} as d{at}", (at + 1) % 3000)).collect();
    let hostile = [
        nest("select * from (", "t", ")", 2000),
        format!("select {}", nest("(", "a", ")", 5000)),
        format!("select {}", nest("f(", "a", ")", 90)),
        format!("select {} from t", nest("[x for x in ", "b", "]", 300)),
        format!("select a{} from t", " + a".repeat(60_000)),
        format!("select '\u{e9}'{} from t", " || a".repeat(30_000)),
        format!("select a{} from t", "::int".repeat(20_000)),
        format!("select a from t where a = 1{}", " or a = 2".repeat(30_000)),
        format!("select a from t{}", " union all select a from t".repeat(5_000)),
        format!("select a from t{}", " except select a from t".repeat(3_000)),
        format!("select {} from t", "case when a then ".repeat(40) + "1" + &" end".repeat(40)),
        format!("select * from t{}", ", t".repeat(3_000)),
        format!("select {} from w", wide.join(", ")),
        format!("select {}", "a.".repeat(20_000) + "b"),
        format!("pivot {}", "t on ".repeat(2_000)),
        doubling(60),
        recursion,
        "select \u{0}\u{feff}".to_owned(),
        "select 'unfinished".to_owned(),
        "/* unfinished".to_owned(),
        "select columns('((((((((((a{1000}){1000}){1000}){1000}')".to_owned(),
        String::new(),
        ";;;".to_owned(),
    ];
    for sql in hostile {
        for dialect in ["duckdb", "snowflake", "bigquery"] {
            let found = columns(&sql, Dialect::of(dialect), &Labelled);
            if found.extent == Extent::Tables && found.notes.is_empty() {
                return Err(format!("no note says why: {}", &sql[..sql.len().min(80)]).into());
            }
        }
    }
    Ok(())
}

/// How many mutated queries are followed; `TEAL_MUTATIONS` names another number.
fn mutations() -> u32 {
    std::env::var("TEAL_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

/// The models of the example project as they are compiled.
fn compiled_models() -> Result<Vec<String>, Failed> {
    let project = scratch(&root().join("example_project"))?;
    let (code, text) = teal(project.path(), &["compile".to_owned()])?;
    if code != 0 {
        return Err(text.into());
    }
    let folder = project.path().join("target/compiled/harborline/models");
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let models = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "sql"));
    let models: Vec<_> = models.filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
    assert!(models.len() > 30, "{} models are compiled", models.len());
    Ok(models)
}

/// What is found where values meet has its places in the text, and so has what is made of it.
fn is_paired(sql: &str, dialect: Dialect) -> Result<(), TestCaseError> {
    let comparisons = teal::sql::comparisons(sql, dialect);
    let replaced = comparisons.iter().map(|one| (&one.place, one.instead[0].as_str()));
    let strict = Strict::new(sql, replaced);
    for (at, _) in strict.sql.char_indices() {
        proptest::prop_assert!(sql.is_char_boundary(strict.origin(at)));
    }
    let sides = teal::sql::unions(sql, dialect).into_iter().flat_map(|union| union.sides);
    for place in sides.chain(teal::sql::calls(sql, dialect)) {
        proptest::prop_assert!(sql.get(place).is_some());
    }
    let length: usize = teal::sql::statements(sql).iter().map(|statement| statement.len()).sum();
    proptest::prop_assert!(length <= sql.len());
    Ok(())
}

/// Labelled queries and compiled models with pieces cut out, doubled and exchanged: whatever comes of it, it ends.
fn mutated() -> Result<(), Failed> {
    let folder = root().join("tests/sql/lineage");
    let mut words = Vec::new();
    let mut whole = Vec::new();
    for file in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        let Ok(text) = fs::read_to_string(file.path()) else { continue };
        for (query, _) in queries(&text).1 {
            words.extend(query.split_whitespace().map(str::to_owned));
            whole.push(query);
        }
    }
    whole.extend(compiled_models()?);
    words.sort();
    words.dedup();
    let change = (0..4_usize, any::<Index>(), any::<Index>(), any::<Index>());
    let changes = proptest::collection::vec(change, 1..12);
    let dialects = proptest::sample::select(vec!["duckdb", "postgres", "snowflake", "spark", "bigquery"]);
    let strategy = (proptest::sample::select(whole), changes, dialects).prop_flat_map(
        move |(query, changes, dialect)| {
            let mut tokens: Vec<String> =
                query.split_inclusive([' ', '(', ')', ',']).map(str::to_owned).collect();
            for (how, at, other, word) in changes {
                let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
                match how {
                    0 => tokens.swap(at, other),
                    1 if tokens.len() > 1 => {
                        tokens.remove(at);
                    }
                    2 => tokens.insert(at, tokens[other].clone()),
                    _ => tokens.insert(at, format!("{} ", words[word.index(words.len())])),
                }
            }
            (Just(tokens.concat()), Just(dialect))
        },
    );
    let mut runner =
        TestRunner::new(Config { cases: mutations(), failure_persistence: None, ..Config::default() });
    let checked = runner.run(&strategy, |(sql, dialect)| {
        is_paired(&sql, Dialect::of(dialect))?;
        let found = columns(&sql, Dialect::of(dialect), &Labelled);
        for output in &found.outputs {
            for edge in &output.edges {
                proptest::prop_assert!(edge.table < found.tables.len());
                proptest::prop_assert!(edge.span.clone().is_none_or(|span| sql.get(span).is_some()));
            }
            proptest::prop_assert!(output.span.clone().is_none_or(|span| sql.get(span).is_some()));
        }
        for reference in &found.references {
            proptest::prop_assert!(sql.get(reference.span.clone()).is_some());
        }
        Ok(())
    });
    checked.map_err(|error| error.to_string().into())
}
