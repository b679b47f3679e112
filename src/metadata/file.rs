//! `files` and `lines`: what was read of the project.

use std::sync::Arc;

use super::Subject;
use super::table::{Kind, Table, column, integer, text};
use crate::diagnostic::Source;

/// What may hold passwords, and is no part of the project.
const PROFILES: &str = "profiles.yml";

/// The files of the project and its packages that were read; seeds are not.
fn read(subject: &Subject<'_>) -> Vec<Arc<Source>> {
    let is_file = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !path.starts_with('<') && name != PROFILES && subject.project.root().folder.join(path).is_file()
    };
    let mut files: Vec<_> = subject.sources.all().into_iter().map(|(_, source)| source).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    files.retain(|source| is_file(&source.path));
    files
}

pub(super) fn files<'s>() -> Table<'s, Arc<Source>> {
    Table {
        name: "files",
        about: "Files that were read: code, property files and documents of the project and its packages. Seeds are not.",
        rows: |subject| Ok(read(subject)),
        columns: vec![
            column("file", Kind::Text, "Its path, from the project's folder", |_, file| text(&file.path)),
            column("folder", Kind::Text, "Its folder, from the project's folder", |_, file| {
                text(file.path.rsplit_once('/').map_or("", |(folder, _)| folder))
            }),
            column("name", Kind::Text, "Its name", |_, file| {
                text(file.path.rsplit('/').next().unwrap_or_default())
            }),
            column("line_count", Kind::Integer, "How many lines it has", |_, file| {
                integer(file.text.lines().count())
            }),
            column("bytes", Kind::Integer, "How long it is", |_, file| integer(file.text.len())),
        ],
    }
}

/// A line of a file.
pub(super) struct Line {
    file: Arc<Source>,
    start: usize,
    end: usize,
    number: usize,
}

fn lines_of(file: &Arc<Source>) -> Vec<Line> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (at, line) in file.text.split_inclusive('\n').enumerate() {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        lines.push(Line { file: Arc::clone(file), start, end, number: at + 1 });
        start += line.len();
    }
    lines
}

pub(super) fn lines<'s>() -> Table<'s, Line> {
    Table {
        name: "lines",
        about: "The lines of `files`.",
        rows: |subject| Ok(read(subject).iter().flat_map(lines_of).collect()),
        columns: vec![
            column("file", Kind::Text, "The file", |_, line| text(&line.file.path)),
            column("line", Kind::Integer, "The number of the line, from 1", |_, line| integer(line.number)),
            column("text", Kind::Text, "What it says", |_, line| text(&line.file.text[line.start..line.end])),
        ],
    }
}
