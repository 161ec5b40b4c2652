//! A drawing as PDF: vectors throughout, text as text in a subset of the font.

use super::{
    drawing::{Cell, Drawing, MITRE, Op, Paint as Inked, Pen, Text},
    font::Font,
};
use crate::style::{Color, OUTLINES};
use krilla::{
    Document,
    color::rgb,
    geom::{Path, PathBuilder, Point, Transform},
    metadata::Metadata,
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, LineCap, LineJoin, Paint, Pattern, Stroke, StrokeDash},
    surface::Surface,
    text::{Font as PdfFont, GlyphId, KrillaGlyph},
};
use std::collections::HashMap;
use tiny_skia::PathSegment;

/// Points to a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// `drawing` as PDF; `None` when it cannot be written. The same drawing gives the same bytes.
pub fn pdf(drawing: &Drawing, font: &Font) -> Option<Vec<u8>> {
    let mut document = Document::new();
    let embedded = PdfFont::new(OUTLINES.to_vec().into(), 0)?;
    let [width, height] = drawing.size.map(|mm| mm * POINTS);
    let mut page = document.start_page_with(PageSettings::from_wh(width, height)?);
    {
        let mut writer = Writer { surface: page.surface(), font, embedded, patterns: HashMap::new() };
        writer.surface.push_transform(&Transform::from_scale(POINTS, POINTS));
        drawing.ops.iter().for_each(|op| writer.write(op));
        writer.surface.pop();
    }
    page.finish();
    let metadata = Metadata::new()
        .title(drawing.title.clone())
        .creator("plantiles".to_owned())
        .language(drawing.language.pick(["zh-CN", "en"]).to_owned());
    document.set_metadata(metadata);
    document.finish().ok()
}

struct Writer<'a> {
    surface: Surface<'a>,
    font: &'a Font,
    embedded: PdfFont,
    patterns: HashMap<String, Pattern>,
}

impl Writer<'_> {
    fn write(&mut self, op: &Op) {
        match op {
            Op::Fill { path, paint } => {
                let fill = match paint {
                    Inked::Color(color, opacity) => fill(*color, *opacity),
                    Inked::Pattern(cell, opacity) => Fill {
                        paint: self.pattern(cell).into(),
                        opacity: share(*opacity),
                        rule: FillRule::EvenOdd,
                    },
                };
                self.paint(path, Some(fill), None);
            }
            Op::Line { path, pen, color, opacity } => {
                self.paint(path, None, Some(line(pen, *color, *opacity)));
            }
            Op::Text(text) => self.text(text),
            Op::Clip(path) => {
                if let Some(path) = converted(path) {
                    self.surface.push_clip_path(&path, &FillRule::EvenOdd);
                }
            }
            Op::Unclip => self.surface.pop(),
        }
    }

    fn paint(&mut self, path: &tiny_skia::Path, fill: Option<Fill>, stroke: Option<Stroke>) {
        self.surface.set_fill(fill);
        self.surface.set_stroke(stroke);
        if let Some(path) = converted(path) {
            self.surface.draw_path(&path);
        }
    }

    fn pattern(&mut self, cell: &Cell) -> Pattern {
        if let Some(known) = self.patterns.get(&cell.name) {
            return known.clone();
        }
        let mut builder = self.surface.stream_builder();
        let mut surface = builder.surface();
        for op in &cell.ops {
            let (path, of) = match op {
                Op::Fill { path, paint: Inked::Color(color, opacity) } => {
                    (path, (Some(fill(*color, *opacity)), None))
                }
                Op::Line { path, pen, color, opacity } => (path, (None, Some(line(pen, *color, *opacity)))),
                _ => continue,
            };
            surface.set_fill(of.0);
            surface.set_stroke(of.1);
            if let Some(path) = converted(path) {
                surface.draw_path(&path);
            }
        }
        surface.finish();
        let [width, height] = cell.size;
        let pattern = Pattern { stream: builder.finish(), transform: Transform::identity(), width, height };
        self.patterns.insert(cell.name.clone(), pattern.clone());
        pattern
    }

    fn text(&mut self, text: &Text) {
        let Some((_, first)) = text.letters.first() else { return };
        let place = Transform::from_translate(first[0], first[1]);
        self.surface.push_transform(&place);
        self.surface.push_transform(&Transform::from_rotate(text.angle.to_degrees()));
        let content: String = text.letters.iter().map(|(c, _)| c).collect();
        let glyphs = self.glyphs(text, *first);
        if let Some((color, width)) = text.halo {
            // As outlines, so that the text is there once.
            self.surface.set_fill(None);
            let pen = Pen { width: 2.0 * width, round_caps: false, round_joins: true, dashes: vec![] };
            self.surface.set_stroke(Some(line(&pen, color, 1.0)));
            self.draw(&glyphs, &content, text.size, true);
        }
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill { rule: FillRule::NonZero, ..fill(text.color, 1.0) }));
        self.draw(&glyphs, &content, text.size, false);
        self.surface.pop();
        self.surface.pop();
    }

    fn draw(&mut self, glyphs: &[KrillaGlyph], content: &str, size: f32, outlined: bool) {
        let start = Point::from_xy(0.0, 0.0);
        self.surface.draw_glyphs(start, glyphs, self.embedded.clone(), content, size, outlined);
    }

    /// The letters of `text` from the pen of the `first`; lengths in ems.
    fn glyphs(&self, text: &Text, first: [f32; 2]) -> Vec<KrillaGlyph> {
        let (sin, cos) = text.angle.sin_cos();
        let along = |pen: [f32; 2]| {
            let [x, y] = [pen[0] - first[0], pen[1] - first[1]];
            [(x * cos + y * sin) / text.size, (y * cos - x * sin) / text.size]
        };
        let mut at = 0;
        let mut pen = 0.0;
        let glyph = |(c, place): &(char, [f32; 2])| {
            let [x, y] = along(*place);
            let range = at..at + c.len_utf8();
            at = range.end;
            let advance = self.font.advance(*c);
            let glyph =
                KrillaGlyph::new(GlyphId::new(self.font.glyph(*c)), advance, x - pen, -y, 0.0, range, None);
            pen += advance;
            glyph
        };
        text.letters.iter().map(glyph).collect()
    }
}

fn share(opacity: f32) -> NormalizedF32 {
    NormalizedF32::new(opacity.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE)
}

fn colored(color: Color) -> Paint {
    let [r, g, b] = color.0;
    rgb::Color::new(r, g, b).into()
}

fn fill(color: Color, opacity: f32) -> Fill {
    Fill { paint: colored(color), opacity: share(opacity), rule: FillRule::EvenOdd }
}

fn line(pen: &Pen, color: Color, opacity: f32) -> Stroke {
    Stroke {
        paint: colored(color),
        width: pen.width,
        miter_limit: MITRE,
        line_cap: if pen.round_caps { LineCap::Round } else { LineCap::Butt },
        line_join: if pen.round_joins { LineJoin::Round } else { LineJoin::Miter },
        opacity: share(opacity),
        dash: Some(StrokeDash { array: pen.dashes.clone(), offset: 0.0 })
            .filter(|dash| !dash.array.is_empty()),
    }
}

fn converted(path: &tiny_skia::Path) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(p) => builder.move_to(p.x, p.y),
            PathSegment::LineTo(p) => builder.line_to(p.x, p.y),
            PathSegment::QuadTo(a, p) => builder.quad_to(a.x, a.y, p.x, p.y),
            PathSegment::CubicTo(a, b, p) => builder.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
            PathSegment::Close => builder.close(),
        }
    }
    builder.finish()
}
