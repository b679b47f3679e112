//! The columns of every node before anything is built: queries are bound, parents first, against empty tables.
//!
//! The columns of a source are those that the warehouse has, else those it had when it was last looked at, else
//! those its property file declares, of which there may be more; of a seed those of its file; of a model those that its
//! query returns. What cannot be known says why. In reading order: this file makes schemas, `warehouse` is what the
//! real one tells, `columns` what files say, `ground` how far what a query reads is known, `doubt` whether a refusal may be
//! no mistake, `function` makes the functions that queries call.

mod columns;
mod doubt;
mod function;
mod ground;
mod warehouse;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::lineage::Names;
use super::{CompiledNode, Renderer};
use crate::adapter::{AdapterError, ColumnInfo, ErrorKind, Shadow};
use crate::diagnostic::{Diagnostic, Result, Sources};
use crate::jinja::{Jinja, Session, Value};
use crate::manifest::{Column, Language, Manifest, Node, NodeKind, ResourceType, UniqueId};
use crate::relation::Relation;
use crate::sql::{self, Dialect};
use columns::{declared, named_at, with_history, with_new};
use warehouse::{Sight, Warehouse};

pub use warehouse::Remembered;

/// Reads the columns of a seed's file.
pub type SeedColumns = fn(&Node, &Sources) -> Result<Vec<ColumnInfo>>;

/// What is known of the columns of a node or source.
#[derive(Debug)]
pub struct Schema {
    /// What came of binding its query.
    pub binding: Binding,
    /// The columns that whoever reads it may count on, or why they are not known.
    pub columns: std::result::Result<Vec<ColumnInfo>, String>,
    /// How far they are to be trusted.
    pub trust: Trust,
    /// Whether its query is bound with its comparisons made strict as well (`sql::comparisons`).
    pub is_strict: bool,
}

impl Schema {
    fn new(binding: Binding, columns: std::result::Result<Vec<ColumnInfo>, String>, trust: Trust) -> Self {
        Self { binding, columns, trust, is_strict: false }
    }
}

/// How far the columns of a schema are to be trusted, from little to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// The warehouse has them, and a build may make others of them.
    Old,
    /// They are there, and there may be more.
    Part,
    /// They are there, and no others.
    Whole,
}

/// What came of binding a query against the tables it reads.
#[derive(Debug)]
pub enum Binding {
    /// It was bound, or there is no query: a source or a seed.
    Bound(Option<Box<CompiledNode>>),
    /// It could not be tried, and why.
    Unknown(String),
    /// Its template cannot be rendered.
    Unrendered(Box<Diagnostic>),
    /// The engine refuses it; positions are bytes of the compiled SQL.
    Refused(Box<CompiledNode>, AdapterError),
}

/// What begins the reason of a node that is unknown by another.
const READS: &str = "it reads `";

impl Binding {
    /// Why there are no columns, in a few words.
    fn reason(&self) -> String {
        match self {
            Self::Bound(_) => "it returns no columns".to_owned(),
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
    warehouse: Warehouse,
    seeds: SeedColumns,
    names: OnceLock<Names>,
    /// Whether functions that the project's first hooks make are made.
    with_hooks: bool,
    /// Whether queries are bound with strict comparisons.
    is_strict: bool,
    state: Mutex<State>,
}

/// A query that is bound.
struct Bound {
    compiled: CompiledNode,
    columns: Vec<ColumnInfo>,
    trust: Trust,
    is_strict: bool,
}

#[derive(Default)]
struct State {
    /// Nothing until a query is bound; then the empty tables, or why there are none.
    shadow: Option<std::result::Result<Box<dyn Shadow>, String>>,
    known: HashMap<UniqueId, Arc<Schema>>,
    /// Nodes whose templates asked for something that tables hold.
    asking: HashSet<UniqueId>,
    /// Nodes and sources whose columns are those of an earlier look at the warehouse.
    remembered: Vec<UniqueId>,
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schemas").finish_non_exhaustive()
    }
}

impl Schemas {
    /// Schemas of a manifest, none of them made yet. `session` is the way to the real warehouse, for sources, and for
    /// templates that ask it something; it must be no one else's. `remembered` is what an earlier look saw there.
    pub fn new(
        jinja: &Arc<Jinja>,
        manifest: &Arc<Manifest>,
        session: Arc<Session>,
        seeds: SeedColumns,
        remembered: Remembered,
    ) -> Self {
        let (jinja, manifest) = (Arc::clone(jinja), Arc::clone(manifest));
        let warehouse = Warehouse::new(session, remembered);
        let (names, state) = (OnceLock::new(), Mutex::default());
        Self { jinja, manifest, warehouse, seeds, names, with_hooks: false, is_strict: false, state }
    }

    /// The same for those who ask about comparisons.
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// The same with the functions that the project's first hooks make. Their templates are rendered, which must
    /// change nothing: the session is one that only looks.
    pub fn with_hooks(self) -> Self {
        Self { with_hooks: true, ..self }
    }

    /// What the warehouse was seen to have, relations by name.
    pub fn seen(&self) -> Remembered {
        self.warehouse.seen()
    }

    /// The nodes and sources whose columns are known only by an earlier look.
    pub fn remembered(&self) -> Vec<UniqueId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).remembered.clone()
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
            let (columns, trust) = self.of_source(state, id, &source.relation, &source.columns);
            Schema::new(Binding::Bound(None), columns, trust)
        } else if let Some(node) = self.manifest.nodes.get(id) {
            self.of_node(state, node)
        } else {
            let reason = "nothing has this id".to_owned();
            Schema::new(Binding::Unknown(reason.clone()), Err(reason), Trust::Old)
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

    fn of_source(
        &self,
        state: &mut State,
        id: &UniqueId,
        relation: &Relation,
        described: &indexmap::IndexMap<String, Column>,
    ) -> (std::result::Result<Vec<ColumnInfo>, String>, Trust) {
        match self.warehouse.look(relation) {
            Sight::Now(columns) => return (Ok(columns), Trust::Whole),
            Sight::Before(columns) => {
                state.remembered.push(UniqueId::clone(id));
                return (Ok(columns), Trust::Whole);
            }
            Sight::Never => {}
        }
        // Seeds may stand for what is loaded elsewhere.
        let name = relation.name();
        let is_it = |node: &&Arc<Node>| {
            node.resource_type() == ResourceType::Seed
                && node.relation.as_ref().is_some_and(|relation| relation.name() == name)
        };
        if let Some(seed) = self.manifest.nodes.values().find(is_it) {
            let read = (self.seeds)(seed, self.jinja.sources());
            return (read.map_err(|mistake| mistake.message.clone()), Trust::Whole);
        }
        // A property file is no promise that there are no other columns.
        let columns = declared(described).ok_or_else(|| {
            let why = match self.warehouse.out_of_reach() {
                Some(why) => format!("the warehouse cannot be asked ({why})"),
                None => "it is not in the warehouse".to_owned(),
            };
            format!("{why}, and its property file does not say the `data_type` of its columns")
        });
        (columns, Trust::Part)
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
                Ok(Some(mut shadow)) => {
                    let made = if self.with_hooks { self.made_by_hooks() } else { Vec::new() };
                    for statement in made {
                        // A query that misses it says so.
                        let _ = shadow.define(None, &statement);
                    }
                    Ok(shadow)
                }
                Ok(None) => Err("this warehouse cannot bind queries without its data".to_owned()),
                Err(error) => Err(format!("no database can be opened in memory: {}", error.message)),
            };
            state.shadow = Some(opened);
        }
        &mut state.shadow
    }

    fn of_node(&self, state: &mut State, node: &Arc<Node>) -> Schema {
        match node.resource_type() {
            ResourceType::Seed => {
                let read = (self.seeds)(node, self.jinja.sources());
                let columns = read.map_err(|mistake| mistake.message.clone());
                return Schema::new(Binding::Bound(None), columns, Trust::Whole);
            }
            ResourceType::Function => return self.of_function(state, node),
            _ => {}
        }
        let history = || node.relation.as_ref().filter(|_| matches!(node.kind, NodeKind::Snapshot));
        match self.bind(state, node) {
            // A snapshot keeps columns that its query has lost.
            Ok(Bound { compiled, columns, trust, is_strict }) => {
                let kept = history().and_then(|relation| self.warehouse.has(relation));
                let columns = match kept {
                    Some(kept) => with_new(kept, columns),
                    None => with_history(node, columns),
                };
                Schema {
                    is_strict,
                    ..Schema::new(Binding::Bound(Some(Box::new(compiled))), Ok(columns), trust)
                }
            }
            Err(binding) => {
                let promised = declared(&node.columns).filter(|_| node.config.contract_is_enforced());
                if let Some(columns) = promised.filter(|columns| columns.len() == node.columns.len()) {
                    return Schema::new(binding, Ok(columns), Trust::Whole);
                }
                let relation = node.relation.as_ref().filter(|_| !node.is_ephemeral());
                let (columns, trust) = match relation.and_then(|relation| self.warehouse.has(relation)) {
                    Some(columns) => (Some(columns), Trust::Old),
                    None => (declared(&node.columns), Trust::Part),
                };
                let columns = columns.ok_or_else(|| binding.reason());
                Schema::new(binding, columns, trust)
            }
        }
    }

    /// A node's query and the columns that it returns.
    fn bind(&self, state: &mut State, node: &Arc<Node>) -> std::result::Result<Bound, Binding> {
        if node.language != Language::Sql {
            return Err(Binding::Unknown("it is not written in SQL".to_owned()));
        }
        let unknown = node.depends_on.nodes.iter().find_map(|parent| {
            let parent_schema = state.known.get(parent)?;
            // The query of an ephemeral model becomes part of this one, and a function has no columns.
            let is_read = self.manifest.nodes.get(parent).is_none_or(|n| n.is_refable() && !n.is_ephemeral());
            let reason = parent_schema.columns.as_ref().err().filter(|_| is_read)?;
            // What everything follows from is said once.
            let is_cause = !reason.starts_with(READS);
            Some(if is_cause {
                format!("{READS}{parent}`, whose columns are not known: {reason}")
            } else {
                reason.clone()
            })
        });
        if let Some(reason) = unknown {
            return Err(Binding::Unknown(reason));
        }
        let compiled = self.render(state, node)?;
        if sql::pivots_on_rows(&compiled.sql) {
            let reason = "its columns depend on its rows, for it is a pivot without a list of values";
            return Err(Binding::Unknown(reason.to_owned()));
        }
        let ground = self.ground(state, node);
        let (bound, is_strict) = match self.shadow(state) {
            Some(Ok(shadow)) => self.bind_strictly(&mut **shadow, &compiled.sql),
            Some(Err(reason)) => return Err(Binding::Unknown(reason.clone())),
            None => return Err(Binding::Unknown("no query can be bound".to_owned())),
        };
        match bound {
            Ok(columns) if ground == Trust::Part => {
                let found = self.follow(state, node, &compiled.sql);
                let is_open = found.outputs.iter().any(|output| output.is_open) || found.outputs.is_empty();
                let trust = if is_open { Trust::Part } else { Trust::Whole };
                Ok(Bound { compiled, columns, trust, is_strict })
            }
            Ok(columns) => Ok(Bound { compiled, columns, trust: ground, is_strict }),
            Err(error) if error.kind == ErrorKind::ExtensionMissing => Err(Binding::Unknown(error.message)),
            Err(error) => {
                let said = error.message.lines().next().unwrap_or_default();
                let excuse = match ground {
                    Trust::Whole => None,
                    Trust::Part => {
                        doubt::excuse(&compiled.sql, &self.follow(state, node, &compiled.sql), &error)
                    }
                    Trust::Old => Some(format!("what it reads was built before: {said}")),
                };
                Err(match excuse {
                    Some(excuse) => Binding::Unknown(format!("{}: {excuse}", self.doubted(state, node))),
                    None => Binding::Refused(Box::new(compiled), error),
                })
            }
        }
    }

    /// Renders a node as if it were built anew: it then asks nothing of its own table.
    fn render(&self, state: &mut State, node: &Arc<Node>) -> std::result::Result<CompiledNode, Binding> {
        let session = self.warehouse.session();
        let variables = [("is_incremental", false), ("should_full_refresh", true)]
            .map(|(name, answer)| (name.to_owned(), Value::from_function(move || answer)));
        let renderer = Renderer {
            session: Some(session),
            variables: variables.to_vec(),
            ..Renderer::new(&self.jinja, &self.manifest)
        };
        session.take_has_read();
        let answer = renderer.node(node);
        let has_asked = session.take_has_read();
        if has_asked {
            state.asking.insert(UniqueId::clone(&node.unique_id));
        }
        answer.map_err(|mistake| {
            let said = session.take_error().map(|(said, _)| said.message);
            match said.or_else(|| has_asked.then(|| mistake.message.clone())) {
                Some(said) => {
                    let said = said.lines().next().unwrap_or_default();
                    Binding::Unknown(format!("its template asks the warehouse: {said}"))
                }
                None => Binding::Unrendered(mistake),
            }
        })
    }

    /// Binds a query, first with its comparisons made strict where that is asked for: then one binding says all there
    /// is to say of most queries.
    fn bind_strictly(
        &self,
        shadow: &mut dyn Shadow,
        sql: &str,
    ) -> (std::result::Result<Vec<ColumnInfo>, AdapterError>, bool) {
        if self.is_strict {
            let dialect = Dialect::of(self.jinja.globals().adapter.name());
            let comparisons = sql::comparisons(sql, dialect);
            let all = comparisons.iter().filter(|one| one.name != "using");
            let strict = sql::Strict::new(sql, all.map(|one| (&one.place, one.instead[0].as_str())));
            let bound = self.bind_in(shadow, &strict.sql).ok();
            // A column without a name is called as it is written.
            let is_same = |columns: &Vec<ColumnInfo>| !columns.iter().any(|column| column.name.contains('('));
            if let Some(columns) = bound.filter(is_same) {
                return (Ok(columns), true);
            }
        }
        (self.bind_in(shadow, sql), false)
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
            let columns = self.warehouse.has(&relation).filter(|_| taken.insert(relation.name()));
            let Some(columns) = columns else { return Err(error) };
            if shadow.table(&relation, &columns).is_err() {
                return Err(error);
            }
        }
    }
}
