//! What dbt says nothing of and a person meant otherwise: settings of incremental models without effect.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Manifest, Node};

/// What `on_schema_change` may say.
const SCHEMA_CHANGES: [&str; 4] = ["ignore", "fail", "append_new_columns", "sync_all_columns"];

/// Warns of incremental models that will not do what their configuration says.
pub(super) fn validate(
    manifest: &Manifest,
    places: &HashMap<Arc<str>, Option<Span>>,
    found: &mut Vec<Diagnostic>,
) {
    for node in manifest.nodes.values().filter(|node| node.config.materialized() == "incremental") {
        let place =
            |key: &str| node.config_span(key).or_else(|| places.get(&node.unique_id).copied().flatten());
        if let Some(said) = node.config.text("on_schema_change").filter(|said| !SCHEMA_CHANGES.contains(said))
        {
            let message = format!("model `{}`: `on_schema_change` cannot be `{said}`", node.name);
            let known = SCHEMA_CHANGES.join("`, `");
            let warning = Diagnostic::warning(Code::InvalidConfig, message)
                .label_opt(place("on_schema_change"), "taken for `ignore`")
                .help(format!("it is one of `{known}`"))
                .suggest(said, SCHEMA_CHANGES);
            found.push(warning);
        }
        if merges_without_key(node) {
            let message = format!("model `{}` merges without a `unique_key`", node.name);
            let warning = Diagnostic::warning(Code::InvalidConfig, message)
                .label_opt(place("incremental_strategy"), "nothing matches, so that every row is inserted")
                .help("set `unique_key`, or say `incremental_strategy: append`");
            found.push(warning);
        }
    }
}

/// Whether a model merges rows that nothing can match: no key, and no other way of its own to match them.
fn merges_without_key(node: &Node) -> bool {
    let lacks = |key: &str| node.config.get(key).is_none();
    node.config.text("incremental_strategy") == Some("merge")
        && ["unique_key", "merge_on_using_columns", "merge_clauses"].into_iter().all(lacks)
}
