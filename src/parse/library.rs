//! The built-in macros, which are embedded in the binary, and docs/macros.md, which lists them.
//!
//! The comment that stands right before a macro describes it; so does that before the default
//! implementation that a macro dispatches to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use include_dir::{Dir, include_dir};

use crate::adapter;
use crate::diagnostic::Sources;
use crate::jinja::{Block, BlockKind, blocks};

static LIBRARY: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/macros");

/// The package of what is the same for every warehouse.
pub(super) const DBT: &str = "dbt";

/// The built-in packages for a warehouse, the one that wins first.
pub fn internal_packages(warehouse: &str) -> Vec<String> {
    vec![format!("{DBT}_{warehouse}"), DBT.to_owned()]
}

/// One file of the library.
pub(super) struct LibraryFile {
    /// From the library's folder, with `/`.
    pub(super) path: String,
    pub(super) text: &'static str,
}

impl LibraryFile {
    /// The first folder: what the file is about, or the warehouse whose overrides it holds.
    fn folder(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    fn warehouse(&self) -> Option<&str> {
        Some(self.folder()).filter(|folder| adapter::KINDS.contains(folder))
    }

    /// The package that its macros belong to.
    pub(super) fn package(&self) -> String {
        self.warehouse().map_or_else(|| DBT.to_owned(), |warehouse| format!("{DBT}_{warehouse}"))
    }

    /// Whether a project on a warehouse sees it.
    pub(super) fn serves(&self, warehouse: &str) -> bool {
        self.warehouse().is_none_or(|own| own == warehouse)
    }
}

/// All files, by folder and name.
pub(super) fn files() -> Vec<LibraryFile> {
    fn walk(folder: &'static Dir, found: &mut Vec<LibraryFile>) {
        found.extend(folder.files().filter_map(|file| {
            let path = file.path().to_string_lossy().replace('\\', "/");
            Some(LibraryFile { path, text: file.contents_utf8()? })
        }));
        folder.dirs().for_each(|inner| walk(inner, found));
    }
    let mut found = Vec::new();
    walk(&LIBRARY, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// A built-in macro, generic test or materialization.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What the file is about, or the warehouse.
    pub folder: String,
    /// Its package: `dbt`, or `dbt_<warehouse>`.
    pub package: String,
    /// Its name as it is called: `unique` is `test_unique`.
    pub name: String,
    /// The text of its tag after the keyword: `name(argument, other=none)`.
    pub signature: String,
    /// What the comment before it says.
    pub about: String,
}

impl Entry {
    /// The name without the adapter prefix, and the prefix, where it is an implementation.
    pub fn implements(&self) -> Option<(&str, &str)> {
        let (prefix, name) = self.name.split_once("__")?;
        (prefix == "default" || adapter::KINDS.contains(&prefix)).then_some((name, prefix))
    }
}

/// Every definition of the library, in the order of its files.
pub fn entries() -> Vec<Entry> {
    let sources = Sources::default();
    let mut entries = Vec::new();
    for file in files() {
        let source = sources.add(file.path.as_str(), file.text);
        // Macros that cannot be read are complained of by every command.
        for block in blocks(file.text, source).unwrap_or_default() {
            entries.push(entry(&file, &block));
        }
    }
    entries
}

fn entry(file: &LibraryFile, block: &Block) -> Entry {
    let start = block.span.start as usize;
    let tag = file.text.get(start..block.body.start).unwrap_or_default();
    let tag = tag.trim_start_matches(['{', '%', '-']).trim_end_matches(['}', '%', '-']).trim();
    let header = tag.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    let mut signature = header.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = match &block.kind {
        BlockKind::Test => format!("test_{}", block.name),
        BlockKind::Materialization { adapter, .. } => {
            signature.clone_from(&block.name);
            format!("materialization_{}_{}", block.name, adapter.as_deref().unwrap_or("default"))
        }
        _ => block.name.clone(),
    };
    let folder = file.folder().to_owned();
    Entry { folder, package: file.package(), name, signature, about: comment(&file.text[..start]) }
}

/// The comment at the end of a text, in one line.
fn comment(before: &str) -> String {
    let text = before.strip_suffix('\n').unwrap_or(before);
    let text = text.strip_suffix("#}").map(|text| text.trim_end_matches('-'));
    let text = text.and_then(|text| text.rsplit_once("{#")).map(|(_, text)| text.trim_start_matches('-'));
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The page docs/macros.md.
pub fn reference() -> String {
    let entries = entries();
    let mut implementations: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
    for entry in &entries {
        if let Some((name, prefix)) = entry.implements() {
            implementations.entry(name).or_default().push((prefix, entry));
        }
    }
    let mut folders: Vec<&str> = entries.iter().map(|entry| entry.folder.as_str()).collect();
    folders.dedup();
    // What is the same everywhere comes before the warehouses.
    folders.sort_by_key(|folder| adapter::KINDS.contains(folder));
    let mut page = String::from(INTRODUCTION);
    for folder in folders {
        // Writing into a text cannot fail.
        let _ = write!(page, "\n## {folder}\n\n| Macro | | Implemented for |\n|---|---|---|\n");
        let own = entries.iter().filter(|entry| entry.folder == folder);
        for entry in own.filter(|entry| entry.implements().is_none()) {
            let mut found = implementations.get(entry.name.as_str()).cloned().unwrap_or_default();
            found.sort_by_key(|(prefix, _)| *prefix != "default");
            let about = Some(&entry.about).filter(|about| !about.is_empty());
            // What a warehouse's implementation says is about that warehouse.
            let shared = found.iter().filter(|(prefix, _)| *prefix == "default");
            let about = about.or_else(|| shared.map(|(_, entry)| &entry.about).find(|a| !a.is_empty()));
            let prefixes: Vec<_> = found.iter().map(|(prefix, _)| format!("`{prefix}`")).collect();
            let about = about.map_or("", String::as_str).replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {about} | {} |", shown(entry), prefixes.join(", "));
        }
    }
    page
}

/// How a macro is written: a test and a materialization say that they are one.
fn shown(entry: &Entry) -> String {
    match entry.name.split_once('_') {
        Some(("test", _)) => format!("test {}", entry.signature),
        Some(("materialization", _)) => format!("materialization {}", entry.signature),
        _ => entry.signature.clone(),
    }
}

const INTRODUCTION: &str = "\
# Macros

The macros, generic tests and materializations that are built in. Generated from the comments in `src/macros/`.

A macro of the root project takes the place of a built-in one of the same name, wherever that is called. A macro with
something in the last column only looks for an implementation, by `adapter.dispatch`, in the root project and then in the
built-in packages, in each first for `<warehouse>__<name>` and then for `default__<name>`; so a project may override any of
the three. `dispatch:` in dbt_project.yml with `macro_namespace: dbt` puts packages in between. A materialization is
overridden by one of the same name in the root project, but one for the warehouse wins over one for all.
";
