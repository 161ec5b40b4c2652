"""What a collector is told: spans of requests and publications, metrics; and what becomes of both without one."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from conftest import ROOT, Certificate, Collector, Server, free_port, wait_for

TILE = "/tiles/plan/10/832/401.mvt"
TRACED = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
# As a proxy sends it: a trace that is sampled, and one that is not.
SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def settings(endpoint, more="", server=""):
    return f'[server]\n{server}\n[telemetry]\nendpoint = "{endpoint}"\n{more}\n'


def of_requests(collector, count):
    """The spans of `count` requests for tiles, when they have come."""

    def found():
        spans = [span for span in collector.spans() if span.name.endswith(" /tiles/{tileset}/{*tile}")]
        return spans if len(spans) >= count else None

    return wait_for(found)


def test_a_request_is_a_span_with_its_parts(started, tmp_path):
    collector = started(Collector(tmp_path))
    server = started(Server(tmp_path, settings(collector.endpoint, "sampling = 1.0"), **TRACED, RUST_LOG="debug"))
    status, headers, body = server.ask(TILE + "?filter=code%3D%27hidden%27", Accept_Encoding="gzip")
    assert status == 204
    _, headers, body = server.ask(TILE)
    server.ask(TILE)
    filtered, cold, warm = of_requests(collector, 3)
    assert [span.attributes["plantiles.cache"] for span in (filtered, cold, warm)] == ["miss", "miss", "hit"]
    assert cold.attributes == {
        "http.request.method": "GET",
        "http.route": "/tiles/{tileset}/{*tile}",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "http.response.status_code": "200",
        "http.response.body.size": str(len(body)),
        "plantiles.cache": "miss",
        "plantiles.version": headers["ETag"].strip('"'),
    }
    assert cold.told["kind"] == 2 and cold.parent == ""
    parts = [span for span in collector.spans() if span.parent == cold.id]
    assert sorted(part.name for part in parts) == ["cut", "encode"] and {part.trace for part in parts} == {cold.trace}
    assert not [span for span in collector.spans() if span.parent == warm.id]
    assert f"id={cold.trace}" in server.log.read_text(), "log lines of the request have its trace"
    resource = collector.resources("traces")[0]
    assert resource["service.name"] == "plantiles" and resource["service.version"]
    server.ask("/nowhere/hidden")
    (nowhere,) = wait_for(lambda: [span for span in collector.spans() if span.attributes.get("http.response.status_code") == "404"])
    assert nowhere.name == "GET" and "http.route" not in nowhere.attributes
    assert "hidden" not in collector.files["traces"].read_text()


def test_a_trusted_proxy_says_where_a_request_belongs_and_nobody_else(started, tmp_path):
    collector = started(Collector(tmp_path))
    trusted = started(Server(tmp_path, settings(collector.endpoint, "sampling = 0.0", 'trusted_proxies = ["127.0.0.1/32"]'), **TRACED))
    trusted.ask(TILE, traceparent=UNSAMPLED)
    trusted.ask(TILE)
    trusted.ask(TILE, traceparent=SAMPLED, tracestate="office=1")
    (span,) = of_requests(collector, 1)
    assert (span.trace, span.parent, span.told["traceState"]) == (SAMPLED[3:35], SAMPLED[36:52], "office=1")
    trusted.stop()
    wait_for(lambda: [span for span in collector.spans() if span.name == "publish"])
    # Publications are traced whatever the share of requests is, and what they are begun with.
    (published,) = [span for span in collector.spans() if span.name == "publish"]
    assert len(of_requests(collector, 1)) == 1 and published.trace != span.trace
    folder = tmp_path / "open"
    folder.mkdir()
    stranger = started(Server(folder, settings(collector.endpoint, "sampling = 1.0"), **TRACED))
    stranger.ask(TILE, traceparent=SAMPLED, tracestate="office=1")
    other = of_requests(collector, 2)[-1]
    assert other.trace != SAMPLED[3:35] and other.parent == "" and not other.told.get("traceState")


def test_a_publication_is_a_trace(started, tmp_path):
    cluster, _ = os.environ["PLANTILES_TEST_DATABASE_URL"].rsplit("/", 1)
    for statement in ("drop database if exists telemetry", "create database telemetry"):
        subprocess.run(["psql", "--quiet", f"{cluster}/postgres", "-c", statement], check=True)
    url = f"{cluster}/telemetry"
    subprocess.run([ROOT / "target/debug/plantiles", "init", "--database-url", url], check=True, capture_output=True)
    collector = started(Collector(tmp_path))
    server = started(Server(tmp_path, settings(collector.endpoint), ["--database-url", url, "--store", f"file://{tmp_path}/bucket"], **TRACED))
    server.stop()
    # The last is that of the whole.
    wait_for(lambda: [span for span in collector.spans() if span.name == "publish"])
    spans = collector.spans()
    (publish,) = [span for span in spans if span.name == "publish"]
    within = [span for span in spans if span.trace == publish.trace and span.parent == publish.id]
    exports = [span for span in within if span.name == "export"]
    assert {"roads", "mining_blocks"} <= {span.attributes["plantiles.layer"] for span in exports}
    assert {span.attributes["plantiles.layer"] for span in within if span.name == "prepare"}
    assert {"bucket send", "bucket replace"} <= {span.name for span in spans if span.trace == publish.trace}
    asked = [span for span in spans if span.name == "postgresql export" and span.parent in {span.id for span in exports}]
    assert asked and asked[0].attributes == {"db.system.name": "postgresql"} and asked[0].told["kind"] == 3


def test_an_export_is_a_part_of_its_download(started, tmp_path):
    collector = started(Collector(tmp_path))
    server = started(Server(tmp_path, settings(collector.endpoint, "sampling = 1.0"), **TRACED))
    _, _, body = server.ask("/downloads/mining_blocks.gpkg")
    (download,) = wait_for(lambda: [span for span in collector.spans() if span.name == "GET /downloads/{file}"])
    assert download.attributes["http.response.body.size"] == str(len(body))
    (export,) = [span for span in collector.spans() if span.parent == download.id]
    assert (export.name, export.attributes) == ("export", {"plantiles.format": "gpkg"})


def test_no_secret_is_told(started, tmp_path):
    collector = started(Collector(tmp_path))
    keys = tmp_path / "keys"
    keys.mkdir()
    access = f'[access]\nkeys = "{keys}/keys.json"\nroles = ["office"]\n[access.layer]\nmining_rights = ["office"]\n'
    more = 'sampling = 1.0\nheaders = { authorization = "Bearer plt_header" }'
    config = access + settings(collector.endpoint, more)
    file = tmp_path / "keys.toml"
    file.write_text(config)
    made = subprocess.run(
        [ROOT / "target/debug/plantiles", "key", "create", "--role", "office", "--config", file], check=True, capture_output=True, text=True
    )
    key = re.search(r"plt_\S+", made.stdout)[0]
    server = started(Server(tmp_path, config, **TRACED, RUST_LOG="debug"))
    rights = "/tiles/mining_rights/10/832/401.mvt"
    assert server.status(rights) == 404
    assert server.ask(rights, X_API_Key=key)[0] in (200, 204)
    assert server.ask(f"{rights}?key={key}")[0] in (200, 204)
    assert server.ask(f"/key/{key}{rights}")[0] in (200, 204)
    assert server.ask(f"/key/{key}x{rights}")[0] == 401
    of_requests(collector, 5)
    server.stop()
    told = collector.files["traces"].read_text() + collector.files["metrics"].read_text() + server.log.read_text()
    assert "plt_header" not in told and key[: len(key) - 4] not in told


def test_the_metrics_are_those_of_the_page(started, tmp_path):
    collector = started(Collector(tmp_path))
    server = started(Server(tmp_path, settings(collector.endpoint), OTEL_METRIC_EXPORT_INTERVAL="100", OTEL_SERVICE_NAME="county"))
    for _ in range(5):
        server.ask(TILE)
    page = server.ask("/metrics")[2].decode()
    server.stop()

    def tiles():
        points = collector.metrics().get("plantiles_http_requests", {"sum": {"dataPoints": []}})["sum"]["dataPoints"]
        return [point["asDouble"] for point in points if values_of(point) == {"place": "tiles", "method": "GET", "status": "200"}]

    wait_for(lambda: tiles() == [5])
    metrics = collector.metrics()
    assert set(metrics) == set(re.findall(r"^# TYPE (\S+)", page, re.M))
    assert collector.resources("metrics")[0]["service.name"] == "county"
    assert metrics["plantiles_http_requests"]["sum"]["isMonotonic"]
    (seconds,) = metrics["plantiles_http_request_seconds"]["histogram"]["dataPoints"]
    assert sum(map(int, seconds["bucketCounts"])) == int(seconds["count"]) >= 7 and len(seconds["explicitBounds"]) == 12
    features = metrics["plantiles_layer_features"]["gauge"]["dataPoints"]
    served = json.loads(server_layers(page))
    assert {values_of(point)["layer"]: point["asDouble"] for point in features} == served


def values_of(point):
    return {attribute["key"]: attribute["value"]["stringValue"] for attribute in point["attributes"]}


def server_layers(page):
    found = re.findall(r'^plantiles_layer_features\{layer="(\w+)"\} (\d+)', page, re.M)
    return json.dumps({layer: float(count) for layer, count in found})


def test_a_collector_is_told_by_tls_if_it_is_vouched_for(started, tmp_path):
    certificate = Certificate(tmp_path)
    collector = started(Collector(tmp_path, certificate))
    folder = tmp_path / "strange"
    folder.mkdir()
    stranger = started(Server(folder, settings(collector.endpoint, "sampling = 1.0"), **TRACED))
    stranger.ask(TILE)
    wait_for(lambda: "the collector of telemetry does not take what is sent" in stranger.log.read_text())
    more = f'sampling = 1.0\nauthorities = "{certificate.file}"'
    server = started(Server(tmp_path, settings(collector.endpoint, more), **TRACED, OTEL_METRIC_EXPORT_INTERVAL="100"))
    server.ask(TILE)
    assert len(of_requests(collector, 1)) == 1, "none of the stranger's"
    wait_for(lambda: "plantiles_http_requests" in collector.metrics())


def test_a_collector_that_is_away_is_told_once_and_taken_back(started, tmp_path):
    port = free_port()
    more = "sampling = 1.0"
    server = started(Server(tmp_path, settings(f"http://127.0.0.1:{port}", more), **TRACED, OTEL_METRIC_EXPORT_INTERVAL="100"))
    lost = "the collector of telemetry does not take what is sent: it is lost"
    wait_for(lambda: server.log.read_text().count(lost) == 2)  # traces, and metrics
    for _ in range(50):
        assert server.status(TILE) == 200
    time.sleep(1)
    assert server.log.read_text().count(lost) == 2
    assert server.stop() < 30


def test_a_collector_that_hangs_holds_nobody_up(started, tmp_path):
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        hanging.listen(64)
        held = []

        def hold():
            while True:
                try:
                    held.append(hanging.accept()[0])
                except OSError:
                    return

        threading.Thread(target=hold, daemon=True).start()
        endpoint = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        server = started(Server(tmp_path, settings(endpoint, "sampling = 1.0"), **TRACED, OTEL_METRIC_EXPORT_INTERVAL="100"))
        server.ask(TILE)
        wait_for(lambda: held)

        def ask():
            # More than the queue of spans holds.
            for _ in range(3000):
                assert server.status(TILE) == 200

        began = time.monotonic()
        ask()
        full = server.memory()
        ask()
        assert time.monotonic() - began < 60
        assert server.memory() - full < 3000 * 500, "the spans that found no room are gone"
        assert server.stop() < 9, "the last spans are waited for, but not until the collector's time is over"


def test_what_cannot_be_sent_ends_the_start(tmp_path):
    file = tmp_path / "plantiles.toml"
    file.write_text(settings("http://127.0.0.1:1"))
    command = [ROOT / "target/debug/plantiles", "serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state", "--config", file]
    for variables, said in [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere"}, "cannot read /nowhere"),
    ]:
        ended = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 1 and said in ended.stderr and ended.stderr.count("\n") == 1, ended.stderr
