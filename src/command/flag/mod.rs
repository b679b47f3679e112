//! A flag: its name, form, environment variable, commands and help, written once.
//!
//! `table` has them all; `args` makes the command line of it, `flags` what the flags mean, docs/cli.md its reference.

mod table;

use super::args::Verb;

pub(super) use table::FLAGS;

/// What a flag's value looks like on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `--x` and `--no-x`; with what holds when neither is said.
    Pair(Option<bool>),
    /// `--x` alone.
    Switch,
    /// A text.
    Text,
    /// A file or folder.
    Path,
    /// A point in time: a day, or a day and what its clock shows.
    Moment,
    /// A number, with its default.
    Number(Option<i64>),
    /// One word of a list, with its default.
    Choice(&'static [&'static str], &'static str),
    /// Any number of texts, and what they are called.
    List(&'static str),
    /// Any number of words of a list.
    Choices(&'static [&'static str]),
    /// A YAML mapping.
    Yaml,
}

/// One flag.
#[derive(Debug)]
pub(super) struct Flag {
    /// Its long name.
    pub name: &'static str,
    /// Its letter.
    pub short: Option<char>,
    /// Other long names.
    pub aliases: &'static [&'static str],
    /// The environment variable without its `DBT_` or `DBT_ENGINE_`; nothing where there is none.
    pub env: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// The commands that take it.
    pub(super) verbs: Verbs,
    /// Help.
    pub help: &'static str,
}

/// Some of the commands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verbs {
    /// All.
    All,
    /// These.
    Only(&'static [Verb]),
    /// All but these.
    AllBut(&'static [Verb]),
}

const NONE: Flag =
    Flag { name: "", short: None, aliases: &[], env: "", kind: Kind::Switch, verbs: Verbs::All, help: "" };

impl Flag {
    /// dbt's name for it in `flags` and `args`: snake case.
    pub(super) fn key(&self) -> String {
        match self.name {
            "resource-type" => "resource_types".to_owned(),
            "exclude-resource-type" => "exclude_resource_types".to_owned(),
            name => name.replace('-', "_"),
        }
    }

    /// Its environment variables, the one that wins first.
    pub(super) fn variables(&self) -> Vec<String> {
        match self.env {
            "" => Vec::new(),
            env => vec![format!("DBT_ENGINE_{env}"), format!("DBT_{env}")],
        }
    }

    /// Whether all commands take it, before and after their name.
    pub(super) fn is_general(&self) -> bool {
        matches!(self.verbs, Verbs::All)
    }

    /// Whether a command takes it.
    pub(super) fn is_for(&self, verb: Verb) -> bool {
        match self.verbs {
            Verbs::All => true,
            Verbs::Only(verbs) => verbs.contains(&verb),
            Verbs::AllBut(verbs) => !verbs.contains(&verb),
        }
    }
}

const fn pair(name: &'static str, env: &'static str, default: Option<bool>, help: &'static str) -> Flag {
    Flag { name, env, kind: Kind::Pair(default), help, ..NONE }
}

const fn valued(name: &'static str, env: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { name, env, kind, help, ..NONE }
}
