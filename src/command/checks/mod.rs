//! `teal checks`: the project's rules, each a query over the project's own tables (`metadata`) whose rows are what is
//! wrong; and the same before a command that runs something.
//!
//! In reading order: `rule` is a rule and where it comes from, `settings` what the project says of it, `finding` makes
//! diagnostics of rows, this file runs them, `reference` is the page of those that are built in.

mod finding;
mod reference;
mod rule;
mod settings;

use std::sync::Arc;

use globset::Glob;

use super::load::{self, Loaded};
use super::{Failure, Invocation, Verdict, lineage};
use crate::adapter::AdapterError;
use crate::console::{Event, Treatment};
use crate::diagnostic::{Code, Diagnostic, Severity, SourceId, Span, nearest};
use crate::metadata::{Database, Made, Subject};
use crate::run;
use crate::sql::{Dialect, skip_blank};
use finding::{Places, errors, findings};
use rule::Rule;
use settings::Before;

pub use reference::reference;
pub(super) use settings::{Settings, read as settings};

/// Runs rules and tells what they find, or lists them.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let started = invocation.elapsed();
    let settings = settings::read(invocation, loaded)?;
    let rules = chosen(invocation, rules(invocation, loaded, &settings)?)?;
    let console = &invocation.console;
    if invocation.flags.on("list") {
        console.emit(Event::output(list(&rules)));
        return Ok(Verdict::Passed);
    }
    let judged = judge(invocation, loaded, &settings, &rules)?;
    console.emit(Event::blank());
    let mut counts = (0, 0);
    for (rule, found) in rules.iter().zip(&judged) {
        let errors = errors(found);
        counts = (counts.0 + errors, counts.1 + found.len() - errors);
        tell(invocation, rule, found);
    }
    let seconds = invocation.elapsed() - started;
    let (errors, warnings) = (counted(counts.0, "error"), counted(counts.1, "warning"));
    let count = counted(rules.len(), "rule");
    console.emit(Event::info(format!("Ran {count} in {seconds:.2}s: {errors}, {warnings}")));
    Ok(if counts.0 == 0 { Verdict::Passed } else { Verdict::Failed })
}

/// Runs the rules that are to hold before anything is run, where the project has some.
///
/// # Errors
/// Everything they find that is an error.
pub(super) fn before(invocation: &Invocation, loaded: &Loaded) -> Result<(), Failure> {
    if !invocation.flags.on("checks") {
        return Ok(());
    }
    let settings = settings::read(invocation, loaded)?;
    if settings.before == Before::Off {
        return Ok(());
    }
    let mut rules = rules(invocation, loaded, &settings)?;
    rules.retain(|rule| !rule.is_off && (rule.is_own() || settings.before == Before::All));
    if rules.is_empty() {
        return Ok(());
    }
    let mut found: Vec<_> = judge(invocation, loaded, &settings, &rules)?.into_iter().flatten().collect();
    if let Some(last) = found.iter_mut().rfind(|one| one.severity == Severity::Error) {
        let way_out = "`--no-checks` runs without the project's rules";
        last.help = Some(last.help.take().map_or(way_out.to_owned(), |help| format!("{help}; {way_out}")));
    }
    load::settle(invocation, found)
}

/// All rules as the project wants them: those that are built in, and its own.
fn rules(invocation: &Invocation, loaded: &Loaded, settings: &Settings) -> Result<Vec<Rule>, Failure> {
    let root = &loaded.project.root().folder;
    let (own, found) = rule::of_project(root, &settings.paths, &invocation.sources);
    if !found.is_empty() {
        return Err(found);
    }
    let mut rules = rule::built_in(&invocation.sources);
    rules.retain(|rule| !own.iter().any(|own| own.name() == rule.name()));
    rules.splice(0..0, own);
    settings.apply(&mut rules)?;
    Ok(rules)
}

/// What `--select` and `--exclude` leave: names, topics, or patterns of either.
fn chosen(invocation: &Invocation, mut rules: Vec<Rule>) -> Result<Vec<Rule>, Failure> {
    let mut unknown = Vec::new();
    let mut meant = |words: &[String]| -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for word in words {
            let glob = Glob::new(word).map_err(|error| {
                vec![Diagnostic::error(Code::Usage, format!("`{word}` is no pattern: {}", error.kind()))]
            })?;
            let glob = glob.compile_matcher();
            let fits = |rule: &&Rule| glob.is_match(rule.name()) || glob.is_match(&rule.topic);
            // What is off runs where it is asked for by name.
            let is_on = |rule: &&Rule| !rule.is_off || rule.name() == word;
            let before = names.len();
            names.extend(rules.iter().filter(fits).filter(is_on).map(|rule| rule.name().to_owned()));
            if names.len() == before && !rules.iter().any(|rule| fits(&rule)) {
                unknown.push(word.clone());
            }
        }
        Ok(names)
    };
    let flags = &invocation.flags;
    let (wanted, left_out) = (meant(&flags.select)?, meant(&flags.exclude)?);
    if let Some(word) = unknown.first() {
        let error = Diagnostic::error(Code::Usage, format!("there is no rule or topic `{word}`"));
        let near = nearest(word, rules.iter().map(Rule::name));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        return Err(vec![error.help(help.unwrap_or_else(|| "`teal checks --list` lists them".to_owned()))]);
    }
    rules.retain(|rule| {
        let is_wanted = if flags.select.is_empty() {
            !rule.is_off || flags.on("list")
        } else {
            wanted.iter().any(|name| name == rule.name())
        };
        is_wanted && !left_out.iter().any(|name| name == rule.name())
    });
    Ok(rules)
}

/// What each rule finds.
///
/// # Errors
/// Queries that do not run, or that do not give what a rule's must.
fn judge(
    invocation: &Invocation,
    loaded: &Loaded,
    settings: &Settings,
    rules: &[Rule],
) -> Result<Vec<Vec<Diagnostic>>, Failure> {
    let queries: Vec<&str> = rules.iter().map(|rule| &*rule.text).collect();
    let mut database = open(invocation, loaded, settings, &queries)?;
    let places = Places::new(invocation, loaded);
    let mut judged = Vec::new();
    let mut failed = Vec::new();
    for rule in rules {
        let rows = database.query(&rule.text, &rule.variables(), None);
        let rows = rows.map_err(|error| refused(invocation, &error, &rule.text, rule.source));
        match rows.and_then(|table| findings(rule, &table, &places)) {
            Ok(mut found) => {
                if invocation.console.policy().treat(Code::Rule) == Treatment::Error {
                    for one in &mut found {
                        one.severity = Severity::Error;
                    }
                }
                judged.push(found);
            }
            Err(error) => failed.push(error),
        }
    }
    if failed.is_empty() { Ok(judged) } else { Err(failed) }
}

/// The project's tables, as far as some queries read them.
///
/// # Errors
/// A file of an earlier run that cannot be read.
pub(super) fn open(
    invocation: &Invocation,
    loaded: &Loaded,
    settings: &Settings,
    queries: &[&str],
) -> Result<Database, Failure> {
    let subject = Subject {
        manifest: &loaded.manifest,
        graph: &loaded.graph,
        sources: &invocation.sources,
        project: &loaded.project,
        dialect: Dialect::of(&loaded.profile.kind),
        target: &loaded.target(invocation),
        layers: &settings.layers,
        except: &settings.except,
        lineage: &|| lineage::make(invocation, loaded, None),
        made: Made::default(),
    };
    Database::open(&subject, queries).map_err(|error| vec![*error])
}

/// What the engine says of a query, at its place in a text that is the query.
pub(super) fn refused(
    invocation: &Invocation,
    error: &AdapterError,
    sql: &str,
    source: SourceId,
) -> Diagnostic {
    let mut told = run::from_warehouse(error, sql, "query", None, &invocation.sources);
    for label in &mut told.labels {
        label.span.source = source;
    }
    if told.labels.is_empty() {
        let start = skip_blank(sql, 0);
        let word = sql[start..].find(char::is_whitespace).unwrap_or(sql.len() - start);
        return told.label(Span::new(source, start..start + word), "");
    }
    told
}

/// Prints what a rule found, as much of it as is asked for; reports have all of it.
fn tell(invocation: &Invocation, rule: &Rule, found: &[Diagnostic]) {
    let console = &invocation.console;
    let shown = invocation.flags.limit.unwrap_or(usize::MAX);
    for diagnostic in found.iter().take(shown) {
        match diagnostic.severity {
            Severity::Error => console.find(diagnostic, &invocation.sources),
            Severity::Warning => console.warn(diagnostic, &invocation.sources),
        }
        console.emit(Event::blank());
    }
    for diagnostic in found.iter().skip(shown) {
        console.keep(diagnostic);
    }
    if let Some(more) = found.len().checked_sub(shown).filter(|more| *more > 0) {
        console.emit(Event::info(format!("… and {more} more of `{}`; `--limit -1` shows all", rule.name())));
        console.emit(Event::blank());
    }
}

/// The rules as a table: name, severity, topic and what they look for.
fn list(rules: &[Rule]) -> String {
    let severity = |rule: &Rule| match (rule.is_off, rule.forced.unwrap_or(rule.severity)) {
        (true, _) => "off",
        (false, Severity::Warning) => "warn",
        (false, Severity::Error) => "error",
    };
    let width = |of: &dyn Fn(&Rule) -> usize| rules.iter().map(of).max().unwrap_or_default();
    let names = width(&|rule| rule.name().chars().count());
    let topics = width(&|rule| rule.topic.chars().count());
    let line = |rule: &Rule| {
        let (name, topic, severity) = (rule.name(), &rule.topic, severity(rule));
        let line = format!("{name:<names$}  {severity:<5}  {topic:<topics$}  {}", rule.about.description);
        line.trim_end().to_owned()
    };
    rules.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The texts of the rules that are built in, by name: what their tests and their page are made of.
pub fn built_in() -> Vec<(String, Arc<str>)> {
    let rules = rule::built_in(&crate::diagnostic::Sources::default());
    rules.into_iter().map(|rule| (rule.name().to_owned(), rule.text)).collect()
}
