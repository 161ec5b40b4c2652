//! QGIS layer definitions (`.qlr`): what QGIS writes under *Export ▸ Save as Layer Definition File*, of which it needs
//! only this much.

use super::tile_look;
use crate::{
    catalog::Tileset,
    config::PublicUrl,
    describe::{page::Language, qml, xml::Element},
    plan::{GeometryKind, Group, Layer},
    style::{Style, StyledLayer},
};

const GROUPS: [(Group, [&str; 2]); 3] = [
    (Group::Planning, ["规划", "Planning"]),
    (Group::Status, ["现状", "Present state"]),
    (Group::Base, ["基础地理与地质", "Base map and geology"]),
];

/// The plan in `style` as a vector tile layer, which knows the style's address too.
pub fn plan_qlr(style: &Style, plan: &Tileset, base: &PublicUrl, language: Language) -> String {
    let base = base.as_str();
    let address = encoded(&format!("{base}/styles/{}.json", style.id));
    let tiles = encoded(&format!("{base}/tiles/plan/{{z}}/{{x}}/{{y}}.mvt"));
    let (zmin, zmax) = (plan.minzoom(), plan.maxzoom());
    let layer = MapLayer {
        id: "plan",
        name: language.of(&style.title),
        provider: "vectortile",
        source: format!("styleUrl={address}&type=xyz&url={tiles}&zmax={zmax}&zmin={zmin}"),
    };
    let defined = Element::new("maplayer").attr("type", "vector-tile").children(layer.common(3857));
    document([layer.in_tree()], [defined.children(tile_look::look(style))])
}

/// The layers of `style` as FlatGeobuf: one by itself, several in groups, as the legend has them.
pub fn features_qlr(style: &Style, base: &PublicUrl, language: Language) -> String {
    let definitions = style.layers.iter().map(|layer| defined(style, layer, base, language));
    let entry = |layer: &StyledLayer| features(meta(layer), base, language).in_tree();
    let group = |(group, name): (Group, [&'static str; 2])| {
        let members = style.layers.iter().filter(|layer| meta(layer).group == group);
        let members: Vec<_> = members.map(entry).collect();
        (!members.is_empty()).then(|| tree_group(language.pick(name)).children(members))
    };
    match style.layers.as_slice() {
        [one] => document([entry(one)], definitions),
        _ => document(GROUPS.into_iter().filter_map(group), definitions),
    }
}

fn meta(layer: &StyledLayer) -> &Layer {
    &layer.published.snapshot.layer
}

fn features<'a>(layer: &'a Layer, base: &PublicUrl, language: Language) -> MapLayer<'a> {
    let source = format!("/vsicurl/{}/downloads/{}.fgb", base.as_str(), layer.id);
    MapLayer { id: layer.id.as_str(), name: language.of(&layer.title), provider: "ogr", source }
}

fn defined(style: &Style, styled: &StyledLayer, base: &PublicUrl, language: Language) -> Element {
    let layer = meta(styled);
    let aliases = layer.fields.iter().enumerate().map(|(i, field)| {
        let alias = Element::new("alias").attr("index", i).attr("field", &field.name);
        alias.attr("name", language.of(&field.title))
    });
    Element::new("maplayer")
        .attr("type", "vector")
        .attr("labelsEnabled", 1)
        .attr(
            "geometry",
            match layer.geometry {
                GeometryKind::Point => "Point",
                GeometryKind::Line => "Line",
                GeometryKind::Polygon => "Polygon",
            },
        )
        .children(features(layer, base, language).common(4490))
        .child(Element::new("provider").attr("encoding", "UTF-8").text("ogr"))
        .child(Element::new("aliases").children(aliases))
        .children(qml::look(style, styled))
}

/// What both places of a layer in the file have.
struct MapLayer<'a> {
    /// Unique in the file; QGIS gives it another when it opens it.
    id: &'a str,
    name: &'a str,
    provider: &'static str,
    source: String,
}

impl MapLayer<'_> {
    fn in_tree(&self) -> Element {
        Element::new("layer-tree-layer")
            .attr("id", self.id)
            .attr("name", self.name)
            .attr("providerKey", self.provider)
            .attr("source", &self.source)
            .attr("checked", "Qt::Checked")
            .attr("expanded", 0)
    }

    /// The elements of its definition that every kind of layer has.
    fn common(&self, epsg: u16) -> [Element; 4] {
        // QGIS looks at the authid only where there is a number of its own list too, whatever it is.
        let crs = Element::new("spatialrefsys")
            .child(Element::new("srsid").text(epsg))
            .child(Element::new("authid").text(format!("EPSG:{epsg}")));
        [
            Element::new("id").text(self.id),
            Element::new("datasource").text(&self.source),
            Element::new("layername").text(self.name),
            Element::new("srs").child(crs),
        ]
    }
}

fn tree_group(name: &str) -> Element {
    Element::new("layer-tree-group").attr("name", name).attr("checked", "Qt::Checked").attr("expanded", 1)
}

fn document(tree: impl IntoIterator<Item = Element>, layers: impl IntoIterator<Item = Element>) -> String {
    let document = Element::new("qlr")
        .child(tree_group("").children(tree))
        .child(Element::new("maplayers").children(layers));
    format!("<!DOCTYPE qgis-layer-definition>\n{document}\n")
}

/// A URL as a value of a QGIS data source, which is a query string.
fn encoded(url: &str) -> String {
    url.replace('%', "%25").replace('{', "%7B").replace('}', "%7D").replace('&', "%26")
}
