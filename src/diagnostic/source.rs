//! The texts that diagnostics point into: an append-only list shared by all stages and threads.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// The place of a text in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte; equal to `start` for a point.
    pub end: u32,
}

impl Span {
    /// A range of bytes; offsets past 4 GiB are cut.
    pub fn new(source: SourceId, range: std::ops::Range<usize>) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: cut(range.start), end: cut(range.end.max(range.start)) }
    }
}

/// One text: a file of the project, a command-line argument, or a statement.
#[derive(Debug)]
pub struct Source {
    /// How it is shown: the path relative to the project, with `/`, or a name in `<…>`.
    pub path: String,
    /// The whole text.
    pub text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// Line and column of a byte, both counted from 1, the column in characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts[line - 1] as usize;
        let end = (offset as usize).min(self.text.len()).max(start);
        let column = String::from_utf8_lossy(&self.text.as_bytes()[start..end]).chars().count();
        (line, column + 1)
    }

    /// The byte where a line starts, lines counted from 1; the end of the text past the last.
    pub fn line_start(&self, line: usize) -> usize {
        let starts = self.line_starts();
        starts.get(line.saturating_sub(1)).map_or(self.text.len(), |start| *start as usize)
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr_newlines(&self.text);
            std::iter::once(0).chain(ends).collect()
        })
    }
}

fn memchr_newlines(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'\n')
        .map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))
}

/// All texts of an invocation.
#[derive(Debug, Default)]
pub struct Sources(RwLock<Vec<Arc<Source>>>);

impl Sources {
    /// Adds a text and returns its id.
    pub fn add(&self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let source = Arc::new(Source { path: path.into(), text: text.into(), lines: OnceLock::new() });
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.push(source);
        SourceId(u32::try_from(all.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text with this id.
    pub fn get(&self, id: SourceId) -> Arc<Source> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&all[id.0 as usize])
    }

    /// Every text with its id, in the order they were added.
    pub fn all(&self) -> Vec<(SourceId, Arc<Source>)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let id = |at: usize| SourceId(u32::try_from(at).unwrap_or(u32::MAX));
        all.iter().enumerate().map(|(at, source)| (id(at), Arc::clone(source))).collect()
    }

    /// `path:line:column` of the start of a span.
    pub fn place(&self, span: Span) -> String {
        let source = self.get(span.source);
        let (line, column) = source.line_column(span.start);
        format!("{}:{line}:{column}", source.path)
    }
}
