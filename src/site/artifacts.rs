//! The files the site is made from: manifest, catalog, lineage, and what is known of results.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::markdown;
use crate::artifact::write_text;
use crate::diagnostic::{Code, Diagnostic, Result};

/// The last result of each node, over the runs of several commands.
const RESULTS: &str = "site/results.json";

/// The artifacts of a target folder.
#[derive(Debug, Default)]
pub struct Artifacts {
    pub(super) manifest: Value,
    pub(super) catalog: Value,
    pub(super) lineage: Value,
    /// By unique id: `status`, `seconds`, `failures`, `message`, `at`.
    pub(super) results: Map<String, Value>,
}

impl Artifacts {
    /// Reads a target folder; all but the manifest may be missing.
    ///
    /// # Errors
    /// A file cannot be read or is no JSON.
    pub fn read(target: &Path) -> Result<Self> {
        let Some(manifest) = read(&target.join("manifest.json"))? else {
            let message = format!("there is no manifest in {}", target.display());
            let why = Diagnostic::error(Code::FileAccess, message);
            return Err(Box::new(why.help("`teal docs generate` writes it")));
        };
        keep_results(target)?;
        let or_empty = |name: &str| read(&target.join(name)).map(Option::unwrap_or_default);
        let results = match or_empty(RESULTS)? {
            Value::Object(results) => results,
            _ => Map::new(),
        };
        Ok(Self { manifest, catalog: or_empty("catalog.json")?, lineage: or_empty("lineage.json")?, results })
    }

    /// The name of the project and when and how the site was made.
    pub(super) fn project(&self) -> Value {
        let metadata = &self.manifest["metadata"];
        json!({
            "name": metadata["project_name"],
            "generated_at": metadata["generated_at"],
            "adapter": metadata["adapter_type"],
            "teal": env!("CARGO_PKG_VERSION"),
            "dbt": metadata["dbt_version"],
        })
    }

    /// The doc block `__overview__` of the project, else of a package.
    pub(super) fn overview(&self) -> String {
        let root = self.manifest["metadata"]["project_name"].as_str().unwrap_or_default();
        let docs = self.manifest["docs"].as_object();
        let blocks =
            || docs.into_iter().flatten().map(|(_, doc)| doc).filter(|doc| doc["name"] == "__overview__");
        let of = |package: &str| blocks().find(|doc| doc["package_name"] == package);
        let block =
            of(root).or_else(|| blocks().find(|doc| doc["package_name"] != "dbt")).or_else(|| of("dbt"));
        block.map_or(String::new(), |doc| markdown::html(doc["block_contents"].as_str().unwrap_or_default()))
    }

    /// What the warehouse has of a relation.
    pub(super) fn table(&self, id: &str) -> &Value {
        let found = ["nodes", "sources"].into_iter().map(|key| &self.catalog[key][id]);
        found.into_iter().find(|table| !table.is_null()).unwrap_or(&Value::Null)
    }

    /// Every resource of a section by its id.
    pub(super) fn section(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.manifest[key].as_object().into_iter().flatten()
    }
}

/// Adds the results of the last run to those that are known, so that a command without any of its own does
/// not make them forgotten.
///
/// # Errors
/// A file cannot be read or written.
pub fn keep_results(target: &Path) -> Result<()> {
    let Some(last) = read(&target.join("run_results.json"))? else { return Ok(()) };
    let which = last["args"]["which"].as_str().unwrap_or_default();
    if !matches!(which, "build" | "run" | "test" | "seed" | "snapshot" | "retry") {
        return Ok(());
    }
    let known = read(&target.join(RESULTS))?;
    let mut known: HashMap<String, Value> =
        known.and_then(|value| value.as_object().cloned()).into_iter().flatten().collect();
    for result in last["results"].as_array().into_iter().flatten() {
        let Some(id) = result["unique_id"].as_str() else { continue };
        let at = result["timing"]
            .as_array()
            .and_then(|timing| timing.last())
            .map(|timing| &timing["completed_at"]);
        let entry = json!({
            "status": result["status"],
            "seconds": result["execution_time"],
            "failures": result["failures"],
            "message": result["message"],
            "at": at.unwrap_or(&last["metadata"]["generated_at"]),
        });
        known.insert(id.to_owned(), entry);
    }
    let sorted: std::collections::BTreeMap<_, _> = known.into_iter().collect();
    let sorted: Map<String, Value> = sorted.into_iter().collect();
    write_text(&target.join(RESULTS), &Value::Object(sorted).to_string())
}

fn read(path: &Path) -> Result<Option<Value>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Box::new(unreadable(path, &error.to_string()))),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| Box::new(unreadable(path, &error.to_string())))
}

fn unreadable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::FileAccess, format!("cannot read `{}`: {why}", path.display()))
}
