//! Source tables: what a property file says of one, as the source it is.

use std::sync::Arc;

use super::config::{Kind, Levels};
use super::draft::fqn_prefix;
use super::file::columns;
use super::properties::TableProperties;
use super::{Parsing, config};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::python_str;
use crate::manifest::{Freshness, Mapping, NodeConfig, Source, UniqueId, Value};
use crate::relation::{Policy, Relation};

/// Makes a source table.
pub(super) fn source(parsing: &Parsing, table: &TableProperties, found: &mut Vec<Diagnostic>) -> Source {
    let package = table.place.package.as_str();
    let mut fqn = fqn_prefix(package, &table.place.path);
    fqn.extend([table.source_name.clone(), table.name.clone()]);
    let levels = Levels {
        kind: Kind::Source,
        package,
        fqn: &fqn,
        patch: Some(&table.config.rendered),
        patch_unrendered: Some(&table.config.written),
        call: None,
        call_unrendered: None,
    };
    let unrendered_config = parsing.trees.unrendered(&levels);
    let merged = parsing.trees.merged(&levels).unwrap_or_else(|problem| {
        let name = format!("{}.{}", table.source_name, table.name);
        let message =
            format!("invalid value for the configuration `{}` of `{name}`: {}", problem.key, problem.message);
        let span = table.config.spans.get(&problem.key).copied().unwrap_or(table.span);
        found.push(Diagnostic::error(Code::InvalidConfig, message).label(span, ""));
        Kind::Source.defaults().clone()
    });
    if parsing.is_own(package) {
        let keys = table.config.spans.iter().map(|(key, span)| (key.as_str(), Some(*span)));
        found.extend(config::misspelt(Kind::Source, keys));
    }
    let config = NodeConfig(merged);
    let unique_id = UniqueId::from(format!("source.{package}.{}.{}", table.source_name, table.name));
    let mut render = |text| parsing.description(text, &unique_id, package, found);
    let (source_description, _) = render(&table.source_description);
    let (description, doc_blocks) = render(&table.description);
    let meta = config.meta().cloned().unwrap_or_default();
    let tags: Vec<String> = config.tags().into_iter().map(str::to_owned).collect();
    let database = table.database.clone().or_else(|| parsing.placement.database.clone());
    let columns = columns(parsing, &unique_id, package, &table.columns, found);
    let mut source = Source {
        unique_id,
        name: table.name.clone(),
        source_name: table.source_name.clone(),
        package_name: package.to_owned(),
        original_file_path: table.place.original_file_path.clone(),
        span: Some(table.span),
        source_description,
        description,
        doc_blocks,
        loader: table.loader.clone(),
        relation: Relation::new(database.as_deref(), Some(&table.schema), Some(&table.identifier)),
        database,
        schema: table.schema.clone(),
        identifier: table.identifier.clone(),
        quoting: table.quoting.clone(),
        loaded_at_field: config.text("loaded_at_field").map(str::to_owned),
        loaded_at_query: config.text("loaded_at_query").map(str::to_owned),
        freshness: config.get("freshness").map(freshness),
        external: table.external.clone().map(whole),
        columns,
        meta,
        source_meta: table.source_meta.clone(),
        tags,
        config,
        unrendered_config,
        unrendered_database: table.unrendered_database.clone(),
        unrendered_schema: table.unrendered_schema.clone(),
        fqn,
        created_at: parsing.now,
    };
    if source.is_checked() && source.loaded_at_field.is_none() && source.loaded_at_query.is_none() {
        let message = format!(
            "The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified \
             for source '{}.{}'.",
            source.source_name, source.name
        );
        found.push(Diagnostic::warning(Code::FreshnessUnknown, message).label(table.span, ""));
    }
    source.relation.quote = quoted(parsing.jinja.globals().quoting, &source.quoting);
    match external(&source) {
        Ok(text) => source.relation.external = text.map(Arc::from),
        Err(message) => found.push(Diagnostic::error(Code::InvalidConfig, message).label(table.span, "")),
    }
    source
}

/// `external` with every key dbt has for it.
fn whole(external: Value) -> Value {
    let Value::Object(said) = external else { return external };
    let names = ["location", "file_format", "row_format", "tbl_properties", "partitions"];
    let mut all: Mapping = names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    all.extend(said);
    if let Some(Value::Array(partitions)) = all.get_mut("partitions") {
        for partition in partitions.iter_mut().filter_map(Value::as_object_mut) {
            for key in ["name", "description", "data_type"] {
                partition.entry(key).or_insert_with(|| Value::from(""));
            }
            partition.entry("meta").or_insert_with(|| Value::Object(Mapping::new()));
        }
    }
    Value::Object(all)
}

fn quoted(project: Policy, own: &Mapping) -> Policy {
    let said = |key: &str| own.get(key).and_then(Value::as_bool);
    Policy {
        database: said("database").unwrap_or(project.database),
        schema: said("schema").unwrap_or(project.schema),
        identifier: said("identifier").unwrap_or(project.identifier),
    }
}

fn freshness(value: &Value) -> Freshness {
    let time = |key: &str| {
        let time = value.get(key)?;
        Some((time.get("count")?.as_i64()?, time.get("period")?.as_str()?.to_owned()))
    };
    Freshness {
        warn_after: time("warn_after"),
        error_after: time("error_after"),
        filter: value.get("filter").and_then(Value::as_str).map(str::to_owned),
    }
}

/// The text that stands for a source whose rows are in files: `external_location`, filled in.
///
/// A path is quoted; a call, or what is quoted already, stands as it is.
fn external(source: &Source) -> Result<Option<String>, String> {
    let mut names = Mapping::new();
    for (key, value) in [
        ("name", Value::from(source.name.as_str())),
        ("identifier", Value::from(source.identifier.as_str())),
        ("schema", Value::from(source.schema.as_str())),
        ("database", source.database.as_deref().map_or(Value::Null, Value::from)),
        ("tags", Value::from(source.tags.clone())),
    ] {
        names.insert(key.to_owned(), value);
    }
    names.extend(source.meta.clone());
    let further = source.config.0.iter().filter(|(key, _)| !Kind::Source.defaults().contains_key(*key));
    names.extend(further.map(|(key, value)| (key.clone(), value.clone())));
    let Some(template) = names.get("external_location").and_then(Value::as_str) else { return Ok(None) };
    let style = names.get("formatter").and_then(Value::as_str).unwrap_or("newstyle");
    let text = match style {
        "newstyle" => fill(template, '{', &names),
        "oldstyle" => fill(template, '%', &names),
        "template" => fill(template, '$', &names),
        other => {
            return Err(format!(
                "Formatter {other} not recognized. Must be one of 'newstyle', 'oldstyle', or 'template'."
            ));
        }
    }?;
    let stands = text.contains('(') || text.starts_with('\'');
    Ok(Some(if stands { text } else { format!("'{text}'") }))
}

/// Fills in `{name}`, `%(name)s` or `$name` and `${name}`; the mark doubled stands for itself.
fn fill(template: &str, mark: char, names: &Mapping) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find([mark, if mark == '{' { '}' } else { mark }]) {
        text.push_str(&rest[..at]);
        let found = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(found) {
            text.push_str(found);
            rest = after;
            continue;
        }
        let bad = || format!("`external_location` cannot be read: {template}");
        let (name, after) = match mark {
            '{' => rest.split_once('}').filter(|_| found == "{").ok_or_else(bad)?,
            '%' => rest.strip_prefix('(').and_then(|rest| rest.split_once(")s")).ok_or_else(bad)?,
            _ if rest.starts_with('{') => rest[1..].split_once('}').ok_or_else(bad)?,
            _ => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                rest.split_at(end.unwrap_or(rest.len()))
            }
        };
        let value = names.get(name).ok_or_else(|| {
            format!("`external_location` uses `{name}`, which is neither of the table nor of its `meta`")
        })?;
        text.push_str(&python_str(value));
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}
