//! dbt's Jinja on minijinja: macros, contexts, and Python's semantics where templates depend on them.
//!
//! In reading order: `rewrite` turns dbt's dialect into minijinja's, `template` renders and maps
//! positions back, `block` finds the top-level blocks of a file, `macros` is the registry, `python`
//! the values, `context` what a template sees, `functions` the functions in it, `modules` what Python
//! lends it, `bridge` its way to the warehouse; `query_item` reads the calls of the semantic layer.

mod block;
mod bridge;
mod context;
mod environment;
mod error;
mod functions;
mod macros;
mod modules;
mod python;
mod query_item;
mod result;
mod rewrite;
mod runtime;
mod template;
mod test_arguments;
mod yaml;

pub use block::{Block, BlockKind, CallName, blocks, macro_calls, mentions_this};
pub use bridge::{
    RelationCache, Session, cell_text, relation_from, relation_value, response_in, stream_value, table_from,
    table_value,
};
pub use context::{Capture, ConnectionStep, Globals, Mocks, Notice, Occasion, Phase, Scope, Stage, Vars};
pub use functions::{EPHEMERAL_PREFIX, OVERLOADS, SEED_ROWS};
pub(crate) use functions::{dumps, tuple};
pub use macros::{MacroRegistry, PackageOverrides};
pub use minijinja::Value;
pub use modules::iso_datetime;
pub use python::{from_json, to_json};
pub(crate) use python::{python_repr, python_str};
pub use query_item::{QueryItem, QueryItemKind, query_items};
pub use result::{node_value, result_value, source_value};
pub use template::{Jinja, Rendered, SourceMap};
pub use test_arguments::test_arguments;
pub use yaml::YamlJinja;
