//! Exposures and groups: what property files say of them, as the resources they are.

use std::sync::Arc;

use super::config::{Kind, Levels};
use super::draft::fqn_prefix;
use super::properties::{ExposureProperties, GroupProperties};
use super::reference::{Reference, reference};
use super::{Parsing, config};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::jinja::{Capture, Scope};
use crate::manifest::{DependsOn, Exposure, Group, NodeConfig, UniqueId, Value};

/// An exposure, its references not yet resolved.
#[derive(Debug)]
pub(super) struct ParsedExposure {
    /// The exposure; `depends_on.nodes` is empty.
    pub(super) exposure: Exposure,
    /// Where each of its sources was said.
    pub(super) source_spans: Vec<Option<Span>>,
}

/// Makes an exposure.
pub(super) fn exposure(
    parsing: &Parsing,
    said: &ExposureProperties,
    found: &mut Vec<Diagnostic>,
) -> ParsedExposure {
    let package = said.place.package.as_str();
    let mut fqn = fqn_prefix(package, &said.place.path);
    fqn.push(said.name.clone());
    let levels = Levels {
        kind: Kind::Exposure,
        package,
        fqn: &fqn,
        patch: Some(&said.config.rendered),
        patch_unrendered: Some(&said.config.written),
        call: None,
        call_unrendered: None,
    };
    let unrendered_config = parsing.trees.unrendered(&levels);
    let mut config = parsing.trees.merged(&levels).unwrap_or_else(|problem| {
        let message = format!(
            "invalid value for the configuration `{}` of `{}`: {}",
            problem.key, said.name, problem.message
        );
        let span = said.config.spans.get(&problem.key).copied().unwrap_or(said.span);
        found.push(Diagnostic::error(Code::InvalidConfig, message).label(span, ""));
        Kind::Exposure.defaults().clone()
    });
    if parsing.is_own(package) {
        let keys = said.config.spans.iter().map(|(key, span)| (key.as_str(), Some(*span)));
        found.extend(config::misspelt(Kind::Exposure, keys));
    }
    let mut tags = said.tags.clone();
    tags.extend(NodeConfig(config.clone()).tags().into_iter().map(str::to_owned));
    tags.sort_unstable();
    tags.dedup();
    let mut meta = said.meta.clone();
    if let Some(Value::Object(more)) = config.get("meta") {
        meta.extend(more.clone());
    }
    config.insert("tags".to_owned(), Value::from(tags.clone()));
    config.insert("meta".to_owned(), Value::Object(meta.clone()));
    let capture = depends_on(parsing, package, said, found);
    let unique_id = UniqueId::from(format!("exposure.{package}.{}", said.name));
    let (description, _) = parsing.description(&said.description, &unique_id, package, found);
    let mut exposure = Exposure {
        unique_id,
        name: said.name.clone(),
        package_name: package.to_owned(),
        path: said.place.path.clone(),
        original_file_path: said.place.original_file_path.clone(),
        span: Some(said.span),
        fqn,
        exposure_type: said.exposure_type.clone(),
        owner: said.owner.clone(),
        description,
        label: said.label.clone(),
        maturity: said.maturity.clone(),
        url: said.url.clone(),
        meta,
        tags,
        config: NodeConfig(config),
        unrendered_config,
        refs: capture.refs,
        sources: Vec::new(),
        metrics: capture.metrics,
        depends_on: DependsOn { macros: capture.macros.into_iter().collect(), ..DependsOn::default() },
        created_at: parsing.now,
    };
    let mut source_spans = Vec::new();
    for (source, table, span) in capture.sources {
        exposure.sources.push((source, table));
        source_spans.push(span);
    }
    ParsedExposure { exposure, source_spans }
}

/// What an exposure says it reads.
fn depends_on(
    parsing: &Parsing,
    package: &str,
    said: &ExposureProperties,
    found: &mut Vec<Diagnostic>,
) -> Capture {
    let mut capture = Capture::default();
    for (text, span) in &said.depends_on {
        match reference(text, Some(*span)) {
            Some(Reference::Ref(args)) => capture.refs.push(args),
            Some(Reference::Source(source, table)) => capture.sources.push((source, table, Some(*span))),
            None => {
                let scope = Arc::new(Scope::parse(package));
                let rendered = parsing.jinja.render_text(&format!("{{{{ {text} }}}}"), Some(*span), &scope);
                if let Err(diagnostic) = rendered {
                    found.push(*diagnostic);
                }
                let more = super::file::taken(&scope);
                capture.refs.extend(more.refs);
                capture.sources.extend(more.sources);
                capture.metrics.extend(more.metrics);
                capture.macros.extend(more.macros);
            }
        }
    }
    capture
}

/// Makes a group. Of its configuration dbt keeps `meta`, which it takes from the models' as well.
pub(super) fn group(parsing: &Parsing, said: &GroupProperties) -> Group {
    let package = &said.place.package;
    let mut fqn = fqn_prefix(package, &said.place.path);
    fqn.push(said.name.clone());
    let levels = Levels {
        kind: Kind::Group,
        package,
        fqn: &fqn,
        patch: Some(&said.config),
        patch_unrendered: None,
        call: None,
        call_unrendered: None,
    };
    let mut config = parsing.trees.merged(&levels).unwrap_or_else(|_| said.config.clone());
    config.retain(|key, _| key == "meta" || said.config.contains_key(key));
    Group {
        unique_id: UniqueId::from(format!("group.{package}.{}", said.name)),
        name: said.name.clone(),
        package_name: package.clone(),
        path: said.place.path.clone(),
        original_file_path: said.place.original_file_path.clone(),
        owner: said.owner.clone(),
        description: said.description.clone(),
        config,
    }
}
