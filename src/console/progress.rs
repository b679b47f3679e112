//! The live display of a run on a terminal: how far it is, how long it took, what runs now.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::manifest::UniqueId;

/// How many of the running nodes are named.
const NAMED: usize = 3;

/// A bar at the bottom of the terminal, redrawn as nodes start and end.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    running: Mutex<IndexMap<UniqueId, (String, Instant)>>,
}

impl Progress {
    /// Shows an empty bar for this many nodes.
    pub(super) fn new(total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(u64::try_from(total).unwrap_or(u64::MAX)),
            ProgressDrawTarget::stderr_with_hz(10),
        );
        let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, running: Mutex::default() }
    }

    /// A node starts.
    pub(super) fn start(&self, id: &UniqueId, name: &str) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(id.clone(), (name.to_owned(), Instant::now()));
        self.bar.set_message(now_running(&running));
    }

    /// A node ended, whether it had started or not.
    pub(super) fn end(&self, id: &UniqueId) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.shift_remove(id);
        self.bar.set_message(now_running(&running));
        self.bar.inc(1);
    }

    /// Takes the bar away while something is printed.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away for good.
    pub(super) fn close(&self) {
        self.bar.finish_and_clear();
    }
}

/// `orders 3s, customers, and 2 more`: the oldest first, since it is what is waited for.
fn now_running(running: &IndexMap<UniqueId, (String, Instant)>) -> String {
    let named = running
        .values()
        .take(NAMED)
        .map(|(name, since)| match since.elapsed().as_secs() {
            0 => name.clone(),
            seconds => format!("{name} {seconds}s"),
        })
        .collect::<Vec<_>>()
        .join(", ");
    match running.len().saturating_sub(NAMED) {
        0 => named,
        others => format!("{named}, and {others} more"),
    }
}
