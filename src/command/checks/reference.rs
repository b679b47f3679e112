//! docs/rules.md: the rules that are built in.

use std::fmt::Write as _;

use super::rule::{Rule, built_in};
use crate::diagnostic::Sources;

/// The page, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Built-in rules\n\nWhat `teal checks` looks for besides the project's own rules; see [checks.md](checks.md). \
         Generated from the comments in `src/checks/`. All of them warn unless the project says otherwise.\n",
    );
    let rules = built_in(&Sources::default());
    let mut topic = "";
    for rule in &rules {
        // Writing into a text cannot fail.
        if rule.topic != topic {
            topic = &rule.topic;
            let _ = write!(page, "\n## {topic}\n\n| Rule | | Parameters |\n|---|---|---|\n");
        }
        let help = rule.help.as_deref().map_or(String::new(), |help| format!(" {}.", sentence(help)));
        let _ = writeln!(
            page,
            "| `{}` | {}.{help} | {} |",
            rule.name(),
            rule.about.description,
            parameters(rule)
        );
    }
    page
}

/// A text with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn parameters(rule: &Rule) -> String {
    let one = |parameter: &super::rule::Parameter| {
        format!("`{}: {}` {}", parameter.name, parameter.value, parameter.about)
    };
    rule.parameters.iter().map(one).collect::<Vec<_>>().join("<br>")
}
