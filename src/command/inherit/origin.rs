//! What a column would inherit: up the lineage, as long as each step is a plain copy.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::said::{Said, canonical};
use crate::compile::lineage::{ColumnRef, Lineage};
use crate::manifest::{Column, Manifest};
use crate::sql::EdgeKind;

/// What is said of a column at the ends of its lineage.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    /// Columns that are described, each with its description as the root project may say it, or why it may not.
    pub(super) described: Vec<(ColumnRef, Result<String, String>)>,
    /// Columns that are not, and that are no copies of others.
    pub(super) silent: Vec<ColumnRef>,
    /// Columns that are said to hold classes of data.
    pub(super) classified: Vec<ColumnRef>,
}

impl Heard {
    fn add(&mut self, other: &Self) {
        let missing = |known: &[ColumnRef], new: &[ColumnRef]| -> Vec<ColumnRef> {
            new.iter().filter(|column| !known.contains(column)).cloned().collect()
        };
        let described = other
            .described
            .iter()
            .filter(|(column, _)| self.described.iter().all(|(known, _)| known != column));
        let described: Vec<_> = described.cloned().collect();
        self.described.extend(described);
        self.silent.extend(missing(&self.silent, &other.silent));
        self.classified.extend(missing(&self.classified, &other.classified));
    }

    /// The one description that all origins have; nothing where none has any, and an error where they do not agree.
    pub(super) fn description(&self) -> Option<Result<String, String>> {
        let (_, first) = self.described.first()?;
        if !self.silent.is_empty() {
            return Some(Err("not all of its origins are described".to_owned()));
        }
        if self.described.iter().any(|(_, text)| text != first) {
            return Some(Err("its origins are described differently".to_owned()));
        }
        Some(first.clone())
    }
}

/// Walks up the lineage.
pub(super) struct Origins<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) lineage: &'a Lineage,
    pub(super) said: &'a Said<'a>,
    heard: HashMap<ColumnRef, Heard>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(manifest: &'a Manifest, lineage: &'a Lineage, said: &'a Said<'a>) -> Self {
        Self { manifest, lineage, said, heard: HashMap::new() }
    }

    /// What a property file says of a column, and in which package.
    pub(super) fn documented(&self, column: &ColumnRef) -> Option<(&'a Column, &'a str)> {
        let node =
            self.manifest.nodes.get(&column.node).map(|node| (&node.columns, node.package_name.as_str()));
        let source = || {
            let source = self.manifest.sources.get(&column.node)?;
            Some((&source.columns, source.package_name.as_str()))
        };
        let (columns, package) = node.or_else(source)?;
        let known = columns.values().find(|known| known.name.eq_ignore_ascii_case(&column.column))?;
        Some((known, package))
    }

    /// What a column would inherit; nothing where it is no plain copy.
    pub(super) fn of(&mut self, column: &ColumnRef) -> Option<Heard> {
        let links = self.copied(column)?;
        let mut heard = Heard::default();
        for from in links {
            let said = self.hear(&from);
            heard.add(&said);
        }
        Some(heard)
    }

    /// What is said of a column itself, else of what it is a copy of.
    fn hear(&mut self, column: &ColumnRef) -> Heard {
        if let Some(heard) = self.heard.get(column) {
            return heard.clone();
        }
        // A table may be made of what it held before: what is asked for already says nothing more.
        self.heard.insert(column.clone(), Heard::default());
        let inherited = self.of(column);
        let mut heard = Heard::default();
        let own = self.documented(column);
        match own.filter(|(own, _)| !own.description.trim().is_empty()) {
            Some((own, package)) => {
                heard.described.push((column.clone(), self.said.description(own, package)));
            }
            None => match &inherited {
                Some(above) => {
                    heard.described.clone_from(&above.described);
                    heard.silent.clone_from(&above.silent);
                }
                None => heard.silent.push(column.clone()),
            },
        }
        let classes = own.map(|(own, _)| own.classes()).unwrap_or_default();
        if !classes.is_empty() {
            heard.classified.push(column.clone());
        } else if own.is_none_or(|(own, _)| own.classifiers.is_none()) {
            heard.classified = inherited.map(|above| above.classified).unwrap_or_default();
        }
        self.heard.insert(column.clone(), heard.clone());
        heard
    }

    /// What a column is a plain copy of; nothing where something happened to a value on its way.
    fn copied(&self, column: &ColumnRef) -> Option<Vec<ColumnRef>> {
        let (_, known) = self.lineage.column(&column.node, &column.column)?;
        let mut from = Vec::new();
        for link in &known.links {
            let is_plain = matches!(link.kind, EdgeKind::Copy | EdgeKind::Rename);
            if !is_plain || !link.is_certain || link.breaker.is_some() {
                return None;
            }
            let name = link.column.as_ref()?;
            let spelled = self.lineage.column(&link.node, name).map_or(name, |(_, known)| &known.name);
            let origin = ColumnRef { node: link.node.clone(), column: spelled.clone() };
            if origin != *column {
                from.push(origin);
            }
        }
        (!from.is_empty()).then_some(from)
    }

    /// What to write of the classes that columns are said to hold.
    pub(super) fn classes(&self, columns: &[ColumnRef]) -> Map<String, Value> {
        let known = || columns.iter().filter_map(|column| self.documented(column)).map(|(column, _)| column);
        let mut forms = known().map(|column| self.said.classes(column));
        let Some(first) = forms.next() else { return Map::new() };
        if forms.all(|form| form == first) {
            return first;
        }
        let all: BTreeSet<String> = known().flat_map(Column::classes).collect();
        canonical(all.into_iter())
    }
}
