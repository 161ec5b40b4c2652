//! Tables outside the plan's schema, in another reference system, named in the configuration.

use crate::support::database::TestDatabase;
use crate::support::grid;
use crate::support::mvt::{self, Value};
use crate::support::postgis::{load_plan, query};
use crate::support::server::Setup;
use geo::Geometry;

/// CGCS2000 in a 3-degree zone, as surveyors deliver; every second well has no depth.
const WELLS: &str = "
    CREATE EXTENSION IF NOT EXISTS postgis;
    CREATE TABLE wells (gid bigint PRIMARY KEY, name text, depth double precision, drilled date, dry boolean,
                        shape geometry(Point, 4547));
    INSERT INTO wells SELECT n, '井' || n, CASE WHEN n % 2 = 0 THEN n * 10.5 END, date '2021-01-01' + n, n % 3 = 0,
      ST_Transform(ST_SetSRID(ST_MakePoint(112.5 + n * 0.01, 36.3 + n * 0.005), 4490), 4547)
      FROM generate_series(1, 30) AS n;
    CREATE VIEW deep_wells AS SELECT * FROM wells WHERE depth > 100";

const CONFIG: &str = r#"
    [[layer]]
    id = "wells"
    schema = "public"
    table = "wells"
    id_column = "gid"
    geometry_column = "shape"

    [[layer]]
    id = "deep_wells"
    schema = "public"
    table = "deep_wells"
    id_column = "gid"
    geometry_column = "shape"
"#;

#[tokio::test]
async fn a_table_and_a_view_of_points_are_served_beside_the_plan() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(&database.url(), WELLS);
    let server = Setup::default().database(&database.url()).config(CONFIG).start();
    // Well 20, in the middle of its tile or not: within half a unit of where the formulas put it.
    let (lon, lat) = (112.7, 36.4);
    let tile = grid::tile_at(lon, lat, 12);
    let path = format!("/tiles/wells/{tile}.mvt");
    let layers = mvt::decode(&server.get(&path).expect(200).body, &path);
    let well = layers[0].features.iter().find(|f| f.id == 20).expect("well 20");
    let Geometry::MultiPoint(points) = &well.geometry else { panic!("{:?}", well.geometry) };
    let (x, y) = grid::position(lon, lat, 12);
    let expected = (x.fract() * 4096.0, y.fract() * 4096.0);
    let point = points.0[0];
    let near = |found: i32, expected: f64| (f64::from(found) - expected).abs() < 0.6;
    assert!(
        points.0.len() == 1 && near(point.x(), expected.0) && near(point.y(), expected.1),
        "{point:?} for {expected:?}"
    );
    assert_eq!(well.properties["name"], Value::String("井20".into()));
    assert_eq!(well.properties["depth"], Value::Double(210.0));
    assert_eq!(well.properties["drilled"], Value::String("2021-01-21".into()));
    assert_eq!(well.properties["dry"], Value::Bool(false));

    let whole = mvt::decode(&server.get("/tiles/deep_wells,wells/6/52/25.mvt").expect(200).body, "6/52/25");
    let counts: Vec<_> = whole.iter().map(|l| (l.name.as_str(), l.features.len())).collect();
    assert_eq!(counts, [("wells", 30), ("deep_wells", 11)], "in the order of the configuration");
    server.get("/downloads/wells.fgb").expect(200);
    let plan = server.get("/tiles/plan.json").json().to_string();
    assert!(plan.contains("\"wells\"") && plan.contains("\"mining_blocks\""));
}
