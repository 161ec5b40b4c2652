//! Lines: cut at the edge of a tile, moved to one side, and walked along.

pub type Point = [f32; 2];

pub fn distance(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

pub fn between(a: Point, b: Point, share: f32) -> Point {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
}

/// The angle of the way from `a` to `b`, radians, clockwise on the screen.
pub fn angle(a: Point, b: Point) -> f32 {
    (b[1] - a[1]).atan2(b[0] - a[0])
}

/// The pieces of `line` inside the square from the origin to `side`.
pub fn clipped(line: &[Point], side: f32) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = vec![];
    let mut open = false;
    for pair in line.windows(2) {
        let Some((from, to)) = clip_segment(pair[0], pair[1], side) else {
            open = false;
            continue;
        };
        match pieces.last_mut().filter(|piece| open && piece.last() == Some(&from)) {
            Some(piece) => piece.push(to),
            None => pieces.push(vec![from, to]),
        }
        open = to == pair[1];
    }
    pieces
}

/// Liang and Barsky's clipping.
fn clip_segment(a: Point, b: Point, side: f32) -> Option<(Point, Point)> {
    let (mut first, mut last) = (0.0f32, 1.0f32);
    for axis in 0..2 {
        let step = b[axis] - a[axis];
        for (step, room) in [(-step, a[axis]), (step, side - a[axis])] {
            if step == 0.0 && room < 0.0 {
                return None;
            }
            if step < 0.0 {
                first = first.max(room / step);
            } else if step > 0.0 {
                last = last.min(room / step);
            }
        }
    }
    let at = |share: f32| {
        if share == 0.0 {
            a
        } else if share == 1.0 {
            b
        } else {
            between(a, b, share)
        }
    };
    (first < last).then(|| (at(first), at(last)))
}

/// How far a corner may reach out, in offsets.
const MITRE: f32 = 2.0;

/// `line` moved by `offset` to its right, point by point; `closed` says that the last point goes on to the first.
pub fn moved(line: &[Point], offset: f32, closed: bool) -> Vec<Point> {
    let (points, count) = (line, line.len());
    if offset == 0.0 || count < 2 {
        return points.to_vec();
    }
    // Between equal points there is no direction, and no normal.
    let normal = |a: Point, b: Point| {
        let length = distance(a, b);
        (length > 0.0).then(|| [-(b[1] - a[1]) / length, (b[0] - a[0]) / length])
    };
    let corner = |i: usize| {
        let (before, after) = ((i + count - 1) % count, (i + 1) % count);
        let arriving = normal(points[before], points[i]).filter(|_| closed || i > 0);
        let leaving = normal(points[i], points[after]).filter(|_| closed || i + 1 < count);
        let (a, b) = (arriving.or(leaving).unwrap_or_default(), leaving.or(arriving).unwrap_or_default());
        let reach = offset / (1.0 + a[0] * b[0] + a[1] * b[1]).max(1.0 / MITRE);
        [points[i][0] + (a[0] + b[0]) * reach, points[i][1] + (a[1] + b[1]) * reach]
    };
    (0..count).map(corner).collect()
}

/// A place on a line.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub point: Point,
    /// Of the segment, radians.
    pub angle: f32,
}

/// A line that knows its lengths.
pub struct Measured<'a> {
    pub points: &'a [Point],
    /// From the beginning to each point.
    pub lengths: Vec<f32>,
}

impl<'a> Measured<'a> {
    pub fn new(points: &'a [Point]) -> Self {
        let mut length = 0.0;
        let mut lengths = vec![0.0];
        lengths.extend(points.windows(2).map(|pair| {
            length += distance(pair[0], pair[1]);
            length
        }));
        Self { points, lengths }
    }

    pub fn length(&self) -> f32 {
        self.lengths.last().copied().unwrap_or(0.0)
    }

    /// The place at `length` from the beginning; `None` beyond either end.
    pub fn at(&self, length: f32) -> Option<Spot> {
        if !(0.0..=self.length()).contains(&length) || self.points.len() < 2 {
            return None;
        }
        let end = self.lengths.partition_point(|l| *l < length).clamp(1, self.points.len() - 1);
        let (a, b) = (self.points[end - 1], self.points[end]);
        let whole = self.lengths[end] - self.lengths[end - 1];
        let share = if whole > 0.0 { (length - self.lengths[end - 1]) / whole } else { 0.0 };
        Some(Spot { point: between(a, b, share), angle: angle(a, b) })
    }

    /// How far along `other`, of which each point belongs to one of this line, is the place at `length`.
    pub fn same_place(&self, length: f32, other: &Measured) -> Option<f32> {
        let end = self.lengths.partition_point(|l| *l < length).max(1);
        let (from, to) = (self.lengths.get(end - 1)?, self.lengths.get(end)?);
        let (other_from, other_to) = (other.lengths.get(end - 1)?, other.lengths.get(end)?);
        let share = if to > from { (length - from) / (to - from) } else { 0.0 };
        Some(other_from + (other_to - other_from) * share)
    }

    /// Whether the line bends by more than `max` radians within any stretch of `window` between `from` and `to`.
    pub fn bends(&self, from: f32, to: f32, window: f32, max: f32) -> bool {
        let corners: Vec<(f32, f32)> = (1..self.points.len().saturating_sub(1))
            .filter(|&i| from < self.lengths[i] && self.lengths[i] < to)
            .map(|i| {
                let turn =
                    angle(self.points[i], self.points[i + 1]) - angle(self.points[i - 1], self.points[i]);
                let turn =
                    (turn + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU) - std::f32::consts::PI;
                (self.lengths[i], turn.abs())
            })
            .collect();
        corners.iter().enumerate().any(|(n, (at, _))| {
            let near = corners[..=n].iter().rev().take_while(|(before, _)| at - before <= window);
            near.map(|(_, turn)| turn).sum::<f32>() > max
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_leaves_and_comes_back() {
        let line = [[-5.0, 5.0], [5.0, 5.0], [5.0, 15.0], [8.0, 15.0], [8.0, 2.0]];
        let pieces = clipped(&line, 10.0);
        assert_eq!(pieces, [vec![[0.0, 5.0], [5.0, 5.0], [5.0, 10.0]], vec![[8.0, 10.0], [8.0, 2.0]]]);
        assert!(clipped(&[[-5.0, -5.0], [-5.0, 20.0]], 10.0).is_empty());
    }

    #[test]
    fn a_ring_that_goes_clockwise_moves_inwards() {
        let square = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        assert_eq!(moved(&square, 2.0, true), [[2.0, 2.0], [8.0, 2.0], [8.0, 8.0], [2.0, 8.0]]);
        assert_eq!(moved(&square[..2], 2.0, false), [[0.0, 2.0], [10.0, 2.0]]);
    }

    #[test]
    fn places_and_bends_are_found_by_length() {
        let points = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]];
        let line = Measured::new(&points);
        assert_eq!(line.at(15.0).unwrap().point, [10.0, 5.0]);
        assert!(line.at(21.0).is_none());
        assert!(
            line.bends(5.0, 15.0, 4.0, 1.0)
                && !line.bends(5.0, 15.0, 4.0, 2.0)
                && !line.bends(11.0, 20.0, 4.0, 1.0)
        );
    }
}
