"""The bill of materials of a release: well formed, and of what was built."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def made():
    return subprocess.run([ROOT / "docs/operations/sbom"], check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="module")
def text():
    return made()


@pytest.fixture(scope="module")
def sbom(text):
    return json.loads(text)


def names(components, kind):
    return {(c["name"], c["version"]) for c in components if c["purl"].startswith(f"pkg:{kind}/")}


def test_it_is_cyclonedx(text):
    assert VALIDATOR.validate_str(text) is None


def test_what_is_not_cyclonedx_is_found(sbom):
    wrong = sbom | {"components": [sbom["components"][0] | {"scope": "maybe"}]}
    assert VALIDATOR.validate_str(json.dumps(wrong)) is not None


def test_it_is_the_same_each_time(text):
    assert made() == text


def test_it_lists_the_crates_that_were_compiled(sbom):
    """`PLANTILES_BUILT`: what cargo said of a build with tests, a line of JSON for each target that it compiled."""
    messages = map(json.loads, Path(os.environ["PLANTILES_BUILT"]).read_text().splitlines())
    compiled = {m["package_id"] for m in messages if m["reason"] == "compiler-artifact"}
    # registry+https://…#name@version, or path+file:///…/folder#name@version or, of a folder with its name, #version.
    compiled = {re.search(r"([^/#]+)?#(?:(.+)@)?([^@]+)$", package).groups() for package in compiled}
    compiled = {(name or folder, version) for folder, name, version in compiled}
    listed = names([*sbom["components"], sbom["metadata"]["component"]], "cargo")
    assert listed <= compiled
    for_tests = subprocess.run(["cargo", "tree", "--locked", "--workspace", "--prefix", "none"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for_tests = {tuple(found) for found in re.findall(r"^(\S+) v(\S+)", for_tests, re.MULTILINE)}
    assert compiled - listed == {crate for crate in for_tests if crate not in listed}
    assert {name for name, _ in compiled - listed} >= {"proptest", "mvt"}


def test_it_lists_the_packages_that_the_page_names(sbom):
    notices = (ROOT / "src/viewer/dist/notices.txt").read_text()
    # Each begins with its name and version; so do lines in no licence.
    heads = re.findall(r"^(\S+) (\d+\.\d+\.\d+)$", notices, re.MULTILINE)
    assert names(sbom["components"], "npm") == set(heads)


def test_every_component_of_others_has_its_hash_and_licence(sbom):
    for component in sbom["components"]:
        if component["name"] != "plantiles-mapped":
            assert component["hashes"][0]["alg"] in ("SHA-256", "SHA-512"), component["bom-ref"]
            # jsonlint's own fork is the one package that states its licence in words alone.
            assert "licenses" in component or component["name"] == "@mapbox/jsonlint-lines-primitives", component["bom-ref"]


def test_everything_is_there_for_a_reason(sbom):
    needs = {entry["ref"]: entry["dependsOn"] for entry in sbom["dependencies"]}
    reached, ahead = set(), [sbom["metadata"]["component"]["bom-ref"]]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead.extend(needs[ref])
    components = {component["bom-ref"] for component in sbom["components"]}
    assert components | {sbom["metadata"]["component"]["bom-ref"]} == reached
    assert reached == needs.keys()


def test_what_only_helps_to_build_is_not_called_part_of_the_program(sbom):
    scopes = {component["name"]: component["scope"] for component in sbom["components"]}
    assert [scopes[name] for name in ("serde_derive", "cc", "syn")] == ["excluded"] * 3
    assert [scopes[name] for name in ("serde", "tokio", "libsqlite3-sys", "maplibre-gl")] == ["required"] * 4
