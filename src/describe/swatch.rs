//! One symbol of a legend as SVG, drawn from the values that the map has at [`ZOOM`].

use super::xml::Element;
use crate::{
    plan::GeometryKind,
    style::{Cap, Circle, Fill, Line, Mark, Part, Sprite, SpriteSymbol, Symbol},
};

/// Size of a swatch, CSS pixels.
pub const WIDTH: u32 = 36;
pub const HEIGHT: u32 = 20;

/// Swatches, and files that know no zoom, look like the map does here.
pub const ZOOM: f32 = 12.0;

/// Room around an area.
const INSET: f32 = 2.0;

/// The parts of one class, drawn over one another: areas as a rectangle, lines from side to side, a point in
/// the middle.
pub fn swatch(parts: &[&Part], geometry: GeometryKind, sprite: &Sprite) -> Element {
    let svg = Element::new("svg")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .attr("width", WIDTH)
        .attr("height", HEIGHT);
    svg.children(parts.iter().flat_map(|part| match &part.symbol {
        Symbol::Fill(fill) => area(fill, sprite).into_iter().collect(),
        Symbol::Line(line) => vec![stroke(line, geometry)],
        Symbol::Circle(circle) => vec![disc(circle)],
        Symbol::Mark(mark) => marks(mark, sprite),
    }))
}

fn area(fill: &Fill, sprite: &Sprite) -> Option<Element> {
    let (width, height) = (WIDTH as f32 - 2.0 * INSET, HEIGHT as f32 - 2.0 * INSET);
    let opacity = fill.fill_opacity.at(ZOOM);
    if let Some(symbol) = fill.fill_pattern.as_deref().and_then(|name| sprite.symbol(name)) {
        // An inner SVG cuts off what stands out of it.
        let inner =
            Element::new("svg").attr("x", INSET).attr("y", INSET).attr("width", width).attr("height", height);
        let columns = (width / symbol.width as f32).ceil() as u32;
        let rows = (height / symbol.height as f32).ceil() as u32;
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        let copies = cells.map(|(column, row)| {
            placed(symbol, (column * symbol.width) as f32, (row * symbol.height) as f32)
        });
        return Some(Element::new("g").attr("opacity", opacity).child(inner.children(copies)));
    }
    let color = fill.fill_color?;
    let rect =
        Element::new("rect").attr("x", INSET).attr("y", INSET).attr("width", width).attr("height", height);
    Some(rect.attr("fill", color).attr("fill-opacity", opacity))
}

fn stroke(line: &Line, geometry: GeometryKind) -> Element {
    let width = line.line_width.at(ZOOM);
    let shape = if geometry == GeometryKind::Polygon {
        let inset = INSET + line.line_offset.at(ZOOM);
        let rect = Element::new("rect").attr("x", inset).attr("y", inset);
        rect.attr("width", WIDTH as f32 - 2.0 * inset).attr("height", HEIGHT as f32 - 2.0 * inset)
    } else {
        let y = HEIGHT as f32 / 2.0 + line.line_offset.at(ZOOM);
        Element::new("path").attr("d", format!("M{INSET} {y}H{}", WIDTH as f32 - INSET))
    };
    let shape = shape
        .attr("fill", "none")
        .attr("stroke", line.line_color)
        .attr("stroke-width", width)
        .attr("stroke-opacity", line.line_opacity.at(ZOOM))
        .attr("stroke-linejoin", "round")
        .attr("stroke-linecap", if line.line_cap == Cap::Round { "round" } else { "butt" });
    if line.line_dasharray.is_empty() {
        return shape;
    }
    let dashes: Vec<_> = line.line_dasharray.iter().map(|length| (length * width).to_string()).collect();
    shape.attr("stroke-dasharray", dashes.join(" "))
}

fn disc(circle: &Circle) -> Element {
    Element::new("circle")
        .attr("cx", WIDTH as f32 / 2.0)
        .attr("cy", HEIGHT as f32 / 2.0)
        .attr("r", circle.circle_radius.at(ZOOM))
        .attr("fill", circle.circle_color)
        .attr("opacity", circle.circle_opacity.at(ZOOM))
        .attr("stroke", circle.circle_stroke_color)
        .attr("stroke-width", circle.circle_stroke_width.at(ZOOM))
}

/// The pictures along a line, as many as stand apart.
fn marks(mark: &Mark, sprite: &Sprite) -> Vec<Element> {
    let Some(symbol) = mark.icon_image.as_deref().and_then(|name| sprite.symbol(name)) else { return vec![] };
    let copies = ((WIDTH - 4) / symbol.width).max(1);
    let step = WIDTH as f32 / copies as f32;
    let y = (HEIGHT as f32 - symbol.height as f32) / 2.0;
    (0..copies).map(|n| placed(symbol, step * (n as f32 + 0.5) - symbol.width as f32 / 2.0, y)).collect()
}

/// The symbol with its upper left corner at `x`, `y`.
fn placed(symbol: &SpriteSymbol, x: f32, y: f32) -> Element {
    Element::new("g").attr("transform", format!("translate({x} {y})")).written(symbol.svg.trim())
}
