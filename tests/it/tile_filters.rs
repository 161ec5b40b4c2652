//! Tiles of the features that a filter takes.

use crate::support::{
    grid,
    mvt::{self, Layer},
    plan,
    server::{Server, shared},
};
use std::collections::BTreeSet;

fn path(tileset: &str, tile: impl std::fmt::Display, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("/tiles/{tileset}/{tile}.mvt?{}", query.finish())
}

#[track_caller]
fn layers(server: &Server, path: &str) -> Vec<Layer> {
    let answer = server.get(path);
    if answer.status == 204 { vec![] } else { mvt::decode(&answer.expect(200).body, path) }
}

/// Layer and id of every feature.
fn features(layers: &[Layer]) -> BTreeSet<(String, u64)> {
    layers.iter().flat_map(|layer| layer.ids().into_iter().map(|id| (layer.name.clone(), id))).collect()
}

#[test]
fn a_tile_has_what_the_filter_takes_and_its_names() {
    let server = shared();
    let filter = "mineral LIKE '%煤%' AND area_km2 > 10";
    let takes = |layer: &str, id: u64| {
        let layer = plan::layer_named(layer.strip_suffix("_label").unwrap_or(layer));
        let properties = &layer.feature(id)["properties"];
        properties["mineral"].as_str().is_some_and(|mineral| mineral.contains('煤'))
            && properties["area_km2"].as_f64().is_some_and(|area| area > 10.0)
    };
    let (mut kept, mut left_out) = (0, 0);
    for tile in (5..=12).flat_map(|z| grid::tiles_over(plan::bounds(), z)) {
        let all = features(&layers(&server, &format!("/tiles/plan/{tile}.mvt")));
        let some = features(&layers(&server, &path("plan", tile, &[("filter", filter)])));
        let expected: BTreeSet<_> = all.iter().filter(|(layer, id)| takes(layer, *id)).cloned().collect();
        assert_eq!(some, expected, "{tile}");
        kept += some.len();
        left_out += all.len() - some.len();
    }
    assert!(kept > 50 && left_out > 50, "{kept} kept, {left_out} left out");
}

#[test]
fn filters_that_say_the_same_share_a_tile_and_its_tag() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let tile = grid::tile_at((west + east) / 2.0, (south + north) / 2.0, 9);
    let answer = |filter: &str| server.get(&path("mining_rights", tile, &[("filter", filter)])).expect(200);
    let tag = |filter: &str| answer(filter).expect_header("etag").to_owned();
    let first = tag("seq > 1 AND mineral = '煤'");
    assert_eq!(tag("( mineral='煤' ) and \"seq\" > 1.0"), first);
    assert_eq!(answer("mineral = '煤' AND seq > 1").body, answer("seq > 1 AND mineral = '煤'").body);
    let all = server.get(&format!("/tiles/mining_rights/{tile}.mvt")).expect(200);
    let tags = BTreeSet::from([first.clone(), tag("seq > 2"), all.expect_header("etag").to_owned()]);
    assert_eq!(tags.len(), 3);
    let again = path("mining_rights", tile, &[("filter", "seq > 1 AND mineral = '煤'")]);
    server.ask("GET", &again, &[("if-none-match", &first)]).expect(304);
    // Another parameter is as if it were not there.
    assert_eq!(server.get(&format!("/tiles/mining_rights/{tile}.mvt?v=1")).expect(200).body, all.body);
}

#[test]
fn the_same_tile_by_ogc_api_and_in_other_words() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let (lon, lat) = ((west + east) / 2.0, (south + north) / 2.0);
    let tile = grid::tile_at(lon, lat, 9);
    let filter = format!("S_INTERSECTS(geom, BBOX({},{},{lon},{lat}))", west - 1.0, south - 1.0);
    let ours = server.get(&path("townships", tile, &[("filter", &filter)])).expect(200);
    let axes = format!("S_INTERSECTS(geom, BBOX({},{},{lat},{lon}))", south - 1.0, west - 1.0);
    let crs = "http://www.opengis.net/def/crs/EPSG/0/4490";
    let swapped = [("filter", axes.as_str()), ("filter-crs", crs)];
    assert_eq!(server.get(&path("townships", tile, &swapped)).expect(200).body, ours.body);
    let json = format!(
        r#"{{"op":"s_intersects","args":[{{"property":"geom"}},{{"bbox":[{},{},{lon},{lat}]}}]}}"#,
        west - 1.0,
        south - 1.0
    );
    let json = [("filter", json.as_str()), ("filter-lang", "cql2-json")];
    assert_eq!(server.get(&path("townships", tile, &json)).expect(200).body, ours.body);
    let query = path("townships", tile, &[("filter", &filter)]);
    let query = query.split_once('?').unwrap().1;
    let by_ogc =
        format!("/ogc/collections/townships/tiles/WebMercatorQuad/{}/{}/{}?{query}", tile.z, tile.y, tile.x);
    assert_eq!(server.get(&by_ogc).expect(200).body, ours.body);
    let nothing = [("filter", "name = 'x'")];
    server.get(&path("townships", tile, &nothing)).expect(204);
}

#[test]
fn a_wrong_filter_is_400_and_says_where() {
    let server = shared();
    let tile = "9/416/200";
    for (tileset, filter, said) in [
        ("mining_rights", "nam = 'x'", "parameter `filter`: at character 1: there is no property `nam`"),
        ("plan", "nam = 'x'", "parameter `filter`: at character 1: there is no property `nam`"),
        ("mining_rights", "seq = 'x'", "parameter `filter`: at character 7"),
        ("mining_rights", "seq =", "parameter `filter`: at character 6"),
    ] {
        let problem = server.get(&path(tileset, tile, &[("filter", filter)])).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().starts_with(said), "{problem}");
    }
    // A property that some layers of the tileset have.
    server.get(&path("plan", "9/0/0", &[("filter", "holder = 'x'")])).expect(204);
    let unknown = format!("plan@{}", "0".repeat(32));
    let moved = server.get(&path(&unknown, tile, &[("filter", "seq > 1")])).expect(307);
    assert!(moved.expect_header("location").ends_with(".mvt?filter=seq+%3E+1"), "{moved:?}");
}
