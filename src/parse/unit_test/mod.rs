//! Unit tests: what property files say of them, as nodes, and what their names mean.

mod input;

use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::config::{Kind, Levels, misspelt};
use super::fixture::{Fixtures, fixture};
use super::properties::{ExpectProperties, UnitTestProperties, version_text};
use super::{Parsing, draft};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{
    Checksum, DependsOn, Expect, Fixture, Given, Language, Manifest, Mapping, Node, NodeConfig, NodeKind,
    RefArgs, Rows, Subject, UniqueId, UnitTest, Unresolved, Value,
};
use input::inputs;

/// Makes a unit test, its names not yet resolved.
pub(super) fn unit_test(
    parsing: &Parsing,
    said: &UnitTestProperties,
    fixtures: &Fixtures,
    found: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let package = said.place.package.as_str();
    let subject = said.subject.as_ref()?;
    let given = said.given.iter().filter_map(|said_input| {
        let (input, span) = said_input.input.clone()?;
        let fixture = fixture(said, said_input, fixtures, found)?;
        Some(Given { input, span: Some(span), target: None, fixture })
    });
    let given: Vec<_> = given.collect();
    let expect = match said.expect.as_ref()? {
        ExpectProperties::Rows(rows) => Expect::Rows(fixture(said, rows, fixtures, found)?),
        ExpectProperties::Text { text, exact, span } => {
            Expect::Text { text: text.clone(), exact: *exact, span: Some(*span) }
        }
    };
    if given.len() < said.given.len() {
        return None;
    }
    let test = UnitTest {
        subject: match &subject.arguments {
            None => Subject::Model(subject.name.clone()),
            Some(arguments) => {
                Subject::Macro { name: subject.name.clone(), id: None, arguments: arguments.clone() }
            }
        },
        span: Some(subject.span),
        given,
        expect,
        overrides: said.overrides.clone(),
        versions: said.versions.as_ref().map(|(versions, _)| versions.clone()),
        version: None,
    };
    let unique_id = UniqueId::from(format!("unit_test.{package}.{}.{}", subject.name, said.name));
    let mut fqn = draft::fqn_prefix(package, &said.place.path);
    fqn.extend([subject.name.clone(), said.name.clone()]);
    let (config, unrendered_config) = config(parsing, said, &fqn, found);
    let (description, doc_blocks) = parsing.description(&said.description, &unique_id, package, found);
    Some(Node {
        unique_id,
        name: said.name.clone(),
        package_name: package.to_owned(),
        path: said.place.path.clone(),
        original_file_path: said.place.original_file_path.clone(),
        source: said.span.source,
        source_offset: 0,
        fqn,
        language: Language::Sql,
        raw_code: Arc::from(""),
        checksum: checksum(&test),
        relation: None,
        alias: said.name.clone(),
        schema: String::new(),
        database: None,
        tags: config.tags().into_iter().map(str::to_owned).collect(),
        config,
        group: None,
        unrendered_config,
        config_call: Mapping::new(),
        description,
        doc_blocks,
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: Some(said.span),
        refs: Vec::new(),
        sources: Vec::new(),
        functions: Vec::new(),
        metrics: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: parsing.now,
        batch: None,
        kind: NodeKind::UnitTest(Box::new(test)),
    })
}

fn config(
    parsing: &Parsing,
    said: &UnitTestProperties,
    fqn: &[String],
    found: &mut Vec<Diagnostic>,
) -> (NodeConfig, Mapping) {
    let levels = Levels {
        kind: Kind::UnitTest,
        package: &said.place.package,
        fqn,
        patch: Some(&said.config.rendered),
        patch_unrendered: Some(&said.config.written),
        call: None,
        call_unrendered: None,
    };
    let merged = parsing.trees.merged(&levels).unwrap_or_else(|problem| {
        let message = format!(
            "invalid value for the configuration `{}` of `{}`: {}",
            problem.key, said.name, problem.message
        );
        let span = said.config.spans.get(&problem.key).copied().unwrap_or(said.span);
        found.push(Diagnostic::error(Code::InvalidConfig, message).label(span, ""));
        Kind::UnitTest.defaults().clone()
    });
    if parsing.is_own(&said.place.package) {
        let keys = said.config.spans.iter().map(|(key, span)| (key.as_str(), Some(*span)));
        found.extend(misspelt(Kind::UnitTest, keys));
    }
    (NodeConfig(merged), parsing.trees.unrendered(&levels))
}

/// The fingerprint of everything but name, description and configuration.
fn checksum(test: &UnitTest) -> Checksum {
    let rows = |fixture: &Fixture| match &fixture.rows {
        Rows::Unsaid => Value::Null,
        Rows::Table(rows) => json!(rows),
        Rows::Query(sql) => json!(sql),
    };
    let given: Vec<_> = test.given.iter().map(|given| json!([given.input, rows(&given.fixture)])).collect();
    let expect = match &test.expect {
        Expect::Rows(fixture) => rows(fixture),
        Expect::Text { text, exact, .. } => json!([text, exact]),
    };
    let arguments = match &test.subject {
        Subject::Model(_) => &Value::Null,
        Subject::Macro { arguments, .. } => arguments,
    };
    let overrides = test.overrides.as_ref().map(|over| {
        let queries: Vec<_> = over.queries.iter().map(|query| json!([query.sql, query.rows])).collect();
        json!([over.macros, over.vars, over.env_vars, over.target, queries])
    });
    let all = json!([test.subject.name(), arguments, test.versions, given, expect, overrides]);
    let digest = Sha256::digest(all.to_string());
    let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Checksum { name: "sha256", checksum: hex }
}

/// Adds unit tests to the manifest, one for each version of their model, with what their names mean.
pub(super) fn resolved(
    parsing: &Parsing,
    manifest: &mut Manifest,
    tests: Vec<Node>,
    found: &mut Vec<Diagnostic>,
) {
    let mut added = IndexMap::new();
    for test in tests {
        for test in meant(parsing, manifest, test, found) {
            if !test.config.enabled() {
                manifest.disabled.entry(Arc::clone(&test.unique_id)).or_default().push(Arc::new(test));
                continue;
            }
            match added.entry(Arc::clone(&test.unique_id)) {
                indexmap::map::Entry::Vacant(free) => {
                    free.insert(Arc::new(test));
                }
                indexmap::map::Entry::Occupied(first) => {
                    found.push(super::unique::same_name(
                        first.get(),
                        first.get().patch_span,
                        &test,
                        test.patch_span,
                    ));
                }
            }
        }
    }
    manifest.unit_tests = added;
}

/// One unit test with its names resolved, as many times as there are versions that it is about.
fn meant(parsing: &Parsing, manifest: &Manifest, mut test: Node, found: &mut Vec<Diagnostic>) -> Vec<Node> {
    let NodeKind::UnitTest(unit) = test.kind.clone() else { return Vec::new() };
    match &unit.subject {
        Subject::Macro { name, .. } => {
            let Some(tested) = tested_macro(parsing, &test, name) else {
                found.push(no_macro(parsing, &test, &unit, name));
                return Vec::new();
            };
            let id = Arc::clone(&tested.unique_id);
            test.depends_on.macros = vec![Arc::clone(&id)];
            let mut unit = unit;
            if let Subject::Macro { id: meant, .. } = &mut unit.subject {
                *meant = Some(id);
            }
            inputs(parsing, manifest, &test, &mut unit, None, found);
            test.kind = NodeKind::UnitTest(unit);
            vec![test]
        }
        Subject::Model(name) => {
            let models = match tested_models(manifest, &test, &unit, name) {
                Ok(models) => models,
                Err(Some(mistake)) => {
                    found.push(*mistake);
                    return Vec::new();
                }
                Err(None) => {
                    test.config.0.insert("enabled".to_owned(), Value::Bool(false));
                    return vec![test];
                }
            };
            let tests =
                models.into_iter().filter_map(|model| of_model(parsing, manifest, &test, model, found));
            tests.collect()
        }
    }
}

/// The unit test of one model, or of one version of it.
fn of_model(
    parsing: &Parsing,
    manifest: &Manifest,
    test: &Node,
    model: &Arc<Node>,
    found: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let mut test = test.clone();
    test.depends_on.nodes = vec![Arc::clone(&model.unique_id)];
    test.schema.clone_from(&model.schema);
    test.database.clone_from(&model.database);
    let NodeKind::UnitTest(mut unit) = test.kind else { return None };
    if let NodeKind::Model { version: Some(version), .. } = &model.kind {
        unit.version = Some(version.clone());
        let name = unit.versioned_name(&test.name);
        let id = format!("unit_test.{}.{}.{name}", test.package_name, unit.subject.name());
        test.unique_id = UniqueId::from(id);
    }
    test.kind = NodeKind::UnitTest(unit.clone());
    incremental(&test, &unit, model, found);
    inputs(parsing, manifest, &test, &mut unit, Some(model), found);
    test.kind = NodeKind::UnitTest(unit);
    Some(test)
}

fn tested_macro<'a>(
    parsing: &Parsing<'a>,
    test: &Node,
    name: &str,
) -> Option<&'a Arc<crate::manifest::Macro>> {
    let registry = parsing.jinja.registry();
    match name.split_once('.') {
        Some((package, name)) => registry.find_in(name, package),
        None => registry.find(name, &test.package_name),
    }
}

fn no_macro(parsing: &Parsing, test: &Node, unit: &UnitTest, name: &str) -> Diagnostic {
    let message =
        format!("Unable to find macro '{name}' for unit test '{}' in {}", test.name, test.original_file_path);
    let registry = parsing.jinja.registry();
    Diagnostic::error(Code::MacroNotFound, message)
        .label_opt(unit.span, "")
        .suggest(name, registry.names(&test.package_name))
}

/// The models that a unit test is about: the one it names, or those of its versions that it wants.
/// Nothing where the model is disabled.
fn tested_models<'a>(
    manifest: &'a Manifest,
    test: &Node,
    unit: &UnitTest,
    name: &str,
) -> Result<Vec<&'a Arc<Node>>, Option<Box<Diagnostic>>> {
    let mistake =
        |message: String| Diagnostic::error(Code::UnitTestInvalid, message).label_opt(unit.span, "");
    let mut words = name.split_whitespace();
    let args = RefArgs {
        package: None,
        name: words.next().unwrap_or_default().to_owned(),
        version: words.next().map(str::to_owned),
        span: None,
    };
    let is_model = |node: &Node| matches!(node.kind, NodeKind::Model { .. });
    // The test's own package comes first, not the root project.
    let model = match manifest.resolve_ref(&args, &test.package_name, &test.package_name) {
        Ok(model) if is_model(model) => model,
        Err(Unresolved::Disabled) => return Err(None),
        other => {
            let (package, file) = (&test.package_name, &test.original_file_path);
            let message =
                format!("Unable to find model '{package}.{name}' for unit test '{}' in {file}", test.name);
            let error = mistake(message);
            let known = manifest.nodes.values().filter(|node| is_model(node)).map(|node| node.name.as_str());
            return Err(Some(Box::new(match other {
                Ok(node) => error.help(format!("`{name}` is a {}", node.resource_type().as_str())),
                Err(_) => error.suggest(&args.name, known),
            })));
        }
    };
    let list = |key: &str| -> Option<Vec<String>> {
        let items = unit.versions.as_ref()?.get(key)?.as_array().filter(|items| !items.is_empty())?;
        Some(items.iter().map(version_text).collect())
    };
    let (include, exclude) = (list("include"), list("exclude"));
    if include.is_some() && exclude.is_some() {
        return Err(Some(Box::new(mistake(
            "Unit tests can not both include and exclude versions.".to_owned(),
        ))));
    }
    if model.version().is_none() {
        if include.is_some() || exclude.is_some() {
            return Err(Some(Box::new(mistake(format!(
                "Unit test '{}' should not have a versions include or exclude when referencing non-versioned \
                 model '{}'",
                test.name, model.name
            )))));
        }
        return Ok(vec![model]);
    }
    let ids = manifest.refable.get(&model.name).map_or(&[][..], Vec::as_slice);
    let versions = ids.iter().filter_map(|id| manifest.nodes.get(id)).filter(|node| {
        let version = node.version().unwrap_or_default();
        node.package_name == model.package_name
            && include.as_ref().is_none_or(|wanted| wanted.contains(&version))
            && exclude.as_ref().is_none_or(|unwanted| !unwanted.contains(&version))
    });
    let versions: Vec<_> = versions.collect();
    if versions.is_empty() {
        let message = format!(
            "Unit test '{}' referenced a version of '{}' which was not found.",
            test.name, model.name
        );
        return Err(Some(Box::new(mistake(message))));
    }
    Ok(versions)
}

/// What dbt asks of the unit test of a model that asks whether it is incremental.
fn incremental(test: &Node, unit: &UnitTest, model: &Node, found: &mut Vec<Diagnostic>) {
    if !model.depends_on.macros.iter().any(|id| &**id == "macro.dbt.is_incremental") {
        return;
    }
    let said = unit.overrides.as_ref().and_then(|over| over.macros.get("is_incremental"));
    let message = match said.and_then(Value::as_bool) {
        None => format!(
            "Boolean override for 'is_incremental' must be provided for unit test '{}' in model '{}'",
            test.name, model.name
        ),
        Some(true) if !unit.given.iter().any(|given| given.input.trim() == "this") => {
            format!(
                "Unit test '{}' for incremental model '{}' must have a 'this' input",
                test.name, model.name
            )
        }
        Some(_) => return,
    };
    let help = match said {
        None => "say under `overrides: macros: is_incremental:` whether the model's table is there already",
        Some(_) => "give the rows that the model's table holds already: `- input: this`",
    };
    found.push(Diagnostic::error(Code::UnitTestInvalid, message).label_opt(test.patch_span, "").help(help));
}
