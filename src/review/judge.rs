//! Judging a proposal by each rule.

use super::{
    attribute::{Answer, Attribute},
    ground::{self, FeatureName, Gap, Ground, Meeting},
    plane,
    rules::{Check, Relation, Rule, Selection, Strength, Test, Than},
};
use crate::{
    geodesy,
    plan::{LayerId, Text},
    snapshot::{Snapshot, Value},
};
use geo::{
    Area, Geometry, MultiPolygon,
    orient::{Direction, Orient},
};

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
    /// Of the area of the proposal.
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
                Outcome::Broken(text) if rule.strength == Strength::Must => (Verdict::Conflict, Some(text)),
                Outcome::Broken(text) => (Verdict::Consultation, Some(text)),
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

    fn outside(&self, of: &[Selection]) -> Result<Tested, Gap> {
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

    fn inside(&self, of: &[Selection]) -> Result<Tested, Gap> {
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

    fn distance(&self, of: &[Selection], metres: f64) -> Result<Tested, Gap> {
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

    fn covers(&self, of: &[Selection]) -> Result<Tested, Gap> {
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

    fn undivided(&self, of: &[Selection], among: &[Selection]) -> Result<Tested, Gap> {
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

    fn total(
        &self,
        of: &[Selection],
        field: Option<&str>,
        plus: Option<&str>,
        is: Relation,
        than: f64,
    ) -> Result<Tested, Gap> {
        let own = match plus {
            None => 1.0,
            Some(attribute) => match self.answer(attribute) {
                Some(Answer::Number(number)) => number,
                _ => return Err(self.unanswered(attribute)),
            },
        };
        let mut sum = 0.0;
        for selection in of {
            let snapshot = self.snapshot(selection)?;
            let is_selected = self.selector(selection)?;
            for position in (0..snapshot.feature_count()).filter(|position| is_selected(*position)) {
                sum += match field.map(|field| ground::value(&snapshot.row(position), field)) {
                    None => 1.0,
                    Some(Value::Integer(number)) => number as f64,
                    Some(Value::Real(number)) => number,
                    Some(_) => 0.0,
                };
            }
        }
        let (total, sign) = (sum + own, is.sign());
        let text = Text {
            zh: format!("现有 {sum}，加本申请 {own}，合计 {total}，要求 {sign} {than}"),
            en: format!(
                "there are {sum}, with this one {own} more, {total} in all; it has to be {sign} {than}"
            ),
        };
        let outcome = if is.holds(&total, &than) { Outcome::KeptAs(text) } else { Outcome::Broken(text) };
        Ok(Tested { outcome, ..Tested::default() })
    }

    fn compare(&self, attribute: &str, is: Relation, than: &Than<Answer>) -> Result<Tested, Gap> {
        let (Some(asked), Some(given)) = (self.rules.attribute(attribute), self.answer(attribute)) else {
            return Err(self.unanswered(attribute));
        };
        let other = match than {
            Than::Value(value) => value.clone(),
            Than::Answer(reference) => {
                self.answer(&reference.attribute).ok_or_else(|| self.unanswered(&reference.attribute))?
            }
        };
        let words = |answer: &Answer| asked.words(answer);
        let list = |of: fn(&Text) -> &String| match &other {
            Answer::Choices(ids) => {
                ids.iter().map(|id| of(&word(asked, id)).clone()).collect::<Vec<_>>().join("/")
            }
            value => of(&words(value)).clone(),
        };
        let (given_words, sign) = (words(&given), is.sign());
        let text = Text {
            zh: format!("{}：{}，要求 {sign} {}", asked.title.zh, given_words.zh, list(|text| &text.zh)),
            en: format!(
                "{}: {}; it has to be {sign} {}",
                asked.title.en,
                given_words.en,
                list(|text| &text.en)
            ),
        };
        let outcome = match relates(asked, &given, is, &other) {
            Some(true) => Outcome::KeptAs(text),
            Some(false) => Outcome::Broken(text),
            None => Outcome::Unknown(text),
        };
        Ok(Tested { outcome, ..Tested::default() })
    }
}

/// `None` for an open word, which has no place in the order.
fn relates(asked: &Attribute, given: &Answer, is: Relation, other: &Answer) -> Option<bool> {
    match (given, other) {
        (Answer::Number(a), Answer::Number(b)) => Some(is.holds(a, b)),
        (Answer::Date(a), Answer::Date(b)) => Some(is.holds(a, b)),
        (Answer::Choice(a), Answer::Choice(b)) => Some(is.holds(&asked.rank(a)?, &asked.rank(b)?)),
        (given, Answer::Choices(list)) => {
            let given = match given {
                Answer::Choice(id) => vec![id.clone()],
                Answer::Choices(ids) => ids.clone(),
                Answer::Truth(truth) => vec![truth.to_string()],
                Answer::Number(_) | Answer::Date(_) | Answer::Text(_) => return None,
            };
            Some(match is {
                Relation::AllOf => list.iter().all(|id| given.contains(id)),
                Relation::NoneOf => !given.iter().any(|id| list.contains(id)),
                _ => given.iter().any(|id| list.contains(id)),
            })
        }
        _ => None,
    }
}

/// One entry of a list in words; truths are in it as text.
fn word(asked: &Attribute, id: &str) -> Text {
    match id {
        "true" => asked.words(&Answer::Truth(true)),
        "false" => asked.words(&Answer::Truth(false)),
        id => asked.words(&Answer::Choice(id.to_owned())),
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

fn joined(texts: Vec<Text>) -> Text {
    let join = |of: fn(&Text) -> &str, with: &str| texts.iter().map(of).collect::<Vec<_>>().join(with);
    Text { zh: join(|text| &text.zh, "；"), en: join(|text| &text.en, "; ") }
}

/// What a feature is called: its name, else its code, else its id.
fn label(feature: &FeatureName) -> String {
    match (&feature.name, &feature.code) {
        (Some(name), Some(code)) => format!("{name}（{code}）"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (None, None) => format!("{} {}", feature.layer, feature.id),
    }
}

/// The features by layer: at most three of each by name.
fn listed(findings: &[&Finding], with: &str, title: fn(&Text) -> &String) -> String {
    let mut layers: Vec<(&LayerId, &Text, Vec<String>)> = Vec::new();
    for finding in findings {
        let feature = &finding.feature;
        match layers.iter_mut().find(|(layer, _, _)| **layer == feature.layer) {
            Some((_, _, names)) => names.push(label(feature)),
            None => layers.push((&feature.layer, &feature.layer_title, vec![label(feature)])),
        }
    }
    let of_layer = layers.iter().map(|(_, layer_title, names)| {
        let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(with);
        let more = if names.len() > 3 { format!(" … ({})", names.len()) } else { String::new() };
        format!("{} {shown}{more}", title(layer_title))
    });
    of_layer.collect::<Vec<_>>().join(with)
}
