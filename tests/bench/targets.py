"""What is to be reached, and whether it was. Ratios are ours over theirs unless said otherwise."""

import math

import formats
from servers import ALL

NOT_MEASURED = "not measured"


def judge(results):
    """Rows of (target, wanted, measured, verdict)."""
    rows = []

    def at_least(target, wanted, value, unit="×"):
        rows.append((target, f"≥ {wanted:g}{unit}", value and show(value, unit), verdict(value, lambda v: v >= wanted)))

    def at_most(target, wanted, value, unit):
        rows.append((target, f"≤ {wanted:g}{unit}", value and show(value, unit), verdict(value, lambda v: v <= wanted)))

    sets = results.get("cold", {}).get("sets", {}).get("block", {})
    for key, name, everywhere, deep in (("martin", "Martin, both over HTTP with gzip", 50, 20),
                                        ("transformed", "bare ST_AsMVT from 4490", 40, 10),
                                        ("stored", "bare ST_AsMVT from stored 3857", 40, 10)):
        for part, zooms, wanted in (("all", "all zooms", everywhere), ("deep", "z9+", deep)):
            at_least(f"cold tiles/s, {zooms}, to {name}", wanted, find(sets, key, part, "ratio"))
    heaviest = results.get("cold", {}).get("heaviest", {})
    for tileset, name in (("block", "block"), (ALL, "three layers")):
        at_most(f"slowest tile, {name} (HTTP, gzip, one connection: more than its CPU time)", 10, number(find(heaviest, tileset, "ms")), " ms")
        at_most(f"largest tile, {name}, raw", 500, number(find(heaviest, tileset, "raw_kb")), " kB")
    hot = results.get("hot", {}).get("connections", {})
    at_least("hot requests/s to nginx, 64 connections", 1.0, find(hot, "64", "ratio"))
    at_least("hot p99 of nginx to ours, 4 connections", 1.0, find(hot, "4", "p99_ratio"))
    at_most("hot p99 in a storm of cold tiles from 500 connections", 20, find(results, "storm", "hot"), " ms")
    download = results.get("download", {})
    at_least("full download MB/s to nginx", 0.95, find(download, "whole", "ratio"))
    at_least("16 KiB ranges/s to nginx", 0.95, find(download, "ranges", "ratio"))
    features = results.get("features", {})
    at_most("features of a box, 99th percentile to the last byte", 20, find(features, "box", "p99_ms"), " ms")
    at_most("a page far into a layer to one at its beginning, median", 1.5, number(find(features, "page", "ratio")), "×")
    at_most("a review of a typical block, 99th percentile to the last byte", 50, find(results, "review", "p99_ms"), " ms")
    export = results.get("export", {})
    at_least("export, time of ogr2ogr to ours", 2.5, find(export, "ratio"))
    at_most("export, peak memory beside mapped files to ogr2ogr's", 0.25, find(export, "memory_ratio"), "×")
    for format in formats.FORMATS:
        at_least(f"a file, {format}, time of ogr2ogr to ours", 1.0, find(results, "formats", format, "ratio"))
    files = [find(results, "formats", format, "ours", "peak_anon_mb") for format in formats.FORMATS]
    at_most("a file, peak memory beside mapped files", 100, max((peak for peak in files if peak), key=lambda value: value["median"], default=None), " MB")
    at_least("archive of all tiles, tiles/s to the cores times what one cuts", 0.8, find(results, "archive", "ratio"))
    imports = [found["ours"] for found in results.get("import", {}).values()]
    for target, key, wanted, unit in (("import of the blocks from a file, the slowest", "seconds", 60, " s"),
                                      ("import, peak memory beside mapped files", "peak_anon_mb", 200, " MB")):
        at_most(target, wanted, max((found[key] for found in imports), key=lambda value: value["median"], default=None), unit)
    at_most("memory beside mapped files, worst moment below", 400, number(worst_memory(results)), " MB")
    at_most("ready with snapshots in place", 3, find(results.get("start", {}), "with"), " s")
    firsts = [kind["first"] for kind in results.get("bucket", {}).get("kinds", {}).values()]
    at_most("first tile of a replica on an empty disk, over a line of 1 Gbit/s", 3, max(firsts, key=lambda value: value["median"], default=None), " s")
    at_most("first map of the plan on the page, from the start of the navigation", 1000, find(results, "page", "map"), " ms")
    push = results.get("push", {})
    for size, seconds in ((1_000, 0.3), (10_000, 1), (200_000, 5)):
        seen, name = find(push, "sizes", str(size)), f"{size:,} features".replace(",", " ")
        at_most(f"one edit of {name}, commit to tile, p99", seconds, find(seen, "p99"), " s")
        at_most(f"last edit of a burst, {name}, commit to tile", seconds, find(seen, "last"), " s")
        at_most(f"exports of a burst of 1 000 commits, {name}", 10, find(seen, "exports"), "")
    shares = find(push, "carried", "share")
    at_least("cached tiles that an edit of 200 000 features leaves, the least", 99, shares and number(100 * min(shares.values())), " %")
    growth = results.get("growth", {})
    if "4" in growth:
        few, many = growth["1"], growth["4"]
        allowed = math.log(many["rows"]["block"]["rows"]) / math.log(few["rows"]["block"]["rows"])
        value = per_kb(many)["median"] / per_kb(few)["median"]
        bounds = per_kb(many)["min"] / per_kb(few)["max"], per_kb(many)["max"] / per_kb(few)["min"]
        at_most("four times the features: CPU per kB of raw tile at z9+", round(allowed, 2),
                {"median": value, "min": bounds[0], "max": bounds[1]}, "×")
    else:
        at_most("four times the features: CPU per kB of raw tile at z9+", 1.11, None, "×")
    return rows


def per_kb(growth):
    """Tiles of a fuller plan hold more; what log-like growth can be asked of is the cost of the same content."""
    cpu = growth["cold"]["deep"]["cpu_micros"]
    return {key: cpu[key] / growth["deep_raw_kb"] for key in ("median", "min", "max")}


def worst_memory(results):
    """The most memory, beside mapped files, at the end of any part."""
    places = [results.get("cold", {}).get("memory"), results.get("hot", {}).get("memory"), results.get("download", {}).get("memory"),
              results.get("start", {}).get("memory_with"), results.get("start", {}).get("memory_without")]
    seen = [place["RssAnon"] for place in places if place]
    return max(seen) if seen else None


def find(tree, *keys):
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def number(value):
    return None if value is None else {"median": value, "min": value, "max": value}


def verdict(value, reached):
    return NOT_MEASURED if value is None else "met" if reached(value["median"]) else "**missed**"


def show(value, unit=""):
    median = f"{short(value['median'])}{unit}"
    return median if value["min"] == value["max"] else f"{median} ({short(value['min'])}–{short(value['max'])})"


def short(value):
    """Three digits, more for large numbers."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
