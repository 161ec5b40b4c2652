//! What a style is of, and in which theme: `plan`, `plan-dark`, `mining_blocks-print`.

use super::Color;
use crate::{
    catalog::PLAN,
    plan::{LayerId, Text},
};
use std::{fmt, str::FromStr};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleId {
    pub subject: Subject,
    pub theme: Theme,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Plan,
    Layer(LayerId),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    #[default]
    Light,
    Dark,
    Print,
}

#[derive(Debug, thiserror::Error)]
#[error("a theme is light, dark or print")]
pub struct ThemeError;

impl Theme {
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Print];

    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Print => "print",
        }
    }

    /// What stands behind the subject in ids.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Light => "",
            Self::Dark => "-dark",
            Self::Print => "-print",
        }
    }

    /// The colour of text.
    pub fn ink(self) -> Color {
        match self {
            Self::Light | Self::Print => Color([0x2b, 0x2a, 0x2e]),
            Self::Dark => Color([0xec, 0xea, 0xf0]),
        }
    }

    /// The colour around text.
    pub fn halo(self) -> Color {
        match self {
            Self::Light | Self::Print => Color([0xff, 0xff, 0xff]),
            Self::Dark => Color([0x14, 0x16, 0x1a]),
        }
    }

    /// `title` with the theme behind it, where it is not the usual one.
    pub fn of(self, title: &Text) -> Text {
        let Text { zh, en } = title;
        match self {
            Self::Light => title.clone(),
            Self::Dark => Text { zh: format!("{zh}（深色）"), en: format!("{en} (dark)") },
            Self::Print => Text { zh: format!("{zh}（打印）"), en: format!("{en} (print)") },
        }
    }
}

impl FromStr for Theme {
    type Err = ThemeError;
    fn from_str(name: &str) -> Result<Self, ThemeError> {
        Self::ALL.into_iter().find(|theme| theme.name() == name).ok_or(ThemeError)
    }
}

impl StyleId {
    /// `None` for what cannot be a style's id. Ids of layers have no `-`.
    pub fn parse(id: &str) -> Option<Self> {
        let (subject, theme) = match id.split_once('-') {
            None => (id, Theme::Light),
            Some((subject, theme)) => (subject, theme.parse().ok().filter(|theme| *theme != Theme::Light)?),
        };
        let subject =
            if subject == PLAN { Subject::Plan } else { Subject::Layer(LayerId::new(subject).ok()?) };
        Some(Self { subject, theme })
    }
}

impl fmt::Display for Subject {
    /// The tileset that the style draws.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan => f.write_str(PLAN),
            Self::Layer(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for StyleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.subject, self.theme.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_written() {
        for id in ["plan", "plan-dark", "plan-print", "mining_blocks", "mining_blocks-dark"] {
            assert_eq!(StyleId::parse(id).unwrap().to_string(), id);
        }
        for wrong in ["", "plan-", "plan-light", "plan-dark-dark", "Plan", "a,b", "-dark"] {
            assert_eq!(StyleId::parse(wrong), None, "{wrong}");
        }
    }
}
