//! Which rings are the holes of which: formats that only list rings say it by where they lie.

use super::geometry::Position;

/// Polygons of closed rings in any order and direction. A ring inside an odd number of others is a hole of the
/// smallest of them, as GDAL has it; every other one begins a polygon.
///
/// Rings that cross are left for the check of validity to find.
pub fn assemble(rings: Vec<Vec<Position>>) -> Vec<Vec<Vec<Position>>> {
    if rings.len() == 1 {
        return vec![rings];
    }
    let outlines: Vec<Outline> = rings.iter().map(|ring| Outline::of(ring)).collect();
    // Larger ones first: a ring lies only in those before it.
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by(|&a, &b| outlines[b].area.total_cmp(&outlines[a].area).then(a.cmp(&b)));
    let mut depth = vec![0usize; rings.len()];
    let mut owner: Vec<Option<usize>> = vec![None; rings.len()];
    for (place, &inner) in order.iter().enumerate() {
        for &outer in &order[..place] {
            if outlines[outer].covers(&outlines[inner]) && contains(&rings[outer], &rings[inner]) {
                depth[inner] += 1;
                owner[inner] = Some(outer);
            }
        }
    }
    let mut polygon_of = vec![0; rings.len()];
    let mut polygons: Vec<Vec<Vec<Position>>> = Vec::new();
    for index in (0..rings.len()).filter(|&index| depth[index].is_multiple_of(2)) {
        polygon_of[index] = polygons.len();
        polygons.push(vec![rings[index].clone()]);
    }
    for (index, ring) in rings.into_iter().enumerate() {
        if let Some(outer) = owner[index].filter(|_| !depth[index].is_multiple_of(2)) {
            polygons[polygon_of[outer]].push(ring);
        }
    }
    polygons
}

struct Outline {
    min: Position,
    max: Position,
    area: f64,
}

impl Outline {
    fn of(ring: &[Position]) -> Self {
        let mut outline = Self { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2], area: 0.0 };
        let [x0, y0] = ring.first().copied().unwrap_or_default();
        for pair in ring.windows(2) {
            let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
            outline.area += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
        }
        outline.area = outline.area.abs();
        for [x, y] in ring {
            outline.min = [outline.min[0].min(*x), outline.min[1].min(*y)];
            outline.max = [outline.max[0].max(*x), outline.max[1].max(*y)];
        }
        outline
    }

    fn covers(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.min[axis] <= other.min[axis] && self.max[axis] >= other.max[axis])
    }
}

/// Whether `inner` lies in `outer`, judged at its first vertex that is not on the border of it.
fn contains(outer: &[Position], inner: &[Position]) -> bool {
    inner.iter().find_map(|vertex| is_inside(outer, *vertex)).unwrap_or(true)
}

/// `None` for a point on the border.
fn is_inside(ring: &[Position], [x, y]: Position) -> Option<bool> {
    let mut inside = false;
    for pair in ring.windows(2) {
        let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
        let side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
        let in_box = x >= ax.min(bx) && x <= ax.max(bx) && y >= ay.min(by) && y <= ay.max(by);
        if side == 0.0 && in_box {
            return None;
        }
        if (ay > y) != (by > y) && (side > 0.0) == (by > ay) {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Vec<Position> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    }

    #[test]
    fn holes_are_found_whatever_the_order() {
        let (outer, hole, island, beside) =
            (square(0.0, 0.0, 10.0), square(1.0, 1.0, 5.0), square(2.0, 2.0, 1.0), square(20.0, 0.0, 3.0));
        let rings = vec![hole.clone(), beside.clone(), island.clone(), outer.clone()];
        assert_eq!(assemble(rings), vec![vec![beside], vec![island], vec![outer, hole]]);
    }

    #[test]
    fn a_hole_may_touch_its_outline() {
        let (outer, hole) = (square(0.0, 0.0, 10.0), square(0.0, 4.0, 2.0));
        let mut turned = hole.clone();
        turned.reverse();
        for hole in [hole, turned] {
            assert_eq!(assemble(vec![outer.clone(), hole.clone()]), vec![vec![outer.clone(), hole]]);
        }
        let beside = vec![square(0.0, 0.0, 10.0), square(10.0, 0.0, 10.0)];
        assert_eq!(assemble(beside.clone()).len(), 2);
    }
}
