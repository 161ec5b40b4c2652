"""Tiles that are ready in memory, against nginx serving the same compressed bytes from tmpfs."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from cold import GZIP, path
from processes import Failed, ask, spread, wrk
from servers import NGINX_WAYS, Nginx, Plantiles, get

CONNECTIONS = (4, 8, 64, 512)


def measure(bench):
    paths = [path("block", tile) for tile in bench.hot]
    listing = bench.scratch / "hot.txt"
    out = {"connections": {}, "p99_connections": 4}
    memory_folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    root = Path(tempfile.mkdtemp(prefix="plantiles-bench.", dir=memory_folder))
    try:
        with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=256) as server:
            server.first_tile(paths[0])
            server.published()
            out["bytes"] = copy_tiles(server, paths, root)
            root.chmod(0o755)
            with ExitStack() as stack:
                ways = [stack.enter_context(Nginx(bench.scratch, root, way)) for way in NGINX_WAYS]
                same_answers(bench, server, ways[0], paths)
                listing.write_text("".join(f"{p}\n" for p in paths))
                for connections in CONNECTIONS:
                    bench.say(f"hot: {connections} connections")
                    nginx = best(bench, ways, listing, connections, out["p99_connections"])
                    out["connections"][str(connections)] = {"way": nginx.way, **compare(bench, server, nginx, listing, connections)}
            hits = server.metrics().get("plantiles_tile_cache_hits_total", 0)
            misses = server.metrics().get("plantiles_tile_cache_misses_total", 0)
            if misses > 2 * len(paths) or hits < misses:
                raise Failed(f"the cache does not hold the hot tiles: {hits} hits, {misses} misses")
            out["memory"] = server.memory()
    finally:
        shutil.rmtree(root)
    return out


def copy_tiles(server, paths, root):
    """Writes each answer where nginx finds it: what came compressed as `.gz`, small tiles as they are."""
    total = 0
    for p in paths:
        status, headers, body = get(server.address, p, {"Accept-Encoding": "gzip"})
        if status != 200:
            raise Failed(f"{p} answered {status}")
        file = root / p.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        if headers.get("content-encoding") == "gzip":
            file = file.with_name(file.name + ".gz")
        file.write_bytes(body)
        total += len(body)
    return total / len(paths)


def same_answers(bench, server, nginx, paths):
    answers = []
    for address in (server.address, nginx.address):
        run = ask(bench.programs, address, paths, bench.scratch, headers=GZIP, allowed=(200,))
        answers.append(sorted((line, status, size, coding, checksum) for line, _, status, size, coding, checksum in run.rows))
    if answers[0] != answers[1]:
        raise Failed("nginx does not serve the same bytes")


def best(bench, ways, listing, connections, p99_connections):
    """The nginx that does best with so many connections: by p99 where that is judged, else by rate."""
    if not bench.warm_up:
        return ways[0]
    seen = [(wrk(nginx.address, listing, connections, 2 * bench.warm_up), nginx) for nginx in ways]
    if connections == p99_connections:
        return min(seen, key=lambda pair: pair[0]["p99"])[1]
    return max(seen, key=lambda pair: pair[0]["rate"])[1]


def compare(bench, server, nginx, listing, connections):
    """Turn and turn about, so that what else the machine does meets both."""
    seen = {"ours": [], "nginx": []}
    cpu = {"ours": [], "nginx": []}
    pairs = [("ours", server), ("nginx", nginx)]
    if bench.warm_up:  # opens files, fills caches
        for _, target in pairs:
            wrk(target.address, listing, connections, bench.warm_up)
    for turn in range(bench.repeats):
        for who, target in pairs if turn % 2 == 0 else pairs[::-1]:
            before = target.cpu()
            run = wrk(target.address, listing, connections, bench.seconds)
            seen[who].append(run)
            cpu[who].append((target.cpu() - before) * 1e6 / (run["rate"] * bench.seconds))
    out = {}
    for who, runs in seen.items():
        out[who] = {key: spread([run[key] for run in runs]) for key in runs[0]}
        out[who]["cpu_micros"] = spread(cpu[who])
    ours, theirs = seen["ours"], seen["nginx"]
    out["ratio"] = spread([a["rate"] / b["rate"] for a, b in zip(ours, theirs)])
    # More is better, as with the rate.
    out["p99_ratio"] = spread([b["p99"] / max(a["p99"], 1e-3) for a, b in zip(ours, theirs)])
    return out
