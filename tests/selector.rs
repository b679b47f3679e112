//! The language of selections, on the graph of `tests/selector.txt`.
//!
//! The file has three parts, set apart by `---`: a graph in the notation of [`Tiny`], selectors in YAML, and
//! cases. A case is a line of arguments; below it, indented, stand the nodes it selects in the order in which
//! they would run, warnings and errors. `UPDATE_EXPECT=1` rewrites what is indented.

use std::fmt::Write as _;
use std::fs;

use libtest_mimic::{Failed, Trial};
use teal::diagnostic::{Diagnostic, Sources};
use teal::graph::{Graph, Indirect, Request, select};
use teal::manifest::{Manifest, ResourceType};
use teal::project::{NamedSelector, yaml};

use crate::case::{expect, root};
use crate::tiny::{PACKAGE, Tiny};

/// One trial for the whole file: its cases share a graph.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("selector::language", language)]
}

fn language() -> Result<(), Failed> {
    let file = root().join("tests/selector.txt");
    let text = fs::read_to_string(&file)?;
    let [members, selectors, cases] = text.splitn(3, "---\n").collect::<Vec<_>>()[..] else {
        return Err("selector.txt needs three parts".into());
    };
    let mut tiny = Tiny::new();
    for line in members.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        tiny.line(line)?;
    }
    let graph = Graph::new(&tiny.manifest).map_err(|problem| problem.message)?;
    let named = named(selectors)?;
    let mut told = format!("{members}---\n{selectors}---\n");
    for line in cases.lines().filter(|line| !line.starts_with("  ")) {
        told.push_str(line);
        told.push('\n');
        if line.starts_with("--") {
            for outcome in outcomes(line, &graph, &tiny.manifest, &named)? {
                writeln!(told, "  {outcome}")?;
            }
        }
    }
    expect(&file, &told)
}

/// The named selectors, as the project reads them.
fn named(text: &str) -> Result<Vec<NamedSelector>, Failed> {
    let source = Sources::default().add("selectors.yml", text);
    let (tree, _) = yaml::parse(text, source).map_err(|problem| problem.message)?;
    let items = tree.as_list().ok_or("selectors are a list")?;
    let selector = |item: &yaml::Yaml| {
        let keys = item.as_mapping()?;
        Some(NamedSelector {
            name: keys.get("name")?.scalar_text()?,
            description: String::new(),
            default: keys.get("default").and_then(yaml::Yaml::as_bool).unwrap_or(false),
            definition: keys.get("definition")?.to_json(),
            span: item.span,
        })
    };
    items.iter().map(|item| selector(item).ok_or_else(|| "a selector lacks its name".into())).collect()
}

/// What a line of arguments gives, one line each: the nodes, then warnings, or an error.
fn outcomes(
    arguments: &str,
    graph: &Graph,
    manifest: &Manifest,
    named: &[NamedSelector],
) -> Result<Vec<String>, Failed> {
    let (mut chosen, mut excluded, mut selector, mut types) = (Vec::new(), Vec::new(), None, Vec::new());
    let (mut indirect, mut option) = (Indirect::Eager, "");
    for word in arguments.split_whitespace() {
        match option {
            _ if word.starts_with("--") => option = word,
            "--select" => chosen.push(word.to_owned()),
            "--exclude" => excluded.push(word.to_owned()),
            "--selector" => selector = Some(word),
            "--indirect-selection" => indirect = Indirect::parse(word).ok_or("no such mode")?,
            "--resource-type" => {
                let kind = ResourceType::ALL.iter().find(|kind| kind.as_str() == word);
                types.push(*kind.ok_or("no such kind")?);
            }
            other => return Err(format!("no such option: {other}").into()),
        }
    }
    let request = Request {
        select: &chosen,
        exclude: &excluded,
        selector,
        named,
        indirect,
        resource_types: if types.is_empty() { None } else { Some(&types) },
        with_empty: true,
        root: PACKAGE,
    };
    let told = |kind: &str, problem: &Diagnostic| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{kind}: {}{help}", problem.message.replace('\n', " "))
    };
    Ok(match select(graph, manifest, &request) {
        Ok(selection) => {
            let short = |id: &str| id.splitn(3, '.').last().unwrap_or(id).to_owned();
            let ids: Vec<String> = selection.ids.iter().map(|id| short(id)).collect();
            let nodes = if ids.is_empty() { "nothing".to_owned() } else { ids.join(" ") };
            let warnings = selection.warnings.iter().map(|warning| told("warning", warning));
            [nodes].into_iter().chain(warnings).collect()
        }
        Err(problem) => vec![told("error", &problem)],
    })
}
