//! The formats of files of one layer.

use crate::crs::Crs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    FlatGeobuf,
    GeoJson,
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::FlatGeobuf, Self::GeoJson, Self::Csv];

    /// The name in front of its suffix, and the format of the file `name`.
    pub fn of(name: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|format| {
            let stem = name.strip_suffix(format.suffix())?.strip_suffix('.')?;
            Some((stem, format))
        })
    }

    /// What its files end in, after a dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::FlatGeobuf => "fgb",
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::FlatGeobuf => "application/flatgeobuf",
            Self::GeoJson => "application/geo+json",
            // RFC 4180, §3.
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoJson => "GeoJSON",
            Self::Csv => "CSV",
        }
    }

    /// In which coordinates a file is unless others are asked for.
    pub fn crs(self) -> Crs {
        match self {
            Self::GeoJson => Crs::Crs84,
            Self::FlatGeobuf | Self::Csv => Crs::Cgcs2000,
        }
    }

    /// Whether it is text, which content codings make smaller.
    pub fn is_text(self) -> bool {
        match self {
            Self::GeoJson | Self::Csv => true,
            Self::FlatGeobuf => false,
        }
    }
}
