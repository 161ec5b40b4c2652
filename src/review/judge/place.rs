//! Tests of where a proposal lies.

use super::{
    Finding, KM2, Outcome, Piece, Tested,
    words::{joined, label, listed},
};
use crate::{
    geodesy,
    plan::Text,
    review::{
        ground::{self, FeatureName, Gap, Ground, Meeting},
        plane,
        rules::Selection,
    },
    snapshot::Snapshot,
};
use geo::{
    Area, Geometry, MultiPolygon,
    orient::{Direction, Orient},
};

impl Ground<'_> {
    pub(super) fn outside(&self, of: &[Selection]) -> Result<Tested, Gap> {
        let mut findings = Vec::new();
        let mut gaps = Vec::new();
        for selection in of {
            match self.overlaps(selection) {
                Ok(found) => findings.extend(found),
                Err(Gap::Unknown(text)) => gaps.push(text),
                Err(gap) => return Err(gap),
            }
        }
        let met: Vec<&Finding> = findings.iter().filter(|finding| !finding.is_sliver).collect();
        let outcome = match (met.is_empty(), gaps.is_empty()) {
            (false, _) => Outcome::Broken(Text {
                zh: format!("与{}重叠", listed(&met, "、", |name| &name.zh)),
                en: format!("it overlaps {}", listed(&met, ", ", |name| &name.en)),
            }),
            (true, false) => Outcome::Unknown(joined(gaps)),
            (true, true) if !findings.is_empty() => Outcome::KeptAs(Text {
                zh: "重叠部分窄于数据精度，不作为重叠".into(),
                en: "what overlaps is narrower than the data are precise, and counts as touching".into(),
            }),
            (true, true) => Outcome::Kept,
        };
        Ok(Tested { outcome, findings, remainder: None })
    }

    /// What the proposal has in common with the features of a selection.
    fn overlaps(&self, selection: &Selection) -> Result<Vec<Finding>, Gap> {
        let snapshot = self.snapshot(selection)?;
        let is_selected = self.selector(selection)?;
        let meetings = self.meetings(snapshot)?;
        let selected = meetings.iter().filter(|meeting| is_selected(meeting.position));
        Ok(selected.map(|meeting| self.finding(snapshot, meeting)).collect())
    }

    fn finding(&self, snapshot: &Snapshot, meeting: &Meeting) -> Finding {
        let is_line = matches!(meeting.geometry, Geometry::MultiLineString(_));
        Finding {
            feature: ground::name(snapshot, meeting.position),
            overlap: Some(self.ground(meeting.area, &meeting.geometry)),
            length_km: is_line.then_some(meeting.length / 1e3),
            distance_m: None,
            is_sliver: meeting.is_sliver,
        }
    }

    /// A piece of ground from the plane.
    fn ground(&self, area: f64, geometry: &Geometry) -> Piece {
        let geometry = match self.plane.degrees(geometry) {
            Geometry::MultiPolygon(polygons) => polygons.orient(Direction::Default).into(),
            other => other,
        };
        Piece { area_km2: area / KM2, share: area / self.area, geometry }
    }

    pub(super) fn inside(&self, of: &[Selection]) -> Result<Tested, Gap> {
        let mut left = self.shape.clone();
        let mut findings = Vec::new();
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            for meeting in self.meetings(snapshot)?.iter().filter(|meeting| is_selected(meeting.position)) {
                if let Geometry::MultiPolygon(common) = &meeting.geometry {
                    left = plane::rest(&left, common);
                    findings.push(self.finding(snapshot, meeting));
                }
            }
        }
        Ok(self.left(left, findings, "的部分在规定范围之外", "of it lies outside of where it should lie"))
    }

    /// What is left over must be no more than a sliver.
    fn left(&self, left: MultiPolygon, findings: Vec<Finding>, zh: &str, en: &str) -> Tested {
        if left.unsigned_area() == 0.0 || plane::is_sliver(&left, self.rules.precision) {
            return Tested { findings, ..Tested::default() };
        }
        let area = geodesy::area(&self.plane.degrees(&left));
        let remainder = self.ground(area, &left.into());
        let Piece { area_km2, .. } = remainder;
        let text =
            Text { zh: format!("{area_km2:.4} 平方千米{zh}"), en: format!("{area_km2:.4} km² {en}") };
        Tested { outcome: Outcome::Broken(text), findings, remainder: Some(remainder) }
    }

    pub(super) fn distance(&self, of: &[Selection], metres: f64) -> Result<Tested, Gap> {
        let mut findings = Vec::new();
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            let near =
                self.nearer(snapshot, metres)?.into_iter().filter(|(position, _)| is_selected(*position));
            findings.extend(near.map(|(position, distance)| Finding {
                feature: ground::name(snapshot, position),
                overlap: None,
                length_km: None,
                distance_m: Some(distance),
                is_sliver: false,
            }));
        }
        let met: Vec<&Finding> = findings.iter().collect();
        let outcome = if met.is_empty() {
            Outcome::Kept
        } else {
            Outcome::Broken(Text {
                zh: format!("距{}不足 {metres} 米", listed(&met, "、", |name| &name.zh)),
                en: format!("it is nearer than {metres} m to {}", listed(&met, ", ", |name| &name.en)),
            })
        };
        Ok(Tested { outcome, findings, remainder: None })
    }

    pub(super) fn covers(&self, of: &[Selection]) -> Result<Tested, Gap> {
        let mut left = MultiPolygon(vec![]);
        let mut findings = Vec::new();
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            for position in (0..snapshot.feature_count()).filter(|position| is_selected(*position)) {
                let feature = ground::name(snapshot, position);
                if let Geometry::MultiPolygon(polygons) = self.flat(snapshot, position) {
                    left.0.extend(plane::rest(&polygons, &self.shape));
                }
                findings.push(Finding {
                    feature,
                    overlap: None,
                    length_km: None,
                    distance_m: None,
                    is_sliver: false,
                });
            }
        }
        if findings.is_empty() {
            return Err(Gap::Unknown(Text {
                zh: "规划数据中没有所说的矿业权".into(),
                en: "the plan has no right of that number".into(),
            }));
        }
        Ok(self.left(left, findings, "的原有范围不在申请范围内", "of the existing extent is not in it"))
    }

    pub(super) fn undivided(&self, of: &[Selection], among: &[Selection]) -> Result<Tested, Gap> {
        let (mut findings, mut others) = (Vec::new(), Vec::new());
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            let meetings = self.meetings(snapshot)?;
            let met = meetings.iter().filter(|meeting| !meeting.is_sliver && is_selected(meeting.position));
            for meeting in met {
                let shared = self.sharers(snapshot, meeting.position, among)?;
                if !shared.is_empty() {
                    findings.push(self.finding(snapshot, meeting));
                    others.extend(shared);
                }
            }
        }
        let met: Vec<&Finding> = findings.iter().collect();
        let outcome = if met.is_empty() {
            Outcome::Kept
        } else {
            let names = others.iter().map(label).collect::<Vec<_>>();
            Outcome::Broken(Text {
                zh: format!("{}同时涉及{}", listed(&met, "、", |name| &name.zh), names.join("、")),
                en: format!("{} is shared with {}", listed(&met, ", ", |name| &name.en), names.join(", ")),
            })
        };
        Ok(Tested { outcome, findings, remainder: None })
    }

    /// The features that overlap a feature and not the proposal.
    fn sharers(
        &self,
        snapshot: &Snapshot,
        position: usize,
        among: &[Selection],
    ) -> Result<Vec<FeatureName>, Gap> {
        let Geometry::MultiPolygon(whole) = self.flat(snapshot, position) else { return Ok(vec![]) };
        let mut sharers = Vec::new();
        for selection in among {
            let others = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            let own = self.meetings(others)?;
            for other in
                self.beside(snapshot, position, others)?.into_iter().filter(|other| is_selected(*other))
            {
                if own.iter().any(|meeting| meeting.position == other && !meeting.is_sliver) {
                    continue;
                }
                if let Geometry::MultiPolygon(polygons) = self.flat(others, other) {
                    let common = plane::common(&whole, &polygons);
                    if !plane::is_sliver(&common, self.rules.precision) {
                        sharers.push(ground::name(others, other));
                    }
                }
            }
        }
        Ok(sharers)
    }
}
