//! The JSON files other tools read: wire structs that borrow from the domain, and how they are written.
//!
//! This is the only floor that serializes. `node`, `contract`, `resource` and `unit_test` are the parts of `manifest`;
//! `semantic` is the semantic layer, there and in a file of its own, `run_results` is what came of them,
//! `journal` the same while it comes, `sources` how fresh their sources are, `catalog` what the warehouse
//! holds, `columns` what a check saw of it, `lineage` what its columns are made of, `state` what an earlier run left. Shapes are those of dbt's
//! published schemas, nulls included, with the keys in dbt's own order.

mod catalog;
mod columns;
mod contract;
mod journal;
mod lineage;
mod manifest;
mod node;
mod resource;
mod run_results;
mod semantic;
mod sources;
mod state;
mod unit_test;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

pub use catalog::{CatalogTable, CatalogTables, read_catalog, write_catalog};
pub use columns::{read_columns, write_columns};
pub use contract::contract_digest;
pub use journal::Journal;
pub use lineage::write_lineage;
pub use manifest::{Extent, ManifestContext, write_manifest};
pub use node::{digest, node_json};
pub use resource::{exposure_json, source_json};
pub use run_results::{result_json, write_run_results};
pub use semantic::{semantic_json, write_semantic_manifest};
pub use sources::write_sources;
pub use state::{
    Freshness, RunResults, SourceFreshness, State, StateColumn, StateMacro, StateManifest, StateNode,
    StateResult,
};
pub use unit_test::unit_test_json;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::manifest::Value;
use crate::secret;

/// The version of dbt whose language and file formats Teal speaks.
pub const DBT_VERSION: &str = "1.12.6";

/// What every artifact says of the invocation that wrote it.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The id of the invocation.
    pub invocation_id: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Variables that start with `DBT_ENV_CUSTOM_ENV_`, without that prefix.
    pub env: BTreeMap<String, String>,
}

/// The head of an artifact, with what only a manifest adds.
#[derive(Serialize)]
struct Metadata<'a, Extra> {
    dbt_schema_version: &'static str,
    dbt_version: &'static str,
    #[serde(serialize_with = "instant")]
    generated_at: DateTime<Utc>,
    invocation_id: &'a str,
    #[serde(serialize_with = "instant")]
    invocation_started_at: DateTime<Utc>,
    env: Cow<'a, BTreeMap<String, String>>,
    #[serde(flatten)]
    extra: Extra,
}

impl<'a, Extra> Metadata<'a, Extra> {
    fn new(schema: &'static str, stamp: &'a Stamp, extra: Extra) -> Self {
        Self {
            dbt_schema_version: schema,
            dbt_version: DBT_VERSION,
            generated_at: Utc::now(),
            invocation_id: &stamp.invocation_id,
            invocation_started_at: stamp.started_at,
            env: Cow::Borrowed(&stamp.env),
            extra,
        }
    }
}

/// A point in time as dbt writes it: UTC with microseconds and `Z`.
fn instant<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Any value of a wire struct as JSON text on one line.
fn to_value(value: &impl Serialize) -> serde_json::Value {
    // Every key is a text and no wire struct fails by itself, so there is nothing to report.
    serde_json::to_value(value).unwrap_or_default()
}

/// Writes a JSON file so that a reader sees the old one or the new one, never a part.
///
/// # Errors
/// [`Code::FileAccess`] when the folder or the file cannot be written.
fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    if secret::is_held() {
        let value = scrubbed(to_value(value));
        return whole(path, |out| Ok(serde_json::to_writer(out, &value)?));
    }
    whole(path, |out| Ok(serde_json::to_writer(out, value)?))
}

/// Keys whose texts are names of things or what is compared with another run: a name is no secret, and programs look
/// things up by it.
const NAMES: &[&str] = &[
    "adapter_type",
    "alias",
    "build_path",
    "checksum",
    "compiled_path",
    "database",
    "dbt_schema_version",
    "fqn",
    "identifier",
    "macro_sql",
    "macros",
    "materialized",
    "name",
    "nodes",
    "original_file_path",
    "package_name",
    "patch_path",
    "path",
    "planned",
    "raw_code",
    "relation_name",
    "resource_type",
    "schema",
    "status",
    "unique_id",
    "which",
];
/// Keys below which anything may stand.
const FREE: &[&str] =
    &["adapter_response", "args", "config", "env", "kwargs", "meta", "unrendered_config", "vars"];

/// A document without the values of secrets.
pub fn scrubbed(mut document: Value) -> Value {
    if secret::is_held() {
        scrub(&mut document, NAMES);
    }
    document
}

fn scrub(value: &mut Value, names: &[&str]) {
    match value {
        Value::String(text) => *text = secret::scrubbed(std::mem::take(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, names)),
        Value::Object(map) => {
            for (key, value) in map {
                let is_name = names.contains(&key.as_str()) && !value.is_object();
                if !is_name {
                    scrub(value, if FREE.contains(&key.as_str()) { &["which"] } else { names });
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes a text file whole or not at all.
///
/// # Errors
/// [`Code::FileAccess`] when the folder or the file cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    whole(path, |out| out.write_all(text.as_bytes()))
}

fn whole(path: &Path, content: impl Fn(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let attempt = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".teal-").tempfile_in(folder)?;
        let mut buffer = BufWriter::with_capacity(1 << 16, &mut file);
        content(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        publish(file, path)
    };
    attempt().map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Box::new(Diagnostic::error(Code::FileAccess, message))
    })
}

/// Puts a finished file in its place with the permissions a plain file would have.
fn publish(file: tempfile::NamedTempFile, path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    Ok(())
}
