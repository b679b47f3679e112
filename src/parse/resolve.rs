//! Names to ids: what each `ref` and `source` means, and whether it may be said.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;

use super::Parsing;
use super::file::is_relational;
use super::semantic;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::{
    Exposure, Manifest, Node, NodeKind, RefArgs, ResourceType, SemanticNode, UniqueId, Unresolved, Value,
};

/// Where the sources of a node or an exposure were said, in their order.
pub(super) type SourceSpans = HashMap<UniqueId, Vec<Option<Span>>>;

/// What came of one node's references.
#[derive(Debug, Default)]
struct Resolution {
    depends: Vec<UniqueId>,
    found: Vec<Diagnostic>,
    /// A test of something that is not there is none.
    disabled: bool,
}

/// Who says `ref` or `source`.
struct Speaker<'a> {
    id: &'a UniqueId,
    kind: ResourceType,
    package: &'a str,
    path: &'a str,
    group: Option<&'a str>,
    /// Its code, and where that stands, to point into when a call has no span.
    code: Option<(&'a str, &'a Node)>,
    place: Option<Span>,
}

/// Fills the lookups by name.
pub(super) fn index(manifest: &mut Manifest) {
    for (id, node) in manifest.nodes.iter().filter(|(_, node)| node.is_refable()) {
        manifest.refable.entry(node.name.clone()).or_default().push(Arc::clone(id));
    }
    for (id, node) in &manifest.nodes {
        if node.resource_type() == ResourceType::Function {
            manifest.function_names.entry(node.name.clone()).or_default().push(Arc::clone(id));
        }
    }
    for (id, node) in &manifest.semantic {
        if node.resource_type == ResourceType::Metric {
            manifest.metric_names.entry(node.name.clone()).or_default().push(Arc::clone(id));
        }
    }
    for (id, source) in &manifest.sources {
        let name = (source.source_name.clone(), source.name.clone());
        manifest.source_names.entry(name).or_default().push(Arc::clone(id));
    }
}

/// Resolves every reference; tests of what is not there are disabled where they stand, as in dbt.
pub(super) fn references(
    parsing: &Parsing,
    manifest: &mut Manifest,
    spans: &SourceSpans,
    found: &mut Vec<Diagnostic>,
) {
    let nodes: Vec<_> = manifest.nodes.values().collect();
    let resolved: Vec<_> = nodes
        .par_iter()
        .map(|node| {
            let speaker = Speaker::of_node(node, parsing);
            let said = Said {
                refs: &node.refs,
                sources: &node.sources,
                metrics: &node.metrics,
                functions: &node.functions,
                source_spans: spans.get(&node.unique_id),
            };
            resolve(parsing, manifest, &speaker, &said)
        })
        .collect();
    let exposures: Vec<_> = manifest
        .exposures
        .values()
        .map(|exposure| {
            let speaker = Speaker::of_exposure(exposure);
            let said = Said {
                refs: &exposure.refs,
                sources: &exposure.sources,
                metrics: &exposure.metrics,
                functions: &[],
                source_spans: spans.get(&exposure.unique_id),
            };
            resolve(parsing, manifest, &speaker, &said)
        })
        .collect();
    let semantic: Vec<_> = manifest
        .semantic
        .values()
        .map(|node| {
            let speaker = Speaker::of_semantic(node);
            resolve(parsing, manifest, &speaker, &Said { refs: &node.refs, ..Said::default() })
        })
        .collect();
    for (node, resolution) in manifest.nodes.values_mut().zip(resolved) {
        found.extend(resolution.found);
        let node = Arc::make_mut(node);
        node.depends_on.nodes = resolution.depends;
        if resolution.disabled {
            node.config.0.insert("enabled".to_owned(), Value::Bool(false));
        }
    }
    for (exposure, resolution) in manifest.exposures.values_mut().zip(exposures) {
        found.extend(resolution.found);
        Arc::make_mut(exposure).depends_on.nodes = resolution.depends;
    }
    for (node, resolution) in manifest.semantic.values_mut().zip(semantic) {
        found.extend(resolution.found);
        let Some(model) = resolution.depends.first().and_then(|id| manifest.nodes.get(id)) else { continue };
        let node = Arc::make_mut(node);
        node.body.insert("node_relation".to_owned(), node_relation(model));
        node.depends_on.nodes = resolution.depends;
    }
}

/// Where a semantic model's rows are.
fn node_relation(model: &Node) -> Value {
    json!({
        "alias": model.alias,
        "schema_name": model.schema,
        "database": model.database,
        "relation_name": model.relation.as_ref().map(crate::relation::Relation::name),
    })
}

/// What a speaker says.
#[derive(Default)]
struct Said<'a> {
    refs: &'a [RefArgs],
    sources: &'a [(String, String)],
    metrics: &'a [Vec<String>],
    functions: &'a [Vec<String>],
    source_spans: Option<&'a Vec<Option<Span>>>,
}

impl<'a> Speaker<'a> {
    fn of_node(node: &'a Node, parsing: &Parsing) -> Self {
        let place = node.patch_span.or_else(|| {
            let from_file = node.source != parsing.project.root().source;
            from_file.then(|| Span::new(node.source, node.source_offset..node.source_offset))
        });
        Self {
            id: &node.unique_id,
            kind: node.resource_type(),
            package: &node.package_name,
            path: &node.original_file_path,
            group: node.group.as_deref(),
            code: Some((&node.raw_code, node)),
            place,
        }
    }

    fn of_exposure(exposure: &'a Exposure) -> Self {
        Self {
            id: &exposure.unique_id,
            kind: ResourceType::Exposure,
            package: &exposure.package_name,
            path: &exposure.original_file_path,
            group: None,
            code: None,
            place: exposure.span,
        }
    }

    fn of_semantic(node: &'a SemanticNode) -> Self {
        Self {
            id: &node.unique_id,
            kind: node.resource_type,
            package: &node.package_name,
            path: &node.original_file_path,
            group: node.group.as_deref(),
            code: None,
            place: node.span,
        }
    }

    fn is_test(&self) -> bool {
        self.kind == ResourceType::Test
    }

    /// dbt's word for the kind, as it begins a sentence.
    fn title(&self) -> String {
        let words = self.kind.as_str().split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
        words.collect::<Vec<_>>().join("_")
    }

    /// Where a call with this argument stands in the code.
    fn find(&self, function: &str, name: &str) -> Option<Span> {
        let (code, node) =
            self.code.filter(|(_, node)| !matches!(node.kind, NodeKind::GenericTest { .. }))?;
        let quoted = [format!("'{name}'"), format!("\"{name}\"")];
        let calls = code
            .match_indices(function)
            .filter(|(at, _)| code[at + function.len()..].trim_start().starts_with('('));
        calls.into_iter().find_map(|(start, _)| {
            let end = start + code[start..].find(')')? + 1;
            let call = &code[start..end];
            let from = node.source_offset + start;
            quoted
                .iter()
                .any(|name| call.contains(name))
                .then(|| Span::new(node.source, from..from + call.len()))
        })
    }
}

fn resolve(parsing: &Parsing, manifest: &Manifest, speaker: &Speaker, said: &Said) -> Resolution {
    let Said { refs, sources, .. } = *said;
    let mut resolution = Resolution::default();
    let root = &parsing.project.root;
    for (at, (source, table)) in sources.iter().enumerate() {
        if sources[..at].iter().any(|said| said == &sources[at]) {
            continue;
        }
        match manifest.resolve_source(source, table, speaker.package, root) {
            Ok(found) => resolution.depends.push(Arc::clone(&found.unique_id)),
            Err(why) => {
                let span = said.source_spans.and_then(|spans| spans.get(at).copied().flatten());
                let span = span.or_else(|| speaker.find("source", table)).or(speaker.place);
                resolution.disabled |= speaker.is_test();
                resolution.found.push(no_source(manifest, speaker, (source, table), why, span));
            }
        }
    }
    for (at, args) in refs.iter().enumerate() {
        let same = |said: &RefArgs| {
            said.name == args.name && said.package == args.package && said.version == args.version
        };
        if refs[..at].iter().any(same) {
            continue;
        }
        let span = args.span.or_else(|| speaker.find("ref", &args.name)).or(speaker.place);
        match manifest.resolve_ref(args, speaker.package, root) {
            Ok(node) => {
                if let Some(error) = ambiguous(manifest, speaker, args, node, root) {
                    resolution.found.push(error.label_opt(span, ""));
                } else if let Some(error) = forbidden(parsing, speaker, node) {
                    resolution.found.push(error.label_opt(span, "not allowed here"));
                }
                if !resolution.depends.contains(&node.unique_id) {
                    resolution.depends.push(Arc::clone(&node.unique_id));
                }
            }
            Err(why) => {
                resolution.disabled |= speaker.is_test();
                resolution.found.extend(no_node(manifest, speaker, args, why, span));
            }
        }
    }
    for call in said.metrics {
        let (package, name) = named(call);
        match manifest.resolve_metric(package, name, speaker.package, root) {
            Ok(metric) => resolution.add(&metric.unique_id),
            Err(why) => {
                let span = speaker.find("metric", name).or(speaker.place);
                let who = format!("{} '{}' ({})", speaker.title(), speaker.id, speaker.path);
                resolution.found.push(semantic::not_found(manifest, &who, name, why, span));
            }
        }
    }
    for call in said.functions {
        let (package, name) = named(call);
        match manifest.resolve_function(package, name, speaker.package, root) {
            Ok(function) => resolution.add(&function.unique_id),
            Err(why) => resolution.found.push(no_function(manifest, speaker, name, why)),
        }
    }
    resolution
}

impl Resolution {
    fn add(&mut self, id: &UniqueId) {
        if !self.depends.contains(id) {
            self.depends.push(Arc::clone(id));
        }
    }
}

/// The package, where one is said, and the name in the arguments of `metric` or `function`.
fn named(call: &[String]) -> (Option<&str>, &str) {
    match call {
        [package, name] => (Some(package), name),
        [name] => (None, name),
        _ => (None, ""),
    }
}

fn no_function(manifest: &Manifest, speaker: &Speaker, name: &str, why: Unresolved) -> Diagnostic {
    let span = speaker.find("function", name).or(speaker.place);
    let error = Diagnostic::error(Code::FunctionNotFound, depends_on(speaker, "function", name, "", why));
    if why == Unresolved::Disabled {
        return error.label_opt(span, "this function is disabled");
    }
    let mut known: Vec<_> = manifest.function_names.keys().map(String::as_str).collect();
    known.sort_unstable();
    error.label_opt(span, "no file of functions has this name").suggest(name, known)
}

/// The sentence that dbt says of a missing name, and other tools look for.
fn depends_on(speaker: &Speaker, kind: &str, name: &str, details: &str, why: Unresolved) -> String {
    let reason = match why {
        Unresolved::Missing => "was not found",
        Unresolved::Disabled => "is disabled",
    };
    format!(
        "{} '{}' ({}) depends on a {kind} named '{name}' {details}which {reason}",
        speaker.title(),
        speaker.id,
        speaker.path,
    )
}

/// A missing node is an error; for a test it is a warning, and nothing where the node is only disabled.
fn no_node(
    manifest: &Manifest,
    speaker: &Speaker,
    args: &RefArgs,
    why: Unresolved,
    span: Option<Span>,
) -> Option<Diagnostic> {
    if speaker.is_test() {
        if why == Unresolved::Disabled {
            return None;
        }
        let package = args.package.as_deref().unwrap_or_default();
        let message = depends_on(speaker, "node", &args.name, &format!("in package '{package}' "), why);
        return Some(
            Diagnostic::warning(Code::PropertiesNotFound, message).label_opt(span, "the test is left out"),
        );
    }
    let version = args.version.as_ref().map_or(String::new(), |version| format!("with version '{version}' "));
    let package =
        args.package.as_ref().map_or(String::new(), |package| format!("in package or project '{package}' "));
    let message = depends_on(speaker, "node", &args.name, &(version + &package), why);
    Some(match why {
        Unresolved::Disabled => Diagnostic::error(Code::RefDisabled, message)
            .label_opt(span, "this node is disabled")
            .help("enable it with `enabled: true`, or remove what refers to it"),
        Unresolved::Missing => {
            let error = Diagnostic::error(Code::RefNotFound, message)
                .label_opt(span, "no model, seed or snapshot has this name");
            match near_node(manifest, args) {
                Some(help) => error.help(help),
                None => error,
            }
        }
    })
}

fn near_node(manifest: &Manifest, args: &RefArgs) -> Option<String> {
    let named = |name: &str| {
        let ids = manifest.refable.get(name)?;
        ids.iter().find_map(|id| manifest.nodes.get(id))
    };
    if let Some(node) = named(&args.name) {
        let versions = manifest.refable[&args.name].iter().filter_map(|id| manifest.nodes.get(id)?.version());
        let versions: Vec<_> = versions.collect();
        return Some(if versions.is_empty() {
            format!("`{}` is in package `{}`", args.name, node.package_name)
        } else {
            format!("`{}` has the versions {}", args.name, versions.join(", "))
        });
    }
    let refable = manifest.nodes.values().filter(|node| node.is_refable());
    let near = nearest(&args.name, refable.map(|node| node.name.as_str()))?;
    let path = named(near).map_or("", |node| node.original_file_path.as_str());
    Some(format!("did you mean `{near}`? ({path})"))
}

fn no_source(
    manifest: &Manifest,
    speaker: &Speaker,
    (source, table): (&str, &str),
    why: Unresolved,
    span: Option<Span>,
) -> Diagnostic {
    let name = format!("{source}.{table}");
    if speaker.is_test() {
        let message = depends_on(speaker, "source", &name, "in package '' ", why);
        return Diagnostic::warning(Code::PropertiesNotFound, message)
            .label_opt(span, "the test is left out");
    }
    let error = Diagnostic::error(Code::SourceNotFound, depends_on(speaker, "source", &name, "", why));
    if why == Unresolved::Disabled {
        return error.label_opt(span, "this source is disabled");
    }
    let error = error.label_opt(span, "no property file describes this source table");
    let full = |source: &crate::manifest::Source| format!("{}.{}", source.source_name, source.name);
    let names: Vec<_> = manifest.sources.values().map(|source| (full(source), source)).collect();
    let near = nearest(&name, names.iter().map(|(name, _)| name.as_str()));
    match names.iter().find(|(name, _)| Some(name.as_str()) == near) {
        Some((_, source)) => error.help(format!(
            "did you mean `source('{}', '{}')`? ({})",
            source.source_name, source.name, source.original_file_path
        )),
        None => error.help(format!(
            "describe the table `{table}` of the source `{source}` under `sources:` in a property file"
        )),
    }
}

/// A name in several packages, none of them the root's or the speaker's, means none of them.
fn ambiguous(
    manifest: &Manifest,
    speaker: &Speaker,
    args: &RefArgs,
    node: &Node,
    root: &str,
) -> Option<Diagnostic> {
    if args.package.is_some() || node.package_name == *root || node.package_name == speaker.package {
        return None;
    }
    let ids = manifest.refable.get(&args.name)?;
    let meant = ids.iter().filter_map(|id| manifest.nodes.get(id)).filter(|node| node.answers_version(args));
    let meant: Vec<_> = meant.collect();
    if meant.len() < 2 {
        return None;
    }
    let ids: Vec<_> = meant.iter().map(|node| format!("'{}'", node.unique_id)).collect();
    let packages: Vec<_> = meant.iter().map(|node| format!("'{}'", node.package_name)).collect();
    Some(Diagnostic::error(
        Code::DuplicateName,
        format!(
            "When referencing '{}', dbt found nodes in multiple packages: {}\n\
             To fix this, use two-argument 'ref', with the package name first: {}",
            args.name,
            ids.join(", "),
            packages.join(" or ")
        ),
    ))
}

/// Access: a private model is for its group, a protected one for its package where that asks for it.
fn forbidden(parsing: &Parsing, speaker: &Speaker, target: &Node) -> Option<Diagnostic> {
    let NodeKind::Model { access, .. } = &target.kind else { return None };
    let elsewhere = speaker.package != target.package_name
        && parsing.project.packages.get(&target.package_name).is_some_and(|package| package.restrict_access);
    let (scope, kind) = match access.as_str() {
        "private" => {
            let same_group = speaker.group.is_some() && speaker.group == target.group.as_deref();
            if same_group && !elsewhere {
                return None;
            }
            (target.group.as_deref().unwrap_or("None"), "group")
        }
        "protected" if elsewhere => (target.package_name.as_str(), "package"),
        _ => return None,
    };
    Some(Diagnostic::error(
        Code::RefNotAllowed,
        format!(
            "Node {} attempted to reference node {}, which is not allowed because the referenced node is \
             {access} to the '{scope}' {kind}.",
            speaker.id, target.unique_id
        ),
    ))
}

/// Whether two nodes of one relation would be in each other's way.
pub(super) fn has_relation(parsing: &Parsing, node: &Node) -> bool {
    is_relational(parsing, node) || node.is_ephemeral()
}
