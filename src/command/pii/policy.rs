//! Policies: which classes of data may not reach which places, as `dbt_project.yml` says under
//! `vars: {teal: {pii: …}}`.

use std::collections::BTreeSet;

use crate::command::load::{self, Loaded};
use crate::command::{Failure, Invocation};
use crate::compile::lineage::Breakers;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::graph::{Request, select};
use crate::manifest::{ResourceType, UniqueId};
use crate::project::yaml::{Mapping, Yaml, parse};

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

/// A text and where it stands.
#[derive(Debug)]
pub(in crate::command) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Policy {
    /// Whether it is about a class.
    pub(super) fn is_about(&self, class: &str) -> bool {
        self.classes.is_empty() || self.classes.iter().any(|word| word.names(class))
    }
}

impl Word {
    /// Whether a class is the one it names, or of the kind it names.
    pub(super) fn names(&self, class: &str) -> bool {
        class.strip_prefix(self.text.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Reads what the root project says.
///
/// # Errors
/// Something that cannot be read, or the name of something that is not there.
pub(in crate::command) fn read(invocation: &Invocation, loaded: &Loaded) -> Result<Settings, Failure> {
    let mut settings = Settings { breakers: Breakers::usual(), policies: Vec::new() };
    let source = loaded.project.root().source;
    let text = invocation.sources.get(source).text.clone();
    let (yaml, _) = parse(&text, source).map_err(|error| vec![*error])?;
    let key = |map: &Yaml, key: &str| map.as_mapping().and_then(|map| map.get(key)).cloned();
    let Some(said) = key(&yaml, "vars").and_then(|vars| key(&vars, "teal")).and_then(|own| key(&own, "pii"))
    else {
        return Ok(settings);
    };
    let mut reader = Reader { loaded, found: Vec::new(), warnings: Vec::new() };
    if let Some(map) = reader.mapping(&said, "`pii`") {
        reader.known(map, SETTINGS, "`vars.teal.pii`");
        if let Some(breakers) = map.get("breakers").and_then(|yaml| reader.mapping(yaml, "`breakers`")) {
            reader.breakers(breakers, &mut settings.breakers);
        }
        for word in reader.words(map, "fields") {
            settings.breakers.add_field(&word.text);
        }
        for entry in reader.list(map, "policies") {
            settings.policies.extend(reader.policy(entry));
        }
    }
    let Reader { found, warnings, .. } = reader;
    load::settle(invocation, warnings)?;
    if found.is_empty() { Ok(settings) } else { Err(found) }
}

struct Reader<'a> {
    loaded: &'a Loaded,
    found: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn mapping<'y>(&mut self, yaml: &'y Yaml, what: &str) -> Option<&'y Mapping> {
        let map = yaml.as_mapping();
        if map.is_none() {
            self.invalid(yaml.span, format!("{what} must be a mapping"));
        }
        map
    }

    fn list<'y>(&mut self, map: &'y Mapping, key: &str) -> &'y [Yaml] {
        let Some(yaml) = map.get(key).filter(|yaml| !yaml.is_null()) else { return &[] };
        yaml.as_list().unwrap_or_else(|| {
            self.invalid(yaml.span, format!("`{key}` must be a list"));
            &[]
        })
    }

    /// A list of texts; one text is a list of one.
    fn words(&mut self, map: &Mapping, key: &str) -> Vec<Word> {
        let items = match map.get(key) {
            Some(yaml) if yaml.as_str().is_some() => std::slice::from_ref(yaml),
            _ => self.list(map, key),
        };
        let mut words = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str() {
                Some(text) => words.push(Word { text: text.to_owned(), span: item.span }),
                None => self.invalid(item.span, format!("`{key}` must be a list of texts")),
            }
        }
        words
    }

    fn known(&mut self, map: &Mapping, keys: &[&str], what: &str) {
        for key in map.keys().filter(|key| !keys.contains(key)) {
            let error = Diagnostic::error(Code::PolicyInvalid, format!("`{key}` is no key of {what}"))
                .label_opt(map.key_span(key), "")
                .suggest(key, keys.iter().copied());
            let help = format!("its keys are {}", listed(keys));
            self.found.push(if error.help.is_some() { error } else { error.help(help) });
        }
    }

    fn invalid(&mut self, span: Span, message: String) {
        self.found.push(Diagnostic::error(Code::PolicyInvalid, message).label(span, ""));
    }

    fn missing<'n>(&mut self, word: &Word, what: &str, known: impl IntoIterator<Item = &'n str>) {
        let message = format!("there is no {what} `{}`", word.text);
        let error = Diagnostic::error(Code::PolicyInvalid, message).label(word.span, "");
        self.found.push(error.suggest(&word.text, known));
    }

    fn breakers(&mut self, map: &Mapping, breakers: &mut Breakers) {
        self.known(map, BREAKERS, "`breakers`");
        for word in self.words(map, "without") {
            let name = word.text.to_lowercase();
            if breakers.functions.contains(&name) {
                breakers.functions.retain(|known| *known != name);
            } else {
                self.missing(&word, "usual breaker", breakers.functions.iter().map(String::as_str));
            }
        }
        if let Some(yaml) = map.get("aggregates_of").filter(|yaml| !yaml.is_null()) {
            match yaml.as_i64().and_then(|least| u64::try_from(least).ok()).filter(|least| *least > 1) {
                Some(least) => breakers.least = Some(least),
                None => self.invalid(yaml.span, "`aggregates_of` must be a number greater than 1".to_owned()),
            }
        }
        let functions = self.words(map, "functions");
        breakers.functions.extend(functions.into_iter().map(|word| word.text.to_lowercase()));
        let loaded = self.loaded;
        let macros = || loaded.manifest.macros.values().map(|one| one.name.as_str());
        for word in self.words(map, "macros") {
            let name = word.text.rsplit('.').next().unwrap_or(&word.text).to_owned();
            if macros().any(|known| known == name) {
                breakers.macros.push(name);
            } else {
                self.missing(&word, "macro", macros());
            }
        }
    }

    fn policy(&mut self, yaml: &Yaml) -> Option<Policy> {
        let map = self.mapping(yaml, "a policy")?;
        self.known(map, POLICY, "a policy");
        let Some(name) = map.get("name").and_then(Yaml::as_str) else {
            self.invalid(yaml.span, "a policy must have a `name`".to_owned());
            return None;
        };
        let span = map.key_span("name").unwrap_or(yaml.span);
        if !PLACES.iter().any(|key| map.contains(key)) {
            self.invalid(
                span,
                format!("the policy `{name}` names no place; it needs one of {}", listed(PLACES)),
            );
        }
        let models = self.words(map, "models");
        let mut forbidden = self.select(&models);
        let loaded = self.loaded;
        let nodes = || loaded.manifest.nodes.values().filter(|node| node.is_refable());
        for word in self.words(map, "schemas") {
            let schemas =
                || nodes().flat_map(|node| [Some(node.schema.as_str()), node.config.text("schema")]);
            if !schemas().flatten().any(|schema| schema == word.text) {
                self.missing(&word, "schema", schemas().flatten());
            }
            let is_in = |schema: Option<&str>| schema == Some(word.text.as_str());
            let inside =
                nodes().filter(|node| is_in(Some(&node.schema)) || is_in(node.config.text("schema")));
            forbidden.extend(inside.map(|node| UniqueId::clone(&node.unique_id)));
        }
        for word in self.words(map, "groups") {
            let groups = || loaded.manifest.groups.values().map(|group| group.name.as_str());
            if !groups().any(|group| group == word.text) {
                self.missing(&word, "group", groups());
            }
            let inside = nodes().filter(|node| node.group.as_ref() == Some(&word.text));
            forbidden.extend(inside.map(|node| UniqueId::clone(&node.unique_id)));
        }
        for word in self.words(map, "exposures") {
            let exposures = || loaded.manifest.exposures.values();
            let fits = |name: &str| word.text == "*" || word.text == name;
            if word.text != "*" && !exposures().any(|exposure| exposure.name == word.text) {
                self.missing(&word, "exposure", exposures().map(|exposure| exposure.name.as_str()));
            }
            let meant = exposures().filter(|exposure| fits(&exposure.name));
            forbidden.extend(meant.map(|exposure| UniqueId::clone(&exposure.unique_id)));
        }
        let except = self.words(map, "except");
        let allowed = self.select(&except);
        forbidden.retain(|id| !allowed.contains(id));
        let classes = self.words(map, "classes");
        Some(Policy { name: name.to_owned(), classes, forbidden })
    }

    /// What selectors choose of all that data can be in.
    fn select(&mut self, words: &[Word]) -> BTreeSet<UniqueId> {
        let mut chosen = BTreeSet::new();
        let loaded = self.loaded;
        for word in words {
            let parts: Vec<String> = word.text.split_whitespace().map(str::to_owned).collect();
            let request = Request {
                select: &parts,
                named: &loaded.project.root().selectors,
                resource_types: Some(&[
                    ResourceType::Model,
                    ResourceType::Seed,
                    ResourceType::Snapshot,
                    ResourceType::Exposure,
                ]),
                with_empty: true,
                root: &loaded.project.root,
                ..Request::default()
            };
            if parts.is_empty() {
                self.invalid(word.span, "a selector must not be empty".to_owned());
                continue;
            }
            match select(&loaded.graph, &loaded.manifest, &request) {
                Ok(selection) => {
                    let warnings = selection.warnings.into_iter();
                    self.warnings.extend(warnings.map(|warning| warning.label(word.span, "")));
                    chosen.extend(selection.ids);
                }
                Err(error) => self.found.push(error.label(word.span, "")),
            }
        }
        chosen
    }
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
