//! One text for all filters that say the same in other words: what caches and entity tags go by.

use super::syntax::{Kind, Node};
use geozero::ToWkt;
use std::fmt::Write;

/// The filter as CQL2 text: keywords in capitals, names quoted, numbers and times in one form, geometries in
/// longitude and latitude, the operands of AND, OR and IN sorted and each once.
pub fn normal(node: &Node) -> String {
    match &node.kind {
        Kind::Call(op, operands) => call(op, operands),
        Kind::Property(name) => format!("\"{}\"", name.replace('"', "\"\"")),
        Kind::Text(text) => quoted(text),
        Kind::Integer(number) => number.to_string(),
        // 2.0 and 2 are one number.
        Kind::Real(number) => format!("{number:?}").trim_end_matches(".0").to_owned(),
        Kind::Boolean(truth) => truth.to_string().to_uppercase(),
        Kind::Date(date) => format!("DATE('{date}')"),
        Kind::Timestamp(time) => format!("TIMESTAMP('{time}')"),
        Kind::Open => "'..'".into(),
        Kind::Interval(ends) => format!("INTERVAL({})", ends.iter().map(end).collect::<Vec<_>>().join(",")),
        Kind::Bbox(edges) => format!("BBOX{edges:?}"),
        // Two geometries that cannot be written are not the same one.
        Kind::Geometry(geometry) => geometry.to_wkt().unwrap_or_else(|_| format!("{geometry:?}")),
        Kind::List(items) => format!("({})", sorted(items).join(",")),
    }
}

fn call(op: &str, operands: &[Node]) -> String {
    match (op, operands) {
        ("and" | "or", _) => {
            let mut flat = vec![];
            flatten(op, operands, &mut flat);
            flat.sort_unstable();
            flat.dedup();
            match flat.len() {
                1 => flat.swap_remove(0),
                _ => format!("({})", flat.join(&format!(" {} ", op.to_uppercase()))),
            }
        }
        ("=" | "<>" | "<" | ">" | "<=" | ">=" | "like" | "in", [left, right]) => {
            format!("{} {} {}", normal(left), op.to_uppercase(), normal(right))
        }
        ("not", [operand]) => format!("NOT ({})", normal(operand)),
        ("isnull", [operand]) => format!("{} IS NULL", normal(operand)),
        ("between", [value, low, high]) => {
            format!("{} BETWEEN {} AND {}", normal(value), normal(low), normal(high))
        }
        _ => {
            let mut text = format!("{}(", op.to_uppercase());
            for (i, operand) in operands.iter().enumerate() {
                // Writing into a text cannot fail.
                let _ok = write!(text, "{}{}", if i > 0 { "," } else { "" }, normal(operand));
            }
            text + ")"
        }
    }
}

fn flatten(op: &str, operands: &[Node], flat: &mut Vec<String>) {
    for operand in operands {
        match &operand.kind {
            Kind::Call(inner, operands) if inner == op => flatten(op, operands, flat),
            _ => flat.push(normal(operand)),
        }
    }
}

fn sorted(items: &[Node]) -> Vec<String> {
    let mut items: Vec<_> = items.iter().map(normal).collect();
    items.sort_unstable();
    items.dedup();
    items
}

fn end(node: &Node) -> String {
    match &node.kind {
        Kind::Date(date) => quoted(&date.to_string()),
        Kind::Timestamp(time) => quoted(&time.to_string()),
        _ => normal(node),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
