//! TileJSON 3.0.0 of a tileset.

use crate::{
    catalog::{PublishedLayer, Tileset},
    config::PublicUrl,
    editions::At,
    picture,
    plan::FieldType,
    snapshot::Origin,
    style::Theme,
};
use serde_json::{Map, Value, json};

/// The TileJSON of `tileset`, whose tile URLs name its version, or the versions `between` which it tells what changed, and
/// may be kept for good; they carry the `filter`. `max_tile_bytes` is no member of the specification: a tile that would be larger leaves features
/// out and says how many in a header.
pub fn tilejson(
    tileset: &Tileset,
    origin: Origin,
    between: Option<&At>,
    filter: Option<&str>,
    base: &PublicUrl,
) -> Value {
    let (base, query) = (base.as_str(), query([("filter", filter)]));
    let name = &tileset.name;
    let fixed = between.map_or_else(|| tileset.version.to_string(), At::to_string);
    let mut document = json!({
        "tilejson": "3.0.0",
        "name": name,
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [format!("{base}/tiles/{name}@{fixed}/{{z}}/{{x}}/{{y}}.mvt{query}")],
        "minzoom": tileset.minzoom(),
        "maxzoom": tileset.maxzoom(),
        "max_tile_bytes": tileset.max_tile,
        "attribution": attribution(origin),
        "vector_layers": vector_layers(tileset, tileset.maxzoom()),
    });
    if let Some(bounds) = tileset.bounds() {
        document["bounds"] = json!([bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y]);
        document["center"] = json!([
            (bounds.min_x + bounds.max_x) / 2.0,
            (bounds.min_y + bounds.max_y) / 2.0,
            tileset.minzoom().max(9)
        ]);
    }
    document
}

/// Which pictures of a tileset are described.
pub struct Pictures<'a> {
    /// What stands behind the `@` of their URLs: their version, or the edition that they are of.
    pub at: &'a str,
    pub theme: Theme,
    pub filter: Option<&'a str>,
}

/// The TileJSON of pictures of `tileset`; their tiles have 256 pixels, or 512 with `@2x` before `.png`.
pub fn picture_tilejson(tileset: &Tileset, pictures: &Pictures, origin: Origin, base: &PublicUrl) -> Value {
    let mut document = tilejson(tileset, origin, None, None, base);
    let Pictures { at, theme, filter } = *pictures;
    let style = Some(theme.name()).filter(|_| theme != Theme::Light);
    let query = query([("style", style), ("filter", filter)]);
    let (base, name) = (base.as_str(), &tileset.name);
    document["tiles"] = json!([format!("{base}/tiles/{name}@{at}/{{z}}/{{x}}/{{y}}.png{query}")]);
    document["tileSize"] = json!(picture::SIZE);
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| name != "vector_layers" && name != "max_tile_bytes");
    }
    document
}

/// The query of a URL with the parameters that have a value, beginning with its mark; empty without any.
pub(super) fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    // A comma may stand in a query as it is, and lists are read by people too.
    if query.is_empty() { query } else { format!("?{}", query.replace("%2C", ",")) }
}

/// Whom to name beside the map; nobody when it is empty.
pub fn attribution(origin: Origin) -> &'static str {
    match origin {
        Origin::Bundled => "长治市屯留区矿产资源总体规划（2021—2025年），图形为示意 · geometry is schematic",
        Origin::Database => "",
    }
}

/// What tiles down to `maxzoom` hold (TileJSON 3.0.0 §3.3).
pub fn vector_layers(tileset: &Tileset, maxzoom: u8) -> Vec<Value> {
    tileset.layers.iter().flat_map(|layer| layers_of(layer, maxzoom)).collect()
}

/// What tiles hold of `layer`: its features and, for polygons, the points of their names.
fn layers_of(layer: &PublishedLayer, maxzoom: u8) -> Vec<Value> {
    let meta = &layer.snapshot.layer;
    let kind = |column: &str| {
        meta.fields.iter().find(|field| field.name == column).map(|field| field_type(field.kind))
    };
    let described = layer.tiles.mvt_layers().into_iter().map(|(id, columns)| {
        let fields: Map<String, Value> =
            columns.into_iter().map(|column| (column.to_owned(), json!(kind(column)))).collect();
        let description = if id == meta.id.as_str() { meta.title.zh.clone() } else { format!("{}（注记点）", meta.title.zh) };
        json!({ "id": id, "description": description, "minzoom": layer.tiles.minzoom(), "maxzoom": maxzoom, "fields": fields })
    });
    described.collect()
}

/// The type names that the TileJSON specification suggests (§3.3.3).
fn field_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer | FieldType::Real => "Number",
        FieldType::Boolean => "Boolean",
        FieldType::Text | FieldType::Date => "String",
    }
}
