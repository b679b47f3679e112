//! Python models on DuckDB: the user's own interpreter runs the model in a process of its own.
//!
//! The database file is held by Teal, so rows come and go as Parquet files in a folder that is gone
//! afterwards. `driver.py` is the other side: it asks for a relation when the model does, and hands
//! over what the model returned.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{AdapterError, Connection, ErrorKind, PythonJob, Response, Result, Said};
use super::settings::{Profile, literal};

const DRIVER: &str = include_str!("driver.py");

/// How often to look whether the run was cancelled.
const TICK: Duration = Duration::from_millis(50);
/// How long to wait for a process's last complaints once it has ended; what it started may keep that way open.
const SILENCE: Duration = Duration::from_secs(1);

/// A line of the interpreter's.
enum Line {
    /// What the driver says.
    Wire(String),
    /// What comes on standard error.
    Error(String),
    /// Nothing more comes from the driver.
    End,
}

/// Runs a model; `cancelled` counts how often what runs was stopped.
pub(super) fn run(
    connection: &mut dyn Connection,
    job: &PythonJob,
    profile: &Profile,
    cancelled: &AtomicU64,
    said: &mut dyn FnMut(Said),
) -> Result<Response> {
    let before = cancelled.load(Ordering::Relaxed);
    let folder =
        tempfile::tempdir().map_err(|error| trouble(format!("there is no temporary folder: {error}")))?;
    let interpreter = interpreter(profile);
    let (mut process, lines) = Process::start(&interpreter)?;
    process.send(&json!({
        "file": job.file, "name": job.name, "line": job.line, "own_lines": job.own_lines, "script": job.script, "folder": folder.path(),
        "module_paths": profile.module_paths, "settings": profile.settings, "awkward": AWKWARD,
    }));
    let deadline = job.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut exported = 0;
    let mut complaints = Vec::new();
    let mut has_ended = false;
    loop {
        if cancelled.load(Ordering::Relaxed) != before {
            return Err(AdapterError::new(ErrorKind::Interrupted, "the Python model was interrupted"));
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            let seconds = job.timeout.unwrap_or_default().as_secs_f64();
            return Err(trouble(format!("ran longer than its `timeout` of {seconds} s")));
        }
        let line = match lines.recv_timeout(if has_ended { SILENCE } else { TICK }) {
            Ok(Line::Wire(line)) => line,
            Ok(Line::Error(line)) => {
                said(Said::Log(line.clone()));
                complaints.push(line);
                continue;
            }
            // What it complained of comes by a way of its own, and may be later.
            Ok(Line::End) => {
                has_ended = true;
                continue;
            }
            Err(RecvTimeoutError::Timeout) if !has_ended => continue,
            Err(_) => return Err(trouble(process.last_words(&complaints))),
        };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            said(Said::Log(line));
            continue;
        };
        if let Some(text) = message["print"].as_str() {
            said(Said::Print(text.to_owned()));
        } else if let Some(relation) = message["read"].as_str() {
            exported += 1;
            let path = folder.path().join(format!("{exported}.parquet"));
            process.answer(export(connection, relation, &path));
        } else if message["create"].is_string() {
            process.answer(create(connection, &message).map(|()| json!({})));
        } else if message["done"] == true {
            return Ok(Response { message: "OK".to_owned(), ..Response::default() });
        } else {
            return Err(failure(&message, job, &interpreter));
        }
    }
}

/// The interpreter: the profile's, the environment's, that of an active virtual environment, or the system's.
fn interpreter(profile: &Profile) -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let programs = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let named = profile.python.clone().map(PathBuf::from).or_else(|| set("TEAL_PYTHON"));
    let active = || set("VIRTUAL_ENV").map(|folder| folder.join(programs)).filter(|path| path.is_file());
    named.or_else(active).unwrap_or_else(|| "python3".into())
}

/// The interpreter's process. It does not outlive this value.
struct Process {
    child: Child,
    input: ChildStdin,
}

impl Process {
    fn start(interpreter: &Path) -> Result<(Self, Receiver<Line>)> {
        let missing = |error: std::io::Error| {
            let message =
                format!("Python models need Python, and `{}` cannot be run: {error}", interpreter.display());
            AdapterError::new(ErrorKind::PythonMissing, message).with_help(
                "install Python, or name an interpreter: `python` in the profile, `TEAL_PYTHON`, or an active \
                 virtual environment",
            )
        };
        let mut command = Command::new(interpreter);
        command.args(["-u", "-X", "utf8", "-c", DRIVER]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // An interrupt on the terminal is Teal's to handle; and what the model starts ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(missing)?;
        let (lines, read) = channel();
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let Some(((input, output), errors)) = input.zip(output).zip(errors) else {
            return Err(trouble("its process has no streams".to_owned()));
        };
        let told = lines.clone();
        let relay = |stream: Box<dyn std::io::Read + Send>, lines: Sender<Line>, wrap: fn(String) -> Line| {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                // Nobody listens any more once the model's work is over.
                let _ = lines.send(wrap(text));
                line.clear();
            }
            lines
        };
        std::thread::spawn(move || drop(relay(Box::new(errors), told, Line::Error)));
        std::thread::spawn(move || {
            let lines = relay(Box::new(output), lines, Line::Wire);
            let _ = lines.send(Line::End);
        });
        Ok((Self { child, input }, read))
    }

    fn send(&mut self, message: &Value) {
        // A process that is gone shows in what can be read from it.
        let _ = writeln!(self.input, "{message}").and_then(|()| self.input.flush());
    }

    fn answer(&mut self, outcome: Result<Value>) {
        self.send(&outcome.unwrap_or_else(|error| json!({ "error": error.message })));
    }

    /// How a process ended that did not say so itself.
    fn last_words(&mut self, complaints: &[String]) -> String {
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let last = complaints[complaints.len().saturating_sub(5)..].join("\n");
        format!("its process ended without a result ({status})\n{last}").trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Ok(group) = i32::try_from(self.child.id()) {
            // It fails where all of them have ended.
            let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parts of the names of types that Parquet has no equal of; their values travel as text.
const AWKWARD: &[&str] = &[
    "HUGEINT",
    "INTERVAL",
    "ENUM",
    "JSON",
    "UNION",
    "BIGNUM",
    "VARINT",
    "BIT",
    "TIME WITH TIME ZONE",
    "TIMESTAMP_S",
    "TIMESTAMP_MS",
    "MAP(",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes a relation to a file.
fn export(connection: &mut dyn Connection, relation: &str, path: &Path) -> Result<Value> {
    let columns = connection.describe(&format!("select * from {relation}"))?;
    let mut list = String::new();
    for column in &columns {
        let name = quoted(&column.name);
        let separator = if list.is_empty() { "" } else { ", " };
        let is_awkward = AWKWARD.iter().any(|word| column.data_type.contains(word));
        let value = if is_awkward { format!("cast({name} as varchar) as {name}") } else { name };
        let _ = write!(list, "{separator}{value}");
    }
    let file = literal(&path.to_string_lossy());
    connection.execute(&format!("copy (select {list} from {relation}) to {file} (format parquet)"))?;
    let columns: Vec<_> = columns.iter().map(|c| json!({ "name": c.name, "type": c.data_type })).collect();
    Ok(json!({ "path": path, "columns": columns }))
}

/// Makes a table of the file that a model's result is in.
fn create(connection: &mut dyn Connection, request: &Value) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let columns = request["columns"].as_array().into_iter().flatten().map(|column| {
        let name = quoted(&text(&column["name"]));
        if column["cast"] == true {
            format!("cast({name} as {}) as {name}", text(&column["type"]))
        } else {
            name
        }
    });
    let temporary = if request["temporary"] == true { "temporary " } else { "" };
    let sql = format!(
        "create {temporary}table {} as select {} from read_parquet({})",
        text(&request["create"]),
        columns.collect::<Vec<_>>().join(", "),
        literal(&text(&request["path"])),
    );
    connection.execute(&sql).map(drop)
}

/// What the model raised, as an error at its place in the script.
fn failure(message: &Value, job: &PythonJob, interpreter: &Path) -> AdapterError {
    let words = message["error"].as_str().unwrap_or("no reason was given");
    let mut error = match message["missing"].as_str() {
        Some(package) => {
            let interpreter = interpreter.display();
            let words = format!(
                "the Python model needs the package `{package}`, which `{interpreter}` does not have"
            );
            AdapterError::new(ErrorKind::PythonMissing, words).with_help(format!(
                "`{interpreter} -m pip install {package}`, or name another interpreter in `TEAL_PYTHON`"
            ))
        }
        None if words.contains("Table with name") => trouble(words.to_owned()).with_help(
            "the session has the tables that `dbt.ref` and `dbt.source` gave; ask for this one with them",
        ),
        None => trouble(words.to_owned()),
    };
    for frame in message["below"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = write!(error.message, "\n  raised below {frame}");
    }
    let line = message["line"].as_u64().and_then(|line| usize::try_from(line).ok());
    error.position = line.and_then(|line| {
        let start = line_start(&job.script, line.checked_sub(job.line)?)?;
        let column = usize::try_from(message["column"].as_u64().unwrap_or_default()).unwrap_or_default();
        Some(start + column)
    });
    error
}

/// The byte at which a line starts, counted from 0.
fn line_start(text: &str, line: usize) -> Option<usize> {
    text.split_inclusive('\n').take(line).map(str::len).reduce(|a, b| a + b).or((line == 0).then_some(0))
}

fn trouble(words: String) -> AdapterError {
    AdapterError::new(ErrorKind::PythonFailed, format!("Python model failed: {words}"))
}
