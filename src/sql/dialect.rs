//! How warehouses differ in grammar and in what names mean; the only place of this floor that names them.

use sqlparser::dialect::{
    self, BigQueryDialect, DatabricksDialect, GenericDialect, PostgreSqlDialect, SnowflakeDialect,
};

/// The grammar that a statement is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// DuckDB.
    #[default]
    DuckDb,
    /// PostgreSQL, and Redshift, which is close to it.
    Postgres,
    /// Snowflake.
    Snowflake,
    /// Spark and Databricks.
    Spark,
    /// `BigQuery`.
    BigQuery,
    /// Any other warehouse: what most of them have in common.
    Generic,
}

#[expect(unreachable_pub, reason = "the macro makes a public type")]
mod embedded {
    use sqlparser::derive_dialect;
    use sqlparser::dialect::DuckDbDialect;

    derive_dialect!(
        Embedded,
        DuckDbDialect,
        preserve_type_id = true,
        overrides = { supports_select_wildcard_rename = true, supports_string_escape_constant = true }
    );
}

/// How a column without a name of its own is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// By the text of its expression.
    Text,
    /// By its outermost function; a cast by what it casts; else `?column?`.
    Function,
    /// `f0_`, `f1_`, … by position.
    Position,
}

impl Dialect {
    /// The dialect of a warehouse, by the name that a profile has for it.
    pub fn of(warehouse: &str) -> Self {
        match warehouse {
            "duckdb" => Self::DuckDb,
            "postgres" | "redshift" => Self::Postgres,
            "snowflake" => Self::Snowflake,
            "spark" | "databricks" => Self::Spark,
            "bigquery" => Self::BigQuery,
            _ => Self::Generic,
        }
    }

    /// The parser's grammar for it.
    pub(super) fn grammar(self) -> Box<dyn dialect::Dialect> {
        match self {
            Self::DuckDb => Box::new(embedded::Embedded::new()),
            Self::Postgres => Box::new(PostgreSqlDialect {}),
            Self::Snowflake => Box::new(SnowflakeDialect),
            Self::Spark => Box::new(DatabricksDialect {}),
            Self::BigQuery => Box::new(BigQueryDialect),
            Self::Generic => Box::new(GenericDialect {}),
        }
    }

    /// Whether it has the constructs that `rewrite` puts into common words, `COLUMNS()` among them.
    pub(super) fn is_rewritten(self) -> bool {
        self == Self::DuckDb
    }

    /// Whether a select item, `where` and `having` may use the aliases of select items before them.
    pub(super) fn has_lateral_aliases(self) -> bool {
        matches!(self, Self::DuckDb | Self::Snowflake | Self::Spark)
    }

    /// Whether a subquery in `from` sees the relations before it without the word `lateral`.
    pub(super) fn is_lateral(self) -> bool {
        self == Self::DuckDb
    }

    /// Whether the columns of `using` come before all others in `*`.
    pub(super) fn puts_merged_first(self) -> bool {
        self != Self::DuckDb
    }

    /// How columns without a name are called.
    pub(super) fn naming(self) -> Naming {
        match self {
            Self::Postgres => Naming::Function,
            Self::BigQuery => Naming::Position,
            _ => Naming::Text,
        }
    }

    /// The name of a column of `VALUES` by its position, from 0.
    pub(super) fn values_column(self, at: usize) -> String {
        match self {
            Self::DuckDb => format!("col{at}"),
            Self::Spark => format!("col{}", at + 1),
            _ => format!("column{}", at + 1),
        }
    }

    /// The name of `unnest`'s column: its own, or that of the alias.
    pub(super) fn names_unnested_by_alias(self) -> bool {
        self != Self::DuckDb
    }
}
