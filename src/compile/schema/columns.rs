//! Columns as property files, snapshots and statements tell of them.

use crate::adapter::ColumnInfo;
use crate::manifest::{Column, Node, NodeKind};
use crate::relation::Relation;

/// The table that a statement names at a byte.
pub(super) fn named_at(sql: &str, at: usize) -> Option<Relation> {
    let mut rest = sql.get(at..)?;
    let mut parts = Vec::new();
    loop {
        let (part, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"')?
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest.split_at(end)
        };
        parts.push(part);
        let Some(next) = after.strip_prefix('.') else { break };
        rest = next;
    }
    let mut parts = parts.into_iter().rev();
    let (table, schema, database) =
        (parts.next().filter(|name| !name.is_empty()), parts.next(), parts.next());
    table.map(|table| Relation::new(database, schema, Some(table)))
}

/// The columns that a property file describes with their types.
pub(super) fn declared(columns: &indexmap::IndexMap<String, Column>) -> Option<Vec<ColumnInfo>> {
    let typed = columns.values().filter_map(|column| {
        Some(ColumnInfo { name: column.name.clone(), data_type: column.data_type.clone()? })
    });
    Some(typed.collect::<Vec<_>>()).filter(|columns| !columns.is_empty())
}

/// The columns of a snapshot that is there, with those that its query has gained.
pub(super) fn with_new(mut kept: Vec<ColumnInfo>, columns: Vec<ColumnInfo>) -> Vec<ColumnInfo> {
    let is_new = |column: &ColumnInfo| !kept.iter().any(|one| one.name.eq_ignore_ascii_case(&column.name));
    let new: Vec<_> = columns.into_iter().filter(is_new).collect();
    kept.extend(new);
    kept
}

/// The columns of a new snapshot: those of its query, and what tells the versions of a row apart.
pub(super) fn with_history(node: &Node, mut columns: Vec<ColumnInfo>) -> Vec<ColumnInfo> {
    if !matches!(node.kind, NodeKind::Snapshot) {
        return columns;
    }
    let config = &node.config;
    let updated_at = config.text("updated_at").filter(|_| config.text("strategy") == Some("timestamp"));
    let found = updated_at.and_then(|name| columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)));
    let time = found.map_or_else(|| "TIMESTAMP".to_owned(), |column| column.data_type.clone());
    let names = config.get("snapshot_meta_column_names");
    let name = |key: &str| {
        let own = names.and_then(|names| names.get(key)).and_then(serde_json::Value::as_str);
        own.unwrap_or(key).to_owned()
    };
    let mut history = vec![
        ("dbt_scd_id", "VARCHAR"),
        ("dbt_updated_at", &time),
        ("dbt_valid_from", &time),
        ("dbt_valid_to", &time),
    ];
    if config.text("hard_deletes") == Some("new_record") {
        history.push(("dbt_is_deleted", "VARCHAR"));
    }
    columns.extend(
        history
            .into_iter()
            .map(|(key, data_type)| ColumnInfo { name: name(key), data_type: data_type.to_owned() }),
    );
    columns
}
