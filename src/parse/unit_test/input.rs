//! What the inputs of a unit test stand for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::jinja::Scope;
use crate::manifest::{Given, Input, Manifest, Node, UnitTest};
use crate::parse::reference::{Reference, reference};
use crate::parse::{Parsing, file};

/// Resolves what each input stands for.
pub(super) fn inputs(
    parsing: &Parsing,
    manifest: &Manifest,
    test: &Node,
    unit: &mut UnitTest,
    model: Option<&Arc<Node>>,
    found: &mut Vec<Diagnostic>,
) {
    let mut seen: Vec<Input> = Vec::new();
    for given in &mut unit.given {
        let target = match input(parsing, manifest, test, given, model) {
            Ok(target) => target,
            Err(mistake) => {
                found.push(*mistake);
                continue;
            }
        };
        if seen.contains(&target) {
            let message = format!("unit test `{}` gives `{}` twice", test.name, given.input);
            let error = Diagnostic::error(Code::UnitTestInvalid, message);
            found.push(error.label_opt(given.span, "given before").help("put all its rows under one input"));
        } else if let (Input::Node(id), Some(model)) = (&target, model)
            && parsing.is_own(&test.package_name)
            && !reads(manifest, model, id)
        {
            let message = format!(
                "unit test `{}` gives `{}`, which model `{}` does not read",
                test.name, given.input, model.name
            );
            found.push(
                Diagnostic::warning(Code::UnitTestInvalid, message).label_opt(given.span, "has no effect"),
            );
        }
        seen.push(target.clone());
        given.target = Some(target);
    }
}

fn input(
    parsing: &Parsing,
    manifest: &Manifest,
    test: &Node,
    given: &Given,
    model: Option<&Arc<Node>>,
) -> Result<Input, Box<Diagnostic>> {
    let call = given.input.trim();
    let mistake =
        |message: String| Diagnostic::error(Code::UnitTestInvalid, message).label_opt(given.span, "");
    if call == "this" && model.is_some() {
        return Ok(Input::This);
    }
    let unreadable = || {
        let message = format!(
            "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '{}'.",
            given.input
        );
        Box::new(mistake(message).help("write it as in the model, without braces: `ref('orders')`"))
    };
    let said = reference(call, given.span).or_else(|| rendered(parsing, test, call, given.span));
    let root = &parsing.project.root;
    let missing = |near: Option<String>| {
        let message = format!(
            "Unit test '{}' had an input ({}) which was not found in the manifest.",
            test.name, given.input
        );
        let error = mistake(message);
        Box::new(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        })
    };
    match said.ok_or_else(unreadable)? {
        Reference::Ref(args) => match manifest.resolve_ref(&args, &test.package_name, root) {
            Ok(node) if model.is_some_and(|model| model.unique_id == node.unique_id) => Ok(Input::This),
            Ok(node) => Ok(Input::Node(Arc::clone(&node.unique_id))),
            Err(_) => {
                let known = manifest.refable.keys().map(String::as_str).collect::<BTreeSet<_>>();
                Err(missing(nearest(&args.name, known).map(|near| format!("ref('{near}')"))))
            }
        },
        Reference::Source(source, table) => {
            manifest.resolve_source(&source, &table, &test.package_name, root).map_or_else(
                |_| {
                    let known: HashMap<String, String> = manifest
                        .sources
                        .values()
                        .map(|s| {
                            let call = format!("source('{}', '{}')", s.source_name, s.name);
                            (format!("{}.{}", s.source_name, s.name), call)
                        })
                        .collect();
                    let mut names: Vec<_> = known.keys().map(String::as_str).collect();
                    names.sort_unstable();
                    let near = nearest(&format!("{source}.{table}"), names);
                    Err(missing(near.and_then(|near| known.get(near).cloned())))
                },
                |found| Ok(Input::Node(Arc::clone(&found.unique_id))),
            )
        }
    }
}

/// A reference that is no plain call, such as one through a `ref` macro of the project's own.
fn rendered(parsing: &Parsing, test: &Node, call: &str, span: Option<Span>) -> Option<Reference> {
    let scope = Arc::new(Scope::parse(test.package_name.clone()));
    parsing.jinja.render_text(&format!("{{{{ {call} }}}}"), span, &scope).ok()?;
    let said = file::taken(&scope);
    let source = said.sources.into_iter().map(|(source, table, _)| Reference::Source(source, table));
    said.refs.into_iter().map(Reference::Ref).chain(source).next()
}

/// Whether a model reads a node, itself or through the ephemeral models that become part of it.
fn reads(manifest: &Manifest, model: &Node, id: &str) -> bool {
    let mut open: Vec<&Node> = vec![model];
    let mut seen = HashSet::new();
    while let Some(node) = open.pop() {
        for parent in &node.depends_on.nodes {
            if &**parent == id {
                return true;
            }
            let ephemeral = manifest.nodes.get(parent).filter(|node| node.is_ephemeral());
            open.extend(ephemeral.filter(|node| seen.insert(&*node.unique_id)).map(|node| &**node));
        }
    }
    false
}
