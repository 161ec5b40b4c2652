"""Waiting for what has to come."""

import time


def until(what, done, seconds=60.0, pause=0.02):
    """Asks `done` until it says so; the seconds that it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, f"after {seconds} s not yet: {what}"
        time.sleep(pause)
    return time.monotonic() - began
