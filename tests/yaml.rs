//! YAML as data: `tests/yaml/NAME.yml` and, in `NAME.txt`, what it reads as.
//!
//! The expectation holds the value as JSON, one line for each place that does not hold what it says,
//! warnings, or the error as it is shown. `UPDATE_EXPECT=1` rewrites expectations.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use teal::diagnostic::{Diagnostic, Sources, Styled, render};
use teal::project::yaml::{Kind, Yaml, parse};

use crate::case::{expect, root};

/// One trial a file.
pub(crate) fn cases() -> Vec<Trial> {
    let entries = fs::read_dir(root().join("tests/yaml")).into_iter().flatten().flatten();
    let files =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "yml"));
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            Trial::test(format!("yaml::{name}"), move || run(&file))
        })
        .collect()
}

fn run(file: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(file)?;
    let sources = Sources::default();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = sources.add(name, text.as_str());
    let shown = |problem: &Diagnostic| render(problem, &sources, Styled::No);
    let told = match parse(&text, source) {
        Ok((yaml, warnings)) => {
            let mut told = vec![serde_json::to_string_pretty(&yaml.to_json())?];
            misplaced(&yaml, &text, &mut told);
            told.extend(warnings.iter().map(shown));
            told.join("\n") + "\n"
        }
        Err(problem) => shown(&problem) + "\n",
    };
    expect(&file.with_extension("txt"), &told)
}

/// Tells where a span does not hold the word that was read there.
fn misplaced(yaml: &Yaml, text: &str, told: &mut Vec<String>) {
    let mut check = |place: &str, word: &str| {
        let bare = place.trim_matches(['"', '\'']).trim_start_matches('*');
        let spelt = bare == word || place.starts_with(['|', '>', '*', '"', '\'']) || place.contains('\n');
        if !spelt || place.trim() != place {
            told.push(format!("`{word}` is placed at `{place}`"));
        }
    };
    let at = |span: teal::diagnostic::Span| &text[span.start as usize..span.end as usize];
    match &yaml.value {
        Kind::Text(word) => check(at(yaml.span), word),
        Kind::List(items) => items.iter().for_each(|item| misplaced(item, text, told)),
        Kind::Mapping(keys) => {
            for entry in keys {
                let key = at(entry.key_span);
                if parse(key, Sources::default().add("", key)).is_ok_and(|(key, _)| key.as_str().is_some()) {
                    check(key, &entry.key);
                }
            }
            keys.iter().for_each(|entry| misplaced(&entry.value, text, told));
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}
