//! Where marks go: the names, the ticks of faults, the shields of roads.
//!
//! Anchors along lines are found as MapLibre finds them (`get_anchors.ts`, `check_max_angle.ts`), from the line inside its
//! vector tile alone.

use super::{
    Scene,
    features::{Feature, Layer},
    glyphs::EM,
    line::{Measured, Point, Spot, clipped, distance, moved},
    sdf::Stamp,
    text::{self, Placed, Shaped},
};
use crate::style::{Alignment, Mark, Placement, Symbol};
use std::{
    cmp::Reverse,
    collections::HashMap,
    f32::consts::{FRAC_PI_2, PI},
};

/// A mark that has its place. Lengths are CSS pixels as in [`super::Frame`].
pub struct Set<'a> {
    /// Which part of the scene it is of.
    pub part: usize,
    pub icon: Option<Icon<'a>>,
    pub stamps: Vec<Stamp<'a>>,
    boxes: Vec<Box>,
    bounds: Box,
    rank: Rank,
    /// Whether it stays near its anchor.
    is_small: bool,
    /// Whether it stands where it is, whatever else is there.
    is_free: bool,
}

/// A symbol of the sprite.
pub struct Icon<'a> {
    pub name: &'a str,
    pub middle: Point,
    pub angle: f32,
    /// How wide and high it is made, where it is stretched around a text.
    pub size: Option<[f32; 2]>,
}

#[derive(Debug, Clone, Copy)]
struct Box {
    min: Point,
    max: Point,
}

/// Who comes first: later parts, then what stands farther north and west in the whole grid, then lower ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    part: usize,
    up: i64,
    left: i64,
    id: Reverse<u64>,
}

impl Box {
    fn around(points: impl IntoIterator<Item = Point>, margin: f32) -> Self {
        let mut bounds = Self { min: [f32::INFINITY; 2], max: [f32::NEG_INFINITY; 2] };
        for point in points {
            for (axis, at) in point.into_iter().enumerate() {
                bounds.min[axis] = bounds.min[axis].min(at - margin);
                bounds.max[axis] = bounds.max[axis].max(at + margin);
            }
        }
        bounds
    }

    fn meets(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.min[axis] < other.max[axis] && other.min[axis] < self.max[axis])
    }

    fn corners(&self) -> [Point; 2] {
        [self.min, self.max]
    }
}

impl Set<'_> {
    fn meets(&self, other: &Self) -> bool {
        self.bounds.meets(&other.bounds)
            && self.boxes.iter().any(|own| other.boxes.iter().any(|others| own.meets(others)))
    }
}

/// The marks that ask for a place in `scene`, in the order of their parts.
fn candidates<'a>(scene: &'a Scene<'a>) -> Vec<Set<'a>> {
    let mut candidates = vec![];
    for (number, part) in scene.parts.iter().enumerate() {
        let Symbol::Mark(mark) = &part.symbol else { continue };
        if !part.zooms.contains(&scene.frame.zoom) {
            continue;
        }
        for ([column, row], layers) in &scene.tiles {
            let Some(layer) = layers.layer(&part.source_layer) else { continue };
            let tile = Tile::new(scene, mark, number, [*column, *row]);
            let features = layer.features.iter();
            let mut taken = HashMap::new();
            for feature in features.filter(|f| part.filter.passes(|field| layer.text(f, field))) {
                tile.marks(layer, feature, &mut taken, &mut candidates);
            }
        }
    }
    candidates
}

/// The marks that a sheet shows, in the order of their parts: those inside it, the best first, each where there is
/// room left. Nothing goes on beyond a sheet, so nothing has to be decided alike there.
pub fn place_all<'a>(scene: &'a Scene<'a>, size: [f32; 2]) -> Vec<Set<'a>> {
    let mut candidates = candidates(scene);
    let within = |set: &Set| {
        let [min, max] = set.bounds.corners();
        (0..2).all(|axis| min[axis] >= 0.0 && max[axis] <= size[axis])
    };
    candidates.retain(within);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|&n| Reverse(candidates[n].rank));
    let mut shown = vec![false; candidates.len()];
    let mut taken: HashMap<[i32; 2], Vec<usize>> = HashMap::new();
    for n in order {
        let set = &candidates[n];
        let squares = || Rivals::squares(&set.bounds);
        let mut near = squares().filter_map(|square| taken.get(&square)).flatten();
        shown[n] = set.is_free || !near.any(|&other| candidates[other].meets(set));
        if shown[n] && !set.is_free {
            squares().for_each(|square| taken.entry(square).or_default().push(n));
        }
    }
    let mut shown = shown.into_iter();
    candidates.retain(|_| shown.next().unwrap_or_default());
    candidates
}

/// The marks that the picture of `scene` shows, in the order of their parts.
pub fn place<'a>(scene: &'a Scene<'a>) -> Vec<Set<'a>> {
    let mut candidates = candidates(scene);
    let picture = scene.frame.corner.map(|v| v as f32);
    let picture = Box { min: picture, max: picture.map(|v| v + super::SIZE as f32) };
    let rivals = Rivals::new(&candidates);
    let shown: Vec<bool> = candidates
        .iter()
        .map(|set| set.bounds.meets(&picture) && (set.is_free || rivals.leave_room_for(set)))
        .collect();
    let mut shown = shown.into_iter();
    candidates.retain(|_| shown.next().unwrap_or_default());
    candidates
}

/// Who of those that want the same room gets it.
///
/// Taking one after another, best first, would let a mark depend on others however far away, and pictures of
/// neighbouring tiles would differ. So a mark is drawn when none that outranks it wants its room. A small one is drawn
/// also when those that do are small, and each is kept out by a small one that is drawn by the first rule.
///
/// The farthest mark that this asks for is `2 (a + b + c) + d` away from the picture, the sizes of the four from their
/// anchors: with three small ones of a ninth and one of a third of the side of a tile ([`Tile::reach`]), that is one side.
/// The tiles around hold all of them.
struct Rivals<'a> {
    candidates: &'a [Set<'a>],
    /// Candidates by the squares that their bounds meet.
    squares: HashMap<[i32; 2], Vec<usize>>,
}

const SQUARE: f32 = 64.0;

impl<'a> Rivals<'a> {
    fn new(candidates: &'a [Set<'a>]) -> Self {
        let mut squares: HashMap<_, Vec<_>> = HashMap::new();
        for (n, set) in candidates.iter().enumerate().filter(|(_, set)| !set.is_free) {
            for square in Self::squares(&set.bounds) {
                squares.entry(square).or_default().push(n);
            }
        }
        Self { candidates, squares }
    }

    fn squares(bounds: &Box) -> impl Iterator<Item = [i32; 2]> + use<> {
        let [min, max] = bounds.corners().map(|corner| corner.map(|v| (v / SQUARE).floor() as i32));
        (min[0]..=max[0]).flat_map(move |x| (min[1]..=max[1]).map(move |y| [x, y]))
    }

    /// Those that outrank `set` and want its room.
    fn of(&self, set: &Set) -> impl Iterator<Item = &'a Set<'a>> {
        let near = Self::squares(&set.bounds).filter_map(|square| self.squares.get(&square)).flatten();
        near.map(|&n| &self.candidates[n]).filter(|other| other.rank > set.rank && other.meets(set))
    }

    fn leave_room_for(&self, set: &Set) -> bool {
        let is_first = |set: &Set| self.of(set).next().is_none();
        let is_out =
            |set: &Set| set.is_small && self.of(set).any(|better| better.is_small && is_first(better));
        is_first(set) || (set.is_small && self.of(set).all(is_out))
    }
}

/// The marks of one part in one vector tile.
struct Tile<'a> {
    scene: &'a Scene<'a>,
    mark: &'a Mark,
    part: usize,
    /// Columns and rows from the tile of the picture.
    place: [i8; 2],
    /// Of its upper left corner.
    corner: Point,
    size: f32,
    /// How far a mark may reach from its anchor, see [`Rivals`].
    reach: f32,
}

impl<'a> Tile<'a> {
    fn new(scene: &'a Scene<'a>, mark: &'a Mark, part: usize, place: [i8; 2]) -> Self {
        let side = scene.frame.side as f32;
        let corner = place.map(|n| f32::from(n) * side);
        Self {
            scene,
            mark,
            part,
            place,
            corner,
            size: mark.text_size.at(scene.frame.zoom),
            reach: side / 3.0,
        }
    }

    /// Adds the marks of `feature` to `sets`; `taken` has the anchors of each text so far.
    fn marks(
        &self,
        layer: &Layer,
        feature: &'a Feature,
        taken: &mut HashMap<String, Vec<Point>>,
        sets: &mut Vec<Set<'a>>,
    ) {
        let text = self.mark.text_field.as_ref();
        let text = text.map(|template| template.fill(|field| layer.text(feature, field)));
        if text.as_ref().is_some_and(String::is_empty) {
            return;
        }
        let text = text.unwrap_or_default();
        let side = self.scene.frame.side as f32;
        let unit = self.scene.frame.unit();
        let mark = self.mark;
        if mark.symbol_placement == Placement::Point {
            let points = feature.paths.iter().filter(|path| path.len() == 1).flatten();
            let anchors =
                points.map(|p| p.map(|v| v * unit)).filter(|p| p.iter().all(|v| (0.0..side).contains(v)));
            let anchors: Vec<_> = anchors.collect();
            if anchors.is_empty() {
                return;
            }
            let shaped = self.shape(&text, mark.text_max_width);
            sets.extend(anchors.into_iter().filter_map(|anchor| self.upright(&shaped, anchor, feature.id)));
            return;
        }
        let shaped = self.shape(&text, f32::INFINITY);
        for path in &feature.paths {
            let mut line: Vec<Point> = path.iter().map(|p| p.map(|v| v * unit)).collect();
            if feature.is_polygon {
                line.extend(line.first().copied());
            }
            for piece in clipped(&line, side) {
                let line = Measured::new(&piece);
                for (at, spot) in self.anchors(&line, &shaped) {
                    let others = taken.entry(text.clone()).or_default();
                    let too_near = |other: &Point| distance(*other, spot.point) < mark.symbol_spacing / 2.0;
                    if !text.is_empty() && others.iter().any(too_near) {
                        continue;
                    }
                    others.push(spot.point);
                    sets.extend(self.on_line(&shaped, &line, at, spot, feature.id));
                }
            }
        }
    }

    fn shape(&self, text: &str, max_width: f32) -> Shaped<'a> {
        text::shape(self.scene.font, text, max_width, self.mark.text_letter_spacing)
    }

    /// Places along `line` with room for the mark, and how far along they are.
    fn anchors(&self, line: &Measured, shaped: &Shaped) -> Vec<(f32, Spot)> {
        let side = self.scene.frame.side as f32;
        let mark = self.mark;
        // MapLibre measures at zoom 18, so that anchors stay where they are as the map is enlarged.
        let scale = mark.text_size.at(18.0) / EM;
        let icon = mark.icon_image.as_deref().and_then(|name| self.scene.sprite.symbol(name));
        let label = shaped.width.max(icon.map_or(0.0, |icon| icon.width as f32)) * scale;
        let spacing = if mark.symbol_spacing - label < mark.symbol_spacing / 4.0 {
            label + mark.symbol_spacing / 4.0
        } else {
            mark.symbol_spacing
        };
        let continued = line.points.first().is_some_and(|p| p.iter().any(|v| *v == 0.0 || *v == side));
        let first = if continued { spacing / 2.0 } else { (label / 2.0 + 2.0 * EM * scale) % spacing };
        let text_window = if shaped.glyphs.is_empty() { 0.0 } else { 0.6 * EM * scale };
        let fits = |at: f32| {
            let spot = line.at(at)?;
            let inside = spot.point.iter().all(|v| (0.0..side).contains(v));
            let room = at - label / 2.0 >= 0.0 && at + label / 2.0 <= line.length();
            let bends = text_window > 0.0
                && line.bends(
                    at - label / 2.0,
                    at + label / 2.0,
                    text_window,
                    mark.text_max_angle.to_radians(),
                );
            (inside && room && !bends).then_some((at, spot))
        };
        let count = ((line.length() - first) / spacing).ceil().max(0.0) as usize;
        let found: Vec<_> = (0..count).filter_map(|n| fits(first + n as f32 * spacing)).collect();
        if found.is_empty() && !continued { fits(line.length() / 2.0).into_iter().collect() } else { found }
    }

    /// A mark that stands upright at `anchor`.
    fn upright(&self, shaped: &Shaped<'a>, anchor: Point, id: u64) -> Option<Set<'a>> {
        let scale = self.size / EM;
        let [dx, dy] = self.mark.text_offset.map(|em| em * self.size);
        let middle = [anchor[0] + self.corner[0] + dx, anchor[1] + self.corner[1] + dy];
        let stamps = shaped.glyphs.iter().map(|placed| self.stamp(placed, middle, 0.0, placed.x, placed.y));
        let half = [shaped.width * scale / 2.0, shaped.height * scale / 2.0];
        let mut boxes = vec![];
        if !shaped.glyphs.is_empty() {
            let corners =
                [[middle[0] - half[0], middle[1] - half[1]], [middle[0] + half[0], middle[1] + half[1]]];
            boxes.push(Box::around(corners, self.mark.text_padding));
        }
        let icon = self.icon(middle, 0.0, half.map(|v| 2.0 * v));
        self.set(stamps.collect(), icon, boxes, anchor, id)
    }

    /// A mark that follows `line` at `at` from its beginning.
    fn on_line(&self, shaped: &Shaped<'a>, line: &Measured, at: f32, spot: Spot, id: u64) -> Option<Set<'a>> {
        if self.mark.text_rotation_alignment == Alignment::Viewport {
            return self.upright(shaped, spot.point, id);
        }
        let middle = [spot.point[0] + self.corner[0], spot.point[1] + self.corner[1]];
        let turned = self.mark.icon_rotation_alignment != Alignment::Viewport;
        let icon = self.icon(middle, if turned { spot.angle } else { 0.0 }, [0.0; 2]);
        let (stamps, boxes) = self.letters(shaped, line, at)?;
        self.set(stamps, icon, boxes, spot.point, id)
    }

    /// The letters of a text along `line`, left to right or, where it is steep, downwards; `None` when it is too long.
    ///
    /// A text with an offset stands to the right of the line, whichever way it is read: inside, along an outline.
    fn letters(&self, shaped: &Shaped<'a>, line: &Measured, at: f32) -> Option<(Vec<Stamp<'a>>, Vec<Box>)> {
        let beside = moved(line.points, self.mark.text_offset[1] * self.size, false);
        let beside = Measured::new(&beside);
        let at = line.same_place(at, &beside)?;
        let scale = self.size / EM;
        let half = shaped.width * scale / 2.0;
        let (from, to) = (beside.at(at - half)?, beside.at(at + half)?);
        let [dx, dy] = [to.point[0] - from.point[0], to.point[1] - from.point[1]];
        let is_upright = |placed: &Placed| text::is_ideographic(placed.character);
        let downwards = dy.abs() > dx.abs() && shaped.glyphs.iter().any(is_upright);
        let backwards = if downwards { dy < 0.0 } else { dx < 0.0 };
        let (mut stamps, mut boxes) = (vec![], vec![]);
        for placed in &shaped.glyphs {
            let middle = placed.x + placed.glyph.advance as f32 / 2.0;
            let spot = beside.at(if backwards { at - middle * scale } else { at + middle * scale })?;
            let centre = [spot.point[0] + self.corner[0], spot.point[1] + self.corner[1]];
            let turned = if backwards { PI } else { 0.0 };
            let upright = if downwards && is_upright(placed) { FRAC_PI_2 } else { 0.0 };
            stamps.push(self.stamp(placed, centre, spot.angle + turned - upright, placed.x - middle, 0.0));
            boxes.push(Box::around([centre], self.size / 2.0 + self.mark.text_padding));
        }
        Some((stamps, boxes))
    }

    /// `placed` with its pen at `x` and the middle of its line at `y` from `middle`, in 24ths of an em, turned around
    /// `middle`.
    fn stamp(&self, placed: &Placed<'a>, middle: Point, angle: f32, x: f32, y: f32) -> Stamp<'a> {
        let size = self.size / EM;
        let (x, y) = placed.glyph.corner(x, y);
        let (sin, cos) = angle.sin_cos();
        let origin = [middle[0] + (x * cos - y * sin) * size, middle[1] + (x * sin + y * cos) * size];
        Stamp { glyph: placed.glyph, origin, size, angle }
    }

    fn icon(&self, middle: Point, angle: f32, text: [f32; 2]) -> Option<Icon<'a>> {
        let name = self.mark.icon_image.as_deref()?;
        let symbol = self.scene.sprite.symbol(name)?;
        let size = self.mark.icon_text_fit.map(|_| {
            let [left, top, right, bottom] =
                symbol.content.unwrap_or([0.0, 0.0, symbol.width as f32, symbol.height as f32]);
            [text[0] + symbol.width as f32 - (right - left), text[1] + symbol.height as f32 - (bottom - top)]
        });
        Some(Icon { name, middle, angle, size })
    }

    /// `None` when it would reach too far from its anchor.
    fn set(
        &self,
        stamps: Vec<Stamp<'a>>,
        icon: Option<Icon<'a>>,
        mut boxes: Vec<Box>,
        anchor: Point,
        id: u64,
    ) -> Option<Set<'a>> {
        let mark = self.mark;
        if let Some(icon) = &icon {
            let symbol = self.scene.sprite.symbol(icon.name)?;
            let [w, h] = icon.size.unwrap_or([symbol.width as f32, symbol.height as f32]).map(|v| v / 2.0);
            let half = if icon.angle == 0.0 { [w, h] } else { [w.hypot(h); 2] };
            let [x, y] = icon.middle;
            boxes.push(Box::around(
                [[x - half[0], y - half[1]], [x + half[0], y + half[1]]],
                mark.icon_padding,
            ));
        }
        let bounds = Box::around(boxes.iter().flat_map(Box::corners), 0.0);
        let here = [anchor[0] + self.corner[0], anchor[1] + self.corner[1]];
        let reaches = |axis: usize| (here[axis] - bounds.min[axis]).max(bounds.max[axis] - here[axis]);
        let size = reaches(0).max(reaches(1));
        let side = i64::from(self.scene.frame.side);
        // In hundredths of a pixel from the corner of the grid.
        let global = |axis: usize| {
            let tile = i64::from(self.scene.frame.tile[axis]) + i64::from(self.place[axis]);
            tile * side * 100 + (anchor[axis] * 100.0).round() as i64
        };
        let rank = Rank { part: self.part, up: -global(1), left: -global(0), id: Reverse(id) };
        let is_free = mark.icon_allow_overlap && mark.icon_ignore_placement && stamps.is_empty();
        let is_small = size <= self.reach / 3.0;
        (size <= self.reach).then_some(Set {
            part: self.part,
            icon,
            stamps,
            boxes,
            bounds,
            rank,
            is_small,
            is_free,
        })
    }
}
