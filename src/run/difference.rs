//! The difference of two tables, row by row, drawn as dbt draws it: `+++` for a row that is only in the
//! second, `---` for one that is only in the first, `→` for one with changed values.
//!
//! Rows are matched, columns left out and values padded as the tool `daff` does, whose drawings dbt shows.

use std::collections::{HashMap, HashSet};

/// A table as text; nothing for null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// Columns that are tried as keys of rows, at most.
const KEY_COLUMNS: usize = 5;
/// Wider drawings are not padded.
const WIDEST: usize = 130;
/// What stands between an old and a new value, in any form that no value holds.
const ARROW: &str = "→";

/// A row of the first table, of the second, or the same row of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    first: Option<usize>,
    second: Option<usize>,
}

/// How the second table differs from the first; nothing where they are equal.
pub(super) fn difference(first: Sheet, second: Sheet) -> Option<String> {
    if first.rows == second.rows {
        return None;
    }
    let matching = Matching::new(&first, &second);
    let pairs = matching.pairs();
    let changed: Vec<bool> = pairs.iter().map(|pair| is_changed(&first, &second, *pair)).collect();
    if !changed.contains(&true) {
        return None;
    }
    Some(draw(&first, &second, &pairs, &changed, &matching.keys))
}

fn is_changed(first: &Sheet, second: &Sheet, pair: Pair) -> bool {
    match pair {
        Pair { first: Some(one), second: Some(two) } => first.rows[one] != second.rows[two],
        _ => true,
    }
}

/// Which row of one table is which of the other. Row 0 of either is its header.
struct Matching<'a> {
    first: &'a Sheet,
    second: &'a Sheet,
    /// For each row of either table, which row of the other it is.
    links: [Vec<Option<usize>>; 2],
    /// Columns that served as keys.
    keys: HashSet<usize>,
}

impl<'a> Matching<'a> {
    fn new(first: &'a Sheet, second: &'a Sheet) -> Self {
        let links = [vec![None; first.rows.len()], vec![None; second.rows.len()]];
        let mut matching = Self { first, second, links, keys: HashSet::new() };
        let columns = key_columns(first, second);
        let all = 1_usize << columns.len();
        let tallest = first.rows.len().max(second.rows.len()) + 1;
        let mut tried = 0;
        let mut widest = Vec::new();
        for choice in 1..all {
            if matching.links[0].iter().all(Option::is_some) {
                break;
            }
            let chosen: Vec<usize> =
                columns.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1).map(|(_, c)| *c).collect();
            matching.keys.extend(&chosen);
            let is_last = choice == all - 1;
            if is_last {
                widest.clone_from(&chosen);
            }
            let (one, two) = (index(first, &chosen), index(second, &chosen));
            let most = one.values().chain(two.values()).map(Vec::len).max().unwrap_or(0);
            // A key that many rows share tells little, unless it is all there is.
            let is_poor = most * 10 >= tallest + 20;
            if is_poor && (tried > 0 || !is_last) {
                continue;
            }
            tried += 1;
            matching.link_unique(&one, &two);
        }
        if !widest.is_empty() {
            matching.link_neighbours(&widest);
        }
        matching
    }

    fn link(&mut self, side: usize, row: usize, other: usize) {
        self.links[side][row] = Some(other);
        self.links[1 - side][other] = Some(row);
    }

    /// Links rows that alone have a key in both tables.
    fn link_unique(&mut self, one: &HashMap<String, Vec<usize>>, two: &HashMap<String, Vec<usize>>) {
        for (key, rows) in sorted(one) {
            if let ([row], Some([other])) = (&rows[..], two.get(key).map(Vec::as_slice))
                && !key.is_empty()
                && self.links[0][*row].is_none()
                && self.links[1][*other].is_none()
            {
                self.link(0, *row, *other);
            }
        }
    }

    /// Links rows of one key that come after, or before, rows that are linked; seen from either table.
    fn link_neighbours(&mut self, columns: &[usize]) {
        let keys = [self.first, self.second]
            .map(|sheet| sheet.rows.iter().map(|row| key(row, columns)).collect::<Vec<_>>());
        for side in [0, 1] {
            let (own, other) = (&keys[side], &keys[1 - side]);
            // The headers are linked.
            let mut next = Some(0);
            for (row, key) in own.iter().enumerate() {
                if let Some(linked) = self.links[side][row] {
                    next = Some(linked + 1);
                    continue;
                }
                let Some(near) = next.filter(|near| *near < other.len()) else { break };
                if *key == other[near] && self.links[1 - side][near].is_none() {
                    self.link(side, row, near);
                    next = Some(near + 1);
                }
            }
            let mut before = other.len().checked_sub(1);
            for (row, key) in own.iter().enumerate().rev() {
                if let Some(linked) = self.links[side][row] {
                    before = linked.checked_sub(1);
                    continue;
                }
                let Some(near) = before else { break };
                if *key == other[near] && self.links[1 - side][near].is_none() {
                    self.link(side, row, near);
                    before = near.checked_sub(1);
                }
            }
        }
    }

    /// All rows in the order they are drawn in.
    fn pairs(&self) -> Vec<Pair> {
        let mut removed = (0..self.first.rows.len())
            .filter(|row| self.links[0][*row].is_none())
            .collect::<Vec<_>>()
            .into_iter()
            .peekable();
        let mut pairs = Vec::new();
        for two in 0..self.second.rows.len() {
            while let Some(one) = removed.next_if(|row| self.links[1][two].is_some_and(|first| first > *row))
            {
                pairs.push(Pair { first: Some(one), second: None });
            }
            pairs.push(Pair { first: self.links[1][two], second: Some(two) });
        }
        pairs.extend(removed.map(|one| Pair { first: Some(one), second: None }));
        pairs
    }
}

fn sorted(index: &HashMap<String, Vec<usize>>) -> Vec<(&String, &Vec<usize>)> {
    let mut all: Vec<_> = index.iter().collect();
    all.sort_by_key(|(_, rows)| rows[0]);
    all
}

/// The columns to try as keys: all where there are few, else those with the most different values.
fn key_columns(first: &Sheet, second: &Sheet) -> Vec<usize> {
    let count = first.header.len();
    let mut columns: Vec<usize> = (0..count).collect();
    if count > KEY_COLUMNS {
        let variety = |column: usize| {
            let of = |sheet: &Sheet| {
                sheet
                    .rows
                    .iter()
                    .map(|row| row[column].clone().unwrap_or_default())
                    .collect::<HashSet<_>>()
                    .len()
            };
            of(first) + of(second)
        };
        columns.sort_by_key(|column| (std::cmp::Reverse(variety(*column)), *column));
        columns.truncate(KEY_COLUMNS);
    }
    columns
}

/// Rows by key.
fn index(sheet: &Sheet, columns: &[usize]) -> HashMap<String, Vec<usize>> {
    let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in sheet.rows.iter().enumerate() {
        rows.entry(key(row, columns)).or_default().push(at);
    }
    rows
}

fn key(row: &[Option<String>], columns: &[usize]) -> String {
    columns.iter().map(|column| row[*column].as_deref().unwrap_or_default()).collect::<Vec<_>>().join(" // ")
}

/// What is drawn of a row or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Changed,
    /// It is next to something that changed.
    Context,
    /// Dots stand for it.
    Gap,
}

/// Marks what is next to something changed, and what is next to that.
fn with_context(shown: &mut [Shown]) {
    let changed: Vec<usize> =
        shown.iter().enumerate().filter(|(_, s)| **s == Shown::Changed).map(|(at, _)| at).collect();
    for (at, shown) in shown.iter_mut().enumerate().filter(|(_, s)| **s == Shown::Nothing) {
        let nearest = changed.iter().map(|other| other.abs_diff(at)).min();
        *shown = match nearest {
            Some(1) => Shown::Context,
            Some(2) => Shown::Gap,
            _ => Shown::Nothing,
        };
    }
}

fn draw(first: &Sheet, second: &Sheet, pairs: &[Pair], changed: &[bool], keys: &HashSet<usize>) -> String {
    let mut rows: Vec<Shown> =
        changed.iter().map(|changed| if *changed { Shown::Changed } else { Shown::Nothing }).collect();
    with_context(&mut rows);
    let has_change = |column: usize| {
        pairs.iter().any(|pair| match pair {
            Pair { first: Some(one), second: Some(two) } => {
                first.rows[*one][column] != second.rows[*two][column]
            }
            Pair { second: Some(_), .. } => true,
            _ => false,
        })
    };
    let mut columns: Vec<Shown> = (0..first.header.len())
        .map(
            |column| {
                if keys.contains(&column) || has_change(column) { Shown::Changed } else { Shown::Nothing }
            },
        )
        .collect();
    with_context(&mut columns);
    let mut grid = vec![line("@@", &columns, |column| second.header[column].clone())];
    let mut in_gap = false;
    for (pair, shown) in std::iter::zip(pairs, &rows) {
        match shown {
            Shown::Nothing => {}
            Shown::Gap if in_gap => {}
            Shown::Gap => {
                grid.push(line("...", &columns, |_| "...".to_owned()));
                in_gap = true;
            }
            Shown::Changed | Shown::Context => {
                grid.push(drawn_row(first, second, *pair, *shown, &columns));
                in_gap = false;
            }
        }
    }
    padded(&grid)
}

fn drawn_row(first: &Sheet, second: &Sheet, pair: Pair, shown: Shown, columns: &[Shown]) -> Vec<String> {
    let text = |value: &Option<String>| value.as_deref().map_or_else(|| "NULL".to_owned(), quoted);
    match pair {
        Pair { first: Some(one), second: Some(two) } => {
            let (one, two) = (&first.rows[one], &second.rows[two]);
            let mark = if shown == Shown::Changed { ARROW } else { "" };
            line(mark, columns, |column| {
                if one[column] == two[column] {
                    return text(&one[column]);
                }
                let plain = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
                quoted(&format!("{}{ARROW}{}", plain(&one[column]), plain(&two[column])))
            })
        }
        Pair { second: Some(two), .. } => line("+++", columns, |column| text(&second.rows[two][column])),
        Pair { first: Some(one), .. } => line("---", columns, |column| text(&first.rows[one][column])),
        Pair { first: None, second: None } => Vec::new(),
    }
}

/// A line of the drawing: the mark, and the columns that are shown; dots for those left out in a row.
fn line(mark: &str, columns: &[Shown], cell: impl Fn(usize) -> String) -> Vec<String> {
    let mut cells = vec![mark.to_owned()];
    let mut in_gap = false;
    for (column, shown) in columns.iter().enumerate() {
        match shown {
            Shown::Changed | Shown::Context => {
                cells.push(cell(column));
                in_gap = false;
            }
            Shown::Nothing | Shown::Gap => {
                if !in_gap {
                    cells.push("...".to_owned());
                }
                in_gap = true;
            }
        }
    }
    cells
}

/// A value as CSV writes it, line ends left out.
fn quoted(value: &str) -> String {
    let edges = value.starts_with(' ') || value.ends_with(' ');
    let value_has = |c: &[char]| value.contains(c);
    if !edges && !value_has(&['"', '\r', '\n', '\t', ',']) {
        return value.to_owned();
    }
    let inner: String = value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    format!("\"{}\"", inner.replace('"', "\"\""))
}

/// The lines, their cells padded so that columns stand below each other, where that is not too wide.
fn padded(grid: &[Vec<String>]) -> String {
    let count = grid.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..count).map(|column| width(grid, column)).collect();
    let pads = widths.iter().sum::<usize>() + count.saturating_sub(1) <= WIDEST;
    let mut text = String::new();
    for cells in grid {
        let (mut at, mut target) = (0, 0);
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            if pads && at < target {
                line.push_str(&" ".repeat(target - at));
                at = target;
            }
            if column > 0 {
                line.push(',');
            }
            line.push_str(cell);
            at += cell.chars().count();
            target += widths[column];
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The width of a column: that of its longest cell, those aside that are much longer than the rest.
fn width(grid: &[Vec<String>], column: usize) -> usize {
    let length = |cells: &Vec<String>| u32::try_from(cells[column].chars().count()).unwrap_or(u32::MAX);
    let lengths: Vec<u32> = grid.iter().map(length).collect();
    let average = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0.0_f64), |(sum, count), value| (sum + value, count + 1.0));
        sum / count.max(1.0)
    };
    let mean = average(&mut lengths.iter().copied().map(f64::from));
    let squares = average(&mut lengths.iter().map(|length| f64::from(*length) * f64::from(*length)));
    let most = ((squares - mean * mean).max(0.0).sqrt().mul_add(2.0, mean) + 0.5).floor();
    let usual = lengths.iter().filter(|length| f64::from(**length) <= most).max().copied().unwrap_or(0);
    usize::try_from(usual.max(lengths[0])).unwrap_or(usize::MAX)
}
