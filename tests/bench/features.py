"""Features by OGC API: those of a box that nobody asked for before, and pages far into a layer."""

import json
import math
import random

from cold import micros, path
from processes import Failed, ask, percentile, spread
from servers import Plantiles, get

BOXES = 500
PAGES = 200
# Features in a page.
LIMIT = 100
ITEMS = "/ogc/collections/block/items"


def measure(bench):
    with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=256) as server:
        server.first_tile(path("block", bench.tiles[0]))
        server.published()
        bench.say("features: boxes")
        boxes = [f"{ITEMS}?limit={LIMIT}&bbox={box(*tile)}" for tile in bench.tiles if 9 <= tile[0] <= 13][:BOXES]
        out = {"features": count(server), "box": latency(bench, server, boxes)}
        bench.say("features: pages")
        snapshot = first_cursor(server)
        numbers = random.Random(1)
        last = max(1, out["features"] - LIMIT)
        near, far = [numbers.randrange(min(1000, last)) for _ in range(PAGES)], [numbers.randrange(last * 9 // 10, last) for _ in range(PAGES)]
        for name, more in (("page", ""), ("sorted", "&sortby=-id")):
            pages = {where: latency(bench, server, [f"{ITEMS}?limit={LIMIT}&cursor={snapshot}.{place}{more}" for place in places])
                     for where, places in (("near", near), ("far", far))}
            out[name] = {**pages, "ratio": pages["far"]["p50_ms"]["median"] / pages["near"]["p50_ms"]["median"]}
        out["memory"] = server.memory()
    return out


def box(z, x, y):
    """West, south, east and north of a tile in degrees."""
    side = 2 ** z
    lon = lambda column: column / side * 360 - 180
    lat = lambda row: math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / side))))
    return ",".join(f"{edge:.9f}" for edge in (lon(x), lat(y + 1), lon(x + 1), lat(y)))


def page(server, query):
    status, _, body = get(server.address, f"{ITEMS}?{query}", {})
    if status != 200:
        raise Failed(f"{ITEMS}?{query} answered {status}")
    return json.loads(body)


def count(server):
    return page(server, "limit=1")["numberMatched"]


def first_cursor(server):
    links = [link["href"] for link in page(server, "limit=1")["links"] if link["rel"] == "next"]
    return links[0].rsplit("cursor=", 1)[1].split(".")[0]


def latency(bench, server, paths):
    """Milliseconds from the request to the last byte, over one connection: the first byte is before that."""
    runs = [ask(bench.programs, server.address, paths, bench.scratch, allowed=(200,)) for _ in range(bench.repeats)]
    at = lambda share: spread([percentile(micros(run), share) / 1000 for run in runs])
    return {"requests": len(paths), "p50_ms": at(0.5), "p99_ms": at(0.99),
            "kb": sum(row[3] for row in runs[0].rows) / len(paths) / 1000}
