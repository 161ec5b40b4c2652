"""Tiles that nobody asked for before: cut, encoded and compressed for each request."""

import database
from processes import Failed, ask, cpu_seconds, percentile, spread
from servers import ALL, Martin, Plantiles, get, has

GZIP = ("Accept-Encoding: gzip",)
# Enough that the server always has work; the client is one thread for each.
CONNECTIONS = 32


def path(tileset, tile, suffix=".mvt"):
    z, x, y = tile
    return f"/tiles/{tileset}/{z}/{x}/{y}{suffix}"


def measure(bench):
    out = {"sets": {}}
    with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=0) as server:
        server.first_tile(path("block", bench.tiles[0]))
        server.published()
        check_cache_is_off(bench, server)
        for name in ("block", ALL):
            bench.say(f"cold: plantiles, {name}")
            out["sets"][name] = {"ours": rates(bench, server, [path(name, tile) for tile in bench.tiles])}
        out["zooms"] = {"ours": latency(bench, server, "block")}
        out["heaviest"] = heaviest(bench, server)
        drawn = feature_counts(bench, server)
        out["memory"] = server.memory()
    for name in ("block", ALL):
        for stored, key in ((True, "stored"), (False, "transformed")):
            bench.say(f"cold: ST_AsMVT, {name}, {key}")
            runs = [database.cut(bench.url, bench.tiles, name.split(","), stored) for _ in range(bench.repeats)]
            out["sets"][name][key] = database_rates(bench, runs)
            if name == "block":
                out["zooms"][key] = by_zoom(bench, [[row[0] * 1e6 for row in run] for run in runs])
                agree(bench, drawn, stored)
    out["martin"] = has("martin")
    if out["martin"]:
        with Martin(bench.scratch, bench.url) as server:
            for name in ("block", ALL):
                bench.say(f"cold: Martin, {name}")
                paths = [f"/{name}/{z}/{x}/{y}" for z, x, y in bench.tiles]
                out["sets"][name]["martin"] = rates(bench, server, paths)
                if name == "block":
                    runs = [ask(bench.programs, server.address, paths, bench.scratch, headers=GZIP, seconds=300)
                            for _ in range(bench.repeats)]
                    out["zooms"]["martin"] = by_zoom(bench, [micros(run) for run in runs])
    for measured in out["sets"].values():
        for key in measured.keys() - {"ours"}:
            for part in ("all", "deep"):
                measured[key][part]["ratio"] = ratios(measured["ours"][part]["rate"], measured[key][part]["rate"])
    return out


def ratios(ours, theirs):
    """Ours over theirs: medians, and the least and the most that the repeats allow."""
    return {"median": ours["median"] / theirs["median"], "min": ours["min"] / theirs["max"],
            "max": ours["max"] / theirs["min"]}


def deep(bench):
    return [i for i, tile in enumerate(bench.tiles) if tile[0] >= 9]


def rates(bench, server, paths):
    """Tiles a second with gzip, over all zooms and from z9 on, and what they cost the server."""
    out = {}
    for part, wanted in (("all", paths), ("deep", [paths[i] for i in deep(bench)])):
        warm = ask(bench.programs, server.address, wanted, bench.scratch, CONNECTIONS, headers=GZIP, seconds=300)
        rounds = max(1, min(20, int(bench.seconds * warm.rate / len(wanted))))
        runs, cpu = [], []
        for _ in range(bench.repeats):
            before = server.cpu()
            runs.append(ask(bench.programs, server.address, wanted, bench.scratch, CONNECTIONS, rounds, headers=GZIP, seconds=300))
            cpu.append((server.cpu() - before) * 1e6 / len(runs[-1].rows))
        out[part] = {"rate": spread([run.rate for run in runs]), "cpu_micros": spread(cpu),
                     "client_cpu": spread([run.client_cpu for run in runs]),
                     "p99_ms": spread([percentile(micros(run), 0.99) / 1000 for run in runs]),
                     "kb": sum(row[3] for row in warm.rows) / len(warm.rows) / 1000}
    return out


def database_rates(bench, runs):
    """As if two connections were busy all the time: the wait for the last tile is not counted."""
    out = {}
    for part, wanted in (("all", range(len(bench.tiles))), ("deep", deep(bench))):
        rate = [len(wanted) * 2 / sum(run[i][0] for i in wanted) for run in runs]
        out[part] = {"rate": spread(rate), "raw_kb": sum(runs[0][i][1] for i in wanted) / len(wanted) / 1000}
    return out


def micros(run):
    out = [0] * len(run.rows)
    for place, row in enumerate(sorted(run.rows)):
        out[place] = row[1]
    return out


def latency(bench, server, tileset):
    paths = [path(tileset, tile) for tile in bench.tiles]
    runs = [ask(bench.programs, server.address, paths, bench.scratch, headers=GZIP) for _ in range(bench.repeats)]
    return by_zoom(bench, [micros(run) for run in runs])


def by_zoom(bench, runs):
    """Median and 99th percentile in ms for each zoom, of the least that each tile took over the repeats."""
    least = [min(times) for times in zip(*runs)]
    out = {}
    for zoom in sorted({tile[0] for tile in bench.tiles}):
        times = [t / 1000 for t, tile in zip(least, bench.tiles) if tile[0] == zoom]
        out[str(zoom)] = {"tiles": len(times), "p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "max": max(times)}
    return out


def heaviest(bench, server):
    """The slowest and the largest tile: one connection, so that the time is an upper bound of the processor's."""
    out = {}
    for tileset in ("block", ALL):
        paths = [path(tileset, tile) for tile in bench.tiles]
        runs = [ask(bench.programs, server.address, paths, bench.scratch, headers=GZIP) for _ in range(bench.repeats)]
        least = [min(times) for times in zip(*map(micros, runs))]
        raw = ask(bench.programs, server.address, paths, bench.scratch, headers=("Accept-Encoding: identity",))
        sizes = [row[3] for row in sorted(raw.rows)]
        slow, large = least.index(max(least)), sizes.index(max(sizes))
        out[tileset] = {"ms": least[slow] / 1000, "slowest": paths[slow], "raw_kb": sizes[large] / 1000, "largest": paths[large]}
    return out


def feature_counts(bench, server):
    """Features of `block` in some tiles, by place in the list, from the zooms where nothing is simplified."""
    sample = [i for i, tile in enumerate(bench.tiles) if tile[0] >= 12][:200]
    return {i: features(get(server.address, path("block", bench.tiles[i]))[2], "block") for i in sample}


def agree(bench, ours, stored):
    """The database draws the same number of features, but for what an edge cuts off."""
    theirs = database.cut(bench.url, [bench.tiles[i] for i in ours], ["block"], stored, count=True)
    pairs = [(count, answer) for count, (_, answer) in zip(ours.values(), theirs)]
    off = sum(abs(a - b) for a, b in pairs)
    total = sum(b for _, b in pairs)
    if not total or off > 0.01 * total:
        raise Failed(f"plantiles and ST_AsMVT differ by {off} of {total} features in {len(pairs)} tiles")


def features(tile, name):
    """How many features the layer `name` of a tile has; ours has another layer for its labels.

    MVT 2.1: a tile's field 3 is a layer, a layer's field 1 its name, 2 a feature.
    """
    def fields(data):
        at = 0
        while at < len(data):
            key, at = varint(data, at)
            if key & 7 == 2:
                size, at = varint(data, at)
                yield key >> 3, data[at:at + size]
                at += size
            elif key & 7 == 0:
                _, at = varint(data, at)
            else:
                raise Failed("a tile that is none")

    layers = [list(fields(layer)) for field, layer in fields(tile) if field == 3]
    return sum(1 for layer in layers if (1, name.encode()) in layer for field, _ in layer if field == 2)


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def check_cache_is_off(bench, server):
    """Asks twice for the same tiles: every answer must have been cut anew."""
    before = server.metrics()
    paths = [path("block", tile) for tile in bench.tiles[:50]]
    ask(bench.programs, server.address, paths, bench.scratch, rounds=2, headers=GZIP)
    after = server.metrics()
    hits, misses = (after.get(f"plantiles_tile_cache_{what}_total", 0) - before.get(f"plantiles_tile_cache_{what}_total", 0)
                    for what in ("hits", "misses"))
    if hits or misses != 2 * len(paths):
        raise Failed(f"the cache is not off: {hits} hits, {misses} misses in {2 * len(paths)} requests")
