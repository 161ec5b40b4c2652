//! One attribute value on its way into a snapshot.

use crate::plan::FieldType;
use jiff::civil::Date;
use std::borrow::Cow;

/// A value of one [`FieldType`], or null, which a snapshot stores as an absent property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Text(Cow<'a, str>),
    Date(Date),
}

impl Value<'_> {
    /// The field type that this value belongs to; `None` for null, which belongs to every type.
    pub fn kind(&self) -> Option<FieldType> {
        Some(match self {
            Self::Null => return None,
            Self::Integer(_) => FieldType::Integer,
            Self::Real(_) => FieldType::Real,
            Self::Boolean(_) => FieldType::Boolean,
            Self::Text(_) => FieldType::Text,
            Self::Date(_) => FieldType::Date,
        })
    }
}
