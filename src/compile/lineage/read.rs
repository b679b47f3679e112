//! The columns of one node: a model's from its SQL, a seed's from its file, a source's from what is said of it.

use std::path::Path;
use std::sync::Arc;

use super::names::Names;
use super::{Breakers, ColumnLineage, Decision, Lineage, Link, NodeLineage, Origin, Request};
use crate::compile::{self, CompiledMap};
use crate::diagnostic::Span;
use crate::jinja::Session;
use crate::manifest::{Language, Node, NodeKind, UniqueId};
use crate::sql::{self, Columns, EdgeKind, Extent, Known, Schema, Table};

/// The columns that a snapshot adds, each with its default name.
const VALID_FROM: &str = "dbt_valid_from";
const VALID_TO: &str = "dbt_valid_to";
const UPDATED_AT: &str = "dbt_updated_at";
const SCD_ID: &str = "dbt_scd_id";
const IS_DELETED: &str = "dbt_is_deleted";

/// Follows the columns of a node whose parents are known.
pub(super) fn read(
    request: &Request<'_>,
    names: &Names,
    known: &Lineage,
    id: &UniqueId,
    session: &Arc<Session>,
) -> NodeLineage {
    let catalog = request.catalog.get(id);
    let Some(node) = request.manifest.nodes.get(id) else {
        let documented = request.manifest.sources.get(id).map(|source| source.columns.keys());
        let mut found = NodeLineage::default();
        complete(&mut found, catalog, documented.into_iter().flatten());
        return found;
    };
    let mut found = match &node.kind {
        NodeKind::Seed { root_path } => seed(node, root_path),
        _ if node.language == Language::Python => tables_only(node, "a Python model"),
        _ => {
            session.begin_node(Some(Arc::clone(id)), None);
            match compile::uninjected(request.jinja, request.manifest, node, Some(session)) {
                Ok((text, map)) => {
                    let reader = Reader { names, known, node, map: &map, breakers: request.breakers };
                    let columns = sql::columns(&text, request.dialect, &reader);
                    reader.project(&columns)
                }
                Err(error) => tables_only(node, &format!("it does not compile: {}", error.message)),
            }
        }
    };
    session.rollback();
    if let NodeKind::Snapshot = node.kind {
        snapshot(node, &mut found);
    }
    complete(&mut found, catalog, node.columns.keys());
    let is_enforced = node.config.get("contract").and_then(|contract| contract.get("enforced"));
    if is_enforced.and_then(serde_json::Value::as_bool) == Some(true) {
        close(&mut found);
    }
    found
}

/// What is known without code: what the node needs, by columns that are not known.
fn tables_only(node: &Node, why: &str) -> NodeLineage {
    let links = node.depends_on.nodes.iter().map(unknown).collect();
    NodeLineage {
        columns: vec![ColumnLineage {
            name: "*".to_owned(),
            links,
            origin: Origin::Open,
            ..ColumnLineage::default()
        }],
        reads: node.depends_on.nodes.clone(),
        notes: vec![(why.to_owned(), node.patch_span)],
        ..NodeLineage::default()
    }
}

fn unknown(parent: &UniqueId) -> Link {
    Link {
        node: UniqueId::clone(parent),
        column: None,
        kind: EdgeKind::Transform,
        is_certain: false,
        span: None,
        breaker: None,
    }
}

/// The columns in the header of a seed's file.
fn seed(node: &Node, root_path: &str) -> NodeLineage {
    let path = Path::new(root_path).join(&node.original_file_path);
    let delimiter = node.config.text("delimiter").and_then(|text| text.bytes().next()).unwrap_or(b',');
    let mut record = csv::ByteRecord::new();
    let reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_path(&path);
    let is_read = reader.is_ok_and(|mut reader| reader.read_byte_record(&mut record).unwrap_or_default());
    let name = |field: &[u8]| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_owned();
    let columns = record.iter().map(|field| ColumnLineage { name: name(field), ..ColumnLineage::default() });
    NodeLineage { columns: columns.collect(), is_complete: is_read, ..NodeLineage::default() }
}

/// Adds columns that the catalog or a property file has. The catalog has all there are.
fn complete<'a>(
    found: &mut NodeLineage,
    catalog: Option<&Vec<String>>,
    documented: impl Iterator<Item = &'a String>,
) {
    let names: Vec<&String> = match catalog {
        Some(names) => names.iter().collect(),
        None => documented.collect(),
    };
    // A node that is followed to the end has the columns of its code: what is said of others is a mistake.
    if !found.is_complete {
        for name in names {
            let is_there = found.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
            let open = found.columns.iter().find(|column| stands_for(column, name));
            if !is_there
                && (open.is_some() || found.columns.iter().all(|column| column.origin != Origin::Open))
            {
                let links = open.map(|open| named(open, name)).unwrap_or_default();
                let column = ColumnLineage {
                    name: name.clone(),
                    span: open.and_then(|open| open.span),
                    influences: open.map(|open| open.influences.clone()).unwrap_or_default(),
                    links,
                    origin: Origin::Documented,
                    ..ColumnLineage::default()
                };
                let at = found.columns.iter().position(|column| column.origin == Origin::Open);
                found.columns.insert(at.unwrap_or(found.columns.len()), column);
            }
        }
        if catalog.is_some() {
            close(found);
        }
    }
}

/// Takes the columns that are known for all there are.
fn close(found: &mut NodeLineage) {
    if found.columns.iter().any(|column| column.origin != Origin::Open) {
        found.columns.retain(|column| column.origin != Origin::Open);
        found.is_complete = true;
    }
}

/// Whether columns of unknown names may be one of this name.
pub(super) fn stands_for(open: &ColumnLineage, name: &str) -> bool {
    open.origin == Origin::Open && !open.except.contains(&name.to_lowercase())
}

/// The links of a column of some name among those of unknown names: the columns of that name.
pub(super) fn named(open: &ColumnLineage, name: &str) -> Vec<Link> {
    let is_only = open.links.len() <= 1;
    let link = |link: &Link| match (&link.column, link.is_certain) {
        (None, true) => Link { column: Some(name.to_owned()), is_certain: is_only, ..link.clone() },
        _ => link.clone(),
    };
    open.links.iter().map(link).collect()
}

/// The columns that a snapshot adds to those of its query.
fn snapshot(node: &Node, found: &mut NodeLineage) {
    let names = node.config.get("snapshot_meta_column_names");
    let name = |default: &str| {
        let configured = names.and_then(|names| names.get(default)).and_then(serde_json::Value::as_str);
        configured.unwrap_or(default).to_owned()
    };
    let of = |column: &str| -> Vec<Link> {
        let columns = found.columns.iter().filter(|known| known.name.eq_ignore_ascii_case(column));
        columns.flat_map(|known| known.links.iter().cloned()).collect()
    };
    let updated = node.config.text("updated_at").map(of).unwrap_or_default();
    let keys = match node.config.get("unique_key") {
        Some(serde_json::Value::String(key)) => of(key),
        Some(serde_json::Value::Array(keys)) => {
            keys.iter().filter_map(|key| key.as_str()).flat_map(of).collect()
        }
        _ => Vec::new(),
    };
    let made_of = |links: Vec<Link>| -> Vec<Link> {
        let step = |link: Link| Link { kind: link.kind.max(EdgeKind::Transform), ..link };
        let mut made: Vec<Link> = Vec::new();
        for link in links.into_iter().map(step) {
            match made.iter_mut().find(|known| known.node == link.node && known.column == link.column) {
                Some(known) => known.breaker = known.breaker.take().filter(|_| link.breaker.is_some()),
                None => made.push(link),
            }
        }
        made
    };
    let scd: Vec<Link> = keys.into_iter().chain(updated.iter().cloned()).collect();
    let added = [
        (SCD_ID, made_of(scd)),
        (UPDATED_AT, made_of(updated.clone())),
        (VALID_FROM, made_of(updated.clone())),
        (VALID_TO, made_of(updated)),
    ];
    let mut added: Vec<_> = added.into_iter().map(|(default, links)| (name(default), links)).collect();
    if node.config.text("hard_deletes") == Some("new_record") {
        added.push((name(IS_DELETED), Vec::new()));
    }
    found.columns.extend(added.into_iter().map(|(name, links)| ColumnLineage {
        name,
        links,
        ..ColumnLineage::default()
    }));
}

/// A node's SQL and what is known of what it reads.
struct Reader<'a> {
    names: &'a Names,
    known: &'a Lineage,
    node: &'a Node,
    map: &'a CompiledMap,
    breakers: &'a Breakers,
}

impl Schema for Reader<'_> {
    fn columns(&self, table: &Table) -> Option<Known> {
        let id = self.names.find(table, &self.node.depends_on.nodes)?;
        let parent = self.known.nodes.get(id)?;
        let named = parent.columns.iter().filter(|column| column.origin != Origin::Open);
        let columns: Vec<_> = named.map(|column| column.name.clone()).collect();
        Some(Known { is_complete: parent.is_complete, columns })
    }

    fn is_breaker(&self, function: &str) -> bool {
        self.breakers.functions.iter().any(|known| known == function)
    }

    fn is_blur(&self, function: &str, values: u64) -> bool {
        self.breakers.is_blur(function, values)
    }

    fn is_apart(&self, field: &str) -> bool {
        self.breakers.is_apart(field)
    }

    fn breaker_at(&self, byte: usize) -> Option<String> {
        if self.breakers.macros.is_empty() {
            return None;
        }
        self.breakers.called(self.map.expression(byte)?).map(|name| format!("{name}()"))
    }
}

impl Reader<'_> {
    /// Puts nodes for tables and files for byte ranges.
    fn project(&self, columns: &Columns) -> NodeLineage {
        let map = self.map;
        let place = |span: &Option<std::ops::Range<usize>>| -> Option<Span> {
            let span = span.as_ref()?;
            let (start, end) =
                (map.locate(span.start)?, map.locate(span.end.saturating_sub(1).max(span.start))?);
            let is_whole = start.source == end.source && start.start <= end.start;
            Some(if is_whole {
                Span { end: end.end.max(start.end).max(end.start + 1), ..start }
            } else {
                start
            })
        };
        let found = |table: &Table| match self.names.find(table, &self.node.depends_on.nodes) {
            Some(id) => UniqueId::clone(id),
            None => UniqueId::from(format!("table.{}", table.text)),
        };
        let ids: Vec<UniqueId> = columns.tables.iter().map(found).collect();
        let own = &self.node.unique_id;
        let decisions = |influences: &[sql::Influence]| -> Vec<Decision> {
            let others = influences.iter().filter(|one| &ids[one.table] != own);
            let decision = |one: &sql::Influence| Decision {
                node: UniqueId::clone(&ids[one.table]),
                column: one.column.clone(),
                kind: one.kind,
                span: place(&one.span),
            };
            others.map(decision).collect()
        };
        let note = |note: &sql::Note| (note.message.clone(), place(&note.span));
        let mut reads: Vec<UniqueId> = Vec::new();
        for id in ids.iter().filter(|id| *id != own) {
            if !reads.contains(id) {
                reads.push(UniqueId::clone(id));
            }
        }
        if columns.extent == Extent::Tables {
            let mut unread = tables_only(self.node, "");
            unread.notes = columns.notes.iter().map(note).collect();
            return unread;
        }
        let column = |output: &sql::Output| {
            let mut links: Vec<Link> = Vec::new();
            for edge in output.edges.iter().filter(|edge| &ids[edge.table] != own) {
                links.push(Link {
                    node: UniqueId::clone(&ids[edge.table]),
                    column: edge.column.clone(),
                    kind: edge.kind,
                    is_certain: edge.is_certain,
                    span: place(&edge.span),
                    breaker: edge.breaker.clone(),
                });
            }
            ColumnLineage {
                name: output.name.clone(),
                links,
                influences: decisions(&output.influences),
                span: place(&output.span),
                origin: if output.is_open { Origin::Open } else { Origin::Code },
                except: output.except.clone(),
            }
        };
        NodeLineage {
            columns: columns.outputs.iter().map(column).collect(),
            influences: decisions(&columns.influences),
            reads,
            is_complete: columns.outputs.iter().all(|output| !output.is_open),
            notes: columns.notes.iter().map(note).collect(),
        }
    }
}
