"""What the stages of a tile cost, by the engine itself on one thread."""

from processes import run

NAMES = ("search", "read", "project", "clip", "check", "repair", "encode", "compress")


def measure(bench):
    bench.say("stages")
    listing = bench.scratch / "stages.txt"
    listing.write_text("".join(f"{z} {x} {y}\n" for z, x, y in bench.tiles))
    said = run([bench.programs["stages"], bench.state, "block", listing, bench.repeats]).out
    zooms = {}
    for line in said.splitlines():
        zoom, *numbers = line.split()
        zooms.setdefault(zoom, []).append([int(n) for n in numbers])
    out = {}
    for zoom, rows in sorted(zooms.items(), key=lambda item: int(item[0])):
        mean = [sum(column) / len(rows) for column in zip(*rows)]
        features, raw, gzip = mean[len(NAMES):]
        out[zoom] = {**{name: mean[i] / 1000 for i, name in enumerate(NAMES)}, "features": features,
                     "raw_kb": raw / 1000, "gzip_kb": gzip / 1000,
                     "slowest_ms": max(sum(row[:len(NAMES)]) for row in rows) / 1e6}
    return out
