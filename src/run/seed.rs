//! Reads a seed's CSV file: once to type its columns and count its rows, once more to load them.
//!
//! No more than a row is held at a time, however large the file is.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::infer::{self, Guess, Kind};
use crate::adapter::{AdapterError, Cell, ColumnInfo, ErrorKind, Rows};
use crate::diagnostic::{Code, Diagnostic, Result, Sources, Span};
use crate::jinja::cell_text;
use crate::manifest::{Mapping, Node, NodeKind};

/// What may stand at the beginning of a file in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A seed whose file has been looked through.
#[derive(Debug)]
pub(super) struct Seed {
    file: CsvFile,
    columns: Vec<ColumnInfo>,
    /// What each column is; nothing for those with a configured type.
    kinds: Vec<Option<Kind>>,
    /// How many rows there are, after the header.
    count: usize,
}

/// A CSV file, read from its start each time.
#[derive(Debug)]
struct CsvFile {
    path: PathBuf,
    /// How diagnostics call it.
    shown: String,
    delimiter: u8,
    /// How many bytes stand before the header.
    skipped: u64,
}

impl CsvFile {
    fn open(path: PathBuf, shown: &str, delimiter: u8) -> std::io::Result<Self> {
        let mut start = Vec::new();
        File::open(&path)?.take(MARK.len() as u64).read_to_end(&mut start)?;
        let skipped = if start == MARK { MARK.len() as u64 } else { 0 };
        Ok(Self { path, shown: shown.to_owned(), delimiter, skipped })
    }

    fn reader(&self) -> std::io::Result<Reader<BufReader<File>>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.skipped))?;
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).has_headers(false).flexible(true);
        Ok(builder.from_reader(BufReader::with_capacity(1 << 16, file)))
    }

    /// An error about the record that starts at a byte after the mark.
    fn wrong(&self, at: u64, message: String, label: &str, sources: &Sources) -> Diagnostic {
        let error = Diagnostic::error(Code::SeedInvalid, message);
        let Ok(bytes) = std::fs::read(&self.path) else { return error };
        let text = String::from_utf8_lossy(&bytes);
        let start = usize::try_from(at + self.skipped).unwrap_or(usize::MAX).min(bytes.len());
        // The reader counts blank lines to the record that follows them.
        let blank = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        // Bytes that are no text are three in what is shown for them.
        let start = String::from_utf8_lossy(&bytes[..start + blank]).len();
        let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| start + end);
        let source = sources.add(self.shown.clone(), &*text);
        error.label(Span::new(source, start..end), label)
    }
}

impl Seed {
    /// The same columns without a row.
    pub(super) fn emptied(self) -> Self {
        Self { count: 0, ..self }
    }

    /// `column_types` may name columns that the file does not have.
    pub(super) fn unknown_types(&self, node: &Node) -> Option<Diagnostic> {
        let configured = node.config.get("column_types")?.as_object()?;
        let has = |name: &str| self.columns.iter().any(|column| column.name == name);
        let unknown: Vec<&str> = configured.keys().map(String::as_str).filter(|name| !has(name)).collect();
        let first = unknown.first()?;
        let (name, file) = (&node.name, &self.file.shown);
        let message = format!(
            "Column types specified for non-existent columns in seed '{name}' (file: {file}): {}. \
             These column type overrides will be ignored.",
            unknown.join(", ")
        );
        let known = self.columns.iter().map(|column| column.name.as_str());
        Some(
            Diagnostic::warning(Code::WarnedByTemplate, message)
                .label_opt(node.patch_span, "")
                .suggest(first, known),
        )
    }

    /// The warehouse could not load a row.
    pub(super) fn refused(&self, row: usize, words: &str, sources: &Sources) -> Diagnostic {
        let record = self.file.reader().ok().and_then(|reader| reader.into_byte_records().nth(row + 1)?.ok());
        let at = record.and_then(|record| Some(record.position()?.byte())).unwrap_or_default();
        let message = format!("row {}: {words}", row + 1);
        self.file.wrong(at, message, "the warehouse refuses this row", sources).help(
            "correct the row, or give its column a type that fits under `column_types` in the seed's configuration",
        )
    }
}

impl Rows for Seed {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    fn count(&self) -> usize {
        self.count
    }

    fn each(
        &self,
        take: &mut dyn FnMut(&[Cell]) -> crate::adapter::Result<()>,
    ) -> crate::adapter::Result<()> {
        let changed = |why: &str| {
            let message = format!("`{}` changed while it was loaded: {why}", self.file.shown);
            AdapterError::new(ErrorKind::Other, message)
        };
        let mut reader = self.file.reader().map_err(|error| changed(&error.to_string()))?;
        let mut record = ByteRecord::new();
        let mut next = |record: &mut ByteRecord| {
            reader.read_byte_record(record).map_err(|error| changed(&error.to_string()))
        };
        next(&mut record)?;
        let mut cells = Vec::with_capacity(self.columns.len());
        for _ in 0..self.count {
            if !next(&mut record)? || record.len() != self.columns.len() {
                return Err(changed("a row is missing"));
            }
            cells.clear();
            for (value, kind) in std::iter::zip(&record, &self.kinds) {
                let value = std::str::from_utf8(value).map_err(|error| changed(&error.to_string()))?;
                cells.push(kind.map_or_else(|| infer::raw(value), |kind| infer::cell(kind, value)));
            }
            take(&cells)?;
        }
        Ok(())
    }
}

/// The columns of a seed's table.
///
/// # Errors
/// The file cannot be read.
pub fn columns(node: &Node, sources: &Sources) -> Result<Vec<ColumnInfo>> {
    let configured = node.config.get("column_types");
    let typed = read(node, sources)?.columns.into_iter().map(|column| {
        let own = configured.and_then(|types| types.get(&column.name)).and_then(|kind| kind.as_str());
        ColumnInfo { data_type: own.map_or(column.data_type, str::to_owned), name: column.name }
    });
    Ok(typed.collect())
}

/// The rows of a seed by column, as a unit test gives rows.
pub(super) fn rows(node: &Node, sources: &Sources) -> Result<Vec<Mapping>> {
    let seed = read(node, sources)?;
    let value = |cell: &Cell| match cell {
        Cell::Null => serde_json::Value::Null,
        Cell::Bool(truth) => (*truth).into(),
        cell => cell_text(cell).into(),
    };
    let mut rows = Vec::with_capacity(seed.count);
    let read = seed.each(&mut |cells| {
        let row = std::iter::zip(&seed.columns, cells);
        rows.push(row.map(|(column, cell)| (column.name.clone(), value(cell))).collect());
        Ok(())
    });
    read.map_err(|error| Box::new(Diagnostic::error(Code::SeedInvalid, error.message)))?;
    Ok(rows)
}

/// Looks through the file of a seed and types its columns; those with a configured type are left as text.
pub(super) fn read(node: &Node, sources: &Sources) -> Result<Seed> {
    let root = match &node.kind {
        NodeKind::Seed { root_path } => root_path.as_str(),
        _ => "",
    };
    let delimiter = node.config.text("delimiter").unwrap_or(",");
    let &[delimiter] = delimiter.as_bytes() else {
        let message = format!("`delimiter` is `{delimiter}`, which is not one plain character");
        return Err(Box::new(Diagnostic::error(Code::InvalidConfig, message)));
    };
    let path = Path::new(root).join(&node.original_file_path);
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read `{}`: {error}", path.display());
        Box::new(Diagnostic::error(Code::FileAccess, message))
    };
    let file = CsvFile::open(path.clone(), &node.original_file_path, delimiter).map_err(unreadable)?;
    let reader = file.reader().map_err(unreadable)?;
    let empty = Mapping::new();
    let configured = node.config.get("column_types").and_then(|types| types.as_object()).unwrap_or(&empty);
    look_through(file, reader, configured, sources).map_err(Box::new)
}

fn look_through(
    file: CsvFile,
    mut reader: Reader<BufReader<File>>,
    configured: &Mapping,
    sources: &Sources,
) -> std::result::Result<Seed, Diagnostic> {
    let start = |record: &ByteRecord| record.position().map_or(0, csv::Position::byte);
    let mut record = ByteRecord::new();
    if !next(&file, &mut reader, &mut record)? {
        let error = file.wrong(0, "the file is empty".to_owned(), "", sources);
        return Err(error.help("a seed needs a header line"));
    }
    let not_text = |row: usize, record: &ByteRecord| {
        let message = format!("row {row} is not UTF-8");
        file.wrong(start(record), message, "this row", sources).help("save the file as UTF-8")
    };
    let header: std::result::Result<Vec<_>, _> = record.iter().map(std::str::from_utf8).collect();
    let names = names(&header.map_err(|_| not_text(0, &record))?);
    let mut guesses: Vec<_> =
        names.iter().map(|name| (!configured.contains_key(name)).then(Guess::default)).collect();
    let mut count = 0;
    while next(&file, &mut reader, &mut record)? {
        count += 1;
        if record.len() != names.len() {
            let (found, wanted) = (record.len(), names.len());
            let message = format!("row {count} has {found} values, but the header has {wanted} columns");
            let help = "quote values that hold the delimiter or a line break";
            return Err(file.wrong(start(&record), message, "this row", sources).help(help));
        }
        for (value, guess) in std::iter::zip(&record, &mut guesses) {
            let value = std::str::from_utf8(value).map_err(|_| not_text(count, &record))?;
            if let Some(guess) = guess {
                guess.see(value);
            }
        }
    }
    let kinds = guesses.iter().map(|guess| guess.as_ref().map(Guess::kind)).collect();
    let columns = std::iter::zip(names, &guesses).map(|(name, guess)| {
        let data_type = guess.as_ref().map_or(Kind::Text.sql(), Guess::sql);
        ColumnInfo { name, data_type: data_type.to_owned() }
    });
    Ok(Seed { columns: columns.collect(), kinds, count, file })
}

fn next(
    file: &CsvFile,
    reader: &mut Reader<BufReader<File>>,
    record: &mut ByteRecord,
) -> std::result::Result<bool, Diagnostic> {
    reader.read_byte_record(record).map_err(|error| {
        Diagnostic::error(Code::FileAccess, format!("cannot read `{}`: {error}", file.path.display()))
    })
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
