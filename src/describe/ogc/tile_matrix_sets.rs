//! `/ogc/tileMatrixSets`: the grids that tiles come in, as OGC Two Dimensional Tile Matrix Set 2.0 (17-083r4) has
//! them.

use super::link::{JSON, link, self_and_page};
use crate::{
    config::PublicUrl,
    grid::{TILE_PIXELS, TileMatrixSet, TileMatrixSets},
};
use serde_json::{Value, json};

/// Where the definition of a tile matrix set is.
pub fn href(set: &TileMatrixSet, base: &PublicUrl) -> String {
    format!("{}/ogc/tileMatrixSets/{}", base.as_str(), set.id)
}

pub fn tile_matrix_sets(sets: &TileMatrixSets, base: &PublicUrl) -> Value {
    let entry = |set: &TileMatrixSet| {
        let links = self_and_page(&set.title, &href(set, base));
        let mut entry =
            json!({ "id": &*set.id, "title": set.title, "crs": set.crs.to_string(), "links": links });
        if let Some(register) = set.register {
            entry["uri"] = json!(register.uri);
        }
        entry
    };
    let links =
        self_and_page("瓦片矩阵集 Tile matrix sets", &format!("{}/ogc/tileMatrixSets", base.as_str()));
    json!({ "links": links, "tileMatrixSets": sets.iter().map(entry).collect::<Vec<_>>() })
}

/// The definition (17-083r4, §7.1). Corners are in the order of the CRS's axes.
pub fn tile_matrix_set(set: &TileMatrixSet, base: &PublicUrl) -> Value {
    let extent = set.extent();
    let corner = |x: f64, y: f64| set.crs.in_order([x, y]);
    let mut document = json!({
        "id": &*set.id,
        "title": set.title,
        "crs": set.crs.to_string(),
        "orderedAxes": set.crs.axes(),
        "boundingBox": {
            "lowerLeft": corner(extent.min_x, extent.min_y),
            "upperRight": corner(extent.max_x, extent.max_y),
            "crs": set.crs.to_string(),
            "orderedAxes": set.crs.axes(),
        },
        "tileMatrices": set.levels().map(|level| tile_matrix(set, level)).collect::<Vec<_>>(),
        "links": [link("self", JSON, &set.title, &href(set, base))],
    });
    if let Some(register) = set.register {
        document["uri"] = json!(register.uri);
        document["wellKnownScaleSet"] = json!(register.scale_set);
    }
    document
}

fn tile_matrix(set: &TileMatrixSet, level: u8) -> Value {
    let [columns, rows] = set.matrix_at(level);
    json!({
        "id": level.to_string(),
        "scaleDenominator": set.scale_denominator(level),
        "cellSize": set.cell_size(level),
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": set.crs.in_order(set.grid.origin),
        "tileWidth": TILE_PIXELS,
        "tileHeight": TILE_PIXELS,
        "matrixWidth": columns,
        "matrixHeight": rows,
    })
}
