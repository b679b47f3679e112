//! A node to SQL: renders its template with everything known and puts in the ephemeral models it reads.
//!
//! `map` leads from a byte of the finished SQL back to the file it was written in; `schema` tells the columns of
//! every node without running one; `unit_test` compiles what a unit test tests, with its rows in the place of others;
//! `lineage` is what columns are made of, for commands that ask for it.

pub mod lineage;
mod map;
mod schema;
mod unit_test;

use std::sync::{Arc, PoisonError};

use indexmap::{IndexMap, IndexSet};

pub use map::CompiledMap;
pub use schema::{Binding, Remembered, Schema, Schemas, SeedColumns, Trust};
pub use unit_test::{SeedRows, Tested, unit_test};

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::jinja::{EPHEMERAL_PREFIX, Jinja, Mocks, Phase, Rendered, Scope, Session, Value, test_arguments};
use crate::manifest::{Language, Manifest, Node, NodeKind, ResourceType, UniqueId};
use crate::sql;

/// The name under which a generic test's template finds its arguments.
const TEST_ARGUMENTS: &str = "_dbt_generic_test_kwargs";

/// What follows the code of a Python model.
const PYTHON_POSTFIX: &str = "{{ py_script_postfix(model) }}";

/// A node's finished SQL.
#[derive(Debug, Clone, Default)]
pub struct CompiledNode {
    /// The SQL, ephemeral models included.
    pub sql: String,
    /// The way back to the files.
    pub map: CompiledMap,
    /// The ephemeral models that were put in, each as ` name as (…)`, in order.
    pub extra_ctes: Vec<(UniqueId, String)>,
    /// The code of a function's overloads, in order.
    pub overloads: Vec<String>,
}

/// A node's SQL before ephemeral models are put in.
struct Body {
    rendered: Rendered,
    ephemeral: IndexSet<UniqueId>,
}

/// Compiles one node. What its template asks of the warehouse goes through `session`.
///
/// # Errors
/// The first mistake of its template, or of an ephemeral model it reads.
pub fn node(
    jinja: &Arc<Jinja>,
    manifest: &Arc<Manifest>,
    node: &Arc<Node>,
    session: Option<&Arc<Session>>,
) -> Result<CompiledNode> {
    Renderer { session, ..Renderer::new(jinja, manifest) }.node(node)
}

/// Renders a node without the ephemeral models it reads, which its SQL names like tables.
///
/// # Errors
/// The first mistake of its template.
pub fn uninjected(
    jinja: &Arc<Jinja>,
    manifest: &Arc<Manifest>,
    node: &Arc<Node>,
    session: Option<&Arc<Session>>,
) -> Result<(String, CompiledMap)> {
    let body = Renderer { session, ..Renderer::new(jinja, manifest) }.render(node)?;
    let compiled = inject(body.rendered, IndexMap::new());
    Ok((compiled.sql, compiled.map))
}

/// Renders nodes, with what takes the place of the real thing.
struct Renderer<'a> {
    jinja: &'a Arc<Jinja>,
    manifest: &'a Arc<Manifest>,
    session: Option<&'a Arc<Session>>,
    /// Further names that templates see.
    variables: Vec<(String, Value)>,
    /// What a unit test replaces.
    mocks: Option<Arc<Mocks>>,
    /// The queries that stand for what a unit test gives, with the names they are read by.
    given: IndexMap<UniqueId, (String, Rendered)>,
}

impl<'a> Renderer<'a> {
    fn new(jinja: &'a Arc<Jinja>, manifest: &'a Arc<Manifest>) -> Self {
        let given = IndexMap::new();
        Self { jinja, manifest, session: None, variables: Vec::new(), mocks: None, given }
    }

    fn node(&self, node: &Arc<Node>) -> Result<CompiledNode> {
        let body = self.render(node)?;
        let compiled = self.with_ephemeral(body)?;
        Ok(CompiledNode { overloads: self.overloads(node)?, ..compiled })
    }

    /// Renders the overloads of a function.
    fn overloads(&self, node: &Arc<Node>) -> Result<Vec<String>> {
        let NodeKind::Function { overloads, .. } = &node.kind else { return Ok(Vec::new()) };
        let bodies = overloads.iter().filter_map(|overload| overload["raw_body"].as_str());
        let render = |body| self.jinja.render_text(body, node.patch_span, &self.scope(node, Vec::new()));
        bodies.map(render).collect()
    }

    /// Puts in the ephemeral models, and what a unit test gives, that a body reads.
    fn with_ephemeral(&self, body: Body) -> Result<CompiledNode> {
        let mut ctes = IndexMap::new();
        self.collect(&body.ephemeral, &mut ctes)?;
        Ok(inject(body.rendered, ctes))
    }

    /// Renders every ephemeral model in `wanted` and below it, parents first, each once.
    fn collect(
        &self,
        wanted: &IndexSet<UniqueId>,
        ctes: &mut IndexMap<UniqueId, (String, Rendered)>,
    ) -> Result<()> {
        for id in wanted.iter().filter(|id| !ctes.contains_key(*id)).collect::<Vec<_>>() {
            if let Some(given) = self.given.get(id) {
                ctes.insert(Arc::clone(id), given.clone());
            } else if let Some(model) = self.manifest.nodes.get(id) {
                let body = self.render(model)?;
                self.collect(&body.ephemeral, ctes)?;
                ctes.insert(Arc::clone(id), (format!("{EPHEMERAL_PREFIX}{}", model.alias), body.rendered));
            }
        }
        Ok(())
    }

    fn scope(&self, node: &Arc<Node>, variables: Vec<(String, Value)>) -> Arc<Scope> {
        Arc::new(Scope {
            phase: Phase::Compile,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(self.manifest)),
            session: self.session.map(Arc::clone),
            variables: self.variables.iter().cloned().chain(variables).collect(),
            mocks: self.mocks.clone(),
            ..Scope::parse(node.package_name.clone())
        })
    }

    /// Renders a node's own template.
    fn render(&self, node: &Arc<Node>) -> Result<Body> {
        let jinja = self.jinja;
        let mut ephemeral = IndexSet::new();
        let mut variables = Vec::new();
        if let NodeKind::GenericTest { metadata, .. } = &node.kind {
            let scope = self.scope(node, Vec::new());
            let arguments = test_arguments(jinja, &metadata.kwargs, node.patch_span, &scope)?;
            variables.push((TEST_ARGUMENTS.to_owned(), arguments));
            ephemeral.extend(taken(&scope));
        }
        let scope = self.scope(node, variables);
        if node.language == Language::Python && node.resource_type() == ResourceType::Model {
            return python(jinja, node, &scope);
        }
        let range = node.source_offset..node.source_offset + node.raw_code.len();
        let from_file = jinja.sources().get(node.source).text.get(range.clone()) == Some(&*node.raw_code);
        let rendered = if from_file {
            jinja.render(node.source, range, &scope)?
        } else {
            let text = jinja.render_text(&node.raw_code, node.patch_span, &scope)?;
            Rendered { text, ..Rendered::default() }
        };
        ephemeral.extend(taken(&scope));
        Ok(Body { rendered, ephemeral })
    }
}

/// A Python model is no template: it is followed by what tells it about the project.
fn python(jinja: &Arc<Jinja>, node: &Node, scope: &Arc<Scope>) -> Result<Body> {
    let file = &jinja.sources().get(node.source).text;
    let mut rendered = Rendered::verbatim(node.source, node.source_offset, file, &node.raw_code);
    rendered.text.push_str("\n\n\n");
    rendered.text.push_str(&jinja.render_text(PYTHON_POSTFIX, node.patch_span, scope)?);
    match taken(scope).first() {
        None => Ok(Body { rendered, ephemeral: IndexSet::new() }),
        Some(ephemeral) => {
            let name = ephemeral.rsplit('.').next().unwrap_or(ephemeral);
            let code = Span::new(node.source, node.source_offset..node.source_offset);
            let span = node.refs.iter().find(|args| args.name == name).and_then(|args| args.span);
            let message = format!("the Python model `{}` reads `{name}`, which is ephemeral", node.name);
            Err(Box::new(
                Diagnostic::error(Code::RefNotAllowed, message)
                    .label(span.unwrap_or(code), "")
                    .help(format!("make `{name}` a view: only SQL can hold an ephemeral model")),
            ))
        }
    }
}

/// The ephemeral models that a render referred to.
fn taken(scope: &Scope) -> IndexSet<UniqueId> {
    std::mem::take(&mut scope.capture.lock().unwrap_or_else(PoisonError::into_inner).ephemeral)
}

/// Puts common table expressions in front of a query's own, as dbt does.
fn inject(body: Rendered, ctes: IndexMap<UniqueId, (String, Rendered)>) -> CompiledNode {
    let mut compiled = CompiledNode::default();
    let map = Arc::new(body.map);
    if ctes.is_empty() {
        compiled.map.push(0, Some(map), 0);
        compiled.sql = body.text;
        return compiled;
    }
    let own_with = sql::with_clause(&body.text);
    let start = body.text.len() - body.text.trim_start().len();
    let (before, glue, after) = match own_with {
        Some(end) => (&body.text[..end], "", ", "),
        None => (&body.text[..start], "with", " "),
    };
    compiled.map.push(0, Some(Arc::clone(&map)), 0);
    compiled.sql.push_str(before);
    compiled.map.push(compiled.sql.len(), None, 0);
    compiled.sql.push_str(glue);
    for (at, (id, (name, cte))) in ctes.into_iter().enumerate() {
        if at > 0 {
            compiled.sql.push_str(", ");
        }
        let text = format!(" {name} as (\n{}\n)", cte.text);
        let inner = compiled.sql.len() + name.len() + " as (\n".len() + 1;
        compiled.sql.push_str(&text);
        compiled.map.push(inner, Some(Arc::new(cte.map)), 0);
        compiled.map.push(inner + cte.text.len(), None, 0);
        compiled.extra_ctes.push((id, text));
    }
    compiled.sql.push_str(after);
    compiled.map.push(compiled.sql.len(), Some(map), before.len());
    compiled.sql.push_str(&body.text[before.len()..]);
    compiled
}
