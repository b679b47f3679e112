//! Where a node is built: database, schema and alias, by the macros that a project may replace.
//!
//! As long as no one replaces them, dbt's own rules are applied here without running a template.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Result;
use crate::jinja::{Jinja, MacroRegistry, Scope, Value as JinjaValue};
use crate::manifest::{Node, NodeKind, Value};
use crate::project::Project;
use crate::relation::{Policy, Relation};

/// The parts of a node's place, in the order dbt computes them.
const PARTS: [&str; 3] = ["database", "schema", "alias"];

/// The package of dbt's own macros.
const DBT: &str = "dbt";

/// Which parts of a place are left to macros, by package.
#[derive(Debug)]
pub(super) struct Placement {
    packages: HashMap<String, [bool; 3]>,
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
        let packages = project.packages.keys().map(|package| {
            let replaced = PARTS.map(|part| replaced(part, package, project, jinja));
            (package.clone(), replaced)
        });
        Self {
            packages: packages.collect(),
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
        let replaced = self.packages.get(&node.package_name).copied().unwrap_or_default();
        for (part, replaced) in PARTS.into_iter().zip(replaced) {
            let custom = node.config.text(part).map(str::to_owned);
            let value = if replaced {
                let value = generated(part, custom, node, jinja)?;
                if value == "None" { None } else { Some(value) }
            } else {
                self.own(part, custom, node)
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

/// Whether a package sees another macro than dbt's own for a part of the place.
fn replaced(part: &str, package: &str, project: &Project, jinja: &Jinja) -> bool {
    let registry: &MacroRegistry = jinja.registry();
    let name = format!("generate_{part}_name");
    let written = |within: &str| registry.find_in(&name, within).is_some();
    let dispatched = || {
        let prefixes = [jinja.globals().adapter.name(), "default"];
        let found = registry.dispatch(&name, Some(DBT), &prefixes, package);
        found.is_ok_and(|found| found.package_name != DBT)
    };
    written(package) || written(&project.root) || dispatched()
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
