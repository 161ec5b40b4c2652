"""Running programs and telling what they used."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """The bench cannot go on, or something answered what it should not."""


@dataclass
class Ran:
    out: str
    seconds: float
    cpu_seconds: float
    peak_mb: float  # resident, with mapped files
    peak_anon_mb: float  # resident without them; both sampled each 5 ms


def memory(pid):
    """Resident memory of a process in MB: now beside mapped files, in them, and the peak of both.

    (The peak that wait4 tells begins with what the parent had when it forked.)
    """
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(fields.get(name, "0 kB").split()[0]) / 1000 for name in ("RssAnon", "RssFile", "VmHWM")}


def run(command, stdout=subprocess.PIPE, stdin=None, timeout=900, variables=None):
    """Runs a command to its end; fails if it does."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=stdout,
                               stderr=subprocess.PIPE, env=environment(variables))
    stop = threading.Timer(timeout, process.kill)
    stop.start()
    peak = peak_anon = 0.0
    streams = {}
    readers = [threading.Thread(target=lambda n=n, s=s: streams.update({n: s.read()}))
               for n, s in (("out", process.stdout), ("err", process.stderr)) if s]
    for reader in readers:
        reader.start()
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        try:
            seen = memory(process.pid)
            peak, peak_anon = max(peak, seen["VmHWM"]), max(peak_anon, seen["RssAnon"])
        except OSError:
            pass
        time.sleep(0.005)
    seconds = time.perf_counter() - start
    stop.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    out = streams.get("out", b"").decode()
    if process.returncode != 0:
        raise Failed(f"{Path(str(command[0])).name}: {streams.get('err', b'').decode().strip()[-2000:]}{out[-500:]}")
    return Ran(out, seconds, usage.ru_utime + usage.ru_stime, peak, peak_anon)


def environment(variables=None):
    """The environment without what would configure the server, and with these variables."""
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("PLANTILES_")}
    return kept | (variables or {})


def cpu_seconds(pid):
    """Processor time of a process and its children so far."""
    total = 0.0
    for child in [pid, *children(pid)]:
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
        except OSError:
            pass
    return total


def children(pid):
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in direct] + [grand for child in direct for grand in children(int(child))]


@dataclass
class Requests:
    """What bench_client saw: `rows` are (line, microseconds, status, bytes, coding, checksum)."""
    rows: list
    seconds: float
    client_cpu: float  # processor time of the client as a share of one core

    @property
    def rate(self):
        return len(self.rows) / self.seconds


def ask(programs, address, paths, scratch, connections=1, rounds=1, seconds=120, headers=(), allowed=(200, 204), listing="paths.txt"):
    """Asks for each path `rounds` times, with what stands behind a tab as its body; every answer must have an allowed status."""
    listing = scratch / listing
    listing.write_text("".join(f"{path}\n" for path in paths))
    ran = run([programs["client"], address, listing, connections, rounds, seconds, *headers])
    first, *lines = ran.out.splitlines()
    rows = []
    for line in lines:
        number, micros, status, size, coding, checksum = line.split()
        rows.append((int(number), int(micros), int(status), int(size), coding, checksum))
    wrong = [row for row in rows if row[2] not in allowed]
    if wrong:
        raise Failed(f"{paths[wrong[0][0]]} answered {wrong[0][2]}, and so did {len(wrong) - 1} more")
    if len(rows) != len(paths) * rounds:
        raise Failed(f"{len(rows)} answers to {len(paths) * rounds} requests")
    elapsed = int(first) / 1e6
    return Requests(rows, elapsed, ran.cpu_seconds / elapsed)


def wrk(address, listing, connections, seconds):
    """Requests a second and latency in ms of the paths of a list, by wrk with one thread."""
    ran = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", FOLDER / "hot.lua",
               f"http://{address}", "--", listing])
    seen = json.loads(ran.out.splitlines()[-1])
    if seen["errors"]:
        raise Failed(f"wrk counted {seen['errors']} errors at {connections} connections")
    if not seen["requests"]:
        raise Failed("wrk got no answer")
    elapsed = seen["micros"] / 1e6
    return {"rate": seen["requests"] / elapsed, "mb_s": seen["bytes"] / elapsed / 1e6, "p50": seen["p50"] / 1000,
            "p99": seen["p99"] / 1000, "client_cpu": ran.cpu_seconds / elapsed}


def spread(values):
    """Median, least and most."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return {"median": median, "min": ordered[0], "max": ordered[-1], "values": list(values)}


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
