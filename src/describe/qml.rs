//! The style of a layer as a QML file for QGIS 3, with the titles of its fields.
//!
//! One rule for each legend class; its parts are symbol layers, drawn in the order of the style ("symbol levels").
//! Values that change with zoom are expressions of the map's scale; lengths are millimetres, 96 pixels to the
//! inch, so that paper and fine screens have the same sizes. What QGIS cannot vary with scale (dashes, opacity of
//! a pattern, size of text) has the value of zoom [`ZOOM`].

use super::{swatch::ZOOM, xml::Element};
use crate::{
    plan::{Field, GeometryKind, Layer},
    style::{
        Cap, Circle, Color, Fill, Filter, Join, Line, Mark, Part, Piece, Placement, Sprite, SpriteSymbol,
        Style, StyledLayer, Symbol, Template, Test, TextFit, Theme, Zoomed,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::ops::Range;

/// Millimetres of a CSS pixel.
const PIXEL: f32 = 25.4 / 96.0;

/// Scale denominator of zoom 0: its 512 pixel tile holds the equator, and a pixel is 1/96 inch.
pub const SCALE: f64 = 40_075_016.685_578_49 / 512.0 / (0.0254 / 96.0);

/// The QML of `layer` in `style`.
pub fn qml(style: &Style, layer: &StyledLayer) -> String {
    let document = Element::new("qgis")
        .attr("version", "3.22.0")
        .attr("styleCategories", "Symbology|Labeling|Fields")
        .attr("labelsEnabled", 1)
        .children(look(style, layer))
        .child(aliases(&layer.published.snapshot.layer))
        .child(Element::new("layerGeometryType").text(match layer.published.snapshot.layer.geometry {
            GeometryKind::Point => 0,
            GeometryKind::Line => 1,
            GeometryKind::Polygon => 2,
        }));
    format!("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{document}\n")
}

/// The titles of fields, shown in place of their names.
fn aliases(layer: &Layer) -> Element {
    let aliases = layer.fields.iter().enumerate().map(|(n, Field { name, title, .. })| {
        Element::new("alias").attr("index", n).attr("field", name).attr("name", &title.zh)
    });
    Element::new("aliases").children(aliases)
}

/// How `layer` is drawn and how its names are written: the two elements of a layer in any file of QGIS.
pub(super) fn look(style: &Style, layer: &StyledLayer) -> [Element; 2] {
    let meta = &layer.published.snapshot.layer;
    let sprite = &style.sheet.sprite;
    let own: Vec<&Part> =
        style.parts.iter().map(|part| &**part).filter(|p| p.layer == meta.id.as_str()).collect();
    let all = [(None, &meta.title)];
    let classes: Vec<_> = match layer.classes.as_slice() {
        [] => all.to_vec(),
        classes => classes.iter().map(|class| (Some(class.id.as_str()), &class.title)).collect(),
    };
    let mut rules = Element::new("rules").attr("key", "root");
    let mut symbols = Element::new("symbols");
    for (n, (class, title)) in classes.into_iter().enumerate() {
        let drawn: Vec<(usize, &Part)> = own
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, p)| !p.is_label && p.class.as_deref() == class)
            .collect();
        let Some((_, first)) = drawn.first() else { continue };
        let least = drawn.iter().map(|(_, part)| part.zooms.start).fold(f32::INFINITY, f32::min);
        let rule = Element::new("rule").attr("key", class.unwrap_or("all")).attr("symbol", n);
        let rule = scales(rule, &(least..f32::INFINITY)).attr("filter", expression(&first.filter));
        rules = rules.child(rule.attr("label", &title.zh).attr("description", &title.en));
        let kind = match meta.geometry {
            GeometryKind::Polygon => "fill",
            GeometryKind::Line => "line",
            GeometryKind::Point => "marker",
        };
        let layers = drawn.iter().filter_map(|(pass, part)| symbol_layer(part, *pass, least, sprite));
        symbols = symbols.child(symbol(n, kind).children(layers));
    }
    let renderer = Element::new("renderer-v2")
        .attr("type", "RuleRenderer")
        .attr("symbollevels", 1)
        .attr("enableorderby", 0)
        .attr("forceraster", 0);
    let names = own
        .iter()
        .filter(|part| part.is_label)
        .filter_map(|part| name_rule(part, meta.geometry, style.id.theme));
    let names = Element::new("rules").attr("key", "root").children(names);
    let labeling = Element::new("labeling").attr("type", "rule-based").child(names);
    [renderer.child(rules).child(symbols), labeling]
}

/// The scales at which something of `zooms` is drawn: `scalemaxdenom` is the smaller scale.
fn scales(mut rule: Element, zooms: &Range<f32>) -> Element {
    if zooms.start > 0.0 {
        rule = rule.attr("scalemaxdenom", denominator(zooms.start));
    }
    if zooms.end.is_finite() {
        rule = rule.attr("scalemindenom", denominator(zooms.end));
    }
    rule
}

/// The scale denominator of `zoom`.
pub fn denominator(zoom: f32) -> u64 {
    (SCALE / f64::from(zoom).exp2()).round() as u64
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn column(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `filter` as a QGIS expression; empty for all features.
pub(super) fn expression(filter: &Filter) -> String {
    let test = |Test { field, values, is_one }: &Test| {
        let values = values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ");
        let field = column(field);
        match is_one {
            true => format!("{field} IN ({values})"),
            false => format!("({field} IS NULL OR {field} NOT IN ({values}))"),
        }
    };
    filter.0.iter().map(test).collect::<Vec<_>>().join(" AND ")
}

/// `factor` times `value` as an expression of the scale; `None` when it is constant.
fn by_scale(value: &Zoomed, factor: f32) -> Option<String> {
    let [first, .., last] = value.stops.as_slice() else { return None };
    let mut cases = format!("CASE WHEN @z <= {} THEN {}", first.0, first.1 * factor);
    for stops in value.stops.windows(2) {
        let [(z0, v0), (z1, v1)] = stops else { continue };
        let share = match value.base {
            1.0 => format!("(@z - {z0}) / {}", z1 - z0),
            base => format!("({base} ^ (@z - {z0}) - 1) / {}", base.powf(z1 - z0) - 1.0),
        };
        cases += &format!(" WHEN @z <= {z1} THEN {} + {} * {share}", v0 * factor, (v1 - v0) * factor);
    }
    // In a legend there is no scale.
    let scale = format!("coalesce(@map_scale, {})", denominator(ZOOM));
    Some(format!("with_variable('z', log(2, {SCALE} / {scale}), {cases} ELSE {} END)", last.1 * factor))
}

fn rgba(color: Color, opacity: f32) -> String {
    let [r, g, b] = color.0;
    format!("{r},{g},{b},{}", (opacity * 255.0).round())
}

fn color_by_scale(color: Color, opacity: &Zoomed) -> Option<String> {
    let [r, g, b] = color.0;
    Some(format!("color_rgba({r}, {g}, {b}, {})", by_scale(opacity, 255.0)?))
}

fn option(name: &'static str, value: impl ToString) -> Element {
    Element::new("Option").attr("name", name).attr("type", "QString").attr("value", value)
}

fn options(list: Vec<(&'static str, String)>) -> Element {
    let list = list.into_iter().map(|(name, value)| option(name, value));
    Element::new("Option").attr("type", "Map").children(list)
}

/// Properties that follow expressions; those without one are left out.
fn defined(properties: Vec<(&'static str, Option<String>)>) -> Element {
    let properties = properties.into_iter().filter_map(|(name, expression)| {
        let map = Element::new("Option").attr("name", name).attr("type", "Map");
        let active = Element::new("Option").attr("name", "active").attr("type", "bool").attr("value", "true");
        let kind = Element::new("Option").attr("name", "type").attr("type", "int").attr("value", 3);
        Some(map.child(active).child(option("expression", expression?)).child(kind))
    });
    let properties =
        Element::new("Option").attr("name", "properties").attr("type", "Map").children(properties);
    let map = Element::new("Option").attr("type", "Map").child(option("name", "")).child(properties);
    Element::new("data_defined_properties").child(map.child(option("type", "collection")))
}

pub(super) fn symbol(name: impl ToString, kind: &'static str) -> Element {
    Element::new("symbol")
        .attr("name", name)
        .attr("type", kind)
        .attr("alpha", 1)
        .attr("clip_to_extent", 1)
        .attr("force_rhr", 0)
}

fn layer(class: &'static str, pass: usize, list: Vec<(&'static str, String)>) -> Element {
    Element::new("layer")
        .attr("class", class)
        .attr("enabled", 1)
        .attr("locked", 0)
        .attr("pass", pass)
        .child(options(list))
}

fn mm(pixels: f32) -> String {
    (pixels * PIXEL).to_string()
}

/// `part` as a symbol layer that is drawn in `pass`; the rule around it begins at zoom `least`.
pub(super) fn symbol_layer(part: &Part, pass: usize, least: f32, sprite: &Sprite) -> Option<Element> {
    let enabled =
        (part.zooms.start > least).then(|| format!("@map_scale <= {}", denominator(part.zooms.start)));
    match &part.symbol {
        Symbol::Fill(fill) => area(fill, pass, enabled, sprite),
        Symbol::Line(line) => Some(stroke(line, pass, enabled)),
        Symbol::Circle(circle) => Some(disc(circle, pass, enabled)),
        Symbol::Mark(mark) => marks(mark, pass, enabled, sprite),
    }
}

fn area(fill: &Fill, pass: usize, enabled: Option<String>, sprite: &Sprite) -> Option<Element> {
    if let Some(pattern) = fill.fill_pattern.as_deref().and_then(|name| sprite.symbol(name)) {
        let list = vec![
            ("svgFile", inline(pattern, fill.fill_opacity.at(ZOOM))),
            ("width", mm(pattern.width as f32)),
            ("pattern_width_unit", "MM".into()),
        ];
        // Without an outline of its own it would get one of a chance colour.
        let none = layer("SimpleLine", 0, vec![("line_style", "no".into())]);
        let outline = symbol(format!("@{pass}@0"), "line").child(none);
        return Some(layer("SVGFill", pass, list).child(defined(vec![("enabled", enabled)])).child(outline));
    }
    let color = fill.fill_color?;
    let list = vec![
        ("color", rgba(color, fill.fill_opacity.at(ZOOM))),
        ("style", "solid".into()),
        ("outline_style", "no".into()),
    ];
    let shade = color_by_scale(color, &fill.fill_opacity);
    Some(layer("SimpleFill", pass, list).child(defined(vec![("fillColor", shade), ("enabled", enabled)])))
}

fn stroke(line: &Line, pass: usize, enabled: Option<String>) -> Element {
    let width = line.line_width.at(ZOOM);
    let mut list = vec![
        ("line_color", rgba(line.line_color, line.line_opacity.at(ZOOM))),
        ("line_style", "solid".into()),
        ("line_width", mm(width)),
        ("line_width_unit", "MM".into()),
        ("offset", mm(line.line_offset.at(ZOOM))),
        ("offset_unit", "MM".into()),
        ("capstyle", if line.line_cap == Cap::Round { "round" } else { "flat" }.into()),
        ("joinstyle", if line.line_join == Join::Round { "round" } else { "miter" }.into()),
    ];
    if !line.line_dasharray.is_empty() {
        // Qt draws no dash without a length.
        let dashes = line.line_dasharray.iter().map(|length| mm(length.max(0.05) * width));
        list.push(("customdash", dashes.collect::<Vec<_>>().join(";")));
        list.push(("customdash_unit", "MM".into()));
        list.push(("use_custom_dash", "1".into()));
    }
    layer("SimpleLine", pass, list).child(defined(vec![
        ("outlineWidth", by_scale(&line.line_width, PIXEL)),
        ("offset", by_scale(&line.line_offset, PIXEL)),
        ("outlineColor", color_by_scale(line.line_color, &line.line_opacity)),
        ("enabled", enabled),
    ]))
}

fn disc(circle: &Circle, pass: usize, enabled: Option<String>) -> Element {
    let list = vec![
        ("name", "circle".into()),
        ("color", rgba(circle.circle_color, circle.circle_opacity.at(ZOOM))),
        ("outline_color", rgba(circle.circle_stroke_color, circle.circle_opacity.at(ZOOM))),
        ("outline_width", mm(circle.circle_stroke_width.at(ZOOM))),
        ("outline_width_unit", "MM".into()),
        ("size", mm(2.0 * circle.circle_radius.at(ZOOM))),
        ("size_unit", "MM".into()),
    ];
    let size = by_scale(&circle.circle_radius, 2.0 * PIXEL);
    layer("SimpleMarker", pass, list).child(defined(vec![("size", size), ("enabled", enabled)]))
}

/// Pictures along a line.
fn marks(mark: &Mark, pass: usize, enabled: Option<String>, sprite: &Sprite) -> Option<Element> {
    let picture = sprite.symbol(mark.icon_image.as_deref()?)?;
    let list = vec![
        ("interval", mm(mark.symbol_spacing)),
        ("interval_unit", "MM".into()),
        ("placement", "interval".into()),
        ("offset_along_line", mm(mark.symbol_spacing / 2.0)),
        ("offset_along_line_unit", "MM".into()),
        ("rotate", "1".into()),
    ];
    let svg = vec![
        ("name", inline(picture, 1.0)),
        ("size", mm(picture.width as f32)),
        ("size_unit", "MM".into()),
        ("vertical_anchor_point", "1".into()),
        ("horizontal_anchor_point", "1".into()),
    ];
    let marker = symbol(format!("@{pass}@0"), "marker").child(layer("SvgMarker", 0, svg));
    Some(layer("MarkerLine", pass, list).child(defined(vec![("enabled", enabled)])).child(marker))
}

/// The symbol as QGIS takes it in place of a file name.
fn inline(symbol: &SpriteSymbol, opacity: f32) -> String {
    let svg = symbol.svg.trim();
    let faded = match svg.find('>').zip(svg.rfind("</svg>")) {
        Some((start, end)) if opacity < 1.0 => {
            let (head, rest) = svg.split_at(start + 1);
            format!("{head}<g opacity=\"{opacity}\">{}</g></svg>", &rest[..end - head.len()])
        }
        _ => svg.to_owned(),
    };
    format!("base64:{}", BASE64_STANDARD.encode(faded))
}

/// The rule that writes the names of `part`.
fn name_rule(part: &Part, geometry: GeometryKind, theme: Theme) -> Option<Element> {
    let settings = name_settings(part, geometry, theme)?;
    let rule = Element::new("rule").attr("key", part.json["id"].as_str().unwrap_or_default());
    Some(scales(rule, &part.zooms).attr("filter", expression(&part.filter)).child(settings))
}

/// The font, the colours and the place of the names of `part`, on features that are `geometry`.
pub(super) fn name_settings(part: &Part, geometry: GeometryKind, theme: Theme) -> Option<Element> {
    let Symbol::Mark(mark) = &part.symbol else { return None };
    let Ink { text: color, halo, halo_width } = Ink::of(mark, theme);
    let style = Element::new("text-style")
        .attr("fieldName", text(mark.text_field.as_ref()?))
        .attr("isExpression", 1)
        .attr("fontFamily", "Noto Sans SC")
        .attr("fontSize", mark.text_size.at(ZOOM) * 0.75)
        .attr("fontSizeUnit", "Point")
        .attr("fontLetterSpacing", mark.text_letter_spacing * mark.text_size.at(ZOOM) * 0.75)
        .attr("textColor", rgba(color, 1.0))
        .attr("textOpacity", 1);
    let buffer = Element::new("text-buffer")
        .attr("bufferDraw", 1)
        .attr("bufferSize", mm(halo_width))
        .attr("bufferSizeUnits", "MM")
        .attr("bufferColor", rgba(halo, 1.0))
        .attr("bufferOpacity", 1)
        .attr("bufferJoinStyle", 128)
        .attr("bufferNoFill", 0);
    let wrap = if mark.symbol_placement == Placement::Point { mark.text_max_width } else { 0.0 };
    let format = Element::new("text-format")
        .attr("autoWrapLength", wrap)
        .attr("useMaxLineLengthForAutoWrap", 1)
        .attr("multilineAlign", 1);
    let settings = Element::new("settings")
        .attr("calloutType", "simple")
        .child(style.child(buffer))
        .child(format)
        .child(placement(mark, geometry));
    Some(settings)
}

/// The colours of a name.
pub struct Ink {
    pub text: Color,
    pub halo: Color,
    /// CSS pixels.
    pub halo_width: f32,
}

impl Ink {
    /// Those of `mark`; what stands on a shield is written without one, in the colours of all text.
    pub fn of(mark: &Mark, theme: Theme) -> Self {
        match mark.icon_text_fit {
            Some(TextFit::Both) => Self { text: theme.ink(), halo: theme.halo(), halo_width: 1.4 },
            None => Self {
                text: mark.text_color.unwrap_or(theme.ink()),
                halo: mark.text_halo_color.unwrap_or(theme.halo()),
                halo_width: mark.text_halo_width,
            },
        }
    }
}

/// `template` as an expression; a field without a value is empty text.
fn text(template: &Template) -> String {
    let pieces = template.0.iter().map(|piece| match piece {
        Piece::Text(text) => quoted(text).replace('\n', "\\n"),
        Piece::Field(name) => format!("coalesce({}, '')", column(name)),
    });
    pieces.collect::<Vec<_>>().join(" || ")
}

/// Where names go: the numbers of `QgsPalLayerSettings::Placement` and of its flags for lines.
fn placement(mark: &Mark, geometry: GeometryKind) -> Element {
    let place = match (mark.symbol_placement, geometry) {
        (Placement::Point, GeometryKind::Polygon) => 4, // horizontal, inside
        (Placement::Point, _) => 1,                     // over the point
        (Placement::Line, GeometryKind::Polygon) => 7,  // curved along the outline
        (Placement::Line, _) => 3,                      // curved
    };
    let side = match mark.text_offset[1] {
        0.0 => 1,          // on the line
        y if y < 0.0 => 2, // above
        _ => 4,            // below
    };
    Element::new("placement")
        .attr("placement", place)
        .attr("placementFlags", side)
        .attr("quadOffset", 4)
        .attr("repeatDistance", mm(mark.symbol_spacing))
        .attr("repeatDistanceUnits", "MM")
        .attr("maxCurvedCharAngleIn", mark.text_max_angle)
        .attr("maxCurvedCharAngleOut", -mark.text_max_angle)
        .attr("centroidInside", 1)
}
