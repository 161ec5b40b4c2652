//! Judging a proposal by each rule.

mod numbers;
mod place;
mod words;

use super::{
    attribute::Answer,
    ground::{FeatureName, Gap, Ground},
    rules::{Check, Rule, Strength, Test},
};
use crate::plan::{LayerId, Text};
use geo::Geometry;

/// Square metres in a square kilometre.
const KM2: f64 = 1e6;

/// The most serious last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Pass,
    NotCheckable,
    Consultation,
    Conflict,
}

impl Verdict {
    pub const ALL: [Self; 4] = [Self::Conflict, Self::Consultation, Self::NotCheckable, Self::Pass];

    /// On what breaks a rule so binding.
    pub fn of_broken(strength: Strength) -> Self {
        if strength == Strength::Must { Self::Conflict } else { Self::Consultation }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NotCheckable => "not_checkable",
            Self::Consultation => "consultation",
            Self::Conflict => "conflict",
        }
    }
}

/// What a rule says of a proposal.
pub struct Judgement {
    pub verdict: Verdict,
    /// Whether it is a rule of such proposals; what is not passes.
    pub applies: bool,
    pub reasons: Vec<Text>,
    pub findings: Vec<Finding>,
    /// What of the ground should be covered and is not.
    pub remainder: Option<Piece>,
}

/// A feature that a rule is about.
#[derive(Clone)]
pub struct Finding {
    pub feature: FeatureName,
    /// What the proposal has in common with it; nothing when it is merely near.
    pub overlap: Option<Piece>,
    /// Kilometres of a line in the proposal.
    pub length_km: Option<f64>,
    pub distance_m: Option<f64>,
    /// Whether the overlap is narrower than the data are precise: then it is none.
    pub is_sliver: bool,
}

/// A piece of ground.
#[derive(Clone)]
pub struct Piece {
    pub area_km2: f64,
    /// Of the area of the proposal, both along the edges of the plane: an overlap is never more than the whole.
    pub share: f64,
    /// Longitude and latitude.
    pub geometry: Geometry,
}

/// The proposal covers more features of this layer than are reviewed.
pub struct TooWide(pub LayerId);

#[derive(Default)]
struct Tested {
    outcome: Outcome,
    findings: Vec<Finding>,
    remainder: Option<Piece>,
}

#[derive(Default)]
enum Outcome {
    #[default]
    Kept,
    /// Kept, with something to say of it.
    KeptAs(Text),
    Broken(Text),
    Unknown(Text),
}

/// Judges by all rules, in their order.
///
/// # Errors
/// When the proposal meets too many features of a layer.
pub fn judge(ground: &Ground) -> Result<Vec<Judgement>, TooWide> {
    let rules = &ground.rules.rules;
    let is_last = |rule: &Rule| rule.checks.iter().any(|check| matches!(check.test, Test::NoConflict));
    let mut judged: Vec<Option<Judgement>> = Vec::new();
    for rule in rules {
        judged.push(if is_last(rule) { None } else { Some(ground.by_rule(rule, &[])?) });
    }
    let must: Vec<(&str, Verdict)> = rules
        .iter()
        .zip(&judged)
        .filter(|(rule, _)| rule.strength == Strength::Must)
        .filter_map(|(rule, judged)| Some((rule.id.as_str(), judged.as_ref()?.verdict)))
        .collect();
    let all = rules.iter().zip(judged).map(|(rule, judged)| match judged {
        Some(judged) => Ok(judged),
        None => ground.by_rule(rule, &must),
    });
    all.collect()
}

impl Ground<'_> {
    fn by_rule(&self, rule: &Rule, must: &[(&str, Verdict)]) -> Result<Judgement, TooWide> {
        let mut judgement = Judgement {
            verdict: Verdict::Pass,
            applies: true,
            reasons: Vec::new(),
            findings: Vec::new(),
            remainder: None,
        };
        match rule.applies.holds(self.answers) {
            Ok(true) => {}
            Ok(false) => {
                judgement.applies = false;
                judgement.reasons.push(Text {
                    zh: "不适用于此类申请".into(),
                    en: "it is not a rule of such proposals".into(),
                });
                return Ok(judgement);
            }
            Err(attribute) => {
                judgement.verdict = Verdict::NotCheckable;
                judgement.reasons.extend(reason(self.unanswered(attribute)));
                return Ok(judgement);
            }
        }
        for check in &rule.checks {
            let tested = self.by_check(check, must).or_else(|gap| match gap {
                Gap::Unknown(text) => Ok(Tested { outcome: Outcome::Unknown(text), ..Tested::default() }),
                Gap::TooMany(layer) => Err(TooWide(layer)),
            })?;
            let (verdict, reason) = match tested.outcome {
                Outcome::Kept => (Verdict::Pass, None),
                Outcome::KeptAs(text) => (Verdict::Pass, Some(text)),
                Outcome::Unknown(text) => (Verdict::NotCheckable, Some(text)),
                Outcome::Broken(text) => (Verdict::of_broken(rule.strength), Some(text)),
            };
            judgement.verdict = judgement.verdict.max(verdict);
            judgement.reasons.extend(reason);
            judgement.findings.extend(tested.findings);
            judgement.remainder = judgement.remainder.or(tested.remainder);
        }
        Ok(judgement)
    }

    fn by_check(&self, check: &Check<Answer>, must: &[(&str, Verdict)]) -> Result<Tested, Gap> {
        let when = check.when.holds(self.answers);
        if when == Ok(false) {
            return Ok(Tested::default());
        }
        let mut tested = self.by_test(&check.test, must)?;
        let is_excused = !check.unless.0.is_empty() && check.unless.holds(self.answers) == Ok(true);
        let open = when.err().or_else(|| {
            let unless = check.unless.holds(self.answers);
            unless.err().filter(|_| !check.unless.0.is_empty())
        });
        tested.outcome = match (tested.outcome, open) {
            (Outcome::Broken(text) | Outcome::Unknown(text), _) if is_excused => Outcome::KeptAs(Text {
                zh: format!("{}；因所作说明而符合", text.zh),
                en: format!("{}; kept by what the proposal states", text.en),
            }),
            (Outcome::Broken(text), Some(attribute)) => match self.unanswered(attribute) {
                Gap::Unknown(because) => Outcome::Unknown(Text {
                    zh: format!("{}；{}", text.zh, because.zh),
                    en: format!("{}; {}", text.en, because.en),
                }),
                gap => return Err(gap),
            },
            (outcome, _) => outcome,
        };
        Ok(tested)
    }

    fn by_test(&self, test: &Test<Answer>, must: &[(&str, Verdict)]) -> Result<Tested, Gap> {
        match test {
            Test::Outside { of } => self.outside(of),
            Test::Within { of } => self.inside(of),
            Test::Distance { of, metres } => self.distance(of, *metres),
            Test::Covers { of } => self.covers(of),
            Test::Undivided { of, among } => self.undivided(of, among),
            Test::Total { of, field, plus, is, than } => {
                self.total(of, field.as_deref(), plus.as_deref(), *is, *than)
            }
            Test::Compare { attribute, is, than } => self.compare(attribute, *is, than),
            Test::NoConflict => Ok(no_conflict(must)),
            Test::NotCheckable(because) => Err(Gap::Unknown(because.clone())),
        }
    }
}

fn no_conflict(must: &[(&str, Verdict)]) -> Tested {
    let with = |wanted: Verdict| {
        let ids = must.iter().filter(|(_, verdict)| *verdict == wanted).map(|(id, _)| *id);
        ids.collect::<Vec<_>>()
    };
    let (broken, open) = (with(Verdict::Conflict), with(Verdict::NotCheckable));
    let outcome = match (broken.as_slice(), open.as_slice()) {
        ([], []) => Outcome::Kept,
        ([], open) => Outcome::Unknown(Text {
            zh: format!("尚不能检查：{}", open.join("、")),
            en: format!("not checkable: {}", open.join(", ")),
        }),
        (broken, _) => Outcome::Broken(Text {
            zh: format!("不符合：{}", broken.join("、")),
            en: format!("broken: {}", broken.join(", ")),
        }),
    };
    Tested { outcome, ..Tested::default() }
}

fn reason(gap: Gap) -> Option<Text> {
    match gap {
        Gap::Unknown(text) => Some(text),
        Gap::TooMany(_) => None,
    }
}
