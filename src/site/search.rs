//! The search index: each word with the resources it stands in, and where in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::artifacts::Artifacts;
use super::resource::Resource;

/// Where a word stands; the order is that of the weights in `search.js`.
#[derive(Debug, Clone, Copy)]
enum Field {
    Name,
    Column,
    Label,
    Description,
    Code,
}

const FIELDS: usize = 5;
/// Words of code that stand everywhere say nothing.
const COMMON: &[&str] = &["select", "from", "where", "and", "as", "on", "the", "a", "of", "is", "to", "in"];

/// Words in order, each with numbers that hold resource and field: `resource * 5 + field`.
pub(super) fn index(artifacts: &Artifacts, resources: &[Resource<'_>]) -> Value {
    let mut words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, resource) in resources.iter().enumerate() {
        let mut add = |text: &str, field: Field| {
            let entry = at * FIELDS + field as usize;
            for word in split(text) {
                let entries = words.entry(word).or_default();
                // Resources come one after the other, so what is there already is near the end.
                if !entries[entries.len().saturating_sub(FIELDS)..].contains(&entry) {
                    entries.push(entry);
                }
            }
        };
        add(resource.name(), Field::Name);
        for column in resource.columns(artifacts) {
            add(column.name, Field::Column);
            add(column.description, Field::Description);
        }
        for label in resource.labels() {
            add(label, Field::Label);
        }
        add(resource.text("description"), Field::Description);
        add(resource.code(), Field::Code);
    }
    for entries in words.values_mut() {
        entries.sort_unstable();
    }
    let (words, entries): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    json!({"fields": FIELDS, "words": words, "entries": entries})
}

/// The words of a text in lower case: whole names, and their parts between underscores.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        if word.contains('_') {
            words.extend(word.split('_').filter(|part| part.len() > 1).map(str::to_owned));
        }
        words.push(word);
    }
    words.retain(|word| word.chars().count() <= 60 && !COMMON.contains(&word.as_str()));
    words.sort_unstable();
    words.dedup();
    words
}
