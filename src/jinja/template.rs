//! Renders templates and leads positions and errors back to their sources.

use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use super::context::{Globals, Scope};
use super::macros::MacroRegistry;
use crate::diagnostic::{Code, Diagnostic, Result, SourceId, Sources, Span};
use crate::manifest::Mapping;

/// A rendered text and where its bytes come from.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The way back.
    pub map: SourceMap,
}

/// The way from bytes of a rendered text to the source.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    pieces: Vec<(usize, Span)>,
}

impl SourceMap {
    /// The source of a byte of the rendered text.
    pub fn locate(&self, offset: usize) -> Option<Span> {
        let at = self.pieces.partition_point(|(start, _)| *start <= offset);
        self.pieces.get(at.checked_sub(1)?).map(|(_, span)| *span)
    }
}

/// Everything needed to render: environment, macros, globals, sources.
#[derive(Debug)]
pub struct Jinja {
    globals: Globals,
    sources: Arc<Sources>,
    registry: MacroRegistry,
}

impl Jinja {
    /// Prepares an invocation's templates.
    pub fn new(globals: Globals, sources: Arc<Sources>, registry: MacroRegistry) -> Arc<Self> {
        Arc::new(Self { globals, sources, registry })
    }

    /// What all renders share.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// The macros.
    pub fn registry(&self) -> &MacroRegistry {
        &self.registry
    }

    /// The texts.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Renders bytes `range` of a source.
    pub fn render(
        self: &Arc<Self>,
        source: SourceId,
        range: Range<usize>,
        scope: &Arc<Scope>,
    ) -> Result<Rendered> {
        let _ = scope;
        Err(unavailable(Some(Span::new(source, range))))
    }

    /// Renders a text that is no file; `at` is where errors point.
    pub fn render_text(self: &Arc<Self>, text: &str, at: Option<Span>, scope: &Arc<Scope>) -> Result<String> {
        let _ = (text, scope);
        Err(unavailable(at))
    }

    /// Renders a YAML string natively: the result is typed where the text was one expression.
    pub fn render_value(
        self: &Arc<Self>,
        text: &str,
        at: Option<Span>,
        scope: &Arc<Scope>,
    ) -> Result<serde_json::Value> {
        let _ = (text, scope);
        Err(unavailable(at))
    }

    /// Calls a macro by unique id.
    pub fn call(
        self: &Arc<Self>,
        macro_id: &str,
        args: &[Value],
        kwargs: &[(&str, Value)],
        scope: &Arc<Scope>,
    ) -> Result<Value> {
        let _ = (macro_id, args, kwargs, scope);
        Err(unavailable(None))
    }
}

/// Renders the strings of project files, which know no macros.
#[derive(Debug)]
pub struct YamlJinja {
    cli_vars: Mapping,
    target: Option<Mapping>,
}

impl YamlJinja {
    /// `env_var`, `var` of the command line, and `target` where it is known.
    pub fn new(cli_vars: Mapping, target: Option<Mapping>) -> Self {
        Self { cli_vars, target }
    }

    /// Renders one string.
    pub fn render_value(&self, text: &str, at: Option<Span>, sources: &Sources) -> Result<serde_json::Value> {
        let _ = (text, sources, &self.cli_vars, &self.target);
        Err(unavailable(at))
    }
}

fn unavailable(at: Option<Span>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::Unsupported, "templates cannot be rendered").label_opt(at, ""))
}
