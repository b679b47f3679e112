//! Configuration in the root's project file that applies to nothing.

use std::collections::HashMap;

use serde_json::Value;

use super::{Kind, tree_of};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::manifest::Mapping;
use crate::project::Project;

/// Warns once of all paths of the project file under which no resource stands.
pub(in crate::parse) fn unused_paths(
    project: &Project,
    used: &HashMap<&'static str, Vec<&[String]>>,
    disabled: &[&[String]],
) -> Option<Diagnostic> {
    let root = project.root();
    let mut unused = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Node | Kind::Group)) {
        let mut paths = Vec::new();
        collect(tree_of(&root.configs, kind), &mut Vec::new(), &mut paths);
        let fqns = used.get(kind.key()).map_or(&[][..], Vec::as_slice);
        let applies = |path: &[String]| fqns.iter().chain(disabled).any(|fqn| fqn.starts_with(path));
        let stray = paths.into_iter().filter(|path| !applies(path));
        unused.extend(stray.map(|path| [&[kind.key().to_owned()], &path[..]].concat()));
    }
    if unused.is_empty() {
        return None;
    }
    let list: Vec<_> = unused.iter().map(|path| format!("- {}", path.join("."))).collect();
    let mut warning = Diagnostic::warning(
        Code::UnusedConfigPath,
        format!(
            "Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\n\
             There are {} unused configuration paths:\n{}",
            unused.len(),
            list.join("\n"),
        ),
    );
    let spans = unused.iter().filter_map(|path| root.configs.spans.get(&path.join("/")));
    warning.labels.extend(spans.map(|span| Label { span: *span, text: "applies to nothing".to_owned() }));
    Some(warning)
}

/// Every folder that says something itself.
fn collect(folder: &Mapping, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let mut says = false;
    for (key, value) in folder {
        match value {
            Value::Object(inner) if !key.starts_with('+') => {
                path.push(key.clone());
                collect(inner, path, paths);
                path.pop();
            }
            _ => says = true,
        }
    }
    if says {
        paths.push(path.clone());
    }
}
