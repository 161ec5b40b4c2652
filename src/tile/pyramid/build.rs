//! Building a pyramid.

use super::{
    Level, Measure, Pyramid, SIMPLIFIED, TOP,
    junction::mark_junctions,
    level::Piece,
    mark::Debt,
    parallel,
    reduce::{Kept, Reducer},
    work::{BASE, Work, coarser},
};
use crate::{
    grid::TileMatrixSet,
    plan::{GeometryKind, Rules, Tiny, Tolerance},
    snapshot::Snapshot,
    tile::{
        BuildError, attributes, geometry,
        project::Projector,
        repair::Repairer,
        sections::SectionWriter,
        shape::{Point, Rect, Shape, area2},
    },
};
use std::{io::Write, ops::Range};

/// Features worked on together, on average. The pieces are the same on every machine, so the result is too.
const CHUNK: usize = 512;

impl Pyramid {
    /// Builds what was measured of each feature, then the levels from [`TOP`] to the layer's minzoom.
    pub fn build(
        snapshot: &Snapshot,
        grid: &TileMatrixSet,
        rules: &Rules,
        out: &mut SectionWriter<impl Write>,
    ) -> Result<(), BuildError> {
        let first = rules.minzoom(&snapshot.layer);
        let kind = snapshot.layer.geometry;
        let (mut chunks, measures) = read(snapshot, grid);
        out.section(&measures)?;
        for z in (first.max(SIMPLIFIED + 1)..=TOP).rev() {
            let pieces = parallel::map(chunks.iter(), |chunk| exact(chunk, kind, z));
            Level::write(pieces.into_iter().collect::<Result<_, _>>()?, out)?;
        }
        if first > SIMPLIFIED {
            return Ok(());
        }
        mark_junctions(&mut chunks, kind == GeometryKind::Polygon);
        let mut zoom = BASE;
        for z in (first..=SIMPLIFIED).rev() {
            chunks = reduce(chunks, kind, zoom - z, z, rules.tolerance);
            zoom = z;
            let pieces = parallel::map(chunks.iter(), |chunk| simplified(chunk, kind, z, rules.tiny));
            Level::write(pieces.into_iter().collect::<Result<_, _>>()?, out)?;
        }
        Ok(())
    }
}

fn read(snapshot: &Snapshot, grid: &TileMatrixSet) -> (Vec<Work>, Vec<Measure>) {
    let projector = Projector::whole(grid, BASE);
    let read = parallel::map(pieces(snapshot).into_iter(), |piece| Work::read(snapshot, &projector, piece));
    let (chunks, measures): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    (chunks, measures.concat())
}

/// Positions in pieces. A piece begins where the feature itself says so, not at a number of features, so that a
/// feature more or less leaves the other pieces, and the debts of their marks, as they are.
fn pieces(snapshot: &Snapshot) -> Vec<Range<u32>> {
    // Fibonacci hashing.
    let begins = |id: i64| (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) < u64::MAX / CHUNK as u64;
    let mut pieces = vec![];
    let mut start = 0;
    for position in 0..snapshot.feature_count() {
        if position > start && begins(attributes::id(snapshot, position)) {
            pieces.push(start as u32..position as u32);
            start = position;
        }
    }
    pieces.push(start as u32..snapshot.feature_count() as u32);
    pieces
}

/// Makes the geometry of zoom `z` from that of the zoom `bits` below.
fn reduce(mut chunks: Vec<Work>, kind: GeometryKind, bits: u8, z: u8, tolerance: Tolerance) -> Vec<Work> {
    let reduced = parallel::map(chunks.iter_mut(), |chunk| {
        chunk.coarsen(bits);
        let (mut reducer, mut to) = (Reducer::new(tolerance), Work::default());
        for i in 0..chunk.features.len() {
            reducer.feature(chunk, i, kind, z, &Kept::default(), &mut to);
        }
        to
    });
    let kept = if kind == GeometryKind::Polygon { crossed(&chunks, &reduced) } else { Kept::default() };
    if kept.arcs.is_empty() {
        return reduced;
    }
    parallel::map(chunks.iter().zip(reduced), |(chunk, reduced)| again(chunk, reduced, z, &kept, tolerance))
}

/// The shared arcs of polygons that simplification made invalid: two arcs that cross bound a polygon between
/// them, so that one tells. Unsimplified they do not cross.
fn crossed(chunks: &[Work], reduced: &[Work]) -> Kept {
    let found = parallel::map(chunks.iter().zip(reduced), |(chunk, reduced)| {
        let (mut kept, mut reducer) = (Kept::default(), Reducer::default());
        let (mut shape, mut repairer) = (Shape::default(), Repairer::default());
        for i in 0..chunk.features.len() {
            let shared = reduced.feature_paths(i).any(|path| path.fixed.contains(&true));
            if shared {
                shape.clear();
                rings(reduced, i, &mut shape);
                if !repairer.valid(&shape) {
                    reducer.keep(chunk, i, &mut kept);
                }
            }
        }
        kept
    });
    found.into_iter().fold(Kept::default(), |mut all, some| {
        all.arcs.extend(some.arcs);
        all.ends.extend(some.ends);
        all
    })
}

/// Simplifies the polygons with arcs in `kept` once more.
fn again(chunk: &Work, reduced: Work, z: u8, kept: &Kept, tolerance: Tolerance) -> Work {
    let (mut reducer, mut to) = (Reducer::new(tolerance), Work::default());
    for i in 0..chunk.features.len() {
        let concerned = chunk.feature_paths(i).any(|path| {
            path.points.iter().zip(path.fixed).any(|(point, &fixed)| fixed && kept.ends.contains(point))
        });
        if concerned {
            reducer.feature(chunk, i, GeometryKind::Polygon, z, kept, &mut to);
        } else {
            to.push_feature(&reduced, i);
        }
    }
    to
}

/// Appends the rings of the `i`-th feature that are no marks.
fn rings(work: &Work, i: usize, shape: &mut Shape) {
    for path in work.feature_paths(i).filter(|p| p.points.len() > 2) {
        shape.points.extend_from_slice(path.points);
        shape.end_path(path.outer);
    }
}

/// The features of `chunk`, in units of [`BASE`], as they are in the units of zoom `z`.
fn exact(chunk: &Work, kind: GeometryKind, z: u8) -> Result<Piece, BuildError> {
    encode(chunk, kind, |i, shape| {
        // A part whose exterior is lost loses its holes too.
        let mut part = true;
        for path in chunk.feature_paths(i) {
            if !path.outer && !part {
                continue;
            }
            path.points.iter().for_each(|&point| shape.push(coarser(point, BASE - z)));
            part = match kind {
                GeometryKind::Polygon => shape.end_ring(path.outer) || !path.outer,
                GeometryKind::Line => shape.end_line(),
                GeometryKind::Point => {
                    shape.end_path(true);
                    true
                }
            };
        }
    })
}

/// The features of `chunk`, already simplified for zoom `z`.
fn simplified(chunk: &Work, kind: GeometryKind, z: u8, tiny: Tiny) -> Result<Piece, BuildError> {
    let mut debt = (tiny == Tiny::Square).then(Debt::default);
    encode(chunk, kind, |i, shape| match kind {
        GeometryKind::Point => points(chunk, i, shape),
        GeometryKind::Line => lines(chunk, i, shape),
        GeometryKind::Polygon => {
            polygons(chunk, i, z, debt.as_mut(), shape);
            if tiny == Tiny::Point && shape.points.is_empty() {
                shape.points.extend(largest_mark(chunk, i));
            }
        }
    })
}

/// Makes the features of `chunk` ready for tiles; `draw` puts the `i`-th into an empty shape. A point without
/// a path stands for a polygon.
fn encode(
    chunk: &Work,
    kind: GeometryKind,
    mut draw: impl FnMut(usize, &mut Shape),
) -> Result<Piece, BuildError> {
    let mut piece = Piece::default();
    let mut repairer = Repairer::default();
    let (mut shape, mut tail) = (Shape::default(), vec![]);
    for i in 0..chunk.features.len() {
        shape.clear();
        draw(i, &mut shape);
        if kind == GeometryKind::Polygon && !shape.paths.is_empty() {
            repairer.repair(&mut shape);
        }
        if let (Some(&first), Some(bounds)) = (shape.points.first(), shape.bounds()) {
            tail.clear();
            geometry::write_tail(&shape, kind, &mut tail);
            piece.push(chunk.features[i].position, first, &tail, bounds)?;
        }
    }
    Ok(piece)
}

fn points(chunk: &Work, i: usize, shape: &mut Shape) {
    for path in chunk.feature_paths(i) {
        shape.points.extend_from_slice(path.points);
        shape.end_path(true);
    }
}

/// Where the largest part that became a mark lies.
fn largest_mark(chunk: &Work, i: usize) -> Option<Point> {
    let marks = chunk.feature_paths(i).filter(|path| path.points.len() == 1);
    marks.max_by(|a, b| a.area.total_cmp(&b.area)).map(|path| path.points[0])
}

/// A line too short to have two points becomes one unit long.
fn lines(chunk: &Work, i: usize, shape: &mut Shape) {
    for path in chunk.feature_paths(i) {
        path.points.iter().for_each(|&p| shape.push(p));
        if let [[x, y]] = shape.points[shape.open()..] {
            shape.push([x + 1, y]);
        }
        shape.end_line();
    }
}

/// Parts and, with a debt to draw off, marks. The debt counts small parts only: what rounding does to a large
/// one is not for a mark to make good.
fn polygons(chunk: &Work, i: usize, z: u8, mut debt: Option<&mut Debt>, shape: &mut Shape) {
    const SMALL: f64 = 8.0 * super::mark::TINY;
    let scale = 0.25f64.powi(i32::from(BASE - z));
    for path in chunk.feature_paths(i) {
        let area = f64::from(path.area) * scale;
        if let [centre] = *path.points {
            if let Some(mark) = debt.as_mut().and_then(|debt| debt.mark(centre, area)) {
                let Rect { min, max } = mark;
                shape.points.extend([min, [max[0], min[1]], max, [min[0], max[1]]]);
                shape.end_path(true);
            }
            continue;
        }
        if let Some(debt) = debt.as_mut().filter(|_| area < SMALL) {
            let drawn = area2(path.points).abs() as f64 / 2.0;
            debt.add(if path.outer { area - drawn } else { drawn - area });
        }
        shape.points.extend_from_slice(path.points);
        shape.end_path(path.outer);
    }
}
