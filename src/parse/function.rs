//! Functions of the warehouse: overloads are files that become part of the function that names them, and
//! some languages are not for every warehouse.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::Parsing;
use super::draft::Draft;
use super::file::Parsed;
use super::properties::NodeProperties;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Language, Node, NodeKind, ResourceType};
use crate::project::FileKind;

/// Puts overloads into the functions that name them, and takes them out of the list; `draft_of` leads from
/// properties to what they are about.
pub(super) fn absorb_overloads(
    nodes: &mut Vec<Parsed>,
    drafts: &[Draft],
    said: &[NodeProperties],
    draft_of: &[Option<usize>],
    found: &mut Vec<Diagnostic>,
) {
    let with_overloads = said.iter().zip(draft_of).filter_map(|(said, draft)| {
        let overloads = &said.function.as_ref()?.overloads;
        (!overloads.is_empty()).then_some((overloads, (*draft)?))
    });
    let with_overloads: Vec<_> = with_overloads.collect();
    if with_overloads.is_empty() {
        return;
    }
    let functions = drafts.iter().enumerate().filter(|(_, draft)| draft.file.kind == FileKind::Function);
    let by_name: HashMap<_, _> =
        functions.map(|(at, draft)| ((draft.file.package.as_str(), draft.name.as_str()), at)).collect();
    let mut owners: HashMap<usize, String> = HashMap::new();
    for (overloads, root) in with_overloads {
        for overload in overloads {
            let name = overload.said["defined_in"].as_str().unwrap_or_default();
            let owner = nodes[root].node.name.clone();
            let package = drafts[root].file.package.as_str();
            let body = by_name.get(&(package, name)).copied();
            let problem = match body {
                None => format!("the overload `{name}` of `{owner}` is no file of functions"),
                Some(body) if body == root => format!("the function `{owner}` cannot be its own overload"),
                Some(body) if owners.contains_key(&body) => {
                    format!("the overload `{name}` belongs to `{}` already", owners[&body])
                }
                Some(body) => {
                    owners.insert(body, owner);
                    absorb(nodes, root, body, &overload.said);
                    continue;
                }
            };
            let known = by_name.keys().filter(|(of, _)| *of == package).map(|(_, name)| *name);
            let mut known: Vec<_> = known.collect();
            known.sort_unstable();
            let error = Diagnostic::error(Code::FunctionInvalid, problem).label(overload.span, "");
            found.push(if body.is_none() { error.suggest(name, known) } else { error });
        }
    }
    let mut at = 0;
    let gone: HashSet<usize> = owners.into_keys().collect();
    nodes.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

/// Gives a function an overload: its code, and what the code needs.
fn absorb(nodes: &mut [Parsed], root: usize, body: usize, said: &crate::manifest::Mapping) {
    let Parsed { node: body, source_spans, .. } = &nodes[body];
    let (refs, sources, functions) = (body.refs.clone(), body.sources.clone(), body.functions.clone());
    let (macros, source_spans) = (body.depends_on.macros.clone(), source_spans.clone());
    let overload = json!({
        "defined_in": said["defined_in"],
        "arguments": said["arguments"],
        "returns": said["returns"],
        "description": said["description"],
        "raw_body": &*body.raw_code,
        "compiled_body": null,
    });
    let Parsed { node, source_spans: spans, .. } = &mut nodes[root];
    node.refs.extend(refs);
    node.functions.extend(functions);
    node.depends_on.macros.extend(macros);
    node.sources.extend(sources);
    spans.extend(source_spans);
    if let NodeKind::Function { overloads, .. } = &mut node.kind {
        overloads.push(overload);
    }
}

/// A function in a language for which the warehouse has no macro; dbt tells of JavaScript before it runs.
pub(super) fn validate(parsing: &Parsing, node: &Node) -> Option<Diagnostic> {
    if node.resource_type() != ResourceType::Function || node.language != Language::JavaScript {
        return None;
    }
    let warehouse = parsing.jinja.globals().adapter.name();
    let kind = node.config.text("type").unwrap_or("scalar");
    let name = format!("{kind}_function_javascript");
    let found = parsing.jinja.registry().dispatch(&name, None, &[warehouse, "default"], &node.package_name);
    if found.is_ok() {
        return None;
    }
    let message =
        format!("Function '{}' uses JavaScript, which is not supported on '{warehouse}'.", node.name);
    Some(Diagnostic::error(Code::FunctionInvalid, message).help("write it in SQL"))
}
