//! From the keys of a project file to a [`Package`].

use indexmap::IndexMap;
use serde_json::Value;

use super::super::render;
use super::super::version;
use super::super::yaml::{self, Kind, Yaml};
use super::super::{Configs, Hook, Mapping, Package, Paths, QueryComment};
use super::{LoadOptions, ProjectFile, keys, selectors};
use crate::diagnostic::{Code, Diagnostic, Sources, Span};
use crate::jinja::YamlJinja;

/// Keys whose mappings configure resources by folder.
const CONFIGS: &[&str] = &[
    "models",
    "seeds",
    "snapshots",
    "sources",
    "data_tests",
    "unit_tests",
    "exposures",
    "metrics",
    "semantic-models",
    "saved-queries",
    "functions",
    "analyses",
];

pub(super) fn package(
    file: ProjectFile,
    jinja: &YamlJinja,
    options: &LoadOptions,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) -> Package {
    let ProjectFile { folder, source, keys: written, vars_file, warnings } = file;
    found.extend(warnings);
    let written = current_names(written, found);
    found.extend(written.unknown_keys(keys::PROJECT, "dbt_project.yml"));
    let whole = Span::new(source, 0..0);
    let tree = Yaml { value: Kind::Mapping(written.clone()), span: whole };
    let rendered = render::render(&tree, jinja, sources, &rendered_early, found);
    let empty = yaml::Mapping::default();
    let rendered = rendered.as_mapping().unwrap_or(&empty);
    let mut reader = Reader { keys: rendered, found, file: whole };

    let name = reader.name().unwrap_or_else(|| {
        folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    });
    let require_dbt_version = reader.required_version(&name, options);
    let target_path = reader.text("target-path").unwrap_or_else(|| "target".to_owned());
    let paths = Paths {
        model: reader.paths("model-paths", &["models"]),
        seed: reader.paths("seed-paths", &["seeds"]),
        test: reader.paths("test-paths", &["tests"]),
        snapshot: reader.paths("snapshot-paths", &["snapshots"]),
        analysis: reader.paths("analysis-paths", &["analyses"]),
        macros: reader.paths("macro-paths", &["macros"]),
        function: reader.paths("function-paths", &["functions"]),
    };
    let every = paths.all();
    let every: Vec<_> = every.iter().map(String::as_str).collect();
    let vars = reader.vars(vars_file);
    let selectors = selectors::read(&folder, jinja, sources, reader.found);
    Package {
        version: reader.get("version").and_then(Yaml::scalar_text),
        source,
        profile: reader.text("profile"),
        log_path: reader.text("log-path").unwrap_or_else(|| "logs".to_owned()),
        packages_install_path: reader
            .text("packages-install-path")
            .unwrap_or_else(|| "dbt_packages".to_owned()),
        clean_targets: reader.paths("clean-targets", &[&target_path]),
        quoting: reader.quoting(),
        configs: reader.configs(&written),
        on_run_start: reader.hooks("on-run-start"),
        on_run_end: reader.hooks("on-run-end"),
        dispatch: reader.dispatch(),
        query_comment: reader.query_comment(),
        flags: reader.flags(),
        restrict_access: reader.flag("restrict-access").unwrap_or(false),
        asset_paths: reader.paths("asset-paths", &[]),
        docs_paths: reader.paths("docs-paths", &every),
        name,
        folder,
        paths,
        target_path,
        require_dbt_version,
        vars,
        selectors,
    }
}

/// Whether a string is rendered when the project is loaded; hooks, comments and variables wait
/// until a node is there.
fn rendered_early(path: &[&str]) -> bool {
    let late = |key: &&str| {
        matches!(key.trim_start_matches(['+', ' ']), "pre-hook" | "post-hook" | "pre_hook" | "post_hook")
    };
    match path.first() {
        Some(&("on-run-start" | "on-run-end" | "query-comment" | "vars")) => false,
        Some(&("seeds" | "models" | "snapshots" | "tests" | "data_tests")) => !path.iter().any(late),
        _ => true,
    }
}

/// Renames keys of older versions to what they are called now.
fn current_names(written: yaml::Mapping, found: &mut Vec<Diagnostic>) -> yaml::Mapping {
    let renames = [("source-paths", "model-paths"), ("data-paths", "seed-paths"), ("tests", "data_tests")];
    let mut keys = Vec::with_capacity(written.len());
    for entry in &written {
        let mut entry = entry.clone();
        if let Some((old, new)) = renames.iter().find(|(old, _)| entry.key == *old) {
            if let Some(other) = written.entry(new) {
                let message = if *old == "tests" {
                    "Invalid project config: cannot have both 'tests' and 'data_tests' defined".to_owned()
                } else {
                    format!(
                        "{old} and {new} cannot both be defined. The `{old}` config has been deprecated in favor of `{new}`"
                    )
                };
                let problem = Diagnostic::error(Code::ProjectInvalid, message)
                    .label(entry.key_span, "the older name")
                    .label(other.key_span, "the same again");
                found.push(problem);
                continue;
            }
            if *old != "tests" {
                let message = format!("`{old}` has been renamed to `{new}`");
                found.push(Diagnostic::warning(Code::Deprecated, message).label(entry.key_span, ""));
            }
            (*new).clone_into(&mut entry.key);
        }
        keys.push(entry);
    }
    keys.into_iter().collect()
}

struct Reader<'a> {
    keys: &'a yaml::Mapping,
    found: &'a mut Vec<Diagnostic>,
    /// Where a missing key is reported.
    file: Span,
}

impl<'a> Reader<'a> {
    /// A key that is there and says something.
    fn get(&self, key: &str) -> Option<&'a Yaml> {
        self.keys.get(key).filter(|value| !value.is_null())
    }

    fn invalid(&mut self, value: &Yaml, key: &str, wanted: &str) {
        let problem = value.invalid(key, wanted);
        self.found.push(Diagnostic { code: Code::ProjectInvalid, ..problem });
    }

    /// Reads a key with `read`; what `read` refuses is reported as not `wanted`.
    fn read<T>(&mut self, key: &str, wanted: &str, read: impl Fn(&'a Yaml) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let result = read(value);
        if result.is_none() {
            self.invalid(value, key, wanted);
        }
        result
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, "text", Yaml::scalar_text)
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, "true or false", Yaml::as_bool)
    }

    /// A list of folders, without the slashes at their ends.
    fn paths(&mut self, key: &str, default: &[&str]) -> Vec<String> {
        let read = |value: &Yaml| value.as_list()?.iter().map(Yaml::scalar_text).collect::<Option<Vec<_>>>();
        let paths = self.read(key, "a list of paths", read);
        let paths = paths.unwrap_or_else(|| default.iter().map(|path| (*path).to_owned()).collect());
        paths.into_iter().map(|path| path.trim_end_matches('/').to_owned()).collect()
    }

    fn name(&mut self) -> Option<String> {
        let Some(entry) = self.keys.entry("name") else {
            let message = "Required \"name\" field not present in project";
            self.found.push(Diagnostic::error(Code::ProjectInvalid, message).label(self.file, ""));
            return None;
        };
        let name = self.read("name", "text", |value| value.as_str().map(str::to_owned))?;
        let word = |name: &str| {
            !name.starts_with(|c: char| c.is_numeric())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        let problem = if name.is_empty() || !word(&name) {
            format!("'{name}' is not a valid project name: it must be letters, digits and underscores")
        } else if keys::RESERVED_NAMES.contains(&name.as_str()) {
            format!("Invalid project name: {name} is a reserved word")
        } else {
            return Some(name);
        };
        self.found.push(Diagnostic::error(Code::ProjectInvalid, problem).label(entry.value.span, ""));
        Some(name)
    }

    fn required_version(&mut self, name: &str, options: &LoadOptions) -> Vec<String> {
        let Some(value) = self.get("require-dbt-version") else { return Vec::new() };
        let written: Option<Vec<String>> = match &value.value {
            Kind::Text(text) => Some(text.split(',').map(|bound| bound.trim().to_owned()).collect()),
            Kind::List(items) => items.iter().map(Yaml::scalar_text).collect(),
            _ => None,
        };
        let Some(written) = written else {
            self.invalid(value, "require-dbt-version", "text or a list of text");
            return Vec::new();
        };
        let mut bounds = Vec::new();
        for text in &written {
            if let Some(bound) = version::Bound::parse(text) {
                bounds.push(bound);
            } else {
                let message = format!("\"{text}\" is not a valid semantic version.");
                let problem = Diagnostic::error(Code::ProjectInvalid, message)
                    .label(value.span, "")
                    .help("write bounds of three numbers, such as `[\">=1.8.0\", \"<2.0.0\"]`");
                self.found.push(problem);
            }
        }
        if let Some(installed) = &options.dbt_version
            && let Some(problem) = version_mismatch(name, installed, &bounds)
        {
            self.found.push(problem.label(value.span, "").help("or pass --no-version-check"));
        }
        bounds.iter().map(ToString::to_string).collect()
    }

    fn quoting(&mut self) -> Mapping {
        let Some(quoting) = self.read("quoting", "a mapping", Yaml::as_mapping) else {
            return Mapping::new();
        };
        // Warehouses have switches of their own for how names are compared.
        let known = |key: &str| keys::QUOTING.contains(&key) || key.ends_with("_ignore_case");
        let unknown = quoting.iter().filter(|entry| !known(&entry.key));
        self.found.extend(unknown.map(|entry| entry.unknown(keys::QUOTING, "`quoting`")));
        for entry in quoting.iter().filter(|entry| !entry.value.is_null() && entry.value.as_bool().is_none())
        {
            self.invalid(&entry.value, &entry.key, "true or false");
        }
        quoting
            .iter()
            .filter(|e| e.value.as_bool().is_some())
            .map(|e| (e.key.clone(), e.value.to_json()))
            .collect()
    }

    fn vars(&mut self, vars_file: Mapping) -> Mapping {
        let Some(entry) = self.keys.entry("vars").filter(|entry| !entry.value.is_null()) else {
            return vars_file;
        };
        let Some(vars) = self.read("vars", "a mapping", Yaml::as_mapping) else { return vars_file };
        if !vars_file.is_empty() && !vars.is_empty() {
            let message = "Variables cannot be defined in both vars.yml and dbt_project.yml. ";
            self.found.push(
                Diagnostic::error(Code::ProjectInvalid, message.trim_end())
                    .label(entry.key_span, "vars.yml is there as well"),
            );
        }
        let mut all = vars_file;
        all.extend(vars.to_json());
        all
    }

    fn hooks(&mut self, key: &str) -> Vec<Hook> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value.as_list().unwrap_or(std::slice::from_ref(value));
        let mut hooks = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str() {
                Some(sql) => hooks.push(Hook { sql: sql.to_owned(), span: item.span }),
                None if item.is_null() => {}
                None => self.invalid(item, key, "SQL, or a list of SQL"),
            }
        }
        hooks
    }

    fn dispatch(&mut self) -> IndexMap<String, Vec<String>> {
        let mut orders = IndexMap::new();
        for item in self.read("dispatch", "a list", Yaml::as_list).unwrap_or_default() {
            let read = || {
                let entry = item.as_mapping()?;
                let order = entry.get("search_order")?.as_list()?;
                let order = order.iter().map(Yaml::scalar_text).collect::<Option<Vec<_>>>()?;
                Some((entry, entry.get("macro_namespace")?.scalar_text()?, order))
            };
            if let Some((entry, namespace, order)) = read() {
                self.found.extend(entry.unknown_keys(keys::DISPATCH, "`dispatch`"));
                orders.insert(namespace, order);
            } else {
                let written = item.to_json();
                let problem = Diagnostic::error(
                    Code::ProjectInvalid,
                    format!("Invalid project dispatch config: {written}"),
                )
                .label(item.span, "")
                .help("each item needs `macro_namespace` and `search_order`, a list of packages");
                self.found.push(problem);
            }
        }
        orders
    }

    fn query_comment(&mut self) -> QueryComment {
        let Some(value) = self.keys.get("query-comment") else { return QueryComment::default() };
        let off = QueryComment { comment: None, ..QueryComment::default() };
        match &value.value {
            Kind::Null | Kind::Bool(false) => off,
            Kind::Text(text) if text.is_empty() => off,
            Kind::Text(text) => QueryComment { comment: Some(text.clone()), ..off },
            Kind::Mapping(mapping) => {
                self.found.extend(mapping.unknown_keys(keys::QUERY_COMMENT, "`query-comment`"));
                let flag = |key| mapping.get(key).and_then(Yaml::as_bool).unwrap_or(false);
                let comment = match mapping.get("comment") {
                    None => Some(QueryComment::DEFAULT.to_owned()),
                    Some(comment) => comment.scalar_text().filter(|text| !text.is_empty()),
                };
                QueryComment { comment, append: flag("append"), job_label: flag("job-label") }
            }
            _ => {
                self.invalid(value, "query-comment", "text or a mapping");
                off
            }
        }
    }

    fn flags(&mut self) -> Mapping {
        let Some(flags) = self.read("flags", "a mapping", Yaml::as_mapping) else { return Mapping::new() };
        // Flags that nobody knows are allowed; a misspelt one is told.
        let near =
            flags.unknown_keys(keys::FLAGS, "`flags`").into_iter().filter(|problem| problem.help.is_some());
        self.found.extend(near);
        flags.to_json()
    }

    fn configs(&mut self, written: &yaml::Mapping) -> Configs {
        let mut configs = Configs::default();
        for key in CONFIGS {
            let Some(tree) = self.read(key, "a mapping", Yaml::as_mapping) else { continue };
            spans(tree, (*key).to_owned(), &mut configs.spans);
            if let Some(entry) = self.keys.entry(key) {
                configs.spans.insert((*key).to_owned(), entry.key_span);
            }
            if let Some(raw) = written.get(key) {
                configs.unrendered.insert((*key).to_owned(), raw.to_json());
            }
            *configs.tree(key) = tree.to_json();
        }
        configs
    }
}

fn spans(tree: &yaml::Mapping, path: String, spans_of: &mut IndexMap<String, Span>) {
    for entry in tree {
        let path = format!("{path}/{}", entry.key);
        spans_of.insert(path.clone(), entry.key_span);
        if let Some(inner) = entry.value.as_mapping() {
            spans(inner, path, spans_of);
        }
    }
}

impl Configs {
    fn tree(&mut self, key: &str) -> &mut Mapping {
        match key {
            "models" => &mut self.models,
            "seeds" => &mut self.seeds,
            "snapshots" => &mut self.snapshots,
            "sources" => &mut self.sources,
            "data_tests" => &mut self.data_tests,
            "unit_tests" => &mut self.unit_tests,
            "exposures" => &mut self.exposures,
            "metrics" => &mut self.metrics,
            "semantic-models" => &mut self.semantic_models,
            "saved-queries" => &mut self.saved_queries,
            "functions" => &mut self.functions,
            _ => &mut self.analyses,
        }
    }
}

impl Paths {
    /// Every resource folder, each once.
    pub fn all(&self) -> Vec<String> {
        let mut all = Vec::new();
        let groups = [
            &self.model,
            &self.seed,
            &self.snapshot,
            &self.analysis,
            &self.macros,
            &self.test,
            &self.function,
        ];
        for path in groups.into_iter().flatten() {
            if !all.contains(path) {
                all.push(path.clone());
            }
        }
        all
    }
}

fn version_mismatch(package: &str, installed: &str, bounds: &[version::Bound]) -> Option<Diagnostic> {
    let ours = semver::Version::parse(installed).ok()?;
    let spec = Value::from(bounds.iter().map(ToString::to_string).collect::<Vec<_>>());
    let spec = spec.to_string().replace('"', "'").replace(',', ", ");
    let message = match version::check(&ours, bounds).err()? {
        version::Mismatch::Impossible => format!(
            "The package version requirement can never be satisfied for the '{package}' package.\n  \
             Required versions of dbt for '{package}': {spec}"
        ),
        version::Mismatch::Unsupported => format!(
            "This version of dbt is not supported with the '{package}' package.\n  \
             Installed version of dbt: ={installed}\n  \
             Required version of dbt for '{package}': {spec}"
        ),
    };
    Some(Diagnostic::error(Code::VersionMismatch, message))
}
