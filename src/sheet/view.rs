//! Where a sheet lies on the ground: its zone, its scale and the way it is turned.

use super::drawing::{Area, Point};
use crate::{
    crs::{TransverseMercator, Zone},
    snapshot::Bounds,
};

/// Denominators of the scales that are chosen among.
const SCALES: [u32; 18] = [
    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000,
    400_000, 500_000, 750_000, 1_000_000, 2_000_000,
];

/// The scales that may be asked for.
pub const SCALE: std::ops::RangeInclusive<u32> = 500..=2_000_000;

/// The longitudes of the 3° zones 25 to 45 of CGCS2000.
const LONGITUDES: [f64; 2] = [73.5, 136.5];

/// The page in millimetres, A3 lying and standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Landscape,
    Portrait,
}

#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(
        "it is min longitude, min latitude, max longitude, max latitude in degrees, each min below its max"
    )]
    NoRoom,
    #[error("there is nothing on this map")]
    Empty,
    #[error("longitudes of a sheet are between 73.5 and 136.5, those of the 3° zones of CGCS2000")]
    OutsideZones,
    #[error("at 1:2,000,000, the smallest scale of a sheet, there is no room for all of it")]
    TooLarge,
}

/// The part of the plane of a zone that a sheet shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub format: Format,
    pub zone: Zone,
    pub scale: u32,
    /// Metres in the plane, x east and y north.
    pub extent: Bounds,
    /// Degrees: what the sheet was asked to show.
    pub wanted: Bounds,
}

impl View {
    /// What shows `degrees`, at the largest scale with room for all of it or at `scale`.
    ///
    /// # Errors
    /// When the box is outside the zones, or too large.
    pub fn new(degrees: Bounds, scale: Option<u32>) -> Result<Self, ViewError> {
        if degrees.min_x < LONGITUDES[0] || degrees.max_x > LONGITUDES[1] {
            return Err(ViewError::OutsideZones);
        }
        let middle = (degrees.min_x + degrees.max_x) / 2.0;
        let zone = Zone::narrow_at(middle).ok_or(ViewError::OutsideZones)?;
        let plane = zone.projection().forward_bounds(&degrees);
        let (width, height) = (plane.max_x - plane.min_x, plane.max_y - plane.min_y);
        let least = |format: Format| {
            let frame = format.map();
            let across = width * 1000.0 / f64::from(frame.width());
            across.max(height * 1000.0 / f64::from(frame.height()))
        };
        let format = if least(Format::Portrait) < least(Format::Landscape) {
            Format::Portrait
        } else {
            Format::Landscape
        };
        let chosen = || SCALES.into_iter().find(|s| f64::from(*s) >= least(format));
        let scale = scale.or_else(chosen).ok_or(ViewError::TooLarge)?;
        let frame = format.map();
        let half = |length: f32| f64::from(length) / 2000.0 * f64::from(scale);
        let (x, y) = ((plane.min_x + plane.max_x) / 2.0, (plane.min_y + plane.max_y) / 2.0);
        let (w, h) = (half(frame.width()), half(frame.height()));
        let extent = Bounds { min_x: x - w, min_y: y - h, max_x: x + w, max_y: y + h };
        Ok(Self { format, zone, scale, extent, wanted: degrees })
    }

    /// The box of longitudes and latitudes that covers it.
    pub fn degrees(&self) -> Bounds {
        self.plane().inverse_bounds(&self.extent)
    }

    pub fn plane(&self) -> TransverseMercator {
        self.zone.projection()
    }

    /// Where a point of the plane is on the paper.
    pub fn paper(&self, [x, y]: [f64; 2]) -> Point {
        let frame = self.format.map();
        let length = |metres: f64| (metres * 1000.0 / f64::from(self.scale)) as f32;
        [frame.left + length(x - self.extent.min_x), frame.bottom - length(y - self.extent.min_y)]
    }

    /// Where a longitude and latitude is on the paper.
    pub fn place(&self, lon: f64, lat: f64) -> Point {
        self.paper(self.plane().forward(lon, lat))
    }
}

impl Format {
    pub fn size(self) -> Point {
        match self {
            Self::Landscape => [420.0, 297.0],
            Self::Portrait => [297.0, 420.0],
        }
    }

    /// The outer frame.
    pub fn frame(self) -> Area {
        match self {
            Self::Landscape => Area { left: 12.0, top: 31.0, right: 320.0, bottom: 285.0 },
            Self::Portrait => Area { left: 12.0, top: 31.0, right: 285.0, bottom: 328.0 },
        }
    }

    /// The inner frame, which the map fills.
    pub fn map(self) -> Area {
        self.frame().inset(8.0)
    }

    /// Room for the legend, and for scale, north and notes.
    pub fn panels(self) -> [Area; 2] {
        match self {
            Self::Landscape => [
                Area { left: 326.0, top: 31.0, right: 408.0, bottom: 208.0 },
                Area { left: 326.0, top: 214.0, right: 408.0, bottom: 285.0 },
            ],
            Self::Portrait => [
                Area { left: 12.0, top: 335.0, right: 195.0, bottom: 408.0 },
                Area { left: 201.0, top: 335.0, right: 285.0, bottom: 408.0 },
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNLIU: Bounds = Bounds { min_x: 112.43, min_y: 36.15, max_x: 113.03, max_y: 36.45 };

    #[test]
    fn the_largest_round_scale_with_room_is_taken() {
        let view = View::new(TUNLIU, None).unwrap();
        assert_eq!((view.format, view.scale, view.zone.epsg()), (Format::Landscape, 200_000, 4526));
        let tall = View::new(Bounds { min_x: 112.8, max_x: 112.9, ..TUNLIU }, None).unwrap();
        assert_eq!((tall.format, tall.scale), (Format::Portrait, 150_000));
        let [x, y] = view.place(112.73, 36.3);
        let frame = view.format.map();
        assert!(frame.left < x && x < frame.right && frame.top < y && y < frame.bottom);
    }

    #[test]
    fn what_cannot_be_a_sheet_is_said() {
        let far = View::new(Bounds { min_x: -10.0, ..TUNLIU }, None);
        assert!(matches!(far, Err(ViewError::OutsideZones)));
        let large = View::new(Bounds { min_x: 80.0, min_y: 20.0, max_x: 130.0, max_y: 50.0 }, None);
        assert!(matches!(large, Err(ViewError::TooLarge)));
    }
}
