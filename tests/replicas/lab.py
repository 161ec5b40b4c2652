"""The hosts together: two databases, a store, three replicas, a proxy."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import EDITED, Load, Truth
from network import NETWORK, Network
from patience import until
from postgis import Databases
from proxy import ROOT, Proxy
from replica import Replica
from store import Store
from web import get

PROXY = 31
PROGRAM = ROOT / "target" / "debug" / "plantiles"
# Seconds in which all replicas have to serve a change: after its commit, or after what kept it from them is over.
SOON = 2.0
# The same for a replica that is started meanwhile: a debug build, beside two more under load.
START = 10.0
# For servers beside their store, as docs/operations.md has it.
NEAR = {"AWS_CONNECT_TIMEOUT": "1s"}
# The same when a replica hangs that has the turn to export: it is taken from it after five seconds.
TURN = 5 + SOON
# Seconds between an edit that is served and the next, at least.
APART = 0.7


@dataclass
class Line:
    """What is told of a scenario."""

    name: str
    requests: int
    redirects: int
    seconds: float
    slowest: float
    shares: dict
    converged: list


class Lab:
    def __init__(self, scratch, logs):
        self.network = Network()
        self.databases = Databases([self.network.host("database-a", 11), self.network.host("database-b", 12)], scratch, logs)
        self.store = Store(self.network.host("store", 13), scratch / "store")
        self.store.start()
        self.scratch, self.logs = scratch, logs
        self.edits, self.edited = 0, 0.0
        self.converged, self.lines = [], []
        self.truth = Truth()
        hosts = [self.network.host(f"replica-{number}", 20 + number) for number in (1, 2, 3)]
        self.replicas = [self.replica(host, "--database-url", self.databases.url) for host in hosts]
        self.proxy = Proxy(self.network.host("proxy", PROXY), scratch / "proxy", logs, self.replicas)

    def replica(self, host, *arguments):
        settings = self.scratch / f"{host.name}.toml"
        settings.write_text(f'[server]\ntrusted_proxies = ["{NETWORK}.{PROXY}/32"]\n')
        state = self.scratch / f"state-{host.name}"
        return Replica(host, PROGRAM, ["--config", settings, "--store", self.store.url, *arguments], state, self.logs, self.store.variables | NEAR)

    def start(self):
        primary = self.databases.primary
        primary.query("create extension postgis")
        for words in (["init"], ["import", "--bundled"]):
            subprocess.run([PROGRAM, *words, "--database-url", primary.url], check=True, capture_output=True, cwd=self.scratch)
        self.databases.make_standby()
        for replica in self.replicas:
            replica.process.start()
        self.mend()
        self.proxy.start()
        tilejson = json.loads(get(self.proxy.address, "/tiles/plan.json").body)
        self.bounds = tilejson["bounds"]
        self.layers = [layer["id"] for layer in json.loads(self.replicas[0].ready().body)["layers"]]

    def mend(self):
        """Puts right whatever is not: each scenario begins with all there, and agreed."""
        self.network.heal()
        self.store.mend()
        for replica in self.replicas:
            if replica.process.child is None:
                replica.process.start()
            replica.process.resume()
        until("all replicas are ready", lambda: all(replica.ready() for replica in self.replicas), 120)
        until("all replicas serve the same", self.agreed, 120)

    def agreed(self, replicas=None):
        states = [replica.version() for replica in replicas or self.replicas]
        return states[0] is not None and len(set(states)) == 1

    def edit(self):
        """Somebody renames a mining block; its name from now on. Three versions of a layer are kept: edits do not overtake the clients."""
        time.sleep(max(0.0, self.edited + APART - time.monotonic()))
        self.edits, self.edited = self.edits + 1, time.monotonic()
        name = f"edit {self.edits}."
        self.databases.primary.query(f"update plan.{EDITED} set name = '{name}' where id = (select min(id) from plan.{EDITED})")
        return name

    def exporter(self):
        """The replica that holds the lock of those who publish."""
        holders = "select distinct host(client_addr) from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and granted"
        address = self.databases.primary.query(holders)
        return next((replica for replica in self.replicas if replica.host.address == address), None)

    def converge(self, what, name, replicas=None, within=SOON):
        """All of these replicas have to serve the edit, and the same version, in this time."""
        replicas = replicas or self.replicas
        began = time.monotonic()
        until(f"{what}: all serve {name}", lambda: all(replica.serves(name) for replica in replicas) and self.agreed(replicas), 30)
        took = time.monotonic() - began
        self.converged.append((what, took))
        self.edited = time.monotonic()
        assert took < within, f"{what}: it took {took:.2f} s until {[replica.host.name for replica in replicas]} served {name}, allowed are {within}"

    def change(self, what, replicas=None):
        """An edit that these replicas have to serve soon."""
        self.converge(what, self.edit(), replicas)

    @contextmanager
    def load(self, name, redirected=False):
        """Load through the proxy for as long as it lasts; afterwards nothing may have failed or been wrong."""
        self.converged = []
        since = os.path.getsize(self.proxy.access)
        with Load(self.proxy.address, self.layers, self.bounds, self.truth, redirected) as load:
            time.sleep(1)
            yield load
            time.sleep(1)
        shares = self.proxy.answered(since)
        self.lines.append(Line(name, load.requests, load.redirects, load.seconds, load.slowest[0], shares, self.converged))
        assert set(shares) == {replica.address for replica in self.replicas}, f"not every replica was asked: {shares}"

    def close(self):
        """Ends it all; no replica may have met what its program does not allow for."""
        for replica in self.replicas:
            assert replica.process.stop() == 0, replica.host.name
            faults = [line for line in replica.process.said().splitlines() if " ERROR " in line or "panicked" in line]
            assert not faults, f"{replica.host.name}: {faults[:5]}"


def begin():
    lab = Lab(Path(os.environ["PLANTILES_LAB"]), Path(os.environ["PLANTILES_LOGS"]))
    lab.start()
    return lab
