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

/// Where the path of an address of this server begins with `{z}/{x}/{y}`.
fn filled(server: &Server, url: &serde_json::Value, tile: impl std::fmt::Display) -> String {
    let url = url.as_str().unwrap_or_else(|| panic!("{url}")).replace("{z}/{x}/{y}", &tile.to_string());
    url.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[test]
fn pictures_are_of_what_the_filter_takes() {
    let server = shared();
    let township = &plan::layer_named("townships").features[0];
    let [west, south, east, north] = plan::bounds_of(township);
    let tile = grid::tile_at((west + east) / 2.0, (south + north) / 2.0, 10);
    let picture = |filter: &str| {
        let path = path("townships", tile, &[("filter", filter)]).replace(".mvt", ".png");
        let answer = server.get(&path).expect(200);
        assert_eq!(answer.expect_header("content-type"), "image/png");
        (answer.expect_header("etag").to_owned(), answer.body)
    };
    let (all_tag, all) = {
        let answer = server.get(&format!("/tiles/townships/{tile}.png")).expect(200);
        (answer.expect_header("etag").to_owned(), answer.body)
    };
    // The same is drawn of the same features, by another name.
    let (every_tag, every) = picture("id >= 0");
    assert!(every == all && every_tag != all_tag);
    let (same_tag, same) = picture("( \"id\" >= 0.0 )");
    assert!(same == every && same_tag == every_tag);
    let (none_tag, none) = picture("id < 0");
    assert_eq!(none, server.get("/tiles/townships/10/0/0.png").expect(200).body);
    let (some_tag, some) = picture(&format!("id <> {}", plan::id(township)));
    assert!(some != all && some != none);
    assert_eq!(BTreeSet::from([all_tag, every_tag.clone(), none_tag, some_tag]).len(), 4);
    let again = path("townships", tile, &[("filter", "id >= 0")]).replace(".mvt", ".png");
    server.ask("GET", &again, &[("if-none-match", &every_tag)]).expect(304);
    // Beside a theme and at twice the size.
    let query = again.split_once('?').unwrap().1;
    let dark = server.get(&format!("/tiles/townships/{tile}@2x.png?style=dark&{query}")).expect(200);
    assert!(dark.body == server.get(&format!("/tiles/townships/{tile}@2x.png?style=dark")).body);
}

#[test]
fn tilejson_leads_to_filtered_tiles() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let tile = grid::tile_at((west + east) / 2.0, (south + north) / 2.0, 9);
    let axes = "S_INTERSECTS(geom, BBOX(36.2,112.7,36.4,112.9)) AND name <> '{z}&'";
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("filter", axes).append_pair("filter-crs", "http://www.opengis.net/def/crs/EPSG/0/4490");
    let query = query.finish();
    for (document, tile_path) in [
        ("/tiles/townships.json", format!("/tiles/townships/{tile}.mvt")),
        ("/tiles/townships.png.json", format!("/tiles/townships/{tile}.png")),
    ] {
        let described = server.get(&format!("{document}?{query}")).expect(200).json();
        let path = filled(&server, &described["tiles"][0], tile);
        assert!(path.contains('@') && path.contains("?filter="), "{path}");
        let answer = server.get(&path).expect(200);
        assert!(answer.expect_header("cache-control").contains("immutable"));
        let asked = server.get(&format!("{tile_path}?{query}")).expect(200);
        assert!(answer.body == asked.body && answer.header("etag") == asked.header("etag"));
        assert!(answer.body != server.get(&tile_path).expect(200).body);
        let unfiltered = server.get(document).expect(200).json();
        assert!(!unfiltered["tiles"][0].as_str().unwrap().contains('?'));
    }
    let dark = server.get(&format!("/tiles/townships.png.json?style=dark&{query}")).expect(200).json();
    assert!(dark["tiles"][0].as_str().unwrap().contains(".png?style=dark&filter="));
    let ogc = server.get(&format!("/ogc/collections/townships/tiles/WebMercatorQuad?f=tilejson&{query}"));
    let url =
        ogc.expect(200).json()["tiles"][0].as_str().unwrap().replace("{z}/{y}/{x}", "{z}/{x}/{y}").into();
    let path = filled(&server, &url, format!("{}/{}/{}", tile.z, tile.y, tile.x));
    let asked = server.get(&format!("/tiles/townships/{tile}.mvt?{query}")).expect(200);
    assert_eq!(server.get(&path).expect(200).body, asked.body);
    let tileset = server.get(&format!("/ogc/tiles/c?collections=townships,roads&{query}")).expect(200).json();
    let links = tileset["links"].as_array().unwrap();
    let item = links.iter().find(|link| link["rel"] == "item").unwrap()["href"].as_str().unwrap();
    assert!(item.contains("{tileCol}?collections=townships,roads&filter="), "{item}");
    for wrong in
        ["/tiles/plan.json?filter=nam=1", "/tiles/plan.png.json?filter=nam=1", "/ogc/tiles/c?filter=nam=1"]
    {
        let problem = server.get(wrong).expect_problem(400);
        let said = "parameter `filter`: at character 1: there is no property `nam`";
        assert!(problem["detail"].as_str().unwrap().starts_with(said), "{problem}");
    }
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
    let picture = path("plan", "9/416/200", &[("filter", "nam = 'x'")]).replace(".mvt", ".png");
    let problem = server.get(&picture).expect_problem(400);
    assert!(
        problem["detail"].as_str().unwrap().starts_with("parameter `filter`: at character 1"),
        "{problem}"
    );
    // A property that some layers of the tileset have.
    server.get(&path("plan", "9/0/0", &[("filter", "holder = 'x'")])).expect(204);
    let unknown = format!("plan@{}", "0".repeat(32));
    let moved = server.get(&path(&unknown, tile, &[("filter", "seq > 1")])).expect(307);
    assert!(moved.expect_header("location").ends_with(".mvt?filter=seq+%3E+1"), "{moved:?}");
}
