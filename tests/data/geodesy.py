"""The files under test, read afresh, and measures on the CGCS2000 ellipsoid."""

import json
import os
from pathlib import Path

from pyproj import Geod
from shapely.geometry import shape

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PLAN_DATA", ROOT / "data" / "tunliu"))
SOURCE = ROOT / "data" / "tunliu" / "source"
CGCS2000 = Geod(a=6378137, rf=298.257222101)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


PLAN = read(SOURCE / "plan.json")
PLANNED = {layer["id"]: layer for layer in PLAN["layers"]}
LAYERS = {layer["id"]: layer for layer in read(ROOT / "data" / "layers.json")}
FEATURES = {name: read(DATA / f"{name}.geojson")["features"] for name in LAYERS}
SHAPES = {name: [shape(feature["geometry"]) for feature in features] for name, features in FEATURES.items()}
OUTLINE = shape(read(SOURCE / "tunliu_outline.geojson")["features"][0]["geometry"])
NEIGHBOURS = {f["properties"]["name"]: shape(f["geometry"]) for f in read(SOURCE / "neighbours.geojson")["features"]}


def area(geometry):
    """Geodesic area in km²."""
    return abs(CGCS2000.geometry_area_perimeter(geometry)[0]) / 1e6


def length(geometry):
    """Geodesic length in km."""
    return CGCS2000.geometry_length(geometry) / 1e3


def overlap(a, b):
    """Geodesic area in km² of what two areas share."""
    return area(a.intersection(b)) if a.intersects(b) else 0.0


def outside(a, b):
    """Geodesic area in km² of the part of a that is not in b."""
    return area(a.difference(b))


def named(layer):
    return {feature["properties"]["name"]: geometry for feature, geometry in zip(FEATURES[layer], SHAPES[layer])}
