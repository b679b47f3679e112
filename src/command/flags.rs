//! What the flags mean: command line over environment over the project's `flags:` over defaults.

use std::path::PathBuf;

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::args::{Args, Origin, Verb};
use super::flag::{FLAGS, Flag, Kind};
use super::sample;
use crate::console::{Colors, Policy};

/// A mapping in the order of the table of flags.
type Mapping = Map<String, Value>;

/// dbt's switches for changed behaviour that a project sets and no command line does.
const BEHAVIORS: &[(&str, bool)] = &[
    ("require_batched_execution_for_custom_microbatch_strategy", true),
    ("require_event_names_in_deprecations", false),
    ("require_explicit_package_overrides_for_builtin_materializations", true),
    ("require_resource_names_without_spaces", true),
    ("source_freshness_run_project_hooks", true),
    ("skip_nodes_if_on_run_start_fails", true),
    ("state_modified_compare_more_unrendered_values", true),
    ("state_modified_compare_vars", false),
    ("require_yaml_configuration_for_mf_time_spines", true),
    ("require_nested_cumulative_type_params", true),
    ("validate_macro_args", true),
    ("require_all_warnings_handled_by_warn_error", true),
    ("require_generic_test_arguments_property", true),
    ("require_unique_project_resource_names", false),
    ("require_ref_searches_node_package_before_root", false),
    ("require_valid_schema_from_generate_schema_name", false),
    ("allow_jinja_file_extensions", false),
    ("require_sql_header_in_test_configs", false),
    ("support_custom_ref_kwargs", false),
    ("require_corrected_analysis_fqns", false),
    ("require_source_and_semantic_model_names_without_spaces", false),
    ("enable_grouped_warn_error_parser_logs", false),
    ("use_catalogs_v2", false),
    ("latest_version_pointer_enabled_by_default", false),
];

/// Every flag with its value, and the ones Teal acts on as fields.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Flags {
    /// Every flag by dbt's snake-case name.
    pub all: Mapping,
    /// `--select`, and `--models` where it means the same.
    pub select: Vec<String>,
    /// `--models` of `ls`.
    pub models: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--selector`.
    pub selector: Option<String>,
    /// `--indirect-selection`.
    pub indirect_selection: String,
    /// `--resource-type`.
    pub resource_types: Vec<String>,
    /// `--exclude-resource-type`.
    pub exclude_resource_types: Vec<String>,
    /// `--project-dir`.
    pub project_dir: Option<PathBuf>,
    /// `--profiles-dir`.
    pub profiles_dir: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--target-path`.
    pub target_path: Option<String>,
    /// `--log-path`.
    pub log_path: Option<PathBuf>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--vars` as typed.
    pub vars: Option<String>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--write-json`.
    pub write_json: bool,
    /// `--print`.
    pub print: bool,
    /// `--version-check`.
    pub version_check: bool,
    /// `--single-threaded`.
    pub single_threaded: bool,
    /// `--introspect`.
    pub introspect: bool,
    /// `--show`.
    pub show: bool,
    /// `--inline`.
    pub inline: Option<String>,
    /// `--inline-direct`.
    pub inline_direct: Option<String>,
    /// `--limit`: rows; nothing for all of them.
    pub limit: Option<usize>,
    /// `--output`.
    pub output: Option<String>,
    /// `--output-file`.
    pub output_file: Option<PathBuf>,
    /// `--openlineage-file`.
    pub openlineage_file: Option<PathBuf>,
    /// `--output-keys`.
    pub output_keys: Vec<String>,
    /// `--use-colors`.
    pub colors: Colors,
    /// `--warn-error` and `--warn-error-options`.
    pub policy: Policy,
}

/// Decides what every flag is.
///
/// # Errors
/// Flags that exclude each other, or a value of the project's that makes no sense.
pub(super) fn resolve(args: &Args, project: &Mapping) -> Result<Flags, String> {
    let mut all = Mapping::new();
    let mut chosen: Vec<String> = Vec::new();
    for flag in FLAGS.iter().filter(|flag| flag.is_for(args.verb)) {
        let key = flag.key();
        let said = args.given.iter().find(|given| std::ptr::eq(given.flag, flag));
        let of_project = || project.get(&key).filter(|value| !value.is_null()).cloned();
        let (value, chosen_here) = match said.map(|given| given.value.clone()).or_else(of_project) {
            Some(value) => (value, true),
            None => (default(flag), false),
        };
        if chosen_here {
            chosen.push(key.clone());
        }
        all.insert(key, value);
    }
    lead(&mut all, &chosen, "use_colors", "use_colors_file");
    lead(&mut all, &chosen, "log_level", "log_level_file");
    lead(&mut all, &chosen, "log_format", "log_format_file");
    apart(args, &["warn_error", "warn_error_options"])?;
    apart(args, &["select", "inline"])?;
    apart(args, &["check", "write"])?;
    apart(args, &["selector", "inline"])?;
    event_times(&all)?;
    if let Some(text) = all.get("sample").and_then(Value::as_str) {
        let window = sample::window(text, Utc::now());
        let window = window.map_err(|why| format!("Invalid value for '--sample': {why}"))?;
        all.insert("sample".to_owned(), window);
    }
    for (name, default) in BEHAVIORS {
        all.insert((*name).to_owned(), project.get(*name).cloned().unwrap_or(json!(default)));
    }
    all.insert("strict_mode".to_owned(), json!(false));
    if let (Verb::RunOperation, Some(word)) = (args.verb, &args.word) {
        all.insert("macro".to_owned(), json!(word));
    }
    all.insert("which".to_owned(), json!(args.verb.word()));
    all.insert("invocation_command".to_owned(), json!(format!("dbt {}", args.line)));
    let policy = policy(&all)?;
    let vars = match all.get("vars") {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    Ok(typed(all, args.verb, policy, vars))
}

fn default(flag: &Flag) -> Value {
    match flag.kind {
        Kind::Pair(default) => json!(default),
        Kind::Switch if flag.name == "warn-error" => Value::Null,
        Kind::Switch => Value::Bool(false),
        Kind::Text | Kind::Path | Kind::Moment => Value::Null,
        Kind::Number(default) => json!(default),
        Kind::Choice(_, default) => json!(default),
        Kind::List(_) | Kind::Choices(_) => json!([]),
        Kind::Yaml => json!({}),
    }
}

/// A flag for the console speaks for the file too, unless the file's own flag is said.
fn lead(all: &mut Mapping, chosen: &[String], leader: &str, follower: &str) {
    let said = |name: &str| chosen.iter().any(|key| key == name);
    if said(leader)
        && !said(follower)
        && let Some(value) = all.get(leader).cloned()
    {
        all.insert(follower.to_owned(), value);
    }
}

/// At most one of these may be said.
fn apart(args: &Args, names: &[&str]) -> Result<(), String> {
    let mut said = names.iter().filter(|name| {
        args.given.iter().any(|given| given.origin == Origin::Typed && given.flag.key() == **name)
    });
    match (said.next(), said.next()) {
        (Some(first), Some(second)) => Err(format!("{second}: not allowed with argument {first}")),
        _ => Ok(()),
    }
}

/// `--event-time-start` and `--event-time-end` go together.
fn event_times(all: &Mapping) -> Result<(), String> {
    let said = |key: &str| all.get(key).and_then(Value::as_str);
    let alone = |said: &str, other: &str| {
        format!(
            "The flag `--{said}` was specified, but `--{other}` was not. When specifying `--{said}`, `--{other}` \
             must also be present."
        )
    };
    match (said("event_time_start"), said("event_time_end")) {
        (Some(_), None) => Err(alone("event-time-start", "event-time-end")),
        (None, Some(_)) => Err(alone("event-time-end", "event-time-start")),
        // Both are written alike, so that the order of their letters is that of their times.
        (Some(start), Some(end)) if start >= end => {
            Err("Value for `--event-time-start` must be less than `--event-time-end`".to_owned())
        }
        _ => Ok(()),
    }
}

/// What `--warn-error` and `--warn-error-options` make of warnings.
fn policy(all: &Mapping) -> Result<Policy, String> {
    if all.get("warn_error").and_then(Value::as_bool) == Some(true) {
        return Ok(Policy::strict());
    }
    let written = match all.get("warn_error_options") {
        Some(Value::String(text)) => serde_yaml::from_str::<Value>(text).map_err(|_| {
            format!("Invalid value for '--warn-error-options': String '{text}' is not valid YAML")
        })?,
        Some(value) => value.clone(),
        None => Value::Null,
    };
    let list = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| written.get(key));
        match found {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    Ok(Policy {
        error: list(["error", "include"]),
        warn: list(["warn", "exclude"]),
        silence: list(["silence", "silence"]),
    })
}

fn typed(all: Mapping, verb: Verb, policy: Policy, vars: Option<String>) -> Flags {
    let on = |key: &str| all.get(key).and_then(Value::as_bool).unwrap_or(false);
    let text = |key: &str| all.get(key).and_then(Value::as_str).map(str::to_owned);
    let count =
        |key: &str| all.get(key).and_then(Value::as_i64).and_then(|number| usize::try_from(number).ok());
    let list = |key: &str| -> Vec<String> {
        let items = all.get(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let colors = match all.get("use_colors").and_then(Value::as_bool) {
        Some(true) => Colors::Always,
        Some(false) => Colors::Never,
        None => Colors::Auto,
    };
    Flags {
        select: list("select"),
        models: list("models"),
        exclude: list("exclude"),
        selector: text("selector"),
        indirect_selection: text("indirect_selection").unwrap_or_default(),
        resource_types: list("resource_types"),
        exclude_resource_types: list("exclude_resource_types"),
        project_dir: text("project_dir").map(PathBuf::from),
        profiles_dir: text("profiles_dir").map(PathBuf::from),
        profile: text("profile"),
        target: text("target"),
        target_path: text("target_path"),
        log_path: text("log_path").map(PathBuf::from),
        threads: count("threads"),
        vars,
        fail_fast: on("fail_fast"),
        write_json: on("write_json"),
        print: on("print"),
        version_check: on("version_check"),
        single_threaded: on("single_threaded"),
        introspect: on("introspect") || !matches!(verb, Verb::Compile | Verb::Show),
        show: on("show"),
        inline: text("inline"),
        inline_direct: text("inline_direct"),
        limit: count("limit"),
        output: text("output"),
        output_file: text("output_file").map(PathBuf::from),
        openlineage_file: text("openlineage_file").map(PathBuf::from),
        output_keys: list("output_keys"),
        colors,
        policy,
        all,
    }
}

impl Flags {
    /// What templates see as `flags`: upper-case names, everything present.
    pub fn for_templates(&self) -> Mapping {
        self.all.iter().map(|(key, value)| (key.to_uppercase(), value.clone())).collect()
    }

    /// What artifacts and templates see as the arguments: everything that has a value.
    pub fn for_artifacts(&self, vars: &Mapping) -> Mapping {
        let mut args: Mapping = self
            .all
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        args.insert("vars".to_owned(), Value::Object(vars.clone()));
        args
    }

    /// `--maximum-seed-size-mib` in bytes; nothing for no limit.
    pub fn largest_seed(&self) -> Option<u64> {
        let size = self.all.get("maximum_seed_size_mib").and_then(Value::as_u64);
        size.filter(|size| *size > 0).map(|size| size.saturating_mul(1024 * 1024))
    }

    /// A text flag by dbt's name.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.all.get(key).and_then(Value::as_str)
    }

    /// A truth flag by dbt's name.
    pub fn on(&self, key: &str) -> bool {
        self.all.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
}
