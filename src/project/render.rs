//! Templates in YAML strings: a tree in, the same tree with its strings rendered out.

use super::yaml::{Entry, Kind, Yaml};
use crate::diagnostic::{Diagnostic, Result, Sources};
use crate::jinja::YamlJinja;

/// Renders every string of a tree whose path of keys `wanted` accepts. A string that cannot be
/// rendered is reported and stays as it is.
pub(super) fn render(
    yaml: &Yaml,
    jinja: &YamlJinja,
    sources: &Sources,
    wanted: &dyn Fn(&[&str]) -> bool,
    found: &mut Vec<Diagnostic>,
) -> Yaml {
    Renderer { jinja, sources, wanted, found }.value(yaml, &mut Vec::new())
}

/// Renders every string of a tree.
pub(super) fn render_all(
    yaml: &Yaml,
    jinja: &YamlJinja,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Yaml {
    render(yaml, jinja, sources, &|_| true, found)
}

struct Renderer<'a> {
    jinja: &'a YamlJinja,
    sources: &'a Sources,
    wanted: &'a dyn Fn(&[&str]) -> bool,
    found: &'a mut Vec<Diagnostic>,
}

impl Renderer<'_> {
    fn value<'y>(&mut self, yaml: &'y Yaml, path: &mut Vec<&'y str>) -> Yaml {
        let value = match &yaml.value {
            Kind::Text(text) if is_template(text) && (self.wanted)(path) => {
                match self.jinja.render_value(text, Some(yaml.span), self.sources) {
                    Ok(value) => return Yaml::from((value, yaml.span)),
                    Err(problem) => {
                        self.found.push(*problem);
                        yaml.value.clone()
                    }
                }
            }
            Kind::List(items) => Kind::List(items.iter().map(|item| self.value(item, path)).collect()),
            Kind::Mapping(mapping) => {
                let mut entries = Vec::with_capacity(mapping.len());
                for entry in mapping {
                    path.push(&entry.key);
                    let value = self.value(&entry.value, path);
                    path.pop();
                    entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
                }
                Kind::Mapping(entries.into_iter().collect())
            }
            other => other.clone(),
        };
        Yaml { value, span: yaml.span }
    }
}

/// Whether there is anything to render: text without a tag stays the text it is.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Renders one value and stops where it cannot be rendered.
pub(super) fn render_value(yaml: &Yaml, jinja: &YamlJinja, sources: &Sources) -> Result<Yaml> {
    let mut found = Vec::new();
    let rendered = render_all(yaml, jinja, sources, &mut found);
    found.into_iter().next().map_or(Ok(rendered), |problem| Err(Box::new(problem)))
}
