//! A draft: a piece of a file that becomes a node, with what its path says of it.

use std::ops::Range;

use super::properties::Section;
use crate::diagnostic::Span;
use crate::project::{File, FileKind};

/// A piece of a file that becomes a node.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    /// The file it is in.
    pub(super) file: &'a File,
    /// Its name.
    pub(super) name: String,
    /// The bytes of its code.
    pub(super) range: Range<usize>,
    /// The name alone, in a snapshot's opening tag; the start of the file elsewhere.
    pub(super) place: Option<Span>,
}

impl<'a> Draft<'a> {
    /// The node that a whole file is: its name is the file's, its code the text without space around.
    pub(super) fn of_file(file: &'a File, text: &str) -> Self {
        let start = text.len() - text.trim_start().len();
        let range = start..start + text.trim().len();
        let place = file.source.map(|source| Span::new(source, start..start));
        Self { file, name: stem(&file.path).to_owned(), range, place }
    }

    /// The section of property files that describes it.
    pub(super) fn section(&self) -> Section {
        match self.file.kind {
            FileKind::Seed => Section::Seeds,
            FileKind::Snapshot | FileKind::Properties => Section::Snapshots,
            FileKind::Analysis => Section::Analyses,
            FileKind::SingularTest => Section::DataTests,
            FileKind::Function => Section::Functions,
            _ => Section::Models,
        }
    }
}

/// The name of a file without its folders and ending.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Package and folders of a path, without the file's name.
pub(super) fn fqn_prefix(package: &str, path: &str) -> Vec<String> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let folders = folders.split('/').filter(|folder| !folder.is_empty());
    std::iter::once(package).chain(folders).map(str::to_owned).collect()
}
