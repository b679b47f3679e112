//! Templates' way to the warehouse.
//!
//! `session` is one worker's connection, `cache` the relations known to exist. The rest are values
//! that templates handle: `relation` (its class is `relation_class`), `column`, `table` (its parts
//! are in `sequence`, `stream` is one that is read late, and `print` draws it), `response`, and
//! `adapter`, whose methods are in `catalog`, `convention`, `constraint` and `external`; `function` is
//! what a relation tells of a function, `mock` answers in the place of the warehouse while a unit test
//! is rendered.

mod adapter;
mod cache;
mod catalog;
mod column;
mod constraint;
mod convention;
mod external;
mod function;
mod mock;
mod print;
mod relation;
mod relation_class;
mod response;
mod sequence;
mod session;
mod stream;
mod table;

pub use cache::RelationCache;
pub use relation::{relation_from, relation_value};
pub use response::response_in;
pub use session::Session;
pub use stream::stream_value;
pub use table::{cell_text, table_from, table_value};

pub(super) use adapter::{adapter_value, api_value, refused, session};
pub(super) use catalog::exists;
pub(super) use column::column_class;
pub(super) use print::print_rows;
pub(super) use response::{response_of, statement_result};
pub(super) use session::Begin;
pub(super) use table::empty_table;
