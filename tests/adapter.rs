//! The DuckDB adapter on a real database: values, errors, profiles, locks, loading.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::json;
use teal::adapter::{self, Adapter, Cell, ColumnInfo, Connection, ErrorKind, Recorder, Settings, Table};
use teal::relation::Relation;

type Outcome = Result<(), Failed>;

/// Query, type of its column, value as printed below.
const VALUES: &[(&str, &str, &str)] = &[
    ("select null", "INTEGER", "null"),
    ("select true", "BOOLEAN", "bool true"),
    ("select 1::tinyint", "TINYINT", "int 1"),
    ("select (-9223372036854775808)::bigint", "BIGINT", "int -9223372036854775808"),
    (
        "select 170141183460469231731687303715884105727::hugeint",
        "HUGEINT",
        "int 170141183460469231731687303715884105727",
    ),
    (
        "select 340282366920938463463374607431768211455::uhugeint",
        "UHUGEINT",
        "decimal 340282366920938463463374607431768211455",
    ),
    ("select 1.50::decimal(18,3)", "DECIMAL(18,3)", "decimal 1.500"),
    ("select -0.05::decimal(4,2)", "DECIMAL(4,2)", "decimal -0.05"),
    ("select 7::decimal(38,0)", "DECIMAL(38,0)", "decimal 7"),
    ("select 1.5::double", "DOUBLE", "float 1.5"),
    ("select 'é'", "VARCHAR", "text é"),
    ("select date '2020-02-29'", "DATE", "date 2020-02-29"),
    ("select date '1969-12-31'", "DATE", "date 1969-12-31"),
    ("select date 'infinity'", "DATE", "text infinity"),
    ("select time '12:34:56.789'", "TIME", "time 12:34:56.789"),
    ("select timetz '12:34:56+02'", "TIME WITH TIME ZONE", "text 12:34:56+02"),
    ("select timestamp '2020-01-02 03:04:05.678901'", "TIMESTAMP", "timestamp 2020-01-02 03:04:05.678901"),
    ("select timestamp_s '2020-01-02 03:04:05'", "TIMESTAMP_S", "timestamp 2020-01-02 03:04:05"),
    ("select timestamp 'infinity'", "TIMESTAMP", "text infinity"),
    (
        "select interval '1 year 2 months 1 day 3 hours 0.5 second'",
        "INTERVAL",
        "text 1 year 2 months 1 day 03:00:00.5",
    ),
    ("select interval 0 second", "INTERVAL", "text 00:00:00"),
    ("select '\\xAA\\x01'::blob", "BLOB", "bytes [170, 1]"),
    ("select '0101'::bit", "BIT", "text 0101"),
    (
        "select 'a1b2c3d4-0000-0000-0000-000000000000'::uuid",
        "UUID",
        "text a1b2c3d4-0000-0000-0000-000000000000",
    ),
    ("select 'b'::enum('a', 'b')", "ENUM", "text b"),
    ("select [1, null, 3]", "INTEGER[]", "list int 1; null; int 3"),
    ("select [1, 2]::integer[2]", "INTEGER[]", "list int 1; int 2"),
    (
        "select {'a': 1, 'b': date '2020-01-01'}",
        "STRUCT(\"a\" INTEGER, \"b\" DATE)",
        "struct a=int 1; b=date 2020-01-01",
    ),
    ("select map {'k': 1.5::double}", "MAP(VARCHAR, DOUBLE)", "struct k=float 1.5"),
    ("select union_value(n := 5)", "UNION(\"n\" INTEGER)", "int 5"),
    ("select [timetz '01:00:00+00']", "TIME WITH TIME ZONE[]", "text ['01:00:00+00']"),
    ("select 1; select 2", "INTEGER", "int 2"),
    ("select '{\"a\": 1}'::json", "JSON", "text {\"a\": 1}"),
];

/// Statement, kind of error, the text its position points at (empty: none), words of the message.
const ERRORS: &[(&str, ErrorKind, &str, &str)] = &[
    ("select 1; selec 2", ErrorKind::Syntax, "selec 2", "Parser Error: syntax error at or near \"selec\""),
    (
        "select 'é', foo from range(3)",
        ErrorKind::UnknownColumn,
        "foo from",
        "Binder Error: Referenced column \"foo\" not found",
    ),
    (
        "select t.foo from range(3) t",
        ErrorKind::UnknownColumn,
        "t.foo",
        "does not have a column named \"foo\"",
    ),
    (
        "select 1;\n select * from nope",
        ErrorKind::UnknownTable,
        "nope",
        "Table with name nope does not exist",
    ),
    ("select * from nope.nope", ErrorKind::UnknownTable, "nope.nope", "does not exist"),
    (
        "select\n  nofunc(1)",
        ErrorKind::UnknownFunction,
        "nofunc(1)",
        "Catalog Error: Scalar Function with name nofunc",
    ),
    ("select cast('x' as int)", ErrorKind::Other, "cast(", "Conversion Error: Could not convert string 'x'"),
    ("drop table zzz", ErrorKind::UnknownTable, "", "Table with name zzz does not exist"),
    ("load nosuchextension", ErrorKind::ExtensionMissing, "", "nosuchextension"),
    ("select st_point(1, 2)", ErrorKind::ExtensionMissing, "", "spatial"),
    ("select error('boo')", ErrorKind::Other, "", "Invalid Input Error: boo"),
];

/// Profile output, words of the error.
const BAD_PROFILES: &[(&str, &str)] = &[
    (r#"{"path": "md:prod"}"#, "MotherDuck"),
    (r#"{"path": "a/b.duckdb", "database": "c"}"#, "`database` is `c`"),
    (r#"{"plugins": [{"module": "gsheet"}]}"#, "`plugins` is not supported"),
    (r#"{"attach": [{"alias": "x"}]}"#, "lacks `path`"),
    (r#"{"attach": "x.duckdb"}"#, "must be a list"),
    (r#"{"secrets": [{"name": "x"}]}"#, "lacks `type`"),
    (r#"{"settings": ["x"]}"#, "must be a mapping"),
];

/// All cases of this file.
pub(crate) fn cases() -> Vec<Trial> {
    let mut cases = vec![
        Trial::test("adapter::values", values),
        Trial::test("adapter::errors", errors),
        Trial::test("adapter::profiles", profiles),
        Trial::test("adapter::zones", zones),
        Trial::test("adapter::counts", counts),
        Trial::test("adapter::load", load),
        Trial::test("adapter::attach", attach),
        Trial::test("adapter::cancel", cancel),
        Trial::test("adapter::close_leaves_one_file", close_leaves_one_file),
        Trial::test("adapter::recorder", recorder),
    ];
    cases.extend(lock_cases());
    cases
}

fn open(settings: serde_json::Value) -> adapter::Result<Arc<dyn Adapter>> {
    adapter::open("duckdb", settings.as_object().unwrap_or(&Settings::new()))
}

fn memory() -> Result<Box<dyn Connection>, Failed> {
    Ok(open(json!({}))?.connect()?)
}

fn check(holds: bool, what: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(what.into().into()) }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Bool(value) => format!("bool {value}"),
        Cell::Int(value) => format!("int {value}"),
        Cell::Float(value) => format!("float {value}"),
        Cell::Decimal(text) => format!("decimal {text}"),
        Cell::Text(text) => format!("text {text}"),
        Cell::Date(value) => format!("date {value}"),
        Cell::Time(value) => format!("time {value}"),
        Cell::Timestamp(value) => format!("timestamp {value}"),
        Cell::TimestampTz(value) => format!("zoned {value}"),
        Cell::Bytes(bytes) => format!("bytes {bytes:?}"),
        Cell::List(items) => format!("list {}", items.iter().map(shown).collect::<Vec<_>>().join("; ")),
        Cell::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
            format!("struct {}", fields.join("; "))
        }
    }
}

fn values() -> Outcome {
    let mut connection = memory()?;
    let mut wrong = String::new();
    for (sql, kind, value) in VALUES {
        let seen = connection.query(sql, None).map(|(_, table)| {
            (
                table.columns[0].data_type.clone(),
                table.rows.first().map(|row| shown(&row[0])).unwrap_or_default(),
            )
        });
        if seen != Ok(((*kind).to_owned(), (*value).to_owned())) {
            wrong += &format!("{sql}: wanted {kind}, {value}; saw {seen:?}\n");
        }
    }
    let described = connection.describe("select 1 as a, 'x' as b, 1.5::decimal(9,2) as c")?;
    let described: Vec<_> = described.iter().map(|c| format!("{} {}", c.name, c.data_type)).collect();
    check(described == ["a INTEGER", "b VARCHAR", "c DECIMAL(9,2)"], format!("{described:?}"))?;
    check(wrong.is_empty(), wrong)
}

fn errors() -> Outcome {
    let mut connection = memory()?;
    let mut wrong = String::new();
    for (sql, kind, at, words) in ERRORS {
        let error = connection.execute(sql).expect_err(sql);
        let place = error.position.map_or("", |at| &sql[at..]);
        let placed = if at.is_empty() { place.is_empty() } else { place.starts_with(at) };
        if error.kind != *kind || !placed || !error.message.contains(words) {
            wrong += &format!("{sql}: {error:?} points at {place:?}\n");
        }
        if error.kind == ErrorKind::ExtensionMissing && error.help.is_none() {
            wrong += &format!("{sql}: no help\n");
        }
    }
    let error = connection.describe("select foo").expect_err("unknown column");
    check(error.position == Some(7), format!("describe: {error:?}"))?;
    for nothing in ["", "  \n", "-- only words", "/* only */ ;"] {
        let response = connection.execute(nothing)?;
        check(response.message == "OK", format!("{nothing:?}: {response:?}"))?;
        let (_, table) = connection.query(nothing, None)?;
        check(table == Table::default(), format!("{nothing:?}: {table:?}"))?;
    }
    check(wrong.is_empty(), wrong)
}

fn profiles() -> Outcome {
    for (output, words) in BAD_PROFILES {
        let error = open(serde_json::from_str(output)?).expect_err(output);
        check(
            error.kind == ErrorKind::Settings && error.message.contains(words),
            format!("{output}: {error:?}"),
        )?;
    }
    for (path, name) in [
        (":memory:", "memory"),
        ("a/my.db.duckdb", "my"),
        ("/x/.hidden.duckdb", "hidden"),
        ("dbt.duckdb", "dbt"),
        ("main.duckdb", "main_db"),
    ] {
        let target = open(json!({"path": path}))?.target();
        check(target["database"] == name, format!("{path}: {target:?}"))?;
        check(target["schema"] == "main", format!("{path}: {target:?}"))?;
    }
    let hidden = open(json!({"settings": {"s3_secret_access_key": "x", "threads": 2}}))?.target();
    check(hidden["settings"] == json!({"threads": 2}), format!("{hidden:?}"))?;
    let mut tuned = open(json!({"settings": {"default_order": "desc"}, "config_options": {"threads": "1"}}))?
        .connect()?;
    let (_, table) =
        tuned.query("select current_setting('default_order'), current_setting('threads')", None)?;
    check(shown(&table.rows[0][0]).to_lowercase().contains("desc"), format!("{table:?}"))?;
    check(table.rows[0][1] == Cell::Int(1), format!("{table:?}"))?;
    let error = open(json!({"settings": {"nosuch": 1}}))?.connect().err().ok_or("no error")?;
    check(error.kind == ErrorKind::Settings && error.message.contains("nosuch"), format!("{error:?}"))?;
    let error = open(json!({"extensions": ["nosuchextension"]}))?.connect().err().ok_or("no error")?;
    check(error.kind == ErrorKind::ExtensionMissing && error.help.is_some(), format!("{error:?}"))?;
    let error = open(json!({"path": "no/such/folder/x.duckdb"}))?.connect().err().ok_or("no error")?;
    check(error.kind == ErrorKind::Connection, format!("{error:?}"))
}

/// Statements that DuckDB can run only with its ICU extension.
const ZONED: &[&str] = &[
    "select now()::date",
    "select now() - interval 1 day",
    "select timezone('UTC', now())",
    "select date_trunc('day', now())",
    "select now() at time zone 'America/New_York'",
    "select extract(year from now())",
    "select '2020-01-01 00:00:00+00'::timestamptz::timestamp",
    "set timezone = 'America/New_York'",
];

/// With ICU the zone counts; without it each error says how to get it.
fn zones() -> Outcome {
    let mut connection = memory()?;
    let has_icu = connection.execute("set timezone = 'UTC'").is_ok();
    for sql in ZONED {
        match connection.execute(sql) {
            Ok(_) => {}
            Err(error) => {
                let help = error.help.clone().unwrap_or_default();
                let said = help.contains("duckdb-extension-icu==1.5.5");
                check(
                    !has_icu && error.kind == ErrorKind::ExtensionMissing && said,
                    format!("{sql}: {error:?}"),
                )?;
            }
        }
    }
    if !has_icu {
        return Ok(());
    }
    let (_, table) = connection.query("select '2020-07-01 12:00:00+00'::timestamptz", None)?;
    check(shown(&table.rows[0][0]).contains("08:00:00 -04:00"), format!("{table:?}"))
}

fn counts() -> Outcome {
    let mut connection = memory()?;
    for (sql, rows) in [
        ("create table t as select * from range(5) r(a)", Some(5)),
        ("insert into t select 9 from range(3)", Some(3)),
        ("update t set a = 1 where a = 9", Some(3)),
        ("begin; delete from t where a = 1", Some(4)),
        ("commit", None),
        ("create view v as select 1", None),
        ("select 1 as b", None),
    ] {
        let response = connection.execute(sql)?;
        check(response.message == "OK" && response.rows_affected == rows, format!("{sql}: {response:?}"))?;
    }
    let (_, table) = connection.query("select a from t order by a", Some(2))?;
    check(table.rows == [[Cell::Int(0)], [Cell::Int(2)]], format!("{table:?}"))
}

fn table(columns: &[&str], rows: Vec<Vec<Cell>>) -> Table {
    let columns =
        columns.iter().map(|name| ColumnInfo { name: (*name).to_owned(), data_type: String::new() });
    Table { columns: columns.collect(), rows }
}

fn load() -> Outcome {
    let mut connection = memory()?;
    connection.execute(
        "create schema s; create table s.t (id integer, \"Name\" text, day date, moment timestamp, ok boolean, n decimal(9,2))",
    )?;
    let target = Relation::new(Some("memory"), Some("s"), Some("t"));
    let text = |text: &str| Cell::Text(text.to_owned());
    let rows = table(
        &["id", "Name", "day", "moment", "ok", "n"],
        vec![
            vec![
                Cell::Int(1),
                text("a"),
                text("2020-01-01"),
                text("2020-01-01T00:00:00+02:00"),
                Cell::Bool(true),
                Cell::Float(1.25),
            ],
            vec![Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null],
            vec![
                text("3"),
                text(""),
                Cell::Date("2020-02-03".parse()?),
                text("2020-01-01"),
                text("false"),
                text("0.10"),
            ],
        ],
    );
    connection.execute("begin")?;
    check(connection.load(&target, &rows)? == 3, "three rows")?;
    connection.execute("commit")?;
    let (_, seen) = connection.query("select id, \"Name\", day::text, moment::text, ok, n from s.t", None)?;
    let seen: Vec<Vec<_>> = seen.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    check(
        seen[0]
            == [
                "int 1",
                "text a",
                "text 2020-01-01",
                "text 2020-01-01 00:00:00",
                "bool true",
                "decimal 1.25",
            ]
            && seen[1].iter().all(|cell| cell == "null")
            && seen[2]
                == [
                    "int 3",
                    "text ",
                    "text 2020-02-03",
                    "text 2020-01-01 00:00:00",
                    "bool false",
                    "decimal 0.10",
                ],
        format!("{seen:?}"),
    )?;
    let bad = table(&["id"], vec![vec![Cell::Int(1)], vec![text("x")]]);
    let error = connection.load(&target, &bad).expect_err("x is no integer");
    check(
        error.row == Some(1) && error.message.contains("Could not convert string 'x'"),
        format!("{error:?}"),
    )
}

fn attach() -> Outcome {
    let folder = tempfile::tempdir()?;
    let side = folder.path().join("side.duckdb");
    let settings =
        json!({"path": folder.path().join("main.duckdb"), "attach": [{"path": side, "alias": "other"}]});
    let database = open(settings)?;
    let mut connection = database.connect()?;
    connection.execute("create table other.main.t as select 1 as a")?;
    drop(connection);
    database.close();
    let settings = json!({"path": side, "attach": [{"path": folder.path().join("main.duckdb"), "options": {"read_only": true}}]});
    let mut connection = open(settings)?.connect()?;
    let (_, table) = connection.query("select a from side.main.t", None)?;
    check(table.rows == [[Cell::Int(1)]], format!("{table:?}"))?;
    let error = connection.execute("create table main_db.main.u as select 1").expect_err("read only");
    check(error.message.contains("read-only"), format!("{error:?}"))
}

fn cancel() -> Outcome {
    let database = open(json!({}))?;
    let mut connection = database.connect()?;
    let worker = std::thread::spawn(move || {
        connection.execute("select count(*) from range(100000000000) a, range(1000) b")
    });
    while !worker.is_finished() {
        database.cancel();
        std::thread::sleep(Duration::from_millis(20));
    }
    let error = worker.join().map_err(|_| "the worker panicked")?.expect_err("cancelled");
    check(error.kind == ErrorKind::Interrupted, format!("{error:?}"))
}

fn close_leaves_one_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    let database = open(json!({"path": folder.path().join("x.duckdb")}))?;
    let mut connection = database.connect()?;
    connection.execute("create table t as select 1 as a")?;
    database.close();
    let files: Vec<_> = std::fs::read_dir(folder.path())?.flatten().map(|entry| entry.file_name()).collect();
    check(files == ["x.duckdb"], format!("{files:?}"))
}

fn recorder() -> Outcome {
    let recorder = Recorder::instead_of(&*open(json!({"path": "x.duckdb"}))?);
    let mut connection = recorder.connect()?;
    connection.execute("create view v as select 1")?;
    connection.load(&Relation::new(None, None, Some("t")), &table(&["a"], vec![vec![Cell::Null]]))?;
    let seen = recorder.statements();
    check(seen == ["create view v as select 1", "-- load 1 rows into \"t\" (a)"], format!("{seen:?}"))?;
    check(recorder.name() == "duckdb" && recorder.target()["database"] == "x", format!("{recorder:?}"))
}

/// A second process holds the file; it is this binary again, run with a variable that names the file.
fn lock_cases() -> Vec<Trial> {
    if let Some(path) = std::env::var_os("TEAL_TEST_HOLD") {
        return vec![Trial::test("adapter::hold", move || {
            let _connection = open(json!({"path": path.to_string_lossy()}))?.connect()?;
            std::fs::write(format!("{}.held", path.to_string_lossy()), "")?;
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        })];
    }
    vec![Trial::test("adapter::lock", || {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("x.duckdb");
        let mut holder = Command::new(std::env::current_exe()?)
            .args(["adapter::hold", "--exact"])
            .env("TEAL_TEST_HOLD", &path)
            .stdout(Stdio::null())
            .spawn()?;
        let held = folder.path().join("x.duckdb.held");
        for _ in 0..300 {
            if held.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let error = open(json!({"path": path}))?.connect().err();
        holder.kill()?;
        holder.wait()?;
        let error = error.ok_or("the file was not locked")?;
        let pid = format!("process {}", holder.id());
        check(error.kind == ErrorKind::Locked && error.message.contains(&pid), format!("{error:?}"))?;
        check(error.help.is_some_and(|help| help.contains("TEAL_LOCK_TIMEOUT")), "help says how to wait")?;
        open(json!({"path": path}))?.connect()?;
        Ok(())
    })]
}
