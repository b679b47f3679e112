//! The hooks of a project file, which run before the first node and after the last.

use std::sync::Arc;

use indexmap::IndexMap;

use super::config::{Kind, Levels};
use super::file::{Parsed, finish, invalid, rendering};
use super::{Parsing, checksum};
use crate::diagnostic::Diagnostic;
use crate::manifest::{DependsOn, HookKind, Language, Mapping, Node, NodeConfig, NodeKind, UniqueId};
use crate::project::{Hook, Package};

/// Makes the hook nodes of a package.
pub(super) fn hooks(parsing: &Parsing, package: &Package, found: &mut Vec<Diagnostic>) -> Vec<Parsed> {
    let starts = package.on_run_start.iter().enumerate().map(|(at, hook)| (HookKind::Start, at, hook));
    let ends = package.on_run_end.iter().enumerate().map(|(at, hook)| (HookKind::End, at, hook));
    starts.chain(ends).map(|(kind, at, hook)| node(parsing, package, kind, at, hook, found)).collect()
}

fn node(
    parsing: &Parsing,
    package: &Package,
    kind: HookKind,
    index: usize,
    hook: &Hook,
    found: &mut Vec<Diagnostic>,
) -> Parsed {
    let when = kind.key();
    let name = format!("{}-{when}-{index}", package.name);
    let fqn = vec![package.name.clone(), "hooks".to_owned(), name.clone()];
    let levels = Levels {
        kind: Kind::Node,
        package: &package.name,
        fqn: &fqn,
        patch: None,
        patch_unrendered: None,
        call: None,
        call_unrendered: None,
    };
    let config = parsing.trees.merged(&levels);
    let unrendered_config = parsing.trees.unrendered(&levels);
    let mut node = Node {
        unique_id: UniqueId::from(format!("operation.{}.{name}", package.name)),
        alias: name.clone(),
        path: format!("hooks/{name}.sql"),
        name,
        package_name: package.name.clone(),
        kind: NodeKind::Operation { hook: kind, index },
        original_file_path: "./dbt_project.yml".to_owned(),
        source: package.source,
        source_offset: 0,
        fqn,
        language: Language::Sql,
        raw_code: Arc::from(hook.sql.as_str()),
        checksum: checksum::of_code(&parsing.sources.get(package.source).text),
        relation: None,
        schema: parsing.placement.schema.clone(),
        database: parsing.placement.database.clone(),
        config: NodeConfig::default(),
        tags: vec![when.to_owned()],
        group: None,
        unrendered_config,
        config_call: Mapping::new(),
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        patch_path: None,
        patch_span: Some(hook.span),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        created_at: parsing.now,
        batch: None,
    };
    match config {
        Ok(config) => node.config = NodeConfig(config),
        Err(problem) => found.push(invalid(parsing, &node, &problem, None)),
    }
    let (node, capture) = rendering(node, Vec::new(), |scope| {
        if let Err(diagnostic) = parsing.jinja.render_text(&hook.sql, Some(hook.span), scope) {
            found.push(*diagnostic);
        }
    });
    finish(parsing, node, Some(hook.span), capture, None, found)
}
