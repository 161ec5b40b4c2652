//! A reader of vector tiles, written from MVT 2.1 for the tests alone: it panics on whatever the
//! specification forbids.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Double(f64),
    Int(i64),
    Bool(bool),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub id: Option<u64>,
    pub kind: u64,
    /// Rings without closing point, lines, or single points.
    pub paths: Vec<Vec<[i64; 2]>>,
    pub properties: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    pub name: String,
    pub features: Vec<Feature>,
}

impl Layer {
    pub fn feature(&self, id: u64) -> Option<&Feature> {
        self.features.iter().find(|f| f.id == Some(id))
    }
}

enum Field<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint is cut off");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a varint is too long")
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => {
                let (head, rest) = bytes.split_first_chunk::<8>().unwrap();
                bytes = rest;
                Field::Fixed(u64::from_le_bytes(*head))
            }
            2 => {
                let size = varint(&mut bytes) as usize;
                let (head, rest) = bytes.split_at(size);
                bytes = rest;
                Field::Bytes(head)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes));
    }
    numbers
}

fn value(bytes: &[u8]) -> Value {
    let fields = fields(bytes);
    assert_eq!(fields.len(), 1, "a value has exactly one field");
    match &fields[0] {
        (1, Field::Bytes(text)) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
        (3, Field::Fixed(bits)) => Value::Double(f64::from_bits(*bits)),
        (4 | 5, Field::Number(n)) => Value::Int(*n as i64),
        (6, Field::Number(n)) => Value::Int((n >> 1) as i64 ^ -((n & 1) as i64)),
        (7, Field::Number(n)) => Value::Bool(*n == 1),
        _ => panic!("unknown value"),
    }
}

/// Decodes `tile`.
pub fn tile(tile: &[u8]) -> Vec<Layer> {
    fields(tile)
        .into_iter()
        .map(|field| match field {
            (3, Field::Bytes(bytes)) => layer(bytes),
            (number, _) => panic!("field {number} in a tile"),
        })
        .collect()
}

fn layer(bytes: &[u8]) -> Layer {
    let (mut name, mut keys, mut values, mut raw) = (String::new(), vec![], vec![], vec![]);
    let (mut extent, mut version) = (0, 0);
    for field in fields(bytes) {
        match field {
            (1, Field::Bytes(b)) => name = String::from_utf8(b.to_vec()).unwrap(),
            (2, Field::Bytes(b)) => raw.push(b),
            (3, Field::Bytes(b)) => keys.push(String::from_utf8(b.to_vec()).unwrap()),
            (4, Field::Bytes(b)) => values.push(value(b)),
            (5, Field::Number(n)) => extent = n,
            (15, Field::Number(n)) => version = n,
            (number, _) => panic!("field {number} in a layer"),
        }
    }
    assert_eq!((extent, version), (4096, 2));
    assert!(!raw.is_empty(), "a layer has at least one feature");
    for (i, v) in values.iter().enumerate() {
        assert!(!values[..i.min(50)].contains(v), "{v:?} is in the dictionary twice");
    }
    Layer { name, features: raw.into_iter().map(|b| feature(b, &keys, &values)).collect() }
}

fn feature(bytes: &[u8], keys: &[String], values: &[Value]) -> Feature {
    let mut feature = Feature { id: None, kind: 0, paths: vec![], properties: BTreeMap::new() };
    let mut geometry = vec![];
    for field in fields(bytes) {
        match field {
            (1, Field::Number(n)) => feature.id = Some(n),
            (2, Field::Bytes(b)) => {
                for pair in packed(b).chunks(2) {
                    let (key, value) = (&keys[pair[0] as usize], &values[pair[1] as usize]);
                    assert!(feature.properties.insert(key.clone(), value.clone()).is_none());
                }
            }
            (3, Field::Number(n)) => feature.kind = n,
            (4, Field::Bytes(b)) => geometry = packed(b),
            (number, _) => panic!("field {number} in a feature"),
        }
    }
    feature.paths = paths(&geometry, feature.kind);
    assert!(!feature.paths.is_empty(), "a feature without geometry");
    feature
}

/// MVT 2.1 §4.3.4: one MoveTo for points; MoveTo(1), LineTo(>0) and, for rings, LineTo(>1) and ClosePath.
fn paths(commands: &[u64], kind: u64) -> Vec<Vec<[i64; 2]>> {
    let mut paths: Vec<Vec<[i64; 2]>> = vec![];
    let (mut at, mut cursor, mut expected) = (0, [0i64; 2], 1);
    while at < commands.len() {
        let (id, count) = (commands[at] & 7, (commands[at] >> 3) as usize);
        at += 1;
        assert_eq!(id, expected, "command order");
        expected = match (kind, id) {
            (1, 1) => 0,
            (_, 1) => {
                assert_eq!(count, 1);
                2
            }
            (2, 2) => 1,
            (3, 2) => {
                assert!(count > 1);
                7
            }
            (3, 7) => {
                assert_eq!(count, 1);
                expected = 1;
                continue;
            }
            _ => panic!("command {id} in kind {kind}"),
        };
        for i in 0..count {
            for c in &mut cursor {
                let n = commands[at];
                *c += (n >> 1) as i64 ^ -((n & 1) as i64);
                at += 1;
            }
            if id == 1 && (i == 0 || kind == 1) {
                paths.push(vec![]);
            }
            let path = paths.last_mut().unwrap();
            assert!(kind == 1 || path.last() != Some(&cursor), "a point twice");
            path.push(cursor);
        }
    }
    assert_eq!(expected, if kind == 1 { 0 } else { 1 }, "the last path is not finished");
    paths
}
