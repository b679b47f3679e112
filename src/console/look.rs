//! How lines look: colours, and the dotted lines of dbt's progress.

use anstyle::{AnsiColor, Style};

/// Whether there are colours, and how wide a progress line is.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether text carries colour codes.
    pub colors: bool,
    /// `--printer-width`.
    pub width: usize,
}

/// Where a node stands among those that run.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Counted from 1.
    pub index: usize,
    /// Of how many.
    pub total: usize,
}

impl Look {
    fn paint(self, text: &str, color: AnsiColor) -> String {
        if !self.colors {
            return text.to_owned();
        }
        let style = Style::new().fg_color(Some(color.into()));
        format!("{}{text}{}", style.render(), style.render_reset())
    }

    /// What went well.
    pub fn green(self, text: &str) -> String {
        self.paint(text, AnsiColor::Green)
    }

    /// What to look at.
    pub fn yellow(self, text: &str) -> String {
        self.paint(text, AnsiColor::Yellow)
    }

    /// What failed.
    pub fn red(self, text: &str) -> String {
        self.paint(text, AnsiColor::Red)
    }

    /// `[WARNING]: text`.
    pub fn warning(self, text: &str) -> String {
        format!("[{}]: {text}", self.yellow("WARNING"))
    }

    /// `[WARNING][code]: text`, as dbt prints its own named warnings.
    pub fn coded_warning(self, code: &str, text: &str) -> String {
        format!("[{}][{code}]: {text}", self.yellow("WARNING"))
    }

    /// `[ERROR]: text`.
    pub fn error(self, text: &str) -> String {
        format!("[{}]: {text}", self.red("ERROR"))
    }

    /// `1 of 9 text ........ [status]`.
    pub fn line(self, text: &str, status: &str, place: Place, seconds: Option<f64>) -> String {
        let prefix = format!("{} of {} {text} ", place.index, place.total);
        let time = seconds.map_or(String::new(), |seconds| format!(" in {seconds:.2}s"));
        format!("{prefix:.<width$} [{status}{time}]", width = self.width)
    }

    /// The same, cut where it would be wider than a line.
    pub fn short_line(self, text: &str, status: &str, place: Place, seconds: Option<f64>) -> String {
        let room = self.width.saturating_sub(3);
        let prefix = format!("{} of {} {text} ", place.index, place.total);
        let time = seconds.map_or(String::new(), |seconds| format!(" in {seconds:.2}s"));
        let mut dotted = format!("{prefix:.<width$}", width = self.width);
        if dotted.chars().count() > room {
            dotted = dotted.chars().take(room).chain("...".chars()).collect();
        }
        format!("{dotted} [{status}{time}]")
    }
}

/// `1 model`, `2 models`, `3 analyses`.
pub(super) fn pluralize(count: usize, noun: &str) -> String {
    let plural = match noun {
        "analysis" => "analyses".to_owned(),
        "saved query" => "saved queries".to_owned(),
        noun => format!("{noun}s"),
    };
    format!("{count} {}", if count == 1 { noun } else { &plural })
}
