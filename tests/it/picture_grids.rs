//! Pictures in grids other than that of web maps: they show at each place what the pictures of web maps show there.

use crate::support::{
    grid::position,
    http::Response,
    plan,
    server::{Server, Setup, shared},
};
use plantiles::crs::Crs;
use serde_json::Value;
use std::collections::HashMap;
use tiny_skia::Pixmap;

const SIDE: u32 = 256;
/// Side of the squares whose mean colours are compared, pixels.
const SQUARE: u32 = 16;

fn picture(answer: &Response) -> Pixmap {
    assert_eq!(answer.expect_header("content-type"), "image/png");
    Pixmap::decode_png(&answer.body).unwrap()
}

/// A pixel as it lies on white.
fn on_white(picture: &Pixmap, x: u32, y: u32) -> [f64; 3] {
    let pixel = picture.pixel(x, y).unwrap();
    let below = 255.0 - f64::from(pixel.alpha());
    [pixel.red(), pixel.green(), pixel.blue()].map(|c| f64::from(c) + below)
}

/// A level of a tile matrix set, as its definition says.
struct Level {
    crs: Crs,
    id: String,
    /// North-west corner, x east.
    corner: [f64; 2],
    cell: f64,
}

impl Level {
    /// The level of `set` whose pixels have nearly the length of those of web maps at `zoom`, in degrees of longitude.
    fn near(server: &Server, set: &str, zoom: u32) -> Self {
        let document = server.get(&format!("/ogc/tileMatrixSets/{set}")).expect(200).json();
        let crs = Crs::parse(document["crs"].as_str().unwrap()).unwrap();
        let wanted = 360.0 / 256.0 / f64::from(1u32 << zoom);
        let degrees = |level: &Value| {
            let cell = level["cellSize"].as_f64().unwrap();
            if crs.is_geographic() { cell } else { cell / 111_320.0 / 36.3f64.to_radians().cos() }
        };
        let levels = document["tileMatrices"].as_array().unwrap();
        let far = |level: &Value| (degrees(level) / wanted).ln().abs();
        let level = levels.iter().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap();
        let corner = [0, 1].map(|axis| level["pointOfOrigin"][axis].as_f64().unwrap());
        let id = level["id"].as_str().unwrap().to_owned();
        Self { crs, id, corner: crs.in_order(corner), cell: level["cellSize"].as_f64().unwrap() }
    }

    /// Column and row, with fractions, of the pixel at a place.
    fn pixel(&self, lon_lat: [f64; 2]) -> [f64; 2] {
        let [x, y] = self.crs.forward(lon_lat);
        [(x - self.corner[0]) / self.cell, (self.corner[1] - y) / self.cell]
    }

    fn place(&self, [column, row]: [f64; 2]) -> [f64; 2] {
        self.crs.inverse([self.corner[0] + column * self.cell, self.corner[1] - row * self.cell])
    }
}

/// The pictures of web maps at one zoom, fetched as they are needed.
struct WebMap<'a> {
    server: &'a Server,
    zoom: u32,
    pictures: HashMap<(u32, u32), Pixmap>,
}

impl WebMap<'_> {
    fn colour(&mut self, [lon, lat]: [f64; 2]) -> [f64; 3] {
        let (x, y) = position(lon, lat, self.zoom);
        let fetch = || {
            let path = format!("/tiles/plan/{}/{}/{}.png", self.zoom, x as u32, y as u32);
            picture(&self.server.get(&path).expect(200))
        };
        let picture = self.pictures.entry((x as u32, y as u32)).or_insert_with(fetch);
        let pixel = |v: f64| (v.fract() * f64::from(SIDE)) as u32;
        on_white(picture, pixel(x), pixel(y))
    }
}

/// Mean colours of the squares of a picture of `colour` by column and row.
fn squares(mut colour: impl FnMut(u32, u32) -> [f64; 3]) -> Vec<[f64; 3]> {
    let mut means = vec![[0.0; 3]; (SIDE / SQUARE).pow(2) as usize];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let mean = &mut means[(y / SQUARE * (SIDE / SQUARE) + x / SQUARE) as usize];
            let found = colour(x, y);
            (0..3).for_each(|c| mean[c] += found[c] / f64::from(SQUARE * SQUARE));
        }
    }
    means
}

/// The mean of how far squares are apart in the channel in which they are furthest.
fn apart(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    let far = |(a, b): (&[f64; 3], &[f64; 3])| (0..3).map(|c| (a[c] - b[c]).abs()).fold(0.0, f64::max);
    a.iter().zip(b).map(far).sum::<f64>() / a.len() as f64
}

/// Compares the picture of `set` over the middle of the plan.
fn check(server: &Server, set: &str) {
    let zoom = 12;
    let level = Level::near(server, set, zoom);
    let [west, south, east, north] = plan::bounds();
    let [column, row] = level
        .pixel([(west + east) / 2.0, (south + north) / 2.0])
        .map(|pixel| (pixel / f64::from(SIDE)) as u32);
    let path = format!("/wmts/1.0.0/plan/default/{set}/{}/{row}/{column}.png", level.id);
    let found = picture(&server.get(&path).expect(200));
    assert_eq!((found.width(), found.height()), (SIDE, SIDE));
    let found = squares(|x, y| on_white(&found, x, y));
    let mut web = WebMap { server, zoom, pictures: HashMap::new() };
    let mut expected = |shift: f64| {
        squares(|x, y| {
            let at = |tile: u32, pixel: u32| f64::from(tile * SIDE + pixel) + 0.5;
            web.colour(level.place([at(column, x) + shift, at(row, y)]))
        })
    };
    let (here, beside) = (apart(&found, &expected(0.0)), apart(&found, &expected(f64::from(SQUARE))));
    // Names stand otherwise and lines are as wide in each scale; what lies elsewhere is much further off.
    assert!(here < 10.0 && here < beside / 1.5, "{set}: {here:.1} here, {beside:.1} beside");
}

#[test]
fn pictures_in_degrees_show_what_those_of_web_maps_show() {
    for set in ["c", "WorldCRS84Quad"] {
        check(&shared(), set);
    }
}

#[test]
fn pictures_in_a_zone_show_what_those_of_web_maps_show() {
    let server = Setup::default().config(crate::grids::OWN).start();
    check(&server, "zone38");
}
