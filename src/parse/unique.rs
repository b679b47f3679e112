//! What must be there once: names, and the relations that nodes are built as; and what must be valid
//! of a node once all is known.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::map::Entry;

use super::Parsing;
use super::file::Parsed;
use super::resolve::has_relation;
use super::semantic::{ParsedSemantic, Places};
use crate::diagnostic::{Code, Diagnostic, Label, Span};
use crate::manifest::{Exposure, Group, Manifest, Node, NodeKind, ResourceType, Source};

/// Adds a node, enabled or not; two enabled ones of one id are reported.
pub(super) fn add_node(
    manifest: &mut Manifest,
    places: &mut HashMap<Arc<str>, Option<Span>>,
    parsed: Parsed,
    found: &mut Vec<Diagnostic>,
) {
    let Parsed { node, place, .. } = parsed;
    let id = Arc::clone(&node.unique_id);
    if !node.config.enabled() {
        manifest.disabled.entry(id).or_default().push(Arc::new(node));
        return;
    }
    match manifest.nodes.entry(id) {
        Entry::Vacant(free) => {
            places.insert(Arc::clone(free.key()), place);
            free.insert(Arc::new(node));
        }
        Entry::Occupied(first) => {
            let before = places.get(first.key()).copied().flatten();
            found.push(same_name(first.get(), before, &node, place));
        }
    }
}

pub(super) fn same_name(
    first: &Node,
    first_place: Option<Span>,
    second: &Node,
    place: Option<Span>,
) -> Diagnostic {
    let kinds = plural(second.resource_type());
    let mut name = second.name.clone();
    let mut looking = format!("looking for {name}");
    match &second.kind {
        NodeKind::GenericTest { column_name, file_key_name, .. } => {
            let column =
                column_name.as_ref().map_or(String::new(), |column| format!("column \"{column}\" in "));
            let key = file_key_name.as_deref().unwrap_or_default();
            name = format!("{name}\" defined on {column}\"{key}");
            "running tests".clone_into(&mut looking);
        }
        _ if second.is_refable() => looking = format!("looking for ref(\"{name}\")"),
        _ => {}
    }
    let one = (&*first.unique_id, first.original_file_path.as_str(), first_place);
    let two = (&*second.unique_id, second.original_file_path.as_str(), place);
    twice(kinds, &name, &looking, one, two)
}

fn plural(kind: ResourceType) -> &'static str {
    match kind {
        ResourceType::Model => "models",
        ResourceType::Seed => "seeds",
        ResourceType::Snapshot => "snapshots",
        ResourceType::Test => "data_tests",
        ResourceType::Analysis => "analyses",
        ResourceType::Function => "functions",
        ResourceType::Metric => "metrics",
        ResourceType::SemanticModel => "semantic_models",
        ResourceType::SavedQuery => "saved_queries",
        ResourceType::UnitTest => "unit_tests",
        _ => "operations",
    }
}

/// An id, the file it is in and the place there.
type Place<'a> = (&'a str, &'a str, Option<Span>);

fn twice(kinds: &str, name: &str, looking: &str, one: Place, two: Place) -> Diagnostic {
    let mut error = Diagnostic::error(
        Code::DuplicateName,
        format!(
            "dbt found two {kinds} with the name \"{name}\".\n\n\
             Since these resources have the same name, dbt will be unable to find the correct resource\n\
             when {looking}.\n\n\
             To fix this, change the name of one of these resources:\n- {} ({})\n- {} ({})",
            one.0, one.1, two.0, two.1,
        ),
    )
    .label_opt(two.2, "this one");
    error.labels.extend(one.2.map(|span| Label { span, text: "and this one".to_owned() }));
    error
}

/// Adds a source table.
pub(super) fn add_source(manifest: &mut Manifest, source: Source, found: &mut Vec<Diagnostic>) {
    let id = Arc::clone(&source.unique_id);
    if !source.config.enabled() {
        manifest.disabled_sources.entry(id).or_default().push(Arc::new(source));
        return;
    }
    match manifest.sources.entry(id) {
        Entry::Vacant(free) => {
            free.insert(Arc::new(source));
        }
        Entry::Occupied(first) => {
            let name = format!("{}_{}", source.source_name, source.name);
            let looking = format!("looking for source(\"{}\", \"{}\")", source.source_name, source.name);
            let one = (&*first.get().unique_id, first.get().original_file_path.as_str(), first.get().span);
            let two = (&*source.unique_id, source.original_file_path.as_str(), source.span);
            found.push(twice("sources", &name, &looking, one, two));
        }
    }
}

/// Adds semantic models, metrics and saved queries, each kind after the other; returns where their parts
/// stand.
pub(super) fn add_semantic(
    manifest: &mut Manifest,
    mut all: Vec<ParsedSemantic>,
    found: &mut Vec<Diagnostic>,
) -> Places {
    all.sort_by_key(|parsed| parsed.node.resource_type);
    let mut places = Places::new();
    for ParsedSemantic { node, spans } in all {
        let id = Arc::clone(&node.unique_id);
        if !node.config.enabled() {
            manifest.disabled_semantic.entry(id).or_default().push(Arc::new(node));
            continue;
        }
        match manifest.semantic.entry(id) {
            Entry::Vacant(free) => {
                places.insert(Arc::clone(free.key()), spans);
                free.insert(Arc::new(node));
            }
            Entry::Occupied(first) => {
                let first = first.get();
                let one = (&*first.unique_id, first.original_file_path.as_str(), first.span);
                let two = (&*node.unique_id, node.original_file_path.as_str(), node.span);
                let looking = format!("looking for {}", node.name);
                found.push(twice(plural(node.resource_type), &node.name, &looking, one, two));
            }
        }
    }
    places
}

/// Adds an exposure.
pub(super) fn add_exposure(manifest: &mut Manifest, exposure: Exposure, found: &mut Vec<Diagnostic>) {
    if !exposure.config.enabled() {
        let id = Arc::clone(&exposure.unique_id);
        manifest.disabled_exposures.entry(id).or_default().push(Arc::new(exposure));
        return;
    }
    match manifest.exposures.entry(Arc::clone(&exposure.unique_id)) {
        Entry::Vacant(free) => {
            free.insert(Arc::new(exposure));
        }
        Entry::Occupied(first) => {
            let one = (&*first.get().unique_id, first.get().original_file_path.as_str(), first.get().span);
            let two = (&*exposure.unique_id, exposure.original_file_path.as_str(), exposure.span);
            let looking = format!("looking for {}", exposure.name);
            found.push(twice("exposures", &exposure.name, &looking, one, two));
        }
    }
}

/// Adds a group that stands at a place.
pub(super) fn add_group(manifest: &mut Manifest, group: Group, place: Span, found: &mut Vec<Diagnostic>) {
    match manifest.groups.entry(Arc::clone(&group.unique_id)) {
        Entry::Vacant(free) => {
            free.insert(Arc::new(group));
        }
        Entry::Occupied(first) => {
            let one = (&*first.get().unique_id, first.get().original_file_path.as_str(), None);
            let two = (&*group.unique_id, group.original_file_path.as_str(), Some(place));
            let looking = format!("looking for {}", group.name);
            found.push(twice("groups", &group.name, &looking, one, two));
        }
    }
}

/// Reports nodes that would be built as one relation, and names that mean two nodes of a package.
pub(super) fn relations(
    parsing: &Parsing,
    manifest: &Manifest,
    places: &HashMap<Arc<str>, Option<Span>>,
    found: &mut Vec<Diagnostic>,
) {
    let mut relations: HashMap<String, &Node> = HashMap::new();
    let mut versioned: HashMap<(&str, &str), &Node> = HashMap::new();
    let mut unversioned: HashMap<(&str, &str), &Node> = HashMap::new();
    let place = |node: &Node| places.get(&node.unique_id).copied().flatten();
    for node in manifest.nodes.values().filter(|node| has_relation(parsing, node)) {
        let name = parsing.placement.relation(node).name();
        let named = if node.version().is_some() { &mut versioned } else { &mut unversioned };
        named.insert((&node.package_name, &node.name), node);
        let Some(first) = relations.get(&name) else {
            relations.insert(name, node);
            continue;
        };
        let mut error = Diagnostic::error(
            Code::DuplicateRelation,
            format!(
                "dbt found two resources with the database representation \"{}\".\ndbt cannot create two \
                 resources with identical database representations. To fix this,\nchange the configuration \
                 of one of these resources:\n- {} ({})\n- {} ({})",
                name, first.unique_id, first.original_file_path, node.unique_id, node.original_file_path,
            ),
        )
        .label_opt(place(node), "this one");
        error.labels.extend(place(first).map(|span| Label { span, text: "and this one".to_owned() }));
        found.push(error.help("give one of them another `alias`, `schema` or `database`"));
    }
    let mut both: Vec<_> =
        versioned.into_iter().filter_map(|(name, node)| Some((node, unversioned.get(&name)?))).collect();
    both.sort_by(|a, b| a.0.unique_id.cmp(&b.0.unique_id));
    for (versioned, plain) in both {
        let name = &versioned.name;
        found.push(
            Diagnostic::error(
                Code::DuplicateName,
                format!(
                    "dbt found versioned and unversioned models with the name \"{name}\".\n\n\
                     Since these resources have the same name, dbt will be unable to find the correct \
                     resource\nwhen looking for ref('{name}').\n\n\
                     To fix this, change the name of the unversioned resource\n{} ({})\n\
                     or add the unversioned model to the versions in {}",
                    plain.unique_id,
                    plain.original_file_path,
                    versioned.patch_path.as_deref().unwrap_or_default(),
                ),
            )
            .label_opt(place(plain), "the unversioned one"),
        );
    }
}

/// What can be judged only when properties and code of all files were read.
pub(super) fn validate(
    manifest: &Manifest,
    places: &HashMap<Arc<str>, Option<Span>>,
    found: &mut Vec<Diagnostic>,
) {
    let groups: BTreeSet<&str> = manifest.groups.values().map(|group| group.name.as_str()).collect();
    for node in manifest.nodes.values() {
        let place = node.patch_span.or_else(|| places.get(&node.unique_id).copied().flatten());
        if let Some(group) = &node.group
            && !groups.contains(group.as_str())
        {
            let known: Vec<_> = groups.iter().map(|name| serde_json::Value::from(*name)).collect();
            let message = format!(
                "Invalid group '{group}', expected one of {}",
                crate::jinja::python_str(&serde_json::Value::from(known))
            );
            let error = Diagnostic::error(Code::InvalidConfig, message).label_opt(place, "");
            found.push(error.suggest(group, groups.iter().copied()));
        }
        if let NodeKind::Model { access, .. } = &node.kind
            && access == "public"
            && node.is_ephemeral()
        {
            let message = format!(
                "Node {} with 'ephemeral' materialization has an invalid value (public) for the access field",
                node.unique_id
            );
            found.push(Diagnostic::error(Code::InvalidConfig, message).label_opt(place, ""));
        }
    }
    let spaced: Vec<_> = manifest.nodes.values().filter(|node| node.name.contains(' ')).collect();
    if let Some(first) = spaced.first() {
        let list: Vec<_> = spaced
            .iter()
            .map(|node| format!("  * '{}' ({})", node.unique_id, node.original_file_path))
            .collect();
        let message = format!(
            "Resource names cannot contain spaces:\n{}\nPlease rename the invalid model(s) so that their name(s) \
             do not contain any spaces.",
            list.join("\n")
        );
        let place = places.get(&first.unique_id).copied().flatten();
        found.push(Diagnostic::error(Code::InvalidConfig, message).label_opt(place, ""));
    }
}
