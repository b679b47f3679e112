//! What property files say of sources: each table with what it takes from its source.

use std::sync::Arc;

use super::node::{ColumnProperties, columns, tests};
use super::read::{Config, Place, Reader, Text};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::manifest::{Mapping, Value};
use crate::project::yaml::{Mapping as YamlMapping, Yaml};

/// A source table as described.
#[derive(Debug, Clone)]
pub(in crate::parse) struct TableProperties<'y> {
    pub(in crate::parse) place: Arc<Place>,
    pub(in crate::parse) source_name: String,
    pub(in crate::parse) name: String,
    pub(in crate::parse) span: Span,
    pub(in crate::parse) source_description: Text,
    pub(in crate::parse) description: Text,
    pub(in crate::parse) loader: String,
    pub(in crate::parse) database: Option<String>,
    pub(in crate::parse) schema: String,
    pub(in crate::parse) unrendered_database: Option<String>,
    pub(in crate::parse) unrendered_schema: Option<String>,
    pub(in crate::parse) identifier: String,
    pub(in crate::parse) quoting: Mapping,
    pub(in crate::parse) external: Option<Value>,
    pub(in crate::parse) source_meta: Mapping,
    /// `tags` beside `config`, of the source and of the table: its tests take them.
    pub(in crate::parse) tags: Vec<String>,
    /// All levels of the file merged.
    pub(in crate::parse) config: Config,
    pub(in crate::parse) columns: Vec<ColumnProperties<'y>>,
    pub(in crate::parse) tests: Vec<&'y Yaml>,
    pub(in crate::parse) quote_columns: bool,
}

const KEYS: &[&str] = &[
    "name",
    "description",
    "meta",
    "database",
    "schema",
    "loader",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "tables",
    "tags",
    "config",
    "overrides",
];
const TABLE_KEYS: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "columns",
    "loaded_at_field",
    "loaded_at_query",
    "identifier",
    "quoting",
    "freshness",
    "external",
    "tags",
];
const QUOTING_KEYS: &[&str] = &["database", "schema", "identifier", "column"];
const FRESHNESS_KEYS: &[&str] = &["warn_after", "error_after", "filter"];

/// What a source and a table may both say, beside `config` and in it.
struct Level<'y> {
    map: &'y YamlMapping,
    config: Config,
    meta: Mapping,
    tags: Vec<String>,
    freshness: Option<Value>,
    loaded_at_field: Option<String>,
    loaded_at_query: Option<String>,
}

impl<'y> Level<'y> {
    fn new(reader: &mut Reader, map: &'y YamlMapping) -> Self {
        let freshness = map.get("freshness").map(|yaml| {
            if let Some(map) = yaml.as_mapping() {
                reader.known(map, FRESHNESS_KEYS, "`freshness`");
            }
            reader.value(yaml)
        });
        let query = reader.later(map, "loaded_at_query").text;
        Self {
            map,
            config: reader.config(map),
            meta: reader.object(map, "meta"),
            tags: reader.texts(map, "tags"),
            freshness,
            loaded_at_field: reader.text(map, "loaded_at_field"),
            loaded_at_query: Some(query).filter(|query| !query.is_empty()),
        }
    }

    /// A key in `config`, nothing for null.
    fn configured(&self, key: &str) -> Option<&Value> {
        self.config.rendered.get(key).filter(|value| !value.is_null())
    }

    fn says(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|yaml| !yaml.is_null()) || self.configured(key).is_some()
    }

    /// Whether `loaded_at_field` is there at all: a null takes away what the source says.
    fn has_field(&self) -> bool {
        self.map.contains("loaded_at_field") || self.configured("loaded_at_field").is_some()
    }

    fn field(&self) -> Option<String> {
        self.loaded_at_field.clone().or_else(|| self.text("loaded_at_field"))
    }

    fn query(&self) -> Option<String> {
        self.loaded_at_query.clone().or_else(|| self.text("loaded_at_query"))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.configured(key).and_then(Value::as_str).map(str::to_owned)
    }
}

/// Reads one entry of `sources`.
pub(super) fn tables<'y>(
    reader: &mut Reader,
    place: &Arc<Place>,
    yaml: &'y Yaml,
) -> Vec<TableProperties<'y>> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("sources", "a list of mappings with a `name`"));
        return Vec::new();
    };
    let Some((name, span)) = reader.name(map, "sources", yaml.span) else { return Vec::new() };
    reader.known(map, KEYS, "an entry of `sources`");
    let source = Level::new(reader, map);
    if source.says("loaded_at_field") && source.says("loaded_at_query") {
        loaded_twice(reader, &source, "source");
    }
    let mut source_meta = source.meta.clone();
    extend_meta(&mut source_meta, &source.config);
    let written = |key: &str| map.get(key).and_then(Yaml::as_str).map(str::to_owned);
    let shared = TableProperties {
        place: Arc::clone(place),
        source_description: reader.later(map, "description"),
        loader: reader.text(map, "loader").unwrap_or_default(),
        database: reader.text(map, "database"),
        schema: reader.text(map, "schema").unwrap_or_else(|| name.clone()),
        unrendered_database: written("database"),
        unrendered_schema: written("schema"),
        quoting: quoting(reader, map),
        source_name: name,
        source_meta,
        tags: source.tags.clone(),
        name: String::new(),
        span,
        description: Text::default(),
        identifier: String::new(),
        external: None,
        config: Config::default(),
        columns: Vec::new(),
        tests: Vec::new(),
        quote_columns: false,
    };
    reader.list(map, "tables").iter().filter_map(|yaml| table(reader, &shared, &source, yaml)).collect()
}

/// Reads one table; `shared` is what its source says of all of them.
fn table<'y>(
    reader: &mut Reader,
    shared: &TableProperties<'y>,
    source: &Level,
    yaml: &'y Yaml,
) -> Option<TableProperties<'y>> {
    let Some(map) = yaml.as_mapping() else {
        reader.report(yaml.invalid("tables", "a list of mappings with a `name`"));
        return None;
    };
    let (name, span) = reader.name(map, "tables", yaml.span)?;
    reader.known(map, TABLE_KEYS, "a source table");
    let level = Level::new(reader, map);
    if level.has_field() && level.says("loaded_at_query") {
        loaded_twice(reader, &level, "table");
    }
    let mut table = shared.clone();
    table.quoting.extend(quoting(reader, map));
    table.quote_columns = table.quoting.get("column").and_then(Value::as_bool).unwrap_or(false);
    table.tags.extend(level.tags.iter().cloned());
    table.description = reader.later(map, "description");
    table.identifier = reader.text(map, "identifier").unwrap_or_else(|| name.clone());
    table.external = map.get("external").filter(|yaml| !yaml.is_null()).map(|yaml| reader.value(yaml));
    table.config = merged(source, &level, &table);
    table.columns = columns(reader, map);
    table.tests = tests(reader, map);
    table.name = name;
    table.span = span;
    Some(table)
}

fn quoting(reader: &mut Reader, map: &YamlMapping) -> Mapping {
    let Some(inner) = reader.map_at(map, "quoting") else { return Mapping::new() };
    reader.known(inner, QUOTING_KEYS, "`quoting`");
    let mut quoting = reader.mapping(inner);
    quoting.retain(|_, value| value.is_boolean());
    quoting
}

fn extend_meta(meta: &mut Mapping, config: &Config) {
    if let Some(Value::Object(more)) = config.rendered.get("meta") {
        meta.extend(more.clone());
    }
}

fn loaded_twice(reader: &mut Reader, level: &Level, what: &str) {
    let span = level.map.key_span("loaded_at_query").or(level.config.spans.get("loaded_at_query").copied());
    reader.report(
        Diagnostic::error(
            Code::YamlInvalidValue,
            format!("Cannot specify both loaded_at_field and loaded_at_query at {what} level."),
        )
        .label_opt(span, ""),
    );
}

/// What source and table configure together, as the property file's level of the table.
fn merged(source: &Level, table: &Level, said: &TableProperties) -> Config {
    let mut config = source.config.clone();
    config.rendered.extend(table.config.rendered.clone());
    config.written.extend(table.config.written.clone());
    config.spans.extend(table.config.spans.clone());

    let mut set = |key: &str, value: Option<Value>| {
        for level in [&mut config.rendered, &mut config.written] {
            match &value {
                Some(value) => level.insert(key.to_owned(), value.clone()),
                None => level.shift_remove(key),
            };
        }
    };
    match freshness(source, table) {
        Some(threshold) if threshold.says_nothing() => set("freshness", None),
        Some(threshold) => set("freshness", Some(threshold.to_json())),
        None => set("freshness", Some(Value::Null)),
    }
    let (field, query) = if table.has_field() {
        (table.field(), table.query())
    } else {
        (source.field(), table.query().or_else(|| source.query()))
    };
    set("loaded_at_field", Some(field.map_or(Value::Null, Value::String)));
    set("loaded_at_query", Some(query.map_or(Value::Null, Value::String)));

    let mut meta = said.source_meta.clone();
    meta.extend(table.meta.clone());
    extend_meta(&mut meta, &table.config);
    set("meta", Some(Value::Object(meta)));

    let mut tags = said.tags.clone();
    for value in [source, table].into_iter().filter_map(|level| level.configured("tags")) {
        match value {
            Value::Array(items) => tags.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
            Value::String(tag) => tags.push(tag.clone()),
            _ => {}
        }
    }
    tags.sort_unstable();
    tags.dedup();
    set("tags", Some(Value::from(tags)));
    config
}

/// Thresholds while they are merged.
#[derive(Debug, Clone, Default)]
struct Threshold {
    warn_after: Option<Time>,
    error_after: Option<Time>,
    filter: Option<String>,
}

/// A count and a period, either of which may be missing. A null threshold is no `Time` at all.
#[derive(Debug, Clone, Default)]
struct Time {
    count: Option<Value>,
    period: Option<Value>,
}

impl Time {
    fn is_whole(&self) -> bool {
        self.count.is_some() && self.period.is_some()
    }
}

impl Threshold {
    fn empty() -> Self {
        Self { warn_after: Some(Time::default()), error_after: Some(Time::default()), filter: None }
    }

    fn says_nothing(&self) -> bool {
        let whole = |time: &Option<Time>| time.as_ref().is_some_and(Time::is_whole);
        !whole(&self.warn_after) && !whole(&self.error_after)
    }

    fn to_json(&self) -> Value {
        let time = |time: &Option<Time>| match time {
            Some(time) => serde_json::json!({ "count": time.count, "period": time.period }),
            None => Value::Null,
        };
        serde_json::json!({
            "warn_after": time(&self.warn_after),
            "error_after": time(&self.error_after),
            "filter": self.filter,
        })
    }
}

/// The thresholds of source and table merged, each from beside `config` and from in it; a null takes
/// all away that was said before.
fn freshness(source: &Level, table: &Level) -> Option<Threshold> {
    let said = [source, table]
        .into_iter()
        .flat_map(|level| [level.freshness.as_ref(), level.config.rendered.get("freshness")]);
    let thresholds = said.map(|said| said.map_or_else(|| Some(Threshold::empty()), threshold));
    let mut rest = thresholds;
    let first = rest.next().flatten();
    rest.fold(first, |base, update| match (base, update) {
        (Some(base), Some(update)) => Some(Threshold {
            warn_after: later(base.warn_after, update.warn_after),
            error_after: later(base.error_after, update.error_after),
            filter: update.filter.or(base.filter),
        }),
        (None, Some(update)) if !update.says_nothing() => Some(update),
        _ => None,
    })
}

fn later(base: Option<Time>, update: Option<Time>) -> Option<Time> {
    match (base, update) {
        (_, None) => None,
        (Some(base), Some(update)) if base.is_whole() && update.is_whole() => {
            Some(Time { count: update.count.or(base.count), period: update.period.or(base.period) })
        }
        (base, Some(update)) => Some(if update.is_whole() { update } else { base.unwrap_or(update) }),
    }
}

fn threshold(value: &Value) -> Option<Threshold> {
    let map = value.as_object()?;
    let part = |time: &Value, key: &str| time.get(key).filter(|v| !v.is_null()).cloned();
    let time = |key: &str| match map.get(key) {
        None => Some(Time::default()),
        Some(Value::Null) => None,
        Some(time) => Some(Time { count: part(time, "count"), period: part(time, "period") }),
    };
    let filter = map.get("filter").and_then(Value::as_str).map(str::to_owned);
    Some(Threshold { warn_after: time("warn_after"), error_after: time("error_after"), filter })
}
