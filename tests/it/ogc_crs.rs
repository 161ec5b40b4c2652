//! OGC API, Features, Part 2 (OGC 18-058r1), each test under the name of abstract tests.
//!
//! `ogcapi-features-2/1.0/conf/crs`

use crate::support::{
    ogc::{CRS84, all_ids, crs, items, refused},
    plan,
    server::shared,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

/// `/conf/crs/crs-uri`, `fc-md-crs-list`, `fc-md-crs-list-global`, `fc-md-storageCrs`, `fc-md-storageCrs-valid`
#[test]
fn fc_md_crs_list() {
    let server = shared();
    let all = server.get("/ogc/collections").expect(200).json();
    let list = |document: &Value| -> Vec<String> {
        document["crs"].as_array().unwrap().iter().map(|crs| crs.as_str().unwrap().to_owned()).collect()
    };
    let global = list(&all);
    assert_eq!(global[0], CRS84);
    for code in [4490, 4326, 3857].into_iter().chain(4491..=4554) {
        assert!(global.contains(&crs(code)), "{code}");
    }
    for collection in all["collections"].as_array().unwrap() {
        assert_eq!(list(collection), ["#/crs"]);
        let path = format!("/ogc/collections/{}", collection["id"].as_str().unwrap());
        let alone = server.get(&path).expect(200).json();
        assert_eq!(list(&alone), global);
        assert_eq!(alone["storageCrs"], crs(4490));
    }
}

/// `/conf/crs/fc-crs-action`, `ogc-crs-header`, `ogc-crs-header-value`, `geojson`: positions as PROJ has them, in
/// the order of the register's axes.
#[test]
fn fc_crs_action() {
    let server = shared();
    let original = items(&server, "mining_rights", &[]).expect(200);
    assert_eq!(original.expect_header("content-crs"), format!("<{CRS84}>"));
    let lon_lat = positions(&original.json());
    for code in [4490, 4326, 3857, 4491, 4508, 4513, 4526, 4533, 4534, 4547, 4554] {
        let answer = items(&server, "mining_rights", &[("crs", &crs(code))]).expect(200);
        assert_eq!(answer.expect_header("content-crs"), format!("<{}>", crs(code)));
        let found = positions(&answer.json());
        // gdaltransform takes and gives x east, y north.
        let expected = transformed(code, &lon_lat);
        assert_eq!(found.len(), expected.len());
        for (&[a, b], &[x, y]) in found.iter().zip(&expected) {
            let [x2, y2] = if code == 3857 { [a, b] } else { [b, a] };
            // A tenth of a millimetre in the plane, and what PROJ prints of degrees.
            let most = if code == 4490 || code == 4326 { 1e-9 } else { 2e-4 };
            assert!((x2 - x).abs() <= most && (y2 - y).abs() <= most, "{code}: {a} {b} for {x} {y}");
        }
        let id = plan::id(&plan::layer_named("mining_rights").features[0]);
        let path = format!("/ogc/collections/mining_rights/items/{id}?crs={}", crs(code));
        assert_eq!(server.get(&path).expect(200).expect_header("content-crs"), format!("<{}>", crs(code)));
    }
}

/// `/conf/crs/fc-bbox-crs-action`, `fc-bbox-crs-valid-defaultValue`
#[test]
fn fc_bbox_crs_action() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let corners = [
        [west + 0.4 * (east - west), south + 0.4 * (north - south)],
        [west + 0.6 * (east - west), south + 0.6 * (north - south)],
    ];
    for layer in ["townships", "rivers", "mining_rights"] {
        let geographic = |code: Option<u32>, corners: [[f64; 2]; 2]| -> BTreeSet<u64> {
            let bbox = corners.as_flattened().iter().map(f64::to_string).collect::<Vec<_>>().join(",");
            let uri = code.map_or(CRS84.to_owned(), crs);
            all_ids(&server, layer, &[("bbox", &bbox), ("bbox-crs", &uri)]).into_iter().collect()
        };
        let expected = geographic(None, corners);
        assert!(!expected.is_empty());
        let swapped = corners.map(|[lon, lat]| [lat, lon]);
        assert_eq!(geographic(Some(4490), swapped), expected);
        assert_eq!(geographic(Some(4326), swapped), expected);
        assert_eq!(geographic(Some(3857), transformed(3857, &corners).try_into().unwrap()), expected);
        // A box of a zone is another area than one of degrees: what PROJ puts into it.
        for code in [4526, 4547, 4508] {
            let plane: [[f64; 2]; 2] = transformed(code, &corners).try_into().unwrap();
            let found = geographic(Some(code), plane.map(|[x, y]| [y, x]));
            assert_eq!(found, expected_in_plane(layer, code, plane), "{layer} {code}");
        }
    }
}

/// `/conf/crs/fc-crs-valid-value`, `fc-bbox-crs-valid-value`
#[test]
fn fc_crs_valid_value() {
    let server = shared();
    for bad in ["", "4489", "http://www.opengis.net/def/crs/EPSG/0/2000", "urn:x"] {
        refused(&server, "townships", &[("crs", bad)], "crs");
        refused(&server, "townships", &[("bbox", "1,2,3,4"), ("bbox-crs", bad)], "bbox-crs");
        refused(&server, "townships", &[("filter", "id = 1"), ("filter-crs", bad)], "filter-crs");
    }
}

fn expected_in_plane(layer: &str, code: u32, [min, max]: [[f64; 2]; 2]) -> BTreeSet<u64> {
    use geo::{Intersects, MapCoordsInPlace};
    use geozero::{ToGeo, geojson::GeoJson};
    let area = geo::Rect::new(geo::coord! { x: min[0], y: min[1] }, geo::coord! { x: max[0], y: max[1] });
    let meets = |feature: &&Value| {
        let mut geometry = GeoJson(&feature["geometry"].to_string()).to_geo().unwrap();
        let mut all = vec![];
        geo::CoordsIter::coords_iter(&geometry).for_each(|c| all.push([c.x, c.y]));
        let placed = std::cell::RefCell::new(transformed(code, &all).into_iter());
        geometry.map_coords_in_place(|_| {
            let [x, y] = placed.borrow_mut().next().unwrap();
            geo::coord! { x: x, y: y }
        });
        geometry.intersects(&area.to_polygon())
    };
    plan::layer_named(layer).features.iter().filter(meets).map(plan::id).collect()
}

/// All positions of a page in turn.
fn positions(page: &Value) -> Vec<[f64; 2]> {
    fn collect(value: &Value, found: &mut Vec<[f64; 2]>) {
        let items = value.as_array().unwrap();
        match items[0].as_f64() {
            Some(first) => found.push([first, items[1].as_f64().unwrap()]),
            None => items.iter().for_each(|item| collect(item, found)),
        }
    }
    let mut found = vec![];
    for feature in page["features"].as_array().unwrap() {
        collect(&feature["geometry"]["coordinates"], &mut found);
    }
    found
}

/// Longitudes and latitudes in another CRS, x east and y north, by GDAL.
fn transformed(code: u32, lon_lat: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut gdal = Command::new("gdaltransform")
        .args(["-s_srs", "EPSG:4490", "-t_srs", &format!("EPSG:{code}"), "-output_xy"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input: String = lon_lat.iter().map(|[lon, lat]| format!("{lon} {lat}\n")).collect();
    let mut stdin = gdal.stdin.take().unwrap();
    std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = String::from_utf8(gdal.wait_with_output().unwrap().stdout).unwrap();
    let position = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse().unwrap());
        [numbers.next().unwrap(), numbers.next().unwrap()]
    };
    output.lines().map(position).collect()
}
