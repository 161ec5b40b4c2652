//! What a style is of, and in which theme: `plan`, `plan-dark`, `mining_blocks-print`, `exploration-map`.

use super::{Color, MapId};
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
    /// A map of the plan.
    Map(MapId),
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
    /// `None` for what cannot be a style's id.
    pub fn parse(id: &str) -> Option<Self> {
        let themed = |theme: &Theme| Some((id.strip_suffix(theme.suffix())?, *theme));
        let (subject, theme) =
            [Theme::Dark, Theme::Print].iter().find_map(themed).unwrap_or((id, Theme::Light));
        Some(Self { subject: Subject::parse(subject)?, theme })
    }
}

impl Subject {
    /// `None` for what is neither the plan nor can be the id of a map or a layer.
    pub fn parse(id: &str) -> Option<Self> {
        if id == PLAN {
            return Some(Self::Plan);
        }
        MapId::new(id).map(Self::Map).or_else(|| LayerId::new(id).ok().map(Self::Layer))
    }

    /// The tileset that the style draws: of a map that of the plan, which an open map has already.
    pub fn tileset(&self) -> &str {
        match self {
            Self::Plan | Self::Map(_) => PLAN,
            Self::Layer(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan => f.write_str(PLAN),
            Self::Map(id) => id.fmt(f),
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
        for id in
            ["plan", "plan-dark", "plan-print", "mining_blocks", "mining_blocks-dark", "a-map", "a-map-print"]
        {
            assert_eq!(StyleId::parse(id).unwrap().to_string(), id);
        }
        for wrong in ["", "plan-", "plan-light", "plan-dark-dark", "Plan", "a,b", "-dark"] {
            assert_eq!(StyleId::parse(wrong), None, "{wrong}");
        }
    }
}
