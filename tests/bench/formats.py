"""Every format of files from one snapshot, against ogr2ogr's writer of it."""

from export import counted, emptied, publish, summary
from processes import Failed, run, spread
from servers import config

# What is written: our arguments, and ogr2ogr's for the same.
FORMATS = {
    "GeoJSON": ("geojson", [], ["-f", "GeoJSON"]),
    "CSV with WKT": ("csv", [], ["-f", "CSV", "-lco", "GEOMETRY=AS_WKT"]),
    # All rows by a filter: unfiltered it would be the snapshot itself.
    "FlatGeobuf, filtered": ("fgb", ["--filter", "id > 0"], ["-f", "FlatGeobuf", "-where", "id > 0"]),
    "GeoPackage": ("gpkg", [], ["-f", "GPKG"]),
    "Shapefile, zipped": ("shp", [], ["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"]),
    "FlatGeobuf in EPSG:4526": ("fgb", ["--crs", "4526"], ["-f", "FlatGeobuf", "-t_srs", "EPSG:4526"]),
}

# Of files that are not called as their format is.
SUFFIXES = {"shp": "shp.zip"}


def measure(bench):
    state, folder = emptied(bench.scratch / "formats-state"), bench.scratch / "formats"
    folder.mkdir()
    publish(bench, state, "block")
    snapshot = next(state.rglob("*.fgb"))
    ours = [bench.programs["plantiles"], "export", "--layer", "block", "--state", state, "--config", config(bench.scratch, 0)]
    out = {}
    for name, (suffix, wanted, driver) in FORMATS.items():
        runs, files = {"ours": [], "ogr2ogr": []}, {who: folder / f"{who}.{SUFFIXES.get(suffix, suffix)}" for who in ("ours", "ogr2ogr")}
        for _ in range(bench.repeats):
            bench.say(f"formats: {name}, ogr2ogr")
            for file in files.values():
                file.unlink(missing_ok=True)
            runs["ours"].append(run([*ours, "--format", suffix, *wanted, "-o", files["ours"]]))
            runs["ogr2ogr"].append(run(["ogr2ogr", *driver, files["ogr2ogr"], snapshot]))
        counts = {who: counted(file) for who, file in files.items()}
        if len({counted(snapshot), *counts.values()}) != 1:
            raise Failed(f"{name}: {counts} of {counted(snapshot)}")
        out[name] = {**{who: summary(found) for who, found in runs.items()},
                     **{f"{who}_mb": file.stat().st_size / 1e6 for who, file in files.items()},
                     "ratio": spread([theirs.seconds / own.seconds for own, theirs in zip(runs["ours"], runs["ogr2ogr"])]),
                     "memory_ratio": spread([own.peak_anon_mb / theirs.peak_anon_mb for own, theirs in zip(runs["ours"], runs["ogr2ogr"])])}
    emptied(state)
    emptied(folder)
    return out
