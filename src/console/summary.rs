//! The end of a run: how it went, a paragraph for each failure and warning, and the counts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::event::{Event, Level};
use super::look::{Look, pluralize};
use super::node::Subject;
use crate::diagnostic::{Sources, Styled, render};
use crate::manifest::{Manifest, Node, NodeKind, NodeResult, ResourceType, Status};

/// What `Done.` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    pass: usize,
    warn: usize,
    error: usize,
    skip: usize,
    noop: usize,
    total: usize,
}

/// What the summary needs besides the results.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Colours and width.
    pub look: Look,
    /// What the results are about.
    pub manifest: &'a Manifest,
    /// The texts diagnostics point into.
    pub sources: &'a Sources,
    /// The target's database.
    pub database: Option<&'a str>,
    /// The folder of compiled files, as configured.
    pub target_folder: &'a str,
    /// Whether the user stopped the run.
    pub interrupted: bool,
}

impl Report<'_> {
    /// Every event of the end of a run, in order.
    pub fn events(&self, results: &[NodeResult]) -> Vec<Event> {
        let failed: Vec<&NodeResult> = results.iter().filter(|result| is_error(result)).collect();
        let warned: Vec<&NodeResult> = results.iter().filter(|r| r.status == Status::Warn).collect();
        let partial = results.iter().filter(|r| r.status == Status::PartialSuccess).count();
        let mut events = vec![Event::blank(), self.outcome(failed.len(), warned.len(), partial)];
        for result in failed {
            self.failure(result, &mut events);
        }
        for result in warned {
            self.warning(result, &mut events);
        }
        events.push(Event::blank());
        events.push(stats_line(results));
        events
    }

    fn outcome(&self, errors: usize, warnings: usize, partial: usize) -> Event {
        let look = self.look;
        let of_errors = pluralize(errors, "error");
        let of_warnings = pluralize(warnings, "warning");
        let of_partial = format!("{partial} partial success{}", if partial == 1 { "" } else { "es" });
        let text = if self.interrupted {
            look.yellow("Exited because of keyboard interrupt")
        } else if errors > 0 {
            look.red(&format!("Completed with {of_errors}, {of_partial}, and {of_warnings}:"))
        } else if partial > 0 {
            look.yellow(&format!("Completed with {of_partial} and {of_warnings}"))
        } else if warnings > 0 {
            look.yellow(&format!("Completed with {of_warnings}:"))
        } else {
            look.green("Completed successfully")
        };
        let data = json!({"num_errors": errors, "num_warnings": warnings, "num_partial_success": partial,
            "keyboard_interrupt": self.interrupted});
        Event::new("EndOfRunSummary", "Z030", Level::Info, text, data)
    }

    fn subject<'a>(&'a self, result: &NodeResult) -> Option<Subject<'a>> {
        let node = self.manifest.node(&result.unique_id)?;
        Some(Subject { node, manifest: self.manifest, database: self.database })
    }

    fn failure(&self, result: &NodeResult, events: &mut Vec<Event>) {
        let Some(subject) = self.subject(result) else { return };
        let info = subject.info("None", None, None);
        let node = subject.node;
        if result.status != Status::Skipped {
            events.push(Event::blank());
            let (kind, name, path) = (node.resource_type().as_str(), &node.name, &node.original_file_path);
            let text = self.look.error(&format!("in {kind} {name} ({path})"));
            let data = json!({"resource_type": kind, "node_name": name, "path": path, "node_info": info});
            events.push(Event::new("RunResultFailure", "Z022", Level::Error, text, data));
        }
        events.push(self.message(result, node, &info));
        self.pointers(result, node, &info, events);
    }

    /// The error itself: the diagnostic where there is one, under the family and place wrappers look for.
    fn message(&self, result: &NodeResult, node: &Node, info: &Value) -> Event {
        let status = result.status.as_str();
        let text = match (&result.diagnostic, &result.message) {
            (Some(diagnostic), _) => {
                let styled = if self.look.colors { Styled::Yes } else { Styled::No };
                let (family, kind) = (diagnostic.code.family().title(), node.resource_type().as_str());
                let drawn = render(diagnostic, self.sources, styled).replace('\n', "\n  ");
                format!("{family} in {kind} {} ({})\n  {drawn}", node.name, node.original_file_path)
            }
            (None, Some(message)) if matches!(node.kind, NodeKind::UnitTest(_)) => self.drawing(message),
            (None, Some(message)) => message.clone(),
            (None, None) => {
                let data = json!({"status": status, "node_info": info});
                let text = format!("  Status: {status}");
                return Event::new("RunResultErrorNoMessage", "Z025", Level::Error, text, data);
            }
        };
        let data = json!({"msg": result.message.as_deref().unwrap_or(&text), "node_info": info});
        Event::new("RunResultError", "Z024", Level::Error, format!("  {text}"), data)
    }

    /// The drawing of a difference, in colours: what is there, what should be, what is other than it should be.
    fn drawing(&self, message: &str) -> String {
        let paint = |line: &str| match line.get(..3) {
            Some("+++") => self.look.green(line),
            Some("---") => self.look.red(line),
            Some("→") => self.look.yellow(line),
            _ => line.to_owned(),
        };
        message.lines().map(paint).collect::<Vec<_>>().join("\n") + "\n"
    }

    fn warning(&self, result: &NodeResult, events: &mut Vec<Event>) {
        let Some(subject) = self.subject(result) else { return };
        let info = subject.info("None", None, None);
        let node = subject.node;
        let (kind, name, path) = (node.resource_type().as_str(), &node.name, &node.original_file_path);
        events.push(Event::blank());
        let text = self.look.warning(&format!("in {kind} {name} ({path})"));
        let data = json!({"resource_type": kind, "node_name": name, "path": path, "node_info": info});
        events.push(Event::new("RunResultWarning", "Z021", Level::Warn, text, data));
        if let Some(message) = &result.message {
            let data = json!({"msg": message, "node_info": info});
            let text = self.look.warning(message);
            events.push(Event::new("RunResultWarningMessage", "Z046", Level::Warn, text, data));
        }
        self.pointers(result, node, &info, events);
    }

    /// Where the compiled SQL is, and for a test that stored its failures, how to see them.
    fn pointers(&self, result: &NodeResult, node: &Node, info: &Value, events: &mut Vec<Event>) {
        if result.compiled && result.compiled_code.is_some() {
            let path = format!("{}/compiled/{}", self.target_folder, node.output_path());
            let data = json!({"path": path, "node_info": info});
            let text = format!("  compiled code at {path}");
            events.push(Event::blank());
            events.push(Event::new("SQLCompiledPath", "Z026", Level::Info, text, data));
        }
        let is_test = matches!(node.kind, NodeKind::GenericTest { .. } | NodeKind::SingularTest);
        if let Some(relation) = result.relation_name.as_ref().filter(|_| is_test) {
            let query = format!("select * from {relation}");
            let border = "-".repeat(query.len());
            let text = format!("  See test failures:\n  {border}\n  {query}\n  {border}");
            let data = json!({"relation_name": relation, "node_info": info});
            events.push(Event::blank());
            events.push(Event::new("CheckNodeTestFailure", "Z027", Level::Info, text, data));
        }
    }
}

fn is_error(result: &NodeResult) -> bool {
    matches!(result.status, Status::RuntimeError | Status::Error | Status::Fail)
        || (result.status == Status::Skipped
            && result.message.is_some()
            && !result.unique_id.starts_with("exposure."))
}

fn stats_line(results: &[NodeResult]) -> Event {
    let mut counts = Counts { total: results.len(), ..Counts::default() };
    for result in results {
        match result.status {
            Status::Success | Status::Pass => counts.pass += 1,
            Status::Warn => counts.warn += 1,
            Status::Skipped => counts.skip += 1,
            Status::NoOp => counts.noop += 1,
            Status::Error | Status::Fail | Status::RuntimeError | Status::PartialSuccess => counts.error += 1,
        }
    }
    let Counts { pass, warn, error, skip, noop, total } = counts;
    let text = format!(
        "Done. PASS={pass} WARN={warn} ERROR={error} SKIP={skip} NO-OP={noop} REUSED=0 TOTAL={total}"
    );
    let stats = json!({"pass": pass, "warn": warn, "error": error, "skip": skip, "noop": noop,
        "reused": 0, "total": total});
    Event::new("StatsLine", "Z023", Level::Info, text, json!({"stats": stats}))
}

/// `Finished running 2 table models, 1 seed in …`.
pub fn finished_line(manifest: &Manifest, results: &[NodeResult], elapsed: f64) -> Event {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for result in results {
        *kinds.entry(kind_word(manifest, result)).or_default() += 1;
    }
    // Sorted as dbt sorts, which calls a data test a test.
    let shown = |kind: &str| if kind == "test" { "data test".to_owned() } else { kind.to_owned() };
    let parts: Vec<String> = kinds.iter().map(|(kind, count)| pluralize(*count, &shown(kind))).collect();
    let stat_line = parts.join(", ");
    let whole = std::time::Duration::from_secs_f64(elapsed.max(0.0));
    let (hours, minutes) = (whole.as_secs() / 3600, whole.as_secs() / 60 % 60);
    let seconds = elapsed % 60.0;
    let execution = format!(" in {hours} hours {minutes} minutes and {seconds:.2} seconds");
    let text = format!("Finished running {stat_line}{execution} ({elapsed:.2}s).");
    let data = json!({"stat_line": stat_line, "execution": execution, "execution_time": elapsed});
    Event::new("FinishedRunningStats", "E047", Level::Info, text, data)
}

fn kind_word(manifest: &Manifest, result: &NodeResult) -> String {
    let Some(node) = manifest.node(&result.unique_id) else {
        return result.unique_id.split('.').next().unwrap_or_default().replace('_', " ");
    };
    match node.resource_type() {
        ResourceType::Model => format!("{} model", node.config.materialized()),
        ResourceType::Operation => "project hook".to_owned(),
        kind => kind.as_str().replace('_', " "),
    }
}

/// What the project holds, such as `6 models, 7 data tests, 1 source, 512 macros`.
pub fn stats(manifest: &Manifest) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut count = |noun: &'static str, by: usize| match counts.iter_mut().find(|(known, _)| *known == noun)
    {
        Some((_, total)) => *total += by,
        None => counts.push((noun, by)),
    };
    // dbt counts no functions. Tests of what is not there are among the nodes without taking part.
    let counts_node = |node: &&std::sync::Arc<Node>| {
        node.resource_type() != ResourceType::Function && node.config.enabled()
    };
    let counted = manifest.nodes.values().filter(counts_node);
    for node in counted.chain(manifest.unit_tests.values()) {
        count(noun(node), 1);
    }
    let semantic = |kind| manifest.semantic.values().filter(|node| node.resource_type == kind).count();
    count("source", manifest.sources.len());
    count("exposure", manifest.exposures.len());
    count("metric", semantic(ResourceType::Metric));
    count("macro", manifest.macros.len());
    count("group", manifest.groups.len());
    count("semantic model", semantic(ResourceType::SemanticModel));
    count("saved query", semantic(ResourceType::SavedQuery));
    let parts =
        counts.into_iter().filter(|(_, total)| *total > 0).map(|(noun, total)| pluralize(total, noun));
    parts.collect::<Vec<_>>().join(", ")
}

fn noun(node: &Node) -> &'static str {
    match node.resource_type() {
        ResourceType::Test => "data test",
        ResourceType::SqlOperation => "sql operation",
        ResourceType::UnitTest => "unit test",
        kind => kind.as_str(),
    }
}
