//! From the edges around an area to valid polygons.
//!
//! At each vertex the walk goes on along the edge that bounds the same corner of the area, so one walk runs
//! around one connected piece of it, or around a hole in one, and pieces that meet at a point stay apart
//! (OGC Simple Features, 06-103r4 §6.1.11: the interior is connected). A walk that comes back to a vertex is
//! split there: a hole that touches its exterior becomes a ring of its own.

use super::shape::{Point, Rect, Shape, area2, cross, turns};

/// An edge with the area on its right on the screen.
pub type Edge = [Point; 2];

/// A connected piece of the area: its exterior, then its holes.
struct Piece {
    rings: Vec<Vec<Point>>,
    bounds: Rect,
    area2: i64,
}

/// Writes to `shape` the polygons that `edges` bound: all the edges of an area, each once, that meet at their
/// ends only. Exteriors turn to the right.
pub fn trace(edges: &mut [Edge], shape: &mut Shape) {
    edges.sort_unstable();
    let next: Vec<usize> = edges.iter().map(|&edge| follow(edges, edge)).collect();
    let (mut pieces, mut holes) = (vec![], vec![]);
    let mut splitter = Splitter { on_path: vec![NOWHERE; edges.len()], ..Splitter::default() };
    let mut walked = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut at = start;
        while let Some(seen @ false) = walked.get_mut(at) {
            *seen = true;
            splitter.step(edges, at);
            at = next[at];
        }
        splitter.finish(&mut pieces, &mut holes);
    }
    for hole in holes {
        if let Some(piece) = around(&hole, &pieces) {
            pieces[piece].rings.push(hole);
        }
    }
    shape.clear();
    for piece in &pieces {
        for (i, ring) in piece.rings.iter().enumerate() {
            shape.points.extend_from_slice(ring);
            shape.end_path(i == 0);
        }
    }
}

/// The edges that start at `point`, as a range of the sorted edges.
fn starting(edges: &[Edge], point: Point) -> std::ops::Range<usize> {
    let first = edges.partition_point(|edge| edge[0] < point);
    first..first + edges[first..].iter().take_while(|edge| edge[0] == point).count()
}

/// The edge after `edge` around the same corner: the first met when turning left from the way back.
fn follow(edges: &[Edge], [from, at]: Edge) -> usize {
    let out = starting(edges, at);
    let first = out.start;
    let left_of = |a: Point, b: Point| -cross(at, a, b);
    // Not within half a turn to the left of the way back.
    let far = |p: Point| left_of(from, p) < 0;
    out.reduce(|best, i| {
        let (p, q) = (edges[i][1], edges[best][1]);
        let sooner = if far(p) == far(q) { left_of(p, q) > 0 } else { far(q) };
        if sooner { i } else { best }
    })
    .unwrap_or(first)
}

const NOWHERE: usize = usize::MAX;

/// Splits a walk into rings that meet no vertex twice.
#[derive(Default)]
struct Splitter {
    /// First edges of the vertices since the walk began, without what was split off.
    path: Vec<usize>,
    /// For each vertex, by its first edge, its place on the path.
    on_path: Vec<usize>,
    rings: Vec<Vec<Point>>,
}

impl Splitter {
    fn step(&mut self, edges: &[Edge], at: usize) {
        let vertex = edges.partition_point(|edge| edge[0] < edges[at][0]);
        if self.on_path[vertex] != NOWHERE {
            self.split(edges, self.on_path[vertex]);
        }
        self.on_path[vertex] = self.path.len();
        self.path.push(vertex);
        // The end of the walk: back where it began.
        let end = edges.partition_point(|edge| edge[0] < edges[at][1]);
        if self.path.first() == Some(&end) {
            self.split(edges, 0);
        }
    }

    /// Takes the path from `start` on as a ring.
    fn split(&mut self, edges: &[Edge], start: usize) {
        let ring: Vec<Point> = self.path[start..].iter().map(|&vertex| edges[vertex][0]).collect();
        self.path.drain(start..).for_each(|vertex| self.on_path[vertex] = NOWHERE);
        self.rings.push(corners(&ring));
    }

    /// Ends a walk: around a piece if one of its rings turns to the right, around holes otherwise.
    fn finish(&mut self, pieces: &mut Vec<Piece>, holes: &mut Vec<Vec<Point>>) {
        // Nothing is left there unless the edges did not close.
        self.path.drain(..).for_each(|vertex| self.on_path[vertex] = NOWHERE);
        let exterior = self.rings.iter().position(|ring| area2(ring) > 0);
        match exterior.and_then(|i| Some((i, Rect::around(&self.rings[i])?))) {
            Some((i, bounds)) => {
                self.rings.swap(0, i);
                let area2 = area2(&self.rings[0]);
                pieces.push(Piece { rings: std::mem::take(&mut self.rings), bounds, area2 });
            }
            None => holes.append(&mut self.rings),
        }
    }
}

/// A ring without the points at which it goes straight on.
fn corners(ring: &[Point]) -> Vec<Point> {
    let n = ring.len();
    let bends = |i: usize| cross(ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]) != 0;
    (0..n).filter(|&i| bends(i)).map(|i| ring[i]).collect()
}

/// The piece that a hole lies in: the smallest around the middle of one of its edges, in which no other ring
/// touches it.
fn around(hole: &[Point], pieces: &[Piece]) -> Option<usize> {
    if pieces.len() < 2 {
        return pieces.len().checked_sub(1);
    }
    let &[a, b, ..] = hole else { return None };
    let middle = [a[0] + b[0], a[1] + b[1]];
    let inside = |piece: &Piece| {
        let doubled: Vec<Point> = piece.rings[0].iter().map(|p| p.map(|v| 2 * v)).collect();
        turns(&doubled, middle) != 0
    };
    let candidates = (0..pieces.len()).filter(|&i| pieces[i].bounds.holds(a) && inside(&pieces[i]));
    candidates.min_by_key(|&i| pieces[i].area2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(rings: &[&[Point]]) -> Vec<(bool, Vec<Point>)> {
        let mut edges: Vec<Edge> = vec![];
        for ring in rings {
            edges.extend((0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]]));
        }
        let mut shape = Shape::default();
        trace(&mut edges, &mut shape);
        shape.iter().map(|(outer, ring)| (outer, ring.to_vec())).collect()
    }

    const SQUARE: [Point; 4] = [[0, 0], [9, 0], [9, 9], [0, 9]];

    #[test]
    fn a_hole_that_touches_its_exterior_stays_a_hole() {
        let hole = [[0, 0], [3, 6], [6, 3]];
        assert_eq!(traced(&[&SQUARE, &hole]), [(true, SQUARE.to_vec()), (false, hole.to_vec())]);
    }

    #[test]
    fn pieces_that_meet_at_a_point_are_two() {
        let other = SQUARE.map(|[x, y]| [x + 9, y + 9]);
        assert_eq!(traced(&[&SQUARE, &other]), [(true, SQUARE.to_vec()), (true, other.to_vec())]);
        // A hole from side to side parts its exterior.
        let across = [[0, 0], [4, 5], [9, 9], [5, 4]];
        assert_eq!(traced(&[&SQUARE, &across]).iter().filter(|(outer, _)| *outer).count(), 2);
    }

    #[test]
    fn an_island_that_touches_the_rim_of_its_lake_is_a_piece_and_the_lake_a_hole() {
        let lake = [[2, 2], [2, 7], [7, 7], [7, 2]];
        let island = [[2, 2], [5, 4], [4, 5]];
        let expected = [(true, SQUARE.to_vec()), (false, lake.to_vec()), (true, island.to_vec())];
        assert_eq!(traced(&[&SQUARE, &lake, &island]), expected);
    }
}
