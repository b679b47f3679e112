//! What a snapshot's configuration must say, and the names of its columns that it may change.

use std::collections::HashMap;
use std::sync::Arc;

use super::config::Kind;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Manifest, Node, NodeKind};

/// The configuration that renames the columns a snapshot adds.
const COLUMN_NAMES: &str = "snapshot_meta_column_names";

/// Reports what is wrong with snapshots, and warns of columns that they rename and do not have.
pub(super) fn validate(
    manifest: &Manifest,
    places: &HashMap<Arc<str>, Option<Span>>,
    found: &mut Vec<Diagnostic>,
) {
    for node in manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::Snapshot)) {
        let place = places.get(&node.unique_id).copied().flatten();
        if let Some(message) = invalid(node) {
            let message = format!("snapshot `{}`: {message}", node.name);
            found.push(Diagnostic::error(Code::InvalidConfig, message).label_opt(place, ""));
        }
        let known = Kind::Snapshot.defaults()[COLUMN_NAMES].as_object();
        let known: Vec<_> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let said = node.config.get(COLUMN_NAMES).and_then(serde_json::Value::as_object);
        for (name, _) in said.into_iter().flatten().filter(|(name, _)| !known.contains(&name.as_str())) {
            let message =
                format!("snapshot `{}` renames `{name}`, a column that snapshots do not have", node.name);
            let warning = Diagnostic::warning(Code::UnknownConfig, message)
                .label_opt(node.config_span(COLUMN_NAMES).or(place), "no effect")
                .help(format!("the columns are `{}`", known.join("`, `")))
                .suggest(name, known.iter().copied());
            found.push(warning);
        }
    }
}

/// What dbt asks of a snapshot's configuration.
fn invalid(node: &Node) -> Option<String> {
    let config = &node.config;
    let strategy = config.text("strategy").unwrap_or_default();
    if strategy.is_empty() || config.get("unique_key").is_none() {
        return Some("Snapshots must be configured with a 'strategy' and 'unique_key'.".to_owned());
    }
    match (strategy, config.get("check_cols"), config.get("updated_at")) {
        ("check", checked, _) if checked.is_none_or(|columns| columns == &serde_json::json!([])) => Some(
            "A snapshot configured with the check strategy must specify a check_cols configuration."
                .to_owned(),
        ),
        ("check", Some(serde_json::Value::String(all)), _) if all != "all" => {
            Some(format!("Invalid value for 'check_cols': {all}. Expected 'all' or a list of strings."))
        }
        ("timestamp", _, None) => Some(
            "A snapshot configured with the timestamp strategy must specify an updated_at configuration."
                .to_owned(),
        ),
        ("timestamp", Some(_), _) => Some("A 'timestamp' snapshot should not have 'check_cols'".to_owned()),
        _ if config.materialized() != "snapshot" => {
            Some("A snapshot must have a materialized value of 'snapshot'".to_owned())
        }
        _ => None,
    }
}
