//! The rows of a unit test, as they are written: mappings, CSV or a query, in place or in a file.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::draft::stem;
use super::properties::{FixtureProperties, UnitTestProperties};
use crate::diagnostic::{Code, Diagnostic, Sources, Span, nearest};
use crate::manifest::{Fixture, FixtureFormat, Mapping, Rows, Value};
use crate::project::{File, FileKind};

/// The files of `tests/fixtures`, by package and name.
pub(super) struct Fixtures<'a> {
    files: HashMap<(&'a str, &'a str), &'a File>,
    sources: &'a Sources,
}

impl<'a> Fixtures<'a> {
    /// Those among all files.
    pub(super) fn new(files: &'a [File], sources: &'a Sources) -> Self {
        let fixtures = files.iter().filter(|file| file.kind == FileKind::Fixture);
        let files = fixtures.map(|file| ((file.package.as_str(), stem(&file.path)), file)).collect();
        Self { files, sources }
    }

    /// The text of a file, which may be named with its ending.
    fn text(&self, package: &str, name: &str) -> Option<String> {
        let bare = name.strip_suffix(".csv").or_else(|| name.strip_suffix(".sql")).unwrap_or(name);
        let file = self.files.get(&(package, name)).or_else(|| self.files.get(&(package, bare)))?;
        Some(self.sources.get(file.source?).text.to_string())
    }

    fn names(&self, package: &str) -> Vec<&str> {
        let mut names: Vec<_> =
            self.files.keys().filter(|(known, _)| *known == package).map(|(_, name)| *name).collect();
        names.sort_unstable();
        names
    }
}

/// Reads one fixture of a unit test; what is wrong in it is reported.
pub(super) fn fixture(
    test: &UnitTestProperties,
    said: &FixtureProperties,
    fixtures: &Fixtures,
    found: &mut Vec<Diagnostic>,
) -> Option<Fixture> {
    match read(test, said, fixtures) {
        Ok(fixture) => Some(fixture),
        Err(mistake) => {
            found.push(*mistake);
            None
        }
    }
}

fn read(
    test: &UnitTestProperties,
    said: &FixtureProperties,
    fixtures: &Fixtures,
) -> Result<Fixture, Box<Diagnostic>> {
    let format = format(said)?;
    let written = match &said.file {
        None => said.rows.as_ref().and_then(|rows| rows.value.as_str().map(str::to_owned)),
        Some((name, span)) => Some(file(test, name, *span, fixtures)?),
    };
    let place = said.rows.as_ref().map_or(said.span, |rows| rows.span);
    let kind = if said.input.is_some() { "input" } else { "expected" };
    let word = format.as_str();
    let rows = match format {
        FixtureFormat::Dict => match &said.rows {
            None if said.file.is_none() && said.input.is_some() => Some(Rows::Unsaid),
            rows => rows.as_ref().and_then(|rows| table(&rows.value)).map(Rows::Table),
        },
        FixtureFormat::Csv => match &written {
            Some(written) => Some(Rows::Table(csv(&test.name, written, place)?)),
            None => None,
        },
        FixtureFormat::Sql => written.map(Rows::Query),
    };
    let row_spans = said.rows.as_ref().map(|rows| rows.items.clone()).unwrap_or_default();
    if let (None, Some(Rows::Table(rows))) = (&said.input, &rows) {
        even(&test.name, rows, &row_spans, place)?;
    }
    let fixture = rows.map(|rows| Fixture {
        rows,
        format,
        file: said.file.as_ref().map(|(name, _)| name.clone()),
        span: Some(place),
        row_spans,
    });
    fixture.ok_or_else(|| {
        let (files, help) = match format {
            FixtureFormat::Dict => ("", "write a list of mappings, or say `format: csv` or `format: sql`"),
            FixtureFormat::Csv => {
                (" or fixtures", "write the CSV as a text under `rows`, or name a file of it under `fixture`")
            }
            FixtureFormat::Sql => (
                " or fixtures",
                "write the query as a text under `rows`, or name a file of it under `fixture`",
            ),
        };
        let wanted = if files.is_empty() { "" } else { ".  Expected string." };
        let message = format!(
            "Unit test {} has {kind} rows{files} which do not match format {word}{wanted}",
            test.name
        );
        Box::new(Diagnostic::error(Code::UnitTestInvalid, message).label(place, "").help(help))
    })
}

/// Whether all rows name the same columns, as the rows of one table do.
fn even(test: &str, rows: &[Mapping], spans: &[Span], place: Span) -> Result<(), Box<Diagnostic>> {
    let names = |row: &Mapping| row.keys().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>();
    let Some(first) = rows.first().map(names) else { return Ok(()) };
    let uneven = rows.iter().enumerate().find_map(|(at, row)| {
        let names = names(row);
        names.symmetric_difference(&first).next().map(|name| (at, name.clone(), names.contains(name)))
    });
    let Some((at, name, is_more)) = uneven else { return Ok(()) };
    let (has, other) = if is_more { ("has", "the first has not") } else { ("lacks", "the first has") };
    let message =
        format!("Unit test {test}: row {} of the expected rows {has} `{name}`, which {other}", at + 1);
    let error = Diagnostic::error(Code::UnitTestInvalid, message);
    Err(Box::new(
        error
            .label(spans.get(at).copied().unwrap_or(place), "")
            .help("name the same columns in each row; `null` where a value is to be null"),
    ))
}

fn format(said: &FixtureProperties) -> Result<FixtureFormat, Box<Diagnostic>> {
    let Some((word, span)) = &said.format else { return Ok(FixtureFormat::Dict) };
    let known = FixtureFormat::ALL.iter().copied().find(|format| format.as_str() == word);
    known.ok_or_else(|| {
        let names = FixtureFormat::ALL.iter().map(|format| format.as_str());
        let message = format!("`{word}` is not a valid `format`");
        let error = Diagnostic::error(Code::YamlInvalidValue, message).label(*span, "`dict`, `csv` or `sql`");
        Box::new(error.suggest(word, names))
    })
}

fn file(
    test: &UnitTestProperties,
    name: &str,
    span: Span,
    fixtures: &Fixtures,
) -> Result<String, Box<Diagnostic>> {
    let package = &test.place.package;
    fixtures.text(package, name).ok_or_else(|| {
        let message =
            format!("File not found for fixture '{name}' in unit tests in {}", test.place.original_file_path);
        let error = Diagnostic::error(Code::UnitTestInvalid, message).label(span, "");
        let near = nearest(name, fixtures.names(package));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("fixtures are files such as `tests/fixtures/{name}.csv`"),
        };
        Box::new(error.help(help))
    })
}

/// Rows by column.
fn table(value: &Value) -> Option<Vec<Mapping>> {
    let rows = value.as_array()?.iter().map(|row| {
        let row = row.as_object()?.iter().map(|(name, value)| (name.clone(), moment(value)));
        Some(row.collect())
    });
    rows.collect()
}

/// A point in time that YAML reads, but no warehouse: one whose offset has a single digit.
fn moment(value: &Value) -> Value {
    let whole = || {
        let text = value.as_str()?;
        let (time, hour) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let is_offset = hour.starts_with(['+', '-']) && hour.ends_with(|c: char| c.is_ascii_digit());
        let plain = time.trim_end().replacen(['T', 't'], " ", 1);
        chrono::NaiveDateTime::parse_from_str(&plain, "%Y-%m-%d %H:%M:%S%.f").ok().filter(|_| is_offset)?;
        Some(format!("{time}{}0{}", &hour[..1], &hour[1..]))
    };
    whole().map_or_else(|| value.clone(), Value::String)
}

/// Rows of CSV with a header: texts, null where a value is empty.
fn csv(test: &str, written: &str, place: Span) -> Result<Vec<Mapping>, Box<Diagnostic>> {
    let invalid = |message: String| {
        let message = format!("Unit test {test} has CSV that cannot be read: {message}");
        Box::new(Diagnostic::error(Code::UnitTestInvalid, message).label(place, ""))
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(written.trim_start().as_bytes());
    let header = reader.headers().map_err(|error| invalid(error.to_string()))?.clone();
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| invalid(error.to_string()))?;
        if record.len() > header.len() {
            let (found, wanted) = (record.len(), header.len());
            let message = format!("row {} has {found} values, but the header has {wanted} columns", at + 1);
            return Err(invalid(message));
        }
        let row = header.iter().enumerate().map(|(at, name)| {
            let value = record.get(at).filter(|value| !value.is_empty());
            (name.to_owned(), value.map_or(Value::Null, |value| json!(value)))
        });
        rows.push(row.collect());
    }
    Ok(rows)
}
