//! Policies: which classes of data may not reach which places, as `dbt_project.yml` says under
//! `vars: {teal: {pii: …}}`.

use std::collections::BTreeSet;

use crate::command::load::Loaded;
use crate::command::settings::{Reader, Word, listed, said};
use crate::command::{Failure, Invocation};
use crate::compile::lineage::Breakers;
use crate::diagnostic::Code;
use crate::manifest::ResourceType::{Exposure, Model, Seed, Snapshot};
use crate::manifest::{ResourceType, UniqueId};
use crate::project::yaml::{Mapping, Yaml};

/// What data can be in.
const HOLDERS: &[ResourceType] = &[Model, Seed, Snapshot, Exposure];

const SETTINGS: &[&str] = &["breakers", "policies", "fields"];
const BREAKERS: &[&str] = &["functions", "macros", "without", "aggregates_of"];
const PLACES: &[&str] = &["models", "schemas", "groups", "exposures"];
const POLICY: &[&str] = &["name", "classes", "models", "schemas", "groups", "exposures", "except"];

/// What a project says about classified data.
#[derive(Debug, Default)]
pub(in crate::command) struct Settings {
    pub(in crate::command) breakers: Breakers,
    pub(in crate::command) policies: Vec<Policy>,
}

/// Classes of data and where they must not be.
#[derive(Debug)]
pub(in crate::command) struct Policy {
    pub(super) name: String,
    /// `pii` stands for `pii.email` as well; empty for every class.
    pub(super) classes: Vec<Word>,
    /// Models, seeds, snapshots and exposures.
    pub(super) forbidden: BTreeSet<UniqueId>,
}

impl Policy {
    /// Whether it is about a class.
    pub(super) fn is_about(&self, class: &str) -> bool {
        self.classes.is_empty() || self.classes.iter().any(|word| names(word, class))
    }
}

/// Whether a class is the one that a word names, or of the kind it names.
pub(super) fn names(word: &Word, class: &str) -> bool {
    class.strip_prefix(word.text.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Reads what the root project says.
///
/// # Errors
/// Something that cannot be read, or the name of something that is not there.
pub(in crate::command) fn read(invocation: &Invocation, loaded: &Loaded) -> Result<Settings, Failure> {
    let mut settings = Settings { breakers: Breakers::usual(), policies: Vec::new() };
    let Some(said) = said(invocation, loaded, "pii")? else { return Ok(settings) };
    let mut reader = Reader::new(loaded, Code::PolicyInvalid);
    if let Some(map) = reader.mapping(&said, "`pii`") {
        reader.known(map, SETTINGS, "`vars.teal.pii`");
        if let Some(breakers) = map.get("breakers").and_then(|yaml| reader.mapping(yaml, "`breakers`")) {
            read_breakers(&mut reader, breakers, &mut settings.breakers);
        }
        for word in reader.words(map, "fields") {
            settings.breakers.add_field(&word.text);
        }
        for entry in reader.list(map, "policies") {
            settings.policies.extend(read_policy(&mut reader, entry));
        }
    }
    reader.finish(invocation)?;
    Ok(settings)
}

fn read_breakers(reader: &mut Reader<'_>, map: &Mapping, breakers: &mut Breakers) {
    reader.known(map, BREAKERS, "`breakers`");
    for word in reader.words(map, "without") {
        let name = word.text.to_lowercase();
        if breakers.functions.contains(&name) {
            breakers.functions.retain(|known| *known != name);
        } else {
            reader.missing(&word, "usual breaker", breakers.functions.iter().map(String::as_str));
        }
    }
    if let Some(yaml) = map.get("aggregates_of").filter(|yaml| !yaml.is_null()) {
        match yaml.as_i64().and_then(|least| u64::try_from(least).ok()).filter(|least| *least > 1) {
            Some(least) => breakers.least = Some(least),
            None => reader.invalid(yaml.span, "`aggregates_of` must be a number greater than 1".to_owned()),
        }
    }
    let functions = reader.words(map, "functions");
    breakers.functions.extend(functions.into_iter().map(|word| word.text.to_lowercase()));
    let loaded = reader.loaded;
    let macros = || loaded.manifest.macros.values().map(|one| one.name.as_str());
    for word in reader.words(map, "macros") {
        let name = word.text.rsplit('.').next().unwrap_or(&word.text).to_owned();
        if macros().any(|known| known == name) {
            breakers.macros.push(name);
        } else {
            reader.missing(&word, "macro", macros());
        }
    }
}

fn read_policy(reader: &mut Reader<'_>, yaml: &Yaml) -> Option<Policy> {
    let map = reader.mapping(yaml, "a policy")?;
    reader.known(map, POLICY, "a policy");
    let Some(name) = map.get("name").and_then(Yaml::as_str) else {
        reader.invalid(yaml.span, "a policy must have a `name`".to_owned());
        return None;
    };
    let span = map.key_span("name").unwrap_or(yaml.span);
    if !PLACES.iter().any(|key| map.contains(key)) {
        reader
            .invalid(span, format!("the policy `{name}` names no place; it needs one of {}", listed(PLACES)));
    }
    let models = reader.words(map, "models");
    let mut forbidden = reader.select(&models, HOLDERS);
    let loaded = reader.loaded;
    let nodes = || loaded.manifest.nodes.values().filter(|node| node.is_refable());
    for word in reader.words(map, "schemas") {
        let schemas = || nodes().flat_map(|node| [Some(node.schema.as_str()), node.config.text("schema")]);
        if !schemas().flatten().any(|schema| schema == word.text) {
            reader.missing(&word, "schema", schemas().flatten());
        }
        let is_in = |schema: Option<&str>| schema == Some(word.text.as_str());
        let inside = nodes().filter(|node| is_in(Some(&node.schema)) || is_in(node.config.text("schema")));
        forbidden.extend(inside.map(|node| UniqueId::clone(&node.unique_id)));
    }
    for word in reader.words(map, "groups") {
        let groups = || loaded.manifest.groups.values().map(|group| group.name.as_str());
        if !groups().any(|group| group == word.text) {
            reader.missing(&word, "group", groups());
        }
        let inside = nodes().filter(|node| node.group.as_ref() == Some(&word.text));
        forbidden.extend(inside.map(|node| UniqueId::clone(&node.unique_id)));
    }
    for word in reader.words(map, "exposures") {
        let exposures = || loaded.manifest.exposures.values();
        let fits = |name: &str| word.text == "*" || word.text == name;
        if word.text != "*" && !exposures().any(|exposure| exposure.name == word.text) {
            reader.missing(&word, "exposure", exposures().map(|exposure| exposure.name.as_str()));
        }
        let meant = exposures().filter(|exposure| fits(&exposure.name));
        forbidden.extend(meant.map(|exposure| UniqueId::clone(&exposure.unique_id)));
    }
    let except = reader.words(map, "except");
    let allowed = reader.select(&except, HOLDERS);
    forbidden.retain(|id| !allowed.contains(id));
    let classes = reader.words(map, "classes");
    Some(Policy { name: name.to_owned(), classes, forbidden })
}
