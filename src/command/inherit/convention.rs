//! Which property file a node would be described in, going by where the project describes the others.

use std::collections::BTreeMap;

use crate::manifest::{Manifest, Node, ResourceType};

/// What stands for a node's own name, or for that of its folder, in the name of a file.
const OWN: &str = "{name}";
const FOLDER: &str = "{folder}";

/// The property files of one kind of node.
pub(super) struct Convention<'a> {
    kind: ResourceType,
    /// By path: what each describes.
    files: BTreeMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Convention<'a> {
    /// Looks at what the root project describes.
    pub(super) fn new(manifest: &'a Manifest, root: &str, kind: ResourceType) -> Self {
        let mut files: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        let nodes = manifest.nodes.values().filter(|node| node.package_name == root);
        for node in nodes.filter(|node| node.resource_type() == kind) {
            let path = node.patch_path.as_deref().and_then(|path| path.split_once("://"));
            if let Some((_, path)) = path {
                files.entry(path).or_default().push(node);
            }
        }
        Self { kind, files }
    }

    /// The file that describes the node's neighbours, or else one beside it, named as the others are.
    pub(super) fn file_of(&self, node: &Node) -> String {
        let (folder, _) = split(&node.original_file_path);
        let neighbours = |nodes: &[&Node]| {
            nodes.iter().filter(|other| split(&other.original_file_path).0 == folder).count()
        };
        let shared = self.files.iter().filter(|(path, nodes)| {
            (split(path).0 == folder || neighbours(nodes) > 0) && !pattern(path, nodes).contains(OWN)
        });
        if let Some((path, _)) =
            shared.max_by_key(|(path, nodes)| (neighbours(nodes), std::cmp::Reverse(**path)))
        {
            return (*path).to_owned();
        }
        let inner = inner_folder(node);
        let near = self.files.values().any(|nodes| neighbours(nodes) > 0);
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for (path, nodes) in self.files.iter().filter(|(_, nodes)| !near || neighbours(nodes) > 0) {
            *votes.entry(pattern(path, nodes)).or_default() += 1;
        }
        let fits = |pattern: &str| !pattern.contains(FOLDER) || inner.is_some();
        let usual = votes.iter().filter(|(pattern, _)| fits(pattern));
        let usual = usual.max_by_key(|(pattern, votes)| (**votes, std::cmp::Reverse(*pattern)));
        let kind = self.kind.as_str();
        let name = match (usual, inner) {
            (Some((pattern, _)), _) => pattern.clone(),
            (None, Some(_)) => format!("_{FOLDER}__{kind}s.yml"),
            (None, None) => format!("_{kind}s.yml"),
        };
        let name = name.replace(OWN, &node.name).replace(FOLDER, inner.unwrap_or_default());
        if folder.is_empty() { name } else { format!("{folder}/{name}") }
    }
}

/// The name of a file with what it says of its nodes left open: `_{folder}__models.yml`.
fn pattern(path: &str, nodes: &[&Node]) -> String {
    let (_, file) = split(path);
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, "yml"));
    let named = |name: &str, mark: &str| {
        let is_part = |c: char| c.is_alphanumeric();
        let at = stem.find(name).filter(|at| {
            !name.is_empty()
                && !stem[..*at].ends_with(is_part)
                && !stem[at + name.len()..].starts_with(is_part)
        })?;
        Some(format!("{}{mark}{}.{extension}", &stem[..at], &stem[at + name.len()..]))
    };
    let own = match nodes {
        [node] => named(&node.name, OWN),
        _ => None,
    };
    let folder = || nodes.first().and_then(|node| named(inner_folder(node)?, FOLDER));
    own.or_else(folder).unwrap_or_else(|| file.to_owned())
}

/// The folder a node is in, below that of all models.
fn inner_folder(node: &Node) -> Option<&str> {
    let (folder, _) = split(&node.path);
    folder.rsplit('/').next().filter(|folder| !folder.is_empty())
}

/// Folder and file.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
