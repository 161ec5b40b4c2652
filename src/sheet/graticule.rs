//! Meridians, parallels and the kilometres of the plane along the frame.

use super::view::View;
use crate::snapshot::Bounds;

/// Steps of the graticule, seconds of arc.
const STEPS: [i32; 15] =
    [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 5 * 3600, 10 * 3600, 15 * 3600];

/// Steps of the kilometre grid, metres.
const KILOMETRES: [i64; 9] = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];

/// Least distance of two meridians or parallels, and of two kilometre ticks, millimetres.
const APART: f64 = 50.0;
const TICKS_APART: f64 = 20.0;

/// A side of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

/// Where a line meets the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub side: Side,
    /// Millimetres of paper.
    pub at: [f32; 2],
    pub label: String,
}

pub struct Graticule {
    /// Seconds of arc between lines.
    pub step: i32,
    /// Points of each line, millimetres of paper; they go on beyond the frame.
    pub lines: Vec<Vec<[f32; 2]>>,
    pub ticks: Vec<Tick>,
}

/// Pieces of a line, straight on paper: a meridian bends by far less than a hair within one.
const PIECES: i32 = 64;

impl Graticule {
    pub fn of(view: &View) -> Self {
        let degrees = view.degrees();
        let across = |step: i32| {
            let metres = f64::from(step) / 3600.0 * 111_320.0;
            let narrow = ((degrees.min_y + degrees.max_y) / 2.0).to_radians().cos();
            metres * narrow * 1000.0 / f64::from(view.scale)
        };
        let step = STEPS.into_iter().find(|step| across(*step) >= APART).unwrap_or(STEPS[STEPS.len() - 1]);
        let mut graticule = Self { step, lines: vec![], ticks: vec![] };
        for seconds in multiples(degrees.min_x, degrees.max_x, step) {
            let lon = f64::from(seconds) / 3600.0;
            let along = |lat| view.place(lon, lat);
            let ends = [(degrees.min_y, Side::Bottom), (degrees.max_y, Side::Top)];
            graticule.add(view, line(along, degrees.min_y, degrees.max_y), seconds, ends.map(|(_, s)| s));
        }
        for seconds in multiples(degrees.min_y, degrees.max_y, step) {
            let lat = f64::from(seconds) / 3600.0;
            let along = |lon| view.place(lon, lat);
            graticule.add(
                view,
                line(along, degrees.min_x, degrees.max_x),
                seconds,
                [Side::Left, Side::Right],
            );
        }
        graticule
    }

    fn add(&mut self, view: &View, line: Vec<[f32; 2]>, seconds: i32, sides: [Side; 2]) {
        let label = dms(seconds, self.step);
        let ticks = sides
            .into_iter()
            .filter_map(|side| Some(Tick { side, at: crossing(view, &line, side)?, label: label.clone() }));
        self.ticks.extend(ticks);
        self.lines.push(line);
    }
}

/// The multiples of `step` seconds between two angles in degrees.
fn multiples(min: f64, max: f64, step: i32) -> impl Iterator<Item = i32> {
    let number = |degrees: f64| degrees * 3600.0 / f64::from(step);
    (number(min).ceil() as i32..=number(max).floor() as i32).map(move |n| n * step)
}

fn line(along: impl Fn(f64) -> [f32; 2], from: f64, to: f64) -> Vec<[f32; 2]> {
    (0..=PIECES).map(|n| along(from + (to - from) * f64::from(n) / f64::from(PIECES))).collect()
}

/// Where `line` meets `side` of the inner frame; `None` where it meets another first.
fn crossing(view: &View, line: &[[f32; 2]], side: Side) -> Option<[f32; 2]> {
    let frame = view.format.map();
    let (axis, limit) = match side {
        Side::Left => (0, frame.left),
        Side::Right => (0, frame.right),
        Side::Top => (1, frame.top),
        Side::Bottom => (1, frame.bottom),
    };
    let range = if axis == 0 { frame.top..=frame.bottom } else { frame.left..=frame.right };
    let pair = line.windows(2).find(|pair| (pair[0][axis] < limit) != (pair[1][axis] < limit))?;
    let share = (limit - pair[0][axis]) / (pair[1][axis] - pair[0][axis]);
    let other = 1 - axis;
    let across = pair[0][other] + (pair[1][other] - pair[0][other]) * share;
    let mut at = [limit; 2];
    at[other] = across;
    range.contains(&across).then_some(at)
}

/// `112°30′`; seconds only where the step has them.
pub fn dms(seconds: i32, step: i32) -> String {
    let (degrees, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if step % 3600 == 0 {
        format!("{degrees}°")
    } else if step % 60 == 0 {
        format!("{degrees}°{minutes:02}′")
    } else {
        format!("{degrees}°{minutes:02}′{rest:02}″")
    }
}

/// A step in words: `10′`.
pub fn words(step: i32) -> String {
    if step < 60 {
        format!("{step}″")
    } else if step < 3600 {
        format!("{}′", step / 60)
    } else {
        format!("{}°", step / 3600)
    }
}

/// Ticks of the kilometre grid of the zone along the frame, and their distance in metres.
pub fn kilometres(view: &View) -> (i64, Vec<Tick>) {
    let paper = |step: i64| step as f64 * 1000.0 / f64::from(view.scale);
    let step = KILOMETRES.into_iter().find(|step| paper(*step) >= TICKS_APART).unwrap_or(100_000);
    let Bounds { min_x, min_y, max_x, max_y } = view.extent;
    let rounds = |min: f64, max: f64| {
        let number = |v: f64| v / step as f64;
        (number(min).ceil() as i64..=number(max).floor() as i64).map(move |n| n * step)
    };
    let label = |metres: i64| {
        if step % 1000 == 0 { (metres / 1000).to_string() } else { format!("{:.1}", metres as f64 / 1000.0) }
    };
    let mut ticks = vec![];
    for x in rounds(min_x, max_x) {
        for (side, y) in [(Side::Top, max_y), (Side::Bottom, min_y)] {
            ticks.push(Tick { side, at: view.paper([x as f64, y]), label: label(x) });
        }
    }
    for y in rounds(min_y, max_y) {
        for (side, x) in [(Side::Left, min_x), (Side::Right, max_x)] {
            ticks.push(Tick { side, at: view.paper([x, y as f64]), label: label(y) });
        }
    }
    (step, ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_written_as_far_as_the_step_goes() {
        assert_eq!(dms(112 * 3600 + 30 * 60, 600), "112°30′");
        assert_eq!(dms(36 * 3600 + 5 * 60 + 30, 30), "36°05′30″");
        assert_eq!(dms(36 * 3600, 3600), "36°");
    }

    #[test]
    fn lines_stand_apart_and_meet_the_frame() {
        let bounds = Bounds { min_x: 112.43, min_y: 36.15, max_x: 113.03, max_y: 36.45 };
        let view = View::new(bounds, None).unwrap();
        let graticule = Graticule::of(&view);
        assert_eq!(graticule.step, 600);
        for side in [Side::Left, Side::Top, Side::Right, Side::Bottom] {
            assert!(graticule.ticks.iter().any(|tick| tick.side == side && tick.label.ends_with("0′")));
        }
        let (step, ticks) = kilometres(&view);
        assert_eq!(step, 5000);
        assert!(ticks.iter().any(|tick| tick.side == Side::Bottom && tick.label == "38385"));
    }
}
