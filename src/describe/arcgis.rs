//! ArcGIS vector tile services (ArcGIS REST API, *Vector Tile Service*), in EPSG:3857 and in EPSG:4490.
//!
//! What is in these documents is what readers ask for: QGIS from `qgsvectortilematrixset.cpp` and
//! `qgsarcgisvectortileservicedataprovider.cpp`, Esri's from the reference. Addresses in them are relative, as
//! Esri's own are; QGIS joins them to the address of the service.

use super::tilejson::attribution;
use crate::{
    catalog::{Catalog, Tileset},
    config::PublicUrl,
    crs::{Crs, Projection},
    grid::TileMatrixSet,
    snapshot::{Bounds, Origin},
    style::Style,
};
use serde_json::{Value, json};

/// The version of the REST API that these documents follow.
pub const VERSION: f64 = 11.2;

/// What stands behind a tileset's name for the service in EPSG:4490.
pub const SUFFIX_4490: &str = "_4490";

/// Pixels along a side of a tile, and dots per inch of them, for which resolutions and scales are given.
const PIXELS: u32 = 512;
const DPI: f64 = 96.0;

/// `/arcgis/rest/info`: where programs see that no token is needed.
pub fn server_info() -> Value {
    json!({ "currentVersion": VERSION, "fullVersion": VERSION.to_string(), "authInfo": { "isTokenBasedSecurity": false } })
}

/// `/arcgis/rest/services`: two services for the plan and for each layer.
pub fn services(catalog: &Catalog) -> Value {
    let names = std::iter::once(crate::catalog::PLAN).chain(catalog.layers().iter().map(|l| l.id().as_str()));
    let both = names.flat_map(|name| [name.to_owned(), format!("{name}{SUFFIX_4490}")]);
    let services = both.map(|name| json!({ "name": name, "type": "VectorTileServer" }));
    json!({ "currentVersion": VERSION, "folders": [], "services": services.collect::<Vec<_>>() })
}

/// One service: a tileset in one of the two tile matrix sets.
pub struct Service<'a> {
    /// As it stands in the URL.
    pub name: &'a str,
    pub tileset: &'a Tileset,
    pub set: &'a TileMatrixSet,
}

impl Service<'_> {
    /// `…/VectorTileServer`
    pub fn document(&self, origin: Origin) -> Value {
        let lods: Vec<_> = self.set.levels().map(|level| self.level(level)).collect();
        let [first, last] = [self.set.level(self.tileset.minzoom()), self.set.levels[1]];
        let extent = self.extent();
        let [x, y] = self.set.grid.origin;
        json!({
            "currentVersion": VERSION,
            "name": self.name,
            "copyrightText": attribution(origin),
            // There is no "tileMap": its tree would end at a level after which a reader enlarges what it has.
            "capabilities": "TilesOnly,Tilemap",
            "type": "indexedVector",
            "defaultStyles": "resources/styles",
            "tiles": ["tile/{z}/{y}/{x}.pbf"],
            "exportTilesAllowed": false,
            "maxExportTilesCount": 0,
            "initialExtent": extent,
            "fullExtent": extent,
            "minScale": self.scale(first),
            "maxScale": self.scale(last),
            // QGIS takes its zooms from these four.
            "minLOD": first,
            "maxLOD": last,
            "minzoom": first,
            "maxzoom": last,
            "tileInfo": {
                "rows": PIXELS,
                "cols": PIXELS,
                "dpi": DPI,
                "format": "pbf",
                "origin": { "x": x, "y": y },
                "spatialReference": self.spatial_reference(),
                "lods": lods,
            },
            "resourceInfo": {
                "styleVersion": 8,
                "tileCompression": "gzip",
                "cacheInfo": { "storageInfo": { "packetSize": 128, "storageFormat": "compactV2" } },
            },
        })
    }

    fn level(&self, level: u8) -> Value {
        json!({ "level": level, "resolution": self.resolution(level), "scale": self.scale(level) })
    }

    /// Units of the CRS in a pixel.
    fn resolution(&self, level: u8) -> f64 {
        self.set.grid.tile_size(self.set.zoom(level)) / f64::from(PIXELS)
    }

    fn scale(&self, level: u8) -> f64 {
        // As many as Esri counts.
        const INCHES_PER_METRE: f64 = 39.37;
        self.resolution(level) * self.set.crs.projection().metres_per_unit() * DPI * INCHES_PER_METRE
    }

    fn spatial_reference(&self) -> Value {
        match self.set.crs {
            // Esri's own number of it.
            Crs::WebMercator => json!({ "wkid": 102_100, "latestWkid": 3857 }),
            crs => json!({ "wkid": crs.epsg(), "latestWkid": crs.epsg() }),
        }
    }

    fn extent(&self) -> Value {
        let b = self.tileset.bounds().map(|bounds| self.set.crs.projection().forward_bounds(&bounds));
        let Bounds { min_x, min_y, max_x, max_y } = b.unwrap_or_else(|| self.world());
        json!({ "xmin": min_x, "ymin": min_y, "xmax": max_x, "ymax": max_y, "spatialReference": self.spatial_reference() })
    }

    /// What the extent is when there is nothing.
    fn world(&self) -> Bounds {
        match self.set.crs.projection() {
            Projection::Geographic => Bounds { min_x: -180.0, min_y: -90.0, max_x: 180.0, max_y: 90.0 },
            _ => self.set.extent(),
        }
    }

    /// `…/iteminfo`
    pub fn item_info(&self, origin: Origin, base: &PublicUrl) -> Value {
        let b = self.tileset.bounds().unwrap_or(Bounds {
            min_x: -180.0,
            min_y: -90.0,
            max_x: 180.0,
            max_y: 90.0,
        });
        let title = match &self.tileset.layers[..] {
            [layer] => layer.snapshot.layer.title.zh.clone(),
            _ => "矿产资源规划图层".to_owned(),
        };
        json!({
            "culture": "zh-CN",
            "name": self.name,
            "guid": self.tileset.version.to_string(),
            "title": title,
            "type": "Vector Tile Service",
            "typeKeywords": ["ArcGIS Server", "Data", "Service", "Vector Tile Service", "Hosted Service"],
            "snippet": "矿产资源规划矢量瓦片 Vector tiles of mineral-resource plan layers",
            "description": "",
            "tags": ["矿产资源规划", "mineral-resource plan"],
            "url": format!("{}/arcgis/rest/services/{}/VectorTileServer", base.as_str(), self.name),
            "extent": [[b.min_x, b.min_y], [b.max_x, b.max_y]],
            "spatialReference": self.set.crs.epsg().to_string(),
            "accessInformation": attribution(origin),
            "licenseInfo": "",
        })
    }
}

/// The style of a service, `…/resources/styles/root.json`: `document` with its addresses relative to where it is.
pub fn style(style: &Style, document: &str) -> serde_json::Result<Value> {
    let mut document: Value = serde_json::from_str(document)?;
    let tileset = style.id.subject.tileset();
    document["sources"] = json!({ "esri": { "type": "vector", "url": "../../" } });
    document["sprite"] = json!("../sprites/sprite");
    document["glyphs"] = json!("../fonts/{fontstack}/{range}.pbf");
    for layer in document["layers"].as_array_mut().into_iter().flatten() {
        if layer["source"] == json!(tileset) {
            layer["source"] = json!("esri");
        }
    }
    Ok(document)
}

/// `…/resources/info/root.json`: the files under `resources`, beside the folder of this one.
pub fn resource_info(glyphs: &[String]) -> Value {
    let sprites = ["sprite.json", "sprite.png", "sprite@2x.json", "sprite@2x.png"];
    let sprites = sprites.into_iter().map(|file| format!("../sprites/{file}"));
    let glyphs = glyphs.iter().map(|file| format!("../fonts/{file}"));
    let files = std::iter::once("../styles/root.json".to_owned()).chain(sprites).chain(glyphs);
    json!({ "resourceInfo": files.collect::<Vec<_>>() })
}

/// `…/tilemap/{level}/{row}/{column}/{width}/{height}`: a 1 for each tile in which something may be, row by row.
pub fn tilemap(top: u32, left: u32, size: [u32; 2], asked: [u32; 2], data: &[bool]) -> Value {
    let [width, height] = size;
    let mut document = json!({
        "valid": true,
        "location": { "left": left, "top": top, "width": width, "height": height },
        "data": data.iter().map(|&there| u8::from(there)).collect::<Vec<_>>(),
    });
    if size != asked {
        document["adjusted"] = json!(true);
    }
    document
}
