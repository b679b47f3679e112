//! docs/cli.md: what the table of flags and the verbs say, as a page.

use std::fmt::Write;

use super::args::Verb;
use super::flag::{FLAGS, Flag, Kind};

/// The reference of the command line, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The command line\n\nGenerated from `src/command/flag/table.rs`. General flags stand before or after the \
         command. A flag with a variable is also read from the environment, as `DBT_ENGINE_…` before `DBT_…`; \
         the command line wins over the environment, and that over `flags:` in dbt_project.yml.\n",
    );
    section(&mut page, "General flags", "", FLAGS.iter().filter(|flag| flag.is_general()));
    for verb in Verb::ALL {
        let own = FLAGS.iter().filter(|flag| !flag.is_general() && flag.is_for(*verb));
        section(&mut page, &format!("`{}`", verb.typed()), verb.about(), own);
    }
    page
}

fn section<'a>(page: &mut String, title: &str, about: &str, flags: impl Iterator<Item = &'a Flag>) {
    // Writing into a text cannot fail.
    let _ = write!(page, "\n## {title}\n\n");
    if !about.is_empty() {
        let _ = write!(page, "{about}.\n\n");
    }
    page.push_str("| Flag | Variable | |\n|---|---|---|\n");
    for flag in flags {
        let variable = if flag.env.is_empty() { String::new() } else { format!("`DBT_{}`", flag.env) };
        let _ = writeln!(page, "| {} | {variable} | {} |", form(flag), meaning(flag));
    }
}

/// How it is typed.
fn form(flag: &Flag) -> String {
    let name = flag.name;
    let short = flag.short.map_or(String::new(), |short| format!("`-{short}` "));
    let value = match flag.kind {
        Kind::Pair(_) => return format!("{short}`--{name}` `--no-{name}`"),
        Kind::Switch => "",
        Kind::Text => " TEXT",
        Kind::Path => " PATH",
        Kind::Number(_) => " NUMBER",
        Kind::Choice(..) => " WORD",
        Kind::List(name) => return format!("{short}`--{} {name}…`", flag.name),
        Kind::Choices(_) => " KIND…",
        Kind::Yaml => " YAML",
        Kind::Moment => " TIME",
    };
    format!("{short}`--{name}{value}`")
}

/// What it does, its words, and what holds where nothing is said.
fn meaning(flag: &Flag) -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match flag.kind {
        Kind::Pair(Some(true)) => format!("{} (on)", flag.help),
        Kind::Number(Some(default)) => format!("{} ({default})", flag.help),
        Kind::Choice(all, default) => format!("{}: {} (`{default}`)", flag.help, words(all)),
        Kind::Choices(all) => format!("{}: {}", flag.help, words(all)),
        _ => flag.help.to_owned(),
    }
}
