//! A node on the wire: dbt's keys, in dbt's order, for each kind of node.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::contract::{ConstraintWire, ContractWire, constraint, contract};
use super::manifest::Extent;
use crate::manifest::{
    Checksum, Column, Mapping, Node, NodeKind, NodeResult, RefArgs, ResourceType, TestMetadata, UniqueId,
    Value,
};

static EMPTY: LazyLock<Mapping> = LazyLock::new(Mapping::new);
static DEFAULT_DOCS: LazyLock<Value> = LazyLock::new(|| json!({"show": true, "node_color": null}));

/// A node as dbt's `to_dict` gives it: what templates see as `model` and in `graph`.
pub fn node_json(node: &Node) -> Value {
    super::to_value(&NodeWire::new(node, None))
}

/// What execution adds to a node.
#[derive(Clone, Copy)]
pub(super) struct Outcome<'a> {
    pub(super) result: &'a NodeResult,
    pub(super) extent: Extent,
    pub(super) target_folder: &'a str,
}

impl Outcome<'_> {
    fn path(&self, kind: &str, node: &Node) -> String {
        format!("{}/{kind}/{}", self.target_folder, node.output_path())
    }

    fn was_built(&self, node: &Node) -> bool {
        self.extent == Extent::Built
            && !matches!(node.kind, NodeKind::Operation { .. })
            && self.result.timing.iter().any(|timing| timing.name == "execute")
    }
}

#[derive(Serialize)]
pub(super) struct NodeWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<&'a Value>,
    database: Option<&'a str>,
    schema: &'a str,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    alias: &'a str,
    checksum: ChecksumWire<'a>,
    config: &'a Mapping,
    tags: &'a [String],
    description: &'a str,
    columns: Columns<'a>,
    meta: &'a Mapping,
    group: Option<&'a str>,
    docs: &'a Value,
    patch_path: Option<&'a str>,
    build_path: Option<String>,
    unrendered_config: &'a Mapping,
    created_at: f64,
    relation_name: Option<String>,
    raw_code: &'a str,
    doc_blocks: &'a [UniqueId],
    #[serde(flatten)]
    code: Option<CodeWire<'a>>,
    #[serde(flatten)]
    kind: KindWire<'a>,
}

/// What every node but a seed has.
#[derive(Serialize)]
struct CodeWire<'a> {
    language: &'static str,
    refs: Vec<RefWire<'a>>,
    sources: Vec<[&'a str; 2]>,
    metrics: &'a [Vec<String>],
    functions: &'a [Vec<String>],
    depends_on: DependsOnWire<'a>,
    compiled_path: Option<String>,
    #[serde(flatten)]
    compiled: Option<CompiledWire<'a>>,
    contract: ContractWire,
}

#[derive(Serialize)]
struct CompiledWire<'a> {
    compiled: bool,
    compiled_code: &'a str,
    extra_ctes_injected: bool,
    extra_ctes: Vec<CteWire<'a>>,
}

/// An ephemeral model that was put into a query.
#[derive(Serialize)]
struct CteWire<'a> {
    id: &'a str,
    sql: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KindWire<'a> {
    Model {
        access: &'a str,
        constraints: Vec<ConstraintWire<'a>>,
        version: Option<&'a Value>,
        latest_version: Option<&'a Value>,
        deprecation_date: Option<&'a str>,
        primary_key: &'a [String],
        time_spine: Option<&'a Value>,
    },
    Seed {
        root_path: &'a str,
        depends_on: MacrosWire<'a>,
    },
    Function {
        arguments: &'a [Value],
        overloads: &'a [Value],
    },
    GenericTest {
        column_name: Option<&'a str>,
        file_key_name: Option<&'a str>,
        attached_node: Option<&'a str>,
        test_metadata: MetadataWire<'a>,
    },
    Operation {
        index: usize,
    },
    Plain {},
}

#[derive(Serialize)]
struct MetadataWire<'a> {
    name: &'a str,
    kwargs: &'a Mapping,
    namespace: Option<&'a str>,
}

#[derive(Serialize)]
struct ChecksumWire<'a> {
    name: &'static str,
    checksum: &'a str,
}

#[derive(Serialize)]
pub(super) struct MacrosWire<'a> {
    pub(super) macros: &'a [UniqueId],
}

#[derive(Serialize)]
pub(super) struct DependsOnWire<'a> {
    pub(super) macros: &'a [UniqueId],
    pub(super) nodes: &'a [UniqueId],
}

#[derive(Serialize)]
pub(super) struct RefWire<'a> {
    name: &'a str,
    package: Option<&'a str>,
    version: Option<Value>,
}

#[derive(Serialize)]
struct ColumnWire<'a> {
    name: &'a str,
    description: &'a str,
    meta: &'a Mapping,
    data_type: Option<&'a str>,
    constraints: Vec<ConstraintWire<'a>>,
    quote: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classifiers: Option<&'a [String]>,
    config: ColumnConfigWire<'a>,
    tags: &'a [String],
    granularity: Option<&'a str>,
    dimension: Option<&'a Value>,
    entity: Option<&'a Value>,
    doc_blocks: &'a [UniqueId],
}

#[derive(Serialize)]
struct ColumnConfigWire<'a> {
    meta: &'a Mapping,
    tags: &'a [String],
}

impl<'a> NodeWire<'a> {
    pub(super) fn new(node: &'a Node, outcome: Option<Outcome<'a>>) -> Self {
        Self {
            returns: match &node.kind {
                NodeKind::Function { returns, .. } => Some(returns),
                _ => None,
            },
            database: node.database.as_deref(),
            schema: &node.schema,
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            alias: &node.alias,
            checksum: checksum(&node.checksum),
            config: &node.config.0,
            tags: &node.tags,
            description: &node.description,
            columns: Columns(&node.columns),
            meta: node.config.meta().unwrap_or(&EMPTY),
            group: node.group.as_deref(),
            docs: node.config.get("docs").unwrap_or(&DEFAULT_DOCS),
            patch_path: node.patch_path.as_deref(),
            build_path: outcome.filter(|o| o.was_built(node)).map(|o| o.path("run", node)),
            unrendered_config: &node.unrendered_config,
            created_at: node.created_at,
            relation_name: relation_name(node, outcome),
            raw_code: &node.raw_code,
            doc_blocks: &node.doc_blocks,
            code: (node.resource_type() != ResourceType::Seed).then(|| CodeWire::new(node, outcome)),
            kind: kind(node),
        }
    }
}

impl<'a> CodeWire<'a> {
    fn new(node: &'a Node, outcome: Option<Outcome<'a>>) -> Self {
        let compiled = outcome.filter(|outcome| outcome.result.compiled);
        Self {
            language: node.language.as_str(),
            refs: refs(&node.refs),
            sources: sources(&node.sources),
            metrics: &node.metrics,
            functions: &node.functions,
            depends_on: DependsOnWire { macros: &node.depends_on.macros, nodes: &node.depends_on.nodes },
            compiled_path: compiled.map(|outcome| outcome.path("compiled", node)),
            compiled: compiled.map(|outcome| CompiledWire {
                compiled: true,
                compiled_code: outcome.result.compiled_code.as_deref().unwrap_or_default(),
                extra_ctes_injected: true,
                extra_ctes: outcome.result.extra_ctes.iter().map(|(id, sql)| CteWire { id, sql }).collect(),
            }),
            contract: contract(node),
        }
    }
}

fn kind(node: &Node) -> KindWire<'_> {
    match &node.kind {
        NodeKind::Model {
            version,
            latest_version,
            access,
            constraints,
            deprecation_date,
            primary_key,
            time_spine,
        } => KindWire::Model {
            access,
            constraints: constraints.iter().map(|c| constraint(c, true)).collect(),
            version: version.as_ref(),
            latest_version: latest_version.as_ref(),
            deprecation_date: deprecation_date.as_deref(),
            primary_key,
            time_spine: time_spine.as_ref(),
        },
        NodeKind::Seed { root_path } => {
            KindWire::Seed { root_path, depends_on: MacrosWire { macros: &node.depends_on.macros } }
        }
        NodeKind::Function { arguments, overloads, .. } => KindWire::Function { arguments, overloads },
        NodeKind::GenericTest { metadata, column_name, attached_node, file_key_name } => {
            KindWire::GenericTest {
                column_name: column_name.as_deref(),
                file_key_name: file_key_name.as_deref(),
                attached_node: attached_node.as_deref(),
                test_metadata: test_metadata(metadata),
            }
        }
        // dbt counts hooks from 1 here and from 0 in their names.
        NodeKind::Operation { index, .. } => KindWire::Operation { index: *index },
        NodeKind::Snapshot
        | NodeKind::SingularTest
        | NodeKind::Analysis
        | NodeKind::SqlOperation
        | NodeKind::UnitTest(_) => KindWire::Plain {},
    }
}

fn checksum(checksum: &Checksum) -> ChecksumWire<'_> {
    ChecksumWire { name: checksum.name, checksum: &checksum.checksum }
}

fn test_metadata(metadata: &TestMetadata) -> MetadataWire<'_> {
    MetadataWire { name: &metadata.name, kwargs: &metadata.kwargs, namespace: metadata.namespace.as_deref() }
}

/// The relation, for nodes that have one of their own: a test has one when it stores its failures.
fn relation_name(node: &Node, outcome: Option<Outcome<'_>>) -> Option<String> {
    if let Some(name) = outcome.and_then(|outcome| outcome.result.relation_name.clone()) {
        return Some(name);
    }
    let has_one = match node.resource_type() {
        ResourceType::Model => !node.is_ephemeral(),
        ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => true,
        ResourceType::Test => node.config.flag("store_failures") == Some(true),
        _ => false,
    };
    node.relation.as_ref().filter(|_| has_one).map(crate::relation::Relation::name)
}

pub(super) fn refs(refs: &[RefArgs]) -> Vec<RefWire<'_>> {
    refs.iter()
        .map(|args| RefWire {
            name: &args.name,
            package: args.package.as_deref(),
            // A version is a number wherever it reads as one, as YAML would have it.
            version: args.version.as_deref().map(|text| serde_json::from_str(text).unwrap_or(text.into())),
        })
        .collect()
}

pub(super) fn sources(sources: &[(String, String)]) -> Vec<[&str; 2]> {
    sources.iter().map(|(source, table)| [source.as_str(), table.as_str()]).collect()
}

/// Columns by name, made into wire structs one at a time.
pub(super) struct Columns<'a>(pub(super) &'a IndexMap<String, Column>);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, column)| (name, ColumnWire::new(column))))
    }
}

impl<'a> ColumnWire<'a> {
    fn new(column: &'a Column) -> Self {
        Self {
            name: &column.name,
            description: &column.description,
            meta: &column.meta,
            data_type: column.data_type.as_deref(),
            constraints: column.constraints.iter().map(|c| constraint(c, false)).collect(),
            quote: column.quote,
            classifiers: column.classifiers.as_deref(),
            config: ColumnConfigWire { meta: &column.meta, tags: &column.tags },
            tags: &column.tags,
            granularity: column.granularity.as_deref(),
            dimension: column.dimension.as_ref(),
            entity: column.entity.as_ref(),
            doc_blocks: &column.doc_blocks,
        }
    }
}

/// A short fingerprint of a value; the same for the same value, whatever the order of its keys.
pub fn digest(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> =
                    map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(entries.into_iter().collect())
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    hex(&Sha256::digest(sorted(value).to_string().as_bytes())[..8])
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Results by node, for [`Outcome`].
pub(super) fn by_node<'a>(results: impl Iterator<Item = &'a NodeResult>) -> HashMap<&'a str, &'a NodeResult> {
    results.map(|result| (&*result.unique_id, result)).collect()
}
