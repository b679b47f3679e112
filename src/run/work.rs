//! One node, from template to result, on one worker.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use chrono::{DateTime, Utc};
use crossbeam_channel::Sender;

use super::scheduler::Report;
use super::{Action, Plan, data_test, fault, seed};
use crate::adapter::Rows;
use crate::compile::{self, CompiledNode, Schemas};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::jinja::{
    Notice, OVERLOADS, PackageOverrides, Phase, SEED_ROWS, Scope, Session, Stage, Value, node_value,
    relation_from, stream_value,
};
use crate::manifest::{Macro, Mapping, Node, NodeKind, NodeResult, ResourceType, Status, Timing};
use crate::secret::scrubbed;

/// The project's flag against packages that replace built-in materializations.
const EXPLICIT_OVERRIDES: &str = "REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS";

/// One thread's view of the run.
pub(super) struct Worker<'a> {
    pub plan: &'a Plan,
    pub session: Arc<Session>,
    /// The columns of what may not be built, for unit tests.
    pub schemas: &'a Schemas,
    pub thread: &'a str,
    /// Where what happens is told.
    pub reports: Sender<Report>,
    /// Set when nothing further is to be begun.
    pub stopping: &'a AtomicBool,
}

/// What became of a node so far; it stays when a later stage fails.
#[derive(Default)]
pub(super) struct Progress {
    pub timing: Vec<Timing>,
    pub compiled: Option<CompiledNode>,
}

impl Worker<'_> {
    /// Does what the plan asks for with one node. Nothing of the node's work stays open afterwards.
    pub(super) fn run(&self, node: &Arc<Node>) -> NodeResult {
        if self.plan.runs_in_batches(node) {
            return self.run_batches(node);
        }
        let start = Instant::now();
        let mut progress = Progress::default();
        let outcome = self.stages(node, &mut progress);
        self.session.rollback();
        let mut result = outcome.unwrap_or_else(|error| {
            let error = fault::diagnose(*error, &self.session, node, progress.compiled.as_ref(), self.plan);
            fault::failed(node, self.thread, error)
        });
        result.timing = progress.timing;
        result.execution_time = start.elapsed().as_secs_f64();
        result.compiled = progress.compiled.is_some();
        if let Some(compiled) = progress.compiled {
            result.compiled_code = Some(compiled.sql);
            result.extra_ctes = compiled.extra_ctes;
        }
        result
    }

    /// Tells the scheduling thread something, which it may be too busy with its end to hear.
    pub(super) fn report(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    fn stages(&self, node: &Arc<Node>, progress: &mut Progress) -> Result<NodeResult> {
        self.session.begin_node(Some(Arc::clone(&node.unique_id)), comment(self.plan, Some(node))?);
        if self.plan.action == Action::Clone {
            return self.clone_relation(node);
        }
        let kind = node.resource_type();
        if kind == ResourceType::UnitTest {
            self.session.enter(Stage::Compiling);
            return self.unit_test(node, progress);
        }
        let start = Utc::now();
        self.session.enter(Stage::Compiling);
        if kind == ResourceType::Seed {
            progress.timing.push(timing("compile", start));
        } else {
            let Plan { jinja, manifest, .. } = self.plan;
            let compiled = compile::node(jinja, manifest, node, Some(&self.session));
            progress.timing.push(timing("compile", start));
            let compiled = progress.compiled.insert(compiled?);
            if kind != ResourceType::Snapshot {
                self.session.enter(Stage::Writing);
                self.write("compiled", node, &compiled.sql)?;
            }
        }
        if self.plan.action == Action::Compile || node.is_ephemeral() {
            return Ok(fault::blank(node, self.thread, Status::Success));
        }
        let start = Utc::now();
        let result = self.execute(node, progress.compiled.as_ref());
        progress.timing.push(timing("execute", start));
        result
    }

    /// Calls the node's materialization and reads from its statements what came of it.
    pub(super) fn execute(&self, node: &Arc<Node>, compiled: Option<&CompiledNode>) -> Result<NodeResult> {
        self.session.enter(Stage::Executing);
        let materialization = self.materialization(node, wanted(node))?;
        check_language(node, materialization)?;
        let mut variables = Vec::new();
        if let Some(compiled) = compiled {
            for name in ["sql", "compiled_code", "compiled_sql"] {
                variables.push((name.to_owned(), Value::from(compiled.sql.as_str())));
            }
            if !compiled.overloads.is_empty() {
                variables.push((OVERLOADS.to_owned(), compiled.overloads.clone().into()));
            }
        }
        if node.batch.as_ref().is_some_and(|batch| batch.is_incremental) {
            // A full refresh is over with the first batch; those after it add to what that has begun.
            for (name, answer) in [("is_incremental", true), ("should_full_refresh", false)] {
                variables.push((name.to_owned(), Value::from_function(move || answer)));
            }
        }
        let sources = self.plan.jinja.sources();
        let seed = match node.resource_type() {
            ResourceType::Seed if self.plan.flag("EMPTY") => Some(seed::read(node, sources)?.emptied()),
            ResourceType::Seed => Some(seed::read(node, sources)?),
            _ => None,
        };
        let seed = seed.map(Arc::new);
        if let Some(warning) = seed.as_ref().and_then(|seed| seed.unknown_types(node)) {
            (self.plan.jinja.globals().sink)(Notice::Warning(Box::new(warning)));
        }
        if let Some(seed) = &seed {
            let rows: Arc<dyn Rows> = Arc::<seed::Seed>::clone(seed);
            variables.push((SEED_ROWS.to_owned(), stream_value(rows)));
        }
        let scope = Arc::new(Scope {
            phase: Phase::Run,
            node: Some(Arc::clone(node)),
            manifest: Some(Arc::clone(&self.plan.manifest)),
            session: Some(Arc::clone(&self.session)),
            variables,
            ..Scope::parse(node.package_name.clone())
        });
        let returned = self.plan.jinja.call(&materialization.unique_id, &[], &[], &scope);
        if let Some(written) = self.session.take_written() {
            self.write("run", node, &written)?;
        }
        let returned = returned.map_err(|error| Box::new(self.without_language(*error, node)));
        let returned = match (returned, &seed) {
            (Err(error), Some(seed)) => return Err(Box::new(self.seed_error(*error, node, seed))),
            (returned, _) => returned?,
        };
        if node.resource_type() == ResourceType::UnitTest {
            return Ok(fault::blank(node, self.thread, Status::Success));
        }
        if node.resource_type() == ResourceType::Test {
            return data_test::judge(node, &self.session, self.thread, self.plan.warn_error);
        }
        self.remember(node, &returned)?;
        let response = self.session.response("main").ok_or_else(|| {
            let message = "main is not being called during running model";
            Box::new(Diagnostic::error(Code::InvalidConfig, message))
        })?;
        if node.batch.is_none() {
            self.point_to_latest(node)?;
        }
        Ok(NodeResult {
            message: Some(response.message.clone()),
            adapter_response: answer(&response),
            ..fault::blank(node, self.thread, Status::Success)
        })
    }

    /// Whether packages may replace built-in materializations.
    pub(super) fn overrides(&self) -> PackageOverrides {
        let explicit = self.plan.flag(EXPLICIT_OVERRIDES);
        if explicit { PackageOverrides::Explicit } else { PackageOverrides::Silent }
    }

    /// The materialization with this name.
    pub(super) fn materialization(&self, node: &Node, wanted: &str) -> Result<&Macro> {
        let adapter = self.plan.adapter().name();
        let overrides = self.overrides();
        let Some(found) = self.plan.jinja.registry().materialization(wanted, adapter, overrides) else {
            let message = format!(
                "No materialization '{wanted}' was found for adapter {adapter}! (searched types 'default' and '{adapter}')"
            );
            let known = self.plan.manifest.macros.values().filter_map(|found| {
                let (name, _) = found.name.strip_prefix("materialization_")?.rsplit_once('_')?;
                Some(name)
            });
            let word = node.raw_code.find(&format!("'{wanted}'")).map(|at| node.source_offset + at);
            let span = word.map(|at| Span::new(node.source, at..at + wanted.len() + 2));
            let error = Diagnostic::error(Code::MaterializationNotFound, message)
                .label_opt(span.or(node.patch_span), "")
                .suggest(wanted, known);
            return Err(Box::new(error));
        };
        Ok(found)
    }

    /// Notes the relations that a materialization says it made.
    pub(super) fn remember(&self, node: &Node, returned: &Value) -> Result<()> {
        let wrong = |message: String| Err(Box::new(Diagnostic::error(Code::InvalidConfig, message)));
        if returned.as_str().is_some() {
            return wrong(format!(
                "The materialization (\"{}\") did not explicitly return a list of relations to add to the cache.",
                node.config.materialized()
            ));
        }
        let relations = returned.get_attr("relations").unwrap_or_default();
        let Ok(relations) = relations.try_iter() else {
            return wrong(format!(
                "Invalid return value from materialization, \"relations\" not a list, got: {relations}"
            ));
        };
        for relation in relations {
            match relation_from(&relation) {
                Some(relation) => self.session.cache().add(&relation),
                None => {
                    return wrong(format!(
                        "Invalid return value from materialization, \"relations\" contains non-Relation: {relation}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Says what it means that there is no macro for a function's kind and language.
    fn without_language(&self, mut error: Diagnostic, node: &Node) -> Diagnostic {
        if let (NodeKind::Function { .. }, Code::MacroNotFound) = (&node.kind, error.code) {
            let (kind, language) = (node.config.text("type").unwrap_or("scalar"), node.language.as_str());
            let warehouse = self.plan.adapter().name();
            error.help = Some(format!(
                "{warehouse} has no {kind} functions in {language}: write a scalar or an aggregate one in SQL, or a \
                 macro `{warehouse}__{kind}_function_{language}` that makes such a function"
            ));
        }
        error
    }

    /// Points at the line of a seed's file that the warehouse could not load.
    fn seed_error(&self, error: Diagnostic, node: &Node, seed: &seed::Seed) -> Diagnostic {
        let sources = self.plan.jinja.sources();
        match self.session.take_error() {
            Some((said, sql)) if error.message.contains(&said.message) => match said.row {
                Some(row) => seed.refused(row, &said.message, sources),
                None => fault::from_warehouse(&said, &sql, &fault::owner(node), None, sources),
            },
            _ => error,
        }
    }

    pub(super) fn write(&self, folder: &str, node: &Node, text: &str) -> Result<()> {
        let path = self.plan.target_path.join(folder).join(node.output_path());
        let attempt = || {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(&path, scrubbed(text))
        };
        attempt().map_err(|error: std::io::Error| {
            let message = format!("cannot write `{}`: {error}", path.display());
            Box::new(Diagnostic::error(Code::FileAccess, message))
        })
    }
}

/// Refuses a materialization that does not know the node's language.
fn check_language(node: &Node, materialization: &Macro) -> Result<()> {
    let language = node.language.as_str();
    match &materialization.supported_languages {
        Some(languages) if !languages.iter().any(|known| known == language) => {
            let list: Vec<_> = languages.iter().map(|known| format!("'{known}'")).collect();
            let message = format!(
                "Materialization \"{}\" only supports languages [{}]; got \"{language}\"",
                materialization.name,
                list.join(", ")
            );
            Err(Box::new(Diagnostic::error(Code::InvalidConfig, message)))
        }
        _ => Ok(()),
    }
}

/// The materialization that a node asks for.
fn wanted(node: &Node) -> &str {
    match node.resource_type() {
        ResourceType::Seed => "seed",
        ResourceType::Snapshot => "snapshot",
        ResourceType::Test => "test",
        _ => node.config.materialized(),
    }
}

/// The comment for a node's statements, and whether it stands after them.
pub(super) fn comment(plan: &Plan, node: Option<&Arc<Node>>) -> Result<Option<(String, bool)>> {
    let Some(comment) = &plan.comment else { return Ok(None) };
    let name = node.map_or("master", |node| &*node.unique_id);
    let value = node.map_or(Value::from(()), |node| node_value(node));
    let scope = Arc::new(Scope {
        phase: Phase::Compile,
        manifest: Some(Arc::clone(&plan.manifest)),
        variables: vec![("connection_name".to_owned(), Value::from(name)), ("node".to_owned(), value)],
        ..Scope::parse(plan.jinja.globals().project_name.clone())
    });
    let text = plan.jinja.render_text(&comment.template, comment.at, &scope)?;
    Ok(Some((text, comment.append)))
}

/// `adapter_response` as dbt writes it: what is not known is left out.
pub(super) fn answer(response: &crate::adapter::Response) -> Mapping {
    let mut map = Mapping::new();
    map.insert("_message".to_owned(), response.message.clone().into());
    if let Some(code) = &response.code {
        map.insert("code".to_owned(), code.clone().into());
    }
    if let Some(rows) = response.rows_affected {
        map.insert("rows_affected".to_owned(), rows.into());
    }
    map
}

pub(super) fn timing(name: &'static str, started_at: DateTime<Utc>) -> Timing {
    Timing { name, started_at, completed_at: Utc::now() }
}
