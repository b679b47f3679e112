//! What property files say of a column, as it is written: its description with its templates, and its classes in
//! the form that their author chose.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use crate::diagnostic::{SourceId, Sources, Span};
use crate::manifest::Column;
use crate::project::yaml::{self, Mapping, Path, Yaml};

/// `doc('x')` with one argument, which is a doc block near to the speaker.
static NEAR_DOC: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bdoc\(\s*(?:'([^'\\]+)'|"([^"\\]+)")\s*\)"#).ok());
/// A doc block that is shown with its package.
static SHOWN_DOC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\{\{-?\s*doc\(\s*['"][^'"]+['"]\s*,\s*['"][^'"]+['"]\s*\)\s*-?\}\}"#).ok()
});

/// Property files as trees, read when they are first asked for.
pub(super) struct Said<'a> {
    sources: &'a Sources,
    /// The root project.
    root: &'a str,
    trees: RefCell<HashMap<SourceId, Option<Arc<Yaml>>>>,
}

impl<'a> Said<'a> {
    pub(super) fn new(sources: &'a Sources, root: &'a str) -> Self {
        Self { sources, root, trees: RefCell::default() }
    }

    /// A property file.
    pub(super) fn tree(&self, source: SourceId) -> Option<Arc<Yaml>> {
        let mut trees = self.trees.borrow_mut();
        let tree = trees.entry(source).or_insert_with(|| {
            let text = &self.sources.get(source).text;
            yaml::parse(text, source).ok().map(|(tree, _)| Arc::new(tree))
        });
        tree.clone()
    }

    /// Every way to the entry whose name, or version, stands here.
    pub(super) fn entries(&self, span: Span, key: &str) -> Vec<Path> {
        self.tree(span.source).map(|tree| yaml::paths_to(&tree, key, span.start)).unwrap_or_default()
    }

    /// The entry of a column as it is written.
    fn entry<T>(&self, column: &Column, take: impl FnOnce(&Mapping) -> T) -> Option<T> {
        let span = column.span?;
        let tree = self.tree(span.source)?;
        let path = yaml::paths_to(&tree, "name", span.start).into_iter().next()?;
        yaml::value_at(&tree, &path)?.as_mapping().map(take)
    }

    /// The description of a column of a package, as a column of the root project may say it.
    ///
    /// # Errors
    /// Why it cannot.
    pub(super) fn description(&self, column: &Column, package: &str) -> Result<String, String> {
        let written = self.entry(column, |map| map.get("description").and_then(Yaml::scalar_text)).flatten();
        let written = written.unwrap_or_else(|| column.description.clone());
        if package == self.root || !is_template(&written) {
            return Ok(written);
        }
        // What a name means depends on who says it, so the package is said with it.
        let (Some(near), Some(shown)) = (&*NEAR_DOC, &*SHOWN_DOC) else { return Ok(written) };
        let named = near.replace_all(&written, |found: &Captures<'_>| {
            let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
            let block = column.doc_blocks.iter().find_map(|id| {
                let (owner, block) = id.strip_prefix("doc.")?.split_once('.')?;
                (block == name).then_some(owner)
            });
            let quote = if found.get(1).is_some() { '\'' } else { '"' };
            let owner = block.unwrap_or(package);
            format!("doc({quote}{owner}{quote}, {quote}{name}{quote})")
        });
        if is_template(&shown.replace_all(&named, "")) {
            return Err(format!(
                "the template of its description may mean something else outside of `{package}`"
            ));
        }
        Ok(named.into_owned())
    }

    /// The part of a column's entry that says its classes.
    pub(super) fn classes(&self, column: &Column) -> Map<String, Value> {
        let mut form = self.entry(column, form).unwrap_or_default();
        let inner =
            self.entry(column, |map| map.get("config").and_then(Yaml::as_mapping).map(form_of_config));
        if let Some(config) = inner.flatten().filter(|config| !config.is_empty()) {
            form.insert("config".to_owned(), Value::Object(config));
        }
        let is_plain = !is_template(&Value::Object(form.clone()).to_string());
        if is_plain && !form.is_empty() { form } else { canonical(column.classes().into_iter()) }
    }
}

/// Classes in the form that dbt reads without remark.
pub(super) fn canonical(classes: impl Iterator<Item = String>) -> Map<String, Value> {
    let classes: Vec<String> = classes.collect();
    let form = json!({"config": {"meta": {"classifiers": classes}}});
    form.as_object().cloned().unwrap_or_default()
}

fn form_of_config(config: &Mapping) -> Map<String, Value> {
    form(config)
}

/// The keys of an entry, or of its `config`, that say classes.
fn form(map: &Mapping) -> Map<String, Value> {
    let mut form = Map::new();
    if let Some(classifiers) = map.get("classifiers") {
        form.insert("classifiers".to_owned(), classifiers.to_json());
    }
    let tags: Vec<Value> = match map.get("tags").map(Yaml::to_json) {
        Some(Value::Array(tags)) => tags,
        Some(tag) => vec![tag],
        None => Vec::new(),
    };
    let says_class = |tag: &Value| tag.as_str().is_some_and(|tag| tag.to_lowercase().starts_with("pii"));
    let tags: Vec<Value> = tags.into_iter().filter(says_class).collect();
    if !tags.is_empty() {
        form.insert("tags".to_owned(), Value::Array(tags));
    }
    if let Some(meta) = map.get("meta").and_then(Yaml::as_mapping) {
        let keys = ["classifiers", "pii", "classification"];
        let said = keys.iter().filter_map(|key| Some(((*key).to_owned(), meta.get(key)?.to_json())));
        let said: Map<String, Value> = said.collect();
        if !said.is_empty() {
            form.insert("meta".to_owned(), Value::Object(said));
        }
    }
    form
}

/// Whether a text has anything that a template engine would act on.
fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}
