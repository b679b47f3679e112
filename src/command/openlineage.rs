//! `--openlineage-url` and `--openlineage-file`: the events of a run, sent or written as they happen.
//!
//! A service that cannot be reached never fails a run: it is warned of once, and nothing more is sent.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use serde_json::Value;

use super::load::{self, Loaded};
use super::{Failure, Invocation, environment};
use crate::artifact::scrubbed;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Node, NodeResult};
use crate::report::OpenLineage;

/// How long a service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where a service takes events, below the address it is known by.
const ENDPOINT: &str = "api/v1/lineage";

/// Sends the events of one run.
#[derive(Debug)]
pub(super) struct Emitter {
    events: Mutex<OpenLineage>,
    file: Option<Mutex<File>>,
    service: Option<Service>,
}

/// A thread that posts events, so that no node waits for it.
#[derive(Debug)]
struct Service {
    queue: Sender<Value>,
    /// Ends with the first thing that went wrong.
    thread: JoinHandle<Option<String>>,
}

/// Begins to send, where that is asked for, with the event that the command starts.
///
/// # Errors
/// The file cannot be written.
pub(super) fn open(invocation: &Invocation, loaded: &Loaded) -> Result<Option<Emitter>, Failure> {
    let flags = &invocation.flags;
    let file = flags.openlineage_file.as_deref().map(create).transpose()?;
    let service = flags.text("openlineage_url").map(post);
    if file.is_none() && service.is_none() {
        return Ok(None);
    }
    let events = OpenLineage::new(
        jobs(),
        warehouse(loaded),
        format!("dbt-{}-{}", invocation.verb.word(), loaded.project.root),
        &invocation.stamp.invocation_id,
    );
    let first = events.begin();
    let emitter = Emitter { events: Mutex::new(events), file: file.map(Mutex::new), service };
    emitter.send(first);
    Ok(Some(emitter))
}

/// The namespace of jobs.
pub(super) fn jobs() -> String {
    environment("OPENLINEAGE_NAMESPACE").unwrap_or_else(|| "default".to_owned())
}

/// The namespace of datasets: the kind of warehouse and where it is.
pub(super) fn warehouse(loaded: &Loaded) -> String {
    let profile = &loaded.profile;
    let place = ["path", "host", "account"].iter().find_map(|key| profile.settings.get(*key)?.as_str());
    format!("{}://{}", profile.kind, place.unwrap_or_default())
}

impl Emitter {
    /// A node starts.
    pub(super) fn started(&self, node: &Node, loaded: &Loaded) {
        let event =
            self.events.lock().unwrap_or_else(PoisonError::into_inner).started(node, &loaded.manifest);
        self.send(event);
    }

    /// A node ended.
    pub(super) fn finished(&self, node: &Node, result: &NodeResult, loaded: &Loaded) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let event = events.finished(node, &loaded.manifest, result);
        drop(events);
        if let Some(event) = event {
            self.send(event);
        }
    }

    /// The command ended: waits until everything is sent, and warns where it was not.
    ///
    /// # Errors
    /// The warning, where it counts as an error.
    pub(super) fn end(self, invocation: &Invocation, passed: bool) -> Result<(), Failure> {
        let last = self.events.lock().unwrap_or_else(PoisonError::into_inner).end(passed);
        self.send(last);
        let Some(Service { queue, thread }) = self.service else { return Ok(()) };
        drop(queue);
        let Ok(Some(why)) = thread.join() else { return Ok(()) };
        let message = format!("OpenLineage events could not be sent: {why}");
        let warning = Diagnostic::warning(Code::OpenLineageUnreachable, message);
        load::settle(
            invocation,
            vec![warning.help("see whether `--openlineage-url` is the service's address")],
        )
    }

    fn send(&self, event: Value) {
        let event = scrubbed(event);
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk loses the events, not the run.
            let _ = writeln!(file, "{event}");
        }
        if let Some(service) = &self.service {
            // The thread reads until the queue is closed.
            let _ = service.queue.send(event);
        }
    }
}

fn create(path: &Path) -> Result<File, Failure> {
    OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        vec![Diagnostic::error(Code::FileAccess, message)]
    })
}

fn post(address: &str) -> Service {
    let address = address.trim_end_matches('/');
    let url = if address.ends_with(ENDPOINT) { address.to_owned() } else { format!("{address}/{ENDPOINT}") };
    let key = environment("OPENLINEAGE_API_KEY");
    let (queue, events) = unbounded::<Value>();
    let thread = std::thread::spawn(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build().into();
        let mut trouble = None;
        for event in events {
            if trouble.is_some() {
                continue;
            }
            let mut request = agent.post(&url).header("Content-Type", "application/json");
            if let Some(key) = &key {
                request = request.header("Authorization", format!("Bearer {key}"));
            }
            trouble = request.send(event.to_string()).err().map(|error| error.to_string());
        }
        trouble
    });
    Service { queue, thread }
}
