"""The image and what runs around it, as far as that goes without an engine: linted, and their parts run as processes."""

import fnmatch
import os
import re
import shlex
import subprocess

import pytest
import yaml
from conftest import OPERATIONS, ROOT, told, tool

CONTAINER = OPERATIONS / "container"
COMPOSE = CONTAINER / "compose.yaml"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(COMPOSE.read_text())["services"]


@pytest.fixture(scope="module")
def dockerfile():
    """The instructions of the last stage, each with its arguments."""
    text = re.sub(r"\\\n", " ", (CONTAINER / "Dockerfile").read_text())
    last = text[text.rindex("\nFROM") :].strip().splitlines()
    return [line.split(maxsplit=1) for line in last if line and not line.startswith("#")]


def test_hadolint_has_nothing_to_say():
    assert told(tool("hadolint"), CONTAINER / "Dockerfile") == ""


def test_the_image_is_of_one_program_that_is_not_root(dockerfile):
    given = dict(dockerfile)
    assert given["USER"] == "65532:65532"
    assert "RUN" not in given, "there is no shell in it"


def test_what_the_image_starts_are_commands_of_the_program(program, dockerfile):
    given = dict(dockerfile)
    [name] = yaml.safe_load(given["ENTRYPOINT"])
    check = yaml.safe_load(given["HEALTHCHECK"].partition("CMD ")[2])
    assert check[0] == name
    for command in (check[1:], yaml.safe_load(given["CMD"])):
        told(program, *command, "--help")


def ignores(path, rules):
    """Whether the context of a build lacks `path`: the last rule that fits it, or a folder of it, counts."""
    ignored = False
    parents = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    for rule in rules:
        pattern = rule.lstrip("!")
        if any(fnmatch.fnmatchcase(parent, pattern.removeprefix("**/")) for parent in parents):
            ignored = not rule.startswith("!")
    return ignored


def test_the_context_has_what_the_build_reads(program):
    lines = (CONTAINER / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    # What the compiler has read, by its own word.
    told_by = (program.parent / "deps").glob("plantiles*.d")
    read = {path.rstrip(":") for path in told_by for path in shlex.split(path.read_text())}
    read = {os.path.normpath(path) for path in read if not path.startswith("/") and (ROOT / path).is_file()}
    assert len(read) > 300 and {"src/main.rs", "data/layers.json", "sql/query/add_layers.sql"} <= read
    named = set(re.findall(r'^path = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.M))
    needed = read | named | {"Cargo.lock", ".cargo/config.toml", "src/viewer/dist/app.js", "styles/plan.json"}
    assert [path for path in sorted(needed) if ignores(path, rules)] == []
    for path in ("docs/design.md", "target/debug/plantiles", ".git/HEAD", "tests/fuzz/Cargo.toml"):
        assert ignores(path, rules), path


def test_the_compose_file_is_one():
    told(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE)
    wrong = COMPOSE.read_text().replace("read_only: true", "readonly: true")
    checked = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "-"], input=wrong, text=True, capture_output=True
    )
    assert checked.returncode == 1


def test_services_wait_for_services_and_mount_volumes_that_there_are(services):
    volumes = yaml.safe_load(COMPOSE.read_text())["volumes"]
    for name, service in services.items():
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                # That of plantiles is in its image.
                assert "healthcheck" in services[other] or services[other]["image"] == "plantiles", f"{name}: {other}"
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in volumes or (CONTAINER / source).exists(), f"{name}: {volume}"


def test_replicas_share_everything_but_their_state(services):
    first, second = ({**services[name]} for name in ("plantiles-1", "plantiles-2"))
    assert first.pop("volumes") != second.pop("volumes")
    assert first == second
    assert first["read_only"] and first["cap_drop"] == ["ALL"]


def test_its_nginx_is_that_of_the_docs_with_both_replicas(services, tmp_path):
    # As compose has it, with folders of its own and names that are in no network here.
    shell, flag, script = services["nginx"]["command"]
    own = {
        "/etc/plantiles/nginx.conf": str(OPERATIONS / "nginx.conf"),
        "/etc/nginx/conf.d/default.conf": str(tmp_path / "default.conf"),
        "/var/cache/nginx/plantiles": str(tmp_path / "cache"),
        "exec nginx -g 'daemon off;'": "true",
    }
    for there, here in own.items():
        assert there in script
        script = script.replace(there, here)
    told(shell, flag, script)
    conf = tmp_path / "default.conf"
    replicas = re.findall(r"server ([a-z0-9-]+):8080 max_fails=1 fail_timeout=1s;", conf.read_text())
    assert replicas == ["plantiles-1", "plantiles-2"]
    text = re.sub(r"plantiles-\d:8080", "127.0.0.1:8080", conf.read_text())
    conf.write_text(text.replace("/var/cache/nginx/plantiles", own["/var/cache/nginx/plantiles"]).replace("listen 80;", "listen 18080;"))
    modules = "load_module /usr/lib/nginx/modules/ngx_http_slice_module.so;" if os.path.exists("/usr/lib/nginx/modules/ngx_http_slice_module.so") else ""
    (tmp_path / "nginx.conf").write_text(f"{modules} pid {tmp_path}/pid; events {{}} http {{ include {conf}; }}")
    told("/usr/sbin/nginx", "-t", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "log")


def test_the_configuration_that_it_has_is_right(program, tmp_path):
    compose = yaml.safe_load(COMPOSE.read_text())
    config = tmp_path / "plantiles.toml"
    config.write_text(compose["configs"]["plantiles"]["content"])
    subnet = compose["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert f'trusted_proxies = ["{subnet}"]' in config.read_text()
    assert "configuration: ok" in told(program, "check", "--config", config, "--state", tmp_path / "state")
