//! Legends: a swatch and titles for each class of each layer.

use super::{
    swatch::{WIDTH, swatch},
    xml::Element,
};
use crate::{
    config::PublicUrl,
    plan::Text,
    style::{Style, StyledLayer},
};
use serde_json::{Value, json};

/// One line of a legend.
pub struct Line<'a> {
    pub class: Option<&'a str>,
    pub title: &'a Text,
    pub swatch: Element,
}

/// The lines of `layer`: one for each class, or one for the layer when its features are all drawn alike.
pub fn lines<'a>(style: &'a Style, layer: &'a StyledLayer) -> Vec<Line<'a>> {
    let meta = &layer.published.snapshot.layer;
    let line = |class: Option<&'a str>, title| {
        let parts: Vec<_> = style.symbols(meta.id.as_str(), class).collect();
        Line { class, title, swatch: swatch(&parts, meta.geometry, &style.sheet.sprite) }
    };
    if layer.classes.is_empty() {
        return vec![line(None, &meta.title)];
    }
    layer.classes.iter().map(|class| line(Some(&class.id), &class.title)).collect()
}

/// The legend of `style`: swatches are SVG documents of their own.
pub fn legend(style: &Style, base: &PublicUrl) -> Value {
    let layers = style.layers.iter().map(|layer| {
        let meta = &layer.published.snapshot.layer;
        let symbols = lines(style, layer)
            .into_iter()
            .map(|line| json!({ "class": line.class, "title": line.title, "svg": line.swatch.to_string() }));
        json!({
            "id": meta.id,
            "title": meta.title,
            "group": meta.group,
            "geometry": meta.geometry,
            "symbols": symbols.collect::<Vec<_>>(),
        })
    });
    json!({
        "id": style.id.to_string(),
        "title": style.title,
        "theme": style.id.theme.name(),
        "svg": format!("{}/styles/{}/legend.svg", base.as_str(), style.id),
        "layers": layers.collect::<Vec<_>>(),
    })
}

const MARGIN: u32 = 14;
const ROW: u32 = 26;

/// The legend of `style` as one picture, Chinese first.
pub fn legend_svg(style: &Style) -> String {
    let mut rows = vec![];
    let mut y = MARGIN + 6;
    let theme = style.id.theme;
    let write = |x: u32, y: u32, size: u32, title: &Text| {
        let english = Element::new("tspan")
            .attr("dx", 8)
            .attr("font-size", size - 2)
            .attr("opacity", 0.65)
            .text(&title.en);
        Element::new("text").attr("x", x).attr("y", y).attr("font-size", size).text(&title.zh).child(english)
    };
    // One above the other: together they may be too long.
    for (size, opacity, title) in [(15, 1.0, &style.title.zh), (12, 0.65, &style.title.en)] {
        let line = Element::new("text").attr("x", MARGIN).attr("y", y + 8).attr("font-size", size);
        rows.push(line.attr("opacity", opacity).text(title));
        y += ROW - 6;
    }
    for layer in &style.layers {
        // The layer's own title stands over its classes.
        if !layer.classes.is_empty() {
            rows.push(write(MARGIN, y + 14, 13, &layer.published.snapshot.layer.title));
            y += ROW - 4;
        }
        for line in lines(style, layer) {
            let indent = MARGIN + if line.class.is_some() { 12 } else { 0 };
            rows.push(line.swatch.attr("x", indent).attr("y", y));
            rows.push(write(indent + WIDTH + 10, y + 14, 13, line.title));
            y += ROW;
        }
    }
    let width = 520;
    let height = y + MARGIN;
    let paper = style.sheet.paper().unwrap_or("none");
    let ground = Element::new("rect").attr("width", width).attr("height", height).attr("fill", paper);
    let svg = Element::new("svg")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .attr("width", width)
        .attr("height", height);
    let svg = svg.attr("viewBox", format!("0 0 {width} {height}")).attr("fill", theme.ink());
    let font = "'Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif";
    svg.attr("font-family", font).child(ground).children(rows).to_string()
}
