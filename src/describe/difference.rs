//! What changed from one edition to another, a page at a time.

use crate::{
    catalog::{PLAN, Version},
    config::PublicUrl,
    difference::{Change, Difference, LayerDifference, MatchedBy, OWN_COLUMNS, is_same},
    editions::Edition,
    plan::{Field, GeometryKind, LayerId, Text},
    snapshot::{Bounds, Value},
};
use geozero::ToJson;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, value::RawValue};

/// An edition that is compared.
pub struct Compared {
    pub edition: Edition,
    pub adopted: Option<Date>,
}

/// Which changes are wanted.
#[derive(Debug, Clone)]
pub struct Page {
    /// Of these layers; all, when there are none.
    pub layers: Vec<LayerId>,
    pub limit: usize,
    pub offset: usize,
    /// Whether with geometries.
    pub geometry: bool,
}

/// A page ends early past so many bytes of JSON, so that large geometries do not make it huge.
const PAGE_BYTES: usize = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Geometry(#[from] geozero::error::GeozeroError),
}

/// The counts of every layer, and the changes on `page` with geometries in GeoJSON (EPSG:4490, longitude and latitude
/// in degrees).
///
/// # Errors
/// When a stored geometry cannot be read, which a verified snapshot excludes.
pub fn difference(
    difference: &Difference,
    [from, to]: &[Compared; 2],
    page: &Page,
    base: &PublicUrl,
) -> Result<String, DescribeError> {
    let base = base.as_str();
    let name = format!("{}...{}", from.edition, to.edition);
    let layers: Vec<_> = difference.layers.iter().filter(|layer| page.has(layer)).collect();
    let total = |count: fn(&LayerDifference) -> usize| layers.iter().map(|layer| count(layer)).sum::<usize>();
    let (changes, more) = changes(&layers, page)?;
    let next = page.offset + changes.len();
    let document = Document {
        from: side(from, difference.versions[0]),
        to: side(to, difference.versions[1]),
        tilejson: format!("{base}/tiles/{PLAN}@{name}.json"),
        added: total(|layer| layer.counts.added),
        removed: total(|layer| layer.counts.removed),
        changed: total(|layer| layer.counts.changed),
        layers: layers.iter().map(|layer| entry(layer, &name, base)).collect(),
        changes,
        next: more.then(|| format!("{base}/revisions/{name}?{}", page.query(next))),
    };
    Ok(serde_json::to_string(&document)?)
}

impl Page {
    fn has(&self, layer: &LayerDifference) -> bool {
        self.layers.is_empty() || self.layers.contains(&layer.snapshot.layer.id)
    }

    fn query(&self, offset: usize) -> String {
        let layers = self.layers.iter().map(LayerId::as_str).collect::<Vec<_>>().join(",");
        let layers = if layers.is_empty() { layers } else { format!("layer={layers}&") };
        let geometry = if self.geometry { "" } else { "&geometry=false" };
        format!("{layers}limit={}&offset={offset}{geometry}", self.limit)
    }
}

/// The changes on the page, and whether there are more.
fn changes(layers: &[&LayerDifference], page: &Page) -> Result<(Vec<Box<RawValue>>, bool), DescribeError> {
    let all = layers.iter().flat_map(|layer| layer.changes.iter().map(move |change| (layer, *change)));
    let (mut found, mut bytes) = (vec![], 0);
    for (layer, change) in all.skip(page.offset) {
        if found.len() == page.limit || bytes > PAGE_BYTES {
            return Ok((found, true));
        }
        let text = serde_json::to_string(&described(layer, change, page.geometry)?)?;
        bytes += text.len();
        found.push(RawValue::from_string(text)?);
    }
    Ok((found, false))
}

#[derive(Serialize)]
struct Document<'a> {
    from: Side<'a>,
    to: Side<'a>,
    tilejson: String,
    added: usize,
    removed: usize,
    changed: usize,
    layers: Vec<Layer<'a>>,
    changes: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Side<'a> {
    name: Option<String>,
    adopted: Option<&'a Date>,
    version: String,
}

fn side(compared: &Compared, version: Version) -> Side<'_> {
    let name = match &compared.edition {
        Edition::Version(_) => None,
        edition => Some(edition.to_string()),
    };
    Side { name, adopted: compared.adopted.as_ref(), version: version.to_string() }
}

#[derive(Serialize)]
struct Layer<'a> {
    id: &'a LayerId,
    title: &'a Text,
    geometry: GeometryKind,
    fields: &'a [Field],
    matched_by: Option<MatchedBy>,
    added: usize,
    removed: usize,
    changed: usize,
    unchanged: usize,
    bounds: Option<[f64; 4]>,
    changes: String,
    tilejson: String,
    download: String,
}

fn entry<'a>(difference: &'a LayerDifference, name: &str, base: &str) -> Layer<'a> {
    let (layer, counts) = (&*difference.snapshot.layer, difference.counts);
    let id = &layer.id;
    Layer {
        id,
        title: &layer.title,
        geometry: layer.geometry,
        fields: layer.fields.get(OWN_COLUMNS..).unwrap_or_default(),
        matched_by: difference.matched_by,
        added: counts.added,
        removed: counts.removed,
        changed: counts.changed,
        unchanged: counts.unchanged,
        bounds: difference.snapshot.bounds.map(corners),
        changes: format!("{base}/revisions/{name}?layer={id}"),
        tilejson: format!("{base}/tiles/{id}@{name}.json"),
        download: format!("{base}/downloads/{id}@{name}.fgb"),
    }
}

fn corners(bounds: Bounds) -> [f64; 4] {
    [bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y]
}

/// One change; what is not there for its kind is left out.
#[derive(Serialize)]
struct Described<'a> {
    layer: &'a LayerId,
    change: &'static str,
    id: i64,
    feature_id: serde_json::Value,
    bounds: Option<[f64; 4]>,
    #[serde(flatten)]
    changed: Option<Changed<'a>>,
    properties: Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry_from: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Changed<'a> {
    changed: Vec<&'a str>,
    attributes: Map<String, serde_json::Value>,
    geometry_changed: bool,
}

fn described(
    difference: &LayerDifference,
    change: Change,
    geometry: bool,
) -> Result<Described<'_>, DescribeError> {
    let snapshot = &difference.snapshot;
    let (kind, from, to) = match change {
        Change::Added(position) => ("added", None, position as usize),
        Change::Removed(position) => ("removed", None, position as usize),
        Change::Changed { from, to } => ("changed", Some(from as usize), to as usize),
    };
    let fields = &snapshot.layer.fields;
    let values = snapshot.row(to).values();
    let changed = from.map(|from| changed(difference, from, to));
    let geometry = |position| -> Result<_, DescribeError> {
        let text = geometry.then(|| snapshot.geometry(position).to_json()).transpose()?;
        Ok(text.map(RawValue::from_string).transpose()?)
    };
    let moved = from.filter(|_| changed.as_ref().is_some_and(|changed| changed.geometry_changed));
    let boxes = moved.into_iter().chain([to]).filter_map(|position| snapshot.geometry(position).bounds());
    let named = fields.iter().zip(&values).skip(OWN_COLUMNS);
    Ok(Described {
        layer: &snapshot.layer.id,
        change: kind,
        id: snapshot.row(from.unwrap_or(to)).id(),
        feature_id: values.get(OWN_COLUMNS - 1).map_or(serde_json::Value::Null, json),
        bounds: boxes.reduce(Bounds::union).map(corners),
        changed,
        properties: named.map(|(field, value)| (field.name.clone(), json(value))).collect(),
        geometry: geometry(to)?,
        geometry_from: moved.map(geometry).transpose()?.flatten(),
    })
}

fn changed(difference: &LayerDifference, from: usize, to: usize) -> Changed<'_> {
    let snapshot = &difference.snapshot;
    let [old, new] = [from, to].map(|position| snapshot.row(position).values());
    let columns = snapshot.layer.fields.iter().zip(old.iter().zip(&new)).skip(OWN_COLUMNS);
    let (mut names, mut attributes) = (vec![], Map::new());
    for (field, (old, new)) in columns.filter(|(_, (old, new))| !is_same(old, new)) {
        names.push(field.name.as_str());
        attributes.insert(field.name.clone(), serde_json::json!({ "from": json(old), "to": json(new) }));
    }
    let geometry_changed = snapshot.geometry(from) != snapshot.geometry(to);
    if geometry_changed {
        names.push(crate::difference::GEOMETRY);
    }
    Changed { changed: names, attributes, geometry_changed }
}

/// JSON has no number that is not finite: it is null.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::Date(date) => date.to_string().into(),
    }
}
