"""Reviews of blocks that nobody proposed before, by the rules of rules.toml on every layer."""

import http.client
import json
import math
import random
import urllib.parse

import database
from cold import micros, path
from processes import FOLDER, Failed, ask, percentile, spread
from servers import Plantiles, config

BLOCKS = 300
CORNERS = 10
KM2 = 5
KM_PER_DEGREE = 111.2


def measure(bench):
    settings = bench.scratch / "review.toml"
    settings.write_text(config(bench.scratch, cache_mib=256).read_text() + f'[review]\nrules = "{FOLDER / "rules.toml"}"\n')
    with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=256, settings=settings) as server:
        server.first_tile(path("block", bench.tiles[0]))
        server.published()
        bench.say("review")
        answers = {"mineral": "煤", "right": database.sql(bench.url, "select code from bench.block order by id limit 1")}
        question, numbers = f"/review?{urllib.parse.urlencode(answers)}", random.Random(1)
        blocks = [block(*tile, numbers) for tile in bench.tiles if tile[0] >= 13][:BLOCKS]
        met = check(server, question, blocks[:50])
        requests = [f"{question}\t{wkt}" for wkt in blocks]
        runs = [ask(bench.programs, server.address, requests, bench.scratch, allowed=(200,)) for _ in range(bench.repeats)]
        at = lambda share: spread([percentile(micros(run), share) / 1000 for run in runs])
        return {"requests": len(blocks), "features": sum(row["rows"] for row in bench.rows.values()), "met": met,
                "p50_ms": at(0.5), "p99_ms": at(0.99), "worst_ms": at(1), "memory": server.memory()}


def block(z, x, y, numbers):
    """A polygon around the middle of a tile, as WKT of longitude and latitude."""
    side = 2 ** z
    lon, lat = (x + 0.5) / side * 360 - 180, math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / side)))
    corners = []
    for n in range(CORNERS):
        angle, radius = 2 * math.pi * n / CORNERS, math.sqrt(KM2 / math.pi) * numbers.uniform(0.8, 1.2) / KM_PER_DEGREE
        corners.append(f"{lon + radius * math.cos(angle) / math.cos(lat):.7f} {math.degrees(lat) + radius * math.sin(angle):.7f}")
    return f"SRID=4490;POLYGON(({','.join([*corners, corners[0]])}))"


def check(server, question, blocks):
    """How many features a block overlaps on average; fails where a rule could not be checked or nothing is there."""
    found = 0
    for wkt in blocks:
        review = reviewed(server.address, question, wkt)
        unchecked = [rule["id"] for rule in review["rules"] if rule["verdict"] == "not_checkable"]
        if unchecked:
            raise Failed(f"not checkable: {', '.join(unchecked)}")
        found += len(review["rules"][0]["features"])
    if not found:
        raise Failed(f"none of {len(blocks)} blocks overlaps anything")
    return found / len(blocks)


def reviewed(address, question, wkt):
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("POST", question, body=wkt, headers={"Content-Type": "text/plain"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Failed(f"{wkt} answered {answer.status}: {body.decode()}")
    return json.loads(body)
