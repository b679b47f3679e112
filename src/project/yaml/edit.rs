//! Additions to a YAML text that leave everything else as it is: comments, order, quotes, indentation, line ends.
//!
//! The text is changed by a crate that keeps all of its letters, and read again: where anything but what was asked
//! for would mean something else, nothing is changed.

use std::str::FromStr;

use serde_json::{Map, Value};
use yaml_edit::{AsYaml, Mapping, ScalarValue, Sequence, YamlFile, YamlNode};

use super::{Kind, Yaml, parse};
use crate::diagnostic::SourceId;

/// A step from a value to one in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an item of a list, counted from 0.
    Item(usize),
}

/// A way to a value in a file.
pub type Path = Vec<Step>;

/// What is to be put into a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    /// The mapping: the way to where it is written, then the ways to where an alias repeats it.
    pub places: Vec<Path>,
    /// Its new keys. A key that is there with a mapping or a list takes in what it does not have; one without a
    /// value, or with an empty text, gets the new one.
    pub keys: Map<String, Value>,
    /// Whether new keys come after `name` and `description` instead of last.
    pub after_name: bool,
}

/// Every way to a mapping in which `key` has its value at this byte, the one where it is written first.
pub fn paths_to(yaml: &Yaml, key: &str, start: u32) -> Vec<Path> {
    let mut found = Vec::new();
    walk(yaml, &mut Vec::new(), &mut |map, path| {
        if map.get(key).is_some_and(|value| value.span.start == start) {
            found.push(path.to_vec());
        }
    });
    found
}

/// Calls a function with every mapping and the way to it.
fn walk<'y>(yaml: &'y Yaml, path: &mut Path, see: &mut dyn FnMut(&'y super::Mapping, &[Step])) {
    match &yaml.value {
        Kind::Mapping(map) => {
            see(map, path);
            for entry in map {
                path.push(Step::Key(entry.key.clone()));
                walk(&entry.value, path, see);
                path.pop();
            }
        }
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(Step::Item(at));
                walk(item, path, see);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The value at the end of a way.
pub fn value_at<'y>(yaml: &'y Yaml, path: &[Step]) -> Option<&'y Yaml> {
    path.iter().try_fold(yaml, |yaml, step| match step {
        Step::Key(key) => yaml.as_mapping()?.get(key),
        Step::Item(at) => yaml.as_list()?.get(*at),
    })
}

/// The text with an addition; nothing where it cannot be made without changing something else.
pub fn add(text: &str, addition: &Addition, source: SourceId) -> Option<String> {
    let mut wanted = parse(text, source).ok()?.0.to_json();
    if wanted.is_null() {
        wanted = Value::Object(Map::new());
    }
    for place in &addition.places {
        merge(target(&mut wanted, place)?.as_object_mut()?, &addition.keys)?;
    }
    let mut changed = change(text, addition)?;
    if addition
        .keys
        .values()
        .any(|value| value.as_array().is_some_and(|list| list.iter().any(Value::is_object)))
    {
        changed = settled(text, &changed);
    }
    let read = parse(&changed, source).ok()?.0.to_json();
    (read == wanted).then_some(changed)
}

fn target<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key.as_str()),
        Step::Item(at) => value.get_mut(*at),
    })
}

/// What an addition means. Nothing where a key has another value already.
fn merge(into: &mut Map<String, Value>, keys: &Map<String, Value>) -> Option<()> {
    for (key, new) in keys {
        match (into.get_mut(key), new) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new)?,
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new.iter().cloned()),
            (Some(old), _) if !is_empty(old) => return None,
            _ => drop(into.insert(key.clone(), new.clone())),
        }
    }
    Some(())
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The same, done to the text.
fn change(text: &str, addition: &Addition) -> Option<String> {
    let place = addition.places.first()?;
    let file = YamlFile::from_str(text).ok()?;
    let Some(document) = file.documents().next().filter(|document| document.as_mapping().is_some()) else {
        // A file with nothing in it but remarks.
        let top = Mapping::new();
        extend(&top, &addition.keys, None)?;
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return place.is_empty().then(|| format!("{text}{gap}{}", yaml_edit::Document::from_mapping(top)));
    };
    let top = document.as_mapping()?;
    let map = place.iter().try_fold(YamlNode::Mapping(top), |node, step| match step {
        Step::Key(key) => node.as_mapping()?.get(key.as_str()),
        Step::Item(at) => node.as_sequence()?.get(*at),
    })?;
    let map = map.as_mapping()?;
    let head = ["description", "name"].into_iter().find(|key| map.contains_key(*key));
    extend(map, &addition.keys, head.filter(|_| addition.after_name))?;
    Some(file.to_string())
}

/// A text in which lists of mappings were added, with them as the file has its others: behind the remarks about the item
/// before, and as far to the right.
fn settled(old: &str, new: &str) -> String {
    let before: Vec<&str> = old.split_inclusive('\n').collect();
    let mut after: Vec<String> = new.split_inclusive('\n').map(str::to_owned).collect();
    let start = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    let rest = || before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = after.len() - rest().take_while(|(old, new)| old == new).count();
    let step = if is_flush(&before) { 0 } else { 2 };
    // Lines of a text that is more than one line are none of these.
    let mut text_of: Option<usize> = None;
    for at in start..end.saturating_sub(1) {
        let (line, next) = (&after[at], &after[at + 1]);
        if text_of.is_some_and(|key| line.trim().is_empty() || indent(line) > key) {
            continue;
        }
        let head = line.trim_end();
        text_of = head.ends_with(['|', '-', '>']).then(|| column(line));
        if !head.ends_with(':') || !next.trim_start().starts_with("- ") {
            continue;
        }
        let (is, wanted) = (indent(next), column(line) + step);
        let list =
            after[at + 1..end].iter_mut().take_while(|line| line.trim().is_empty() || indent(line) >= is);
        for line in list.filter(|line| !line.trim().is_empty()) {
            *line = format!("{}{}", " ".repeat(indent(line) + wanted - is), line.trim_start_matches(' '));
        }
    }
    let is_item = after.get(start).is_some_and(|line| line.trim_start().starts_with("- "));
    if is_item && end - start + before.len() == after.len() {
        let dash = indent(&after[start]);
        let is_remark = |line: &&String| line.trim_start().starts_with('#') && indent(line) > dash;
        let remarks = after[end..].iter().take_while(is_remark).count();
        after[start..end + remarks].rotate_right(remarks);
    }
    after.concat()
}

/// Whether most lists of a file stand right below their key, and not further to the right.
fn is_flush(lines: &[&str]) -> bool {
    let bare = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines: Vec<&str> = lines.iter().filter(bare).copied().collect();
    let lists = lines.windows(2).filter(|pair| {
        let key = pair[0].split_once(" #").map_or(pair[0], |(key, _)| key);
        key.trim_end().ends_with(':') && pair[1].trim_start().starts_with("- ")
    });
    let (flush, further): (Vec<_>, Vec<_>) = lists.partition(|pair| indent(pair[1]) == column(pair[0]));
    flush.len() > further.len()
}

/// The spaces before a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's first key.
fn column(line: &str) -> usize {
    line.find(|c| !matches!(c, ' ' | '-')).unwrap_or_default()
}

fn extend<'k>(map: &Mapping, keys: &'k Map<String, Value>, mut after: Option<&'k str>) -> Option<()> {
    for (key, new) in keys {
        match (map.get(key.as_str()), new) {
            (Some(YamlNode::Mapping(old)), Value::Object(new)) => extend(&old, new, None)?,
            (Some(YamlNode::Sequence(old)), Value::Array(new)) if !old.is_empty() => {
                for item in new {
                    old.push(&*node(item));
                }
            }
            (Some(YamlNode::Alias(_)), _) => return None,
            (None, new) if after.is_some() => {
                map.insert_after(after?, key.as_str(), &*node(new));
            }
            (_, new) => map.set(key.as_str(), &*node(new)),
        }
        after = after.map(|_| key.as_str());
    }
    Some(())
}

/// A value as it is written: short lists on one line, everything else in blocks.
fn node(value: &Value) -> Box<dyn AsYaml> {
    match value {
        Value::Object(keys) => {
            let map = Mapping::new();
            for (key, value) in keys {
                map.set(key.as_str(), &*node(value));
            }
            Box::new(map)
        }
        Value::Array(items) => {
            let is_short = items.iter().all(|item| !item.is_object() && !item.is_array());
            let list = if is_short { Sequence::new_flow() } else { Sequence::new() };
            for item in items {
                list.push(&*node(item));
            }
            Box::new(list)
        }
        Value::String(text) => Box::new(scalar(text)),
        other => Box::new(ScalarValue::parse(other.to_string())),
    }
}

/// A text so that it is read as that text: plain where that can be, else in quotes.
fn scalar(text: &str) -> ScalarValue {
    let reads_as_text = |scalar: &ScalarValue| {
        let written = scalar.to_yaml_string();
        written.starts_with(['\'', '"', '|', '>'])
            || matches!(super::scalar::resolve(&written), Kind::Text(read) if read == text)
    };
    let usual = ScalarValue::string(text);
    if reads_as_text(&usual) { usual } else { ScalarValue::single_quoted(text) }
}
