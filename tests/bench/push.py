"""From a commit in the database to the new tile over HTTP: one edit, a burst of them, and what stays in the cache."""

import http.client
import subprocess
import time
from contextlib import contextmanager

from cold import GZIP, path
from database import psql, sql
from processes import Failed, ask, environment, percentile, spread
from servers import Plantiles, get

SIZES = (1_000, 10_000, 200_000)
BURST = 1_000
# Long enough for a debug build on a busy machine; what is slow is in the numbers.
PATIENCE = 120

# The features, and for each the tile in which it is surely drawn.
TABLE = """
drop table if exists bench.{layer};
create table bench.{layer} (like bench.block including all);
insert into bench.{layer} select * from bench.block order by id limit {size};
select plan.follow_table('bench.{layer}', '{layer}', 'geom');
analyze bench.{layer};
"""
FEATURES = """
with place as (
  select id, st_x(p) as lon, radians(st_y(p)) as lat
  from (select id, st_pointonsurface(geom) as p from bench.{layer} order by md5(id::text) limit {count}) as chosen
)
select id, floor((lon + 180) / 360 * 2 ^ 14)::int, floor((1 - ln(tan(lat) + 1 / cos(lat)) / pi()) / 2 * 2 ^ 14)::int from place
"""


def measure(bench):
    layers = {size: f"push_{size}" for size in SIZES}
    for size, layer in layers.items():
        bench.say(f"push: a table of {size}")
        sql(bench.url, TABLE.format(layer=layer, size=size))
    state = bench.scratch / "push-state"
    settings = config(bench.scratch, layers.values())
    edits = {1_000: 40, 10_000: 30, 200_000: 15} if bench.repeats > 1 else dict.fromkeys(SIZES, 3)
    out = {"sizes": {}}
    with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, state, cache_mib=256, settings=settings) as server, \
            session(bench.url) as execute:
        server.wait(lambda: server.metrics().get("plantiles_listening") == 1, 900, "plantiles does not listen to the database")
        for size, layer in layers.items():
            features = places(bench.url, layer, edits[size])
            bench.say(f"push: {len(features)} edits of {layer}")
            one = [edit(server, execute, layer, feature, f"edit {n}") for n, feature in enumerate(features)]
            bench.say(f"push: a burst on {layer}")
            out["sizes"][str(size)] = {"rows": int(sql(bench.url, f"select count(*) from bench.{layer}")), "edits": len(one),
                                       "p50": number(percentile(one, 0.5)), "p99": number(percentile(one, 0.99)), "seconds": spread(one),
                                       **burst(server, execute, layer, features[0], BURST if bench.repeats > 1 else 50)}
        out["carried"] = carried(bench, server, execute, layers[SIZES[-1]])
        metrics = server.metrics()
        out["lag_ms"] = 1000 * metrics["plantiles_change_lag_seconds_sum"] / metrics["plantiles_change_lag_seconds_count"]
        out["memory"] = server.memory()
    return out


def config(scratch, layers):
    file = scratch / "push.toml"
    file.write_text("".join(f'[[layer]]\nid = "{layer}"\nschema = "bench"\ntable = "{layer}"\nid_column = "id"\n'
                            f'geometry_column = "geom"\n' for layer in layers))
    return file


@contextmanager
def session(url):
    """A connection of psql; each statement is a transaction, committed when the call returns."""
    process = subprocess.Popen(psql(url), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())

    def execute(statement):
        process.stdin.write(f"{statement};\n\\echo done\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            raise Failed(f"psql: {statement}")

    try:
        yield execute
    finally:
        process.stdin.close()
        process.wait()


def places(url, layer, count):
    rows = sql(url, FEATURES.format(layer=layer, count=count)).splitlines()
    return [tuple(map(int, row.split("|"))) for row in rows]


def edit(server, execute, layer, feature, name):
    """Seconds from just before an edit is sent, commit and all, to its tile. The shape moves by a metre, the name changes."""
    start = time.perf_counter()
    execute(f"update bench.{layer} set name = '{name}', geom = st_translate(geom, 0.00001, 0) where id = {feature[0]}")
    return shown(server, layer, feature, name) - start


def shown(server, layer, feature, name):
    """When the tile of the feature has the name."""
    _, x, y = feature
    address = f"/tiles/{layer}/14/{x}/{y}.mvt"
    connection = http.client.HTTPConnection(server.address, timeout=30)
    until = time.perf_counter() + PATIENCE
    try:
        while time.perf_counter() < until:
            connection.request("GET", address)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise Failed(f"{address} answered {answer.status}")
            if name.encode() in body:
                return time.perf_counter()
            time.sleep(0.002)
    finally:
        connection.close()
    raise Failed(f"{layer}: `{name}` is not on the map after {PATIENCE} s")


def burst(server, execute, layer, feature, commits):
    """As many edits as one connection commits one after the other: the exports they lead to, and when the last is there."""
    before = server.metrics()["plantiles_exports_total"]
    began = time.perf_counter()
    for n in range(commits):
        execute(f"update bench.{layer} set name = 'burst {n}.' where id = {feature[0]}")
    last = time.perf_counter()
    seen = shown(server, layer, feature, f"burst {commits - 1}.")
    return {"commits": commits, "burst_seconds": last - began, "exports": number(server.metrics()["plantiles_exports_total"] - before),
            "last": number(seen - last)}


def carried(bench, server, execute, layer):
    """The share of cached tiles that an edit leaves in the cache: the list of all zooms is asked for before and after."""
    paths = [path(layer, tile) for tile in bench.tiles]
    ask(bench.programs, server.address, paths, bench.scratch, headers=GZIP)
    features = places(bench.url, layer, 4)
    key = features[1][0]
    edits = {"an attribute": f"update bench.{layer} set name = 'carried' where id = {features[0][0]}",
             "a shape moved": f"update bench.{layer} set geom = st_translate(geom, 0.0005, 0.0005) where id = {key}",
             "a row deleted": f"delete from bench.{layer} where id = {features[2][0]}",
             "a row added": f"insert into bench.{layer} select 900000001, code || '+', name, kind, plan_code, admin_code, level, mineral,"
                            f" area_km2, valid_from, valid_to, st_translate(geom, 0.0005, 0.0005) from bench.{layer} where id = {key}"}
    out = {}
    for name, statement in edits.items():
        bench.say(f"push: carried over, {name}")
        before, version = server.metrics()["plantiles_tile_cache_misses_total"], snapshot(server, layer)
        execute(statement)
        until = time.perf_counter() + PATIENCE
        while snapshot(server, layer) == version:
            if time.perf_counter() > until:
                raise Failed(f"{layer}: the edit is not served")
            time.sleep(0.02)
        ask(bench.programs, server.address, paths, bench.scratch, headers=GZIP)
        out[name] = 1 - (server.metrics()["plantiles_tile_cache_misses_total"] - before) / len(paths)
    return {"tiles": len(paths), "share": out}


def snapshot(server, layer):
    return get(server.address, f"/downloads/{layer}.fgb", {"Range": "bytes=0-7"})[1]["etag"]


def number(value):
    return {"median": value, "min": value, "max": value}
