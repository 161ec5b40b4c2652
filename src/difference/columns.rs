//! The columns of two editions of a layer side by side.

use crate::{
    plan::{Field, FieldType},
    snapshot::{Snapshot, Value},
};
use std::{borrow::Cow, mem};

/// Every column of the new edition, then those that only the old one has. A column whose type changed holds text.
pub struct Columns {
    pub fields: Vec<Field>,
    /// For each, where it is in the old and the new edition.
    places: Vec<[Option<usize>; 2]>,
    sides: [Vec<FieldType>; 2],
    /// Whether both editions have the same columns in the same order: then equal bytes are equal rows.
    pub are_alike: bool,
}

/// An edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Old = 0,
    New = 1,
}

impl Columns {
    /// A column that is called like one of `reserved` gets a `_`.
    pub fn of(old: &[Field], new: &[Field], reserved: &[Field]) -> Self {
        let place = |fields: &[Field], name: &str| fields.iter().position(|field| field.name == name);
        let gone = old.iter().filter(|field| place(new, &field.name).is_none());
        let (mut fields, mut places) = (vec![], vec![]);
        for field in new.iter().chain(gone) {
            let both = [place(old, &field.name), place(new, &field.name)];
            let mut field = field.clone();
            if let [Some(was), Some(is)] = both
                && old[was].kind != new[is].kind
            {
                field.kind = FieldType::Text;
            }
            fields.push(field);
            places.push(both);
        }
        rename(&mut fields, reserved);
        let kinds = |fields: &[Field]| -> Vec<_> { fields.iter().map(|field| field.kind).collect() };
        let sides = [kinds(old), kinds(new)];
        let in_place = places.iter().enumerate().all(|(i, place)| *place == [Some(i), Some(i)]);
        let are_alike = in_place && sides[0] == sides[1];
        Self { fields, places, sides, are_alike }
    }

    /// The values of a feature of one edition, in the order of [`Self::fields`].
    pub fn row<'a>(&self, side: Side, snapshot: &'a Snapshot, position: u32) -> Vec<Value<'a>> {
        let mut own = snapshot.row(position as usize).values();
        let values = self.fields.iter().zip(&self.places).map(|(field, place)| {
            let Some(place) = place[side as usize] else { return Value::Null };
            let value = mem::replace(&mut own[place], Value::Null);
            if field.kind == self.sides[side as usize][place] { value } else { text(value) }
        });
        values.collect()
    }
}

fn rename(fields: &mut [Field], reserved: &[Field]) {
    let mut taken: Vec<String> =
        reserved.iter().chain(fields.iter()).map(|field| field.name.clone()).collect();
    for field in fields.iter_mut().filter(|field| reserved.iter().any(|own| own.name == field.name)) {
        while taken.contains(&field.name) {
            field.name.push('_');
        }
        taken.push(field.name.clone());
    }
}

fn text(value: Value<'_>) -> Value<'_> {
    let text = match value {
        Value::Null => return Value::Null,
        Value::Text(text) => text,
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Real(number) => Cow::Owned(number.to_string()),
        Value::Boolean(truth) => Cow::Owned(truth.to_string()),
        Value::Date(date) => Cow::Owned(date.to_string()),
    };
    Value::Text(text)
}

/// Whether nothing changed: numbers to the last bit.
pub fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Real(old), Value::Real(new)) => old.to_bits() == new.to_bits(),
        (old, new) => old == new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Text;

    fn field(name: &str, kind: FieldType) -> Field {
        Field { name: name.into(), kind, title: Text { zh: name.into(), en: name.into() } }
    }

    #[test]
    fn columns_of_both_editions_stand_side_by_side() {
        let old = [
            field("code", FieldType::Text),
            field("year", FieldType::Integer),
            field("gone", FieldType::Real),
        ];
        let new =
            [field("year", FieldType::Text), field("code", FieldType::Text), field("new", FieldType::Date)];
        let columns = Columns::of(&old, &new, &[]);
        let found: Vec<_> = columns.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
        let expected = [
            ("year", FieldType::Text),
            ("code", FieldType::Text),
            ("new", FieldType::Date),
            ("gone", FieldType::Real),
        ];
        assert_eq!(found, expected);
        assert!(!columns.are_alike && Columns::of(&old, &old, &[]).are_alike);
    }

    #[test]
    fn a_column_gives_way_to_one_of_ours() {
        let fields = ["change", "change_", "name"].map(|name| field(name, FieldType::Text));
        let columns = Columns::of(&fields, &fields, &fields[..1]);
        let names: Vec<_> = columns.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["change__", "change_", "name"]);
        assert!(columns.are_alike);
    }

    #[test]
    fn a_number_is_the_same_to_the_last_bit() {
        let nan = Value::Real(f64::NAN);
        assert!(is_same(&nan, &nan) && !is_same(&Value::Real(0.0), &Value::Real(-0.0)));
        assert!(is_same(&Value::Null, &Value::Null) && !is_same(&Value::Null, &Value::Boolean(false)));
    }
}
