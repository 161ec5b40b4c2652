"""The network loses what a replica and another host send to each other, without a word to either."""

import time

import pytest

# Seconds that a cut lasts.
LONG = 6


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_replica_cut_off_from_the_database_follows_the_store(lab, number):
    """It hears of nothing and can export nothing, yet has what the others publish, during the cut and after it."""
    replica = lab.replicas[number]
    with lab.load(f"{replica.host.name} without the database"):
        for cluster in (lab.databases.primary, lab.databases.standby):
            lab.network.cut(replica.host, cluster.host)
        lab.change("during the cut")
        time.sleep(LONG)
        lab.change("at its end")
        name = lab.edit()
        lab.network.heal()
        lab.converge("after the cut", name)
        lab.change("after it has healed")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_replica_cut_off_from_the_store_serves_what_it_has(lab, number):
    """The others publish without it, and it catches up.

    It cannot know which versions they announce: a tile of one it answers with a redirect to its own, and nginx takes a file from another.
    """
    replica = lab.replicas[number]
    others = [other for other in lab.replicas if other is not replica]
    with lab.load(f"{replica.host.name} without the store", redirected=True):
        lab.network.cut(replica.host, lab.store.host)
        name = lab.edit()
        lab.converge("the others, during the cut", name, others)
        time.sleep(LONG)
        assert replica.ready(), "it gave up what it had"
        lab.network.heal()
        lab.converge("after the cut", name)
        lab.change("after it has healed")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_replica_cut_off_from_the_proxy_is_not_missed(lab, number):
    """It goes on publishing and following; requests go to the others, also those that were on their way."""
    replica = lab.replicas[number]
    with lab.load(f"{replica.host.name} without the proxy"):
        lab.network.cut(replica.host, lab.proxy.host)
        lab.change("during the cut")
        time.sleep(LONG)
        lab.network.heal()
        lab.change("after it has healed")
