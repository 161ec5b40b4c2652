"""All tiles into one PMTiles archive, against what the cores would cut if nothing else were to be done."""

import os
import re

from processes import Failed, run, spread
from servers import ALL, config

# Down to here the archive of the whole plan takes some ten seconds.
ZOOMS = "0-11"


def measure(bench):
    archive = bench.scratch / "archive.pmtiles"
    zooms = "0-8" if bench.repeats == 1 else ZOOMS
    layers = [word for layer in ALL.split(",") for word in ("--layer", layer)]
    command = [bench.programs["plantiles"], "export", "--format", "pmtiles", "--state", bench.state,
               "--config", config(bench.scratch, 0), *layers, "--zoom", zooms, "-o", archive]
    one, ours, ratios, ran = [], [], [], None
    for _ in range(bench.repeats):
        bench.say("archive: one core, cutting alone")
        filled, seconds = run([bench.programs["cut"], bench.state, ALL, zooms]).out.split()
        bench.say("archive: export")
        archive.unlink(missing_ok=True)
        ran = run(command)
        said = re.search(r": (\d+) tiles.*; (\d+) tiles/s", ran.out)
        if not said or said.group(1) != filled:
            raise Failed(f"the archive has other tiles than the {filled} that there are: {ran.out}")
        one.append(int(filled) / float(seconds))
        # By its own clock: what it takes to open the layers is not counted on either side, writing the archive is.
        ours.append(float(said.group(2)))
        ratios.append(ours[-1] / one[-1] / os.cpu_count())
    size = archive.stat().st_size / 1e6
    archive.unlink()
    return {"zooms": zooms, "tiles": int(filled), "mb": size, "one_core": spread(one), "ours": spread(ours), "ratio": spread(ratios),
            "peak_anon_mb": ran.peak_anon_mb}
