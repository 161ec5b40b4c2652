//! Progress of long work: one moving line on a terminal, plain lines elsewhere.

use indicatif::ProgressBar;
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

#[derive(Default)]
pub struct Progress {
    spinner: Option<ProgressBar>,
}

impl Progress {
    /// Says what is being done now.
    pub fn say(&mut self, what: &str) {
        if !stderr().is_terminal() {
            eprintln!("{what}");
            return;
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let spinner = ProgressBar::new_spinner();
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        spinner.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
