//! The table of flags.

use super::Kind::{Choice, Choices, List, Moment, Number, Path, Switch, Text, Yaml};
use super::Verbs::{AllBut, Only};
use super::{Flag, Verbs, pair, valued};
use crate::command::args::Verb::{
    Build, Check, Checks, Clean, Clone, Compile, Completions, Debug, Deps, DocsGenerate, DocsInherit,
    DocsServe, Freshness, Init, Lineage, Ls, Parse, Pii, Query, Retry, Run, RunOperation, Seed, Show,
    Snapshot, Test,
};

const RESOURCES: &[&str] = &[
    "metric",
    "semantic_model",
    "saved_query",
    "source",
    "analysis",
    "model",
    "test",
    "unit_test",
    "exposure",
    "snapshot",
    "seed",
    "function",
    "default",
    "all",
];
const LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];
const FORMATS: &[&str] = &["text", "debug", "json", "default"];
const INDIRECT: &[&str] = &["eager", "cautious", "buildable", "empty"];

/// The commands that read the project and choose nodes of it.
const SELECTING: Verbs = Only(&[
    Build,
    Check,
    Clone,
    Compile,
    DocsGenerate,
    DocsInherit,
    Freshness,
    Ls,
    Run,
    Seed,
    Show,
    Snapshot,
    Test,
]);
/// The commands that read the project.
const PROJECT: Verbs = AllBut(&[Completions]);
/// The commands that run nodes, or compile them.
const THREADED: Verbs = AllBut(&[Clean, Completions, Debug, Deps, DocsServe, Init, Ls]);
/// The commands that read or write the target folder.
const WRITING: Verbs = AllBut(&[Completions, Debug, Deps, Init]);
/// The commands whose findings a CI system may want to read.
const REPORTING: Verbs = Only(&[
    Build,
    Check,
    Checks,
    Clone,
    Compile,
    DocsGenerate,
    Freshness,
    Parse,
    Pii,
    Retry,
    Run,
    RunOperation,
    Seed,
    Snapshot,
    Test,
]);
/// The commands that build or test nodes.
const RUNNING: Verbs = Only(&[Build, Clone, Retry, Run, Seed, Snapshot, Test]);
const ANALYSES: &[&str] = &["off", "warn", "strict"];
const REPORTS: &[&str] = &["text", "json", "junit", "sarif", "github", "gitlab"];
const SQLPARSE: Verbs = Only(&[Build, Compile, DocsGenerate, Freshness, Run, Seed, Show, Snapshot, Test]);

/// Every flag, the general ones first.
pub(in crate::command) static FLAGS: &[Flag] = &[
    pair(
        "cache-selected-only",
        "CACHE_SELECTED_ONLY",
        Some(false),
        "Look only at the schemas of selected nodes when filling the relation cache",
    ),
    Flag { short: Some('d'), ..pair("debug", "DEBUG", Some(false), "Show debug lines") },
    pair("defer", "DEFER", Some(false), "Read unselected nodes from the manifest in --state"),
    valued("defer-state", "DEFER_STATE", Path, "The state folder for --defer alone"),
    Flag { short: Some('x'), ..pair("fail-fast", "FAIL_FAST", Some(false), "Stop at the first failure") },
    pair("favor-state", "FAVOR_STATE", Some(false), "Prefer --state over what is there, when deferring"),
    pair("hints-enabled", "HINTS_ENABLED", Some(true), "Say now and then how the project could be better"),
    valued(
        "indirect-selection",
        "INDIRECT_SELECTION",
        Choice(INDIRECT, "eager"),
        "Which tests a selected node brings along",
    ),
    pair("log-cache-events", "LOG_CACHE_EVENTS", Some(false), "Log what happens in the relation cache"),
    valued(
        "log-file-max-bytes",
        "LOG_FILE_MAX_BYTES",
        Number(Some(10 * 1024 * 1024)),
        "Size at which a new log file is begun; 0 for never",
    ),
    valued(
        "log-format",
        "LOG_FORMAT",
        Choice(FORMATS, "default"),
        "Form of log lines on the console and in the file",
    ),
    valued("log-format-file", "LOG_FORMAT_FILE", Choice(FORMATS, "debug"), "Form of log lines in the file"),
    valued("log-level", "LOG_LEVEL", Choice(LEVELS, "info"), "Lowest level on the console and in the file"),
    valued("log-level-file", "LOG_LEVEL_FILE", Choice(LEVELS, "debug"), "Lowest level in the file"),
    valued("log-path", "LOG_PATH", Path, "Folder of the log file"),
    pair("macro-debugging", "MACRO_DEBUGGING", Some(false), "Keep rendered macros for debugging"),
    valued(
        "maximum-seed-size-mib",
        "MAXIMUM_SEED_SIZE_MIB",
        Number(Some(1)),
        "Size above which a seed is told from others by path, not content; 0 for none",
    ),
    pair("partial-parse", "PARTIAL_PARSE", Some(true), "Reuse what was parsed before"),
    pair(
        "partial-parse-file-diff",
        "PARTIAL_PARSE_FILE_DIFF",
        Some(true),
        "Compare files when reusing what was parsed before",
    ),
    valued("partial-parse-file-path", "PARTIAL_PARSE_FILE_PATH", Path, "Where what was parsed before is"),
    pair("populate-cache", "POPULATE_CACHE", Some(true), "Fill the relation cache before the first node"),
    pair("print", "PRINT", Some(true), "Show what {{ print() }} says"),
    valued("printer-width", "PRINTER_WIDTH", Number(Some(80)), "Width of progress lines"),
    valued("profile", "PROFILE", Text, "The profile, instead of the one in dbt_project.yml"),
    Flag { short: Some('q'), ..pair("quiet", "QUIET", Some(false), "Show only errors and asked-for output") },
    Flag {
        short: Some('r'),
        ..valued("record-timing-info", "", Path, "Accepted for compatibility; has no effect")
    },
    pair(
        "send-anonymous-usage-stats",
        "SEND_ANONYMOUS_USAGE_STATS",
        Some(false),
        "Accepted for compatibility; nothing is ever sent",
    ),
    pair("single-threaded", "SINGLE_THREADED", Some(false), "Run one node at a time"),
    pair(
        "show-resource-report",
        "SHOW_RESOURCE_REPORT",
        Some(false),
        "Say what the command took of time and memory",
    ),
    pair("show-all-deprecations", "", Some(false), "Show each deprecation each time"),
    valued("state", "STATE", Path, "Folder of the artifacts to compare with and to defer to"),
    pair("static-parser", "STATIC_PARSER", Some(true), "Accepted for compatibility; has no effect"),
    Flag { short: Some('t'), ..valued("target", "TARGET", Text, "The target of the profile") },
    pair(
        "upload-to-artifacts-ingest-api",
        "UPLOAD_TO_ARTIFACTS_INGEST_API",
        Some(false),
        "Accepted for compatibility; nothing is ever sent",
    ),
    pair("use-colors", "USE_COLORS", None, "Use colours, even where there is no terminal"),
    pair(
        "use-colors-file",
        "USE_COLORS_FILE",
        None,
        "Accepted for compatibility; the log file has no colours",
    ),
    pair(
        "use-experimental-parser",
        "USE_EXPERIMENTAL_PARSER",
        Some(false),
        "Accepted for compatibility; has no effect",
    ),
    pair(
        "use-fast-test-edges",
        "USE_FAST_TEST_EDGES",
        Some(false),
        "Accepted for compatibility; has no effect",
    ),
    pair("use-v2-parser", "USE_V2_PARSER", Some(false), "Accepted for compatibility; has no effect"),
    pair("version-check", "VERSION_CHECK", Some(true), "Hold the project to its require-dbt-version"),
    Flag { env: "WARN_ERROR", ..valued("warn-error", "", Switch, "Take every warning for an error") },
    valued(
        "warn-error-options",
        "WARN_ERROR_OPTIONS",
        Yaml,
        "Which warnings are errors or silent: {error: all, warn: [Name], silence: [Name]}",
    ),
    pair("write-json", "WRITE_JSON", Some(true), "Write manifest.json and run_results.json"),
    // Of some commands only.
    Flag { verbs: Only(&[RunOperation]), ..valued("args", "", Yaml, "Arguments of the macro") },
    Flag {
        verbs: Only(&[Clean]),
        ..pair(
            "clean-project-files-only",
            "CLEAN_PROJECT_FILES_ONLY",
            Some(true),
            "Remove nothing outside the project",
        )
    },
    Flag { verbs: Only(&[DocsGenerate]), ..pair("compile", "", Some(true), "Compile the project as well") },
    Flag {
        verbs: Only(&[Debug]),
        ..valued("config-dir", "", Switch, "Show where profiles.yml is looked for, and nothing else")
    },
    Flag { verbs: Only(&[Debug]), ..valued("connection", "", Switch, "Test the connection alone") },
    Flag {
        verbs: Only(&[Build, Compile, Run, Seed, Snapshot]),
        ..pair("empty", "EMPTY", Some(false), "Read no rows of refs and sources")
    },
    Flag { verbs: Only(&[DocsGenerate]), ..valued("empty-catalog", "", Switch, "Ask the warehouse nothing") },
    Flag {
        verbs: Only(&[Build, Run]),
        ..valued("event-time-end", "EVENT_TIME_END", Moment, "End of the event time to build, exclusive")
    },
    Flag {
        verbs: Only(&[Build, Run]),
        ..valued(
            "event-time-start",
            "EVENT_TIME_START",
            Moment,
            "Start of the event time to build, inclusive",
        )
    },
    Flag {
        verbs: Only(&[Build, Retry, Run, Seed, Snapshot, Test]),
        ..pair(
            "checks",
            "CHECKS",
            Some(true),
            "Hold the project to its own rules before anything runs, where it has some",
        )
    },
    Flag { verbs: SELECTING, ..valued("exclude", "", List("NODES"), "Nodes to leave out") },
    Flag {
        verbs: Only(&[Checks]),
        ..valued("exclude", "", List("RULES"), "Rules to leave out: names, topics, or patterns of either")
    },
    Flag {
        verbs: Only(&[Build, Clone, Ls, Test]),
        aliases: &["exclude-resource-types"],
        ..valued(
            "exclude-resource-type",
            "EXCLUDE_RESOURCE_TYPES",
            Choices(RESOURCES),
            "Kinds of node to leave out",
        )
    },
    Flag {
        verbs: Only(&[Build]),
        ..pair("export-saved-queries", "EXPORT_SAVED_QUERIES", Some(false), "Export saved queries")
    },
    Flag {
        verbs: Only(&[Build, Clone, Compile, Retry, Run, Seed, Show]),
        short: Some('f'),
        ..valued("full-refresh", "FULL_REFRESH", Switch, "Build incremental models and seeds anew")
    },
    Flag { verbs: Only(&[DocsServe]), ..valued("host", "HOST", Text, "Address to serve on") },
    Flag {
        verbs: Only(&[Compile, Show]),
        ..valued("inline", "", Text, "SQL with Jinja to use instead of a node")
    },
    Flag {
        verbs: Only(&[Show]),
        ..valued("inline-direct", "", Text, "SQL without Jinja to use instead of a node")
    },
    Flag {
        verbs: Only(&[Compile]),
        ..pair("inject-ephemeral-ctes", "", Some(true), "Put ephemeral models into the compiled SQL")
    },
    Flag {
        verbs: Only(&[Compile, Show]),
        ..pair("introspect", "INTROSPECT", Some(true), "Let templates ask the warehouse while they compile")
    },
    Flag { verbs: Only(&[Lineage]), ..valued("upstream", "", Switch, "Only what it is made of") },
    Flag { verbs: Only(&[Lineage]), ..valued("downstream", "", Switch, "Only what is made of it") },
    Flag {
        verbs: Only(&[Lineage]),
        ..valued("depth", "", Number(None), "Steps to go; all for a column, 1 for a node")
    },
    Flag {
        verbs: Only(&[Lineage]),
        ..valued("impact", "", Switch, "What breaks if it goes or changes its type")
    },
    Flag {
        verbs: Only(&[Lineage]),
        ..valued("influences", "", Switch, "Show as well what decides about rows")
    },
    Flag {
        verbs: Only(&[Lineage]),
        ..valued(
            "output",
            "",
            Choice(&["text", "json", "mermaid", "dot", "html", "openlineage"], "text"),
            "Form of the output",
        )
    },
    Flag {
        verbs: Only(&[Pii]),
        ..valued("check", "", Switch, "Fail where a policy forbids what is there, and say how it came there")
    },
    Flag {
        verbs: Only(&[Pii]),
        ..valued("output", "", Choice(&["text", "json", "csv"], "text"), "Form of the output")
    },
    Flag {
        verbs: Only(&[DocsInherit]),
        ..valued("check", "", Switch, "Fail where there is something to inherit, and write nothing")
    },
    Flag {
        verbs: Only(&[DocsInherit]),
        ..valued("output", "", Choice(&["text", "json"], "text"), "Form of the output")
    },
    Flag {
        verbs: Only(&[DocsInherit]),
        ..valued("write", "", Switch, "Put what is inherited into the property files, all of it or nothing")
    },
    Flag { verbs: Only(&[DocsGenerate]), ..pair("lineage", "", Some(true), "Write lineage.json as well") },
    Flag {
        verbs: Only(&[DocsGenerate]),
        ..valued("lineage-in-manifest", "", Switch, "Put lineage into the meta of columns in manifest.json")
    },
    Flag { verbs: Only(&[Show]), ..valued("limit", "", Number(Some(5)), "Rows to show; -1 for all") },
    Flag { verbs: Only(&[Query]), ..valued("limit", "", Number(Some(-1)), "Rows to show; -1 for all") },
    Flag {
        verbs: Only(&[Checks]),
        ..valued(
            "limit",
            "",
            Number(Some(10)),
            "Findings to print of each rule; -1 for all. Reports have all",
        )
    },
    Flag { verbs: Only(&[Checks]), ..valued("list", "", Switch, "List the rules and run none") },
    Flag {
        verbs: Only(&[Query]),
        ..valued("output", "", Choice(&["table", "json", "csv", "ndjson"], "table"), "Form of the output")
    },
    Flag { verbs: Only(&[Deps]), ..valued("lock", "", Switch, "Write package-lock.yml and install nothing") },
    Flag { verbs: Only(&[Deps]), ..valued("add-package", "", Text, "A package to add, as name@version") },
    Flag {
        verbs: Only(&[Deps]),
        ..valued("source", "", Choice(&["hub", "git", "local"], "hub"), "Where the added package comes from")
    },
    Flag { verbs: Only(&[Deps]), ..valued("upgrade", "", Switch, "Take the newest versions") },
    Flag {
        verbs: Only(&[Ls]),
        short: Some('m'),
        aliases: &["model"],
        ..valued("models", "", List("NODES"), "Models to list, and nothing else")
    },
    Flag {
        verbs: Only(&[Ls]),
        ..valued("output", "", Choice(&["selector", "json", "name", "path"], "selector"), "Form of the list")
    },
    Flag {
        verbs: Only(&[Ls]),
        ..valued("output-keys", "", List("KEYS"), "Keys of the JSON form, nested ones with dots")
    },
    Flag {
        verbs: Only(&[Compile, Show]),
        ..valued("output", "", Choice(&["text", "json"], "text"), "Form of the output")
    },
    Flag {
        verbs: Only(&[Freshness]),
        short: Some('o'),
        ..valued("output", "", Path, "The file to write, instead of sources.json in the target folder")
    },
    Flag {
        verbs: RUNNING,
        ..valued(
            "openlineage-file",
            "OPENLINEAGE_FILE",
            Path,
            "The file to add OpenLineage events to, one a line",
        )
    },
    Flag {
        verbs: RUNNING,
        ..valued("openlineage-url", "OPENLINEAGE_URL", Text, "The service to send OpenLineage events to")
    },
    Flag {
        verbs: REPORTING,
        ..valued("output-file", "OUTPUT_FILE", Path, "The file for what --output-format asks for")
    },
    Flag {
        verbs: REPORTING,
        ..valued(
            "output-format",
            "OUTPUT_FORMAT",
            Choice(REPORTS, "text"),
            "Report of diagnostics and results for CI; without --output-file on standard output, \
             log lines then on standard error",
        )
    },
    Flag { verbs: Only(&[DocsServe]), ..valued("port", "", Number(Some(8080)), "Port to serve on") },
    Flag { verbs: Only(&[DocsServe]), ..pair("browser", "", Some(true), "Open a browser") },
    Flag { verbs: PROJECT, ..valued("profiles-dir", "PROFILES_DIR", Path, "Folder of profiles.yml") },
    Flag {
        verbs: PROJECT,
        ..valued(
            "project-dir",
            "PROJECT_DIR",
            Path,
            "Folder of dbt_project.yml; the current one or one above it",
        )
    },
    Flag {
        verbs: Only(&[Build, Clone, Ls, Test]),
        aliases: &["resource-types"],
        ..valued("resource-type", "RESOURCE_TYPES", Choices(RESOURCES), "Kinds of node to take")
    },
    Flag {
        verbs: Only(&[Build, Run]),
        ..valued("sample", "SAMPLE", Text, "Read only a window of event time of refs and sources")
    },
    Flag {
        verbs: Only(&[Checks]),
        short: Some('s'),
        ..valued("select", "", List("RULES"), "Rules to run: names, topics, or patterns of either")
    },
    Flag { verbs: SELECTING, short: Some('s'), ..valued("select", "", List("NODES"), "Nodes to take") },
    Flag { verbs: SELECTING, ..valued("selector", "", Text, "A named selector of selectors.yml") },
    Flag { verbs: Only(&[Build, Seed]), ..valued("show", "", Switch, "Show the first rows of loaded seeds") },
    Flag { verbs: Only(&[Init]), ..valued("skip-debug", "", Switch, "Do not test the connection") },
    Flag {
        verbs: Only(&[Init]),
        short: Some('s'),
        ..valued("skip-profile-setup", "", Switch, "Write no profile")
    },
    Flag {
        verbs: Only(&[RunOperation]),
        ..valued("sql", "", Text, "SQL with Jinja to run instead of a macro")
    },
    Flag {
        verbs: SQLPARSE,
        ..valued("sqlparse", "SQLPARSE", Yaml, "Accepted for compatibility; has no effect")
    },
    Flag {
        verbs: Only(&[Check]),
        ..valued(
            "static-analysis",
            "STATIC_ANALYSIS",
            Choice(ANALYSES, "strict"),
            "What becomes of mistakes: nothing, warnings, or errors",
        )
    },
    Flag {
        verbs: Only(&[Build, Compile, Run]),
        ..valued(
            "static-analysis",
            "STATIC_ANALYSIS",
            Choice(ANALYSES, "off"),
            "Find mistakes as `teal check` does first: not, as warnings, or so that nothing runs",
        )
    },
    Flag {
        verbs: Only(&[DocsGenerate]),
        ..valued("static", "", Switch, "Write one page that holds everything")
    },
    Flag {
        verbs: Only(&[Build, Test]),
        ..valued("store-failures", "STORE_FAILURES", Switch, "Keep failing rows in the warehouse")
    },
    Flag {
        verbs: WRITING,
        ..valued("target-path", "TARGET_PATH", Path, "Folder of everything that is written")
    },
    Flag { verbs: THREADED, ..valued("threads", "", Number(None), "Nodes to run at a time") },
    Flag { verbs: PROJECT, ..valued("vars", "", Yaml, "Variables: {name: value}") },
];
