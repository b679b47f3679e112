//! Tables as text, as agate writes them.

use std::fmt::Write as _;

use super::table::{Kind, cell_json, cell_value};
use crate::adapter::{Cell, Table};
use crate::jinja::functions::dumps;

/// How much of a table is drawn.
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Characters of a cell.
    pub(super) width: usize,
    /// Decimal places of a number.
    pub(super) precision: usize,
}

/// The table as agate prints it.
pub(super) fn as_text(table: &Table, size: &Size) -> String {
    let shown = size.columns.min(table.columns.len());
    let kinds: Vec<Kind> = (0..shown).map(|at| Kind::of(table, at)).collect();
    let mut header: Vec<&str> = table.columns.iter().take(shown).map(|c| c.name.as_str()).collect();
    let first = || table.rows.iter().take(size.rows);
    let decimals = |at: usize| first().map(|row| fraction(&row[at]).len()).max().unwrap_or(0);
    let decimals: Vec<usize> = (0..shown).map(decimals).collect();
    let text = |(at, cell): (usize, &Cell)| match cell {
        Cell::Null => String::new(),
        cell if kinds[at] == Kind::Number => number(cell, decimals[at], size.precision),
        cell => cell_value(cell).to_string(),
    };
    let mut rows: Vec<Vec<String>> =
        first().map(|row| row.iter().take(shown).enumerate().map(text).collect()).collect();
    let more = "...";
    if shown < table.columns.len() {
        header.push(more);
        for row in &mut rows {
            row.push(more.to_owned());
        }
    }
    let right = |at: usize| kinds.get(at).is_some_and(|kind| *kind != Kind::Text);
    let mut text = aligned(&header, rows, size.width, right);
    if size.rows < table.rows.len() {
        // agate does not make room for this row.
        let _ = writeln!(text, "| {} |", vec![more; header.len()].join(" | "));
    }
    text
}

/// The digits of a number as they are written.
fn digits(cell: &Cell) -> String {
    match cell {
        Cell::Decimal(digits) => digits.clone(),
        Cell::Float(number) => number.to_string(),
        Cell::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The decimal places of a number that count.
fn fraction(cell: &Cell) -> String {
    let digits = digits(cell);
    digits.split_once('.').map(|(_, places)| places.trim_end_matches('0').to_owned()).unwrap_or_default()
}

/// A number with thousands set apart and the column's decimal places; more than `precision` are cut.
fn number(cell: &Cell, decimals: usize, precision: usize) -> String {
    let written = digits(cell);
    let places = decimals.min(precision);
    let rounded = if fraction(cell).len() > places {
        written.parse::<f64>().map_or(written, |number| format!("{number:.places$}"))
    } else {
        written
    };
    let (sign, unsigned) = rounded.strip_prefix('-').map_or(("", rounded.as_str()), |rest| ("-", rest));
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return rounded;
    }
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if places > 0 {
        let part = part.trim_end_matches('0');
        let _ = write!(text, ".{part:0<places$}");
    }
    if decimals > precision {
        text.push('…');
    }
    text
}

/// The table as a CSV file.
pub(super) fn as_csv(table: &Table) -> String {
    let text = |cell: &Cell| match cell {
        Cell::Null => String::new(),
        cell => cell_value(cell).to_string(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(table.columns.iter().map(|column| column.name.as_str()));
    for row in &table.rows {
        let _ = writer.write_record(row.iter().map(text));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
}

/// The rows as a JSON array of objects.
pub(super) fn as_json(table: &Table) -> String {
    let value = |cell: &Cell| match cell {
        Cell::Timestamp(_) | Cell::TimestampTz(_) => cell_value(cell).to_string().replace(' ', "T").into(),
        Cell::List(_) | Cell::Struct(_) => dumps(&cell_json(cell), false).into(),
        cell => cell_json(cell),
    };
    let object = |row: &Vec<Cell>| {
        let names = table.columns.iter().map(|column| column.name.clone());
        serde_json::Value::Object(names.zip(row.iter().map(value)).collect())
    };
    dumps(&table.rows.iter().map(object).collect(), false)
}

/// Rows of texts under a header, as a table of Markdown.
pub(crate) fn print_rows(header: &[&str], rows: Vec<Vec<String>>, max_width: usize) -> String {
    aligned(header, rows, max_width, |_| false)
}

fn aligned(
    header: &[&str],
    mut rows: Vec<Vec<String>>,
    max_width: usize,
    right: impl Fn(usize) -> bool,
) -> String {
    let cut = |text: &str| {
        if text.chars().count() <= max_width {
            return text.to_owned();
        }
        text.chars().take(max_width.saturating_sub(3)).chain("...".chars()).collect()
    };
    rows.insert(0, header.iter().map(|name| (*name).to_owned()).collect());
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|text| cut(text)).collect()).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().enumerate().map(|(at, text)| {
            let width = widths[at];
            if right(at) { format!(" {text:>width$} ") } else { format!(" {text:<width$} ") }
        });
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(&rows[0]);
    let _ = writeln!(text, "| {} |", rule.join(" | "));
    rows[1..].iter().for_each(|row| text.push_str(&line(row)));
    text
}
