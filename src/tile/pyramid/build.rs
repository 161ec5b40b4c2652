//! Building a pyramid.

use super::{
    Level, Measure, Pyramid, SIMPLIFIED, TOP,
    bulge::bulge,
    junction::mark_junctions,
    level::Piece,
    mark::Debt,
    parallel,
    reduce::{Kept, KeptArc, Reducer},
    reuse::{Before, Pieces, Reuse},
    work::{BASE, Work, coarser},
};
use crate::{
    grid::QuadGrid,
    plan::{GeometryKind, Rules, Tiny, Tolerance},
    snapshot::Snapshot,
    tile::{
        BuildError, geometry,
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
    /// Builds what was measured of each feature, then the levels from [`TOP`] to the layer's minzoom. What is the same
    /// as `before` is taken over; that changes no byte of the result.
    ///
    /// # Errors
    /// [`BuildError::Changed`] when nothing can be taken over, which is found out on the way.
    pub fn build(
        snapshot: &Snapshot,
        grid: &QuadGrid,
        rules: &Rules,
        before: Option<Before>,
        out: &mut SectionWriter<impl Write>,
    ) -> Result<(), BuildError> {
        let first = rules.minzoom(&snapshot.layer);
        let kind = snapshot.layer.geometry;
        let pieces = pieces(snapshot);
        let mut reuse = Reuse::find(before, snapshot, &pieces);
        let (mut chunks, measures) = read(snapshot, grid, &pieces, &reuse);
        out.section(&measures)?;
        out.section(&[widest_bulge(snapshot, grid, &pieces)])?;
        if first <= SIMPLIFIED {
            mark_junctions(&mut chunks, kind == GeometryKind::Polygon);
        }
        reuse.compare_junctions(&chunks);
        tracing::debug!(layer = %snapshot.layer.id, pieces = pieces.len(), taken_over = reuse.count(), "prepared anew");
        Pieces::write(&pieces, &chunks, out)?;
        let mut layer = Layer { kind, tolerance: rules.tolerance, pieces, reuse, chunks, zoom: BASE };
        for z in (first.max(SIMPLIFIED + 1)..=TOP).rev() {
            layer.write(z, out, |chunk| exact(chunk, kind, z))?;
        }
        layer.release();
        for z in (first..=SIMPLIFIED).rev() {
            out.section(&layer.reduce(z)?)?;
            layer.write(z, out, |chunk| simplified(chunk, kind, z, rules.tiny))?;
        }
        Ok(())
    }
}

/// Reads and measures the features; what is known of those of before is not measured again.
fn read(
    snapshot: &Snapshot,
    grid: &QuadGrid,
    pieces: &[Range<u32>],
    reuse: &Reuse,
) -> (Vec<Work>, Vec<Measure>) {
    let projector = Projector::whole(grid, BASE);
    let kind = snapshot.layer.geometry;
    let read = parallel::map(pieces.iter().enumerate(), |(i, piece)| {
        let known = reuse.twin(i).map(|(before, positions, _)| before.measures_of(positions));
        let mut measures = vec![];
        let chunk = Work::read(snapshot, &projector, piece.clone(), |shape| {
            if known.is_none() {
                measures.push(Measure::of(shape, kind));
            }
        });
        (chunk, known.map_or(measures, <[_]>::to_vec))
    });
    let (chunks, measures): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    (chunks, measures.concat())
}

/// The geometry of a layer on its way down.
struct Layer<'a> {
    kind: GeometryKind,
    tolerance: Tolerance,
    pieces: Vec<Range<u32>>,
    reuse: Reuse<'a>,
    /// For each piece.
    chunks: Vec<Work>,
    /// In whose units they are.
    zoom: u8,
}

impl Layer<'_> {
    /// Lets go of what is taken over and was read for the sake of its neighbours' junctions alone.
    fn release(&mut self) {
        let (chunks, reuse) = (self.chunks.iter_mut().enumerate(), &self.reuse);
        chunks.filter(|(piece, _)| reuse.has(*piece)).for_each(|(_, chunk)| *chunk = Work::default());
    }

    /// Writes the level of zoom `z`; `encode` makes what is not taken over.
    fn write(
        &self,
        z: u8,
        out: &mut SectionWriter<impl Write>,
        encode: impl Fn(&Work) -> Result<Piece, BuildError> + Sync,
    ) -> Result<(), BuildError> {
        let pieces = parallel::map(self.chunks.iter().enumerate(), |(i, chunk)| {
            self.reuse.level(i, z, self.pieces[i].start).map_or_else(|| encode(chunk), Ok)
        });
        Level::write(pieces.into_iter().collect::<Result<_, _>>()?, out)
    }

    /// Makes the geometry of zoom `z` from that of the zoom at hand; gives the arcs that stay as they are.
    fn reduce(&mut self, z: u8) -> Result<Vec<KeptArc>, BuildError> {
        let (kind, tolerance, bits) = (self.kind, self.tolerance, self.zoom - z);
        let reduced = parallel::map(self.chunks.iter_mut(), |chunk| {
            chunk.coarsen(bits);
            let (mut reducer, mut to) = (Reducer::new(tolerance), Work::default());
            for i in 0..chunk.features.len() {
                reducer.feature(chunk, i, kind, z, &Kept::default(), &mut to);
            }
            to
        });
        let arcs = if kind == GeometryKind::Polygon { self.crossed(z, &reduced) } else { vec![] };
        if !self.reuse.agrees(z, &arcs) {
            return Err(BuildError::Changed);
        }
        self.chunks = if arcs.is_empty() {
            reduced
        } else {
            let kept = Kept::of(&arcs);
            parallel::map(self.chunks.iter().zip(reduced), |(chunk, reduced)| {
                again(chunk, reduced, z, &kept, tolerance)
            })
        };
        self.zoom = z;
        Ok(arcs)
    }

    /// The shared arcs of polygons that simplification made invalid: two arcs that cross bound a polygon between
    /// them, so that one tells. Unsimplified they do not cross.
    fn crossed(&self, z: u8, reduced: &[Work]) -> Vec<KeptArc> {
        let found =
            parallel::map(self.chunks.iter().zip(reduced).enumerate(), |(piece, (chunk, reduced))| {
                let number = piece as u32;
                self.reuse.kept(piece, z, number).unwrap_or_else(|| crossed(number, chunk, reduced))
            });
        found.concat()
    }
}

fn crossed(piece: u32, chunk: &Work, reduced: &Work) -> Vec<KeptArc> {
    let (mut kept, mut reducer) = (vec![], Reducer::default());
    let (mut shape, mut repairer) = (Shape::default(), Repairer::default());
    for i in 0..chunk.features.len() {
        let shared = reduced.feature_paths(i).any(|path| path.fixed.contains(&true));
        if shared {
            shape.clear();
            rings(reduced, i, &mut shape);
            if !repairer.valid(&shape) {
                reducer.keep(piece, chunk, i, &mut kept);
            }
        }
    }
    kept
}

/// The widest [`bulge`] of the layer's features.
fn widest_bulge(snapshot: &Snapshot, grid: &QuadGrid, pieces: &[Range<u32>]) -> f64 {
    if !grid.projection.bends() {
        return 0.0;
    }
    let bulges = parallel::map(pieces.iter(), |piece| bulge(snapshot, grid.projection, piece.clone()));
    bulges.into_iter().fold(0.0, f64::max)
}

/// Positions in pieces. A piece begins where the feature itself says so, not at a number of features, so that a
/// feature more or less leaves the other pieces, and the debts of their marks, as they are.
fn pieces(snapshot: &Snapshot) -> Vec<Range<u32>> {
    // Fibonacci hashing.
    let begins = |id: i64| (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) < u64::MAX / CHUNK as u64;
    let mut pieces = vec![];
    let mut start = 0;
    for position in 0..snapshot.feature_count() {
        if position > start && begins(snapshot.row(position).id()) {
            pieces.push(start as u32..position as u32);
            start = position;
        }
    }
    pieces.push(start as u32..snapshot.feature_count() as u32);
    pieces
}

/// Simplifies the polygons with arcs in `kept` once more.
fn again(chunk: &Work, reduced: Work, z: u8, kept: &Kept, tolerance: Tolerance) -> Work {
    let (mut reducer, mut to) = (Reducer::new(tolerance), Work::default());
    for i in 0..chunk.features.len() {
        if chunk.feature_paths(i).any(|path| kept.concerns(&path)) {
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
