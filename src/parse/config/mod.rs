//! Configuration: dbt's levels, from the defaults to the `config()` call in a file, merged into one.
//!
//! The order is: defaults, the tree of the node's own project file from its root to the node's folder,
//! property file, `config()`, and last the tree of the root project where the node is of another
//! package. `default.rs` has the keys, `check.rs` what is wrong with the values.

mod check;
mod color;
mod default;
mod unused;

use std::collections::HashMap;

use serde_json::{Value, json};

pub(super) use check::misspelt;
pub(super) use default::Kind;
pub(super) use unused::unused_paths;

use crate::manifest::Mapping;
use crate::project::{Configs, Project};
use default::Merge;

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The key it is under.
    pub(super) key: String,
    /// What is wrong.
    pub(super) message: String,
}

/// One folder of a project file's configuration.
#[derive(Debug, Default)]
struct Tree {
    config: Mapping,
    unrendered: Mapping,
    folders: HashMap<String, Tree>,
}

impl Tree {
    fn new(rendered: &Mapping, unrendered: Option<&Mapping>) -> Self {
        let mut folders = HashMap::new();
        for (key, value) in rendered {
            if let Value::Object(folder) = value
                && !key.starts_with('+')
            {
                let written = unrendered.and_then(|map| map.get(key)).and_then(Value::as_object);
                folders.insert(key.clone(), Self::new(folder, written));
            }
        }
        Self { config: level(rendered), unrendered: unrendered.map(level).unwrap_or_default(), folders }
    }

    /// The levels that apply to a path of folders, the nearest last.
    fn levels<'a>(&'a self, fqn: &'a [String]) -> impl Iterator<Item = &'a Self> {
        let mut folder = Some(self);
        let mut path = fqn.iter();
        std::iter::from_fn(move || {
            let here = folder?;
            folder = path.next().and_then(|name| here.folders.get(name));
            Some(here)
        })
    }
}

/// What one folder of the tree says itself: keys with `+`, and others that are no mappings.
fn level(folder: &Mapping) -> Mapping {
    let said = folder.iter().filter_map(|(key, value)| match key.strip_prefix('+') {
        Some(key) => Some((key.trim().to_owned(), value.clone())),
        None if value.is_object() => None,
        None => Some((key.clone(), value.clone())),
    });
    said.collect()
}

/// The configuration trees of all packages.
#[derive(Debug)]
pub(super) struct Trees {
    packages: HashMap<String, [Tree; Kind::ALL.len()]>,
    root: String,
}

/// Which configuration is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels<'a> {
    /// For what kind of resource.
    pub(super) kind: Kind,
    /// The package that defines it.
    pub(super) package: &'a str,
    /// Its path of folders and name.
    pub(super) fqn: &'a [String],
    /// What its property file says.
    pub(super) patch: Option<&'a Mapping>,
    /// What its property file says, before rendering.
    pub(super) patch_unrendered: Option<&'a Mapping>,
    /// What it says itself.
    pub(super) call: Option<&'a Mapping>,
    /// What it says itself, as the text of its template has it.
    pub(super) call_unrendered: Option<&'a Mapping>,
}

impl Trees {
    /// Takes the trees of all packages apart, once.
    pub(super) fn new(project: &Project) -> Self {
        let packages = project.packages.iter().map(|(name, package)| {
            let trees = Kind::ALL.map(|kind| {
                let written =
                    package.configs.unrendered.get(kind.unrendered_key()).and_then(Value::as_object);
                Tree::new(tree_of(&package.configs, kind), written)
            });
            (name.clone(), trees)
        });
        Self { packages: packages.collect(), root: project.root.clone() }
    }

    /// The merged configuration, every default present, before [`finish`].
    ///
    /// # Errors
    /// A value that cannot be merged with that of another level.
    pub(super) fn merged(&self, levels: &Levels) -> Result<Mapping, Problem> {
        let mut result = levels.kind.defaults().clone();
        for folder in self.own(levels) {
            apply(&mut result, &folder.config, levels.kind)?;
        }
        for said in [levels.patch, levels.call].into_iter().flatten() {
            apply(&mut result, said, levels.kind)?;
        }
        for folder in self.overriding(levels) {
            apply(&mut result, &folder.config, levels.kind)?;
        }
        finish(&mut result, levels.kind)?;
        Ok(result)
    }

    /// The same levels as written, each key from the last level that has it.
    pub(super) fn unrendered(&self, levels: &Levels) -> Mapping {
        let mut result = Mapping::new();
        let own = self.own(levels).map(|folder| &folder.unrendered);
        let call = levels.call_unrendered.or(levels.call);
        let said = [levels.patch_unrendered.or(levels.patch), call].into_iter().flatten();
        let overriding = self.overriding(levels).map(|folder| &folder.unrendered);
        for level in own.chain(said).chain(overriding) {
            result.extend(level.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        result
    }

    fn own<'a>(&'a self, levels: &Levels<'a>) -> impl Iterator<Item = &'a Tree> {
        self.levels(levels.package, levels)
    }

    fn overriding<'a>(&'a self, levels: &Levels<'a>) -> impl Iterator<Item = &'a Tree> {
        let other = (levels.package != self.root).then(|| self.levels(&self.root, levels));
        other.into_iter().flatten()
    }

    fn levels<'a>(&'a self, package: &str, levels: &Levels<'a>) -> impl Iterator<Item = &'a Tree> {
        let tree = self.packages.get(package).map(|trees| &trees[levels.kind as usize]);
        let fqn = levels.fqn;
        tree.into_iter().flat_map(move |tree| tree.levels(fqn))
    }
}

fn tree_of(configs: &Configs, kind: Kind) -> &Mapping {
    match kind {
        Kind::Model | Kind::Node | Kind::Group => &configs.models,
        Kind::Seed => &configs.seeds,
        Kind::Snapshot => &configs.snapshots,
        Kind::Test => &configs.data_tests,
        Kind::Source => &configs.sources,
        Kind::Exposure => &configs.exposures,
        Kind::Metric => &configs.metrics,
        Kind::SemanticModel => &configs.semantic_models,
        Kind::SavedQuery => &configs.saved_queries,
        Kind::Function => &configs.functions,
        Kind::UnitTest => &configs.unit_tests,
    }
}

/// dbt takes the hooks with a dash or an underscore, and keeps them with a dash.
fn canonical(key: &str) -> &str {
    match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    }
}

/// Lays a nearer level over what the farther ones said.
fn apply(result: &mut Mapping, nearer: &Mapping, kind: Kind) -> Result<(), Problem> {
    for (key, value) in nearer {
        let key = canonical(key);
        if value.is_null() && kind.defaults().get(key).is_some_and(|default| !default.is_null()) {
            let unset = kind.merge(key) == Merge::Clobber && matches!(key, "freshness" | "schema");
            if !unset {
                continue;
            }
        }
        let merge = kind.merge(key);
        let merged = match (merge, result.get_mut(key).map(Value::take)) {
            (Merge::Append, farther) => {
                let mut all = farther.map(listify).unwrap_or_default();
                all.extend(listify(value.clone()));
                Value::Array(all)
            }
            (Merge::Update | Merge::Grants, farther) => {
                let value = shorthand(key, value.clone());
                let Value::Object(nearer) = value else {
                    return Err(Problem { key: key.to_owned(), message: expected("a mapping", &value) });
                };
                let mut all = match farther {
                    Some(Value::Object(map)) => map,
                    _ => Mapping::new(),
                };
                if merge == Merge::Grants {
                    grant(&mut all, nearer);
                } else {
                    all.extend(nearer);
                }
                Value::Object(all)
            }
            (Merge::Clobber, _) => value.clone(),
        };
        result.insert(key.to_owned(), merged);
    }
    Ok(())
}

/// `latest_version_pointer: false` stands for a mapping.
fn shorthand(key: &str, value: Value) -> Value {
    match value {
        Value::Bool(enabled) if key == "latest_version_pointer" => json!({ "enabled": enabled }),
        other => other,
    }
}

fn grant(all: &mut Mapping, nearer: Mapping) {
    for (key, value) in nearer {
        let more = listify(value);
        let name = key.trim_start_matches('+');
        let mut privileges = match all.get_mut(name).map(Value::take) {
            Some(farther) if key.starts_with('+') => listify(farther),
            _ => Vec::new(),
        };
        privileges.extend(more);
        all.insert(name.to_owned(), Value::Array(privileges));
    }
}

fn listify(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => vec![other],
    }
}

/// What a value should have been.
pub(super) fn expected(what: &str, value: &Value) -> String {
    format!("expected {what}, got {}", crate::jinja::python_str(value))
}

/// Brings merged values into the one form that everything after parsing relies on.
fn finish(config: &mut Mapping, kind: Kind) -> Result<(), Problem> {
    for key in ["pre-hook", "post-hook"] {
        if let Some(Value::Array(hooks)) = config.get_mut(key) {
            for hook in hooks {
                let written = hook.take();
                *hook = hook_of(written).map_err(|message| Problem { key: key.to_owned(), message })?;
            }
        }
    }
    if let Some(analysis) = config.get_mut("static_analysis")
        && let Some(on) = analysis.as_bool()
    {
        *analysis = json!(if on { "on" } else { "off" });
    }
    match kind {
        Kind::Model => {
            super::microbatch::normalize(config);
            if let Some(freshness) = config.get_mut("freshness") {
                *freshness = build_after(freshness);
            }
        }
        Kind::Test => store_failures(config),
        Kind::Function => check::function(config)?,
        Kind::Snapshot => whole(config, "snapshot_meta_column_names"),
        _ => {}
    }
    check::types(config)
}

/// A hook as `{sql, transaction, index}`; a text may be that mapping in JSON.
fn hook_of(hook: Value) -> Result<Value, String> {
    let parts = match &hook {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Object(parts)) => parts,
            _ => Mapping::from_iter([("sql".to_owned(), hook.clone())]),
        },
        Value::Object(parts) => parts.clone(),
        other => return Err(expected("the SQL of a hook", other)),
    };
    let Some(sql @ Value::String(_)) = parts.get("sql") else {
        return Err("a hook needs a text under `sql`".to_owned());
    };
    let transaction = parts.get("transaction").cloned().unwrap_or(Value::Bool(true));
    if !transaction.is_boolean() {
        return Err(format!("`transaction` of a hook: {}", expected("true or false", &transaction)));
    }
    let index = parts.get("index").cloned().unwrap_or(Value::Null);
    Ok(json!({ "sql": sql, "transaction": transaction, "index": index }))
}

/// A model's freshness counts only where it has `build_after`.
fn build_after(freshness: &Value) -> Value {
    let Some(Value::Object(after)) = freshness.get("build_after") else { return Value::Null };
    let part = |key: &str| after.get(key).cloned().unwrap_or(Value::Null);
    let updates_on = after.get("updates_on").cloned().unwrap_or_else(|| json!("any"));
    json!({ "build_after": { "count": part("count"), "period": part("period"), "updates_on": updates_on } })
}

/// Gives a mapping the keys of its default that it lacks.
fn whole(config: &mut Mapping, key: &str) {
    if let (Some(Value::Object(said)), Some(Value::Object(default))) =
        (config.get_mut(key), Kind::Snapshot.defaults().get(key))
    {
        for (name, value) in default {
            said.entry(name).or_insert_with(|| value.clone());
        }
    }
}

/// `store_failures_as` decides where it is given; else it follows `store_failures`.
fn store_failures(config: &mut Mapping) {
    let stored = match config.get("store_failures_as").and_then(Value::as_str) {
        Some(kind) => ("store_failures", json!(kind != "ephemeral")),
        None => match config.get("store_failures").and_then(Value::as_bool) {
            Some(true) => ("store_failures_as", json!("table")),
            Some(false) => ("store_failures_as", json!("ephemeral")),
            None => return,
        },
    };
    config.insert(stored.0.to_owned(), stored.1);
}
