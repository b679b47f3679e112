//! Property files: what YAML says of nodes, sources, exposures, groups, macros and unit tests.
//!
//! `read.rs` takes values out of the tree, `shape.rs` entries whose form is a table; the other files know
//! the keys of one kind of entry each.

mod exposure;
mod function;
mod node;
mod read;
mod semantic;
mod shape;
mod source;
mod time_spine;
mod unit_test;
mod version;

use std::sync::Arc;

pub(super) use exposure::{ExposureProperties, GroupProperties, MacroProperties};
pub(super) use node::{ColumnProperties, NodeProperties, Section};
pub(super) use read::{Config, Place, Reader, Text, is_template};
pub(super) use semantic::SemanticProperties;
pub(super) use shape::{GRANULARITIES, Spans};
pub(super) use source::TableProperties;
pub(super) use unit_test::{ExpectProperties, FixtureProperties, UnitTestProperties};
pub(super) use version::text as version_text;

use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::Jinja;
use crate::project::yaml::{Kind, Yaml};

/// A property file as a tree.
#[derive(Debug)]
pub(super) struct PropertyFile {
    /// Where it stands.
    pub(super) place: Arc<Place>,
    /// What it says.
    pub(super) yaml: Yaml,
}

/// Everything one property file says.
#[derive(Debug, Default)]
pub(super) struct Properties<'y> {
    pub(super) nodes: Vec<NodeProperties<'y>>,
    pub(super) tables: Vec<TableProperties<'y>>,
    pub(super) exposures: Vec<ExposureProperties>,
    pub(super) groups: Vec<GroupProperties>,
    pub(super) macros: Vec<MacroProperties>,
    pub(super) semantic: Vec<SemanticProperties>,
    pub(super) unit_tests: Vec<UnitTestProperties>,
}

const SECTIONS: &[&str] = &[
    "version",
    "models",
    "seeds",
    "snapshots",
    "sources",
    "macros",
    "analyses",
    "exposures",
    "groups",
    "data_tests",
    "unit_tests",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
    "anchors",
];

/// Reads what a file says; what is wrong in it is returned beside.
pub(super) fn properties<'y>(
    file: &'y PropertyFile,
    jinja: &Arc<Jinja>,
) -> (Properties<'y>, Vec<Diagnostic>) {
    let mut reader = Reader::new(jinja, &file.place.package);
    let mut all = Properties::default();
    let map = match &file.yaml.value {
        Kind::Mapping(map) => map,
        Kind::Null => return (all, reader.found),
        _ => {
            let path = &file.place.original_file_path;
            let message = format!("Contents of file '{path}' are not valid. Dictionary expected.");
            reader.report(Diagnostic::error(Code::YamlInvalidValue, message).label(file.yaml.span, ""));
            return (all, reader.found);
        }
    };
    reader.known(map, SECTIONS, "a property file");
    for (key, section) in [
        ("models", Section::Models),
        ("seeds", Section::Seeds),
        ("snapshots", Section::Snapshots),
        ("analyses", Section::Analyses),
        ("data_tests", Section::DataTests),
        ("functions", Section::Functions),
    ] {
        for yaml in reader.list(map, key) {
            let entries = node::entries(&mut reader, &file.place, section, yaml);
            if let ([said], Some(map), Section::Models) = (&entries[..], yaml.as_mapping(), section) {
                all.semantic.extend(semantic::of_model(&mut reader, map, said));
            }
            all.nodes.extend(entries);
        }
    }
    for yaml in reader.list(map, "sources") {
        all.tables.extend(source::tables(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "exposures") {
        all.exposures.extend(exposure::exposure(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "groups") {
        all.groups.extend(exposure::group(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "macros") {
        all.macros.extend(exposure::macro_(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "metrics") {
        all.semantic.extend(semantic::metric(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "semantic_models") {
        all.semantic.extend(semantic::semantic_model(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "saved_queries") {
        all.semantic.extend(semantic::saved_query(&mut reader, &file.place, yaml));
    }
    for yaml in reader.list(map, "unit_tests") {
        all.unit_tests.extend(unit_test::unit_test(&mut reader, &file.place, yaml));
    }
    (all, reader.found)
}
