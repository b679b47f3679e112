//! A state folder read back: the manifest, results and freshness of an earlier invocation, by Teal or by
//! Python dbt. Only what is compared or run again is kept; what an older version did not write is empty.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::journal;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::manifest::{BatchResults, Interval, Mapping, Value};

/// What a folder of artifacts says.
#[derive(Debug, Default)]
pub struct State {
    /// The folder, as it was given.
    pub folder: String,
    /// `manifest.json`.
    pub manifest: Option<StateManifest>,
    /// `run_results.json`.
    pub results: Option<RunResults>,
    /// `sources.json`.
    pub freshness: Option<Freshness>,
    /// `sources.json` of the target folder, to compare with.
    pub freshness_now: Option<Freshness>,
}

impl State {
    /// Reads a folder; a file that is not there is no mistake.
    ///
    /// # Errors
    /// [`Code::StateInvalid`] for a file that cannot be read or is of another version.
    pub fn read(shown: &str, folder: &Path, target: &Path) -> Result<Self> {
        Ok(Self {
            folder: shown.to_owned(),
            manifest: read(&folder.join("manifest.json"), "manifest", 4..=12)?,
            results: RunResults::read(&folder.join("run_results.json"))?,
            freshness: read(&folder.join("sources.json"), "sources", 1..=3)?,
            freshness_now: read(&target.join("sources.json"), "sources", 1..=3)?,
        })
    }
}

/// An earlier `manifest.json`.
#[derive(Debug, Default, Deserialize)]
pub struct StateManifest {
    #[serde(default)]
    metadata: MetadataWire,
    /// Models, seeds, snapshots, data tests, analyses and hooks; functions are apart.
    #[serde(default)]
    pub nodes: IndexMap<String, StateNode>,
    /// Macros.
    #[serde(default)]
    pub macros: IndexMap<String, StateMacro>,
    /// Sources, as they were written.
    #[serde(default)]
    pub sources: IndexMap<String, Value>,
    /// Exposures, as they were written.
    #[serde(default)]
    pub exposures: IndexMap<String, Value>,
    #[serde(default)]
    functions: IndexMap<String, StateNode>,
    #[serde(default)]
    metrics: IndexMap<String, Value>,
    #[serde(default)]
    semantic_models: IndexMap<String, Value>,
    #[serde(default)]
    saved_queries: IndexMap<String, Value>,
    #[serde(default)]
    unit_tests: IndexMap<String, Value>,
}

impl StateManifest {
    /// Whether Teal wrote it.
    pub fn is_own(&self) -> bool {
        self.metadata.env.contains_key(VARS)
    }

    /// A node or function.
    pub fn node(&self, id: &str) -> Option<&StateNode> {
        self.nodes.get(id).or_else(|| self.functions.get(id))
    }

    /// A unit test, as it was written.
    pub fn unit_test(&self, id: &str) -> Option<&Value> {
        self.unit_tests.get(id)
    }

    /// A metric, semantic model or saved query, as it was written.
    pub fn semantic(&self, id: &str) -> Option<&Value> {
        [&self.metrics, &self.semantic_models, &self.saved_queries].into_iter().find_map(|all| all.get(id))
    }

    /// The fingerprints of variables by package and name; nothing where Python dbt wrote it.
    pub fn vars(&self) -> Option<IndexMap<String, String>> {
        serde_json::from_str(self.metadata.env.get(VARS)?).ok()
    }
}

/// The key of `metadata.env` under which Teal notes the fingerprints of the variables that nodes use:
/// dbt's manifest has no place for them, and reads any key there.
pub(super) const VARS: &str = "TEAL_VARS";

/// A node of an earlier manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateNode {
    /// dbt's kind of resource.
    pub resource_type: String,
    /// Its name.
    pub name: String,
    /// The package that defined it.
    pub package_name: String,
    /// Its file, relative to its package folder.
    pub original_file_path: String,
    /// Path of folders and name, package first.
    pub fqn: Vec<String>,
    /// Database in the warehouse.
    pub database: Option<String>,
    /// Schema in the warehouse.
    pub schema: Option<String>,
    /// Name in the warehouse.
    pub alias: Option<String>,
    /// The fingerprint of its file.
    #[serde(deserialize_with = "nullable")]
    pub checksum: StateChecksum,
    /// Its configuration.
    #[serde(deserialize_with = "nullable")]
    pub config: Mapping,
    /// Its configuration as written.
    #[serde(deserialize_with = "nullable")]
    pub unrendered_config: Mapping,
    /// Markdown.
    #[serde(deserialize_with = "nullable")]
    pub description: String,
    /// Documented columns by name.
    #[serde(deserialize_with = "nullable")]
    pub columns: IndexMap<String, StateColumn>,
    /// Its code as written.
    #[serde(alias = "raw_sql", deserialize_with = "nullable")]
    pub raw_code: String,
    /// What it needed.
    #[serde(deserialize_with = "nullable")]
    pub depends_on: StateDependsOn,
    /// What it promised.
    #[serde(deserialize_with = "nullable")]
    pub contract: StateContract,
    /// Constraints of the whole model.
    #[serde(deserialize_with = "nullable")]
    pub constraints: Vec<Value>,
    /// Its version.
    pub version: Option<Value>,
    /// The latest of its versions.
    pub latest_version: Option<Value>,
    /// `private`, `protected` or `public`.
    pub access: Option<String>,
    /// When it will go.
    pub deprecation_date: Option<String>,
    /// What a function takes.
    pub arguments: Option<Value>,
    /// What a function returns.
    pub returns: Option<Value>,
    /// Its overloads.
    pub overloads: Option<Value>,
}

/// The fingerprint of a file.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StateChecksum {
    /// `sha256`, `path` or `none`.
    pub name: String,
    /// The digest, or the path.
    pub checksum: String,
}

/// A column of an earlier manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateColumn {
    /// Its name.
    pub name: String,
    /// Markdown.
    #[serde(deserialize_with = "nullable")]
    pub description: String,
    /// Its type.
    pub data_type: Option<String>,
    /// Its constraints.
    #[serde(deserialize_with = "nullable")]
    pub constraints: Vec<Value>,
}

/// What a node or macro needed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateDependsOn {
    /// Macros; Python dbt leaves a null where one was removed.
    pub macros: Vec<Option<String>>,
}

/// A model's contract.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateContract {
    /// Whether it was enforced.
    pub enforced: bool,
    /// The fingerprint of what it promised.
    pub checksum: Option<String>,
}

/// A macro of an earlier manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateMacro {
    /// Its name.
    pub name: String,
    /// The package that defined it.
    pub package_name: String,
    /// Its text.
    pub macro_sql: String,
    /// What it called.
    #[serde(deserialize_with = "nullable")]
    pub depends_on: StateDependsOn,
}

/// Earlier results.
#[derive(Debug, Default)]
pub struct RunResults {
    /// The invocation.
    pub invocation_id: String,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// Its arguments, by dbt's names.
    pub args: Mapping,
    /// What came of each node.
    pub results: Vec<StateResult>,
    /// Nodes that were to run and of which nothing came, because the run was killed.
    pub unfinished: Vec<String>,
}

/// What came of a node.
#[derive(Debug, Clone, Default)]
pub struct StateResult {
    /// The node.
    pub unique_id: String,
    /// dbt's word for how it ended.
    pub status: String,
    /// What came of its batches.
    pub batches: Option<BatchResults>,
}

impl RunResults {
    /// Reads `run_results.json`; nothing where there is none.
    ///
    /// # Errors
    /// [`Code::StateInvalid`] for a file that cannot be read or is of another version.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let wire: Option<RunResultsWire> = read(path, "run-results", 4..=6)?;
        Ok(wire.map(|wire| Self {
            invocation_id: wire.metadata.invocation_id.unwrap_or_default(),
            started_at: wire.metadata.invocation_started_at.or(wire.metadata.generated_at).map(Into::into),
            args: wire.args,
            results: wire.results.into_iter().map(StateResult::from).collect(),
            unfinished: Vec::new(),
        }))
    }

    /// The last run of a folder: what `run_results.json` tells, or the journal of a later run that never
    /// came to write it.
    ///
    /// # Errors
    /// [`Code::StateInvalid`] for a file that cannot be read or is of another version.
    pub fn last(folder: &Path) -> Result<Option<Self>> {
        let written = Self::read(&folder.join("run_results.json"))?;
        let journal = journal::read(&folder.join(journal::FILE))?;
        Ok(match (written, journal) {
            (Some(written), Some(journal)) => {
                let is_later = journal.started_at > written.started_at;
                Some(if is_later { journal } else { written })
            }
            (written, journal) => written.or(journal),
        })
    }
}

/// Earlier `sources.json`: when each source was last loaded.
#[derive(Debug, Default, Deserialize)]
pub struct Freshness {
    #[serde(default)]
    metadata: MetadataWire,
    /// What was found of each source.
    #[serde(default)]
    pub results: Vec<SourceFreshness>,
}

/// When a source was last loaded.
#[derive(Debug, Default, Deserialize)]
pub struct SourceFreshness {
    /// The source.
    pub unique_id: String,
    #[serde(default)]
    max_loaded_at: Option<Instant>,
}

impl SourceFreshness {
    /// The time of its newest row; nothing where it could not be asked.
    pub fn max_loaded_at(&self) -> Option<DateTime<Utc>> {
        self.max_loaded_at.map(Into::into)
    }
}

/// A point in time in ISO 8601, which is UTC where it names no zone.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Instant(DateTime<Utc>);

impl TryFrom<String> for Instant {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> std::result::Result<Self, chrono::ParseError> {
        let zoned = DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
        let bare = |_| text.parse::<NaiveDateTime>().map(|at| at.and_utc());
        zoned.or_else(bare).map(Self)
    }
}

impl From<Instant> for DateTime<Utc> {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MetadataWire {
    pub(super) dbt_schema_version: Option<String>,
    generated_at: Option<Instant>,
    pub(super) invocation_id: Option<String>,
    invocation_started_at: Option<Instant>,
    #[serde(deserialize_with = "nullable")]
    pub(super) env: IndexMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
struct RunResultsWire {
    #[serde(default)]
    metadata: MetadataWire,
    #[serde(default, deserialize_with = "nullable")]
    args: Mapping,
    #[serde(default)]
    results: Vec<ResultWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResultWire {
    pub(super) unique_id: String,
    status: String,
    #[serde(default)]
    batch_results: Option<BatchesWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BatchesWire {
    successful: Vec<[Instant; 2]>,
    failed: Vec<[Instant; 2]>,
}

pub(super) fn interval([start, end]: [Instant; 2]) -> Interval {
    start.into()..end.into()
}

impl From<ResultWire> for StateResult {
    fn from(wire: ResultWire) -> Self {
        let intervals = |all: Vec<[Instant; 2]>| all.into_iter().map(interval).collect();
        let batches = wire.batch_results.map(|batches| BatchResults {
            successful: intervals(batches.successful),
            failed: intervals(batches.failed),
        });
        Self { unique_id: wire.unique_id, status: wire.status, batches }
    }
}

/// What has a head that says its version.
pub(super) trait Headed {
    fn metadata(&self) -> &MetadataWire;
}

/// The head alone, of a file whose body cannot be read.
#[derive(Debug, Default, Deserialize)]
struct Head {
    #[serde(default)]
    metadata: MetadataWire,
}

macro_rules! headed {
    ($($wire:ident)+) => {
        $(impl Headed for $wire {
            fn metadata(&self) -> &MetadataWire {
                &self.metadata
            }
        })+
    };
}

headed! { StateManifest RunResultsWire Freshness Head }

/// Reads a file of one of these versions; nothing where there is no such file.
fn read<T: DeserializeOwned + Headed>(
    path: &Path,
    name: &str,
    versions: std::ops::RangeInclusive<u32>,
) -> Result<Option<T>> {
    if !path.is_file() {
        return Ok(None);
    }
    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!("Could not read {name} at \"{}\" as JSON: {error}", path.display());
        Box::new(
            Diagnostic::error(Code::StateInvalid, message)
                .help("take the file from the target folder of a run that ended"),
        )
    };
    let text = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let file = serde_json::from_slice::<T>(&text);
    // A file of another version may be laid out in another way, and that is what is to be said of it.
    let found = match &file {
        Ok(file) => file.metadata().dbt_schema_version.clone(),
        Err(_) => {
            serde_json::from_slice::<Head>(&text).ok().and_then(|head| head.metadata.dbt_schema_version)
        }
    };
    let known = versions.clone().map(|version| schema(name, version));
    if let Some(found) = &found
        && !known.into_iter().any(|known| known == *found)
    {
        let message = format!(
            "Expected a schema version of \"{}\" in {}, but found \"{found}\". Are you running with a different \
             version of dbt?",
            schema(name, *versions.end()),
            path.display()
        );
        return Err(Box::new(Diagnostic::error(Code::StateInvalid, message)));
    }
    file.map(Some).map_err(|error| unreadable(&error))
}

fn schema(name: &str, version: u32) -> String {
    format!("https://schemas.getdbt.com/dbt/{name}/v{version}.json")
}

/// A null is the same as nothing.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
