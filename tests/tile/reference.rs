//! What we write is what the crate `mvt` writes.

use crate::{decode, fixture::*, place::*};
use mvt::{GeomEncoder, GeomType, Tile};
use plantiles::plan::GeometryKind;

/// Writes decoded layers again with `mvt`.
///
/// A ring that starts at the last vertex of the one before loses its MoveTo there, so such rings do not
/// occur in these tests.
fn rewrite(layers: &[decode::Layer]) -> Vec<u8> {
    let mut tile = Tile::new(4096);
    for layer in layers {
        let mut out = tile.create_layer(&layer.name);
        for feature in &layer.features {
            let kind = [GeomType::Point, GeomType::Linestring, GeomType::Polygon][feature.kind as usize - 1];
            let mut encoder = GeomEncoder::<f64>::new(kind);
            for path in &feature.paths {
                for p in path {
                    encoder.add_point(p[0] as f64, p[1] as f64).unwrap();
                }
                encoder.complete_geom().unwrap();
            }
            let mut f = out.into_feature(encoder.encode().unwrap());
            f.set_id(feature.id.unwrap());
            for (key, value) in &feature.properties {
                match value {
                    decode::Value::Text(v) => f.add_tag_string(key, v),
                    decode::Value::Double(v) => f.add_tag_double(key, *v),
                    decode::Value::Int(v) => f.add_tag_int(key, *v),
                    decode::Value::Bool(v) => f.add_tag_bool(key, *v),
                }
            }
            out = f.into_layer();
        }
        tile.add_layer(out).unwrap();
    }
    tile.to_bytes().unwrap()
}

#[test]
fn every_kind_of_geometry_agrees() {
    let tile = home(13);
    let shifted = |d: f64| [[10.0 + d, 20.0], [900.0 + d, 30.0], [800.0, 700.0 + d], [20.0, 600.0]];
    let rings = |d: f64| polygon(tile, &[shifted(d).to_vec()]);
    let lines = |d: f64| Geometry::Lines(vec![ring(tile, &shifted(d)), ring(tile, &shifted(d + 3000.0))]);
    let points = |d: f64| Geometry::Points(ring(tile, &shifted(d)));
    let kinds: [(GeometryKind, &dyn Fn(f64) -> Geometry); 3] =
        [(GeometryKind::Polygon, &rings), (GeometryKind::Line, &lines), (GeometryKind::Point, &points)];
    for (kind, shape) in kinds {
        let prepared = prepare(kind, (0..40).map(|i| shape(f64::from(i) * 37.0)));
        for z in [9, 12, 13, 14] {
            let ours = decode::tile(&cut(&[&prepared], home(z)).bytes);
            assert!(!ours.is_empty());
            assert_eq!(decode::tile(&rewrite(&ours)), ours, "{kind:?} at {z}");
        }
    }
}
