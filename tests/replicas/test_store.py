"""The store goes away, or somebody who was putting something into it."""

import time

from lab import START, TURN
from patience import until


def test_the_store_is_killed_and_started_again(lab):
    """What is served is served from what the replicas have; what is edited meanwhile is published afterwards."""
    with lab.load("the store is away"):
        lab.store.stop()
        name = lab.edit()
        time.sleep(5)
        assert all(replica.ready() for replica in lab.replicas), "somebody gave up"
        lab.store.start()
        lab.converge("after its start", name)
        lab.change("after it has healed")


def test_the_store_hangs_and_goes_on(lab):
    """It takes connections and says nothing: whoever waits for it goes on when it does."""
    with lab.load("the store hangs"):
        lab.store.pause()
        name = lab.edit()
        time.sleep(5)
        assert all(replica.ready() for replica in lab.replicas), "somebody gave up"
        lab.store.resume()
        lab.converge("when it goes on", name)
        lab.change("after it has healed")


def test_an_exporter_killed_in_mid_upload_leaves_nothing_half_done(lab):
    """Another takes over within the time that a change may take anyway, and what the store names is there, whole."""
    with lab.load("kill -9 in mid-upload"):
        for _ in range(3):
            exporter, name = stopped_in_mid_upload(lab)
            others = [other for other in lab.replicas if other is not exporter]
            exporter.process.kill()
            lab.store.resume()
            lab.converge(f"{exporter.host.name} was killed, another takes over", name, others)
            lab.store.check()
            exporter.process.start()
            lab.converge(f"{exporter.host.name} started again", name, within=START)
    lab.store.check()


def test_an_exporter_that_falls_asleep_in_mid_upload_is_overtaken(lab):
    """It has the lock, and says nothing for five seconds: then another publishes. When it wakes up it is too late with what it had."""
    with lab.load("pause in mid-upload"):
        exporter, name = stopped_in_mid_upload(lab)
        others = [other for other in lab.replicas if other is not exporter]
        exporter.process.pause()
        lab.store.resume()
        lab.converge(f"{exporter.host.name} sleeps, another takes over", name, others, within=TURN)
        exporter.process.resume()
        lab.converge(f"{exporter.host.name} goes on", name)
        lab.change("after it has healed")
    lab.store.check()


def stopped_in_mid_upload(lab):
    """Stops the store between the first and the last object of a publication; who publishes, and what."""
    for _ in range(30):
        before, served = set(lab.store.snapshots()), lab.store.current()
        name = lab.edit()
        until("something is uploaded", lambda: set(lab.store.snapshots()) - before, pause=0)
        lab.store.pause()
        if lab.store.current() == served:
            exporter = lab.exporter()
            assert exporter, "nobody holds the lock, and something is uploaded"
            return exporter, name
        lab.store.resume()
        lab.converge("too late to be in mid-upload", name)
    raise AssertionError("no upload could be stopped in its middle")
