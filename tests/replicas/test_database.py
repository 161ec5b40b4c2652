"""The database is restarted, and lost."""

import time


def test_the_database_is_restarted(lab):
    """Every connection to it breaks, and an edit right after the start is published."""
    with lab.load("the database is restarted"):
        lab.databases.primary.restart()
        lab.change("after the restart")
        lab.change("after it has healed")


def test_the_standby_takes_over(lab):
    """The primary is lost with all of its connections, the standby is promoted, and what is edited there is published."""
    with lab.load("failover"):
        lab.change("before the primary is lost")
        lab.databases.fail_over()
        lab.change("after the promotion")
        time.sleep(2)
        lab.databases.make_standby()
        lab.change("with a standby again")
