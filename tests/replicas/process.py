"""A process on a host, which can be killed, stopped, paused and started again."""

import os
import signal
import subprocess

# What would configure the server comes from the tests alone.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PLANTILES_")}


class Process:
    def __init__(self, host, words, log, variables=None):
        self.host, self.words, self.log = host, words, log
        self.variables = {} if variables is None else variables
        self.child = None

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.host.inside(*self.words), stdout=log, stderr=log, env=CLEAN | self.variables)

    def end(self, number):
        """Sends the signal and waits for the end; its exit code."""
        if self.child is None:
            return None
        self.child.send_signal(number)
        code = self.child.wait(60)
        self.child = None
        return code

    def kill(self):
        return self.end(signal.SIGKILL)

    def stop(self):
        return self.end(signal.SIGTERM)

    def pause(self):
        self.child.send_signal(signal.SIGSTOP)

    def resume(self):
        self.child.send_signal(signal.SIGCONT)

    def said(self):
        return self.log.read_text(errors="replace")
