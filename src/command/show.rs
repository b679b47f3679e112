//! `teal show`: the first rows of the selected nodes, or of a query given on the command line.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::load::Loaded;
use super::select::{self, Purpose};
use super::{Failure, Invocation, Verdict, compile, execute, inline, preview};
use crate::adapter::Table;
use crate::artifact::Extent;
use crate::console::{Event, Level};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::TestEdges;
use crate::jinja::{Phase, RelationCache, Scope, Session, from_json};
use crate::manifest::{Language, Mapping, Node, NodeResult, ResourceType};
use crate::run;

/// Shows what is selected.
pub(super) fn run(invocation: &Invocation, mut loaded: Loaded) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let steps = match &flags.inline {
        Some(sql) => select::independent([inline::add(invocation, &mut loaded, sql)?]),
        None if flags.select.is_empty() && flags.selector.is_none() => {
            let message = "Either --select or --inline must be passed to show";
            return Err(vec![Diagnostic::error(Code::Usage, message)]);
        }
        None => {
            let selected = select::selection(invocation, &loaded, compile::KINDS, Purpose::Run)?;
            select::steps(&loaded, &selected, TestEdges::Ignore)
        }
    };
    let started = Instant::now();
    let mut outcome = execute::compile(invocation, &loaded, steps)?;
    let adapter = Arc::clone(&loaded.adapter);
    let sink = Arc::clone(&loaded.jinja.globals().sink);
    let session = Session::new(adapter, Arc::new(RelationCache::default()), sink);
    for result in &mut outcome.results {
        let Some(node) = loaded.manifest.nodes.get(&result.unique_id).map(Arc::clone) else { continue };
        if node.language == Language::Python {
            let message = format!("`show` runs queries, and `{}` is written in Python", node.name);
            let help = format!(
                "build it, and show what it made: --inline \"select * from {{{{ ref('{}') }}}}\"",
                node.name
            );
            return Err(vec![Diagnostic::error(Code::Usage, message).help(help)]);
        }
        let table = rows(invocation, &loaded, &session, &node, result)?;
        if compile::is_asked_for(invocation, &node.name) {
            let name = node.version().map_or_else(|| node.name.clone(), |v| format!("{}.v{v}", node.name));
            invocation.console.emit(event(invocation, &name, &node.unique_id, &table));
        }
    }
    let elapsed = started.elapsed().as_secs_f64();
    execute::write(invocation, &loaded, &outcome, elapsed, Extent::Compiled)?;
    Ok(Verdict::Passed)
}

/// Shows the rows of `--inline-direct`: sent as it is, with no project read.
pub(super) fn direct(invocation: &Invocation, sql: &str) -> Result<Verdict, Failure> {
    let opened = super::load::open(invocation)?;
    let fail = |error| vec![super::load::connection_mistake(&error, &opened.profile)];
    let mut connection = opened.adapter.connect().map_err(fail)?;
    let (_, table) = connection
        .query(sql, invocation.flags.limit)
        .map_err(|error| vec![run::from_warehouse(&error, sql, "show", None, &invocation.sources)])?;
    invocation.console.emit(event(invocation, "direct-query", "direct-query", &table));
    Ok(Verdict::Passed)
}

/// Runs a compiled node's query with `--limit`, which becomes part of its compiled code.
fn rows(
    invocation: &Invocation,
    loaded: &Loaded,
    session: &Arc<Session>,
    node: &Arc<Node>,
    result: &mut NodeResult,
) -> Result<Table, Failure> {
    let sql = limited(invocation, loaded, session, node, result)?;
    session.begin_node(Some(Arc::clone(&node.unique_id)), None);
    let started = Instant::now();
    let answer = session.query(&sql, None);
    result.execution_time = started.elapsed().as_secs_f64();
    let (response, table) = answer.map_err(|error| {
        let owner = format!("{} {}", node.resource_type().as_str(), node.name);
        vec![run::from_warehouse(&error, &sql, &owner, None, &invocation.sources)]
    })?;
    result.adapter_response = Mapping::from_iter([("_message".to_owned(), json!(response.message))]);
    result.compiled_code = Some(sql);
    Ok(table)
}

fn limited(
    invocation: &Invocation,
    loaded: &Loaded,
    session: &Arc<Session>,
    node: &Arc<Node>,
    result: &NodeResult,
) -> Result<String, Failure> {
    let compiled = match (node.resource_type(), &node.relation) {
        (ResourceType::Seed, Some(relation)) => format!("select * from {}", relation.name()),
        _ => result.compiled_code.clone().unwrap_or_default(),
    };
    let jinja = &loaded.jinja;
    let root = &loaded.project.root;
    let Some(definition) = jinja.registry().find("get_show_sql", root) else {
        return Err(vec![Diagnostic::error(Code::MacroNotFound, "there is no macro `get_show_sql`")]);
    };
    let scope = Arc::new(Scope {
        phase: Phase::Run,
        node: Some(Arc::clone(node)),
        manifest: Some(Arc::clone(&loaded.manifest)),
        session: Some(Arc::clone(session)),
        ..Scope::parse(node.package_name.clone())
    });
    let arguments = [
        ("compiled_code", from_json(&json!(compiled))),
        ("sql_header", from_json(&json!(node.config.text("sql_header")))),
        ("limit", from_json(&json!(invocation.flags.limit))),
    ];
    let sql = jinja.call(&definition.unique_id, &[], &arguments, &scope).map_err(|error| vec![*error])?;
    Ok(sql.to_string())
}

fn event(invocation: &Invocation, name: &str, id: &str, table: &Table) -> Event {
    let flags = &invocation.flags;
    let is_inline = flags.inline.is_some() || flags.inline_direct.is_some();
    let format = flags.output.as_deref().unwrap_or("text");
    let (text, preview) = if format == "json" {
        let rows = preview::to_json(table);
        let shown = if is_inline { json!({"show": rows}) } else { json!({"node": name, "show": rows}) };
        (format!("{shown:#}"), rows.to_string())
    } else {
        let preview = preview::to_text(table);
        let text = if invocation.console.is_quiet() {
            preview.clone()
        } else if is_inline {
            format!("Previewing inline node:\n{preview}")
        } else {
            format!("Previewing node '{name}':\n{preview}")
        };
        (text, preview)
    };
    let data = json!({"node_name": name, "preview": preview, "is_inline": is_inline,
        "output_format": format, "unique_id": id});
    Event::new("ShowNode", "Q041", Level::Info, text, data)
}
