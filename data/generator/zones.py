"""Planning zones with natural edges: bases, planned mining areas, key areas, governance."""

import numpy
import shapely
from shapely.geometry import LineString

from .plane import project, solve, unproject
from .shapes import blob, blob_of_area, largest, noise, resample, side, side_of_area

# The border of the two coal bases runs between these two vertices of the outline.
BASE_BORDER_NORTH = (112.620, 36.430)
BASE_BORDER_SOUTH = (112.628, 36.194)


def coal_bases(plan_features, outline):
    """晋中 (west) and 晋东 (east): a partition of the outline with one border.

    Their stated areas add up to more than the outline, so both keep their proportion. The
    border ends at outline vertices, is rounded once and cuts the rounded outline: the two
    sides share every vertex. The result is in longitude and latitude.
    """
    west, east = (feature["area_km2"] for feature in plan_features[:2])
    ring = unproject(outline)
    vertices = numpy.array(ring.exterior.coords)
    ends = [vertices[numpy.hypot(*(vertices - end).T).argmin()] for end in (BASE_BORDER_NORTH, BASE_BORDER_SOUTH)]
    straight = resample(project(LineString(ends)), 0.25)
    along = numpy.linspace(0, straight.length, len(straight.coords))
    ease = numpy.sin(numpy.pi * along / straight.length)
    wander = 1.1 * numpy.minimum(1, 3 * ease) * noise("base border", 11.0)(along)

    def halves(bulge):
        xy = numpy.array(straight.coords) + numpy.outer(wander + bulge * ease, (1, 0))
        border = numpy.vstack([ends[0], shapely.get_coordinates(unproject(LineString(xy)))[1:-1], ends[1]])
        faces = shapely.polygonize([shapely.union_all([LineString(border), ring.exterior])]).geoms
        if len(faces) != 2:
            raise ValueError("the border of the bases leaves the outline")
        return sorted(faces, key=lambda face: face.centroid.x)

    share = outline.area * west / (west + east)
    bulge = solve(lambda b: project(halves(b)[0]).area, share, -5.0, 5.0)
    return halves(bulge)


def methane_base(outline):
    """沁水盆地煤层气基地: 东北部及西南部."""
    northeast = side(outline, (112.880, 36.386), -62, "cbm base ne", amplitude=0.9)
    southwest = side(outline, (112.640, 36.262), 122, "cbm base sw", amplitude=0.9)
    return shapely.union_all([northeast, southwest])


def planned_mining_areas(plan_features, outline):
    area = {feature["名称"]: feature["area_km2"] for feature in plan_features}
    huodong = blob_of_area(area["霍东煤炭国家规划矿区"], outline, (112.462, 36.325), (1.9, 2.6), "霍东", turn=15)
    jincheng = blob_of_area(area["晋城煤炭国家规划矿区"], outline, (112.968, 36.216), (1.7, 1.2), "晋城", turn=25)
    rest = largest(outline.difference(jincheng), outline.area * 0.99)
    luan = side_of_area(area["潞安煤炭国家规划矿区"], rest, (112.680, 36.34), 22, "潞安")
    methane = blob((112.930, 36.262), (9.5, 5.6), "沁水屯留", turn=8).intersection(outline)
    return {
        "霍东煤炭国家规划矿区": huodong,
        "潞安煤炭国家规划矿区": luan,
        "晋城煤炭国家规划矿区": jincheng,
        "沁水—屯留煤层气国家规划矿区": methane,
    }


def key_exploration_area(area, outline):
    """沁源区块: the north-west, beyond a line from south-west to north-east."""
    return side_of_area(area, outline, (112.60, 36.37), 238, "沁源", amplitude=0.8)


def industry_regions(key_area, outline):
    """Coal in the centre and east; methane inside the key exploration area, in its west."""
    east = side(outline, (112.745, 36.34), 8, "coal industry", amplitude=1.0)
    west = side(key_area.buffer(-0.5), (112.615, 36.40), 188, "methane industry", amplitude=0.6)
    return {"煤炭产业重点发展区域": east.buffer(-0.35), "煤层气重点发展区域": west}


def governance_zone(area, outline, neighbours):
    """One zone over 襄垣, 屯留 and 潞州: the plan's figure is for the three together."""
    # The outlines of neighbours meet to within metres; closing the gaps keeps the zone whole.
    counties = shapely.union_all([outline, *neighbours]).buffer(0.02).buffer(-0.02)
    return blob_of_area(area, counties, (112.960, 36.405), (15.5, 12.0), "治理区", turn=35, roughness=0.1)


def prevention_zone(area, outline):
    return blob_of_area(area, outline, (112.815, 36.335), (8.6, 5.2), "预防区", turn=12, roughness=0.13)
