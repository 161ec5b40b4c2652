"""The 12 prohibited zones: built-up land, a river park, a water source and road corridors."""

import shapely
from shapely.ops import substring

from .plane import point
from .shapes import blob, built_up, corridor

# Wide enough to see at the scale of a district map, near the land a first-class road takes.
ROAD_WIDTH = {7: 0.10, 11: 0.08, 12: 0.08}  # km
ROADS = {7: ["G309"], 11: ["S228"], 12: ["屯留-长治快速连接线", "北康线", "屯东线"]}


def draw_prohibited(roads, jiang, outline):
    """By the plan's item number. Item 1 is drawn as the built-up town and its park."""
    stem = jiang.geoms[0]
    past_the_seat = stem.project(shapely.Point(point((112.890, 36.332))))
    park = substring(stem, past_the_seat - 2.6, past_the_seat + 2.6).buffer(0.14)
    areas = {
        1: shapely.union_all([
            built_up((112.841, 36.364), (2.3, 1.5), "余吾镇"),
            built_up((112.843, 36.350), (2.2, 1.1), "余吾工业园", turn=-4),
        ]),
        2: built_up((112.887, 36.313), (3.9, 2.7), "中心城区", turn=5, blocks=14),
        3: park,
        4: built_up((113.0225, 36.349), (1.1, 1.7), "渔泽镇", turn=-8),
        5: shapely.union_all([
            built_up((112.922, 36.3275), (1.8, 0.9), "经济技术开发区", turn=10),
            built_up((112.888, 36.3375), (1.3, 0.6), "路村工业园区", turn=4),
        ]),
        6: built_up((112.993, 36.283), (1.5, 0.9), "康庄医药工业园", turn=3),
        8: built_up((112.866, 36.336), (0.42, 0.34), "看守所", blocks=3),
        9: blob((112.762, 36.3265), (1.6, 0.55), "水源地", turn=5, roughness=0.1),
        10: shapely.affinity.rotate(shapely.box(-1.3, -0.25, 1.3, 0.25), 18, origin=(0, 0)),
    }
    areas[10] = shapely.affinity.translate(areas[10], *point((112.879, 36.2865)))
    for number, names in ROADS.items():
        areas[number] = shapely.union_all([corridor(roads[name], ROAD_WIDTH[number]) for name in names])
    return {number: area.intersection(outline) for number, area in sorted(areas.items())}
