//! One line of a list of corner points.

use super::coordinate::{Axis, Coordinate, Place, place};

/// What a line is.
pub enum Line<'a> {
    Blank,
    /// `[属性描述]`, `[地块坐标]`.
    Section,
    /// Names of the columns that follow.
    Columns(Columns),
    /// `键=值` or `键:值`.
    Said(&'a str, &'a str),
    /// The heading of a plot in a land report: fields, then `@`.
    Plot(Vec<&'a str>),
    Corner(Corner<'a>),
    /// Words without a digit.
    Words,
    Unknown,
}

pub struct Corner<'a> {
    pub ring: Option<&'a str>,
    pub place: Result<Place, String>,
}

/// Where a table of corners has what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    ring: Option<usize>,
    east: usize,
    north: usize,
    /// Whether they are named longitude and latitude, so that numbers over 180 are DDDMMSS.
    in_degrees: bool,
    count: usize,
}

/// The text with one spelling for what has several: full-width characters, marks of degrees.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '\u{3000}' | '\u{a0}' => ' ',
            '、' => ',',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            c => c,
        };
        let after_number = plain.ends_with(|c: char| c.is_ascii_digit());
        match c {
            '度' | 'º' | '˚' if after_number => plain.push('°'),
            '分' | '‘' | '’' | '´' | '\'' if after_number => plain.push('′'),
            '秒' | '“' | '”' | '"' if after_number => plain.push('″'),
            // Two single marks are often used for seconds.
            '\'' | '’' | '′' if plain.ends_with('′') => {
                plain.pop();
                plain.push('″');
            }
            // Degrees, minutes and seconds may stand apart.
            ' ' if plain.ends_with(['°', '′']) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// The corners of a line that has several with semicolons between them, else the line.
pub fn parts(line: &str) -> Vec<&str> {
    let parts: Vec<&str> = line.split(';').filter(|part| !part.trim().is_empty()).collect();
    if parts.len() > 1 && parts.iter().all(|part| tokens(part).count() >= 2) { parts } else { vec![line] }
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '|', '\t', ' ']).map(str::trim).filter(|token| !token.is_empty())
}

impl<'a> Line<'a> {
    /// `in_report` is whether the plot was begun by a [`Line::Plot`], where the ring stands after the corner.
    pub fn parse(text: &'a str, columns: Option<&Columns>, in_report: bool) -> Self {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') || text.starts_with("//") {
            return Self::Blank;
        }
        if text.starts_with('[') && text.ends_with(']') {
            return Self::Section;
        }
        if let Some(fields) = text.strip_suffix('@') {
            return Self::Plot(fields.split(',').map(str::trim).collect());
        }
        let tokens: Vec<&str> = tokens(text).collect();
        if let Some(corner) = corner(&tokens, columns, in_report) {
            return Self::Corner(corner);
        }
        if let Some(columns) = Columns::named(&tokens) {
            return Self::Columns(columns);
        }
        match text.split_once(['=', ':']) {
            Some((key, value)) if key.starts_with(char::is_alphabetic) => {
                Self::Said(key.trim(), value.trim())
            }
            _ if !text.contains(|c: char| c.is_ascii_digit()) => Self::Words,
            _ => Self::Unknown,
        }
    }
}

fn corner<'a>(tokens: &[&'a str], columns: Option<&Columns>, in_report: bool) -> Option<Corner<'a>> {
    if let Some(columns) = columns {
        if tokens.len() != columns.count {
            return None;
        }
        let read = |index: usize, axis| {
            let packed = columns.in_degrees.then_some(axis);
            let coordinate = Coordinate::parse(tokens[index], packed)?;
            Some(coordinate.map(|coordinate| coordinate.named(axis)))
        };
        let (east, north) = (read(columns.east, Axis::East)?, read(columns.north, Axis::North)?);
        let ring = columns.ring.map(|index| tokens[index]);
        return Some(Corner { ring, place: both(east, north) });
    }
    let (labels, coordinates) = tokens.split_at_checked(tokens.len().checked_sub(2)?)?;
    let (first, second) =
        (Coordinate::parse(coordinates[0], None)?, Coordinate::parse(coordinates[1], None)?);
    let ring = match *labels {
        [] | [_] => None,
        [point, ring] if in_report || !is_number(point) => Some(ring),
        [ring, _] => Some(ring),
        _ => return None,
    };
    Some(Corner { ring, place: both(first, second) })
}

fn both(first: Result<Coordinate, String>, second: Result<Coordinate, String>) -> Result<Place, String> {
    place(first?, second?)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Columns {
    /// From the names in a heading, when two of them are the coordinates.
    fn named(tokens: &[&str]) -> Option<Self> {
        let find = |starts: &[&str]| {
            tokens.iter().position(|token| {
                let token = token.trim_matches(['(', ')']).to_uppercase();
                starts.iter().any(|start| token.starts_with(start))
            })
        };
        let ring = find(&["圈号", "环号", "地块圈号", "RING", "区块"]);
        let by_degrees = (find(&["经度", "东经", "LON", "L("]), find(&["纬度", "北纬", "LAT", "B("]));
        let by_metres = (find(&["Y"]), find(&["X"]));
        let (east, north, in_degrees) = match (by_degrees, by_metres) {
            ((Some(east), Some(north)), _) => (east, north, true),
            (_, (Some(east), Some(north))) => (east, north, false),
            _ => return None,
        };
        Some(Self { ring, east, north, in_degrees, count: tokens.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corner_of(text: &str) -> (Option<String>, Place) {
        let text = plain(text);
        match Line::parse(&text, None, false) {
            Line::Corner(corner) => (corner.ring.map(str::to_owned), corner.place.unwrap()),
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn corners_are_read_as_offices_write_them() {
        let here = Place::Plane([38_401_000.5, 4_020_000.5]);
        for (text, ring) in [
            ("4020000.5,38401000.5", None),
            ("1,4020000.5,38401000.5", None),
            ("J1\t4020000.5\t38401000.5", None),
            ("2,1,4020000.5,38401000.5", Some("2")),
            ("J1,2,4020000.5,38401000.5", Some("2")),
            ("１，４０２００００．５，３８４０１０００．５", None),
            ("拐点1  X=4020000.5  Y=38401000.5", None),
        ] {
            assert_eq!(corner_of(text), (ring.map(str::to_owned), here), "{text}");
        }
        let Place::Degrees([lon, lat]) = corner_of("1、东经112度30分15秒，北纬36° 18' 9.0\"").1
        else {
            panic!()
        };
        assert!((lon - 112.504_166_67).abs() < 1e-8 && (lat - 36.3025).abs() < 1e-9);
    }

    #[test]
    fn the_names_of_columns_say_what_is_where() {
        let Line::Columns(columns) = Line::parse("点号 圈号 纬度 经度 备注", None, false) else {
            panic!()
        };
        let Line::Corner(corner) = Line::parse("J1 2 361809 1123015 界桩", Some(&columns), false) else {
            panic!()
        };
        let Ok(Place::Degrees([lon, lat])) = corner.place else { panic!() };
        assert!((lon - 112.504_166_67).abs() < 1e-8 && (lat - 36.3025).abs() < 1e-9);
        assert_eq!(corner.ring, Some("2"));
    }

    #[test]
    fn other_lines_are_told_apart() {
        assert!(matches!(Line::parse("  ", None, false), Line::Blank));
        assert!(matches!(Line::parse("[地块坐标]", None, false), Line::Section));
        assert!(
            matches!(Line::parse("5,0.4,1,地块1,面,,,,@", None, false), Line::Plot(fields) if fields.len() == 9)
        );
        assert!(matches!(Line::parse("带号=38", None, false), Line::Said("带号", "38")));
        assert!(matches!(Line::parse("拐点坐标表", None, false), Line::Words));
        assert!(matches!(Line::parse("共 4 个", None, false), Line::Unknown));
        assert_eq!(parts("4020000,38401000;4020000,38402000;").len(), 2);
        assert_eq!(parts("1;4020000;38401000").len(), 1);
    }
}
