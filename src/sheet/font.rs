//! The font of sheets: outlines, so that letters are sharp at any size and a PDF holds real text.

use crate::style::OUTLINES;
use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};
use tiny_skia::{Path, PathBuilder};

pub struct Font {
    font: FontRef<'static>,
    em: f32,
}

impl Font {
    /// `None` when the file in the binary is no font.
    pub fn embedded() -> Option<Self> {
        let font = FontRef::new(OUTLINES).ok()?;
        let em = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
        Some(Self { font, em: f32::from(em) })
    }

    /// The number of its glyph; that of a missing one is 0.
    pub fn glyph(&self, character: char) -> u32 {
        self.font.charmap().map(character).unwrap_or_default().to_u32()
    }

    /// From its pen to the next, in ems.
    pub fn advance(&self, character: char) -> f32 {
        let metrics = self.font.glyph_metrics(Size::unscaled(), LocationRef::default());
        metrics.advance_width(GlyphId::new(self.glyph(character))).unwrap_or(self.em) / self.em
    }

    /// Of a line, in ems.
    pub fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// Its outline in ems, y downwards; `None` for a blank.
    pub fn outline(&self, character: char) -> Option<Path> {
        let glyph = self.font.outline_glyphs().get(GlyphId::new(self.glyph(character)))?;
        let mut pen = Pen { builder: PathBuilder::new(), em: self.em };
        glyph.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen).ok()?;
        pen.builder.finish()
    }

    /// `text` in lines of at most `width` ems: broken after Chinese characters and at spaces.
    pub fn lines(&self, text: &str, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for piece in pieces(text) {
            let Some(line) = lines.last_mut() else { break };
            if !line.is_empty() && self.width(line) + self.width(piece.trim_end()) > width {
                lines.push(piece.to_owned());
            } else {
                line.push_str(piece);
            }
        }
        lines
    }
}

/// What stays together: words, and Chinese characters with the punctuation that closes them.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts = vec![];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let closes = "，。、；：！？）》”".contains(c);
        let opened = before.is_some_and(|b| "（《“".contains(b));
        let wide = |c: char| u32::from(c) >= 0x2e80;
        let joins = before.is_some_and(|b: char| !wide(b) && !wide(c) && b != ' ');
        if !(closes || opened || joins) {
            starts.push(at);
        }
        before = Some(c);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect()
}

/// From the font's units with y upwards to ems with y downwards.
struct Pen {
    builder: PathBuilder,
    em: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.builder.move_to(x / self.em, -y / self.em);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.builder.line_to(x / self.em, -y / self.em);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let em = self.em;
        self.builder.quad_to(x1 / em, -y1 / em, x / em, -y / em);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let em = self.em;
        self.builder.cubic_to(x1 / em, -y1 / em, x2 / em, -y2 / em, x / em, -y / em);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_characters_and_not_before_punctuation() {
        let font = Font::embedded().unwrap();
        assert_eq!(font.lines("坐标系，CGCS2000", 4.0), ["坐标系，", "CGCS2000"]);
        assert!(font.outline('屯').is_some() && font.outline(' ').is_none());
        assert_eq!(font.width("屯留"), 2.0);
    }
}
