//! `resources`, which is everything that depends on something or is depended on, `macros`, `docs` and `packages`.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::{access, label, materialized, place};
use super::table::{Kind, Table, array, column, filled, integer, maybe, object, text};
use super::{Subject, layer};
use crate::adapter::Cell;
use crate::diagnostic::Span;
use crate::manifest::{DocBlock, Exposure, Macro, Node, ResourceType, SemanticNode, Source, UniqueId};
use crate::project::Package;

/// Something that depends on something or is depended on.
#[derive(Clone, Copy)]
pub(super) enum Resource<'s> {
    Node(&'s Arc<Node>),
    Source(&'s Arc<Source>),
    Exposure(&'s Arc<Exposure>),
    Semantic(&'s Arc<SemanticNode>),
}

/// Everything that may be at an end of an edge.
pub(super) fn all<'s>(subject: &'s Subject<'s>) -> impl Iterator<Item = Resource<'s>> {
    let manifest = subject.manifest;
    let sources = manifest.sources.values().map(Resource::Source);
    let nodes = manifest.nodes.values().chain(manifest.unit_tests.values()).map(Resource::Node);
    let exposures = manifest.exposures.values().map(Resource::Exposure);
    let semantic = manifest.semantic.values().map(Resource::Semantic);
    sources.chain(nodes).chain(exposures).chain(semantic)
}

impl<'s> Resource<'s> {
    pub(super) fn id(&self) -> &'s UniqueId {
        match self {
            Self::Node(node) => &node.unique_id,
            Self::Source(source) => &source.unique_id,
            Self::Exposure(exposure) => &exposure.unique_id,
            Self::Semantic(node) => &node.unique_id,
        }
    }

    pub(super) fn resource_type(&self) -> ResourceType {
        match self {
            Self::Node(node) => node.resource_type(),
            Self::Source(_) => ResourceType::Source,
            Self::Exposure(_) => ResourceType::Exposure,
            Self::Semantic(node) => node.resource_type,
        }
    }

    /// What it needs, each once.
    pub(super) fn needs(&self) -> &'s [UniqueId] {
        match self {
            Self::Node(node) => &node.depends_on.nodes,
            Self::Source(_) => &[],
            Self::Exposure(exposure) => &exposure.depends_on.nodes,
            Self::Semantic(node) => &node.depends_on.nodes,
        }
    }

    /// The macros that it calls.
    pub(super) fn macros(&self) -> &'s [UniqueId] {
        match self {
            Self::Node(node) => &node.depends_on.macros,
            Self::Source(_) => &[],
            Self::Exposure(exposure) => &exposure.depends_on.macros,
            Self::Semantic(node) => &node.depends_on.macros,
        }
    }

    pub(super) fn name(&self) -> &'s str {
        match self {
            Self::Node(node) => &node.name,
            Self::Source(source) => &source.name,
            Self::Exposure(exposure) => &exposure.name,
            Self::Semantic(node) => &node.name,
        }
    }

    fn package(&self) -> &'s str {
        match self {
            Self::Node(node) => &node.package_name,
            Self::Source(source) => &source.package_name,
            Self::Exposure(exposure) => &exposure.package_name,
            Self::Semantic(node) => &node.package_name,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Node(node) => label(node),
            Self::Source(source) => format!("{}.{}", source.source_name, source.name),
            _ => self.name().to_owned(),
        }
    }

    fn place(&self, subject: &Subject<'_>) -> (String, Option<usize>) {
        let named = |path: &str, span: Option<Span>| {
            (subject.file(self.package(), path), span.map(|span| subject.line(span)))
        };
        match self {
            Self::Node(node) => {
                let (file, line) = place(subject, node);
                (file, Some(line))
            }
            Self::Source(source) => named(&source.original_file_path, source.span),
            Self::Exposure(exposure) => named(&exposure.original_file_path, exposure.span),
            Self::Semantic(node) => named(&node.original_file_path, node.span),
        }
    }

    pub(super) fn node(&self) -> Option<&'s Arc<Node>> {
        match self {
            Self::Node(node) => Some(node),
            _ => None,
        }
    }
}

/// The most steps from something that needs nothing to each resource.
fn depths(subject: &Subject<'_>) -> HashMap<UniqueId, usize> {
    let mut depths: HashMap<UniqueId, usize> = HashMap::new();
    for id in subject.graph.order() {
        let parents = subject.graph.parents(id).into_iter().filter_map(|parent| depths.get(parent));
        let depth = parents.max().map_or(0, |deepest| deepest + 1);
        depths.insert(UniqueId::clone(id), depth);
    }
    depths
}

pub(super) fn resources<'s>() -> Table<'s, Resource<'s>> {
    Table {
        name: "resources",
        about: "Everything that depends on something or is depended on: what `edges` is between.",
        rows: |subject| Ok(all(subject).collect()),
        columns: vec![
            column(
                "unique_id",
                Kind::Text,
                "`model.shop.orders`, `source.shop.crm.contact`, …",
                |_, one| text(one.id()),
            ),
            column(
                "resource_type",
                Kind::Text,
                "That of `nodes`, or `unit_test`, `source`, `exposure`, `metric`, `semantic_model`, `saved_query`",
                |_, one| text(one.resource_type().as_str()),
            ),
            column("name", Kind::Text, "Its name; of a source that of the table", |_, one| text(one.name())),
            column("label", Kind::Text, "As people name it: `orders.v2`, `crm.contact`", |_, one| {
                text(one.label())
            }),
            column("package_name", Kind::Text, "The package that defines it", |_, one| text(one.package())),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, one| {
                Cell::Bool(subject.is_checked(one.package(), one.id()))
            }),
            column("file", Kind::Text, "Its file, from the project's folder", |subject, one| {
                text(one.place(subject).0)
            }),
            column(
                "line",
                Kind::Integer,
                "The line that names it or where it begins, from 1",
                |subject, one| one.place(subject).1.map_or(Cell::Null, integer),
            ),
            column(
                "depth",
                Kind::Integer,
                "The most steps to it from something that needs nothing",
                |subject, one| {
                    let depths = subject.made.depths.get_or_init(|| depths(subject));
                    depths.get(one.id()).map_or(Cell::Null, |depth| integer(*depth))
                },
            ),
            column("layer", Kind::Text, "As in `nodes`", |subject, one| {
                maybe(one.node().and_then(|node| layer::of(subject, node)))
            }),
            column("materialized", Kind::Text, "As in `nodes`", |_, one| {
                maybe(one.node().and_then(|node| materialized(node)))
            }),
            column("access", Kind::Text, "As in `nodes`", |_, one| {
                maybe(one.node().and_then(|node| access(node)))
            }),
        ],
    }
}

pub(super) fn macros<'s>() -> Table<'s, &'s Arc<Macro>> {
    Table {
        name: "macros",
        about: "Macros, generic tests and materializations of the project, its packages and the built-in library.",
        rows: |subject| Ok(subject.manifest.macros.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`macro.shop.cents_to_euros`", |_, one| text(&one.unique_id)),
            column("name", Kind::Text, "Its name; a generic test `x` is `test_x`", |_, one| text(&one.name)),
            column("package_name", Kind::Text, "The package that defines it", |_, one| {
                text(&one.package_name)
            }),
            column("is_checked", Kind::Boolean, "Whether rules look at it", |subject, one| {
                Cell::Bool(subject.is_checked(&one.package_name, &one.unique_id))
            }),
            column("file", Kind::Text, "Its file, from the project's folder", |subject, one| {
                text(subject.file_of(one.span))
            }),
            column("line", Kind::Integer, "The line where it begins, from 1", |subject, one| {
                integer(subject.line(one.span))
            }),
            column("description", Kind::Text, "Its description; null where there is none", |_, one| {
                filled(&one.description)
            }),
            column("arguments", Kind::Json, "Its arguments, as documented", |_, one| array(&one.arguments)),
            column("meta", Kind::Json, "Its `meta`", |_, one| object(&one.meta)),
            column("macro_sql", Kind::Text, "Its text", |_, one| text(&one.macro_sql)),
        ],
    }
}

pub(super) fn docs<'s>() -> Table<'s, &'s Arc<DocBlock>> {
    Table {
        name: "docs",
        about: "Doc blocks.",
        rows: |subject| Ok(subject.manifest.docs.values().collect()),
        columns: vec![
            column("unique_id", Kind::Text, "`doc.shop.orders`", |_, one| text(&one.unique_id)),
            column("name", Kind::Text, "Its name", |_, one| text(&one.name)),
            column("package_name", Kind::Text, "The package that defines it", |_, one| {
                text(&one.package_name)
            }),
            column("file", Kind::Text, "Its file, from the project's folder", |subject, one| {
                text(subject.file(&one.package_name, &one.original_file_path))
            }),
            column("contents", Kind::Text, "Its Markdown", |_, one| text(&one.contents)),
        ],
    }
}

pub(super) fn packages<'s>() -> Table<'s, &'s Package> {
    Table {
        name: "packages",
        about: "The project itself, first, and the packages it installed.",
        rows: |subject| Ok(subject.project.packages.values().collect()),
        columns: vec![
            column("name", Kind::Text, "Its name", |_, one| text(&one.name)),
            column("version", Kind::Text, "Its version, as written", |_, one| maybe(one.version.as_ref())),
            column("is_root", Kind::Boolean, "Whether it is the project itself", |subject, one| {
                Cell::Bool(one.name == subject.project.root)
            }),
        ],
    }
}
