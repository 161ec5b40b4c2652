"""The servers under test, each on a free port of the loopback address, stopped at the end of a `with`."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

from processes import Failed, cpu_seconds, environment, memory

LAYERS = ("block", "base", "prohibited")
ALL = ",".join(LAYERS)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(address, path, headers=None):
    """Status, headers and body of one request; status 0 when nobody listens."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
    except ConnectionError:
        return 0, {}, b""
    finally:
        connection.close()


class Server:
    def __init__(self, command, log, address=None, variables=None):
        self.log = Path(log)
        self.address = address
        self.started = time.perf_counter()
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, env=environment(variables))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait(self, done, seconds, what):
        """Polls until `done()`; returns the seconds since the start of the process."""
        while not done():
            if self.process.poll() is not None or time.perf_counter() - self.started > seconds:
                raise Failed(f"{what}: {self.log.read_text()[-2000:]}")
            time.sleep(0.003)
        return time.perf_counter() - self.started

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def memory(self):
        return memory(self.process.pid)


class Plantiles(Server):
    def __init__(self, program, scratch, url, state, cache_mib, settings=None, variables=None):
        # Without a database or settings it is the bundled plan, as it comes.
        database = ["--database-url", url] if url else []
        settings = settings or (config(scratch, cache_mib) if url else None)
        configured = ["--config", settings] if settings else []
        super().__init__([program, "serve", "--listen", "127.0.0.1:0", "--state", state, *database, *configured],
                         scratch / f"plantiles-{Path(state).name}-{cache_mib}.log", variables=variables)

        def listening():
            found = re.search(r"listening on http://(\S+)", self.log.read_text())
            self.address = found and found.group(1)
            return found

        self.wait(listening, 30, "plantiles does not listen")

    def first_tile(self, path):
        """Seconds from the start of the process to the first tile."""
        return self.wait(lambda: get(self.address, path)[0] == 200, 900, "plantiles serves no tile")

    def published(self):
        """Waits until the export at the start is done, so that it disturbs no measurement."""
        self.wait(lambda: self.metrics().get("plantiles_export_seconds", 0) > 0, 900, "plantiles does not publish")

    def metrics(self):
        text = get(self.address, "/metrics")[2].decode()
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in lines}


def config(scratch, cache_mib):
    path = scratch / f"plantiles-{cache_mib}.toml"
    tables = "".join(f'[[layer]]\nid = "{layer}"\nschema = "bench"\ntable = "{layer}"\nid_column = "id"\n'
                     f'geometry_column = "geom"\n' for layer in LAYERS)
    path.write_text(f"[tiles]\ncache_mib = {cache_mib}\n\n{tables}")
    return path


NGINX = """\
{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 2048; multi_accept on; }}
http {{
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 75; keepalive_requests 1000000000;
  open_file_cache max=20000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ application/vnd.mapbox-vector-tile mvt; application/flatgeobuf fgb; }}
  server {{
    listen {address} {listen} backlog=1024;
    root {root};
    gzip_static on; gzip_vary on;
    add_header Cache-Control "no-cache";
  }}
}}
"""


# How connections get to workers: each worker has a listener, all share one, or there is one worker. Which is best
# depends on the number of connections and on how they happen to fall on the workers.
NGINX_WAYS = {"reuseport": ("reuseport", os.cpu_count()), "one listener": ("", os.cpu_count()), "one worker": ("", 1)}


class Nginx(Server):
    """Static files as fast as nginx can: no log, open files kept, sendfile."""

    def __init__(self, scratch, root, way="reuseport"):
        self.way = way
        listen, workers = NGINX_WAYS[way]
        folder = scratch / f"nginx-{way.replace(' ', '-')}"
        folder.mkdir(exist_ok=True)
        address = f"127.0.0.1:{free_port()}"
        user = "user root;" if os.getuid() == 0 else ""
        settings = folder / "nginx.conf"
        settings.write_text(NGINX.format(user=user, workers=workers, listen=listen, folder=folder, root=root, address=address))
        super().__init__([program("nginx"), "-p", folder, "-c", settings], folder / "nginx.log", address)
        self.wait(lambda: get(address, "/")[0], 30, "nginx does not listen")


MARTIN = """\
listen_addresses: '{address}'
worker_processes: {cores}
cache_size_mb: 0
postgres:
  connection_string: '{url}'
  auto_bounds: skip
  auto_publish:
    tables:
      from_schemas: [bench]
      source_id_format: '{{table}}'
      id_columns: [id]
"""


class Martin(Server):
    """Martin on the tables in EPSG:4490, its cache off, all else as it comes."""

    def __init__(self, scratch, url):
        address = f"127.0.0.1:{free_port()}"
        settings = scratch / "martin.yaml"
        settings.write_text(MARTIN.format(address=address, cores=os.cpu_count(), url=url))
        settings.chmod(0o600)
        super().__init__([program("martin"), "--config", settings], scratch / "martin.log", address)
        self.wait(lambda: get(address, "/health")[0] == 200, 60, "Martin does not start")


def program(name):
    """Debian keeps servers where only root looks."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    if not found:
        raise Failed(f"{name} is not installed")
    return found


def has(name):
    try:
        return bool(program(name))
    except Failed:
        return False
