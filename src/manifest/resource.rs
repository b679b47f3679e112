//! What a project defines besides nodes: sources, exposures, groups, macros and doc blocks.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Column, DependsOn, Mapping, NodeConfig, RefArgs, UniqueId, Value};
use crate::diagnostic::{SourceId, Span};
use crate::relation::Relation;

/// How old loaded data may be: `warn_after`, `error_after` and `filter` as written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Freshness {
    /// Count and period (`minute`, `hour`, `day`) after which to warn.
    pub warn_after: Option<(i64, String)>,
    /// Count and period after which it is an error.
    pub error_after: Option<(i64, String)>,
    /// A condition for the rows to look at.
    pub filter: Option<String>,
}

/// A source table.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// `source.package.source_name.table_name`.
    pub unique_id: UniqueId,
    /// The table's name in `source()`.
    pub name: String,
    /// The source's name in `source()`.
    pub source_name: String,
    /// The package that defines it.
    pub package_name: String,
    /// The property file, relative to its package folder.
    pub original_file_path: String,
    /// Where its name stands.
    pub span: Option<Span>,
    /// Package, folders, source and table.
    pub fqn: Vec<String>,
    /// Markdown of the source.
    pub source_description: String,
    /// Markdown of the table.
    pub description: String,
    /// Ids of the doc blocks the description uses.
    pub doc_blocks: Vec<UniqueId>,
    /// Who loads it.
    pub loader: String,
    /// Database it is in.
    pub database: Option<String>,
    /// Schema it is in.
    pub schema: String,
    /// Name in the warehouse.
    pub identifier: String,
    /// Quoting as written, for the keys written.
    pub quoting: Mapping,
    /// The column that says when a row was loaded.
    pub loaded_at_field: Option<String>,
    /// The query that says when the table was loaded.
    pub loaded_at_query: Option<String>,
    /// How old it may be.
    pub freshness: Option<Freshness>,
    /// `external` as written.
    pub external: Option<Value>,
    /// Documented columns by name.
    pub columns: IndexMap<String, Column>,
    /// `meta` of the table.
    pub meta: Mapping,
    /// `meta` of the source.
    pub source_meta: Mapping,
    /// Tags of source and table.
    pub tags: Vec<String>,
    /// Its configuration, all levels merged.
    pub config: NodeConfig,
    /// Configuration as written.
    pub unrendered_config: Mapping,
    /// `database` and `schema` as written, where they are templates.
    pub unrendered_database: Option<String>,
    /// See `unrendered_database`.
    pub unrendered_schema: Option<String>,
    /// Where it is.
    pub relation: Relation,
    /// Seconds since 1970 when it was parsed.
    pub created_at: f64,
}

impl Source {
    /// Whether it has thresholds of freshness.
    pub fn is_checked(&self) -> bool {
        let says = |limits: &Freshness| limits.warn_after.is_some() || limits.error_after.is_some();
        self.freshness.as_ref().is_some_and(says)
    }
}

/// A use of the data outside dbt: a dashboard, a notebook, an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// `exposure.package.name`.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The package that defines it.
    pub package_name: String,
    /// The property file, relative to its resource folder.
    pub path: String,
    /// The property file, relative to its package folder.
    pub original_file_path: String,
    /// Where its name stands.
    pub span: Option<Span>,
    /// Package, folders and name.
    pub fqn: Vec<String>,
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    pub exposure_type: String,
    /// Owner as written: `name`, `email`, and more.
    pub owner: Mapping,
    /// Markdown.
    pub description: String,
    /// A human label.
    pub label: Option<String>,
    /// `high`, `medium` or `low`.
    pub maturity: Option<String>,
    /// Where to find it.
    pub url: Option<String>,
    /// `meta`.
    pub meta: Mapping,
    /// Tags.
    pub tags: Vec<String>,
    /// Its configuration, all levels merged.
    pub config: NodeConfig,
    /// Configuration as written.
    pub unrendered_config: Mapping,
    /// The `ref` calls in it.
    pub refs: Vec<RefArgs>,
    /// The `source` calls in it.
    pub sources: Vec<(String, String)>,
    /// The `metric` calls in it: a name, or a package and a name.
    pub metrics: Vec<Vec<String>>,
    /// What it needs.
    pub depends_on: DependsOn,
    /// Seconds since 1970 when it was parsed.
    pub created_at: f64,
}

/// A group of models with an owner.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// `group.package.name`.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The package that defines it.
    pub package_name: String,
    /// The property file, relative to its resource folder.
    pub path: String,
    /// The property file, relative to its package folder.
    pub original_file_path: String,
    /// Owner as written.
    pub owner: Mapping,
    /// Markdown.
    pub description: Option<String>,
    /// Its configuration.
    pub config: Mapping,
}

/// A block of Markdown with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocBlock {
    /// `doc.package.name`.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The package that defines it.
    pub package_name: String,
    /// The file, relative to its resource folder.
    pub path: String,
    /// The file, relative to its package folder.
    pub original_file_path: String,
    /// The Markdown.
    pub contents: String,
}

/// A macro, test or materialization, as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Macro {
    /// `macro.package.name`; a test `x` is `test_x`, a materialization `materialization_x_adapter`.
    pub unique_id: UniqueId,
    /// Its name, with the same prefixes.
    pub name: String,
    /// The package that defines it.
    pub package_name: String,
    /// The file, relative to its package folder.
    pub original_file_path: String,
    /// The file's text.
    pub source: SourceId,
    /// The bytes of the whole block in the file.
    pub span: Span,
    /// The block's text, from its opening tag to its closing one.
    pub macro_sql: Arc<str>,
    /// Languages a materialization supports.
    pub supported_languages: Option<Vec<String>>,
    /// Markdown, from a property file.
    pub description: String,
    /// `meta`.
    pub meta: Mapping,
    /// Whether the docs show it.
    pub docs_show: bool,
    /// Arguments as documented.
    pub arguments: Vec<Value>,
    /// `package://path` of the property file about it.
    pub patch_path: Option<String>,
    /// Macros that it calls, resolved without running it.
    pub depends_on: Vec<UniqueId>,
    /// Seconds since 1970 when it was parsed.
    pub created_at: f64,
}
