//! Progress of long work: one moving line on a terminal, plain lines elsewhere.

use super::say::note;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

#[derive(Default)]
pub struct Progress {
    spinner: Option<ProgressBar>,
    /// Percent that were said last, elsewhere.
    said: usize,
}

/// Elsewhere a line is said after so many percent.
const STEP: usize = 10;

impl Progress {
    /// Says what is being done now.
    pub fn say(&mut self, what: &str) {
        if !stderr().is_terminal() {
            note!("{what}");
            return;
        }
        self.line().set_message(what.to_owned());
    }

    /// Says that so many parts are done, and what came of them.
    pub fn share(&mut self, done: usize, of: usize, what: &str) {
        if !stderr().is_terminal() {
            let percent = done * 100 / of.max(1);
            if percent >= self.said + STEP {
                self.said = percent - percent % STEP;
                note!("{}%, {what}", self.said);
            }
            return;
        }
        let line = self.line();
        if line.length().is_none() {
            line.set_length(of as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}% {msg}, {eta} left") {
                line.set_style(style);
            }
        }
        line.set_position(done as u64);
        line.set_message(what.to_owned());
    }

    fn line(&mut self) -> &ProgressBar {
        self.spinner.get_or_insert_with(|| {
            let spinner = ProgressBar::new_spinner();
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
