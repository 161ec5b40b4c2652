//! The geometry of a stored feature, to be compared and written again.

use super::{Bounds, Snapshot};
use crate::plan::GeometryKind;
use flatgeobuf::{Geometry, GeometryType};
use geozero::{
    GeomProcessor, GeozeroGeometry,
    error::{GeozeroError, Result},
};

/// The geometry of a feature in degrees of EPSG:4490, x east and y north.
pub struct Stored<'a> {
    kind: GeometryKind,
    geometry: Option<Geometry<'a>>,
}

impl Snapshot {
    /// The geometry of the `position`-th feature.
    ///
    /// # Panics
    /// When `position` is not less than [`Self::feature_count`].
    pub fn geometry(&self, position: usize) -> Stored<'_> {
        Stored { kind: self.layer.geometry, geometry: self.feature(position).geometry() }
    }
}

impl Stored<'_> {
    /// Its box; `None` when there is no geometry.
    pub fn bounds(&self) -> Option<Bounds> {
        let mut bounds = None;
        for_each_position(self.geometry.as_ref()?, &mut |x, y| {
            let point = Bounds { min_x: x, min_y: y, max_x: x, max_y: y };
            bounds = Some(bounds.map_or(point, |bounds: Bounds| bounds.union(point)));
        });
        bounds
    }
}

impl PartialEq for Stored<'_> {
    /// Equal to the last bit of each coordinate.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.geometry, &other.geometry) {
                (Some(one), Some(other)) => is_same(one, other),
                (one, other) => one.is_none() && other.is_none(),
            }
    }
}

fn is_same(one: &Geometry, other: &Geometry) -> bool {
    let parts = match (one.parts(), other.parts()) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(&one, &other))
        }
        (one, other) => one.is_none() && other.is_none(),
    };
    parts
        && one.xy().map(|xy| xy.bytes()) == other.xy().map(|xy| xy.bytes())
        && one.ends().map(|ends| ends.bytes()) == other.ends().map(|ends| ends.bytes())
}

fn for_each_position(geometry: &Geometry, visit: &mut impl FnMut(f64, f64)) {
    for part in geometry.parts().into_iter().flatten() {
        for_each_position(&part, visit);
    }
    let xy = geometry.xy().map_or(&[][..], |xy| xy.bytes());
    for [x, y] in xy.as_chunks::<8>().0.as_chunks::<2>().0 {
        visit(f64::from_le_bytes(*x), f64::from_le_bytes(*y));
    }
}

impl GeozeroGeometry for Stored<'_> {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Result<()> {
        let kind = match self.kind {
            GeometryKind::Point => GeometryType::Point,
            GeometryKind::Line => GeometryType::MultiLineString,
            GeometryKind::Polygon => GeometryType::MultiPolygon,
        };
        let geometry = self.geometry.as_ref().ok_or(GeozeroError::GeometryFormat)?;
        geometry.process(processor, kind)
    }
}
