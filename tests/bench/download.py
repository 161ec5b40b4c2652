"""The whole file and small ranges of it, against nginx on the same file."""

import random

from cold import path
from hot import compare
from processes import Failed, ask, spread
from servers import Nginx, Plantiles, get

RANGE = 16 * 1024
CONNECTIONS = 4


def measure(bench):
    listing = bench.scratch / "ranges.txt"
    with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=256) as server:
        server.first_tile(path("block", bench.tiles[0]))
        server.published()
        # nginx gets the path of the download, leading to the very file that is mapped.
        root = bench.scratch / "downloads-root"
        link = root / "downloads" / "block.fgb"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(snapshot_file(server, bench))
        size = link.stat().st_size
        out = {"mb": size / 1e6}
        with Nginx(bench.scratch, root) as nginx:
            bench.say("download: whole")
            out["whole"] = whole(bench, server, nginx, size)
            bench.say("download: ranges")
            numbers = random.Random(1)
            starts = [numbers.randrange(max(1, size - RANGE)) for _ in range(1000)]
            listing.write_text("".join(f"/downloads/block.fgb bytes={s}-{s + RANGE - 1}\n" for s in starts))
            for target in (server, nginx):
                status, headers, body = get(target.address, "/downloads/block.fgb", {"Range": f"bytes={starts[0]}-{starts[0] + RANGE - 1}"})
                if status != 206 or body != link.read_bytes()[starts[0]:starts[0] + RANGE]:
                    raise Failed(f"a range answered {status} {headers}")
            out["ranges"] = compare(bench, server, nginx, listing, 64)
        out["memory"] = server.memory()
    return out


def snapshot_file(server, bench):
    """The published file that has the length of the download."""
    status, headers, _ = get(server.address, "/downloads/block.fgb", {"Range": "bytes=0-0"})
    size = int(headers.get("content-range", "/0").rsplit("/", 1)[1])
    for file in sorted(bench.state.rglob("*.fgb")):
        if status == 206 and file.stat().st_size == size and "block" in str(file.relative_to(bench.state)):
            return file
    raise Failed("the published file of `block` is not in the state directory")


def whole(bench, server, nginx, size):
    rounds = max(CONNECTIONS, min(400, int(bench.seconds * bench.volume / size)))
    seen = {"ours": [], "nginx": []}
    client = {"ours": [], "nginx": []}
    pairs = [("ours", server), ("nginx", nginx)]
    for turn in range(bench.repeats):
        for who, target in pairs if turn % 2 == 0 else pairs[::-1]:
            run = ask(bench.programs, target.address, ["/downloads/block.fgb"], bench.scratch, CONNECTIONS, rounds, allowed=(200,))
            if any(row[3] != size for row in run.rows):
                raise Failed("a download of another length")
            seen[who].append(run.rate * size / 1e6)
            client[who].append(run.client_cpu)
    return {"ours": {"mb_s": spread(seen["ours"]), "client_cpu": spread(client["ours"])},
            "nginx": {"mb_s": spread(seen["nginx"]), "client_cpu": spread(client["nginx"])},
            "ratio": spread([a / b for a, b in zip(seen["ours"], seen["nginx"])])}
