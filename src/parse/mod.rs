//! Files to a frozen manifest, in parallel.
//!
//! In the order of work: `properties` reads what YAML says (after `overrides` changed it), `docs` the
//! doc blocks; `draft` is what becomes a node, `file` renders each file of code once and makes it a node, with `config` (levels
//! merged), `placement` (where it is built) and `patch` (which properties are about it); `function` puts
//! overloads together; `data_test`, `source`, `exposure`, `semantic`, `hook` and `unit_test` (with the
//! rows of `fixture`) make the rest; `resolve` turns names into ids, `primary_key` infers those, `contract` and `deprecation` judge
//! models, `unique` finds what is there twice, `microbatch` what models that are built in batches lack,
//! `consequence` leaves out what follows from a mistake already told. `macros` comes before all that: it
//! finds the macros that templates call, those of the built-in `library` first.

mod checksum;
mod config;
mod consequence;
mod contract;
mod data_test;
mod deprecation;
mod docs;
mod draft;
mod exposure;
mod file;
mod fixture;
mod function;
mod hook;
mod incremental;
mod library;
mod macros;
mod microbatch;
mod naming;
mod overrides;
mod patch;
mod placement;
mod primary_key;
mod properties;
mod python;
mod reference;
mod resolve;
mod semantic;
mod snapshot;
mod source;
mod unique;
mod unit_test;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

pub use library::{Entry, entries, internal_packages, reference as macro_reference};
pub use macros::macros;

use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::jinja::{BlockKind, Jinja, blocks};
use crate::manifest::{Manifest, Node, ResourceType, UniqueId};
use crate::project::{File, FileKind, Project, yaml};
use draft::Draft;
use file::Parsed;
use properties::{NodeProperties, Place, Properties, PropertyFile, Section, Text};

/// What the command line says of parsing.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParseOptions {
    /// Seeds of more bytes are known by their path alone.
    pub largest_seed: Option<u64>,
    /// `--store-failures`: tests are kept as tables unless they say otherwise.
    pub store_failures: bool,
}

/// What every part of parsing reads.
struct Parsing<'a> {
    project: &'a Project,
    jinja: &'a Arc<Jinja>,
    sources: &'a Sources,
    options: ParseOptions,
    trees: config::Trees,
    placement: placement::Placement,
    /// A manifest of doc blocks only, which descriptions see.
    docs: Arc<Manifest>,
    now: f64,
}

impl Parsing<'_> {
    /// Whether a package is the root project, whose files are the user's to mend.
    fn is_own(&self, package: &str) -> bool {
        self.project.root == package
    }

    /// The description of a resource, rendered, with the ids of the doc blocks it shows.
    fn description(
        &self,
        text: &Text,
        resource: &str,
        package: &str,
        found: &mut Vec<Diagnostic>,
    ) -> (String, Vec<UniqueId>) {
        docs::render(text, resource, package, self.jinja, &self.docs, found)
    }

    /// Where the project file configures a key of a node.
    fn config_span(&self, node: &Node, key: &str) -> Option<Span> {
        let spans = &self.project.packages.get(&node.package_name)?.configs.spans;
        let section = match node.resource_type().as_str() {
            "test" => "data_tests",
            "seed" => "seeds",
            "snapshot" => "snapshots",
            "function" => "functions",
            _ => "models",
        };
        (0..=node.fqn.len()).rev().find_map(|depth| {
            let folder = std::iter::once(section).chain(node.fqn[..depth].iter().map(String::as_str));
            let folder = folder.collect::<Vec<_>>().join("/");
            spans.get(&format!("{folder}/+{key}")).or_else(|| spans.get(&format!("{folder}/{key}"))).copied()
        })
    }
}

/// Seconds since 1970.
fn seconds_since_1970() -> f64 {
    let now = chrono::Utc::now();
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 fit a double until 2255")]
    let micros = now.timestamp_micros() as f64;
    micros / 1e6
}

/// Parses the files of all packages. The manifest is whole even where errors are reported, so that
/// one mistake does not hide the next.
pub fn manifest(
    project: &Project,
    files: &[File],
    jinja: &Arc<Jinja>,
    sources: &Sources,
    options: ParseOptions,
) -> (Manifest, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut property_files = property_files(files, sources, &mut found);
    let property_files_broken = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    overrides::apply(&mut property_files, &mut found);
    let (docs, problems) = docs::collect(files, jinja, sources);
    found.extend(problems);
    let parsing = Parsing {
        project,
        jinja,
        sources,
        options,
        trees: config::Trees::new(project),
        placement: placement::Placement::new(project, jinja),
        docs: Arc::new(docs),
        now: seconds_since_1970(),
    };
    let said = said(&property_files, jinja, &mut found);
    let drafts = drafts(&parsing, files, &said.nodes, &mut found);
    let patches = patch::assign(&drafts, &said.nodes, &mut found);
    let mut nodes = in_parallel(drafts.len(), &mut found, |at, found| {
        let patch = patches.of_draft[at].map(|patch| &said.nodes[patch]);
        vec![file::node(&parsing, &drafts[at], patch, found)]
    });
    let described = described(&said.nodes, &patches.draft_of);
    let tests = in_parallel(said.nodes.len(), &mut found, |at, found| {
        let draft = patches.draft_of[at].map(|draft| &nodes[draft].node);
        node_tests(&parsing, &said.nodes[at], draft, found)
    });
    let source_tests = in_parallel(said.tables.len(), &mut found, |at, found| {
        table_tests(&parsing, &said.tables[at], found)
    });
    let tables = in_parallel(said.tables.len(), &mut found, |at, found| {
        vec![source::source(&parsing, &said.tables[at], found)]
    });
    let exposures: Vec<_> =
        said.exposures.iter().map(|said| exposure::exposure(&parsing, said, &mut found)).collect();
    let semantic = in_parallel(said.semantic.len(), &mut found, |at, found| {
        let said = &said.semantic[at];
        let key = |model| (said.place.package.as_str(), said.place.original_file_path.as_str(), model);
        let is_there = said.of_model.as_deref().is_none_or(|model| described.contains(&key(model)));
        if is_there { semantic::nodes(&parsing, said, found) } else { Vec::new() }
    });
    function::absorb_overloads(&mut nodes, &drafts, &said.nodes, &patches.draft_of, &mut found);
    let fixtures = fixture::Fixtures::new(files, sources);
    let unit_tests = in_parallel(said.unit_tests.len(), &mut found, |at, found| {
        unit_test::unit_test(&parsing, &said.unit_tests[at], &fixtures, found).into_iter().collect()
    });
    let mut hooks = Vec::new();
    for package in project.packages.values() {
        hooks.extend(hook::hooks(&parsing, package, &mut found));
    }

    let mut manifest = Manifest::default();
    macros::described(&mut manifest, jinja, &said.macros, &parsing.docs, &mut found);
    let mut places = HashMap::new();
    let mut spans = resolve::SourceSpans::new();
    for mut parsed in nodes.into_iter().chain(hooks).chain(tests).chain(source_tests) {
        if !parsed.source_spans.is_empty() {
            spans.insert(Arc::clone(&parsed.node.unique_id), std::mem::take(&mut parsed.source_spans));
        }
        unique::add_node(&mut manifest, &mut places, parsed, &mut found);
    }
    for source in tables {
        unique::add_source(&mut manifest, source, &mut found);
    }
    for parsed in exposures {
        spans.insert(Arc::clone(&parsed.exposure.unique_id), parsed.source_spans);
        unique::add_exposure(&mut manifest, parsed.exposure, &mut found);
    }
    let places_of_semantic = unique::add_semantic(&mut manifest, semantic, &mut found);
    for said in &said.groups {
        unique::add_group(&mut manifest, exposure::group(&parsing, said), said.span, &mut found);
    }
    resolve::index(&mut manifest);
    semantic::resolve(&mut manifest, &places_of_semantic, &project.root, &mut found);
    resolve::references(&parsing, &mut manifest, &spans, &mut found);
    primary_key::infer(&mut manifest);
    unit_test::resolved(&parsing, &mut manifest, unit_tests, &mut found);
    unique::relations(&parsing, &manifest, &places, &mut found);
    if !property_files_broken {
        unique::validate(&manifest, &places, &mut found);
        snapshot::validate(&manifest, &places, &mut found);
        incremental::validate(&manifest, &places, &mut found);
        microbatch::validate(&manifest, &places, &mut found);
        found.extend(manifest.nodes.values().filter_map(|node| function::validate(&parsing, node)));
        semantic::validate(&parsing, &manifest, &places_of_semantic, &mut found);
    }
    found.extend(manifest.nodes.values().flat_map(|node| contract::judge(node)));
    found.extend(deprecation::warnings(&manifest));
    found.extend(unused_configuration(project, &manifest));
    consequence::without_consequences(&mut found, files, sources);
    manifest.docs.clone_from(&parsing.docs.docs);
    (manifest, found)
}

/// The models that are there and described, by package, property file and name.
fn described<'s>(
    said: &'s [NodeProperties],
    draft_of: &[Option<usize>],
) -> HashSet<(&'s str, &'s str, &'s str)> {
    let models =
        said.iter().zip(draft_of).filter(|(said, draft)| said.section == Section::Models && draft.is_some());
    let key = |said: &'s NodeProperties| {
        (said.place.package.as_str(), said.place.original_file_path.as_str(), said.name.as_str())
    };
    models.map(|(said, _)| key(said)).collect()
}

/// Runs a piece of work for each number, on all threads; results and reports keep the order.
fn in_parallel<T: Send>(
    count: usize,
    found: &mut Vec<Diagnostic>,
    work: impl Fn(usize, &mut Vec<Diagnostic>) -> Vec<T> + Sync,
) -> Vec<T> {
    let done: Vec<_> = (0..count)
        .into_par_iter()
        .map(|at| {
            let mut found = Vec::new();
            (work(at, &mut found), found)
        })
        .collect();
    let mut all = Vec::with_capacity(count);
    for (results, reports) in done {
        all.extend(results);
        found.extend(reports);
    }
    all
}

fn property_files(files: &[File], sources: &Sources, found: &mut Vec<Diagnostic>) -> Vec<PropertyFile> {
    let files: Vec<_> = files.iter().filter(|file| file.kind == FileKind::Properties).collect();
    in_parallel(files.len(), found, |at, found| {
        let file = files[at];
        let Some(source) = file.source else { return Vec::new() };
        let place = Place {
            package: file.package.clone(),
            path: file.path.clone(),
            original_file_path: file.original_file_path.clone(),
        };
        match yaml::parse(&sources.get(source).text, source) {
            Ok((yaml, warnings)) => {
                found.extend(warnings);
                vec![PropertyFile { place: Arc::new(place), yaml }]
            }
            Err(diagnostic) => {
                found.push(*diagnostic);
                Vec::new()
            }
        }
    })
}

/// What all property files say.
fn said<'y>(files: &'y [PropertyFile], jinja: &Arc<Jinja>, found: &mut Vec<Diagnostic>) -> Properties<'y> {
    let read = in_parallel(files.len(), found, |at, found| {
        let (properties, problems) = properties::properties(&files[at], jinja);
        found.extend(problems);
        vec![properties]
    });
    let mut all = Properties::default();
    for one in read {
        all.nodes.extend(one.nodes);
        all.tables.extend(one.tables);
        all.exposures.extend(one.exposures);
        all.groups.extend(one.groups);
        all.macros.extend(one.macros);
        all.semantic.extend(one.semantic);
        all.unit_tests.extend(one.unit_tests);
    }
    all
}

/// Every piece of code that becomes a node.
fn drafts<'a>(
    parsing: &Parsing,
    files: &'a [File],
    properties: &[NodeProperties],
    found: &mut Vec<Diagnostic>,
) -> Vec<Draft<'a>> {
    let kinds = [
        FileKind::Model,
        FileKind::Snapshot,
        FileKind::Analysis,
        FileKind::SingularTest,
        FileKind::Seed,
        FileKind::Function,
    ];
    let of_kind = kinds.iter().flat_map(|kind| files.iter().filter(move |file| file.kind == *kind));
    let code: Vec<_> = of_kind.collect();
    let mut drafts = in_parallel(code.len(), found, |at, found| {
        let file = code[at];
        let Some(source) = file.source else { return vec![Draft::of_file(file, "")] };
        let text = Arc::clone(&parsing.sources.get(source).text);
        if file.kind != FileKind::Snapshot {
            return vec![Draft::of_file(file, &text)];
        }
        let blocks = blocks(&text, source).unwrap_or_else(|diagnostic| {
            found.push(*diagnostic);
            Vec::new()
        });
        let snapshots = blocks.into_iter().filter(|block| block.kind == BlockKind::Snapshot);
        snapshots
            .map(|block| Draft { file, name: block.name, range: block.body, place: Some(block.span) })
            .collect()
    });
    let described: HashMap<_, _> = files
        .iter()
        .filter(|file| file.kind == FileKind::Properties)
        .map(|file| ((file.package.as_str(), file.original_file_path.as_str()), file))
        .collect();
    for said in properties.iter().filter(|said| said.relation.is_some()) {
        let place = (said.place.package.as_str(), said.place.original_file_path.as_str());
        if let Some(file) = described.get(&place) {
            drafts.push(Draft { file, name: said.name.clone(), range: 0..0, place: Some(said.span) });
        }
    }
    drafts
}

/// The generic tests of a node: those of its columns, then its own.
fn node_tests(
    parsing: &Parsing,
    said: &NodeProperties,
    node: Option<&Node>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Parsed> {
    if matches!(said.section, Section::Analyses | Section::DataTests | Section::Functions) {
        return Vec::new();
    }
    let target = data_test::Target {
        place: &said.place,
        key: said.section.key(),
        name: &said.name,
        table: None,
        version: said.version.as_ref().map(|version| &version.v),
        attached: node.map(|node| (Arc::clone(&node.unique_id), node.group.clone())),
    };
    let mut tests = Vec::new();
    for column in &said.columns {
        for yaml in &column.tests {
            let (quote, tags) = (said.quote_columns, &column.column.tags);
            tests.extend(data_test::node(parsing, &target, Some(column), quote, tags, yaml, found));
        }
    }
    for yaml in &said.tests {
        tests.extend(data_test::node(parsing, &target, None, false, &[], yaml, found));
    }
    tests
}

/// The generic tests of a source table: its own, then those of its columns.
fn table_tests(
    parsing: &Parsing,
    said: &properties::TableProperties,
    found: &mut Vec<Diagnostic>,
) -> Vec<Parsed> {
    let target = data_test::Target {
        place: &said.place,
        key: "sources",
        name: &said.source_name,
        table: Some(&said.name),
        version: None,
        attached: None,
    };
    let mut tests = Vec::new();
    for yaml in &said.tests {
        tests.extend(data_test::node(parsing, &target, None, false, &said.tags, yaml, found));
    }
    for column in &said.columns {
        let tags = [said.tags.as_slice(), column.column.tags.as_slice()].concat();
        for yaml in &column.tests {
            let quote = said.quote_columns;
            tests.extend(data_test::node(parsing, &target, Some(column), quote, &tags, yaml, found));
        }
    }
    tests
}

/// The warning about configuration in the project file that applies to nothing.
fn unused_configuration(project: &Project, manifest: &Manifest) -> Option<Diagnostic> {
    let mut used: HashMap<&'static str, Vec<&[String]>> = HashMap::new();
    for node in manifest.nodes.values() {
        let key = match node.resource_type().as_str() {
            "model" => "models",
            "seed" => "seeds",
            "snapshot" => "snapshots",
            "test" => "data_tests",
            "function" => "functions",
            _ => continue,
        };
        used.entry(key).or_default().push(&node.fqn);
    }
    used.insert("sources", manifest.sources.values().map(|source| source.fqn.as_slice()).collect());
    used.insert("unit_tests", manifest.unit_tests.values().map(|test| test.fqn.as_slice()).collect());
    used.insert("exposures", manifest.exposures.values().map(|e| e.fqn.as_slice()).collect());
    for node in manifest.semantic.values() {
        let key = match node.resource_type {
            ResourceType::Metric => "metrics",
            ResourceType::SavedQuery => "saved-queries",
            _ => "semantic-models",
        };
        used.entry(key).or_default().push(&node.fqn);
    }
    let disabled = manifest.disabled.values().flatten().map(|node| node.fqn.as_slice());
    let semantic = manifest.disabled_semantic.values().flatten().map(|node| node.fqn.as_slice());
    let exposures = manifest.disabled_exposures.values().flatten().map(|node| node.fqn.as_slice());
    let sources = manifest.disabled_sources.values().flatten().map(|source| source.fqn.as_slice());
    let disabled: Vec<_> = disabled.chain(sources).chain(semantic).chain(exposures).collect();
    config::unused_paths(project, &used, &disabled)
}
