//! What must be there before the first node: its schema, and the knowledge of what the schema holds.
//!
//! Schemas are made here, once and by one connection, because two transactions that make the same
//! schema would collide.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Plan, fault};
use crate::adapter::AdapterError;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::{Phase, Scope, Session, Value, relation_value};
use crate::relation::{Policy, Relation};

/// Makes the schemas that are missing and lists what the others hold.
const TEMPLATE: &str = "
{%- for schema in schemas -%}
  {%- if not adapter.check_schema_exists(schema.database, schema.schema) -%}
    {%- do adapter.create_schema(schema) -%}
  {%- endif -%}
  {%- do adapter.list_relations(schema.database, schema.schema) -%}
{%- endfor -%}";

/// Prepares the schemas of everything in the plan that is built.
pub(super) fn schemas(plan: &Plan, session: &Arc<Session>) -> Result<()> {
    let wanted = wanted(plan);
    if wanted.is_empty() {
        return Ok(());
    }
    let schemas: Vec<Value> = wanted.into_iter().map(relation_value).collect();
    let scope = Arc::new(Scope {
        phase: Phase::Run,
        manifest: Some(Arc::clone(&plan.manifest)),
        session: Some(Arc::clone(session)),
        variables: vec![("schemas".to_owned(), Value::from(schemas))],
        ..Scope::parse(plan.jinja.globals().project_name.clone())
    });
    let sources = plan.jinja.sources();
    let told = |said: &AdapterError, sql: &str| {
        fault::from_warehouse(said, sql, "the preparation of schemas", None, sources)
    };
    plan.jinja.render_text(TEMPLATE, None, &scope).map_err(|error| match session.take_error() {
        Some((said, sql)) => {
            Box::new(Diagnostic { trace: fault::own_frames(error.trace, plan), ..told(&said, &sql) })
        }
        None => error,
    })?;
    session.commit().map_err(|said| Box::new(told(&said, "commit")))
}

/// The schemas of the plan's nodes, each once however it is written.
fn wanted(plan: &Plan) -> Vec<Relation> {
    let mut schemas = IndexMap::new();
    for node in plan.steps.keys().filter_map(|id| plan.node(id)) {
        let Some(relation) = node.relation.as_ref().filter(|_| fault::relation_name(node).is_some()) else {
            continue;
        };
        let lower = |part: &Option<Arc<str>>| part.as_deref().map(str::to_lowercase);
        let include = Policy { identifier: false, ..Policy::ALL };
        let schema = Relation { identifier: None, kind: None, include, ..relation.clone() };
        schemas.entry((lower(&relation.database), lower(&relation.schema))).or_insert(schema);
    }
    schemas.into_values().collect()
}
