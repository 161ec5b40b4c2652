//! Styles as OGC Styled Layer Descriptor 1.1 with Symbology Encoding 1.1, for QGIS, GeoServer and others.
//!
//! One named layer for each layer, one rule for each legend class and one for each way of writing names. SLD knows
//! no zoom: values are those of zoom [`ZOOM`], lengths are pixels; where a part begins and ends is kept as scale
//! denominators.

use super::{
    qml::{Ink, denominator},
    swatch::ZOOM,
    xml::Element,
};
use crate::{
    config::PublicUrl,
    plan::Text,
    style::{
        Cap, Circle, Color, Fill, Filter, Join, Line, Mark, Part, Piece, Placement, Sprite, Style,
        StyledLayer, Symbol, Test, Theme,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::ops::Range;

/// The SLD of `style`. Patterns and pictures are links to the server at `base`; without one they are in the document
/// itself (SE 1.1 §11.3.2).
pub fn sld(style: &Style, base: Option<&PublicUrl>) -> String {
    let pictures = Pictures {
        sprite: &style.sheet.sprite,
        url: base.map(|base| format!("{}/sprites/plan{}", base.as_str(), style.id.theme.suffix())),
    };
    let layers = style.layers.iter().map(|layer| named_layer(style, layer, &pictures));
    let document = Element::new("StyledLayerDescriptor")
        .attr("version", "1.1.0")
        .attr("xmlns", "http://www.opengis.net/sld")
        .attr("xmlns:se", "http://www.opengis.net/se")
        .attr("xmlns:ogc", "http://www.opengis.net/ogc")
        .attr("xmlns:xlink", "http://www.w3.org/1999/xlink");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", document.children(layers))
}

/// The pictures, and where they are linked.
struct Pictures<'a> {
    sprite: &'a Sprite,
    url: Option<String>,
}

fn named_layer(style: &Style, layer: &StyledLayer, pictures: &Pictures) -> Element {
    let meta = &layer.published.snapshot.layer;
    let id = meta.id.as_str();
    let classes: Vec<(Option<&str>, &Text)> = match layer.classes.as_slice() {
        [] => vec![(None, &meta.title)],
        classes => classes.iter().map(|class| (Some(class.id.as_str()), &class.title)).collect(),
    };
    let symbols = classes.into_iter().filter_map(|(class, title)| {
        let parts: Vec<_> = style.symbols(id, class).collect();
        let least = parts.iter().map(|part| part.zooms.start).fold(f32::INFINITY, f32::min);
        let rule = rule(class.unwrap_or(id), title, &parts.first()?.filter, &(least..f32::INFINITY));
        Some(rule.children(parts.into_iter().filter_map(|part| symbolizer(part, pictures))))
    });
    let names = style.parts.iter().filter(|part| part.is_label && part.layer == id);
    let names = names.filter_map(|part| {
        let name = part.json["id"].as_str()?;
        Some(rule(name, &meta.title, &part.filter, &part.zooms).child(names_of(part, style.id.theme)?))
    });
    let rules = Element::new("se:FeatureTypeStyle").children(symbols).children(names);
    let title = Element::new("se:Description").child(Element::new("se:Title").text(&meta.title.zh));
    let user = Element::new("UserStyle").child(Element::new("se:Name").text(&style.id)).child(rules);
    Element::new("NamedLayer").child(Element::new("se:Name").text(id)).child(title).child(user)
}

/// A rule without symbolizers (SE 1.1 §10).
fn rule(name: &str, title: &Text, filter: &Filter, zooms: &Range<f32>) -> Element {
    let Text { zh, en } = title;
    let description = Element::new("se:Description")
        .child(Element::new("se:Title").text(zh))
        .child(Element::new("se:Abstract").text(en));
    let mut rule = Element::new("se:Rule").child(Element::new("se:Name").text(name)).child(description);
    if !filter.0.is_empty() {
        rule = rule.child(Element::new("ogc:Filter").child(all(filter)));
    }
    if zooms.end.is_finite() {
        rule = rule.child(Element::new("se:MinScaleDenominator").text(denominator(zooms.end)));
    }
    if zooms.start > 0.0 {
        rule = rule.child(Element::new("se:MaxScaleDenominator").text(denominator(zooms.start)));
    }
    rule
}

fn all(filter: &Filter) -> Element {
    joined("ogc:And", filter.0.iter().map(test).collect())
}

/// `list` under `operator`, which takes two at least.
fn joined(operator: &'static str, mut list: Vec<Element>) -> Element {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        last => Element::new(operator).children(list).children(last),
    }
}

fn test(Test { field, values, is_one }: &Test) -> Element {
    let name = || Element::new("ogc:PropertyName").text(field);
    let (compare, join) = match is_one {
        true => ("ogc:PropertyIsEqualTo", "ogc:Or"),
        false => ("ogc:PropertyIsNotEqualTo", "ogc:And"),
    };
    let each = values
        .iter()
        .map(|value| Element::new(compare).child(name()).child(Element::new("ogc:Literal").text(value)));
    let values = joined(join, each.collect());
    if *is_one {
        return values;
    }
    // Nothing compares with a field that is null.
    Element::new("ogc:Or").child(Element::new("ogc:PropertyIsNull").child(name())).child(values)
}

fn parameter(name: &'static str, value: impl ToString) -> Element {
    Element::new("se:SvgParameter").attr("name", name).text(value)
}

fn symbolizer(part: &Part, pictures: &Pictures) -> Option<Element> {
    match &part.symbol {
        Symbol::Fill(fill) => area(fill, pictures),
        Symbol::Line(line) => Some(stroke(line)),
        Symbol::Circle(circle) => Some(disc(circle)),
        Symbol::Mark(mark) => marks(mark, pictures),
    }
}

fn fill(color: Color, opacity: f32) -> Element {
    Element::new("se:Fill").child(parameter("fill", color)).child(parameter("fill-opacity", opacity))
}

fn area(area: &Fill, pictures: &Pictures) -> Option<Element> {
    let opacity = area.fill_opacity.at(ZOOM);
    let fill = match area.fill_pattern.as_deref() {
        Some(pattern) => {
            let graphic = pictures.pattern(pattern, opacity)?;
            Element::new("se:Fill").child(Element::new("se:GraphicFill").child(graphic))
        }
        None => fill(area.fill_color?, opacity),
    };
    Some(Element::new("se:PolygonSymbolizer").child(fill))
}

fn stroke(line: &Line) -> Element {
    let width = line.line_width.at(ZOOM);
    let mut stroke = Element::new("se:Stroke")
        .child(parameter("stroke", line.line_color))
        .child(parameter("stroke-opacity", line.line_opacity.at(ZOOM)))
        .child(parameter("stroke-width", width))
        .child(parameter("stroke-linejoin", if line.line_join == Join::Round { "round" } else { "mitre" }))
        .child(parameter("stroke-linecap", if line.line_cap == Cap::Round { "round" } else { "butt" }));
    if !line.line_dasharray.is_empty() {
        let dashes = line.line_dasharray.iter().map(|length| (length.max(0.05) * width).to_string());
        stroke = stroke.child(parameter("stroke-dasharray", dashes.collect::<Vec<_>>().join(" ")));
    }
    let symbolizer = Element::new("se:LineSymbolizer").child(stroke);
    match line.line_offset.at(ZOOM) {
        0.0 => symbolizer,
        // SE counts to the left (§11.1.4).
        offset => symbolizer.child(Element::new("se:PerpendicularOffset").text(-offset)),
    }
}

fn disc(circle: &Circle) -> Element {
    let stroke = Element::new("se:Stroke")
        .child(parameter("stroke", circle.circle_stroke_color))
        .child(parameter("stroke-width", circle.circle_stroke_width.at(ZOOM)));
    let mark = Element::new("se:Mark").child(Element::new("se:WellKnownName").text("circle"));
    let mark = mark.child(fill(circle.circle_color, circle.circle_opacity.at(ZOOM))).child(stroke);
    let size = Element::new("se:Size").text(2.0 * circle.circle_radius.at(ZOOM));
    Element::new("se:PointSymbolizer").child(Element::new("se:Graphic").child(mark).child(size))
}

/// Pictures along a line; triangles for those who know no pictures there.
fn marks(mark: &Mark, pictures: &Pictures) -> Option<Element> {
    let picture = mark.icon_image.as_deref()?;
    let size = pictures.sprite.symbol(picture)?.height;
    let plain = Element::new("se:Mark").child(Element::new("se:WellKnownName").text("triangle"));
    let graphic = Element::new("se:Graphic").child(pictures.external(picture)?).child(plain);
    let graphic = graphic.child(Element::new("se:Size").text(size));
    let gap = Element::new("se:Gap").text(mark.symbol_spacing);
    let stroke = Element::new("se:Stroke").child(Element::new("se:GraphicStroke").child(graphic).child(gap));
    Some(Element::new("se:LineSymbolizer").child(stroke))
}

impl Pictures<'_> {
    fn external(&self, name: &str) -> Option<Element> {
        let picture = match &self.url {
            Some(url) => Element::new("se:OnlineResource")
                .attr("xlink:type", "simple")
                .attr("xlink:href", format!("{url}/{name}.svg")),
            None => Element::new("se:InlineContent")
                .attr("encoding", "base64")
                .text(BASE64_STANDARD.encode(self.sprite.symbol(name)?.svg)),
        };
        let format = Element::new("se:Format").text("image/svg+xml");
        Some(Element::new("se:ExternalGraphic").child(picture).child(format))
    }

    /// The symbol `name`, to be repeated.
    fn pattern(&self, name: &str, opacity: f32) -> Option<Element> {
        let size = self.sprite.symbol(name)?.height;
        let graphic = Element::new("se:Graphic").child(self.external(name)?);
        Some(
            graphic.child(Element::new("se:Opacity").text(opacity)).child(Element::new("se:Size").text(size)),
        )
    }
}

fn names_of(part: &Part, theme: Theme) -> Option<Element> {
    let Symbol::Mark(mark) = &part.symbol else { return None };
    let Ink { text: ink, halo, halo_width } = Ink::of(mark, theme);
    let mut label = Element::new("se:Label");
    for piece in &mark.text_field.as_ref()?.0 {
        label = match piece {
            Piece::Text(text) => label.text(text),
            Piece::Field(field) => label.child(Element::new("ogc:PropertyName").text(field)),
        };
    }
    let font = Element::new("se:Font")
        .child(parameter("font-family", "Noto Sans SC"))
        .child(parameter("font-size", mark.text_size.at(ZOOM)));
    let placement = match mark.symbol_placement {
        Placement::Line => {
            let offset = -mark.text_offset[1] * mark.text_size.at(ZOOM);
            Element::new("se:LinePlacement").child(Element::new("se:PerpendicularOffset").text(offset))
        }
        Placement::Point => {
            let anchor = Element::new("se:AnchorPoint")
                .child(Element::new("se:AnchorPointX").text(0.5))
                .child(Element::new("se:AnchorPointY").text(0.5));
            Element::new("se:PointPlacement").child(anchor)
        }
    };
    let text = Element::new("se:TextSymbolizer")
        .child(label)
        .child(font)
        .child(Element::new("se:LabelPlacement").child(placement));
    let radius = Element::new("se:Radius").text(halo_width);
    let halo = Element::new("se:Halo").child(radius).child(fill(halo, 1.0));
    Some(text.child(halo).child(fill(ink, 1.0)))
}
