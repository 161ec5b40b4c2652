//! `/ogc/tiles` and `/ogc/collections/{collection}/tiles`: tilesets (OGC API Tiles 1, 20-057; tileset metadata of OGC
//! TMS 2.0, 17-083r4, §7.3).

use super::{
    link::{HTML, JSON, link},
    tile_matrix_sets, title,
};
use crate::{
    catalog::Tileset,
    config::PublicUrl,
    describe::tilejson::{query, tilejson},
    grid::{TileMatrixSet, TileMatrixSets},
    plan::{FieldType, GeometryKind},
    snapshot::{Bounds, Origin},
};
use serde_json::{Map, Value, json};

pub const MVT: &str = "application/vnd.mapbox-vector-tile";
/// As others have it; the specification of TileJSON names none.
pub const TILEJSON: &str = "application/vnd.mapbox.tile+json";
pub const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
pub const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
pub const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

/// The layers that are asked for together, and where.
pub struct Selected<'a> {
    pub tileset: &'a Tileset,
    /// The collection whose tiles these are; `None` for those of the plan.
    pub collection: Option<&'a str>,
    /// The value of the parameter `collections`.
    pub collections: Option<&'a str>,
    /// What of them is in the tiles, in the normal form of filters.
    pub filter: Option<&'a str>,
}

impl Selected<'_> {
    /// `{base}/ogc/[collections/{collection}/]tiles`
    pub(super) fn tiles(&self, base: &PublicUrl) -> String {
        let base = base.as_str();
        match self.collection {
            Some(collection) => format!("{base}/ogc/collections/{collection}/tiles"),
            None => format!("{base}/ogc/tiles"),
        }
    }

    /// The query that keeps to the selection.
    pub(super) fn query(&self) -> String {
        let ids = self.tileset.layers.iter().map(|layer| layer.id().as_str()).collect::<Vec<_>>().join(",");
        query([("collections", self.collections.map(|_| &*ids)), ("filter", self.filter)])
    }

    /// The same with the form of the answer behind it.
    pub(super) fn query_in(&self, form: &str) -> String {
        match self.query() {
            query if query.is_empty() => format!("?f={form}"),
            query => format!("{query}&f={form}"),
        }
    }

    pub(super) fn title(&self) -> String {
        match (self.collection, &self.tileset.layers[..]) {
            (Some(_), [layer]) => title(&layer.snapshot.layer.title),
            _ => "全部图层 All layers".to_owned(),
        }
    }
}

/// The tilesets that there are: one for each tile matrix set.
pub fn tilesets(selected: &Selected, sets: &TileMatrixSets, base: &PublicUrl) -> Value {
    let tilesets: Vec<_> = sets.iter().map(|set| entry(selected, set, base)).collect();
    let links = links(selected, &selected.title(), &selected.tiles(base));
    json!({ "title": selected.title(), "links": links, "tilesets": tilesets })
}

/// To the resource at `href`, without its query, and to its page.
fn links(selected: &Selected, title: &str, href: &str) -> Vec<Value> {
    vec![
        link("self", JSON, title, &format!("{href}{}", selected.query())),
        link("alternate", HTML, title, &format!("{href}{}", selected.query_in("html"))),
    ]
}

/// What the list and the tileset itself say.
fn entry(selected: &Selected, set: &TileMatrixSet, base: &PublicUrl) -> Value {
    let title = format!("{} · {}", selected.title(), set.id);
    let mut links = links(selected, &title, &format!("{}/{}", selected.tiles(base), set.id));
    links.push(link(TILING_SCHEME, JSON, &set.title, &tile_matrix_sets::href(set, base)));
    let mut entry = json!({
        "title": title,
        "dataType": "vector",
        "crs": set.crs.to_string(),
        "tileMatrixSetId": &*set.id,
        "links": links,
    });
    if let Some(register) = set.register {
        entry["tileMatrixSetURI"] = json!(register.uri);
    }
    entry
}

/// The metadata of one tileset: its limits, extent, layers and where its tiles are.
pub fn tileset(selected: &Selected, set: &TileMatrixSet, base: &PublicUrl) -> Value {
    let mut document = entry(selected, set, base);
    let bounds = selected.tileset.bounds();
    let limits = set.levels().filter_map(|level| limits(set, level, bounds.as_ref()?));
    document["tileMatrixSetLimits"] = json!(limits.collect::<Vec<_>>());
    if let Some(b) = bounds {
        document["boundingBox"] = json!({
            "lowerLeft": [b.min_x, b.min_y],
            "upperRight": [b.max_x, b.max_y],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            "orderedAxes": ["Lon", "Lat"],
        });
    }
    document["layers"] =
        json!(selected.tileset.layers.iter().flat_map(|l| layers(l, set)).collect::<Vec<_>>());
    let tiles = format!("{}/{}", selected.tiles(base), set.id);
    let mut item = link("item", MVT, "矢量瓦片 Vector tiles", &tile_url(&tiles, &selected.query()));
    item["templated"] = json!(true);
    let tilejson = format!("{tiles}{}", selected.query_in("tilejson"));
    let tilejson = link("alternate", TILEJSON, "TileJSON", &tilejson);
    if let Some(links) = document["links"].as_array_mut() {
        links.extend([item, tilejson]);
    }
    document
}

fn tile_url(tiles: &str, query: &str) -> String {
    format!("{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}")
}

/// The tiles of a level in which something may be (17-083r4, §7.2).
fn limits(set: &TileMatrixSet, level: u8, bounds: &Bounds) -> Option<Value> {
    let limits = set.limits(level, bounds)?;
    Some(json!({
        "tileMatrix": level.to_string(),
        "minTileRow": limits.rows.start(),
        "maxTileRow": limits.rows.end(),
        "minTileCol": limits.columns.start(),
        "maxTileCol": limits.columns.end(),
    }))
}

/// What tiles hold of a layer: its features and, of polygons, the points of their names.
fn layers(layer: &crate::catalog::PublishedLayer, set: &TileMatrixSet) -> Vec<Value> {
    let meta = &layer.snapshot.layer;
    let described = layer.tiles.mvt_layers().into_iter().map(|(id, columns)| {
        let own = id == meta.id.as_str();
        let properties: Map<String, Value> = columns
            .iter()
            .filter_map(|column| meta.fields.iter().find(|field| field.name == **column))
            .map(|field| {
                let (kind, format) = json_type(field.kind);
                let mut property = json!({ "title": title(&field.title), "type": kind });
                if let Some(format) = format {
                    property["format"] = json!(format);
                }
                (field.name.clone(), property)
            })
            .collect();
        json!({
            "id": id,
            "title": if own { title(&meta.title) } else { format!("{}（注记点 names）", title(&meta.title)) },
            "dataType": "vector",
            "geometryDimension": if own { dimension(meta.geometry) } else { 0 },
            "featureType": meta.id,
            "minTileMatrix": set.level(layer.tiles.minzoom()).to_string(),
            "maxTileMatrix": set.levels[1].to_string(),
            "propertiesSchema": { "type": "object", "properties": properties },
        })
    });
    described.collect()
}

fn dimension(kind: GeometryKind) -> u8 {
    match kind {
        GeometryKind::Point => 0,
        GeometryKind::Line => 1,
        GeometryKind::Polygon => 2,
    }
}

/// JSON Schema's type and format.
fn json_type(kind: FieldType) -> (&'static str, Option<&'static str>) {
    match kind {
        FieldType::Integer => ("integer", None),
        FieldType::Real => ("number", None),
        FieldType::Boolean => ("boolean", None),
        FieldType::Text => ("string", None),
        FieldType::Date => ("string", Some("date")),
    }
}

/// The TileJSON of a tileset. Its zooms are levels of the tile matrix set.
pub fn tileset_tilejson(selected: &Selected, set: &TileMatrixSet, origin: Origin, base: &PublicUrl) -> Value {
    let mut document = tilejson(selected.tileset, origin, None, None, base);
    let tiles = format!("{}/{}", selected.tiles(base), set.id);
    document["tiles"] = json!([format!("{tiles}/{{z}}/{{y}}/{{x}}{}", selected.query())]);
    document["minzoom"] = json!(set.level(selected.tileset.minzoom()));
    document["maxzoom"] = json!(set.levels[1]);
    for layer in document["vector_layers"].as_array_mut().into_iter().flatten() {
        let minzoom = layer["minzoom"].as_u64().and_then(|zoom| u8::try_from(zoom).ok()).unwrap_or_default();
        layer["minzoom"] = json!(set.level(minzoom));
        layer["maxzoom"] = json!(set.levels[1]);
    }
    if let Some(center) = document["center"].as_array_mut().and_then(|center| center.get_mut(2)) {
        *center = json!(set.level(selected.tileset.minzoom().max(9)));
    }
    document
}
