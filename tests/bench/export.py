"""From tables to a snapshot, against ogr2ogr and the wire itself; starting; memory."""

import shutil
import subprocess

from cold import path
from database import COLUMNS, psql
from processes import Failed, run, spread
from servers import ALL, Plantiles, config


def publish(bench, state, layer=None, settings=None, variables=None):
    only = ["--layer", layer] if layer else []
    return run([bench.programs["plantiles"], "publish", *only, "--state", state, "--database-url", bench.url,
                "--config", settings or config(bench.scratch, 0)], variables=variables)


def emptied(folder):
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def summary(runs):
    return {"seconds": spread([r.seconds for r in runs]), "cpu_seconds": spread([r.cpu_seconds for r in runs]),
            "peak_mb": spread([r.peak_mb for r in runs]), "peak_anon_mb": spread([r.peak_anon_mb for r in runs])}


def measure(bench):
    state, file = bench.scratch / "export-state", bench.scratch / "export.fgb"
    runs = {"ours": [], "publish": [], "ogr2ogr": [], "copy": []}
    for _ in range(bench.repeats):
        bench.say("export: plantiles, ogr2ogr, COPY")
        runs["publish"].append(publish(bench, emptied(state), "block"))
        runs["ours"].append(run([bench.programs["export"], bench.url, emptied(state), "bench", "block"]))
        file.unlink(missing_ok=True)
        runs["ogr2ogr"].append(run(["ogr2ogr", "-f", "FlatGeobuf", file, f"PG:{bench.url}", "-nln", "block", "-sql",
                                    f"select id, {COLUMNS}, geom from bench.block order by id"]))
        runs["copy"].append(run(psql(bench.url, "--command",
                                     f"copy (select id, {COLUMNS}, st_asbinary(geom) from bench.block order by id)"
                                     " to stdout (format binary)"), stdout=subprocess.DEVNULL))
    ours = sum(f.stat().st_size for f in state.rglob("*.fgb"))
    theirs = file.stat().st_size
    if not 0.5 < ours / theirs < 2:
        raise Failed(f"the snapshot has {ours} bytes, ogr2ogr's file {theirs}")
    if counted(next(state.rglob("*.fgb"))) != counted(file):
        raise Failed("the snapshot and ogr2ogr's file differ in their number of features")
    out = {key: summary(value) for key, value in runs.items()}
    out["mb"], out["ogr2ogr_mb"] = ours / 1e6, theirs / 1e6
    pairs = list(zip(runs["ours"], runs["ogr2ogr"]))
    out["ratio"] = spread([b.seconds / a.seconds for a, b in pairs])
    out["memory_ratio"] = spread([a.peak_anon_mb / b.peak_anon_mb for a, b in pairs])
    out["resident_ratio"] = spread([a.peak_mb / b.peak_mb for a, b in pairs])
    emptied(state)
    return out


def counted(file):
    """Features in a FlatGeobuf file, by a reader that is not ours."""
    said = run(["ogrinfo", "-so", "-al", file]).out
    return next(line for line in said.splitlines() if line.startswith("Feature Count"))


def start(bench):
    """From starting the program to the first tile of all layers."""
    state = bench.scratch / "start-state"
    out = {}
    first = path(ALL, bench.tiles[0])
    seconds = {"without": [], "with": []}
    for _ in range(bench.repeats):
        bench.say("start: without and with snapshots")
        emptied(state)
        for key in ("without", "with"):
            with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, state, cache_mib=256) as server:
                seconds[key].append(server.first_tile(first))
                # Stopped only when the start is over: the next one finds everything in place.
                server.published()
                out[f"memory_{key}"] = server.memory()
    emptied(state)
    return {**out, "without": spread(seconds["without"]), "with": spread(seconds["with"])}
