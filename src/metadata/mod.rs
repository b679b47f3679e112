//! The project about itself, as tables of a database in memory: what `teal query` and the rules of `teal checks` read.
//!
//! A table is defined once, in the file of what it is about: its columns with their meaning and how each is filled.
//! docs/tables.md is generated from that. In reading order: this file opens the database and fills the tables that a
//! query mentions, `table` is what a table is, `layer` the layers of a project; `resource`, `node`, `test`, `source`,
//! `semantic`, `column`, `edge`, `file`, `hard_coded`, `lineage` and `artifact` are the tables, `reference` the page.

mod artifact;
mod column;
mod edge;
mod file;
mod hard_coded;
mod layer;
mod lineage;
mod node;
mod reference;
mod resource;
mod semantic;
mod source;
mod table;
mod test;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

pub use layer::{Layer, usual_layers};
pub use reference::reference;
pub use table::{Definition, Kind};

use crate::adapter::{self, AdapterError, Connection, ErrorKind};
use crate::compile::lineage::Lineage;
use crate::diagnostic::{Code, Diagnostic, Result, Sources, Span};
use crate::graph::Graph;
use crate::manifest::{Manifest, UniqueId, Value};
use crate::project::{Project, prefix};
use crate::relation::Relation;
use crate::sql::{Dialect, mentions, skip_blank, statements};

/// What the tables are about.
pub struct Subject<'a> {
    /// Everything that is defined.
    pub manifest: &'a Manifest,
    /// What needs what.
    pub graph: &'a Graph,
    /// The texts of all files.
    pub sources: &'a Sources,
    /// The root project and its packages.
    pub project: &'a Project,
    /// The grammar of its SQL.
    pub dialect: Dialect,
    /// The folder of what an earlier run wrote.
    pub target: &'a Path,
    /// The layers of the project.
    pub layers: &'a [Layer],
    /// Resources of the root project that rules are not to look at.
    pub except: &'a BTreeSet<UniqueId>,
    /// Follows the columns of the project, which takes its time.
    pub lineage: &'a dyn Fn() -> Lineage,
    /// What was made so far of what more than one table needs.
    pub made: Made,
}

/// What is made once, when a table needs it.
#[derive(Debug, Default)]
pub struct Made {
    prefixes: OnceCell<HashMap<String, String>>,
    depths: OnceCell<HashMap<UniqueId, usize>>,
    lineage: OnceCell<Lineage>,
    catalog: OnceCell<Value>,
}

impl Subject<'_> {
    /// Whether rules look at something: the root project defines it, and does not except it.
    fn is_checked(&self, package: &str, id: &UniqueId) -> bool {
        package == self.project.root && !self.except.contains(id)
    }

    /// A file of a package as it is shown, from the root project's folder.
    fn file(&self, package: &str, path: &str) -> String {
        let prefixes = self.made.prefixes.get_or_init(|| {
            let root = &self.project.root().folder;
            let packages = self.project.packages.values();
            packages.map(|package| (package.name.clone(), prefix(root, &package.folder))).collect()
        });
        let prefix = prefixes.get(package).map_or("", String::as_str);
        format!("{prefix}{}", path.trim_start_matches("./"))
    }

    /// The line of a span's start, from 1.
    fn line(&self, span: Span) -> usize {
        self.sources.get(span.source).line_column(span.start).0
    }

    /// The file that a span is in.
    fn file_of(&self, span: Span) -> String {
        self.sources.get(span.source).path.clone()
    }

    fn followed(&self) -> &Lineage {
        self.made.lineage.get_or_init(self.lineage)
    }
}

/// A table without its rows.
struct Entry {
    definition: fn() -> Definition,
    fill: for<'s> fn(&'s Subject<'s>) -> Result<adapter::Table>,
}

macro_rules! entry {
    ($table:path) => {
        Entry { definition: || $table().definition(), fill: |subject| $table().fill(subject) }
    };
}

/// Every table, in the order of the page.
const TABLES: &[Entry] = &[
    entry!(resource::resources),
    entry!(node::nodes),
    entry!(column::columns),
    entry!(edge::edges),
    entry!(test::tests),
    entry!(test::unit_tests),
    entry!(source::sources),
    entry!(source::exposures),
    entry!(source::groups),
    entry!(semantic::metrics),
    entry!(semantic::semantic_models),
    entry!(semantic::saved_queries),
    entry!(resource::macros),
    entry!(edge::macro_edges),
    entry!(resource::docs),
    entry!(column::tags),
    entry!(layer::layers),
    entry!(resource::packages),
    entry!(file::files),
    entry!(file::lines),
    entry!(hard_coded::hard_coded_references),
    entry!(lineage::column_lineage),
    entry!(lineage::column_influences),
    entry!(lineage::output_columns),
    entry!(artifact::run_results),
    entry!(artifact::catalog_tables),
    entry!(artifact::catalog_columns),
];

/// Views: name, the table they are over, the rows they have of it.
const VIEWS: &[(&str, &str, &str)] = &[
    ("models", "nodes", "resource_type = 'model'"),
    ("seeds", "nodes", "resource_type = 'seed'"),
    ("snapshots", "nodes", "resource_type = 'snapshot'"),
];

/// Every table with its columns.
pub fn definitions() -> Vec<Definition> {
    TABLES.iter().map(|entry| (entry.definition)()).collect()
}

/// The tables, in a database of their own.
pub struct Database {
    connection: Box<dyn Connection>,
}

impl Database {
    /// Opens one for some queries: every table is there, and those have rows that a query mentions.
    ///
    /// # Errors
    /// A file of an earlier run that cannot be read.
    pub fn open<'s>(subject: &'s Subject<'s>, queries: &[&str]) -> Result<Self> {
        let ours = |error: AdapterError| {
            let message = format!("the tables cannot be made: {}", error.message);
            Box::new(Diagnostic::error(Code::InternalError, message))
        };
        let mut connection = adapter::scratch().map_err(ours)?;
        let wanted = wanted(queries);
        for entry in TABLES {
            let definition = (entry.definition)();
            let columns =
                definition.columns.iter().map(|(name, kind, _)| format!("{name} {}", kind.as_str()));
            let columns = columns.collect::<Vec<_>>().join(", ");
            connection.execute(&format!("create table {} ({columns})", definition.name)).map_err(ours)?;
            if wanted(definition.name) {
                let relation = Relation::new(None, None, Some(definition.name));
                connection.load(&relation, &(entry.fill)(subject)?).map_err(ours)?;
            }
        }
        for (name, table, rows) in VIEWS {
            let sql = format!("create view {name} as select * from {table} where {rows}");
            connection.execute(&sql).map_err(ours)?;
        }
        Ok(Self { connection })
    }

    /// Runs one query, which can change nothing; `variables` are what `getvariable` gives, as literals of SQL.
    ///
    /// # Errors
    /// What the engine says of it.
    pub fn query(
        &mut self,
        sql: &str,
        variables: &[(&str, String)],
        limit: Option<usize>,
    ) -> adapter::Result<adapter::Table> {
        if let [_, second, ..] = statements(sql)[..] {
            let start = second.as_ptr() as usize - sql.as_ptr() as usize;
            let error = AdapterError::new(ErrorKind::Syntax, "there is more than one statement");
            return Err(AdapterError { position: Some(start + skip_blank(second, 0)), ..error });
        }
        for (name, value) in variables {
            self.connection.execute(&format!("set variable \"{name}\" = {value}"))?;
        }
        self.connection.execute("begin transaction read only")?;
        let found = self.connection.query(sql, limit);
        // It is gone where the query itself ended it.
        let _ = self.connection.execute("rollback");
        for (name, _) in variables {
            self.connection.execute(&format!("reset variable \"{name}\""))?;
        }
        let (_, table) = found?;
        if table.columns.is_empty() {
            return Err(AdapterError::new(ErrorKind::Syntax, "there is no query"));
        }
        Ok(table)
    }
}

/// Which tables some queries read. A text that names a table at run time may mean any of them.
fn wanted(queries: &[&str]) -> impl Fn(&str) -> bool {
    let mut words = HashSet::new();
    let mut is_any = false;
    for query in queries {
        // Of what cannot be read the engine will say what is wrong, and that needs no rows.
        if let Some(mentions) = mentions(query, Dialect::default()) {
            is_any |= ["query", "query_table"].iter().any(|name| mentions.calls.contains(*name));
            words.extend(mentions.words);
        }
    }
    for (name, table, _) in VIEWS {
        if words.contains(*name) {
            words.insert((*table).to_owned());
        }
    }
    move |name| is_any || words.contains(name)
}
