//! `selectors.yml`: selections with a name. What they mean, `graph` knows.

use std::path::Path;

use super::super::NamedSelector;
use super::super::render;
use super::super::yaml::Yaml;
use super::{keys, read_yaml};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::jinja::YamlJinja;

/// Reads the named selections of a folder; none where there is no file.
pub(super) fn read(
    folder: &Path,
    jinja: &YamlJinja,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Vec<NamedSelector> {
    let path = folder.join("selectors.yml");
    if !path.is_file() {
        return Vec::new();
    }
    let yaml = match read_yaml(&path, "selectors.yml".to_owned(), sources) {
        Ok((yaml, warnings, _)) => {
            found.extend(warnings);
            render::render_all(&yaml, jinja, sources, found)
        }
        Err(problem) => {
            found.push(*problem);
            return Vec::new();
        }
    };
    if let Some(file) = yaml.as_mapping() {
        found.extend(file.unknown_keys(&["selectors", "version"], "selectors.yml"));
    }
    let Some(list) = yaml.as_mapping().and_then(|file| file.get("selectors")).and_then(Yaml::as_list) else {
        let problem = yaml.invalid("selectors.yml", "a mapping with a list `selectors`");
        found.push(Diagnostic { code: Code::SelectorInvalid, ..problem });
        return Vec::new();
    };
    let mut selectors: Vec<NamedSelector> = Vec::with_capacity(list.len());
    for item in list {
        let Some(selector) = selector(item, found) else { continue };
        if let Some(first) = selectors.iter().find(|other| other.default && selector.default) {
            let message = format!(
                "Error when parsing the selector file. Found multiple selectors with `default: true`:{} and {}",
                first.name, selector.name
            );
            let problem = Diagnostic::error(Code::SelectorInvalid, message)
                .label(selector.span, "")
                .label(first.span, "the first one");
            found.push(problem);
        }
        selectors.push(selector);
    }
    selectors
}

fn selector(item: &Yaml, found: &mut Vec<Diagnostic>) -> Option<NamedSelector> {
    let invalid = |problem: Diagnostic| Diagnostic { code: Code::SelectorInvalid, ..problem };
    let Some(keys) = item.as_mapping() else {
        found.push(invalid(item.invalid("selectors", "a list of mappings")));
        return None;
    };
    found.extend(keys.unknown_keys(keys::SELECTOR, "a selector"));
    let (Some(name), Some(definition)) = (keys.entry("name"), keys.get("definition")) else {
        let problem =
            Diagnostic::error(Code::SelectorInvalid, "a selector needs a `name` and a `definition`");
        found.push(problem.label(item.span, ""));
        return None;
    };
    if definition.as_str().is_none() && definition.as_mapping().is_none() {
        found.push(
            invalid(definition.invalid("definition", "text or a mapping")).help(
                "valid root-level definitions are `union`, `intersection`, text and mappings, not lists",
            ),
        );
        return None;
    }
    Some(NamedSelector {
        name: name.value.scalar_text()?,
        description: keys.get("description").and_then(Yaml::scalar_text).unwrap_or_default(),
        default: keys.get("default").and_then(Yaml::as_bool).unwrap_or(false),
        definition: definition.to_json(),
        span: name.value.span,
    })
}
