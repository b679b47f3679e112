//! The docs site: pages that open from disk, with no server and no network.
//!
//! In reading order: `artifacts` are the files the site is made from, `results` what is kept of earlier runs,
//! `resource` what is shown of each resource, `column` its columns, `details` its page, `markdown` descriptions,
//! `health` the state of the project, `layout` where nodes stand in the graph, `search` the index, `serve` the
//! server. `page/` is what the browser runs: plain JavaScript, no framework, no build step.
//!
//! Data that every page needs is in `core.js`; the rest is split into pieces that are loaded when they are
//! shown. Each piece is a script that hands its data over, because a page from disk may load scripts and
//! nothing else.

mod artifacts;
mod column;
mod details;
mod health;
mod layout;
mod markdown;
mod resource;
mod results;
mod search;
mod serve;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::artifact::write_text;
use crate::diagnostic::Result;
use resource::Resource;

pub use artifacts::{Artifacts, SIZES};
pub use results::keep_results;
pub use serve::{Server, serve};

const INDEX: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: &[(&str, &str)] = &[
    ("app.js", include_str!("page/app.js")),
    ("tree.js", include_str!("page/tree.js")),
    ("select.js", include_str!("page/select.js")),
    ("search.js", include_str!("page/search.js")),
    ("graph.js", include_str!("page/graph.js")),
    ("drawing.js", include_str!("page/drawing.js")),
    ("way.js", include_str!("page/way.js")),
    ("resource.js", include_str!("page/resource.js")),
    ("code.js", include_str!("page/code.js")),
    ("home.js", include_str!("page/home.js")),
];
/// The folder beside `index.html`.
const FOLDER: &str = "site";
/// The folders of data that is loaded when it is shown.
const PAGES: &str = "page";
const COLUMNS: &str = "column";
/// How many resources a piece of such data is about.
const PIECE: usize = 64;

/// Takes a piece of data with its name, as soon as it is made: together they would fill the memory.
type Emit<'a> = &'a (dyn Fn(&str, &Value) -> Result<()> + Sync);

/// Writes `index.html` and the folder of its data into the target folder.
///
/// # Errors
/// An artifact cannot be read, or a file cannot be written.
pub fn write_folder(target: &Path) -> Result<()> {
    let artifacts = Artifacts::read(target)?;
    let folder = target.join(FOLDER);
    // Pieces of a site that had more of them would stay for ever.
    for old in [PAGES, COLUMNS] {
        let _ = fs::remove_dir_all(folder.join(old));
    }
    make(&artifacts, &|name, data| write_text(&folder.join(format!("{name}.js")), &call(name, data)))?;
    for (name, text) in SCRIPTS {
        write_text(&folder.join(name), text)?;
    }
    write_text(&folder.join("style.css"), STYLE)?;
    write_text(&target.join("index.html"), INDEX)?;
    // Giving back so much memory takes as long as writing a piece of it, and nothing waits for it.
    rayon::spawn(move || drop(artifacts));
    Ok(())
}

/// Writes `static_index.html`: one page that holds everything.
///
/// # Errors
/// An artifact cannot be read, or the file cannot be written.
pub fn write_page(target: &Path) -> Result<()> {
    let pieces = Mutex::new(BTreeMap::new());
    make(&Artifacts::read(target)?, &|name, data| {
        let script = call(name, data);
        pieces.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), script);
        Ok(())
    })?;
    let pieces = pieces.into_inner().unwrap_or_else(PoisonError::into_inner);
    let data: String = pieces.into_values().collect();
    let mut page = INDEX
        .replace("<link rel=\"stylesheet\" href=\"site/style.css\">", &format!("<style>\n{STYLE}</style>"));
    for (at, (name, text)) in SCRIPTS.iter().enumerate() {
        let tag = format!("<script src=\"site/{name}\"></script>");
        // The first script is what takes the data.
        let data = if at == 0 { format!("\n<script>\n{data}</script>") } else { String::new() };
        page = page.replace(&tag, &format!("<script>\n{text}</script>{data}"));
    }
    page = page.replace("<script src=\"site/core.js\"></script>\n", "");
    write_text(&target.join("static_index.html"), &page)
}

/// Data as a script: JSON in a text, which browsers read faster than they read literals. What could start or end
/// markup inside of a page is escaped.
fn call(name: &str, data: &Value) -> String {
    let json = data.to_string();
    let mut script = format!("teal.take({}, JSON.parse('", json!(name));
    script.reserve(json.len() + json.len() / 8);
    let mut done = 0;
    for (at, found) in json.match_indices(['\\', '\'', '<']) {
        script.push_str(&json[done..at]);
        script.push_str(match found {
            "\\" => "\\\\",
            "'" => "\\'",
            _ => "\\u003c",
        });
        done = at + 1;
    }
    script.push_str(&json[done..]);
    script.push_str("'));\n");
    script
}

/// Makes all data of the site.
fn make(artifacts: &Artifacts, emit: Emit<'_>) -> Result<()> {
    let resources = resource::resources(artifacts);
    let (places, others) = rayon::join(
        || layout::places(&resources),
        || {
            let index = || emit("index", &search::index(&resources));
            let (pages, index) = rayon::join(|| paged(artifacts, &resources, emit), index);
            pages.and(index)
        },
    );
    others?;
    let briefs: Vec<Value> =
        resources.par_iter().zip(&places).map(|(r, place)| r.brief(artifacts, *place)).collect();
    let first_test = resources.iter().position(|resource| !resource.value["test_metadata"].is_null());
    let (nodes, tests) = briefs.split_at(first_test.unwrap_or(resources.len()));
    let core = || {
        let core = json!({
            "project": artifacts.project(),
            "overview": artifacts.overview(),
            "health": health::health(artifacts, &resources),
            "piece": PIECE,
            "nodes": nodes,
            "tests": tests.len(),
        });
        emit("core", &core)
    };
    let others = || {
        emit("tests", &Value::from(tests))?;
        emit("config", &configurations(artifacts, &resources))
    };
    let (core, others) = rayon::join(core, others);
    core.and(others)
}

/// What pages show beyond lists, and the steps from column to column, so many resources a piece.
fn paged(artifacts: &Artifacts, resources: &[Resource<'_>], emit: Emit<'_>) -> Result<()> {
    let places: HashMap<&str, usize> = resources.iter().enumerate().map(|(at, r)| (r.id, at)).collect();
    resources.par_chunks(PIECE).enumerate().try_for_each(|(at, some)| {
        let details = |r| details::details(r, artifacts, resources, &r.macros(&places));
        emit(&format!("{PAGES}/{at}"), &some.iter().map(details).collect())?;
        let steps = |r: &Resource<'_>| r.columns.iter().map(column::Column::steps).collect::<Value>();
        emit(&format!("{COLUMNS}/{at}"), &some.iter().map(steps).collect())
    })
}

/// What selectors ask for besides, and pages where it is opened: each different configuration once, which of them each resource has, the property
/// file about it, and the project's own selectors.
fn configurations(artifacts: &Artifacts, resources: &[Resource<'_>]) -> Value {
    let mut known: IndexMap<String, Value> = IndexMap::new();
    let mut of = Vec::new();
    let mut files = Map::new();
    for (at, resource) in resources.iter().enumerate() {
        let config = &resource.value["config"];
        let entry = known.entry(config.to_string());
        of.push(entry.index());
        entry.or_insert_with(|| config.clone());
        if let Some((_, file)) = resource.text("patch_path").split_once("://") {
            files.insert(at.to_string(), json!(file));
        }
    }
    let known: Vec<Value> = known.into_values().collect();
    json!({"known": known, "of": of, "files": files, "selectors": artifacts.manifest.selectors})
}
