//! A relation: the name of a table or view in a warehouse, with how to quote it.

use std::fmt;
use std::sync::Arc;

/// What stands behind a relation's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// A stored table.
    Table,
    /// A view.
    View,
    /// Not a relation at all: inlined as a common table expression.
    Cte,
    /// A view whose rows are stored.
    MaterializedView,
    /// A table whose rows live outside the warehouse.
    External,
    /// A function.
    Function,
}

impl RelationKind {
    /// dbt's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Cte => "cte",
            Self::MaterializedView => "materialized_view",
            Self::External => "external",
            Self::Function => "function",
        }
    }

    /// The kind with this name in dbt or in an information schema.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "table" | "base table" | "local temporary" => Self::Table,
            "view" => Self::View,
            "cte" => Self::Cte,
            "materialized_view" | "materialized view" => Self::MaterializedView,
            "external" => Self::External,
            "function" => Self::Function,
            _ => return None,
        })
    }
}

/// One flag for each part of a relation's name; what is quoted, or what is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The database.
    pub database: bool,
    /// The schema.
    pub schema: bool,
    /// The identifier.
    pub identifier: bool,
}

impl Policy {
    /// Every part.
    pub const ALL: Self = Self { database: true, schema: true, identifier: true };
}

/// `database.schema.identifier`, quoted as configured. Parts that are absent are not rendered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relation {
    /// The database, which other tools call a catalog.
    pub database: Option<Arc<str>>,
    /// The schema.
    pub schema: Option<Arc<str>>,
    /// The table or view.
    pub identifier: Option<Arc<str>>,
    /// What it is, where known.
    pub kind: Option<RelationKind>,
    /// Which parts are quoted.
    pub quote: Policy,
    /// Which parts are rendered.
    pub include: Policy,
    /// The character around a quoted part.
    pub quote_character: char,
    /// Text that stands for the whole relation, such as a call that reads a file.
    pub external: Option<Arc<str>>,
    /// `--empty`, `--sample` and microbatch: a filter that turns the name into a subquery.
    pub filter: Option<Filter>,
}

/// A filter that rendering puts around a relation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// No rows, for `--empty`.
    Empty,
    /// A condition over the relation's columns.
    Where(Arc<str>),
}

impl Relation {
    /// A relation with every part included and quoted with `"`.
    pub fn new(database: Option<&str>, schema: Option<&str>, identifier: Option<&str>) -> Self {
        Self {
            database: database.map(Arc::from),
            schema: schema.map(Arc::from),
            identifier: identifier.map(Arc::from),
            kind: None,
            quote: Policy::ALL,
            include: Policy::ALL,
            quote_character: '"',
            external: None,
            filter: None,
        }
    }

    /// The name without the filter around it.
    pub fn name(&self) -> String {
        if let Some(external) = &self.external {
            return external.to_string();
        }
        let parts = [
            (&self.database, self.include.database, self.quote.database),
            (&self.schema, self.include.schema, self.quote.schema),
            (&self.identifier, self.include.identifier, self.quote.identifier),
        ];
        let mut name = String::new();
        for (part, include, quote) in parts {
            let Some(part) = part.as_deref().filter(|part| include && !part.is_empty()) else { continue };
            if !name.is_empty() {
                name.push('.');
            }
            if quote {
                name.push_str(&self.quoted(part));
            } else {
                name.push_str(part);
            }
        }
        name
    }

    /// One part of a name in quotes, quotes inside it doubled.
    pub fn quoted(&self, part: &str) -> String {
        let q = self.quote_character;
        format!("{q}{}{q}", part.replace(q, &format!("{q}{q}")))
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match &self.filter {
            None => f.write_str(&name),
            Some(Filter::Empty) => write!(f, "(select * from {name} where false limit 0)"),
            Some(Filter::Where(condition)) => write!(f, "(select * from {name} where {condition})"),
        }
    }
}
