//! Teal runs dbt projects: transform, execute, assert, lineage.
//!
//! Data flows one way: project -> parse -> graph -> compile -> run -> artifacts. The modules below
//! are in reading order; docs/architecture.md says which may import which.

pub mod adapter;
pub mod artifact;
pub mod command;
pub mod compile;
pub mod console;
pub mod diagnostic;
pub mod graph;
pub mod jinja;
pub mod manifest;
pub mod metadata;
pub mod package;
pub mod parse;
pub mod project;
pub mod relation;
pub mod report;
pub mod run;
pub mod secret;
pub mod site;
pub mod sql;
