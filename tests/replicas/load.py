"""Clients that ask through the proxy all the time, and believe nothing.

Every answer has to have its status, and all of its bytes. What never changes, a tile or a file of one version, has to have
one entity tag and the same bytes for ever, whoever answers; what does, the same bytes under the same tag.
"""

import hashlib
import http.client
import random
import re
import threading
import time
from collections import Counter
from math import asinh, floor, pi, radians, tan

from web import Client

# Between two requests of a client, so that it is load and not a storm: replicas, databases and clients share two cores.
PAUSE = 0.03
CLIENTS = 6
ZOOMS = range(8, 15)
EDITED = "mining_blocks"
# Seconds for which a version is asked for after it was announced: in less than three edits.
FRESH = 1.0


class Wrong(Exception):
    """An answer that is not as it should be."""


class Truth:
    """What was answered before."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known = {}
        # When somebody announced a version of the plan last.
        self.heard = {}
        # Whole files, by layer and version, and the version of each layer that was announced last, and when.
        self.files, self.latest = {}, {}

    def same(self, what, answer):
        with self.lock:
            known = self.known.setdefault(what, answer)
        if known != answer:
            raise Wrong(f"{what}: {answer}, which was {known}")

    def announce(self, version):
        with self.lock:
            self.heard[version] = time.monotonic()

    def versions(self):
        """Those that were announced a moment ago. Three are kept: what was heard before more edits than that may be gone."""
        with self.lock:
            return [version for version, heard in self.heard.items() if time.monotonic() - heard < FRESH]


class Load:
    """Runs inside a `with`, at whose end nothing may have failed.

    `redirected`: a tile of a version may be answered 307, to that tile of another version, which is then asked for.
    """

    def __init__(self, address, layers, bounds, truth, redirected):
        self.address, self.layers, self.bounds, self.truth, self.redirected = address, layers, bounds, truth, redirected
        self.redirects, self.over = 0, threading.Event()
        self.kinds, self.failures, self.slowest = Counter(), [], (0.0, "")
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(CLIENTS)]

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(90)
        self.seconds = time.monotonic() - self.began
        if kind is None:
            assert not self.failures, f"{len(self.failures)} of {self.requests} failed: " + "; ".join(self.failures[:8])
            assert self.requests > 50, f"only {self.requests} requests were made"

    @property
    def requests(self):
        return sum(self.kinds.values())

    def work(self, number):
        caller = Caller(self, number)
        while not self.over.is_set():
            ask = caller.chance.choices(caller.asks, [4, 5, 1, 2, 2, 1])[0]
            began = time.monotonic()
            try:
                ask()
            except (OSError, http.client.HTTPException, Wrong) as error:
                self.failures.append(f"at {began - self.began:.1f} s {ask.__name__} {caller.path}: {error!r}")
            took = time.monotonic() - began
            self.kinds[ask.__name__] += 1
            self.slowest = max(self.slowest, (took, caller.path))
            time.sleep(PAUSE)


class Caller:
    def __init__(self, load, number):
        self.load, self.truth = load, load.truth
        self.client = Client(load.address)
        self.chance = random.Random(number)
        self.path = ""
        self.asks = [self.current_tile, self.tile_of_a_version, self.tilejson, self.range, self.range_of_a_version, self.revisions]

    def get(self, path, *allowed, **headers):
        self.path = path
        answer = self.client.get(path, **headers)
        if answer.status not in allowed:
            raise Wrong(f"{answer.status} {answer.headers.get('location', '')} {answer.body[:200]!r}")
        if answer.tag is None and answer.status != 307:
            raise Wrong("no entity tag")
        return answer, (answer.status, hashlib.sha256(answer.body).hexdigest())

    def tile(self):
        """Anywhere in the plan."""
        z = self.chance.choice(ZOOMS)
        west, south, east, north = self.load.bounds
        return f"{z}/{position(self.chance.uniform(west, east), self.chance.uniform(south, north), z)}"

    def current_tile(self):
        path = f"/tiles/plan/{self.tile()}.mvt"
        answer, body = self.get(path, 200, 204, accept_encoding="gzip")
        self.truth.same((path, answer.tag), body)

    def tile_of_a_version(self):
        versions = self.truth.versions()
        if not versions:
            return self.tilejson()
        tile = f"/{self.tile()}.mvt"
        path = f"/tiles/plan@{self.chance.choice(versions)}{tile}"
        led = [307] if self.load.redirected else []
        answer, body = self.get(path, 200, 204, *led, accept_encoding="gzip")
        while answer.status == 307:
            self.load.redirects += 1
            path = self.way(answer, tile)
            answer, body = self.get(path, 200, 204, *led, accept_encoding="gzip")
        self.truth.same(path, (answer.tag, body))

    @staticmethod
    def way(answer, tile):
        """Where this tile of another version is."""
        found = re.fullmatch(f"http://[^/]+(/tiles/plan@[0-9a-f]{{32}}{re.escape(tile)})", answer.headers["location"])
        if not found:
            raise Wrong(f"a redirect to {answer.headers['location']}")
        return found[1]

    def tilejson(self):
        answer, body = self.get("/tiles/plan.json", 200)
        self.truth.same(("/tiles/plan.json", answer.tag), body)
        self.truth.announce(answer.body.split(b"/tiles/plan@", 1)[1].split(b"/", 1)[0].decode())

    def range(self):
        layer = self.layer()
        answer = self.part(f"/downloads/{layer}.fgb", layer)
        self.truth.latest[layer] = answer.tag.strip('"'), time.monotonic()

    def range_of_a_version(self):
        layer = self.layer()
        version, heard = self.truth.latest.get(layer, (None, 0.0))
        if time.monotonic() - heard > FRESH:
            return self.range()
        self.part(f"/downloads/{layer}@{version}.fgb", layer)

    def layer(self):
        """Half of the time the one that is edited."""
        return self.chance.choice([EDITED, self.chance.choice(self.load.layers)])

    def part(self, path, layer):
        """A few bytes of a file, which must be those of the file that the tag names."""
        start = self.chance.randrange(300)
        end = start + self.chance.randrange(1, 100)
        answer, _ = self.get(path, 206, range=f"bytes={start}-{end - 1}")
        if answer.body != self.file(layer, answer.tag.strip('"'))[start:end]:
            raise Wrong(f"bytes {start} to {end} are not those of the file")
        return answer

    def file(self, layer, version):
        if (layer, version) not in self.truth.files:
            answer, (_, found) = self.get(f"/downloads/{layer}@{version}.fgb", 200)
            if not found.startswith(version):
                raise Wrong(f"the bytes of version {version} have the hash {found}")
            self.truth.files[layer, version] = answer.body
        return self.truth.files[layer, version]

    def revisions(self):
        answer, body = self.get("/revisions", 200)
        self.truth.same(("/revisions", answer.tag), body)


def position(lon, lat, z):
    """Column and row of the tile, as its address has them."""
    count = 2**z
    return f"{floor((lon + 180) / 360 * count)}/{floor((1 - asinh(tan(radians(lat))) / pi) / 2 * count)}"
