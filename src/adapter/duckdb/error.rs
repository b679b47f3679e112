//! DuckDB's errors, which it gives as JSON when asked (`errors_as_json`), as ours.

use duckdb::Error;
use serde_json::Value;

use super::super::{AdapterError, ErrorKind};
use super::extension;

/// An error and the name DuckDB's clients give its exception, such as `IOException`.
pub(super) struct Failure {
    pub exception: String,
    pub error: AdapterError,
}

/// Reads one of the driver's errors.
pub(super) fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    let failure = match text.find('{').and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok()) {
        Some(json) if json.get("exception_type").is_some() => from_json(&json),
        _ => from_text(&text),
    };
    Failure { error: refine(failure.error), ..failure }
}

fn from_json(json: &Value) -> Failure {
    let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
    let exception = text("exception_type");
    let message = text("exception_message").trim_end();
    let kind = match (exception, text("error_subtype"), text("type")) {
        ("Parser" | "Syntax", _, _) => ErrorKind::Syntax,
        ("INTERRUPT" | "Interrupt", _, _) => ErrorKind::Interrupted,
        ("Binder", "COLUMN_NOT_FOUND", _) => ErrorKind::UnknownColumn,
        ("Catalog", "MISSING_ENTRY", "Table" | "View") => ErrorKind::UnknownTable,
        ("Catalog", "MISSING_ENTRY", kind) if kind.ends_with("Function") => ErrorKind::UnknownFunction,
        _ => ErrorKind::Other,
    };
    Failure {
        exception: format!("{}Exception", exception.replace(' ', "")),
        error: AdapterError {
            kind,
            message: format!("{exception} Error: {message}"),
            position: text("position").parse().ok(),
            row: None,
            help: None,
        },
    }
}

/// Errors that come without JSON: while opening, and from the appender.
fn from_text(text: &str) -> Failure {
    let message = text.split("\n\nLINE ").next().unwrap_or(text).trim_end();
    let exception = message.split(" Error:").next().filter(|name| name.len() < 30).unwrap_or_default();
    Failure {
        exception: format!("{}Exception", exception.replace(' ', "")),
        error: AdapterError {
            kind: ErrorKind::Other,
            message: message.to_owned(),
            position: None,
            row: None,
            help: None,
        },
    }
}

/// What only the words tell.
fn refine(mut error: AdapterError) -> AdapterError {
    let message = &error.message;
    if let Some((file, holder)) = lock(message) {
        error.kind = ErrorKind::Locked;
        error.help = Some(
            "end that process or wait for it; `TEAL_LOCK_TIMEOUT=<seconds>` makes Teal wait for it"
                .to_owned(),
        );
        error.message = format!("database file `{file}` is held by {holder}");
    } else if let Some(name) = missing_extension(message) {
        error.kind = ErrorKind::ExtensionMissing;
        error.help = Some(extension::help(&name));
        error.message = match message.split_once("\n\n") {
            _ if message.contains("Autoloading Error") => {
                format!(
                    "Missing Extension Error: this needs DuckDB's extension \"{name}\", which is not there"
                )
            }
            // DuckDB goes on with advice that the help gives better.
            Some((words, _)) => words.to_owned(),
            None => message.clone(),
        };
    } else if error.kind == ErrorKind::Other {
        if message.contains("does not have a column named") {
            error.kind = ErrorKind::UnknownColumn;
        } else if message.starts_with("Catalog Error: Table with name") && message.contains("does not exist")
        {
            error.kind = ErrorKind::UnknownTable;
        }
    }
    error.message = cut(&error.message);
    error
}

/// How many lines of a message are worth reading; DuckDB may list every function of a name.
const LINES: usize = 12;

fn cut(message: &str) -> String {
    let lines: Vec<_> = message.lines().collect();
    if lines.len() <= LINES {
        return message.to_owned();
    }
    format!("{}\n\t… and {} more", lines[..LINES - 1].join("\n"), lines.len() + 1 - LINES)
}

/// The file and who holds it, when a message is about a lock.
fn lock(message: &str) -> Option<(&str, String)> {
    let (_, rest) = message.split_once("Could not set lock on file \"")?;
    let (file, rest) = rest.split_once('"')?;
    let holder = rest
        .split_once("Conflicting lock is held in ")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(holder, _)| holder.split_once(" (PID "))
        .map(|(program, pid)| {
            format!("process {} (`{}`)", pid.split([' ', ',']).next().unwrap_or(pid), program.trim())
        });
    Some((file, holder.unwrap_or_else(|| "another process".to_owned())))
}

/// The extension that a statement needs and DuckDB does not have.
fn missing_extension(message: &str) -> Option<String> {
    let between = |before: &str, after: &str| {
        let (_, rest) = message.split_once(before)?;
        let (name, _) = rest.split_once(after)?;
        (!name.is_empty() && name.len() < 80).then(|| name.trim_matches('"').to_owned())
    };
    let file_name = |path: String| {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
        file.trim_end_matches(".duckdb_extension").to_owned()
    };
    if let Some(name) = between("exists in the ", " extension") {
        return Some(name);
    }
    if message.contains("not found")
        || message.contains("could not be loaded")
        || message.contains("autoload")
    {
        return between("Extension \"", "\"").map(file_name);
    }
    between("Failed to download extension \"", "\"")
}
