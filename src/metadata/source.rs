//! `sources`, `exposures` and `groups`: what comes in, where it goes, and who answers for it.

use std::sync::Arc;

use super::table::{Kind, Table, column, entry, filled, integer, maybe, object, text, texts};
use crate::adapter::Cell;
use crate::manifest::{Exposure, Freshness, Group, Source};

/// A limit of freshness in hours.
fn hours(source: &Source, limit: fn(&Freshness) -> &Option<(i64, String)>) -> Cell {
    let Some((count, period)) = source.freshness.as_ref().and_then(|freshness| limit(freshness).as_ref())
    else {
        return Cell::Null;
    };
    let count = f64::from(i32::try_from(*count).unwrap_or(i32::MAX));
    Cell::Float(match period.as_str() {
        "minute" => count / 60.0,
        "day" => count * 24.0,
        _ => count,
    })
}

pub(super) fn sources<'s>() -> Table<'s, &'s Arc<Source>> {
    Table {
        name: "sources",
        about: "Tables of sources that are enabled.",
        rows: |subject| Ok(subject.manifest.sources.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`source.shop.crm.contact`", |_, one| text(&one.unique_id)),
            column("source_name", Kind::Text, "The source: `crm`", |_, one| text(&one.source_name)),
            column("name", Kind::Text, "The table: `contact`", |_, one| text(&one.name)),
            column("label", Kind::Text, "`crm.contact`", |_, one| {
                text(format!("{}.{}", one.source_name, one.name))
            }),
            column("package_name", Kind::Text, "The package that defines it", |_, one| {
                text(&one.package_name)
            }),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, one| {
                Cell::Bool(subject.is_checked(&one.package_name, &one.unique_id))
            }),
            column("file", Kind::Text, "The property file, from the project's folder", |subject, one| {
                text(subject.file(&one.package_name, &one.original_file_path))
            }),
            column("line", Kind::Integer, "The line there that names the table", |subject, one| {
                one.span.map_or(Cell::Null, |span| integer(subject.line(span)))
            }),
            column("folder", Kind::Text, "The folder of that file, from its package", |_, one| {
                text(one.original_file_path.rsplit_once('/').map_or("", |(folder, _)| folder))
            }),
            column(
                "source_description",
                Kind::Text,
                "The source's description; null where there is none",
                |_, one| filled(&one.source_description),
            ),
            column(
                "description",
                Kind::Text,
                "The table's description; null where there is none",
                |_, one| filled(&one.description),
            ),
            column("loader", Kind::Text, "Who loads it; null where it is not said", |_, one| {
                filled(&one.loader)
            }),
            column("database", Kind::Text, "The database it is in", |_, one| maybe(one.database.as_ref())),
            column("schema", Kind::Text, "The schema it is in", |_, one| text(&one.schema)),
            column("identifier", Kind::Text, "Its name there", |_, one| text(&one.identifier)),
            column("relation_name", Kind::Text, "Its relation, quoted", |_, one| text(one.relation.name())),
            column("loaded_at_field", Kind::Text, "The column that says when a row was loaded", |_, one| {
                maybe(one.loaded_at_field.as_ref())
            }),
            column("loaded_at_query", Kind::Text, "The query that says when it was loaded", |_, one| {
                maybe(one.loaded_at_query.as_ref())
            }),
            column("has_freshness", Kind::Boolean, "Whether it has limits of freshness", |_, one| {
                Cell::Bool(one.is_checked())
            }),
            column("warn_after_hours", Kind::Double, "The age at which to warn", |_, one| {
                hours(one, |freshness| &freshness.warn_after)
            }),
            column("error_after_hours", Kind::Double, "The age that is an error", |_, one| {
                hours(one, |freshness| &freshness.error_after)
            }),
            column("fqn", Kind::Texts, "Package, folders, source and table", |_, one| texts(&one.fqn)),
            column("tags", Kind::Texts, "Tags of source and table", |_, one| texts(&one.tags)),
            column("meta", Kind::Json, "The table's `meta`", |_, one| object(&one.meta)),
            column("source_meta", Kind::Json, "The source's `meta`", |_, one| object(&one.source_meta)),
            column("config", Kind::Json, "Its configuration, all levels merged", |_, one| {
                object(&one.config.0)
            }),
        ],
    }
}

pub(super) fn exposures<'s>() -> Table<'s, &'s Arc<Exposure>> {
    Table {
        name: "exposures",
        about: "Uses of the data outside the project.",
        rows: |subject| Ok(subject.manifest.exposures.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`exposure.shop.weekly_numbers`", |_, one| text(&one.unique_id)),
            column("name", Kind::Text, "Its name", |_, one| text(&one.name)),
            column("title", Kind::Text, "Its `label`, for people", |_, one| maybe(one.label.as_ref())),
            column("package_name", Kind::Text, "The package that defines it", |_, one| {
                text(&one.package_name)
            }),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, one| {
                Cell::Bool(subject.is_checked(&one.package_name, &one.unique_id))
            }),
            column("file", Kind::Text, "The property file, from the project's folder", |subject, one| {
                text(subject.file(&one.package_name, &one.original_file_path))
            }),
            column("line", Kind::Integer, "The line there that names it", |subject, one| {
                one.span.map_or(Cell::Null, |span| integer(subject.line(span)))
            }),
            column(
                "exposure_type",
                Kind::Text,
                "`dashboard`, `notebook`, `analysis`, `ml` or `application`",
                |_, one| text(&one.exposure_type),
            ),
            column("maturity", Kind::Text, "`high`, `medium` or `low`", |_, one| {
                maybe(one.maturity.as_ref())
            }),
            column("url", Kind::Text, "Where it is", |_, one| maybe(one.url.as_ref())),
            column("owner_name", Kind::Text, "The owner's name", |_, one| entry(&one.owner, "name")),
            column("owner_email", Kind::Text, "The owner's address", |_, one| entry(&one.owner, "email")),
            column("description", Kind::Text, "Its description; null where there is none", |_, one| {
                filled(&one.description)
            }),
            column("tags", Kind::Texts, "Its tags", |_, one| texts(&one.tags)),
            column("meta", Kind::Json, "Its `meta`", |_, one| object(&one.meta)),
        ],
    }
}

pub(super) fn groups<'s>() -> Table<'s, &'s Arc<Group>> {
    Table {
        name: "groups",
        about: "Groups of models.",
        rows: |subject| Ok(subject.manifest.groups.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`group.shop.finance`", |_, one| text(&one.unique_id)),
            column("name", Kind::Text, "Its name, as in `nodes.group_name`", |_, one| text(&one.name)),
            column("package_name", Kind::Text, "The package that defines it", |_, one| {
                text(&one.package_name)
            }),
            column("file", Kind::Text, "The property file, from the project's folder", |subject, one| {
                text(subject.file(&one.package_name, &one.original_file_path))
            }),
            column("owner_name", Kind::Text, "The owner's name", |_, one| entry(&one.owner, "name")),
            column("owner_email", Kind::Text, "The owner's address", |_, one| entry(&one.owner, "email")),
            column("description", Kind::Text, "Its description; null where there is none", |_, one| {
                one.description.as_deref().map_or(Cell::Null, filled)
            }),
        ],
    }
}
