//! What is on a sheet, as a list of things to paint one over the other. Lengths are millimetres of paper, from the
//! upper left corner, y downwards.

use super::font::Font;
use crate::{describe::Language, style::Color};
use std::rc::Rc;
use tiny_skia::{Path, PathBuilder, Transform};

pub type Point = [f32; 2];

/// How far a mitred corner may reach out, in widths of its line.
pub const MITRE: f32 = 2.0;

/// Frames and text.
pub const INK: Color = Color([0x2b, 0x2a, 0x2e]);
pub const FAINT: Color = Color([0x6b, 0x6a, 0x70]);

#[derive(Clone)]
pub enum Op {
    Fill {
        path: Path,
        paint: Paint,
    },
    Line {
        path: Path,
        pen: Pen,
        color: Color,
        opacity: f32,
    },
    Text(Text),
    /// What follows is seen inside the path alone, and inside those before, until its [`Op::Unclip`].
    Clip(Path),
    Unclip,
}

/// How a line is drawn.
#[derive(Clone)]
pub struct Pen {
    pub width: f32,
    pub round_caps: bool,
    pub round_joins: bool,
    /// Lengths of dashes and gaps by turns.
    pub dashes: Vec<f32>,
}

#[derive(Clone)]
pub enum Paint {
    Color(Color, f32),
    Pattern(Rc<Cell>, f32),
}

/// A pattern: painted again and again from the corner of the sheet on. Patterns of one name are one.
pub struct Cell {
    pub name: String,
    pub ops: Vec<Op>,
    pub size: Point,
}

/// Letters of one size and direction.
#[derive(Clone)]
pub struct Text {
    /// Each with its pen on the baseline.
    pub letters: Vec<(char, Point)>,
    /// Of an em.
    pub size: f32,
    /// Radians, clockwise.
    pub angle: f32,
    pub color: Color,
    /// Colour and width of what is around the letters.
    pub halo: Option<(Color, f32)>,
}

/// Where a text has its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
}

/// How a text of the furniture is set.
#[derive(Clone, Copy)]
pub struct Setting {
    pub size: f32,
    pub anchor: Anchor,
    pub color: Color,
}

pub struct Drawing {
    pub size: Point,
    pub title: String,
    pub language: Language,
    pub ops: Vec<Op>,
}

impl Drawing {
    pub fn fill(&mut self, path: Option<Path>, color: Color) {
        self.ops.extend(path.map(|path| Op::Fill { path, paint: Paint::Color(color, 1.0) }));
    }

    pub fn line(&mut self, points: &[Point], width: f32, color: Color) {
        self.stroke(polyline(points, false), width, color);
    }

    pub fn rect(&mut self, area: Area, width: f32, color: Color) {
        self.stroke(area.path(), width, color);
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, color: Color) {
        let pen = Pen { width, round_caps: false, round_joins: false, dashes: vec![] };
        self.ops.extend(path.map(|path| Op::Line { path, pen, color, opacity: 1.0 }));
    }

    /// Writes `text` in one line with its baseline at `at`.
    pub fn text(&mut self, font: &Font, text: &str, at: Point, setting: Setting) {
        self.spaced(font, text, at, setting, 0.0);
    }

    /// The same with a `gap` between letters.
    pub fn spaced(&mut self, font: &Font, text: &str, at: Point, setting: Setting, gap: f32) {
        let Setting { size, anchor, color } = setting;
        let gaps = text.chars().count().saturating_sub(1) as f32;
        let width = font.width(text) * size + gaps * gap;
        let mut x = match anchor {
            Anchor::Start => at[0],
            Anchor::Middle => at[0] - width / 2.0,
        };
        let letters = text.chars().map(|c| {
            let pen = [x, at[1]];
            x += font.advance(c) * size + gap;
            (c, pen)
        });
        let letters = letters.collect();
        self.ops.push(Op::Text(Text { letters, size, angle: 0.0, color, halo: None }));
    }

    /// Writes `text` downwards, `turn` 1, or upwards, -1, with its middle at `at` along a vertical baseline.
    pub fn turned(&mut self, font: &Font, text: &str, at: Point, setting: Setting, turn: f32) {
        let Setting { size, color, .. } = setting;
        let mut y = at[1] - turn * font.width(text) * size / 2.0;
        let letters = text.chars().map(|c| {
            let pen = [at[0], y];
            y += turn * font.advance(c) * size;
            (c, pen)
        });
        let letters = letters.collect();
        let angle = turn * std::f32::consts::FRAC_PI_2;
        self.ops.push(Op::Text(Text { letters, size, angle, color, halo: None }));
    }

    /// Writes `text` in lines of at most `width`; gives where the next baseline is.
    pub fn paragraph(&mut self, font: &Font, text: &str, at: Point, width: f32, setting: Setting) -> f32 {
        let mut y = at[1];
        for line in font.lines(text, width / setting.size) {
            self.text(font, &line, [at[0], y], setting);
            y += setting.size * 1.45;
        }
        y
    }
}

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Area {
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Smaller by `by` on every side.
    pub fn inset(&self, by: f32) -> Self {
        Self { left: self.left + by, top: self.top + by, right: self.right - by, bottom: self.bottom - by }
    }

    pub fn path(&self) -> Option<Path> {
        let Self { left, top, right, bottom } = *self;
        polyline(&[[left, top], [right, top], [right, bottom], [left, bottom]], true)
    }
}

pub fn polyline(points: &[Point], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    builder.move_to(first[0], first[1]);
    rest.iter().for_each(|p| builder.line_to(p[0], p[1]));
    if closed {
        builder.close();
    }
    builder.finish()
}

/// `ops` put elsewhere, and paler; `place` turns and scales alike in both directions.
pub fn placed(ops: &[Op], place: Transform, opacity: f32) -> Vec<Op> {
    let scale = (place.sx * place.sy - place.kx * place.ky).abs().sqrt();
    let put = |path: &Path| path.clone().transform(place);
    let moved = |op: &Op| match op {
        Op::Fill { path, paint: Paint::Color(color, own) } => {
            Some(Op::Fill { path: put(path)?, paint: Paint::Color(*color, own * opacity) })
        }
        Op::Line { path, pen, color, opacity: own } => {
            let dashes = pen.dashes.iter().map(|length| length * scale).collect();
            let pen = Pen { width: pen.width * scale, dashes, ..*pen };
            Some(Op::Line { path: put(path)?, pen, color: *color, opacity: own * opacity })
        }
        Op::Clip(path) => Some(Op::Clip(put(path)?)),
        Op::Unclip => Some(Op::Unclip),
        // Symbols have neither patterns nor text.
        Op::Fill { paint: Paint::Pattern(..), .. } | Op::Text(_) => None,
    };
    ops.iter().filter_map(moved).collect()
}
