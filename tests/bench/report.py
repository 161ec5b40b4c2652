"""The results as a page of Markdown."""

from servers import ALL
from stages import NAMES as STAGES
from targets import find, judge, per_kb, short, show

NAMES = {"ours": "plantiles, HTTP, gzip", "stored": "ST_AsMVT, stored in 3857, no HTTP, raw",
         "transformed": "ST_AsMVT, from 4490, no HTTP, raw", "martin": "Martin, from 4490, HTTP, gzip"}
ORDER = ("ours", "stored", "transformed", "martin")


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join("–" if cell is None else str(cell) for cell in row) + " |"
    yield ""


def write(results):
    parts = [heading(results), ["## Targets", ""],
             table(("Target", "Wanted", "Measured", "Verdict"), judge(results)),
             ["Measured is the median of the repeats, with the least and the most in brackets. Ratios are of runs made in the "
              "same minutes on the same rows and tiles.", ""]]
    for key, write_part in (("cold", cold), ("hot", hot), ("storm", storm), ("download", download), ("features", features), ("review", review), ("export", export), ("push", push), ("start", start),
                            ("memory", memory), ("growth", growth), ("import", imports), ("formats", formats), ("archive", archive), ("stages", stages), ("replicas", replicas), ("bucket", bucket), ("page", page)):
        if key in results or key == "memory":
            parts.append(write_part(results))
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def heading(results):
    about = results["about"]
    yield "# Bench"
    yield ""
    yield "Written by `" + about["command"] + "`; do not edit. How it measures is in `tests/bench/README.md`."
    yield ""
    yield "![The plot of the main results](bench.svg)"
    yield ""
    rows = " · ".join(f"{r['rows']:,} `{layer}` with {r['vertices']:,} vertices".replace(",", " ") for layer, r in about["rows"].items())
    yield from table(("", ""), [("Machine", about["machine"]), ("Commit", about["commit"]), ("Programs", about["programs"]),
                                ("Rows", rows), ("Tiles", f"{about['tiles']} distinct, z5–14, weighted by data; {about['hot']} of them hot"),
                                ("Repeats", f"{about['repeats']}, of about {about['seconds']} s where rates are measured"),
                                ("Load of the machine", f"{about['load'][0]:.1f} before, {about['load'][1]:.1f} at the end (1-minute average)")])


def cold(results):
    cold = results["cold"]
    yield "## Cold tiles"
    yield ""
    yield ("Every tile is cut for its request: our cache is off (checked: each of two requests for the same tile is a miss) and so is "
           "Martin's. The HTTP servers answer 32 connections with gzip, the client included in the two cores; the database cuts on two "
           "connections, answers only the length of each tile, and its idle time at the end is not counted. Ours draws low zooms from "
           "simplified geometry, the others draw everything: that is the point of it, and z9+ is where the difference is small.")
    yield ""
    for name, title in (("block", "Layer `block`"), (ALL, "Three layers in one tile")):
        measured = cold["sets"][name]
        rows = []
        for key in ORDER:
            if key in measured:
                all_, deep = measured[key]["all"], measured[key]["deep"]
                rows.append((NAMES[key], show(all_["rate"]), all_.get("ratio") and show(all_["ratio"], "×"), show(deep["rate"]),
                             deep.get("ratio") and show(deep["ratio"], "×"), all_.get("cpu_micros") and show(all_["cpu_micros"]),
                             short(all_.get("kb", all_.get("raw_kb"))), all_.get("client_cpu") and f"{all_['client_cpu']['median']:.0%}"))
        yield f"### {title}"
        yield ""
        yield from table(("", "tiles/s, z5–14", "ours is", "tiles/s, z9+", "ours is", "server CPU, µs a tile", "kB a tile", "client, of a core"), rows)
    if not cold["martin"]:
        yield "Martin was not measured: there is no `martin` on the path."
        yield ""
    yield "### Latency by zoom, `block`, ms: one request at a time, ST_AsMVT two"
    yield ""
    kinds = [key for key in ORDER if key in cold["zooms"]]
    rows = [(f"z{zoom}", seen["tiles"], *(f"{short(cold['zooms'][key][zoom]['p50'])} · {short(cold['zooms'][key][zoom]['p99'])}" for key in kinds))
            for zoom, seen in cold["zooms"]["ours"].items()]
    yield from table(("", "tiles", *(f"{NAMES[key]}: p50 · p99" for key in kinds)), rows)
    for tileset, name in (("block", "`block`"), (ALL, "three layers")):
        h = cold["heaviest"][tileset]
        yield f"Slowest tile of {name}: {short(h['ms'])} ms, `{h['slowest']}`; largest: {short(h['raw_kb'])} kB raw, `{h['largest']}`."
    yield ""


def compared(connections):
    """A row for ours and one for nginx at each number of connections."""
    for count, seen in connections.items():
        for who in ("ours", "nginx"):
            s = seen[who]
            yield (count, "plantiles" if who == "ours" else f"nginx, {seen['way']}" if "way" in seen else "nginx", show(s["rate"]), show(s["p50"]), show(s["p99"]), show(s["cpu_micros"]),
                   f"{s['client_cpu']['median']:.0%}", show(seen["ratio"], "×") if who == "ours" else None,
                   show(seen["p99_ratio"], "×") if who == "ours" else None)


HEAD = ("connections", "", "requests/s", "p50 ms", "p99 ms", "server CPU, µs a request", "client, of a core", "rate, ours to nginx", "p99, nginx to ours")


def hot(results):
    hot = results["hot"]
    yield "## Hot tiles"
    yield ""
    yield (f"{results['about']['hot']} tiles of `block`, {short(hot['bytes'] / 1000)} kB on average as sent, from our cache against nginx serving the same "
           "bytes as files in tmpfs; wrk with one thread, turn and turn about. Where the client uses its whole core the rates say how fast "
           "the client is: there, the CPU per request tells the servers apart.")
    yield ""
    yield from table(HEAD, compared(hot["connections"]))


def storm(results):
    s = results["storm"]
    yield "## Cold storm"
    yield ""
    yield (f"{s['tiles']} distinct cold tiles of `block` asked for at once from {s['connections']} connections, while {s['hot_connections']} connections "
           "ask for ready ones; a new server each time. The clients share the two cores.")
    yield ""
    rows = [(show(s["calm"]), show(s["hot"]), show(s["hot_requests"]), show(s["seconds"]), show(s["cold"]), show(s["refused"]))]
    yield from table(("hot p99 before, ms", "hot p99 in the storm, ms", "hot requests in it", "storm, s", "p99 of its tiles, ms", "of them refused (503)"), rows)


def download(results):
    d = results["download"]
    yield "## Download"
    yield ""
    yield f"The published file of `block`, {short(d['mb'])} MB, from the page cache; nginx sends the very same file."
    yield ""
    whole = d["whole"]
    rows = [(name, show(whole[who]["mb_s"]), f"{whole[who]['client_cpu']['median']:.0%}", show(whole["ratio"], "×") if who == "ours" else None)
            for who, name in (("ours", "plantiles"), ("nginx", "nginx"))]
    yield from table(("whole, 4 connections", "MB/s", "client, of a core", "ours to nginx"), rows)
    yield from table(("ranges of 16 KiB: connections", *HEAD[1:]), compared({"64": d["ranges"]}))


def features(results):
    f = results["features"]
    yield "## Features"
    yield ""
    yield (f"GeoJSON of `block` ({f['features']} features) by OGC API over one connection, without a coding, from the request to the last "
           "byte, the client included. Each box is that of a tile and asked for once in a run; pages begin at random places in the first "
           "thousand features and in the last tenth.")
    yield ""
    rows = [("features of a box, at most 100", f["box"])]
    for name, title in (("page", "100 features"), ("sorted", "100 features, `sortby=-id`")):
        rows += [(f"{title}, near the beginning", f[name]["near"]), (f"{title}, far in", f[name]["far"])]
    yield from table(("Request", "Number", "kB", "p50 ms", "p99 ms"),
                     [(title, m["requests"], f"{m['kb']:.1f}", show(m["p50_ms"], ""), show(m["p99_ms"], "")) for title, m in rows])


def review(results):
    r = results["review"]
    features = f"{r['features']:,}".replace(",", " ")
    yield "## Review"
    yield ""
    yield (f"`POST /review` of polygons of 10 corners and about 5 km², by the rules of `tests/bench/rules.toml` on the {features} features of all layers, over "
           f"one connection, from the request to the last byte, the client included. Each is asked for once in a run and overlaps {short(r['met'])} "
           "features on average.")
    yield ""
    yield from table(("reviews", "p50 ms", "p99 ms", "slowest ms"), [(r["requests"], show(r["p50_ms"]), show(r["p99_ms"]), show(r["worst_ms"]))])


def export(results):
    e = results["export"]
    yield "## Export"
    yield ""
    yield (f"`block` from PostGIS to a FlatGeobuf file with index: ours {short(e['mb'])} MB, written to disk for good (fsync), read back and hashed; "
           f"ogr2ogr {short(e['ogr2ogr_mb'])} MB, left to the operating system. `publish` also prepares the layer for tiles, which ogr2ogr has no like of: the ratio is that of the export alone. "
           "COPY sends the same rows as WKB to nowhere: the floor.")
    yield ""
    rows = [(name, show(e[key]["seconds"]), show(e[key]["cpu_seconds"]), show(e[key]["peak_anon_mb"]), show(e[key]["peak_mb"]))
            for key, name in (("ours", "plantiles, export"), ("publish", "plantiles publish"), ("ogr2ogr", "ogr2ogr"), ("copy", "COPY (FORMAT binary)"))]
    yield from table(("", "s", "CPU s (without the database)", "peak MB beside mapped files", "peak MB with them"), rows)
    yield f"With mapped files counted, our peak is {show(e['resident_ratio'], '×')} of ogr2ogr's: the finished file is mapped to be hashed."
    yield ""


def imports(results):
    yield "## Import"
    yield ""
    yield ("The rows of `block` from a file of GDAL's into a layer of the plan, with every check; `mining_blocks` forbids overlaps. "
           "ogr2ogr puts them into a table with COPY and an index, and checks nothing.")
    yield ""
    rows = [(name, found["rows"], show(found["ours"]["seconds"]), show(found["ours"]["peak_anon_mb"]), show(found["ogr2ogr"]["seconds"]),
             show(found["ogr2ogr"]["peak_anon_mb"]), show(found["ratio"], "×")) for name, found in results["import"].items()]
    yield from table(("", "rows", "plantiles s", "peak MB", "ogr2ogr s", "peak MB", "ours to ogr2ogr's"), rows)


def formats(results):
    yield "## Files"
    yield ""
    yield ("`plantiles export` of `block` from its snapshot, which it hashes first, to a file that is synced to disk; ogr2ogr from the same "
           "snapshot, its file left to the operating system. A FlatGeobuf file of the whole layer is the snapshot and is not written at all.")
    yield ""
    rows = [(name, *(f"{show(f[who]['seconds'])} · {short(f[who + '_mb'])} MB · {show(f[who]['peak_anon_mb'])}" for who in ("ours", "ogr2ogr")),
             show(f["ratio"], "×"), show(f["memory_ratio"], "×")) for name, f in results["formats"].items()]
    yield from table(("", "plantiles: s · file · peak MB beside mapped files", "ogr2ogr: the same", "time, ogr2ogr to ours", "memory, ours to ogr2ogr's"), rows)


def archive(results):
    a = results["archive"]
    tiles = f"{a['tiles']:,}".replace(",", " ")
    yield "## Archive"
    yield ""
    yield (f"`plantiles export --format pmtiles` of the three layers, z{a['zooms']}: {tiles} tiles, {short(a['mb'])} MB, everything from finding the "
           f"tiles to the synced archive, with at most {short(a['peak_anon_mb'])} MB beside mapped files. Beside it one core that cuts and compresses the same "
           "tiles and does nothing else, in the same minutes.")
    yield ""
    yield from table(("plantiles export, tiles/s", "one core, tiles/s", "share of that times the cores"),
                     [(show(a["ours"]), show(a["one_core"]), show(a["ratio"], "×"))])


def push(results):
    p = results["push"]
    yield "## Push"
    yield ""
    yield ("From just before one edit is sent to PostGIS, commit included, to the tile at z14 that has it, asked for over HTTP each 2 ms: a new name and a "
           "shape moved by a metre. The burst is as many commits of one row as one connection makes, one after the other.")
    yield ""
    rows = [(f"{s['rows']:,}".replace(",", " "), s["edits"], short(s["p50"]["median"]), short(s["p99"]["median"]),
             f"{s['commits']} in {short(s['burst_seconds'])} s", short(s["exports"]["median"]), short(s["last"]["median"])) for s in p["sizes"].values()]
    yield from table(("features", "edits", "p50 s", "p99 s", "burst of commits", "exports", "last edit s"), rows)
    tiles = p["carried"]["tiles"]
    yield f"Of {tiles} cached tiles of the largest layer, z5–14, the share that is served from the cache after one edit:"
    yield ""
    yield from table(("edit", "carried over"), [(name, f"{share:.2%}") for name, share in p["carried"]["share"].items()])
    yield f"A notification took {short(p['lag_ms'])} ms on average to arrive."
    yield ""


def start(results):
    s = results["start"]
    yield "## Start to the first tile, s"
    yield ""
    yield from table(("without snapshots: publish first", "with snapshots"), [(show(s["without"]), show(s["with"]))])


def memory(results):
    yield "## Resident memory, MB"
    yield ""
    places = (("started without snapshots", find(results, "start", "memory_without")), ("started with snapshots", find(results, "start", "memory_with")),
              ("after cold tiles, no cache", find(results, "cold", "memory")), ("after hot tiles, cache of 256 MiB", find(results, "hot", "memory")),
              ("after downloads", find(results, "download", "memory")))
    rows = [(name, short(m["RssAnon"]), short(m["RssFile"])) for name, m in places if m]
    yield from table(("", "beside mapped files", "mapped files"), rows)


def growth(results):
    yield "## Growth"
    yield ""
    yield ("The same with fewer and more features in the same country; each size has its own list of tiles. Clusters grow outwards, "
           "so tiles of z12+ hold about as much at each size, those of z9–11 more.")
    yield ""
    rows = []
    for factor, g in results["growth"].items():
        deep = g["cold"]["deep"]
        rows.append((f"{g['rows']['block']['rows']:,}".replace(",", " "), show(g["export"]["seconds"]), show(g["export"]["peak_anon_mb"]), show(g["start"]),
                     show(g["cold"]["all"]["rate"]), show(deep["rate"]), show(deep["cpu_micros"]), short(g["deep_raw_kb"]),
                     show(per_kb(g)), short(g["memory"]["RssAnon"]), short(g["memory"]["RssFile"])))
    yield from table(("features of `block`", "publish s", "publish peak MB", "start s", "tiles/s, z5–14", "tiles/s, z9+", "CPU µs a tile, z9+",
                      "raw kB a tile, z9+", "CPU µs a kB", "memory MB", "mapped MB"), rows)


def stages(results):
    yield "## Stages"
    yield ""
    yield ("Mean microseconds a tile of `block` on one thread, no HTTP: what cutting up to a stage takes longer than up to the one before, "
           "the least of the repeats for each tile. Up to z12 geometry is drawn from what was prepared: there a feature that lies whole in the tile "
           "is only searched and written, one at the edge read and clipped, and nothing is projected.")
    yield ""
    rows = [(f"z{zoom}", *(short(s[name]) for name in STAGES), short(s["features"]), short(s["raw_kb"]),
             short(s["gzip_kb"]), short(s["slowest_ms"])) for zoom, s in results["stages"].items()]
    yield from table(("", *STAGES, "features in its box", "raw kB", "gzip kB", "slowest tile, all stages, ms"), rows)


def replicas(results):
    r = results["replicas"]
    yield "## Replicas"
    yield ""
    yield (f"Tiles of `block` through nginx, its cache left out, from one, two and three replicas that follow a store; each may take {r['share']:.0%} of a core by "
           f"its control group, so that three of them, nginx and the client fit in the cores there are. wrk, {r['connections']} connections, turn and turn about.")
    yield ""
    names = {"ready": "ready in memory", "cut": "cut for each request"}
    rows = [(names[kind], count, show(seen["rate"]), show(seen["ratio"], "×"), show(seen["p99"]), f"{seen['used']['median']:.0%}", f"{seen['proxy']['median']:.0%}")
            for kind, counts in r["kinds"].items() for count, seen in counts.items()]
    yield from table(("tiles", "replicas", "requests/s", "to one replica", "p99 ms", "each used, of a core", "nginx, of a core"), rows)


def bucket(results):
    b = results["bucket"]
    yield "## A replica on an empty disk"
    yield ""
    yield (f"The three layers in a bucket of an S3 server at the end of a line of 1 Gbit/s: from starting the program to the first tile, which it cuts from parts of "
           f"the files, and until it has all. Bytes are those on the line. In the bucket: snapshots of {b['sizes']['fgb']:.1f} MB, prepared tiles of {b['sizes']['tiles']:.1f} MB.")
    yield ""
    rows = [(kind, show(seen["first"]), show(seen["first_mb"]), show(seen["whole"]), show(seen["whole_mb"]), show(seen["ratio"], "×")) for kind, seen in b["kinds"].items()]
    yield from table(("first tile", "s", "MB", "all, s", "MB", "all to the first"), rows)


def page(results):
    p = results["page"]
    yield "## The page"
    yield ""
    yield ("The bundled plan at 1280 by 800 pixels, by a server and a headless Chromium that have just been started, which draws without a graphics "
           "card on the same cores: from the start of the navigation to the first picture with the plan's areas from all tiles in view, and to the "
           "last name on it.")
    yield ""
    yield from table(("first map, ms", "of it until the program runs, ms", "whole map, ms", "requests before the first", "kB of them"),
                     [(show(p["map"]), show(p["loaded"]), show(p["whole"]), show(p["requests"]), show(p["kb"]))])
