//! The legend: the swatches of the map's legend, for what is on the sheet.

use super::{
    drawing::{Anchor, Area, Drawing, FAINT, INK, placed},
    font::Font,
    furniture::setting,
    map::{Map, PIXEL},
    symbol,
};
use crate::{
    describe::{Language, SWATCH_HEIGHT, SWATCH_WIDTH, legend_lines},
    style::{Style, StyledLayer},
};
use tiny_skia::Transform;

/// Of a line, at most and at least; millimetres.
const ROW: [f32; 2] = [6.4, 3.4];

/// Behind the title of a layer whose shapes are schematic.
pub const SCHEMATIC: &str = "＊";

enum Row {
    /// The title of a layer, over its classes.
    Heading(String),
    Line {
        swatch: String,
        title: String,
        is_class: bool,
    },
}

/// Draws the legend of what `map` shows in `area`.
pub fn legend(drawing: &mut Drawing, font: &Font, style: &Style, map: &Map, area: Area) {
    let middle = (area.left + area.right) / 2.0;
    let language = drawing.language;
    drawing.text(
        font,
        language.pick(["图例", "Legend"]),
        [middle, area.top + 7.5],
        setting(4.6, Anchor::Middle, INK),
    );
    let rows: Vec<Row> = style.layers.iter().flat_map(|layer| rows(style, layer, map, language)).collect();
    let columns = if area.width() > 120.0 { 2 } else { 1 };
    let top = area.top + 11.5;
    let each = rows.len().div_ceil(columns).max(1);
    let row = ((area.bottom - 3.0 - top) / each as f32).clamp(ROW[1], ROW[0]);
    let width = area.width() / columns as f32;
    for (n, entry) in rows.iter().enumerate() {
        let left = area.left + 4.0 + (n / each) as f32 * width;
        let y = top + (n % each) as f32 * row;
        if y + row > area.bottom {
            // A layer more than the sheet has room for is still on the map.
            continue;
        }
        draw(drawing, font, entry, [left, y], row, width - 8.0);
    }
}

fn rows(style: &Style, layer: &StyledLayer, map: &Map, language: Language) -> Vec<Row> {
    let meta = &layer.published.snapshot.layer;
    let star = if is_schematic(layer, map) { SCHEMATIC } else { "" };
    let shown = legend_lines(style, layer).into_iter().filter(|line| {
        let mut parts = style.symbols(meta.id.as_str(), line.class);
        parts.any(|part| map.shows(part))
    });
    let has_classes = !layer.classes.is_empty();
    let mut rows: Vec<Row> = shown
        .map(|line| {
            let title = format!("{}{}", language.of(line.title), if has_classes { "" } else { star });
            Row::Line { swatch: line.swatch.to_string(), title, is_class: has_classes }
        })
        .collect();
    if has_classes && !rows.is_empty() {
        rows.insert(0, Row::Heading(format!("{}{star}", language.of(&meta.title))));
    }
    rows
}

/// Whether the data says of some feature on the sheet that its shape is schematic.
pub fn is_schematic(layer: &StyledLayer, map: &Map) -> bool {
    let Some(read) = map.layer(layer.published.id().as_str()) else { return false };
    read.features.iter().any(|feature| read.text(feature, "geometry_status") == Some("schematic"))
}

fn draw(drawing: &mut Drawing, font: &Font, entry: &Row, [left, y]: [f32; 2], row: f32, width: f32) {
    let size = (row * 0.5).clamp(2.0, 2.9);
    let base = y + row / 2.0 + size * 0.36;
    match entry {
        Row::Heading(title) => drawing.text(font, title, [left, base], setting(size, Anchor::Start, FAINT)),
        Row::Line { swatch, title, is_class } => {
            let left = if *is_class { left + 3.0 } else { left };
            let scale = PIXEL * 1.1;
            let height = SWATCH_HEIGHT as f32 * scale;
            let place = Transform::from_translate(left, y + (row - height) / 2.0).pre_scale(scale, scale);
            drawing.ops.extend(placed(&symbol::ops(swatch), place, 1.0));
            let at = left + SWATCH_WIDTH as f32 * scale + 2.5;
            let room = width - (at - left);
            let natural = font.width(title) * size;
            let size = if natural > room { size * room / natural } else { size };
            drawing.text(font, title, [at, base], setting(size, Anchor::Start, INK));
        }
    }
}
