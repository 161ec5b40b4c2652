//! The formats of files that have to be whole before they go out.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    GeoPackage,
    /// In a ZIP archive.
    Shapefile,
}

impl Container {
    pub const ALL: [Self; 2] = [Self::GeoPackage, Self::Shapefile];

    /// The name in front of its suffix, and the format of the file `name`.
    pub fn of(name: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|container| {
            let stem = name.strip_suffix(container.suffix())?.strip_suffix('.')?;
            Some((stem, container))
        })
    }

    /// What its files end in, after a dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::GeoPackage => "gpkg",
            Self::Shapefile => "shp.zip",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::Shapefile => "application/zip",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::GeoPackage => "GeoPackage",
            Self::Shapefile => "Shapefile",
        }
    }
}
