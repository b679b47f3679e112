//! Tables as text, drawn as agate draws them.

use std::fmt::Write as _;

use super::table::{Kind, cell_value};
use crate::adapter::{Cell, Table};

/// The table as agate prints it.
pub(super) fn as_text(table: &Table, max_rows: usize, max_columns: usize, max_width: usize) -> String {
    let shown = max_columns.min(table.columns.len());
    let kinds: Vec<Kind> = (0..shown).map(|at| Kind::of(table, at)).collect();
    let mut header: Vec<&str> = table.columns.iter().take(shown).map(|c| c.name.as_str()).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in table.rows.iter().take(max_rows) {
        let text = |cell: &Cell| match cell {
            Cell::Null => String::new(),
            cell => cell_value(cell).to_string(),
        };
        rows.push(row.iter().take(shown).map(text).collect());
    }
    let more = "...";
    if shown < table.columns.len() {
        header.push(more);
        for row in &mut rows {
            row.push(more.to_owned());
        }
    }
    if max_rows < table.rows.len() {
        rows.push(vec![more.to_owned(); header.len()]);
    }
    let right = |at: usize| kinds.get(at).is_some_and(|kind| *kind != Kind::Text);
    aligned(&header, rows, max_width, right)
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
