//! A drawing as PNG, in strips, so that a sheet of 300 dots to the inch takes no more memory than a few of its rows.

use super::{
    drawing::{Cell, Drawing, MITRE, Op, Paint as Inked, Pen, Text},
    font::Font,
};
use crate::style::Color;
use std::{collections::HashMap, io::Write};
use tiny_skia::{
    FillRule, FilterQuality, LineCap, LineJoin, Mask, Paint, Path, Pattern, Pixmap, Rect, Shader, SpreadMode,
    Stroke, StrokeDash, Transform,
};

const MM_PER_INCH: f32 = 25.4;

/// Rows drawn at a time.
const STRIP: u32 = 256;

/// `drawing` with `dpi` dots to the inch, RGB on white paper; `None` when it cannot be encoded.
pub fn png(drawing: &Drawing, font: &Font, dpi: u32) -> Option<Vec<u8>> {
    let scale = dpi as f32 / MM_PER_INCH;
    let [width, height] = drawing.size.map(|mm| (mm * scale).round() as u32);
    let patterns = pictures(drawing, scale);
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let per_metre = (scale * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().ok()?;
    let mut out = writer.stream_writer().ok()?;
    let boxes: Vec<Option<Rect>> = drawing.ops.iter().map(reach).collect();
    for top in (0..height).step_by(STRIP as usize) {
        let rows = STRIP.min(height - top);
        let mut strip = Strip {
            pixels: Pixmap::new(width, rows)?,
            place: Transform::from_scale(scale, scale).post_translate(0.0, -(top as f32)),
            clips: vec![],
            font,
            patterns: &patterns,
        };
        strip.pixels.fill(tiny_skia::Color::WHITE);
        let (from, to) = (top as f32 / scale, (top + rows) as f32 / scale);
        for (op, reach) in drawing.ops.iter().zip(&boxes) {
            strip.paint(op, reach.is_some_and(|reach| reach.top() <= to && from <= reach.bottom()));
        }
        let rgb: Vec<u8> =
            strip.pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        out.write_all(&rgb).ok()?;
    }
    out.finish().ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// The box of what an operation paints or lets be seen.
fn reach(op: &Op) -> Option<Rect> {
    let around = |rect: Rect, margin: f32| rect.outset(margin, margin);
    match op {
        Op::Fill { path, .. } | Op::Clip(path) => Some(path.bounds()),
        // Mitres reach out to twice the width.
        Op::Line { path, pen, .. } => around(path.bounds(), MITRE * pen.width),
        Op::Text(text) => {
            let pens = || text.letters.iter().map(|(_, pen)| pen);
            let least = |axis: usize| pens().map(|pen| pen[axis]).fold(f32::INFINITY, f32::min);
            let most = |axis: usize| pens().map(|pen| pen[axis]).fold(f32::NEG_INFINITY, f32::max);
            around(Rect::from_ltrb(least(0), least(1), most(0), most(1))?, 2.0 * text.size)
        }
        Op::Unclip => None,
    }
}

/// Cells of patterns as pictures, by name, made once for a drawing.
fn pictures(drawing: &Drawing, scale: f32) -> HashMap<&str, Pixmap> {
    let mut pictures = HashMap::new();
    for op in &drawing.ops {
        if let Op::Fill { paint: Inked::Pattern(cell, _), .. } = op
            && !pictures.contains_key(cell.name.as_str())
        {
            pictures.extend(picture(cell, scale).map(|picture| (cell.name.as_str(), picture)));
        }
    }
    pictures
}

/// One cell in whole pixels.
fn picture(cell: &Cell, scale: f32) -> Option<Pixmap> {
    let [width, height] = cell.size.map(|mm| (mm * scale).round().max(1.0));
    let mut picture = Pixmap::new(width as u32, height as u32)?;
    let place = Transform::from_scale(width / cell.size[0], height / cell.size[1]);
    for op in &cell.ops {
        match op {
            Op::Fill { path, paint: Inked::Color(color, opacity) } => {
                picture.fill_path(path, &solid(*color, *opacity), FillRule::EvenOdd, place, None);
            }
            Op::Line { path, pen, color, opacity } => {
                picture.stroke_path(path, &solid(*color, *opacity), &stroke(pen), place, None);
            }
            _ => {}
        }
    }
    Some(picture)
}

fn solid(color: Color, opacity: f32) -> Paint<'static> {
    let [r, g, b] = color.0;
    let color = tiny_skia::Color::from_rgba8(r, g, b, (opacity * 255.0).round() as u8);
    Paint { shader: Shader::SolidColor(color), ..Paint::default() }
}

fn stroke(pen: &Pen) -> Stroke {
    Stroke {
        width: pen.width,
        miter_limit: MITRE,
        line_cap: if pen.round_caps { LineCap::Round } else { LineCap::Butt },
        line_join: if pen.round_joins { LineJoin::Round } else { LineJoin::Miter },
        dash: StrokeDash::new(pen.dashes.clone(), 0.0),
    }
}

/// The innermost clip.
fn seen(clips: &[Option<Mask>]) -> Option<&Mask> {
    clips.last()?.as_ref()
}

/// Some rows of the sheet.
struct Strip<'a> {
    pixels: Pixmap,
    /// From millimetres to pixels of the strip.
    place: Transform,
    /// What may be seen, one inside the other; `None` for nothing here.
    clips: Vec<Option<Mask>>,
    font: &'a Font,
    patterns: &'a HashMap<&'a str, Pixmap>,
}

impl Strip<'_> {
    /// Carries out `op`, which reaches these rows when it `is_here`.
    fn paint(&mut self, op: &Op, is_here: bool) {
        match op {
            Op::Clip(path) => {
                let clip = if is_here { self.clipped(path) } else { None };
                self.clips.push(clip);
            }
            Op::Unclip => drop(self.clips.pop()),
            _ if !is_here || matches!(self.clips.last(), Some(None)) => {}
            Op::Fill { path, paint: Inked::Color(color, opacity) } => {
                self.fill(path, &solid(*color, *opacity))
            }
            Op::Fill { path, paint: Inked::Pattern(cell, opacity) } => {
                let Some(picture) = self.patterns.get(cell.name.as_str()) else { return };
                let shrunk = [cell.size[0] / picture.width() as f32, cell.size[1] / picture.height() as f32];
                let shader = Pattern::new(
                    picture.as_ref(),
                    SpreadMode::Repeat,
                    FilterQuality::Bilinear,
                    *opacity,
                    Transform::from_scale(shrunk[0], shrunk[1]),
                );
                self.fill(path, &Paint { shader, ..Paint::default() });
            }
            Op::Line { path, pen, color, opacity } => {
                let paint = solid(*color, *opacity);
                let clip = seen(&self.clips);
                self.pixels.stroke_path(path, &paint, &stroke(pen), self.place, clip);
            }
            Op::Text(text) => self.text(text),
        }
    }

    fn clipped(&self, path: &Path) -> Option<Mask> {
        match self.clips.last() {
            Some(outer) => {
                let mut mask = outer.clone()?;
                mask.intersect_path(path, FillRule::EvenOdd, true, self.place);
                Some(mask)
            }
            None => {
                let mut mask = Mask::new(self.pixels.width(), self.pixels.height())?;
                mask.fill_path(path, FillRule::EvenOdd, true, self.place);
                Some(mask)
            }
        }
    }

    fn fill(&mut self, path: &Path, paint: &Paint) {
        self.pixels.fill_path(path, paint, FillRule::EvenOdd, self.place, seen(&self.clips));
    }

    fn text(&mut self, text: &Text) {
        let outlines: Vec<(Path, Transform)> = text
            .letters
            .iter()
            .filter_map(|(c, [x, y])| {
                let place = Transform::from_rotate(text.angle.to_degrees())
                    .post_translate(*x, *y)
                    .pre_scale(text.size, text.size);
                Some((self.font.outline(*c)?, place.post_concat(self.place)))
            })
            .collect();
        let clip = seen(&self.clips);
        for (outline, place) in &outlines {
            if let Some((color, width)) = text.halo {
                let width = 2.0 * width / text.size;
                let stroke = Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
                self.pixels.stroke_path(outline, &solid(color, 1.0), &stroke, *place, clip);
            }
        }
        for (outline, place) in &outlines {
            // Strokes of a letter may overlap.
            self.pixels.fill_path(outline, &solid(text.color, 1.0), FillRule::Winding, *place, clip);
        }
    }
}
