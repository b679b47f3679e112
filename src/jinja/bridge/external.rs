//! Tables that live in files: what `external` materializations ask of `adapter`.

use minijinja::{Error, Value};

use crate::jinja::functions::bind;
use crate::jinja::python::{from_json, to_json};
use crate::manifest::Mapping;

/// `external_write_options(write_location, rendered_options)`: the options of a `copy … to`.
pub(super) fn write_options(args: &[Value]) -> Result<Value, Error> {
    let [location, options] =
        bind("external_write_options", args, ["write_location", "rendered_options"], 2)?;
    let mut options = mapping(&options);
    complete(&mut options, &location.to_string());
    let quoted = ["delimiter", "quote", "escape", "null"];
    let written = options.iter().map(|(key, value)| {
        let value = plain(value);
        if quoted.contains(&key.to_lowercase().as_str()) && !value.starts_with('\'') {
            format!("{key} '{value}'")
        } else {
            format!("{key} {value}")
        }
    });
    Ok(Value::from(written.collect::<Vec<_>>().join(", ")))
}

/// Fills in what the location's name says.
fn complete(options: &mut Mapping, location: &str) {
    if !options.contains_key("format") {
        let name = location.rsplit('/').next().unwrap_or(location).to_lowercase();
        let (name, compression) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
            (Some(name), _) => (name, Some("gzip")),
            (_, Some(name)) => (name, Some("zstd")),
            _ => (name.as_str(), None),
        };
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let format = match extension {
            Some(extension) => extension,
            None if options.contains_key("delimiter") => "csv",
            None => "parquet",
        };
        options.insert("format".to_owned(), format.into());
        if let Some(compression) = compression.filter(|_| extension.is_some()) {
            options.entry("compression").or_insert_with(|| compression.into());
        }
    }
    if options["format"] == "csv" {
        options.entry("header").or_insert_with(|| 1.into());
    }
    if let Some(serde_json::Value::String(columns)) = options.get_mut("partition_by")
        && columns.contains(',')
        && !columns.starts_with('(')
    {
        *columns = format!("({columns})");
    }
}

/// `external_read_location(write_location, rendered_options)`: the pattern that finds what was written.
pub(super) fn read_location(args: &[Value]) -> Result<Value, Error> {
    let [location, options] =
        bind("external_read_location", args, ["write_location", "rendered_options"], 2)?;
    let options = mapping(&options);
    let truthy = |key: &str| options.get(key).is_some_and(|value| from_json(value).is_true());
    if !truthy("partition_by") && !truthy("per_thread_output") {
        return Ok(location);
    }
    let folders = options.get("partition_by").filter(|_| truthy("partition_by")).map(plain);
    let depth = 1 + folders.map_or(0, |columns| columns.split(',').count());
    let format = options.get("format").map_or_else(|| "parquet".to_owned(), plain);
    Ok(Value::from(format!("{location}{}.{format}", "/*".repeat(depth))))
}

fn mapping(value: &Value) -> Mapping {
    match to_json(value) {
        serde_json::Value::Object(mapping) => mapping,
        _ => Mapping::new(),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| from_json(value).to_string(), str::to_owned)
}
