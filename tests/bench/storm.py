"""A cold storm: every tile of the list at once, none of them ready, while ready tiles are asked for beside it."""

import threading

from cold import GZIP, path
from processes import Failed, ask, percentile, spread
from servers import Plantiles

STORM_CONNECTIONS = 500
HOT_CONNECTIONS = 4


def measure(bench):
    hot = [path("block", tile) for tile in bench.hot]
    ready = set(hot)
    cold = [p for p in (path("block", tile) for tile in bench.tiles) if p not in ready]
    seen = {"calm": [], "hot": [], "cold": [], "seconds": [], "refused": [], "hot_requests": []}
    for _ in range(bench.repeats):
        bench.say("storm")
        # A new server each time: a storm leaves its tiles in the cache.
        with Plantiles(bench.programs["plantiles"], bench.scratch, bench.url, bench.state, cache_mib=256) as server:
            server.first_tile(hot[0])
            server.published()
            for _ in range(2):
                calm = ask_hot(bench, server, hot)
            storm, during = blow(bench, server, cold, hot)
        served = [row for row in storm.rows if row[2] != 503]
        seen["calm"].append(percentile([row[1] for row in calm.rows], 0.99) / 1000)
        seen["hot"].append(percentile([row[1] for row in during], 0.99) / 1000)
        seen["cold"].append(percentile([row[1] for row in served], 0.99) / 1000)
        seen["seconds"].append(storm.seconds)
        seen["refused"].append(len(storm.rows) - len(served))
        seen["hot_requests"].append(len(during))
    return {"tiles": len(cold), "connections": STORM_CONNECTIONS, "hot_connections": HOT_CONNECTIONS,
            **{key: spread(values) for key, values in seen.items()}}


def ask_hot(bench, server, hot):
    return ask(bench.programs, server.address, hot, bench.scratch, HOT_CONNECTIONS, headers=GZIP, allowed=(200,), listing="hot.txt")


def blow(bench, server, cold, hot):
    """The storm, and the requests for ready tiles that ended before it did."""
    out = []

    def storm():
        try:
            out.append(ask(bench.programs, server.address, cold, bench.scratch, STORM_CONNECTIONS, headers=GZIP,
                           allowed=(200, 204, 503), listing="cold.txt"))
        except Exception as error:  # handed to the caller's thread
            out.append(error)

    during = []
    blowing = threading.Thread(target=storm)
    blowing.start()
    while blowing.is_alive():
        rows = ask_hot(bench, server, hot).rows
        if blowing.is_alive() or not during:
            during += rows
    if isinstance(out[0], Exception):
        raise Failed(f"the storm: {out[0]}")
    return out[0], during
