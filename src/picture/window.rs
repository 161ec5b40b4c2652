//! A picture of any part of the map, put together of the pictures of tiles, with areas drawn on it.

use super::{SIZE, Scale};
use crate::{
    grid::{MAX_ZOOM, QuadGrid, TileCoord},
    snapshot::Bounds,
    style::Color,
};
use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Stroke, Transform};

/// The part of the map that is shown.
#[derive(Debug, Clone)]
pub struct Window {
    grid: QuadGrid,
    z: u8,
    scale: Scale,
    /// Upper left corner, pixels from that of the grid at `z`.
    corner: [i64; 2],
    /// Width and height, pixels.
    size: [u32; 2],
}

/// How much of a window what it shows may fill.
const FILLED: f64 = 0.6;

/// Past this zoom the plan has nothing more to show.
const CLOSEST: u8 = 15;

/// Rings of longitude and latitude, and how they are drawn.
pub struct Drawn {
    pub rings: Vec<Vec<[f64; 2]>>,
    pub fill: Option<(Color, f32)>,
    /// Colour, and width in CSS pixels.
    pub edge: (Color, f32),
    /// Lines are not filled, and rings are closed.
    pub is_closed: bool,
}

impl Window {
    /// The closest window of `size` CSS pixels around `bounds`, degrees, that leaves something to see around them.
    pub fn around(grid: &QuadGrid, bounds: &Bounds, size: [u32; 2], scale: Scale) -> Self {
        let extent = |z: u8| {
            let [[west, north], [east, south]] = grid.span(z, bounds);
            [east - west, south - north].map(|tiles| tiles * f64::from(SIZE))
        };
        let fits = |z: &u8| {
            let extent = extent(*z);
            (0..2).all(|axis| extent[axis] <= FILLED * f64::from(size[axis]))
        };
        let z = (0..=CLOSEST.min(MAX_ZOOM)).rev().find(fits).unwrap_or(0);
        let [[west, north], [east, south]] = grid.span(z, bounds);
        let middle = [f64::midpoint(west, east), f64::midpoint(north, south)];
        let side = f64::from(SIZE * scale.pixels());
        let size = size.map(|length| length * scale.pixels());
        let corner = [0, 1].map(|axis| (middle[axis] * side - f64::from(size[axis]) / 2.0).round() as i64);
        Self { grid: grid.clone(), z, scale, corner, size }
    }

    /// The tiles whose pictures it is made of.
    pub fn tiles(&self) -> Vec<TileCoord> {
        let side = i64::from(SIZE * self.scale.pixels());
        let along = |axis: usize| {
            let first = self.corner[axis].div_euclid(side);
            first..=(self.corner[axis] + i64::from(self.size[axis]) - 1).div_euclid(side)
        };
        let tile = |x: i64, y: i64| self.grid.tile(self.z, u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        along(1).flat_map(|y| along(0).filter_map(move |x| tile(x, y))).collect()
    }

    /// The picture as PNG on paper of the colour `ground`; `None` when it cannot be encoded.
    pub fn compose(&self, ground: Color, tiles: &[(TileCoord, &[u8])], drawn: &[Drawn]) -> Option<Vec<u8>> {
        let mut picture = Pixmap::new(self.size[0], self.size[1])?;
        let [r, g, b] = ground.0;
        picture.fill(tiny_skia::Color::from_rgba8(r, g, b, 255));
        let side = i64::from(SIZE * self.scale.pixels());
        for (tile, png) in tiles {
            let [x, y] = [tile.x, tile.y].map(|number| i64::from(number) * side);
            let part = Pixmap::decode_png(png).ok()?;
            let [x, y] = [x - self.corner[0], y - self.corner[1]].map(|v| v as i32);
            picture.draw_pixmap(x, y, part.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        }
        drawn.iter().for_each(|drawn| self.draw(&mut picture, drawn));
        picture.encode_png().ok()
    }

    fn draw(&self, picture: &mut Pixmap, drawn: &Drawn) {
        let Some(path) = self.path(drawn) else { return };
        let paint = |Color([r, g, b]): Color, opacity: f32| {
            let mut paint = Paint::default();
            paint.set_color_rgba8(r, g, b, (opacity * 255.0).round() as u8);
            paint
        };
        if let Some((color, opacity)) = drawn.fill.filter(|_| drawn.is_closed) {
            picture.fill_path(&path, &paint(color, opacity), FillRule::EvenOdd, Transform::identity(), None);
        }
        let (color, width) = drawn.edge;
        let stroke =
            Stroke { width: width * self.scale.ratio(), line_join: LineJoin::Round, ..Stroke::default() };
        picture.stroke_path(&path, &paint(color, 1.0), &stroke, Transform::identity(), None);
    }

    fn path(&self, drawn: &Drawn) -> Option<Path> {
        let side = f64::from(SIZE * self.scale.pixels());
        let mut builder = PathBuilder::new();
        for ring in &drawn.rings {
            let points = ring.iter().map(|[lon, lat]| {
                let place = self.grid.position(self.z, *lon, *lat);
                [0, 1].map(|axis| (place[axis] * side - self.corner[axis] as f64) as f32)
            });
            for (number, [x, y]) in points.enumerate() {
                if number == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
            }
            if drawn.is_closed {
                builder.close();
            }
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_what_it_shows_in_its_middle() {
        let grid = QuadGrid::web_mercator();
        let bounds = Bounds { min_x: 112.8, min_y: 36.2, max_x: 112.85, max_y: 36.25 };
        let window = Window::around(&grid, &bounds, [600, 400], Scale::Once);
        assert_eq!(window.size, [600, 400]);
        let tiles = window.tiles();
        assert!((2..=12).contains(&tiles.len()), "{tiles:?}");
        let red = Color([255, 0, 0]);
        let ring = vec![[112.8, 36.2], [112.85, 36.2], [112.85, 36.25], [112.8, 36.25]];
        let square = Drawn { rings: vec![ring], fill: Some((red, 1.0)), edge: (red, 1.0), is_closed: true };
        let png = window.compose(Color([255, 255, 255]), &[], &[square]).unwrap();
        let picture = Pixmap::decode_png(&png).unwrap();
        let color = |x, y| picture.pixel(x, y).map(|pixel| pixel.green()).unwrap();
        assert_eq!((color(300, 200), color(1, 1), color(598, 398)), (0, 255, 255));
        // The closest that fits: twice as close does not.
        let red = picture.pixels().iter().filter(|pixel| pixel.green() == 0).count();
        assert!(red > 600 * 400 / 20, "{red}");
    }
}
