"""The S3 server, which can be stopped, paused and started again."""

import hashlib
import json
import os
import signal
import subprocess

from proxy import ROOT

PORT = 9000


class Store:
    def __init__(self, host, folder):
        self.host, self.folder = host, folder
        self.variables, self.running = {}, False
        folder.mkdir()

    def start(self):
        said = self.run("start", self.folder, "--listen", f"{self.host.address}:{PORT}")
        self.variables.update(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
        self.running = True

    def stop(self):
        self.running = False
        self.run("stop", self.folder, "KILL")

    def pause(self):
        os.kill(self.process(), signal.SIGSTOP)

    def resume(self):
        os.kill(self.process(), signal.SIGCONT)

    def mend(self):
        if not self.running:
            self.start()
        self.resume()

    @property
    def url(self):
        """For the servers."""
        return self.variables["PLANTILES_TEST_STORE"] + "/plan"

    @property
    def bucket(self):
        """Its objects are files."""
        return self.folder / "objects" / self.url.removeprefix("s3://")

    def snapshots(self):
        return self.bucket.glob("snapshots/*/*.fgb")

    def current(self):
        return (self.bucket / "current.json").read_bytes()

    def check(self):
        """Every snapshot that the store names is there, and each is what its name says."""
        manifest = json.loads(self.current())
        named = {(layer["id"], version["id"]) for layer in manifest["set"]["layers"] for version in layer["versions"]}
        named |= {(layer["id"], layer["snapshot"]) for former in manifest["before"] for layer in former["layers"]}
        there = {(path.parent.name, path.stem): path for path in self.snapshots()}
        assert named and named <= set(there), f"not there: {named - set(there)}"
        for (_, name), path in there.items():
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            assert found.startswith(name), f"{path} has the hash {found}"

    def process(self):
        return int((self.folder / "pid").read_text())

    def run(self, *words):
        ran = subprocess.run(self.host.inside(ROOT / "tests" / "objects", *words), stdout=subprocess.PIPE, text=True, check=True)
        return ran.stdout
