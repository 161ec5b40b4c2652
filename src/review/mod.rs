//! Reviewing a proposed right (矿业权审查): which rules of the plan it keeps, which it breaks, and where.
//!
//! ```text
//!  GeoJSON, WKT, corner points ─▶ Proposal ─┐
//!  catalog: layers of the plan ─────────────┼▶ Ground ─▶ judge ─▶ Review ─▶ describe::review: JSON, map, report
//!  data/rules.toml, or a county's own ▶ Rules ┘
//! ```
//!
//! A rule is data: its quote, its section, and checks by a few general [tests](Test). Overlaps are found in the plane of
//! the 6° Gauss–Krüger zone and measured on the ellipsoid of CGCS2000; what is narrower than the data are precise does
//! not count. What cannot be decided, because the plan lacks a layer or the proposal an answer, is said to be so.
//! `docs/review.md` has the form of the rules and what the verdicts mean.

mod attribute;
mod ground;
mod judge;
mod memory;
mod plane;
mod proposal;
mod request;
mod rules;
mod simple;

pub use attribute::{Answer, Answers, Attribute, Choice, Kind};
pub use ground::FeatureName;
pub use judge::{Finding, Judgement, Piece, Verdict};
pub use memory::Memory;
pub use proposal::{Given, MOST_CORNERS, Proposal, ProposalError, rings};
pub use request::{BodyKind, Settings};
pub use rules::{MEASURED, Quote, Rule, Rules, RulesError, Strength, Test};

use crate::{
    catalog::{Catalog, Version},
    geodesy,
    plan::Text,
    snapshot::{Bounds, Snapshot, Value},
};
use ground::Ground;
use jiff::civil::Date;
use std::sync::Arc;

/// A proposal and what every rule says of it.
pub struct Review {
    pub rules: Arc<Rules>,
    pub proposal: Proposal,
    pub area_km2: f64,
    /// The day by which it was judged.
    pub date: Date,
    /// Of the plan that it was judged by.
    pub version: Version,
    /// One for each rule, in their order.
    pub judgements: Vec<Judgement>,
    /// What to know before anything is decided by it.
    pub notices: Vec<Text>,
}

/// Where the shapes of a layer come from, and the value that says that they are drawn from words.
const GEOMETRY_STATUS: (&str, &str) = ("geometry_status", "schematic");

impl Review {
    /// Judges `proposal` by every rule.
    ///
    /// # Errors
    /// When it lies nowhere near the plan, or meets more features of a layer than a right can.
    pub fn of(
        mut proposal: Proposal,
        rules: &Arc<Rules>,
        catalog: &Catalog,
        memory: &Memory,
    ) -> Result<Self, ProposalError> {
        let layers = catalog.layers().iter().map(|layer| &layer.snapshot);
        let bounds = layers.clone().filter_map(|snapshot| snapshot.bounds).reduce(Bounds::union);
        let bounds = bounds.ok_or_else(|| ProposalError("the plan has no features".into()))?;
        proposal.lies_in(&bounds)?;
        let date = proposal.date();
        let (judgements, area) = {
            let mut answers = proposal.answers.clone();
            let area = geodesy::area(&proposal.geometry);
            answers.insert("date".into(), Answer::Date(date));
            answers.insert("area_km2".into(), Answer::Number(area / 1e6));
            answers.insert("unit_blocks".into(), Answer::Number(area / unit_block(&proposal)));
            let ground = Ground::new(catalog, rules, memory, &proposal, &answers);
            (judge::judge(&ground), area)
        };
        let judgements = judgements.map_err(|judge::TooWide(layer)| {
            ProposalError(format!(
                "the proposal of {:.1} km² meets too many features of {layer} for a review: is it where it should be?",
                area / 1e6
            ))
        })?;
        proposal.answers.insert("date".into(), Answer::Date(date));
        let notices =
            if layers.clone().any(|snapshot| is_schematic(snapshot)) { vec![schematic()] } else { vec![] };
        Ok(Self {
            rules: Arc::clone(rules),
            area_km2: area / 1e6,
            date,
            version: catalog.version(),
            judgements,
            notices,
            proposal,
        })
    }

    /// Each rule with what it says.
    pub fn judged(&self) -> impl Iterator<Item = (&Rule, &Judgement)> {
        self.rules.rules.iter().zip(&self.judgements)
    }

    /// The most serious verdict.
    pub fn verdict(&self) -> Verdict {
        self.judgements.iter().map(|judgement| judgement.verdict).max().unwrap_or(Verdict::Pass)
    }

    /// How many rules have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judgements.iter().filter(|judgement| judgement.verdict == verdict).count()
    }
}

/// Square metres of a basic unit block, 1′ of longitude by 1′ of latitude, around the middle of a proposal.
fn unit_block(proposal: &Proposal) -> f64 {
    let geo::Coord { x, y } = proposal.middle();
    let half = 0.5 / 60.0;
    let block = geo::Rect::new((x - half, y - half), (x + half, y + half)).to_polygon();
    geodesy::area(&block.into())
}

/// The features of a layer come from one source, so the first one tells.
fn is_schematic(snapshot: &Snapshot) -> bool {
    let (field, schematic) = GEOMETRY_STATUS;
    snapshot.feature_count() > 0
        && matches!(ground::value(&snapshot.row(0), field), Value::Text(status) if status == schematic)
}

fn schematic() -> Text {
    Text {
        zh: "规划图形为示意图形（按规划文字绘制，规划文本没有坐标），审查结果不能作为审批依据。".into(),
        en: "The geometry of the plan is schematic, drawn from its words, since it prints no coordinates: nothing may be decided by this result.".into(),
    }
}
