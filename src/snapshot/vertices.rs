//! The vertices of a feature, read where they lie in the mapped file.

use super::Feature;

/// The vertices of one path in degrees, lon then lat.
pub struct Vertices<'a>(std::slice::ChunksExact<'a, u8>);

impl Iterator for Vertices<'_> {
    type Item = [f64; 2];

    fn next(&mut self) -> Option<[f64; 2]> {
        let (lon, lat) = self.0.next()?.split_first_chunk::<8>()?;
        Some([f64::from_le_bytes(*lon), f64::from_le_bytes(*lat.first_chunk()?)])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// Calls `visit` with each path of `feature` and whether it begins a part: the exterior ring of a polygon,
/// any line, all points.
///
/// When `visit` returns false for an exterior ring, its holes are skipped.
pub fn for_each_path<'a>(feature: &Feature<'a>, mut visit: impl FnMut(Vertices<'a>, bool) -> bool) {
    let Some(geometry) = feature.geometry() else { return };
    match geometry.parts() {
        Some(parts) => parts.iter().for_each(|part| paths(&part, &mut visit)),
        None => paths(&geometry, &mut visit),
    }
}

/// The paths of one FlatGeobuf geometry without parts: `ends` counts vertices and is absent for one path.
fn paths<'a>(geometry: &flatgeobuf::Geometry<'a>, visit: &mut impl FnMut(Vertices<'a>, bool) -> bool) {
    let Some(xy) = geometry.xy() else { return };
    let bytes = xy.bytes();
    let count = geometry.ends().map_or(1, |ends| ends.len().max(1));
    let mut start = 0;
    let mut kept = true;
    for i in 0..count {
        let end = match geometry.ends() {
            Some(ends) if !ends.is_empty() => ends.get(i) as usize * 16,
            _ => bytes.len(),
        };
        // A file of ours has no such ends; another's ends here.
        let Some(path) = bytes.get(start..end) else { return };
        if i == 0 || kept {
            let visited = visit(Vertices(path.chunks_exact(16)), i == 0);
            kept = if i == 0 { visited } else { kept };
        }
        start = end;
    }
}
