//! What commands say: results on standard output, everything else on standard error.
//!
//! `println!` panics when nobody reads any more, as behind `| head`. Here the work goes on without a word, so that what was
//! begun is done, and [`unsaid`] tells at its end that not all was said.

use std::{
    fmt::Display,
    io::{self, Write},
    sync::OnceLock,
};

/// Why standard output takes no more, when it does not.
static UNSAID: OnceLock<io::Error> = OnceLock::new();

/// Says a line on standard output; written as `println!`.
macro_rules! say {
    ($($line:tt)*) => { $crate::cli::say::print(format_args!("{}\n", format_args!($($line)*))) };
}

/// The same on standard error. Who has closed that wants to hear nothing.
macro_rules! note {
    ($($line:tt)*) => { $crate::cli::say::aside(format_args!($($line)*)) };
}

pub(super) use {note, say};

/// Prints a text on standard output as it is.
pub fn print(text: impl Display) {
    if UNSAID.get().is_some() {
        return;
    }
    let mut out = io::stdout().lock();
    if let Err(error) = write!(out, "{text}").and_then(|()| out.flush()) {
        UNSAID.get_or_init(|| error);
    }
}

pub fn aside(line: impl Display) {
    let _closed = writeln!(io::stderr().lock(), "{line}");
}

/// Why something was not said, if it was not.
pub fn unsaid() -> Option<&'static io::Error> {
    UNSAID.get()
}
