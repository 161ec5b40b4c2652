//! OGC API, Features, Part 3 (OGC 19-079r2) and CQL2 (OGC 21-065r2): PostGIS decides by the same condition in SQL
//! which features are right.

use crate::ogc_features::{gunzip, unbrotli};
use crate::support::{
    database::TestDatabase,
    ogc::{all_ids, crs, items, items_path, page_ids, refused},
    postgis::query,
    server::{Server, Setup, shared},
};
use flatgeobuf::{FallibleStreamingIterator, FgbReader};
use plantiles::{
    crs::Crs,
    features::filter::{Filter, Language},
};
use serde_json::{Value, json};

/// Rows of every type, with nulls, some in each column, and shapes that touch, overlap and lie in one another.
pub const SAMPLES: &str = "
    CREATE EXTENSION IF NOT EXISTS postgis;
    CREATE TABLE samples (id bigint PRIMARY KEY, name text, other text, amount double precision, number bigint,
                          open boolean, valid_from date, valid_to date, geom geometry(MultiPolygon, 4490));
    INSERT INTO samples SELECT n,
      CASE WHEN n % 7 > 0 THEN (ARRAY['煤矿', 'Gucheng', 'GUCHENG', '100%', 'a_b', 'O''Brien', '石灰岩'])[n % 7] || n % 3 END,
      (ARRAY['煤矿1', 'Gucheng2', 'x'])[1 + n % 3],
      CASE WHEN n % 5 > 0 THEN n / 8.0 END, CASE WHEN n % 11 > 0 THEN n % 40 - 10 END,
      CASE WHEN n % 3 > 0 THEN n % 2 = 0 END,
      CASE WHEN n % 4 > 0 THEN date '2020-01-01' + n END, CASE WHEN n % 6 > 0 THEN date '2020-03-01' + n END,
      ST_Multi(CASE n % 4
        WHEN 0 THEN ST_MakeEnvelope(112 + n % 20 * 0.1, 36 + n / 20 * 0.1, 112.1 + n % 20 * 0.1, 36.1 + n / 20 * 0.1, 4490)
        WHEN 1 THEN ST_Buffer(ST_SetSRID(ST_MakePoint(112 + n % 20 * 0.1, 36 + n / 20 * 0.1), 4490), 0.07)
        WHEN 2 THEN ST_MakeEnvelope(112.02 + n % 20 * 0.1, 36.02 + n / 20 * 0.1, 112.05 + n % 20 * 0.1, 36.05 + n / 20 * 0.1, 4490)
        ELSE ST_Difference(
          ST_MakeEnvelope(112 + n % 20 * 0.1, 36 + n / 20 * 0.1, 112.2 + n % 20 * 0.1, 36.2 + n / 20 * 0.1, 4490),
          ST_MakeEnvelope(112.05 + n % 20 * 0.1, 36.05 + n / 20 * 0.1, 112.15 + n % 20 * 0.1, 36.15 + n / 20 * 0.1, 4490))
      END) FROM generate_series(1, 400) AS n;";

pub const CONFIG: &str = r#"
    [[layer]]
    id = "samples"
    schema = "public"
    table = "samples"
    id_column = "id"
    geometry_column = "geom"
"#;

/// Filters and what they are in SQL; the same where nothing is said.
const SAME: [&str; 22] = [
    "name = '煤矿1'",
    "name <> 'x'",
    "amount > 12.5 AND amount <= 30",
    "number >= -5 OR open = true",
    "NOT (number > 3 OR amount < 20)",
    "NOT number > 3",
    "amount = number",
    "number < amount",
    "name = other",
    "name LIKE '煤%'",
    "name NOT LIKE '%cheng_'",
    "name LIKE '_ucheng%' AND name LIKE '%2'",
    "name LIKE 'O''%'",
    "number BETWEEN 2 AND 5",
    "amount NOT BETWEEN 2.5 AND 1e1",
    "name IN ('煤矿1','Gucheng2','x')",
    "number NOT IN (1, 2, 3, 4.0)",
    "name IS NULL",
    "name IS NOT NULL AND amount IS NULL",
    "id = 17",
    "number = -10",
    "((number > 0)) AND (open = false OR NOT (name IS NULL))",
];

const OTHERS: [(&str, &str); 25] = [
    ("open", "open"),
    ("NOT open OR FALSE", "not open or false"),
    ("name LIKE '100\\%_'", "name like '100\\%_'"),
    ("name LIKE 'a\\_b%'", "name like 'a\\_b%'"),
    ("CASEI(name) = CASEI('gucheng1')", "lower(name) = lower('gucheng1')"),
    ("CASEI(name) LIKE CASEI('GU%2')", "lower(name) like lower('GU%2')"),
    ("CASEI(name) IN (CASEI('GUCHENG1'), CASEI('A_B0'))", "lower(name) in ('gucheng1', 'a_b0')"),
    ("\"name\" = 'O''Brien0'", "name = 'O''Brien0'"),
    ("valid_from = DATE('2020-05-01')", "valid_from = '2020-05-01'"),
    ("valid_from < valid_to", "valid_from < valid_to"),
    (
        "valid_to BETWEEN DATE('2020-04-01') AND DATE('2020-08-01')",
        "valid_to between '2020-04-01' and '2020-08-01'",
    ),
    ("T_AFTER(valid_from, DATE('2020-10-01'))", "valid_from > '2020-10-01'"),
    ("T_BEFORE(valid_from, DATE('2020-10-01'))", "valid_from < '2020-10-01'"),
    ("T_EQUALS(valid_from, DATE('2020-10-01'))", "valid_from = '2020-10-01'"),
    ("T_DISJOINT(valid_from, DATE('2020-10-01'))", "valid_from <> '2020-10-01'"),
    ("T_AFTER(valid_from, TIMESTAMP('2020-10-01T12:00:00Z'))", "valid_from > '2020-10-01'"),
    (
        "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('2020-04-01', '2020-05-01'))",
        "valid_from <= '2020-05-01' and valid_to >= '2020-04-01'",
    ),
    (
        "T_DURING(INTERVAL(valid_from, valid_to), INTERVAL('2020-03-01', '..'))",
        "valid_from > '2020-03-01' and valid_to is not null",
    ),
    (
        "T_OVERLAPS(INTERVAL(valid_from, valid_to), INTERVAL('2020-04-01', '2020-08-01'))",
        "valid_from < '2020-04-01' and valid_to > '2020-04-01' and valid_to < '2020-08-01'",
    ),
    (
        "T_MEETS(INTERVAL(valid_from, valid_to), INTERVAL('2020-07-04', '2021-01-01'))",
        "valid_to = '2020-07-04' and valid_from is not null",
    ),
    (
        "T_CONTAINS(INTERVAL(valid_from, valid_to), INTERVAL('2020-06-01', '2020-06-10'))",
        "valid_from < '2020-06-01' and valid_to > '2020-06-10'",
    ),
    (
        "T_STARTS(INTERVAL('2020-06-01', '2020-06-10'), INTERVAL(valid_from, valid_to))",
        "valid_from = '2020-06-01' and valid_to > '2020-06-10'",
    ),
    (
        "T_FINISHEDBY(INTERVAL(valid_from, valid_to), INTERVAL('2020-07-04', '2020-07-06'))",
        "valid_from < '2020-07-04' and valid_to = '2020-07-06'",
    ),
    (
        "S_INTERSECTS(geom, BBOX(112.3,36.2,112.6,36.4)) AND number > 0",
        "st_intersects(geom, st_makeenvelope(112.3,36.2,112.6,36.4,4490)) and number > 0",
    ),
    ("NOT S_INTERSECTS(geom, POINT(112.5 36.5))", "not st_intersects(geom, 'SRID=4490;POINT(112.5 36.5)')"),
];

/// Geometries for every spatial relation.
const SHAPES: [&str; 9] = [
    "POINT(112.5 36.5)",
    "MULTIPOINT((112.1 36.1),(112.75 36.75))",
    "LINESTRING(112 36.5,113.9 36.5)",
    "LINESTRING(112.41 36.21,112.49 36.29,112.6 36.2)",
    "MULTILINESTRING((112 36,112.1 36.1),(112.5 36.5,112.5 37))",
    "POLYGON((112.3 36.2,112.9 36.2,112.9 36.8,112.3 36.8,112.3 36.2),(112.5 36.4,112.7 36.4,112.7 36.6,112.5 36.6,112.5 36.4))",
    "POLYGON((112.4 36.2,112.5 36.2,112.5 36.3,112.4 36.3,112.4 36.2))",
    "MULTIPOLYGON(((112 36,112.2 36,112.2 36.2,112 36)),((113 37,113.4 37,113.4 37.4,113 37)))",
    "POLYGON((100 20,130 20,130 50,100 50,100 20))",
];

const RELATIONS: [&str; 8] =
    ["intersects", "disjoint", "equals", "touches", "crosses", "within", "contains", "overlaps"];

/// `ogcapi-features-3/1.0/conf/filter`, `ogcapi-features-3/1.0/conf/features-filter`, `cql2/1.0/conf/cql2-text`,
/// `cql2/1.0/conf/basic-cql2`, `cql2/1.0/conf/advanced-comparison-operators`,
/// `cql2/1.0/conf/case-insensitive-comparison`, `cql2/1.0/conf/basic-spatial-functions`,
/// `cql2/1.0/conf/basic-spatial-functions-plus`, `cql2/1.0/conf/spatial-functions`,
/// `cql2/1.0/conf/temporal-functions`, `cql2/1.0/conf/property-property`: `/conf/filter/response`
#[tokio::test]
async fn filter_response_is_what_postgis_finds() {
    let database = TestDatabase::new().await;
    crate::support::postgis::load_plan(&database.url());
    query(&database.url(), SAMPLES);
    let server = Setup::default().database(&database.url()).config(CONFIG).start();
    let mut found = 0;
    let same = SAME.iter().map(|filter| ((*filter).to_owned(), (*filter).to_owned()));
    let others = OTHERS.iter().map(|(filter, sql)| ((*filter).to_owned(), (*sql).to_owned()));
    let spatial = SHAPES.iter().flat_map(|shape| {
        RELATIONS.iter().map(move |relation| {
            let sql = format!("st_{relation}(geom, 'SRID=4490;{shape}')");
            (format!("S_{}(geom, {shape})", relation.to_uppercase()), sql)
        })
    });
    let converse = SHAPES
        .iter()
        .map(|shape| (format!("S_WITHIN({shape}, geom)"), format!("st_within('SRID=4490;{shape}', geom)")));
    for (filter, sql) in same.chain(others).chain(spatial).chain(converse) {
        let expected = query(&database.url(), &format!("SELECT id FROM samples WHERE {sql} ORDER BY id"));
        let expected: Vec<u64> = expected.lines().map(|id| id.parse().unwrap()).collect();
        let paged = all_ids(&server, "samples", &[("filter", &filter), ("limit", "130"), ("sortby", "id")]);
        assert_eq!(paged, expected, "{filter}");
        let mut unsorted = all_ids(&server, "samples", &[("filter", &filter), ("limit", "170")]);
        unsorted.sort_unstable();
        assert_eq!(unsorted, expected, "{filter}");
        let page = items(&server, "samples", &[("filter", &filter), ("limit", "1")]).json();
        assert_eq!(page["numberMatched"], expected.len(), "{filter}");
        found += expected.len();
    }
    assert!(found > 5_000, "{found} rows in all");
    equalities(&server, &database);
    boxes(&server, &database);
    large_pages(&server);
}

/// `ogcapi-features-3/1.0/conf/queryables-query-parameters`: `/conf/queryables-query-parameters/parameters`
fn equalities(server: &Server, database: &TestDatabase) {
    for (name, value, sql) in [
        ("name", "煤矿1", "name = '煤矿1'"),
        ("amount", "12.625", "amount = 12.625"),
        ("number", "-3", "number = -3"),
        ("open", "true", "open"),
        ("valid_from", "2020-05-02", "valid_from = '2020-05-02'"),
        ("id", "77", "id = 77"),
    ] {
        let expected = query(&database.url(), &format!("SELECT id FROM samples WHERE {sql} ORDER BY id"));
        let expected: Vec<u64> = expected.lines().map(|id| id.parse().unwrap()).collect();
        assert!(!expected.is_empty());
        assert_eq!(
            all_ids(server, "samples", &[(name, value), ("sortby", "id"), ("limit", "3")]),
            expected,
            "{name}"
        );
    }
    for (name, value) in
        [("number", "x"), ("open", "yes"), ("valid_from", "May"), ("id", "1.5"), ("amount", "NaN")]
    {
        refused(server, "samples", &[(name, value)], name);
    }
}

/// A box beside a filter and a time: all must hold.
fn boxes(server: &Server, database: &TestDatabase) {
    let sql = "SELECT id FROM samples WHERE st_intersects(geom, st_makeenvelope(112.3,36.2,113,37,4490)) and number > 0
               and (valid_from is null or valid_from <= '2020-12-31') and (valid_to is null or valid_to >= '2020-07-01')
               ORDER BY amount desc nulls last, id";
    let expected: Vec<u64> = query(&database.url(), sql).lines().map(|id| id.parse().unwrap()).collect();
    let parameters = [
        ("bbox", "112.3,36.2,113,37"),
        ("filter", "number > 0"),
        ("datetime", "2020-07-01/2020-12-31"),
        ("sortby", "-amount"),
        ("limit", "4"),
    ];
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(all_ids(server, "samples", &parameters), expected);
}

/// Pages that go out in several pieces: whole in every coding, and as FlatGeobuf.
fn large_pages(server: &Server) {
    let path = items_path("samples", &[("limit", "10000"), ("crs", &crs(4547))]);
    let plain = server.get(&path).expect(200);
    assert!(plain.body.len() > 200_000, "{} bytes are one piece", plain.body.len());
    assert_eq!(plain.header("content-length"), None);
    assert_eq!(page_ids(&plain.json()).len(), 400);
    for (coding, decode) in [
        ("gzip", gunzip as fn(&[u8]) -> Vec<u8>),
        ("br", unbrotli),
        ("zstd", |bytes| zstd::decode_all(bytes).unwrap()),
    ] {
        let coded = server.ask("GET", &path, &[("accept-encoding", coding)]).expect(200);
        assert_eq!(coded.expect_header("content-encoding"), coding);
        assert!(decode(&coded.body) == plain.body, "{coding}");
    }
    let file = items(server, "samples", &[("limit", "10000"), ("f", "fgb")]).expect(200);
    let mut rows = FgbReader::open(&file.body[..]).unwrap().select_all_seq().unwrap();
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, file.expect_header("ogc-numberreturned")), (400, "400"));
}

/// `cql2/1.0/conf/cql2-json`: `/conf/cql2-json/validate`: JSON says what the text says.
#[test]
fn cql2_json_validate() {
    let pairs: [(&str, Value); 12] = [
        (
            "a = 'x' AND b > 2",
            json!({ "op": "and", "args": [
            { "op": "=", "args": [{ "property": "a" }, "x"] }, { "op": ">", "args": [{ "property": "b" }, 2] }] }),
        ),
        (
            "a <> 1 OR NOT b",
            json!({ "op": "or", "args": [
            { "op": "<>", "args": [{ "property": "a" }, 1] }, { "op": "not", "args": [{ "property": "b" }] }] }),
        ),
        ("a LIKE 'x%'", json!({ "op": "like", "args": [{ "property": "a" }, "x%"] })),
        ("a BETWEEN 1 AND 2.5", json!({ "op": "between", "args": [{ "property": "a" }, 1, 2.5] })),
        ("a IN (1, 2)", json!({ "op": "in", "args": [{ "property": "a" }, [1, 2]] })),
        ("a IS NULL", json!({ "op": "isNull", "args": [{ "property": "a" }] })),
        (
            "CASEI(a) = CASEI('X')",
            json!({ "op": "=", "args": [
            { "op": "casei", "args": [{ "property": "a" }] }, { "op": "casei", "args": ["X"] }] }),
        ),
        (
            "a = DATE('2021-01-01')",
            json!({ "op": "=", "args": [{ "property": "a" }, { "date": "2021-01-01" }] }),
        ),
        (
            "T_FINISHEDBY(INTERVAL(a, b), INTERVAL('2021-01-01', '..'))",
            json!({ "op": "t_finishedBy", "args": [
            { "interval": [{ "property": "a" }, { "property": "b" }] }, { "interval": ["2021-01-01", ".."] }] }),
        ),
        (
            "T_AFTER(a, TIMESTAMP('2021-01-01T00:00:00Z'))",
            json!({ "op": "t_after", "args": [
            { "property": "a" }, { "timestamp": "2021-01-01T00:00:00Z" }] }),
        ),
        (
            "S_INTERSECTS(geom, POINT(1 2))",
            json!({ "op": "s_intersects", "args": [
            { "property": "geom" }, { "type": "Point", "coordinates": [1, 2] }] }),
        ),
        (
            "S_WITHIN(geom, BBOX(1, 2, 3, 4))",
            json!({ "op": "s_within", "args": [
            { "property": "geom" }, { "bbox": [1, 2, 3, 4] }] }),
        ),
    ];
    for (text, value) in pairs {
        let from_text = Filter::parse(text, Language::Text, Crs::Crs84).unwrap();
        let from_json = Filter::parse(&value.to_string(), Language::Json, Crs::Crs84).unwrap();
        assert_eq!(from_text.normal(), from_json.normal());
        // The normal form is CQL2 itself.
        let again = Filter::parse(from_text.normal(), Language::Text, Crs::Crs84)
            .unwrap_or_else(|e| panic!("{e} in {}", from_text.normal()));
        assert_eq!(again.normal(), from_text.normal());
    }
}

/// `/conf/filter/filter-crs-wgs84`, `filter-crs-param`
#[test]
fn filter_crs_param() {
    let server = shared();
    let expected =
        all_ids(&server, "townships", &[("filter", "S_INTERSECTS(geom, BBOX(112.7,36.2,112.9,36.4))")]);
    assert!(!expected.is_empty());
    for (code, bbox) in [(4490, "36.2,112.7,36.4,112.9"), (4326, "36.2,112.7,36.4,112.9")] {
        let filter = format!("S_INTERSECTS(geom, BBOX({bbox}))");
        let found = all_ids(&server, "townships", &[("filter", &filter), ("filter-crs", &crs(code))]);
        assert_eq!(found, expected, "{code}");
    }
    // A point of the plane, north first.
    let township =
        server.get("/ogc/collections/townships/items/1?crs=http://www.opengis.net/def/crs/EPSG/0/4526");
    let vertex = township.json()["geometry"]["coordinates"][0][0][0].clone();
    let filter = format!("S_INTERSECTS(geom, BBOX({0},{1},{0},{1}))", vertex[0], vertex[1]);
    let near = filter.replace(
        &format!("{},{}))", vertex[0], vertex[1]),
        &format!("{},{}))", vertex[0].as_f64().unwrap() + 1.0, vertex[1].as_f64().unwrap() + 1.0),
    );
    let found = all_ids(&server, "townships", &[("filter", &near), ("filter-crs", &crs(4526))]);
    assert!(found.contains(&1), "{found:?} for {near}");
}

/// `/conf/filter/filter-lang`, `expression-construction`: what is wrong, and where in the text.
#[test]
fn filter_expression_construction() {
    let server = shared();
    let deep = format!("{}name = 'x'{}", "(".repeat(300), ")".repeat(300));
    let negated = format!("{} name = 'x'", "NOT ".repeat(900));
    let many = format!("seq IN ({})", ["1"; 300].join(","));
    for (filter, said) in [
        ("", "at character 1"),
        ("name", "at character 1: a condition is expected"),
        ("name = ", "at character 8: something is missing"),
        ("name == 'x'", "at character 7"),
        ("name = 'x", "at character 8: the quote that begins here does not end"),
        ("nam = 'x'", "at character 1: there is no property `nam`"),
        ("seq > 1 AND nam = 'x'", "at character 13: there is no property `nam`"),
        ("矿种 = '煤'", "at character 1: there is no property `矿种`"),
        ("name = '煤' AND seq = 'x'", "at character 22: this is a text, and is compared with a number"),
        ("seq LIKE 'x'", "at character 1: LIKE is for texts"),
        ("valid_from > '2020-01-01'", "at character 14: this is a text, and is compared with a date"),
        ("valid_from > DATE('2020-13-01')", "at character 14: a date is written"),
        ("name = 'x' AND", "at character 15"),
        ("name = 'x' OR OR", "at character 15: OR is not expected here"),
        ("name = 'x') ", "at character 11: `)` is not expected here"),
        ("seq + 1 = 2", "at character 5: `+` is not expected here"),
        ("seq = 1 ; drop table x", "at character 9: `;` means nothing in CQL2"),
        ("foo(seq) = 1", "a value is expected here, not FOO"),
        ("A_CONTAINS(name, ('a'))", "there is no function `a_contains`"),
        ("S_INTERSECTS(geom)", "S_INTERSECTS has two operands"),
        ("S_INTERSECTS(name, POINT(1 2))", "at character 14: a geometry or the property `geom` is expected"),
        ("S_INTERSECTS(geom, POINT(1 2)", "at character 30"),
        ("S_INTERSECTS(geom, POINT(1 x))", "at character 20: this is no geometry"),
        ("S_INTERSECTS(geom, POINT EMPTY)", "at character 20"),
        ("S_INTERSECTS(geom, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "at character 20: the geometry is not valid"),
        ("S_INTERSECTS(geom, BBOX(1,2,3))", "BBOX has four numbers"),
        ("T_DURING(valid_from, DATE('2020-01-01'))", "at character 10: an INTERVAL is expected here"),
        ("seq = 1e999", "at character 7: the number is too large"),
        (&deep, "a filter may be 32 levels deep"),
        (&negated, "a filter may be 32 levels deep"),
        (&many, "a filter may have 256 parts"),
        (
            "S_INTERSECTS(geom, BBOX(112.8,-1e308,1e308,1e308))",
            "at character 20: the geometry goes beyond the coordinates of EPSG:4326",
        ),
    ] {
        let detail = refused(&server, "mining_rights", &[("filter", filter)], "filter");
        assert!(detail.contains(said), "{filter}: {detail}");
    }
    for (filter, said) in [
        ("{", "at character"),
        ("[]", "at the root"),
        (r#"{"op":"=","args":[{"property":"nam"},1]}"#, "at /args/0: there is no property `nam`"),
        (
            r#"{"op":"and","args":[true,{"op":"=","args":[{"property":"name"},1]}]}"#,
            "at /args/1/args/1: this is a number",
        ),
        (r#"{"op":"=","args":[{"property":"name"},null]}"#, "at /args/1: null is no operand"),
        (
            r#"{"op":"s_within","args":[{"property":"geom"},{"type":"Point","coordinates":["a"]}]}"#,
            "at /args/1",
        ),
    ] {
        let detail =
            refused(&server, "mining_rights", &[("filter", filter), ("filter-lang", "cql2-json")], "filter");
        assert!(detail.contains(said), "{filter}: {detail}");
    }
    refused(&server, "mining_rights", &[("filter", "seq = 1"), ("filter-lang", "ecql")], "filter-lang");
}
