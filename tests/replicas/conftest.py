"""One lab for all scenarios, which each of them finds whole."""

import lab as laboratory
import pytest

LINES = pytest.StashKey()


@pytest.fixture(scope="session")
def hosts(pytestconfig):
    lab = laboratory.begin()
    pytestconfig.stash[LINES] = lab.lines
    yield lab
    lab.close()


@pytest.fixture
def lab(hosts):
    hosts.mend()
    return hosts


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(LINES, []):
        shares = ", ".join(f"{address.split(':')[0]} {count}" for address, count in sorted(line.shares.items()))
        asked = f"{line.requests} requests in {line.seconds:.0f} s, none failed, {line.redirects} redirected, the slowest {line.slowest:.2f} s"
        terminalreporter.write_line(f"{line.name}: {asked}; {shares}")
        for what, took in line.converged:
            terminalreporter.write_line(f"    {took:5.2f} s {what}")
