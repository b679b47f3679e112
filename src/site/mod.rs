//! The docs site: pages that open from disk, with no server and no network.
//!
//! In reading order: `artifacts` are the files the site is made from, `resource` what is shown of each
//! resource, `markdown` descriptions, `health` the state of the project, `layout` where nodes stand in the
//! graph, `search` the index, `serve` the server. `page/` is what the browser runs: plain JavaScript, no
//! framework, no build step.
//!
//! Data that every page needs is in `core.js`; the rest is split into pieces that are loaded when they are
//! shown. Each piece is a script that hands its data over, because a page from disk may load scripts and
//! nothing else.

mod artifacts;
mod health;
mod layout;
mod markdown;
mod resource;
mod search;
mod serve;

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::artifact::write_text;
use crate::diagnostic::Result;

pub use artifacts::{Artifacts, keep_results};
pub use serve::{Server, serve};

const INDEX: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: &[(&str, &str)] = &[
    ("app.js", include_str!("page/app.js")),
    ("select.js", include_str!("page/select.js")),
    ("search.js", include_str!("page/search.js")),
    ("graph.js", include_str!("page/graph.js")),
    ("resource.js", include_str!("page/resource.js")),
    ("home.js", include_str!("page/home.js")),
];
/// The folder beside `index.html`.
const FOLDER: &str = "site";
/// How many resources' details a piece holds.
const PIECE: usize = 64;

/// Pieces of data: the name of each and what it holds.
type Pieces = Vec<(String, Value)>;

/// Writes `index.html` and the folder of its data into the target folder.
///
/// # Errors
/// An artifact cannot be read, or a file cannot be written.
pub fn write_folder(target: &Path) -> Result<()> {
    let pieces = pieces(&Artifacts::read(target)?);
    let folder = target.join(FOLDER);
    // Pieces of a site that had more of them would stay for ever.
    let _ = fs::remove_dir_all(folder.join("piece"));
    for (name, data) in &pieces {
        write_text(&folder.join(format!("{name}.js")), &call(name, data))?;
    }
    for (name, text) in SCRIPTS {
        write_text(&folder.join(name), text)?;
    }
    write_text(&folder.join("style.css"), STYLE)?;
    write_text(&target.join("index.html"), INDEX)
}

/// Writes `static_index.html`: one page that holds everything.
///
/// # Errors
/// An artifact cannot be read, or the file cannot be written.
pub fn write_page(target: &Path) -> Result<()> {
    let pieces = pieces(&Artifacts::read(target)?);
    let data: String = pieces.iter().map(|(name, data)| call(name, data)).collect();
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

/// Data as a script. What could start or end markup inside of a page is escaped.
fn call(name: &str, data: &Value) -> String {
    let text = data.to_string().replace('<', "\\u003c");
    format!("teal.take({}, {text});\n", json!(name))
}

fn pieces(artifacts: &Artifacts) -> Pieces {
    let resources = resource::resources(artifacts);
    let places = layout::places(&resources);
    let nodes: Vec<Value> =
        resources.iter().zip(&places).map(|(r, place)| r.brief(artifacts, *place)).collect();
    let core = json!({
        "project": artifacts.project(),
        "overview": artifacts.overview(),
        "health": health::health(artifacts, &resources),
        "piece": PIECE,
        "nodes": nodes,
    });
    let mut pieces =
        vec![("core".to_owned(), core), ("index".to_owned(), search::index(artifacts, &resources))];
    let details: Vec<Value> = resources
        .par_chunks(PIECE)
        .map(|some| some.iter().map(|r| r.details(artifacts, &resources)).collect())
        .collect();
    pieces.extend(details.into_iter().enumerate().map(|(at, details)| (format!("piece/{at}"), details)));
    pieces
}
