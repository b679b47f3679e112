//! Manifests small enough to read at a glance, for tests of what only looks at their shape.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use teal::diagnostic::{SourceId, Sources, Span};
use teal::manifest::{
    Checksum, DependsOn, Exposure, Language, Manifest, Node, NodeConfig, NodeKind, RefArgs, Source,
    TestMetadata, UniqueId,
};
use teal::relation::Relation;

/// The package that all members belong to, unless they say otherwise.
pub(crate) const PACKAGE: &str = "shop";

/// A manifest in the making, one line a member:
///
/// ```text
/// KIND NAME [in FOLDER] [<- PARENT …] [| KEY=VALUE …]
/// ```
///
/// Parents stand before. Keys are those of a configuration, and `package`, `access`, `test`, `version`,
/// `latest`, `tags` (separated by commas) and `patch` (a property file). Of an earlier state tell `was` (`new`
/// or `changed`), `result` (a status) and `loaded` (two days, of then and of now, with `..` between).
pub(crate) struct Tiny {
    /// What the lines said so far.
    pub manifest: Manifest,
    /// What is said of an earlier state: id, key and value.
    pub earlier: Vec<(UniqueId, &'static str, String)>,
    ids: HashMap<String, UniqueId>,
    source: SourceId,
}

impl Tiny {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let source = Sources::default().add("tiny", "");
        Self { manifest: Manifest::default(), earlier: Vec::new(), ids: HashMap::new(), source }
    }

    /// Reads a line.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), String> {
        let (line, keys) = line.split_once('|').unwrap_or((line, ""));
        let (line, parents) = line.split_once("<-").unwrap_or((line, ""));
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kind, name, folder) = match words[..] {
            [kind, name] => (kind, name, ""),
            [kind, name, "in", folder] => (kind, name, folder),
            _ => return Err(format!("not a member: {line}")),
        };
        let known =
            |parent| self.ids.get(parent).cloned().ok_or_else(|| format!("no `{parent}` above `{name}`"));
        let needs = parents.split_whitespace().map(known).collect::<Result<_, _>>()?;
        let keys = keys.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        self.add(kind, name, folder, needs, keys)
    }

    /// Adds a member.
    pub(crate) fn add(
        &mut self,
        kind: &str,
        name: &str,
        folder: &str,
        needs: Vec<UniqueId>,
        mut keys: IndexMap<&str, &str>,
    ) -> Result<(), String> {
        let mut take = |key: &str| keys.shift_remove(key).map(str::to_owned);
        let package = take("package").unwrap_or_else(|| PACKAGE.to_owned());
        let access = take("access").unwrap_or_else(|| "protected".to_owned());
        let test = take("test").unwrap_or_else(|| "not_null".to_owned());
        let (version, latest, patch) = (take("version"), take("latest"), take("patch"));
        let earlier = ["was", "result", "loaded"].map(|key| (key, take(key)));
        let tags =
            take("tags").into_iter().flat_map(|tags| tags.split(',').map(str::to_owned).collect::<Vec<_>>());
        let tags: Vec<String> = tags.collect();
        let config = NodeConfig(keys.iter().map(|(key, value)| ((*key).to_owned(), scalar(value))).collect());

        let word = if kind == "singular" { "test" } else { kind };
        let suffix = version.as_ref().map(|version| format!(".v{version}")).unwrap_or_default();
        let id = UniqueId::from(format!("{word}.{package}.{name}{suffix}"));
        self.ids.insert(format!("{name}{suffix}"), id.clone());
        let before = earlier.into_iter().filter_map(|(key, value)| Some((id.clone(), key, value?)));
        self.earlier.extend(before);
        let folders = folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
        let mut fqn: Vec<String> = [package.clone()].into_iter().chain(folders).collect();
        fqn.push(name.to_owned());
        fqn.extend(version.iter().map(|version| format!("v{version}")));
        let within = |root: &str, file: &str| {
            [root, folder, file].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join("/")
        };

        let (kind, file) = match kind {
            "source" => {
                let (source_name, table) = name.split_once('.').ok_or("a source is `source.table`")?;
                let source = Source {
                    unique_id: id.clone(),
                    name: table.to_owned(),
                    source_name: source_name.to_owned(),
                    package_name: package,
                    original_file_path: within("models", "sources.yml"),
                    tags,
                    config,
                    ..blank_source()
                };
                self.manifest.sources.insert(id, Arc::new(source));
                return Ok(());
            }
            "exposure" => {
                let exposure = Exposure {
                    unique_id: id.clone(),
                    name: name.to_owned(),
                    package_name: package,
                    original_file_path: within("models", "exposures.yml"),
                    fqn,
                    tags,
                    config,
                    depends_on: DependsOn { nodes: needs, ..DependsOn::default() },
                    ..blank_exposure()
                };
                self.manifest.exposures.insert(id, Arc::new(exposure));
                return Ok(());
            }
            "model" => {
                let file = within("models", &format!("{name}{}.sql", suffix.replace('.', "_")));
                (model(version.map(Value::from), latest.map(Value::from), access), file)
            }
            "seed" => (NodeKind::Seed { root_path: String::new() }, within("seeds", &format!("{name}.csv"))),
            "snapshot" => (NodeKind::Snapshot, within("snapshots", &format!("{name}.sql"))),
            "analysis" => (NodeKind::Analysis, within("analyses", &format!("{name}.sql"))),
            "singular" => (NodeKind::SingularTest, within("tests", &format!("{name}.sql"))),
            "test" => (generic_test(test, needs.first().cloned()), within("models", "schema.yml")),
            other => return Err(format!("no such kind: {other}")),
        };
        let node = Node {
            unique_id: id.clone(),
            name: name.to_owned(),
            package_name: package.clone(),
            kind,
            original_file_path: file,
            fqn,
            group: config.group().map(str::to_owned),
            config,
            tags,
            patch_path: patch.map(|patch| format!("{package}://{patch}")),
            refs: needs.iter().map(|id| said(id, self.source)).collect(),
            depends_on: DependsOn { nodes: needs, ..DependsOn::default() },
            ..blank_node(self.source)
        };
        self.manifest.nodes.insert(id, Arc::new(node));
        Ok(())
    }
}

fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn said(id: &UniqueId, source: SourceId) -> RefArgs {
    let name = id.splitn(3, '.').last().unwrap_or_default().to_owned();
    RefArgs { package: None, name, version: None, span: Some(Span::new(source, 0..0)) }
}

fn model(version: Option<Value>, latest_version: Option<Value>, access: String) -> NodeKind {
    NodeKind::Model {
        version,
        latest_version,
        access,
        constraints: Vec::new(),
        deprecation_date: None,
        primary_key: Vec::new(),
        time_spine: None,
    }
}

fn generic_test(name: String, attached_node: Option<UniqueId>) -> NodeKind {
    let metadata = TestMetadata { name, namespace: None, kwargs: Map::new() };
    NodeKind::GenericTest { metadata, column_name: None, attached_node, file_key_name: None }
}

fn blank_node(source: SourceId) -> Node {
    Node {
        unique_id: UniqueId::from(""),
        name: String::new(),
        package_name: String::new(),
        kind: NodeKind::SqlOperation,
        path: String::new(),
        original_file_path: String::new(),
        source,
        source_offset: 0,
        fqn: Vec::new(),
        language: Language::Sql,
        raw_code: Arc::from("select 1"),
        checksum: Checksum { name: "none", checksum: String::new() },
        relation: None,
        alias: String::new(),
        schema: String::new(),
        database: None,
        config: NodeConfig::default(),
        tags: Vec::new(),
        group: None,
        unrendered_config: Map::new(),
        config_call: Map::new(),
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: None,
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: 0.0,
        batch: None,
    }
}

fn blank_source() -> Source {
    Source {
        unique_id: UniqueId::from(""),
        name: String::new(),
        source_name: String::new(),
        package_name: String::new(),
        original_file_path: String::new(),
        span: None,
        fqn: Vec::new(),
        source_description: String::new(),
        description: String::new(),
        doc_blocks: Vec::new(),
        loader: String::new(),
        database: None,
        schema: String::new(),
        identifier: String::new(),
        quoting: Map::new(),
        loaded_at_field: None,
        loaded_at_query: None,
        freshness: None,
        external: None,
        columns: IndexMap::new(),
        meta: Map::new(),
        source_meta: Map::new(),
        tags: Vec::new(),
        config: NodeConfig::default(),
        unrendered_config: Map::new(),
        unrendered_database: None,
        unrendered_schema: None,
        relation: Relation::new(None, None, None),
        created_at: 0.0,
    }
}

fn blank_exposure() -> Exposure {
    Exposure {
        unique_id: UniqueId::from(""),
        name: String::new(),
        package_name: String::new(),
        path: String::new(),
        original_file_path: String::new(),
        span: None,
        fqn: Vec::new(),
        exposure_type: "dashboard".to_owned(),
        owner: Map::new(),
        description: String::new(),
        label: None,
        maturity: None,
        url: None,
        meta: Map::new(),
        tags: Vec::new(),
        config: NodeConfig::default(),
        unrendered_config: Map::new(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: 0.0,
    }
}
