"""nginx in front of the replicas, with the documented configuration."""

from collections import Counter
from pathlib import Path

from patience import until
from process import Process
from web import get

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = ROOT / "docs" / "operations" / "nginx.conf"
# What stands around a file of conf.d, with everything that nginx writes in a folder of its own.
AROUND = """\
daemon off; user root; pid {folder}/pid; error_log {logs}/nginx-errors.log; worker_processes 1;
events {{}}
http {{
  log_format lab '$request_time $status $upstream_addr $upstream_status $request_uri';
  access_log {logs}/nginx-access.log lab;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/plantiles.conf;
}}
"""


def site(replicas):
    """The documented file for these replicas, without its cache: each answer has to be a replica's."""
    text = DOCUMENTED.read_text()
    server = "    server 127.0.0.1:8080 max_fails=0;\n"
    assert text.count(server) == 1
    text = text.replace(server, "".join(server.replace("127.0.0.1:8080", replica.address) for replica in replicas))
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith("proxy_cache"))


class Proxy:
    def __init__(self, host, folder, logs, replicas):
        self.host, self.address = host, f"{host.address}:80"
        self.access = logs / "nginx-access.log"
        folder.mkdir()
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, logs=logs))
        (folder / "plantiles.conf").write_text(site(replicas))
        self.process = Process(host, ["nginx", "-c", folder / "nginx.conf"], logs / "nginx.log")

    def start(self):
        self.process.start()
        until("nginx answers", lambda: get(self.address, "/healthz"))

    def answered(self, since):
        """How often each replica was asked, in the lines of the log from byte `since` on."""
        with open(self.access) as log:
            log.seek(since)
            return Counter(address.strip(",") for line in log for address in line.split() if address.strip(",").endswith(":8080"))
