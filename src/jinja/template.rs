//! Renders templates and leads positions and errors back to their sources.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::block;
use super::context::{Globals, Phase, Scope};
use super::error::{Origin, Place, Raised, ReturnValue};
use super::macros::MacroRegistry;
use super::python::{self, print, to_json};
use super::rewrite::{self, Keyword, Rewritten};
use super::runtime::{self, BEGIN, MacroObject, PRELUDE, PRELUDE_NAME, Root};
use crate::diagnostic::{Code, Diagnostic, Result, SourceId, Sources, Span};
use crate::manifest::{Macro, RefArgs, UniqueId};

/// A rendered text and where its bytes come from.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The way back.
    pub map: SourceMap,
}

impl Rendered {
    /// A text as it stands in a file from a byte on.
    pub fn verbatim(source: SourceId, start: usize, file: &Arc<str>, text: &str) -> Self {
        let from = start..start + text.len();
        let piece = Piece { out: 0, from, exact: true };
        Self {
            text: text.to_owned(),
            map: SourceMap { pieces: vec![piece], source: Some((source, Arc::clone(file))) },
        }
    }
}

/// The way from bytes of a rendered text to the source.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    pieces: Vec<Piece>,
    source: Option<(SourceId, Arc<str>)>,
}

/// Rendered bytes from `out` on come from here.
#[derive(Debug, Clone)]
struct Piece {
    out: usize,
    from: Range<usize>,
    /// Whether bytes correspond one to one: text as written, not the value of an expression.
    exact: bool,
}

impl SourceMap {
    /// A text that came from one place as a whole.
    pub fn whole(span: Span, sources: &Sources) -> Self {
        let from = span.start as usize..span.end as usize;
        let source = Some((span.source, Arc::clone(&sources.get(span.source).text)));
        Self { pieces: vec![Piece { out: 0, from, exact: false }], source }
    }

    /// The text of the expression, braces included, that a byte of the rendered text is the value of.
    pub fn expression(&self, offset: usize) -> Option<&str> {
        let (_, text) = self.source.as_ref()?;
        let after = self.pieces.partition_point(|piece| piece.out <= offset);
        let piece = &self.pieces[after.checked_sub(1)?];
        if piece.exact { None } else { text.get(piece.from.clone()) }
    }

    /// The source of a byte of the rendered text: the word that was written there, or the whole
    /// expression that it is the value of.
    pub fn locate(&self, offset: usize) -> Option<Span> {
        let (source, text) = self.source.as_ref()?;
        let after = self.pieces.partition_point(|piece| piece.out <= offset);
        let piece = &self.pieces[after.checked_sub(1)?];
        if !piece.exact {
            return Some(Span::new(*source, piece.from.clone()));
        }
        let start = (piece.from.start + offset - piece.out).min(piece.from.end);
        let rest = text.get(start..piece.from.end).unwrap_or_default();
        let word = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let len = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
        Some(Span::new(*source, start..start + len))
    }
}

/// Everything needed to render: environments, macros, globals, sources. Shared by all threads.
pub struct Jinja {
    globals: Globals,
    sources: Arc<Sources>,
    registry: MacroRegistry,
    library: Arc<HashMap<UniqueId, Arc<MacroObject>>>,
    /// Where what is undefined is an error as in Jinja.
    environment: Environment<'static>,
    /// Where what is undefined may be anything.
    lenient: Environment<'static>,
    /// The one `graph` that all templates see, once one looks.
    graph: OnceLock<Value>,
    /// What is said once in an invocation, and was.
    said: Mutex<BTreeSet<String>>,
}

impl fmt::Debug for Jinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jinja").field("globals", &self.globals).finish_non_exhaustive()
    }
}

/// The name of the template that is rendered; macros have their unique id.
const NAME: &str = "<template>";
/// Steps of one render, a step being an instruction or 64 bytes of text: about a second.
const FUEL: u64 = 50_000_000;
/// Nested frames; a macro call costs about eight of them.
const RECURSION: usize = 2_500;

/// An environment with Python's semantics and no templates.
pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_debug(false);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Lenient);
    env.set_recursion_limit(RECURSION);
    env.set_fuel(Some(FUEL));
    env.set_auto_reload(false);
    env.remove_global("debug");
    env.set_formatter(|out, _, value| {
        match value.kind() {
            ValueKind::String => out.write_str(value.as_str().unwrap_or_default())?,
            ValueKind::Undefined => {}
            _ => out.write_str(&print(value))?,
        }
        Ok(())
    });
    env.set_unknown_method_callback(runtime::unknown_method);
    python::install_functions(&mut env);
    python::install_filters(&mut env);
    runtime::install(&mut env);
    env
}

impl Jinja {
    /// Prepares an invocation's templates.
    pub fn new(globals: Globals, sources: Arc<Sources>, registry: MacroRegistry) -> Arc<Self> {
        let library: HashMap<UniqueId, Arc<MacroObject>> = registry
            .iter()
            .map(|found| (Arc::clone(&found.unique_id), Arc::new(MacroObject::new(Arc::clone(found)))))
            .collect();
        let library = Arc::new(library);
        let mut environment = environment();
        let shelf = Arc::clone(&library);
        environment.set_loader(move |name| match shelf.get(name) {
            Some(found) => Ok(Some(found.rewritten().map_err(Raised)?.text.clone())),
            None if name == PRELUDE_NAME => Ok(Some(PRELUDE.to_owned())),
            None => Ok(None),
        });
        let mut lenient = environment.clone();
        lenient.set_undefined_behavior(UndefinedBehavior::Chainable);
        Arc::new(Self {
            globals,
            sources,
            registry,
            library,
            environment,
            lenient,
            graph: OnceLock::new(),
            said: Mutex::default(),
        })
    }

    /// What all renders share.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Whether a message is heard for the first time.
    pub(super) fn is_news(&self, message: &str) -> bool {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to_owned())
    }

    /// What templates see as `graph`, made when the first of them looks.
    pub(super) fn graph(&self, make: impl FnOnce() -> Value) -> Value {
        self.graph.get_or_init(make).clone()
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
        let file = self.sources.get(source);
        let base = range.start;
        let text = file.text.get(range).unwrap_or_default();
        let rewritten = rewrite::template(text, BEGIN)
            .map_err(|syntax| Box::new(block::diagnostic(syntax, source, base)))?;
        let origin = Origin::File(source, base);
        if scope.phase == Phase::Parse {
            let text = self.output(&rewritten, origin, scope)?;
            note_spans(&rewritten, source, base, scope);
            return Ok(Rendered { text, map: SourceMap::default() });
        }
        let template = self.environment(scope).template_from_named_str(NAME, &rewritten.text);
        let rendered = template.and_then(|template| template.render_with_spans(Root::value(self, scope)));
        let (output, spans) =
            rendered.map_err(|error| Box::new(self.place(&rewritten, origin, scope).diagnostic(&error)))?;
        let mut pieces = Vec::with_capacity(spans.len());
        for span in spans.iter().filter(|span| span.name() == NAME) {
            let exact = span.kind() == minijinja::OutputSpanKind::Raw;
            for (new, old) in rewritten.copied(span.source_range()) {
                let from = old.start + base..old.end + base;
                let out = span.output_range().start + new;
                pieces.push(Piece { out, from, exact });
                if !exact {
                    break;
                }
            }
            if let (false, Some(last)) = (exact, pieces.last_mut()) {
                let whole = rewritten.original(span.source_range());
                last.from = whole.start + base..whole.end + base;
                last.out = span.output_range().start;
            }
        }
        Ok(Rendered {
            text: output,
            map: SourceMap { pieces, source: Some((source, Arc::clone(&file.text))) },
        })
    }

    /// Renders a text that is no file; `at` is where errors point.
    pub fn render_text(self: &Arc<Self>, text: &str, at: Option<Span>, scope: &Arc<Scope>) -> Result<String> {
        if !is_template(text) {
            return Ok(text.to_owned());
        }
        let rewritten =
            rewrite::template(text, BEGIN).map_err(|syntax| Box::new(syntax_at(syntax.message, at)))?;
        self.output(&rewritten, Origin::Text(at), scope)
    }

    /// Renders a YAML string natively: a single expression keeps the type of its value.
    pub fn render_value(
        self: &Arc<Self>,
        text: &str,
        at: Option<Span>,
        scope: &Arc<Scope>,
    ) -> Result<serde_json::Value> {
        self.evaluate(text, at, scope).map(|value| to_json(&value))
    }

    /// The value of a text that is a single expression, such as a relation; else the rendered text.
    pub fn evaluate(self: &Arc<Self>, text: &str, at: Option<Span>, scope: &Arc<Scope>) -> Result<Value> {
        if !is_template(text) {
            return Ok(Value::from(text));
        }
        let single = rewrite::value(text, BEGIN, "__result")
            .map_err(|syntax| Box::new(syntax_at(syntax.message, at)))?;
        let Some(rewritten) = single else { return self.render_text(text, at, scope).map(Value::from) };
        let template = self.environment(scope).template_from_named_str(NAME, &rewritten.text);
        let captured = template.and_then(|template| template.render_captured(Root::native(self, scope)));
        let mut captured = captured
            .map_err(|error| Box::new(self.place(&rewritten, Origin::Text(at), scope).diagnostic(&error)))?;
        Ok(captured.with_state_mut(runtime::take_result).unwrap_or_default())
    }

    /// Calls a macro by unique id.
    pub fn call(
        self: &Arc<Self>,
        macro_id: &str,
        args: &[Value],
        kwargs: &[(&str, Value)],
        scope: &Arc<Scope>,
    ) -> Result<Value> {
        let Some(object) = self.library.get(macro_id) else {
            return Err(Box::new(Diagnostic::error(
                Code::MacroNotFound,
                format!("there is no macro `{macro_id}`"),
            )));
        };
        let callee = Value::from_dyn_object(Arc::clone(object));
        let mut all = args.to_vec();
        if !kwargs.is_empty() {
            let named: Kwargs = kwargs.iter().map(|(name, value)| (*name, value.clone())).collect();
            all.push(named.into());
        }
        let rewritten = Rewritten::default();
        let result = self
            .environment(scope)
            .get_template(PRELUDE_NAME)
            .and_then(|prelude| prelude.render_captured(Root::value(self, scope)))
            .and_then(|mut render| render.with_state_mut(|state| callee.call(state, &all)));
        let origin = Origin::Text(Some(object.definition.span));
        result.map_err(|error| Box::new(self.place(&rewritten, origin, scope).diagnostic(&error)))
    }

    /// A macro as a value to call.
    pub(super) fn macro_value(&self, found: &Macro) -> Option<Value> {
        self.macro_object(&found.unique_id).map(Value::from_dyn_object)
    }

    /// A macro by unique id.
    pub(super) fn macro_object(&self, id: &str) -> Option<Arc<MacroObject>> {
        self.library.get(id).map(Arc::clone)
    }

    fn environment(&self, scope: &Scope) -> &Environment<'static> {
        if scope.phase == Phase::Parse { &self.lenient } else { &self.environment }
    }

    fn output(self: &Arc<Self>, rewritten: &Rewritten, origin: Origin, scope: &Arc<Scope>) -> Result<String> {
        let template = self.environment(scope).template_from_named_str(NAME, &rewritten.text);
        let rendered = template.and_then(|template| template.render(Root::value(self, scope)));
        rendered.or_else(|error| match returned(&error) {
            // dbt makes a macro of such a text, so it may end with `return`.
            Some(value) if matches!(origin, Origin::Text(_)) => Ok(value.to_string()),
            _ => Err(Box::new(self.place(rewritten, origin, scope).diagnostic(&error))),
        })
    }

    fn place<'a>(&'a self, rewritten: &'a Rewritten, origin: Origin, scope: &'a Scope) -> Place<'a> {
        Place { jinja: self, package: &scope.package, name: NAME, rewritten, origin }
    }
}

/// The value a text left with, where it ended by `return`.
fn returned(error: &minijinja::Error) -> Option<&Value> {
    std::error::Error::source(error)?.downcast_ref::<ReturnValue>().map(|value| &value.0)
}

/// Names of filters and tests, to suggest one.
pub(super) const FILTERS_AND_TESTS: [&str; 58] = [
    "abs",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "default",
    "dictsort",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
    "xmlattr",
    "defined",
    "undefined",
    "none",
    "mapping",
    "iterable",
    "sequence",
    "callable",
    "as_native",
];

/// Whether a text has anything to render.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

pub(super) fn syntax_at(message: String, at: Option<Span>) -> Diagnostic {
    Diagnostic::error(Code::JinjaSyntax, message).label_opt(at, "")
}

/// Tells the capture where `config` keys, and `ref` and `source` calls stand.
fn note_spans(rewritten: &Rewritten, source: SourceId, base: usize, scope: &Scope) {
    let mut capture = scope.capture.lock().unwrap_or_else(PoisonError::into_inner);
    let mut configured = false;
    for site in &rewritten.sites {
        let span = |range: &Range<usize>| Span::new(source, range.start + base..range.end + base);
        if site.callee == "config" {
            let is_first = !std::mem::replace(&mut configured, true);
            for Keyword { name, range, written } in &site.keywords {
                capture.config_spans.insert(name.clone(), span(range));
                if is_first {
                    capture.config_written.insert(name.clone(), written.as_str().into());
                }
            }
        } else if site.callee == "ref" {
            let Some((name, package)) = site.texts.split_last() else { continue };
            let same = |known: &&mut RefArgs| {
                known.span.is_none() && known.name == *name && known.package.as_ref() == package.first()
            };
            if let Some(known) = capture.refs.iter_mut().find(same) {
                known.span = Some(span(&site.range));
            }
        } else if let [name, table] = site.texts.as_slice() {
            let same = capture.sources.iter_mut().find(|s| s.0 == *name && s.1 == *table && s.2.is_none());
            if let Some(known) = same {
                known.2 = Some(span(&site.range));
            }
        }
    }
}
