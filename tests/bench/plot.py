"""The main results as one SVG, drawn by hand: no library, generic fonts, readable on a light and a dark page."""

import math
from html import escape

from targets import find, short

WIDTH, HEIGHT = 1000, 760
COLOURS = {"ours": "#0b7a75", "stored": "#c8963e", "transformed": "#a34a28", "martin": "#5b4b8a", "nginx": "#6b7785"}
NAMES = {"ours": "plantiles", "stored": "ST_AsMVT, 3857", "transformed": "ST_AsMVT, 4490", "martin": "Martin", "nginx": "nginx"}
ORDER = ("ours", "stored", "transformed", "martin")


class Drawing:
    def __init__(self):
        self.parts = []

    def text(self, x, y, words, size=13, anchor="start", colour="#223", weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}">{escape(words)}</text>')

    def box(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{max(height, 0):.1f}" fill="{colour}"/>')

    def line(self, points, colour="#ccd2d8", width=1.0):
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')

    def finish(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
                'font-family="sans-serif" role="img"><title>Bench: cold tiles, latency by zoom, hot tiles, other ratios</title>'
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>' + "".join(self.parts) + "</svg>\n")


def draw(results):
    d = Drawing()
    if "cold" in results:
        rates(d, results["cold"]["sets"]["block"], 20, 20)
        latency(d, results["cold"]["zooms"], 520, 20)
    if "hot" in results:
        hot(d, results["hot"]["connections"], 20, 400)
    others(d, results, 520, 400)
    return d.finish()


def rates(d, sets, left, top):
    """Bars on a logarithmic scale: they differ by hundreds."""
    d.text(left, top + 16, "Cold tiles a second, layer block (logarithmic)", 15, weight="bold")
    kinds = [key for key in ORDER if key in sets]
    seen = [sets[key][part]["rate"]["median"] for key in kinds for part in ("all", "deep")]
    low, high = 10 ** math.floor(math.log10(min(seen)) - 0.01), max(seen) * 1.6
    scale = lambda v: max(0.0, math.log(v / low) / math.log(high / low)) * 300
    y = top + 40
    for part, title in (("all", "z5–14"), ("deep", "z9 and deeper")):
        d.text(left, y + 10, title, 13, colour="#556")
        y += 18
        for key in kinds:
            rate = sets[key][part]["rate"]
            d.text(left + 118, y + 15, NAMES[key], 12, "end")
            d.box(left + 126, y + 2, scale(rate["median"]), 18, COLOURS[key])
            whisker = [left + 126 + scale(rate[end]) for end in ("min", "max")]
            d.line([(whisker[0], y + 11), (whisker[1], y + 11)], "#223", 1.5)
            d.text(max(whisker[1], left + 126 + scale(rate["median"])) + 6, y + 16, short(rate["median"]), 12)
            y += 27
        y += 16


def latency(d, zooms, left, top):
    d.text(left, top + 16, "Cold latency by zoom: median, ms (logarithmic)", 15, weight="bold")
    kinds = [key for key in ORDER if key in zooms]
    values = [zooms[key][z]["p50"] for key in kinds for z in zooms[key]]
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    levels = sorted(map(int, zooms["ours"]))
    x = lambda z: left + 50 + (z - levels[0]) / max(1, levels[-1] - levels[0]) * 390
    y = lambda v: top + 290 - (math.log10(v) - first) / max(1, last - first) * 245
    for power in range(first, last + 1):
        d.line([(x(levels[0]), y(10**power)), (x(levels[-1]), y(10**power))])
        d.text(left + 42, y(10**power) + 4, f"{10**power:g}", 12, "end", "#556")
    for z in levels:
        d.text(x(z), top + 308, f"z{z}", 12, "middle", "#556")
    for i, key in enumerate(kinds):
        points = [(x(z), y(zooms[key][str(z)]["p50"])) for z in levels]
        d.line(points, COLOURS[key], 2.5)
        for point in points:
            d.dot(*point, COLOURS[key])
        d.box(left + 50 + i * 118, top + 322, 12, 12, COLOURS[key])
        d.text(left + 66 + i * 118, top + 333, NAMES[key], 12)


def hot(d, connections, left, top):
    d.text(left, top + 16, "Hot tiles: requests a second", 15, weight="bold")
    most = max(seen[who]["rate"]["max"] for seen in connections.values() for who in ("ours", "nginx"))
    bottom, height, step = top + 290, 225, 105
    for i, (count, seen) in enumerate(connections.items()):
        for j, who in enumerate(("ours", "nginx")):
            rate = seen[who]["rate"]
            x = left + 20 + i * step + j * 42
            tall = rate["median"] / most * height
            d.box(x, bottom - tall, 38, tall, COLOURS[who])
            d.line([(x + 19, bottom - rate["min"] / most * height), (x + 19, bottom - rate["max"] / most * height)], "#223", 1.5)
            d.text(x + 19, bottom - rate["max"] / most * height - 6, f"{rate['median'] / 1000:.1f}k", 12, "middle")
        d.text(left + 60 + i * step, bottom + 18, f"{count} conn.", 12, "middle", "#556")
    for i, who in enumerate(("ours", "nginx")):
        d.box(left + 20 + i * 118, bottom + 32, 12, 12, COLOURS[who])
        d.text(left + 36 + i * 118, bottom + 43, NAMES[who], 12)


def others(d, results, left, top):
    """Each ratio with the mark that it is to reach."""
    d.text(left, top + 16, "Ratios: more is better, the mark is the target", 15, weight="bold")
    rows = [("hot rate to nginx, 64 conn.", find(results, "hot", "connections", "64", "ratio"), 1.0),
            ("hot p99, 4 conn., nginx to ours", find(results, "hot", "connections", "4", "p99_ratio"), 1.0),
            ("full download to nginx", find(results, "download", "whole", "ratio"), 0.95),
            ("16 KiB ranges to nginx", find(results, "download", "ranges", "ratio"), 0.95),
            ("export, ogr2ogr to ours", find(results, "export", "ratio"), 2.5)]
    rows = [row for row in rows if row[1]]
    # What is far beyond its target is cut off, so that the others can be read; the number tells.
    most = max((wanted for *_, wanted in rows), default=1) * 1.3
    for i, (name, value, wanted) in enumerate(rows):
        y = top + 50 + i * 46
        scale = lambda v: left + 190 + min(v, most) / most * 220
        d.text(left + 182, y + 15, name, 12, "end")
        d.box(left + 190, y, scale(value["median"]) - left - 190, 22, COLOURS["ours"])
        d.line([(scale(value["min"]), y + 11), (scale(value["max"]), y + 11)], "#9fd8d4", 2)
        d.line([(scale(wanted), y - 5), (scale(wanted), y + 27)], "#a34a28", 2.5)
        d.text(max(scale(value["max"]), scale(wanted)) + 6, y + 16, f"{short(value['median'])}×", 12)
