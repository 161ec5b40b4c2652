"""The same with fewer and with more features."""

import cold
import export
from processes import ask, spread
from servers import ALL, Plantiles


def measure(bench):
    """What a plan of this size costs: export, start, tiles, memory."""
    out = {"rows": bench.rows}
    state = bench.scratch / "growth-state"
    exported = [export.publish(bench, export.emptied(state), "block") for _ in range(bench.repeats)]
    out["export"] = export.summary(exported)
    export.publish(bench, state)
    ready = []
    for _ in range(bench.repeats):
        with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, state, cache_mib=0) as server:
            ready.append(server.first_tile(cold.path(ALL, bench.tiles[0])))
            server.published()
            if len(ready) == bench.repeats:
                out["cold"] = cold.rates(bench, server, [cold.path("block", tile) for tile in bench.tiles])
                deep = [cold.path("block", bench.tiles[i]) for i in cold.deep(bench)]
                raw = ask(bench.programs, server.address, deep, bench.scratch, headers=("Accept-Encoding: identity",))
                out["deep_raw_kb"] = sum(row[3] for row in raw.rows) / len(raw.rows) / 1000
                out["memory"] = server.memory()
    out["start"] = spread(ready)
    export.emptied(state)
    return out
