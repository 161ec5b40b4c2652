"""Completions of shells, by these shells, and manual pages, by those who read them."""

import re
import subprocess

import pytest
from conftest import told

SHELLS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.fixture(scope="module")
def commands(program):
    listed = told(program, "--help").partition("Commands:")[2].partition("Options:")[0]
    found = re.findall(r"^  ([a-z]+) ", listed, re.M)
    assert len(found) > 12 and "serve" in found
    return [name for name in found if name != "help"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_understands_its_completions(program, shell, tmp_path):
    script = tmp_path / "plantiles"
    script.write_text(told(program, "completions", shell))
    told(*SHELLS[shell], script)


def completed(program, tmp_path, *words):
    """What bash offers behind these words."""
    script = tmp_path / "plantiles"
    script.write_text(told(program, "completions", "bash"))
    line = " ".join(["plantiles", *words])
    ask = f"""source {script}; COMP_WORDS=({line} ''); COMP_CWORD={len(words) + 1}
        _plantiles plantiles '' {(words or ("plantiles",))[-1]}; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return told("bash", "-c", ask).split()


def test_bash_offers_commands_and_formats(program, tmp_path, commands):
    assert set(commands) <= set(completed(program, tmp_path))
    assert {"pmtiles", "site", "gpkg"} <= set(completed(program, tmp_path, "export", "--format"))


def test_fish_offers_commands(program, tmp_path, commands):
    script = tmp_path / "plantiles.fish"
    script.write_text(told(program, "completions", "fish"))
    offered = told("fish", "--no-config", "--command", f"source {script}; complete --do-complete 'plantiles '", env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert set(commands) <= {line.partition("\t")[0] for line in offered.splitlines()}


def test_each_command_has_a_page_that_reads_well(program, tmp_path, commands):
    told(program, "man", tmp_path / "man1")
    pages = {page.name for page in (tmp_path / "man1").iterdir()}
    assert {"plantiles.1"} | {f"plantiles-{name}.1" for name in commands} <= pages
    for page in sorted((tmp_path / "man1").iterdir()):
        # Warnings and worse; mandoc's own taste in style is another matter.
        linted = subprocess.run(["mandoc", "-Tlint", "-Werror", page], capture_output=True, text=True)
        assert linted.returncode == 0, linted.stdout
        warned = subprocess.run(["man", "--warnings", "--local-file", page], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
        assert warned.returncode == 0 and warned.stderr == "", warned.stderr
    page = told("man", "--local-file", tmp_path / "man1/plantiles-export.1", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
    assert "--format" in page and "plantiles export --format site -o map" in page
