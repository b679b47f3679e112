//! What is no node on the wire: sources, exposures, groups, macros and doc blocks.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::json;

use super::node::{self, Columns, DependsOnWire, MacrosWire, RefWire};
use crate::manifest::{DocBlock, Exposure, Group, Macro, Mapping, Source, UniqueId, Value};

/// A source table as dbt's `to_dict` gives it.
pub fn source_json(source: &Source) -> Value {
    super::to_value(&SourceWire::new(source))
}

/// An exposure as dbt's `to_dict` gives it.
pub fn exposure_json(exposure: &Exposure) -> Value {
    super::to_value(&ExposureWire::new(exposure))
}

#[derive(Serialize)]
pub(super) struct SourceWire<'a> {
    database: Option<&'a str>,
    schema: &'a str,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    source_name: &'a str,
    source_description: &'a str,
    loader: &'a str,
    identifier: &'a str,
    quoting: QuotingWire<'a>,
    loaded_at_field: Option<&'a str>,
    loaded_at_query: Option<&'a str>,
    freshness: Option<&'a Value>,
    external: Option<&'a Value>,
    description: &'a str,
    columns: Columns<'a>,
    meta: &'a Mapping,
    source_meta: &'a Mapping,
    tags: &'a [String],
    config: &'a Mapping,
    patch_path: (),
    unrendered_config: &'a Mapping,
    relation_name: String,
    created_at: f64,
    unrendered_database: Option<&'a str>,
    unrendered_schema: Option<&'a str>,
    doc_blocks: &'a [UniqueId],
}

#[derive(Serialize)]
struct QuotingWire<'a> {
    database: Option<&'a Value>,
    schema: Option<&'a Value>,
    identifier: Option<&'a Value>,
    column: Option<&'a Value>,
}

impl<'a> SourceWire<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self {
            database: source.database.as_deref(),
            schema: &source.schema,
            name: &source.name,
            resource_type: "source",
            package_name: &source.package_name,
            path: &source.original_file_path,
            original_file_path: &source.original_file_path,
            unique_id: &source.unique_id,
            fqn: &source.fqn,
            source_name: &source.source_name,
            source_description: &source.source_description,
            loader: &source.loader,
            identifier: &source.identifier,
            quoting: quoting(&source.quoting),
            loaded_at_field: source.loaded_at_field.as_deref(),
            loaded_at_query: source.loaded_at_query.as_deref(),
            freshness: freshness(source),
            external: source.external.as_ref(),
            description: &source.description,
            columns: Columns(&source.columns),
            meta: &source.meta,
            source_meta: &source.source_meta,
            tags: &source.tags,
            config: &source.config.0,
            patch_path: (),
            unrendered_config: &source.unrendered_config,
            relation_name: source.relation.name(),
            created_at: source.created_at,
            unrendered_database: source.unrendered_database.as_deref(),
            unrendered_schema: source.unrendered_schema.as_deref(),
            doc_blocks: &source.doc_blocks,
        }
    }
}

fn quoting(written: &Mapping) -> QuotingWire<'_> {
    QuotingWire {
        database: written.get("database"),
        schema: written.get("schema"),
        identifier: written.get("identifier"),
        column: written.get("column"),
    }
}

/// The thresholds of a source table as configured; nothing where a null takes them away.
pub(super) fn freshness(source: &Source) -> Option<&Value> {
    source.config.get("freshness").filter(|thresholds| !thresholds.is_null())
}

#[derive(Serialize)]
pub(super) struct ExposureWire<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    r#type: &'a str,
    owner: IndexMap<&'a str, Option<&'a Value>>,
    description: &'a str,
    label: Option<&'a str>,
    maturity: Option<&'a str>,
    meta: &'a Mapping,
    tags: &'a [String],
    config: &'a Mapping,
    unrendered_config: &'a Mapping,
    url: Option<&'a str>,
    depends_on: DependsOnWire<'a>,
    refs: Vec<RefWire<'a>>,
    sources: Vec<[&'a str; 2]>,
    metrics: &'a [Vec<String>],
    created_at: f64,
}

impl<'a> ExposureWire<'a> {
    pub(super) fn new(exposure: &'a Exposure) -> Self {
        Self {
            name: &exposure.name,
            resource_type: "exposure",
            package_name: &exposure.package_name,
            path: &exposure.path,
            original_file_path: &exposure.original_file_path,
            unique_id: &exposure.unique_id,
            fqn: &exposure.fqn,
            r#type: &exposure.exposure_type,
            owner: owner(&exposure.owner),
            description: &exposure.description,
            label: exposure.label.as_deref(),
            maturity: exposure.maturity.as_deref(),
            meta: &exposure.meta,
            tags: &exposure.tags,
            config: &exposure.config.0,
            unrendered_config: &exposure.unrendered_config,
            url: exposure.url.as_deref(),
            depends_on: DependsOnWire {
                macros: &exposure.depends_on.macros,
                nodes: &exposure.depends_on.nodes,
            },
            refs: node::refs(&exposure.refs),
            sources: node::sources(&exposure.sources),
            metrics: &exposure.metrics,
            created_at: exposure.created_at,
        }
    }
}

/// `email` and `name` are always there and first.
fn owner(written: &Mapping) -> IndexMap<&str, Option<&Value>> {
    let mut owner = IndexMap::from([("email", written.get("email")), ("name", written.get("name"))]);
    owner.extend(written.iter().map(|(key, value)| (key.as_str(), Some(value))));
    owner
}

#[derive(Serialize)]
pub(super) struct GroupWire<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    owner: IndexMap<&'a str, Option<&'a Value>>,
    description: Option<&'a str>,
    config: &'a Mapping,
}

impl<'a> GroupWire<'a> {
    pub(super) fn new(group: &'a Group) -> Self {
        Self {
            name: &group.name,
            resource_type: "group",
            package_name: &group.package_name,
            path: &group.path,
            original_file_path: &group.original_file_path,
            unique_id: &group.unique_id,
            owner: owner(&group.owner),
            description: group.description.as_deref(),
            config: &group.config,
        }
    }
}

#[derive(Serialize)]
pub(super) struct MacroWire<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    macro_sql: &'a str,
    depends_on: MacrosWire<'a>,
    description: &'a str,
    meta: &'a Mapping,
    docs: DocsWire,
    config: MacroConfigWire<'a>,
    patch_path: Option<&'a str>,
    arguments: Vec<ArgumentWire<'a>>,
    created_at: f64,
    supported_languages: Option<&'a [String]>,
}

#[derive(Serialize, Clone, Copy)]
struct DocsWire {
    show: bool,
    node_color: (),
}

#[derive(Serialize)]
struct MacroConfigWire<'a> {
    meta: &'a Mapping,
    docs: DocsWire,
}

#[derive(Serialize)]
struct ArgumentWire<'a> {
    name: &'a Value,
    r#type: Option<&'a Value>,
    description: &'a str,
}

impl<'a> MacroWire<'a> {
    pub(super) fn new(definition: &'a Macro) -> Self {
        let docs = DocsWire { show: definition.docs_show, node_color: () };
        Self {
            name: &definition.name,
            resource_type: "macro",
            package_name: &definition.package_name,
            path: &definition.original_file_path,
            original_file_path: &definition.original_file_path,
            unique_id: &definition.unique_id,
            macro_sql: &definition.macro_sql,
            depends_on: MacrosWire { macros: &definition.depends_on },
            description: &definition.description,
            meta: &definition.meta,
            docs,
            config: MacroConfigWire { meta: &definition.meta, docs },
            patch_path: definition.patch_path.as_deref(),
            arguments: definition.arguments.iter().map(argument).collect(),
            created_at: definition.created_at,
            supported_languages: definition.supported_languages.as_deref(),
        }
    }
}

fn argument(written: &Value) -> ArgumentWire<'_> {
    ArgumentWire {
        name: written.get("name").unwrap_or(&Value::Null),
        r#type: written.get("type"),
        description: written.get("description").and_then(Value::as_str).unwrap_or_default(),
    }
}

#[derive(Serialize)]
pub(super) struct DocWire<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    block_contents: &'a str,
}

impl<'a> DocWire<'a> {
    pub(super) fn new(block: &'a DocBlock) -> Self {
        Self {
            name: &block.name,
            resource_type: "doc",
            package_name: &block.package_name,
            path: &block.path,
            original_file_path: &block.original_file_path,
            unique_id: &block.unique_id,
            block_contents: &block.contents,
        }
    }
}

/// The page that the docs open with when the project has none of its own.
pub(super) static OVERVIEW: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "name": "__overview__",
        "resource_type": "doc",
        "package_name": "dbt",
        "path": "overview.md",
        "original_file_path": "docs/overview.md",
        "unique_id": "doc.dbt.__overview__",
        "block_contents": "### Your project\n\nPick a model on the left to see what it holds, \
            where it comes from and how it is tested.\n\nA doc block named `__overview__` in the project \
            replaces this page.",
    })
});
