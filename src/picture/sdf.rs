//! Glyphs drawn from their distance fields, as MapLibre's shader does it.

use super::glyphs::{BORDER, Glyph};
use crate::style::Color;
use tiny_skia::{Pixmap, PremultipliedColorU8};

/// A glyph in its place.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    pub glyph: &'a Glyph,
    /// Where the upper left corner of the field is, in pixels of the picture.
    pub origin: [f32; 2],
    /// Pixels of the picture to a pixel of the field.
    pub size: f32,
    /// Radians, clockwise.
    pub angle: f32,
}

impl Stamp<'_> {
    /// Where its pen is on the baseline, in pixels of the picture.
    pub fn pen(&self) -> [f32; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let [x, y] = self.glyph.pen().map(|v| v * self.size);
        [self.origin[0] + x * cos - y * sin, self.origin[1] + x * sin + y * cos]
    }
}

/// What of the field is painted: how much at a distance, 0 far outside, 1 deep inside, [`OUTLINE`] on the outline.
pub enum Ink {
    Fill,
    /// As wide as so many pixels of the picture.
    Halo(f32),
}

const OUTLINE: f32 = 0.75;

/// Pixels of the field over which the distance goes from 0 to 1.
const SPREAD: f32 = 8.0;

/// Half the width of an edge, in pixels of the picture and 1/`SPREAD`, where a CSS pixel has one.
const SOFTNESS: f32 = 0.105;

impl Ink {
    fn alpha(&self, distance: f32, size: f32) -> f32 {
        let soft = SOFTNESS / size;
        let inside = |edge: f32| smoothstep(edge - soft, edge + soft, distance);
        match self {
            Self::Fill => inside(OUTLINE),
            Self::Halo(width) => inside((6.0 - width / size) / SPREAD),
        }
    }
}

fn smoothstep(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Paints `stamp` over `picture`.
pub fn paint(picture: &mut Pixmap, stamp: &Stamp, color: Color, ink: &Ink) {
    let Stamp { glyph, origin, size, angle } = *stamp;
    if glyph.bitmap.is_empty() {
        return;
    }
    let border = 2 * BORDER as u32;
    let (columns, rows) = ((glyph.width + border) as usize, (glyph.height + border) as usize);
    let (sin, cos) = angle.sin_cos();
    let corner =
        |u: f32, v: f32| [origin[0] + (u * cos - v * sin) * size, origin[1] + (u * sin + v * cos) * size];
    let (w, h) = (columns as f32, rows as f32);
    let corners = [corner(0.0, 0.0), corner(w, 0.0), corner(0.0, h), corner(w, h)];
    let range = |axis: usize, limit: u32| {
        let values = corners.map(|c| c[axis]);
        let least = values.into_iter().fold(f32::INFINITY, f32::min).floor().max(0.0);
        let most = values.into_iter().fold(f32::NEG_INFINITY, f32::max).ceil().min(limit as f32);
        least as usize..most.max(0.0) as usize
    };
    let width = picture.width() as usize;
    let (across, down) = (range(0, picture.width()), range(1, picture.height()));
    let pixels = picture.pixels_mut();
    for y in down {
        for x in across.clone() {
            let (dx, dy) = ((x as f32 + 0.5 - origin[0]) / size, (y as f32 + 0.5 - origin[1]) / size);
            let (u, v) = (dx * cos + dy * sin - 0.5, dy * cos - dx * sin - 0.5);
            let distance = sample(&glyph.bitmap, columns, rows, u, v);
            let alpha = ink.alpha(distance, size);
            if alpha > 0.0 {
                let pixel = &mut pixels[y * width + x];
                *pixel = over(*pixel, color, alpha);
            }
        }
    }
}

/// The field at `u`, `v` between the middles of its pixels, 0 to 1.
fn sample(bitmap: &[u8], columns: usize, rows: usize, u: f32, v: f32) -> f32 {
    let at = |column: f32, row: f32| {
        let inside = column >= 0.0 && row >= 0.0 && (column as usize) < columns && (row as usize) < rows;
        if inside { f32::from(bitmap[row as usize * columns + column as usize]) } else { 0.0 }
    };
    let (left, top) = (u.floor(), v.floor());
    let (x, y) = (u - left, v - top);
    let upper = at(left, top) * (1.0 - x) + at(left + 1.0, top) * x;
    let lower = at(left, top + 1.0) * (1.0 - x) + at(left + 1.0, top + 1.0) * x;
    (upper * (1.0 - y) + lower * y) / 255.0
}

fn over(below: PremultipliedColorU8, color: Color, alpha: f32) -> PremultipliedColorU8 {
    let mix =
        |above: u8, below: u8| (f32::from(above) * alpha + f32::from(below) * (1.0 - alpha)).round() as u8;
    let [r, g, b] = color.0;
    let a = mix(255, below.alpha());
    // Rounding may make a colour brighter than its alpha allows.
    let mixed = [mix(r, below.red()), mix(g, below.green()), mix(b, below.blue())].map(|c| c.min(a));
    PremultipliedColorU8::from_rgba(mixed[0], mixed[1], mixed[2], a).unwrap_or(below)
}
