//! Policies on classified data: no class may be where one forbids it.

use super::{Context, Finding};
use crate::command::pii;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    if context.pii.policies.is_empty() {
        return Vec::new();
    }
    let register = pii::Register::new(context.loaded, context.lineage());
    let mut found = Vec::new();
    for policy in &context.pii.policies {
        for (place, diagnostic) in pii::violations(&register, policy) {
            let manifest = &context.loaded.manifest;
            let is_selected = context.selected.iter().any(|node| node.unique_id == place);
            // That of a source is one of an exposure that reads it.
            if is_selected || manifest.sources.contains_key(&place) {
                found.push(Finding { node: None, diagnostic });
            }
        }
    }
    found
}
