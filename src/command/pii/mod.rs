//! `teal pii`: the register of columns with personal data, and whether it is where it must not be.
//!
//! In reading order: this file makes the register and shows it, `policy` is what the project says, `check`
//! holds the one against the other.

mod check;
mod policy;

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::lineage::{label, make_with};
use super::load::{self, Loaded};
use super::{Failure, Invocation, Verdict};
use crate::compile::lineage::{Breakers, Classes, ColumnRef, Hop, Lineage, Paths};
use crate::console::Event;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::Node;

pub(super) use check::violations;
pub(super) use policy::{Settings, read as settings};

/// The columns of a project, and which of them hold classified data.
pub(super) struct Register<'a> {
    loaded: &'a Loaded,
    lineage: &'a Lineage,
    paths: Paths,
    classes: Classes,
}

/// A column and a class of data that is in it, or that is broken on the way to it.
struct Entry {
    column: ColumnRef,
    class: String,
    /// The steps from the column that is said to hold the class.
    way: Vec<Hop>,
    /// What breaks it at the last step.
    breaker: Option<String>,
}

impl Entry {
    fn state(&self) -> &'static str {
        match (&self.breaker, self.way.is_empty()) {
            (Some(_), _) => "broken",
            (None, true) => "own",
            (None, false) => "inherited",
        }
    }
}

/// Shows the register, or holds it against the policies.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let settings = policy::read(invocation, loaded)?;
    let catalog = crate::artifact::read_catalog(&loaded.target(invocation).join("catalog.json"));
    let lineage = make_with(loaded, None, &catalog, &settings.breakers);
    let register = Register::new(loaded, &lineage);
    if invocation.flags.on("check") {
        let policies = &settings.policies;
        let warnings = policies.iter().flat_map(|policy| check::unheard_of(&register, policy));
        load::settle(invocation, warnings.collect())?;
        return checked(invocation, &register, policies);
    }
    let entries = register.entries();
    let shown = match invocation.flags.output.as_deref() {
        Some("json") => {
            format!("{:#}", entries.iter().map(|entry| register.json(invocation, entry)).collect::<Value>())
        }
        Some("csv") => register.csv(invocation, &entries)?,
        _ => register.text(invocation, &entries),
    };
    invocation.console.emit(Event::output(shown.trim_end().to_owned()));
    Ok(Verdict::Passed)
}

/// What ends the way of a class of data in this project.
///
/// # Errors
/// Settings that cannot be read.
pub(super) fn breakers(invocation: &Invocation, loaded: &Loaded) -> Result<Breakers, Failure> {
    Ok(policy::read(invocation, loaded)?.breakers)
}

fn checked(
    invocation: &Invocation,
    register: &Register<'_>,
    policies: &[policy::Policy],
) -> Result<Verdict, Failure> {
    if policies.is_empty() {
        let help =
            "see docs/pii.md: they stand in dbt_project.yml under `vars: {teal: {pii: {policies: …}}}`";
        let message = "the project has no policies to check";
        return Err(vec![Diagnostic::error(Code::PolicyInvalid, message).help(help)]);
    }
    let mut failed = 0;
    for policy in policies {
        let violations = check::violations(register, policy);
        for (_, violation) in &violations {
            invocation.console.find(violation, &invocation.sources);
        }
        if violations.is_empty() {
            invocation.console.emit(Event::output(format!("policy `{}` holds", policy.name)));
        } else {
            let count = violations.len();
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            invocation.console.emit(Event::output(format!("policy `{}` is violated {times}", policy.name)));
            failed += 1;
        }
    }
    Ok(if failed == 0 { Verdict::Passed } else { Verdict::Failed })
}

impl<'a> Register<'a> {
    /// What property files say of the columns of a lineage.
    pub(super) fn new(loaded: &'a Loaded, lineage: &'a Lineage) -> Self {
        let classes = Classes::new(&loaded.manifest, lineage);
        Self { loaded, paths: Paths::new(lineage), lineage, classes }
    }

    /// Everything that is known: nodes parents first, their columns in order, classes by name.
    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for class in self.classes.said.keys() {
            let reach = self.classes.reach(class, self.lineage, &self.paths, &|_| false);
            let owned = |hops: Vec<&Hop>| hops.into_iter().cloned().collect::<Vec<_>>();
            for column in reach.columns.keys() {
                let way = owned(reach.way(column));
                entries.push(Entry { column: column.clone(), class: class.clone(), way, breaker: None });
            }
            for end in &reach.breaks {
                let mut way = owned(reach.way(&end.hop.from));
                way.push(end.hop.clone());
                let by = end.by.clone().unwrap_or_else(|| "classifiers: []".to_owned());
                entries.push(Entry {
                    column: end.hop.to.clone(),
                    class: class.clone(),
                    way,
                    breaker: Some(by),
                });
            }
        }
        let rank = |entry: &Entry| {
            let node = self.lineage.nodes.get_index_of(&entry.column.node).unwrap_or(usize::MAX);
            let column = self.lineage.column(&entry.column.node, &entry.column.column);
            (node, column.map_or(usize::MAX, |(at, _)| at), entry.class.clone())
        };
        entries.sort_by_cached_key(rank);
        entries
    }

    /// A column as people call it.
    fn name(&self, column: &ColumnRef) -> String {
        format!("{}.{}", label(&self.loaded.manifest, &column.node), column.column)
    }

    /// `raw.users.email -> stg_users.email (copy)`.
    fn way(&self, entry: &Entry) -> String {
        let mut text = entry.way.first().map_or(String::new(), |hop| self.name(&hop.from));
        for hop in &entry.way {
            let doubt = if hop.is_certain { "" } else { "?" };
            let _ = write!(text, " -> {} ({}{doubt})", self.name(&hop.to), hop.kind.as_str());
        }
        text
    }

    fn kind(&self, column: &ColumnRef) -> &'static str {
        let node = self.loaded.manifest.nodes.get(&column.node);
        node.map_or("source", |node| node.resource_type().as_str())
    }

    /// Where a column is made, or else described.
    fn place(&self, column: &ColumnRef) -> Option<Span> {
        let known = self.lineage.column(&column.node, &column.column).and_then(|(_, column)| column.span);
        let node = self.loaded.manifest.nodes.get(&column.node);
        let file = |node: &Arc<Node>| Span::new(node.source, node.source_offset..node.source_offset);
        known.or_else(|| self.said_at(column)).or_else(|| node.map(file))
    }

    /// Where a property file names a column.
    fn said_at(&self, column: &ColumnRef) -> Option<Span> {
        let manifest = &self.loaded.manifest;
        let columns = manifest.nodes.get(&column.node).map(|node| &node.columns);
        let columns = columns.or_else(|| manifest.sources.get(&column.node).map(|source| &source.columns))?;
        columns.values().find(|known| known.name.eq_ignore_ascii_case(&column.column))?.span
    }

    /// `path:line` of a column.
    fn line(&self, invocation: &Invocation, column: &ColumnRef) -> String {
        let place = self.place(column).map(|span| invocation.sources.place(span)).unwrap_or_default();
        place.rsplit_once(':').map_or(place.clone(), |(line, _)| line.to_owned())
    }

    fn json(&self, invocation: &Invocation, entry: &Entry) -> Value {
        let step = |hop: &Hop| {
            json!({"node": &*hop.to.node, "column": hop.to.column, "kind": hop.kind.as_str(),
                "certain": hop.is_certain})
        };
        let from = entry.way.first().map_or(&entry.column, |hop| &hop.from);
        json!({
            "node": &*entry.column.node,
            "resource_type": self.kind(&entry.column),
            "column": entry.column.column,
            "class": entry.class,
            "state": entry.state(),
            "from": {"node": &*from.node, "column": from.column},
            "path": entry.way.iter().map(step).collect::<Vec<_>>(),
            "breaker": entry.breaker,
            "place": self.line(invocation, &entry.column),
        })
    }

    fn csv(&self, invocation: &Invocation, entries: &[Entry]) -> Result<String, Failure> {
        let wrong = |error: &dyn std::fmt::Display| {
            vec![Diagnostic::error(Code::InternalError, format!("the register cannot be written: {error}"))]
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        let head = ["node", "resource_type", "column", "class", "state", "path", "breaker", "place"];
        writer.write_record(head).map_err(|error| wrong(&error))?;
        for entry in entries {
            let (path, place) = (self.way(entry), self.line(invocation, &entry.column));
            let breaker = entry.breaker.as_deref().unwrap_or_default();
            let (node, column) = (&*entry.column.node, entry.column.column.as_str());
            let kind = self.kind(&entry.column);
            let record = [node, kind, column, &entry.class, entry.state(), &path, breaker, &place];
            writer.write_record(record).map_err(|error| wrong(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| wrong(&error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn text(&self, invocation: &Invocation, entries: &[Entry]) -> String {
        if entries.is_empty() {
            return "no column is said to hold personal data; see docs/pii.md".to_owned();
        }
        let mut out = String::new();
        let mut last = None;
        let width = |of: &dyn Fn(&Entry) -> usize| entries.iter().map(of).max().unwrap_or_default();
        let columns = width(&|entry| entry.column.column.chars().count());
        let classes = width(&|entry| entry.class.chars().count());
        for entry in entries {
            let node = &entry.column.node;
            if last != Some(node) {
                let _ = writeln!(out, "{} {}", self.kind(&entry.column), label(&self.loaded.manifest, node));
                last = Some(node);
            }
            let (column, class) = (&entry.column.column, &entry.class);
            let state = match &entry.breaker {
                Some(breaker) => format!("broken by {breaker}: {}", self.way(entry)),
                None if entry.way.is_empty() => format!("own, {}", self.line(invocation, &entry.column)),
                None => format!("inherited: {}", self.way(entry)),
            };
            let _ = writeln!(out, "  {column:<columns$}  {class:<classes$}  {state}");
        }
        let count = |state: &str| entries.iter().filter(|entry| entry.state() == state).count();
        let (own, inherited, broken) = (count("own"), count("inherited"), count("broken"));
        let _ = writeln!(out, "\n{own} own, {inherited} inherited, {broken} broken");
        out
    }
}
