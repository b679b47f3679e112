//! Layers: staging, intermediate, marts and whatever else a project tells apart by folders and prefixes of names.

use super::Subject;
use super::table::{Kind, Table, column, maybe, text, texts};
use crate::manifest::Node;

/// A layer of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// The folder its models are in, at any depth.
    pub folder: Option<String>,
    /// What the names of its models may begin with.
    pub prefixes: Vec<String>,
}

/// What a model is that fits no layer.
const OTHER: &str = "other";

/// The layers of a project that does not say any.
pub fn usual_layers() -> Vec<Layer> {
    let layer = |name: &str, folder: Option<&str>, prefixes: &[&str]| Layer {
        name: name.to_owned(),
        folder: folder.map(str::to_owned),
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
    };
    vec![
        layer("base", Some("base"), &["base_"]),
        layer("staging", Some("staging"), &["stg_"]),
        layer("intermediate", Some("intermediate"), &["int_"]),
        layer("marts", Some("marts"), &["fct_", "dim_"]),
        layer(OTHER, None, &["rpt_"]),
    ]
}

/// The layer that a name's prefix says, the longest prefix first.
pub(super) fn by_name<'s>(subject: &'s Subject<'_>, name: &str) -> Option<&'s str> {
    let prefixes = subject.layers.iter().flat_map(|layer| layer.prefixes.iter().map(move |p| (p, layer)));
    let fitting = prefixes.filter(|(prefix, _)| name.starts_with(prefix.as_str()));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, layer)| layer.name.as_str())
}

/// The layer that a file's folders say, the innermost first.
pub(super) fn by_folder<'s>(subject: &'s Subject<'_>, path: &str) -> Option<&'s str> {
    let (folders, _) = path.rsplit_once('/')?;
    folders.rsplit('/').find_map(|folder| {
        let layer = subject.layers.iter().find(|layer| layer.folder.as_deref() == Some(folder))?;
        Some(layer.name.as_str())
    })
}

/// The layer of a model or snapshot: its name's, else its folder's, else `other`; nothing for what has none.
pub(super) fn of<'s>(subject: &'s Subject<'_>, node: &Node) -> Option<&'s str> {
    let found = || by_name(subject, &node.name).or_else(|| by_folder(subject, &node.original_file_path));
    has_layer(node).then(|| found().unwrap_or(OTHER))
}

/// Whether a node is of a kind that has layers.
pub(super) fn has_layer(node: &Node) -> bool {
    use crate::manifest::ResourceType::{Model, Snapshot};
    matches!(node.resource_type(), Model | Snapshot)
}

pub(super) fn layers<'s>() -> Table<'s, &'s Layer> {
    Table {
        name: "layers",
        about: "The layers that models are told apart by, as `dbt_project.yml` says under `vars.teal.checks.layers`, or the usual ones.",
        rows: |subject| Ok(subject.layers.iter().collect()),
        columns: vec![
            column("name", Kind::Text, "Its name, as in `nodes.layer`", |_, layer| text(&layer.name)),
            column("folder", Kind::Text, "The folder its models are in, at any depth", |_, layer| {
                maybe(layer.folder.as_ref())
            }),
            column("prefixes", Kind::Texts, "What the names of its models may begin with", |_, layer| {
                texts(&layer.prefixes)
            }),
        ],
    }
}
