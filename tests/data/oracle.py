"""Recomputes every claim the data set makes, from its files and the plan, without the generator.

Run as `python3 -m pytest tests/data`; PLAN_DATA names another folder of files to test.
"""

import math
import os
import subprocess
import sys

import pytest
import shapely
from cells import CELLS, COMMON, OWN_TESTS, SPECIAL, SPECIAL_KEYS, TABLES, TWINS
from geodesy import CGCS2000, DATA, FEATURES, LAYERS, NEIGHBOURS, OUTLINE, PLAN, PLANNED, ROOT, SHAPES, SOURCE
from geodesy import area, length, named, outside, overlap, read

# What rounding to 7 decimals can shave off or add along a border, in km².
SLIVER = 1e-5
TOUCH = 1e-6

CONTRACT = """energy_bases national_planned_mining_areas key_exploration_areas industry_key_regions exploration_blocks mining_blocks
prohibited_zones mining_rights exploration_survey_areas cbm_exploration_rights governance_zones prevention_zones
admin_boundary townships map_sheets_50k faults folds rivers reservoirs roads""".split()
COMMON_FIELDS = "code name plan_code admin_code level mineral area_km2 valid_from valid_to geometry_status source_section".split()
CORNERED = ("exploration_blocks", "mining_blocks", "mining_rights")

# (layer, id): drawn area as a share of the stated one, and why. Everything else is within 0.1 %.
OUTLINE_SHARE = 1182.12 / 1191.1
BASES_SHARE = 1182.12 / (355.17 + 833.61)
AREA_EXCEPTIONS = {
    ("admin_boundary", 1): OUTLINE_SHARE,  # the true outline is smaller than the stated district
    ("energy_bases", 1): BASES_SHARE,  # the two coal bases together exceed the outline
    ("energy_bases", 2): BASES_SHARE,
}

# (layer, id): what may contain it besides the outline.
BEYOND = {
    ("governance_zones", 1): ("襄垣县", "潞州区"),
    ("reservoirs", 2): ("潞州区",),
    ("reservoirs", 3): ("长子县",),
    ("reservoirs", 4): ("襄垣县",),
}


def cell(feature, key):
    """A cell of the plan: its words or number, None where the plan is silent."""
    key, part = key if isinstance(key, tuple) else (key, None)
    value = feature.get(key)
    if part is not None and value is not None:
        value = value[part]
    return None if value == "" else value


def same(value, planned):
    """Equal words, or equal numbers where the column is a number."""
    if isinstance(value, (int, float)) and planned is not None:
        return value == float(planned)
    return value == planned


# ---- form ----------------------------------------------------------------------------------


def test_layers_are_those_of_the_contract():
    assert list(LAYERS) == CONTRACT
    for layer in LAYERS.values():
        assert set(layer) - {"disjoint"} == {"id", "title", "group", "geometry", "standard_code", "source", "description", "minzoom", "fields"}
        assert layer.get("disjoint", False) == (layer["id"] in ("exploration_blocks", "mining_blocks", "mining_rights"))
        names = [field["name"] for field in layer["fields"]]
        assert names[: len(COMMON_FIELDS)] == COMMON_FIELDS and len(set(names)) == len(names)
        assert layer["group"] in ("planning", "status", "base")
        assert layer["geometry"] == ("line" if layer["id"] in ("faults", "folds", "rivers", "roads") else "polygon")
        assert layer["source"] == PLANNED[layer["id"]]["source"]
        for titled in [layer, *layer["fields"]]:
            assert titled["title"]["zh"] and titled["title"]["en"]
        assert {field["type"] for field in layer["fields"]} <= {"integer", "real", "text", "date"}


@pytest.mark.parametrize("name", CONTRACT)
def test_files_have_one_feature_a_line_with_typed_fields_in_order(name):
    text = (DATA / f"{name}.geojson").read_text(encoding="utf-8")
    features = FEATURES[name]
    assert len(text.splitlines()) == len(features) + 2
    types = {"integer": int, "real": float, "text": str, "date": str}
    fields = {field["name"]: types[field["type"]] for field in LAYERS[name]["fields"]}
    for number, feature in enumerate(features, start=1):
        assert feature["id"] == number
        assert list(feature["properties"]) == list(fields)
        for column, value in feature["properties"].items():
            assert value is None or type(value) is fields[column], column


@pytest.mark.parametrize("name", CONTRACT)
def test_geometry_is_valid_closed_and_on_the_grid(name):
    kind = "MultiLineString" if LAYERS[name]["geometry"] == "line" else "MultiPolygon"
    for feature, geometry in zip(FEATURES[name], SHAPES[name]):
        assert feature["geometry"]["type"] == kind
        assert geometry.is_valid and not geometry.is_empty
        for x, y in shapely.get_coordinates(geometry):
            assert x == round(x, 7) and y == round(y, 7)
        if kind == "MultiPolygon":
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    assert ring[0] == ring[-1] and len(ring) >= 4
                assert shapely.LinearRing(polygon[0]).is_ccw
                assert not any(shapely.LinearRing(hole).is_ccw for hole in polygon[1:])


# ---- the plan's words and figures ------------------------------------------------------------


@pytest.mark.parametrize("name", CONTRACT)
def test_every_cell_is_the_plan_s(name):
    planned = PLANNED[name]["features"]
    assert len(FEATURES[name]) == len(planned) == PLANNED[name]["count"]
    for feature, source in zip(FEATURES[name], planned):
        properties = feature["properties"]
        for column, key in CELLS[name].items():
            assert same(properties[column], cell(source, key)), (column, properties[column])
        for column, value in COMMON.items():
            assert properties[column] == value
        assert properties["source_section"] == PLANNED[name]["source"]
        assert properties["geometry_status"] == ("derived" if name in ("admin_boundary", "map_sheets_50k") else "schematic")
        silent = set(properties) - set(CELLS[name]) - OWN_TESTS - SPECIAL.get(name, set())
        assert [column for column in silent if properties[column] is not None] == []


@pytest.mark.parametrize("name", CONTRACT)
def test_no_cell_of_the_plan_is_left_out(name):
    carried = {key[0] if isinstance(key, tuple) else key for key in CELLS[name].values()}
    for source in PLANNED[name]["features"]:
        for key, value in source.items():
            if key in carried or key in SPECIAL_KEYS.get(name, set()) or value is None:
                continue
            if key in TWINS:
                assert float(value) == float(source[TWINS[key]]), key
            elif key == "area_km2":
                stated = next(source[k] for k in carried if "面积" in k)
                assert float(stated) == value
            else:
                pytest.fail(f"{name}: {key} is not in the data")


def test_special_columns():
    for feature, source in zip(FEATURES["roads"], PLANNED["roads"]["features"]):
        stated = source["class"]
        assert feature["properties"]["road_class"] == (None if stated.startswith("unstated") else stated)
    assert [f["properties"]["in_district"] for f in FEATURES["reservoirs"]] == ["是", "edge (最低处为东部漳泽水库)", "否", "否"]
    assert [f["in_district"] for f in PLANNED["reservoirs"]["features"]] == [True, "edge (最低处为东部漳泽水库)", False, False]
    assert {f["sheet_no"] for f in PLANNED["map_sheets_50k"]["features"]} == {None}
    assert all(f["properties"]["valid_from"] == f["properties"]["valid_from_text"].replace(".", "-") for f in FEATURES["mining_rights"])
    assert all(f["properties"]["valid_to"] == f["properties"]["valid_to_text"].replace(".", "-") for f in FEATURES["mining_rights"])


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_the_plan_s(name):
    table = read(DATA / "tables" / f"{name}.json")
    assert set(table) == {"id", "title", "source", "fields", "rows"}
    assert table["id"] == name and table["source"] == PLANNED[name]["source"]
    assert [field["name"] for field in table["fields"]] == list(TABLES[name])
    planned = PLANNED[name]["features"]
    assert len(table["rows"]) == len(planned)
    used = {key[0] if isinstance(key, tuple) else key for key in TABLES[name].values()}
    for row, source in zip(table["rows"], planned):
        for value, key in zip(row, TABLES[name].values(), strict=True):
            assert same(value, cell(source, key))
        assert set(source) - used <= {"area_km2"}


def test_measures_are_the_plan_s():
    stated = [[layer["id"], layer["management_measures"]["text"]] for layer in PLAN["layers"] if "management_measures" in layer]
    assert read(DATA / "tables" / "management_measures.json")["rows"] == stated and stated


# ---- areas and lengths -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CONTRACT if LAYERS[name]["geometry"] == "polygon"])
def test_drawn_areas_are_the_stated_ones(name):
    for feature, geometry in zip(FEATURES[name], SHAPES[name]):
        stated = feature["properties"]["area_km2"]
        if stated is not None:
            share = AREA_EXCEPTIONS.get((name, feature["id"]), 1.0)
            tolerance = 1e-5 if share != 1.0 else 1e-3
            assert area(geometry) / stated == pytest.approx(share, rel=tolerance), feature["id"]


def test_area_exceptions_are_needed():
    for (name, number), share in AREA_EXCEPTIONS.items():
        assert abs(share - 1) > 1e-3
        assert FEATURES[name][number - 1]["properties"]["area_km2"] is not None


def test_lengths():
    for feature, geometry in zip(FEATURES["rivers"], SHAPES["rivers"]):
        assert length(geometry.geoms[0]) == pytest.approx(feature["properties"]["length_in_district_km"], rel=1e-3)
    for name in ("faults", "folds"):
        for feature, geometry in zip(FEATURES[name], SHAPES[name]):
            stated, drawn = feature["properties"]["length_km"], length(geometry)
            if stated and feature["properties"].get("length_is_minimum"):
                assert stated < drawn < stated * 1.1
            elif stated:
                assert drawn == pytest.approx(stated, rel=1e-3)


def test_strikes():
    """End to end, within a right angle's half of the stated strike."""
    middle = {"北东-南西": 45, "北东—南西": 45, "北西-南东": 135, "近东西": 90}
    structures = [(f, g, "strike") for f, g in zip(FEATURES["faults"], SHAPES["faults"])]
    structures += [(f, g, "axis_strike") for f, g in zip(FEATURES["folds"], SHAPES["folds"])]
    for feature, geometry, column in structures:
        strike = feature["properties"][column]
        if strike is None:
            continue
        (x1, y1), (x2, y2) = geometry.geoms[0].coords[0], geometry.geoms[0].coords[-1]
        azimuth = CGCS2000.inv(x1, y1, x2, y2)[0] % 180
        apart = abs(azimuth - middle[strike])
        assert min(apart, 180 - apart) <= (15 if strike == "近东西" else 35), feature["properties"]["name"]


def test_faults_dip_to_the_right():
    toward = {"北西": 315, "南东": 135, "南西": 225, "南": 180}
    for feature, geometry in zip(FEATURES["faults"], SHAPES["faults"]):
        (x1, y1), (x2, y2) = geometry.geoms[0].coords[0], geometry.geoms[0].coords[-1]
        right = CGCS2000.inv(x1, y1, x2, y2)[0] + 90
        apart = abs((right - toward[feature["properties"]["dip_direction"]] + 180) % 360 - 180)
        assert apart < 45, feature["properties"]["name"]


# ---- place -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTRACT)
def test_everything_is_inside_the_outline_or_listed(name):
    if name == "map_sheets_50k":
        return  # frames; see test_sheets
    for feature, geometry in zip(FEATURES[name], SHAPES[name]):
        allowed = BEYOND.get((name, feature["id"]))
        if LAYERS[name]["geometry"] == "line":
            beyond = geometry.difference(OUTLINE)
            assert beyond.is_empty or length(beyond) < 1e-3, feature["id"]  # a road's end on the border, rounded
        elif allowed:
            # The neighbours' own outlines leave metres of gap along the common border.
            home = shapely.union_all([OUTLINE, *(NEIGHBOURS[county] for county in allowed)]).buffer(3e-4)
            assert outside(geometry, home) < SLIVER, feature["id"]
            assert outside(geometry, OUTLINE) > 0.1, "not beyond the outline: drop it from the list"
        else:
            assert outside(geometry, OUTLINE) < SLIVER, feature["id"]


def test_sheets():
    frames = {sheet["sheet"]: sheet for sheet in read(SOURCE / "outline_check.json")["sheets_50k_candidates"]}
    assert len(frames) == 4
    for feature, geometry in zip(FEATURES["map_sheets_50k"], SHAPES["map_sheets_50k"]):
        frame = frames[feature["properties"]["sheet_no"]]
        assert feature["properties"]["name"] == frame["name_guess"]
        assert list(geometry.bounds) == pytest.approx(frame["bbox"], abs=1e-6)
        assert geometry.geoms[0].equals(geometry.envelope) or area(geometry) == pytest.approx(frame["sheet_km2"], rel=1e-3)


def test_places_the_plan_names():
    township, base = named("townships"), named("energy_bases")
    middle_x, middle_y = OUTLINE.centroid.coords[0]
    assert base["晋中煤炭基地"].centroid.x < middle_x < base["晋东煤炭基地"].centroid.x
    methane = base["沁水盆地煤层气基地"]
    assert len(methane.geoms) == 2
    southwest, northeast = sorted((part.centroid for part in methane.geoms), key=lambda c: c.x)
    assert southwest.x < middle_x and southwest.y < middle_y < northeast.y and northeast.x > middle_x

    mining = named("national_planned_mining_areas")
    assert overlap(mining["霍东煤炭国家规划矿区"], township["张店镇"]) > 0.99 * area(mining["霍东煤炭国家规划矿区"])
    assert overlap(mining["晋城煤炭国家规划矿区"], township["李高乡"]) > 0.99 * area(mining["晋城煤炭国家规划矿区"])
    assert mining["潞安煤炭国家规划矿区"].centroid.x > middle_x
    assert overlap(mining["潞安煤炭国家规划矿区"], mining["晋城煤炭国家规划矿区"]) < SLIVER
    southeast = mining["沁水—屯留煤层气国家规划矿区"].centroid
    assert southeast.x > middle_x and southeast.y < middle_y

    key = SHAPES["key_exploration_areas"][0]
    assert key.centroid.x < middle_x and key.centroid.y > middle_y
    coal, gas = SHAPES["industry_key_regions"]
    assert coal.centroid.x > middle_x and gas.centroid.x < middle_x
    assert outside(gas, key) < SLIVER
    assert SHAPES["prevention_zones"][0].centroid.x > middle_x
    assert outside(SHAPES["prevention_zones"][0], mining["潞安煤炭国家规划矿区"]) < SLIVER
    for county in (OUTLINE, NEIGHBOURS["襄垣县"], NEIGHBOURS["潞州区"]):
        assert overlap(SHAPES["governance_zones"][0], county) > 50


def test_rivers_and_mines_meet_the_townships_named():
    township, river = named("townships"), named("rivers")
    for name in ("张店镇", "河神庙乡", "余吾镇", "麟绛镇", "路村乡", "李高乡", "上村镇"):
        assert river["绛河"].intersects(township[name]), name
    assert river["岚水河"].intersects(township["丰宜镇"]) and river["谷河"].intersects(township["吾元镇"])
    assert river["绛河"].intersects(named("reservoirs")["屯绛水库"])
    mined = shapely.union_all(SHAPES["mining_rights"])
    for name in ("李高乡", "渔泽镇", "路村乡", "余吾镇", "上村镇"):
        assert mined.intersects(township[name]), name


def test_survey_areas_cover_their_namesakes():
    surveyed = SHAPES["exploration_survey_areas"]
    shanglian, _, heshenmiao, _ = SHAPES["exploration_blocks"]
    gucheng, changcun, _, yuwu, _ = SHAPES["mining_rights"]
    _, kangzhuang, _ = SHAPES["mining_blocks"]
    namesakes = {1: kangzhuang, 2: heshenmiao, 3: heshenmiao, 4: yuwu, 5: shanglian, 6: gucheng, 14: changcun}
    for number, inner in namesakes.items():
        assert outside(inner, surveyed[number - 1]) < TOUCH, number
    cbm = named("cbm_exploration_rights")
    assert outside(SHAPES["mining_blocks"][0], cbm["山西沁水盆地夏店地区煤层气勘查"]) < TOUCH
    assert outside(SHAPES["mining_blocks"][2], cbm["山西沁水盆地沁南区块煤层气勘查"]) < TOUCH
    assert outside(cbm["山西沁源区块煤层气勘查"], SHAPES["key_exploration_areas"][0]) < 0.05 * area(cbm["山西沁源区块煤层气勘查"])


# ---- partitions ------------------------------------------------------------------------------


def edges(geometry):
    """Every edge as an unordered pair of exact vertices."""
    found = set()
    for polygon in geometry.geoms:
        ring = list(polygon.exterior.coords)
        found |= {frozenset(pair) for pair in zip(ring, ring[1:])}
    return found


@pytest.mark.parametrize("name, count", [("energy_bases", 2), ("townships", 11)])
def test_partitions_share_their_borders_exactly(name, count):
    """Each edge belongs to the outline or to exactly two parts: no gap, no overlap, no rounding."""
    parts = SHAPES[name][:count]
    border = edges(SHAPES["admin_boundary"][0])
    uses = {}
    for part in parts:
        assert not any(polygon.interiors for polygon in part.geoms)
        for edge in edges(part):
            uses[edge] = uses.get(edge, 0) + 1
    assert {edge for edge, n in uses.items() if n == 1} == border
    assert all(n <= 2 for n in uses.values()) and any(n == 2 for n in uses.values())
    assert shapely.union_all(parts).symmetric_difference(OUTLINE).area == 0
    for i, part in enumerate(parts):
        assert all(part.intersection(other).area == 0 for other in parts[:i])


def test_bases_share_one_unbroken_border():
    west, east = SHAPES["energy_bases"][:2]
    shared = edges(west) & edges(east)
    assert len(shared) > 50
    assert shapely.line_merge(shapely.MultiLineString([tuple(edge) for edge in shared])).geom_type == "LineString"


# ---- planning rules --------------------------------------------------------------------------


def test_rules_are_broken_only_where_listed():
    """R01 and R05, and no overlap within a layer: what is found equals conflicts.json."""
    pairs = [(a, "prohibited_zones") for a in CORNERED]
    pairs += [("exploration_blocks", "mining_rights"), ("mining_blocks", "mining_rights")]
    pairs += [("exploration_blocks", "cbm_exploration_rights"), ("exploration_blocks", "mining_blocks")]
    pairs += [(a, a) for a in CORNERED]
    found = {}
    for one, other in pairs:
        for i, a in enumerate(SHAPES[one], start=1):
            for j, b in enumerate(SHAPES[other], start=1):
                if one == other and j <= i:
                    continue
                shared = overlap(a, b)
                if shared > TOUCH:
                    found[one, i, other, j] = shared
    listed = read(DATA / "conflicts.json")
    assert {(c["layer"], c["id"], c["other_layer"], c["other_id"]) for c in listed} == set(found)
    for conflict in listed:
        key = (conflict["layer"], conflict["id"], conflict["other_layer"], conflict["other_id"])
        assert conflict["overlap_km2"] == pytest.approx(found[key], abs=2e-3)
        assert conflict["reason"]["zh"] and conflict["reason"]["en"]


def test_blocks_keep_clear_of_rights_and_zones():
    """Not only no overlap but a visible gap, 50 m and more."""
    for one, other in [(a, "prohibited_zones") for a in CORNERED] + [("exploration_blocks", "mining_rights"), ("mining_blocks", "mining_rights")]:
        for a in SHAPES[one]:
            for b in SHAPES[other]:
                assert a.distance(b) * 111 * math.cos(math.radians(36.5)) > 0.05


def test_a_survey_area_meets_at_most_one_exploration_block():
    """R03."""
    for number, surveyed in enumerate(SHAPES["exploration_survey_areas"], start=1):
        assert sum(overlap(surveyed, block) > TOUCH for block in SHAPES["exploration_blocks"]) <= 1, number


def test_blocks_and_rights_have_6_to_20_corners():
    for name in CORNERED:
        for geometry in SHAPES[name]:
            (polygon,) = geometry.geoms
            assert not polygon.interiors and 6 <= len(polygon.exterior.coords) - 1 <= 20
            box = polygon.minimum_rotated_rectangle
            assert polygon.area < 0.97 * box.area, "a mere rectangle"


def test_the_same_area_twice():
    assert FEATURES["exploration_blocks"][3]["geometry"] == FEATURES["mining_blocks"][2]["geometry"]


def test_road_zones_are_corridors():
    roads = named("roads")
    metre = 1 / 111_000
    for number, names in {7: ["G309"], 11: ["S228"], 12: ["屯留-长治快速连接线", "北康线", "屯东线"]}.items():
        zone = SHAPES["prohibited_zones"][number - 1]
        lines = shapely.union_all([roads[name] for name in names])
        assert length(lines.difference(zone.buffer(metre))) < 0.01, "the road leaves its corridor"
        assert outside(zone, lines.buffer(0.075 / 89, cap_style="flat").union(lines.buffer(60 / 89_000))) < 0.01
        width = area(zone) / length(lines)
        assert 0.06 < width < 0.11
    others = [g for i, g in enumerate(SHAPES["prohibited_zones"], start=1) if i not in (7, 11, 12)]
    assert all(0.05 < area(geometry) < 15 for geometry in others)


# ---- the generator ---------------------------------------------------------------------------


def test_generating_again_writes_the_same_bytes(tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "data" / "generate", "--out", tmp_path], check=True, cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {p.relative_to(DATA): p.read_bytes() for p in DATA.rglob("*") if p.is_file() and DATA / "source" not in p.parents}
    assert written.keys() == kept.keys()
    assert [str(path) for path in kept if written[path] != kept[path]] == []
