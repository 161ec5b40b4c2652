"""The plane everything is drawn in, and the way back to EPSG:4490.

Shapes are drawn in kilometres on an equal-area projection of the CGCS2000
ellipsoid centred on the district, so a planar area is the geodesic area to
about one part in a million and solving for an area needs no geodesics.
"""

import numpy
import shapely
from pyproj import Transformer
from shapely.geometry.polygon import orient

DECIMALS = 7  # about a centimetre; the contract of the data files
CGCS2000 = "+a=6378137 +rf=298.257222101"
CENTRE = (112.75, 36.34)

_to_plane = Transformer.from_pipeline(
    f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    f"+step +proj=laea +lon_0={CENTRE[0]} +lat_0={CENTRE[1]} {CGCS2000} "
    f"+step +proj=unitconvert +xy_in=m +xy_out=km"
)


def project(lonlat):
    """A geometry in longitude and latitude, in plane kilometres."""
    return shapely.transform(lonlat, lambda xy: _columns(_to_plane.transform(xy[:, 0], xy[:, 1])))


def unproject(plane):
    """A plane geometry in longitude and latitude, rounded to the grid of the files."""
    exact = shapely.transform(
        plane, lambda xy: _columns(_to_plane.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
    )
    return shapely.transform(exact, lambda xy: xy.round(DECIMALS))


def point(lonlat):
    """The plane coordinates of one (lon, lat) pair."""
    return _to_plane.transform(*lonlat)


def multi(lonlat):
    """A valid Multi* geometry on the grid, exterior rings counter-clockwise (RFC 7946)."""
    if lonlat.geom_type.endswith("LineString"):
        return shapely.MultiLineString([*getattr(lonlat, "geoms", [lonlat])])
    parts = [*getattr(lonlat, "geoms", [lonlat])]
    result = shapely.MultiPolygon([orient(part) for part in parts if part.geom_type == "Polygon"])
    if not result.is_valid or result.is_empty:
        raise ValueError(f"not a valid polygon: {shapely.is_valid_reason(result)}")
    return result


def solve(measure, target, low, high):
    """The t between low and high where the growing function `measure` reaches `target`."""
    if not measure(low) <= target <= measure(high):
        raise ValueError(f"{target} is not between {measure(low):.4f} and {measure(high):.4f}")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if measure(middle) < target else (low, middle)
    return (low + high) / 2


def _columns(xy):
    return numpy.column_stack(xy)
