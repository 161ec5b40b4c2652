//! The glyphs of the bundled font: signed distance fields, 24 px to the em, in ranges of 256 characters.

use crate::style::FONTS;
use prost::Message;
use std::{collections::HashMap, sync::OnceLock};

/// Pixels of a glyph's field to the em.
pub const EM: f32 = 24.0;

/// From the baseline up to the font's ascender.
const ASCENDER: f32 = 26.0;

/// Pixels around a glyph's box.
pub const BORDER: f32 = 3.0;

/// `glyphs.proto` of MapLibre's font servers.
#[derive(Clone, PartialEq, Message)]
struct Glyphs {
    #[prost(message, repeated, tag = "1")]
    stacks: Vec<Stack>,
}

#[derive(Clone, PartialEq, Message)]
struct Stack {
    #[prost(message, repeated, tag = "3")]
    glyphs: Vec<Glyph>,
}

/// A glyph; lengths are pixels of its field.
#[derive(Clone, PartialEq, Message)]
pub struct Glyph {
    #[prost(uint32, tag = "1")]
    id: u32,
    /// Rows of the box with its border: 192 on the outline, 32 more or less for each pixel inside or outside.
    #[prost(bytes = "vec", tag = "2")]
    pub bitmap: Vec<u8>,
    #[prost(uint32, tag = "3")]
    pub width: u32,
    #[prost(uint32, tag = "4")]
    pub height: u32,
    /// From the pen to the box.
    #[prost(sint32, tag = "5")]
    pub left: i32,
    /// From the top of the box up to the font's ascender, negative below it.
    #[prost(sint32, tag = "6")]
    pub top: i32,
    #[prost(uint32, tag = "7")]
    pub advance: u32,
}

impl Glyph {
    pub fn character(&self) -> Option<char> {
        char::from_u32(self.id)
    }

    /// Where its pen is on the baseline, from the upper left corner of its field.
    pub fn pen(&self) -> [f32; 2] {
        [BORDER - self.left as f32, self.top as f32 + ASCENDER + BORDER]
    }

    /// The upper left corner of its field when its pen is at `x` and the middle of its line at `y`.
    ///
    /// Renderers draw the baseline 17 px below a line's origin and count `top` from there.
    pub fn corner(&self, x: f32, y: f32) -> (f32, f32) {
        (x + self.left as f32 - BORDER, y - 17.0 - self.top as f32 - BORDER)
    }
}

/// The glyphs that have been asked for, by range.
pub struct Font {
    name: &'static str,
    ranges: Vec<OnceLock<HashMap<u32, Glyph>>>,
}

impl Font {
    pub fn new(name: &'static str) -> Self {
        Self { name, ranges: (0..256).map(|_| OnceLock::new()).collect() }
    }

    /// The glyph of `character`, if the font has one.
    pub fn glyph(&self, character: char) -> Option<&Glyph> {
        let id = u32::from(character);
        let range = self.ranges.get(usize::try_from(id / 256).ok()?)?;
        range.get_or_init(|| self.read(id / 256 * 256)).get(&id)
    }

    /// The range that begins with `first`; empty where the font has nothing.
    fn read(&self, first: u32) -> HashMap<u32, Glyph> {
        let file = FONTS.get_file(format!("{}/{first}-{}.pbf", self.name, first + 255));
        let glyphs = file.and_then(|file| Glyphs::decode(file.contents()).ok()).unwrap_or_default();
        let whole = |glyph: &Glyph| {
            let side = |length: u32| length as usize + 2 * BORDER as usize;
            glyph.bitmap.is_empty() || glyph.bitmap.len() == side(glyph.width) * side(glyph.height)
        };
        let glyphs = glyphs.stacks.into_iter().flat_map(|stack| stack.glyphs).filter(whole);
        glyphs.map(|glyph| (glyph.id, glyph)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bundle, picture::FONT};
    use std::collections::BTreeSet;

    #[test]
    fn every_character_of_the_plan_has_a_glyph() {
        let font = Font::new(FONT);
        let mut missing = BTreeSet::new();
        for layer in bundle::layers().unwrap() {
            let text = std::str::from_utf8(bundle::geojson(&layer.id).unwrap()).unwrap();
            let features: serde_json::Value = serde_json::from_str(text).unwrap();
            let features = features["features"].as_array().unwrap();
            let values = features.iter().flat_map(|f| f["properties"].as_object().unwrap().values());
            let titles = [layer.title.zh, layer.title.en].map(serde_json::Value::String);
            for value in values.chain(&titles).filter_map(|value| value.as_str()) {
                missing.extend(value.chars().filter(|&c| c != '\n' && font.glyph(c).is_none()));
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
        assert!(font.glyph('\u{10ffff}').is_none() && font.glyph('\0').is_none());
    }
}
