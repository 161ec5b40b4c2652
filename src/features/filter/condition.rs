//! A filter made ready for the rows of one layer: names are columns, types agree.

use super::{
    pattern::Pattern,
    syntax::{FilterError, Kind, Node},
    token::brief,
};
use crate::{
    features::geometry,
    plan::{FieldType, Layer},
    snapshot::{Bounds, Value},
};
use geo::Geometry;
use jiff::civil::Date;

/// What is true, false or, where a value is missing, unknown of a row.
#[derive(Debug)]
pub enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Constant(bool),
    /// A boolean value by itself.
    Flag(Operand),
    Compare(Operand, Comparison, Operand),
    Like(Operand, Pattern),
    Between(Box<[Operand; 3]>),
    In(Operand, Vec<Operand>),
    IsNull(Operand),
    Spatial(Relation, Shape, Shape),
    Temporal(Order, Box<[Span; 2]>, Unit),
}

/// A value of a row, or one that is written in the filter.
#[derive(Debug, Clone)]
pub enum Operand {
    Id,
    /// The number of a field.
    Column(usize),
    Literal(Value<'static>),
    /// A text without regard to case.
    Folded(Box<Operand>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub enum Shape {
    /// The row's geometry.
    Row,
    Literal(Box<Literal>),
}

/// A geometry that is written in a filter, longitude and latitude.
#[derive(Debug)]
pub struct Literal {
    pub geometry: Geometry,
    pub bounds: Bounds,
}

/// Relations of DE-9IM (OGC 06-103r4, §6.1.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Intersects,
    Disjoint,
    Equals,
    Touches,
    Crosses,
    Within,
    Contains,
    Overlaps,
}

/// A time or an interval: the two ends of a time are one.
#[derive(Debug, Clone)]
pub struct Span {
    pub start: Instant,
    pub end: Instant,
}

#[derive(Debug, Clone)]
pub enum Instant {
    Column(usize),
    Date(Date),
    /// Microseconds since 1970.
    Time(i64),
    Open,
    /// Of a property that the layer has not.
    Missing,
}

/// What times are compared in: days, or microseconds when one of them is a timestamp; a date is then its whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Day,
    Microsecond,
}

/// The temporal relations of CQL2 (OGC 21-065r2, §7.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    After,
    Before,
    Contains,
    Disjoint,
    During,
    Equals,
    FinishedBy,
    Finishes,
    Intersects,
    Meets,
    MetBy,
    OverlappedBy,
    Overlaps,
    StartedBy,
    Starts,
}

/// What a value may be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Number,
    Text,
    Boolean,
    Date,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
        }
    }

    fn of(kind: FieldType) -> Self {
        match kind {
            FieldType::Integer | FieldType::Real => Self::Number,
            FieldType::Boolean => Self::Boolean,
            FieldType::Text => Self::Text,
            FieldType::Date => Self::Date,
        }
    }
}

/// The name of a row's geometry in a filter.
pub const GEOMETRY: &str = "geom";
/// The name of a row's key in a filter.
pub const ID: &str = "id";

/// Makes `node` ready for `layer`. With `missing`, a property that the layer has not is null in each of its rows.
pub fn compile(node: &Node, layer: &Layer, missing: bool) -> Result<Condition, FilterError> {
    Compiler { layer, missing }.condition(node)
}

struct Compiler<'a> {
    layer: &'a Layer,
    missing: bool,
}

type Compiled<T> = Result<T, FilterError>;

impl Compiler<'_> {
    fn condition(&self, node: &Node) -> Compiled<Condition> {
        match &node.kind {
            Kind::Boolean(truth) => Ok(Condition::Constant(*truth)),
            Kind::Property(_) => {
                let (operand, kind) = self.operand(node)?;
                if kind.is_some_and(|kind| kind != Type::Boolean) {
                    return Err(node.refuse("a condition is expected here, this is a value"));
                }
                Ok(Condition::Flag(operand))
            }
            Kind::Call(op, operands) => self.call(node, op, operands),
            _ => Err(node.refuse("a condition is expected here, this is a value")),
        }
    }

    fn call(&self, node: &Node, op: &str, operands: &[Node]) -> Compiled<Condition> {
        if let Some(relation) = relation(op) {
            return self.spatial(node, op, relation, operands);
        }
        if let Some(order) = order(op) {
            return self.temporal(node, op, order, operands);
        }
        let conditions =
            || operands.iter().map(|operand| self.condition(operand)).collect::<Compiled<Vec<_>>>();
        match (op, operands) {
            ("and", [_, _, ..]) => Ok(Condition::And(cheap_first(conditions()?))),
            ("or", [_, _, ..]) => Ok(Condition::Or(cheap_first(conditions()?))),
            ("not", [operand]) => Ok(Condition::Not(Box::new(self.condition(operand)?))),
            ("like", [value, pattern]) => self.like(value, pattern),
            ("between", [value, low, high]) => {
                let [value, low, high] = self.of_one_type([value, low, high])?;
                Ok(Condition::Between(Box::new([value, low, high])))
            }
            ("in", [value, Node { kind: Kind::List(items), .. }]) => {
                let list = items.iter().map(|item| {
                    let [_, item] = self.of_one_type([value, item])?;
                    Ok(item)
                });
                Ok(Condition::In(self.operand(value)?.0, list.collect::<Compiled<_>>()?))
            }
            ("isnull", [Node { kind: Kind::Property(name), .. }]) if name == GEOMETRY => {
                Ok(Condition::Constant(false))
            }
            ("isnull", [value]) => Ok(Condition::IsNull(self.operand(value)?.0)),
            (op, [left, right]) if comparison(op).is_some() => {
                let [a, b] = self.of_one_type([left, right])?;
                Ok(Condition::Compare(a, comparison(op).unwrap_or(Comparison::Equal), b))
            }
            ("and" | "or" | "not" | "like" | "between" | "in" | "isnull", _) => {
                Err(node.refuse(format!("{} has other operands than these", op.to_uppercase())))
            }
            (op, _) if comparison(op).is_some() => Err(node.refuse("a comparison has two operands")),
            _ => Err(node.refuse(format!("there is no function `{}`", brief(op)))),
        }
    }

    fn operand(&self, node: &Node) -> Compiled<(Operand, Option<Type>)> {
        Ok(match &node.kind {
            Kind::Property(name) => match self.column(node, name)? {
                Some((operand, kind)) => (operand, Some(kind)),
                None => (Operand::Literal(Value::Null), None),
            },
            Kind::Text(text) => (Operand::Literal(Value::Text(text.clone().into())), Some(Type::Text)),
            Kind::Integer(number) => (Operand::Literal(Value::Integer(*number)), Some(Type::Number)),
            Kind::Real(number) => (Operand::Literal(Value::Real(*number)), Some(Type::Number)),
            Kind::Boolean(truth) => (Operand::Literal(Value::Boolean(*truth)), Some(Type::Boolean)),
            Kind::Date(date) => (Operand::Literal(Value::Date(*date)), Some(Type::Date)),
            Kind::Timestamp(_) => {
                return Err(node.refuse("the times here are dates: write DATE('YYYY-MM-DD')"));
            }
            Kind::Call(op, operands) if op == "casei" => {
                let [operand] = &operands[..] else { return Err(node.refuse("CASEI has one operand")) };
                let (inner, kind) = self.operand(operand)?;
                if kind.is_some_and(|kind| kind != Type::Text) {
                    return Err(operand.refuse("CASEI is for texts"));
                }
                (Operand::Folded(Box::new(inner)), Some(Type::Text))
            }
            Kind::Call(op, _) => {
                return Err(
                    node.refuse(format!("a value is expected here, not {}", brief(&op.to_uppercase())))
                );
            }
            _ => return Err(node.refuse("a value is expected here")),
        })
    }

    fn column(&self, node: &Node, name: &str) -> Compiled<Option<(Operand, Type)>> {
        if name == ID {
            return Ok(Some((Operand::Id, Type::Number)));
        }
        if name == GEOMETRY {
            return Err(node.refuse("a geometry is for spatial functions"));
        }
        match self.layer.field(name) {
            Some(column) => Ok(Some((Operand::Column(column), Type::of(self.layer.fields[column].kind)))),
            None if self.missing => Ok(None),
            None => Err(node.refuse(format!("there is no property `{}`", brief(name)))),
        }
    }

    /// Refuses operands that cannot be compared.
    fn of_one_type<const N: usize>(&self, nodes: [&Node; N]) -> Compiled<[Operand; N]> {
        let mut expected = None;
        let mut operands = [const { Operand::Id }; N];
        for (node, place) in nodes.into_iter().zip(&mut operands) {
            let (operand, kind) = self.operand(node)?;
            if let (Some(expected), Some(kind)) = (expected, kind)
                && expected != kind
            {
                let (found, wanted) = (kind.name(), Type::name(expected));
                return Err(node.refuse(format!("this is {found}, and is compared with {wanted}")));
            }
            expected = expected.or(kind);
            *place = operand;
        }
        Ok(operands)
    }

    fn like(&self, value: &Node, pattern: &Node) -> Compiled<Condition> {
        let (operand, kind) = self.operand(value)?;
        if kind.is_some_and(|kind| kind != Type::Text) {
            return Err(value.refuse("LIKE is for texts"));
        }
        let (text, folded) = match &pattern.kind {
            Kind::Text(text) => (text, false),
            Kind::Call(op, operands) if op == "casei" => match &operands[..] {
                [Node { kind: Kind::Text(text), .. }] => (text, true),
                _ => return Err(pattern.refuse("a pattern is a text between single quotes")),
            },
            _ => return Err(pattern.refuse("a pattern is a text between single quotes")),
        };
        Ok(Condition::Like(operand, Pattern::new(text, folded)))
    }

    fn spatial(&self, node: &Node, op: &str, relation: Relation, operands: &[Node]) -> Compiled<Condition> {
        let [left, right] = operands else {
            return Err(node.refuse(format!("{} has two operands", op.to_uppercase())));
        };
        Ok(Condition::Spatial(relation, self.shape(left)?, self.shape(right)?))
    }

    fn shape(&self, node: &Node) -> Compiled<Shape> {
        match &node.kind {
            Kind::Property(name) if name == GEOMETRY => Ok(Shape::Row),
            Kind::Geometry(geometry) => {
                if let Err(problem) = geo::Validation::check_validation(geometry) {
                    return Err(node.refuse(format!("the geometry is not valid: {problem}")));
                }
                let bounds =
                    geometry::bounds(geometry).ok_or_else(|| node.refuse("the geometry is empty"))?;
                Ok(Shape::Literal(Box::new(Literal { geometry: geometry.clone(), bounds })))
            }
            _ => Err(node.refuse(format!("a geometry or the property `{GEOMETRY}` is expected here"))),
        }
    }

    fn temporal(&self, node: &Node, op: &str, order: Order, operands: &[Node]) -> Compiled<Condition> {
        let [left, right] = operands else {
            return Err(node.refuse(format!("{} has two operands", op.to_uppercase())));
        };
        let spans = [self.span(left, order)?, self.span(right, order)?];
        let timed = |span: &Span| {
            [&span.start, &span.end].into_iter().any(|instant| matches!(instant, Instant::Time(_)))
        };
        let unit = if spans.iter().any(timed) { Unit::Microsecond } else { Unit::Day };
        Ok(Condition::Temporal(order, Box::new(spans), unit))
    }

    fn span(&self, node: &Node, order: Order) -> Compiled<Span> {
        if let Kind::Interval(ends) = &node.kind {
            return Ok(Span { start: self.instant(&ends[0])?, end: self.instant(&ends[1])? });
        }
        if !order.takes_instants() {
            return Err(node.refuse("an INTERVAL is expected here"));
        }
        let instant = self.instant(node)?;
        Ok(Span { start: instant.clone(), end: instant })
    }

    fn instant(&self, node: &Node) -> Compiled<Instant> {
        match &node.kind {
            Kind::Date(date) => Ok(Instant::Date(*date)),
            Kind::Timestamp(time) => Ok(Instant::Time(time.as_microsecond())),
            Kind::Open => Ok(Instant::Open),
            Kind::Property(name) => match self.column(node, name)? {
                Some((Operand::Column(column), Type::Date)) => Ok(Instant::Column(column)),
                Some(_) => Err(node.refuse("a date is expected here")),
                None => Ok(Instant::Missing),
            },
            _ => Err(node.refuse("a date, a timestamp or a property with one is expected here")),
        }
    }
}

/// The order does not matter to the result, but a geometry costs a thousand times what a number does.
fn cheap_first(mut conditions: Vec<Condition>) -> Vec<Condition> {
    conditions.sort_by_key(|condition| condition.relations() > 0);
    conditions
}

impl Condition {
    /// Whether a field, or the key for `None`, has this very value.
    pub fn equals(field: Option<usize>, value: Value<'static>) -> Self {
        let operand = field.map_or(Operand::Id, Operand::Column);
        Self::Compare(operand, Comparison::Equal, Operand::Literal(value))
    }

    /// How many relations of geometries it may take to decide a row.
    pub fn relations(&self) -> usize {
        match self {
            Self::And(conditions) | Self::Or(conditions) => conditions.iter().map(Self::relations).sum(),
            Self::Not(condition) => condition.relations(),
            Self::Spatial(..) => 1,
            _ => 0,
        }
    }
}

fn comparison(op: &str) -> Option<Comparison> {
    Some(match op {
        "=" => Comparison::Equal,
        "<>" => Comparison::Unequal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn relation(op: &str) -> Option<Relation> {
    Some(match op {
        "s_intersects" => Relation::Intersects,
        "s_disjoint" => Relation::Disjoint,
        "s_equals" => Relation::Equals,
        "s_touches" => Relation::Touches,
        "s_crosses" => Relation::Crosses,
        "s_within" => Relation::Within,
        "s_contains" => Relation::Contains,
        "s_overlaps" => Relation::Overlaps,
        _ => return None,
    })
}

fn order(op: &str) -> Option<Order> {
    Some(match op {
        "t_after" => Order::After,
        "t_before" => Order::Before,
        "t_contains" => Order::Contains,
        "t_disjoint" => Order::Disjoint,
        "t_during" => Order::During,
        "t_equals" => Order::Equals,
        "t_finishedby" => Order::FinishedBy,
        "t_finishes" => Order::Finishes,
        "t_intersects" => Order::Intersects,
        "t_meets" => Order::Meets,
        "t_metby" => Order::MetBy,
        "t_overlappedby" => Order::OverlappedBy,
        "t_overlaps" => Order::Overlaps,
        "t_startedby" => Order::StartedBy,
        "t_starts" => Order::Starts,
        _ => return None,
    })
}
