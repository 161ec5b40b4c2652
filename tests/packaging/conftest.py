"""What the tests of the packages share: the tools that tests/packaging/install put where PLANTILES_PACKAGING says."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs/operations"


def tool(name):
    """A program of one version; those of Python are in its environment."""
    folder = Path(os.environ["PLANTILES_PACKAGING"])
    return next(path for path in (folder / "venv/bin" / name, folder / name) if path.exists())


def told(*command, **options):
    """What a command prints when it goes well."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def program():
    return ROOT / "target/debug/plantiles"


class Debian:
    """A Debian in a folder, in which root is who runs the tests."""

    def __init__(self, root):
        self.root = root

    def run(self, *command, env=None):
        given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **(env or {})}
        return told("unshare", "--mount", "--pid", "--fork", "chroot", self.root, *command, env=given)


@pytest.fixture(scope="session")
def debian(tmp_path_factory):
    """Debian's smallest, new for these tests; what was made of it once is kept, since that takes a minute."""
    kept = Path(os.environ["PLANTILES_PACKAGING"]) / "bookworm.tar"
    root = tmp_path_factory.mktemp("debian")
    root.chmod(0o755)
    if not kept.exists():
        told("debootstrap", "--variant=minbase", "--include=adduser,ca-certificates", "bookworm", root, "http://deb.debian.org/debian")
        made = kept.with_suffix(".new")
        told("tar", "--create", "--file", made, "--directory", root, ".")
        made.rename(kept)
    else:
        told("tar", "--extract", "--file", kept, "--directory", root)
    # Nothing starts services in it.
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    return Debian(root)
