//! `lineage.json`: what each column of a project is made of, beside the catalog.

use std::path::Path;

use serde::Serialize;

use super::Stamp;
use crate::diagnostic::Result;
use crate::manifest::Value;

/// The version of the file's form.
const VERSION: u32 = 1;

/// Writes `lineage.json`, replacing it in one step.
///
/// # Errors
/// The file cannot be written.
pub fn write_lineage(path: &Path, stamp: &Stamp, nodes: &Value, exposures: &Value) -> Result<()> {
    let metadata = Head {
        teal_lineage_version: VERSION,
        generated_at: stamp.started_at,
        invocation_id: &stamp.invocation_id,
    };
    super::write(path, &LineageWire { metadata, nodes, exposures })
}

#[derive(Serialize)]
struct Head<'a> {
    teal_lineage_version: u32,
    #[serde(serialize_with = "super::instant")]
    generated_at: chrono::DateTime<chrono::Utc>,
    invocation_id: &'a str,
}

#[derive(Serialize)]
struct LineageWire<'a> {
    metadata: Head<'a>,
    nodes: &'a Value,
    exposures: &'a Value,
}
