"""Replicas die, hang and are replaced: nobody who asks through the proxy notices."""

import shutil
import time

from lab import START, TURN
from patience import until


def test_a_killed_replica_is_not_missed_and_comes_back_current(lab):
    """Each in turn ends without a word; the others publish what is edited meanwhile, and it serves that when it is back."""
    with lab.load("kill -9"):
        for replica in lab.replicas:
            others = [other for other in lab.replicas if other is not replica]
            lab.change(f"before {replica.host.name} is killed")
            replica.process.kill()
            name = lab.edit()
            lab.converge(f"while {replica.host.name} is dead", name, others)
            replica.process.start()
            lab.converge(f"{replica.host.name} started again", name, within=START)
            lab.change(f"with {replica.host.name} again")


def test_a_paused_replica_is_not_waited_for_and_catches_up(lab):
    """It takes connections and says nothing, as on a machine that swaps; then it goes on in the middle of everything.

    It may have the turn, which others have only after five seconds then.
    """
    with lab.load("pause"):
        for replica in lab.replicas:
            others = [other for other in lab.replicas if other is not replica]
            replica.process.pause()
            time.sleep(1)
            name = lab.edit()
            lab.converge(f"while {replica.host.name} is paused", name, others, within=TURN)
            time.sleep(3)
            replica.process.resume()
            lab.converge(f"{replica.host.name} goes on", name)
            lab.change(f"with {replica.host.name} again")


def test_all_are_restarted_one_after_the_other(lab):
    """As for an upgrade: SIGTERM, and the next one when /readyz says so. Each ends well and in time."""
    with lab.load("rolling restart"):
        for replica in lab.replicas:
            name = lab.edit()
            assert replica.process.stop() == 0, replica.process.said()[-2000:]
            replica.process.start()
            lab.converge(f"{replica.host.name} restarted", name, within=START)
        lab.change("after all restarts")


def test_a_replica_on_a_new_machine_is_filled_from_the_store(lab):
    """Its disk is lost with all that it had. The others have published meanwhile, and it may not be asked before it serves that."""
    replica, *others = lab.replicas
    with lab.load("a new machine"):
        replica.process.kill()
        shutil.rmtree(replica.state)
        name = lab.edit()
        lab.converge("while it is away", name, others)
        replica.process.start()
        lab.converged.append(("until it may be asked", until("it is ready", replica.ready, START)))
        assert replica.serves(name), "it was ready with what is old"
        lab.converge("then", name)
        lab.change("with it again")


def test_a_replica_without_a_database_follows_the_store(lab):
    """An edge has the store alone, and what the others publish as soon as they."""
    edge = lab.replica(lab.network.host("edge", 24))
    with lab.load("an edge"):
        edge.process.start()
        lab.converge("it is started", lab.edit(), [*lab.replicas, edge], within=START)
        for _ in range(3):
            lab.change("at the edge too", [*lab.replicas, edge])
        assert edge.process.stop() == 0
