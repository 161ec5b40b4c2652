"""The real programs: a server of a debug build, the OpenTelemetry Collector, Prometheus."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# On a machine that tests keep busy.
PATIENCE = 60


def wait_for(what, patience=PATIENCE):
    """What `what` gives once it is something."""
    until = time.monotonic() + patience
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Process:
    def __init__(self, command, log, **environment):
        kept = {name: value for name, value in os.environ.items() if not re.match("OTEL_|PLANTILES_|DATABASE_URL|RUST_LOG", name)}
        self.log = Path(log)
        with open(self.log, "w") as err:
            self.child = subprocess.Popen(command, stdout=err, stderr=err, env={**kept, **environment})

    def stop(self):
        """Seconds that it took."""
        began = time.monotonic()
        self.child.terminate()
        assert self.child.wait(PATIENCE) == 0, self.log.read_text()
        return time.monotonic() - began

    def memory(self):
        """Bytes of it that are in memory."""
        return 1024 * int(re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{self.child.pid}/status").read_text())[1])

    def kill(self):
        self.child.kill()
        self.child.wait()


class Server(Process):
    """Ready to serve."""

    def __init__(self, folder, config="", arguments=(), **environment):
        file = folder / "plantiles.toml"
        file.write_text(config)
        program = ROOT / "target/debug/plantiles"
        command = [program, "serve", "--listen", "127.0.0.1:0", "--state", folder / "state", "--config", file, *arguments]
        super().__init__(command, folder / "server.log", **environment)
        self.url = wait_for(lambda: re.search(r"listening on (http:\S+)", self.log.read_text()))[1]
        wait_for(lambda: self.child.poll() is not None or self.status("/readyz") == 200)

    def ask(self, path, **headers):
        """Status, headers and body."""
        request = urllib.request.Request(self.url + path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def status(self, path):
        return self.ask(path)[0]


class Certificate:
    """One that vouches for itself, for this machine."""

    REQUEST = """[req]
distinguished_name = name
x509_extensions = server
[name]
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1
"""

    def __init__(self, folder):
        self.file, self.key, request = folder / "server.pem", folder / "server.key", folder / "server.cnf"
        request.write_text(self.REQUEST)
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        command += ["-subj", "/CN=localhost", "-config", request, "-keyout", self.key, "-out", self.file]
        subprocess.run(command, check=True, capture_output=True)


class Collector(Process):
    """The OpenTelemetry Collector, which writes what it takes into files; with a certificate, by TLS."""

    def __init__(self, folder, certificate=None):
        self.port, self.files = free_port(), {signal: folder / f"{signal}.json" for signal in ("traces", "metrics")}
        http = {"endpoint": f"127.0.0.1:{self.port}", "include_metadata": True}
        if certificate:
            http["tls"] = {"cert_file": str(certificate.file), "key_file": str(certificate.key)}
        config = {
            "receivers": {"otlp": {"protocols": {"http": http}}},
            "exporters": {f"file/{signal}": {"path": str(path), "flush_interval": "50ms"} for signal, path in self.files.items()},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {signal: {"receivers": ["otlp"], "exporters": [f"file/{signal}"]} for signal in self.files},
            },
        }
        super().__init__([os.environ["PLANTILES_TEST_COLLECTOR"], "--config", f"yaml:{json.dumps(config)}"], folder / "collector.log")
        self.endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        wait_for(self.listens)

    def listens(self):
        assert self.child.poll() is None, self.log.read_text()
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def lines(self, signal):
        text = self.files[signal].read_text() if self.files[signal].exists() else ""
        # The last may be half written.
        return [json.loads(line) for line in text.split("\n")[:-1] if line]

    def spans(self):
        of = (scope["spans"] for line in self.lines("traces") for resource in line["resourceSpans"] for scope in resource["scopeSpans"])
        return [Span(span) for spans in of for span in spans]

    def resources(self, signal):
        found = (resource for line in self.lines(signal) for resource in line[f"resource{'Spans' if signal == 'traces' else 'Metrics'}"])
        return [values(resource["resource"]["attributes"]) for resource in found]

    def metrics(self):
        """The last of each name."""
        of = (scope["metrics"] for line in self.lines("metrics") for resource in line["resourceMetrics"] for scope in resource["scopeMetrics"])
        return {metric["name"]: metric for metrics in of for metric in metrics}


def values(attributes):
    return {attribute["key"]: next(iter(attribute["value"].values())) for attribute in attributes}


class Span:
    def __init__(self, told):
        self.told, self.name, self.trace, self.id = told, told["name"], told["traceId"], told["spanId"]
        self.parent, self.attributes = told.get("parentSpanId", ""), values(told.get("attributes", []))


@pytest.fixture
def started():
    """Starts processes, which end with the test."""
    running = []

    def start(process):
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
