//! docs/tables.md: every table with its columns.

use std::fmt::Write as _;

use super::{VIEWS, definitions};

/// The page, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The tables of a project\n\nWhat `teal query` and the rules of `teal checks` read; see [checks.md](checks.md). \
         Generated from `src/metadata/`.\n\nThey are in a database in memory, made when a query runs and filled as far as it \
         mentions them. Nothing can be changed there, and no file, network or setting be reached. JSON is read with `->>` \
         (`config ->> 'on_schema_change'`), lists with `list_contains` and `unnest`.\n",
    );
    for definition in definitions() {
        // Writing into a text cannot fail.
        let _ = write!(
            page,
            "\n## `{}`\n\n{}\n\n| Column | Type | |\n|---|---|---|\n",
            definition.name, definition.about
        );
        for (name, kind, about) in definition.columns {
            let _ = writeln!(page, "| `{name}` | {} | {about} |", kind.as_str());
        }
    }
    page.push_str("\n## Views\n\n| View | |\n|---|---|\n");
    for (name, table, rows) in VIEWS {
        let _ = writeln!(page, "| `{name}` | `{table}` where `{rows}` |");
    }
    page
}
