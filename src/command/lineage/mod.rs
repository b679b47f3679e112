//! `teal lineage`: what a column is made of, what is made of it, and what breaks when it changes.
//!
//! In reading order: this file finds what is asked for and makes lineage of what it needs, `subject` reads
//! the word, `picture` is the part of the lineage that is shown; `text`, `impact`, `json`, `diagram`, `html` and
//! `openlineage` are the forms it is shown in.

mod diagram;
mod html;
mod impact;
mod json;
mod openlineage;
mod picture;
mod subject;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::load::Loaded;
use super::{Failure, Invocation, Verdict};
use crate::compile::lineage::{Breakers, Direction, Lineage, Paths, Request};
use crate::console::Event;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{RelationCache, Session};
use crate::manifest::UniqueId;
use crate::sql::Dialect;
use picture::Picture;
use subject::Subject;

pub(super) use json::{annotated, document};
pub(super) use picture::label;

/// Shows the lineage of a column or of a whole node.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let Some(word) = &invocation.word else {
        let message = "`teal lineage` wants a node or a column, as in `teal lineage orders.amount`";
        return Err(vec![Diagnostic::error(Code::Usage, message)]);
    };
    let flags = &invocation.flags;
    let asked = subject::read(word, loaded).map_err(|error| vec![*error])?;
    let is_impact = flags.on("impact");
    let directions: &[Direction] = match (flags.on("upstream"), flags.on("downstream")) {
        _ if is_impact => &[Direction::Downstream],
        (true, false) => &[Direction::Upstream],
        (false, true) => &[Direction::Downstream],
        _ => &[Direction::Upstream, Direction::Downstream],
    };
    let mut wanted = vec![UniqueId::clone(&asked.node)];
    if directions.contains(&Direction::Downstream) {
        wanted.extend(loaded.graph.descendants(&asked.node).into_iter().cloned());
    }
    let lineage = make(invocation, loaded, Some(&wanted));
    let subject = Subject::settle(asked, &lineage, loaded).map_err(|error| vec![*error])?;
    let depth = flags.all.get("depth").and_then(Value::as_u64).and_then(|depth| usize::try_from(depth).ok());
    let picture = Picture {
        depth: depth.or(if subject.column.is_none() && !is_impact { Some(1) } else { None }),
        paths: Paths::new(&lineage),
        lineage: &lineage,
        manifest: &loaded.manifest,
        sources: &invocation.sources,
        look: invocation.console.look(),
        with_influences: flags.on("influences"),
        directions,
        subject,
    };
    let shown = match (flags.output.as_deref(), is_impact) {
        (Some("json"), true) => format!("{:#}", impact::json(&picture)),
        (Some("json"), false) => format!("{:#}", json::picture(&picture)),
        (Some("mermaid"), _) => diagram::mermaid(&picture),
        (Some("dot"), _) => diagram::dot(&picture),
        (Some("html"), _) => html::page(&picture),
        (Some("openlineage"), _) => openlineage::events(&picture, loaded, &invocation.stamp),
        (_, true) => impact::text(&picture),
        _ => text::text(&picture),
    };
    invocation.console.emit(Event::output(shown.trim_end().to_owned()));
    Ok(Verdict::Passed)
}

/// The lineage of nodes and all they need, or of the whole project.
pub(super) fn make(invocation: &Invocation, loaded: &Loaded, wanted: Option<&[UniqueId]>) -> Lineage {
    let catalog = crate::artifact::read_catalog(&loaded.target(invocation).join("catalog.json"));
    make_with(loaded, wanted, &catalog, &Breakers::default())
}

/// The same, with the columns of relations as they were just read, and what ends the way of a class of data.
pub(super) fn make_with(
    loaded: &Loaded,
    wanted: Option<&[UniqueId]>,
    catalog: &BTreeMap<UniqueId, Vec<String>>,
    breakers: &Breakers,
) -> Lineage {
    let request = Request {
        jinja: &loaded.jinja,
        manifest: &loaded.manifest,
        graph: &loaded.graph,
        dialect: Dialect::of(&loaded.profile.kind),
        catalog,
        breakers,
        wanted,
    };
    let cache = Arc::new(RelationCache::default());
    let sink = &loaded.jinja.globals().sink;
    let session = || Session::new(Arc::clone(&loaded.adapter), Arc::clone(&cache), Arc::clone(sink));
    Lineage::new(&request, &session)
}
