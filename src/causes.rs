//! Errors as they are told to the operator, in the log and on the command line.

use std::error::Error;

/// An error with its causes, on one line: what the client of a server never sees. A cause whose text is in ours already is
/// not told twice.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let own = error.to_string();
        if !text.contains(&own) {
            text += &format!(": {own}");
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        source: Option<Box<Told>>,
    }

    #[test]
    fn a_cause_is_told_once_and_on_one_line() {
        let told = |text, source: Option<Told>| Told { text, source: source.map(Box::new) };
        let error = told(
            "cannot publish: the disk\nis full",
            Some(told("the disk\nis full", Some(told("os error 28", None)))),
        );
        assert_eq!(chain(&error), "cannot publish: the disk is full: os error 28");
    }
}
