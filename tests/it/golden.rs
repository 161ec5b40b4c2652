//! A few tiles as text, so that a change of the engine can be read in a diff.
//!
//! `PLANTILES_BLESS=1 cargo test golden` writes them anew: look at what changed before committing it.

use crate::support::grid::Tile;
use crate::support::mvt::{self, Feature, Value};
use crate::support::plan;
use crate::support::server::shared;
use crate::tiles::busy_tile;
use geo::{Geometry, LineString};
use std::fmt::Write;
use std::path::Path;

#[test]
fn tiles_read_as_they_did() {
    let far_out = Tile { z: 5, x: 26, y: 12 };
    let c = |level: u32| {
        let Tile { z, x, .. } = busy_tile(level);
        let [_, south, _, north] = plan::bounds_of(&plan::layer_named("mining_blocks").features[0]);
        let row = (90.0 - (south + north) / 2.0) / (360.0 / f64::from(1u32 << z));
        format!("c/{z}/{}/{x}", row as u32)
    };
    let in_degrees = [7, 12, 14].map(|level| {
        let path = c(level);
        (
            format!("mining_blocks_{}", path.replace('/', "_")),
            format!("/ogc/collections/mining_blocks/tiles/{path}"),
        )
    });
    let mercator = [
        ("mining_rights", far_out),
        ("mining_blocks", busy_tile(11)),
        ("prohibited_zones", busy_tile(11)),
        ("map_sheets_50k", busy_tile(8)),
        ("roads", busy_tile(12)),
        ("energy_bases,exploration_blocks,rivers", busy_tile(10)),
    ];
    let bless = std::env::var_os("PLANTILES_BLESS").is_some();
    let mut changed = Vec::new();
    let mercator = mercator.map(|(tileset, tile)| {
        let name = format!("{tileset}_{}_{}_{}", tile.z, tile.x, tile.y).replace(',', "+");
        (name, format!("/tiles/{tileset}/{tile}.mvt"))
    });
    for (name, path) in mercator.into_iter().chain(in_degrees) {
        let text = as_text(&shared().get(&path).expect(200).body, &path);
        let name = format!("{name}.txt");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&name);
        if bless {
            std::fs::write(&file, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some(difference) = first_difference(&golden, &text) {
            changed.push(format!("{name} {difference}"));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

fn first_difference(golden: &str, now: &str) -> Option<String> {
    if golden == now {
        return None;
    }
    let line = golden.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    Some(format!("line {}\n  was {:.300}\n  is  {:.300}", line + 1, at(golden), at(now)))
}

fn as_text(tile: &[u8], named: &str) -> String {
    let mut text = String::new();
    for layer in mvt::decode(tile, named) {
        writeln!(text, "layer {}", layer.name).unwrap();
        layer.features.iter().for_each(|feature| write_feature(&mut text, feature));
    }
    text
}

fn write_feature(text: &mut String, feature: &Feature) {
    writeln!(text, "  feature {}", feature.id).unwrap();
    for (name, value) in &feature.properties {
        let value = match value {
            Value::String(value) => format!("{value:?}"),
            Value::Double(value) => format!("{value:?}"),
            other => format!("{other:?}"),
        };
        writeln!(text, "    {name} = {value}").unwrap();
    }
    match &feature.geometry {
        Geometry::MultiPoint(points) => {
            points.iter().for_each(|p| writeln!(text, "    point {},{}", p.x(), p.y()).unwrap());
        }
        Geometry::LineString(line) => write_line(text, "line", line),
        Geometry::MultiLineString(lines) => lines.iter().for_each(|line| write_line(text, "line", line)),
        Geometry::MultiPolygon(polygons) => {
            for polygon in polygons {
                write_line(text, "exterior", polygon.exterior());
                polygon.interiors().iter().for_each(|ring| write_line(text, "interior", ring));
            }
        }
        other => panic!("{other:?}"),
    }
}

fn write_line(text: &mut String, kind: &str, line: &LineString<i32>) {
    let points: Vec<_> = line.0.iter().map(|c| format!("{},{}", c.x, c.y)).collect();
    writeln!(text, "    {kind} {}", points.join(" ")).unwrap();
}
