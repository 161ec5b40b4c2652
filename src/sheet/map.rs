//! The map inside the frame: the layers of a style, read from their snapshots and drawn in the plane of the zone.

use super::{
    drawing::{Area, Cell, Op, Paint, Pen, Point, Text, placed},
    reader::{Reader, TooMuch},
    symbol::{self, stretched},
    view::View,
};
use crate::{
    picture::{self, EM, EQUATOR, Feature, Frame, Icon, Layer, Scale, Scene, Set, outline, place_all},
    style::{Cap, Circle, Fill, Join, Line, Mark, Part, Style, Symbol},
};
use std::{collections::HashMap, rc::Rc};
use tiny_skia::{Path, PathBuilder, Transform};

/// Millimetres of a CSS pixel of the style: less than the 0.26 of a screen, since paper is looked at from nearer.
pub const PIXEL: f32 = 0.2;

/// For the same reason a sheet shows what the map shows one zoom later.
const NEARER: f64 = 1.0;

/// What of a style lies on a sheet.
pub struct Map<'a> {
    area: Area,
    /// The whole sheet is one tile, in CSS pixels from the upper left corner of the frame.
    scene: Scene<'a>,
    symbols: HashMap<String, Vec<Op>>,
    cells: HashMap<String, Rc<Cell>>,
}

impl<'a> Map<'a> {
    /// Reads what of the layers of `style` lies in `view`; `font` has the widths of names.
    ///
    /// # Errors
    /// When that is more than a sheet can show.
    pub fn read(style: &'a Style<'a>, view: &'a View, font: &'a picture::Font) -> Result<Self, TooMuch> {
        let area = view.format.map();
        let side = (area.width().max(area.height()) / PIXEL).ceil() as u32;
        let frame = Frame { side, corner: [0, 0], scale: Scale::Once, zoom: zoom(view), tile: [0, 0] };
        let layers = Reader::new(view, 1.0 / (PIXEL * frame.unit())).layers(style)?;
        let sprite = &style.sheet.sprite;
        let (mut symbols, mut cells) = (HashMap::new(), HashMap::new());
        for part in &style.parts {
            let icon = |name: &String| Some((name.clone(), symbol::ops(sprite.symbol(name)?.svg)));
            match &part.symbol {
                Symbol::Fill(fill) => cells.extend(fill.fill_pattern.as_ref().and_then(|name| {
                    let size =
                        sprite.symbol(name).map(|of| [of.width, of.height].map(|v| v as f32 * PIXEL))?;
                    let ops = placed(&icon(name)?.1, Transform::from_scale(PIXEL, PIXEL), 1.0);
                    Some((name.clone(), Rc::new(Cell { name: name.clone(), ops, size })))
                })),
                Symbol::Mark(mark) => symbols.extend(mark.icon_image.as_ref().and_then(icon)),
                Symbol::Line(_) | Symbol::Circle(_) => {}
            }
        }
        let scene = Scene { parts: &style.parts, sprite, font, frame, tiles: vec![([0, 0], layers)] };
        Ok(Self { area, scene, symbols, cells })
    }

    /// Whether any feature of the map is drawn by `part`.
    pub fn shows(&self, part: &Part) -> bool {
        self.is_seen(part) && self.features(part).next().is_some()
    }

    /// The layer as it was read.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.scene.tiles.iter().find_map(|(_, layers)| layers.layer(name))
    }

    fn is_seen(&self, part: &Part) -> bool {
        part.zooms.contains(&self.scene.frame.zoom)
    }

    fn features<'s>(&'s self, part: &'s Part) -> impl Iterator<Item = &'s Feature> {
        let layer = self.layer(&part.source_layer).into_iter();
        let all = layer.flat_map(|layer| layer.features.iter().map(move |feature| (layer, feature)));
        let passing = all.filter(|(layer, feature)| part.filter.passes(|field| layer.text(feature, field)));
        passing.map(|(_, feature)| feature)
    }

    /// From the ground up, cut off at the frame.
    pub fn ops(&self) -> Vec<Op> {
        let size = [self.area.width(), self.area.height()].map(|length| length / PIXEL);
        let marks = place_all(&self.scene, size);
        let mut ops: Vec<Op> = self.area.path().map(Op::Clip).into_iter().collect();
        for (number, part) in self.scene.parts.iter().enumerate().filter(|(_, part)| self.is_seen(part)) {
            match &part.symbol {
                Symbol::Mark(mark) => {
                    let own = marks.iter().filter(|set| set.part == number);
                    own.for_each(|set| self.mark(mark, set, &mut ops));
                }
                Symbol::Fill(fill) => ops.extend(self.features(part).filter_map(|f| self.area_of(fill, f))),
                Symbol::Line(line) => ops.extend(self.features(part).filter_map(|f| self.line(line, f))),
                Symbol::Circle(circle) => self.features(part).for_each(|f| self.circles(circle, f, &mut ops)),
            }
        }
        ops.push(Op::Unclip);
        ops
    }

    /// From CSS pixels of the scene to the paper.
    fn paper(&self, [x, y]: Point) -> Point {
        [self.area.left + x * PIXEL, self.area.top + y * PIXEL]
    }

    /// The paths of `feature` on the paper, moved by `offset` CSS pixels to their right.
    fn path(&self, feature: &Feature, offset: f32) -> Option<Path> {
        outline(feature, &self.scene.frame, offset, |point| self.paper(point))
    }

    fn area_of(&self, fill: &Fill, feature: &Feature) -> Option<Op> {
        let opacity = fill.fill_opacity.at(self.scene.frame.zoom);
        let pattern = fill.fill_pattern.as_deref().and_then(|name| self.cells.get(name));
        let paint = match (pattern, fill.fill_color) {
            (Some(cell), _) => Paint::Pattern(Rc::clone(cell), opacity),
            (None, Some(color)) => Paint::Color(color, opacity),
            (None, None) => return None,
        };
        Some(Op::Fill { path: self.path(feature, 0.0)?, paint })
    }

    fn line(&self, line: &Line, feature: &Feature) -> Option<Op> {
        let zoom = self.scene.frame.zoom;
        let width = line.line_width.at(zoom) * PIXEL;
        let pen = Pen {
            width,
            round_caps: line.line_cap == Cap::Round,
            round_joins: line.line_join == Join::Round,
            dashes: line.line_dasharray.iter().map(|length| (length * width).max(0.01)).collect(),
        };
        let path = self.path(feature, line.line_offset.at(zoom))?;
        Some(Op::Line { path, pen, color: line.line_color, opacity: line.line_opacity.at(zoom) })
    }

    fn circles(&self, circle: &Circle, feature: &Feature, ops: &mut Vec<Op>) {
        let (zoom, unit) = (self.scene.frame.zoom, self.scene.frame.unit());
        let radius = circle.circle_radius.at(zoom) * PIXEL;
        let border = circle.circle_stroke_width.at(zoom) * PIXEL;
        let opacity = circle.circle_opacity.at(zoom);
        for point in feature.paths.iter().flatten() {
            let [x, y] = self.paper(point.map(|v| v * unit));
            let discs = [(radius + border, circle.circle_stroke_color), (radius, circle.circle_color)];
            ops.extend(discs.into_iter().filter_map(|(radius, color)| {
                let path = PathBuilder::from_circle(x, y, radius)?;
                Some(Op::Fill { path, paint: Paint::Color(color, opacity) })
            }));
        }
    }

    fn mark(&self, mark: &Mark, set: &Set, ops: &mut Vec<Op>) {
        ops.extend(set.icon.as_ref().map(|icon| self.icon(icon)).unwrap_or_default());
        let Some(color) = mark.text_color else { return };
        let halo = mark.text_halo_color.filter(|_| mark.text_halo_width > 0.0);
        let halo = halo.map(|color| (color, mark.text_halo_width * PIXEL));
        // Letters of one direction are one text, so that a PDF can be searched for it.
        for letters in set.stamps.chunk_by(|a, b| a.angle == b.angle) {
            let placed = letters.iter();
            let placed = placed.filter_map(|stamp| Some((stamp.glyph.character()?, self.paper(stamp.pen()))));
            let (size, angle) = (letters[0].size * EM * PIXEL, letters[0].angle);
            ops.push(Op::Text(Text { letters: placed.collect(), size, angle, color, halo }));
        }
    }

    fn icon(&self, icon: &Icon) -> Vec<Op> {
        let found = self.symbols.get(icon.name).zip(self.scene.sprite.symbol(icon.name));
        let Some((ops, symbol)) = found else { return vec![] };
        let size = icon.size.unwrap_or([symbol.width as f32, symbol.height as f32]);
        let [x, y] = self.paper(icon.middle);
        let place = Transform::from_rotate(icon.angle.to_degrees())
            .post_translate(x, y)
            .pre_scale(PIXEL, PIXEL)
            .pre_translate(-size[0] / 2.0, -size[1] / 2.0);
        placed(&stretched(ops.clone(), symbol, size), place, 1.0)
    }
}

/// The zoom by which the style is read.
fn zoom(view: &View) -> f32 {
    let metres = f64::from(PIXEL) / 1000.0 * f64::from(view.scale);
    let latitude = (view.wanted.min_y + view.wanted.max_y) / 2.0;
    let around = EQUATOR * latitude.to_radians().cos();
    ((around / metres / 512.0).log2() + NEARER).max(0.0) as f32
}
