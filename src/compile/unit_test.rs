//! What a unit test runs: its model, or its macro, with given rows in the place of everything it reads.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;

use super::{Body, CompiledNode, Renderer, Schemas, taken};
use crate::adapter::ColumnInfo;
use crate::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::jinja::{
    EPHEMERAL_PREFIX, Jinja, Mocks, Phase, Rendered, Scope, Session, SourceMap, Value, from_json,
    test_arguments,
};
use crate::manifest::{
    Expect, Fixture, Given, Input, Manifest, Mapping, Node, NodeConfig, NodeKind, ResourceType, Rows,
    Subject, UniqueId, UnitTest,
};
use crate::relation::{Relation, RelationKind};

/// What a unit test tests, ready to run.
#[derive(Debug)]
pub struct Tested {
    /// The node to run it as: the test, where its model would be built.
    pub node: Arc<Node>,
    /// The model's query over the given rows, or what the macro rendered.
    pub compiled: CompiledNode,
}

/// Reads the rows of a seed's file, for a test that gives none.
pub type SeedRows = fn(&Node, &crate::diagnostic::Sources) -> Result<Vec<Mapping>>;

/// Compiles what a unit test tests.
///
/// # Errors
/// A mistake of a template, an input that lacks, or one whose columns are not known or do not fit.
pub fn unit_test(
    jinja: &Arc<Jinja>,
    manifest: &Arc<Manifest>,
    schemas: &Schemas,
    test: &Arc<Node>,
    session: &Arc<Session>,
    seeds: SeedRows,
) -> Result<Tested> {
    let NodeKind::UnitTest(unit) = &test.kind else {
        let message = format!("`{}` is no unit test", test.unique_id);
        return Err(Box::new(Diagnostic::error(Code::InternalError, message)));
    };
    let model = test.depends_on.nodes.first().and_then(|id| manifest.nodes.get(id));
    let node = Arc::new(runnable(jinja, test, unit, model));
    let bench = Bench { jinja, manifest, schemas, session, seeds, node: &node, model };
    let compiled = bench.compile(unit)?;
    Ok(Tested { node, compiled })
}

/// The node that a unit test runs as: it has the model's code and place, and a name of its own.
fn runnable(jinja: &Jinja, test: &Node, unit: &UnitTest, model: Option<&Arc<Node>>) -> Node {
    let name = unit.versioned_name(&test.name);
    let mut config = Mapping::new();
    config.insert("materialized".to_owned(), json!("unit"));
    let (rows, query) = match &unit.expect {
        Expect::Rows(Fixture { rows: Rows::Table(rows), .. }) => (json!(rows), json!(null)),
        Expect::Rows(Fixture { rows: Rows::Query(sql), .. }) => (json!([]), json!(sql)),
        Expect::Rows(_) | Expect::Text { .. } => (json!([]), json!(null)),
    };
    config.insert("expected_rows".to_owned(), rows);
    config.insert("expected_sql".to_owned(), query);
    let target = |key: &str| jinja.globals().target.get(key).and_then(serde_json::Value::as_str);
    let database = test.database.as_deref().or_else(|| target("database"));
    let schema = Some(test.schema.as_str()).filter(|schema| !schema.is_empty()).or_else(|| target("schema"));
    let mut relation = Relation::new(database, schema, Some(&name));
    relation.quote = jinja.globals().quoting;
    let mut node = Node {
        database: database.map(str::to_owned),
        schema: schema.unwrap_or_default().to_owned(),
        alias: name.clone(),
        name,
        relation: Some(relation),
        config: NodeConfig(config),
        ..test.clone()
    };
    if let Some(model) = model {
        node.source = model.source;
        node.source_offset = model.source_offset;
        node.raw_code = Arc::clone(&model.raw_code);
        node.refs.clone_from(&model.refs);
        node.sources.clone_from(&model.sources);
        node.columns.clone_from(&model.columns);
        node.package_name.clone_from(&model.package_name);
        node.depends_on = model.depends_on.clone();
        for (key, value) in &model.config.0 {
            node.config.0.entry(key).or_insert_with(|| value.clone());
        }
    }
    node
}

/// Everything at hand while one unit test is compiled.
struct Bench<'a> {
    jinja: &'a Arc<Jinja>,
    manifest: &'a Arc<Manifest>,
    schemas: &'a Schemas,
    session: &'a Arc<Session>,
    seeds: SeedRows,
    /// The test as it runs.
    node: &'a Arc<Node>,
    model: Option<&'a Arc<Node>>,
}

/// What an input stands for.
struct Original<'a> {
    id: &'a UniqueId,
    name: &'a str,
    package: &'a str,
    /// The name of its common table expression, before the prefix.
    cte: String,
    /// Where it really is.
    relation: Relation,
}

impl Bench<'_> {
    fn compile(&self, unit: &UnitTest) -> Result<CompiledNode> {
        let mut mocks = Mocks {
            overrides: unit.overrides.clone().unwrap_or_default(),
            closed: self.model.is_none(),
            ..Mocks::default()
        };
        let mut given = IndexMap::new();
        for input in &unit.given {
            let id = match (&input.target, self.model) {
                (Some(Input::Node(id)), _) => id,
                (Some(Input::This), Some(model)) => &model.unique_id,
                _ => continue,
            };
            let is_this = input.target == Some(Input::This);
            self.give(id, Some(input), is_this, &mut mocks, &mut given)?;
        }
        for id in self.seeds_not_given(&given) {
            self.give(&id, None, false, &mut mocks, &mut given)?;
        }
        let renderer = Renderer {
            session: Some(self.session),
            mocks: Some(Arc::new(mocks)),
            given,
            ..Renderer::new(self.jinja, self.manifest)
        };
        let mut body = match &unit.subject {
            Subject::Model(_) => renderer.render(self.node)?,
            Subject::Macro { id, arguments, .. } => {
                let id = id.as_deref().unwrap_or_default();
                // An argument that does not fit has no place of its own.
                return self.call(&renderer, id, arguments).map_err(|error| match error.labels[..] {
                    [] => Box::new(error.label_opt(unit.span, "")),
                    _ => error,
                });
            }
        };
        // Whether `this` was used is not told.
        let this = self.model.map(|model| &model.unique_id).filter(|id| renderer.given.contains_key(*id));
        body.ephemeral.extend(this.cloned());
        renderer.with_ephemeral(body)
    }

    /// Calls the macro of a test; what it gives is text.
    fn call(&self, renderer: &Renderer<'_>, id: &str, arguments: &serde_json::Value) -> Result<CompiledNode> {
        let scope = renderer.scope(self.node, Vec::new());
        let place = self.node.patch_span;
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        match arguments {
            serde_json::Value::Array(items) => {
                let all = Mapping::from_iter([("all".to_owned(), json!(items))]);
                let all = test_arguments(self.jinja, &all, place, &scope)?;
                let all = all.get_attr("all").unwrap_or_default();
                positional.extend(all.try_iter().into_iter().flatten());
            }
            serde_json::Value::Object(arguments) => {
                let all = test_arguments(self.jinja, arguments, place, &scope)?;
                for name in arguments.keys() {
                    named.push((name.as_str(), all.get_attr(name).unwrap_or_default()));
                }
            }
            _ => {}
        }
        let returned = self.jinja.call(id, &positional, &named, &scope)?;
        let text = returned.to_string();
        let body = Body { rendered: Rendered { text, ..Rendered::default() }, ephemeral: taken(&scope) };
        renderer.with_ephemeral(body)
    }

    /// Seeds that the model reads and the test does not mention: they come from their files.
    fn seeds_not_given(&self, given: &IndexMap<UniqueId, (String, Rendered)>) -> Vec<UniqueId> {
        let mut seeds = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<&Arc<Node>> = self.model.into_iter().collect();
        while let Some(node) = open.pop() {
            let parents = node.depends_on.nodes.iter().filter_map(|id| self.manifest.nodes.get(id));
            for parent in parents.filter(|parent| !given.contains_key(&parent.unique_id)) {
                if !seen.insert(&parent.unique_id) {
                    continue;
                }
                if parent.resource_type() == ResourceType::Seed {
                    seeds.push(Arc::clone(&parent.unique_id));
                } else if parent.is_ephemeral() {
                    open.push(parent);
                }
            }
        }
        seeds
    }

    /// Puts rows in the place of a node or source.
    fn give(
        &self,
        id: &UniqueId,
        input: Option<&Given>,
        is_this: bool,
        mocks: &mut Mocks,
        given: &mut IndexMap<UniqueId, (String, Rendered)>,
    ) -> Result<()> {
        let Some(original) = self.original(id) else { return Ok(()) };
        let mut name = format!("{EPHEMERAL_PREFIX}{}", original.cte);
        while given.values().any(|(taken, _)| *taken == name) {
            name.push('_');
        }
        let mut relation = Relation::new(None, None, Some(&name));
        relation.quote.identifier = false;
        relation.kind = Some(RelationKind::Cte);
        let schema = self.schemas.of(id);
        let sql = match input.map(|input| (&input.fixture.rows, input)) {
            Some((Rows::Query(sql), input)) => self.query(&original, sql, input)?,
            rows => {
                let columns = schema.columns.as_ref().map_err(|reason| {
                    let message = format!(
                        "Not able to get columns for unit test '{}' from relation {}: {reason}",
                        original.name,
                        original.relation.name()
                    );
                    let error = Diagnostic::error(Code::UnitTestInput, message);
                    let place = input.and_then(|input| input.span).or(self.node.patch_span);
                    Box::new(error.label_opt(place, "").help(
                        "build it once, declare the `data_type` of its columns, or give its rows as `format: sql`",
                    ))
                })?;
                let rows = if let Some((Rows::Table(rows), input)) = rows {
                    fits(&original, &input.fixture, rows, columns)?;
                    rows.clone()
                } else {
                    let seed =
                        self.manifest.nodes.get(id).filter(|n| n.resource_type() == ResourceType::Seed);
                    let seed = seed.ok_or_else(|| Box::new(no_rows(self.node, input)))?;
                    (self.seeds)(seed, self.jinja.sources())?
                };
                mocks.columns.insert(relation.name(), columns.clone());
                self.fixture(&original, &rows, columns)?
            }
        };
        if let Ok(columns) = &schema.columns {
            mocks.columns.entry(relation.name()).or_insert_with(|| columns.clone());
        }
        if is_this {
            mocks.this = Some(relation.clone());
        }
        mocks.inputs.insert(Arc::clone(id), relation);
        let place = input.and_then(|input| input.fixture.span);
        let map = place.map(|span| SourceMap::whole(span, self.jinja.sources())).unwrap_or_default();
        given.insert(Arc::clone(id), (name, Rendered { text: sql, map }));
        Ok(())
    }

    fn original<'b>(&'b self, id: &'b UniqueId) -> Option<Original<'b>> {
        if let Some(source) = self.manifest.sources.get(id) {
            let cte = format!("{}__{}", source.source_name, source.identifier);
            let (name, package, relation) = (&source.name, &source.package_name, source.relation.clone());
            return Some(Original { id, name, package, cte, relation });
        }
        let node = self.manifest.nodes.get(id)?;
        let relation = node.relation.clone().unwrap_or_else(|| {
            Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias))
        });
        let (name, package, cte) = (&node.name, &node.package_name, node.alias.clone());
        Some(Original { id, name, package, cte, relation })
    }

    /// The scope in which an input is rendered: it is a model of the same name in the same place.
    fn input_scope(&self, original: &Original<'_>, columns: &[ColumnInfo]) -> Arc<Scope> {
        let part = |part: &Option<Arc<str>>| part.as_deref().map(str::to_owned);
        let relation = &original.relation;
        let unlike = Node {
            unique_id: Arc::clone(original.id),
            name: original.name.to_owned(),
            package_name: original.package.to_owned(),
            alias: part(&relation.identifier).unwrap_or_default(),
            schema: part(&relation.schema).unwrap_or_default(),
            database: part(&relation.database),
            relation: Some(relation.clone()),
            kind: NodeKind::Analysis,
            ..(**self.node).clone()
        };
        let mocks = Mocks {
            this: Some(relation.clone()),
            columns: HashMap::from([(relation.name(), columns.to_vec())]),
            ..Mocks::default()
        };
        Arc::new(Scope {
            phase: Phase::Compile,
            node: Some(Arc::new(unlike)),
            manifest: Some(Arc::clone(self.manifest)),
            session: Some(Arc::clone(self.session)),
            mocks: Some(Arc::new(mocks)),
            ..Scope::parse(original.package)
        })
    }

    /// A query that gives rows, each value cast to the type of its column.
    fn fixture(&self, original: &Original<'_>, rows: &[Mapping], columns: &[ColumnInfo]) -> Result<String> {
        let root = &self.jinja.globals().project_name;
        let Some(found) = self.jinja.registry().find("get_fixture_sql", root) else {
            let message = "there is no macro `get_fixture_sql`";
            return Err(Box::new(Diagnostic::error(Code::MacroNotFound, message)));
        };
        let scope = self.input_scope(original, columns);
        let arguments = [from_json(&json!(rows)), Value::from(())];
        let text = self.jinja.call(&found.unique_id, &arguments, &[], &scope)?;
        Ok(text.to_string())
    }

    /// A query as it was given.
    fn query(&self, original: &Original<'_>, sql: &str, input: &Given) -> Result<String> {
        let scope = self.input_scope(original, &[]);
        self.jinja.render_text(sql.trim().trim_end_matches(';'), input.fixture.span, &scope)
    }
}

/// Whether rows name only columns that are there.
fn fits(original: &Original<'_>, fixture: &Fixture, rows: &[Mapping], columns: &[ColumnInfo]) -> Result<()> {
    for (at, row) in rows.iter().enumerate() {
        for name in row.keys() {
            if columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
                continue;
            }
            let lower = name.to_lowercase();
            let known: Vec<_> = columns.iter().map(|column| column.name.to_lowercase()).collect();
            let list: Vec<_> = known.iter().map(|name| format!("'{name}'")).collect();
            let message = format!(
                "Invalid column name: '{lower}' in unit test fixture for '{0}'.\nAccepted columns for '{0}' are: [{1}]",
                original.name,
                list.join(", ")
            );
            let span = fixture.row_spans.get(at).copied().or(fixture.span);
            let error = Diagnostic::error(Code::UnitTestInput, message).label_opt(span, "in this row");
            return Err(Box::new(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            }));
        }
    }
    Ok(())
}

/// The error of an input without rows that is no seed.
fn no_rows(node: &Node, input: Option<&Given>) -> Diagnostic {
    let said = input.map_or("", |input| &input.input);
    let message = format!("unit test `{}` gives no rows for `{said}`, which is no seed", node.name);
    let error = Diagnostic::error(Code::UnitTestInput, message);
    let span = input.and_then(|input| input.span).or(node.patch_span);
    error.label_opt(span, "").help("write them under `rows`; `rows: []` gives none")
}
