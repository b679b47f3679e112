//! Selections applied to a graph: which nodes, and which tests come along.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexSet;
use petgraph::Direction;

use super::method::{Check, Item, Method, configured_values};
use super::pattern::matches;
use super::selector::{Criterion, Indirect, Kind, Spec};
use super::state::{Comparison, Earlier};
use super::{Graph, Set};
use crate::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::manifest::{Manifest, ResourceType, UniqueId};
use crate::project::NamedSelector;

/// What a command asks for.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// `--select`; empty for everything.
    pub select: &'a [String],
    /// `--exclude`.
    pub exclude: &'a [String],
    /// `--selector`.
    pub selector: Option<&'a str>,
    /// Selections with a name; one of them may be the default.
    pub named: &'a [NamedSelector],
    /// `--indirect-selection`.
    pub indirect: Indirect,
    /// The kinds of resource that the command is about; nothing for all.
    pub resource_types: Option<&'a [ResourceType]>,
    /// Whether nodes without code count, as they do where nodes are only listed.
    pub with_empty: bool,
    /// The root project's name.
    pub root: &'a str,
    /// What `--state` names.
    pub earlier: Option<Earlier<'a>>,
}

/// What was selected.
#[derive(Debug, Default)]
pub struct Selection {
    /// Ids, parents first.
    pub ids: IndexSet<UniqueId>,
    /// The name of the selector that was used because it is the default.
    pub default_selector: Option<String>,
    /// Criteria that match nothing, and what the comparison with an earlier state has to say; errors too.
    pub warnings: Vec<Diagnostic>,
}

/// Selects from a graph.
///
/// # Errors
/// A selection that cannot be read, or a selector that nobody defined.
pub fn select(graph: &Graph, manifest: &Manifest, request: &Request<'_>) -> Result<Selection> {
    let unasked = request.select.is_empty() && request.exclude.is_empty();
    let default = request.named.iter().find(|named| named.default).filter(|_| unasked);
    let (spec, default_selector) = match (request.selector, default) {
        (Some(name), _) => (definition(name, request)?, None),
        (None, Some(named)) => (definition(&named.name, request)?, Some(named.name.clone())),
        (None, None) => (Spec::from_arguments(request.select, request.exclude, request.indirect)?, None),
    };
    let mut selector = Selector::new(graph, manifest, request);
    let chosen = selector.choose(&spec)?.direct;
    let wanted = |place: &usize| selector.items[*place].is_some_and(|item| selector.is_wanted(item));
    let ids = graph.order.iter().filter(|place| chosen.contains(place) && wanted(place));
    let ids = ids.map(|place| graph.id(*place).clone()).collect();
    Ok(Selection { ids, default_selector, warnings: selector.warnings })
}

fn definition(name: &str, request: &Request<'_>) -> Result<Spec> {
    let Some(named) = request.named.iter().find(|named| named.name == name) else {
        let known: Vec<_> = request.named.iter().map(|named| named.name.as_str()).collect();
        let expected: Vec<_> = known.iter().map(|name| format!("'{name}'")).collect();
        let message =
            format!("Could not find selector named {name}, expected one of [{}]", expected.join(", "));
        return Err(Box::new(Diagnostic::error(Code::SelectorInvalid, message).suggest(name, known)));
    };
    Spec::from_definition(&named.definition, request.indirect, named.span)
}

/// What a selection chose, and the tests that may still come along when all their parents do.
struct Chosen {
    direct: Set,
    indirect: Set,
}

struct Selector<'a> {
    graph: &'a Graph,
    manifest: &'a Manifest,
    request: &'a Request<'a>,
    /// Members by place; those that are disabled are left out.
    items: Vec<Option<Item<'a>>>,
    /// Selectors that are being followed, so that one that leads to itself is found.
    following: HashSet<String>,
    /// The manifest beside the earlier one, once a criterion asks for it.
    comparison: Option<Rc<Comparison<'a>>>,
    warnings: Vec<Diagnostic>,
}

impl<'a> Selector<'a> {
    fn new(graph: &'a Graph, manifest: &'a Manifest, request: &'a Request<'a>) -> Self {
        let item = |place| Item::find(manifest, graph.id(place)).filter(|item| is_enabled(*item));
        let items = (0..graph.places.len()).map(item).collect();
        Self {
            graph,
            manifest,
            request,
            items,
            following: HashSet::new(),
            comparison: None,
            warnings: Vec::new(),
        }
    }

    fn is_wanted(&self, item: Item<'_>) -> bool {
        let in_types = self.request.resource_types.is_none_or(|types| types.contains(&item.resource_type()));
        in_types && (self.request.with_empty || !is_empty(item))
    }

    fn choose(&mut self, spec: &Spec) -> Result<Chosen> {
        let (kind, parts, indirect, expected) = match spec {
            Spec::One(criterion) => return self.criterion(criterion),
            Spec::Group { kind, parts, indirect, expected } => (*kind, parts, *indirect, expected),
        };
        let chosen = parts.iter().map(|part| self.choose(part)).collect::<Result<Vec<_>>>()?;
        let both = chosen.iter().map(|part| &part.direct | &part.indirect).collect();
        let direct = combined(kind, chosen.into_iter().map(|part| part.direct).collect());
        let all = combined(kind, both);
        let direct = self.with_complete_tests(direct, &all, indirect);
        if let Some(raw) = expected
            && direct.is_empty()
        {
            self.warnings.push(self.nothing_matches(raw, parts));
        }
        let indirect = &all - &direct;
        Ok(Chosen { direct, indirect })
    }

    fn criterion(&mut self, criterion: &Criterion) -> Result<Chosen> {
        if criterion.method == Method::Selector {
            let named = self.named(criterion)?;
            return Ok(Chosen { direct: self.with_relatives(criterion, named), indirect: Set::new() });
        }
        let comparison = if criterion.method == Method::State { Some(self.comparison()?) } else { None };
        let check = Check::new(criterion, self.request.root, self.request.earlier, comparison)?;
        let holds = |place: &usize| self.items[*place].is_some_and(|item| check.holds(item));
        let named = (0..self.items.len()).filter(holds).collect();
        let direct = self.with_relatives(criterion, named);
        Ok(self.with_tests(direct, criterion.indirect))
    }

    /// The manifest beside the earlier one; the first time, with what there is to say about it.
    fn comparison(&mut self) -> Result<Rc<Comparison<'a>>> {
        if let Some(known) = &self.comparison {
            return Ok(Rc::clone(known));
        }
        let missing =
            |message: String, help: &str| Box::new(Diagnostic::error(Code::StateMissing, message).help(help));
        let Some(earlier) = self.request.earlier else {
            let message = "Got a state selector method, but no comparison manifest".to_owned();
            return Err(missing(message, "name the folder of an earlier run's artifacts with `--state`"));
        };
        let Some(manifest) = &earlier.state.manifest else {
            let folder = &earlier.state.folder;
            let message = format!("Could not find manifest in --state path: \"{folder}\"");
            return Err(missing(message, "the folder must hold the manifest.json of an earlier run"));
        };
        let comparison = Rc::new(Comparison::new(self.manifest, manifest, earlier, self.request.root));
        self.warnings.extend(comparison.remarks());
        self.comparison = Some(Rc::clone(&comparison));
        Ok(comparison)
    }

    fn with_relatives(&self, criterion: &Criterion, named: Set) -> Set {
        let walk = |start: &Set, direction, depth| {
            let mut found = self.graph.walk(start, direction, depth);
            found.retain(|place| self.items[*place].is_some());
            found
        };
        let mut all = named.clone();
        if criterion.descendants_needs {
            all.extend(walk(&named, Direction::Outgoing, None));
            all.extend(walk(&all, Direction::Incoming, None));
        }
        if let Some(depth) = criterion.parents {
            all.extend(walk(&named, Direction::Incoming, depth));
        }
        if let Some(depth) = criterion.children {
            all.extend(walk(&named, Direction::Outgoing, depth));
        }
        all
    }

    /// The nodes of the selectors that a criterion names.
    fn named(&mut self, criterion: &Criterion) -> Result<Set> {
        let mut selectors: Vec<_> =
            self.request.named.iter().filter(|named| matches(&named.name, &criterion.value)).collect();
        selectors.sort_by(|a, b| a.name.cmp(&b.name));
        if selectors.is_empty() {
            let message =
                format!("Selector '{}' did not match any selector in selectors.yml", criterion.value);
            let known = self.request.named.iter().map(|named| named.name.as_str());
            let problem = Diagnostic::error(Code::SelectorInvalid, message).suggest(&criterion.value, known);
            return Err(Box::new(problem));
        }
        let mut all = Set::new();
        for named in selectors {
            if !self.following.insert(named.name.clone()) {
                let message = format!("Circular dependency detected in selector: {}", named.name);
                return Err(Box::new(
                    Diagnostic::error(Code::SelectorInvalid, message).label(named.span, ""),
                ));
            }
            let spec = definition(&named.name, self.request)?;
            let chosen = self.choose(&spec)?.direct;
            self.following.remove(&named.name);
            let kept = chosen
                .into_iter()
                .filter(|place| self.items[*place].is_some_and(|item| self.is_wanted(item)));
            all.extend(kept);
        }
        Ok(all)
    }

    /// Adds the tests of selected nodes that come along at once, and tells those that may do later.
    fn with_tests(&self, selected: Set, mode: Indirect) -> Chosen {
        let mut direct = selected.clone();
        let mut indirect = Set::new();
        if mode == Indirect::Empty {
            return Chosen { direct, indirect };
        }
        let reach = self.reach(&selected, mode);
        let near = selected.iter().flat_map(|place| self.graph.neighbours(*place, Direction::Outgoing));
        for test in near.filter(|place| self.is_test(*place)) {
            if mode == Indirect::Eager || self.needs_only(test, &reach) {
                direct.insert(test);
            } else {
                indirect.insert(test);
            }
        }
        Chosen { direct, indirect }
    }

    /// Of the tests that wait for their parents, those that have them all once parts are put together.
    fn with_complete_tests(&self, direct: Set, all: &Set, mode: Indirect) -> Set {
        if !matches!(mode, Indirect::Cautious | Indirect::Buildable) || direct == *all {
            return direct;
        }
        let mut reach = direct.clone();
        if mode == Indirect::Buildable {
            reach.extend(self.graph.walk(&direct, Direction::Incoming, None));
        }
        let complete: Vec<_> = all.iter().filter(|test| self.needs_only(**test, &reach)).copied().collect();
        let mut direct = direct;
        direct.extend(complete);
        direct
    }

    /// The parents that a test may have without being left behind.
    fn reach(&self, selected: &Set, mode: Indirect) -> Set {
        let mut reach = selected.clone();
        if mode == Indirect::Buildable {
            reach.extend(self.graph.walk(selected, Direction::Incoming, None));
            reach.extend(self.manifest.sources.keys().filter_map(|id| self.graph.place(id)));
        }
        reach
    }

    fn is_test(&self, place: usize) -> bool {
        let kinds = [ResourceType::Test, ResourceType::UnitTest];
        self.items[place].is_some_and(|item| kinds.contains(&item.resource_type()))
    }

    fn needs_only(&self, place: usize, reach: &Set) -> bool {
        self.graph.neighbours(place, Direction::Incoming).all(|parent| reach.contains(&parent))
    }

    /// The warning that a criterion of the command line chose nothing, with what may have been meant.
    fn nothing_matches(&self, raw: &str, parts: &[Spec]) -> Diagnostic {
        let message = format!("The selection criterion '{raw}' does not match any enabled nodes");
        let warning = Diagnostic::warning(Code::SelectorEmpty, message);
        let [Spec::One(criterion)] = parts else { return warning };
        let items = || self.items.iter().flatten().copied();
        let of_kind =
            |kind| items().filter(|item| item.resource_type() == kind).map(|i| i.name().to_owned()).collect();
        let value = criterion.value.as_str();
        let known: Vec<String> = match criterion.method {
            Method::Fqn => {
                items().filter(|item| !is_generic_test(*item)).map(|i| i.name().to_owned()).collect()
            }
            Method::Tag => items().flat_map(|item| item.tags().iter().cloned()).collect(),
            Method::Path => items().flat_map(|item| folders(item.file())).collect(),
            Method::File => items().filter_map(|i| i.file().rsplit('/').next().map(str::to_owned)).collect(),
            Method::Source => self.manifest.sources.values().map(|s| s.source_name.clone()).collect(),
            Method::Exposure => of_kind(ResourceType::Exposure),
            Method::Metric => of_kind(ResourceType::Metric),
            Method::SemanticModel => of_kind(ResourceType::SemanticModel),
            Method::SavedQuery => of_kind(ResourceType::SavedQuery),
            Method::Function => of_kind(ResourceType::Function),
            Method::UnitTest => of_kind(ResourceType::UnitTest),
            Method::Package => items().map(|item| item.package().to_owned()).collect(),
            Method::TestName => items().filter_map(Item::test_name).map(str::to_owned).collect(),
            Method::Access => ["private", "protected", "public"].map(str::to_owned).to_vec(),
            Method::Config => {
                items().flat_map(|item| configured_values(item.config(), &criterion.arguments)).collect()
            }
            Method::Result => {
                let results = self.request.earlier.and_then(|earlier| earlier.state.results.as_ref());
                let results = results.into_iter().flat_map(|run| &run.results);
                results.map(|result| result.status.clone()).collect()
            }
            Method::SourceStatus => vec!["fresher".to_owned()],
            Method::Group => self.manifest.groups.values().map(|group| group.name.clone()).collect(),
            _ => Vec::new(),
        };
        match nearest(value.trim_end_matches('/'), known.iter().map(String::as_str)) {
            Some(near) => {
                let near = raw.replacen(value, near, 1);
                warning.help(format!("did you mean `{near}`?"))
            }
            None => warning,
        }
    }
}

fn combined(kind: Kind, sets: Vec<Set>) -> Set {
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else { return Set::new() };
    sets.fold(first, |mut all, set| match kind {
        Kind::Union => {
            all.extend(set);
            all
        }
        Kind::Intersection => &all & &set,
        Kind::Difference => &all - &set,
    })
}

fn is_enabled(item: Item<'_>) -> bool {
    match item {
        Item::Node(node) => node.config.enabled(),
        Item::Source(source) => source.config.enabled(),
        Item::Exposure(exposure) => exposure.config.enabled(),
        Item::Semantic(node) => node.config.enabled(),
    }
}

/// A node whose file says nothing; seeds, unit tests and what is no node always say something.
fn is_empty(item: Item<'_>) -> bool {
    let said_elsewhere = [ResourceType::Seed, ResourceType::UnitTest];
    matches!(item, Item::Node(node) if !said_elsewhere.contains(&node.resource_type()) && node.raw_code.trim().is_empty())
}

fn is_generic_test(item: Item<'_>) -> bool {
    item.resource_type() == ResourceType::Test
}

/// A path and the folders it is in.
fn folders(path: &str) -> Vec<String> {
    let folders = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
    folders.chain([path.to_owned()]).collect()
}
