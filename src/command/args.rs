//! The command line as it was typed: verb, flags with where each came from, and positional words.
//!
//! What it means is decided in `flags`.

use std::ffi::OsString;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::completions;
use super::flag::{FLAGS, Flag, Kind};

macro_rules! verbs {
    ($($name:ident = $word:literal, $about:literal;)+) => {
        /// What to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb { $(#[doc = $about] $name,)+ }

        impl Verb {
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name, as dbt's `flags.WHICH` has it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The words one types for it.
            pub(super) fn typed(self) -> String {
                match self {
                    Self::DocsGenerate | Self::DocsInherit | Self::DocsServe => {
                        format!("teal docs {}", self.word())
                    }
                    Self::Freshness => format!("teal source {}", self.word()),
                    _ => format!("teal {}", self.word()),
                }
            }

            pub(super) fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)+ }
            }

            /// Whether it only looks: it changes nothing in the warehouse, not even by what templates ask, and leaves the
            /// artifacts of the last run.
            pub(super) fn only_looks(self) -> bool {
                use Verb::{Check, Checks, DocsInherit, Lineage, Pii, Query};
                matches!(self, Check | Checks | DocsInherit | Lineage | Pii | Query)
            }
        }
    };
}

verbs! {
    Build = "build", "Load seeds, build models, take snapshots and run tests, in order of dependency";
    Run = "run", "Build models";
    Test = "test", "Run tests";
    Seed = "seed", "Load seeds";
    Snapshot = "snapshot", "Take snapshots";
    Compile = "compile", "Render the SQL of nodes without running it";
    Show = "show", "Show the first rows of a node or a query";
    Ls = "list", "List nodes";
    Check = "check", "Find mistakes in queries, contracts and tests without running anything";
    Checks = "checks", "Hold the project to its rules";
    Query = "query", "Run SQL over tables about the project itself";
    Lineage = "lineage", "Say what a column is made of and what is made of it";
    Pii = "pii", "List the columns with personal data, and check where it may go";
    Parse = "parse", "Read the project and write its manifest";
    Debug = "debug", "Say what is found and whether the warehouse answers";
    Init = "init", "Start a project";
    Clean = "clean", "Remove what was written";
    Deps = "deps", "Install packages";
    DocsGenerate = "generate", "Write what the docs site shows";
    DocsInherit = "inherit", "Propose descriptions and classes for columns that are copies of described ones";
    DocsServe = "serve", "Serve the docs site";
    Freshness = "freshness", "Say how old the data of sources is";
    RunOperation = "run-operation", "Run a macro";
    Retry = "retry", "Run again what failed last time";
    Clone = "clone", "Copy nodes from the --state folder's warehouse";
    Completions = "completions", "Write a script that completes command lines in a shell";
}

/// Where a flag's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The command line.
    Typed,
    /// An environment variable.
    Environment,
    /// The run that is repeated.
    Earlier,
}

/// A flag that was said.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) flag: &'static Flag,
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A command line.
#[derive(Debug, Clone)]
pub(super) struct Args {
    pub(super) verb: Verb,
    pub(super) given: Vec<Given>,
    /// The macro of `run-operation`, the project of `init`, the column of `lineage`, the SQL of `query`.
    pub(super) word: Option<String>,
    /// The words after the program's name, for `invocation_command`.
    pub(super) line: String,
}

/// Why there is no command line to run.
#[derive(Debug)]
pub(super) enum Stop {
    /// Help or the version was asked for.
    Asked(String),
    /// It makes no sense: the usage line and why.
    Wrong { usage: String, message: String },
}

/// Reads a command line, and the environment for what it does not say.
pub(super) fn read(words: Vec<OsString>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Args, Stop> {
    let line = words.iter().skip(1).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let mut command = command();
    let matches = command.try_get_matches_from_mut(words).map_err(|error| stop(&error, &mut command))?;
    let mut levels = vec![&matches];
    let mut name = "";
    while let Some((deeper, inner)) = levels[levels.len() - 1].subcommand() {
        name = deeper;
        levels.push(inner);
    }
    let verb = Verb::ALL.iter().copied().find(|verb| verb.word() == name).unwrap_or(Verb::Build);
    let mut given = Vec::new();
    for flag in FLAGS.iter().filter(|flag| flag.is_for(verb)) {
        if let Some(value) = levels.iter().rev().find_map(|matches| typed(flag, matches)) {
            given.push(Given { flag, value, origin: Origin::Typed });
        } else if let Some((variable, text)) = flag
            .variables()
            .into_iter()
            .find_map(|name| environment(&name).filter(|text| !text.is_empty()).map(|text| (name, text)))
        {
            let value = from_text(flag, &text).map_err(|message| Stop::Wrong {
                usage: usage(&mut command),
                message: format!("Invalid value for '--{}' (env var: '{variable}'): {message}", flag.name),
            })?;
            given.push(Given { flag, value, origin: Origin::Environment });
        }
    }
    let innermost = levels[levels.len() - 1];
    let word = innermost.try_get_one::<String>("word").ok().flatten().cloned();
    Ok(Args { verb, given, word, line })
}

/// The whole command line as clap knows it; also what docs/cli.md is made of.
pub fn command() -> Command {
    let mut root = Command::new("teal")
        .about("Runs dbt projects: transform, execute, assert, lineage")
        .version(concat!(env!("CARGO_PKG_VERSION"), " (dbt ", "1.12", " language)"))
        .disable_version_flag(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args_override_self(true)
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .visible_short_alias('v')
                .action(ArgAction::Version)
                .help("Show the version"),
        )
        .args(general());
    let group = |name| Command::new(name).subcommand_required(true).args_override_self(true).args(general());
    let mut docs = group("docs").about("Make and serve the docs site");
    let mut source = group("source").about("Look at sources");
    for verb in Verb::ALL {
        let sub = sub(*verb);
        match verb {
            Verb::DocsGenerate | Verb::DocsInherit | Verb::DocsServe => docs = docs.subcommand(sub),
            Verb::Freshness => source = source.subcommand(sub.alias("snapshot-freshness")),
            _ => root = root.subcommand(sub),
        }
    }
    root.subcommand(docs).subcommand(source)
}

/// The flags that may be said before and after the verb.
fn general() -> impl Iterator<Item = Arg> {
    FLAGS
        .iter()
        .filter(|flag| flag.is_general())
        .flat_map(arguments)
        .map(|arg| arg.help_heading("General options"))
}

fn sub(verb: Verb) -> Command {
    let own = FLAGS.iter().filter(|flag| !flag.is_general() && flag.is_for(verb));
    let mut sub = Command::new(verb.word()).about(verb.about()).args_override_self(true);
    for flag in own {
        // Everywhere but in `ls`, models are what is selected; `checks` chooses rules.
        if flag.name == "select" && !matches!(verb, Verb::Ls | Verb::Checks) {
            sub = sub.arg(argument(flag).visible_alias("models").alias("model").short_alias('m'));
        } else {
            sub = sub.args(arguments(flag));
        }
    }
    let sub = sub.args(general());
    match verb {
        Verb::Ls => sub.visible_alias("ls"),
        Verb::Completions => sub.arg(
            Arg::new("word")
                .value_name("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new(completions::shells()))
                .help("The shell the script is for"),
        ),
        Verb::Lineage => sub.arg(
            Arg::new("word").value_name("COLUMN").help("A column, as in orders.amount, or a whole node"),
        ),
        Verb::Query => sub.arg(
            Arg::new("word")
                .value_name("SQL")
                .required(true)
                .help("The query; docs/tables.md lists the tables"),
        ),
        Verb::RunOperation => sub.arg(Arg::new("word").value_name("MACRO").help("The macro to run")),
        Verb::Init => {
            sub.arg(Arg::new("word").value_name("PROJECT_NAME").help("Name and folder of the project"))
        }
        _ => sub,
    }
}

fn arguments(flag: &'static Flag) -> Vec<Arg> {
    match flag.kind {
        Kind::Pair(_) => {
            let opposite = format!("no-{}", flag.name);
            let no = Arg::new(opposite.clone())
                .long(opposite)
                .action(ArgAction::SetTrue)
                .overrides_with(flag.name)
                .hide(true);
            vec![argument(flag).overrides_with(format!("no-{}", flag.name)), no]
        }
        _ => vec![argument(flag)],
    }
}

fn argument(flag: &'static Flag) -> Arg {
    let mut arg = Arg::new(flag.name).long(flag.name).help(flag.help).visible_aliases(flag.aliases);
    if let Some(short) = flag.short {
        arg = arg.short(short);
    }
    match flag.kind {
        Kind::Pair(_) | Kind::Switch => arg.action(ArgAction::SetTrue),
        Kind::Text => arg.value_name("TEXT"),
        Kind::Path => arg.value_name("PATH"),
        Kind::Moment => arg.value_name("TIME").value_parser(moment),
        Kind::Yaml => arg.value_name("YAML"),
        Kind::Number(_) => {
            arg.value_name("NUMBER").allow_negative_numbers(true).value_parser(clap::value_parser!(i64))
        }
        Kind::Choice(words, _) => {
            arg.value_name("WORD").ignore_case(true).value_parser(PossibleValuesParser::new(words))
        }
        Kind::List(name) => arg.value_name(name).num_args(1..).action(ArgAction::Append),
        Kind::Choices(words) => arg
            .value_name("KIND")
            .ignore_case(true)
            .num_args(1..)
            .action(ArgAction::Append)
            .value_parser(PossibleValuesParser::new(words)),
    }
}

/// What was typed for a flag.
fn typed(flag: &Flag, matches: &ArgMatches) -> Option<Value> {
    let said = |id: &str| {
        matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    if let Kind::Pair(_) = flag.kind {
        let no = format!("no-{}", flag.name);
        return match (said(flag.name), said(&no)) {
            (_, true) => Some(Value::Bool(false)),
            (true, false) => Some(Value::Bool(true)),
            (false, false) => None,
        };
    }
    if !said(flag.name) {
        return None;
    }
    match flag.kind {
        Kind::Pair(_) | Kind::Switch => Some(Value::Bool(true)),
        Kind::Number(_) => matches.get_one::<i64>(flag.name).map(|number| json!(number)),
        Kind::List(_) | Kind::Choices(_) => {
            let words = matches.get_many::<String>(flag.name)?;
            Some(words.flat_map(|word| word.split_whitespace()).map(Value::from).collect())
        }
        _ => matches.get_one::<String>(flag.name).map(|text| json!(text)),
    }
}

/// What an environment variable says for a flag.
fn from_text(flag: &Flag, text: &str) -> Result<Value, String> {
    let one_of = |words: &[&str], word: &str| {
        let known = words.iter().find(|known| known.eq_ignore_ascii_case(word));
        known.map(|known| json!(known)).ok_or_else(|| {
            let shown: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            format!("'{word}' is not one of {}.", shown.join(", "))
        })
    };
    match flag.kind {
        Kind::Pair(_) | Kind::Switch => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(Value::Bool(true)),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(Value::Bool(false)),
            _ => Err(format!("'{text}' is not a valid boolean.")),
        },
        Kind::Number(_) => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("'{text}' is not a valid integer.")),
        Kind::Choice(words, _) => one_of(words, text),
        Kind::List(_) => Ok(text.split_whitespace().map(Value::from).collect()),
        Kind::Choices(words) => text.split_whitespace().map(|word| one_of(words, word)).collect(),
        Kind::Moment => moment(text).map(Value::from),
        Kind::Text | Kind::Path | Kind::Yaml => Ok(json!(text)),
    }
}

/// A point in time in one of the forms that dbt takes, as ISO 8601 writes it.
fn moment(text: &str) -> Result<String, String> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let time = || forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    day().or_else(time).map(|time| time.format("%Y-%m-%dT%H:%M:%S").to_string()).ok_or_else(|| {
        format!("'{text}' does not match the formats '%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S'.")
    })
}

fn usage(command: &mut Command) -> String {
    command.render_usage().to_string()
}

/// clap's words as dbt's wrappers expect them: a usage line, then `Error:` and why.
fn stop(error: &clap::Error, command: &mut Command) -> Stop {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Asked(error.to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Stop::Wrong {
            usage: error.to_string().trim_end().to_owned(),
            message: "Missing command.".to_owned(),
        },
        _ => {
            let text = error.to_string();
            let message = text.split("\n\nUsage:").next().unwrap_or(&text);
            let message = message.strip_prefix("error: ").unwrap_or(message).trim_end().to_owned();
            Stop::Wrong { usage: usage(command), message }
        }
    }
}
