//! The files the site is made from: manifest, catalog, lineage, freshness, and what is known of results and sizes.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::resource::{SECTIONS, is_blank};
use super::{markdown, results};
use crate::diagnostic::{Code, Diagnostic, Result};

/// What the warehouse said of how large tables are, for the site alone.
pub const SIZES: &str = "site/sizes.json";

/// The artifacts of a target folder.
#[derive(Debug, Default)]
pub struct Artifacts {
    /// The folder of the statements that were run, where there is one.
    run: Option<PathBuf>,
    pub(super) manifest: Manifest,
    catalog: Value,
    lineage: Lineage,
    /// By unique id: the last result and those before it, as [`results::keep_results`] writes them.
    results: Map<String, Value>,
    /// By unique id: what `source freshness` found.
    freshness: Map<String, Value>,
    /// By unique id: `rows` and `bytes`.
    sizes: Map<String, Value>,
}

impl Artifacts {
    /// Reads a target folder; all but the manifest may be missing.
    ///
    /// # Errors
    /// A file cannot be read or is no JSON of its form.
    pub fn read(target: &Path) -> Result<Self> {
        results::keep_results(target)?;
        let names = ["catalog.json", "sources.json", results::FILE, SIZES];
        let (manifest, (lineage, others)) = rayon::join(
            || read(&target.join("manifest.json")),
            || {
                let others = names.map(|name| read::<Value>(&target.join(name)));
                (read::<Lineage>(&target.join("lineage.json")), others)
            },
        );
        let Some(manifest) = manifest? else {
            let message = format!("there is no manifest in {}", target.display());
            let why = Diagnostic::error(Code::FileAccess, message);
            return Err(Box::new(why.help("`teal docs generate` writes it")));
        };
        let [catalog, sources, results, sizes] = others;
        let fields = |value: Option<Value>| match value {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        Ok(Self {
            run: Some(target.join("run")).filter(|folder| folder.is_dir()),
            manifest,
            catalog: catalog?.unwrap_or_default(),
            lineage: lineage?.unwrap_or_default(),
            results: fields(results?),
            freshness: freshness(&sources?.unwrap_or_default()),
            sizes: fields(sizes?),
        })
    }

    /// The name of the project and when and how the site was made.
    pub(super) fn project(&self) -> Value {
        let metadata = &self.manifest.metadata;
        json!({
            "name": metadata["project_name"],
            "generated_at": metadata["generated_at"],
            "adapter": metadata["adapter_type"],
            "teal": env!("CARGO_PKG_VERSION"),
            "dbt": metadata["dbt_version"],
        })
    }

    /// The root project's name.
    pub(super) fn root(&self) -> &str {
        self.manifest.metadata["project_name"].as_str().unwrap_or_default()
    }

    /// The doc block `__overview__` of the project, else of a package.
    pub(super) fn overview(&self) -> String {
        let blocks = || self.section("docs").map(|(_, doc)| doc).filter(|doc| doc["name"] == "__overview__");
        let of = |package: &str| blocks().find(|doc| doc["package_name"] == package);
        let block = of(self.root())
            .or_else(|| blocks().find(|doc| doc["package_name"] != "dbt"))
            .or_else(|| of("dbt"));
        block.map_or(String::new(), |doc| markdown::html(doc["block_contents"].as_str().unwrap_or_default()))
    }

    /// What the warehouse has of a relation.
    pub(super) fn table(&self, id: &str) -> &Value {
        let found = ["nodes", "sources"].into_iter().map(|key| &self.catalog[key][id]);
        found.into_iter().find(|table| !table.is_null()).unwrap_or(&Value::Null)
    }

    /// Rows (`rows`) or bytes (`bytes`) of a relation, where the warehouse counts them.
    pub(super) fn size(&self, id: &str, what: &str) -> &Value {
        let counted = self.sizes.get(id).map(|sizes| &sizes[what]).filter(|size| !size.is_null());
        let names: &[&str] =
            if what == "rows" { &["row_count", "num_rows"] } else { &["bytes", "num_bytes"] };
        let stats = &self.table(id)["stats"];
        let told = || names.iter().map(|name| &stats[name]["value"]).find(|value| !value.is_null());
        counted.or_else(told).unwrap_or(&Value::Null)
    }

    /// What the last run said of a resource: `status`, `seconds`, `failures`, `message`, `at`, `history`.
    pub(super) fn result(&self, id: &str) -> &Value {
        self.results.get(id).unwrap_or(&Value::Null)
    }

    /// How old a source's data was when that was asked: `status`, `loaded`, `asked`, `seconds`.
    pub(super) fn freshness(&self, id: &str) -> &Value {
        self.freshness.get(id).unwrap_or(&Value::Null)
    }

    /// The statement that was run for a node, as it is below `target/run`.
    pub(super) fn run_code(&self, package: &str, file: &str) -> Option<String> {
        fs::read_to_string(self.run.as_ref()?.join(package).join(file)).ok()
    }

    /// Every resource of a section by its id.
    pub(super) fn section(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.manifest.sections.get(key).into_iter().flatten()
    }

    /// What the columns of a node are made of.
    pub(super) fn lineage(&self, id: &str) -> Option<&NodeLineage> {
        self.lineage.nodes.get(id)
    }
}

/// What the site shows of `manifest.json`.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) metadata: Value,
    /// Named selectors as they are resolved.
    pub(super) selectors: Value,
    /// Resources by id, by the name of their section.
    sections: IndexMap<String, IndexMap<String, Value>>,
}

/// What the site shows of `lineage.json`.
#[derive(Debug, Default, Deserialize)]
struct Lineage {
    nodes: IndexMap<String, NodeLineage>,
}

/// What the columns of a node are made of.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NodeLineage {
    pub(super) columns: IndexMap<String, ColumnLineage>,
    /// Columns that decide which rows there are.
    pub(super) influences: Vec<Edge>,
}

/// What a column is made of.
#[derive(Debug, Deserialize)]
pub(super) struct ColumnLineage {
    pub(super) from: Vec<Edge>,
}

/// A column that is read.
#[derive(Debug, Deserialize)]
pub(super) struct Edge {
    pub(super) node: String,
    pub(super) column: String,
    /// What becomes of it.
    pub(super) kind: String,
    /// Whether it is the only possibility.
    #[serde(default = "yes")]
    pub(super) certain: bool,
}

fn yes() -> bool {
    true
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Sections)
    }
}

struct Sections;

impl<'de> Visitor<'de> for Sections {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Manifest, A::Error> {
        let mut manifest = Manifest::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "metadata" => manifest.metadata = map.next_value()?,
                "selectors" => manifest.selectors = map.next_value()?,
                "docs" => _ = manifest.sections.insert(key.into_owned(), map.next_value()?),
                section if SECTIONS.contains(&section) => {
                    let resources: Option<IndexMap<String, Shown>> = map.next_value()?;
                    let resources = resources.into_iter().flatten().map(|(id, shown)| (id, shown.0));
                    manifest.sections.insert(key.into_owned(), resources.collect());
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(manifest)
    }
}

/// A resource, or a part of one, without what no page shows, which in a large project is most of a manifest.
struct Shown(Value);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Fields).map(|fields| Self(Value::Object(fields)))
    }
}

struct Fields;

/// Whether no page shows what stands under a key.
fn is_hidden(key: &str) -> bool {
    matches!(
        key,
        "alias"
            | "checksum"
            | "compiled"
            | "compiled_path"
            | "contract"
            | "created_at"
            | "doc_blocks"
            | "docs"
            | "extra_ctes"
            | "extra_ctes_injected"
            | "path"
            | "quoting"
            | "refs"
            | "sources"
            | "unrendered_config"
            | "unrendered_database"
            | "unrendered_schema"
    )
}

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if is_hidden(&key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // Most keys of a configuration and of a column say nothing, and there are very many of them.
            let value = match &*key {
                "config" => map.next_value::<Option<Shown>>()?.map(|shown| shown.0).unwrap_or_default(),
                "columns" => {
                    let columns: Option<IndexMap<String, Shown>> = map.next_value()?;
                    columns.into_iter().flatten().map(|(name, column)| (name, column.0)).collect()
                }
                _ => map.next_value()?,
            };
            if !is_blank(&value) {
                fields.insert(key.into_owned(), value);
            }
        }
        Ok(fields)
    }
}

fn freshness(sources: &Value) -> Map<String, Value> {
    let results = sources["results"].as_array().into_iter().flatten();
    let one = |result: &Value| {
        let known = json!({
            "status": result["status"],
            "loaded": result["max_loaded_at"],
            "asked": result["snapshotted_at"],
            "seconds": result["max_loaded_at_time_ago_in_s"],
        });
        Some((result["unique_id"].as_str()?.to_owned(), known))
    };
    results.filter_map(one).collect()
}

/// The JSON of a file; nothing where there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
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
