//! Models that will go: what dates say, who is told, and who still reads them.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Local, TimeZone, Utc};

use super::file::span_of_ref;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::iso_datetime;
use crate::manifest::{Manifest, Node, NodeKind, UniqueId};

/// A date as Python writes it: with a time, and in this machine's zone where it says none.
pub(super) fn normalized(text: &str) -> Option<String> {
    let (local, iso) = iso_datetime(text)?;
    if DateTime::<FixedOffset>::parse_from_rfc3339(&iso).is_ok() {
        return Some(iso);
    }
    let offset = Local.offset_from_local_datetime(&local).earliest()?;
    Some(format!("{iso}{offset}"))
}

/// Tells of models past their date, and of models that read one which has a date.
pub(super) fn warnings(manifest: &Manifest) -> Vec<Diagnostic> {
    let dated: HashMap<&UniqueId, (&Arc<Node>, &str, bool)> = manifest
        .nodes
        .iter()
        .filter_map(|(id, node)| {
            let NodeKind::Model { deprecation_date: Some(date), .. } = &node.kind else { return None };
            let past = DateTime::parse_from_rfc3339(date).is_ok_and(|date| date < Utc::now());
            Some((id, (node, date.as_str(), past)))
        })
        .collect();
    if dated.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for node in manifest.nodes.values() {
        if let Some((model, date, true)) = dated.get(&node.unique_id) {
            let message = format!(
                "Model {} has passed its deprecation date of {date}. This model should be disabled or removed.",
                versioned(model)
            );
            let warning = Diagnostic::warning(Code::ModelDeprecated, message);
            found.push(warning.label_opt(model.patch_span, ""));
        }
        if !matches!(node.kind, NodeKind::Model { .. }) {
            continue;
        }
        for read in node.depends_on.nodes.iter().filter_map(|id| dated.get(id)) {
            found.push(reference(node, read));
        }
    }
    found
}

fn reference(reader: &Node, (read, date, past): &(&Arc<Node>, &str, bool)) -> Diagnostic {
    let (code, when) = if *past {
        (Code::ReferenceDeprecated, format!("which was deprecated on '{date}'"))
    } else {
        (Code::ReferenceDeprecatedLater, format!("which is slated for deprecation on '{date}'"))
    };
    let message =
        format!("While compiling '{}': Found a reference to {}, {when}.", reader.name, versioned(read));
    let warning =
        Diagnostic::warning(code, message).label_opt(span_of_ref(reader, &read.name, read.version()), "");
    let NodeKind::Model { latest_version: Some(latest), .. } = &read.kind else { return warning };
    let latest = latest.as_str().map_or_else(|| latest.to_string(), str::to_owned);
    if read.version().is_none_or(|version| version == latest) {
        return warning;
    }
    let (package, name) = (&read.package_name, &read.name);
    warning.help(format!(
        "a new version of `{name}` is there: `{{{{ ref('{package}', '{name}', v='{latest}') }}}}`"
    ))
}

/// `cust.v1`.
fn versioned(model: &Node) -> String {
    model.version().map_or_else(|| model.name.clone(), |version| format!("{}.v{version}", model.name))
}
