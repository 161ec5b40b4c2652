//! What is around the map: frames, title, scale, north arrow and notes.

use super::{
    Notes,
    drawing::{Anchor, Area, Drawing, FAINT, INK, Op, Point, Setting, polyline},
    font::Font,
    graticule::{Graticule, Side, Tick, kilometres},
    view::View,
};
use crate::{describe::Language, style::Color};

const THIN: f32 = 0.12;
const WATER: Color = Color([0x5b, 0x8f, 0xb5]);

pub const fn setting(size: f32, anchor: Anchor, color: Color) -> Setting {
    Setting { size, anchor, color }
}

const GRATICULE: Setting = setting(2.5, Anchor::Middle, INK);
const KILOMETRE: Setting = setting(1.9, Anchor::Middle, FAINT);

/// Ticks of the kilometre grid are not written nearer to those of the graticule than this; millimetres.
const CLEAR: f32 = 15.0;

/// The graticule across the map.
pub fn graticule(drawing: &mut Drawing, view: &View) -> Graticule {
    let graticule = Graticule::of(view);
    drawing.ops.extend(view.format.map().path().map(Op::Clip));
    for line in &graticule.lines {
        drawing.line(line, THIN, WATER);
    }
    drawing.ops.push(Op::Unclip);
    graticule
}

/// The outer and the inner frame with the ticks between them; gives the step of the kilometre grid, metres.
pub fn frames(drawing: &mut Drawing, font: &Font, view: &View, graticule: &Graticule) -> i64 {
    let (outer, inner) = (view.format.frame(), view.format.map());
    drawing.rect(outer, 0.9, INK);
    drawing.rect(outer.inset(1.0), 0.15, INK);
    drawing.rect(inner, 0.25, INK);
    let (step, ticks) = kilometres(view);
    for tick in &ticks {
        drawing.line(&[tick.at, beside(tick, 1.2)], THIN, FAINT);
        let near = |other: &Tick| other.side == tick.side && distance(other.at, tick.at) < CLEAR;
        let corner = corners(inner).into_iter().any(|corner| distance(corner, tick.at) < 6.0);
        if !graticule.ticks.iter().any(near) && !corner {
            label(drawing, font, tick, 3.6, KILOMETRE);
        }
    }
    for tick in &graticule.ticks {
        drawing.line(&[tick.at, beside(tick, 2.0)], 0.25, INK);
        label(drawing, font, tick, 4.3, GRATICULE);
    }
    step
}

fn corners(area: Area) -> [Point; 4] {
    let Area { left, top, right, bottom } = area;
    [[left, top], [right, top], [right, bottom], [left, bottom]]
}

fn distance(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The point `length` outwards from `tick`.
fn beside(tick: &Tick, length: f32) -> Point {
    let [x, y] = tick.at;
    match tick.side {
        Side::Left => [x - length, y],
        Side::Right => [x + length, y],
        Side::Top => [x, y - length],
        Side::Bottom => [x, y + length],
    }
}

/// The label of `tick` with its middle `length` outwards, along the side that it is on.
fn label(drawing: &mut Drawing, font: &Font, tick: &Tick, length: f32, setting: Setting) {
    let [x, y] = beside(tick, length);
    let lower = setting.size * 0.36;
    match tick.side {
        Side::Top | Side::Bottom => drawing.text(font, &tick.label, [x, y + lower], setting),
        Side::Left => drawing.turned(font, &tick.label, [x + lower, y], setting, -1.0),
        Side::Right => drawing.turned(font, &tick.label, [x - lower, y], setting, 1.0),
    }
}

pub fn title(drawing: &mut Drawing, font: &Font, notes: &Notes) {
    let middle = drawing.size[0] / 2.0;
    // Short titles are spaced, as on printed maps; Latin letters are not.
    let is_spaced = drawing.language == Language::Zh && notes.title.chars().count() <= 8;
    let gap = if is_spaced { 6.0 } else { 0.0 };
    drawing.text(font, &notes.plan, [middle, 14.0], setting(5.0, Anchor::Middle, INK));
    drawing.spaced(font, &notes.title, [middle, 25.0], setting(8.5, Anchor::Middle, INK), gap);
}

/// Scale, scale bar and north arrow in the upper part of `area`; gives where they end.
pub fn scale(drawing: &mut Drawing, font: &Font, view: &View, area: Area) -> f32 {
    let Area { left, top, right, .. } = area;
    north(drawing, font, [right - 9.0, top + 2.0]);
    let numeric = format!("{}1:{}", drawing.language.pick(["比例尺　", "Scale "]), grouped(view.scale));
    drawing.text(font, &numeric, [left + 4.0, top + 9.0], setting(3.8, Anchor::Start, INK));
    bar(drawing, font, view, [left + 4.0, top + 18.0]);
    top + 27.0
}

/// `200000` as `200 000`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// Longest scale bar, millimetres.
const BAR: f64 = 56.0;

/// Metres of the longest round length, of 1, 2 or 5, that four parts of the bar have room for.
pub fn part(scale: u32) -> f64 {
    let most = BAR / 4.0 / 1000.0 * f64::from(scale);
    let power = 10f64.powf(most.log10().floor());
    [5.0, 2.0, 1.0].map(|n| n * power).into_iter().find(|part| *part <= most).unwrap_or(power)
}

/// Four parts, black and white by turns, with its upper left corner at `at`.
fn bar(drawing: &mut Drawing, font: &Font, view: &View, [x, y]: Point) {
    let metres = part(view.scale);
    let length = (metres * 1000.0 / f64::from(view.scale)) as f32;
    let (unit, name) = if metres >= 1000.0 { (1000.0, "km") } else { (1.0, "m") };
    for n in 0..4u8 {
        let left = x + f32::from(n) * length;
        let part = Area { left, top: y, right: left + length, bottom: y + 1.6 };
        if n % 2 == 0 {
            drawing.fill(part.path(), INK);
        }
        drawing.rect(part, 0.2, INK);
    }
    let setting = setting(2.3, Anchor::Middle, INK);
    let value = |n: u8| (f64::from(n) * metres / unit).to_string();
    for n in 0..=4u8 {
        drawing.text(font, &value(n), [x + f32::from(n) * length, y - 1.2], setting);
    }
    let beside = 4.0 * length + font.width(&value(4)) * setting.size / 2.0 + 0.8;
    let setting = Setting { anchor: Anchor::Start, ..setting };
    drawing.text(font, name, [x + beside, y - 1.2], setting);
}

/// An arrow to the north of the plane, its tip at `at`.
fn north(drawing: &mut Drawing, font: &Font, [x, y]: Point) {
    let letter = drawing.language.pick(["北", "N"]);
    drawing.text(font, letter, [x, y + 3.2], setting(3.6, Anchor::Middle, INK));
    let (top, low, deep) = (y + 5.0, y + 19.0, y + 16.0);
    drawing.fill(polyline(&[[x, top], [x - 3.6, low], [x, deep]], true), INK);
    drawing.line(&[[x, top], [x + 3.6, low], [x, deep], [x, top]], 0.25, INK);
}

/// The notes, from `y` to the bottom of `area`.
pub fn notes(drawing: &mut Drawing, font: &Font, notes: &Notes, area: Area, y: f32) {
    let setting = setting(2.45, Anchor::Start, INK);
    let width = area.width() - 8.0;
    let mut at = y;
    for line in &notes.lines {
        at = drawing.paragraph(font, line, [area.left + 4.0, at], width, setting) + 0.9;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_bar_has_round_parts() {
        for (scale, metres) in [(200_000, 2000.0), (50_000, 500.0), (150_000, 2000.0), (1_000, 10.0)] {
            assert_eq!(part(scale), metres, "{scale}");
        }
        assert_eq!(grouped(200_000), "200 000");
        assert_eq!(grouped(500), "500");
    }
}
