//! A proposed right, as it comes: GeoJSON, WKT or a list of corner points, and what it answers.

use super::{
    attribute::{Answer, Answers},
    plane::{self, Plane},
    rules::{MEASURED, Rules},
    simple,
};
use crate::{
    crs::{Crs, Zone},
    import::{self, Format, Geometry, Intake, ReadError, ReadOptions},
    plan::{GeometryKind, Group, Layer, LayerId, Text, today},
    snapshot::Bounds,
};
use geo::{BoundingRect, Coord, LineString, MapCoords, MultiPolygon, Polygon};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::{ops::ControlFlow, path::Path};

/// Most corners: a right of more is not one that was measured.
pub const MOST_CORNERS: usize = 10_000;

/// What is said of a proposal beside its shape.
#[derive(Debug, Default, Clone)]
pub struct Given {
    /// The coordinate system, whatever the text says.
    pub crs: Option<Crs>,
    pub northing_first: bool,
    /// Answers by the id of the attribute; they go before properties of a feature.
    pub answers: Map<String, Json>,
}

/// A proposal that is well formed.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Longitude and latitude in degrees, EPSG:4490; rings in the order in which they came.
    pub geometry: MultiPolygon,
    /// In which the corners came.
    pub crs: Crs,
    pub answers: Answers,
    /// What to know about how it was read.
    pub remarks: Vec<String>,
    /// The corners as they came, x east, y north.
    written: MultiPolygon,
}

/// What is wrong with a proposal, in one line that says where.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProposalError(pub String);

impl From<String> for ProposalError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl Proposal {
    /// Reads GeoJSON (a geometry, a Feature or a FeatureCollection of one), WKT with `SRID=…;` before it or not, or a list
    /// of corner points as `docs/import.md` has them.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(bytes: &[u8], given: &Given, rules: &Rules) -> Result<Self, ProposalError> {
        let text = std::str::from_utf8(bytes).map(|text| text.trim_start_matches('\u{feff}').trim());
        let mut properties = Map::new();
        let found = match text {
            Ok("") => return Err("the proposal is empty".to_owned().into()),
            Ok(text) if text.starts_with('{') => {
                properties = own_properties(text)?;
                let collection = collection(text)?;
                intake(given, |intake| import::read_geojson(collection.as_bytes(), intake))
            }
            Ok(text) if is_wkt(text) => intake(given, |intake| import::read_wkt(text, intake)),
            _ => {
                let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b';')).count();
                if lines > 2 * MOST_CORNERS {
                    return Err(too_many(lines));
                }
                intake(given, |intake| import::read_corners(bytes, intake))
            }
        }?;
        Self::of(found, properties, given, rules)
    }

    /// Reads a file: of the other formats that can be imported by its name, else as [`Self::read`] does.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read_file(path: &Path, given: &Given, rules: &Rules) -> Result<Self, ProposalError> {
        match Format::of(path) {
            Some(format) if !matches!(format, Format::GeoJson | Format::Corners) => {
                let found = intake(given, |intake| format.read(path, intake))?;
                Self::of(found, Map::new(), given, rules)
            }
            _ => {
                let bytes = std::fs::read(path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                Self::read(&bytes, given, rules)
            }
        }
    }

    fn of(
        (geometry, crs, remarks): (Geometry, Crs, Vec<String>),
        properties: Map<String, Json>,
        given: &Given,
        rules: &Rules,
    ) -> Result<Self, ProposalError> {
        if geometry.position_count() > MOST_CORNERS {
            return Err(too_many(geometry.position_count()));
        }
        let Geometry::Polygons(polygons) = geometry else {
            return Err("the proposal is not a polygon".to_owned().into());
        };
        let written = shape(polygons);
        let geometry = placed(&written, crs);
        let mut proposal = Self { geometry, crs, answers: Answers::new(), remarks, written };
        proposal.check(rules.precision)?;
        proposal.answers = answers(properties, &given.answers, rules)?;
        Ok(proposal)
    }

    /// Checks the shape in the plane, so that what it says of it are places on the ground.
    fn check(&self, precision: f64) -> Result<(), ProposalError> {
        let plane = Plane::at(self.middle().x);
        let flat = self.geometry.map_coords(|at| plane.forward(at));
        simple::check(&flat).map_err(|fault| {
            let Coord { x: lon, y: lat } = plane.degrees(&geo::Point(fault.at)).0;
            let mut place = format!("{lon:.6}° E, {lat:.6}° N");
            if !self.crs.is_geographic() {
                let [east, north] = self.crs.forward([lon, lat]);
                place = format!("X {north:.2}, Y {east:.2} ({place})");
            }
            ProposalError(format!("{} at {place}", fault.what))
        })?;
        // What is straight as it is written need not be so in the plane.
        simple::flat(&self.written).map_err(|fault| ProposalError(fault.what))?;
        if plane::is_sliver(&flat, precision) {
            return Err(ProposalError(format!("the proposal is narrower than {precision} m")));
        }
        Ok(())
    }

    /// The box of it, degrees.
    pub fn bounds(&self) -> Bounds {
        bounds(&self.geometry)
    }

    /// The middle of its box, degrees.
    pub fn middle(&self) -> Coord {
        let Bounds { min_x, min_y, max_x, max_y } = self.bounds();
        Coord { x: f64::midpoint(min_x, max_x), y: f64::midpoint(min_y, max_y) }
    }

    /// The 3° zone that it is in, with its number before the easting: that of licences.
    pub fn zone(&self) -> Option<Zone> {
        Zone::narrow_at(self.middle().x)
    }

    pub fn corner_count(&self) -> usize {
        self.geometry.iter().flat_map(rings).map(|ring| ring.0.len() - 1).sum()
    }

    /// The day by which it is judged.
    pub fn date(&self) -> Date {
        match self.answers.get("date") {
            Some(Answer::Date(date)) => *date,
            _ => today(),
        }
    }

    /// Checks that it lies where the plan is.
    ///
    /// # Errors
    /// Where it lies, and the zone in which it would lie in the plan.
    pub fn lies_in(&self, plan: &Bounds) -> Result<(), ProposalError> {
        if plan.meets(&self.bounds()) {
            return Ok(());
        }
        let Coord { x: lon, y: lat } = self.middle();
        let Bounds { min_x, min_y, max_x, max_y } = plan;
        let mut problem = format!(
            "the proposal at {lon:.4}° E, {lat:.4}° N lies outside of the plan, which is from {min_x:.4}° to {max_x:.4}° E and \
             {min_y:.4}° to {max_y:.4}° N"
        );
        let other = self.other_zones().find(|zone| plan.meets(&bounds(&self.in_zone(*zone))));
        if let Some(zone) = other {
            problem += &format!(": with srid {} its corners would lie in it", zone.epsg());
        }
        Err(problem.into())
    }

    /// The zones of the same width and form as its own.
    fn other_zones(&self) -> impl Iterator<Item = Zone> {
        let own = match self.crs {
            Crs::GaussKruger(zone) => Some(zone),
            _ => None,
        };
        let form = |zone: Zone| (zone.width(), zone.number().is_some());
        Zone::all().filter(move |zone| own.map(form) == Some(form(*zone)))
    }

    /// Its corners as they came, with the number of another zone before the eastings.
    fn in_zone(&self, zone: Zone) -> MultiPolygon {
        let Crs::GaussKruger(own) = self.crs else { return self.geometry.clone() };
        let shift = zone.projection().false_easting - own.projection().false_easting;
        let shifted = self.written.map_coords(|Coord { x, y }| Coord { x: x + shift, y });
        placed(&shifted, Crs::GaussKruger(zone))
    }
}

/// The rings of a polygon, the exterior first.
pub fn rings(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn bounds(polygons: &MultiPolygon) -> Bounds {
    let rect = polygons.bounding_rect();
    let [min, max] = rect.map_or([Coord::default(); 2], |rect| [rect.min(), rect.max()]);
    Bounds { min_x: min.x, min_y: min.y, max_x: max.x, max_y: max.y }
}

fn too_many(count: usize) -> ProposalError {
    ProposalError(format!("the proposal has {count} corners, at most {MOST_CORNERS} are reviewed"))
}

fn is_wkt(text: &str) -> bool {
    ["SRID", "POLYGON", "MULTI", "POINT", "LINESTRING", "GEOMETRY", "CURVE", "TIN", "TRIANGLE"]
        .iter()
        .any(|word| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

fn shape(polygons: Vec<Vec<Vec<[f64; 2]>>>) -> MultiPolygon {
    let ring = |ring: Vec<[f64; 2]>| LineString(ring.into_iter().map(|[x, y]| Coord { x, y }).collect());
    let polygon = |rings: Vec<Vec<[f64; 2]>>| {
        let mut rings = rings.into_iter().map(ring);
        let exterior = rings.next().unwrap_or_else(|| LineString(vec![]));
        Polygon::new(exterior, rings.collect())
    };
    MultiPolygon(polygons.into_iter().map(polygon).collect())
}

fn placed(written: &MultiPolygon, crs: Crs) -> MultiPolygon {
    written.map_coords(|Coord { x, y }| {
        let [x, y] = crs.inverse([x, y]);
        Coord { x, y }
    })
}

/// What a GeoJSON text says beside coordinates.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "type")]
    kind: String,
    properties: Option<Map<String, Json>>,
    features: Option<Vec<OutlineFeature>>,
}

#[derive(Deserialize)]
struct OutlineFeature {
    properties: Option<Map<String, Json>>,
}

fn outline(text: &str) -> Result<Outline, ProposalError> {
    serde_json::from_str(text).map_err(|error| format!("the proposal is not GeoJSON: {error}").into())
}

fn own_properties(text: &str) -> Result<Map<String, Json>, ProposalError> {
    let Outline { properties, features, .. } = outline(text)?;
    let of_first =
        features.and_then(|features| features.into_iter().next()).and_then(|first| first.properties);
    Ok(properties.or(of_first).unwrap_or_default())
}

/// The text as a FeatureCollection.
fn collection(text: &str) -> Result<String, ProposalError> {
    let feature = match outline(text)?.kind.as_str() {
        "FeatureCollection" => return Ok(text.to_owned()),
        "Feature" => text.to_owned(),
        "Polygon" | "MultiPolygon" => format!(r#"{{"type":"Feature","properties":null,"geometry":{text}}}"#),
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(format!("the proposal is GeoJSON of type `{other}`, not a polygon").into());
        }
    };
    Ok(format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#))
}

/// The one geometry that `read` brings, x east and y north in its coordinate system, and remarks.
fn intake(
    given: &Given,
    read: impl FnOnce(&mut Intake) -> Result<(), ReadError>,
) -> Result<(Geometry, Crs, Vec<String>), ProposalError> {
    let layer = layer()?;
    let options = ReadOptions {
        crs: given.crs,
        northing_first: given.northing_first,
        ignore_fields: true,
        ..ReadOptions::default()
    };
    let (mut rows, mut problem) = (Vec::new(), None);
    let mut sink = |row: Result<import::Row, import::Problem>| match row {
        Ok(row) if rows.is_empty() => {
            rows.push(row);
            ControlFlow::Continue(())
        }
        Ok(_) => {
            problem = Some(
                "it has several features, a proposal is one: of several parts, one MultiPolygon".to_owned(),
            );
            ControlFlow::Break(())
        }
        Err(found) => {
            problem = Some(found.reason);
            ControlFlow::Break(())
        }
    };
    let told = |error: ReadError| ProposalError(error.to_string());
    let mut intake = Intake::new(&layer, &options, &mut sink).map_err(told)?;
    read(&mut intake).map_err(told)?;
    let remarks = intake.finish().map_err(told)?;
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    let row = rows.pop().ok_or_else(|| ProposalError("the proposal has no feature".into()))?;
    let crs = Crs::of_epsg(row.srid).unwrap_or(Crs::Cgcs2000);
    // What the attributes of a file are called is its own affair.
    let remarks =
        remarks.iter().map(ToString::to_string).filter(|remark| !remark.starts_with("not taken over"));
    Ok((row.geometry, crs, remarks.collect()))
}

/// A layer of polygons and nothing else, into which a proposal is read.
fn layer() -> Result<Layer, ProposalError> {
    let text = |text: &str| Text { zh: text.into(), en: text.into() };
    let id = LayerId::new("proposal").map_err(|error| ProposalError(error.to_string()))?;
    Ok(Layer {
        id,
        title: text("proposal"),
        group: Group::Status,
        geometry: GeometryKind::Polygon,
        standard_code: None,
        source: String::new(),
        description: text(""),
        minzoom: 0,
        disjoint: false,
        fields: Vec::new(),
    })
}

/// What is given, and of the properties of a feature those with the name or the title of an attribute; then what follows
/// from both.
fn answers(
    properties: Map<String, Json>,
    given: &Map<String, Json>,
    rules: &Rules,
) -> Result<Answers, ProposalError> {
    let mut answers = Answers::new();
    for (name, value) in properties {
        let asked = rules.asked().find(|attribute| attribute.id == name || attribute.title.zh == name);
        // Properties of a file may have the same names by chance: what is no answer is none.
        if let Some((asked, answer)) = asked.and_then(|asked| Some((asked, asked.read(&value).ok()??))) {
            answers.insert(asked.id.clone(), answer);
        }
    }
    for (id, value) in given {
        let asked = rules.attribute(id).filter(|_| !MEASURED.contains(&id.as_str()));
        let asked = asked.ok_or_else(|| {
            let known: Vec<_> = rules.asked().map(|attribute| attribute.id.as_str()).collect();
            let id: String = id.chars().take(40).collect();
            format!("`{id}` is not asked of a proposal; {} are", known.join(", "))
        })?;
        let answer = asked.read(value).map_err(|expected| format!("`{id}` is {expected}"))?;
        match answer {
            Some(answer) => drop(answers.insert(id.clone(), answer)),
            None => drop(answers.remove(id)),
        }
    }
    let chosen: Vec<_> = answers.iter().map(|(id, answer)| (id.clone(), answer.clone())).collect();
    for (id, answer) in chosen {
        let (Some(asked), Answer::Choice(word)) = (rules.attribute(&id), answer) else { continue };
        let implied = asked.choices.iter().find(|choice| choice.id == word).map(|choice| &choice.implies);
        for (other, value) in implied.into_iter().flatten() {
            let answer = rules.attribute(other).and_then(|other| other.read(value).ok()?);
            if let Some(answer) = answer {
                answers.entry(other.clone()).or_insert(answer);
            }
        }
    }
    Ok(answers)
}
