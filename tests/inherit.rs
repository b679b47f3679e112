//! What `teal docs inherit` writes into property files: `tests/inherit/`, a project a folder.
//!
//! `expected/stdout` is what it shows, `expected/files/**` each property file that it changes or makes; all others must
//! stay as they are, byte for byte. `args`, where it is there, has words for its command line. Each project is run as it
//! is and with the line ends of Windows. A second time it must find nothing more to write, and what is written must
//! parse to the manifest that was there before, but for what the table says is new.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use serde_json::{Map, Value};

use crate::case::{expect, normalise, root, scratch, teal};

/// A trial for each project and form of line ends, and those that need more than a project.
pub(crate) fn cases() -> Vec<Trial> {
    let mut projects: Vec<PathBuf> = fs::read_dir(root().join("tests/inherit"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    projects.sort();
    let mut trials = Vec::new();
    for project in projects {
        let name = project.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for ends in ["\n", "\r\n"] {
            let project = project.clone();
            let name = format!("inherit::{name}{}", if ends == "\n" { "" } else { "_crlf" });
            trials.push(Trial::test(name, move || inherit(&project, ends)));
        }
    }
    trials.push(Trial::test("inherit::whole_or_not_at_all", whole_or_not_at_all));
    trials
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Every property file of a project, by its path.
fn property_files(folder: &Path) -> Result<BTreeMap<String, String>, Failed> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let path = entry.path();
        let is_property = path.extension().is_some_and(|e| e == "yml" || e == "yaml");
        if is_property && !path.starts_with(folder.join("target")) {
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(path)?);
        }
    }
    Ok(files)
}

fn run(folder: &Path, line: &str, wanted: i32) -> Result<String, Failed> {
    let (code, output) = teal(folder, &words(line))?;
    if code == wanted { Ok(output) } else { Err(format!("`{line}` ended with {code}:\n{output}").into()) }
}

fn inherit(project: &Path, ends: &str) -> Result<(), Failed> {
    let scratch = scratch(project)?;
    let folder = scratch.path();
    let before: BTreeMap<String, String> =
        property_files(folder)?.into_iter().map(|(path, text)| (path, text.replace('\n', ends))).collect();
    for (path, text) in &before {
        fs::write(folder.join(path), text)?;
    }
    let extra = fs::read_to_string(project.join("args")).unwrap_or_default();
    run(folder, "parse --quiet", 0)?;
    let manifest = manifest(folder)?;

    let command = format!("docs inherit --quiet --no-use-colors {extra}");
    fs::create_dir_all(project.join("expected/files"))?;
    let shown = normalise(&run(folder, &command, 0)?, folder);
    expect(&project.join("expected/stdout"), &shown)?;
    let json: Value = serde_json::from_str(&run(folder, &format!("{command} --output json"), 0)?)?;
    let proposals = json["inherited"].as_array().cloned().unwrap_or_default();
    run(folder, &format!("{command} --check"), i32::from(!proposals.is_empty()))?;
    if property_files(folder)? != before {
        return Err("something was written without `--write`".into());
    }

    run(folder, &format!("{command} --write"), 0)?;
    let written = property_files(folder)?;
    for (path, text) in &written {
        let expected = project.join("expected/files").join(path);
        let old = before.get(path);
        if old == Some(text) {
            if expected.exists() {
                return Err(format!("{path} was not changed").into());
            }
            continue;
        }
        // A file that is new has the line ends of Unix.
        let plain = if old.is_some() { text.replace(ends, "\n") } else { text.clone() };
        if ends == "\r\n" && old.is_some() && text.replace("\r\n", "").contains('\n') {
            return Err(format!("{path} has line ends of two kinds").into());
        }
        fs::create_dir_all(expected.parent().unwrap_or(project))?;
        expect(&expected, &plain)?;
    }

    let again: Value = serde_json::from_str(&run(folder, &format!("{command} --write --output json"), 0)?)?;
    if again["inherited"] != Value::Array(Vec::new()) || property_files(folder)? != written {
        return Err(format!("the second time there was more to write: {again:#}").into());
    }
    run(folder, "parse --quiet", 0)?;
    compare(&manifest, &self::manifest(folder)?, &proposals)
}

fn manifest(folder: &Path) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&fs::read_to_string(folder.join("target/manifest.json"))?)?)
}

/// Holds two manifests against each other: they differ in what was proposed, and in nothing else.
fn compare(before: &Value, after: &Value, proposals: &[Value]) -> Result<(), Failed> {
    let (mut before, mut after) = (before.clone(), after.clone());
    for proposal in proposals {
        let node = proposal["node"].as_str().unwrap_or_default();
        let name = proposal["column"].as_str().unwrap_or_default();
        let column = column(&after, node, name).ok_or_else(|| format!("{node} has no column {name}"))?;
        let description = proposal["description"].as_str().unwrap_or_default();
        let is_template = description.contains("{{");
        let found = column["description"].as_str().unwrap_or_default();
        if (!is_template && !description.is_empty() && found != description) || found.contains("{{") {
            return Err(format!("{node}.{name} is described as {found:?}, not {description:?}").into());
        }
        // What is new is left out on both sides.
        for manifest in [&mut before, &mut after] {
            let Some(columns) = manifest["nodes"][node]["columns"].as_object_mut() else { continue };
            columns.retain(|key, _| !key.eq_ignore_ascii_case(name));
        }
    }
    for manifest in [&mut before, &mut after] {
        drop(manifest["metadata"].take());
        let Some(nodes) = manifest["nodes"].as_object_mut() else { continue };
        for node in nodes.values_mut().filter_map(Value::as_object_mut) {
            node.remove("created_at");
        }
    }
    for key in ["nodes", "sources", "docs", "exposures", "unit_tests"] {
        for (id, node) in before[key].as_object().unwrap_or(&Map::new()) {
            let other = &after[key][id];
            for (part, value) in node.as_object().unwrap_or(&Map::new()) {
                let was_undescribed = part == "patch_path" && value.is_null();
                if other[part] != *value && !was_undescribed && part != "created_at" {
                    let message = format!("{part} of {id} is {:#}, and was {value:#}", other[part]);
                    return Err(message.into());
                }
            }
        }
        if after[key].as_object().map(Map::len) != before[key].as_object().map(Map::len) {
            return Err(format!("there are other {key} than before").into());
        }
    }
    Ok(())
}

fn column<'v>(manifest: &'v Value, node: &str, name: &str) -> Option<&'v Value> {
    let columns = manifest["nodes"][node]["columns"].as_object()?;
    columns.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, column)| column)
}

/// A file that cannot be written leaves all others as they were.
fn whole_or_not_at_all() -> Result<(), Failed> {
    let scratch = scratch(&root().join("tests/inherit/styles"))?;
    let folder = scratch.path();
    let before = property_files(folder)?;
    // Where a new file would go there is a folder, which nobody can write to as a file.
    fs::remove_file(folder.join("models/marts/marts.yml"))?;
    fs::create_dir(folder.join("models/marts/marts.yml"))?;
    let output = run(folder, "docs inherit --quiet --no-use-colors --write", 2)?;
    if !output.contains("error[file-access]: cannot write `models/marts/marts.yml`") {
        return Err(output.into());
    }
    let after = property_files(&folder.join("models/staging"))?;
    for (path, text) in after {
        if before.get(&format!("models/staging/{path}")) != Some(&text) {
            return Err(format!("{path} was written").into());
        }
    }
    let output = run(folder, "docs inherit --write --check", 2)?;
    if output.contains("not allowed with argument") { Ok(()) } else { Err(output.into()) }
}
