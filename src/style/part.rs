//! One part of a style: how one legend class of one layer is drawn, in the subset that is read here.
//!
//! MapLibre calls it a style layer. Properties outside the subset are refused, so that nothing that the map
//! shows is silently missing from a legend, a picture or a file for QGIS.

use super::{Color, Filter, Zoomed};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use std::ops::Range;

#[derive(Debug, Clone)]
pub struct Part {
    /// As it stands in the style document.
    pub json: Value,
    /// The layer of the plan.
    pub layer: String,
    pub class: Option<String>,
    /// Whether it writes names.
    pub is_label: bool,
    /// The MVT layer: that of the features or that of the points for their names.
    pub source_layer: String,
    /// From the first zoom, and before the last.
    pub zooms: Range<f32>,
    pub filter: Filter,
    pub symbol: Symbol,
}

#[derive(Debug, Clone)]
pub enum Symbol {
    Fill(Fill),
    Line(Line),
    Circle(Circle),
    /// Names and pictures.
    Mark(Box<Mark>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fill {
    pub fill_color: Option<Color>,
    /// A symbol of the sprite, repeated, in place of the colour.
    pub fill_pattern: Option<String>,
    #[serde(default = "one")]
    pub fill_opacity: Zoomed,
}

/// Lengths are CSS pixels.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Line {
    pub line_color: Color,
    #[serde(default = "one")]
    pub line_opacity: Zoomed,
    #[serde(default = "one")]
    pub line_width: Zoomed,
    /// To the right of the line.
    #[serde(default = "zero")]
    pub line_offset: Zoomed,
    /// Lengths of dashes and gaps in widths of the line; an even number of them.
    #[serde(default)]
    pub line_dasharray: Vec<f32>,
    #[serde(default)]
    pub line_cap: Cap,
    /// Every join of the subset is round or, where nothing is given, mitred.
    #[serde(default)]
    pub line_join: Join,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cap {
    #[default]
    Butt,
    Round,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    #[default]
    Miter,
    Round,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Circle {
    pub circle_color: Color,
    pub circle_radius: Zoomed,
    #[serde(default = "one")]
    pub circle_opacity: Zoomed,
    pub circle_stroke_color: Color,
    #[serde(default = "zero")]
    pub circle_stroke_width: Zoomed,
}

/// A name, a picture or both, at points or along lines. Lengths are CSS pixels unless it says ems.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mark {
    #[serde(default)]
    pub symbol_placement: Placement,
    /// Between marks along a line.
    #[serde(default = "spacing")]
    pub symbol_spacing: f32,
    pub text_field: Option<Template>,
    /// Fonts of the stack; those here are one.
    #[serde(default)]
    pub text_font: Vec<String>,
    #[serde(default = "text_size")]
    pub text_size: Zoomed,
    /// Ems.
    #[serde(default = "max_width")]
    pub text_max_width: f32,
    /// Room around the name that no other name may take.
    #[serde(default = "two")]
    pub text_padding: f32,
    /// Degrees between neighbouring letters along a line.
    #[serde(default = "max_angle")]
    pub text_max_angle: f32,
    /// Ems to the right and downwards.
    #[serde(default)]
    pub text_offset: [f32; 2],
    /// Ems.
    #[serde(default)]
    pub text_letter_spacing: f32,
    #[serde(default)]
    pub text_rotation_alignment: Alignment,
    pub text_color: Option<Color>,
    pub text_halo_color: Option<Color>,
    #[serde(default)]
    pub text_halo_width: f32,
    /// A symbol of the sprite.
    pub icon_image: Option<String>,
    /// `both` when the picture is stretched around the name.
    pub icon_text_fit: Option<TextFit>,
    #[serde(default)]
    pub icon_rotation_alignment: Alignment,
    #[serde(default)]
    pub icon_allow_overlap: bool,
    #[serde(default)]
    pub icon_ignore_placement: bool,
    #[serde(default = "two_pixels")]
    pub icon_padding: f32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    #[default]
    Point,
    Line,
}

/// What a mark on a line turns with; `Auto` is the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    #[default]
    Auto,
    Map,
    Viewport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFit {
    Both,
}

/// Text with fields in it: `["get", field]`, or text with `{field}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Field(String),
}

fn zero() -> Zoomed {
    Zoomed::constant(0.0)
}

fn one() -> Zoomed {
    Zoomed::constant(1.0)
}

fn text_size() -> Zoomed {
    Zoomed::constant(16.0)
}

fn spacing() -> f32 {
    250.0
}

fn max_width() -> f32 {
    10.0
}

fn max_angle() -> f32 {
    45.0
}

fn two() -> f32 {
    2.0
}

fn two_pixels() -> f32 {
    2.0
}

impl Template {
    /// The text for a feature; `field` gives what is in a field.
    pub fn fill<'a>(&self, field: impl Fn(&str) -> Option<&'a str>) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Field(name) => field(name).unwrap_or_default(),
        });
        pieces.collect::<String>().trim().to_owned()
    }

    fn parse(text: &str) -> Self {
        let mut pieces = vec![];
        for (n, part) in text.split('{').enumerate() {
            let (field, rest) =
                part.split_once('}').filter(|_| n > 0).map_or((None, part), |(f, r)| (Some(f), r));
            pieces.extend(field.map(|field| Piece::Field(field.to_owned())));
            pieces
                .extend(Some(rest).filter(|rest| !rest.is_empty()).map(|rest| Piece::Text(rest.to_owned())));
        }
        Self(pieces)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Get(Get, String),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Get {
            Get,
        }
        Ok(match Written::deserialize(input)? {
            Written::Text(text) => Self::parse(&text),
            Written::Get(Get::Get, field) => Self(vec![Piece::Field(field)]),
        })
    }
}

/// A style layer of a document, as far as all kinds have the same.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    #[serde(rename = "id")]
    _id: String,
    metadata: Metadata,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(rename = "source")]
    _source: String,
    source_layer: String,
    #[serde(default)]
    minzoom: f32,
    #[serde(default = "no_end")]
    maxzoom: f32,
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    layout: serde_json::Map<String, Value>,
    #[serde(default)]
    paint: serde_json::Map<String, Value>,
}

fn no_end() -> f32 {
    f32::INFINITY
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[serde(rename = "plantiles:layer")]
    layer: String,
    #[serde(rename = "plantiles:class")]
    class: Option<String>,
    #[serde(rename = "plantiles:label", default)]
    is_label: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Fill,
    Line,
    Circle,
    Symbol,
}

impl Part {
    /// Reads a style layer that draws a layer of the plan.
    ///
    /// # Errors
    /// When it has what the subset has not.
    pub fn parse(json: Value) -> Result<Self, serde_json::Error> {
        let mut written: Written = serde_json::from_value(json.clone())?;
        written.layout.append(&mut written.paint);
        fn symbol<T: DeserializeOwned>(
            properties: serde_json::Map<String, Value>,
        ) -> Result<T, serde_json::Error> {
            serde_json::from_value(Value::Object(properties))
        }
        let symbol = match written.kind {
            Kind::Fill => Symbol::Fill(symbol(written.layout)?),
            Kind::Line => Symbol::Line(symbol(written.layout)?),
            Kind::Circle => Symbol::Circle(symbol(written.layout)?),
            Kind::Symbol => Symbol::Mark(symbol(written.layout)?),
        };
        let Metadata { layer, class, is_label } = written.metadata;
        let Written { source_layer, filter, minzoom, maxzoom, .. } = written;
        Ok(Self { json, layer, class, is_label, source_layer, zooms: minzoom..maxzoom, filter, symbol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(kind: &str, paint: Value) -> Result<Part, serde_json::Error> {
        let metadata = json!({ "plantiles:layer": "faults" });
        Part::parse(json!({
            "id": "faults", "type": kind, "source": "plan", "source-layer": "faults", "metadata": metadata, "paint": paint
        }))
    }

    #[test]
    fn what_the_subset_has_not_is_refused() {
        assert!(part("line", json!({ "line-color": "#000000" })).is_ok());
        for (kind, paint) in [
            ("line", json!({ "line-color": "#000000", "line-blur": 1 })),
            ("line", json!({ "line-color": "red" })),
            ("heatmap", json!({})),
        ] {
            assert!(part(kind, paint.clone()).is_err(), "{kind} {paint}");
        }
    }

    #[test]
    fn names_are_filled_in() {
        let field = |name: &str| (name == "code").then_some("KQ1");
        for (template, expected) in [
            (json!(["get", "code"]), "KQ1"),
            (json!("{code}\n{name}"), "KQ1"),
            (json!("No {code}!"), "No KQ1!"),
        ] {
            let template: Template = serde_json::from_value(template).unwrap();
            assert_eq!(template.fill(field), expected);
        }
    }
}
