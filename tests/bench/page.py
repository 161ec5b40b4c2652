"""From opening the page to its first map: the bundled plan, a server that has just been started, a browser that has and is at rest, loopback."""

import json

from export import emptied
from processes import ROOT, Failed, run, spread
from servers import Plantiles, get

SCRIPT = ROOT / "tests" / "browser" / "first_map.mjs"


def measure(bench):
    if not (SCRIPT.parent / "node_modules").is_dir():
        raise Failed("page: `npm ci` in tests/browser first")
    runs = []
    for number in range(bench.repeats):
        bench.say(f"page: run {number + 1}")
        # Nothing is published, cut or compressed yet.
        with Plantiles(bench.programs["plantiles"], bench.scratch, None, emptied(bench.scratch / "page-state"), cache_mib=256) as server:
            server.wait(lambda: get(server.address, "/readyz")[0] == 200, 900, "plantiles is not ready")
            runs.append(first_map(bench, server))
    return {key: spread([seen[key] for seen in runs]) for key in runs[0]}


def first_map(bench, server):
    surroundings = {"PLANTILES_URL": f"http://{server.address}", "PLANTILES_SHOTS": bench.scratch / "shots"}
    ran = run(["env", *(f"{key}={value}" for key, value in surroundings.items()), "node", SCRIPT], timeout=120)
    return json.loads(ran.out)
