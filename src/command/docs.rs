//! `teal docs generate`: the manifest and the catalog, which other tools read, and the site made of them;
//! `teal docs serve`: the site in a browser.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::json;

use super::load::{self, Loaded};
use super::select::{self, Purpose};
use super::{Failure, Invocation, Verdict, compile, execute, lineage};
use crate::artifact::{CatalogTable, CatalogTables, Extent, write_catalog, write_lineage, write_text};
use crate::compile::lineage::Breakers;
use crate::console::{Event, Level};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::TestEdges;
use crate::jinja::{Phase, RelationCache, Scope, Session, Value, from_json, relation_value, to_json};
use crate::manifest::{Manifest, Mapping, UniqueId};
use crate::relation::Relation;
use crate::run::Outcome;
use crate::site;

/// Where the docs are served unless told otherwise: nobody else can see them there.
const LOOPBACK: &str = "127.0.0.1";

/// Database, schema and name in lower case: how the warehouse's rows find their nodes.
type Key = (Option<String>, String, String);

/// Compiles what is selected, unless told not to, and asks the warehouse for the columns of it all.
pub(super) fn generate(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let started = invocation.elapsed();
    // To compile is to have results, which would take the place of those of the last run.
    site::keep_results(&loaded.target(invocation)).map_err(|error| vec![*error])?;
    let mut selected = None;
    let mut compiled = Outcome::default();
    if flags.on("compile") {
        let ids = select::selection(invocation, loaded, compile::KINDS, Purpose::List)?;
        let steps = select::steps(loaded, &ids, TestEdges::Ignore);
        let outcome = execute::compile(invocation, loaded, steps)?;
        execute::write(invocation, loaded, &outcome, invocation.elapsed() - started, Extent::Compiled)?;
        compiled = outcome;
        let sources = select::chosen(invocation, loaded, select::SOURCES, Purpose::List)?;
        selected = Some(ids.into_iter().chain(sources).collect::<IndexSet<_>>());
    }
    let rows = if flags.on("empty_catalog") { Vec::new() } else { rows(invocation, loaded)? };
    let tables = tables(rows);
    let is_wanted = |id: &UniqueId| {
        !flags.on("empty_catalog") && selected.as_ref().is_none_or(|selected| selected.contains(id))
    };
    let manifest = &loaded.manifest;
    let nodes = manifest.nodes.iter().filter_map(|(id, node)| Some((id, node.relation.as_ref()?)));
    let sources = manifest.sources.iter().map(|(id, source)| (id, &source.relation));
    let found = |(id, relation): (&UniqueId, &Relation)| {
        let table = tables.get(&key(relation)).filter(|_| is_wanted(id))?;
        Some((UniqueId::clone(id), table))
    };
    let nodes: IndexMap<_, _> = nodes.filter_map(found).collect();
    let sources: IndexMap<_, _> = sources.filter_map(found).collect();
    let target = loaded.target(invocation);
    if flags.on("compile") && (flags.on("lineage") || flags.on("lineage_in_manifest")) {
        let names = |(id, table): (&UniqueId, &&CatalogTable)| {
            let name = |column: &Mapping| column.get("column_name")?.as_str().map(str::to_owned);
            (UniqueId::clone(id), table.columns.iter().filter_map(name).collect())
        };
        let catalog = nodes.iter().chain(&sources).map(names).collect();
        write_columns(invocation, loaded, &catalog, &compiled)?;
    }
    let path = target.join("catalog.json");
    write_catalog(&path, &invocation.stamp, &nodes, &sources).map_err(|error| vec![*error])?;
    let sizes = if flags.on("empty_catalog") { Mapping::new() } else { sizes(loaded, &nodes, &sources)? };
    write_text(&target.join(site::SIZES), &serde_json::Value::Object(sizes).to_string())
        .map_err(|error| vec![*error])?;
    copy_assets(&loaded.project.root().asset_paths, &invocation.folder, &target)?;
    let shown = path.display().to_string();
    invocation.console.emit(Event::artifact("CatalogArtifact", &shown));
    let text = format!("Catalog written to {shown}");
    invocation.console.emit(Event::new("CatalogWritten", "E041", Level::Info, text, json!({"path": shown})));
    // Without compiling, and before any other command, there is nothing a site could show.
    if !target.join("manifest.json").exists() {
        return Ok(Verdict::Passed);
    }
    let made = if flags.on("static") { site::write_page(&target) } else { site::write_folder(&target) };
    made.map_err(|error| vec![*error])?;
    let page = target.join(if flags.on("static") { "static_index.html" } else { "index.html" });
    invocation.console.emit(Event::info(format!("Docs site written to {}", page.display())));
    Ok(Verdict::Passed)
}

/// Serves the site of the target folder until it is interrupted.
///
/// # Errors
/// There is no site, or the address is taken.
pub(super) fn serve(invocation: &Invocation) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let project = load::read(invocation)?;
    let target = flags.target_path.clone().unwrap_or_else(|| project.root().target_path.clone());
    let target = invocation.folder.join(target);
    site::write_folder(&target).map_err(|error| vec![*error])?;
    let port =
        flags.all.get("port").and_then(serde_json::Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let Some(port) = port else {
        return Err(vec![Diagnostic::error(Code::Usage, "`--port` takes a number up to 65535")]);
    };
    let server = site::Server::open(&target, flags.text("host").unwrap_or(LOOPBACK), port)
        .map_err(|error| vec![*error])?;
    let address = server.address();
    invocation.console.emit(Event::info(format!("Serving docs at {address}")));
    invocation.console.emit(Event::info("To stop, press Ctrl+C"));
    if flags.on("browser") {
        // Without a browser on this machine the address above is what is needed.
        let _ = open::that_detached(&address);
    }
    site::serve(&server).map_err(|error| {
        vec![Diagnostic::error(Code::ConnectionFailed, format!("the docs server stopped: {error}"))]
    })?;
    Ok(Verdict::Passed)
}

/// Writes `lineage.json`, and lineage into the manifest where that is asked for.
fn write_columns(
    invocation: &Invocation,
    loaded: &Loaded,
    catalog: &BTreeMap<UniqueId, Vec<String>>,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let lineage = lineage::make_with(loaded, None, catalog, &Breakers::default());
    if invocation.flags.on("lineage") {
        let path = loaded.target(invocation).join("lineage.json");
        let (nodes, exposures) = lineage::document(&lineage, &loaded.manifest, &invocation.sources);
        write_lineage(&path, &invocation.stamp, &nodes, &exposures).map_err(|error| vec![*error])?;
        invocation.console.emit(Event::artifact("Lineage", &path.display().to_string()));
    }
    if invocation.flags.on("lineage_in_manifest") {
        let manifest = lineage::annotated(&lineage, &loaded.manifest);
        loaded.write_manifest_of(invocation, &manifest, outcome, Extent::Compiled)?;
    }
    Ok(())
}

fn key(relation: &Relation) -> Key {
    let lower = |part: &Option<Arc<str>>| part.as_ref().map(|part| part.to_lowercase());
    let part = |part| lower(part).unwrap_or_default();
    (lower(&relation.database), part(&relation.schema), part(&relation.identifier))
}

/// The databases that the project reads or writes, each with its schemas.
fn schemas(manifest: &Manifest) -> IndexMap<Option<String>, BTreeSet<String>> {
    let nodes =
        manifest.nodes.values().filter(|node| !node.is_ephemeral()).filter_map(|node| node.relation.as_ref());
    let sources = manifest.sources.values().map(|source| &source.relation);
    let mut schemas: IndexMap<Option<String>, BTreeSet<String>> = IndexMap::new();
    for relation in nodes.chain(sources).filter(|relation| relation.external.is_none()) {
        let database = relation.database.as_deref().map(str::to_owned);
        schemas.entry(database).or_default().extend(relation.schema.as_deref().map(str::to_owned));
    }
    schemas
}

/// What the warehouse's `get_catalog` macro says of all schemas: one row a column.
fn rows(invocation: &Invocation, loaded: &Loaded) -> Result<Vec<Mapping>, Failure> {
    let text = "Building catalog";
    invocation.console.emit(Event::new("BuildingCatalog", "E044", Level::Info, text.to_owned(), json!({})));
    Ok(of_schemas(loaded, "get_catalog")?.iter().flat_map(mappings).collect())
}

/// How large relations are, by the ids of their nodes and sources: `rows` and `bytes`.
fn sizes(
    loaded: &Loaded,
    nodes: &CatalogTables<'_>,
    sources: &CatalogTables<'_>,
) -> Result<Mapping, Failure> {
    let told = of_schemas(loaded, "get_table_sizes")?;
    let mut sizes: HashMap<Key, Mapping> = HashMap::new();
    for table in told.iter().filter_map(|table| table.try_iter().ok()).flatten() {
        if let serde_json::Value::Object(mut table) = to_json(&table) {
            let size = ["rows", "bytes"].into_iter().filter_map(|name| table.remove_entry(name)).collect();
            sizes.insert(table_key(&table), size);
        }
    }
    let of = |(id, table): (&UniqueId, &&CatalogTable)| {
        Some((id.to_string(), serde_json::Value::Object(sizes.get(&table_key(&table.facts))?.clone())))
    };
    Ok(nodes.iter().chain(sources).filter_map(of).collect())
}

/// What a macro says of the schemas of each database that the project reads or writes.
fn of_schemas(loaded: &Loaded, name: &str) -> Result<Vec<Value>, Failure> {
    let jinja = &loaded.jinja;
    let root = &loaded.project.root;
    let Some(definition) = jinja.registry().find(name, root) else {
        return Err(vec![Diagnostic::error(Code::MacroNotFound, format!("there is no macro `{name}`"))]);
    };
    let sink = Arc::clone(&jinja.globals().sink);
    let session = Session::new(Arc::clone(&loaded.adapter), Arc::new(RelationCache::default()), sink);
    let scope = Arc::new(Scope {
        phase: Phase::Run,
        manifest: Some(Arc::clone(&loaded.manifest)),
        session: Some(session),
        ..Scope::parse(root.clone())
    });
    let call = |(database, schemas): (Option<String>, BTreeSet<String>)| {
        let place = Relation::new(database.as_deref(), Some("INFORMATION_SCHEMA"), None);
        let arguments = [relation_value(place), from_json(&json!(schemas))];
        jinja.call(&definition.unique_id, &arguments, &[], &scope).map_err(|error| vec![*error])
    };
    schemas(&loaded.manifest).into_iter().map(call).collect()
}

/// The rows of a template's table, each by the names of its columns.
fn mappings(table: &Value) -> Vec<Mapping> {
    let items = |value: Value| -> Vec<Value> { value.try_iter().map(Iterator::collect).unwrap_or_default() };
    let part = |name: &str| items(table.get_attr(name).unwrap_or_default());
    let names: Vec<String> = part("column_names").iter().map(ToString::to_string).collect();
    let row = |row: Value| names.iter().cloned().zip(items(row).iter().map(to_json)).collect();
    part("rows").into_iter().map(row).collect()
}

/// Rows of columns as tables.
fn tables(rows: Vec<Mapping>) -> IndexMap<Key, CatalogTable> {
    let mut tables: IndexMap<Key, CatalogTable> = IndexMap::new();
    for row in rows {
        let key = table_key(&row);
        let (column, facts): (Mapping, Mapping) =
            row.into_iter().partition(|(name, _)| name.starts_with("column_"));
        let table = tables.entry(key).or_insert_with(|| CatalogTable { facts, columns: Vec::new() });
        table.columns.push(column);
    }
    tables
}

/// The key of what a macro says of a table.
fn table_key(row: &Mapping) -> Key {
    let lower = |key: &str| row.get(key).and_then(serde_json::Value::as_str).map(str::to_lowercase);
    let part = |key: &str| lower(key).unwrap_or_default();
    (lower("table_database"), part("table_schema"), part("table_name"))
}

/// Copies the folders that the docs refer to beside them.
fn copy_assets(paths: &[String], from: &Path, to: &Path) -> Result<(), Failure> {
    for path in paths {
        for entry in walkdir::WalkDir::new(from.join(path)).into_iter().flatten() {
            let Ok(relative) = entry.path().strip_prefix(from) else { continue };
            let goal = to.join(relative);
            let done = if entry.file_type().is_dir() {
                std::fs::create_dir_all(&goal)
            } else {
                std::fs::copy(entry.path(), &goal).map(|_| ())
            };
            done.map_err(|error| {
                let message = format!("cannot write `{}`: {error}", goal.display());
                vec![Diagnostic::error(Code::FileAccess, message)]
            })?;
        }
    }
    Ok(())
}
