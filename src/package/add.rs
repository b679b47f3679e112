//! `--add-package`: one more item in the list of packages, with everything else in the file as it was.

use std::fs;
use std::ops::Range;
use std::path::Path;

use super::lock::scalar;
use crate::diagnostic::{Code, Diagnostic, Result, Sources};
use crate::project::yaml::{self, Kind, Yaml};
use crate::project::{Edited, Mapping};

/// What is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPackage {
    /// The key of the item: `package`, `git` or `local`.
    pub key: &'static str,
    /// The package: its name, URL or folder.
    pub name: String,
    /// Its version or revision.
    pub version: Option<String>,
}

/// The file with the package added.
#[derive(Debug)]
pub struct Addition {
    /// The file, not written yet.
    pub edited: Edited,
    /// Items of the same package that it had and has no more.
    pub removed: Vec<Mapping>,
    /// Whether there was no file.
    pub is_new: bool,
}

impl NewPackage {
    /// Reads `NAME@VERSION`.
    pub fn read(text: &str, source: &str) -> Self {
        let key = match source {
            "git" => "git",
            "local" => "local",
            _ => "package",
        };
        // The `@` of a URL with a user is none before a version.
        let split = text.rsplit_once('@').filter(|(before, after)| {
            !before.is_empty()
                && !after.contains(':')
                && before.split_once("://").is_none_or(|(_, rest)| rest.contains('/'))
        });
        let (name, version) = split.map_or((text, None), |(name, version)| (name, Some(version.to_owned())));
        Self { key, name: name.to_owned(), version }
    }

    /// The keys and values of the item, values as YAML.
    fn entries(&self) -> Vec<(&'static str, String)> {
        let mut entries = vec![(self.key, scalar(&self.name))];
        let key = if self.key == "git" { "revision" } else { "version" };
        // dbt knows no versions of local packages.
        if let Some(version) = self.version.as_ref().filter(|_| self.key != "local") {
            let value = match version.split(',').map(str::trim).collect::<Vec<_>>()[..] {
                [one] => scalar(one),
                ref bounds => {
                    let bounds: Vec<String> = bounds.iter().map(|bound| format!("\"{bound}\"")).collect();
                    format!("[{}]", bounds.join(", "))
                }
            };
            entries.push((key, value));
        }
        entries
    }

    /// Whether an item is of the same package, be it from elsewhere: its name, with `-` for `_` or the
    /// other way round, stands between the ends, slashes and dots of where the item comes from.
    fn is_meant_by(&self, item: &yaml::Mapping) -> bool {
        let keys = ["package", "git", "local", "tarball", "private"];
        let Some(place) = keys.iter().find_map(|key| item.get(key)?.as_str()) else { return false };
        let short = self.name.rsplit('/').next().unwrap_or(&self.name);
        let names = [self.name.as_str(), short]
            .map(|name| [name.to_owned(), name.replace('_', "-"), name.replace('-', "_")]);
        names.as_flattened().iter().filter(|name| !name.is_empty()).any(|name| {
            place.match_indices(name.as_str()).any(|(at, _)| {
                let ends = |c: Option<char>| c.is_none_or(|c| matches!(c, '/' | '.'));
                ends(place[..at].chars().next_back()) && ends(place[at + name.len()..].chars().next())
            })
        })
    }
}

/// Adds a package to `dependencies.yml` where that lists packages, else to `packages.yml`.
///
/// # Errors
/// The file cannot be read, or what is in it has no place for another package.
pub fn add(folder: &Path, new: &NewPackage, sources: &Sources) -> Result<Addition> {
    let has_list = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        let yaml = yaml::parse(&text, sources.add(name, text.as_str())).ok()?.0;
        yaml.as_mapping()?.contains("packages").then_some(())
    };
    let file = if has_list("dependencies.yml").is_some() { "dependencies.yml" } else { "packages.yml" };
    let path = folder.join(file);
    let is_new = !path.exists();
    let text = if is_new { String::new() } else { read(&path, file)? };
    let source = sources.add(file, text.as_str());
    let (tree, _) = yaml::parse(&text, source)?;
    let (text, removed) = edit(&text, &tree, new)?;
    // What was written is what will be read.
    yaml::parse(&text, sources.add(file, text.as_str()))?;
    Ok(Addition { edited: Edited { file, text }, removed, is_new })
}

fn read(path: &Path, shown: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        Box::new(Diagnostic::error(Code::FileAccess, format!("`{shown}` cannot be read: {error}")))
    })
}

/// The text with the new item, and the items that went.
fn edit(text: &str, tree: &Yaml, new: &NewPackage) -> Result<(String, Vec<Mapping>)> {
    let block = |indent: &str| {
        let entries = new.entries().into_iter().enumerate();
        let lines = entries.map(|(at, (key, value))| {
            format!("{indent}{} {key}: {value}\n", if at == 0 { "-" } else { " " })
        });
        lines.collect::<String>()
    };
    let wrong = |tree: &Yaml, what: &str, wanted: &str| {
        Box::new(Diagnostic { code: Code::ProjectInvalid, ..tree.invalid(what, wanted) })
    };
    let empty = yaml::Mapping::default();
    let keys = match &tree.value {
        Kind::Null => &empty,
        Kind::Mapping(keys) => keys,
        _ => return Err(wrong(tree, "the file", "a mapping")),
    };
    let Some(entry) = keys.entry("packages") else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok((format!("{text}{gap}packages:\n{}", block("  ")), Vec::new()));
    };
    let (start, end) = (entry.value.span.start as usize, entry.value.span.end as usize);
    let items = match &entry.value.value {
        Kind::Null => &[],
        Kind::List(items) => items.as_slice(),
        _ => return Err(wrong(&entry.value, "packages", "a list")),
    };
    let meant = |item: &&Yaml| item.as_mapping().is_some_and(|item| new.is_meant_by(item));
    let going: Vec<&Yaml> = items.iter().filter(meant).collect();
    let removed = going.iter().filter_map(|item| Some(item.as_mapping()?.to_json())).collect();
    if items.is_empty() {
        // `packages:`, `packages: []` or `packages: null`: the list begins on the next line.
        let head = text[..start].trim_end_matches(' ');
        // A comment behind the list is none of it.
        let end = if text[start..].starts_with('[') {
            text[start..].find(']').map_or(end, |at| start + at + 1)
        } else {
            end
        };
        let (rest, tail) = text[end..].split_once('\n').unwrap_or((&text[end..], ""));
        return Ok((format!("{head}{rest}\n{}{tail}", block("  ")), removed));
    }
    if text[start..].starts_with('[') {
        // A comment behind the list may hold anything.
        let last = range(&items[items.len() - 1]).end;
        let end = text[last..].find(']').map_or(end, |bracket| last + bracket + 1);
        let kept: Vec<&str> =
            items.iter().filter(|item| !meant(item)).map(|item| &text[range(item)]).collect();
        let entries: Vec<String> =
            new.entries().iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let added = format!("{{{}}}", entries.join(", "));
        let all: Vec<&str> = kept.into_iter().chain([added.as_str()]).collect();
        return Ok((format!("{}[{}]{}", &text[..start], all.join(", "), &text[end..]), removed));
    }
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let first = line_start(range(&items[0]).start);
    let indent: String = text[first..].chars().take_while(|c| *c == ' ').collect();
    let mut lines = String::new();
    let mut from = 0;
    let last = line_end(range(&items[items.len() - 1]).end);
    for item in going {
        let Range { start, end } = range(item);
        lines.push_str(&text[from..line_start(start)]);
        from = line_end(end);
    }
    lines.push_str(&text[from..last]);
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    Ok((format!("{lines}{}{}", block(&indent), &text[last..]), removed))
}

fn range(item: &Yaml) -> Range<usize> {
    item.span.start as usize..item.span.end as usize
}
