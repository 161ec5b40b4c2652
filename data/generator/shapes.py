"""Natural-looking lines and areas, each fixed by a name so that every run draws the same."""

import math
import random

import numpy
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon

from .plane import point, project, solve


def noise(name, wavelength):
    """A smooth function of distance, within about ±1, the same for the same name."""
    draw = random.Random(name)
    waves = [(wavelength * r, r, draw.uniform(0, math.tau)) for r in (1, 0.62, 0.37, 0.21)]
    scale = sum(r for _, r, _ in waves)

    def at(distance):
        return sum(r * numpy.sin(math.tau * distance / w + phase) for w, r, phase in waves) / scale

    return at


def curve(lonlats, step=0.15):
    """A smooth plane line through places (Catmull-Rom), with a vertex about every `step` km."""
    knots = numpy.array([point(p) for p in lonlats])
    knots = numpy.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    dense = []
    for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:]):
        for t in numpy.linspace(0, 1, 40, endpoint=False):
            dense.append(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
    return resample(LineString([*dense, knots[-2]]), step)


def resample(line, step):
    """The same line with evenly spaced vertices."""
    count = max(2, round(line.length / step))
    return LineString(shapely.line_interpolate_point(line, numpy.linspace(0, line.length, count + 1)))


def wobble(line, name, amplitude, wavelength, taper=1.0):
    """The line displaced sideways by noise; its two ends stay where they are.

    Normals are taken from a smoothed direction, so that big meanders do not cross themselves.
    """
    xy = numpy.array(line.coords)
    distance = numpy.concatenate([[0], numpy.cumsum(numpy.hypot(*numpy.diff(xy, axis=0).T))])
    tangent = numpy.gradient(xy, axis=0)
    tangent /= numpy.hypot(*tangent.T)[:, None]
    normal = numpy.column_stack([-tangent[:, 1], tangent[:, 0]])
    ease = numpy.clip(numpy.minimum(distance, distance[-1] - distance) / taper, 0, 1)
    return LineString(xy + normal * (amplitude * ease * noise(name, wavelength)(distance))[:, None])


def river(lonlats, name, length, wavelength=1.6):
    """A meandering line through places whose length is exactly `length` km."""
    base = curve(lonlats, step=0.09)
    amplitude = solve(lambda a: wobble(base, name, a, wavelength).length, length, 0.0, 1.6)
    return wobble(base, name, amplitude, wavelength)


def stretch(line, length):
    """The line scaled about its middle to an exact length."""
    factor = length / line.length
    return affinity.scale(line, factor, factor, origin=line.centroid)


def blob(centre, radii, name, turn=0.0, roughness=0.16):
    """A rounded area with a natural edge: an ellipse (radii in km) whose radius wanders."""
    x, y = point(centre)
    angle = numpy.linspace(0, math.tau, 160, endpoint=False)
    # Noise on a circle closes without a seam: whole numbers of waves only.
    draw = random.Random(name)
    wander = sum(numpy.sin(k * angle + draw.uniform(0, math.tau)) / k**0.8 for k in range(2, 11))
    radius = 1 + roughness * wander / 1.6
    ring = numpy.column_stack([radii[0] * radius * numpy.cos(angle), radii[1] * radius * numpy.sin(angle)])
    return affinity.translate(affinity.rotate(Polygon(ring), turn, origin=(0, 0)), x, y)


def blob_of_area(area, within, centre, radii, name, **style):
    """A blob whose part inside `within` measures `area` km²; its size is solved, its proportions kept."""

    def grown(factor):
        return blob(centre, (radii[0] * factor, radii[1] * factor), name, **style).intersection(within)

    return largest(grown(solve(lambda f: grown(f).area, area, 0.2, 4.0)), area)


def side(within, through, azimuth, name, amplitude=0.7, wavelength=9.0, shift=0.0):
    """The part of `within` to the right of a wavy line through a place, heading `azimuth`.

    `shift` moves the line to its right, in km.
    """
    x, y = point(through)
    heading = math.radians(azimuth)
    ahead = numpy.array([math.sin(heading), math.cos(heading)])
    right = numpy.array([ahead[1], -ahead[0]])
    start = numpy.array([x, y]) + right * shift
    line = resample(LineString([start - 60 * ahead, start + 60 * ahead]), 0.3)
    edge = wobble(line, name, amplitude, wavelength)
    far = [start + 60 * ahead + 120 * right, start - 60 * ahead + 120 * right]
    return Polygon([*edge.coords, *far]).intersection(within)


def side_of_area(area, within, through, azimuth, name, **style):
    """Like `side`, with the line moved until the part measures `area` km²."""

    def part(shift):
        return side(within, through, azimuth, name, shift=shift, **style)

    return part(-solve(lambda s: part(-s).area, area, -25.0, 25.0))


def corners(lonlats, area=None):
    """A corner-point area as licences are, scaled about its centre to the stated km²."""
    drawn = project(Polygon(lonlats))
    if area is None:
        return drawn
    factor = math.sqrt(area / drawn.area)
    if not 0.8 < factor < 1.2:
        raise ValueError(f"drawn {drawn.area:.2f} km², stated {area}: draw it nearer")
    return affinity.scale(drawn, factor, factor, origin=drawn.centroid)


def expand(area, km):
    """A corner-point area with every side moved outwards."""
    return area.buffer(km, join_style="mitre", mitre_limit=2.0)


def corridor(line, width):
    """The strip of land a road takes."""
    return line.buffer(width / 2, cap_style="flat", quad_segs=3)


def built_up(centre, size, name, turn=6.0, blocks=9):
    """Built-up land: a cluster of street blocks, about `size` km (east-west, north-south)."""
    draw = random.Random(name)
    x, y = point(centre)
    w, h = size
    parts = [shapely.box(-0.3 * w, -0.3 * h, 0.3 * w, 0.3 * h)]
    for _ in range(blocks):
        cx, cy = draw.uniform(-0.32, 0.32) * w, draw.uniform(-0.32, 0.32) * h
        bw, bh = draw.uniform(0.12, 0.22) * w, draw.uniform(0.12, 0.22) * h
        parts.append(shapely.box(cx - bw, cy - bh, cx + bw, cy + bh))
    whole = shapely.union_all(parts)
    filled = Polygon(whole.exterior if whole.geom_type == "Polygon" else whole.convex_hull.exterior)
    return affinity.translate(affinity.rotate(filled, turn, origin=(0, 0)), x, y)


def lake(line, width, name):
    """A reservoir filled along a river line: narrow at its tail, widest at the dam, with side arms."""
    wander = noise(name, 2.1)

    def half_width(at):
        return width / 2 * (0.1 + 0.9 * (at / line.length) ** 0.8) * (1 + 0.3 * wander(at))

    parts = [line.interpolate(at).buffer(half_width(at)) for at in numpy.arange(0, line.length, 0.05)]
    draw = random.Random(name)
    for _ in range(7):
        at = line.length * draw.uniform(0.2, 0.92)
        parts.append(_arm(line, at, draw.choice((-1, 1)) * draw.uniform(65, 130), half_width(at) * draw.uniform(1.2, 2.4)))
    upstream_of_dam = line.buffer(4 * width, cap_style="flat", join_style="mitre")
    shore = shapely.union_all(parts).intersection(upstream_of_dam).buffer(0.16).buffer(-0.24).buffer(0.08)
    return largest(shore, shore.area).simplify(0.006)


def _arm(line, at, turn, reach):
    """A flooded side valley, leaving the river at an angle and narrowing to its end."""
    x, y = line.interpolate(at).coords[0]
    x2, y2 = line.interpolate(at + 0.1).coords[0]
    heading = math.atan2(y2 - y, x2 - x) + math.radians(turn)
    steps = numpy.linspace(0, 1, 16)
    return shapely.union_all([
        shapely.Point(x + reach * t * math.cos(heading), y + reach * t * math.sin(heading)).buffer(0.5 * reach * (1 - t) ** 0.8 + 0.08)
        for t in steps
    ])


def largest(geometry, area):
    """The one part that makes up the area; specks cut off by a crooked border are an error."""
    parts = sorted(getattr(geometry, "geoms", [geometry]), key=lambda part: part.area)
    if parts[-1].area < area * 0.9995:
        raise ValueError(f"in {len(parts)} parts: {[round(p.area, 3) for p in parts]}")
    return parts[-1]
