//! Marks: what stands for a part too small to show its shape.
//!
//! A mark is a rectangle of whole units with the area of the part, as near to a square as whole units allow.
//! What it draws too much or too little is made good by the next ones, so that a group of tiny parts covers
//! what it should, even where each is less than a unit.

use crate::tile::shape::{Point, Rect};

/// A part under this area, in square units, becomes a mark: half a pixel at 512 pixels a tile is 16.
pub const TINY: f64 = 32.0;

/// Area that is still to be drawn, in square units; negative when too much was.
#[derive(Default)]
pub struct Debt(f64);

impl Debt {
    /// Takes note of a part or hole drawn with other than its area.
    pub fn add(&mut self, area: f64) {
        self.0 += area;
    }

    /// The rectangle around `centre` for a part of `area`; `None` when what came before covers it.
    pub fn mark(&mut self, centre: Point, area: f64) -> Option<Rect> {
        self.0 += area;
        // One mark makes up for no more than its own size, so none grows out of proportion.
        let drawn = self.0.round().min((2.0 * area).ceil());
        if drawn < 1.0 {
            return None;
        }
        let width = drawn.sqrt().round().max(1.0);
        let height = (drawn / width).round().max(1.0);
        self.0 -= width * height;
        let [width, height] = [width as i32, height as i32];
        let min = [centre[0] - width / 2, centre[1] - height / 2];
        Some(Rect { min, max: [min[0] + width, min[1] + height] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_marks_cover_what_their_parts_cover() {
        for area in [0.01, 0.3, 1.0, 1.7, 5.0, 13.2, 31.9] {
            let mut debt = Debt::default();
            let marks = (0..1000).filter_map(|_| debt.mark([7, 7], area));
            let drawn: i32 = marks.map(|m| (m.max[0] - m.min[0]) * (m.max[1] - m.min[1])).sum();
            assert!((f64::from(drawn) - 1000.0 * area).abs() < 8.0, "{area}: {drawn}");
        }
    }
}
