//! What `--state` and `--defer-state` name: read before anything is written, since they may name the target folder.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::args::Verb;
use super::load::settle;
use super::{Failure, Invocation};
use crate::artifact::{State, StateManifest, digest};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Vars;
use crate::manifest::{Manifest, Node, ResourceType, UniqueId, Value};
use crate::relation::{Policy, Relation};

/// The states of an invocation.
#[derive(Debug, Default)]
pub(super) struct States {
    /// What is compared with.
    pub(super) compared: Option<State>,
    /// What is deferred to, where it is another one.
    deferred: Option<State>,
}

impl States {
    /// Reads what the flags name, for commands that select nodes.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub(super) fn read(invocation: &Invocation, target: &Path) -> Result<Self, Failure> {
        if matches!(invocation.verb, Verb::Parse | Verb::RunOperation) {
            return Ok(Self::default());
        }
        let read = |flag: &str| {
            let Some(shown) = invocation.flags.text(flag) else { return Ok(None) };
            let folder = invocation.folder.join(shown);
            if folder == target {
                let message = format!(
                    "The state and target directories are the same: '{shown}'. This could lead to missing changes \
                     due to overwritten state including non-idempotent retries."
                );
                let help = "keep a copy of the artifacts in a folder of its own";
                settle(invocation, vec![Diagnostic::warning(Code::StateOverwritten, message).help(help)])?;
            }
            State::read(shown, &folder, target).map(Some).map_err(|error| vec![*error])
        };
        Ok(Self { compared: read("state")?, deferred: read("defer_state")? })
    }

    /// Where the nodes of the other environment are, for a command that reads or copies them.
    ///
    /// # Errors
    /// Nothing says where that is.
    pub(super) fn relations(
        &self,
        invocation: &Invocation,
        manifest: &Manifest,
        quoting: Policy,
    ) -> Result<HashMap<UniqueId, Relation>, Failure> {
        let reads = match invocation.verb {
            Verb::Clone => true,
            Verb::Ls | Verb::Parse | Verb::RunOperation | Verb::Freshness => false,
            _ => invocation.flags.on("defer"),
        };
        if !reads {
            return Ok(HashMap::new());
        }
        let missing =
            |message: String, help: &str| vec![Diagnostic::error(Code::StateMissing, message).help(help)];
        let Some(state) = self.deferred.as_ref().or(self.compared.as_ref()) else {
            let message = "--state or --defer-state are required for deferral, but neither was provided";
            return Err(missing(
                message.to_owned(),
                "name the folder of that environment's artifacts with `--state`",
            ));
        };
        let Some(there) = &state.manifest else {
            let message = format!("Could not find manifest in --state path: \"{}\"", state.folder);
            return Err(missing(message, "the folder must hold the manifest.json of that environment"));
        };
        Ok(relations(there, manifest, quoting))
    }
}

/// The relations of an earlier manifest for the models, seeds, snapshots and functions that are still there.
fn relations(there: &StateManifest, here: &Manifest, quoting: Policy) -> HashMap<UniqueId, Relation> {
    let relation = |(id, node): (&UniqueId, &Arc<Node>)| {
        let is_read = node.is_refable() || node.resource_type() == ResourceType::Function;
        let other = there.node(id).filter(|_| is_read)?;
        if other.config.get("materialized").and_then(Value::as_str) == Some("ephemeral") {
            return None;
        }
        let (database, schema) = (other.database.as_deref(), other.schema.as_deref());
        let mut relation = Relation::new(database, schema, other.alias.as_deref());
        relation.quote = node.relation.as_ref().map_or(quoting, |own| own.quote);
        Some((UniqueId::clone(id), relation))
    };
    here.nodes.iter().filter_map(relation).collect()
}

/// Fingerprints of the variables that nodes read, by package and name: as the project's files set them, since
/// the command line differs from one environment to the next, unless the project asks to compare that too.
pub(super) fn vars(invocation: &Invocation, manifest: &Manifest, vars: &Vars) -> IndexMap<String, String> {
    let with_command_line = invocation.flags.on("state_modified_compare_vars");
    let mut read: Vec<&String> = manifest.nodes.values().flat_map(|node| &node.depends_on.vars).collect();
    read.sort_unstable();
    read.dedup();
    let fingerprint = |key: &String| {
        let (package, name) = key.split_once('.').unwrap_or(("", key));
        let value = if with_command_line { vars.lookup(package, name) } else { vars.written(package, name) };
        (key.clone(), digest(value.unwrap_or(&Value::Null)))
    };
    read.into_iter().map(fingerprint).collect()
}
