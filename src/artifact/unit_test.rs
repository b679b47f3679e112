//! A unit test on the wire: dbt's keys, in dbt's order.

use serde::Serialize;

use super::node::DependsOnWire;
use crate::manifest::{
    Expect, Fixture, Given, Mapping, Node, NodeKind, Overrides, Rows, Subject, UnitTest, Value,
};

/// A unit test as dbt's `to_dict` gives it; null for what is none.
pub fn unit_test_json(node: &Node) -> Value {
    UnitTestWire::new(node).map_or(Value::Null, |wire| super::to_value(&wire))
}

#[derive(Serialize)]
pub(super) struct UnitTestWire<'a> {
    model: &'a str,
    given: Vec<GivenWire<'a>>,
    expect: FixtureWire<'a>,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    description: &'a str,
    overrides: Option<OverridesWire<'a>>,
    depends_on: DependsOnWire<'a>,
    config: &'a Mapping,
    checksum: &'a str,
    schema: Option<&'a str>,
    created_at: f64,
    versions: Option<VersionsWire<'a>>,
    version: Option<&'a Value>,
}

#[derive(Serialize)]
struct GivenWire<'a> {
    input: &'a str,
    #[serde(flatten)]
    fixture: FixtureWire<'a>,
}

#[derive(Serialize)]
struct FixtureWire<'a> {
    rows: RowsWire<'a>,
    format: &'static str,
    fixture: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RowsWire<'a> {
    None(()),
    Rows(&'a [Mapping]),
    Text(&'a str),
}

#[derive(Serialize)]
struct OverridesWire<'a> {
    macros: &'a Mapping,
    vars: &'a Mapping,
    env_vars: &'a Mapping,
}

#[derive(Serialize)]
struct VersionsWire<'a> {
    include: Option<&'a Value>,
    exclude: Option<&'a Value>,
}

impl<'a> UnitTestWire<'a> {
    /// The wire form of a node that is a unit test.
    pub(super) fn new(node: &'a Node) -> Option<Self> {
        let NodeKind::UnitTest(test) = &node.kind else { return None };
        Some(Self {
            model: model(test),
            given: test.given.iter().map(GivenWire::new).collect(),
            expect: expect(&test.expect),
            name: &node.name,
            resource_type: node.resource_type().as_str(),
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            unique_id: &node.unique_id,
            fqn: &node.fqn,
            description: &node.description,
            overrides: test.overrides.as_ref().map(OverridesWire::new),
            depends_on: DependsOnWire { macros: &node.depends_on.macros, nodes: &node.depends_on.nodes },
            config: &node.config.0,
            checksum: &node.checksum.checksum,
            schema: Some(node.schema.as_str()).filter(|schema| !schema.is_empty()),
            created_at: node.created_at,
            versions: test.versions.as_ref().map(|versions| VersionsWire {
                include: versions.get("include"),
                exclude: versions.get("exclude"),
            }),
            version: test.version.as_ref(),
        })
    }
}

/// What is tested; dbt has no key for macros, so the id of one stands for it.
fn model(test: &UnitTest) -> &str {
    match &test.subject {
        Subject::Macro { id: Some(id), .. } => id,
        subject => subject.name(),
    }
}

/// What is expected; a text stands where dbt has a query.
fn expect(expect: &Expect) -> FixtureWire<'_> {
    match expect {
        Expect::Rows(fixture) => FixtureWire::new(fixture),
        Expect::Text { text, .. } => FixtureWire { rows: RowsWire::Text(text), format: "sql", fixture: None },
    }
}

impl<'a> GivenWire<'a> {
    fn new(given: &'a Given) -> Self {
        Self { input: &given.input, fixture: FixtureWire::new(&given.fixture) }
    }
}

impl<'a> FixtureWire<'a> {
    fn new(fixture: &'a Fixture) -> Self {
        let rows = match &fixture.rows {
            Rows::Unsaid => RowsWire::None(()),
            Rows::Table(rows) => RowsWire::Rows(rows),
            Rows::Query(sql) => RowsWire::Text(sql),
        };
        Self { rows, format: fixture.format.as_str(), fixture: fixture.file.as_deref() }
    }
}

impl<'a> OverridesWire<'a> {
    fn new(overrides: &'a Overrides) -> Self {
        Self { macros: &overrides.macros, vars: &overrides.vars, env_vars: &overrides.env_vars }
    }
}
