//! QGIS layer definitions (`.qlr`): what QGIS writes under *Export ▸ Save as Layer Definition File*, of which it needs
//! only this much.

use super::Language;
use crate::{
    catalog::{Catalog, PublishedLayer, Tileset},
    config::PublicUrl,
    plan::{GeometryKind, Group, Layer},
};
use maud::{Markup, PreEscaped, html};

const PLAN: [&str; 2] = ["矿产资源规划", "Mineral-resource plan"];
const GROUPS: [(Group, [&str; 2]); 3] = [
    (Group::Planning, ["规划", "Planning"]),
    (Group::Status, ["现状", "Present state"]),
    (Group::Base, ["基础地理与地质", "Base map and geology"]),
];

/// A vector tile layer of the plan, which knows the style's address.
pub fn plan_qlr(plan: &Tileset, base: &PublicUrl, language: Language) -> String {
    let base = base.as_str();
    let style = encoded(&format!("{base}/styles/plan.json"));
    let tiles = encoded(&format!("{base}/tiles/plan/{{z}}/{{x}}/{{y}}.mvt"));
    let (zmin, zmax) = (plan.minzoom(), plan.maxzoom());
    let layer = MapLayer {
        id: "plan",
        name: language.pick(PLAN),
        provider: "vectortile",
        source: format!("styleUrl={style}&type=xyz&url={tiles}&zmax={zmax}&zmin={zmin}"),
    };
    let defined = html! { maplayer type="vector-tile" { (layer.common(3857)) } };
    document(layer.in_tree(), defined)
}

/// One layer as FlatGeobuf.
pub fn layer_qlr(published: &PublishedLayer, base: &PublicUrl, language: Language) -> String {
    let layer = &published.snapshot.layer;
    document(features(layer, base, language).in_tree(), defined(layer, base, language))
}

/// All layers as FlatGeobuf, in groups, as the legend has them.
pub fn layers_qlr(catalog: &Catalog, base: &PublicUrl, language: Language) -> String {
    let layers: Vec<&Layer> = catalog.layers().iter().map(|published| &*published.snapshot.layer).collect();
    let tree = html! {
        @for (group, name) in GROUPS {
            @let members: Vec<_> = layers.iter().filter(|layer| layer.group == group).collect();
            @if !members.is_empty() {
                layer-tree-group name=(language.pick(name)) checked="Qt::Checked" expanded="1" {
                    @for layer in members { (features(layer, base, language).in_tree()) }
                }
            }
        }
    };
    document(tree, html! { @for layer in layers { (defined(layer, base, language)) } })
}

fn features<'a>(layer: &'a Layer, base: &PublicUrl, language: Language) -> MapLayer<'a> {
    let source = format!("/vsicurl/{}/downloads/{}.fgb", base.as_str(), layer.id);
    MapLayer { id: layer.id.as_str(), name: language.of(&layer.title), provider: "ogr", source }
}

fn defined(layer: &Layer, base: &PublicUrl, language: Language) -> Markup {
    let geometry = match layer.geometry {
        GeometryKind::Point => "Point",
        GeometryKind::Line => "Line",
        GeometryKind::Polygon => "Polygon",
    };
    html! {
        maplayer type="vector" geometry=(geometry) {
            (features(layer, base, language).common(4490))
            provider encoding="UTF-8" { "ogr" }
            aliases {
                @for (i, field) in layer.fields.iter().enumerate() {
                    alias index=(i) field=(field.name) name=(language.of(&field.title)) {}
                }
            }
        }
    }
}

/// What both places of a layer in the file have.
struct MapLayer<'a> {
    /// Unique in the file; QGIS gives it another when it opens it.
    id: &'a str,
    name: &'a str,
    provider: &'a str,
    source: String,
}

impl MapLayer<'_> {
    fn in_tree(&self) -> Markup {
        let Self { id, name, provider, source } = self;
        html! {
            layer-tree-layer id=(id) name=(name) providerKey=(provider) source=(source) checked="Qt::Checked" expanded="0" {}
        }
    }

    /// The elements of its definition that every kind of layer has.
    fn common(&self, epsg: u16) -> Markup {
        html! {
            id { (self.id) }
            datasource { (self.source) }
            layername { (self.name) }
            // QGIS looks at the authid only where there is a number of its own list too, whatever it is.
            srs { spatialrefsys { srsid { (epsg) } authid { "EPSG:" (epsg) } } }
        }
    }
}

fn document(tree: Markup, layers: Markup) -> String {
    let document = html! {
        (PreEscaped("<!DOCTYPE qgis-layer-definition>\n"))
        qlr {
            layer-tree-group name="" checked="Qt::Checked" expanded="1" { (tree) }
            maplayers { (layers) }
        }
    };
    document.into_string()
}

/// A URL as a value of a QGIS data source, which is a query string.
fn encoded(url: &str) -> String {
    url.replace('%', "%25").replace('{', "%7B").replace('}', "%7D").replace('&', "%26")
}
