//! Where a node is built: database, schema and alias, by the macros that a project may replace.
//!
//! As long as no one replaces them, dbt's own rules are applied here without running a template.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::Result;
use crate::jinja::{Jinja, MacroRegistry, Scope, Value as JinjaValue};
use crate::manifest::{Node, NodeKind, Value};
use crate::project::Project;
use crate::relation::{Policy, Relation};

/// The parts of a node's place, in the order dbt computes them.
const PARTS: [&str; 3] = ["database", "schema", "alias"];

/// The package of dbt's own macros.
const DBT: &str = "dbt";

/// Who says a part of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Author {
    /// dbt's own rule.
    #[default]
    Own,
    /// A macro that does not look at the node: it says the same for the same custom name.
    Plain,
    /// A macro that may look at the node.
    Macro,
}

/// Package, part and custom name.
type Asked = (String, &'static str, Option<String>);

/// Which parts of a place are left to macros, by package.
#[derive(Debug)]
pub(super) struct Placement {
    packages: HashMap<String, [Author; 3]>,
    /// What plain macros said.
    said: Mutex<HashMap<Asked, String>>,
    /// Where nodes are built that say nothing.
    pub(super) database: Option<String>,
    /// See `database`.
    pub(super) schema: String,
    quoting: Policy,
}

impl Placement {
    /// Looks which packages replace the naming macros.
    pub(super) fn new(project: &Project, jinja: &Jinja) -> Self {
        let globals = jinja.globals();
        let target = |key: &str| globals.target.get(key).and_then(Value::as_str).map(str::to_owned);
        let packages = project
            .packages
            .keys()
            .map(|package| (package.clone(), PARTS.map(|part| author(part, package, project, jinja))));
        Self {
            packages: packages.collect(),
            said: Mutex::default(),
            database: target("database"),
            schema: target("schema").unwrap_or_default(),
            quoting: globals.quoting,
        }
    }

    /// Sets a node's database, schema and alias from its configuration.
    ///
    /// # Errors
    /// A naming macro failed.
    pub(super) fn place(&self, node: &mut Node, jinja: &Arc<Jinja>) -> Result<()> {
        let authors = self.packages.get(&node.package_name).copied().unwrap_or_default();
        for (part, author) in PARTS.into_iter().zip(authors) {
            let custom = node.config.text(part).map(str::to_owned);
            let value = match author {
                Author::Own => self.own(part, custom, node),
                Author::Plain => self.plain(part, custom, node, jinja)?,
                Author::Macro => none_is_nothing(generated(part, custom, node, jinja)?),
            };
            match part {
                "database" => node.database = value,
                "schema" => node.schema = value.unwrap_or_default(),
                _ => node.alias = value.unwrap_or_else(|| node.name.clone()),
            }
        }
        if matches!(node.kind, NodeKind::Snapshot) {
            let said = |key: &str| node.config.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
            let (database, schema) = (said("target_database"), said("target_schema"));
            node.database = database.or(node.database.take());
            if let Some(schema) = schema {
                node.schema = schema;
            }
        }
        Ok(())
    }

    /// The relation of a node that is built.
    pub(super) fn relation(&self, node: &Node) -> Relation {
        Relation {
            quote: self.quoting,
            ..Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias))
        }
    }

    /// What a macro says that does not look at the node, asked once for each custom name.
    fn plain(
        &self,
        part: &'static str,
        custom: Option<String>,
        node: &Node,
        jinja: &Arc<Jinja>,
    ) -> Result<Option<String>> {
        let asked = (node.package_name.clone(), part, custom.clone());
        let known = self.said.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        let text = match known {
            Some(text) => text,
            None => generated(part, custom, node, jinja)?,
        };
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(asked, text.clone());
        Ok(none_is_nothing(text))
    }

    /// What dbt's own macros say.
    fn own(&self, part: &str, custom: Option<String>, node: &Node) -> Option<String> {
        match (part, custom) {
            ("database", None) => self.database.clone(),
            ("database", Some(custom)) => Some(custom.trim().to_owned()),
            ("schema", None) => Some(self.schema.trim().to_owned()),
            ("schema", Some(custom)) => Some(format!("{}_{}", self.schema, custom.trim()).trim().to_owned()),
            (_, Some(custom)) if !custom.is_empty() => Some(custom.trim().to_owned()),
            _ => Some(match node.version() {
                Some(version) => format!("{}_v{}", node.name, version.replace('.', "_")),
                None => node.name.clone(),
            }),
        }
    }
}

/// Who says a part of the places of a package's nodes.
fn author(part: &str, package: &str, project: &Project, jinja: &Jinja) -> Author {
    let registry: &MacroRegistry = jinja.registry();
    let name = format!("generate_{part}_name");
    let written = registry.find_in(&name, package).or_else(|| registry.find_in(&name, &project.root));
    if let Some(written) = written {
        // Its own argument is named once; a body that never says `node` or `model` cannot look at it.
        let looks = mentions(&written.macro_sql, "node") > 1 || mentions(&written.macro_sql, "model") > 0;
        return if looks { Author::Macro } else { Author::Plain };
    }
    let prefixes = [jinja.globals().adapter.name(), "default"];
    let dispatched = registry.dispatch(&name, Some(DBT), &prefixes, package);
    if dispatched.is_ok_and(|found| found.package_name != DBT) { Author::Macro } else { Author::Own }
}

/// How often a text says a word.
fn mentions(text: &str, word: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|part| *part == word).count()
}

/// A macro that returns none renders as `None`.
fn none_is_nothing(text: String) -> Option<String> {
    (text != "None").then_some(text)
}

/// Runs the macro for a part; the node it gets is the `model` of its scope.
fn generated(part: &str, custom: Option<String>, node: &Node, jinja: &Arc<Jinja>) -> Result<String> {
    let custom = custom.map_or(JinjaValue::from(()), JinjaValue::from);
    let scope = Scope {
        node: Some(Arc::new(node.clone())),
        variables: vec![("custom_name".to_owned(), custom)],
        ..Scope::parse(node.package_name.as_str())
    };
    let call = format!("{{{{ generate_{part}_name(custom_name, model) }}}}");
    let text = jinja.render_text(&call, node.patch_span, &Arc::new(scope))?;
    Ok(text.trim().to_owned())
}
