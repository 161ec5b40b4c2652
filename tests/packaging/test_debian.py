"""The Debian package, of a debug build: made, linted, and installed, used and purged in a Debian of its own."""

import os
import re
import subprocess

import pytest
from conftest import OPERATIONS, ROOT, told, tool


@pytest.fixture(scope="module")
def package(program):
    path = f"{tool('cargo-deb').parent}:{os.environ['PATH']}"
    told(OPERATIONS / "debian/build", "--no-build", "dev", env=os.environ | {"PATH": path})
    [made] = (ROOT / "target/debian").glob("plantiles_*.deb")
    return made


def test_it_has_all_that_belongs_to_it(package, program):
    listed = {line.split()[-1] for line in told("dpkg-deb", "--contents", package).splitlines()}
    for path in [
        "usr/bin/plantiles",
        "etc/plantiles/plantiles.toml",
        "usr/share/man/man1/plantiles.1.gz",
        "usr/share/man/man1/plantiles-export.1.gz",
        "usr/share/bash-completion/completions/plantiles",
        "usr/share/zsh/vendor-completions/_plantiles",
        "usr/share/fish/vendor_completions.d/plantiles.fish",
        "usr/share/doc/plantiles/operations.md.gz",
    ]:
        assert f"./{path}" in listed or f"./{path.removesuffix('.gz')}" in listed, path
    assert any(path.endswith("lib/systemd/system/plantiles.service") for path in listed)
    control = told("dpkg-deb", "--field", package)
    assert re.search(r"^Depends: .*adduser", control, re.M) and re.search(r"^Depends: .*libc6", control, re.M), control


def test_lintian_finds_no_error(package):
    linted = subprocess.run(["lintian", "--tag-display-limit", "0", "--fail-on", "error", "--allow-root", package], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_it_is_installed_and_purged(package, debian):
    run = debian.run
    (debian.root / "plantiles.deb").write_bytes(package.read_bytes())
    run("apt-get", "install", "--yes", "--no-install-recommends", "/plantiles.deb")
    assert "/var/lib/plantiles" in run("getent", "passwd", "plantiles")
    assert run("plantiles", "--version").startswith("plantiles ")
    unit = (debian.root / "lib/systemd/system/plantiles.service").read_text()
    assert "ExecStart=/usr/bin/plantiles serve --config /etc/plantiles/plantiles.toml" in unit
    # By its user, with the folder that systemd would make for it.
    run("install", "-d", "-o", "plantiles", "/var/lib/plantiles")
    said = run("runuser", "-u", "plantiles", "--", "plantiles", "publish", "--state", "/var/lib/plantiles")
    assert "mining_blocks" in said
    (debian.root / "etc/plantiles/plantiles.toml").write_text("# mine\n")
    run("apt-get", "install", "--yes", "--reinstall", "/plantiles.deb", env={"DEBIAN_FRONTEND": "noninteractive"})
    assert (debian.root / "etc/plantiles/plantiles.toml").read_text() == "# mine\n", "a configuration file is the administrator's"
    run("apt-get", "purge", "--yes", "plantiles")
    for path in ("var/lib/plantiles", "etc/plantiles/plantiles.toml", "usr/bin/plantiles"):
        assert not (debian.root / path).exists(), path
