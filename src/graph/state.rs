//! What changed since an earlier manifest: `state:new`, `state:modified` and its parts.
//!
//! Configuration is compared as written, not as rendered, so that another target, environment variable or
//! command line is no change; how a file ends its lines is none either, nor the order of keys. What the tool
//! itself brings, its built-in macros, is not the project's and not compared.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::contract::{self, Promise};
use super::method::Item;
use super::same::{
    canonical, is_template, keyed, same_body, same_descriptions, same_keys, same_reference, same_semantic,
    same_signature, same_source, same_text, same_words,
};
use crate::artifact::{
    State, StateManifest, StateNode, exposure_json, semantic_json, source_json, unit_test_json,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Manifest, Node, NodeKind, ResourceType};

/// An earlier state, with what it takes to compare with it.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// What the folder says.
    pub state: &'a State,
    /// The built-in packages.
    pub internal: &'a [String],
    /// Fingerprints of the variables that nodes read, by package and name.
    pub vars: &'a IndexMap<String, String>,
    /// The types of constraint that the warehouse enforces.
    pub enforced: &'a [&'a str],
    /// The warehouse, as it ends the names of materializations.
    pub adapter: &'a str,
}

macro_rules! changes {
    ($($name:ident = $word:literal,)+) => {
        /// What a `state:` criterion asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Change { $($name,)+ }

        impl Change {
            /// The change with this name.
            pub(super) fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }

            /// Every name.
            pub(super) const NAMES: &'static [&'static str] = &[$($word,)+];
        }
    };
}

changes! {
    New = "new",
    Old = "old",
    Modified = "modified",
    Unmodified = "unmodified",
    Body = "modified.body",
    Configs = "modified.configs",
    Descriptions = "modified.persisted_descriptions",
    Relation = "modified.relation",
    Macros = "modified.macros",
    Contract = "modified.contract",
}

/// Configuration that says where a node is built, which `modified.relation` looks at.
const PLACE: &[&str] = &["database", "schema", "alias"];
/// Configuration that changes nothing in the warehouse.
const UNCOMPARED: &[&str] = &["database", "schema", "alias", "tags", "group"];
/// What counts of a test's configuration.
const OF_TEST: &[&str] = &[
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
    "sql_header",
];
/// What counts of a unit test.
const OF_UNIT_TEST: &[&str] = &["model", "given", "expect", "overrides"];
/// What counts of an exposure, besides what it needs.
const OF_EXPOSURE: &[&str] =
    &["fqn", "type", "owner", "maturity", "url", "description", "label", "unrendered_config"];

/// A manifest beside an earlier one.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    new: &'a Manifest,
    old: &'a StateManifest,
    earlier: Earlier<'a>,
    root: &'a str,
    /// Macros that changed, and those that call one, by way of others too.
    macros: HashSet<&'a str>,
    /// The same for macros that are gone, among those of the earlier manifest.
    gone: HashSet<&'a str>,
    /// Names of changed macros, for those that nodes call without naming them.
    names: HashSet<&'a str>,
    /// Variables with another value, by package and name.
    vars: HashSet<String>,
}

impl<'a> Comparison<'a> {
    /// Finds out once what all nodes are asked about.
    pub(super) fn new(
        new: &'a Manifest,
        old: &'a StateManifest,
        earlier: Earlier<'a>,
        root: &'a str,
    ) -> Self {
        let is_own = |package: &str| !earlier.internal.iter().any(|internal| internal == package);
        let changed: Vec<&str> = new
            .macros
            .values()
            .filter(|definition| is_own(&definition.package_name))
            .filter(|definition| {
                let before = old.macros.get(&*definition.unique_id);
                before.is_none_or(|before| !same_text(&before.macro_sql, &definition.macro_sql))
            })
            .map(|definition| &*definition.unique_id)
            .collect();
        let removed: Vec<&str> = old
            .macros
            .iter()
            .filter(|(id, before)| is_own(&before.package_name) && !new.macros.contains_key(id.as_str()))
            .map(|(id, _)| id.as_str())
            .collect();
        let name_of = |id: &&'a str| new.macros.get(*id).map(|definition| definition.name.as_str());
        let names = changed.iter().filter_map(name_of);
        let names_gone =
            removed.iter().filter_map(|id| old.macros.get(*id)).map(|before| before.name.as_str());
        let names = names.chain(names_gone).collect();
        let calls = |id: &'a str, callees: Vec<&'a str>| (id, callees);
        let new_calls = new.macros.iter().map(|(id, definition)| {
            calls(id, definition.depends_on.iter().map(|callee| &**callee).collect())
        });
        let old_calls = old.macros.iter().map(|(id, before)| {
            calls(id, before.depends_on.macros.iter().flatten().map(String::as_str).collect())
        });
        let before = old.vars().unwrap_or_default();
        let is_other = |(name, now): &(&String, &String)| before.get(*name).is_some_and(|then| then != *now);
        Self {
            new,
            old,
            earlier,
            root,
            macros: reaching(new_calls, changed),
            gone: reaching(old_calls, removed),
            names,
            vars: earlier.vars.iter().filter(is_other).map(|(name, _)| name.clone()).collect(),
        }
    }

    /// Whether a member changed in the way asked for.
    pub(super) fn holds(&self, change: Change, item: Item<'_>) -> bool {
        match (change, item) {
            (Change::New, item) => !self.is_known(item),
            (Change::Old, item) => self.is_known(item),
            (Change::Unmodified, item) => !self.holds(Change::Modified, item),
            (Change::Modified, Item::Node(node)) if is_unit_test(node) => {
                let before = self.old.unit_test(&node.unique_id);
                let same = |before| same_keys(&unit_test_json(node), before, OF_UNIT_TEST);
                !before.is_some_and(same) || self.macros_changed(node, None)
            }
            (Change::Modified, Item::Node(node)) => self.node_changed(node),
            (Change::Modified, Item::Source(source)) => {
                let before = self.old.sources.get(&*source.unique_id);
                before.is_none_or(|before| !same_source(&source_json(source), before))
            }
            (Change::Modified, Item::Exposure(exposure)) => {
                let before = self.old.exposures.get(&*exposure.unique_id);
                before.is_none_or(|before| {
                    let now = exposure_json(exposure);
                    !(same_keys(&now, before, OF_EXPOSURE) && needs(&now) == needs(before))
                })
            }
            (Change::Modified, Item::Semantic(node)) => {
                let before = self.old.semantic(&node.unique_id);
                before.is_none_or(|before| !same_semantic(&semantic_json(node), before))
            }
            (Change::Macros, Item::Node(node)) => self.macros_changed(node, self.before(node)),
            (part, Item::Node(node)) if !is_unit_test(node) => {
                let Some(before) = self.before(node) else { return has_part(part, node) };
                match part {
                    Change::Body => !same_body(node, before),
                    Change::Configs => !self.same_configs(node, before),
                    Change::Descriptions => !same_descriptions(node, before),
                    Change::Relation => !self.same_place(node, before),
                    _ => is_model(node) && !self.promise(node, before).is_kept(),
                }
            }
            _ => false,
        }
    }

    /// Contracts that were broken, of models that changed and of those that are gone: errors where a model
    /// has versions, else warnings; and what is to be said of seeds too large to be compared.
    pub(super) fn remarks(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for node in self.new.nodes.values() {
            let Some(before) = self.before(node) else { continue };
            if is_model(node)
                && let Promise::Broken(how) = self.promise(node, before)
            {
                found.push(contract::broken(node, &how));
            }
            if node.checksum.name == "path" && before.checksum.name == "path" && same_body(node, before) {
                let message = format!(
                    "The seed {}.{} is too large to be compared: it is at the same path, and taken to be the same",
                    node.package_name, node.name
                );
                let help = "raise `--maximum-seed-size-mib`, here and where the state comes from";
                found.push(Diagnostic::warning(Code::SeedNotCompared, message).help(help));
            }
        }
        let gone = self.old.nodes.iter().filter(|(id, _)| !self.new.nodes.contains_key(id.as_str()));
        found.extend(gone.filter_map(|(id, before)| {
            contract::removed(id, before, self.new.disabled.contains_key(id.as_str()))
        }));
        found
    }

    fn before(&self, node: &Node) -> Option<&'a StateNode> {
        self.old.node(&node.unique_id)
    }

    fn is_known(&self, item: Item<'_>) -> bool {
        match item {
            Item::Node(node) if is_unit_test(node) => self.old.unit_test(&node.unique_id).is_some(),
            Item::Node(node) => self.before(node).is_some(),
            Item::Source(source) => self.old.sources.contains_key(&*source.unique_id),
            Item::Exposure(exposure) => self.old.exposures.contains_key(&*exposure.unique_id),
            Item::Semantic(node) => self.old.semantic(&node.unique_id).is_some(),
        }
    }

    fn node_changed(&self, node: &Node) -> bool {
        let Some(before) = self.before(node) else { return true };
        let same = node.fqn == before.fqn && self.same_configs(node, before);
        // What a generic test asks is in its id.
        let is_generic = matches!(node.kind, NodeKind::GenericTest { .. });
        let same = same
            && (is_generic
                || (same_body(node, before)
                    && same_descriptions(node, before)
                    && self.same_place(node, before)
                    && same_reference(node, before)
                    && same_signature(node, before)
                    && (!is_model(node) || self.promise(node, before).is_kept())));
        !same || self.macros_changed(node, Some(before)) || self.vars_changed(node)
    }

    fn same_configs(&self, node: &Node, before: &StateNode) -> bool {
        let is_test = matches!(node.resource_type(), ResourceType::Test);
        let counts = |key: &str| if is_test { OF_TEST.contains(&key) } else { !UNCOMPARED.contains(&key) };
        self.same_written(node, before, counts)
    }

    fn same_place(&self, node: &Node, before: &StateNode) -> bool {
        self.same_written(node, before, |key| PLACE.contains(&key))
    }

    /// Whether the keys that count are configured in the same words. Those of a `config()` call are part of
    /// the code, and the same where that is; a package's may have been overridden, so there it is not enough.
    fn same_written(&self, node: &Node, before: &StateNode, counts: impl Fn(&str) -> bool) -> bool {
        let calls = node.package_name == self.root
            && node.raw_code.contains("config(")
            && !matches!(node.kind, NodeKind::GenericTest { .. })
            && same_body(node, before);
        let in_code = |key: &str| calls && node.config_call.keys().any(|said| canonical(said) == key);
        let now: HashMap<&str, &Value> = keyed(&node.unrendered_config).collect();
        let then: HashMap<&str, &Value> = keyed(&before.unrendered_config).collect();
        let same = |key: &str| match (now.get(key), then.get(key)) {
            // Python dbt keeps the templates of tests as rendered, for whichever target that was.
            (Some(now), Some(then)) => {
                same_words(now, then) || (is_template(now) && !is_template(then) && !self.old.is_own())
            }
            (None, None) => true,
            _ => false,
        };
        let keys = now.keys().chain(then.keys());
        keys.copied().filter(|key| counts(key) && !in_code(key)).all(same)
    }

    fn promise(&self, node: &Node, before: &StateNode) -> Promise {
        contract::compare(node, before, self.earlier.enforced)
    }

    fn macros_changed(&self, node: &Node, before: Option<&StateNode>) -> bool {
        let called = node.depends_on.macros.iter().any(|id| self.macros.contains(&**id));
        let lost = || {
            let calls = before.into_iter().flat_map(|before| before.depends_on.macros.iter().flatten());
            calls.into_iter().any(|id| self.gone.contains(id.as_str()))
        };
        called
            || lost()
            || (!self.names.is_empty() && self.implied(node).any(|name| self.names.contains(&*name)))
    }

    /// Macros that make the node without its naming them: its materialization and its strategy.
    fn implied(&self, node: &Node) -> impl Iterator<Item = String> {
        let materialized = match node.resource_type() {
            ResourceType::Model => Some(node.config.materialized()),
            ResourceType::Seed => Some("seed"),
            ResourceType::Snapshot => Some("snapshot"),
            ResourceType::Test => Some("test"),
            _ => None,
        };
        let kinds = [self.earlier.adapter, "default"];
        let materializations = materialized
            .into_iter()
            .flat_map(move |name| kinds.map(|kind| format!("materialization_{name}_{kind}")));
        let strategy = node.config.text("incremental_strategy");
        materializations.chain(strategy.map(|name| format!("get_incremental_{name}_sql")))
    }

    fn vars_changed(&self, node: &Node) -> bool {
        node.depends_on.vars.iter().any(|name| self.vars.contains(name))
    }
}

/// Whether a part of a node that is new can have changed.
fn has_part(part: Change, node: &Node) -> bool {
    part != Change::Contract || is_model(node)
}

fn is_unit_test(node: &Node) -> bool {
    matches!(node.kind, NodeKind::UnitTest(_))
}

fn is_model(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Model { .. })
}

/// Those from which any of `found` is reached, themselves included.
fn reaching<'a>(
    calls: impl Iterator<Item = (&'a str, Vec<&'a str>)>,
    mut found: Vec<&'a str>,
) -> HashSet<&'a str> {
    let mut seen: HashSet<&str> = found.iter().copied().collect();
    if found.is_empty() {
        return seen;
    }
    let mut callers: HashMap<&str, Vec<&str>> = HashMap::new();
    for (caller, callees) in calls {
        for callee in callees {
            callers.entry(callee).or_default().push(caller);
        }
    }
    while let Some(id) = found.pop() {
        let above = callers.get(id).into_iter().flatten();
        found.extend(above.filter(|caller| seen.insert(caller)));
    }
    seen
}

/// The nodes that an exposure needs, in any order.
fn needs(value: &Value) -> HashSet<&str> {
    let nodes = value.get("depends_on").and_then(|needs| needs.get("nodes")).and_then(Value::as_array);
    nodes.into_iter().flatten().filter_map(Value::as_str).collect()
}
