"""The dashboard and the alerts of docs/operations, asked of a real Prometheus that reads a real server."""

import json
import re
import subprocess
import urllib.parse
import urllib.request

import pytest
from conftest import PATIENCE, ROOT, Process, Server, free_port, wait_for

OPERATIONS = ROOT / "docs/operations"

# Of what has no series, or nothing to divide, on a server that nothing has happened to.
EMPTY = {
    'status=~"5..", status!~"501|503"': "nothing failed",
    'status="503"': "nothing was turned away",
    'status="429"': "nobody asked for too much",
}


def dashboard():
    panels = json.loads((OPERATIONS / "grafana.json").read_text())["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]


def alerts():
    # YAML, as promtool understands it: the expressions are those of the running Prometheus.
    return (OPERATIONS / "alerts.yml").read_text()


class Prometheus(Process):
    def __init__(self, folder, targets):
        port = free_port()
        config = folder / "prometheus.yml"
        config.write_text(
            json.dumps({
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(OPERATIONS / "alerts.yml")],
                "scrape_configs": [{"job_name": "plantiles", "static_configs": [{"targets": targets}]}],
            })
        )
        self.url = f"http://127.0.0.1:{port}"
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"]
        super().__init__(command, folder / "prometheus.log")

    def ask(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=PATIENCE) as answer:
            told = json.load(answer)
        assert told["status"] == "success"
        return told["data"]

    def result(self, expression):
        return self.ask("query", query=expression)["result"]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    store = ["--store", f"file://{folder}/bucket"]
    subprocess.run([ROOT / "target/debug/plantiles", "publish", *store, "--state", folder / "publisher"], check=True, capture_output=True)
    # One that exports, and one that follows a bucket.
    folders = [folder / name for name in ("alone", "edge")]
    for one in folders:
        one.mkdir()
    server, edge = Server(folders[0]), Server(folders[1], arguments=store)
    prometheus = Prometheus(folder, [one.url.removeprefix("http://") for one in (server, edge)])
    try:
        for _ in range(3):
            server.ask("/tiles/plan/10/832/401.mvt")
            server.ask("/nowhere")
            # So that each counter has been seen more than once.
            before = len(series(prometheus))
            wait_for(lambda: len(series(prometheus)) > before)
        yield prometheus
    finally:
        for process in (prometheus, server, edge):
            process.kill()


def series(prometheus):
    try:
        matrix = prometheus.result('up{job="plantiles"}[5m]')
        return matrix[0]["values"] if matrix else []
    except OSError:  # it is not there yet
        return []


def as_grafana(expression):
    return expression.replace("$__rate_interval", "1m").replace("$instance", ".*")


def test_the_rules_are_right():
    subprocess.run(["promtool", "check", "rules", OPERATIONS / "alerts.yml"], check=True)
    subprocess.run(["promtool", "test", "rules", ROOT / "tests/telemetry/alerts_test.yml"], check=True)


def test_every_panel_has_data(prometheus):
    for title, expression in dashboard():
        result = prometheus.result(as_grafana(expression))
        empty = [reason for part, reason in EMPTY.items() if part in expression]
        assert result or empty, f"{title}: {expression}"


def test_every_metric_that_is_named_is_there(prometheus):
    there = set(prometheus.ask("label/__name__/values"))
    named = " ".join([expression for _, expression in dashboard()] + [alerts()])
    named = set(re.findall(r"plantiles_\w+", named))
    assert len(named) > 20 and named <= there, named - there
    shown = " ".join(expression for _, expression in dashboard())
    kinds = prometheus.ask("metadata")
    missing = [name for name in kinds if name.startswith("plantiles_") and name not in shown]
    assert not missing, f"not on the dashboard: {missing}"


def test_no_alert_of_a_server_that_is_well(prometheus):
    (group,) = prometheus.ask("rules")["groups"]
    rules = {rule["name"]: rule for rule in group["rules"]}
    assert len(rules) == alerts().count("- alert:") > 8
    for rule in rules.values():
        assert rule["health"] == "ok" and not rule["alerts"], rule
    assert len(prometheus.result('up{job="plantiles"} == 1')) == 2
