"""What compose.yaml starts, as processes of this machine in place of containers: its commands, its environment, its nginx."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import yaml
from conftest import OPERATIONS, ROOT, told

COMPOSE = yaml.safe_load((OPERATIONS / "container/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
GIVEN = {"PLAN_PASSWORD": "unused", "STORE_SECRET": "a-secret-of-the-bucket"}
REPLICAS = ["plantiles-1", "plantiles-2"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(service):
    """As compose would hand it over."""
    values = SERVICES[service]["environment"]
    return {name: re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: GIVEN[found[1]], str(value)) for name, value in values.items()}


def until(answers):
    deadline = time.monotonic() + 120
    while not (answer := answers()):
        assert time.monotonic() < deadline, answers
        time.sleep(0.1)
    return answer


def get(url):
    try:
        with urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()
    except (URLError, OSError):
        return None, b""


@pytest.fixture
def database():
    """A database of its own, in place of the service `postgis`."""
    server = os.environ["PLANTILES_TEST_DATABASE_URL"]
    name = f"compose_{uuid.uuid4().hex}"
    psql = ["psql", "--no-psqlrc", "--quiet", "--dbname", server, "--command"]
    told(*psql, f"create database {name}")
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    told(*psql, f"drop database {name} with (force)")


@pytest.fixture
def start(tmp_path):
    """Starts processes, and ends them with the test."""
    running = []

    def start(name, command, given):
        log = open(tmp_path / f"{name}.log", "w")
        process = subprocess.Popen(command, env={"PATH": os.environ["PATH"], **given}, stdout=log, stderr=log, cwd=tmp_path)
        running.append(process)
        return process

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(60)
    for log in tmp_path.glob("*.log"):
        print(f"---- {log.name}\n{log.read_text()[-2000:]}")


def nginx(tmp_path, addresses, port):
    """Its command, with folders and addresses of this machine."""
    script = SERVICES["nginx"]["command"][2].replace("exec nginx -g 'daemon off;'", "true")
    for there, here in [("/etc/plantiles/nginx.conf", OPERATIONS / "nginx.conf"), ("/etc/nginx/conf.d/default.conf", tmp_path / "default.conf"), ("/var/cache/nginx/plantiles", tmp_path / "cache")]:
        script = script.replace(there, str(here))
    told("sh", "-c", script)
    text = (tmp_path / "default.conf").read_text()
    for name, address in addresses.items():
        text = text.replace(f"{name}:8080", address)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/cache/nginx/plantiles", str(tmp_path / "cache"))
    own = "".join(f"{kind}_temp_path {tmp_path}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    module = "/usr/lib/nginx/modules/ngx_http_slice_module.so"
    load = f"load_module {module};" if os.path.exists(module) else ""
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"{load} {user} daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {own} {text} }}")
    return ["/usr/sbin/nginx", "-p", str(tmp_path), "-c", str(conf)]


def test_two_replicas_behind_nginx_serve_one_plan(program, tmp_path, database, start):
    told(ROOT / "tests/objects", "start", tmp_path / "built")  # which builds it where it is missing
    told(ROOT / "tests/objects", "stop", tmp_path / "built")
    [gateway] = (ROOT / "target/checks").glob("versitygw-*/versitygw")
    assert SERVICES["store"]["image"].endswith(f":{gateway.parent.name.removeprefix('versitygw-')}"), "the store that is tested"
    store = free_port()
    # A volume is mounted as the bucket.
    (tmp_path / "buckets/plan").mkdir(parents=True)
    command = [str(word).replace(":7070", f"127.0.0.1:{store}").replace("/buckets", str(tmp_path / "buckets")) for word in SERVICES["store"]["command"]]
    start("store", [gateway, *command], environment("store"))
    until(lambda: get(f"http://127.0.0.1:{store}/")[0])

    config = tmp_path / "plantiles.toml"
    config.write_text(COMPOSE["configs"]["plantiles"]["content"].replace("172.28.0.0/24", "127.0.0.0/8"))
    here = {"DATABASE_URL": database, "PLANTILES_CONFIG": str(config), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store}"}
    told(program, *SERVICES["init"]["command"], env={**environment("init"), **here})
    told(program, "import", "--bundled", env={**environment("init"), **here})

    replicas, addresses = {}, {}
    for name in REPLICAS:
        addresses[name] = f"127.0.0.1:{free_port()}"
        own = {"PLANTILES_LISTEN": addresses[name], "PLANTILES_STATE": str(tmp_path / name)}
        given = {**environment(name), **here, **own}
        replicas[name] = start(name, [program, "serve"], given)
        # The check of the image, with what the server has been given.
        until(lambda: subprocess.run([program, "health"], env=given, capture_output=True).returncode == 0)
    port = free_port()
    start("nginx", nginx(tmp_path, addresses, port), {})
    page = f"http://127.0.0.1:{port}"
    until(lambda: get(f"{page}/healthz")[0] == 200)

    versions = {json.loads(get(f"http://{address}/layers.json")[1])["version"] for address in addresses.values()}
    assert len(versions) == 1
    tiles = json.loads(get(f"{page}/tiles/plan.json")[1])["tiles"][0]
    assert tiles.startswith(f"{page}/tiles/plan@"), "the address is nginx's"
    tile = tiles.replace("{z}/{x}/{y}", "9/416/200")
    assert get(tile)[0] == 200
    assert list((tmp_path / "buckets/plan").rglob("*.fgb")), "the bucket has the snapshots"

    # One goes, and nobody notices.
    replicas["plantiles-1"].kill()
    for y in range(190, 210):
        assert get(tiles.replace("{z}/{x}/{y}", f"9/416/{y}"))[0] in (200, 204)
        assert get(f"{page}/layers.json")[0] == 200
