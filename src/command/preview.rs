//! Rows for people and for programs: the text table and the JSON of `show`, and what `query` has besides.

use serde_json::{Map, Number, Value, json};

use crate::adapter::{Cell, Table};

/// Rows as a JSON list of objects, keys in the order of the columns.
pub(super) fn to_json(table: &Table) -> Value {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let object = |row: &Vec<Cell>| -> Value {
        let pairs = names.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell_json(cell)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    table.rows.iter().map(object).collect()
}

fn cell_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(truth) => json!(truth),
        Cell::Int(number) => {
            Number::from_i128(*number).map_or_else(|| json!(number.to_string()), Value::Number)
        }
        Cell::Float(number) => json!(number),
        Cell::Decimal(digits) => {
            digits.parse::<f64>().ok().and_then(Number::from_f64).map_or_else(|| json!(digits), Value::Number)
        }
        Cell::List(items) => items.iter().map(cell_json).collect(),
        Cell::Struct(fields) => {
            Value::Object(fields.iter().map(|(name, cell)| (name.clone(), cell_json(cell))).collect())
        }
        other => json!(text(other)),
    }
}

/// Rows as JSON objects, one a line.
pub(super) fn to_json_lines(table: &Table) -> String {
    let rows = to_json(table);
    rows.as_array().into_iter().flatten().map(|row| format!("{row}\n")).collect()
}

/// Rows as CSV, the names of the columns first.
///
/// # Errors
/// The writer's own.
pub(super) fn to_csv(table: &Table) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|column| &column.name))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(text))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A value as it stands in a text table.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(truth) => (if *truth { "True" } else { "False" }).to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        Cell::Decimal(digits) | Cell::Text(digits) => digits.clone(),
        Cell::Date(day) => day.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Timestamp(time) => time.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        Cell::TimestampTz(time) => time.format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
        Cell::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Cell::List(_) | Cell::Struct(_) => cell_json(cell).to_string(),
    }
}

/// Rows as a table drawn with `|` and `-`: texts to the left, everything else to the right.
pub(super) fn to_text(table: &Table) -> String {
    let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(one_line).collect()).collect();
    let is_text = |at: usize| {
        table.rows.iter().any(|row| matches!(row[at], Cell::Text(_) | Cell::List(_) | Cell::Struct(_)))
    };
    let columns: Vec<(usize, bool)> = (table.columns.iter().enumerate())
        .map(|(at, column)| {
            let widest = cells.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
            (widest.max(column.name.chars().count()), is_text(at))
        })
        .collect();
    let draw = |words: &mut dyn Iterator<Item = &str>| {
        let cells = words.zip(&columns).map(|(word, (width, left))| {
            if *left { format!(" {word:<width$} ") } else { format!(" {word:>width$} ") }
        });
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let mut out = draw(&mut table.columns.iter().map(|column| column.name.as_str()));
    let rules = columns.iter().map(|(width, _)| "-".repeat(*width));
    out.push_str("| ");
    out.push_str(&rules.collect::<Vec<_>>().join(" | "));
    out.push_str(" |\n");
    for row in &cells {
        out += &draw(&mut row.iter().map(String::as_str));
    }
    out
}

/// A value on one line, since a table has no room for more.
fn one_line(cell: &Cell) -> String {
    text(cell).replace('\r', "").replace('\n', "\\n")
}
