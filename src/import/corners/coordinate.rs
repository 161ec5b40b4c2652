//! One coordinate, and two of them as a place.

use crate::import::geometry::Position;

/// A number of a corner, by its size or its marks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coordinate {
    /// Degrees, and the axis when a mark says it.
    Degrees(f64, Option<Axis>),
    /// Metres, or what else is greater than 180.
    Plane(f64, Option<Axis>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    East,
    North,
}

/// Where a corner is, east before north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    Degrees(Position),
    Plane(Position),
}

impl Place {
    pub fn position(self) -> Position {
        match self {
            Self::Degrees(position) | Self::Plane(position) => position,
        }
    }
}

/// Marks before or after a coordinate. X is north and Y is east, as surveyors have it; B is latitude, L longitude.
const MARKS: [(&str, Axis); 14] = [
    ("东经", Axis::East),
    ("北纬", Axis::North),
    ("经度", Axis::East),
    ("纬度", Axis::North),
    ("E", Axis::East),
    ("N", Axis::North),
    ("e", Axis::East),
    ("n", Axis::North),
    ("X", Axis::North),
    ("Y", Axis::East),
    ("x", Axis::North),
    ("y", Axis::East),
    ("B", Axis::North),
    ("L", Axis::East),
];

/// Eastings with a zone number begin here, with zone 13.
pub const NUMBERED: f64 = 13_000_000.0;
/// Eastings without one end here; northings begin there too, but for the South China Sea.
const MOST_EASTING: f64 = 840_000.0;

impl Coordinate {
    /// A decimal number, or degrees, minutes and seconds as `112°30′15.5″`, `112:30:15.5` or `112-30-15.5`, with a mark
    /// like `E`, `北纬` or `X=`. With `packed` a number over 180 is DDDMMSS.
    ///
    /// # Errors
    /// `None` when it is no coordinate, else what is wrong with it.
    pub fn parse(text: &str, packed: Option<Axis>) -> Option<Result<Self, String>> {
        let (text, mark) = unmarked(text);
        let axis = packed.or(mark);
        if let Ok(number) = text.parse::<f64>() {
            if !number.is_finite()
                || !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
            {
                return None;
            }
            return Some(match (number.abs() <= 180.0, packed) {
                (true, _) => Ok(Self::Degrees(number, axis)),
                (false, Some(_)) if number < NUMBERED / 10.0 * 1.4 => {
                    let (degrees, minutes) = ((number / 1e4).trunc(), (number / 1e2).trunc() % 1e2);
                    sexagesimal(degrees, minutes, number % 1e2).map(|degrees| Self::Degrees(degrees, axis))
                }
                (false, _) => Ok(Self::Plane(number, axis)),
            });
        }
        let parts: Vec<&str> = match text.find(['°', '′', '″']) {
            Some(_) => text.split(['°', '′', '″']).filter(|part| !part.is_empty()).collect(),
            None => text.split([':', '-']).collect(),
        };
        if parts.len() > 3 || (parts.len() < 2 && !text.contains('°')) {
            return None;
        }
        let mut numbers = [0.0; 3];
        for (number, part) in numbers.iter_mut().zip(&parts) {
            if !part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
                return None;
            }
            *number = part.parse().ok()?;
        }
        let [degrees, minutes, seconds] = numbers;
        Some(sexagesimal(degrees, minutes, seconds).map(|degrees| Self::Degrees(degrees, axis)))
    }

    /// The same with what the name of its column says of it.
    pub fn named(self, axis: Axis) -> Self {
        match self {
            Self::Degrees(number, _) => Self::Degrees(number, Some(axis)),
            Self::Plane(number, _) => Self::Plane(number, Some(axis)),
        }
    }

    fn axis(self) -> Option<Axis> {
        match self {
            Self::Degrees(_, axis) | Self::Plane(_, axis) => axis,
        }
    }
}

fn unmarked(text: &str) -> (&str, Option<Axis>) {
    for (mark, axis) in MARKS {
        if let Some(rest) = text.strip_prefix(mark) {
            return (rest.trim_start_matches([':', '=']), Some(axis));
        }
        if let Some(rest) = text.strip_suffix(mark) {
            return (rest, Some(axis));
        }
    }
    (text, None)
}

fn sexagesimal(degrees: f64, minutes: f64, seconds: f64) -> Result<f64, String> {
    match () {
        () if degrees > 180.0 => Err(format!("there are no {degrees} degrees")),
        () if minutes >= 60.0 => Err(format!("{minutes} minutes are more than a degree has")),
        () if seconds >= 60.0 => Err(format!("{seconds} seconds are more than a minute has")),
        () => Ok(degrees + minutes / 60.0 + seconds / 3600.0),
    }
}

/// Two coordinates as a place. Marks or names of columns say which is east; else their size does: longitudes of China
/// are greater than its latitudes, eastings with a zone number than every northing, northings of the mainland than
/// every easting without one. What is left is X, north, before Y, east.
pub fn place(first: Coordinate, second: Coordinate) -> Result<Place, String> {
    let (a, b, make): (f64, f64, fn(Position) -> Place) = match (first, second) {
        (Coordinate::Degrees(a, _), Coordinate::Degrees(b, _)) => (a, b, Place::Degrees),
        (Coordinate::Plane(a, _), Coordinate::Plane(b, _)) => (a, b, Place::Plane),
        _ => return Err("one coordinate is in degrees, the other is not".into()),
    };
    let first_is_east = match (first.axis(), second.axis()) {
        (Some(first), Some(second)) if first == second => {
            return Err("both coordinates are named the same".into());
        }
        (Some(axis), _) => axis == Axis::East,
        (None, Some(axis)) => axis == Axis::North,
        (None, None) => match first {
            Coordinate::Degrees(..) => a > b,
            Coordinate::Plane(..) if a >= NUMBERED || b >= NUMBERED => a >= NUMBERED,
            Coordinate::Plane(..) => a < MOST_EASTING && b > MOST_EASTING,
        },
    };
    Ok(make(if first_is_east { [a, b] } else { [b, a] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(text: &str) -> f64 {
        match Coordinate::parse(text, None) {
            Some(Ok(Coordinate::Degrees(degrees, _))) => degrees,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn degrees_are_read_in_their_spellings() {
        for text in [
            "112.50416666666667",
            "112°30′15″",
            "112:30:15",
            "112-30-15",
            "E112°30′15.0″",
            "东经112°30′15″",
            "112°30′15″E",
            "L=112°30′15″",
        ] {
            assert!((degrees(text) - 112.504_166_666_666_67).abs() < 1e-12, "{text}");
        }
        assert!((degrees("112°30.5′") - 112.508_333_333_333_33).abs() < 1e-12);
        assert_eq!(degrees("112°"), 112.0);
    }

    #[test]
    fn what_is_no_coordinate_is_told_from_what_is_wrong() {
        for text in ["", "J1", "地块1", "1-2-3-4", "2021年", "NaN", "inf", "E", "″", "-", "--", "1°2°3°4°"]
        {
            assert_eq!(Coordinate::parse(text, None), None, "{text}");
        }
        for (text, reason) in [
            ("112°75′00″", "75 minutes are more than a degree has"),
            ("112:30:60", "60 seconds are more than a minute has"),
            ("212°30′00″", "there are no 212 degrees"),
        ] {
            assert_eq!(Coordinate::parse(text, None), Some(Err(reason.into())));
        }
    }

    #[test]
    fn packed_degrees_are_read_where_the_column_says_so() {
        let packed = Coordinate::parse("1123015.5", Some(Axis::East));
        let Some(Ok(Coordinate::Degrees(degrees, _))) = packed else { panic!("{packed:?}") };
        assert!((degrees - 112.504_305_555_555_55).abs() < 1e-12);
        assert_eq!(Coordinate::parse("363015", None), Some(Ok(Coordinate::Plane(363_015.0, None))));
        assert!(matches!(Coordinate::parse("366015", Some(Axis::North)), Some(Err(_))));
    }

    #[test]
    fn which_is_east_is_seen() {
        let at = |first, second| {
            let parse = |text| Coordinate::parse(text, None).unwrap().unwrap();
            place(parse(first), parse(second)).unwrap()
        };
        assert_eq!(at("36.3", "112.9"), Place::Degrees([112.9, 36.3]));
        assert_eq!(at("112.9", "36.3"), Place::Degrees([112.9, 36.3]));
        assert_eq!(at("4020000", "38401000"), Place::Plane([38_401_000.0, 4_020_000.0]));
        assert_eq!(at("38401000", "4020000"), Place::Plane([38_401_000.0, 4_020_000.0]));
        assert_eq!(at("4020000", "401000"), Place::Plane([401_000.0, 4_020_000.0]));
        assert_eq!(at("401000", "4020000"), Place::Plane([401_000.0, 4_020_000.0]));
        assert_eq!(at("X=800000", "Y=401000"), Place::Plane([401_000.0, 800_000.0]));
        assert_eq!(at("Y=401000", "X=800000"), Place::Plane([401_000.0, 800_000.0]));
    }
}
