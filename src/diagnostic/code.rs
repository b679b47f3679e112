//! The table of diagnostic codes; docs/diagnostics.md is generated from it.

/// The error family that dbt's wrappers look for on the line after `Encountered an error:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `Compilation Error`: names and templates.
    Compilation,
    /// `Parsing Error`: YAML properties and project files.
    Parsing,
    /// `Runtime Error`: profiles, arguments, files, the machine.
    Runtime,
    /// `Database Error`: what the warehouse said.
    Database,
    /// `Dependency Error`: packages.
    Dependency,
    /// `Internal Error`: ours.
    Internal,
}

impl Family {
    /// The words dbt prints.
    pub fn title(self) -> &'static str {
        match self {
            Self::Compilation => "Compilation Error",
            Self::Parsing => "Parsing Error",
            Self::Runtime => "Runtime Error",
            Self::Database => "Database Error",
            Self::Dependency => "Dependency Error",
            Self::Internal => "Internal Error",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal, $family:ident;)+) => {
        /// A mistake that Teal knows by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The kebab-case id that is printed.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// The family dbt would report it under.
            pub fn family(self) -> Family {
                match self { $(Self::$name => Family::$family,)+ }
            }

            /// What it means and what to do, as printed in docs/diagnostics.md.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),+),)+ }
            }
        }
    };
}

codes! {
    /// A YAML file is not valid YAML.
    YamlSyntax = "yaml-syntax", Parsing;
    /// A key that dbt does not know, most often a typo; it has no effect.
    YamlUnknownKey = "yaml-unknown-key", Parsing;
    /// A value of the wrong kind: a list where a text is wanted, say.
    YamlInvalidValue = "yaml-invalid-value", Parsing;
    /// A required key is missing.
    YamlMissingKey = "yaml-missing-key", Parsing;
    /// The same thing is described twice.
    DuplicateProperties = "duplicate-properties", Compilation;
    /// There is no `dbt_project.yml` here or above.
    ProjectNotFound = "project-not-found", Runtime;
    /// `dbt_project.yml` cannot be used as it is.
    ProjectInvalid = "project-invalid", Runtime;
    /// The project asks for another version of dbt.
    VersionMismatch = "version-mismatch", Runtime;
    /// `profiles.yml` lacks the profile, the target or a key, or names an unknown warehouse.
    ProfileInvalid = "profile-invalid", Runtime;
    /// A package is listed but not installed, or cannot be read.
    PackageMissing = "package-missing", Dependency;
    /// The registry has no such package.
    PackageNotFound = "package-not-found", Dependency;
    /// A package has no version within the range that is asked for.
    PackageVersionNotFound = "package-version-not-found", Dependency;
    /// A package is asked for in ways that exclude each other, or two packages have one name.
    PackageConflict = "package-conflict", Dependency;
    /// A package cannot be installed as it is: it holds no project, or files that would lie outside its folder.
    PackageInvalid = "package-invalid", Dependency;
    /// A package cannot be fetched: no server, no repository, no such revision, no credentials.
    PackageFetchFailed = "package-fetch-failed", Dependency;
    /// A git package is not pinned to a tag or a commit, so it may change any day.
    PackageUnpinned = "package-unpinned", Dependency;
    /// A package goes on under another name.
    PackageRedirected = "package-redirected", Dependency;
    /// The service that OpenLineage events are sent to does not take them; the run goes on.
    OpenLineageUnreachable = "openlineage-unreachable", Runtime;
    /// A file cannot be read or written.
    FileAccess = "file-access", Runtime;
    /// A configuration in the project file applies to no resource.
    UnusedConfigPath = "unused-config-path", Parsing;
    /// A configuration key that Teal does not know, most often a typo.
    UnknownConfig = "unknown-config", Compilation;
    /// A configuration has a value it cannot have.
    InvalidConfig = "invalid-config", Compilation;
    /// A model with the `microbatch` strategy lacks `event_time`, `begin` or `batch_size`, or has a value for
    /// one of them, `lookback` or `concurrent_batches` that cannot be.
    MicrobatchInvalid = "microbatch-invalid", Parsing;
    /// A microbatch model reads nothing that has an `event_time`, so that each batch reads all rows.
    MicrobatchUnfiltered = "microbatch-unfiltered", Parsing;
    /// A template is not valid Jinja.
    JinjaSyntax = "jinja-syntax", Compilation;
    /// A template failed while it was rendered.
    JinjaRender = "jinja-render", Compilation;
    /// A name is used in a template that nothing defines.
    JinjaUndefined = "jinja-undefined", Compilation;
    /// A macro is called that no package defines.
    MacroNotFound = "macro-not-found", Compilation;
    /// A macro is called with arguments it does not take.
    MacroArguments = "macro-arguments", Compilation;
    /// Two macros of one package have the same name.
    DuplicateMacro = "duplicate-macro", Compilation;
    /// A template raised an error of its own, with `exceptions.raise_compiler_error`.
    RaisedByTemplate = "raised-by-template", Compilation;
    /// A template warned, with `exceptions.warn`.
    WarnedByTemplate = "warned-by-template", Compilation;
    /// `ref()` names a model, seed or snapshot that does not exist.
    RefNotFound = "ref-not-found", Compilation;
    /// `ref()` names a node that is disabled.
    RefDisabled = "ref-disabled", Compilation;
    /// `ref()` to a private model from outside its group, or to a protected one from another package.
    RefNotAllowed = "ref-not-allowed", Parsing;
    /// `function()` names a function that does not exist, or that is disabled.
    FunctionNotFound = "function-not-found", Compilation;
    /// A function is described in a way that cannot be, or is in a language the warehouse has not.
    FunctionInvalid = "function-invalid", Parsing;
    /// `metric()`, a metric or a saved query names a metric that does not exist, or that is disabled.
    MetricNotFound = "metric-not-found", Parsing;
    /// A metric names a measure that no semantic model has.
    MeasureNotFound = "measure-not-found", Parsing;
    /// A semantic model, a metric or a saved query breaks a rule of the semantic layer.
    SemanticInvalid = "semantic-invalid", Parsing;
    /// A semantic model, a metric or a saved query works and is perhaps not what is meant.
    SemanticDoubtful = "semantic-doubtful", Parsing;
    /// `time_spine` names a column that its model does not describe, or not with a `granularity`.
    TimeSpineInvalid = "time-spine-invalid", Parsing;
    /// There are semantic models and no time spine with all days.
    TimeSpineMissing = "time-spine-missing", Parsing;
    /// A model is still there after the date that its `deprecation_date` says.
    ModelDeprecated = "model-deprecated", Parsing;
    /// A model refers to one that is past its `deprecation_date`.
    ReferenceDeprecated = "reference-deprecated", Parsing;
    /// A model refers to one that will go on the date that its `deprecation_date` says.
    ReferenceDeprecatedLater = "reference-deprecated-later", Parsing;
    /// A contract cannot be enforced as it is described, or two places promise the primary key.
    ContractInvalid = "contract-invalid", Parsing;
    /// A model that is no table has constraints, which nothing enforces.
    ConstraintIgnored = "constraint-ignored", Parsing;
    /// `source()` names a source table that does not exist.
    SourceNotFound = "source-not-found", Compilation;
    /// A test, property or exposure is about a node that does not exist.
    PropertiesNotFound = "properties-not-found", Compilation;
    /// A doc block is asked for that no package defines.
    DocNotFound = "doc-not-found", Compilation;
    /// Two nodes of the same kind have the same name.
    DuplicateName = "duplicate-name", Compilation;
    /// Two nodes would be written to the same relation.
    DuplicateRelation = "duplicate-relation", Compilation;
    /// Models refer to each other in a circle.
    Cycle = "cycle", Runtime;
    /// `var()` has no value and no default.
    VarNotFound = "var-not-found", Compilation;
    /// `--vars` is not a YAML mapping.
    VarsInvalid = "vars-invalid", Runtime;
    /// `env_var()` names a variable that is not set and has no default.
    EnvVarNotFound = "env-var-not-found", Parsing;
    /// A secret environment variable is used where it could be written to a file.
    SecretNotAllowed = "secret-not-allowed", Parsing;
    /// A test is written in a form that cannot be read.
    TestInvalid = "test-invalid", Compilation;
    /// A unit test is written in a form that cannot be read, or names a model, an input or a fixture that is not there.
    UnitTestInvalid = "unit-test-invalid", Parsing;
    /// An input of a unit test is missing, or has a column that what it stands for does not have.
    UnitTestInput = "unit-test-input", Compilation;
    /// A selection that cannot be read.
    SelectorInvalid = "selector-invalid", Runtime;
    /// A selection that matches nothing.
    SelectorEmpty = "selector-empty", Runtime;
    /// `teal lineage` asks for a node or a column that is not there.
    LineageNotFound = "lineage-not-found", Runtime;
    /// `--state` is needed and not given, or its folder lacks the file that is needed.
    StateMissing = "state-missing", Runtime;
    /// A file of the state folder cannot be read, or was written by an incompatible version.
    StateInvalid = "state-invalid", Runtime;
    /// The state folder is the target folder, which this command overwrites.
    StateOverwritten = "state-overwritten", Runtime;
    /// A model with an enforced contract no longer keeps what it promised: a column, its type, a constraint or
    /// the model itself is gone.
    ContractBroken = "contract-broken", Compilation;
    /// A seed is too large to be compared with the one of the state folder.
    SeedNotCompared = "seed-not-compared", Runtime;
    /// A node is to be run again that the project no longer has.
    RetryNotFound = "retry-not-found", Runtime;
    /// Classified data reaches a place where a policy forbids it.
    PolicyViolated = "policy-violated", Runtime;
    /// A policy about classified data is written in a form that cannot be read.
    PolicyInvalid = "policy-invalid", Parsing;
    /// `teal checks`: a rule of the project, or one that is built in, found something. The name behind the stroke is the rule's;
    /// [rules.md](rules.md) explains those that are built in.
    Rule = "rule", Runtime;
    /// A rule of `teal checks`, or what `dbt_project.yml` says of one, cannot be read, or its query does not give what a rule's must.
    RuleInvalid = "rule-invalid", Parsing;
    /// The warehouse cannot be opened.
    ConnectionFailed = "connection-failed", Runtime;
    /// Another process holds the database file.
    DatabaseLocked = "database-locked", Runtime;
    /// A function or type needs a DuckDB extension that is not there.
    ExtensionMissing = "extension-missing", Database;
    /// The warehouse refused a statement.
    DatabaseError = "database-error", Database;
    /// A statement names a column that its tables do not have.
    UnknownColumn = "unknown-column", Database;
    /// A statement names a table that does not exist.
    UnknownTable = "unknown-table", Database;
    /// A statement is not valid SQL.
    SqlSyntax = "sql-syntax", Database;
    /// `teal check`: a query cannot run as it is: types that do not go together, an ambiguous column, an aggregate where
    /// none may stand, arguments that a function does not take.
    QueryInvalid = "query-invalid", Database;
    /// `teal check`: a property file describes a column that its node does not have.
    ColumnNotProduced = "column-not-produced", Compilation;
    /// `teal check`: a test is about a column that its node does not have.
    TestColumnMissing = "test-column-missing", Compilation;
    /// `teal check`: a `relationships` test compares columns whose types cannot be compared.
    RelationshipTypes = "relationship-types", Compilation;
    /// `teal check`: a comparison, a join or a union mixes types that the warehouse makes one of without a word.
    TypeMismatch = "type-mismatch", Compilation;
    /// A Python model is not of the form `def model(dbt, session)`, or asks for what cannot be read without running it.
    PythonInvalid = "python-invalid", Parsing;
    /// A Python model raised an exception, returned what is no table, or ran longer than its `timeout`.
    PythonFailed = "python-failed", Runtime;
    /// A Python model needs Python, or a package of Python's, that is not there.
    PythonMissing = "python-missing", Runtime;
    /// A source says how fresh it must be, and not how to tell: it has no `loaded_at_field` or `loaded_at_query`, or
    /// what that gives is no point in time.
    FreshnessUnknown = "freshness-unknown", Runtime;
    /// A seed file cannot be read: its row does not fit the header, or its text is not UTF-8.
    SeedInvalid = "seed-invalid", Runtime;
    /// A materialization is named that no package defines.
    MaterializationNotFound = "materialization-not-found", Compilation;
    /// A contract or a changed schema does not fit.
    SchemaMismatch = "schema-mismatch", Compilation;
    /// The command line does not make sense.
    Usage = "usage", Runtime;
    /// The run was cancelled.
    Cancelled = "cancelled", Runtime;
    /// Something is asked for that Teal does not do yet.
    Unsupported = "unsupported", Runtime;
    /// A feature is used that dbt is phasing out.
    Deprecated = "deprecated", Parsing;
    /// A bug in Teal.
    InternalError = "internal-error", Internal;
}
