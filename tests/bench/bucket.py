"""A replica on an empty disk over a bucket at the end of a line: its first tile, and the whole."""

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from cold import path
from export import publish
from processes import ROOT, run, spread
from servers import ALL, Plantiles, config, free_port, get

LINE = "1gbit"  # a second, as tc calls it
NEAR, FAR = "10.94.0.1", "10.94.0.2"
OBJECTS = ROOT / "tests" / "objects"


@contextmanager
def host():
    """A host at the other end of a line; what it sends is held to LINE. The lines' near end, and how commands run there."""
    name = f"bench{os.getpid()}"
    near, inside = f"n{name}", ["ip", "netns", "exec", name]
    run(["ip", "netns", "add", name])
    try:
        run(["ip", "link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", name])
        run(["ip", "address", "add", f"{NEAR}/24", "dev", near])
        run(["ip", "link", "set", near, "up"])
        for words in (["address", "add", f"{FAR}/24", "dev", "eth0"], ["link", "set", "lo", "up"], ["link", "set", "eth0", "up"]):
            run(["ip", "-n", name, *words])
        run([*inside, "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", LINE, "burst", "256kb", "latency", "50ms"])
        yield near, inside
    finally:
        run(["ip", "netns", "delete", name])


@contextmanager
def bucket(bench, inside):
    """An S3 server there; the variables that clients read."""
    folder = bench.scratch / "objects"
    subprocess.run([*inside, OBJECTS, "start", folder, "--listen", f"{FAR}:{free_port()}"], check=True, stdout=subprocess.DEVNULL)
    try:
        variables = dict(re.findall(r"^export (\w+)=(.*)$", (folder / "environment").read_text(), re.MULTILINE))
        yield variables.pop("PLANTILES_TEST_STORE"), variables
    finally:
        run([OBJECTS, "stop", folder])


def measure(bench):
    # While there is a way to the registries.
    run([OBJECTS, "build"])
    lowest = min(bench.tiles, key=lambda tile: tile[0])
    kinds = {f"z{lowest[0]}, {ALL}": path(ALL, lowest), f"z{bench.hot[0][0]}, block": path("block", bench.hot[0])}
    with host() as (near, inside), bucket(bench, inside) as (url, variables):
        settings = stored(bench, url)
        publish(bench, bench.scratch / "bucket-publisher", settings=settings, variables=variables)
        objects = list((bench.scratch / "objects" / "objects").rglob("snapshots/*/*"))
        sizes = {kind: sum(file.stat().st_size for file in objects if file.suffix == f".{kind}") / 1e6 for kind in ("fgb", "tiles")}
        seen = {kind: [] for kind in kinds}
        for _ in range(bench.repeats):
            for kind, tile in kinds.items():
                bench.say(f"bucket: first tile, {kind}")
                seen[kind].append(start(bench, settings, variables, tile, near))
    columns = ("first", "first_mb", "whole", "whole_mb", "ratio")
    return {"sizes": sizes, "kinds": {kind: {c: spread([one[c] for one in runs]) for c in columns} for kind, runs in seen.items()}}


def stored(bench, url):
    settings = bench.scratch / "bucket.toml"
    settings.write_text(config(bench.scratch, 256).read_text() + f'[store]\nurl = "{url}"\n')
    return settings


def start(bench, settings, variables, tile, near):
    state = bench.scratch / "bucket-replica"
    shutil.rmtree(state, ignore_errors=True)
    before = received(near)
    with Plantiles(bench.programs["plantiles"], bench.scratch, None, state, 256, settings, variables) as server:
        first = server.first_tile(tile)
        first_mb = received(near) - before
        whole = server.wait(lambda: get(server.address, "/readyz")[0] == 200, 900, "a replica does not become ready")
        whole_mb = received(near) - before
    return {"first": first, "first_mb": first_mb, "whole": whole, "whole_mb": whole_mb, "ratio": whole / first}


def received(near):
    return int(Path(f"/sys/class/net/{near}/statistics/rx_bytes").read_text()) / 1e6
