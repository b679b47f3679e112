//! Events of OpenLineage 2-0-2: a run of the command, and a run below it for each node.
//!
//! Names follow its integration for dbt, so that what reads those events reads these: a dataset is
//! `database.schema.identifier`, a model's job `package.model`, a test's `package.model.test`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::manifest::{Column, Manifest, Node, NodeKind, NodeResult, Status, UniqueId};
use crate::relation::Relation;

/// What made the events.
pub const PRODUCER: &str = concat!("urn:teal:", env!("CARGO_PKG_VERSION"));
const SPEC: &str = "https://openlineage.io/spec";
const ASSERTIONS: &str =
    "facets/1-1-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet";
const STATISTICS: &str =
    "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet";

/// Makes the events of one run of a command.
#[derive(Debug)]
pub struct OpenLineage {
    /// The namespace of jobs.
    namespace: String,
    /// The namespace of datasets: the kind of warehouse and where it is.
    warehouse: String,
    /// The job of the command.
    job: String,
    run: Uuid,
    /// The runs of nodes that have started.
    nodes: HashMap<UniqueId, Uuid>,
}

/// What a run has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Complete,
    Fail,
    Abort,
}

impl OpenLineage {
    /// For a command on a project, `warehouse` being such as `duckdb:///data/shop.duckdb`. An invocation
    /// id that is no UUID gets one of its own.
    pub fn new(namespace: String, warehouse: String, job: String, invocation_id: &str) -> Self {
        let run = Uuid::parse_str(invocation_id).unwrap_or_else(|_| Uuid::new_v4());
        Self { namespace, warehouse, job, run, nodes: HashMap::new() }
    }

    /// The command starts.
    pub fn begin(&self) -> Value {
        event(Kind::Start, Utc::now(), self.run, self.job())
    }

    /// The command ended.
    pub fn end(&self, passed: bool) -> Value {
        let kind = if passed { Kind::Complete } else { Kind::Fail };
        event(kind, Utc::now(), self.run, self.job())
    }

    /// A node starts.
    pub fn started(&mut self, node: &Node, manifest: &Manifest) -> Value {
        let run = Uuid::new_v4();
        self.nodes.insert(node.unique_id.clone(), run);
        let mut event = event(Kind::Start, Utc::now(), run, self.node_job(node, manifest));
        event["run"]["facets"] = self.parent();
        self.datasets(&mut event, node, manifest, None);
        event
    }

    /// A node ended; nothing for one that never started.
    pub fn finished(&mut self, node: &Node, manifest: &Manifest, result: &NodeResult) -> Option<Value> {
        let run = self.nodes.remove(&node.unique_id)?;
        let kind = match result.status {
            Status::Skipped => Kind::Abort,
            // A test that found something has run to its end.
            Status::Fail => Kind::Complete,
            status if status.is_failure() => Kind::Fail,
            _ => Kind::Complete,
        };
        let mut facets = self.parent();
        if let (Kind::Fail, Some(message)) = (kind, &result.message) {
            facets["errorMessage"] = facet(
                "facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
                json!({"message": message, "programmingLanguage": node.language.as_str()}),
            );
        }
        let mut job = self.node_job(node, manifest);
        if let Some(sql) = &result.compiled_code {
            let schema = "facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet";
            job["facets"]["sql"] = facet(schema, json!({"query": sql}));
        }
        let at = result.timing.last().map_or_else(Utc::now, |timing| timing.completed_at);
        let mut event = event(kind, at, run, job);
        event["run"]["facets"] = facets;
        self.datasets(&mut event, node, manifest, Some(result));
        Some(event)
    }

    fn job(&self) -> Value {
        json!({"namespace": self.namespace, "name": self.job, "facets": {"jobType": job_type("JOB")}})
    }

    fn node_job(&self, node: &Node, manifest: &Manifest) -> Value {
        let name = match tested(node, manifest) {
            Some(model) => format!("{}.{model}.test", node.package_name),
            None => format!("{}.{}", node.package_name, node.name),
        };
        let kind = node.resource_type().as_str().to_uppercase();
        let mut facets = json!({"jobType": job_type(&kind)});
        if !node.description.is_empty() {
            facets["documentation"] = facet(
                "facets/1-1-0/DocumentationJobFacet.json#/$defs/DocumentationJobFacet",
                json!({"description": node.description}),
            );
        }
        json!({"namespace": self.namespace, "name": name, "facets": facets})
    }

    /// The command's run above a node's.
    fn parent(&self) -> Value {
        let parent = json!({"run": {"runId": self.run.to_string()}, "job": {"namespace": self.namespace, "name": self.job}});
        json!({"parent": facet("facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet", parent)})
    }

    /// Adds what a node reads and what it writes.
    fn datasets(&self, event: &mut Value, node: &Node, manifest: &Manifest, result: Option<&NodeResult>) {
        let read = read(node, manifest).into_iter();
        let mut inputs: Vec<_> = read.map(|(relation, columns)| self.dataset(relation, columns)).collect();
        let mut outputs = Vec::new();
        if is_test(node) {
            let found = result.and_then(|result| assertion(node, result));
            if let (Some(found), Some(input)) = (found, inputs.first_mut()) {
                let assertions = facet(ASSERTIONS, json!({"assertions": [found]}));
                input["inputFacets"] = json!({"dataQualityAssertions": assertions});
            }
        } else if let Some(relation) = node.relation.as_ref().filter(|_| !node.is_ephemeral()) {
            let mut output = self.dataset(relation, &node.columns);
            if let Some(rows) =
                result.and_then(|result| result.adapter_response.get("rows_affected")?.as_u64())
            {
                output["outputFacets"] =
                    json!({"outputStatistics": facet(STATISTICS, json!({"rowCount": rows}))});
            }
            outputs.push(output);
        }
        event["inputs"] = Value::Array(inputs);
        event["outputs"] = Value::Array(outputs);
    }

    fn dataset(&self, relation: &Relation, columns: &IndexMap<String, Column>) -> Value {
        let mut facets = Map::new();
        if !columns.is_empty() {
            let fields: Vec<_> = columns.values().map(field).collect();
            let schema = "facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet";
            facets.insert("schema".to_owned(), facet(schema, json!({"fields": fields})));
        }
        json!({"namespace": self.warehouse, "name": dataset_name(relation), "facets": facets})
    }
}

/// The name of a relation among the datasets of its warehouse.
pub fn dataset_name(relation: &Relation) -> String {
    let parts = [&relation.database, &relation.schema, &relation.identifier];
    parts.into_iter().filter_map(|part| part.as_deref()).collect::<Vec<_>>().join(".")
}

/// An event of a run; it has no facets yet and neither reads nor writes anything.
fn event(kind: Kind, at: DateTime<Utc>, run: Uuid, job: Value) -> Value {
    let word = match kind {
        Kind::Start => "START",
        Kind::Complete => "COMPLETE",
        Kind::Fail => "FAIL",
        Kind::Abort => "ABORT",
    };
    json!({
        "eventType": word,
        "eventTime": at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "producer": PRODUCER,
        "schemaURL": format!("{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"),
        "run": {"runId": run.to_string(), "facets": {}},
        "job": job,
        "inputs": [],
        "outputs": [],
    })
}

fn facet(schema: &str, mut content: Value) -> Value {
    content["_producer"] = json!(PRODUCER);
    content["_schemaURL"] = json!(format!("{SPEC}/{schema}"));
    content
}

fn job_type(kind: &str) -> Value {
    let content = json!({"processingType": "BATCH", "integration": "DBT", "jobType": kind});
    facet("facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet", content)
}

fn field(column: &Column) -> Value {
    let mut field = json!({"name": column.name});
    if let Some(data_type) = &column.data_type {
        field["type"] = json!(data_type);
    }
    if !column.description.is_empty() {
        field["description"] = json!(column.description);
    }
    field
}

fn is_test(node: &Node) -> bool {
    matches!(node.kind, NodeKind::GenericTest { .. } | NodeKind::SingularTest)
}

/// The model, seed, snapshot or source that a test is about.
fn tested(node: &Node, manifest: &Manifest) -> Option<String> {
    if !is_test(node) {
        return None;
    }
    let attached = match &node.kind {
        NodeKind::GenericTest { attached_node, .. } => attached_node.as_ref(),
        _ => None,
    };
    let id = attached.or_else(|| node.depends_on.nodes.first())?;
    let name = manifest.nodes.get(id).map(|node| node.name.clone());
    name.or_else(|| manifest.sources.get(id).map(|source| format!("{}.{}", source.source_name, source.name)))
}

/// The relations a node reads, each once, with what is documented of their columns. An ephemeral model
/// is read through.
fn read<'a>(node: &Node, manifest: &'a Manifest) -> Vec<(&'a Relation, &'a IndexMap<String, Column>)> {
    let mut seen = IndexMap::new();
    let mut open: Vec<&UniqueId> = node.depends_on.nodes.iter().rev().collect();
    let mut met = HashSet::new();
    while let Some(id) = open.pop().filter(|id| met.insert(*id)) {
        if let Some(source) = manifest.sources.get(id) {
            seen.insert(&**id, (&source.relation, &source.columns));
        } else if let Some(parent) = manifest.nodes.get(id) {
            match &parent.relation {
                Some(relation) if !parent.is_ephemeral() => {
                    seen.insert(&**id, (relation, &parent.columns));
                }
                _ => open.extend(parent.depends_on.nodes.iter().rev()),
            }
        }
    }
    seen.into_values().collect()
}

/// What a test found; nothing where it could not run.
fn assertion(node: &Node, result: &NodeResult) -> Option<Value> {
    let success = match result.status {
        Status::Pass | Status::Success => true,
        Status::Fail | Status::Warn => false,
        _ => return None,
    };
    let (name, column) = match &node.kind {
        NodeKind::GenericTest { metadata, column_name, .. } => {
            (metadata.name.as_str(), column_name.as_deref())
        }
        _ => (node.name.as_str(), None),
    };
    let severity = node.config.text("severity").unwrap_or("error").to_lowercase();
    let mut found = json!({"assertion": name, "success": success, "severity": severity, "name": node.name});
    if let Some(column) = column {
        found["column"] = json!(column);
    }
    if let Some(failures) = result.failures {
        found["actual"] = json!(failures.to_string());
    }
    Some(found)
}
