//! CQL2 JSON (OGC 21-065r2, annex C).

use super::{
    literal,
    syntax::{FilterError, Kind, MOST_DEPTH, Node, Place, too_deep},
};
use serde_json::{Map, Value};

/// Reads a filter.
///
/// # Errors
/// Where it is not JSON, or not CQL2, with a pointer to the member.
pub fn parse(text: &str) -> Result<Node, FilterError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // One line of text: the column says where.
        FilterError { at: Place::Character(error.column().max(1)), reason: "this is not JSON".into() }
    })?;
    node(&value, String::new(), 0)
}

fn node(value: &Value, pointer: String, depth: usize) -> Result<Node, FilterError> {
    let at = Place::Pointer(pointer.clone());
    if depth > MOST_DEPTH {
        return Err(too_deep(at));
    }
    let refuse = |reason: String| FilterError { at: at.clone(), reason };
    let kind = match value {
        Value::Bool(truth) => Kind::Boolean(*truth),
        Value::Number(number) => {
            literal::number(&number.to_string()).ok_or_else(|| refuse("the number is too large".into()))?
        }
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::List(nodes(items, &pointer, depth)?),
        Value::Object(members) => return object(members, value, pointer, depth),
        Value::Null => return Err(refuse("null is no operand: there is isNull".into())),
    };
    Ok(Node { at, kind })
}

fn nodes(items: &[Value], pointer: &str, depth: usize) -> Result<Vec<Node>, FilterError> {
    let item = |(i, item)| node(item, format!("{pointer}/{i}"), depth + 1);
    items.iter().enumerate().map(item).collect()
}

fn object(
    members: &Map<String, Value>,
    whole: &Value,
    pointer: String,
    depth: usize,
) -> Result<Node, FilterError> {
    let at = Place::Pointer(pointer.clone());
    let refuse = |reason: &str| FilterError { at: at.clone(), reason: reason.into() };
    let list = |name: &str| match &members[name] {
        Value::Array(items) => nodes(items, &format!("{pointer}/{name}"), depth),
        _ => Err(refuse(&format!("`{name}` is an array"))),
    };
    let text = |name: &str| members[name].as_str().ok_or_else(|| refuse(&format!("`{name}` is a text")));
    let has = |name: &str| members.contains_key(name);
    let kind = if has("op") && has("args") {
        let op = text("op")?.to_lowercase();
        Kind::Call(op, list("args")?)
    } else if has("property") {
        Kind::Property(text("property")?.to_owned())
    } else if has("date") {
        Kind::Date(literal::date(text("date")?).map_err(|reason| refuse(&reason))?)
    } else if has("timestamp") {
        Kind::Timestamp(literal::timestamp(text("timestamp")?).map_err(|reason| refuse(&reason))?)
    } else if has("interval") {
        literal::function("interval", list("interval")?).map_err(|(wrong, reason)| match wrong {
            Some(node) => node.refuse(reason),
            None => refuse(&reason),
        })?
    } else if has("bbox") {
        Kind::Bbox(literal::bbox(&list("bbox")?).map_err(|reason| refuse(&reason))?)
    } else if has("type") && literal::is_geometry(&text("type")?.to_lowercase()) {
        Kind::Geometry(literal::geojson(&whole.to_string()).map_err(|reason| refuse(&reason))?)
    } else {
        return Err(refuse("this is no part of CQL2: op with args, property, date, … are"));
    };
    Ok(Node { at, kind })
}
