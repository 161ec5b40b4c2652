"""From a file into PostGIS, against ogr2ogr, which transforms and checks nothing."""

from database import COLUMNS, psql, sql
from export import summary
from processes import Failed, run, spread

# Rows of the same plan and mineral are compared for overlaps in the second.
LAYERS = ("prohibited_zones", "mining_blocks")
# The generator lets some blocks overlap, which an import into the second refuses.
APART = """create table bench.apart as select * from bench.block b where not exists (
    select from bench.block o where o.id < b.id and o.plan_code = b.plan_code and o.mineral = b.mineral
    and o.geom && b.geom and st_relate(o.geom, b.geom, 'T********'))"""
FORMATS = {"gpkg": "GPKG", "shp": "ESRI Shapefile"}


def measure(bench):
    folder = bench.scratch / "import"
    folder.mkdir()
    out = {}
    # Rows without a code of their own in the plan's tables; the generator's codes are theirs.
    query = f"select {COLUMNS.replace('kind, ', '')}, geom from bench.apart order by id"
    run(psql(bench.url, "--command", APART))
    for ending, driver in FORMATS.items():
        file = folder / f"block.{ending}"
        run(["ogr2ogr", "-f", driver, file, f"PG:{bench.url}", "-nln", "block", "-sql", query,
             *(["-lco", "ENCODING=UTF-8"] if ending == "shp" else [])])
        for layer in LAYERS:
            bench.say(f"import: {ending} into {layer}, ogr2ogr")
            runs = {"ours": [], "ogr2ogr": []}
            for _ in range(bench.repeats):
                runs["ours"].append(run([bench.programs["plantiles"], "import", file, "--layer", layer, "--replace",
                                         "--database-url", bench.url]))
                runs["ogr2ogr"].append(run(["ogr2ogr", "-f", "PostgreSQL", f"PG:{bench.url}", file, "-nln", "bench.imported",
                                            "-overwrite", "-nlt", "PROMOTE_TO_MULTI", "--config", "PG_USE_COPY", "YES"]))
            counts = [sql(bench.url, f"select count(*) from {table}") for table in (f"plan.{layer}", "bench.imported", "bench.apart")]
            if len(set(counts)) != 1:
                raise Failed(f"rows imported, by ogr2ogr, made: {counts}")
            run(psql(bench.url, "--command", f"truncate plan.{layer}; drop table bench.imported"))
            out[f"{ending} into {layer}"] = {
                **{name: summary(found) for name, found in runs.items()}, "rows": int(counts[0]),
                "ratio": spread([theirs.seconds / ours.seconds for ours, theirs in zip(runs["ours"], runs["ogr2ogr"])])}
    return out
