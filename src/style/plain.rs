//! The style of a layer that no sheet knows: one colour, by the kind of its geometry.

use super::{Part, Theme};
use crate::{catalog::PublishedLayer, plan::GeometryKind};
use serde_json::{Value, json};

/// Middle tones that stand out from light and dark ground, and from each other.
const COLORS: [&str; 8] =
    ["#4c78a8", "#b5651d", "#2f8f6b", "#a83e5c", "#7a5bb0", "#8a7a1f", "#1f8a9c", "#c2571a"];

/// The font of the glyphs here.
const FONT: &str = "Noto Sans SC Medium";

/// The parts that draw `layer`: areas tinted and outlined, lines, points as discs; and their names, where
/// tiles hold a `name`.
pub fn parts(layer: &PublishedLayer, theme: Theme) -> Vec<Part> {
    let id = layer.id().as_str();
    let color = color(id);
    let mut parts = vec![];
    let mut add = |name: &str, kind: &str, source_layer: &str, layout: Value, paint: Value| {
        let label = if kind == "symbol" {
            json!({ "plantiles:layer": id, "plantiles:label": true })
        } else {
            json!({ "plantiles:layer": id })
        };
        let part = json!({
            "id": format!("{id}/{name}"), "metadata": label, "type": kind, "source": "plan",
            "source-layer": source_layer, "layout": layout, "paint": paint,
        });
        // What is written here is of the subset: the tests read it.
        parts.extend(Part::parse(part));
    };
    let round = json!({ "line-join": "round", "line-cap": "round" });
    let width = json!(["interpolate", ["exponential", 1.4], ["zoom"], 8, 1, 16, 3]);
    match layer.snapshot.layer.geometry {
        GeometryKind::Polygon => {
            add("fill", "fill", id, json!({}), json!({ "fill-color": color, "fill-opacity": 0.2 }));
            add("outline", "line", id, round, json!({ "line-color": color, "line-width": width }));
        }
        GeometryKind::Line => {
            add("line", "line", id, round, json!({ "line-color": color, "line-width": width }))
        }
        GeometryKind::Point => {
            let radius = json!(["interpolate", ["linear"], ["zoom"], 8, 2.5, 16, 6]);
            let paint = json!({
                "circle-color": color, "circle-radius": radius, "circle-stroke-color": theme.halo().to_string(), "circle-stroke-width": 1,
            });
            add("point", "circle", id, json!({}), paint);
        }
    }
    // Polygons have their names in the layer that is listed last.
    let named = layer.tiles.mvt_layers().pop().filter(|(_, columns)| columns.contains(&"name"));
    let polygons = layer.snapshot.layer.geometry == GeometryKind::Polygon;
    if let Some((source_layer, _)) = named.filter(|(source_layer, _)| !polygons || *source_layer != id) {
        let mut layout = json!({
            "text-field": ["get", "name"], "text-font": [FONT],
            "text-size": ["interpolate", ["linear"], ["zoom"], 9, 10, 15, 13], "text-max-width": 9, "text-padding": 4,
        });
        match layer.snapshot.layer.geometry {
            GeometryKind::Polygon => {}
            GeometryKind::Line => layout["symbol-placement"] = json!("line"),
            GeometryKind::Point => layout["text-offset"] = json!([0, 1]),
        }
        let paint = json!({ "text-color": theme.ink().to_string(), "text-halo-color": theme.halo().to_string(), "text-halo-width": 1.4 });
        add("label", "symbol", source_layer, layout, paint);
    }
    parts
}

/// The same for one id at all times.
fn color(id: &str) -> &'static str {
    let sum = id.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLORS[sum % COLORS.len()]
}
