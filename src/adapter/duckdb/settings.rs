//! A `duckdb` profile output, with the keys that dbt-duckdb gives it.

use std::path::Path;

use serde_json::Value;

use super::super::{AdapterError, ErrorKind, Result, Settings};

/// Keys of a `duckdb` profile output.
pub(crate) const PROFILE_KEYS: &[&str] = &[
    "type",
    "path",
    "database",
    "schema",
    "threads",
    "config_options",
    "settings",
    "extensions",
    "secrets",
    "attach",
    "external_root",
    "use_credential_provider",
    "filesystems",
    "plugins",
    "remote",
    "module_paths",
    "python",
    "disable_transactions",
    "keep_open",
    "retries",
    "flights",
    "is_ducklake",
    "motherduck_token",
];

/// Keys of an output that `target` shows, as dbt-duckdb does.
const SHOWN: &[&str] =
    &["config_options", "extensions", "settings", "attach", "external_root", "disable_transactions"];

/// What to open and what to do to it before the first statement.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// The file, `:memory:`, or a path with a scheme that an extension understands.
    pub path: String,
    /// The catalog that relations are in.
    pub database: String,
    /// The default schema.
    pub schema: String,
    /// Options that only count while the database is opened.
    pub options: Vec<(String, String)>,
    /// Settings of each connection.
    pub settings: Vec<(String, String)>,
    /// Extensions to load.
    pub extensions: Vec<Extension>,
    /// `create secret` statements.
    pub secrets: Vec<String>,
    /// Further databases to attach.
    pub attach: Vec<Attachment>,
    /// Whether nothing may be written to any of them, and none is made that is not there.
    pub only_looks: bool,
    /// The interpreter of Python models.
    pub python: Option<String>,
    /// Folders that Python models import modules from.
    pub module_paths: Vec<String>,
    /// What to try again, and how often.
    pub retries: Retries,
    shown: Settings,
}

/// An extension and where it is installed from, if not DuckDB's own place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    pub name: String,
    pub repository: Option<String>,
}

/// `retries` of the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retries {
    /// How often to try to open the database.
    pub connect_attempts: u32,
    /// How often to try a statement.
    pub query_attempts: u32,
    /// DuckDB's exceptions to try again, such as `IOException`.
    pub exceptions: Vec<String>,
}

impl Profile {
    /// Reads a profile output.
    pub(super) fn new(output: &Settings) -> Result<Self> {
        for (key, why) in [
            ("remote", "a remote DuckDB server"),
            ("filesystems", "fsspec filesystems, which are Python"),
            ("plugins", "dbt-duckdb plugins, which are Python"),
            ("flights", "MotherDuck flights"),
        ] {
            if is_set(output.get(key)) {
                return Err(refused(format!("profile key `{key}` is not supported: it asks for {why}"))
                    .with_help(format!("remove `{key}` from the profile; `attach`, `secrets` and `extensions` reach most other data")));
            }
        }
        let path = text(output, "path")?.unwrap_or_else(|| ":memory:".to_owned());
        if path.starts_with("md:") || path.starts_with("motherduck:") {
            return Err(refused("MotherDuck is not supported".to_owned())
                .with_help("use a local file as `path`, or `:memory:`"));
        }
        let attachments = list(output, "attach")?.iter().map(Attachment::new).collect::<Result<Vec<_>>>()?;
        let stem = database_name(&path);
        let database = text(output, "database")?.unwrap_or_else(|| stem.clone());
        let attached = attachments.iter().any(|one| one.name.as_deref() == Some(&database));
        if database != stem && !attached {
            return Err(refused(format!(
                "`database` is `{database}`, but DuckDB will call the database `{stem}`, after the file of `path`"
            ))
            .with_help(format!("remove `database`, set it to `{stem}`, or to the alias of an attached database")));
        }
        let schema = text(output, "schema")?.unwrap_or_else(|| "main".to_owned());
        let mut shown = Settings::new();
        for (key, value) in [("database", &database), ("schema", &schema), ("path", &path)] {
            shown.insert(key.to_owned(), Value::String(value.clone()));
        }
        for key in SHOWN {
            shown.insert((*key).to_owned(), output.get(*key).map_or(Value::Null, without_secrets));
        }
        shown.insert(
            "external_root".to_owned(),
            output.get("external_root").cloned().unwrap_or_else(|| ".".into()),
        );
        let off = Value::Bool(false);
        shown.insert(
            "disable_transactions".to_owned(),
            output.get("disable_transactions").cloned().unwrap_or(off),
        );
        Ok(Self {
            path,
            database,
            schema,
            options: pairs(output, "config_options")?,
            settings: pairs(output, "settings")?,
            extensions: list(output, "extensions")?.iter().map(Extension::new).collect::<Result<_>>()?,
            secrets: secrets(output)?,
            python: text(output, "python")?,
            module_paths: list(output, "module_paths")?.iter().map(scalar).collect(),
            attach: attachments,
            only_looks: false,
            retries: Retries::new(output.get("retries"))?,
            shown,
        })
    }

    /// What `target` shows.
    pub(super) fn target(&self) -> Settings {
        self.shown.clone()
    }

    /// The same for those who only look.
    pub(super) fn looking(&self) -> Self {
        Self { only_looks: true, ..self.clone() }
    }

    /// Whether ICU may be loaded when it is first missed: for who only looks, and sets nothing that needs it.
    pub(super) fn can_wait_for_icu(&self) -> bool {
        let needs_it = |key: &str| matches!(key.to_lowercase().as_str(), "timezone" | "calendar");
        self.only_looks && !self.settings.iter().chain(&self.options).any(|(key, _)| needs_it(key))
    }

    /// Whether the database has a file that is not there.
    pub(super) fn is_absent(&self) -> bool {
        is_absent(&self.path)
    }

    /// `attach` statements; who only looks attaches nothing that is not there.
    pub(super) fn attach_statements(&self) -> impl Iterator<Item = String> {
        let there =
            self.attach.iter().filter(|one| !self.only_looks || one.is_typed || !is_absent(&one.path));
        there.map(|one| one.sql(self.only_looks))
    }
}

impl Extension {
    fn new(value: &Value) -> Result<Self> {
        let part = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        match value {
            Value::String(name) => Ok(Self { name: name.clone(), repository: None }),
            Value::Object(_) => {
                let name = part("name")
                    .ok_or_else(|| refused("an entry of `extensions` lacks `name`".to_owned()))?;
                let repository = part("repo").or_else(|| part("repository"));
                Ok(Self { name, repository })
            }
            other => Err(refused(format!("`extensions` holds `{other}`, which is no extension's name"))),
        }
    }
}

impl Retries {
    fn new(value: Option<&Value>) -> Result<Self> {
        let count = |key: &str| match value.and_then(|value| value.get(key)) {
            None | Some(Value::Null) => Ok(1),
            Some(value) => scalar(value)
                .parse::<u32>()
                .map(|count| count.max(1))
                .map_err(|_| refused(format!("`retries.{key}` is `{value}`, which is no number"))),
        };
        let exceptions = match value.and_then(|value| value.get("retryable_exceptions")) {
            Some(Value::Array(names)) => names.iter().map(scalar).collect(),
            _ => vec!["IOException".to_owned()],
        };
        Ok(Self {
            connect_attempts: count("connect_attempts")?,
            query_attempts: count("query_attempts")?,
            exceptions,
        })
    }
}

/// A further database.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    path: String,
    name: Option<String>,
    options: Vec<String>,
    /// Whether an extension reads it, and its path may be no path.
    is_typed: bool,
}

impl Attachment {
    fn new(value: &Value) -> Result<Self> {
        let Some(map) = value.as_object() else {
            return Err(refused(format!("`attach` holds `{value}`, which is no mapping")));
        };
        let Some(path) = text(map, "path")? else {
            return Err(refused("an entry of `attach` lacks `path`".to_owned()));
        };
        let alias = text(map, "alias")?;
        let mut options = Vec::new();
        for (key, value) in [("type", map.get("type")), ("secret", map.get("secret"))] {
            if let Some(value) = value.filter(|value| is_set(Some(value))) {
                options.push(format!("{key} {}", scalar(value)));
            }
        }
        if map.get("read_only") == Some(&Value::Bool(true)) {
            options.push("read_only".to_owned());
        }
        for (key, value) in map.get("options").and_then(Value::as_object).into_iter().flatten() {
            let named = ["type", "secret", "read_only"].contains(&key.as_str());
            if named && is_set(map.get(key)) {
                return Err(refused(format!(
                    "an entry of `attach` says `{key}` twice, in `options` and beside it"
                )));
            }
            match value {
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) => options.push(key.clone()),
                Value::String(text) if named || is_quoted(text) => options.push(format!("{key} {text}")),
                Value::String(text) => options.push(format!("{key} {}", literal(text))),
                other => options.push(format!("{key} {other}")),
            }
        }
        let is_typed = is_set(map.get("type")) || options.iter().any(|option| option.starts_with("type "));
        Ok(Self { path, name: alias, options, is_typed })
    }

    fn sql(&self, only_looks: bool) -> String {
        let name = self.name.as_ref().map_or(String::new(), |alias| format!(" as {alias}"));
        let mut options = self.options.clone();
        if only_looks
            && self.path != ":memory:"
            && !options.iter().any(|option| option.to_lowercase().starts_with("read_only"))
        {
            options.push("read_only".to_owned());
        }
        let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(", ")) };
        format!("attach if not exists {}{name}{options}", literal(&self.path))
    }
}

/// Whether a path is one of a file, and the file is not there.
fn is_absent(path: &str) -> bool {
    path != ":memory:" && !path.contains(':') && !Path::new(path).exists()
}

/// `create secret` statements of `secrets` and `use_credential_provider`.
fn secrets(output: &Settings) -> Result<Vec<String>> {
    let mut all = list(output, "secrets")?;
    match text(output, "use_credential_provider")?.as_deref() {
        None => {}
        Some("aws") => all.push(serde_json::json!({"type": "s3", "provider": "credential_chain"})),
        Some(other) => {
            return Err(refused(format!("`use_credential_provider` is `{other}`; only `aws` is known")));
        }
    }
    all.iter()
        .enumerate()
        .map(|(index, secret)| {
            let Some(map) = secret.as_object() else {
                return Err(refused("an entry of `secrets` is no mapping".to_owned()));
            };
            if !is_set(map.get("type")) {
                return Err(refused("an entry of `secrets` lacks `type`".to_owned()));
            }
            let name = text(map, "name")?.unwrap_or_else(|| format!("_dbt_secret_{}", index + 1));
            let persistent =
                if map.get("persistent") == Some(&Value::Bool(true)) { " persistent" } else { "" };
            let parameters: Vec<String> = map
                .iter()
                .filter(|(key, value)| !value.is_null() && !["name", "persistent"].contains(&key.as_str()))
                .flat_map(|(key, value)| secret_parameter(key, value))
                .collect();
            Ok(format!("create or replace{persistent} secret {name} ({})", parameters.join(", ")))
        })
        .collect()
}

fn secret_parameter(key: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let items: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", literal(key), literal(&scalar(value))))
                .collect();
            vec![format!("{key} map {{{}}}", items.join(", "))]
        }
        Value::Array(items) if key == "scope" => {
            items.iter().map(|item| format!("scope {}", literal(&scalar(item)))).collect()
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| literal(&scalar(item))).collect();
            vec![format!("{key} array [{}]", items.join(", "))]
        }
        value if ["type", "provider", "extra_http_headers"].contains(&key) => {
            vec![format!("{key} {}", scalar(value))]
        }
        value => vec![format!("{key} {}", literal(&scalar(value)))],
    }
}

/// The name DuckDB gives the database of a path: the file's name up to its first dot.
fn database_name(path: &str) -> String {
    if path == ":memory:" {
        return "memory".to_owned();
    }
    let path = path.split('?').next().unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.strip_prefix("ducklake:").unwrap_or(file).trim_start_matches('.');
    let name = file.split('.').next().unwrap_or(file);
    // DuckDB keeps these three for itself.
    if ["main", "temp", "system"].contains(&name) { format!("{name}_db") } else { name.to_owned() }
}

/// A value without the entries whose names say that they are secret.
fn without_secrets(value: &Value) -> Value {
    let secret = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["secret", "token", "password", "access_key", "key_id"].iter().any(|word| key.contains(word))
    };
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !secret(key))
            .map(|(key, value)| (key.clone(), without_secrets(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        other => other.clone(),
    }
}

/// A name in double quotes.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Text in single quotes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_quoted(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 2 && ['\'', '"'].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(_) => true,
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text(map: &Settings, key: &str) -> Result<Option<String>> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(_) | Value::Object(_)) => {
            Err(refused(format!("profile key `{key}` must be a text")))
        }
        Some(value) => Ok(Some(scalar(value))),
    }
}

fn list(map: &Settings, key: &str) -> Result<Vec<Value>> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => Err(refused(format!("profile key `{key}` must be a list"))),
    }
}

fn pairs(map: &Settings, key: &str) -> Result<Vec<(String, String)>> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(pairs)) => {
            Ok(pairs.iter().map(|(key, value)| (key.clone(), scalar(value))).collect())
        }
        Some(_) => Err(refused(format!("profile key `{key}` must be a mapping"))),
    }
}

fn refused(message: String) -> AdapterError {
    AdapterError::new(ErrorKind::Settings, message)
}
