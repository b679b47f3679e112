//! A worker's session: query comment, transactions, statement results, errors, and the cache of relations.

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Failed, Trial};
use teal::adapter::{self, Adapter, Recorder, Settings};
use teal::jinja::{Notice, RelationCache, Session};
use teal::relation::{Relation, RelationKind};

type Outcome = Result<(), Failed>;
/// One check.
type Check = fn() -> Outcome;

/// All cases of this file.
pub(crate) fn cases() -> Vec<Trial> {
    let all: [(&str, Check); 6] = [
        ("comments", comments),
        ("transactions", transactions),
        ("rolls_back", rolls_back),
        ("keeps_the_error", keeps_the_error),
        ("listing_and_changes", listing_and_changes),
        ("renames", renames),
    ];
    all.into_iter().map(|(name, case)| Trial::test(format!("session::{name}"), case)).collect()
}

fn warehouse() -> Result<Arc<dyn Adapter>, Failed> {
    Ok(adapter::open(adapter::KINDS[0], &Settings::new())?)
}

fn session(adapter: Arc<dyn Adapter>) -> Arc<Session> {
    Session::new(adapter, Arc::new(RelationCache::default()), Arc::new(|_| {}))
}

fn recorded(act: impl Fn(&Session) -> Outcome) -> Result<Vec<String>, Failed> {
    let recorder = Recorder::instead_of(&*warehouse()?);
    act(&session(Arc::new(recorder.clone())))?;
    Ok(recorder.statements())
}

fn same<T: PartialEq + std::fmt::Debug>(actual: T, expected: T) -> Outcome {
    if actual == expected { Ok(()) } else { Err(format!("expected {expected:?}, got {actual:?}").into()) }
}

fn comments() -> Outcome {
    let commented = |append: bool| {
        recorded(|session| {
            session.begin_node(None, Some((" who \n".to_owned(), append)));
            session.execute("select 1;")?;
            session.query("select 2", None)?;
            session.begin_node(None, None);
            session.execute("select 3")?;
            Ok(())
        })
    };
    let text = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    same(commented(false)?, text(&["/* who */\nselect 1;", "/* who */\nselect 2", "select 3"]))?;
    same(commented(true)?, text(&["select 1\n/* who */;", "select 2\n/* who */", "select 3"]))
}

/// `commit` without a transaction is nothing; a second `begin` is none either.
fn transactions() -> Outcome {
    let statements = recorded(|session| {
        session.begin_node(None, Some(("who".to_owned(), false)));
        session.execute("commit;")?;
        session.commit()?;
        session.execute("BEGIN")?;
        session.execute("select 1")?;
        session.commit()?;
        session.commit()?;
        Ok(())
    })?;
    let expected = ["BEGIN", "/* who */\nselect 1", "commit"];
    same(statements.iter().map(String::as_str).collect::<Vec<_>>(), expected.to_vec())
}

fn rolls_back() -> Outcome {
    let session = session(warehouse()?);
    session.execute("create table t as select 1 as x")?;
    session.execute("begin")?;
    session.execute("insert into t values (2)")?;
    let failed = session.execute("insert into t values ('no number')");
    same(failed.is_err(), true)?;
    session.begin_node(None, None);
    let (_, rows) = session.query("select x from t", None)?;
    same(rows.rows.len(), 1)
}

fn keeps_the_error() -> Outcome {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let sink = move |notice| {
        let line = match notice {
            Notice::Sql { sql, .. } => format!("sent {sql}"),
            Notice::SqlDone { message, .. } => format!("done {message}"),
            Notice::Connection { step, .. } => format!("{step:?}"),
            other => format!("{other:?}"),
        };
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    };
    let session = Session::new(warehouse()?, Arc::default(), Arc::new(sink));
    session.begin_node(None, Some(("who".to_owned(), false)));
    session.execute("select 1")?;
    same(session.take_error().is_none(), true)?;
    same(session.query("select * from nowhere", None).is_err(), true)?;
    let (error, sql) = session.take_error().ok_or("the error was not kept")?;
    same(error.kind, adapter::ErrorKind::UnknownTable)?;
    same(sql.as_str(), "/* who */\nselect * from nowhere")?;
    same(session.take_error().is_none(), true)?;
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = said.iter().filter(|line| line.starts_with("sent")).count();
    let steps: Vec<&str> = said.iter().map(String::as_str).filter(|line| !line.contains(' ')).collect();
    same(steps, vec!["Acquired", "Opened"])?;
    same((sent, said.len()), (2, 5))
}

fn table(name: &str) -> Relation {
    let mut relation = Relation::new(Some("db"), Some("main"), Some(name));
    relation.kind = Some(RelationKind::Table);
    relation
}

/// The relations of `db.main`, by name and kind.
fn known(cache: &RelationCache) -> Option<Vec<(String, Option<RelationKind>)>> {
    let relations = cache.relations(Some("DB"), Some("Main"))?;
    Some(relations.into_iter().map(|r| (r.identifier.unwrap_or_default().to_string(), r.kind)).collect())
}

/// What was done before a schema is listed wins over the listing, which may be older.
fn listing_and_changes() -> Outcome {
    let cache = RelationCache::default();
    same(known(&cache), None)?;
    cache.drop_relation(&table("GONE"));
    cache.add(&table("made"));
    same(known(&cache), None)?;
    cache.fill(Some("db"), Some("main"), vec![table("gone"), table("there")]);
    let tables = |names: &[&str]| {
        Some(names.iter().map(|name| ((*name).to_owned(), Some(RelationKind::Table))).collect())
    };
    same(known(&cache), tables(&["made", "there"]))?;
    cache.drop_relation(&table("There"));
    same(known(&cache), tables(&["made"]))?;
    cache.drop_schema(Some("db"), Some("main"));
    same(known(&cache), tables(&[]))
}

fn renames() -> Outcome {
    let cache = RelationCache::default();
    let view = Relation { kind: Some(RelationKind::View), ..table("old") };
    cache.fill(Some("db"), Some("main"), vec![view]);
    cache.rename(&table("old"), &Relation { kind: None, ..table("new") });
    same(known(&cache), Some(vec![("new".to_owned(), Some(RelationKind::View))]))
}
