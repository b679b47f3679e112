//! The console: the only place that prints, and the log file that goes with it.
//!
//! In reading order: `event` is what is said, `look` how it looks, `node`, `batch`, `source` and `summary`
//! what is said of a run, `line` an event as a line, `progress` the live bar, `policy` which warnings are errors.

mod batch;
mod event;
mod line;
mod look;
mod node;
mod policy;
mod progress;
mod source;
mod summary;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};

use serde_json::json;

pub use event::{Event, Level};
pub use line::Format;
pub use look::{Look, Place};
pub use node::{Subject, bystander};
pub use policy::{Policy, Treatment, event_name};
pub use source::Origin;
pub use summary::{Report, finished_line, stats};

use crate::diagnostic::{Diagnostic, Severity, Sources, Styled, render};
use crate::manifest::UniqueId;
use crate::secret::scrubbed;
use progress::Progress;

/// What `--use-colors` and the terminal ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    /// As the terminal can.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Everything that decides what is printed where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The id on every JSON line.
    pub invocation_id: String,
    /// The lowest level on the console; nothing at all for `none`.
    pub level: Option<Level>,
    /// The lowest level in the file; no file for `none`.
    pub file_level: Option<Level>,
    /// Lines on the console.
    pub format: Format,
    /// Lines in the file.
    pub file_format: Format,
    /// Only asked-for output and errors.
    pub quiet: bool,
    /// Colours.
    pub colors: Colors,
    /// Whether a terminal may show a live display.
    pub live: bool,
    /// `--printer-width`.
    pub width: usize,
    /// The log file.
    pub file: Option<PathBuf>,
    /// The size at which the file makes room for a new one; never for 0.
    pub file_max_bytes: u64,
    /// Which warnings are errors or silent.
    pub policy: Policy,
    /// Where lines go.
    pub stream: Stream,
}

/// Where the console prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error, since standard output is kept for a document.
    Error,
}

/// Standard output and the log file of one invocation.
#[derive(Debug)]
pub struct Console {
    settings: Settings,
    look: Look,
    live: bool,
    file: Option<Mutex<BufWriter<File>>>,
    progress: RwLock<Option<Progress>>,
    said: Mutex<Vec<Diagnostic>>,
}

impl Console {
    /// Opens the log file; a folder that cannot be written means no file, since no command should
    /// fail for want of a log.
    pub fn new(settings: Settings) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let colors = match settings.colors {
            Colors::Always => true,
            Colors::Never => false,
            Colors::Auto => {
                terminal && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
            }
        };
        let live = settings.live
            && terminal
            && std::io::stderr().is_terminal()
            && !settings.quiet
            && settings.format == Format::Text
            && settings.level == Some(Level::Info);
        let file = settings.file_level.and(settings.file.as_ref()).and_then(|path| {
            std::fs::create_dir_all(path.parent()?).ok()?;
            roll(path, settings.file_max_bytes);
            let file = OpenOptions::new().create(true).append(true).open(path).ok()?;
            Some(Mutex::new(BufWriter::new(file)))
        });
        let look = Look { colors, width: settings.width };
        Self { settings, look, live, file, progress: RwLock::default(), said: Mutex::default() }
    }

    /// Colours and width.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Whether only asked-for output is wanted.
    pub fn is_quiet(&self) -> bool {
        self.settings.quiet
    }

    /// Which warnings are errors or silent.
    pub fn policy(&self) -> &Policy {
        &self.settings.policy
    }

    /// Prints and logs one event, where its level asks for it.
    pub fn emit(&self, event: Event) {
        if self.shows(&event) {
            let line = scrubbed(self.settings.format.line(&event, &self.settings.invocation_id));
            self.write(&line);
        }
        self.log(&event);
    }

    fn log(&self, event: &Event) {
        if let Some(file) = &self.file
            && self.settings.file_level.is_some_and(|level| event.level >= level)
        {
            let line = self.settings.file_format.line(event, &self.settings.invocation_id);
            let line = scrubbed(anstream::adapter::strip_str(&line).to_string());
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk loses the log, not the run.
            let _ = writeln!(file, "{line}");
            if event.level > Level::Debug {
                let _ = file.flush();
            }
        }
    }

    /// The same for an event that people have no use for: on the console only as JSON.
    pub fn tell_programs(&self, event: Event) {
        if self.settings.format == Format::Json {
            return self.emit(event);
        }
        self.log(&event);
    }

    /// Whether programs read what is said at the lowest level.
    pub fn tells_programs(&self) -> bool {
        let reads = |format, level| format == Format::Json && level == Some(Level::Debug);
        reads(self.settings.format, self.settings.level)
            || (self.file.is_some() && reads(self.settings.file_format, self.settings.file_level))
    }

    /// Counts the deprecated things that were told one by one.
    pub fn tell_deprecations(&self) {
        let said = self.said();
        let mut counts = BTreeMap::new();
        let names = said.iter().filter(|said| said.severity == Severity::Warning);
        for event in names.map(|said| event_name(said.code)).filter(|(name, _)| policy::is_deprecation(name))
        {
            *counts.entry(event).or_default() += 1;
        }
        if !counts.is_empty() {
            self.tell_programs(Event::deprecations(&counts));
        }
    }

    fn shows(&self, event: &Event) -> bool {
        let Some(level) = self.settings.level else { return false };
        if event.is_output() {
            return true;
        }
        event.level >= if self.settings.quiet { Level::Error } else { level }
    }

    fn write(&self, line: &str) {
        // A closed pipe means nobody reads any more, which is no mistake of this run.
        let print = || match self.settings.stream {
            Stream::Output => {
                let mut out = std::io::stdout().lock();
                let _ = writeln!(out, "{line}").and_then(|()| out.flush());
            }
            Stream::Error => {
                let _ = writeln!(std::io::stderr(), "{line}");
            }
        };
        match &*self.progress.read().unwrap_or_else(PoisonError::into_inner) {
            Some(progress) => progress.aside(print),
            None => print(),
        }
    }

    fn styled(&self) -> Styled {
        if self.look.colors { Styled::Yes } else { Styled::No }
    }

    /// Every warning that was shown and every error that ended the command, so far.
    pub fn said(&self) -> Vec<Diagnostic> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Prints a document as it is, secrets aside.
    pub fn document(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "{}", scrubbed(text.to_owned())).and_then(|()| out.flush());
    }

    /// Prints a warning, unless it is silenced.
    pub fn warn(&self, diagnostic: &Diagnostic, sources: &Sources) {
        if self.settings.policy.treat(diagnostic.code) == Treatment::Silence {
            return;
        }
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic.clone());
        let (name, code) = event_name(diagnostic.code);
        let data = json!({"msg": diagnostic.message, "code": diagnostic.id()});
        let mut text = self.look.coded_warning(&diagnostic.id(), &diagnostic.message);
        // The title is printed as dbt prints warnings; only what is drawn below it is wanted.
        let untitled = Diagnostic { message: String::new(), ..diagnostic.clone() };
        if let Some((_, place)) = render(&untitled, sources, self.styled()).split_once('\n') {
            text = format!("{text}\n{place}");
        }
        self.emit(Event::new(name, code, Level::Warn, text, data));
    }

    /// Prints a mistake that a check found, which ends nothing.
    pub fn find(&self, diagnostic: &Diagnostic, sources: &Sources) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic.clone());
        let data = json!({"msg": diagnostic.message, "code": diagnostic.id()});
        let text = render(diagnostic, sources, self.styled());
        self.emit(Event::new("CheckFinding", "Z090", Level::Error, text, data));
    }

    /// Keeps a diagnostic for reports without printing it, unless it is silenced.
    pub fn keep(&self, diagnostic: &Diagnostic) {
        if self.settings.policy.treat(diagnostic.code) != Treatment::Silence {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic.clone());
        }
    }

    /// Prints why the command could not run: dbt's words for the kind of mistake, then each mistake.
    pub fn fail(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        let errors = || diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let Some(first) = errors().next() else { return };
        self.said.lock().unwrap_or_else(PoisonError::into_inner).extend(errors().cloned());
        let family = first.code.family().title();
        let draw = |styled| errors().map(|d| render(d, sources, styled)).collect::<Vec<_>>().join("\n\n");
        let text = format!("Encountered an error:\n{family}\n{}", draw(self.styled()));
        let data = json!({"exc": format!("{family}\n{}", draw(Styled::No))});
        self.emit(Event::new("MainEncounteredError", "Z002", Level::Error, text, data));
    }

    /// Puts up the live bar, where there is a terminal to show it.
    pub fn begin(&self, total: usize) {
        if self.live {
            *self.progress.write().unwrap_or_else(PoisonError::into_inner) = Some(Progress::new(total));
        }
    }

    /// A node starts: a line, or a name on the live bar.
    pub fn start(&self, id: &UniqueId, name: &str, event: Event) {
        match &*self.progress.read().unwrap_or_else(PoisonError::into_inner) {
            Some(progress) => progress.start(id, name),
            None => {
                self.emit(event);
            }
        }
    }

    /// Whether what runs is shown on the live bar, so that no line needs to say that it starts.
    pub fn is_live(&self) -> bool {
        self.progress.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A node ended: a line, and a step of the live bar.
    pub fn end(&self, id: &UniqueId, event: Event) {
        if let Some(progress) = &*self.progress.read().unwrap_or_else(PoisonError::into_inner) {
            progress.end(id);
        }
        self.emit(event);
    }

    /// Takes the live bar away.
    pub fn finish(&self) {
        if let Some(progress) = self.progress.write().unwrap_or_else(PoisonError::into_inner).take() {
            progress.close();
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.finish();
        if let Some(file) = &self.file {
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).flush();
        }
    }
}

/// How many full log files are kept.
const KEPT: usize = 5;

/// Makes room for a new log file when the current one is full.
fn roll(path: &std::path::Path, max_bytes: u64) {
    let full = std::fs::metadata(path).is_ok_and(|meta| max_bytes > 0 && meta.len() >= max_bytes);
    if !full {
        return;
    }
    let numbered = |at: usize| match at {
        0 => path.to_owned(),
        at => PathBuf::from(format!("{}.{at}", path.display())),
    };
    for at in (0..KEPT).rev() {
        // Most of these do not exist yet.
        let _ = std::fs::rename(numbered(at), numbered(at + 1));
    }
}

/// Prints text that is no event, such as help, before there is a console.
pub fn print_help(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}

/// Prints why a command line makes no sense, before there is a console.
pub fn print_usage(usage: &str, message: &str) {
    let _ = writeln!(std::io::stderr(), "{usage}\n\nError: {message}");
}
