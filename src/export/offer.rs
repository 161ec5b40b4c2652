//! What a layer is had as.

use super::{Container, Format};

/// One kind of file, as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// What its files end in, after a dot.
    pub suffix: &'static str,
    /// Its name for people.
    pub title: &'static str,
    pub media_type: &'static str,
}

impl Offer {
    /// Those of an edition.
    pub fn all() -> impl Iterator<Item = Self> {
        let containers = Container::ALL.into_iter().map(|container| Self {
            suffix: container.suffix(),
            title: container.title(),
            media_type: container.media_type(),
        });
        Self::streamed().chain(containers)
    }

    /// Those of anything that can be named after `@`.
    pub fn streamed() -> impl Iterator<Item = Self> {
        Format::ALL.into_iter().map(|format| Self {
            suffix: format.suffix(),
            title: format.title(),
            media_type: format.media_type(),
        })
    }
}
