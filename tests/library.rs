//! The built-in macros: whether all of dbt's are there, and whether each gives way to a project's own.
//!
//! `tests/macros.txt` has dbt's macros. The tests of overriding go over all macros of the library,
//! so that a new one is tested by being there: a root project is written that defines each of
//! them, and what answers is asked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use libtest_mimic::{Failed, Trial};
use teal::parse::{Entry, entries};

use crate::case::{expect, root, scratch, teal};

/// Trials of the built-in macros.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("library::surface", surface),
        Trial::test("library::own_macro_wins", || answers("", &own)),
        Trial::test("library::own_default_wins", || answers("default__", &implementation)),
        Trial::test("library::own_implementation_wins", || answers("duckdb__", &implementation)),
        Trial::test("library::called_by_commands", called),
    ]
}

/// Every macro of dbt is there, with its arguments.
fn surface() -> Result<(), Failed> {
    let bare = |text: &str| text.replace(' ', "");
    let known: BTreeSet<_> = entries()
        .iter()
        .map(|entry| {
            let parameters = entry.signature.find('(').map_or("", |at| &entry.signature[at..]);
            (entry.package.clone(), bare(&format!("{}{parameters}", entry.name)))
        })
        .collect();
    let mut package = "";
    let mut missing = Vec::new();
    let listed = fs::read_to_string(root().join("tests/macros.txt"))?;
    for line in listed.lines().filter(|line| !line.is_empty() && !line.contains('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => package = name,
            // What one warehouse overrides elsewhere may be the same for all here.
            None if [package, "dbt"].iter().any(|p| known.contains(&((*p).to_owned(), bare(line)))) => {}
            None => missing.push(format!("{package}: {line}")),
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n").into()) }
}

/// Names of the parameters that a signature declares, and how many have no default.
fn parameters(signature: &str) -> (Vec<&str>, usize) {
    let inside = signature.split_once('(').map_or("", |(_, rest)| rest).trim_end_matches(')');
    let (mut depth, mut quoted) = (0, false);
    let parts = inside.split(|c: char| {
        quoted ^= c == '"';
        depth += i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'));
        c == ',' && depth == 0 && !quoted
    });
    let parts: Vec<_> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    let required = parts.iter().filter(|part| !part.contains('=')).count();
    (parts.iter().map(|part| part.split('=').next().unwrap_or_default().trim()).collect(), required)
}

/// A call of a macro with nothing for each argument that it needs.
fn call(entry: &Entry, name: &str) -> String {
    let (_, required) = parameters(&entry.signature);
    format!("{name}({})", vec!["none"; required].join(", "))
}

/// How to call a macro so that the project's answers.
type Question = dyn Fn(&Entry) -> Option<(String, String)> + Send + Sync;

/// Every macro and test by its own name.
fn own(entry: &Entry) -> Option<(String, String)> {
    let is_macro = entry.implements().is_none() && !entry.name.starts_with("materialization_");
    is_macro.then(|| (entry.name.clone(), call(entry, &entry.name)))
}

/// Every macro that looks for an implementation, by way of the built-in one, which must look.
fn implementation(entry: &Entry) -> Option<(String, String)> {
    let (name, _) = entry.implements()?;
    let call = match name {
        // These have a macro of another name that looks for them.
        "get_limit_sql" => "dbt.get_limit_subquery_sql(none, none)".to_owned(),
        "format_column" => "dbt.format_columns([none])[0]".to_owned(),
        _ => {
            let all = entries();
            let outer = all.iter().find(|outer| outer.name == name)?;
            call(outer, &format!("dbt.{name}"))
        }
    };
    Some((name.to_owned(), call))
}

/// Writes a project that has a macro `<prefix><name>` for each question, and asks.
fn answers(prefix: &str, question: &Question) -> Result<(), Failed> {
    let asked: BTreeSet<_> = entries().iter().filter_map(question).collect();
    let mut macros = String::new();
    let mut operation = String::from("{% macro ask_all() %}\n");
    for (name, call) in &asked {
        let takes = "{% do [varargs, kwargs] %}";
        writeln!(
            macros,
            "{{% macro {prefix}{name}() %}}{takes}{{{{ return('own {name}') }}}}{{% endmacro %}}"
        )?;
        writeln!(operation, "{{% do print('{name}: ' ~ {call} | trim) %}}")?;
    }
    operation.push_str("{% endmacro %}\n");
    let project = tempfile::tempdir()?;
    fs::create_dir(project.path().join("macros"))?;
    fs::write(project.path().join("dbt_project.yml"), "name: own\nversion: '1.0'\n")?;
    fs::write(project.path().join("macros/own.sql"), macros)?;
    fs::write(project.path().join("macros/ask.sql"), operation)?;
    let words = ["run-operation", "ask_all", "--quiet"].map(str::to_owned);
    let (code, text) = teal(project.path(), &words)?;
    let wrong: Vec<_> = asked
        .iter()
        .filter(|(name, _)| {
            let told = format!("{name}: ");
            let answer = text.lines().find_map(|line| line.strip_prefix(&told)).unwrap_or_default();
            answer.trim_matches(['(', ')']) != format!("own {name}")
        })
        .map(|(name, call)| format!("{prefix}{name}, by {call}"))
        .collect();
    match (code, wrong.as_slice()) {
        (0, []) if asked.len() > 100 => Ok(()),
        (0, []) => Err(format!("only {} macros were asked", asked.len()).into()),
        _ => Err(format!("did not answer:\n{}\n{text}", wrong.join("\n")).into()),
    }
}

/// A macro of the project's own that tells that it was called, and calls the built-in one.
fn wrapper(entry: &Entry) -> String {
    let tell = format!("{{%- do print('called {}') -%}}", entry.name);
    let built_in = format!("{}.{}", entry.package, entry.name);
    if let Some(rest) = entry.name.strip_prefix("materialization_") {
        let (name, adapter) = rest.rsplit_once('_').unwrap_or((rest, "default"));
        return format!(
            "{{% materialization {name}, adapter='{adapter}', supported_languages=['sql', 'python'] %}}{tell}\
             {{{{ return({built_in}()) }}}}{{% endmaterialization %}}\n"
        );
    }
    let (names, _) = parameters(&entry.signature);
    let call = format!("{built_in}({})", names.join(", "));
    let (open, close) = match entry.name.strip_prefix("test_") {
        Some(_) => (format!("test {}", entry.signature), "endtest"),
        None => (format!("macro {}", entry.signature), "endmacro"),
    };
    let body = match entry.name.as_str() {
        // They are called as blocks.
        "statement" | "noop_statement" | "set_sql_header" => format!(
            "{{%- if execute -%}}{{%- set body = caller() -%}}{{%- call {call} -%}}{{{{ body }}}}{{%- endcall -%}}{{%- endif -%}}"
        ),
        _ => format!("{{{{ return({call}) }}}}"),
    };
    format!("{{% {open} %}}{tell}{body}{{% {close} %}}\n")
}

/// Which of the project's own macros commands call, by themselves or by way of built-in macros.
/// The project still builds: each of its macros calls the one whose place it takes.
fn called() -> Result<(), Failed> {
    let folder = root().join("tests/library");
    let project = scratch(&folder)?;
    let all = entries();
    let macros: String = all.iter().map(wrapper).collect();
    fs::create_dir_all(project.path().join("macros"))?;
    fs::write(project.path().join("macros/own.sql"), macros)?;
    let mut told = BTreeSet::new();
    for line in fs::read_to_string(folder.join("cmd"))?.lines() {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let (code, text) = teal(project.path(), &words)?;
        if code != 0 {
            let rest: Vec<_> = text.lines().filter(|line| !line.starts_with("called ")).collect();
            return Err(format!("`teal {line}` exited with {code}\n{}", rest.join("\n")).into());
        }
        told.extend(text.lines().filter_map(|line| line.strip_prefix("called ")).map(str::to_owned));
    }
    let names = all.iter().map(|entry| entry.name.as_str()).filter(|name| told.contains(*name));
    let list = names.collect::<Vec<_>>().join("\n") + "\n";
    expect(&folder.join("expected.txt"), &list)
}
