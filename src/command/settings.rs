//! What a project says to Teal alone: in `dbt_project.yml` under `vars: {teal: …}`, which dbt takes for the variables
//! of a package of that name.

use std::collections::BTreeSet;

use super::load::{self, Loaded};
use super::{Failure, Invocation};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::graph::{Request, select};
use crate::manifest::{ResourceType, UniqueId};
use crate::project::yaml::{Mapping, Yaml, parse};

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Reads settings, and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) loaded: &'a Loaded,
    /// The code of what is wrong.
    code: Code,
    found: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// What stands under a key of `vars.teal`.
///
/// # Errors
/// The file is no YAML.
pub(super) fn said(invocation: &Invocation, loaded: &Loaded, key: &str) -> Result<Option<Yaml>, Failure> {
    let source = loaded.project.root().source;
    let text = invocation.sources.get(source).text.clone();
    let (yaml, _) = parse(&text, source).map_err(|error| vec![*error])?;
    let mut here = Some(&yaml);
    for key in ["vars", "teal", key] {
        here = here.and_then(Yaml::as_mapping).and_then(|map| map.get(key));
    }
    Ok(here.filter(|yaml| !yaml.is_null()).cloned())
}

impl<'a> Reader<'a> {
    pub(super) fn new(loaded: &'a Loaded, code: Code) -> Self {
        Self { loaded, code, found: Vec::new(), warnings: Vec::new() }
    }

    /// Says what is to be warned of.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn finish(self, invocation: &Invocation) -> Result<(), Failure> {
        load::settle(invocation, self.warnings)?;
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }

    pub(super) fn mapping<'y>(&mut self, yaml: &'y Yaml, what: &str) -> Option<&'y Mapping> {
        let map = yaml.as_mapping();
        if map.is_none() {
            self.invalid(yaml.span, format!("{what} must be a mapping"));
        }
        map
    }

    pub(super) fn list<'y>(&mut self, map: &'y Mapping, key: &str) -> &'y [Yaml] {
        let Some(yaml) = map.get(key).filter(|yaml| !yaml.is_null()) else { return &[] };
        yaml.as_list().unwrap_or_else(|| {
            self.invalid(yaml.span, format!("`{key}` must be a list"));
            &[]
        })
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn words(&mut self, map: &Mapping, key: &str) -> Vec<Word> {
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

    /// Holds the keys of a mapping against those that are known.
    pub(super) fn known(&mut self, map: &Mapping, keys: &[&str], what: &str) {
        for key in map.keys().filter(|key| !keys.contains(key)) {
            let error = Diagnostic::error(self.code, format!("`{key}` is no key of {what}"))
                .label_opt(map.key_span(key), "")
                .suggest(key, keys.iter().copied());
            let help = format!("its keys are {}", listed(keys));
            self.found.push(if error.help.is_some() { error } else { error.help(help) });
        }
    }

    pub(super) fn invalid(&mut self, span: Span, message: String) {
        self.found.push(Diagnostic::error(self.code, message).label(span, ""));
    }

    pub(super) fn missing<'n>(&mut self, word: &Word, what: &str, known: impl IntoIterator<Item = &'n str>) {
        let message = format!("there is no {what} `{}`", word.text);
        let error = Diagnostic::error(self.code, message).label(word.span, "");
        self.found.push(error.suggest(&word.text, known));
    }

    /// What selectors choose of resources of some kinds, each selector as one of `--select`.
    pub(super) fn select(&mut self, words: &[Word], kinds: &[ResourceType]) -> BTreeSet<UniqueId> {
        let mut chosen = BTreeSet::new();
        let loaded = self.loaded;
        for word in words {
            let parts: Vec<String> = word.text.split_whitespace().map(str::to_owned).collect();
            let request = Request {
                select: &parts,
                named: &loaded.project.root().selectors,
                resource_types: Some(kinds),
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

/// Keys as a text for people.
pub(super) fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
