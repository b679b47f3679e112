//! The language of selections, on the graph of `tests/selector.txt`.
//!
//! The file has three parts, set apart by `---`: a graph in the notation of [`Tiny`], which also says what an
//! earlier state was, selectors in YAML, and cases. A case is a line of arguments; below it, indented, stand the nodes it selects in the order in which
//! they would run, warnings and errors. `UPDATE_EXPECT=1` rewrites what is indented.

use std::fmt::Write as _;
use std::fs;

use indexmap::IndexMap;
use libtest_mimic::{Failed, Trial};
use serde_json::{Map, Value, json};
use teal::artifact::{Freshness, RunResults, State, StateResult, exposure_json, node_json, source_json};
use teal::diagnostic::{Diagnostic, Sources};
use teal::graph::{Earlier, Graph, Indirect, Request, select};
use teal::manifest::{Manifest, ResourceType};
use teal::project::{NamedSelector, yaml};

use crate::case::{expect, root};
use crate::tiny::{PACKAGE, Tiny};

/// One trial for the whole file: its cases share a graph.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("selector::language", language)]
}

/// The three parts of the file.
fn parts(text: &str) -> Result<[&str; 3], Failed> {
    text.splitn(3, "---\n")
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "selector.txt needs three parts".into())
}

fn members(text: &str) -> Result<Tiny, Failed> {
    let mut tiny = Tiny::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        tiny.line(line)?;
    }
    Ok(tiny)
}

/// The graph of the file as a manifest, for others that select from it.
pub(crate) fn manifest() -> Result<Value, Failed> {
    let text = fs::read_to_string(root().join("tests/selector.txt"))?;
    let [members, selectors, _] = parts(&text)?;
    let tiny = self::members(members)?;
    let nodes = tiny.manifest.nodes.iter().map(|(id, node)| (id.to_string(), node_json(node)));
    // What is disabled stands elsewhere in a manifest.
    let nodes = nodes.filter(|(_, node)| node["config"]["enabled"] != false);
    let sources = tiny.manifest.sources.iter().map(|(id, source)| (id.to_string(), source_json(source)));
    let exposures =
        tiny.manifest.exposures.iter().map(|(id, exposure)| (id.to_string(), exposure_json(exposure)));
    let selectors =
        named(selectors)?.into_iter().map(|one| (one.name, json!({"definition": one.definition})));
    Ok(json!({
        "metadata": {"project_name": PACKAGE},
        "nodes": nodes.collect::<Map<_, _>>(),
        "sources": sources.collect::<Map<_, _>>(),
        "exposures": exposures.collect::<Map<_, _>>(),
        "selectors": selectors.collect::<Map<_, _>>(),
    }))
}

/// What is selected and excluded in the cases that need no earlier state, with the ids of what that means, tests
/// left out, and null where it is refused.
pub(crate) fn drawn() -> Result<Vec<Value>, Failed> {
    let text = fs::read_to_string(root().join("tests/selector.txt"))?;
    let [members, selectors, cases] = parts(&text)?;
    let tiny = self::members(members)?;
    let graph = Graph::new(&tiny.manifest).map_err(|problem| problem.message)?;
    let named = named(selectors)?;
    let mut drawn = Vec::new();
    for line in cases.lines().filter(|line| line.starts_with("--")) {
        let (mut select, mut exclude, mut option) = (Vec::new(), Vec::new(), "");
        for word in line.split_whitespace() {
            match option {
                _ if word.starts_with("--") => option = word,
                "--select" => select.push(word.to_owned()),
                "--exclude" => exclude.push(word.to_owned()),
                _ => {}
            }
        }
        let knows = |option: &str| matches!(option, "--select" | "--exclude");
        let is_of_the_past =
            ["state:", "source_status:", "result:"].iter().any(|method| line.contains(method));
        if is_of_the_past || line.split_whitespace().any(|word| word.starts_with("--") && !knows(word)) {
            continue;
        }
        let request = Request {
            select: &select,
            exclude: &exclude,
            selector: None,
            named: &named,
            indirect: Indirect::Empty,
            resource_types: None,
            with_empty: true,
            root: PACKAGE,
            earlier: None,
        };
        let ids = ids(&graph, &tiny.manifest, &request);
        drawn.push(json!([select.join(" "), exclude.join(" "), ids]));
    }
    Ok(drawn)
}

fn ids(graph: &Graph, manifest: &Manifest, request: &Request<'_>) -> Option<Vec<String>> {
    let selection = select(graph, manifest, request).ok()?;
    let mut ids: Vec<String> = selection.ids.iter().map(ToString::to_string).collect();
    ids.retain(|id| !id.starts_with("test."));
    ids.sort();
    Some(ids)
}

fn language() -> Result<(), Failed> {
    let file = root().join("tests/selector.txt");
    let text = fs::read_to_string(&file)?;
    let [members, selectors, cases] = parts(&text)?;
    let tiny = self::members(members)?;
    let graph = Graph::new(&tiny.manifest).map_err(|problem| problem.message)?;
    let named = named(selectors)?;
    let state = state(&tiny)?;
    let mut told = format!("{members}---\n{selectors}---\n");
    for line in cases.lines().filter(|line| !line.starts_with("  ")) {
        told.push_str(line);
        told.push('\n');
        if line.starts_with("--") {
            for outcome in outcomes(line, &graph, &tiny.manifest, &named, &state)? {
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

/// The earlier state: the same members but for those that are new, with other code where they changed.
fn state(tiny: &Tiny) -> Result<State, Failed> {
    let said = |id: &str, key: &str| {
        tiny.earlier.iter().find(|(of, about, _)| &**of == id && *about == key).map(|(_, _, value)| value)
    };
    let was = |id: &str| said(id, "was").map(String::as_str);
    let kept = |id: &str| was(id) != Some("new");
    let nodes = tiny.manifest.nodes.iter().filter(|(id, _)| kept(id)).map(|(id, node)| {
        let mut json = node_json(node);
        if was(id) == Some("changed") {
            json["raw_code"] = "select 2".into();
            json["checksum"]["checksum"] = "other".into();
        }
        (id.to_string(), json)
    });
    let sources = tiny.manifest.sources.iter().filter(|(id, _)| kept(id)).map(|(id, source)| {
        let mut json = source_json(source);
        if was(id) == Some("changed") {
            json["identifier"] = "other".into();
        }
        (id.to_string(), json)
    });
    let exposures = tiny.manifest.exposures.iter().filter(|(id, _)| kept(id)).map(|(id, exposure)| {
        let mut json = exposure_json(exposure);
        if was(id) == Some("changed") {
            json["url"] = "other".into();
        }
        (id.to_string(), json)
    });
    let manifest = json!({
        "nodes": nodes.collect::<serde_json::Map<_, _>>(),
        "sources": sources.collect::<serde_json::Map<_, _>>(),
        "exposures": exposures.collect::<serde_json::Map<_, _>>(),
    });
    let results = tiny.earlier.iter().filter(|(_, key, _)| *key == "result").map(|(id, _, status)| {
        StateResult { unique_id: id.to_string(), status: status.replace('_', " "), batches: None }
    });
    let loaded = |at: usize| {
        let days = tiny.earlier.iter().filter(|(_, key, _)| *key == "loaded").filter_map(|(id, _, days)| {
            let day = days.split("..").nth(at).filter(|day| !day.is_empty())?;
            Some(json!({"unique_id": &**id, "max_loaded_at": format!("{day}T00:00:00Z")}))
        });
        serde_json::from_value::<Freshness>(json!({"results": days.collect::<Vec<_>>()}))
    };
    Ok(State {
        folder: "earlier".to_owned(),
        manifest: Some(serde_json::from_value(manifest)?),
        results: Some(RunResults { results: results.collect(), ..RunResults::default() }),
        freshness: Some(loaded(0)?),
        freshness_now: Some(loaded(1)?),
    })
}

/// What a line of arguments gives, one line each: the nodes, then warnings, or an error.
fn outcomes(
    arguments: &str,
    graph: &Graph,
    manifest: &Manifest,
    named: &[NamedSelector],
    state: &State,
) -> Result<Vec<String>, Failed> {
    let (mut chosen, mut excluded, mut selector, mut types) = (Vec::new(), Vec::new(), None, Vec::new());
    let (mut indirect, mut option, mut is_alone) = (Indirect::Eager, "", false);
    for word in arguments.split_whitespace() {
        match option {
            _ if word == "--no-state" => is_alone = true,
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
    let vars = IndexMap::new();
    let request = Request {
        select: &chosen,
        exclude: &excluded,
        selector,
        named,
        indirect,
        resource_types: if types.is_empty() { None } else { Some(&types) },
        with_empty: true,
        root: PACKAGE,
        earlier: (!is_alone).then_some(Earlier {
            state,
            internal: &[],
            vars: &vars,
            enforced: &[],
            adapter: "duckdb",
        }),
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
