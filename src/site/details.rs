//! What the page of a resource shows beyond what lists need.

use serde_json::{Map, Value, json};

use super::artifacts::Artifacts;
use super::column::Part;
use super::markdown;
use super::resource::{Resource, is_blank, is_test};

/// Keys of the manifest that are shown as they are, in this order.
const FACTS: &[&str] = &[
    "label",
    "type",
    "maturity",
    "url",
    "owner",
    "loader",
    "loaded_at_field",
    "loaded_at_query",
    "identifier",
    "version",
    "latest_version",
    "deprecation_date",
    "primary_key",
    "column_name",
    "test_metadata",
    "freshness",
    "external",
    "calculation_method",
    "type_params",
    "filter",
    "time_granularity",
    "query_params",
    "exports",
    "defaults",
    "entities",
    "dimensions",
    "measures",
    "arguments",
    "returns",
    "supported_languages",
    "given",
    "expect",
    "overrides",
];

/// Everything its page needs besides its entry in the list. `macros` are the places of those it calls.
pub(super) fn details(
    resource: &Resource<'_>,
    artifacts: &Artifacts,
    all: &[Resource<'_>],
    macros: &[usize],
) -> Value {
    let value = resource.value;
    let table = artifacts.table(resource.id);
    let told = |key: &&str| Some(((*key).to_owned(), value.get(*key)?.clone()));
    let facts: Map<String, Value> =
        FACTS.iter().filter_map(told).filter(|(_, value)| !is_blank(value)).collect();
    let tests = resource.tests.iter().map(|test| all[*test].listed(artifacts));
    let columns = resource.columns.iter().map(|column| column.shown(all));
    let statement = resource
        .is_drawn()
        .then(|| artifacts.run_code(resource.package(), resource.text("original_file_path")))
        .flatten();
    let mut details = json!({
        "d": markdown::html(resource.text("description")),
        "about": markdown::html(resource.text("source_description")),
        "raw": resource.code(),
        "sql": value["compiled_code"],
        "run": statement,
        "lang": value["language"],
        "cols": columns.collect::<Vec<_>>(),
        "tests": tests.collect::<Vec<_>>(),
        "out": resource.children,
        "macros": macros,
        "rows": resource.influences.iter().map(Part::shown).collect::<Vec<_>>(),
        "severity": if is_test(resource.kind) { &value["config"]["severity"] } else { &Value::Null },
        "meta": value["meta"],
        "facts": facts,
        "rel": value["relation_name"],
        "comment": table["metadata"]["comment"],
        "owner": table["metadata"]["owner"],
        "result": artifacts.result(resource.id),
        "fresh": artifacts.freshness(resource.id),
    });
    if let Value::Object(fields) = &mut details {
        fields.retain(|_, value| !is_blank(value));
    }
    details
}
