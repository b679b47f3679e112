//! Templates and what comes of them: `tests/jinja/*.txt`.
//!
//! A file is three parts between lines of `---`: a JSON object, a template, and what is expected,
//! text or diagnostic. The object's keys are the template's variables, but for these: `@macros`
//! (package to the text of a macro file; `dbt` is built in, `project` is the root), `@phase`
//! (`parse`; `compile` where nothing is said), `@dispatch` (the project's search order), `@value`
//! (the template is a YAML string: its value is expected, as JSON) and `@map` (expected is the
//! source of each word of the text, as line and column). `UPDATE_EXPECT=1` rewrites expectations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, RwLock};

use libtest_mimic::{Failed, Trial};
use teal::adapter::{self, Recorder, Settings};
use teal::diagnostic::{Diagnostic, Sources, Span, Styled, render};
use teal::jinja::{
    BlockKind, Globals, Jinja, MacroRegistry, PackageOverrides, Phase, Scope, Vars, blocks, from_json,
};
use teal::manifest::Macro;
use teal::relation::Policy;

use crate::case::root;

/// Trials of `tests/jinja/`.
pub(crate) fn cases() -> Vec<Trial> {
    let mut files: Vec<_> = fs::read_dir(root().join("tests/jinja"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    let mut trials: Vec<Trial> = files
        .into_iter()
        .map(|path| {
            let name = format!("jinja::{}", path.file_stem().unwrap_or_default().to_string_lossy());
            Trial::test(name, move || run(&path))
        })
        .collect();
    trials.push(Trial::test("jinja::materializations", materializations));
    trials.push(Trial::test("jinja::dispatch_prefixes", dispatch_prefixes));
    trials.push(Trial::test("jinja::blocks", found_blocks));
    trials
}

/// Who wins where several packages define a materialization.
fn materializations() -> Result<(), Failed> {
    let sources = Sources::default();
    let winner = |packages: &[(&str, &str)], overrides| -> Result<Option<String>, Failed> {
        let mut macros = Vec::new();
        for (package, kind) in packages {
            let text = format!("{{% materialization table, {kind} %}}{{% endmaterialization %}}");
            macros.extend(definitions(package, &text, &sources).map_err(|d| d.message)?);
        }
        let built_in = ["dbt".to_owned()];
        let (registry, _) = MacroRegistry::new(macros, "project", &built_in, indexmap::IndexMap::default());
        Ok(registry.materialization("table", "here", overrides).map(|found| found.unique_id.to_string()))
    };
    let own = "adapter='here'";
    let silent: &[(&[(&str, &str)], &str)] = &[
        (&[("dbt", "default"), ("lib", "default")], "macro.lib.materialization_table_default"),
        (&[("dbt", own), ("lib", "default")], "macro.dbt.materialization_table_here"),
        (&[("dbt", own), ("lib", own)], "macro.lib.materialization_table_here"),
        (&[("lib", own), ("project", own)], "macro.project.materialization_table_here"),
    ];
    let explicit: &[(&[(&str, &str)], &str)] = &[
        (&[("dbt", "default")], "macro.dbt.materialization_table_default"),
        (&[("dbt", "default"), ("dbt", own)], "macro.dbt.materialization_table_here"),
        (&[("dbt", "default"), ("project", "default")], "macro.project.materialization_table_default"),
        (&[("dbt", own), ("project", "default")], "macro.dbt.materialization_table_here"),
        (&[("dbt", "default"), ("lib", own)], "macro.dbt.materialization_table_default"),
        (&[("lib", "default")], "macro.lib.materialization_table_default"),
        (&[("lib", "default"), ("project", "default")], "macro.project.materialization_table_default"),
    ];
    for (cases, overrides) in [(silent, PackageOverrides::Silent), (explicit, PackageOverrides::Explicit)] {
        for (packages, expected) in cases {
            let found = winner(packages, overrides)?;
            if found.as_deref() != Some(*expected) {
                return Err(format!("{packages:?}: expected {expected}, found {found:?}").into());
            }
        }
    }
    Ok(())
}

/// In each package of the order the adapter's own prefix wins, then its parent's, then the default.
fn dispatch_prefixes() -> Result<(), Failed> {
    /// Packages with the prefixes of which they have a macro.
    type Packages<'a> = &'a [(&'a str, &'a [&'a str])];
    let sources = Sources::default();
    let found = |packages: Packages<'_>| -> Result<String, Failed> {
        let mut macros = Vec::new();
        for (package, prefixes) in packages {
            let text = |prefix: &&str| format!("{{% macro {prefix}__greet() %}}{{% endmacro %}}");
            let text: String = prefixes.iter().map(text).collect();
            macros.extend(definitions(package, &text, &sources).map_err(|d| d.message)?);
        }
        let built_in = ["dbt".to_owned()];
        let (registry, _) = MacroRegistry::new(macros, "project", &built_in, indexmap::IndexMap::default());
        let prefixes = ["child", "parent", "default"];
        let found = registry.dispatch("greet", Some("lib"), &prefixes, "project");
        found.map(|found| found.unique_id.to_string()).map_err(|d| d.message.into())
    };
    let cases: &[(Packages<'_>, &str)] = &[
        (&[("lib", &["default", "parent", "child"])], "macro.lib.child__greet"),
        (&[("lib", &["default", "parent"])], "macro.lib.parent__greet"),
        (&[("lib", &["default"])], "macro.lib.default__greet"),
        (&[("lib", &["child"]), ("project", &["parent"])], "macro.project.parent__greet"),
        (&[("lib", &["child"]), ("project", &["default", "parent"])], "macro.project.parent__greet"),
    ];
    for (packages, expected) in cases {
        let found = found(packages)?;
        if found != *expected {
            return Err(format!("{packages:?}: expected {expected}, found {found}").into());
        }
    }
    Ok(())
}

/// What `blocks` finds in a file, and what it passes over.
fn found_blocks() -> Result<(), Failed> {
    let text = "# Title {#anchor}\n{{ not a tag }} {% set x = 1 %}\n{#- {% macro no() %} -#}\n\
                {% docs orders %}it's {{ free }} {% if %}{% enddocs %}\n\
                {%- macro a(x=[1, ')']) -%}{% macro inner() %}{% endmacro %}{%- endmacro -%}\n\
                {% data_test positive(model) %}select{% enddata_test %}\n\
                {% snapshot s %}select '%}'{% endsnapshot %}\n\
                {% materialization m, adapter='here', supported_languages=['sql', 'python'] %}{% endmaterialization %}";
    let found = blocks(text, Sources::default().add("file", text)).map_err(|d| d.message)?;
    let seen: Vec<_> = found
        .iter()
        .map(|block| {
            let whole = &text[block.span.start as usize..block.span.end as usize];
            (block.name.as_str(), &text[block.body.clone()], whole.ends_with("%}"), whole.starts_with("{%"))
        })
        .collect();
    let expected = [
        ("orders", "it's {{ free }} {% if %}", true, true),
        ("a", "{% macro inner() %}{% endmacro %}", true, true),
        ("positive", "select", true, true),
        ("s", "select '%}'", true, true),
        ("m", "", true, true),
    ];
    if seen != expected {
        return Err(format!("found {seen:?}").into());
    }
    let last = found.last().map(|block| &block.kind);
    let languages = vec!["sql".to_owned(), "python".to_owned()];
    let wanted = BlockKind::Materialization { adapter: Some("here".to_owned()), default: false, languages };
    if last == Some(&wanted) { Ok(()) } else { Err(format!("found {last:?}").into()) }
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let mut parts = text.splitn(3, "---\n");
    let (Some(options), Some(template)) = (parts.next(), parts.next()) else {
        return Err("a case has three parts between lines of ---".into());
    };
    let expected = parts.next().unwrap_or_default();
    let actual = outcome(&serde_json::from_str(options)?, template.strip_suffix('\n').unwrap_or(template));
    let actual = format!("{}\n", actual.trim_end_matches('\n'));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, format!("{options}---\n{template}---\n{actual}"))?;
        return Ok(());
    }
    if actual == expected { Ok(()) } else { Err(format!("expected\n{expected}\ngot\n{actual}").into()) }
}

fn outcome(options: &serde_json::Value, template: &str) -> String {
    let sources = Arc::new(Sources::default());
    match try_outcome(options, template, &sources) {
        Ok(text) => text,
        Err(diagnostic) => render(&diagnostic, &sources, Styled::No),
    }
}

fn try_outcome(
    options: &serde_json::Value,
    template: &str,
    sources: &Arc<Sources>,
) -> Result<String, Box<Diagnostic>> {
    let mut macros = Vec::new();
    for (package, text) in options["@macros"].as_object().into_iter().flatten() {
        macros.extend(definitions(package, text.as_str().unwrap_or_default(), sources)?);
    }
    let dispatch = serde_json::from_value(options["@dispatch"].clone()).unwrap_or_default();
    let (registry, duplicates) = MacroRegistry::new(macros, "project", &["dbt".to_owned()], dispatch);
    if let Some(duplicate) = duplicates.into_iter().next() {
        return Err(Box::new(duplicate));
    }
    let jinja = Jinja::new(globals(), Arc::clone(sources), registry);
    let mut scope = Scope::parse("project");
    if options["@phase"] != "parse" {
        scope.phase = Phase::Compile;
    }
    let variables = options.as_object().into_iter().flatten().filter(|(key, _)| !key.starts_with('@'));
    scope.variables = variables.map(|(key, value)| (key.clone(), from_json(value))).collect();
    let scope = Arc::new(scope);
    let source = sources.add("model.sql", template);
    if options["@value"] == true {
        let at = Span::new(source, 0..template.len());
        return jinja.render_value(template, Some(at), &scope).map(|value| value.to_string());
    }
    let rendered = jinja.render(source, 0..template.len(), &scope)?;
    if options["@map"] != true {
        return Ok(rendered.text);
    }
    let mut map = String::new();
    for word in rendered.text.split_whitespace() {
        let offset = word.as_ptr() as usize - rendered.text.as_ptr() as usize;
        let place = rendered.map.locate(offset).map_or_else(
            || "nowhere".to_owned(),
            |span| {
                let written = &template[span.start as usize..span.end as usize];
                format!("{} `{written}`", sources.place(span))
            },
        );
        let _ = writeln!(map, "{word} <- {place}");
    }
    Ok(map)
}

/// The macros of a file.
fn definitions(package: &str, text: &str, sources: &Sources) -> Result<Vec<Arc<Macro>>, Box<Diagnostic>> {
    let path = format!("{package}/macros.sql");
    let source = sources.add(path.clone(), text);
    let found = blocks(text, source)?.into_iter().filter_map(|block| {
        let name = match &block.kind {
            BlockKind::Macro => block.name,
            BlockKind::Test => format!("test_{}", block.name),
            BlockKind::Materialization { adapter, .. } => {
                format!("materialization_{}_{}", block.name, adapter.as_deref().unwrap_or("default"))
            }
            BlockKind::Snapshot | BlockKind::Docs => return None,
        };
        Some(Arc::new(Macro {
            unique_id: format!("macro.{package}.{name}").into(),
            name,
            package_name: package.to_owned(),
            original_file_path: path.clone(),
            source,
            span: block.span,
            macro_sql: text[block.span.start as usize..block.span.end as usize].into(),
            supported_languages: None,
            description: String::new(),
            meta: serde_json::Map::new(),
            docs_show: true,
            arguments: Vec::new(),
            patch_path: None,
            depends_on: Vec::new(),
            created_at: 0.0,
        }))
    });
    Ok(found.collect())
}

fn globals() -> Globals {
    let warehouse = adapter::KINDS[0];
    let opened = adapter::open(warehouse, &Settings::new());
    let adapter = opened.unwrap_or_else(|error| panic!("an embedded warehouse needs no settings: {error}"));
    Globals {
        adapter: Arc::new(Recorder::instead_of(&*adapter)),
        project_name: "project".to_owned(),
        target: serde_json::Map::new(),
        versions: [("project".to_owned(), Some("1.0".to_owned()))].into(),
        vars: Vars::default(),
        flags: serde_json::Map::new(),
        quoting: Policy::ALL,
        invocation_id: "id".to_owned(),
        run_started_at: chrono::DateTime::UNIX_EPOCH,
        dbt_version: "1.12.0".to_owned(),
        args: serde_json::Map::new(),
        selected_resources: RwLock::default(),
        sink: Arc::new(|_| ()),
    }
}
