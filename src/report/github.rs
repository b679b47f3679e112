//! Workflow commands of GitHub Actions: each line becomes an annotation at its file and line.

use super::{Findings, Item, Level};

/// One line an item, as the runner of GitHub Actions reads them.
pub(super) fn report(findings: &Findings<'_>) -> String {
    findings.items().iter().map(|item| command(item) + "\n").collect()
}

fn command(item: &Item<'_>) -> String {
    let word = match item.level {
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut properties = Vec::new();
    if let Some(at) = &item.region {
        properties.push(format!("file={}", property(&at.path)));
        properties.push(format!("line={}", at.line));
        properties.push(format!("endLine={}", at.end_line));
        properties.push(format!("col={}", at.column));
        if at.line == at.end_line {
            properties.push(format!("endColumn={}", at.end_column));
        }
    }
    properties.push(format!("title={}", property(&item.title)));
    let mut message = item.message.clone();
    if let Some(help) = item.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{word} {}::{}", properties.join(","), data(&message))
}

/// The message: percent and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: so are what separates properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
