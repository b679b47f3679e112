//! The columns of every node before anything is built: queries are bound, parents first, against empty tables.
//!
//! The columns of a source are those that the warehouse has, else those its property file declares; of a seed
//! those of its file; of a model those that its query returns. What cannot be known says why.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{CompiledNode, Renderer};
use crate::adapter::{AdapterError, ColumnInfo, ErrorKind, Shadow};
use crate::diagnostic::{Diagnostic, Result, Sources};
use crate::jinja::{Jinja, Session, Value};
use crate::manifest::{Column, Language, Manifest, Node, NodeKind, ResourceType, UniqueId};
use crate::relation::Relation;
use crate::sql;

/// Reads the columns of a seed's file.
pub type SeedColumns = fn(&Node, &Sources) -> Result<Vec<ColumnInfo>>;

/// What is known of the columns of a node or source.
#[derive(Debug)]
pub struct Schema {
    /// What came of binding its query.
    pub binding: Binding,
    /// The columns that whoever reads it may count on, or why they are not known.
    pub columns: std::result::Result<Vec<ColumnInfo>, String>,
}

/// What came of binding a query against the tables it reads.
#[derive(Debug)]
pub enum Binding {
    /// It was bound, or there is no query: a source or a seed.
    Bound,
    /// It could not be tried, and why.
    Unknown(String),
    /// Its template cannot be rendered.
    Unrendered(Box<Diagnostic>),
    /// The engine refuses it; positions are bytes of the compiled SQL.
    Refused(Box<CompiledNode>, AdapterError),
}

impl Binding {
    /// Why there are no columns, in a few words.
    fn reason(&self) -> String {
        match self {
            Self::Bound => "it returns no columns".to_owned(),
            Self::Unknown(reason) => reason.clone(),
            Self::Unrendered(diagnostic) => {
                format!("its template cannot be rendered: {}", diagnostic.message)
            }
            Self::Refused(_, error) => {
                format!("its query cannot be bound: {}", error.message.lines().next().unwrap_or_default())
            }
        }
    }
}

/// The schemas of a project, each made when it is first asked for, with those of its ancestors that it needs.
pub struct Schemas {
    jinja: Arc<Jinja>,
    manifest: Arc<Manifest>,
    session: Arc<Session>,
    seeds: SeedColumns,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nothing until a query is bound; then the empty tables, or why there are none.
    shadow: Option<std::result::Result<Box<dyn Shadow>, String>>,
    known: HashMap<UniqueId, Arc<Schema>>,
    /// Nodes whose templates asked for something that tables hold.
    asking: HashSet<UniqueId>,
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schemas").finish_non_exhaustive()
    }
}

impl Schemas {
    /// Schemas of a manifest, none of them made yet. `session` is the way to the real warehouse, for sources, and for
    /// templates that ask it something; it must be no one else's.
    pub fn new(
        jinja: &Arc<Jinja>,
        manifest: &Arc<Manifest>,
        session: Arc<Session>,
        seeds: SeedColumns,
    ) -> Self {
        let (jinja, manifest) = (Arc::clone(jinja), Arc::clone(manifest));
        Self { jinja, manifest, session, seeds, state: Mutex::default() }
    }

    /// The schema of a node or source. Costs the binding of its ancestors, each once.
    pub fn of(&self, id: &UniqueId) -> Arc<Schema> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.unmade(&state, id) {
            let schema = Arc::new(self.make(&mut state, &id));
            state.known.insert(id, schema);
        }
        Arc::clone(&state.known[id])
    }

    /// Whether the template of a node whose schema was made asked for what tables hold: the answer may be older
    /// than the project.
    pub fn asks(&self, id: &UniqueId) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asking.contains(id)
    }

    /// The columns of a query that reads no table: what the engine makes of types, say.
    ///
    /// # Errors
    /// What the engine says; nothing where no query can be bound.
    pub fn probe(&self, sql: &str) -> std::result::Result<Vec<ColumnInfo>, Option<AdapterError>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Ok(shadow)) = self.shadow(&mut state) else { return Err(None) };
        shadow.bind(sql).map_err(Some)
    }

    /// A member and those of its ancestors whose schemas are to be made first, parents before children.
    fn unmade(&self, state: &State, id: &UniqueId) -> Vec<UniqueId> {
        let mut order = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![(Arc::clone(id), false)];
        while let Some((id, entered)) = open.pop() {
            if entered {
                order.push(id);
            } else if !state.known.contains_key(&id) && seen.insert(Arc::clone(&id)) {
                let parents = self.manifest.nodes.get(&id).map_or(&[][..], |node| &node.depends_on.nodes);
                open.push((id, true));
                open.extend(parents.iter().map(|parent| (Arc::clone(parent), false)));
            }
        }
        order
    }

    /// Makes one schema, and an empty table of it. Those of its parents are known.
    fn make(&self, state: &mut State, id: &UniqueId) -> Schema {
        let schema = if let Some(source) = self.manifest.sources.get(id) {
            let columns = self.in_warehouse(&source.relation).or_else(|| declared(&source.columns));
            let why = "it is not in the warehouse, and its property file does not say the `data_type` of its columns";
            Schema { binding: Binding::Bound, columns: columns.ok_or_else(|| why.to_owned()) }
        } else if let Some(node) = self.manifest.nodes.get(id) {
            self.of_node(state, node)
        } else {
            let reason = "nothing has this id".to_owned();
            Schema { binding: Binding::Unknown(reason.clone()), columns: Err(reason) }
        };
        let relation = self.relation(id);
        if let (Some(relation), Ok(columns), Some(Ok(shadow))) =
            (relation, &schema.columns, self.shadow(state).as_mut())
            && relation.external.is_none()
            && let Err(error) = shadow.table(relation, columns)
        {
            // A type of an extension that is not there, say.
            let reason = format!("an empty table of it cannot be made: {}", error.message);
            return Schema { columns: Err(reason), ..schema };
        }
        schema
    }

    fn relation(&self, id: &UniqueId) -> Option<&Relation> {
        let source = || self.manifest.sources.get(id).map(|source| &source.relation);
        let node = self.manifest.nodes.get(id).filter(|node| node.is_refable() && !node.is_ephemeral());
        node.and_then(|node| node.relation.as_ref()).or_else(source)
    }

    fn shadow<'a>(
        &self,
        state: &'a mut State,
    ) -> &'a mut Option<std::result::Result<Box<dyn Shadow>, String>> {
        if state.shadow.is_none() {
            let opened = match self.jinja.globals().adapter.shadow() {
                Ok(Some(shadow)) => Ok(shadow),
                Ok(None) => Err("this warehouse cannot bind queries without its data".to_owned()),
                Err(error) => Err(format!("no database can be opened in memory: {}", error.message)),
            };
            state.shadow = Some(opened);
        }
        &mut state.shadow
    }

    fn of_node(&self, state: &mut State, node: &Arc<Node>) -> Schema {
        if node.resource_type() == ResourceType::Seed {
            let columns = (self.seeds)(node, self.jinja.sources()).map_err(|mistake| mistake.message.clone());
            return Schema { binding: Binding::Bound, columns };
        }
        let bound = self.bind(state, node);
        let history = || node.relation.as_ref().filter(|_| matches!(node.kind, NodeKind::Snapshot));
        match bound {
            // A snapshot keeps columns that its query has lost.
            Ok(columns) => {
                let kept = history().and_then(|relation| self.in_warehouse(relation));
                let columns = kept.unwrap_or_else(|| with_history(node, columns));
                Schema { binding: Binding::Bound, columns: Ok(columns) }
            }
            Err(binding) => {
                let relation = node.relation.as_ref().filter(|_| !node.is_ephemeral());
                let columns = relation.and_then(|relation| self.in_warehouse(relation));
                let columns = columns.or_else(|| declared(&node.columns)).ok_or_else(|| binding.reason());
                Schema { binding, columns }
            }
        }
    }

    /// The columns that a node's query returns.
    fn bind(&self, state: &mut State, node: &Arc<Node>) -> std::result::Result<Vec<ColumnInfo>, Binding> {
        if node.language != Language::Sql {
            return Err(Binding::Unknown("it is not written in SQL".to_owned()));
        }
        let unknown = node.depends_on.nodes.iter().find_map(|parent| {
            let parent_schema = state.known.get(parent)?;
            // The query of an ephemeral model becomes part of this one, and a function has no columns.
            let is_read = self.manifest.nodes.get(parent).is_none_or(|n| n.is_refable() && !n.is_ephemeral());
            let reason = parent_schema.columns.as_ref().err().filter(|_| is_read)?;
            Some(format!("it reads `{parent}`, whose columns are not known: {reason}"))
        });
        if let Some(reason) = unknown {
            return Err(Binding::Unknown(reason));
        }
        // Built anew, a model asks nothing of its own table.
        let variables = [("is_incremental", false), ("should_full_refresh", true)]
            .map(|(name, answer)| (name.to_owned(), Value::from_function(move || answer)));
        let renderer = Renderer {
            session: Some(&self.session),
            variables: variables.to_vec(),
            ..Renderer::new(&self.jinja, &self.manifest)
        };
        self.session.take_has_read();
        let answer = renderer.node(node);
        if self.session.take_has_read() {
            state.asking.insert(UniqueId::clone(&node.unique_id));
        }
        let compiled = answer.map_err(|mistake| match self.session.take_error() {
            Some((said, _)) => Binding::Unknown(format!("its template asks the warehouse: {}", said.message)),
            None => Binding::Unrendered(mistake),
        })?;
        if sql::pivots_on_rows(&compiled.sql) {
            let reason = "its columns depend on its rows, for it is a pivot without a list of values";
            return Err(Binding::Unknown(reason.to_owned()));
        }
        match self.shadow(state) {
            Some(Ok(shadow)) => {
                self.bind_in(&mut **shadow, &compiled.sql).map_err(|error| match error.kind {
                    ErrorKind::ExtensionMissing => Binding::Unknown(error.message),
                    _ => Binding::Refused(Box::new(compiled), error),
                })
            }
            Some(Err(reason)) => Err(Binding::Unknown(reason.clone())),
            None => Err(Binding::Unknown("no query can be bound".to_owned())),
        }
    }

    /// Binds a query; a table that no node stands for is taken over from the warehouse where that has it.
    fn bind_in(
        &self,
        shadow: &mut dyn Shadow,
        sql: &str,
    ) -> std::result::Result<Vec<ColumnInfo>, AdapterError> {
        let mut taken = HashSet::new();
        loop {
            let error = match shadow.bind(sql) {
                Err(error) if error.kind == ErrorKind::UnknownTable => error,
                answer => return answer,
            };
            let Some(relation) = error.position.and_then(|at| named_at(sql, at)) else { return Err(error) };
            let columns = self.in_warehouse(&relation).filter(|_| taken.insert(relation.name()));
            let Some(columns) = columns else { return Err(error) };
            if shadow.table(&relation, &columns).is_err() {
                return Err(error);
            }
        }
    }

    /// The columns of a relation that the warehouse has, or of the files that stand for one.
    fn in_warehouse(&self, relation: &Relation) -> Option<Vec<ColumnInfo>> {
        let columns = self.session.describe(&format!("select * from {}", relation.name())).ok();
        if columns.is_none() {
            // That it is not there is an answer.
            self.session.take_error();
        }
        columns.filter(|columns| !columns.is_empty())
    }
}

/// The table that a statement names at a byte.
fn named_at(sql: &str, at: usize) -> Option<Relation> {
    let mut rest = sql.get(at..)?;
    let mut parts = Vec::new();
    loop {
        let (part, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"')?
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest.split_at(end)
        };
        parts.push(part);
        let Some(next) = after.strip_prefix('.') else { break };
        rest = next;
    }
    let mut parts = parts.into_iter().rev();
    let (table, schema, database) =
        (parts.next().filter(|name| !name.is_empty()), parts.next(), parts.next());
    table.map(|table| Relation::new(database, schema, Some(table)))
}

/// The columns that a property file describes, where it says the type of each.
fn declared(columns: &indexmap::IndexMap<String, Column>) -> Option<Vec<ColumnInfo>> {
    let typed = columns
        .values()
        .map(|column| Some(ColumnInfo { name: column.name.clone(), data_type: column.data_type.clone()? }));
    typed.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
}

/// The columns of a new snapshot: those of its query, and what tells the versions of a row apart.
fn with_history(node: &Node, mut columns: Vec<ColumnInfo>) -> Vec<ColumnInfo> {
    if !matches!(node.kind, NodeKind::Snapshot) {
        return columns;
    }
    let config = &node.config;
    let updated_at = config.text("updated_at").filter(|_| config.text("strategy") == Some("timestamp"));
    let found = updated_at.and_then(|name| columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)));
    let time = found.map_or_else(|| "TIMESTAMP".to_owned(), |column| column.data_type.clone());
    let names = config.get("snapshot_meta_column_names");
    let name = |key: &str| {
        let own = names.and_then(|names| names.get(key)).and_then(serde_json::Value::as_str);
        own.unwrap_or(key).to_owned()
    };
    let mut history = vec![
        ("dbt_scd_id", "VARCHAR"),
        ("dbt_updated_at", &time),
        ("dbt_valid_from", &time),
        ("dbt_valid_to", &time),
    ];
    if config.text("hard_deletes") == Some("new_record") {
        history.push(("dbt_is_deleted", "VARCHAR"));
    }
    columns.extend(
        history
            .into_iter()
            .map(|(key, data_type)| ColumnInfo { name: name(key), data_type: data_type.to_owned() }),
    );
    columns
}
