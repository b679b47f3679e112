//! Where what is inherited goes: to the column's own entry, to that of its model, or to a new one; and the texts
//! of the files with it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::convention::Convention;
use super::said::Said;
use super::{Left, Proposal};
use crate::command::Invocation;
use crate::command::lineage::label;
use crate::command::load::Loaded;
use crate::compile::lineage::ColumnRef;
use crate::diagnostic::{SourceId, Span};
use crate::manifest::{Column, Node, ResourceType, UniqueId};
use crate::project::yaml::{self, Addition, Path};

/// Everything that is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By path.
    pub(super) files: Vec<Changed>,
    pub(super) placed: Vec<Placed>,
    pub(super) left: Vec<Left>,
}

/// A property file before and after.
#[derive(Debug)]
pub(super) struct Changed {
    /// From the project's folder.
    pub(super) path: String,
    pub(super) absolute: PathBuf,
    /// Nothing where there is none yet.
    pub(super) old: Option<Arc<str>>,
    pub(super) new: String,
}

/// A proposal and the entry that it goes to.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) proposal: Proposal,
    /// From the project's folder.
    pub(super) file: String,
    /// The line of the column's entry, or else of its model's; nothing where that is new too.
    pub(super) line: Option<usize>,
}

/// An addition to a file, and what it is made of.
struct Work {
    addition: Addition,
    proposals: Vec<Proposal>,
    line: Option<usize>,
}

/// What is to be done to one file.
#[derive(Default)]
struct File {
    source: Option<SourceId>,
    work: Vec<Work>,
}

/// A model and its versions.
struct Versions<'a> {
    model: Path,
    nodes: Vec<&'a Arc<Node>>,
}

/// Finds a place for each proposal.
pub(super) fn plan(
    invocation: &Invocation,
    loaded: &Loaded,
    said: &Said<'_>,
    proposals: Vec<Proposal>,
    left: Vec<Left>,
) -> Plan {
    let mut placing =
        Placing { loaded, invocation, said, conventions: BTreeMap::new(), files: BTreeMap::new(), left };
    let mut described: BTreeMap<Span, Vec<Proposal>> = BTreeMap::new();
    let mut missing: IndexMap<UniqueId, Vec<Proposal>> = IndexMap::new();
    for proposal in proposals {
        let Some(node) = loaded.manifest.nodes.get(&proposal.column.node) else { continue };
        let known =
            node.columns.values().find(|known| known.name.eq_ignore_ascii_case(&proposal.column.column));
        let own = format!("{}://", loaded.project.root);
        if node.patch_path.as_ref().is_some_and(|path| !path.starts_with(&own)) {
            placing.left.push(proposal.left("its model is described in a package".to_owned()));
        } else if let Some(span) = known.and_then(|known| known.span) {
            described.entry(span).or_default().push(proposal);
        } else {
            missing.entry(UniqueId::clone(&node.unique_id)).or_default().push(proposal);
        }
    }
    placing.describe_columns(described);
    placing.describe_versions(&mut missing);
    for (id, proposals) in missing.into_iter().filter(|(_, proposals)| !proposals.is_empty()) {
        if let Some(node) = loaded.manifest.nodes.get(&id) {
            placing.describe_node(node, proposals);
        }
    }
    placing.settle()
}

struct Placing<'a> {
    loaded: &'a Loaded,
    invocation: &'a Invocation,
    said: &'a Said<'a>,
    conventions: BTreeMap<ResourceType, Convention<'a>>,
    /// By path.
    files: BTreeMap<String, File>,
    left: Vec<Left>,
}

impl Placing<'_> {
    fn add(&mut self, at: Span, places: Vec<Path>, keys: Value, after_name: bool, proposals: Vec<Proposal>) {
        let source = self.invocation.sources.get(at.source);
        let file = self.files.entry(source.path.clone()).or_default();
        file.source = Some(at.source);
        let keys = keys.as_object().cloned().unwrap_or_default();
        let line = Some(source.line_column(at.start).0);
        file.work.push(Work { addition: Addition { places, keys, after_name }, proposals, line });
    }

    /// Columns that have an entry. Anchors and versions share some, which then say the same of all.
    fn describe_columns(&mut self, described: BTreeMap<Span, Vec<Proposal>>) {
        let manifest = &self.loaded.manifest;
        let mut holders: HashMap<Span, Vec<ColumnRef>> = HashMap::new();
        let nodes = manifest.nodes.iter().map(|(id, node)| (id, &node.columns));
        let sources = manifest.sources.iter().map(|(id, source)| (id, &source.columns));
        for (id, columns) in nodes.chain(sources) {
            for Column { name, span, .. } in columns.values() {
                let Some(span) = span.filter(|span| described.contains_key(span)) else { continue };
                let column = ColumnRef { node: UniqueId::clone(id), column: name.clone() };
                holders.entry(span).or_default().push(column);
            }
        }
        for (span, proposals) in described {
            let keys = proposals[0].keys();
            let holders = holders.remove(&span).unwrap_or_default();
            let agrees = |holder: &&ColumnRef| {
                let mut own = proposals.iter().filter(|proposal| proposal.column.node == holder.node);
                own.any(|proposal| proposal.keys() == keys)
            };
            match holders.iter().find(|holder| !agrees(holder)) {
                None => self.add(span, self.said.entries(span, "name"), json!(keys), true, proposals),
                Some(other) => {
                    let other = label(manifest, &other.node);
                    let why = format!("its entry is that of `{other}` as well, which may not say the same");
                    self.left.extend(proposals.iter().map(|proposal| proposal.left(why.clone())));
                }
            }
        }
    }

    /// Columns that every version of a model inherits alike, where none has columns of its own.
    fn describe_versions(&mut self, missing: &mut IndexMap<UniqueId, Vec<Proposal>>) {
        let mut models: BTreeMap<(SourceId, String), Versions<'_>> = BTreeMap::new();
        for node in self.loaded.manifest.nodes.values().filter(|node| node.version().is_some()) {
            let Some(span) = node.patch_span else { continue };
            let Some(path) = self.said.entries(span, "v").into_iter().next() else { continue };
            let model = path[..path.len().saturating_sub(2)].to_vec();
            let key = (span.source, format!("{model:?}"));
            models.entry(key).or_insert_with(|| Versions { model, nodes: Vec::new() }).nodes.push(node);
        }
        for ((source, _), Versions { model, nodes: versions }) in models {
            let Some(tree) = self.said.tree(source) else { continue };
            let map = yaml::value_at(&tree, &model).and_then(yaml::Yaml::as_mapping);
            let versions_said = map.and_then(|map| map.get("versions")?.as_list()).unwrap_or_default();
            let has_columns =
                |version: &yaml::Yaml| version.as_mapping().is_some_and(|map| map.contains("columns"));
            let Some(name) = map.and_then(|map| map.get("name")) else { continue };
            if versions_said.iter().any(has_columns) || versions_said.len() != versions.len() {
                continue;
            }
            let of = |node: &Node| missing.get(&node.unique_id).map(Vec::as_slice).unwrap_or_default();
            let same = |one: &Proposal, other: &Proposal| {
                one.column.column.eq_ignore_ascii_case(&other.column.column) && one.keys() == other.keys()
            };
            let is_common =
                |one: &&Proposal| versions.iter().all(|node| of(node).iter().any(|other| same(one, other)));
            let common: Vec<Proposal> = of(versions[0]).iter().filter(is_common).cloned().collect();
            if common.is_empty() {
                continue;
            }
            let mut proposals = Vec::new();
            for node in &versions {
                let Some(own) = missing.get_mut(&node.unique_id) else { continue };
                let (shared, rest) =
                    std::mem::take(own).into_iter().partition(|one| common.iter().any(|c| same(c, one)));
                *own = rest;
                proposals.extend::<Vec<_>>(shared);
            }
            let columns: Vec<Value> = common.iter().map(entry).collect();
            self.add(name.span, vec![model], json!({"columns": columns}), false, proposals);
        }
    }

    /// Columns that have no entry: to that of their model, or with it to a file that has none of it yet.
    fn describe_node(&mut self, node: &Node, proposals: Vec<Proposal>) {
        let mut columns: Vec<Value> = proposals.iter().map(entry).collect();
        if let Some(span) = node.patch_span {
            let key = if node.version().is_some() { "v" } else { "name" };
            let places = self.said.entries(span, key);
            let map = |path: &[yaml::Step]| {
                let tree = self.said.tree(span.source)?;
                yaml::value_at(&tree, path)?.as_mapping().map(|map| map.contains("columns"))
            };
            // What a version says of columns takes the place of what the model says, unless it includes that.
            if let ("v", Some(path)) = (key, places.first())
                && map(path) == Some(false)
                && map(&path[..path.len().saturating_sub(2)]) == Some(true)
            {
                columns.insert(0, json!({"include": "all"}));
            }
            self.add(span, places, json!({"columns": columns}), false, proposals);
            return;
        }
        let kind = node.resource_type();
        let (manifest, root) = (&self.loaded.manifest, &self.loaded.project.root);
        let convention =
            self.conventions.entry(kind).or_insert_with(|| Convention::new(manifest, root, kind));
        let file = self.files.entry(convention.file_of(node)).or_default();
        let section = format!("{}s", kind.as_str());
        let keys = json!({section: [{"name": node.name, "columns": columns}]});
        let keys = keys.as_object().cloned().unwrap_or_default();
        let addition = Addition { places: vec![Vec::new()], keys, after_name: false };
        file.work.push(Work { addition, proposals, line: None });
    }

    /// Makes the texts, leaving out what would change something else.
    fn settle(self) -> Plan {
        let mut plan = Plan { left: self.left, ..Plan::default() };
        for (path, file) in self.files {
            let absolute = self.invocation.folder.join(&path);
            let known = file.source.map(|source| Arc::clone(&self.invocation.sources.get(source).text));
            let old = known.or_else(|| std::fs::read_to_string(&absolute).ok().map(Arc::from));
            let section = || file.work.first().and_then(|work| work.addition.keys.keys().next());
            let head = || format!("version: 2\n\n{}:\n", section().map_or("models", String::as_str));
            let mut new = old.as_deref().map_or_else(head, str::to_owned);
            let source =
                file.source.unwrap_or_else(|| self.invocation.sources.add(path.as_str(), new.as_str()));
            for work in file.work {
                let Some(text) = yaml::add(&new, &work.addition, source) else {
                    let why = format!("`{path}` cannot take it without changing something else");
                    plan.left.extend(work.proposals.iter().map(|proposal| proposal.left(why.clone())));
                    continue;
                };
                new = text;
                let place = |proposal| Placed { proposal, file: path.clone(), line: work.line };
                plan.placed.extend(work.proposals.into_iter().map(place));
            }
            if old.as_deref() != Some(&new) && plan.placed.iter().any(|placed| placed.file == path) {
                plan.files.push(Changed { path, absolute, old, new });
            }
        }
        plan
    }
}

/// A column's new entry.
fn entry(proposal: &Proposal) -> Value {
    let name = ("name".to_owned(), Value::from(proposal.column.column.as_str()));
    Value::Object(std::iter::once(name).chain(proposal.keys()).collect())
}
