//! What the index and the orders of a layer can do for a condition.

use super::condition::{Comparison, Condition, Operand, Relation, Shape};
use crate::snapshot::{Bounds, Value};

impl Condition {
    /// A box that each row must meet for the condition to be true of it; `None` when there is no such box.
    pub fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::And(conditions) => {
                conditions.iter().filter_map(Self::bounds).reduce(|a, b| intersection(&a, &b))
            }
            Self::Or(conditions) => {
                let bounds: Option<Vec<_>> = conditions.iter().map(Self::bounds).collect();
                bounds?.into_iter().reduce(|a, b| union(&a, &b))
            }
            Self::Spatial(relation, Shape::Row, Shape::Literal(literal))
            | Self::Spatial(relation, Shape::Literal(literal), Shape::Row)
                if *relation != Relation::Disjoint =>
            {
                Some(literal.bounds)
            }
            _ => None,
        }
    }

    /// A field and the value that each row must have in it for the condition to be true of it; `None` when there is no such
    /// field.
    pub fn equality(&self) -> Option<(usize, &Value<'static>)> {
        match self {
            Self::And(conditions) => conditions.iter().find_map(Self::equality),
            Self::Compare(Operand::Column(field), Comparison::Equal, Operand::Literal(value))
            | Self::Compare(Operand::Literal(value), Comparison::Equal, Operand::Column(field)) => {
                Some((*field, value))
            }
            _ => None,
        }
    }
}

/// Inside out when the boxes are apart: nothing meets it.
fn intersection(a: &Bounds, b: &Bounds) -> Bounds {
    Bounds {
        min_x: a.min_x.max(b.min_x),
        min_y: a.min_y.max(b.min_y),
        max_x: a.max_x.min(b.max_x),
        max_y: a.max_y.min(b.max_y),
    }
}

fn union(a: &Bounds, b: &Bounds) -> Bounds {
    Bounds {
        min_x: a.min_x.min(b.min_x),
        min_y: a.min_y.min(b.min_y),
        max_x: a.max_x.max(b.max_x),
        max_y: a.max_y.max(b.max_y),
    }
}
