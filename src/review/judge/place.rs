//! Tests of where a proposal lies.

use super::{
    Finding, KM2, Outcome, Piece, Tested,
    words::{joined, listed},
};
use crate::{
    geodesy,
    plan::{LayerId, Text},
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
    unary_union,
};
use std::collections::BTreeMap;

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
            (false, _) => {
                let Text { zh, en } = listed(met.iter().map(|finding| &finding.feature));
                Outcome::Broken(Text { zh: format!("与{zh}重叠"), en: format!("it overlaps {en}") })
            }
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
            overlap: Some(self.ground(meeting.area, meeting.share, &meeting.geometry)),
            length_km: is_line.then_some(meeting.length / 1e3),
            distance_m: None,
            is_sliver: meeting.is_sliver,
        }
    }

    /// A piece of ground from the plane.
    fn ground(&self, area: f64, share: f64, geometry: &Geometry) -> Piece {
        let geometry = match self.plane.degrees(geometry) {
            Geometry::MultiPolygon(polygons) => polygons.orient(Direction::Default).into(),
            other => other,
        };
        Piece { area_km2: area / KM2, share, geometry }
    }

    pub(super) fn inside(&self, of: &[Selection]) -> Result<Tested, Gap> {
        let mut covered = Vec::new();
        let mut findings = Vec::new();
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            for meeting in self.meetings(snapshot)?.iter().filter(|meeting| is_selected(meeting.position)) {
                if let Geometry::MultiPolygon(common) = &meeting.geometry {
                    covered.extend(common.iter().cloned());
                    findings.push(self.finding(snapshot, meeting));
                }
            }
        }
        let left = plane::rest(&self.shape, &unary_union(&covered));
        Ok(self.left(left, findings, "的部分在规定范围之外", "of it lies outside of where it should lie"))
    }

    /// What is left over must be no more than a sliver.
    fn left(&self, left: MultiPolygon, findings: Vec<Finding>, zh: &str, en: &str) -> Tested {
        if left.unsigned_area() == 0.0 || plane::is_sliver(&left, self.rules.precision) {
            return Tested { findings, ..Tested::default() };
        }
        let area = geodesy::area(&self.plane.degrees(&left));
        let remainder = self.ground(area, self.share(&left), &left.into());
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
        let outcome = if findings.is_empty() {
            Outcome::Kept
        } else {
            let Text { zh, en } = listed(findings.iter().map(|finding| &finding.feature));
            Outcome::Broken(Text {
                zh: format!("距{zh}不足 {metres} 米"),
                en: format!("it is nearer than {metres} m to {en}"),
            })
        };
        Ok(Tested { outcome, findings, remainder: None })
    }

    pub(super) fn covers(&self, of: &[Selection]) -> Result<Tested, Gap> {
        let mut left = MultiPolygon(vec![]);
        let mut findings = Vec::new();
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            for position in self.memory.rows(&self.selected(selection)?) {
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
                if findings.len() > ground::MOST_FEATURES {
                    return Err(too_many(snapshot));
                }
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
        let (mut findings, mut others) = (Vec::new(), BTreeMap::new());
        let mut room = ground::MOST_FEATURES;
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            let meetings = self.meetings(snapshot)?;
            let met = meetings.iter().filter(|meeting| !meeting.is_sliver && is_selected(meeting.position));
            for meeting in met {
                let shared = self.sharers(snapshot, meeting.position, among, &mut room)?;
                if !shared.is_empty() {
                    findings.push(self.finding(snapshot, meeting));
                    others.extend(shared);
                }
            }
        }
        let outcome = if findings.is_empty() {
            Outcome::Kept
        } else {
            let own = listed(findings.iter().map(|finding| &finding.feature));
            let other = listed(others.values());
            Outcome::Broken(Text {
                zh: format!("{}同时涉及{}", own.zh, other.zh),
                en: format!("{} is shared with {}", own.en, other.en),
            })
        };
        Ok(Tested { outcome, findings, remainder: None })
    }

    /// The features that overlap a feature and not the proposal, by layer and position; `room` is how many more may be
    /// looked at.
    fn sharers(
        &self,
        snapshot: &Snapshot,
        position: usize,
        among: &[Selection],
        room: &mut usize,
    ) -> Result<BTreeMap<(LayerId, usize), FeatureName>, Gap> {
        let Geometry::MultiPolygon(whole) = self.flat(snapshot, position) else { return Ok(BTreeMap::new()) };
        let mut sharers = BTreeMap::new();
        for selection in among {
            let others = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            let own = self.meetings(others)?;
            let is_own = |other| own.iter().any(|meeting| meeting.position == other && !meeting.is_sliver);
            let beside = ground::beside(others, &snapshot.feature_bounds(position));
            for other in beside.into_iter().filter(|other| is_selected(*other) && !is_own(*other)) {
                *room = room.checked_sub(1).ok_or_else(|| too_many(others))?;
                if let Geometry::MultiPolygon(polygons) = self.flat(others, other) {
                    let common = plane::common(&whole, &polygons);
                    if !plane::is_sliver(&common, self.rules.precision) {
                        sharers.insert((others.layer.id.clone(), other), ground::name(others, other));
                    }
                }
            }
        }
        Ok(sharers)
    }
}

/// That a check would have to look at more features than are looked at.
fn too_many(snapshot: &Snapshot) -> Gap {
    let most = ground::MOST_FEATURES;
    let layer = &snapshot.layer;
    Gap::Unknown(Text {
        zh: format!("图层“{}”涉及的要素超过 {most} 个，不作检查", layer.title.zh),
        en: format!("more than {most} features of layer {} would have to be looked at", layer.id),
    })
}
