"""A server of the plan on a host of its own."""

import json

from process import Process
from web import get

PORT = 8080


class Replica:
    def __init__(self, host, program, arguments, state, logs, variables):
        self.host, self.address, self.state = host, f"{host.address}:{PORT}", state
        words = [program, "serve", "--open", "--listen", self.address, "--state", state, *arguments]
        self.process = Process(host, words, logs / f"{host.name}.log", variables)

    def ready(self):
        """What it says of itself when it may be asked, else None."""
        answer = get(self.address, "/readyz")
        return answer if answer and answer.status == 200 else None

    def serves(self, name):
        """Whether the mining block of this name is in its files."""
        answer = get(self.address, "/downloads/mining_blocks.fgb")
        return bool(answer) and answer.status == 200 and name.encode() in answer.body

    def version(self):
        """Of the plan that it serves now."""
        answer = self.ready()
        return json.loads(answer.body)["version"] if answer else None
