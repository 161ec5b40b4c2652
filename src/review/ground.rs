//! What is on the ground of a proposal: the features that it meets, layer by layer, each looked at once.

use super::{
    attribute::{Answer, Answers},
    memory::Memory,
    plane::{self, Plane},
    proposal::Proposal,
    rules::{Rules, Selection},
};
use crate::{
    catalog::Catalog,
    crs::Crs,
    features::{Condition, Evaluator, Filter, filter::Language, geometry},
    geodesy,
    plan::{LayerId, Text},
    snapshot::{Bounds, Row, Snapshot, Value},
};
use geo::{Contains, Euclidean, Geometry, Length, MapCoords, MultiPolygon};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Most features of a layer that are laid over a proposal: one that meets more is not a right, and would keep others
/// waiting.
pub const MOST_FEATURES: usize = 2_000;

/// Straight edges of the plane leave the boxes of their ends in degrees by less than this, of their length and at least.
const BULGE: (f64, f64) = (0.01, 0.002);

/// Radius of the sphere by which the scale of the plane is judged, metres.
const RADIUS: f64 = 6_371_000.0;

/// Degrees of latitude in a metre, rounded upwards.
const DEGREES_PER_METRE: f64 = 1.0 / 110_000.0;

pub struct Ground<'a> {
    pub catalog: &'a Catalog,
    pub rules: &'a Rules,
    pub memory: &'a Memory,
    pub answers: &'a Answers,
    pub plane: Plane,
    /// The proposal in the plane.
    pub shape: MultiPolygon,
    /// Square metres of it along the edges of the plane, for shares.
    area: f64,
    bounds: Bounds,
    met: RefCell<HashMap<LayerId, Rc<Vec<Meeting>>>>,
}

/// What the proposal and a feature have in common.
pub struct Meeting {
    pub position: usize,
    /// Square metres; 0 of lines and points.
    pub area: f64,
    /// Of the area of the proposal.
    pub share: f64,
    /// Metres of lines.
    pub length: f64,
    /// Whether it is narrower than the data are precise.
    pub is_sliver: bool,
    /// In the plane.
    pub geometry: Geometry,
}

/// Why something cannot be looked at.
pub enum Gap {
    /// It cannot be told, because …
    Unknown(Text),
    /// More than the most features of this layer are there.
    TooMany(LayerId),
}

/// A feature by its layer and names.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureName {
    pub layer: LayerId,
    pub layer_title: Text,
    pub id: i64,
    pub code: Option<String>,
    pub name: Option<String>,
}

/// The rows that a selection chooses in a layer.
pub struct Selected<'a> {
    pub snapshot: &'a Snapshot,
    /// In normal form; without it all are chosen.
    pub filter: Option<String>,
    pub condition: Option<Condition>,
}

impl Selected<'_> {
    pub fn has(&self, position: usize) -> bool {
        self.condition.as_ref().is_none_or(|condition| {
            let bounds = self.snapshot.feature_bounds(position);
            Evaluator::new(condition).matches(&self.snapshot.row(position), &bounds)
        })
    }
}

impl<'a> Ground<'a> {
    pub fn new(
        catalog: &'a Catalog,
        rules: &'a Rules,
        memory: &'a Memory,
        proposal: &Proposal,
        answers: &'a Answers,
    ) -> Self {
        let plane = Plane::at(proposal.middle().x);
        let shape = proposal.geometry.map_coords(|at| plane.forward(at));
        Self {
            catalog,
            rules,
            memory,
            answers,
            area: plane.area(&shape),
            shape,
            plane,
            bounds: proposal.bounds(),
            met: RefCell::default(),
        }
    }

    /// The layer of a selection.
    pub fn snapshot(&self, selection: &Selection) -> Result<&'a Snapshot, Gap> {
        let layer = self.catalog.layer(&selection.layer);
        layer.map(|layer| &*layer.snapshot).ok_or_else(|| {
            let id = &selection.layer;
            let Text { zh, en } = self
                .rules
                .layers
                .get(id)
                .cloned()
                .unwrap_or_else(|| Text { zh: id.to_string(), en: id.to_string() });
            Gap::Unknown(Text {
                zh: format!("规划数据中没有图层“{zh}”（{id}）"),
                en: format!("the plan has no layer `{id}`, {en}"),
            })
        })
    }

    /// Whether a row is among those of a selection.
    pub fn selector(&self, selection: &Selection) -> Result<impl Fn(usize) -> bool + use<'a>, Gap> {
        let selected = self.selected(selection)?;
        Ok(move |position| selected.has(position))
    }

    pub fn selected(&self, selection: &Selection) -> Result<Selected<'a>, Gap> {
        let snapshot = self.snapshot(selection)?;
        let Some(filter) = &selection.filter else {
            return Ok(Selected { snapshot, filter: None, condition: None });
        };
        let text = self.rules.filled(filter, |id| self.answer(id)).map_err(|id| self.unanswered(id))?;
        let refused = |error| {
            let layer = &selection.layer;
            Gap::Unknown(Text {
                zh: format!("图层 {layer} 不能按“{filter}”筛选：{error}"),
                en: format!("layer {layer} cannot be filtered by `{filter}`: {error}"),
            })
        };
        let filter = Filter::parse(&text, Language::Text, Crs::Crs84).map_err(refused)?;
        let condition = filter.condition(&snapshot.layer).map_err(refused)?;
        Ok(Selected { snapshot, filter: Some(filter.normal().to_owned()), condition: Some(condition) })
    }

    pub fn answer(&self, attribute: &str) -> Option<Answer> {
        self.answers.get(attribute).cloned()
    }

    /// That a proposal does not answer what it is asked.
    pub fn unanswered(&self, attribute: &str) -> Gap {
        let title = self.rules.attribute(attribute).map(|asked| asked.title.clone());
        let Text { zh, en } = title.unwrap_or_else(|| Text { zh: attribute.into(), en: attribute.into() });
        Gap::Unknown(Text {
            zh: format!("申请未说明“{zh}”（{attribute}）"),
            en: format!("the proposal does not state `{attribute}`: {en}"),
        })
    }

    /// What the proposal has in common with each feature of a layer, slivers among them.
    pub fn meetings(&self, snapshot: &Snapshot) -> Result<Rc<Vec<Meeting>>, Gap> {
        let id = &snapshot.layer.id;
        if let Some(known) = self.met.borrow().get(id) {
            return Ok(Rc::clone(known));
        }
        let candidates = candidates(snapshot, &around(&self.bounds, 0.0))?;
        let meetings = candidates.into_iter().filter_map(|position| self.meeting(snapshot, position));
        let meetings = Rc::new(meetings.collect::<Vec<_>>());
        self.met.borrow_mut().insert(id.clone(), Rc::clone(&meetings));
        Ok(meetings)
    }

    fn meeting(&self, snapshot: &Snapshot, position: usize) -> Option<Meeting> {
        let precision = self.rules.precision;
        match self.flat(snapshot, position) {
            Geometry::MultiPolygon(polygons) => {
                let common = plane::common(&self.shape, &polygons);
                let area = geodesy::area(&self.plane.degrees(&common));
                (area > 0.0).then(|| Meeting {
                    position,
                    area,
                    share: self.share(&common),
                    length: 0.0,
                    is_sliver: plane::is_sliver(&common, precision),
                    geometry: common.into(),
                })
            }
            Geometry::MultiLineString(lines) => {
                let common = plane::inside(&self.shape, &lines);
                let length = common.iter().map(|line| Euclidean.length(line)).sum();
                let is_sliver = length <= precision;
                (length > 0.0).then(|| Meeting {
                    position,
                    area: 0.0,
                    share: 0.0,
                    length,
                    is_sliver,
                    geometry: common.into(),
                })
            }
            point => self.shape.contains(&point).then_some(Meeting {
                position,
                area: 0.0,
                share: 0.0,
                length: 0.0,
                is_sliver: false,
                geometry: point,
            }),
        }
    }

    /// How large polygons of the plane are, beside the proposal.
    pub fn share(&self, polygons: &MultiPolygon) -> f64 {
        self.plane.area(polygons) / self.area
    }

    /// The geometry of a feature in the plane.
    pub fn flat(&self, snapshot: &Snapshot, position: usize) -> Geometry {
        geometry::read_with(&snapshot.row(position), |[x, y]| {
            let at = self.plane.forward(geo::Coord { x, y });
            [at.x, at.y]
        })
    }

    /// Features nearer than `metres`, and how near they are.
    pub fn nearer(&self, snapshot: &Snapshot, metres: f64) -> Result<Vec<(usize, f64)>, Gap> {
        let candidates = candidates(snapshot, &around(&self.bounds, metres))?;
        let scale = self.scale();
        let near = candidates.into_iter().filter_map(|position| {
            let flat = self.flat(snapshot, position);
            Some((position, plane::distance(&self.shape, flat, metres * scale)? / scale))
        });
        Ok(near.collect())
    }

    /// Lengths in the plane to those on the ground, at the proposal.
    fn scale(&self) -> f64 {
        let corner = self.shape.iter().next().and_then(|polygon| polygon.exterior().0.first());
        let off = corner.map_or(0.0, |corner| corner.x - 500_000.0);
        1.0 + off * off / (2.0 * RADIUS * RADIUS)
    }
}

/// Features whose boxes meet that of another.
pub fn beside(others: &Snapshot, bounds: &Bounds) -> Vec<usize> {
    others.search(&around(bounds, 0.0))
}

/// A box in degrees with room around it for what is so near, and for edges that are bent.
fn around(bounds: &Bounds, metres: f64) -> Bounds {
    let size = (bounds.max_x - bounds.min_x).max(bounds.max_y - bounds.min_y);
    let room = BULGE.0 * size + BULGE.1 + metres * DEGREES_PER_METRE;
    let wide = room / bounds.max_y.abs().min(80.0).to_radians().cos();
    Bounds {
        min_x: bounds.min_x - wide,
        min_y: bounds.min_y - room,
        max_x: bounds.max_x + wide,
        max_y: bounds.max_y + room,
    }
}

fn candidates(snapshot: &Snapshot, bounds: &Bounds) -> Result<Vec<usize>, Gap> {
    let found = snapshot.search(bounds);
    if found.len() > MOST_FEATURES { Err(Gap::TooMany(snapshot.layer.id.clone())) } else { Ok(found) }
}

/// The value of a field by its name.
pub fn value<'r>(row: &Row<'r>, field: &str) -> Value<'r> {
    let number = row.layer().fields.iter().position(|known| known.name == field);
    number.map_or(Value::Null, |number| row.value(number))
}

pub fn name(snapshot: &Snapshot, position: usize) -> FeatureName {
    let row = snapshot.row(position);
    let text = |field| match value(&row, field) {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    };
    FeatureName {
        layer: snapshot.layer.id.clone(),
        layer_title: snapshot.layer.title.clone(),
        id: row.id(),
        code: text("code"),
        name: text("name"),
    }
}
