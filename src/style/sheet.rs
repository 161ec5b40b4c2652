//! The style documents in the binary, and the style of the plan or of one layer made from them.

use super::{Map as PlanMap, Maps, Part, Sprite, StyleId, Subject, Theme, map, plain, sprite::SpriteError};
use crate::{
    catalog::{Catalog, PublishedLayer},
    plan::Text,
    snapshot::{Bounds, SnapshotId},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};

/// The document of `styles/` in one theme.
pub struct Sheet {
    pub theme: Theme,
    /// Title of the plan.
    title: Text,
    /// Members of the document beside its layers; `{base}` stands for the base URL.
    pub document: Map<String, Value>,
    /// What is under all layers, such as the paper.
    pub ground: Vec<Value>,
    parts: Vec<Arc<Part>>,
    /// Legend classes of each layer, in legend order; none when all features are drawn alike.
    classes: HashMap<String, Vec<Class>>,
    pub sprite: Sprite,
    /// Hash of all that the sheet is made of.
    pub version: SnapshotId,
}

/// A legend class.
#[derive(Debug, Clone)]
pub struct Class {
    pub id: String,
    pub title: Text,
}

/// All themes, and the maps of the plan, which are drawn in each.
pub struct Sheets {
    themes: [Sheet; 3],
    maps: Maps,
}

/// What one style draws, and how.
pub struct Style<'a> {
    pub id: StyleId,
    pub title: Text,
    /// The title of what it draws, whatever the theme.
    pub subject: Text,
    pub sheet: &'a Sheet,
    /// In the order of the catalog.
    pub layers: Vec<StyledLayer>,
    /// From the ground up; names are last, and the last of them has the first right to its place.
    pub parts: Vec<Arc<Part>>,
}

pub struct StyledLayer {
    pub published: Arc<PublishedLayer>,
    pub classes: Vec<Class>,
}

#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("styles/plan{theme}.json: {cause}", theme = .0.suffix(), cause = .1)]
    Style(Theme, serde_json::Error),
    #[error("styles/sprites/plan{theme}: {cause}", theme = .0.suffix(), cause = .1)]
    Sprite(Theme, SpriteError),
    #[error("styles/maps.json: {0}")]
    Maps(serde_json::Error),
}

/// The document as it is written, as far as it is read here.
#[derive(Deserialize)]
struct Written {
    metadata: Metadata,
    layers: Vec<Value>,
    #[serde(flatten)]
    document: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[serde(rename = "plantiles:title")]
    title: Text,
    #[serde(rename = "plantiles:classes")]
    classes: HashMap<String, Vec<WrittenClass>>,
}

#[derive(Deserialize)]
struct WrittenClass {
    id: String,
    #[serde(flatten)]
    title: Title,
}

/// As [`Text`], which takes no other members beside it.
#[derive(Deserialize)]
struct Title {
    zh: String,
    en: String,
}

impl Sheet {
    fn parse(theme: Theme, source: &str) -> Result<Self, SheetError> {
        let wrong = |cause| SheetError::Style(theme, cause);
        let Written { metadata, layers, document } = serde_json::from_str(source).map_err(wrong)?;
        let (layers, ground): (Vec<_>, Vec<_>) =
            layers.into_iter().partition(|layer| layer.get("source-layer").is_some());
        let parts = layers.into_iter().map(|layer| Part::parse(layer).map(Arc::new).map_err(wrong));
        let class = |WrittenClass { id, title: Title { zh, en } }| Class { id, title: Text { zh, en } };
        let classes = metadata.classes.into_iter();
        let sprite = Sprite::embedded(theme).map_err(|cause| SheetError::Sprite(theme, cause))?;
        Ok(Self {
            theme,
            title: metadata.title,
            document,
            ground,
            parts: parts.collect::<Result<_, _>>()?,
            classes: classes.map(|(layer, of)| (layer, of.into_iter().map(class).collect())).collect(),
            version: SnapshotId::of(
                format!("{} {}", SnapshotId::of(source.as_bytes()), sprite.version).as_bytes(),
            ),
            sprite,
        })
    }

    /// The parts that draw `layers`, from the ground up: those of the sheet, and plain ones for layers that it
    /// does not know. What draws names that tiles do not hold is left out.
    pub fn parts(&self, layers: &[Arc<PublishedLayer>]) -> Vec<Arc<Part>> {
        let held: Vec<&str> =
            layers.iter().flat_map(|layer| layer.tiles.mvt_layers()).map(|(id, _)| id).collect();
        let known = self.parts.iter().filter(|part| held.contains(&part.source_layer.as_str())).cloned();
        let unknown = layers.iter().filter(|layer| !self.classes.contains_key(layer.id().as_str()));
        let plain = unknown.flat_map(|layer| plain::parts(layer, self.theme)).map(Arc::new);
        let (names, symbols): (Vec<_>, Vec<_>) = known.partition(|part| part.is_label);
        let (plain_names, plain_symbols): (Vec<_>, Vec<_>) = plain.partition(|part| part.is_label);
        [symbols, plain_symbols, plain_names, names].concat()
    }

    /// The colour under everything, as it is written.
    pub fn paper(&self) -> Option<&str> {
        self.ground.first()?["paint"]["background-color"].as_str()
    }

    fn style(&self, id: StyleId, title: &Text, layers: &[Arc<PublishedLayer>]) -> Style<'_> {
        let styled = |published: &Arc<PublishedLayer>| StyledLayer {
            published: Arc::clone(published),
            classes: self.classes.get(published.id().as_str()).cloned().unwrap_or_default(),
        };
        Style {
            title: id.theme.of(title),
            subject: title.clone(),
            id,
            sheet: self,
            layers: layers.iter().map(styled).collect(),
            parts: self.parts(layers),
        }
    }
}

impl Sheets {
    /// # Errors
    /// When a document in the binary has what the subset has not.
    pub fn embedded() -> Result<Self, SheetError> {
        let light = include_str!("../../styles/plan.json");
        let dark = include_str!("../../styles/plan-dark.json");
        let print = include_str!("../../styles/plan-print.json");
        let themes = [
            Sheet::parse(Theme::Light, light)?,
            Sheet::parse(Theme::Dark, dark)?,
            Sheet::parse(Theme::Print, print)?,
        ];
        Ok(Self { themes, maps: map::embedded().map_err(SheetError::Maps)? })
    }

    pub fn of(&self, theme: Theme) -> &Sheet {
        &self.themes[theme as usize]
    }

    /// The title of the plan.
    pub fn title(&self) -> &Text {
        &self.themes[0].title
    }

    /// The maps of the plan.
    pub fn maps(&self) -> &[PlanMap] {
        &self.maps.maps
    }

    /// What a sheet of `style` shows all of: the district, or all features where there is none.
    pub fn extent(&self, style: &Style, catalog: &Catalog) -> Option<Bounds> {
        let mut layers = catalog.layers().iter();
        let district = layers.find(|layer| layer.id().as_str() == self.maps.extent);
        district.and_then(|layer| layer.snapshot.bounds).or_else(|| style.bounds())
    }

    /// The style `id` of what is in `catalog`; `None` when that has no such layer, or there is no such map.
    pub fn style(&self, id: StyleId, catalog: &Catalog) -> Option<Style<'_>> {
        let sheet = self.of(id.theme);
        match &id.subject.clone() {
            Subject::Plan => Some(sheet.style(id, &sheet.title, catalog.layers())),
            Subject::Map(of) => {
                let map = self.maps().iter().find(|map| map.id == *of)?;
                Some(sheet.style(id, &map.title, &map.of(catalog.layers())))
            }
            Subject::Layer(layer) => {
                let layer = catalog.layer(layer)?;
                Some(sheet.style(id, &layer.snapshot.layer.title, std::slice::from_ref(layer)))
            }
        }
    }

    /// Every style of `catalog`: the plan in its themes, its maps in them, then each layer.
    pub fn styles<'a>(&'a self, catalog: &'a Catalog) -> impl Iterator<Item = (StyleId, Text)> + 'a {
        let plan = std::iter::once((Subject::Plan, self.title()));
        let maps = self.maps().iter().map(|map| (Subject::Map(map.id.clone()), &map.title));
        let layers = catalog
            .layers()
            .iter()
            .map(|layer| (Subject::Layer(layer.id().clone()), &layer.snapshot.layer.title));
        plan.chain(maps).chain(layers).flat_map(|(subject, title)| {
            Theme::ALL.map(|theme| (StyleId { subject: subject.clone(), theme }, theme.of(title)))
        })
    }
}

impl Style<'_> {
    /// The layer that it is of, when it is of one.
    pub fn only_layer(&self) -> Option<&StyledLayer> {
        self.layers.first().filter(|_| matches!(self.id.subject, Subject::Layer(_)))
    }

    /// Extent of all features, degrees; `None` when there are none.
    pub fn bounds(&self) -> Option<Bounds> {
        self.layers.iter().filter_map(|layer| layer.published.snapshot.bounds).reduce(Bounds::union)
    }

    /// The parts that draw `class` of `layer`, without names; those of all features have no class.
    pub fn symbols(&self, layer: &str, class: Option<&str>) -> impl Iterator<Item = &Part> {
        let class = class.map(str::to_owned);
        self.parts
            .iter()
            .map(|part| &**part)
            .filter(move |part| part.layer == layer && !part.is_label && part.class == class)
    }
}
