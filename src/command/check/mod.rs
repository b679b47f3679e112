//! `teal check`: mistakes in queries, contracts and tests, found without running anything.
//!
//! Every selected node is bound, parents first, against empty tables of the types it will meet (`compile::Schemas`).
//! [`CHECKS`] are the rules, a function each: `query` what the engine says of queries, `mismatch` what it lets pass,
//! `document` documented columns, `contract` promised ones, `data_test` tests, `policy` where personal data must not
//! be. `whereabouts` tells where a missing column went. What cannot be
//! known is named and counted, and no mistake is made of it.

mod contract;
mod data_test;
mod document;
mod mismatch;
mod policy;
mod query;
mod whereabouts;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::args::Verb;
use super::lineage;
use super::load::{self, Loaded};
use super::pii;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict};
use crate::adapter::ColumnInfo;
use crate::compile::lineage::Lineage;
use crate::compile::{Binding, CompiledNode, Remembered, Schema, Schemas, Trust};
use crate::console::{Event, Treatment};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::jinja::{RelationCache, Session};
use crate::manifest::ResourceType::{Model, Seed, Snapshot, Test};
use crate::manifest::{Node, NodeKind, ResourceType, UniqueId};
use crate::run;

/// The file in the target folder that keeps the columns of what the warehouse was seen to have.
const MEMORY: &str = "columns.json";

/// How many nodes are named that are unknown for one reason.
const NAMED: usize = 3;

/// A rule: looks at the selected nodes.
type Check = fn(&Context<'_>) -> Vec<Finding>;

/// Every rule.
const CHECKS: &[Check] =
    &[query::check, mismatch::check, document::check, contract::check, data_test::check, policy::check];

/// A mistake, and the node whose configuration says how bad it is, if one does.
struct Finding {
    node: Option<Arc<Node>>,
    diagnostic: Diagnostic,
}

/// What becomes of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strictness {
    /// They are not looked for.
    Off,
    /// They are warnings.
    Warn,
    /// They are what they are.
    Strict,
}

impl Strictness {
    /// Reads the flag, or dbt's configuration `static_analysis`.
    fn parse(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "warn" | "baseline" => Some(Self::Warn),
            "strict" | "on" | "unsafe" => Some(Self::Strict),
            _ => None,
        }
    }

    fn of_flag(invocation: &Invocation) -> Self {
        invocation.flags.text("static_analysis").and_then(Self::parse).unwrap_or(Self::Off)
    }
}

/// What a rule looks at.
struct Context<'a> {
    invocation: &'a Invocation,
    loaded: &'a Loaded,
    /// The schemas of all nodes, made as they are asked for.
    schemas: Schemas,
    /// What is selected, parents first.
    selected: Vec<Arc<Node>>,
    /// Nodes whose columns follow from what a template asked the warehouse.
    uncertain: HashSet<UniqueId>,
    /// What the project says about classified data.
    pii: pii::Settings,
    lineage: OnceCell<Lineage>,
}

impl<'a> Context<'a> {
    /// What is selected, bound. `memory` is what an earlier check saw.
    ///
    /// # Errors
    /// The project's policies cannot be read.
    fn new(
        invocation: &'a Invocation,
        loaded: &'a Loaded,
        ids: &IndexSet<UniqueId>,
        memory: Remembered,
    ) -> Result<Self, Failure> {
        let manifest = &loaded.manifest;
        let pii = pii::settings(invocation, loaded)?;
        let cache = Arc::new(RelationCache::default());
        let sink = &loaded.jinja.globals().sink;
        let session = Session::new(Arc::clone(&loaded.adapter), cache, Arc::clone(sink));
        let schemas = Schemas::new(&loaded.jinja, manifest, session, run::seed_columns, memory).strict();
        // Who builds has a warehouse that can be written to, and hooks of its own.
        let schemas = if invocation.verb == Verb::Check { schemas.with_hooks() } else { schemas };
        let order = || loaded.graph.order().filter_map(|id| manifest.nodes.get(id));
        let selected: Vec<_> = order().filter(|node| ids.contains(&node.unique_id)).cloned().collect();
        for node in &selected {
            let needed = if node.is_refable() {
                std::slice::from_ref(&node.unique_id)
            } else {
                &node.depends_on.nodes
            };
            for id in needed {
                schemas.of(id);
            }
        }
        let mut uncertain: HashSet<UniqueId> = HashSet::new();
        for node in order() {
            let is_below = node.depends_on.nodes.iter().any(|parent| uncertain.contains(parent));
            if is_below || schemas.asks(&node.unique_id) {
                uncertain.insert(UniqueId::clone(&node.unique_id));
            }
        }
        let lineage = OnceCell::new();
        Ok(Self { invocation, loaded, schemas, selected, uncertain, pii, lineage })
    }

    /// All columns of a node or source, where these are known for certain.
    fn columns(&self, id: &UniqueId) -> Option<Vec<ColumnInfo>> {
        self.known(id).filter(|_| self.schemas.of(id).trust == Trust::Whole)
    }

    /// The columns of a node or source that are known for certain; there may be others.
    fn known(&self, id: &UniqueId) -> Option<Vec<ColumnInfo>> {
        let schema = self.schemas.of(id);
        // What is promised is told of by itself where it is not kept.
        let is_bound = matches!(schema.binding, Binding::Bound(_)) || schema.trust == Trust::Whole;
        let is_certain = schema.trust != Trust::Old && !self.uncertain.contains(id);
        schema.columns.as_ref().ok().filter(|_| is_bound && is_certain).cloned()
    }

    /// What is said of a node's binding.
    fn schema(&self, node: &Node) -> Arc<Schema> {
        self.schemas.of(&node.unique_id)
    }

    /// Column lineage of what is selected and all it reads; without policies, only of what refused queries read.
    fn lineage(&self) -> &Lineage {
        self.lineage.get_or_init(|| {
            let is_wanted = |node: &&Arc<Node>| {
                !self.pii.policies.is_empty() || matches!(self.schema(node).binding, Binding::Refused(..))
            };
            let nodes = self.selected.iter().filter(|node| node.is_refable()).filter(is_wanted);
            let wanted: Vec<_> = nodes.map(|node| UniqueId::clone(&node.unique_id)).collect();
            lineage::make_with(self.loaded, Some(&wanted), &self.catalog(), &self.pii.breakers)
        })
    }

    /// The columns of sources, where all are known.
    fn catalog(&self) -> BTreeMap<UniqueId, Vec<String>> {
        let mut catalog =
            crate::artifact::read_catalog(&self.loaded.target(self.invocation).join("catalog.json"));
        let read: HashSet<_> =
            self.selected.iter().flat_map(|node| self.loaded.graph.ancestors(&node.unique_id)).collect();
        for id in read.into_iter().filter(|id| self.loaded.manifest.sources.contains_key(*id)) {
            if let Some(columns) = self.columns(id) {
                let names = columns.into_iter().map(|column| column.name).collect();
                catalog.insert(UniqueId::clone(id), names);
            }
        }
        catalog
    }

    /// How a finding about a node counts.
    fn strictness(&self, node: &Node) -> Strictness {
        let of = |node: &Node| node.config.text("static_analysis").and_then(Strictness::parse);
        let about = match &node.kind {
            NodeKind::GenericTest { attached_node: Some(id), .. } => self.loaded.manifest.nodes.get(id),
            _ => None,
        };
        let configured = of(node).or_else(|| about.and_then(|node| of(node)));
        Strictness::of_flag(self.invocation).min(configured.unwrap_or(Strictness::Strict))
    }

    /// All mistakes, each place once, by file and line.
    fn findings(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut places = HashSet::new();
        for finding in CHECKS.iter().flat_map(|check| check(self)) {
            let strictness = match &finding.node {
                Some(node) => self.strictness(node),
                None => Strictness::of_flag(self.invocation),
            };
            let mut diagnostic = finding.diagnostic;
            if strictness == Strictness::Warn {
                diagnostic.severity = Severity::Warning;
            }
            let policy = self.invocation.console.policy();
            if policy.treat(diagnostic.code) == Treatment::Error && strictness != Strictness::Off {
                diagnostic.severity = Severity::Error;
            }
            // An ephemeral model is part of every query that reads it.
            let place = diagnostic.labels.first().map(|label| (label.span.source, label.span.start));
            let is_new = place.is_none_or(|place| places.insert((diagnostic.code, place)));
            if strictness != Strictness::Off && is_new {
                found.push(diagnostic);
            }
        }
        let sources = &self.invocation.sources;
        found.sort_by_cached_key(|diagnostic| {
            diagnostic.labels.first().map(|label| {
                let source = sources.get(label.span.source);
                (source.path.clone(), label.span.start)
            })
        });
        found
    }

    /// What could not be known: that which everything else follows from, by reason, and how much it is in all.
    fn unknown(&self) -> (IndexMap<String, IndexSet<UniqueId>>, usize) {
        let mut causes: IndexMap<String, IndexSet<UniqueId>> = IndexMap::new();
        let mut because = |reason: String, id: &UniqueId| {
            causes.entry(reason).or_default().insert(UniqueId::clone(id));
        };
        let mut count = 0;
        for node in self.selected.iter().filter(|node| node.is_refable()) {
            let schema = self.schema(node);
            let reason = match &schema.binding {
                Binding::Unknown(reason) => reason.clone(),
                Binding::Refused(_, error) => match query::excuse(self, node, error) {
                    Some(reason) => reason,
                    None => continue,
                },
                Binding::Bound(_) if schema.columns.is_err() => {
                    schema.columns.as_ref().err().cloned().unwrap_or_default()
                }
                Binding::Bound(_) | Binding::Unrendered(_) => continue,
            };
            count += 1;
            let parents = || node.depends_on.nodes.iter();
            let unknown = parents().find(|parent| self.schemas.of(parent).columns.is_err());
            match unknown {
                Some(parent) if self.loaded.manifest.sources.contains_key(parent) => {
                    let schema = self.schemas.of(parent);
                    because(schema.columns.as_ref().err().cloned().unwrap_or_default(), parent);
                }
                // It is named itself, or has been found to be wrong.
                Some(parent) if self.selected.iter().any(|node| node.unique_id == *parent) => {}
                _ => because(reason, &node.unique_id),
            }
        }
        (causes, count)
    }
}

/// Checks what is selected.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let started = invocation.elapsed();
    let kinds = Kinds::only(&[Model, Seed, Snapshot, Test]);
    let selected = select::selection(invocation, loaded, kinds, Purpose::Run)?;
    let console = &invocation.console;
    console.emit(Event::blank());
    if Strictness::of_flag(invocation) == Strictness::Off {
        console.emit(Event::info("Nothing is checked: `--static-analysis` is `off`"));
        return Ok(Verdict::Passed);
    }
    let path = loaded.target(invocation).join(MEMORY);
    let key = memory_key(loaded);
    let context = Context::new(invocation, loaded, &selected, crate::artifact::read_columns(&path, &key))?;
    let found = context.findings();
    for diagnostic in &found {
        match diagnostic.severity {
            Severity::Error => console.find(diagnostic, &invocation.sources),
            Severity::Warning => console.warn(diagnostic, &invocation.sources),
        }
        console.emit(Event::blank());
    }
    let (causes, unknown) = context.unknown();
    for (reason, ids) in causes {
        console.emit(Event::info(format!("unknown  {}: {reason}", listed(ids.iter()))));
    }
    let remembered = context.schemas.remembered();
    if !remembered.is_empty() {
        let named = listed(remembered.iter());
        console.emit(Event::info(format!("remembered  {named}: the warehouse does not have them now")));
    }
    if invocation.flags.write_json {
        crate::artifact::write_columns(&path, &key, context.schemas.seen()).map_err(|error| vec![*error])?;
    }
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let seconds = invocation.elapsed() - started;
    let counts = [counted(errors, "error"), counted(found.len() - errors, "warning")].join(", ");
    let what = tally(&context.selected);
    console.emit(Event::info(format!("Checked {what} in {seconds:.2}s: {counts}, {unknown} unknown")));
    invocation.hold()?;
    Ok(if errors == 0 { Verdict::Passed } else { Verdict::Failed })
}

/// Checks what is about to be compiled or built, where that is asked for.
///
/// # Errors
/// Every mistake, where mistakes are to be errors.
pub(super) fn before(
    invocation: &Invocation,
    loaded: &Loaded,
    selected: &IndexSet<UniqueId>,
) -> Result<(), Failure> {
    if Strictness::of_flag(invocation) == Strictness::Off {
        return Ok(());
    }
    let path = loaded.target(invocation).join(MEMORY);
    let memory = crate::artifact::read_columns(&path, &memory_key(loaded));
    load::settle(invocation, Context::new(invocation, loaded, selected, memory)?.findings())
}

/// What says whether the columns of a file are those of this warehouse.
fn memory_key(loaded: &Loaded) -> String {
    let database = loaded.database().unwrap_or_default();
    format!("{} {} {database}", loaded.profile.kind, loaded.profile.target)
}

/// The first of several members, and how many more there are.
fn listed<'i>(ids: impl ExactSizeIterator<Item = &'i UniqueId>) -> String {
    let more = ids.len().saturating_sub(NAMED);
    let shown: Vec<_> = ids.take(NAMED).map(ToString::to_string).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// How many nodes of each kind.
fn tally(nodes: &[Arc<Node>]) -> String {
    let mut kinds: BTreeMap<ResourceType, usize> = BTreeMap::new();
    for node in nodes {
        *kinds.entry(node.resource_type()).or_default() += 1;
    }
    let counts: Vec<_> = kinds.into_iter().map(|(kind, count)| counted(count, kind.as_str())).collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}

/// Whether a text is a name and no expression; quotes are taken off.
fn plain_name(text: &str) -> Option<&str> {
    let text = text.trim();
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).filter(|t| !t.contains('"'));
    let is_plain = |text: &&str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    quoted.or(Some(text).filter(is_plain))
}

/// A column by its name, in any case.
fn find<'c>(columns: &'c [ColumnInfo], name: &str) -> Option<&'c ColumnInfo> {
    columns.iter().find(|column| column.name.to_lowercase() == name.to_lowercase())
}

/// The first word of a node's own code.
fn home(node: &Node) -> Span {
    let start = node.source_offset;
    let code = &node.raw_code;
    let blank = code.len() - code.trim_start().len();
    let word = code.trim_start().find(char::is_whitespace).unwrap_or(code.trim_start().len());
    Span::new(node.source, start + blank..start + blank + word)
}

/// A byte of a compiled query in a file of the project, else where the node's own code begins.
fn place(context: &Context<'_>, node: &Node, compiled: &CompiledNode, byte: usize) -> Span {
    let sources = &context.invocation.sources;
    let found = compiled.map.locate(byte);
    found
        .filter(|span| !sources.get(span.source).path.starts_with("<statement"))
        .unwrap_or_else(|| home(node))
}
