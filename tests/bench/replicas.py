"""One, two and three replicas behind nginx, each with a share of a core of its own, so that capacity can add up."""

import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cold import path
from export import publish
from processes import ROOT, Failed, spread, wrk
from servers import Plantiles, Server, config, free_port, get, program

sys.path.append(str(ROOT / "tests" / "replicas"))
from proxy import site

# Of a core, for each replica: three of them, nginx and the client are less than the two cores there are.
SHARE = 0.2
PERIOD = 10_000  # µs
CONNECTIONS = 64
CACHES = {"ready": 256, "cut": 0}  # MiB
AROUND = """\
daemon off; {user} pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/site;
}}
"""


class Proxy(Server):
    """nginx as it is documented, without its cache, in front of these replicas."""

    def __init__(self, scratch, replicas):
        folder = scratch / f"proxy-{len(replicas)}"
        folder.mkdir(exist_ok=True)
        address = f"127.0.0.1:{free_port()}"
        settings = folder / "nginx.conf"
        settings.write_text(AROUND.format(folder=folder, user="user root;" if os.getuid() == 0 else ""))
        (folder / "site").write_text(site(replicas).replace("listen 80;", f"listen {address};"))
        super().__init__([program("nginx"), "-p", folder, "-c", settings], folder / "nginx.log", address)
        self.wait(lambda: get(address, "/healthz")[0] == 200, 30, "nginx does not listen")


@contextmanager
def share(server):
    """The server has a control group of its own, which may take SHARE of a core."""
    groups = Path("/sys/fs/cgroup")
    quota = int(SHARE * PERIOD)
    unified = (groups / "cgroup.controllers").exists()
    group = (groups if unified else groups / "cpu") / f"plantiles-bench-{server.process.pid}"
    limits = {"cpu.max": f"{quota} {PERIOD}"} if unified else {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": quota}
    group.mkdir()
    try:
        for name, limit in limits.items():
            (group / name).write_text(str(limit))
        (group / "cgroup.procs").write_text(str(server.process.pid))
        yield
    finally:
        # A group with a process in it cannot be removed.
        (group.parent / "cgroup.procs").write_text(str(server.process.pid))
        group.rmdir()


def measure(bench):
    paths = [path("block", tile) for tile in bench.hot]
    listing = bench.scratch / "replicas.txt"
    listing.write_text("".join(f"{p}\n" for p in paths))
    publish(bench, bench.scratch / "replicas-publisher", settings=stored(bench, 0))
    return {"share": SHARE, "connections": CONNECTIONS, "kinds": {kind: tiles(bench, kind, paths, listing) for kind in CACHES}}


def stored(bench, cache_mib):
    """The settings with a store."""
    (bench.scratch / "store").mkdir(exist_ok=True)
    settings = bench.scratch / f"stored-{cache_mib}.toml"
    settings.write_text(config(bench.scratch, cache_mib).read_text() + f'[store]\nurl = "file://{bench.scratch}/store"\n')
    return settings


def tiles(bench, kind, paths, listing):
    with ExitStack() as stack:
        replicas = [stack.enter_context(replica(bench, kind, number, paths)) for number in range(3)]
        proxies = [stack.enter_context(Proxy(bench.scratch, replicas[:count])) for count in (1, 2, 3)]
        seen = {count: [] for count in (1, 2, 3)}
        for turn in range(bench.repeats):
            # Turn and turn about, so that what else the machine does meets all.
            for proxy, count in list(zip(proxies, seen))[:: 1 if turn % 2 == 0 else -1]:
                bench.say(f"replicas: {count}, tiles {kind}")
                seen[count].append(load(bench, proxy, replicas[:count], listing))
    one = [run["rate"] for run in seen[1]]
    return {count: {"rate": spread([run["rate"] for run in runs]), "p99": spread([run["p99"] for run in runs]),
                    "used": spread([run["used"] for run in runs]), "proxy": spread([run["proxy"] for run in runs]),
                    "ratio": spread([run["rate"] / alone for run, alone in zip(runs, one)])} for count, runs in seen.items()}


@contextmanager
def replica(bench, kind, number, paths):
    """A replica without a database, which follows the store; it has all of the machine until it is ready."""
    state = bench.scratch / f"replica-{kind}-{number}"
    settings = stored(bench, CACHES[kind])
    with Plantiles(bench.programs["plantiles"], bench.scratch, None, state, CACHES[kind], settings) as server:
        server.first_tile(paths[0])
        for p in paths:
            if get(server.address, p, {"Accept-Encoding": "gzip"})[0] != 200:
                raise Failed(f"a replica has no {p}")
        with share(server):
            yield server


def load(bench, proxy, replicas, listing):
    if bench.warm_up:
        wrk(proxy.address, listing, CONNECTIONS, bench.warm_up)
    before = sum(server.cpu() for server in replicas), proxy.cpu()
    run = wrk(proxy.address, listing, CONNECTIONS, bench.seconds)
    used = sum(server.cpu() for server in replicas) - before[0]
    return {"rate": run["rate"], "p99": run["p99"], "used": used / bench.seconds / len(replicas), "proxy": (proxy.cpu() - before[1]) / bench.seconds}
