//! In which theme and how finely a picture is drawn.

use crate::style::Theme;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    pub theme: Theme,
    pub scale: Scale,
}

/// Pixels to a CSS pixel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    #[default]
    Once,
    /// `@2x`
    Twice,
}

impl Scale {
    pub fn ratio(self) -> f32 {
        self.pixels() as f32
    }

    pub fn pixels(self) -> u32 {
        match self {
            Self::Once => 1,
            Self::Twice => 2,
        }
    }
}
