"""The generated plan in PostGIS, and the same tiles cut by the database itself."""

import re
import subprocess
import threading
from contextlib import contextmanager

from processes import FOLDER, ROOT, Failed, environment, run
from servers import LAYERS

SEED = 1

COLUMNS = "code, name, kind, plan_code, admin_code, level, mineral, area_km2, valid_from, valid_to"


@contextmanager
def private(scratch):
    """A PostGIS cluster of the run's own, with memory as an operator would give it."""
    folder = scratch / "pg"
    script = ROOT / "tests" / "postgis"
    scratch.chmod(0o755)  # the cluster belongs to another user when root runs this
    try:
        url = run([script, "start", folder]).out.strip()
        for setting in ("shared_buffers = '1GB'", "effective_cache_size = '4GB'", "work_mem = '64MB'",
                        "maintenance_work_mem = '512MB'", "random_page_cost = 1.1", "max_wal_size = '8GB'",
                        "jit = off", "autovacuum = off"):
            sql(url, f"alter system set {setting}")
        run([script, "stop", folder])
        yield run([script, "start", folder]).out.strip()
    finally:
        if (folder / "data").exists():
            run([script, "stop", folder, "immediate"])


def psql(url, *arguments):
    return ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1",
            "--dbname", url, *arguments]


def sql(url, text):
    return run(psql(url, "--command", text)).out.strip()


def load(url, programs, factor, mercator):
    """Fills the schema `bench`; returns for each layer the generator's own count and checksum."""
    run(psql(url, "--file", FOLDER / "schema.sql"))
    rows = {}
    for layer in LAYERS:
        rows[layer] = generate(programs, layer, factor, url)
    run(psql(url, "--file", FOLDER / "loaded.sql"))
    if mercator:
        run(psql(url, "--file", FOLDER / "mercator.sql"))
    for layer in LAYERS:
        count = int(sql(url, f"select count(*) from bench.{layer}"))
        if count != rows[layer]["rows"]:
            raise Failed(f"{layer}: {rows[layer]['rows']} rows generated, {count} loaded")
    run([programs["plantiles"], "init", "--database-url", url])
    return rows


def generate(programs, layer, factor, url=None):
    """Generates a layer, into its table when there is a database; returns what the generator says of it."""
    command = [str(programs["generate"]), layer, str(factor), str(SEED)]
    into = subprocess.PIPE if url else subprocess.DEVNULL
    with subprocess.Popen(command, stdout=into, stderr=subprocess.PIPE, env=environment()) as generator:
        if url:
            run(psql(url, "--command", f"copy bench.{layer} from stdin"), stdin=generator.stdout)
        said = generator.stderr.read().decode()
    found = re.fullmatch(r"(\d+) rows (\d+) vertices checksum (\w+)\s*", said)
    if generator.returncode != 0 or not found:
        raise Failed(f"the generator: {said}")
    return {"rows": int(found[1]), "vertices": int(found[2]), "checksum": found[3]}


def tiles(url, share):
    """Up to 2,000 · share tiles (z, x, y) that hold data, zooms mixed."""
    text = run(psql(url, "--set", f"scale={share}", "--file", FOLDER / "tiles.sql")).out
    return [tuple(map(int, line.split())) for line in text.splitlines()]


def statement(layers, stored, count):
    """Prepares `cut(z, x, y)`: the tile by ST_AsMVT, from rows stored in 3857 or transformed from 4490.

    It answers the length of the tile: the bytes themselves are not sent, which is to the database's advantage.
    With `count` it answers how many features are drawn, and is not for timing. (Asking for both, or leaving out
    the empty ones by `where geom is not null`, would make the planner clip each geometry twice.)
    """
    cuts = []
    for layer in layers:
        if stored:
            table, geometry = f"bench.{layer}_3857", "geom"
            box = "st_tileenvelope($1, $2, $3, margin => 64.0 / 4096)"
        else:
            table, geometry = f"bench.{layer}", "st_transform(geom, 3857)"
            box = "st_transform(st_tileenvelope($1, $2, $3, margin => 64.0 / 4096), 4490)"
        answer = "count(geom)" if count else f"length(st_asmvt(cut, '{layer}', 4096, 'geom', 'id'))"
        cuts.append(f"select {answer} as answer from (select id, {COLUMNS},"
                    f" st_asmvtgeom({geometry}, st_tileenvelope($1, $2, $3), 4096, 64, true) as geom from {table}"
                    f" where geom && {box}) as cut")
    return f"prepare cut (int, int, int) as select sum(answer) from ({' union all '.join(cuts)}) as parts;\n"


def cut(url, tiles, layers, stored, connections=2, count=False):
    """Cuts each tile once, on several connections at a time; returns (seconds, bytes or features) of each."""
    out = [None] * len(tiles)
    failures = []

    def work(first):
        try:
            mine = range(first, len(tiles), connections)
            script = statement(layers, stored, count) + "\\timing on\n"
            script += "".join(f"execute cut({z}, {x}, {y});\n" for z, x, y in (tiles[i] for i in mine))
            with subprocess.Popen(psql(url, "--file", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=environment()) as process:
                said, error = process.communicate(script.encode(), timeout=900)
            if process.returncode != 0:
                raise Failed(error.decode())
            found = re.findall(r"^(\d+)\nTime: ([0-9.]+) ms", said.decode(), re.MULTILINE)
            if len(found) != len(mine):
                raise Failed(f"{len(found)} tiles instead of {len(mine)}")
            for i, (answer, ms) in zip(mine, found):
                out[i] = (float(ms) / 1000, int(answer))
        except Exception as error:  # handed to the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return out
