//! dbt's Jinja on minijinja: macros, contexts, and Python's semantics where templates depend on them.
//!
//! In reading order: `rewrite` turns dbt's dialect into minijinja's, `template` renders and maps
//! positions back, `block` finds the top-level blocks of a file, `macros` is the registry, `python`
//! the values, `context` what a template sees, `functions` the functions in it, `bridge` its way to
//! the warehouse.

pub use minijinja::Value;
