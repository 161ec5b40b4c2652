//! One feature of a list of corner points.

use crate::{
    import::{Attribute, Feature, Found, Geometry, geometry::Position, rings::assemble},
    plan::GeometryKind,
};

/// What was read of a plot so far.
#[derive(Default)]
pub struct Plot {
    pub attributes: Vec<(String, Attribute)>,
    rings: Vec<Ring>,
    /// Corners that its heading promises.
    promised: Option<usize>,
    is_reported: bool,
    refused: Option<String>,
}

struct Ring {
    label: Option<String>,
    corners: Vec<Position>,
    has_ended: bool,
}

/// Square kilometres in a hectare, the unit of land reports.
const HECTARE: f64 = 0.01;

impl Plot {
    /// From the heading of a plot in a land report: count of corners, area in hectares, code, name, kind of geometry,
    /// map sheet, use, class of land.
    pub fn reported(fields: &[&str]) -> Self {
        let field = |index: usize| fields.get(index).copied().unwrap_or_default();
        let mut plot = Self { promised: field(0).parse().ok(), is_reported: true, ..Self::default() };
        let digits = field(1).trim_end_matches(|c: char| c.is_alphabetic());
        let area = match digits.parse::<f64>() {
            Ok(hectares) if hectares > 0.0 => Attribute::Real(hectares * HECTARE),
            Ok(_) => Attribute::Null,
            Err(_) => Attribute::Text(field(1).into()),
        };
        plot.attributes.push(("地块面积".into(), area));
        for (index, name) in
            [(2, "地块编号"), (3, "地块名称"), (5, "图幅号"), (6, "地块用途"), (7, "地类编码")]
        {
            if !field(index).is_empty() {
                plot.attributes.push((name.into(), Attribute::Text(field(index).into())));
            }
        }
        plot
    }

    pub fn is_reported(&self) -> bool {
        self.is_reported
    }

    pub fn has_corners(&self) -> bool {
        !self.rings.is_empty() || self.refused.is_some()
    }

    pub fn is_empty(&self) -> bool {
        !self.has_corners() && self.attributes.is_empty()
    }

    /// Keeps the first thing that is wrong.
    pub fn refuse(&mut self, reason: String) {
        self.refused.get_or_insert(reason);
    }

    /// A corner of the ring `label`. Without labels a ring ends where its first corner comes again.
    pub fn corner(&mut self, label: Option<&str>, position: Position) {
        match self.rings.last_mut().filter(|ring| !ring.has_ended && ring.label.as_deref() == label) {
            Some(ring) => {
                ring.corners.push(position);
                ring.has_ended = label.is_none() && ring.corners.len() > 3 && ring.corners[0] == position;
            }
            None => {
                let label = label.map(str::to_owned);
                self.rings.push(Ring { label, corners: vec![position], has_ended: false });
            }
        }
    }

    /// A blank line: the corners that follow are of another ring, unless the table is double-spaced.
    pub fn end_ring(&mut self) {
        if let Some(ring) = self.rings.last_mut() {
            ring.has_ended |= ring.label.is_none() && ring.corners.len() > 2;
        }
    }

    /// # Errors
    /// What is wrong with the plot.
    pub fn feature(self, number: u64, kind: GeometryKind) -> Result<Feature<'static>, String> {
        if let Some(reason) = self.refused {
            return Err(reason);
        }
        if self.rings.is_empty() {
            return Err(
                "it has attributes but no corners: its attributes stand before the corners of a plot".into(),
            );
        }
        let found: usize = self.rings.iter().map(|ring| ring.corners.len()).sum();
        // Writers count the corner that closes a ring, or do not.
        if let Some(promised) = self.promised.filter(|promised| promised.abs_diff(found) > self.rings.len()) {
            return Err(format!("its heading says {promised} corners, it has {found}"));
        }
        let mut paths: Vec<Vec<Position>> = self.rings.into_iter().map(|ring| ring.corners).collect();
        let geometry = match kind {
            GeometryKind::Point => match paths[..] {
                [ref path] if path.len() == 1 => Geometry::Point(path[0]),
                _ => return Err(format!("it has {found} corners, the layer holds points")),
            },
            GeometryKind::Line => Geometry::Lines(paths),
            GeometryKind::Polygon => {
                for ring in &mut paths {
                    if ring.first() != ring.last() {
                        ring.extend(ring.first().copied());
                    }
                }
                Geometry::Polygons(assemble(paths))
            }
        };
        Ok(Feature {
            number,
            id: Attribute::Null,
            attributes: self.attributes.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            geometry: Ok(Found { geometry, flattened: false }),
        })
    }
}
