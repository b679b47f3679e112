//! Reads a seed's CSV file.

use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};

use super::infer::{self, Kind};
use crate::adapter::{Cell, ColumnInfo, Table};
use crate::diagnostic::{Code, Diagnostic, Result, Sources, Span};
use crate::manifest::{Mapping, Node, NodeKind};

/// A seed's rows, with the way back to its file.
pub(super) struct Seed {
    /// The rows, typed; taken by whoever loads them.
    pub table: Table,
    file: File,
    /// The byte of the file where each row starts.
    starts: Vec<u64>,
}

struct File {
    path: String,
    bytes: Arc<[u8]>,
}

impl File {
    /// An error about the line that starts at a byte.
    fn wrong(&self, at: u64, message: String, label: &str, sources: &Sources) -> Diagnostic {
        let text = String::from_utf8_lossy(&self.bytes);
        let start = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| start + end);
        let source = sources.add(self.path.clone(), &*text);
        Diagnostic::error(Code::SeedInvalid, message).label(Span::new(source, start..end), label)
    }
}

impl Seed {
    /// The warehouse could not load a row.
    pub(super) fn refused(&self, row: usize, words: &str, sources: &Sources) -> Diagnostic {
        let at = self.starts.get(row).copied().unwrap_or_default();
        self.file.wrong(at, format!("row {}: {words}", row + 1), "the warehouse refuses this row", sources).help(
            "correct the row, or give its column a type that fits under `column_types` in the seed's configuration",
        )
    }
}

/// Reads the file of a seed and types its columns; those with a configured type are left as text.
pub(super) fn read(node: &Node, sources: &Sources) -> Result<Seed> {
    let root = match &node.kind {
        NodeKind::Seed { root_path } => root_path.as_str(),
        _ => "",
    };
    let path = Path::new(root).join(&node.original_file_path);
    let bytes = std::fs::read(&path).map_err(|error| {
        Box::new(Diagnostic::error(Code::FileAccess, format!("cannot read `{}`: {error}", path.display())))
    })?;
    let file = File { path: node.original_file_path.clone(), bytes: bytes.into() };
    let empty = Mapping::new();
    let configured = node.config.get("column_types").and_then(|types| types.as_object()).unwrap_or(&empty);
    let delimiter = node.config.text("delimiter").unwrap_or(",");
    parse(file, delimiter, configured, sources).map_err(Box::new)
}

fn parse(
    file: File,
    delimiter: &str,
    configured: &Mapping,
    sources: &Sources,
) -> std::result::Result<Seed, Diagnostic> {
    let &[delimiter] = delimiter.as_bytes() else {
        let message = format!("`delimiter` is `{delimiter}`, which is not one plain character");
        return Err(Diagnostic::error(Code::InvalidConfig, message));
    };
    let mark = "\u{feff}".as_bytes();
    let skipped = if file.bytes.starts_with(mark) { mark.len() } else { 0 };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(&file.bytes[skipped..]);
    let mut records = Vec::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        records.push(record.clone());
    }
    // The reader counts blank lines to the record that follows them.
    let start = |record: &ByteRecord| {
        let start = record.position().map_or(0, csv::Position::byte) + skipped as u64;
        let rest = usize::try_from(start).ok().and_then(|start| file.bytes.get(start..)).unwrap_or_default();
        start + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() as u64
    };
    let mut rows = records.iter();
    let Some(header) = rows.next() else {
        return Err(file
            .wrong(0, "the file is empty".to_owned(), "", sources)
            .help("a seed needs a header line"));
    };
    let names = names(&texts(header, 0, &file, start(header), sources)?);
    let mut starts = Vec::with_capacity(records.len());
    let mut values = Vec::with_capacity(records.len());
    for (at, record) in rows.enumerate() {
        let start = start(record);
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let message = format!("row {} has {found} values, but the header has {wanted} columns", at + 1);
            let help = "quote values that hold the delimiter or a line break";
            return Err(file.wrong(start, message, "this row", sources).help(help));
        }
        values.push(texts(record, at + 1, &file, start, sources)?);
        starts.push(start);
    }
    let kinds: Vec<Option<Kind>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let guessed = !configured.contains_key(name);
            guessed.then(|| infer::kind(values.iter().map(|row| row[at])))
        })
        .collect();
    let cell = |(value, kind): (&&str, &Option<Kind>)| -> Cell {
        kind.map_or_else(|| infer::raw(value), |kind| infer::cell(kind, value))
    };
    let rows: Vec<Vec<Cell>> =
        values.iter().map(|row| std::iter::zip(row, &kinds).map(cell).collect()).collect();
    let columns = std::iter::zip(names, &kinds).enumerate().map(|(at, (name, kind))| {
        let data_type = kind.unwrap_or(Kind::Text).sql(rows.iter().map(|row| &row[at]));
        ColumnInfo { name, data_type: data_type.to_owned() }
    });
    let columns = columns.collect();
    Ok(Seed {
        table: Table { columns, rows },
        starts,
        file: File { path: file.path.clone(), bytes: Arc::clone(&file.bytes) },
    })
}

/// The fields of a record as text.
fn texts<'a>(
    record: &'a ByteRecord,
    row: usize,
    file: &File,
    start: u64,
    sources: &Sources,
) -> std::result::Result<Vec<&'a str>, Diagnostic> {
    let field = |bytes| {
        std::str::from_utf8(bytes).map_err(|_| {
            let message = format!("row {row} is not UTF-8");
            file.wrong(start, message, "this row", sources).help("save the file as UTF-8")
        })
    };
    record.iter().map(field).collect()
}

/// The names of the columns: those without a name get a letter, repeated ones a number, as dbt does.
fn names(header: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (at, name) in header.iter().enumerate() {
        let name = if name.trim().is_empty() { letters(at) } else { (*name).to_owned() };
        let mut unique = name.clone();
        let mut count = 2;
        while names.contains(&unique) {
            unique = format!("{name}_{count}");
            count += 1;
        }
        names.push(unique);
    }
    names
}

/// `a` to `z`, then `aa`, `bb` and so on.
fn letters(at: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(at % 26).unwrap_or_default());
    std::iter::repeat_n(letter, at / 26 + 1).collect()
}
