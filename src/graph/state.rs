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
use crate::artifact::{
    State, StateManifest, StateNode, exposure_json, semantic_json, source_json, unit_test_json,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Manifest, Mapping, Node, NodeKind, ResourceType};

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
/// What counts of a source.
const OF_SOURCE: &[&str] = &[
    "fqn",
    "identifier",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "external",
    "unrendered_config",
];
/// What counts of a unit test.
const OF_UNIT_TEST: &[&str] = &["model", "given", "expect", "overrides"];
/// What counts of an exposure, besides what it needs.
const OF_EXPOSURE: &[&str] =
    &["fqn", "type", "owner", "maturity", "url", "description", "label", "unrendered_config"];

/// What counts of a metric, a semantic model or a saved query; each has some of these.
const OF_SEMANTIC: &[&str] = &[
    "fqn",
    "description",
    "label",
    "unrendered_config",
    "group",
    "type",
    "type_params",
    "filter",
    "model",
    "defaults",
    "entities",
    "dimensions",
    "measures",
    "primary_entity",
    "query_params",
];

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

/// Whether two texts are the same but for the way lines end and the space around them.
fn same_text(one: &str, other: &str) -> bool {
    one.trim().lines().eq(other.trim().lines())
}

fn same_body(node: &Node, before: &StateNode) -> bool {
    match node.kind {
        NodeKind::Seed { .. } => {
            node.checksum.name == before.checksum.name && node.checksum.checksum == before.checksum.checksum
        }
        _ => same_text(&node.raw_code, &before.raw_code),
    }
}

fn same_descriptions(node: &Node, before: &StateNode) -> bool {
    let persists = |what: &str| {
        let docs = node.config.get("persist_docs").and_then(|docs| docs.get(what));
        docs.and_then(Value::as_bool).unwrap_or(false)
    };
    let relation = || same_text(&node.description, &before.description);
    let columns = || {
        node.columns.len() == before.columns.len()
            && node.columns.iter().all(|(name, column)| {
                before.columns.get(name).is_some_and(|then| same_text(&column.description, &then.description))
            })
    };
    (!persists("relation") || relation()) && (!persists("columns") || columns())
}

/// Whether those that refer to a model without a version, or from elsewhere, still mean and may read it.
fn same_reference(node: &Node, before: &StateNode) -> bool {
    let NodeKind::Model { latest_version, access, deprecation_date, .. } = &node.kind else { return true };
    let version = |value: Option<&Value>| {
        value
            .filter(|value| !value.is_null())
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
    };
    // The day alone: one tool writes the hour and the zone, another does not.
    let day = |date: Option<&str>| date.map(|date| date.chars().take(10).collect::<String>());
    version(latest_version.as_ref()) == version(before.latest_version.as_ref())
        && access == before.access.as_deref().unwrap_or("protected")
        && day(deprecation_date.as_deref()) == day(before.deprecation_date.as_deref())
}

/// Whether a function is called as it was, and gives the same; what is said of it does not count.
fn same_signature(node: &Node, before: &StateNode) -> bool {
    let NodeKind::Function { arguments, returns, overloads } = &node.kind else { return true };
    let list = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let each = |now: &[Value], then: &Option<Value>, keys: &[&str]| {
        let then = list(then);
        now.len() == then.len() && now.iter().zip(&then).all(|(now, then)| same_keys(now, then, keys))
    };
    each(arguments, &before.arguments, &["name", "data_type", "default_value"])
        && same_words(returns, before.returns.as_ref().unwrap_or(&Value::Null))
        && each(overloads, &before.overloads, &["defined_in", "arguments", "returns", "raw_body"])
}

/// Whether a member of the semantic layer means the same; where its model is built does not count.
fn same_semantic(now: &Value, before: &Value) -> bool {
    let exports = |value: &Value| -> Vec<[Value; 2]> {
        let exports = value.get("exports").and_then(Value::as_array).into_iter().flatten();
        let part = |export: &Value, key: &str| export.get(key).cloned().unwrap_or_default();
        exports.map(|export| [part(export, "name"), part(export, "unrendered_config")]).collect()
    };
    same_keys(now, before, OF_SEMANTIC) && exports(now) == exports(before)
}

/// Whether a source is where it was, as written: of another target it is the same source. Before dbt 1.9 only
/// the rendered place was noted.
fn same_source(now: &Value, before: &Value) -> bool {
    let is_noted = before.get("unrendered_schema").is_some();
    let place = if is_noted { ["unrendered_database", "unrendered_schema"] } else { ["database", "schema"] };
    same_keys(now, before, &place) && same_keys(now, before, OF_SOURCE)
}

fn same_keys(now: &Value, before: &Value, keys: &[&str]) -> bool {
    let part = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
    keys.iter().all(|key| same_words(&part(now, key), &part(before, key)))
}

/// The nodes that an exposure needs, in any order.
fn needs(value: &Value) -> HashSet<&str> {
    let nodes = value.get("depends_on").and_then(|needs| needs.get("nodes")).and_then(Value::as_array);
    nodes.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn keyed(config: &Mapping) -> impl Iterator<Item = (&str, &Value)> {
    config.iter().map(|(key, value)| (canonical(key), value))
}

/// dbt knows the hooks by two spellings.
fn canonical(key: &str) -> &str {
    match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    }
}

fn is_template(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{") || text.contains("{%"))
}

/// Whether two values say the same: keys in any order, null where a key is missing, and a value of a
/// `config()` call as itself or, as dbt keeps it, as Python writes it.
fn same_words(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let within = |these: &Mapping, those: &Mapping| {
                these.iter().all(|(key, value)| match those.get(key) {
                    Some(there) => same_words(value, there),
                    None => value.is_null(),
                })
            };
            within(one, other) && within(other, one)
        }
        (Value::Array(one), Value::Array(other)) => {
            let all = |one: &[Value], other: &[Value]| {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_words(one, other))
            };
            // Python dbt keeps a list of a property file twice over: as rendered, and as written.
            let twice = |long: &[Value], short: &[Value]| {
                long.len() == 2 * short.len()
                    && all(&long[..short.len()], short)
                    && all(&long[short.len()..], short)
            };
            all(one, other) || twice(one, other) || twice(other, one)
        }
        (Value::String(one), Value::String(other)) => same_text(one, other),
        (Value::String(text), value) | (value, Value::String(text)) => *text == python(value),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// A value as Python writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", python(&key.as_str().into()), python(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}
