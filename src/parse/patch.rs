//! Which node a property file is about: its own package's, or else that of another package.

use std::collections::HashMap;

use super::draft::Draft;
use super::properties::{NodeProperties, Section, version_text};
use crate::diagnostic::{Code, Diagnostic, Label, nearest};

/// For each draft the properties that are about it, by place in the list of properties.
#[derive(Debug)]
pub(super) struct Patches {
    /// By draft.
    pub(super) of_draft: Vec<Option<usize>>,
    /// By properties: a draft they are about.
    pub(super) draft_of: Vec<Option<usize>>,
}

type Index<'a> = HashMap<(Section, &'a str), Vec<usize>>;

/// Matches properties with drafts; reports those that are about nothing, and drafts described twice.
pub(super) fn assign(
    drafts: &[Draft],
    properties: &[NodeProperties],
    found: &mut Vec<Diagnostic>,
) -> Patches {
    let mut index: Index = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        index.entry((draft.section(), &draft.name)).or_default().push(at);
    }
    let mut patches = Patches { of_draft: vec![None; drafts.len()], draft_of: vec![None; properties.len()] };
    for (at, said) in properties.iter().enumerate() {
        let names = said
            .version
            .as_ref()
            .map_or_else(|| std::slice::from_ref(&said.name), |version| version.files.as_slice());
        let meant = names.iter().find_map(|name| meant(&index, drafts, said, name));
        let Some(meant) = meant else {
            found.push(nothing(&index, drafts, said, &names[0]));
            continue;
        };
        patches.draft_of[at] = meant.first().copied();
        for draft in meant {
            match patches.of_draft[draft] {
                None => patches.of_draft[draft] = Some(at),
                Some(first) => found.push(described_twice(said, &properties[first])),
            }
        }
    }
    patches
}

/// Drafts of a name in the speaker's package; else all of that name in any other.
fn meant(index: &Index, drafts: &[Draft], said: &NodeProperties, name: &str) -> Option<Vec<usize>> {
    let named = index.get(&(said.section, name))?;
    let own: Vec<_> =
        named.iter().copied().filter(|at| drafts[*at].file.package == said.place.package).collect();
    Some(if own.is_empty() { named.clone() } else { own })
}

fn nothing(index: &Index, drafts: &[Draft], said: &NodeProperties, name: &str) -> Diagnostic {
    let key = said.section.key();
    let path = &said.place.original_file_path;
    let sections = [Section::Models, Section::Seeds, Section::Snapshots];
    let elsewhere = sections.into_iter().find(|section| index.contains_key(&(*section, name)));
    if let Some(section) = elsewhere.filter(|_| sections.contains(&said.section)) {
        let one = section.key().trim_end_matches('s');
        return Diagnostic::warning(
            Code::PropertiesNotFound,
            format!(
                "'{name}' is a {one} node, but it is specified in the {key} section of {path}. To fix this \
                 error, place the `{name}` specification under the {} key instead.",
                section.key()
            ),
        )
        .label(said.span, format!("this is a {one}"));
    }
    let warning = Diagnostic::warning(
        Code::PropertiesNotFound,
        format!(
            "Did not find matching node for patch with name '{name}' in the '{key}' section of file '{path}'"
        ),
    )
    .label(said.span, "there is no such node");
    if let Some(version) = said.version.as_ref().filter(|version| version.files[0] == name) {
        let version = version_text(&version.v);
        return warning
            .help(format!("version {version} of `{}` is looked for in a file `{name}.sql`", said.name));
    }
    let known =
        drafts.iter().filter(|draft| draft.section() == said.section).map(|draft| draft.name.as_str());
    match nearest(name, known) {
        Some(near) => {
            let file = drafts.iter().find(|draft| draft.name == near);
            let file = file.map_or("", |draft| draft.file.original_file_path.as_str());
            warning.help(format!("did you mean `{near}`? ({file})"))
        }
        None if said.section == Section::Snapshots => warning
            .help("a snapshot that is no file needs a `relation`: `ref('...')` or `source('...', '...')`"),
        None => warning,
    }
}

fn described_twice(second: &NodeProperties, first: &NodeProperties) -> Diagnostic {
    let name = &second.name;
    let mut error = Diagnostic::error(
        Code::DuplicateProperties,
        format!(
            "dbt found two schema.yml entries for the same resource named {name}. Resources and their \
             associated columns may only be described a single time. To fix this, remove the resource entry \
             for {name} in one of these files:\n - {}\n - {}",
            second.place.original_file_path, first.place.original_file_path,
        ),
    )
    .label(second.span, "described again here");
    error.labels.push(Label { span: first.span, text: "first described here".to_owned() });
    error
}
