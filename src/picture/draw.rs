//! Draws a scene.

use super::{
    Frame, SIZE, Scene,
    features::Feature,
    line::{Point, moved},
    place::{self, Icon, Set},
    sdf::{self, Ink, Stamp},
};
use crate::style::{Cap, Circle, Color, Fill, Join, Line, Mark, Part, SpriteSymbol, Symbol};
use tiny_skia::{
    FillRule, FilterQuality, IntRect, LineCap, LineJoin, Paint, Path, PathBuilder, Pattern, Pixmap,
    PixmapPaint, PixmapRef, Shader, SpreadMode, Stroke, StrokeDash, Transform,
};

/// The picture as PNG, RGBA with nothing where nothing is drawn; `None` when it cannot be encoded.
pub fn draw(scene: &Scene) -> Option<Vec<u8>> {
    let side = SIZE * scene.frame.scale.pixels();
    let mut canvas = Canvas { scene, picture: Pixmap::new(side, side)? };
    let marks = place::place(scene);
    for (number, part) in scene.parts.iter().enumerate() {
        if !part.zooms.contains(&scene.frame.zoom) {
            continue;
        }
        match &part.symbol {
            Symbol::Mark(mark) => canvas.marks(mark, marks.iter().filter(|set| set.part == number)),
            Symbol::Fill(fill) => canvas.each(part, |canvas, feature| canvas.area(fill, feature)),
            Symbol::Line(line) => canvas.each(part, |canvas, feature| canvas.line(line, feature)),
            Symbol::Circle(circle) => canvas.circles(part, circle),
        }
    }
    canvas.picture.encode_png().ok()
}

struct Canvas<'a> {
    scene: &'a Scene<'a>,
    picture: Pixmap,
}

impl Canvas<'_> {
    /// Draws the features of `part` that are in the tile of the picture.
    fn each(&mut self, part: &Part, draw: impl Fn(&mut Self, &Feature)) {
        let layers = self.scene.tiles.iter().filter(|(place, _)| *place == [0, 0]).map(|(_, layers)| layers);
        for layer in layers.filter_map(|layers| layers.layer(&part.source_layer)) {
            for feature in &layer.features {
                if part.filter.passes(|field| layer.text(feature, field)) {
                    draw(self, feature);
                }
            }
        }
    }

    fn ratio(&self) -> f32 {
        self.scene.frame.scale.ratio()
    }

    /// The paths of `feature` in pixels of the picture, moved by `offset` CSS pixels to their right.
    fn path(&self, feature: &Feature, offset: f32) -> Option<Path> {
        let frame = &self.scene.frame;
        outline(feature, frame, offset, |point| frame.device(point))
    }

    fn area(&mut self, fill: &Fill, feature: &Feature) {
        let opacity = fill.fill_opacity.at(self.scene.frame.zoom);
        let pattern = fill.fill_pattern.as_deref().and_then(|name| self.scene.sprite.symbol(name));
        let shader = match (pattern, fill.fill_color) {
            (Some(symbol), _) => self.pattern(symbol, opacity),
            (None, Some(color)) => solid(color, opacity),
            (None, None) => return,
        };
        let paint = Paint { shader, ..Default::default() };
        if let Some(path) = self.path(feature, 0.0) {
            self.picture.fill_path(&path, &paint, FillRule::EvenOdd, Transform::identity(), None);
        }
    }

    /// `symbol` repeated from the corner of the grid on, so that it goes on from picture to picture.
    fn pattern<'s>(&self, symbol: &'s SpriteSymbol, opacity: f32) -> Shader<'s> {
        let frame = &self.scene.frame;
        let picture = &symbol.pictures[frame.scale as usize];
        let shift = |axis: usize, length: u32| {
            let corner = u64::from(frame.tile[axis]) * u64::from(frame.side) + u64::from(frame.corner[axis]);
            -((corner * u64::from(frame.scale.pixels()) % u64::from(length)) as f32)
        };
        let place = Transform::from_translate(shift(0, picture.width()), shift(1, picture.height()));
        Pattern::new(picture.as_ref(), SpreadMode::Repeat, FilterQuality::Nearest, opacity, place)
    }

    fn line(&mut self, line: &Line, feature: &Feature) {
        let zoom = self.scene.frame.zoom;
        let width = line.line_width.at(zoom) * self.ratio();
        let dash = line.line_dasharray.iter().map(|length| (length * width).max(0.01)).collect();
        let stroke = Stroke {
            width,
            miter_limit: 2.0,
            line_cap: if line.line_cap == Cap::Round { LineCap::Round } else { LineCap::Butt },
            line_join: if line.line_join == Join::Round { LineJoin::Round } else { LineJoin::Miter },
            dash: StrokeDash::new(dash, 0.0),
        };
        let paint =
            Paint { shader: solid(line.line_color, line.line_opacity.at(zoom)), ..Default::default() };
        if let Some(path) = self.path(feature, line.line_offset.at(zoom)) {
            self.picture.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// Discs of the tile and of those around it: they reach over the edge.
    fn circles(&mut self, part: &Part, circle: &Circle) {
        let frame = self.scene.frame;
        let ratio = self.ratio();
        let radius = circle.circle_radius.at(frame.zoom) * ratio;
        let border = circle.circle_stroke_width.at(frame.zoom) * ratio;
        let opacity = circle.circle_opacity.at(frame.zoom);
        let side = frame.side as f32;
        for (place, layers) in &self.scene.tiles {
            let Some(layer) = layers.layer(&part.source_layer) else { continue };
            let passing = layer.features.iter().filter(|f| part.filter.passes(|field| layer.text(f, field)));
            let points = passing.flat_map(|feature| feature.paths.iter().flatten());
            // A point on the edge is in the buffer of the other tile too.
            let own = points
                .map(|p| p.map(|v| v * frame.unit()))
                .filter(|p| p.iter().all(|v| (0.0..side).contains(v)));
            for [x, y] in own {
                let [x, y] = frame.device([x + f32::from(place[0]) * side, y + f32::from(place[1]) * side]);
                for (radius, color) in
                    [(radius + border, circle.circle_stroke_color), (radius, circle.circle_color)]
                {
                    let paint = Paint { shader: solid(color, opacity), ..Default::default() };
                    if let Some(disc) = PathBuilder::from_circle(x, y, radius) {
                        self.picture.fill_path(&disc, &paint, FillRule::Winding, Transform::identity(), None);
                    }
                }
            }
        }
    }

    fn marks<'s>(&mut self, mark: &Mark, sets: impl Iterator<Item = &'s Set<'s>> + Clone) {
        for icon in sets.clone().filter_map(|set| set.icon.as_ref()) {
            self.icon(icon);
        }
        let halo = mark.text_halo_color.filter(|_| mark.text_halo_width > 0.0);
        let halo = halo.map(|color| (color, Ink::Halo(mark.text_halo_width * self.ratio())));
        let fill = mark.text_color.map(|color| (color, Ink::Fill));
        for (color, ink) in halo.into_iter().chain(fill) {
            for stamp in sets.clone().flat_map(|set| &set.stamps) {
                let ratio = self.ratio();
                let origin = self.scene.frame.device(stamp.origin);
                let stamp = Stamp { origin, size: stamp.size * ratio, ..*stamp };
                sdf::paint(&mut self.picture, &stamp, color, &ink);
            }
        }
    }

    fn icon(&mut self, icon: &Icon) {
        let Some(symbol) = self.scene.sprite.symbol(icon.name) else { return };
        let picture = &symbol.pictures[self.scene.frame.scale as usize];
        let [x, y] = self.scene.frame.device(icon.middle);
        let natural = [picture.width() as f32, picture.height() as f32];
        let size = icon.size.map_or(natural, |size| size.map(|v| v * self.ratio()));
        let turned = Transform::from_rotate(icon.angle.to_degrees()).post_translate(x, y);
        let quality = PixmapPaint { quality: FilterQuality::Bilinear, ..Default::default() };
        for [across, down] in cells(symbol, natural, size, self.ratio()) {
            let part = IntRect::from_xywh(
                across.from as i32,
                down.from as i32,
                across.length as u32,
                down.length as u32,
            );
            let Some(part) = part.and_then(|rect| picture.clone_rect(rect)) else { continue };
            let place = turned
                .pre_translate(across.to - size[0] / 2.0, down.to - size[1] / 2.0)
                .pre_scale(across.scale, down.scale);
            let part: PixmapRef = part.as_ref();
            self.picture.draw_pixmap(0, 0, part, &quality, place, None);
        }
    }
}

/// The paths of `feature` in `frame`, moved by `offset` CSS pixels to their right and put where `place` says of each point,
/// in CSS pixels; `None` when there is nothing of them.
pub fn outline(
    feature: &Feature,
    frame: &Frame,
    offset: f32,
    place: impl Fn(Point) -> Point,
) -> Option<Path> {
    let unit = frame.unit();
    let mut builder = PathBuilder::new();
    for path in &feature.paths {
        let points = moved(path, offset / unit, feature.is_polygon).into_iter();
        let mut points = points.map(|point| place(point.map(|v| v * unit)));
        let Some([x, y]) = points.next() else { continue };
        builder.move_to(x, y);
        points.for_each(|[x, y]| builder.line_to(x, y));
        if feature.is_polygon {
            builder.close();
        }
    }
    builder.finish()
}

fn solid(color: Color, opacity: f32) -> Shader<'static> {
    let [r, g, b] = color.0;
    Shader::SolidColor(tiny_skia::Color::from_rgba8(r, g, b, (opacity * 255.0).round() as u8))
}

/// A stretch of a picture along one axis and where it goes, in pixels.
#[derive(Clone, Copy)]
struct Stretch {
    from: f32,
    length: f32,
    to: f32,
    scale: f32,
}

/// The parts of a picture of the size `natural` that make it `size`: what the symbol says grows, the rest does not.
fn cells(symbol: &SpriteSymbol, natural: [f32; 2], size: [f32; 2], ratio: f32) -> Vec<[Stretch; 2]> {
    let along = |axis: usize| {
        let whole = Stretch { from: 0.0, length: natural[axis], to: 0.0, scale: size[axis] / natural[axis] };
        let Some(stretch) = symbol.stretch.filter(|_| size != natural) else { return vec![whole] };
        let [from, to] = stretch[axis].map(|v| v * ratio);
        let rest = natural[axis] - (to - from);
        let grown = (size[axis] - rest).max(0.0);
        vec![
            Stretch { from: 0.0, length: from, to: 0.0, scale: 1.0 },
            Stretch { from, length: to - from, to: from, scale: grown / (to - from) },
            Stretch { from: to, length: natural[axis] - to, to: from + grown, scale: 1.0 },
        ]
    };
    let (across, down) = (along(0), along(1));
    across.into_iter().flat_map(|a| down.iter().map(move |d| [a, *d]).collect::<Vec<_>>()).collect()
}
