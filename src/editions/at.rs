//! What stands after `@` in a URL.

use crate::{catalog::Version, snapshot::RevisionName};
use std::{fmt, str::FromStr};

/// An edition of the plan as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edition {
    Current,
    Named(RevisionName),
    /// A version of the whole plan.
    Version(Version),
}

/// One edition, or what changed from one to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    One(Edition),
    Between([Edition; 2]),
}

#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no edition of the plan: `current`, a revision, or a version of 32 hexadecimal digits; two of these with \
     `...` between them are what changed"
)]
pub struct AtError(String);

/// Between the editions of a difference; no name has it.
const TO: &str = "...";

const CURRENT: &str = "current";

impl Edition {
    fn parse(text: &str) -> Option<Self> {
        if text == CURRENT {
            return Some(Self::Current);
        }
        text.parse().map(Self::Version).ok().or_else(|| text.parse().map(Self::Named).ok())
    }
}

impl FromStr for At {
    type Err = AtError;
    fn from_str(text: &str) -> Result<Self, AtError> {
        let parsed = match text.split_once(TO) {
            None => Edition::parse(text).map(Self::One),
            Some((old, new)) => {
                Edition::parse(old).zip(Edition::parse(new)).map(|(old, new)| Self::Between([old, new]))
            }
        };
        parsed.ok_or_else(|| AtError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str(CURRENT),
            Self::Named(name) => name.fmt(f),
            Self::Version(version) => version.fmt(f),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(edition) => edition.fmt(f),
            Self::Between([old, new]) => write!(f, "{old}{TO}{new}"),
        }
    }
}

impl At {
    /// Whether what is there can never change.
    pub fn is_fixed(&self) -> bool {
        let is_version = |edition: &Edition| matches!(edition, Edition::Version(_));
        match self {
            Self::One(edition) => is_version(edition),
            Self::Between(editions) => editions.iter().all(is_version),
        }
    }

    /// The same with versions in place of names.
    pub fn between([old, new]: [Version; 2]) -> Self {
        Self::Between([Edition::Version(old), Edition::Version(new)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_it_is_written() {
        let version = "0123456789abcdef0123456789abcdef";
        for (text, fixed) in [
            ("current", false),
            ("2023", false),
            (version, true),
            ("2021...current", false),
            ("current...2023", false),
            (&format!("{version}...2023"), false),
            (&format!("{version}...{version}"), true),
        ] {
            let at: At = text.parse().unwrap();
            assert_eq!((at.to_string(), at.is_fixed()), (text.to_owned(), fixed));
        }
        for bad in [
            "",
            "...",
            "2021...",
            "...2021",
            "a...b...c",
            "2021..2023",
            "2021....2023",
            "A",
            "Current",
            "a.b",
        ] {
            assert!(bad.parse::<At>().is_err(), "{bad}");
        }
    }
}
