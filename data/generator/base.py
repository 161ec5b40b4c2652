"""Base map areas: townships and map sheets."""

import numpy
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon

from .places import TOWNSHIPS
from .plane import point, unproject
from .shapes import resample, wobble


def draw_townships(outline):
    """A partition of the outline into 11 townships, in longitude and latitude.

    Cells around the places of a township are joined; each border between two townships is then
    redrawn with natural bends. Borders end at each other's ends or at outline vertices and are
    rounded before they cut the outline, so neighbours share every vertex.
    """
    cells = _cells(outline)
    ring = unproject(outline).exterior
    borders = [_natural(line, name, ring, outline) for name, line in _borders(cells)]
    faces = shapely.polygonize([shapely.union_all([*borders, ring])]).geoms
    townships = {}
    for name, places in TOWNSHIPS.items():
        found = [face for face in faces if face.contains(Point(places[0]))]
        townships[name] = found[0]
    if len(faces) != len(townships) or len({face.wkb for face in townships.values()}) != len(townships):
        raise ValueError(f"{len(faces)} faces for {len(townships)} townships: borders cross")
    return townships


def _cells(outline):
    places = [Point(point(p)) for township in TOWNSHIPS.values() for p in township]
    diagram = shapely.voronoi_polygons(MultiPoint(places), extend_to=outline).geoms
    return {
        name: shapely.union_all([cell for cell in diagram if any(cell.contains(Point(point(p))) for p in own)]).intersection(outline)
        for name, own in TOWNSHIPS.items()
    }


def _borders(cells):
    """Every line between two townships, in the plan's order of names."""
    names = list(cells)
    for i, one in enumerate(names):
        for other in names[i + 1:]:
            shared = shapely.line_merge(shapely.intersection(cells[one], cells[other], grid_size=1e-6))
            for part, line in enumerate(getattr(shared, "geoms", [shared])):
                if line.geom_type == "LineString" and not line.is_empty:
                    yield f"border {one} {other} {part}", line


def _natural(line, name, ring, outline):
    """The border with bends; an end on the outline moves to the nearest outline vertex."""
    smooth = line
    for _ in range(3):
        smooth = _chaikin(smooth)
    bent = wobble(resample(smooth, 0.15), name, 0.045 * min(line.length, 10.0), min(4.0, line.length / 1.5))
    xy = shapely.get_coordinates(unproject(bent))
    vertices = numpy.array(ring.coords)
    for end in (0, -1):
        if outline.exterior.distance(Point(line.coords[end])) < 1e-4:
            xy[end] = vertices[numpy.hypot(*(vertices - xy[end]).T).argmin()]
    return LineString(xy)


def _chaikin(line):
    """One round of corner cutting; the ends stay."""
    xy = numpy.array(line.coords)
    cut = numpy.stack([0.75 * xy[:-1] + 0.25 * xy[1:], 0.25 * xy[:-1] + 0.75 * xy[1:]], axis=1).reshape(-1, 2)
    return LineString([xy[0], *cut[1:-1], xy[-1]])


def sheet_frame(bbox):
    """The frame of a 1:50,000 sheet (15' by 10'), a vertex every minute."""
    west, south, east, north = bbox
    x = numpy.linspace(west, east, 16)
    y = numpy.linspace(south, north, 11)
    ring = [(a, south) for a in x] + [(east, b) for b in y[1:]] + [(a, north) for a in x[-2::-1]] + [(west, b) for b in y[-2:0:-1]]
    return Polygon([(round(a, 7), round(b, 7)) for a, b in ring])
