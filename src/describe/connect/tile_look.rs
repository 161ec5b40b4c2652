//! The look of vector tiles in QGIS, which does not fetch the style that a layer definition names: one QGIS style for
//! each part of the map style.

use crate::{
    describe::{
        qml::{expression, name_settings, symbol, symbol_layer},
        xml::Element,
    },
    plan::GeometryKind,
    style::{Part, Style, Symbol},
};

/// How the tiles are drawn and how names are written.
pub fn look(style: &Style) -> [Element; 2] {
    let sprite = &style.sheet.sprite;
    let symbols = style.parts.iter().filter(|part| !part.is_label).filter_map(|part| {
        let (kind, geometry) = match part.symbol {
            Symbol::Fill(_) => ("fill", GeometryKind::Polygon),
            // A line is also the outline of an area.
            Symbol::Line(_) | Symbol::Mark(_) => ("line", GeometryKind::Line),
            Symbol::Circle(_) => ("marker", GeometryKind::Point),
        };
        let symbol = symbol(0, kind).child(symbol_layer(part, 0, part.zooms.start, sprite)?);
        Some(tile_style(part, geometry).child(Element::new("symbols").child(symbol)))
    });
    let names = style.parts.iter().filter(|part| part.is_label).filter_map(|part| {
        let geometry = named(style, part)?;
        Some(tile_style(part, geometry).child(name_settings(part, geometry, style.id.theme)?))
    });
    let styles = |of: Vec<Element>| Element::new("styles").children(of);
    [
        Element::new("renderer").attr("type", "basic").child(styles(symbols.collect())),
        Element::new("labeling").attr("type", "basic").child(styles(names.collect())),
    ]
}

/// What the names of `part` stand at: tiles have points for those of areas.
fn named(style: &Style, part: &Part) -> Option<GeometryKind> {
    if part.source_layer != part.layer {
        return Some(GeometryKind::Point);
    }
    let layer = style.layers.iter().find(|layer| layer.published.id().as_str() == part.layer)?;
    Some(layer.published.snapshot.layer.geometry)
}

/// QGIS counts zooms by tiles of 256 pixels, the style by tiles of 512; its last zoom is one more that is drawn, the
/// style's the first that is not.
fn tile_style(part: &Part, geometry: GeometryKind) -> Element {
    let first = if part.zooms.start > 0.0 { part.zooms.start.round() as i32 + 1 } else { -1 };
    let last = if part.zooms.end.is_finite() { part.zooms.end.round() as i32 } else { -1 };
    Element::new("style")
        .attr("name", part.json["id"].as_str().unwrap_or_default())
        .attr("layer", &part.source_layer)
        .attr("geometry", geometry as i32)
        .attr("enabled", 1)
        .attr("expression", expression(&part.filter))
        .attr("min-zoom", first)
        .attr("max-zoom", last)
}
