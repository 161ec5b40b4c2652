//! A plan of three layers, one for each kind of geometry.

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use fixture::{Geometry, Row};
use plantiles::{
    catalog::{Catalog, PublishedLayer},
    grid::QuadGrid,
    plan::{self, GeometryKind},
    snapshot::Origin,
    tile::TileLayer,
};
use std::sync::Arc;

/// Areas with holes, lines and points between 112.6° and 112.9° E, 36.2° and 36.4° N.
pub fn catalog() -> Catalog {
    let places = || (0..15).flat_map(|x| (0..10).map(move |y| [x, y]));
    let at = |[x, y]: [i32; 2], right: f64, up: f64| {
        [112.6 + (f64::from(x) + right) * 0.02, 36.2 + (f64::from(y) + up) * 0.02]
    };
    let square = |place, from: f64, to: f64| -> fixture::Ring {
        [[from, from], [to, from], [to, to], [from, to]].map(|[x, y]| at(place, x, y)).into()
    };
    let area = |place| Geometry::Polygons(vec![vec![square(place, 0.0, 1.0), square(place, 0.4, 0.6)]]);
    let line =
        |place| Geometry::Lines(vec![vec![at(place, 0.1, 0.2), at(place, 1.3, 0.9), at(place, 0.5, 1.4)]]);
    let point = |place| Geometry::Points(vec![at(place, 0.3, 0.3)]);
    let layers = [
        layer("blocks", GeometryKind::Polygon, places().map(area)),
        layer("roads", GeometryKind::Line, places().map(line)),
        layer("wells", GeometryKind::Point, places().map(point)),
    ];
    Catalog::new(Origin::Bundled, &QuadGrid::web_mercator(), layers.into(), 500_000)
}

fn layer(id: &str, kind: GeometryKind, shapes: impl Iterator<Item = Geometry>) -> Arc<PublishedLayer> {
    let rows = shapes.zip(1..).map(|(shape, id)| Row::new(id, shape));
    let snapshot = fixture::snapshot(&fixture::layer(id, kind), rows);
    let tiles = TileLayer::prepare(snapshot, &QuadGrid::web_mercator(), &plan::Rules::default()).unwrap();
    Arc::new(PublishedLayer::after(None, tiles, Default::default()))
}
