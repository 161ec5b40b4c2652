//! Deciding rows, by the logic of SQL: what is compared with nothing is unknown, and unknown is not true.

use super::{
    condition::{Comparison, Condition, Instant, Literal, Operand, Relation, Shape, Span, Unit},
    pattern::fold,
};
use crate::{
    features::geometry,
    snapshot::{Bounds, Row, Value},
};
use geo::{Geometry, PreparedGeometry, Relate, relate::IntersectionMatrix};
use jiff::civil::Date;
use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    cmp::Ordering,
    collections::HashMap,
};

/// Decides rows by one condition. It keeps what is worked out once, on one thread.
pub struct Evaluator<'c> {
    condition: &'c Condition,
    /// The geometries of the condition by their address, indexed when they are first needed.
    prepared: RefCell<HashMap<*const Literal, Prepared<'c>>>,
}

type Prepared<'c> = std::rc::Rc<PreparedGeometry<'c, &'c Geometry>>;

/// A row and what is worked out of it at most once.
struct Subject<'r, 'a> {
    row: &'r Row<'a>,
    bounds: &'r Bounds,
    geometry: OnceCell<Geometry>,
}

impl<'c> Evaluator<'c> {
    pub fn new(condition: &'c Condition) -> Self {
        Self { condition, prepared: RefCell::default() }
    }

    /// Whether the condition is true of `row`, whose box is `bounds`.
    pub fn matches(&self, row: &Row, bounds: &Bounds) -> bool {
        let subject = Subject { row, bounds, geometry: OnceCell::new() };
        self.decide(self.condition, &subject) == Some(true)
    }

    /// `None` is unknown.
    fn decide(&self, condition: &'c Condition, subject: &Subject) -> Option<bool> {
        let value = |operand| value(operand, subject.row);
        match condition {
            Condition::Constant(truth) => Some(*truth),
            Condition::And(conditions) => self.all(conditions, subject, false),
            Condition::Or(conditions) => self.all(conditions, subject, true),
            Condition::Not(condition) => self.decide(condition, subject).map(|truth| !truth),
            Condition::Flag(operand) => match value(operand) {
                Value::Boolean(truth) => Some(truth),
                _ => None,
            },
            Condition::Compare(left, comparison, right) => {
                Some(comparison.holds(compare(&value(left), &value(right))?))
            }
            Condition::Like(operand, pattern) => match value(operand) {
                Value::Text(text) if pattern.folded => Some(pattern.matches(&fold(&text))),
                Value::Text(text) => Some(pattern.matches(&text)),
                _ => None,
            },
            Condition::Between(operands) => {
                let [middle, low, high] = [0, 1, 2].map(|i| value(&operands[i]));
                let above = compare(&middle, &low).map(Ordering::is_ge);
                let below = compare(&middle, &high).map(Ordering::is_le);
                both(above, below)
            }
            Condition::In(operand, list) => {
                let found = value(operand);
                let equal = list.iter().map(|item| compare(&found, &value(item)).map(Ordering::is_eq));
                equal.reduce(either).unwrap_or(Some(false))
            }
            Condition::IsNull(operand) => Some(value(operand) == Value::Null),
            Condition::Spatial(relation, left, right) => self.relate(*relation, left, right, subject),
            Condition::Temporal(order, spans, unit) => {
                let [a, b] = [0, 1].map(|i| ends(&spans[i], *unit, subject.row));
                Some(order.holds(a?, b?))
            }
        }
    }

    /// AND, where false decides, or OR, where true does.
    fn all(&self, conditions: &'c [Condition], subject: &Subject, decisive: bool) -> Option<bool> {
        let mut result = Some(!decisive);
        for condition in conditions {
            match self.decide(condition, subject) {
                Some(truth) if truth == decisive => return Some(decisive),
                Some(_) => {}
                None => result = None,
            }
        }
        result
    }

    fn relate(
        &self,
        relation: Relation,
        left: &'c Shape,
        right: &'c Shape,
        subject: &Subject,
    ) -> Option<bool> {
        let matrix = match (left, right) {
            (Shape::Row, Shape::Literal(literal)) => {
                if !literal.bounds.meets(subject.bounds) {
                    return Some(relation == Relation::Disjoint);
                }
                subject.geometry().relate(&*self.prepared(literal))
            }
            (Shape::Literal(literal), Shape::Row) => {
                if !literal.bounds.meets(subject.bounds) {
                    return Some(relation == Relation::Disjoint);
                }
                self.prepared(literal).relate(subject.geometry())
            }
            (Shape::Row, Shape::Row) => subject.geometry().relate(subject.geometry()),
            (Shape::Literal(a), Shape::Literal(b)) => self.prepared(a).relate(&*self.prepared(b)),
        };
        Some(relation.holds(&matrix))
    }

    fn prepared(&self, literal: &'c Literal) -> Prepared<'c> {
        let mut prepared = self.prepared.borrow_mut();
        let entry = prepared.entry(std::ptr::from_ref(literal));
        Prepared::clone(entry.or_insert_with(|| Prepared::new(PreparedGeometry::from(&literal.geometry))))
    }
}

impl Subject<'_, '_> {
    fn geometry(&self) -> &Geometry {
        self.geometry.get_or_init(|| geometry::read(self.row))
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    both(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

fn value<'a>(operand: &'a Operand, row: &Row<'a>) -> Value<'a> {
    match operand {
        Operand::Id => Value::Integer(row.id()),
        Operand::Column(column) => row.value(*column),
        Operand::Literal(value) => value.clone(),
        Operand::Folded(operand) => match value(operand, row) {
            Value::Text(text) => Value::Text(Cow::Owned(fold(&text))),
            other => other,
        },
    }
}

/// How two values of one type are ordered; `None` with a null. Texts go by their code points.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Integer(a), Value::Real(b)) => integer_and_real(*a, *b),
        (Value::Real(a), Value::Integer(b)) => integer_and_real(*b, *a).map(Ordering::reverse),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// What goes before what where values are sorted, whichever way: types apart, what is not a number after the numbers,
/// nulls last. With [`compare`] for values of one rank it is a total order.
pub fn rank(value: &Value) -> u8 {
    match value {
        Value::Boolean(_) => 0,
        Value::Real(number) if number.is_nan() => 2,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) | Value::Date(_) => 3,
        Value::Null => 4,
    }
}

/// Exact, though not every integer is a double.
fn integer_and_real(integer: i64, real: f64) -> Option<Ordering> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if real.is_nan() {
        return None;
    }
    if real >= END {
        return Some(Ordering::Less);
    }
    if real < -END {
        return Some(Ordering::Greater);
    }
    let whole = real.floor();
    // An integer that equals the whole part is less by the rest.
    Some(integer.cmp(&(whole as i64)).then(if whole < real { Ordering::Less } else { Ordering::Equal }))
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Relation {
    fn holds(self, matrix: &IntersectionMatrix) -> bool {
        match self {
            Self::Intersects => matrix.is_intersects(),
            Self::Disjoint => matrix.is_disjoint(),
            Self::Equals => matrix.is_equal_topo(),
            Self::Touches => matrix.is_touches(),
            Self::Crosses => matrix.is_crosses(),
            Self::Within => matrix.is_within(),
            Self::Contains => matrix.is_contains(),
            Self::Overlaps => matrix.is_overlaps(),
        }
    }
}

/// Both ends of a span; `None` when one of them is missing.
fn ends(span: &Span, unit: Unit, row: &Row) -> Option<(i64, i64)> {
    let start = end(&span.start, unit, row, false)?;
    let end = end(&span.end, unit, row, true)?;
    Some((start, end))
}

const DAY_MICROSECONDS: i64 = 86_400_000_000;

fn end(instant: &Instant, unit: Unit, row: &Row, last: bool) -> Option<i64> {
    let date = match instant {
        Instant::Open => return Some(if last { i64::MAX } else { i64::MIN }),
        Instant::Time(time) => return Some(*time),
        Instant::Missing => return None,
        Instant::Date(date) => *date,
        Instant::Column(column) => match row.value(*column) {
            Value::Date(date) => date,
            _ => return None,
        },
    };
    let day = days(date);
    Some(match unit {
        Unit::Day => day,
        Unit::Microsecond if last => (day + 1) * DAY_MICROSECONDS - 1,
        Unit::Microsecond => day * DAY_MICROSECONDS,
    })
}

/// Days since 1970.
pub fn days(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

impl super::condition::Order {
    /// Whether a time may stand on both sides; the other relations are of intervals alone.
    pub(super) fn takes_instants(self) -> bool {
        matches!(self, Self::After | Self::Before | Self::Disjoint | Self::Equals | Self::Intersects)
    }

    fn holds(self, (a, b): (i64, i64), (c, d): (i64, i64)) -> bool {
        match self {
            Self::After => a > d,
            Self::Before => b < c,
            Self::Contains => a < c && b > d,
            Self::Disjoint => a > d || b < c,
            Self::During => a > c && b < d,
            Self::Equals => a == c && b == d,
            Self::FinishedBy => a < c && b == d,
            Self::Finishes => a > c && b == d,
            Self::Intersects => a <= d && b >= c,
            Self::Meets => b == c,
            Self::MetBy => a == d,
            Self::OverlappedBy => a > c && a < d && b > d,
            Self::Overlaps => a < c && b > c && b < d,
            Self::StartedBy => a == c && b > d,
            Self::Starts => a == c && b < d,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_reals_are_compared_exactly() {
        let big = (1 << 53) + 1;
        for (integer, real, ordering) in [
            (2, 2.0, Ordering::Equal),
            (2, 2.5, Ordering::Less),
            (-2, -2.5, Ordering::Greater),
            (big, (1u64 << 53) as f64, Ordering::Greater),
            (i64::MAX, 9.3e18, Ordering::Less),
            (i64::MIN, -9.3e18, Ordering::Greater),
            (0, f64::INFINITY, Ordering::Less),
        ] {
            assert_eq!(integer_and_real(integer, real), Some(ordering), "{integer} {real}");
        }
        assert_eq!(integer_and_real(0, f64::NAN), None);
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days(Date::constant(1970, 1, 1)), 0);
        assert_eq!(days(Date::constant(2021, 12, 31)), 18_992);
        assert_eq!(days(Date::constant(1969, 12, 31)), -1);
    }
}
