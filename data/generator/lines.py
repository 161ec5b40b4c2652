"""Rivers, roads, faults, folds and the reservoirs that rivers fill."""

import shapely
from shapely.ops import substring

from .plane import point, unproject
from .shapes import curve, lake, river, stretch, wobble

# Drawn along the plan's words; the first and last place of a road lie beyond the outline
# where it leaves the district, and the road is clipped there.
ROADS = {
    "G309": [
        (112.430, 36.338), (112.500, 36.334), (112.545, 36.347), (112.590, 36.346), (112.640, 36.331), (112.700, 36.328),
        (112.760, 36.321), (112.820, 36.322), (112.860, 36.330), (112.905, 36.327), (112.936, 36.317), (112.956, 36.304),
        (112.995, 36.301), (113.060, 36.299),
    ],
    "G208": [
        (113.020, 36.420), (113.013, 36.380), (113.016, 36.345), (113.006, 36.310), (112.984, 36.268), (112.986, 36.240),
        (112.975, 36.195),
    ],
    "太长高速公路": [
        (112.950, 36.410), (112.944, 36.380), (112.950, 36.345), (112.944, 36.310), (112.948, 36.280), (112.940, 36.225),
    ],
    "长临高速": [
        (112.965, 36.215), (112.935, 36.253), (112.880, 36.262), (112.810, 36.256), (112.750, 36.252), (112.690, 36.240),
        (112.640, 36.225), (112.590, 36.235), (112.540, 36.240),
    ],
    "S228": [
        (112.730, 36.500), (112.731, 36.450), (112.713, 36.425), (112.694, 36.402), (112.694, 36.360), (112.696, 36.328),
        (112.705, 36.290), (112.703, 36.255), (112.712, 36.205),
    ],
    "S222": [
        (112.870, 36.460), (112.866, 36.420), (112.850, 36.385), (112.862, 36.345), (112.884, 36.318), (112.868, 36.282),
        (112.848, 36.230),
    ],
    "屯龙线": [(112.880, 36.320), (112.910, 36.348), (112.938, 36.365), (112.975, 36.372), (113.012, 36.378)],
    "官三线": [
        (112.836, 36.372), (112.790, 36.392), (112.750, 36.420), (112.720, 36.438), (112.690, 36.462), (112.682, 36.485),
    ],
    "汾屯线": [
        (112.884, 36.310), (112.850, 36.292), (112.815, 36.283), (112.778, 36.268), (112.740, 36.275), (112.690, 36.262),
        (112.655, 36.246), (112.610, 36.255), (112.565, 36.250),
    ],
    "屯史线": [
        (112.892, 36.308), (112.918, 36.286), (112.945, 36.262), (112.962, 36.256), (112.990, 36.262), (113.010, 36.256),
    ],
    "漳后线": [
        (112.590, 36.348), (112.602, 36.380), (112.640, 36.400), (112.690, 36.398), (112.745, 36.400), (112.800, 36.415),
        (112.850, 36.420),
    ],
    "常黑线": [
        (112.585, 36.345), (112.560, 36.315), (112.570, 36.290), (112.600, 36.270), (112.640, 36.262), (112.660, 36.240),
    ],
    "屯留-长治快速连接线": [(112.900, 36.313), (112.925, 36.308), (112.960, 36.294), (113.000, 36.291), (113.060, 36.287)],
    "北康线": [(112.957, 36.304), (112.972, 36.298), (112.979, 36.286), (112.982, 36.273)],
    "屯东线": [(112.925, 36.308), (112.938, 36.292), (112.958, 36.278), (112.982, 36.273), (113.012, 36.270)],
}

# 绛河 rises twice in the west and joins at 张店; the lengths of rivers are the main stem's.
JIANG = [
    (112.478, 36.340), (112.520, 36.328), (112.560, 36.338), (112.592, 36.341), (112.640, 36.325), (112.680, 36.333),
    (112.730, 36.326), (112.770, 36.330), (112.800, 36.326), (112.850, 36.324), (112.890, 36.332), (112.925, 36.326),
    (112.950, 36.313), (112.990, 36.307), (113.0335, 36.3075),
]
JIANG_NORTH = [(112.500, 36.402), (112.528, 36.385), (112.556, 36.362)]
JIANG_CONFLUENCE = (112.592, 36.341)
RIVERS = {
    "岚水河": [
        (112.610, 36.272), (112.632, 36.260), (112.660, 36.247), (112.705, 36.257), (112.745, 36.263), (112.772, 36.261),
        (112.7865, 36.2475),
    ],
    "谷河": [(112.688, 36.420), (112.702, 36.438), (112.728, 36.451), (112.747, 36.4745)],
}

# The named lines of villages from one end to the other, so that the fault dips to the right: map symbols put its
# ticks there.
FAULTS = {
    "西川正断层": ([(112.848, 36.443), (112.742, 36.430), (112.700, 36.412), (112.655, 36.396), (112.600, 36.375)], 22.3),
    "文王山北正断层": ([
        (112.912, 36.400), (112.860, 36.389), (112.780, 36.367), (112.710, 36.355), (112.640, 36.337),
    ], 25.6),
    "文王山南正断层": ([
        (112.690, 36.326), (112.745, 36.342), (112.815, 36.355), (112.900, 36.378), (112.975, 36.392),
    ], 25.4),
    "余吾逆断层": ([(112.798, 36.352), (112.832, 36.328), (112.862, 36.292)], 9.0),
    "西魏正断层": ([(112.884, 36.284), (112.925, 36.281), (112.967, 36.285)], 7.5),
}
FOLDS = {
    "夏店-上贾庄背斜": ([(112.892, 36.418), (112.846, 36.400), (112.796, 36.373), (112.763, 36.343)], 15.0),
    "苏村背斜": ([(112.915, 36.385), (112.920, 36.340), (112.912, 36.285)], 11.0),
    "许村向斜": ([(112.962, 36.382), (112.968, 36.340), (112.958, 36.295)], 9.5),
}


def draw_roads(outline):
    def road(name, places):
        line = wobble(curve(places, step=0.2), f"road {name}", 0.22, 3.5)
        return longest(line.intersection(outline))

    return {name: road(name, places) for name, places in ROADS.items()}


def draw_rivers(plan_rivers, outline):
    """Each main stem has the plan's length inside the district; 绛河 also shows its second source."""
    length = {feature["name"]: feature["length_in_district_km"] for feature in plan_rivers}
    stems = {"绛河": river(JIANG, "绛河", length["绛河"], wavelength=2.5)}
    stems |= {name: river(places, name, length[name], wavelength=1.7) for name, places in RIVERS.items()}
    for name, stem in stems.items():
        if not outline.contains(stem):
            raise ValueError(f"{name} leaves the district")
    mouth = stems["绛河"].interpolate(stems["绛河"].project(shapely.Point(point(JIANG_CONFLUENCE))))
    mouth = unproject(mouth).coords[0]
    tributary = wobble(curve([*JIANG_NORTH, mouth], step=0.09), "绛河北源", 0.6, 2.2)
    return stems | {"绛河": shapely.MultiLineString([stems["绛河"], tributary])}


def draw_structures(traces, name_space):
    """Fault and fold traces with the stated length (the minimum where it is a minimum)."""
    return {
        name: stretch(wobble(curve(places, step=0.25), f"{name_space} {name}", 0.3, 9.0), length)
        for name, (places, length) in traces.items()
    }


def draw_reservoirs(jiang):
    """屯绛 on the river; the three others where the plan puts them, at or beyond the border."""
    stem = jiang.geoms[0]
    dam = stem.project(shapely.Point(point((112.812, 36.326))))
    tail = substring(stem, dam - 5.2, dam)
    return {
        "屯绛水库": lake(tail, 1.15, "屯绛水库"),
        "漳泽水库": lake(curve([
            (113.030, 36.268), (113.043, 36.290), (113.046, 36.312), (113.062, 36.330),
        ], 0.1), 2.4, "漳泽水库"),
        "鲍家河水库": lake(curve([(112.789, 36.222), (112.806, 36.214), (112.826, 36.210)], 0.1), 1.1, "鲍家河水库"),
        "后湾水库": lake(curve([(112.800, 36.505), (112.822, 36.522), (112.850, 36.530)], 0.1), 1.9, "后湾水库"),
    }


def longest(lines):
    """The through road, without the snippets a crooked border leaves."""
    return max(getattr(lines, "geoms", [lines]), key=lambda part: part.length)
