//! The search index: each word with the resources it stands in, and where in them.

use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::resource::{Resource, is_test};

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
/// How many resources are read at a time.
const PART: usize = 1024;
/// Words of code that stand everywhere say nothing.
const COMMON: &[&str] = &["select", "from", "where", "and", "as", "on", "the", "a", "of", "is", "to", "in"];

/// Words in order, each with numbers that hold resource and field: `resource * 5 + field`. Of each list of numbers
/// only the first is whole; the others are what is to be added to the one before.
pub(super) fn index(resources: &[Resource<'_>]) -> Value {
    // Each word with its last entry and all as they are written.
    let mut words: IndexMap<String, (usize, Vec<usize>)> = IndexMap::new();
    for (part, some) in resources.chunks(PART).enumerate() {
        let found: Vec<Vec<(String, usize)>> = some.par_iter().map(self::words).collect();
        for (at, found) in found.into_iter().enumerate() {
            for (word, field) in found {
                let entry = (part * PART + at) * FIELDS + field;
                let (last, entries) = words.entry(word).or_default();
                entries.push(entry - *last);
                *last = entry;
            }
        }
    }
    words.sort_unstable_keys();
    let (words, entries): (Vec<_>, Vec<_>) =
        words.into_iter().map(|(word, (_, entries))| (word, entries)).unzip();
    json!({"fields": FIELDS, "words": words, "entries": entries})
}

/// The words of a resource, each with the fields it stands in, in the order of the fields.
fn words(resource: &Resource<'_>) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let mut add = |text: &str, field: Field| split(text, &mut |word| words.push((word, field as usize)));
    add(resource.name(), Field::Name);
    for column in &resource.columns {
        add(column.name, Field::Column);
        add(column.description, Field::Description);
    }
    for label in resource.labels() {
        add(label, Field::Label);
    }
    add(resource.text("description"), Field::Description);
    // The code of a generic test is a call of it.
    if !is_test(resource.kind) || resource.value["test_metadata"].is_null() {
        add(resource.code(), Field::Code);
    }
    words.sort_unstable_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    words.dedup();
    words
}

/// The words of a text in lower case: whole names, and their parts between underscores.
fn split(text: &str, found: &mut dyn FnMut(String)) {
    let mut keep = |word: String| {
        if word.len() <= 60 && !COMMON.contains(&word.as_str()) {
            found(word);
        }
    };
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        if word.contains('_') {
            word.split('_').filter(|part| part.len() > 1).for_each(|part| keep(part.to_owned()));
        }
        keep(word);
    }
}
