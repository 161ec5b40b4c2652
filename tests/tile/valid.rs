//! An independent judge of polygons: OGC Simple Features 06-103r4 §6.1.11 word by word, every pair of
//! edges compared, no sweep, no library.

use std::collections::HashMap;

type Point = [i64; 2];
type Ring = Vec<Point>;

fn cross(a: Point, b: Point, c: Point) -> i128 {
    let d = |p: Point, q: Point, i: usize| i128::from(q[i] - p[i]);
    d(a, b, 0) * d(a, c, 1) - d(a, b, 1) * d(a, c, 0)
}

/// Twice the area by the formula of MVT 2.1 §4.3.3.3: positive for exteriors.
pub fn area2(ring: &[Point]) -> i64 {
    edges(ring).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

fn on(a: Point, b: Point, p: Point) -> bool {
    let between = |i: usize| a[i].min(b[i]) <= p[i] && p[i] <= a[i].max(b[i]);
    cross(a, b, p) == 0 && between(0) && between(1)
}

/// `Some(true)` inside, `Some(false)` outside, `None` on the ring.
fn locate(ring: &[Point], p: Point) -> Option<bool> {
    let mut inside = false;
    for (a, b) in edges(ring) {
        if on(a, b, p) {
            return None;
        }
        if (a[1] > p[1]) != (b[1] > p[1]) && (cross(a, b, p) > 0) == (b[1] > a[1]) {
            inside = !inside;
        }
    }
    Some(inside)
}

/// Where two edges meet: nothing, one point that is a vertex of either, or too much.
enum Contact {
    None,
    Vertex(Point),
    Bad,
}

fn contact((a, b): (Point, Point), (c, d): (Point, Point)) -> Contact {
    let mut shared: Vec<Point> = [(a, c, d), (b, c, d), (c, a, b), (d, a, b)]
        .into_iter()
        .filter(|&(p, q, r)| on(q, r, p))
        .map(|(p, _, _)| p)
        .collect();
    shared.sort_unstable();
    shared.dedup();
    match shared[..] {
        [p] => Contact::Vertex(p),
        [] => {
            let s = |p: i128| p.signum();
            let proper =
                s(cross(a, b, c)) * s(cross(a, b, d)) < 0 && s(cross(c, d, a)) * s(cross(c, d, b)) < 0;
            if proper { Contact::Bad } else { Contact::None }
        }
        _ => Contact::Bad,
    }
}

/// What is wrong with the polygon or multipolygon in `rings`, exteriors told by their winding.
pub fn fault(rings: &[Ring]) -> Option<String> {
    let mut parts: Vec<Vec<&Ring>> = vec![];
    for ring in rings {
        match area2(ring) {
            0 => return Some(format!("no area: {ring:?}")),
            area if area > 0 => parts.push(vec![ring]),
            _ => match parts.last_mut() {
                Some(part) => part.push(ring),
                None => return Some("a hole comes first".into()),
            },
        }
        if let Some(fault) = not_simple(ring) {
            return Some(fault);
        }
    }
    parts.iter().find_map(|part| part_fault(part)).or_else(|| parts_fault(&parts))
}

/// A ring is simple: edges meet at the vertex between neighbours and nowhere else.
fn not_simple(ring: &Ring) -> Option<String> {
    let n = ring.len();
    if n < 3 {
        return Some(format!("{n} points"));
    }
    let edges: Vec<_> = edges(ring).collect();
    for i in 0..n {
        for j in i + 1..n {
            let next = j == i + 1 || (i == 0 && j == n - 1);
            match contact(edges[i], edges[j]) {
                Contact::None => {}
                Contact::Vertex(p) if next && (p == edges[i].1 || p == edges[i].0) => {}
                _ => return Some(format!("edges {:?} and {:?} meet", edges[i], edges[j])),
            }
        }
    }
    None
}

/// Rings of one part touch at single points only, holes lie in the exterior and apart from each other, and
/// the interior is connected: rings and the points where they touch make no cycle.
fn part_fault(rings: &[&Ring]) -> Option<String> {
    let mut touches: HashMap<Point, Vec<usize>> = HashMap::new();
    for i in 0..rings.len() {
        for j in i + 1..rings.len() {
            match touch_points(rings[i], rings[j]) {
                Err(fault) => return Some(fault),
                Ok(points) => {
                    for p in points {
                        let at = touches.entry(p).or_default();
                        for k in [i, j] {
                            if !at.contains(&k) {
                                at.push(k);
                            }
                        }
                    }
                }
            }
            let (inner_in, outer_in) = (within(rings[j], rings[i]), within(rings[i], rings[j]));
            if if i == 0 { !inner_in } else { inner_in || outer_in } {
                return Some(format!("ring {j} lies wrong to ring {i}"));
            }
        }
    }
    let mut root: Vec<usize> = (0..rings.len()).collect();
    fn find(root: &mut [usize], i: usize) -> usize {
        let mut i = i;
        while root[i] != i {
            i = root[i];
        }
        i
    }
    for at in touches.values() {
        for k in &at[1..] {
            let (a, b) = (find(&mut root, at[0]), find(&mut root, *k));
            if a == b {
                return Some("the interior is not connected".into());
            }
            root[a] = b;
        }
    }
    None
}

fn touch_points(a: &Ring, b: &Ring) -> Result<Vec<Point>, String> {
    let mut points = vec![];
    for e in edges(a) {
        for f in edges(b) {
            match contact(e, f) {
                Contact::None => {}
                Contact::Vertex(p) => points.push(p),
                Contact::Bad => return Err(format!("edges {e:?} and {f:?} of two rings cross")),
            }
        }
    }
    points.sort_unstable();
    points.dedup();
    Ok(points)
}

/// Whether `a` lies inside `b`, given that they do not cross: the first vertex or middle of an edge that is
/// not on `b` decides. (Doubled coordinates hold the middles.)
fn within(a: &Ring, b: &Ring) -> bool {
    let double = |p: Point| [2 * p[0], 2 * p[1]];
    let b: Ring = b.iter().map(|&p| double(p)).collect();
    let middle = |(p, q): (Point, Point)| [p[0] + q[0], p[1] + q[1]];
    let mut spots = a.iter().map(|&p| double(p)).chain(edges(a).map(middle));
    spots.find_map(|p| locate(&b, p)).unwrap_or(true)
}

/// Parts touch at points only and do not overlap.
fn parts_fault(parts: &[Vec<&Ring>]) -> Option<String> {
    for i in 0..parts.len() {
        for j in i + 1..parts.len() {
            for a in &parts[i] {
                for b in &parts[j] {
                    if let Err(fault) = touch_points(a, b) {
                        return Some(fault);
                    }
                }
            }
            let covers = |p: &[&Ring], q: &[&Ring]| {
                within(p[0], q[0]) && !q[1..].iter().any(|hole| within(p[0], hole))
            };
            if covers(&parts[i], &parts[j]) || covers(&parts[j], &parts[i]) {
                return Some(format!("parts {i} and {j} overlap"));
            }
        }
    }
    None
}
