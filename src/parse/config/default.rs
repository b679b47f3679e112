//! What each kind of resource may be configured with: dbt's defaults, in dbt's order, and how a key
//! of a nearer level meets that of a farther one.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::manifest::Mapping;

/// Kinds of resource that differ in their configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::parse) enum Kind {
    Model,
    Seed,
    Snapshot,
    Test,
    /// Analyses and hooks, which are configured like models without being models.
    Node,
    Source,
    Exposure,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    UnitTest,
    Group,
}

/// How a key of a nearer level meets that of a farther one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The nearer replaces the farther.
    Clobber,
    /// Lists are joined, farther first.
    Append,
    /// Mappings are united, the nearer wins.
    Update,
    /// As `Update`, lists as values; a key with `+` joins instead of winning.
    Grants,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub(super) const ALL: [Self; 13] = [
        Self::Model,
        Self::Seed,
        Self::Snapshot,
        Self::Test,
        Self::Node,
        Self::Source,
        Self::Exposure,
        Self::Metric,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::Function,
        Self::UnitTest,
        Self::Group,
    ];

    /// The key of the project file that configures it.
    pub(in crate::parse) fn key(self) -> &'static str {
        match self {
            // dbt configures groups with what stands above all models.
            Self::Model | Self::Node | Self::Group => "models",
            Self::Seed => "seeds",
            Self::Snapshot => "snapshots",
            Self::Test => "data_tests",
            Self::Source => "sources",
            Self::Exposure => "exposures",
            Self::Metric => "metrics",
            Self::SemanticModel => "semantic-models",
            Self::SavedQuery => "saved-queries",
            Self::Function => "functions",
            Self::UnitTest => "unit_tests",
        }
    }

    /// The key of the project file that is kept as written. dbt looks for some under names that no
    /// project file has, and for functions among the models.
    pub(super) fn unrendered_key(self) -> &'static str {
        match self {
            Self::SemanticModel => "semantic_models",
            Self::SavedQuery => "saved_queries",
            Self::Function => "models",
            other => other.key(),
        }
    }

    /// Whether it is part of the semantic layer, which is configured with few keys.
    fn is_semantic(self) -> bool {
        matches!(self, Self::Metric | Self::SemanticModel | Self::SavedQuery)
    }

    /// Every key dbt has for it, with its default.
    pub(in crate::parse) fn defaults(self) -> &'static Mapping {
        static TABLES: LazyLock<[Mapping; Kind::ALL.len()]> = LazyLock::new(|| Kind::ALL.map(defaults));
        &TABLES[self as usize]
    }

    /// How a key merges.
    pub(super) fn merge(self, key: &str) -> Merge {
        match (self, key) {
            (Self::Exposure, _) | (Self::Source, "tags") => Merge::Clobber,
            (_, "meta") | (Self::Model, "latest_version_pointer") => Merge::Update,
            (kind, _) if kind.is_semantic() => Merge::Clobber,
            (_, "tags") => Merge::Append,
            (Self::Test | Self::Source, _) => Merge::Clobber,
            (_, "pre-hook" | "post-hook" | "packages") => Merge::Append,
            (_, "quoting" | "column_types" | "docs" | "contract") => Merge::Update,
            (_, "grants") => Merge::Grants,
            _ => Merge::Clobber,
        }
    }
}

/// Keys without a default that materializations, warehouses or older versions of dbt know.
pub(super) const FURTHER_KEYS: &[&str] = &[
    "sql_header",
    "indexes",
    "partition_by",
    "partitioned_by",
    "cluster_by",
    "sort",
    "sort_type",
    "dist",
    "merge_update_columns",
    "merge_exclude_columns",
    "merge_clauses",
    "merge_on_using_columns",
    "merge_update_condition",
    "merge_insert_condition",
    "merge_update_set_expressions",
    "merge_returning_columns",
    "incremental_predicates",
    "predicates",
    "location",
    "location_root",
    "format",
    "file_format",
    "options",
    "partitions",
    "require_partition_filter",
    "plugin",
    "glue_register",
    "glue_database",
    "transient",
    "copy_grants",
    "query_tag",
    "secure",
    "target_lag",
    "submission_method",
    "python_version",
    "timeout",
    "invalidate_hard_deletes",
    "hard_deletes",
    "updated_at",
    "strategy",
    "check_cols",
    "target_schema",
    "target_database",
    "on_error",
    "access",
    "delimiter",
    "quote_columns",
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "labels",
    "hours_to_expiration",
    "kms_key_name",
    "tblproperties",
    "unlogged",
    "sample",
    "empty",
    "version",
    "description",
    "columns",
    "name",
    "owner",
    "error_after",
    "warn_after",
    "constraints",
    "primary_key",
    "cache",
    "export_as",
];

fn defaults(kind: Kind) -> Mapping {
    let mut map = match kind {
        Kind::Source => object(json!({
            "enabled": true, "event_time": null,
            "freshness": {
                "warn_after": {"count": null, "period": null},
                "error_after": {"count": null, "period": null},
                "filter": null
            },
            "loaded_at_field": null, "loaded_at_query": null, "meta": {}, "tags": [], "static_analysis": null
        })),
        Kind::Exposure => object(json!({"enabled": true, "tags": [], "meta": {}})),
        Kind::Group => object(json!({"meta": {}})),
        Kind::Metric | Kind::SemanticModel => object(json!({"enabled": true, "group": null, "meta": {}})),
        Kind::SavedQuery => object(json!({
            "enabled": true, "group": null, "meta": {}, "export_as": null, "schema": null,
            "cache": {"enabled": false}
        })),
        Kind::UnitTest => object(json!({"tags": [], "meta": {}, "enabled": true, "static_analysis": null})),
        _ => object(json!({
            "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {},
            "group": null, "static_analysis": null
        })),
    };
    let further = match kind {
        Kind::Source
        | Kind::Exposure
        | Kind::Metric
        | Kind::SemanticModel
        | Kind::SavedQuery
        | Kind::UnitTest
        | Kind::Group => return map,
        Kind::Test => json!({
            "schema": "dbt_test__audit", "materialized": "test", "severity": "ERROR",
            "store_failures": null, "store_failures_as": null, "sql_header": null, "where": null,
            "limit": null, "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0"
        }),
        _ => json!({
            "materialized": "view", "incremental_strategy": null, "batch_size": null, "lookback": 1,
            "begin": null, "persist_docs": {}, "post-hook": [], "pre-hook": [], "quoting": {},
            "column_types": {}, "full_refresh": null, "unique_key": null, "on_schema_change": "ignore",
            "on_configuration_change": "apply", "grants": {}, "packages": [],
            "docs": {"show": true, "node_color": null},
            "contract": {"enforced": false, "alias_types": true},
            "event_time": null, "concurrent_batches": null
        }),
    };
    map.extend(object(further));
    map.extend(object(match kind {
        Kind::Model => json!({
            "access": "protected", "freshness": null, "on_error": null,
            "latest_version_pointer": {"enabled": null, "alias": null}
        }),
        Kind::Seed => json!({"materialized": "seed", "delimiter": ",", "quote_columns": null}),
        Kind::Snapshot => json!({
            "materialized": "snapshot", "strategy": null, "target_schema": null, "target_database": null,
            "updated_at": null, "check_cols": null,
            "snapshot_meta_column_names": {
                "dbt_valid_to": null, "dbt_valid_from": null, "dbt_scd_id": null,
                "dbt_updated_at": null, "dbt_is_deleted": null
            },
            "dbt_valid_to_current": null
        }),
        Kind::Function => json!({
            "materialized": "function", "type": "scalar", "volatility": null, "runtime_version": null,
            "entry_point": null
        }),
        _ => json!({}),
    }));
    if kind == Kind::Function {
        map.extend(object(crate::adapter::function_settings()));
    }
    map
}

fn object(value: Value) -> Mapping {
    match value {
        Value::Object(map) => map,
        _ => Mapping::new(),
    }
}
