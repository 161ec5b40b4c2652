//! Each rule of the plan, tripped alone by a proposal made for it, and overlaps as PostGIS has them.

use crate::support::database::TestDatabase;
use geozero::wkt::Wkt;
use plantiles::{
    bundle,
    catalog::{Catalog, PublishedLayer},
    config::Config,
    plan::{FieldType, Layer, LayerId},
    publisher::{Publisher, Wanted, served_grid},
    review::{Given, Memory, Proposal, Review, Rules, Verdict},
    snapshot::{Origin, SnapshotWriter, Store, Value},
};
use serde_json::{Map, Value as Json, json};
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// Layers of one feature or few, each in a cell of its own, so that a proposal meets what it should and nothing else.
struct Ground {
    catalog: Catalog,
    rules: Arc<Rules>,
    memory: Memory,
    _folder: tempfile::TempDir,
}

/// A square of `side` degrees.
fn square(lon: f64, lat: f64, side: f64) -> String {
    rectangle(lon, lat, lon + side, lat + side)
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> String {
    format!("POLYGON(({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))")
}

/// The west of a cell.
fn cell(number: usize) -> f64 {
    112.0 + 0.05 * number as f64
}

const MINE: usize = 0;
const EXPIRED: usize = 1;
const PROHIBITED: usize = 2;
const DEPOSIT: usize = 3;
const DIVIDED: usize = 4;
const METHANE_BASE: usize = 5;
const NATIONAL: usize = 6;
const GOVERNANCE: usize = 7;
const METHANE_RIGHT: usize = 8;
const HERITAGE: usize = 9;
const REDLINE: usize = 10;
const PROTECTED: usize = 11;
const NOTHING: usize = 12;

/// What is in a cell: 0.03° wide, in its south-west.
fn of_cell(number: usize) -> String {
    square(cell(number), 36.02, 0.03)
}

/// A proposal inside of what is in a cell, of some 3.5 basic unit blocks.
fn inside(number: usize) -> String {
    rectangle(cell(number) + 0.001, 36.021, cell(number) + 0.029, 36.049)
}

type Row = (&'static [(&'static str, &'static str)], String);

fn rows(layer: &str) -> Vec<Row> {
    let whole = || rectangle(111.9, 36.0, 113.0, 36.1);
    let coal: &[_] = &[("mineral", "煤")];
    match layer {
        "exploration_blocks" | "mining_blocks" => {
            vec![(coal, whole()), (coal, rectangle(cell(DIVIDED), 36.12, cell(DIVIDED) + 0.03, 36.18))]
        }
        "mining_rights" => vec![
            (
                &[
                    ("code", "C1"),
                    ("mineral", "煤"),
                    ("valid_to", "2030-01-01"),
                    ("capacity_10kt_per_year", "800"),
                ],
                of_cell(MINE),
            ),
            (
                &[
                    ("code", "C2"),
                    ("mineral", "煤"),
                    ("valid_to", "2020-01-01"),
                    ("capacity_10kt_per_year", "400"),
                ],
                of_cell(EXPIRED),
            ),
            // What is no number adds nothing to a sum.
            (
                &[("code", "C3"), ("mineral", "煤"), ("capacity_10kt_per_year", "NaN")],
                square(112.95, 36.02, 0.01),
            ),
        ],
        "prohibited_zones" => vec![(&[], of_cell(PROHIBITED))],
        "exploration_survey_areas" => vec![
            (&[("size_class", "大型")], of_cell(DEPOSIT)),
            (&[], rectangle(cell(DIVIDED), 36.02, cell(DIVIDED) + 0.03, 36.15)),
        ],
        "energy_bases" => vec![(&[("mineral", "煤层气")], of_cell(METHANE_BASE)), (coal, whole())],
        "key_exploration_areas" => vec![(coal, whole())],
        "national_planned_mining_areas" => vec![(coal, of_cell(NATIONAL))],
        "governance_zones" => vec![(&[], of_cell(GOVERNANCE))],
        "cbm_exploration_rights" => vec![(&[], of_cell(METHANE_RIGHT))],
        "heritage_ranges" => vec![(&[], of_cell(HERITAGE))],
        "ecological_redline" => vec![(&[], of_cell(REDLINE))],
        "protected_areas" => vec![(&[], of_cell(PROTECTED))],
        "heritage_control_belts" | "permanent_farmland" | "urban_boundary" => {
            vec![(&[], rectangle(112.0, 36.5, 112.1, 36.6))]
        }
        _ => vec![],
    }
}

fn value(kind: FieldType, text: &'static str) -> Value<'static> {
    match kind {
        FieldType::Real => Value::Real(text.parse().unwrap()),
        FieldType::Date => Value::Date(text.parse().unwrap()),
        _ => Value::Text(text.into()),
    }
}

/// Publishes `rows` of `layer` into a catalog's layer.
fn published(publisher: &Publisher, folder: &Path, layer: &Layer, rows: Vec<Row>) -> Arc<PublishedLayer> {
    let mut writer = SnapshotWriter::create(folder, layer).unwrap();
    for (number, (values, wkt)) in rows.into_iter().enumerate() {
        let of_field = |field: &plantiles::plan::Field| {
            let given = values.iter().find(|(name, _)| *name == field.name);
            given.map_or(Value::Null, |(_, text)| value(field.kind, text))
        };
        let row: Vec<Value> = layer.fields.iter().map(of_field).collect();
        writer.append(number as i64 + 1, &row, Wkt(wkt.as_str())).unwrap();
    }
    let tiles = publisher.tiles(writer.finish().unwrap(), None).unwrap();
    Arc::new(PublishedLayer::after(None, tiles, jiff::Timestamp::UNIX_EPOCH))
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let publisher = Publisher::new(&Config::default(), store).unwrap();
        let mut layers = bundle::layers().unwrap();
        let zone = layers.iter().find(|layer| layer.id.as_str() == "prohibited_zones").unwrap().clone();
        for id in [
            "heritage_ranges",
            "heritage_control_belts",
            "ecological_redline",
            "permanent_farmland",
            "urban_boundary",
            "protected_areas",
        ] {
            layers.push(Layer { id: LayerId::new(id).unwrap(), ..zone.clone() });
        }
        let layers = layers
            .iter()
            .filter_map(|layer| {
                let rows = rows(layer.id.as_str());
                std::fs::create_dir_all(folder.path().join("snapshots").join(layer.id.as_str())).unwrap();
                (!rows.is_empty()).then(|| published(&publisher, folder.path(), layer, rows))
            })
            .collect();
        let catalog = Catalog::new(Origin::Bundled, &served_grid(), layers, 500_000);
        Self {
            catalog,
            rules: Arc::new(Rules::load(None).unwrap()),
            memory: Memory::default(),
            _folder: folder,
        }
    }

    fn review(&self, wkt: &str, answers: &Map<String, Json>) -> Review {
        let given = Given { answers: answers.clone(), ..Given::default() };
        let proposal = Proposal::read(wkt.as_bytes(), &given, &self.rules).unwrap();
        Review::of(proposal, &self.rules, &self.catalog, &self.memory).unwrap()
    }

    /// The rules that are broken, and of the others those that cannot be checked.
    fn broken(&self, wkt: &str, answers: &Map<String, Json>) -> [BTreeSet<String>; 2] {
        let review = self.review(wkt, answers);
        let with = |verdicts: &[Verdict]| {
            let found = review.judged().filter(|(_, judgement)| verdicts.contains(&judgement.verdict));
            found.map(|(rule, _)| rule.id.clone()).collect()
        };
        [with(&[Verdict::Conflict, Verdict::Consultation]), with(&[Verdict::NotCheckable])]
    }
}

/// Answers that keep every rule.
fn answers(kind: &str, changed: Json) -> Map<String, Json> {
    let mut all = json!({
        "kind": kind, "application": "new", "mineral": "煤", "size": "小型", "scale": "small", "degree": "详查",
        "purpose": "other", "capacity": 90, "coal_quality": "other", "comprehensive": true, "applicant_kind": "营利法人",
        "coal_experience": true, "green_mine": true, "restoration_plan": true, "ch4_released": 10, "date": "2024-06-01",
        "papers": ["geological_report", "environmental_assessment", "utilization_plan", "reclamation_plan"],
    });
    for (name, value) in changed.as_object().unwrap() {
        all[name] = value.clone();
    }
    all.as_object().unwrap().clone()
}

/// What the plan does not let anybody check, and what follows from it.
const NEVER_CHECKABLE: [&str; 5] = ["R15", "R16", "R28", "R29", "R34"];

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| id.to_string()).collect()
}

#[test]
fn a_proposal_that_keeps_every_rule_passes() {
    let ground = Ground::new();
    let [broken, open] = ground.broken(&inside(NOTHING), &answers("mining", json!({})));
    assert_eq!(broken, set(&[]));
    assert_eq!(open, set(&NEVER_CHECKABLE));
    let [broken, open] = ground.broken(&inside(NOTHING), &answers("exploration", json!({})));
    assert_eq!(broken, set(&[]));
    assert_eq!(open, set(&["R29"]));
}

#[test]
fn each_spatial_rule_is_tripped_alone() {
    let ground = Ground::new();
    let existing = |application: &str| json!({ "application": application, "right": "C1", "change_reason": "integration", "yearly_output": 80 });
    let near = rectangle(cell(PROHIBITED) + 0.0305, 36.021, cell(PROHIBITED) + 0.045, 36.045);
    let half = rectangle(cell(MINE) + 0.001, 36.02, cell(MINE) + 0.03, 36.05);
    let beyond = rectangle(cell(NOTHING), 35.99, cell(NOTHING) + 0.03, 36.02);
    let tiny = square(cell(NOTHING), 36.02, 0.0149);
    let none = || json!({});
    let cases: [(&str, &str, String, Json); 18] = [
        ("R01", "exploration", inside(MINE), none()),
        ("R02", "exploration", tiny, none()),
        ("R03", "exploration", inside(DIVIDED), none()),
        ("R04", "exploration", inside(REDLINE), none()),
        ("R05", "mining", inside(PROHIBITED), existing("enlarge")),
        ("R06", "mining", near, none()),
        ("R07", "mining", inside(PROHIBITED), existing("renewal")),
        ("R08", "mining", inside(HERITAGE), none()),
        ("R09", "mining", inside(REDLINE), none()),
        ("R16", "mining", inside(DIVIDED), none()),
        ("R17", "exploration", inside(DEPOSIT), json!({ "purpose": "零星开采" })),
        ("R19", "mining", inside(METHANE_BASE), json!({ "comprehensive": false })),
        ("R20", "mining", inside(NATIONAL), none()),
        (
            "R25",
            "mining",
            half,
            json!({ "application": "change", "right": "C1", "change_reason": "other", "yearly_output": 80 }),
        ),
        ("R27", "mining", inside(PROTECTED), none()),
        ("R30", "mining", inside(GOVERNANCE), json!({ "restoration_plan": false })),
        ("R31", "mining", inside(METHANE_RIGHT), none()),
        ("R33", "mining", beyond, none()),
    ];
    let plan: Json = serde_json::from_str(include_str!("../../data/tunliu/source/plan.json")).unwrap();
    let spatial = plan["rules"].as_array().unwrap().iter().filter(|rule| rule["spatial"] == true);
    let spatial: Vec<_> = spatial.map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(cases.iter().map(|case| case.0).collect::<Vec<_>>(), spatial);
    for (rule, kind, wkt, changed) in cases {
        let [mut broken, _] = ground.broken(&wkt, &answers(kind, changed));
        // It sums up the others.
        broken.remove("R28");
        assert_eq!(broken, set(&[rule]), "{rule}");
    }
}

#[test]
fn each_rule_by_attribute_is_tripped_alone() {
    let ground = Ground::new();
    let cases: [(&str, Json); 17] = [
        ("R10", json!({ "capacity": 1000 })),
        ("R11", json!({ "mineral": "煤层气", "gas_capacity": 0.7, "wells": 93 })),
        (
            "R12",
            json!({ "application": "renewal", "right": "C1", "change_reason": "资源整合", "yearly_output": 91 }),
        ),
        ("R13", json!({ "size": "中型", "scale": "medium" })),
        ("R14", json!({ "mineral": "建筑石料用灰岩", "concentrated_area": false })),
        ("R15", json!(null)),
        ("R18", json!({ "coal_quality": ["高硫煤", "other"] })),
        ("R21", json!({ "applicant_kind": "other" })),
        ("R22", json!({ "papers": ["geological_report", "reclamation_plan"] })),
        ("R23", json!({ "coal_experience": "否" })),
        ("R24", json!({ "green_mine": false })),
        ("R26", json!({ "papers": ["geological_report", "environmental_assessment", "utilization_plan"] })),
        ("R29", json!(null)),
        ("R32", json!({ "mineral": "河砂", "scale": "medium", "concentrated_area": true })),
        ("R34", json!(null)),
        ("R35", json!({ "ch4_released": 30.5 })),
        ("R36", json!({})),
    ];
    for (rule, changed) in cases {
        let place = if rule == "R36" { inside(EXPIRED) } else { inside(NOTHING) };
        let Json::Object(_) = changed else {
            let [_, open] = ground.broken(&place, &answers("mining", json!({})));
            assert!(open.contains(rule), "{rule}");
            continue;
        };
        let [mut broken, _] = ground.broken(&place, &answers("mining", changed));
        // No conflict of a rule that must be kept, no refusal.
        let is_refused = broken.remove("R28");
        // Blocks are of coal here.
        broken.remove("R33");
        let expected = match rule {
            // One paper is asked for by two rules.
            "R26" => set(&["R22", "R26"]),
            rule => set(&[rule]),
        };
        assert_eq!(broken, expected, "{rule}");
        let rules = &ground.rules.rules;
        let must = rules.iter().find(|known| known.id == rule).unwrap().strength
            == plantiles::review::Strength::Must;
        assert_eq!(is_refused, must, "{rule}");
    }
}

#[test]
fn what_is_not_answered_or_not_there_is_not_checkable() {
    let ground = Ground::new();
    let mut some = answers("mining", json!({}));
    some.remove("restoration_plan");
    some.remove("degree");
    let review = ground.review(&inside(GOVERNANCE), &some);
    for (rule, reason) in [("R30", "（restoration_plan）"), ("R13", "（degree）")] {
        let (_, judgement) = review.judged().find(|(known, _)| known.id == rule).unwrap();
        assert_eq!(judgement.verdict, Verdict::NotCheckable);
        assert!(
            judgement.reasons.iter().any(|text| text.zh.contains(reason)),
            "{rule}: {:?}",
            judgement.reasons
        );
    }
    // The overlap is shown all the same.
    let (_, judgement) = review.judged().find(|(rule, _)| rule.id == "R30").unwrap();
    assert!((judgement.findings[0].overlap.as_ref().unwrap().share - 1.0).abs() < 1e-9);
    let none = Map::new();
    let review = ground.review(&inside(GOVERNANCE), &none);
    assert!(review.judgements.iter().all(|judgement| judgement.verdict != Verdict::Conflict));
    assert!(review.count(Verdict::NotCheckable) > 20);
}

/// What touches does not overlap, and what overlaps by less than the data are precise is named, and counts for nothing.
#[test]
fn touching_is_no_conflict_and_slivers_are_named() {
    let ground = Ground::new();
    let verdict = |west: f64| {
        let wkt = rectangle(west, 36.02, cell(MINE), 36.05);
        let mut review = ground.review(&wkt, &answers("exploration", json!({})));
        review.judgements.swap_remove(0)
    };
    let wide = rectangle(cell(MINE) - 0.03, 36.02, cell(MINE), 36.05);
    let touching = ground.review(&wide, &answers("exploration", json!({}))).judgements.swap_remove(0);
    assert_eq!(touching.verdict, Verdict::Pass);
    let overlapping = |degrees: f64| {
        let wkt = rectangle(cell(MINE) - 0.03, 36.02, cell(MINE) + degrees, 36.05);
        ground.review(&wkt, &answers("exploration", json!({}))).judgements.swap_remove(0)
    };
    // 3e-6° of longitude are 0.27 m here, 2e-5° 1.8 m.
    let sliver = overlapping(3e-6);
    assert_eq!(sliver.verdict, Verdict::Pass);
    assert!(sliver.findings[0].is_sliver && sliver.findings[0].overlap.as_ref().unwrap().area_km2 > 0.0);
    assert_eq!(overlapping(2e-5).verdict, Verdict::Conflict);
    assert_eq!(verdict(cell(MINE) - 0.03).verdict, Verdict::Pass);
}

/// The plan's own blocks by the plan's own rules: what its words force to overlap is found, see `conflicts.json`.
#[tokio::test(flavor = "multi_thread")]
async fn the_bundled_conflicts_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = bundled(folder.path()).await;
    let rules = Arc::new(Rules::load(None).unwrap());
    let file = bundle::geojson(&LayerId::new("exploration_blocks").unwrap()).unwrap();
    let blocks: Json = serde_json::from_slice(file).unwrap();
    for block in blocks["features"].as_array().unwrap() {
        let code = block["properties"]["code"].as_str().unwrap();
        let given = Given {
            answers: json!({ "kind": "exploration", "application": "new", "date": "2024-01-01" })
                .as_object()
                .unwrap()
                .clone(),
            ..Given::default()
        };
        let proposal = Proposal::read(block.to_string().as_bytes(), &given, &rules).unwrap();
        let review = Review::of(proposal, &rules, &catalog, &Memory::default()).unwrap();
        assert_eq!(review.notices.len(), 1, "the geometry is schematic");
        let first = &review.judgements[0];
        let block_rule = review.judged().find(|(rule, _)| rule.id == "R33").unwrap().1;
        assert_eq!(block_rule.verdict, Verdict::Pass, "{code}: {:?}", block_rule.reasons);
        if code == "KQ004" {
            assert_eq!(first.verdict, Verdict::Conflict);
            let [finding] = &first.findings[..] else { panic!("{}", first.findings.len()) };
            assert_eq!((finding.feature.layer.as_str(), finding.feature.id), ("cbm_exploration_rights", 1));
            let overlap = finding.overlap.as_ref().unwrap();
            assert!((overlap.area_km2 - 13.91).abs() < 0.001 && (overlap.share - 1.0).abs() < 1e-6);
        } else {
            assert_eq!(first.verdict, Verdict::Pass, "{code}: {:?}", first.reasons);
        }
    }
}

async fn bundled(folder: &Path) -> Catalog {
    let store = Arc::new(Store::open(folder).unwrap());
    let publisher = Publisher::new(&Config::default(), store).unwrap();
    let published = publisher.publish(Wanted::All, &[], &|_| {}).await.unwrap();
    let layers = published.snapshots.into_iter().map(|snapshot| {
        let tiles = publisher.tiles(snapshot, None).unwrap();
        Arc::new(PublishedLayer::after(None, tiles, jiff::Timestamp::UNIX_EPOCH))
    });
    Catalog::new(Origin::Bundled, &served_grid(), layers.collect(), 500_000)
}

/// Layers whose overlaps are compared.
const COMPARED: [&str; 7] = [
    "mining_rights",
    "prohibited_zones",
    "exploration_blocks",
    "national_planned_mining_areas",
    "energy_bases",
    "townships",
    "governance_zones",
];

/// A polygon of some corners around a place in the district, by a generator of its own: the same on every run.
fn random_polygon(state: &mut u64) -> String {
    let mut next = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let (lon, lat, corners) = (112.5 + 0.45 * next(), 36.2 + 0.2 * next(), 3 + (next() * 9.0) as usize);
    let radius = 0.005 + 0.06 * next();
    let corner = |place: usize, wobble: f64| {
        let angle = std::f64::consts::TAU * place as f64 / corners as f64;
        let radius = radius * (0.4 + 0.6 * wobble);
        format!("{} {}", lon + radius * angle.cos(), lat + radius * angle.sin())
    };
    let mut ring: Vec<String> = (0..corners).map(|place| corner(place, next())).collect();
    ring.push(ring[0].clone());
    format!("POLYGON(({}))", ring.join(", "))
}

/// Overlaps agree with `ST_Area(ST_Intersection(geography, geography))` to a millionth.
#[tokio::test(flavor = "multi_thread")]
async fn overlaps_are_those_of_postgis() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = bundled(folder.path()).await;
    let of: Vec<String> = COMPARED.iter().map(|layer| format!("{{ layer = \"{layer}\" }}")).collect();
    let rules = format!(
        "plan = {{ zh = \"试\", en = \"test\" }}\n[[rule]]\nid = \"X\"\nsection = \"\"\nstrength = \"must\"\nquotes = []\n\
         [[rule.check]]\ntest.outside.of = [{}]\n",
        of.join(", ")
    );
    let rules = Arc::new(Rules::parse(&rules).unwrap());
    let database = TestDatabase::migrated().await;
    let client = database.client().await;
    client.batch_execute("create table feature (layer text, id bigint, geom geometry)").await.unwrap();
    for layer in COMPARED {
        let file: Json =
            serde_json::from_slice(bundle::geojson(&LayerId::new(layer).unwrap()).unwrap()).unwrap();
        for feature in file["features"].as_array().unwrap() {
            let (id, geometry) = (feature["id"].as_i64().unwrap(), feature["geometry"].to_string());
            let insert = "insert into feature values ($1, $2, st_setsrid(st_geomfromgeojson($3), 4490))";
            client.execute(insert, &[&layer, &id, &geometry]).await.unwrap();
        }
    }
    let (mut state, mut compared) = (20_211_231, 0);
    for _ in 0..60 {
        let wkt = random_polygon(&mut state);
        let proposal = Proposal::read(wkt.as_bytes(), &Given::default(), &rules).unwrap();
        let review = Review::of(proposal, &rules, &catalog, &Memory::default()).unwrap();
        let select = "select layer, id, st_area(st_intersection(geom::geography, st_geomfromtext($1, 4490)::geography)),
                             st_area(st_geomfromtext($1, 4490)::geography)
                      from feature where st_intersects(geom, st_geomfromtext($1, 4490))";
        let expected = client.query(select, &[&wkt]).await.unwrap();
        for row in &expected {
            let (layer, id, area, whole): (String, i64, f64, f64) =
                (row.get(0), row.get(1), row.get(2), row.get(3));
            assert!((review.area_km2 * 1e6 - whole).abs() <= 1e-6 * whole, "{wkt}: {whole}");
            let found = review.judgements[0]
                .findings
                .iter()
                .find(|f| f.feature.layer.as_str() == layer && f.feature.id == id);
            let found = found
                .and_then(|finding| finding.overlap.as_ref())
                .map_or(0.0, |overlap| overlap.area_km2 * 1e6);
            // A hundredth of a square metre of the smallest.
            assert!(
                (found - area).abs() <= 1e-6 * area + 0.01,
                "{layer} {id}, {wkt}: {found}, PostGIS has {area}"
            );
            compared += 1;
        }
        let real = review.judgements[0].findings.iter().filter(|finding| !finding.is_sliver).count();
        assert!(real <= expected.len(), "{wkt}");
    }
    assert!(compared > 200, "{compared}");
}
